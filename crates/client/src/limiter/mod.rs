//! Keeps calls within the quota: one gate for each limit class of a subscription.
//!
//! A gate bounds the calls in flight by the client's own setting and by what the service allows, and lets as
//! many through as the rolling window has room for. Limit, window and concurrency are learned from headers,
//! every one of which is optional, and where there are none from refusals. Gates of several processes share
//! what they know in a [state file](crate::state).

mod adapt;
mod book;
mod gate;
pub(crate) mod refusal;
mod share;
mod window;

use crate::clock::Clock;
use crate::error::{Error, ErrorKind};
use crate::state::SharedState;
use gate::{Gate, Place};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use totalcloud_api::fault::RateHeaders;

/// The gates of one subscription. Clients of the same subscription can share one.
pub struct Limiter {
    clock: Arc<dyn Clock>,
    concurrency: usize,
    in_all: Arc<Semaphore>,
    shared: Option<Arc<SharedState>>,
    gates: Mutex<HashMap<&'static str, Arc<Gate>>>,
}

/// What is known of the quota of a limit class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Quota {
    /// Calls allowed a window.
    pub limit: Option<u64>,
    /// Length of the window.
    pub window: Option<Duration>,
    /// Calls left, as far as is known.
    pub remaining: Option<u64>,
    /// Calls in the window that are known of: ours, and those of other processes that share the state.
    pub used: Option<u64>,
    /// Calls allowed at the same time.
    pub concurrency: usize,
    /// Calls in flight.
    pub running: usize,
    /// How long no call is let through, if the gate is closed.
    pub opens_in: Option<Duration>,
    /// Whether the service said so itself; otherwise it was found out by refusals.
    pub stated: bool,
}

/// What a refusal is about, where its body says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// Too many calls in the window.
    Rate,
    /// Too many calls at the same time.
    Concurrency,
}

/// A refusal by the quota.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusal<'a> {
    pub(crate) rate: &'a RateHeaders,
    pub(crate) about: Option<About>,
}

/// How long a call may wait to be let through.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// All waits together.
    pub(crate) longest: Duration,
    /// Nothing is waited for past this time.
    pub(crate) latest: Option<Duration>,
}

impl Limiter {
    /// A limiter that lets `concurrency` calls be in flight at the same time.
    pub fn new(concurrency: usize, clock: Arc<dyn Clock>) -> Limiter {
        let concurrency = concurrency.max(1);
        Limiter {
            clock,
            concurrency,
            in_all: Arc::new(Semaphore::new(concurrency)),
            shared: None,
            gates: Mutex::new(HashMap::new()),
        }
    }

    /// The same, with what is known shared with other processes. To be said before the first call.
    #[must_use]
    pub fn shared(mut self, state: Arc<SharedState>) -> Limiter {
        self.shared = Some(state);
        self
    }

    pub(crate) fn gate(&self, class: &'static str) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Gate::new(class, self.concurrency, Arc::clone(&self.clock), self.shared.clone());
        Arc::clone(gates.entry(class).or_insert_with(|| Arc::new(new())))
    }

    /// What is known of the quota of a class.
    pub fn quota(&self, class: &'static str) -> Quota {
        self.gate(class).quota()
    }

    /// What is known of each class that was used, by name.
    pub fn quotas(&self) -> Vec<(&'static str, Quota)> {
        let gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = gates.iter().map(|(class, gate)| (*class, gate.quota())).collect();
        all.sort_by_key(|(class, _)| *class);
        all
    }

    /// Waits for a call of a class to be allowed. Waits for the quota are told to `on_wait`.
    ///
    /// # Errors
    /// If that takes longer than the caller's patience.
    pub(crate) async fn enter(
        &self,
        class: &'static str,
        patience: Patience,
        on_wait: impl Fn(Duration, Quota) + Send,
    ) -> Result<Permit, Error> {
        let place = self.gate(class).enter(patience, on_wait).await?;
        // The place at the gate first: who waits for a quota must not keep others from calling.
        let in_all = Arc::clone(&self.in_all)
            .acquire_owned()
            .await
            .map_err(|_| Error::new(ErrorKind::Interrupted, "the client was closed"))?;
        Ok(Permit { place, _in_all: in_all })
    }
}

impl std::fmt::Debug for Limiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.quotas()).finish()
    }
}

/// The right to make one call; given back when dropped. Without a word on what became of it, the call counts.
#[derive(Debug)]
pub(crate) struct Permit {
    place: Place,
    _in_all: OwnedSemaphorePermit,
}

impl Permit {
    /// Takes note of an answer to a call that the quota let through.
    pub(crate) fn answered(&self, what: &'static str, took: Duration, rate: &RateHeaders) {
        self.place.answered(what, took, rate);
    }

    /// The quota refused the call. Gives the wait from which another try makes sense.
    pub(crate) fn refused(&self, refusal: &Refusal<'_>) -> Duration {
        self.place.refused(refusal)
    }

    /// The service asks everybody to wait, for another reason than the quota.
    pub(crate) fn hold(&self, wait: Duration) {
        self.place.hold(wait);
    }

    /// The service has not seen the call.
    pub(crate) fn unsent(&self) {
        self.place.unsent();
    }

    /// What is known of the quota now.
    pub(crate) fn quota(&self) -> Quota {
        self.place.quota()
    }
}

/// A wait in words.
pub(crate) fn words(wait: Duration) -> String {
    let secs = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    match secs {
        0..=119 => format!("{secs} s"),
        120..=7_199 => format!("{} min", secs.div_ceil(60)),
        _ => format!("{} h {} min", secs / 3_600, secs % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests;
