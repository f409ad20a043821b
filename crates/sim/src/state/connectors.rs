//! What was done to the connectors of a running simulator, laid over those that the world computes.

use super::table::{Full, MOST, Row, row, size, text};
use crate::world::{Collection, View, World, java};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Mutex;
use totalcloud_api::{Provider, Time};

/// Milliseconds that a run takes by the running clock.
const RUN: i64 = 500;

/// A connector as it is at the moment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Connector {
    pub(crate) provider: Provider,
    /// Its number in the older interfaces.
    pub(crate) number: u64,
    /// Its row in listings.
    pub(crate) row: Row,
    /// Fields that only the Connector API v3 shows, where somebody set them.
    pub(crate) portal: Row,
}

/// When somebody let it run.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// Milliseconds of the running clock.
    began: i64,
    /// Seconds of the world's clock.
    at: i64,
}

/// What was done to one connector.
#[derive(Debug, Clone, Default)]
struct Change {
    fields: Row,
    portal: Row,
    run: Option<Run>,
    deleted: bool,
}

#[derive(Debug, Default)]
struct Kept {
    /// Those that were made, with the number of each.
    made: Vec<(Provider, u64, Row)>,
    /// Changes by id, in lower case.
    changes: HashMap<String, Change>,
    /// Providers that are no longer as the world computes them.
    touched: Vec<Provider>,
    /// Runs that were not seen to be over: of whom, and until when by the running clock.
    running: Vec<(Provider, String, i64)>,
    serial: u64,
}

/// The changes of a simulator.
#[derive(Debug, Default)]
pub(crate) struct Connectors(Mutex<Kept>);

/// The fields that name the account of a connector, one of each provider.
const ACCOUNT: [&str; 4] = ["awsAccountId", "subscriptionId", "projectId", "tenantId"];

impl Connector {
    pub(crate) fn id(&self) -> &str {
        text(&self.row, "connectorId")
    }

    /// The account, subscription, project or tenancy.
    pub(crate) fn account(&self) -> &str {
        text(&self.row, ACCOUNT[self.provider as usize])
    }

    pub(crate) fn is_disabled(&self) -> bool {
        self.row.get("isDisabled").and_then(Value::as_bool) == Some(true)
    }

    /// Seconds of its last run.
    pub(crate) fn synced(&self) -> Option<i64> {
        Time::parse(text(&self.row, "lastSyncedOn")).map(|t| t.instant().as_second())
    }

    fn show(mut self, change: Option<&Change>, now: i64) -> Connector {
        let Some(change) = change else { return self };
        self.row.extend(change.fields.clone());
        self.portal = change.portal.clone();
        let Some(run) = change.run else { return self };
        if now < run.began + RUN {
            self.row.insert("state".into(), "PENDING".into());
        } else {
            // What is wrong with a connector is wrong after its next run as well.
            if text(&self.row, "state") == "PENDING" {
                self.row.insert("state".into(), "SUCCESS".into());
            }
            let at = self.synced().map_or(run.at, |before| before.max(run.at));
            let every = self.row.get("pollingFrequency");
            let part =
                |name: &str| every.and_then(|e| e.get(name)).and_then(Value::as_i64).unwrap_or_default();
            let next = at + part("hours") * 3600 + part("minutes") * 60;
            self.row.insert("lastSyncedOn".into(), java(at).into());
            self.row.insert("nextSyncedOn".into(), java(next).into());
        }
        self
    }
}

/// Bytes that the fields of a connector may have.
const LARGEST: usize = 16 << 10;

/// Whether a connector may have these fields.
pub(crate) fn fits(row: &Row) -> Result<(), Full> {
    if size(row) > LARGEST { Err(Full::Row) } else { Ok(()) }
}

fn key(id: &str) -> String {
    id.to_ascii_lowercase()
}

fn number(provider: Provider, place: u64) -> u64 {
    (provider as u64 + 1) * 100_000_000 + place
}

/// The numbers of those that are made begin here.
const MADE: u64 = 50_000_000;

/// The connector of an account of the world as it is computed.
fn computed(world: &World, provider: Provider, index: u32) -> Connector {
    let mut out = Vec::with_capacity(1024);
    world.write(&Collection::Connectors(provider), index.into(), View::Details, &mut out);
    let row = row(serde_json::from_slice(&out).unwrap_or_default());
    Connector { provider, number: number(provider, u64::from(index) + 1), row, portal: Row::new() }
}

/// The first connector of a provider.
pub(crate) fn first(world: &World, provider: Provider) -> Option<Connector> {
    (world.registrations(provider) > 0).then(|| computed(world, provider, 0))
}

impl Connectors {
    fn locked<T>(&self, with: impl FnOnce(&mut Kept) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(|e| e.into_inner()))
    }

    /// Whether anything was done to connectors of this provider.
    pub(crate) fn touched(&self, provider: Provider) -> bool {
        self.locked(|kept| kept.touched.contains(&provider))
    }

    /// All connectors of a provider by their numbers; of OCI the tenancies, which other interfaces list.
    pub(crate) fn all(&self, world: &World, provider: Provider, now: i64) -> Vec<Connector> {
        let computed = (0..world.registrations(provider)).map(|index| computed(world, provider, index));
        self.locked(|kept| {
            let made = kept.made.iter().filter(|(p, ..)| *p == provider);
            let made = made.map(|(provider, number, row)| Connector {
                provider: *provider,
                number: *number,
                row: row.clone(),
                portal: Row::new(),
            });
            computed
                .chain(made)
                .filter_map(|connector| {
                    let change = kept.changes.get(&key(connector.id()));
                    (!change.is_some_and(|c| c.deleted)).then(|| connector.show(change, now))
                })
                .collect()
        })
    }

    /// One connector.
    pub(crate) fn get(&self, world: &World, provider: Provider, id: &str, now: i64) -> Option<Connector> {
        self.locked(|kept| {
            let change = kept.changes.get(&key(id));
            if change.is_some_and(|c| c.deleted) {
                return None;
            }
            let connector = match world.connector(provider, id) {
                Some(index) => computed(world, provider, index),
                None => {
                    let is_it = |(p, _, row): &&(Provider, u64, Row)| {
                        *p == provider && text(row, "connectorId").eq_ignore_ascii_case(id)
                    };
                    let (_, number, row) = kept.made.iter().find(is_it)?;
                    Connector { provider, number: *number, row: row.clone(), portal: Row::new() }
                }
            };
            Some(connector.show(change, now))
        })
    }

    /// The connector that an account has now.
    pub(crate) fn of_account(
        &self,
        world: &World,
        provider: Provider,
        account: &str,
        now: i64,
    ) -> Option<Connector> {
        let is_it = |c: &Connector| c.account().eq_ignore_ascii_case(account);
        let field = ACCOUNT[provider as usize];
        self.locked(|kept| {
            let own = world.account(provider, account).filter(|index| *index < world.registrations(provider));
            // Some were moved here from another account.
            let moved = kept.changes.iter().filter(|(_, change)| change.fields.contains_key(field));
            let moved = moved.filter_map(|(id, _)| world.connector(provider, id));
            let made = kept.made.iter().filter(|(p, ..)| *p == provider).filter(|(.., row)| {
                let change = kept.changes.get(&key(text(row, "connectorId")));
                let moved = change.is_some_and(|change| change.fields.contains_key(field));
                moved || text(row, field).eq_ignore_ascii_case(account)
            });
            let made = made.map(|(provider, number, row)| Connector {
                provider: *provider,
                number: *number,
                row: row.clone(),
                portal: Row::new(),
            });
            let mut all =
                own.into_iter().chain(moved).map(|index| computed(world, provider, index)).chain(made);
            all.find_map(|connector| {
                let change = kept.changes.get(&key(connector.id()));
                let is_gone = change.is_some_and(|c| c.deleted);
                Some(connector.show(change, now)).filter(|c| !is_gone && is_it(c))
            })
        })
    }

    /// The connectors whose runs are over since this was asked last.
    pub(crate) fn finished(&self, now: i64) -> Vec<(Provider, String)> {
        self.locked(|kept| {
            let over = kept.running.extract_if(.., |(.., until)| *until <= now);
            over.map(|(provider, id, _)| (provider, id)).collect()
        })
    }

    /// Keeps a new connector; gives its number.
    pub(crate) fn make(&self, provider: Provider, row: Row) -> Result<u64, Full> {
        fits(&row)?;
        self.locked(|kept| {
            if kept.made.len() >= MOST {
                return Err(Full::Rows);
            }
            kept.serial += 1;
            let number = number(provider, MADE + kept.serial);
            kept.made.push((provider, number, row));
            if !kept.touched.contains(&provider) {
                kept.touched.push(provider);
            }
            Ok(number)
        })
    }

    fn changed(&self, connector: &Connector, with: impl FnOnce(&mut Change)) {
        self.locked(|kept| {
            with(kept.changes.entry(key(connector.id())).or_default());
            if !kept.touched.contains(&connector.provider) {
                kept.touched.push(connector.provider);
            }
        });
    }

    /// Sets fields of a connector.
    pub(crate) fn set(&self, connector: &Connector, fields: Row) {
        self.changed(connector, |change| change.fields.extend(fields));
    }

    /// Sets fields that only the Connector API v3 shows.
    pub(crate) fn set_portal(&self, connector: &Connector, fields: Row) {
        self.changed(connector, |change| change.portal.extend(fields));
    }

    /// Takes a connector away.
    pub(crate) fn delete(&self, connector: &Connector) {
        let was_made = self.locked(|kept| {
            let before = kept.made.len();
            kept.made.retain(|(.., row)| text(row, "connectorId") != connector.id());
            kept.changes.remove(&key(connector.id()));
            kept.running.retain(|(_, id, _)| id != connector.id());
            kept.made.len() < before
        });
        if !was_made {
            self.changed(connector, |change| change.deleted = true);
        }
    }

    /// Lets a connector run from now on, which is so many seconds by the world's clock.
    pub(crate) fn run(&self, connector: &Connector, began: i64, at: i64) {
        let at = connector.synced().map_or(at, |before| at.max(before + 1));
        self.changed(connector, |change| {
            // What the run before it left stays while this one goes on.
            for name in ["lastSyncedOn", "nextSyncedOn"] {
                if let Some(value) = connector.row.get(name).filter(|_| change.run.is_some()) {
                    change.fields.insert(name.to_owned(), value.clone());
                }
            }
            change.run = Some(Run { began, at });
        });
        self.locked(|kept| {
            kept.running.retain(|(_, id, _)| id != connector.id());
            kept.running.push((connector.provider, connector.id().to_owned(), began + RUN));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Size, WorldConfig};
    use serde_json::json;

    fn world() -> World {
        World::new(WorldConfig::new(1, "2026-01-15T12:00:00Z".parse().unwrap(), Size::Small)).unwrap()
    }

    #[test]
    fn changes_lie_over_what_the_world_computes() {
        let (world, connectors) = (world(), Connectors::default());
        let all = connectors.all(&world, Provider::Aws, 0);
        assert_eq!(all.len() as u64, world.len(&Collection::Connectors(Provider::Aws)));
        assert!(!connectors.touched(Provider::Aws));
        connectors.set(&all[0], row(json!({"name": "renamed"})));
        connectors.delete(&all[1]);
        let id = "7f3f0c1c-0000-4000-8000-000000000001";
        let made = row(json!({"connectorId": id, "name": "made", "state": "PENDING"}));
        let number = connectors.make(Provider::Aws, made).unwrap();
        let now = connectors.all(&world, Provider::Aws, 0);
        assert_eq!(now.len(), all.len());
        assert_eq!((now[0].row["name"].clone(), now[0].number), (json!("renamed"), all[0].number));
        assert!(now.iter().all(|c| c.id() != all[1].id()));
        assert!(connectors.get(&world, Provider::Aws, all[1].id(), 0).is_none());
        assert_eq!(connectors.get(&world, Provider::Aws, id, 0).map(|c| c.number), Some(number));
        assert!(connectors.get(&world, Provider::Gcp, id, 0).is_none());
        assert!(now.windows(2).all(|w| w[0].number < w[1].number), "numbers rise");
        connectors.delete(&now[now.len() - 1]);
        assert!(connectors.get(&world, Provider::Aws, id, 0).is_none());
        assert_eq!(connectors.all(&world, Provider::Aws, 0).len(), all.len() - 1);
        connectors
            .locked(|kept| assert_eq!(kept.changes.len(), 2, "nothing is kept of what was made and deleted"));
    }

    #[test]
    fn a_run_is_pending_for_a_while_and_then_the_last_sync_has_moved() {
        let (world, connectors) = (world(), Connectors::default());
        let first = connectors.all(&world, Provider::Aws, 0).remove(0);
        let get = |now| connectors.get(&world, Provider::Aws, first.id(), now).unwrap();
        connectors.run(&first, 1_000, world.now().as_second());
        assert_eq!((text(&get(1_200).row, "state"), get(1_200).synced()), ("PENDING", first.synced()));
        let done = get(1_500);
        assert_eq!(text(&done.row, "state"), "SUCCESS");
        assert!(done.synced() > first.synced());
        connectors.run(&done, 2_000, 0);
        assert!(get(3_000).synced() > done.synced(), "even within the same second");
    }

    #[test]
    fn tenancies_are_there_for_those_who_list_them() {
        let tenancies = Connectors::default().all(&world(), Provider::Oci, 0);
        assert!(!tenancies.is_empty() && tenancies.iter().all(|t| t.account().starts_with("ocid1.tenancy")));
    }
}
