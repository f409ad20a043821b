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

mod accounts;
mod cheap;
mod config;
mod controls;
mod evaluations;
mod exceptions;
mod findings;
mod layout;
mod policies;
mod record;
mod remediation;
mod resources;
mod rng;
mod security;
mod select;
mod template;
mod text;

pub use config::{BadConfig, Fields, Size, WorldConfig};
pub(crate) use exceptions::Excepted;
pub use select::Selection;
pub(crate) use select::{Order, order};
pub(crate) use text::java;

use controls::Controls;
use evaluations::{Counts, Subject};
use jiff::Timestamp;
use layout::{Account, Cloud, tag};
use policies::Policies;
use resources::{Coll, Row};
use rng::{below, draw, named, uuid_of};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex};
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

/// A stretch of time at whose end the world is shown.
#[derive(Debug)]
struct Epoch {
    /// Its end.
    now: i64,
    /// Its length in seconds.
    span: i64,
    /// The share of rows to which something happened in it.
    share: f64,
}

impl Epoch {
    /// How long a run of a connector takes, in seconds.
    fn window(&self) -> u64 {
        (self.span / 2).clamp(1, 3 * 3600) as u64
    }
}

/// The simulated company. Shared by requests; [`World::advance`] needs it alone.
pub struct World {
    config: WorldConfig,
    epochs: Vec<Epoch>,
    clouds: Vec<Cloud>,
    colls: Vec<Coll>,
    controls: Controls,
    policies: Policies,
    counted: Mutex<HashMap<(Provider, u32), Counts>>,
    excepted: Mutex<Option<Arc<Vec<Excepted>>>>,
}

/// Says what makes the world; all else follows from it and would fill pages.
impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("config", &self.config)
            .field("epochs", &self.epochs)
            .finish_non_exhaustive()
    }
}

const RUN: u64 = named("run of a connector");

/// The hours before the beginning in which everything was synced and evaluated.
const FIRST_SPAN: i64 = 8 * 3600;

impl World {
    /// Lays the world out.
    ///
    /// # Errors
    /// If the configuration names a type that does not exist or asks for too much.
    pub fn new(config: WorldConfig) -> Result<World, BadConfig> {
        let clouds: Vec<Cloud> =
            Provider::ALL.map(|p| Cloud::new(p, &config)).into_iter().collect::<Result<_, _>>()?;
        let mut colls = resources::collections(&config)?;
        for coll in &colls {
            let cloud = &clouds[coll.ty.provider as usize];
            let first = 0..u32::from(!cloud.cells.is_empty());
            let there: u64 = coll.slots_of(cloud, &first).iter().map(|r| r.len() as u64).sum();
            if u64::from(coll.dense) > there {
                let name = coll.ty.name.to_owned();
                return Err(BadConfig::Dense(coll.ty.provider, name, coll.dense.into(), there));
            }
        }
        let mut policies = Policies::new(&config);
        let controls = Controls::new(&config, &mut colls, &mut policies);
        let now = config.now.as_second();
        let epochs = vec![Epoch { now, span: FIRST_SPAN, share: 0.0 }];
        let (counted, excepted) = Default::default();
        let mut world = World { config, epochs, clouds, colls, controls, policies, counted, excepted };
        world.run_connectors();
        Ok(world)
    }

    /// The clock of the world: the configured instant, moved by [`World::advance`]. All dates lie before it.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_second(self.epochs[self.epoch() as usize].now).unwrap_or(self.config.now)
    }

    /// The type of this API name.
    pub fn resource_type(&self, provider: Provider, name: &str) -> Option<TypeIndex> {
        self.colls.iter().find(|c| c.ty.provider == provider && c.ty.name == name).map(|c| TypeIndex(c.index))
    }

    /// All types, in the order of the registry.
    pub fn types(&self) -> impl Iterator<Item = TypeIndex> + use<> {
        (0..self.colls.len() as u16).map(TypeIndex)
    }

    /// The registry row of a type.
    pub fn registered(&self, index: TypeIndex) -> Option<&'static ResourceType> {
        self.colls.get(usize::from(index.0)).map(|c| c.ty)
    }

    /// Index of the account with this id (AWS account, subscription, project or tenancy).
    pub fn account(&self, provider: Provider, id: &str) -> Option<u32> {
        self.cloud(provider).account(id)
    }

    /// Index of the control with this id.
    pub fn control(&self, cid: u64) -> Option<u32> {
        self.controls.find(cid)
    }

    /// The provider of a control.
    pub fn control_provider(&self, control: u32) -> Option<Provider> {
        self.controls.all.get(control as usize).map(|c| c.provider)
    }

    /// Index of the connector with this id.
    pub fn connector(&self, provider: Provider, uuid: &str) -> Option<u32> {
        if provider == Provider::Oci {
            return None;
        }
        let (tag, index) = uuid_of(uuid, self.config.seed)?;
        let index = u32::try_from(index).ok()?;
        (tag == tag::CONNECTOR + provider as u16 && self.connected(provider, index).is_some())
            .then_some(index)
    }

    /// The row of the resource with this `uuid`.
    pub fn resource(&self, index: TypeIndex, uuid: &str) -> Option<u64> {
        let coll = self.colls.get(usize::from(index.0))?;
        let (tag, slot) = uuid_of(uuid, self.config.seed)?;
        let slot = u32::try_from(slot).ok()?;
        (tag == coll.index && coll.exists(slot)).then_some(slot.into())
    }

    /// The type and row of the resource with this `resourceId`.
    pub fn resource_by_id(&self, provider: Provider, id: &str) -> Option<(TypeIndex, u64)> {
        // Every id ends with the eight digits that say which row it is.
        let enc = u32::from_str_radix(id.get(id.len().checked_sub(8)?..)?, 16).ok()?;
        let mut text = Vec::new();
        let mut colls = self.colls.iter().filter(|c| c.ty.provider == provider);
        colls.find_map(|coll| {
            let slot = coll.slot_of(enc);
            if !coll.exists(slot) {
                return None;
            }
            text.clear();
            Row::new(self, coll, slot).write_id(&mut text);
            (text == id.as_bytes()).then_some((TypeIndex(coll.index), slot.into()))
        })
    }

    /// Whether a policy has this id.
    pub fn policy(&self, uuid: &str) -> bool {
        self.policies.known(uuid)
    }

    /// How many rows a collection has.
    pub fn len(&self, collection: &Collection) -> u64 {
        self.count(collection)
    }

    /// Whether a collection has no rows.
    pub fn is_empty(&self, collection: &Collection) -> bool {
        self.len(collection) == 0
    }

    /// The rows that the query asks for. Without filter and sort no rows are listed in memory; with one, the
    /// inventory is searched, so the caller does well to remember the selection from page to page.
    ///
    /// `now` is the running clock, which QQL's `now` means.
    ///
    /// # Errors
    /// If filter, range or sort cannot be read.
    pub fn select(
        &self,
        collection: &Collection,
        ask: &Ask<'_>,
        now: Timestamp,
    ) -> Result<Selection, BadAsk> {
        self.selected(collection, ask, now)
    }

    /// Appends one row as a JSON object. `row` comes from a [`Selection`] or a look-up.
    #[inline]
    pub fn write(&self, collection: &Collection, row: u64, view: View, out: &mut Vec<u8>) {
        let before = out.len();
        self.write_row(collection, row, view, out);
        // What does not exist is still one JSON value.
        if out.len() == before {
            out.extend_from_slice(b"{}");
        }
    }

    fn write_row(&self, collection: &Collection, row: u64, view: View, out: &mut Vec<u8>) {
        let slot = u32::try_from(row).unwrap_or(u32::MAX);
        let account = |provider, index: u32| self.cloud(provider).accounts.get(index as usize);
        match *collection {
            Collection::Resources(index) => {
                if let Some(coll) = self.colls.get(usize::from(index.0)).filter(|c| slot < c.slots) {
                    Row::new(self, coll, slot).write(view, out);
                }
            }
            Collection::Connectors(provider) => {
                if let Some(account) = self.connected(provider, slot) {
                    accounts::write_connector(self, account, out);
                }
            }
            Collection::ConnectorErrors(provider, index) => {
                if let Some(account) = self.connected(provider, index).filter(|a| row < a.errors()) {
                    accounts::write_error(self, account, row, out);
                }
            }
            Collection::Controls => {
                if let Some(control) = self.controls.all.get(slot as usize) {
                    control.write(self.config.fields, self.epochs[0].now, &self.policies, out);
                }
            }
            Collection::AccountEvaluations(provider, index) => {
                if let Some(account) = account(provider, index) {
                    self.write_account_evaluation(account, slot, out);
                }
            }
            Collection::ResourceEvaluations(provider, index, control) => {
                if let Some(account) = account(provider, index) {
                    self.write_resource_evaluation(account, control, slot, out);
                }
            }
            Collection::Policies => self.policies.write(row, self.epochs[0].now, out),
            Collection::PoliciesV1(_) => self.policies.write_v1(row, out),
            Collection::Mandates => policies::write_mandate(row, out),
            Collection::Remediation(provider) => self.write_remediation(provider, row, out),
        }
    }

    /// Appends the statistics of one control on one resource; `false` (and nothing appended) if the pair was
    /// never evaluated.
    pub fn stats(
        &self,
        provider: Provider,
        cid: u64,
        connector: &str,
        resource_id: &str,
        out: &mut Vec<u8>,
    ) -> bool {
        let found = || {
            let account = match self.connector(provider, connector) {
                Some(index) => self.connected(provider, index)?,
                None => {
                    let is_by = |a: &&Account| {
                        a.seat.as_ref().is_some_and(|seat| seat.eq_ignore_ascii_case(connector))
                    };
                    self.cloud(provider).accounts.iter().find(is_by)?
                }
            };
            let index = self.control(cid)?;
            let control = &self.controls.all[index as usize];
            if control.provider != provider || !account.evaluated() {
                return None;
            }
            let subject = match control.target {
                Some(target) => {
                    let (kind, row) = self.resource_by_id(provider, resource_id)?;
                    let row = Row::new(self, &self.colls[usize::from(kind.0)], row as u32);
                    let same = kind.0 == target && row.account().index == account.index;
                    same.then_some(Subject::Resource(row))?
                }
                None => (0..self.evaluated(account, control) as u32).find_map(|row| {
                    let subject = Subject::new(self, account, control, row)?;
                    let mut id = Vec::new();
                    subject.write_id(control, &mut id);
                    (id == resource_id.as_bytes()).then_some(subject)
                })?,
            };
            Some((account, index, subject))
        };
        match found() {
            Some((account, index, subject)) => {
                self.write_stats(account, index, &subject, out);
                true
            }
            None => false,
        }
    }

    /// Appends the answer of the AWS base account call.
    pub fn base_account(&self, out: &mut Vec<u8>) {
        accounts::write_base_account(self.config.seed, out);
    }

    /// The CloudFormation template for `Global`, `China` or `Gov` and an external id.
    pub fn template(&self, cloud: &str, external_id: &str) -> String {
        accounts::template(self.config.seed, cloud, external_id)
    }

    /// Resources of every type, under keys such as `aws/EC2_INSTANCE`.
    pub fn totals(&self) -> BTreeMap<String, u64> {
        self.colls.iter().map(|c| (c.ty.key(), c.len())).collect()
    }

    /// The true counts of everything.
    pub fn true_counts(&self) -> Value {
        let mut providers = serde_json::Map::new();
        for provider in Provider::ALL {
            let accounts = self.cloud(provider).accounts.iter().map(|account| {
                let counts = self.counts(account);
                let sum = |outcome: usize| counts.iter().map(|c| u64::from(c[outcome])).sum::<u64>();
                json!({
                    "id": account.id,
                    "connector": (!account.orphan && provider != Provider::Oci).then_some(&account.connector),
                    "resources": self.assets(account),
                    "controlsEvaluated": counts.iter().filter(|c| c.iter().sum::<u32>() > 0).count(),
                    "controlsFailed": counts.iter().filter(|c| c[1] > 0).count(),
                    "evaluations": { "PASS": sum(0), "FAIL": sum(1), "PASSE": sum(2) },
                })
            });
            let entry = json!({
                "accounts": accounts.collect::<Vec<_>>(),
                "connectors": self.count(&Collection::Connectors(provider)),
                "controls": self.controls.of(provider).len(),
                "policies": self.policies.range(provider).len(),
                "remediation": self.remediations(provider),
            });
            providers.insert(provider.to_string(), entry);
        }
        json!({
            "resources": self.totals(),
            "providers": providers,
            "controls": self.controls.all.len(),
            "policies": self.policies.len(),
            "mandates": policies::mandates(),
        })
    }

    /// Moves the world on: connectors run, and that share of the rows (0 to 1) appears, vanishes, changes,
    /// newly fails or is fixed.
    ///
    /// Of every type, the share rounded to whole rows is touched: a quarter of them vanishes, half changes, the
    /// evaluations of a quarter turn over, and as many rows as a quarter appear.
    pub fn advance(&mut self, hours: f64, change: f64) {
        const LONGEST: f64 = 24.0 * 366.0 * 100.0;
        let finite = |x: f64| if x.is_finite() { x } else { 0.0 };
        let span = (finite(hours).clamp(0.0, LONGEST) * 3600.0).round() as i64;
        let share = finite(change).clamp(0.0, 1.0);
        let now = self.epochs[self.epoch() as usize].now + span;
        self.epochs.push(Epoch { now, span, share });
        let epoch = self.epoch();
        for coll in &mut self.colls {
            coll.advance(epoch, share);
        }
        self.run_connectors();
        self.counted.lock().unwrap_or_else(|e| e.into_inner()).clear();
        *self.excepted.lock().unwrap_or_else(|e| e.into_inner()) = None;
    }

    /// Notes that a connector ran in an account; says whether that changes by whom or whether it is evaluated.
    pub(crate) fn seat(&mut self, provider: Provider, account: &str, connector: &str) -> bool {
        let Some(index) = self.account(provider, account) else { return false };
        let account = &mut self.clouds[provider as usize].accounts[index as usize];
        if account.evaluated() && account.evaluated_by().eq_ignore_ascii_case(connector) {
            return false;
        }
        account.seat = Some(connector.to_owned());
        self.counted.lock().unwrap_or_else(|e| e.into_inner()).clear();
        *self.excepted.lock().unwrap_or_else(|e| e.into_inner()) = None;
        true
    }

    /// The number of the present epoch.
    #[inline]
    fn epoch(&self) -> u32 {
        self.epochs.len() as u32 - 1
    }

    #[inline]
    fn cloud(&self, provider: Provider) -> &Cloud {
        &self.clouds[provider as usize]
    }

    fn connected(&self, provider: Provider, account: u32) -> Option<&Account> {
        self.cloud(provider).accounts.get(account as usize).filter(|a| !a.orphan)
    }

    /// An account that is looked at: it has a connector of its own, or that of somebody ran there.
    fn watched(&self, provider: Provider, account: u32) -> Option<&Account> {
        let account = self.cloud(provider).accounts.get(account as usize);
        account.filter(|a| !a.orphan || a.seat.is_some())
    }

    /// The end of an account's run in an epoch; runs begin and end within it.
    fn run_end(&self, account: &Account, epoch: u32) -> i64 {
        let Epoch { now, span, .. } = &self.epochs[epoch as usize];
        now - below(draw(account.key, RUN.wrapping_add(epoch.into())), (span / 4).max(1) as u64) as i64
    }

    fn run_connectors(&mut self) {
        let epoch = self.epoch();
        for provider in Provider::ALL {
            for at in 0..self.cloud(provider).accounts.len() {
                let end = self.run_end(&self.cloud(provider).accounts[at], epoch);
                self.clouds[provider as usize].accounts[at].run_end = end;
            }
        }
    }

    /// How many resources of all types an account has.
    fn assets(&self, account: &Account) -> u64 {
        let cloud = self.cloud(account.provider);
        let colls = self.colls.iter().filter(|c| c.ty.provider == account.provider);
        colls
            .flat_map(|c| c.slots_of(cloud, &account.cells).into_iter().map(|r| select::alive(&r, &c.gone)))
            .map(u64::from)
            .sum()
    }
}

#[cfg(test)]
mod tests;
