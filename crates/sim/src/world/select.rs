//! Which rows a query gets, in which order.

use super::record::{Lookup, ResourceRecord, inventory};
use super::resources::{Coll, Row};
use super::{Ask, BadAsk, Collection, World};
use jiff::Timestamp;
use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;
use totalcloud_api::Provider;
use totalcloud_api::qql::{self, Query};

/// The rows an [`Ask`] selects, in order.
#[derive(Debug, Clone)]
pub struct Selection {
    rows: Rows,
}

#[derive(Debug, Clone)]
enum Rows {
    /// All that exist of a run of rows.
    Run { run: Range<u32>, gone: Arc<Vec<u32>> },
    /// These rows.
    Listed(Arc<Vec<u32>>),
}

/// How many rows of a run exist.
pub(super) fn alive(run: &Range<u32>, gone: &[u32]) -> u32 {
    let (from, to) = (gone.partition_point(|g| *g < run.start), gone.partition_point(|g| *g < run.end));
    (run.end - run.start) - (to - from) as u32
}

impl Selection {
    pub(super) fn run(run: Range<u32>) -> Selection {
        Selection { rows: Rows::Run { run, gone: Arc::default() } }
    }

    fn listed(rows: Vec<u32>) -> Selection {
        Selection { rows: Rows::Listed(Arc::new(rows)) }
    }

    /// How many rows there are.
    pub fn total(&self) -> u64 {
        match &self.rows {
            Rows::Run { run, gone } => alive(run, gone).into(),
            Rows::Listed(rows) => rows.len() as u64,
        }
    }

    /// The row at this place of the selection, to be given to [`World::write`].
    pub fn nth(&self, place: u64) -> Option<u64> {
        if place >= self.total() {
            return None;
        }
        match &self.rows {
            Rows::Listed(rows) => rows.get(usize::try_from(place).ok()?).map(|r| u64::from(*r)),
            Rows::Run { run, gone } => {
                // Each row that is gone before the one looked for moves it on by one.
                let (mut low, mut high) = (gone.partition_point(|g| *g < run.start), gone.len());
                let first = low;
                while low < high {
                    let middle = (low + high) / 2;
                    let before = u64::from(gone[middle] - run.start) - (middle - first) as u64;
                    if before <= place { low = middle + 1 } else { high = middle }
                }
                Some(u64::from(run.start) + place + (low - first) as u64)
            }
        }
    }

    /// The rows from this place on, at most `count`.
    pub fn page(&self, from: u64, count: u64) -> impl Iterator<Item = u64> + '_ {
        (from..from.saturating_add(count).min(self.total().max(from))).map_while(|k| self.nth(k))
    }
}

/// Which way rows are sorted by their last sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Rising,
    Falling,
}

/// Reads the parameter `sort`.
pub(crate) fn order(sort: Option<&str>) -> Result<Option<Order>, BadAsk> {
    let Some(sort) = sort.map(str::trim).filter(|s| !s.is_empty()) else { return Ok(None) };
    let (field, way) = sort.split_once(':').unwrap_or((sort, "asc"));
    let bad = |reason: String| BadAsk { parameter: "sort", reason };
    if !matches!(field.trim(), "lastSyncedOn" | "lastSynced") {
        return Err(bad(format!("rows cannot be sorted by '{field}'")));
    }
    match way.trim().to_ascii_lowercase().as_str() {
        "asc" => Ok(Some(Order::Rising)),
        "desc" => Ok(Some(Order::Falling)),
        other => Err(bad(format!("'{other}' is neither asc nor desc"))),
    }
}

fn query(ask: &Ask<'_>) -> Result<Query, BadAsk> {
    let filter = match ask.filter {
        Some(text) => qql::parse(text).map_err(|e| BadAsk { parameter: "filter", reason: e.to_string() })?,
        None => Query::all(),
    };
    let updated = match ask.updated {
        Some(text) => qql::parse_updated(text)
            .map_err(|e| BadAsk { parameter: "updated", reason: e.to_string() })?
            .on("updated"),
        None => Query::all(),
    };
    Ok(filter.and(updated))
}

impl World {
    pub(super) fn selected(
        &self,
        collection: &Collection,
        ask: &Ask<'_>,
        now: Timestamp,
    ) -> Result<Selection, BadAsk> {
        let query = query(ask)?;
        let order = order(ask.sort)?;
        match *collection {
            Collection::Resources(index) => match self.colls.get(usize::from(index.0)) {
                Some(coll) => Ok(self.resources_selected(coll, &query, order, now)),
                None => Ok(Selection::run(0..0)),
            },
            Collection::ResourceEvaluations(provider, account, control) => {
                let all = self.evaluated_rows(provider, account, control);
                Ok(self.rows_selected(collection, all, &query, now))
            }
            Collection::Connectors(provider) => {
                let rows = self.rows_selected(collection, self.all_rows(collection), &query, now);
                let accounts = &self.cloud(provider).accounts;
                let mut rows: Vec<u32> = rows.page(0, rows.total()).map(|r| r as u32).collect();
                // One that never ran comes last, whichever the order; the default is the latest run first.
                let run = |r: &u32| {
                    let account = &accounts[*r as usize];
                    let end = if order == Some(Order::Rising) { account.run_end } else { -account.run_end };
                    (account.pending, end, *r)
                };
                rows.sort_unstable_by_key(run);
                Ok(Selection::listed(rows))
            }
            _ => Ok(self.rows_selected(collection, self.all_rows(collection), &query, now)),
        }
    }

    /// All rows of a collection that is neither filtered nor of varying length.
    fn all_rows(&self, collection: &Collection) -> Selection {
        Selection::run(match *collection {
            Collection::Resources(index) => match self.colls.get(usize::from(index.0)) {
                Some(coll) => {
                    return Selection { rows: Rows::Run { run: 0..coll.slots, gone: coll.gone.clone() } };
                }
                None => 0..0,
            },
            Collection::Connectors(Provider::Oci) => 0..0,
            Collection::Connectors(provider) => 0..self.cloud(provider).connected().len() as u32,
            Collection::ConnectorErrors(provider, account) => {
                0..self.connected(provider, account).map_or(0, |a| a.errors()) as u32
            }
            Collection::Controls => 0..self.controls.all.len() as u32,
            Collection::AccountEvaluations(provider, account) => {
                match self.watched(provider, account) {
                    Some(_) => self.controls.of(provider),
                    // Nothing is evaluated where the connector is gone.
                    None => 0..0,
                }
            }
            Collection::ResourceEvaluations(provider, account, control) => {
                return self.evaluated_rows(provider, account, control);
            }
            Collection::Policies => 0..self.policies.len() as u32,
            Collection::PoliciesV1(provider) => self.policies.range_v1(provider),
            Collection::Mandates => 0..super::policies::mandates() as u32,
            Collection::Remediation(provider) => 0..self.remediations(provider) as u32,
        })
    }

    pub(super) fn count(&self, collection: &Collection) -> u64 {
        self.all_rows(collection).total()
    }

    /// The resources that a control looked at in an account.
    pub(super) fn evaluated_rows(&self, provider: Provider, account: u32, control: u32) -> Selection {
        let none = Selection::run(0..0);
        let Some(account) = self.watched(provider, account).filter(|a| a.evaluated()) else { return none };
        let Some(control) = self.controls.all.get(control as usize).filter(|c| c.provider == provider) else {
            return none;
        };
        let Some(target) = control.target else {
            return Selection::run(0..self.evaluated(account, control) as u32);
        };
        let coll = &self.colls[usize::from(target)];
        match coll.slots_of(self.cloud(provider), &account.cells).as_slice() {
            [] => none,
            [run] => Selection { rows: Rows::Run { run: run.clone(), gone: coll.gone.clone() } },
            runs => Selection::listed(runs.iter().cloned().flatten().filter(|s| coll.exists(*s)).collect()),
        }
    }

    fn rows_selected(
        &self,
        collection: &Collection,
        all: Selection,
        query: &Query,
        now: Timestamp,
    ) -> Selection {
        if query.is_all() {
            return all;
        }
        let matcher = query.at(now);
        let rows = all.page(0, all.total());
        Selection::listed(
            rows.filter(|row| matcher.matches(&self.record(collection, *row)).is_yes())
                .map(|row| row as u32)
                .collect(),
        )
    }

    fn resources_selected(
        &self,
        coll: &Coll,
        query: &Query,
        order: Option<Order>,
        now: Timestamp,
    ) -> Selection {
        if query.is_all() && order.is_none() {
            return Selection { rows: Rows::Run { run: 0..coll.slots, gone: coll.gone.clone() } };
        }
        if order.is_none()
            && let Some(slots) = self.cheaply_selected(coll, query, now)
        {
            return Selection::listed(slots);
        }
        let matcher = query.at(now);
        let lookup = Lookup::new(query, coll.ty, &coll.plan);
        let scratch = RefCell::new(Vec::new());
        let mut rows: Vec<u32> = self
            .candidates(coll, query)
            .into_iter()
            .flatten()
            .filter(|slot| coll.gone.is_empty() || coll.exists(*slot))
            .filter(|slot| {
                let record =
                    ResourceRecord { row: Row::new(self, coll, *slot), lookup: &lookup, scratch: &scratch };
                query.is_all() || matcher.matches(&record).is_yes()
            })
            .collect();
        if let Some(order) = order {
            let way = if order == Order::Rising { 1 } else { -1 };
            rows.sort_by_cached_key(|slot| (way * Row::new(self, coll, *slot).updated(), *slot));
        }
        Selection::listed(rows)
    }

    /// The slots that can match: those of the accounts and regions a query is pinned to.
    fn candidates(&self, coll: &Coll, query: &Query) -> Vec<Range<u32>> {
        let cloud = self.cloud(coll.ty.provider);
        let pinned = |path: &str| -> Option<Vec<&str>> {
            let tokens = query.tokens();
            let token = tokens.into_iter().find(|t| inventory(coll.ty, t) == path)?;
            query.equality(token)
        };
        let account = pinned(coll.ty.provider.account_field());
        let region = pinned("region").filter(|_| !coll.global);
        if account.is_none() && region.is_none() {
            let all = 0..coll.slots;
            return vec![all];
        }
        // Values may be parts of what they match, so this narrows by what contains them.
        let may = |values: &Option<Vec<&str>>, text: &str| {
            let text = text.to_lowercase();
            values.as_ref().is_none_or(|v| v.iter().any(|v| text.contains(&v.to_lowercase())))
        };
        let cells = cloud.cells.iter().enumerate().filter(|(_, cell)| {
            may(&region, cell.region) && may(&account, &cloud.accounts[cell.account as usize].id)
        });
        let mut slots: Vec<Range<u32>> =
            cells.flat_map(|(at, _)| coll.slots_of(cloud, &(at as u32..at as u32 + 1))).collect();
        slots.sort_unstable_by_key(|r| r.start);
        slots
    }
}
