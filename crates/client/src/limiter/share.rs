//! What the gate of one limit class has from other processes, and tells them.
//!
//! While plenty of calls are left, the file is looked at once a second. Close to the end of the window the
//! decision to send a call is made while the file is locked, so that two processes never both take the last.

use super::book::{Book, Guess, Turn};
use crate::clock::Clock;
use crate::state::{Class, Live, SharedState};
use std::sync::Arc;
use std::time::Duration;

/// How often the file is looked at while plenty is left.
const OFTEN: Duration = Duration::from_secs(1);

/// Fewer calls left than this is close to the end, whatever the pace.
const FEW: i64 = 16;

/// A process that has not called for this long leaves its share of the calls at the same time to others.
const ACTIVE: i64 = 15_000;

pub(super) struct Share {
    class: &'static str,
    file: Arc<SharedState>,
    clock: Arc<dyn Clock>,
    last: Option<Duration>,
}

impl std::fmt::Debug for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Share").field("file", &self.file).finish_non_exhaustive()
    }
}

/// The clock's time since a fixed point, and the time of day.
#[derive(Clone, Copy)]
struct Times {
    ticks: Duration,
    day: i64,
}

impl Times {
    fn to_ticks(self, at: i64) -> Duration {
        let by = Duration::from_millis(at.abs_diff(self.day));
        if at >= self.day { self.ticks + by } else { self.ticks.saturating_sub(by) }
    }

    fn to_day(self, at: Duration) -> i64 {
        let by = |d: Duration| i64::try_from(d.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX);
        if at >= self.ticks {
            self.day.saturating_add(by(at - self.ticks))
        } else {
            self.day.saturating_sub(by(self.ticks - at))
        }
    }
}

impl Share {
    pub(super) fn new(class: &'static str, file: Arc<SharedState>, clock: Arc<dyn Clock>) -> Share {
        Share { class, file, clock, last: None }
    }

    fn times(&self, ticks: Duration) -> Times {
        Times { ticks, day: self.clock.now().as_millisecond() }
    }

    /// Whether a call may be sent now, by what all processes know.
    pub(super) fn turn(&mut self, book: &mut Book, now: Duration) -> Turn {
        let due = self.last.is_none_or(|last| now >= last + OFTEN);
        let close = || book.left(now).is_some_and(|left| left <= FEW.max(4 * book.lately(now)));
        if !due && (book.busy(now) || !close()) {
            return book.turn(now);
        }
        self.exchange(book, now, |book| book.turn(now)).unwrap_or_else(|| book.turn(now))
    }

    /// Tells the others what happened.
    pub(super) fn tell(&mut self, book: &mut Book, now: Duration) {
        self.exchange(book, now, |_| ());
    }

    /// The process ends.
    pub(super) fn leave(&mut self, book: &mut Book, now: Duration) {
        if self.last.is_none() {
            return;
        }
        let times = self.times(now);
        let (name, me) = (self.class, self.file.me().to_owned());
        self.file.update(times.day, |state| {
            let class = state.classes.entry(name.to_owned()).or_default();
            write(book, class, &me, times);
            class.end(&me);
        });
    }

    fn exchange<R>(
        &mut self,
        book: &mut Book,
        now: Duration,
        then: impl FnOnce(&mut Book) -> R,
    ) -> Option<R> {
        let times = self.times(now);
        let (name, me) = (self.class, self.file.me().to_owned());
        let last = self.last;
        let result = self.file.update(times.day, |state| {
            let class = state.classes.entry(name.to_owned()).or_default();
            read(book, class, &me, times, last);
            let result = then(book);
            write(book, class, &me, times);
            result
        });
        // A file that cannot be had is not asked for at every call.
        self.last = Some(now);
        result
    }
}

/// Takes in what the others know.
fn read(book: &mut Book, class: &Class, me: &str, times: Times, last: Option<Duration>) {
    if let (Some(last), false) = (last, class.live.contains_key(me)) {
        // Others took this process for dead and count its calls themselves.
        book.window.hand_over(last);
    }
    let window = class.window.map(Duration::from_millis);
    if class.stated {
        if book.limit.is_none() {
            (book.limit, book.length) = (class.limit, window);
        }
        if let (Some(n), None) = (class.concurrency, book.adapt.stated()) {
            book.adapt.state(n);
        }
    } else {
        if let (Some(known), Some(window)) = (class.limit, window)
            && book.guess.is_none()
            && book.limit.is_none()
        {
            book.guess = Some(Guess { limit: Some(known), known, window });
        }
        if let Some(n) = class.concurrency {
            book.adapt.recall(usize::try_from(n).unwrap_or(usize::MAX));
        }
    }
    if let Some(until) = class.closed_until {
        let until = times.to_ticks(until);
        if book.closed_until < Some(until) {
            book.hold(until);
        }
    }
    let others = class.live.iter().filter(|(name, _)| *name != me).map(|(_, live)| live);
    let active = others
        .clone()
        .filter(|l| l.calls.last().is_some_and(|(at, _)| at.saturating_add(ACTIVE) > times.day));
    book.adapt.share(1 + active.count());
    let mut calls: Vec<(i64, u64)> =
        class.past.iter().chain(others.flat_map(|l| &l.calls)).copied().collect();
    calls.sort_unstable();
    book.window.set_others(calls.into_iter().map(|(at, n)| (times.to_ticks(at), n)).collect());
}

/// Tells the others what is known here.
fn write(book: &mut Book, class: &mut Class, me: &str, times: Times) {
    book.window.prune(times.ticks, book.remembered());
    let own = book.window.own(book.adapt.usual());
    let heard = class.live.get(me).map(|l| l.at);
    let mut calls: Vec<(i64, u64)> = Vec::new();
    for at in own {
        let at = times.to_day(at);
        match calls.last_mut() {
            Some((last, n)) if *last == at => *n += 1,
            _ => calls.push((at, 1)),
        }
    }
    let ms = |d: Duration| u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
    let concurrency = book.adapt.found().map(|n| n as u64);
    let (limit, window, stated) = match (book.limit, book.guess) {
        (Some(limit), _) => (Some(limit), book.length.map(ms), true),
        (None, Some(guess)) => (guess.limit, Some(ms(guess.window)), false),
        (None, None) => (None, None, book.adapt.stated().is_some()),
    };
    if stated || !class.stated {
        (class.limit, class.window, class.concurrency, class.stated) = (limit, window, concurrency, stated);
    }
    let closed = book.closed_until.filter(|at| *at > times.ticks).map(|at| times.to_day(at));
    class.closed_until = class.closed_until.max(closed);
    // An unchanged entry is not written anew just to be heard of.
    let fresh = heard.is_some_and(|at| times.day.saturating_sub(at) < 10_000);
    let same = class.live.get(me).is_some_and(|l| l.calls == calls);
    if !(fresh && same) {
        class.seen = times.day;
        class.live.insert(me.to_owned(), Live { at: times.day, calls });
    }
}
