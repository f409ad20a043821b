//! The memory of the engine, bounded, with a part that sorts cannot take.
//!
//! What can go on on disk takes all it is given, and so do the merges of what a sort has on disk: they read as many
//! pieces at once as they find memory for. What can do with nothing less than it needs, such as the merge of what
//! several sorts give, asks late and would then find nothing left. So each of the three leaves something to those
//! that ask after it: of eight parts, what spills takes five at most, with merges it is seven, and the last may have
//! all that nobody else has taken.

use datafusion::common::{Result, resources_datafusion_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes shared evenly by the consumers that spill, and by those that merge what was spilled, with a part that is kept
/// for the others.
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
    /// Bytes of consumers that can spill, and of all others.
    spillable: usize,
    other: usize,
}

/// Whether it merges the pieces of one sort. The engine says so by its name alone.
fn merges(consumer: &MemoryConsumer) -> bool {
    consumer.name().starts_with("ExternalSorterMerge")
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
    fn of(&mut self, consumer: &MemoryConsumer) -> &mut usize {
        if consumer.can_spill() { &mut self.spillable } else { &mut self.other }
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
        let mut taken = self.taken();
        taken.spillers += usize::from(consumer.can_spill());
        taken.mergers += usize::from(merges(consumer));
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        let mut taken = self.taken();
        taken.spillers -= usize::from(consumer.can_spill());
        taken.mergers -= usize::from(merges(consumer));
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        *self.taken().of(reservation.consumer()) += additional;
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        *self.taken().of(reservation.consumer()) -= shrink;
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let mut taken = self.taken();
        let consumer = reservation.consumer();
        let (size, all) = (reservation.size(), taken.spillable + taken.other);
        let (sorted, merged) = (self.bytes / 8 * 5, self.bytes / 8 * 7);
        let left = if consumer.can_spill() {
            let shared = sorted.min(self.bytes.saturating_sub(taken.other));
            (shared / taken.spillers.max(1)).saturating_sub(size)
        } else if merges(consumer) {
            (merged / taken.mergers.max(1)).saturating_sub(size).min(merged.saturating_sub(all))
        } else {
            self.bytes.saturating_sub(all)
        };
        if additional > left {
            return Err(resources_datafusion_err!(
                "Failed to allocate additional {additional} bytes for {} with {} bytes already allocated for this \
                 reservation - {left} bytes remain available for the total memory pool: {self}",
                consumer.name(),
                size
            ));
        }
        *taken.of(consumer) += additional;
        Ok(())
    }

    fn reserved(&self) -> usize {
        let taken = self.taken();
        taken.spillable + taken.other
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn greedy(pool: &Arc<dyn MemoryPool>, name: &str, spills: bool, most: usize) -> MemoryReservation {
        let taken = MemoryConsumer::new(name).with_can_spill(spills).register(pool);
        while taken.try_grow(10).is_ok() {}
        assert_eq!(taken.size(), most, "{name}");
        taken
    }

    #[test]
    fn each_leaves_something_to_those_that_ask_after_it() {
        let pool: Arc<dyn MemoryPool> = Arc::new(SplitPool::new(800));
        let sort = greedy(&pool, "ExternalSorter[0]", true, 500);
        let merge = greedy(&pool, "ExternalSorterMerge[0]", false, 200);
        let last = greedy(&pool, "SortPreservingMergeExec[0]", false, 100);
        assert_eq!(pool.reserved(), 800);
        drop((sort, merge));
        last.try_grow(700).unwrap();
        assert_eq!(pool.reserved(), 800);
    }

    #[test]
    fn sorts_and_merges_share_evenly() {
        let pool: Arc<dyn MemoryPool> = Arc::new(SplitPool::new(800));
        for (name, spills, each) in [("ExternalSorter", true, 250), ("ExternalSorterMerge", false, 350)] {
            let one = MemoryConsumer::new(name).with_can_spill(spills).register(&pool);
            let other = MemoryConsumer::new(name).with_can_spill(spills).register(&pool);
            for taken in [&one, &other] {
                while taken.try_grow(10).is_ok() {}
                assert_eq!(taken.size(), each, "{name}");
            }
        }
        assert_eq!(pool.reserved(), 0);
    }
}
