//! The memory of the engine, bounded, with a part that sorts cannot take.
//!
//! What can go on on disk takes all it is given. What cannot, such as the merge of what was sorted, asks late, and
//! would then find nothing left: a quarter is kept for it. It may also have what nobody else has taken.

use datafusion::common::{Result, resources_datafusion_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes shared evenly by the consumers that spill, a quarter of them kept for those that do not.
#[derive(Debug)]
pub(crate) struct SplitPool {
    bytes: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    spillers: usize,
    spillable: usize,
    other: usize,
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
        self.taken().spillers += usize::from(consumer.can_spill());
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.taken().spillers -= usize::from(consumer.can_spill());
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
        let (has, most) = if consumer.can_spill() {
            let shared = self.bytes.saturating_sub(taken.other.max(self.bytes / 4));
            (reservation.size(), shared / taken.spillers.max(1))
        } else {
            (taken.spillable + taken.other, self.bytes)
        };
        if has + additional > most {
            let left = most.saturating_sub(has);
            return Err(resources_datafusion_err!(
                "Failed to allocate additional {additional} bytes for {} with {} bytes already allocated for this \
                 reservation - {left} bytes remain available for the total memory pool: {self}",
                consumer.name(),
                reservation.size()
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

    #[test]
    fn what_cannot_spill_finds_memory_when_sorts_have_taken_theirs() {
        let pool: Arc<dyn MemoryPool> = Arc::new(SplitPool::new(400));
        let sorts: Vec<MemoryReservation> = (0..2)
            .map(|i| MemoryConsumer::new(format!("sort {i}")).with_can_spill(true).register(&pool))
            .collect();
        for sort in &sorts {
            sort.try_grow(150).unwrap();
            assert!(sort.try_grow(1).is_err());
        }
        let merge = MemoryConsumer::new("merge").register(&pool);
        merge.try_grow(100).unwrap();
        assert!(merge.try_grow(1).is_err());
        assert_eq!(pool.reserved(), 400);
        drop(sorts);
        merge.try_grow(300).unwrap();
        assert_eq!(pool.reserved(), 400);
    }
}
