//! One resource of the world.

use super::{Coll, Mark};
use crate::world::controls::outcome;
use crate::world::layout::{Account, Cell};
use crate::world::rng::{below, draw, mix, named, uuid};
use crate::world::{View, World};
use totalcloud_api::Provider;

/// One resource of the world: everything it says is computed from this.
pub(in super::super) struct Row<'w> {
    pub(in super::super) world: &'w World,
    pub(in super::super) coll: &'w Coll,
    pub(in super::super) slot: u32,
    /// Draws what never changes.
    pub(in super::super) key: u64,
    /// Draws what changes when the row changes.
    pub(in super::super) moving_key: u64,
    cell: u32,
    /// The epoch in which it appeared.
    born: u32,
}

const CREATED: u64 = named("created");
const UPDATED: u64 = named("updated");
/// How long before the end of a run the rows of the dense second were seen, in seconds.
const DENSE_BEFORE_END: i64 = 60;

impl<'w> Row<'w> {
    #[inline]
    pub(in super::super) fn new(world: &'w World, coll: &'w Coll, slot: u32) -> Row<'w> {
        let block = coll.block(slot);
        let cell = world.cloud(coll.ty.provider).cell_at(block.len, slot.saturating_sub(block.start));
        let mut row = Row::at(world, coll, slot, cell);
        row.born = block.epoch;
        if world.epochs.len() > 1 {
            let mut changes =
                (row.born + 1..world.epoch() + 1).filter(|e| coll.mark(*e, slot) == Some(Mark::Changed));
            row.moving_key = match changes.next_back() {
                Some(last) => mix(row.key ^ u64::from(last)),
                None => row.key,
            };
        }
        row
    }

    /// When a connector first saw it, which no later run moves.
    pub(in super::super) fn first_seen(&self) -> i64 {
        let epoch = &self.world.epochs[self.born as usize];
        let began = self.world.run_end(self.account(), self.born) - epoch.window() as i64;
        began.max(self.created() + 1)
    }

    #[inline]
    fn at(world: &'w World, coll: &'w Coll, slot: u32, cell: u32) -> Row<'w> {
        let key = mix(coll.key.wrapping_add(u64::from(slot)));
        Row { world, coll, slot, key, moving_key: key, cell, born: 0 }
    }

    #[inline]
    pub(in super::super) fn cell(&self) -> &'w Cell {
        &self.world.cloud(self.coll.ty.provider).cells[self.cell as usize]
    }

    #[inline]
    pub(in super::super) fn account(&self) -> &'w Account {
        &self.world.cloud(self.coll.ty.provider).accounts[self.cell().account as usize]
    }

    pub(in super::super) fn region(&self) -> &'static str {
        if self.coll.global { "global" } else { self.cell().region }
    }

    pub(in super::super) fn enc(&self) -> u32 {
        self.coll.enc(self.slot)
    }

    pub(in super::super) fn uuid(&self) -> [u8; 36] {
        uuid(self.coll.index, self.slot.into(), self.world.config.seed)
    }

    pub(in super::super) fn write_id(&self, out: &mut Vec<u8>) {
        self.coll.plan.write_id(self, out);
    }

    pub(in super::super) fn write_name(&self, out: &mut Vec<u8>) {
        self.coll.plan.write_title(self, out);
    }

    pub(in super::super) fn write_ref(&self, name: bool, out: &mut Vec<u8>) {
        if name { self.write_name(out) } else { self.write_id(out) }
    }

    pub(in super::super) fn write(&self, view: View, out: &mut Vec<u8>) {
        let before = out.len();
        self.coll.plan.write(self, view, out);
        if self.coll.is_undated(self.slot) {
            self.undate(before, out);
        }
    }

    /// Puts `null` in the place of the last sync of a row that was written from `before` on.
    fn undate(&self, before: usize, out: &mut Vec<u8>) {
        let field = format!("\"{}\":\"", self.coll.updated_field());
        let row = &out[before..];
        let Some(at) = row.windows(field.len()).position(|w| w == field.as_bytes()) else { return };
        let value = before + at + field.len() - 1;
        let length = out[value + 1..].iter().position(|b| *b == b'"').map_or(0, |end| end + 2);
        out.splice(value..value + length, *b"null");
    }

    /// A resource of another type in the same account and, if there is one, the same region. Where the account
    /// has none, the id of one that is not listed.
    pub(in super::super) fn related(&self, of: u16, hash: u64) -> Row<'w> {
        let world = self.world;
        let coll = &world.colls[usize::from(of)];
        let cloud = world.cloud(coll.ty.provider);
        let first = coll.blocks[0].len;
        let near = cloud.places(first, &(self.cell..self.cell + 1));
        let (cell, places) = if near.is_empty() {
            let places = cloud.places(first, &self.account().cells);
            let place = places.start + below(hash, (places.end - places.start).into()) as u32;
            (if places.is_empty() { self.cell } else { cloud.cell_at(first, place) }, places)
        } else {
            (self.cell, near)
        };
        let slot = if places.is_empty() {
            u32::MAX - (hash as u32 & 0xFFFF)
        } else {
            let place = |hash| places.start + below(hash, (places.end - places.start).into()) as u32;
            let slot = place(hash);
            if coll.gone.is_empty() || coll.exists(slot) { slot } else { place(mix(hash)) }
        };
        Row::at(world, coll, slot, cell)
    }

    /// When it was made.
    pub(in super::super) fn created(&self) -> i64 {
        let hash = draw(self.key, CREATED);
        if self.born == 0 {
            let day = 86_400;
            self.world.epochs[0].now - day - below(hash, 1_400 * day as u64) as i64
        } else {
            let epoch = &self.world.epochs[self.born as usize];
            epoch.now - epoch.span + below(hash, (epoch.span / 8).max(1) as u64) as i64
        }
    }

    /// When the connector last saw it.
    pub(in super::super) fn updated(&self) -> i64 {
        Row::updated_of(self.world, self.coll, self.slot, self.account())
    }

    /// When the connector of its account last saw the row of this slot.
    pub(in super::super) fn updated_of(world: &World, coll: &Coll, slot: u32, account: &Account) -> i64 {
        let window = world.epochs[world.epoch() as usize].window();
        if slot < coll.dense {
            return account.run_end - (window as i64 - 1).min(DENSE_BEFORE_END);
        }
        let key = mix(coll.key.wrapping_add(u64::from(slot)));
        account.run_end - below(draw(key, UPDATED.wrapping_add(world.epoch().into())), window) as i64
    }

    /// The epoch in which it appeared.
    pub(in super::super) fn born(&self) -> u32 {
        self.born
    }

    /// The epochs in which some of its evaluations turned over.
    pub(in super::super) fn turns(&self) -> impl Iterator<Item = u32> + use<'w> {
        let (coll, slot, born, now) = (self.coll, self.slot, self.born, self.world.epoch());
        (born + 1..now + 1).filter(move |e| coll.mark(*e, slot) == Some(Mark::Turned))
    }

    /// How many controls it fails.
    pub(in super::super) fn failed(&self) -> u32 {
        if !self.account().evaluated() {
            return 0;
        }
        let turns: Vec<u32> = self.turns().collect();
        let fails = |check: &&(u64, u64)| outcome(self.key, check.0, check.1, &turns).fails();
        self.coll.checks.iter().filter(fails).count() as u32
    }

    pub(in super::super) fn is_azure(&self) -> bool {
        self.coll.ty.provider == Provider::Azure
    }
}
