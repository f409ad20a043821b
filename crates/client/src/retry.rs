//! When a call is tried again, as a value.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// When a call is tried again.
///
/// A failure that may pass is tried again after a random part of a growing wait ("full jitter"). A wait that
/// the service asks for is a floor. Writes are tried again only if the service has certainly not seen them.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Tries of one call, the first included, where the service or the network fails.
    pub attempts: u32,
    /// Tries of one call where the quota refuses it.
    pub throttled_attempts: u32,
    /// The first wait is at most this long; each further one may be twice as long.
    pub base: Duration,
    /// No wait of our own is longer than this.
    pub cap: Duration,
    /// No call is tried again after this long; waits that the service asked for do not count.
    pub total: Duration,
    /// A wait that the service asks for and that is longer than this is an error that says when to come back.
    pub max_wait: Duration,
    /// Retries that a client may have saved up. Each retry takes one, each success gives a tenth back, so that
    /// retries do not become a storm when the service is down.
    pub budget: u32,
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy {
            attempts: 5,
            throttled_attempts: 10,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(30),
            total: Duration::from_secs(300),
            max_wait: Duration::from_secs(300),
            budget: 100,
        }
    }
}

impl RetryPolicy {
    /// Nothing is tried again.
    pub fn never() -> RetryPolicy {
        RetryPolicy { attempts: 1, throttled_attempts: 1, ..RetryPolicy::default() }
    }

    /// Sets the number of tries.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> RetryPolicy {
        self.attempts = attempts.max(1);
        self
    }

    /// Sets the number of tries of a call that the quota refuses.
    #[must_use]
    pub fn throttled_attempts(mut self, attempts: u32) -> RetryPolicy {
        self.throttled_attempts = attempts.max(1);
        self
    }

    /// Sets the bound of the first wait.
    #[must_use]
    pub fn base(mut self, base: Duration) -> RetryPolicy {
        self.base = base;
        self
    }

    /// Sets the bound of every wait of our own.
    #[must_use]
    pub fn cap(mut self, cap: Duration) -> RetryPolicy {
        self.cap = cap;
        self
    }

    /// Sets how long a call is tried.
    #[must_use]
    pub fn total(mut self, total: Duration) -> RetryPolicy {
        self.total = total;
        self
    }

    /// Sets the longest wait that is done because the service asks for it.
    #[must_use]
    pub fn max_wait(mut self, wait: Duration) -> RetryPolicy {
        self.max_wait = wait;
        self
    }

    /// Sets how many retries a client may have saved up.
    #[must_use]
    pub fn budget(mut self, budget: u32) -> RetryPolicy {
        self.budget = budget;
        self
    }

    /// The wait after the failure number `failure` (from 1), a random part of the doubled base.
    pub(crate) fn backoff(&self, failure: u32, random: f64) -> Duration {
        let doubled =
            self.base.saturating_mul(1u32.checked_shl(failure.saturating_sub(1)).unwrap_or(u32::MAX));
        doubled.min(self.cap).mul_f64(random)
    }
}

/// Randomness with a seed.
pub(crate) struct Dice(Mutex<StdRng>);

impl Dice {
    pub(crate) fn new(seed: Option<u64>) -> Dice {
        Dice(Mutex::new(seed.map_or_else(StdRng::from_os_rng, StdRng::seed_from_u64)))
    }

    /// A number from 0 to 1.
    pub(crate) fn roll(&self) -> f64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).random()
    }
}

const RETRY_COSTS: u32 = 10;

/// The retries a client has left.
pub(crate) struct Budget {
    left: Mutex<u32>,
    most: u32,
}

impl Budget {
    pub(crate) fn new(retries: u32) -> Budget {
        let most = retries.saturating_mul(RETRY_COSTS);
        Budget { left: Mutex::new(most), most }
    }

    pub(crate) fn succeeded(&self) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = (*left + 1).min(self.most);
    }

    pub(crate) fn take(&self) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        match left.checked_sub(RETRY_COSTS) {
            Some(rest) => {
                *left = rest;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap() {
        let p = RetryPolicy::default().base(Duration::from_secs(1)).cap(Duration::from_secs(5));
        let whole: Vec<u64> = (1..=5).map(|n| p.backoff(n, 1.0).as_secs()).collect();
        assert_eq!(whole, [1, 2, 4, 5, 5]);
        assert_eq!(p.backoff(2, 0.5), Duration::from_secs(1));
        assert_eq!(p.backoff(500, 1.0), Duration::from_secs(5));
    }

    #[test]
    fn the_same_seed_gives_the_same_waits() {
        let (a, b) = (Dice::new(Some(7)), Dice::new(Some(7)));
        for _ in 0..10 {
            assert_eq!(a.roll().to_bits(), b.roll().to_bits());
        }
    }

    #[test]
    fn the_budget_runs_out_and_grows_with_success() {
        let budget = Budget::new(2);
        assert!(budget.take() && budget.take() && !budget.take());
        for _ in 0..10 {
            budget.succeeded();
        }
        assert!(budget.take() && !budget.take());
    }
}
