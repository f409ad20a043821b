//! `totalcloud sim`

use crate::context::{Context, Signals};
use crate::error::CliError;
use jiff::Timestamp;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use totalcloud_sim::{
    AccountsSpec, Clock, FaultAction, FaultSpec, Fields, FilterRule, InventoryV2, Oversize, Quota,
    QuotaScope, RateHeaders, Refuse, RowsSpec, SimConfig, SimError, Size, TlsFault, WorldConfig,
};

/// `sim`: serves a seeded company behind the rules of the service. When it is ready it prints one line of
/// JSON on stdout; it serves until SIGINT or SIGTERM.
#[derive(clap::Args)]
pub struct Sim {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:0")]
    addr: SocketAddr,
    /// Speak TLS, with a certificate authority of its own
    #[arg(long)]
    tls: bool,
    /// What is wrong with TLS from the start: none, refuse, wrong-name or expired
    #[arg(long, value_name = "WHAT", requires = "tls", default_value = "none")]
    tls_fault: TlsFault,
    /// Where to write the certificate of that authority [default: a temporary file]
    #[arg(long, value_name = "FILE", requires = "tls")]
    ca_out: Option<PathBuf>,
    /// The same seed gives the same world
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The instant before which everything in the world happened [default: now]
    #[arg(long, value_name = "INSTANT")]
    now: Option<Timestamp>,
    /// How big the company is: tiny (300 resources), small (5 thousand), medium (100 thousand), large (1 million) or huge (10 million)
    #[arg(long, value_name = "SIZE", default_value = "small")]
    size: Size,
    /// Rows of one type, such as aws/EC2_INSTANCE=10000; can be repeated
    #[arg(long, value_name = "PROVIDER/TYPE=N")]
    rows: Vec<RowsSpec>,
    /// Accounts of one provider, such as aws=20; can be repeated
    #[arg(long, value_name = "PROVIDER=N")]
    accounts: Vec<AccountsSpec>,
    /// none, express, standard, enterprise, premium, or calls/seconds/concurrency
    #[arg(long, value_name = "QUOTA", default_value = "none")]
    quota: Quota,
    /// Which calls share a quota: those of one api, or all of the subscription
    #[arg(long, value_name = "SCOPE", default_value = "api")]
    quota_scope: QuotaScope,
    /// The status of a refusal by quota: 409 or 429
    #[arg(long, value_name = "STATUS", default_value = "409")]
    refuse: Refuse,
    /// Which answers carry rate headers: all, none or blocked-only
    #[arg(long, value_name = "WHICH", default_value = "all")]
    headers: RateHeaders,
    /// How long every answer takes at least
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency: u64,
    /// What goes wrong, such as op=resources.list,nth=3,do=status:503; can be repeated
    #[arg(long, value_name = "SPEC", long_help = fault_help())]
    fault: Vec<FaultSpec>,
    /// User name it accepts
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Password it accepts; a made-up one, for it can be read in the list of processes
    #[arg(long, value_name = "TEXT")]
    password: Option<String>,
    /// Client id it accepts
    // The id of the global flag of this name, which it stands in for.
    #[arg(id = "client-id", long, value_name = "ID")]
    client_id: Option<String>,
    /// Client secret it accepts; a made-up one
    #[arg(long, value_name = "TEXT")]
    client_secret: Option<String>,
    /// Which fields rows carry: current, or those that older clients accept
    #[arg(long, value_name = "WHICH", default_value = "current")]
    fields: Fields,
    /// Largest page of every listing [default: the largest seen to work]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_page_size: Option<u32>,
    /// What becomes of a larger page: clamp or reject
    #[arg(long, value_name = "HOW", default_value = "clamp")]
    oversize: Oversize,
    /// What the tenant makes of a form of inventory filter, such as account.id=refuse, in=nothing, not=ignore,
    /// instants=days or updated-parameter=refuse; can be repeated
    #[arg(long = "filter-rule", value_name = "FORM=MADE")]
    filters: Vec<FilterRule>,
    /// Rows of one type that were last seen in one second of one region; can be repeated
    #[arg(long, value_name = "PROVIDER/TYPE=N")]
    dense: Vec<RowsSpec>,
    /// Every Nth row of this type does not say when it was last seen; can be repeated
    #[arg(long, value_name = "PROVIDER/TYPE=N")]
    undated: Vec<RowsSpec>,
    /// Accounts that have resources and no connector any more; can be repeated
    #[arg(long, value_name = "PROVIDER=N")]
    orphans: Vec<AccountsSpec>,
    /// What the newer inventory list answers: same as the older one, differs in its total, or missing
    #[arg(long, value_name = "WHAT", default_value = "same")]
    inventory_v2: InventoryV2,
    /// A port for each host kind; the wrong host answers as the real one does
    #[arg(long)]
    strict_hosts: bool,
}

impl Sim {
    fn config(self) -> SimConfig {
        let clock = Clock::system();
        let world = WorldConfig::new(self.seed, self.now.unwrap_or_else(|| clock.now()), self.size);
        let defaults = SimConfig::default();
        let mut config = SimConfig {
            addr: self.addr,
            tls: self.tls,
            tls_fault: self.tls_fault,
            ca_out: self.ca_out,
            world: WorldConfig { fields: self.fields, ..world },
            quota: self.quota,
            quota_scope: self.quota_scope,
            refuse: self.refuse,
            headers: self.headers,
            latency: Duration::from_millis(self.latency),
            faults: self.fault,
            username: self.username.unwrap_or(defaults.username),
            password: self.password.unwrap_or(defaults.password),
            client_id: self.client_id.unwrap_or(defaults.client_id),
            client_secret: self.client_secret.unwrap_or(defaults.client_secret),
            max_page_size: self.max_page_size,
            oversize: self.oversize,
            strict_hosts: self.strict_hosts,
            any_accept: defaults.any_accept,
            filters: self.filters,
            inventory_v2: self.inventory_v2,
            clock,
        };
        for rows in self.rows {
            config = config.rows(rows);
        }
        for accounts in self.accounts {
            config = config.accounts(accounts);
        }
        let of_type = |spec: RowsSpec| (spec.provider, spec.type_name, spec.rows);
        config.world.dense = self.dense.into_iter().map(of_type).collect();
        config.world.undated = self.undated.into_iter().map(of_type).collect();
        config.world.orphans = self.orphans.iter().map(|spec| (spec.provider, spec.accounts)).collect();
        config
    }

    /// Serves until it is stopped.
    ///
    /// # Errors
    /// If it cannot start.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let config = self.config();
        // Clients that ask for much at once are served by all cores.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|e| CliError::failed(format!("the runtime cannot be started: {e}")))?;
        runtime.block_on(async {
            let sim = totalcloud_sim::Sim::start(config).await.map_err(failed)?;
            // Whoever reads the line may stop us at once, so the signals are listened to first.
            let mut signals = Signals::listen()?;
            context.printer.line(&sim.ready_line())?;
            signals.next().await;
            sim.shutdown().await;
            Ok(())
        })
    }
}

/// The forms of a fault, from the table that reads them.
fn fault_help() -> String {
    let mut help = "What goes wrong, such as op=resources.list,nth=3,do=status:503; can be repeated.\n\n\
        op=OPERATION (all without it); nth=N, nth=N..M, every=N, p=0.1 or burst=5/100; times=N; do=…:"
        .to_owned();
    for (form, meaning) in FaultAction::HELP {
        help.push_str(&format!("\n  {form}: {meaning}"));
    }
    help
}

fn failed(e: SimError) -> CliError {
    match e {
        SimError::World(e) => CliError::usage(e.to_string()),
        e @ SimError::Listen { .. } => {
            CliError::failed(e.to_string()).hint("give another --addr; port 0 takes a free one")
        }
        e => CliError::failed(e.to_string()),
    }
}
