//! The memory of the engine, bounded, with parts that sorts cannot take from each other.
//!
//! What can go on on disk takes all it is given, and so do the merges of what a sort has on disk: they read as many
//! pieces at once as they find memory for. What can do with nothing less than it needs asks late and would then find
//! nothing left: the merge of what a sort holds in memory, before it is spilled, while that of another sort has begun
//! to read its pieces, and the merge of what several sorts give. So each of the three has a share that no other may
//! have, in which all have as much; what is neither of the first two may also have what nobody else has taken.

use datafusion::common::config::{ExecutionOptions, SpillCompression};
use datafusion::common::{Result, resources_datafusion_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The shares in sixteenths. What a sort holds in memory goes over to its merge while that is spilled, with what the
/// merge needs to compare it.
const SPILL: usize = 5;
const MERGE: usize = 9;

/// Bytes shared by the consumers that spill, by those that merge what was spilled, and by the others.
#[derive(Debug)]
pub(crate) struct SplitPool {
    bytes: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    /// Consumers that can spill, and those that merge what was spilled.
    spillers: usize,
    mergers: usize,
    /// Bytes of each of these: one consumer has several reservations.
    each: HashMap<usize, usize>,
    /// Bytes of all.
    all: usize,
}

/// What a consumer is to the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Spills,
    Merges,
    Other,
}

impl Part {
    /// The engine says by its name alone what merges the pieces of one sort.
    fn of(consumer: &MemoryConsumer) -> Part {
        if consumer.can_spill() {
            Part::Spills
        } else if consumer.name().starts_with("ExternalSorterMerge") {
            Part::Merges
        } else {
            Part::Other
        }
    }
}

/// What an engine is told that has such a pool.
pub(crate) fn tell(execution: &mut ExecutionOptions) {
    // The share of a merge is kept for it. What each sort would reserve besides is too much where there are many, such
    // as one for each type of resources.
    execution.sort_spill_reservation_bytes = 0;
    execution.spill_compression = SpillCompression::Lz4Frame;
}

impl SplitPool {
    pub(crate) fn new(bytes: usize) -> SplitPool {
        SplitPool { bytes, taken: Mutex::default() }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// How many there are that share a part, and the size of it.
    fn sharing(&mut self, part: Part) -> Option<(&mut usize, usize)> {
        match part {
            Part::Spills => Some((&mut self.spillers, SPILL)),
            Part::Merges => Some((&mut self.mergers, MERGE)),
            Part::Other => None,
        }
    }

    fn add(&mut self, consumer: &MemoryConsumer, bytes: usize) {
        self.all += bytes;
        if Part::of(consumer) != Part::Other {
            *self.each.entry(consumer.id()).or_default() += bytes;
        }
    }
}

impl fmt::Display for SplitPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "split(pool_size: {})", self.bytes)
    }
}

impl MemoryPool for SplitPool {
    fn name(&self) -> &str {
        "split"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        if let Some((sharing, _)) = self.taken().sharing(Part::of(consumer)) {
            *sharing += 1;
        }
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        let mut taken = self.taken();
        taken.each.remove(&consumer.id());
        if let Some((sharing, _)) = taken.sharing(Part::of(consumer)) {
            *sharing -= 1;
        }
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.taken().add(reservation.consumer(), additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        let mut taken = self.taken();
        taken.all -= shrink;
        if let Some(own) = taken.each.get_mut(&reservation.consumer().id()) {
            *own -= shrink;
        }
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let mut taken = self.taken();
        let consumer = reservation.consumer();
        let own = taken.each.get(&consumer.id()).copied().unwrap_or_default();
        let free = self.bytes.saturating_sub(taken.all);
        let left = match taken.sharing(Part::of(consumer)) {
            Some((sharing, share)) => {
                (self.bytes / 16 * share / (*sharing).max(1)).saturating_sub(own).min(free)
            }
            None => free,
        };
        if additional > left {
            return Err(resources_datafusion_err!(
                "Failed to allocate additional {additional} bytes for {} with {} bytes already allocated for this \
                 reservation - {left} bytes remain available for the total memory pool: {self}",
                consumer.name(),
                reservation.size()
            ));
        }
        taken.add(consumer, additional);
        Ok(())
    }

    fn reserved(&self) -> usize {
        self.taken().all
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn registered(pool: &Arc<dyn MemoryPool>, name: &str, spills: bool) -> MemoryReservation {
        MemoryConsumer::new(name).with_can_spill(spills).register(pool)
    }

    /// Takes all that can be had. Gives how much that was.
    fn greedy(taken: &MemoryReservation) -> usize {
        let before = taken.size();
        while taken.try_grow(10).is_ok() {}
        taken.size() - before
    }

    #[test]
    fn each_leaves_something_to_those_that_ask_after_it() {
        let pool: Arc<dyn MemoryPool> = Arc::new(SplitPool::new(1600));
        let sort = registered(&pool, "ExternalSorter[0]", true);
        let merge = registered(&pool, "ExternalSorterMerge[0]", false);
        let last = registered(&pool, "SortPreservingMergeExec[0]", false);
        assert_eq!((greedy(&sort), greedy(&merge), greedy(&last)), (500, 900, 200));
        assert_eq!(pool.reserved(), 1600);
        drop((sort, merge));
        last.try_grow(1400).unwrap();
        assert_eq!(pool.reserved(), 1600);
    }

    #[test]
    fn sorts_and_merges_share_evenly_however_many_reservations_they_have() {
        let pool: Arc<dyn MemoryPool> = Arc::new(SplitPool::new(1600));
        for (name, spills, each) in [("ExternalSorter", true, 250), ("ExternalSorterMerge", false, 450)] {
            let (one, other) = (registered(&pool, name, spills), registered(&pool, name, spills));
            assert_eq!(greedy(&one), each, "{name}");
            let more = one.new_empty();
            assert_eq!(greedy(&more), 0, "{name}");
            assert_eq!(greedy(&other), each, "{name}");
            one.free();
            assert_eq!(greedy(&more), each, "{name}");
        }
        assert_eq!(pool.reserved(), 0);
    }

    #[test]
    fn a_sort_that_ended_leaves_its_share_to_the_others() {
        let pool: Arc<dyn MemoryPool> = Arc::new(SplitPool::new(1600));
        let [one, other] = ["a", "b"].map(|name| registered(&pool, name, true));
        assert_eq!((greedy(&one), greedy(&other)), (250, 250));
        drop(one);
        assert_eq!(greedy(&other), 250);
    }
}
