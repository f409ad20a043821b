//! Keeps calls within the quota: one [`Gate`] for each limit class of a subscription.
//!
//! A gate bounds the calls in flight by the client's own setting and by what the service says it allows, and
//! closes for as long as the service asks or until the rolling window has room again. Every header is
//! optional: without any, only the client's own bound and refusals count.

use crate::clock::Clock;
use crate::error::{Error, ErrorKind};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use totalcloud_api::fault::RateHeaders;

/// The gates of one subscription. Clients of the same subscription can share one.
pub struct Limiter {
    clock: Arc<dyn Clock>,
    concurrency: usize,
    in_all: Arc<Semaphore>,
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
    /// Calls allowed at the same time.
    pub concurrency: usize,
    /// Calls in flight.
    pub running: usize,
}

impl Limiter {
    /// A limiter that lets `concurrency` calls be in flight at the same time.
    pub fn new(concurrency: usize, clock: Arc<dyn Clock>) -> Limiter {
        let concurrency = concurrency.max(1);
        Limiter {
            clock,
            concurrency,
            in_all: Arc::new(Semaphore::new(concurrency)),
            gates: Mutex::new(HashMap::new()),
        }
    }

    /// The gate of a limit class.
    pub fn gate(&self, class: &'static str) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(gates.entry(class).or_insert_with(|| {
            Arc::new(Gate {
                class,
                clock: Arc::clone(&self.clock),
                own_limit: self.concurrency,
                news: Notify::new(),
                state: Mutex::new(State { allowed: self.concurrency, ..State::default() }),
            })
        }))
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
    /// If the wait would be longer than `max_wait`.
    pub async fn enter(
        &self,
        class: &'static str,
        max_wait: Duration,
        on_wait: impl Fn(Duration) + Send,
    ) -> Result<Permit, Error> {
        let place = self.gate(class).enter(max_wait, on_wait).await?;
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

/// The right to make one call; given back when dropped.
#[derive(Debug)]
pub struct Permit {
    place: Place,
    _in_all: OwnedSemaphorePermit,
}

impl Permit {
    /// Takes note of what an answer said of the quota.
    pub fn learn(&self, rate: &RateHeaders) {
        self.place.gate.learn(rate);
    }

    /// Closes the gate for everybody, because the quota refused the call.
    pub fn refused(&self, wait: Duration, rate: &RateHeaders) {
        self.place.gate.refused(wait, rate);
    }
}

#[derive(Debug)]
struct Place {
    gate: Arc<Gate>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.gate.lock();
        state.running = state.running.saturating_sub(1);
        drop(state);
        self.gate.news.notify_waiters();
    }
}

/// Lets the calls of one limit class through.
pub struct Gate {
    class: &'static str,
    clock: Arc<dyn Clock>,
    own_limit: usize,
    news: Notify,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    running: usize,
    allowed: usize,
    limit: Option<u64>,
    window: Option<Duration>,
    /// Calls left; calls that were let through since the last word of the service are subtracted.
    remaining: Option<u64>,
    /// Closed until then.
    closed_until: Option<Duration>,
    /// The wait that was told last, so that many who wait do not tell the same.
    told: Option<Duration>,
    /// When our own calls of the window were let through.
    calls: VecDeque<Duration>,
}

enum Turn {
    Enter,
    /// Until the time, or until there is news.
    Until(Duration),
    /// Until there is news.
    News,
}

/// Calls remembered for reckoning when the window has room again; the largest known quota is 2,000.
const REMEMBERED: usize = 4_096;

impl Gate {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of the quota.
    pub fn quota(&self) -> Quota {
        let s = self.lock();
        Quota {
            limit: s.limit,
            window: s.window,
            remaining: s.remaining,
            concurrency: s.allowed,
            running: s.running,
        }
    }

    async fn enter(self: Arc<Gate>, max_wait: Duration, on_wait: impl Fn(Duration)) -> Result<Place, Error> {
        let gate = self;
        loop {
            let news = gate.news.notified();
            tokio::pin!(news);
            // Registered before looking, so that no news between looking and waiting is lost.
            news.as_mut().enable();
            let now = gate.clock.ticks();
            let turn = gate.lock().turn(now);
            match turn {
                Turn::Enter => return Ok(Place { gate: Arc::clone(&gate) }),
                Turn::News => news.await,
                Turn::Until(until) => {
                    let wait = until.saturating_sub(now);
                    if wait > max_wait {
                        return Err(gate.too_long(wait));
                    }
                    if gate.lock().told.replace(until) != Some(until) {
                        on_wait(wait);
                    }
                    // News do not shorten the wait of a closed gate, but may lengthen it.
                    gate.clock.sleep(wait).await;
                }
            }
        }
    }

    pub(crate) fn too_long(&self, wait: Duration) -> Error {
        Error::new(
            ErrorKind::RateLimited,
            format!(
                "the quota of '{}' calls is used up; the next one is accepted in {}",
                self.class,
                words(wait)
            ),
        )
        .with_retry_after(Some(wait))
        .with_hint("try again then, or allow longer waits")
    }

    fn learn(&self, rate: &RateHeaders) {
        if !rate.any() {
            return;
        }
        let now = self.clock.ticks();
        let mut s = self.lock();
        s.note(rate, self.own_limit);
        // A wait that comes with an answer is meant for the next call.
        if s.remaining == Some(0)
            && let Some(wait) = rate.wait()
        {
            s.closed_until = s.closed_until.max(Some(now + wait));
        }
        drop(s);
        self.news.notify_waiters();
    }

    fn refused(&self, wait: Duration, rate: &RateHeaders) {
        let now = self.clock.ticks();
        let mut s = self.lock();
        s.note(rate, self.own_limit);
        s.closed_until = s.closed_until.max(Some(now + wait));
        drop(s);
        self.news.notify_waiters();
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("class", &self.class).field("quota", &self.quota()).finish()
    }
}

impl State {
    fn turn(&mut self, now: Duration) -> Turn {
        if let Some(until) = self.closed_until {
            if now < until {
                return Turn::Until(until);
            }
            // The wait is over: one call may try, its answer tells how many more.
            self.closed_until = None;
            if self.remaining == Some(0) {
                self.remaining = Some(1);
            }
        }
        if self.running >= self.allowed {
            return Turn::News;
        }
        if self.remaining == Some(0) {
            if self.running > 0 {
                return Turn::News;
            }
            if let Some(until) = self.room_at(now) {
                self.closed_until = Some(until);
                return Turn::Until(until);
            }
        }
        self.running += 1;
        self.remaining = self.remaining.map(|n| n.saturating_sub(1));
        if self.calls.len() == REMEMBERED {
            self.calls.pop_front();
        }
        self.calls.push_back(now);
        Turn::Enter
    }

    /// When the rolling window has room again: when the oldest of our own calls in it leaves it.
    fn room_at(&mut self, now: Duration) -> Option<Duration> {
        let window = self.window?;
        while self.calls.front().is_some_and(|at| *at + window <= now) {
            self.calls.pop_front();
        }
        self.calls.front().map(|at| *at + window)
    }

    fn note(&mut self, rate: &RateHeaders, own_limit: usize) {
        if let Some(limit) = rate.limit {
            self.limit = Some(limit);
        }
        if let Some(secs) = rate.window_secs {
            self.window = Some(Duration::from_secs(secs));
        }
        if let Some(allowed) = rate.concurrency {
            self.allowed = usize::try_from(allowed).unwrap_or(usize::MAX).clamp(1, own_limit);
        }
        if let Some(remaining) = rate.remaining {
            // The service may not have counted the other calls that are on their way.
            let others = self.running.saturating_sub(1) as u64;
            self.remaining = Some(remaining.saturating_sub(others));
        }
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
mod tests {
    use super::*;
    use crate::clock::RuntimeClock;
    use jiff::Timestamp;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn limiter(concurrency: usize) -> (Arc<Limiter>, Arc<dyn Clock>) {
        let clock: Arc<dyn Clock> = Arc::new(RuntimeClock::starting_at(Timestamp::UNIX_EPOCH));
        (Arc::new(Limiter::new(concurrency, Arc::clone(&clock))), clock)
    }

    fn rate(pairs: &[(&str, &'static str)]) -> RateHeaders {
        RateHeaders::read(
            |name| pairs.iter().find(|(k, _)| *k == name).map(|(_, v)| *v),
            Timestamp::UNIX_EPOCH,
        )
    }

    const LONG: Duration = Duration::from_secs(100_000);

    async fn enter(l: &Limiter) -> Permit {
        l.enter("x", LONG, |_| {}).await.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_calls_at_once_than_the_service_allows() {
        let (l, _) = limiter(8);
        enter(&l).await.learn(&rate(&[("x-concurrency-limit-limit", "2")]));
        let most = Arc::new(AtomicUsize::new(0));
        let now = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..10)
            .map(|_| {
                let (l, most, now) = (Arc::clone(&l), Arc::clone(&most), Arc::clone(&now));
                tokio::spawn(async move {
                    let _permit = enter(&l).await;
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    now.fetch_sub(1, Ordering::SeqCst);
                })
            })
            .collect();
        for t in tasks {
            t.await.unwrap();
        }
        assert_eq!(most.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_used_up_window_closes_the_gate_until_the_oldest_call_leaves_it() {
        let (l, clock) = limiter(1);
        let headers = |left| rate(&[("x-ratelimit-remaining", left), ("x-ratelimit-window-sec", "60")]);
        enter(&l).await.learn(&headers("1"));
        tokio::time::sleep(Duration::from_secs(10)).await;
        enter(&l).await.learn(&headers("0"));
        enter(&l).await.learn(&headers("0"));
        assert_eq!(clock.ticks().as_secs(), 60);
        enter(&l).await.learn(&headers("5"));
        assert_eq!(clock.ticks().as_secs(), 70);
        enter(&l).await;
        assert_eq!(clock.ticks().as_secs(), 70);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_closes_the_gate_for_all_and_other_classes_stay_open() {
        let (l, clock) = limiter(4);
        enter(&l).await.refused(Duration::from_secs(7), &RateHeaders::default());
        l.enter("y", LONG, |_| {}).await.unwrap();
        assert_eq!(clock.ticks().as_secs(), 0);
        enter(&l).await;
        assert_eq!(clock.ticks().as_secs(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn too_long_a_wait_says_when_to_come_back() {
        let (l, _) = limiter(4);
        enter(&l).await.refused(Duration::from_secs(3_600), &RateHeaders::default());
        let e = l.enter("x", Duration::from_secs(60), |_| {}).await.unwrap_err();
        assert_eq!((e.kind(), e.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(3_600))));
        assert!(e.to_string().contains("60 min"), "{e}");
    }

    #[tokio::test(start_paused = true)]
    async fn headers_without_a_window_do_not_hang() {
        let (l, clock) = limiter(4);
        enter(&l).await.learn(&rate(&[("x-ratelimit-remaining", "0")]));
        enter(&l).await;
        assert_eq!(clock.ticks().as_secs(), 0);
    }
}
