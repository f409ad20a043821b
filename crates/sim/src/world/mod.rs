//! The simulated company.
//!
//! A [`World`] is a function of its seed: row `i` of every collection is computed from `i`, so that ten
//! million rows need no storage, ids and totals agree everywhere, and the same request always gives the
//! same bytes. [`World::advance`] moves it to the next epoch.
//!
//! How a server uses it: resolve what the path names ([`World::resource_type`], [`World::account`],
//! [`World::control`], [`World::connector`], [`World::resource`]), build the [`Collection`], ask
//! [`World::select`] for a [`Selection`], and [`World::write`] the rows of the page:
//!
//! ```text
//! let rows = world.select(&collection, &ask, now)?;      // Err: answer 400 with its text
//! for row in rows.page(page_no * size, size) { world.write(&collection, row, View::List, &mut body); }
//! ```

mod config;

pub use config::{BadConfig, Fields, Size, WorldConfig};

use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use totalcloud_api::{Provider, ResourceType};

/// A listing of the service. Indices come from the look-ups of [`World`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Collection {
    /// Connectors of one provider (none for OCI).
    Connectors(Provider),
    /// Errors of one connector, by its index.
    ConnectorErrors(Provider, u32),
    /// Resources of one type.
    Resources(TypeIndex),
    /// The control library of all providers.
    Controls,
    /// Results of all controls in one account, by its index.
    AccountEvaluations(Provider, u32),
    /// Results of one control for each resource of an account: account index, control index.
    ResourceEvaluations(Provider, u32, u32),
    /// Policies as v2 lists them, all providers.
    Policies,
    /// Policies of one provider as v1 lists them, at most 100.
    PoliciesV1(Provider),
    /// Mandates.
    Mandates,
    /// The remediation log of one provider.
    Remediation(Provider),
}

/// The place of a resource type in this world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeIndex(u16);

/// Which fields a row shows. Lists hide what only the details call fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    /// As a row of a listing.
    List,
    /// As the answer of the details call.
    Details,
}

/// What a listing is asked for, as it came in the query.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Ask<'a> {
    /// QQL.
    pub filter: Option<&'a str>,
    /// QQL date or range without a token (inventory only).
    pub updated: Option<&'a str>,
    /// `lastSyncedOn:asc` or `lastSyncedOn:desc`; anything else is refused.
    pub sort: Option<&'a str>,
}

/// What was asked for cannot be read; the server answers 400 with this text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Parameter {parameter} has invalid value: {reason}")]
pub struct BadAsk {
    /// The query parameter.
    pub parameter: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

/// The rows an [`Ask`] selects, in order.
#[derive(Debug, Clone)]
pub struct Selection {
    rows: Arc<Vec<u32>>,
}

impl Selection {
    /// How many rows there are.
    pub fn total(&self) -> u64 {
        self.rows.len() as u64
    }

    /// The row at this place of the selection, to be given to [`World::write`].
    pub fn nth(&self, place: u64) -> Option<u64> {
        self.rows.get(usize::try_from(place).ok()?).map(|r| u64::from(*r))
    }

    /// The rows from this place on, at most `count`.
    pub fn page(&self, from: u64, count: u64) -> impl Iterator<Item = u64> + '_ {
        (from..from.saturating_add(count).min(self.total())).map_while(|k| self.nth(k))
    }
}

/// The simulated company. Shared by requests; [`World::advance`] needs it alone.
#[derive(Debug)]
pub struct World {
    config: WorldConfig,
}

impl World {
    /// Lays the world out.
    ///
    /// # Errors
    /// If the configuration names a type that does not exist or asks for too much.
    pub fn new(config: WorldConfig) -> Result<World, BadConfig> {
        Ok(World { config })
    }

    /// The clock of the world: the configured instant, moved by [`World::advance`]. All dates lie before it.
    pub fn now(&self) -> Timestamp {
        self.config.now
    }

    /// The type of this API name.
    pub fn resource_type(&self, _provider: Provider, _name: &str) -> Option<TypeIndex> {
        None
    }

    /// The registry row of a type.
    pub fn registered(&self, _index: TypeIndex) -> Option<&'static ResourceType> {
        None
    }

    /// Index of the account with this id (AWS account, subscription, project or tenancy).
    pub fn account(&self, _provider: Provider, _id: &str) -> Option<u32> {
        None
    }

    /// Index of the control with this id.
    pub fn control(&self, _cid: u64) -> Option<u32> {
        None
    }

    /// The provider of a control.
    pub fn control_provider(&self, _control: u32) -> Option<Provider> {
        None
    }

    /// Index of the connector with this id.
    pub fn connector(&self, _provider: Provider, _uuid: &str) -> Option<u32> {
        None
    }

    /// The row of the resource with this `uuid`.
    pub fn resource(&self, _index: TypeIndex, _uuid: &str) -> Option<u64> {
        None
    }

    /// Whether a policy has this id.
    pub fn policy(&self, _uuid: &str) -> bool {
        false
    }

    /// How many rows a collection has.
    pub fn len(&self, _collection: &Collection) -> u64 {
        0
    }

    /// The rows that the query asks for. Without filter and sort nothing is allocated.
    ///
    /// `now` is the running clock, which QQL's `now` means.
    ///
    /// # Errors
    /// If filter, range or sort cannot be read.
    pub fn select(
        &self,
        _collection: &Collection,
        _ask: &Ask<'_>,
        _now: Timestamp,
    ) -> Result<Selection, BadAsk> {
        Ok(Selection { rows: Arc::default() })
    }

    /// Appends one row as a JSON object. `row` comes from a [`Selection`] or a look-up.
    pub fn write(&self, _collection: &Collection, _row: u64, _view: View, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{}");
    }

    /// Appends the statistics of one control on one resource; `false` (and nothing appended) if the pair was
    /// never evaluated.
    pub fn stats(
        &self,
        _provider: Provider,
        _cid: u64,
        _connector: &str,
        _resource_id: &str,
        _out: &mut Vec<u8>,
    ) -> bool {
        false
    }

    /// Appends the answer of the AWS base account call.
    pub fn base_account(&self, _out: &mut Vec<u8>) {}

    /// The CloudFormation template for `Global`, `China` or `Gov` and an external id.
    pub fn template(&self, _cloud: &str, _external_id: &str) -> String {
        String::new()
    }

    /// Resources of every type, under keys such as `aws/EC2_INSTANCE`.
    pub fn totals(&self) -> BTreeMap<String, u64> {
        BTreeMap::new()
    }

    /// The true counts of everything.
    pub fn true_counts(&self) -> Value {
        Value::Null
    }

    /// Moves the world on: connectors run, and that share of the rows (0 to 1) appears, vanishes, changes,
    /// newly fails or is fixed.
    pub fn advance(&mut self, _hours: f64, _change: f64) {}
}
