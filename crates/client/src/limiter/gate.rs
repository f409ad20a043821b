//! Where the calls of one limit class wait until they may be sent.

use super::book::{Book, Turn};
use super::share::Share;
use super::window::CallId;
use super::{Patience, Quota, Refusal, words};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind};
use crate::state::SharedState;
use futures_util::future::select;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use totalcloud_api::fault::RateHeaders;

/// Gates reckon from so long before the clock began, because other processes called before that.
const BEFORE: Duration = Duration::from_secs(400 * 86_400);

/// Lets the calls of one limit class through.
pub(crate) struct Gate {
    class: &'static str,
    clock: Arc<dyn Clock>,
    news: Notify,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    book: Book,
    share: Option<Share>,
}

impl Gate {
    pub(super) fn new(
        class: &'static str,
        concurrency: usize,
        clock: Arc<dyn Clock>,
        shared: Option<Arc<SharedState>>,
    ) -> Gate {
        let share = shared.map(|file| Share::new(class, file, Arc::clone(&clock)));
        Gate {
            class,
            clock,
            news: Notify::new(),
            state: Mutex::new(State { book: Book::new(concurrency), share }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        BEFORE + self.clock.ticks()
    }

    pub(super) fn quota(&self) -> Quota {
        let now = self.now();
        self.lock().book.quota(now)
    }

    fn turn(&self, now: Duration) -> Turn {
        let State { book, share } = &mut *self.lock();
        match share {
            Some(share) => share.turn(book, now),
            None => book.turn(now),
        }
    }

    pub(super) async fn enter(
        self: Arc<Gate>,
        patience: Patience,
        on_wait: impl Fn(Duration, Quota),
    ) -> Result<Place, Error> {
        let gate = self;
        let entered = gate.now();
        loop {
            let news = gate.news.notified();
            tokio::pin!(news);
            // Registered before looking, so that no news between looking and waiting is lost.
            news.as_mut().enable();
            let now = gate.now();
            match gate.turn(now) {
                Turn::Enter(id) => return Ok(Place { gate: Arc::clone(&gate), id, over: Mutex::new(false) }),
                Turn::News => news.await,
                Turn::Until(until) => {
                    let wait = until.saturating_sub(now);
                    if patience.latest.is_some_and(|latest| until > BEFORE + latest) {
                        return Err(gate.past_deadline(wait));
                    }
                    if until > entered.saturating_add(patience.longest) {
                        return Err(gate.too_long(wait));
                    }
                    let quota = {
                        let book = &mut gate.lock().book;
                        (book.told.replace(until) != Some(until)).then(|| book.quota(now))
                    };
                    if let Some(quota) = quota {
                        on_wait(wait, quota);
                    }
                    let over = gate.clock.sleep(wait);
                    // News may shorten the wait as well as lengthen it.
                    drop(select(over, news).await);
                }
            }
        }
    }

    fn too_long(&self, wait: Duration) -> Error {
        self.closed(ErrorKind::RateLimited, wait, "").with_hint("try again then, or allow longer waits")
    }

    fn past_deadline(&self, wait: Duration) -> Error {
        self.closed(ErrorKind::Deadline, wait, ", which is after the deadline")
            .with_hint("run it again then; nothing was sent")
    }

    fn closed(&self, kind: ErrorKind, wait: Duration, more: &str) -> Error {
        let class = self.class;
        let message = format!(
            "the quota of '{class}' calls is used up; the next one is accepted in {}{more}",
            words(wait)
        );
        Error::new(kind, message).with_retry_after(Some(wait))
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let now = self.now();
        let State { book, share } = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = share {
            share.leave(book, now);
        }
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("class", &self.class).field("quota", &self.quota()).finish()
    }
}

/// One call that was let through.
#[derive(Debug)]
pub(super) struct Place {
    gate: Arc<Gate>,
    id: CallId,
    /// Whether the gate knows what became of it.
    over: Mutex<bool>,
}

impl Place {
    /// Tells the gate what became of the call, once.
    fn end<T>(&self, tell: impl FnOnce(&mut Book, CallId, Duration) -> T) -> Option<T> {
        let mut over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut *over, true) {
            return None;
        }
        let now = self.gate.now();
        let told = tell(&mut self.gate.lock().book, self.id, now);
        self.gate.news.notify_waiters();
        Some(told)
    }

    pub(super) fn answered(&self, what: &'static str, took: Duration, rate: &RateHeaders) {
        self.end(|book, id, now| book.learn(id, what, now, took, rate));
    }

    pub(super) fn refused(&self, refusal: &Refusal<'_>) -> Duration {
        let now = self.gate.now();
        let until = self.end(|book, id, now| book.refused(id, now, refusal)).unwrap_or(now);
        self.tell_others(now);
        until.saturating_sub(now)
    }

    pub(super) fn hold(&self, wait: Duration) {
        let now = self.gate.now();
        self.gate.lock().book.hold(now + wait);
        self.tell_others(now);
        self.end(|book, id, now| book.ended(id, now, true));
    }

    pub(super) fn unsent(&self) {
        self.end(|book, id, now| book.ended(id, now, false));
    }

    pub(super) fn quota(&self) -> Quota {
        self.gate.quota()
    }

    /// What closes the gate closes those of the other processes too.
    fn tell_others(&self, now: Duration) {
        let State { book, share } = &mut *self.gate.lock();
        if let Some(share) = share {
            share.tell(book, now);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.end(|book, id, now| book.ended(id, now, true));
    }
}
