//! `totalcloud demo`

#[cfg(feature = "estate")]
mod synced;

use crate::commands::pull::{format, in_folder, tell, verdict};
use crate::context::{Context, Stop};
use crate::error::CliError;
use crate::pull::bars::Bars;
use crate::pull::engine::Watch;
use crate::pull::posture::Posture;
use crate::pull::posture_text;
use crate::pull::report::{TableReport, count, seconds};
use crate::pull::state::Asked;
use crate::pull::{Ask, Choice, Folder, Resume, pull};
use bytes::Bytes;
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use totalcloud::{Client, Credentials, Hosts};
use totalcloud_sim::{Sim, SimConfig, Size, WorldConfig};
use totalcloud_table::Format;

/// Calls at the same time.
const CONCURRENCY: usize = 5;

/// `demo`: the whole way against a simulated company, without an account.
#[derive(clap::Args)]
pub struct Demo {
    /// Folder of the estate, or of the files [default: a new temporary one, which is kept]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Pull into files of this format (parquet, ndjson or csv) instead of syncing into an estate
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    format: Option<Format>,
    /// The same seed gives the same company
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How big the company is: tiny (300 resources), small (5 thousand) or medium (100 thousand)
    #[arg(long, value_name = "SIZE", default_value = "small")]
    size: Size,
    /// The instant before which everything happened [default: now]
    #[arg(long, value_name = "INSTANT", hide = true)]
    now: Option<Timestamp>,
}

/// The simulator in threads of its own, as another machine would be.
struct Company {
    sim: Option<Sim>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Company {
    fn start(config: SimConfig) -> Result<Company, CliError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("simulator")
            .enable_all()
            .build()
            .map_err(|e| CliError::failed(format!("the simulator cannot be started: {e}")))?;
        let (sender, receiver) = mpsc::channel();
        runtime.spawn(async move {
            // Nobody listens only if the command is over.
            let _ = sender.send(Sim::start(config).await);
        });
        match receiver.recv() {
            Ok(Ok(sim)) => Ok(Company { sim: Some(sim), runtime: Some(runtime) }),
            Ok(Err(e)) => Err(CliError::failed(format!("the simulator cannot be started: {e}"))),
            Err(_) => Err(CliError::failed("the simulator cannot be started")),
        }
    }

    /// Lets time pass.
    #[cfg(feature = "estate")]
    fn advance(&self, hours: f64, change: f64) {
        if let Some(sim) = &self.sim {
            sim.advance(hours, change);
        }
    }

    fn client(&self, bars: &Arc<Bars>) -> Result<Client, CliError> {
        let Some(sim) = &self.sim else { return Err(CliError::failed("the simulator has ended")) };
        let (user, password) = sim.login();
        let credentials = Credentials::gateway(user, password);
        let mut builder = Client::builder(Hosts::single(sim.url())?)
            .credentials(credentials)
            .concurrency(CONCURRENCY)
            .observer(bars.clone());
        if let Some(ca) = sim.ca_pem() {
            builder = builder.ca_bundle(ca);
        }
        Ok(builder.build()?)
    }
}

impl Drop for Company {
    fn drop(&mut self) {
        drop(self.sim.take());
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Makes the posture from the rows as they come, and shows the bars.
struct Looking {
    bars: Arc<Bars>,
    posture: Mutex<Posture>,
}

impl Watch for Looking {
    fn planned(&self, tables: usize) {
        self.bars.planned(tables);
    }
    fn begun(&self, table: &str) {
        self.bars.begun(table);
    }
    fn expects(&self, table: &str, rows: u64) {
        self.bars.expects(table, rows);
    }
    fn row(&self, table: &str, row: &Bytes) {
        self.posture.lock().unwrap_or_else(PoisonError::into_inner).row(table, row);
    }
    fn wrote(&self, table: &str, rows: u64) {
        self.bars.wrote(table, rows);
    }
    fn ended(&self, report: &TableReport) {
        self.bars.ended(report);
    }
    fn note(&self, text: &str) {
        self.bars.note(text);
    }
    fn calls(&self) -> u64 {
        self.bars.calls()
    }
}

impl Demo {
    /// The simulator of a company at that time.
    fn config(&self, now: Timestamp) -> SimConfig {
        let world = WorldConfig::new(self.seed, now, self.size);
        SimConfig { tls: true, world, ..SimConfig::default() }
    }

    /// How far the time of the company is from the machine's.
    #[cfg(feature = "estate")]
    fn offset(&self) -> jiff::SignedDuration {
        self.now.map_or(jiff::SignedDuration::ZERO, |now| now.duration_since(Timestamp::now()))
    }

    /// Starts the simulator, and syncs or pulls.
    ///
    /// # Errors
    /// If the simulator cannot start or the folder cannot be written.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let out = match &self.out {
            Some(out) => out.clone(),
            None => tempfile::Builder::new()
                .prefix("totalcloud-demo-")
                .tempdir()
                .map_err(|e| {
                    CliError::failed(format!("no temporary folder can be made: {e}"))
                        .hint("give one with --out")
                })?
                .keep(),
        };
        match self.format {
            #[cfg(feature = "estate")]
            None => synced::run(&self, context, &out),
            format => self.pull(context, out, format.unwrap_or(Format::Parquet)),
        }
    }

    fn pull(&self, context: &Context, out: PathBuf, format: Format) -> Result<(), CliError> {
        let printer = &context.printer;
        let folder = Folder::open(&out)?;
        let company = Company::start(self.config(self.now.unwrap_or_else(Timestamp::now)))?;
        let bars = Bars::start(printer, false);
        let client = company.client(&bars)?;
        printer.note(&format!(
            "a simulated company (size {}, seed {}) answers on this machine; signing in and pulling all of it",
            self.size, self.seed
        ));
        let looking = Looking { bars: bars.clone(), posture: Mutex::default() };
        let ask = Ask {
            format,
            choice: Choice::default(),
            // Another company answers each time.
            resume: Resume::Never,
            asked: Asked { format: format.name().to_owned(), ..Asked::default() },
            concurrency: CONCURRENCY,
            inventory_api: totalcloud::InventoryApi::V1,
            now: Timestamp::now,
        };
        let report = context.block_on_until(async |stop: Stop| {
            pull(&client, &ask, &folder, &looking, stop).await.map_err(|e| in_folder(e, &out))
        });
        bars.end();
        let report = report?;
        if !report.complete {
            tell(printer, &report, &out)?;
            return verdict(&report, &out, "totalcloud demo");
        }
        let posture = looking.posture.into_inner().unwrap_or_else(PoisonError::into_inner);
        printer.data(posture_text::render(&posture, printer.color()).as_bytes())?;
        printer.data(closing(&report, &out, format).as_bytes())
    }
}

fn closing(report: &crate::pull::Report, out: &Path, format: Format) -> String {
    let files = report.tables.iter().filter(|t| t.file.is_some()).count() as u64;
    let files = count(files, "table is", "tables are");
    let out = out.display();
    let look = match format {
        Format::Parquet => format!("duckdb -c \"from '{out}/aws_ec2_instance.parquet' limit 5\""),
        _ => format!("head -3 {out}/aws_ec2_instance.{}", format.extension()),
    };
    format!(
        "\n{files} complete, checked against the service's own counts:\n  {} in {} with {}\n  {out}\n  {look}\n\n\
         With your own account:\n  \
         totalcloud auth login --platform qg3 --username YOU\n  totalcloud pull --out estate\n  \
         totalcloud pull --out estate --with resource-evaluations=failing\n",
        count(report.rows, "row", "rows"),
        seconds(report.took()),
        count(report.calls, "call", "calls"),
    )
}
