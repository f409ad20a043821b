//! Queries about account, region and last sync only, which are how an inventory is cut into parts: answered
//! from where a row lies and its second, without writing the row. A million rows are selected at once.

use super::World;
use super::record::inventory;
use super::resources::{Coll, Row};
use jiff::Timestamp;
use totalcloud_api::qql::{self, FieldValue, Matcher, Node, NodeKind, Query, Record, Values};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Account,
    Region,
    Updated,
}

/// The conditions that a row must all meet, by what they ask for.
struct Parts {
    /// What each token asks for.
    places: Vec<(String, Place)>,
    /// Asks where a row lies.
    of_cell: Vec<Query>,
    /// Asks for the second of the last sync.
    of_second: Vec<Query>,
    /// Asks for both.
    of_both: Vec<Query>,
}

fn place(coll: &Coll, token: &str) -> Option<Place> {
    let path = inventory(coll.ty, token);
    coll.plan.field(&path)?;
    let account = coll.ty.provider.account_field();
    match path.as_str() {
        "region" => Some(Place::Region),
        path if path == account => Some(Place::Account),
        path if path == coll.updated_field() => Some(Place::Updated),
        _ => None,
    }
}

fn has_text(node: &Node) -> bool {
    match &node.kind {
        NodeKind::And(parts) | NodeKind::Or(parts) => parts.iter().any(has_text),
        NodeKind::Not(inner) => has_text(inner),
        NodeKind::Term(_) => false,
        _ => true,
    }
}

impl Parts {
    /// `None` where the query asks for anything else.
    fn of(query: &Query, coll: &Coll) -> Option<Parts> {
        let root = query.root().filter(|root| !has_text(root))?;
        let conditions = match &root.kind {
            NodeKind::And(parts) => parts.as_slice(),
            _ => std::slice::from_ref(root),
        };
        let place_of = |token: &str| Some((token.to_owned(), place(coll, token)?));
        let places = query.tokens().into_iter().map(place_of).collect::<Option<Vec<_>>>()?;
        let mut parts = Parts { places, of_cell: Vec::new(), of_second: Vec::new(), of_both: Vec::new() };
        for condition in conditions {
            let query = qql::parse(&condition.to_string()).ok()?;
            let tokens = query.tokens();
            let is_second = |token: &&&str| place(coll, token) == Some(Place::Updated);
            match tokens.iter().filter(is_second).count() {
                0 => parts.of_cell.push(query),
                n if n == tokens.len() => parts.of_second.push(query),
                _ => parts.of_both.push(query),
            }
        }
        Some(parts)
    }
}

fn matchers(queries: &[Query], now: Timestamp) -> Vec<Matcher<'_>> {
    queries.iter().map(|q| q.at(now)).collect()
}

/// A row by where it lies and its second.
struct Lying<'a> {
    places: &'a [(String, Place)],
    account: &'a str,
    region: &'a str,
    updated: Option<i64>,
}

impl Record for Lying<'_> {
    fn values<'a>(&'a self, token: &str) -> Option<Values<'a>> {
        let (_, place) = self.places.iter().find(|(name, _)| name == token)?;
        Some(match place {
            Place::Account => self.account.into(),
            Place::Region => self.region.into(),
            Place::Updated => {
                let instant = self.updated.and_then(|at| Timestamp::from_second(at).ok());
                Values::One(instant.map_or(FieldValue::Null, FieldValue::Time))
            }
        })
    }
}

/// What a query says of each second, found out once.
struct Seconds<'q> {
    matchers: Vec<Matcher<'q>>,
    from: i64,
    known: Vec<Option<bool>>,
    undated: Option<bool>,
}

impl Seconds<'_> {
    fn meets(&mut self, row: Lying<'_>) -> bool {
        let place = match row.updated {
            None => &mut self.undated,
            Some(at) => {
                let place = usize::try_from(at - self.from).ok().and_then(|place| self.known.get_mut(place));
                match place {
                    Some(place) => place,
                    None => return self.matchers.iter().all(|m| m.matches(&row).is_yes()),
                }
            }
        };
        *place.get_or_insert_with(|| self.matchers.iter().all(|m| m.matches(&row).is_yes()))
    }
}

impl World {
    /// The slots that meet the query, in order; `None` where that cannot be told cheaply.
    pub(super) fn cheaply_selected(&self, coll: &Coll, query: &Query, now: Timestamp) -> Option<Vec<u32>> {
        let parts = Parts::of(query, coll)?;
        let (of_cell, of_both) = (matchers(&parts.of_cell, now), matchers(&parts.of_both, now));
        let cloud = self.cloud(coll.ty.provider);
        let window = self.epochs[self.epoch() as usize].window() as i64;
        let ends = || cloud.accounts.iter().map(|a| a.run_end);
        let from = ends().min().unwrap_or_default() - window;
        let length = usize::try_from(ends().max().unwrap_or_default() - from + 1).unwrap_or_default();
        let mut seconds = Seconds {
            matchers: matchers(&parts.of_second, now),
            from,
            known: if parts.of_second.is_empty() { Vec::new() } else { vec![None; length] },
            undated: None,
        };
        let dated = !parts.of_second.is_empty() || !parts.of_both.is_empty();
        let mut slots: Vec<u32> = Vec::new();
        for (index, cell) in cloud.cells.iter().enumerate() {
            let account = &cloud.accounts[cell.account as usize];
            let region = if coll.global { "global" } else { cell.region };
            let lying = |updated| Lying { places: &parts.places, account: &account.id, region, updated };
            if !of_cell.iter().all(|m| m.matches(&lying(None)).is_yes()) {
                continue;
            }
            for run in coll.slots_of(cloud, &(index as u32..index as u32 + 1)) {
                let lives = |slot: &u32| coll.gone.is_empty() || coll.exists(*slot);
                if !dated {
                    slots.extend(run.filter(lives));
                    continue;
                }
                slots.extend(run.filter(lives).filter(|slot| {
                    let updated = Row::updated_of(self, coll, *slot, account);
                    let updated = (!coll.is_undated(*slot)).then_some(updated);
                    (seconds.matchers.is_empty() || seconds.meets(lying(updated)))
                        && of_both.iter().all(|m| m.matches(&lying(updated)).is_yes())
                }));
            }
        }
        if !slots.is_sorted() {
            slots.sort_unstable();
        }
        Some(slots)
    }
}
