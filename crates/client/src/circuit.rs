//! Notices that a host is plainly down, and then spares it and the caller further calls for a while.

use crate::clock::Clock;
use crate::error::{Error, ErrorKind};
use crate::limiter::words;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a host is left alone at first; doubled each time it is still down.
const FIRST_REST: Duration = Duration::from_secs(15);
const LONGEST_REST: Duration = Duration::from_secs(300);

/// A 500 may lie in one operation; from so many different ones it lies in the host.
const OPERATIONS: usize = 3;

/// Whether calls to a host are let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Circuit {
    /// The host is down: calls fail at once.
    Open,
    /// The host answers again.
    Closed,
}

/// What a call said about its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// It answers.
    Alive,
    /// It failed, but perhaps only in this operation.
    Failed(&'static str),
    /// It could not be reached, or something before it failed.
    Down,
}

#[derive(Debug, Default)]
struct Host {
    /// Failures in a row.
    failures: u32,
    down: bool,
    operations: BTreeSet<&'static str>,
    open_until: Option<Duration>,
    rest: Duration,
    /// One call looks whether the host is back.
    trying: Option<Duration>,
}

/// The circuits of a client, one for each host.
pub(crate) struct Circuits {
    clock: Arc<dyn Clock>,
    /// Failures in a row after which a host counts as down.
    threshold: u32,
    /// A call that looks whether a host is back is given up after this.
    patience: Duration,
    hosts: Mutex<HashMap<String, Host>>,
}

impl Circuits {
    pub(crate) fn new(clock: Arc<dyn Clock>, threshold: u32, patience: Duration) -> Circuits {
        Circuits { clock, threshold: threshold.max(10), patience, hosts: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Host>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a call to a host through, unless it is down.
    pub(crate) fn enter(&self, name: &str) -> Result<(), Error> {
        let now = self.clock.ticks();
        let mut hosts = self.lock();
        let Some(host) = hosts.get_mut(name) else { return Ok(()) };
        let Some(until) = host.open_until else { return Ok(()) };
        let wait = match host.trying {
            Some(since) if now < since + self.patience => FIRST_REST,
            _ if now >= until => {
                host.trying = Some(now);
                return Ok(());
            }
            _ => until - now,
        };
        Err(Error::new(
            ErrorKind::Unavailable,
            format!(
                "{name} is down: the last {} calls to it failed; it is tried again in {}",
                host.failures,
                words(wait)
            ),
        )
        .with_retry_after(Some(wait))
        .with_hint("nothing was sent; run it again later"))
    }

    /// Takes note of what a call said. Tells how the circuit changed, and how long it stays open.
    pub(crate) fn note(&self, name: &str, sign: Sign) -> Option<(Circuit, Duration)> {
        let now = self.clock.ticks();
        let mut hosts = self.lock();
        if sign == Sign::Alive {
            let was_open = hosts.remove(name).is_some_and(|host| host.open_until.is_some());
            return was_open.then_some((Circuit::Closed, Duration::ZERO));
        }
        let host = hosts.entry(name.to_owned()).or_default();
        host.failures = host.failures.saturating_add(1);
        match sign {
            Sign::Failed(operation) if host.operations.len() < OPERATIONS => {
                host.operations.insert(operation);
            }
            Sign::Down => host.down = true,
            _ => {}
        }
        let plain = host.down || host.operations.len() >= OPERATIONS;
        if host.failures < self.threshold || !plain {
            return None;
        }
        // Calls that were on their way when it opened say nothing new.
        let trial = host.trying.take().is_some();
        if host.open_until.is_some() && !trial {
            return None;
        }
        host.rest = if host.rest.is_zero() { FIRST_REST } else { (host.rest * 2).min(LONGEST_REST) };
        host.open_until = Some(now + host.rest);
        Some((Circuit::Open, host.rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::RuntimeClock;

    fn circuits() -> Circuits {
        let clock = RuntimeClock::starting_at(jiff::Timestamp::UNIX_EPOCH);
        Circuits::new(Arc::new(clock), 12, Duration::from_secs(60))
    }

    fn fail(c: &Circuits, times: u32, sign: Sign) -> Option<(Circuit, Duration)> {
        (0..times).map(|_| c.note("h", sign)).last().flatten()
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_is_down_is_left_alone_and_tried_by_one_call_at_a_time() {
        let c = circuits();
        assert_eq!(fail(&c, 11, Sign::Down), None);
        c.enter("h").unwrap();
        assert_eq!(fail(&c, 1, Sign::Down), Some((Circuit::Open, FIRST_REST)));
        let e = c.enter("h").unwrap_err();
        assert_eq!((e.kind(), e.retry_after()), (ErrorKind::Unavailable, Some(FIRST_REST)));
        assert!(e.to_string().contains("h is down: the last 12 calls"), "{e}");
        c.enter("other").unwrap();
        assert_eq!(fail(&c, 5, Sign::Down), None, "late failures do not make it longer");

        tokio::time::sleep(FIRST_REST).await;
        c.enter("h").unwrap();
        c.enter("h").unwrap_err();
        assert_eq!(fail(&c, 1, Sign::Down), Some((Circuit::Open, FIRST_REST * 2)));
        tokio::time::sleep(FIRST_REST * 2).await;
        c.enter("h").unwrap();
        assert_eq!(c.note("h", Sign::Alive), Some((Circuit::Closed, Duration::ZERO)));
        c.enter("h").unwrap();
        c.enter("h").unwrap();
        assert_eq!(fail(&c, 11, Sign::Down), None, "it counts from the beginning");
    }

    #[tokio::test(start_paused = true)]
    async fn a_trial_that_is_never_heard_of_again_does_not_keep_it_open() {
        let c = circuits();
        fail(&c, 12, Sign::Down);
        tokio::time::sleep(FIRST_REST).await;
        c.enter("h").unwrap();
        c.enter("h").unwrap_err();
        tokio::time::sleep(Duration::from_secs(60)).await;
        c.enter("h").unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn one_operation_that_always_fails_is_not_the_host() {
        let c = circuits();
        assert_eq!(fail(&c, 100, Sign::Failed("a")), None);
        assert_eq!(fail(&c, 1, Sign::Failed("b")), None);
        assert_eq!(fail(&c, 1, Sign::Failed("c")).map(|(change, _)| change), Some(Circuit::Open));
        let c = circuits();
        for _ in 0..50 {
            fail(&c, 11, Sign::Down);
            assert_eq!(c.note("h", Sign::Alive), None);
        }
    }
}
