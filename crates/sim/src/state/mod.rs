//! What clients made, changed and deleted in a running simulator. It is kept in memory, bounded, and begins anew
//! with every simulator.

pub(crate) mod alerts;
pub(crate) mod connectors;
pub(crate) mod table;

use crate::reply::iso;
use crate::world::{Ask, Collection, Excepted, View, World};
use alerts::{AUTHOR, Alerts};
use connectors::{Connector, Connectors};
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Mutex;
use table::{Row, Table, row, text};
use totalcloud_api::Provider;
use totalcloud_api::provider::{Spelling, Spellings};

/// Everything that can be changed.
#[derive(Debug)]
pub(crate) struct State {
    ids: Mutex<StdRng>,
    /// Id of the user who signs in.
    pub(crate) user: String,
    pub(crate) connectors: Connectors,
    pub(crate) alerts: Alerts,
    pub(crate) groups: Table,
    /// What each user may see.
    pub(crate) users: Table,
    /// Ids of the exceptions that were deleted.
    pub(crate) deleted_exceptions: Table,
    /// Configurations of reports on policies and mandates.
    pub(crate) configs: Table,
    /// What was registered with the neighbours of the service.
    pub(crate) registrations: Table,
}

impl State {
    /// `username` is the user who signs in.
    pub(crate) fn new(seed: u64, world: &World, username: &str) -> State {
        let mut ids = StdRng::seed_from_u64(seed ^ 0x0073_7461_7465);
        State {
            user: uuid(&mut ids),
            connectors: Connectors::default(),
            alerts: Alerts::new(&mut ids, world),
            groups: Table::new("groupUuid", groups(world)),
            users: Table::new("userName", [username, AUTHOR, "acme_cd2"].map(user).to_vec()),
            deleted_exceptions: Table::new("uuid", Vec::new()),
            configs: Table::new("reportId", configs(world, &uuid(&mut ids))),
            registrations: Table::new("key", Vec::new()),
            ids: Mutex::new(ids),
        }
    }

    /// Adds how many rows there are of each kind.
    pub(crate) fn count(&self, world: &World, counts: &mut Value) {
        for (name, table) in [
            ("groups", &self.groups),
            ("rules", &self.alerts.rules),
            ("actions", &self.alerts.actions),
            ("activities", &self.alerts.activities),
            ("reports", &self.configs),
        ] {
            counts[name] = table.len().into();
        }
        counts["exceptions"] = self.exceptions(world).len().into();
    }

    /// Where those exceptions are that are not deleted.
    pub(crate) fn exceptions(&self, world: &World) -> Vec<Excepted> {
        let deleted = self.deleted_exceptions.rows();
        let deleted: HashSet<String> = deleted.iter().map(|d| text(d, "uuid").to_ascii_lowercase()).collect();
        let is_there = |place: &Excepted| {
            deleted.is_empty() || world.excepted_id(*place).is_some_and(|id| !deleted.contains(&id))
        };
        world.exceptions().iter().copied().filter(is_there).collect()
    }

    /// A new UUID (version 4).
    pub(crate) fn uuid(&self) -> String {
        uuid(&mut self.ids.lock().unwrap_or_else(|e| e.into_inner()))
    }
}

fn groups(world: &World) -> Vec<Row> {
    let group = |(id, name)| row(json!({ "groupUuid": id, "groupName": name }));
    world.groups().into_iter().map(group).collect()
}

/// A user who may see everything that nobody narrowed down.
fn user(name: &str) -> Row {
    let clouds =
        Provider::ALL.map(|p| json!({ "cloudType": p.upper(), "accountIdentifiers": [], "regions": [] }));
    row(json!({ "userName": name, "scope": clouds, "groupIds": [] }))
}

/// A connector of the company with a policy of its cloud.
pub(crate) fn sample(world: &World) -> Option<(Connector, String, String)> {
    Provider::ALL.into_iter().find_map(|provider| {
        let policies = Collection::PoliciesV1(provider);
        let place = world.select(&policies, &Ask::default(), world.now()).ok()?.nth(0)?;
        let mut out = Vec::new();
        world.write(&policies, place, View::List, &mut out);
        let policy = row(serde_json::from_slice(&out).ok()?);
        let connector = (provider != Provider::Oci).then(|| connectors::first(world, provider)).flatten()?;
        Some((connector, text(&policy, "id").to_owned(), text(&policy, "title").to_owned()))
    })
}

fn configs(world: &World, id: &str) -> Vec<Row> {
    let Some((connector, policy, title)) = sample(world) else { return Vec::new() };
    let fields = row(json!({
        "title": format!("Posture by {title}"),
        "type": "POLICY",
        "cloudType": connector.provider.spelled(Spelling::Report, &Spellings::default()),
        "policies": [{ "cloudType": connector.provider.upper(), "policyId": policy }],
        "accounts": [report_account(&connector)],
    }));
    vec![report_config(id.to_owned(), world.now(), fields)]
}

/// What the configuration of a report shows of a connector.
pub(crate) fn report_account(connector: &Connector) -> Value {
    json!({
        "id": connector.id(),
        "name": connector.row["name"],
        "accountId": connector.account(),
        "cloudType": connector.provider.upper(),
    })
}

/// The configuration of a report with all its fields, empty but for these.
pub(crate) fn report_config(id: String, created: Timestamp, fields: Row) -> Row {
    let mut config = row(json!({
        "reportId": id,
        "description": "",
        "format": null,
        "mandateId": null,
        "policies": [],
        "accounts": [],
        "groupIds": [],
        "createdOn": iso(created),
    }));
    config.extend(fields);
    config
}

/// The next UUID (version 4) of a source of randomness.
pub(crate) fn uuid(ids: &mut StdRng) -> String {
    let bits: u128 = ids.random();
    let h = format!("{bits:032x}");
    format!("{}-{}-4{}-a{}-{}", &h[..8], &h[8..12], &h[13..16], &h[17..20], &h[20..])
}
