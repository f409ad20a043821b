//! Resources: how many rows each type has, and what a row says.
//!
//! The columns come from the registry. What stands in a column is a template of the type's table
//! ([`aws`], [`azure`], [`other`]), of the table all types share, or made from the column's kind.

mod aws;
mod azure;
mod compute;
mod identity;
mod other;
mod plan;
mod rows;

pub(super) use plan::Plan;
pub(super) use rows::Row;

use super::layout::Cloud;
use super::rng::{below, draw, mix, named, scramble, unscramble};
use super::{BadConfig, Fields, WorldConfig};
use std::ops::Range;
use std::sync::Arc;
use totalcloud_api::{Provider, ResourceType, resources};

/// What the simulator knows of one resource type.
pub(super) struct Table {
    /// API name.
    name: &'static str,
    /// Its share of the resources of all types.
    weight: u64,
    /// Template of `resourceId`; must end with `<enc>`.
    id: &'static str,
    /// Template of the name.
    title: &'static str,
    /// Not in a region.
    global: bool,
    /// Templates by wire name. Names that the registry does not have are invented fields, which classic
    /// worlds leave out.
    fields: &'static [(&'static str, &'static str)],
}

/// For types of the registry that no table describes yet.
const UNKNOWN: Table =
    Table { name: "", weight: 5, id: "res-<enc>", title: "resource-<enc>", global: false, fields: &[] };

fn table(ty: &ResourceType) -> &'static Table {
    let tables = match ty.provider {
        Provider::Aws => [aws::TABLES, compute::TABLES, identity::TABLES],
        Provider::Azure => [azure::TABLES, &[], &[]],
        Provider::Gcp => [other::GCP, &[], &[]],
        Provider::Oci => [other::OCI, &[], &[]],
    };
    tables.into_iter().flatten().find(|t| t.name == ty.name).unwrap_or(&UNKNOWN)
}

/// The rows of one resource type.
///
/// A row is known by its slot, which it keeps for good. Slots below `slots` that are not in `gone` exist.
#[derive(Debug)]
pub(super) struct Coll {
    pub(super) ty: &'static ResourceType,
    pub(super) index: u16,
    pub(super) key: u64,
    pub(super) global: bool,
    pub(super) plan: Plan,
    /// Controls that look at this type, by index.
    pub(super) controls: Vec<u32>,
    /// Key and share of failures of those controls, side by side because every row asks all of them.
    pub(super) checks: Vec<(u64, u64)>,
    blocks: Vec<Block>,
    /// For every epoch after the first: how many slots there were, and to how many of them something happened.
    marks: Vec<(u32, u32)>,
    pub(super) gone: Arc<Vec<u32>>,
    pub(super) slots: u32,
    /// The first so many slots were seen in the very same second.
    pub(super) dense: u32,
    /// Every so manieth row does not say when it was seen; none where it is 0.
    undated: u32,
}

/// Slots that came into being together.
#[derive(Debug, Clone, Copy)]
struct Block {
    start: u32,
    len: u32,
    epoch: u32,
}

/// What happened to a row in an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Vanished,
    Changed,
    /// Some of its evaluations turned over.
    Turned,
}

const MARK: u64 = named("mark");
const MARK_KIND: u64 = named("mark kind");

impl Coll {
    /// How many rows exist.
    pub(super) fn len(&self) -> u64 {
        u64::from(self.slots) - self.gone.len() as u64
    }

    /// Whether the row of this slot does not say when it was seen.
    pub(super) fn is_undated(&self, slot: u32) -> bool {
        self.undated > 0 && slot >= self.dense && slot % self.undated == self.undated - 1
    }

    /// The field that says when a row was seen.
    pub(super) fn updated_field(&self) -> &'static str {
        if self.ty.provider == Provider::Azure { "updated" } else { "lastUpdated" }
    }

    pub(super) fn exists(&self, slot: u32) -> bool {
        slot < self.slots && self.gone.binary_search(&slot).is_err()
    }

    pub(super) fn enc(&self, slot: u32) -> u32 {
        scramble(slot, self.key)
    }

    /// The slot of the eight digits that identify a row.
    pub(super) fn slot_of(&self, enc: u32) -> u32 {
        unscramble(enc, self.key)
    }

    fn block(&self, slot: u32) -> Block {
        let after = self.blocks.partition_point(|b| b.start <= slot);
        self.blocks[after.saturating_sub(1)]
    }

    /// The slots of a run of cells.
    pub(super) fn slots_of(&self, cloud: &Cloud, cells: &Range<u32>) -> Vec<Range<u32>> {
        let places = self.blocks.iter().map(|b| {
            let places = cloud.places(b.len, cells);
            b.start + places.start..b.start + places.end
        });
        places.filter(|r| !r.is_empty()).collect()
    }

    /// What happened to a slot in an epoch (from 1). The slots of an epoch are cut into as many strata as there
    /// are marks, and each stratum has one: so the count is exact and a slot is asked in constant time.
    pub(super) fn mark(&self, epoch: u32, slot: u32) -> Option<Mark> {
        let (slots, marks) = *self.marks.get(epoch as usize - 1)?;
        if slot >= slots || marks == 0 {
            return None;
        }
        let stratum = ((u64::from(slot) + 1) * u64::from(marks) - 1) / u64::from(slots);
        let (marked, mark) = self.marked(epoch, slots, marks, stratum);
        (marked == slot).then_some(mark)
    }

    fn marked(&self, epoch: u32, slots: u32, marks: u32, stratum: u64) -> (u32, Mark) {
        let (slots, marks) = (u64::from(slots), u64::from(marks));
        let (low, high) = (stratum * slots / marks, (stratum + 1) * slots / marks);
        let key = mix(self.key.wrapping_add(u64::from(epoch) << 40).wrapping_add(stratum));
        let mark = match below(draw(key, MARK_KIND), 4) {
            0 => Mark::Vanished,
            1 => Mark::Turned,
            _ => Mark::Changed,
        };
        ((low + below(draw(key, MARK), high - low)) as u32, mark)
    }

    /// Lets an epoch pass in which `share` of the rows is touched.
    pub(super) fn advance(&mut self, epoch: u32, share: f64) {
        let luck = |what: u64| draw(self.key, what ^ u64::from(epoch)) as f64 / u64::MAX as f64;
        let marks = ((f64::from(self.slots) * share + luck(1)) as u32).min(self.slots);
        let born = if marks == 0 { 0 } else { (f64::from(marks) / 4.0 + luck(2)) as u32 };
        let vanished = (0..u64::from(marks))
            .map(|stratum| self.marked(epoch, self.slots, marks, stratum))
            .filter(|(slot, mark)| *mark == Mark::Vanished && self.gone.binary_search(slot).is_err())
            .map(|(slot, _)| slot);
        let mut gone: Vec<u32> = self.gone.iter().copied().chain(vanished).collect();
        gone.sort_unstable();
        self.gone = Arc::new(gone);
        self.marks.push((self.slots, marks));
        if born > 0 {
            self.blocks.push(Block { start: self.slots, len: born, epoch });
            self.slots += born;
        }
    }
}

/// Lays out the collections of all types of the registry.
pub(super) fn collections(config: &WorldConfig) -> Result<Vec<Coll>, BadConfig> {
    const MOST: u64 = 1_000_000_000;
    let types: Vec<&'static ResourceType> = resources::all().collect();
    for (provider, name, rows) in config.rows.iter().chain(&config.dense).chain(&config.undated) {
        if resources::get(*provider, name).is_none() {
            return Err(BadConfig::UnknownType(*provider, name.clone()));
        }
        if *rows > MOST {
            return Err(BadConfig::TooManyRows(*provider, name.clone()));
        }
    }
    let weights: Vec<u64> = types.iter().map(|t| table(t).weight).collect();
    let (total, all) = (config.size.resources(), weights.iter().sum::<u64>().max(1));
    let mut counts: Vec<u64> = weights.iter().map(|w| (total * w / all).max(1)).collect();
    // What rounding left over, either way, goes to the most frequent type.
    if let Some(most) = (0..counts.len()).max_by_key(|at| weights[*at]) {
        let rest: u64 = counts.iter().enumerate().filter(|(at, _)| *at != most).map(|(_, n)| n).sum();
        counts[most] = total.saturating_sub(rest).max(1);
    }
    let mut colls = Vec::with_capacity(types.len());
    for (index, (ty, mut rows)) in types.iter().copied().zip(counts).enumerate() {
        let of_type = |settings: &[(Provider, String, u64)]| {
            settings.iter().rev().find(|(p, n, _)| *p == ty.provider && n == ty.name).map(|(.., n)| *n)
        };
        rows = of_type(&config.rows).unwrap_or(rows);
        if config.accounts.iter().rev().find(|(p, _)| *p == ty.provider).is_some_and(|(_, n)| *n == 0) {
            rows = 0;
        }
        let rows = rows as u32;
        colls.push(Coll {
            ty,
            index: index as u16,
            key: mix(config.seed ^ named(ty.provider.as_str()).wrapping_add(named(ty.name))),
            global: table(ty).global,
            plan: Plan::new(ty, &types, config.fields == Fields::Classic)
                .map_err(|e| BadConfig::Template(ty.provider, ty.name.to_owned(), e.0))?,
            controls: Vec::new(),
            checks: Vec::new(),
            blocks: vec![Block { start: 0, len: rows, epoch: 0 }],
            marks: Vec::new(),
            gone: Arc::default(),
            slots: rows,
            dense: of_type(&config.dense).map_or(0, |n| n as u32),
            undated: of_type(&config.undated).map_or(0, |n| n as u32),
        });
    }
    Ok(colls)
}
