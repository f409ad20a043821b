//! The running clock: tokens, quotas and relative dates follow it. Tests drive it by hand.

use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// The running clock of a simulator.
#[derive(Debug, Clone, Default)]
pub struct Clock(Source);

#[derive(Debug, Clone, Default)]
enum Source {
    #[default]
    System,
    Manual(Arc<AtomicI64>),
    Runtime {
        origin: i64,
        start: tokio::time::Instant,
    },
}

impl Clock {
    /// The clock of the machine.
    pub fn system() -> Clock {
        Clock(Source::System)
    }

    /// A clock that stands at `now` until it is advanced. Clones share it.
    pub fn manual(now: Timestamp) -> Clock {
        Clock(Source::Manual(Arc::new(AtomicI64::new(now.as_millisecond()))))
    }

    /// A clock that shows `origin` now and follows the time of the runtime from there. Where that is paused,
    /// it stands still while there is work and jumps to the next wait when there is none.
    pub fn runtime(origin: Timestamp) -> Clock {
        Clock(Source::Runtime { origin: origin.as_millisecond(), start: tokio::time::Instant::now() })
    }

    /// Milliseconds since the epoch.
    pub fn millis(&self) -> i64 {
        match &self.0 {
            Source::System => Timestamp::now().as_millisecond(),
            Source::Manual(at) => at.load(Ordering::SeqCst),
            Source::Runtime { origin, start } => {
                origin.saturating_add(i64::try_from(start.elapsed().as_millis()).unwrap_or(i64::MAX))
            }
        }
    }

    /// The instant, in whole milliseconds.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.millis()).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Moves a manual clock on; the others move by themselves.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(at) = &self.0 {
            at.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }
}
