//! Everything a simulator can be told, with its defaults.

use crate::clock::Clock;
use crate::fault::FaultSpec;
use crate::filters::FilterRule;
use crate::quota::{Quota, QuotaScope, RateHeaders, Refuse, words};
use crate::world::{Size, WorldConfig};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use totalcloud_api::Provider;

/// The options of a simulator; `SimConfig::default()` is a small world without TLS, quota or faults.
#[derive(Clone)]
pub struct SimConfig {
    /// Where to listen; port 0 takes a free one. With [`strict_hosts`](Self::strict_hosts) this is the base
    /// host's address, and the other two take free ports.
    pub addr: SocketAddr,
    /// Whether to speak TLS, with HTTP/2 where the client offers it.
    pub tls: bool,
    /// What is wrong with TLS.
    pub tls_fault: TlsFault,
    /// Where to write the CA certificate; a temporary file where nothing is said.
    pub ca_out: Option<PathBuf>,
    /// The company that is simulated.
    pub world: WorldConfig,
    /// How many calls are let through.
    pub quota: Quota,
    /// Which calls share a quota.
    pub quota_scope: QuotaScope,
    /// The status of a refusal.
    pub refuse: Refuse,
    /// Which answers carry the rate limit headers.
    pub headers: RateHeaders,
    /// How long every answer takes at least.
    pub latency: Duration,
    /// What goes wrong.
    pub faults: Vec<FaultSpec>,
    /// User name.
    pub username: String,
    /// Password.
    pub password: String,
    /// Client id of the OIDC sign-in.
    pub client_id: String,
    /// Client secret of the OIDC sign-in.
    pub client_secret: String,
    /// The largest page of every listing; the largest that was seen to work where nothing is said.
    pub max_page_size: Option<u32>,
    /// What becomes of a larger page.
    pub oversize: Oversize,
    /// Whether each host kind has its own port and refuses what it does not serve.
    pub strict_hosts: bool,
    /// What control metadata answers to `Accept: */*`.
    pub any_accept: AnyAccept,
    /// What the tenant makes of filters of the inventory; all forms are taken where nothing is said.
    pub filters: Vec<FilterRule>,
    /// What the newer lists of the inventory and of evaluated resources answer.
    pub inventory_v2: InventoryV2,
    /// The running clock.
    pub clock: Clock,
}

impl Default for SimConfig {
    fn default() -> SimConfig {
        let clock = Clock::system();
        SimConfig {
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls: false,
            tls_fault: TlsFault::None,
            ca_out: None,
            world: WorldConfig::new(1, clock.now(), Size::Small),
            quota: Quota::None,
            quota_scope: QuotaScope::Api,
            refuse: Refuse::Conflict,
            headers: RateHeaders::All,
            latency: Duration::ZERO,
            faults: Vec::new(),
            username: "simulator".into(),
            password: "simulated-password".into(),
            client_id: "simulated-client".into(),
            client_secret: "simulated-client-secret".into(),
            max_page_size: None,
            oversize: Oversize::Clamp,
            strict_hosts: false,
            any_accept: AnyAccept::Xml,
            filters: Vec::new(),
            inventory_v2: InventoryV2::Same,
            clock,
        }
    }
}

/// Secrets are not shown.
impl fmt::Debug for SimConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimConfig")
            .field("addr", &self.addr)
            .field("tls", &self.tls)
            .field("world", &self.world)
            .field("quota", &self.quota)
            .field("faults", &self.faults)
            .field("username", &self.username)
            .field("strict_hosts", &self.strict_hosts)
            .finish_non_exhaustive()
    }
}

/// What becomes of a page size above the largest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Oversize {
    /// The largest is served, and the envelope's `size` says so.
    #[default]
    Clamp,
    /// 400.
    Reject,
}

words!(Oversize: "clamp" => Clamp, "reject" => Reject);

/// What control metadata answers to a client that names neither JSON nor XML. That it is XML is a guess from
/// the one client that sets the JSON header on this call only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AnyAccept {
    /// XML.
    #[default]
    Xml,
    /// JSON.
    Json,
}

words!(AnyAccept: "xml" => Xml, "json" => Json);

/// What is wrong with TLS from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsFault {
    /// Nothing.
    #[default]
    None,
    /// Every handshake is refused.
    Refuse,
    /// The certificate is another host's.
    WrongName,
    /// The certificate ended years ago.
    Expired,
}

words!(TlsFault: "none" => None, "refuse" => Refuse, "wrong-name" => WrongName, "expired" => Expired);

/// What the newer lists of the inventory and of evaluated resources answer, of which nothing is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InventoryV2 {
    /// The rows and the total of the older list.
    #[default]
    Same,
    /// The rows of the older list and another total.
    Differs,
    /// 404: this platform does not have it.
    Missing,
}

impl InventoryV2 {
    /// The total that is told of so many rows.
    pub(crate) fn told(self, total: u64) -> u64 {
        if self == InventoryV2::Differs { total + total / 100 + 1 } else { total }
    }
}

words!(InventoryV2: "same" => Same, "differs" => Differs, "missing" => Missing);

/// A word that is none of the known ones.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{word}' is not known here; choose {}", known.join(", "))]
pub struct BadWord {
    /// What was given.
    pub word: String,
    /// What could have been given.
    pub known: &'static [&'static str],
}

/// Rows of one type: `aws/EC2_INSTANCE=12000`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowsSpec {
    /// The cloud.
    pub provider: Provider,
    /// API name of the type.
    pub type_name: String,
    /// Rows.
    pub rows: u64,
}

/// Accounts of one provider: `aws=200`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountsSpec {
    /// The cloud.
    pub provider: Provider,
    /// Accounts.
    pub accounts: u64,
}

/// Rows or accounts that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{given}': {reason}; it looks like {like}")]
pub struct BadCount {
    given: String,
    reason: String,
    like: &'static str,
}

impl FromStr for RowsSpec {
    type Err = BadCount;

    fn from_str(text: &str) -> Result<RowsSpec, BadCount> {
        let bad = |reason: &str| BadCount {
            given: text.to_owned(),
            reason: reason.to_owned(),
            like: "aws/EC2_INSTANCE=12000",
        };
        let (name, rows) = text.split_once('=').ok_or_else(|| bad("there is no '='"))?;
        let (provider, type_name) = name.split_once('/').ok_or_else(|| bad("there is no '/'"))?;
        let provider = provider.parse::<Provider>().map_err(|e| bad(&e.to_string()))?;
        if !totalcloud_api::resources::is_type_name(type_name) {
            return Err(bad("the type is no API name"));
        }
        let rows = rows.parse().map_err(|_| bad("the rows are no number"))?;
        Ok(RowsSpec { provider, type_name: type_name.to_owned(), rows })
    }
}

impl FromStr for AccountsSpec {
    type Err = BadCount;

    fn from_str(text: &str) -> Result<AccountsSpec, BadCount> {
        let bad =
            |reason: &str| BadCount { given: text.to_owned(), reason: reason.to_owned(), like: "aws=200" };
        let (provider, accounts) = text.split_once('=').ok_or_else(|| bad("there is no '='"))?;
        let provider = provider.parse::<Provider>().map_err(|e| bad(&e.to_string()))?;
        let accounts = accounts.parse().map_err(|_| bad("the accounts are no number"))?;
        Ok(AccountsSpec { provider, accounts })
    }
}

impl SimConfig {
    /// Sets the rows of one type.
    #[must_use]
    pub fn rows(mut self, spec: RowsSpec) -> SimConfig {
        self.world.rows.push((spec.provider, spec.type_name, spec.rows));
        self
    }

    /// Sets the accounts of one provider.
    #[must_use]
    pub fn accounts(mut self, spec: AccountsSpec) -> SimConfig {
        self.world.accounts.push((spec.provider, spec.accounts));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_or_refused_with_an_example() {
        assert_eq!(
            "aws/EC2_INSTANCE=12".parse(),
            Ok(RowsSpec { provider: Provider::Aws, type_name: "EC2_INSTANCE".into(), rows: 12 })
        );
        assert_eq!("gcp=3".parse(), Ok(AccountsSpec { provider: Provider::Gcp, accounts: 3 }));
        for bad in ["aws/EC2_INSTANCE", "aws=1", "ibm/X=1", "aws/ec2 x=1", "aws/EBS=-1"] {
            let error = bad.parse::<RowsSpec>().unwrap_err().to_string();
            assert!(error.contains("aws/EC2_INSTANCE=12000"), "{error}");
        }
        assert!("aws".parse::<AccountsSpec>().is_err());
    }

    #[test]
    fn words_name_their_alternatives() {
        assert_eq!("reject".parse(), Ok(Oversize::Reject));
        let error = "shrink".parse::<Oversize>().unwrap_err().to_string();
        assert_eq!(error, "'shrink' is not known here; choose clamp, reject");
    }

    #[test]
    fn debug_shows_no_secret() {
        let config =
            SimConfig { password: "canary".into(), client_secret: "canary".into(), ..SimConfig::default() };
        assert!(!format!("{config:?}").contains("canary"));
    }
}
