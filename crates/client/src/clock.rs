//! Time as the client sees it, so that tests need not wait.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use std::time::Duration;

/// Reads the time and waits.
pub trait Clock: Send + Sync + 'static {
    /// The time of day, for dates that the service sends.
    fn now(&self) -> Timestamp;

    /// Time since some fixed point, which never jumps. All waits and lifetimes are reckoned in it.
    fn ticks(&self) -> Duration;

    /// Waits.
    fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()>;
}

/// The clock of the machine.
#[derive(Debug, Clone)]
pub struct SystemClock {
    start: std::time::Instant,
}

impl Default for SystemClock {
    fn default() -> SystemClock {
        SystemClock { start: std::time::Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn ticks(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(wait))
    }
}

/// A clock that starts at a given instant and follows the time of the runtime.
///
/// Under a paused runtime (`#[tokio::test(start_paused = true)]`) time stands still while there is work and
/// jumps to the next wait when there is none, so that hours pass in no time and always in the same order.
#[derive(Debug, Clone)]
pub struct RuntimeClock {
    origin: Timestamp,
    start: tokio::time::Instant,
}

impl RuntimeClock {
    /// A clock that shows `origin` now.
    pub fn starting_at(origin: Timestamp) -> RuntimeClock {
        RuntimeClock { origin, start: tokio::time::Instant::now() }
    }
}

impl Clock for RuntimeClock {
    fn now(&self) -> Timestamp {
        self.origin.checked_add(self.ticks()).unwrap_or(Timestamp::MAX)
    }

    fn ticks(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(wait))
    }
}
