//! What is known of the quota of one limit class, and what follows for the next call. No I/O, no clock.
//!
//! Every word of the service is optional. What it does not say is found out: the calls at the same time by
//! [`Adapt`], window and limit by waiting ever longer after refusals and counting the calls that were good.

use super::adapt::Adapt;
use super::window::{CallId, Window};
use super::{About, Quota, Refusal};
use std::time::Duration;
use totalcloud_api::fault::RateHeaders;

/// Windows that are tried, shortest first, where the service does not say how long its window is. An hour and
/// a day are the documented ones.
const WINDOWS: [Duration; 6] = [
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(60),
    Duration::from_secs(3_600),
    Duration::from_secs(86_400),
];

/// Windows from here on are long enough to be believed at the first time.
const LONG: Duration = Duration::from_secs(60);

/// Fewer calls than this in a window say nothing about a limit.
const TELLING: u64 = 10;

/// Where nothing explains a refusal, and no call of our own is known that could leave the window.
const BLIND_WAIT: Duration = Duration::from_secs(600);

/// The service rounds its waits up to whole seconds.
const ROUNDING: Duration = Duration::from_millis(1_200);

/// What to do with a call that wants to be sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Send it, under this number.
    Enter(CallId),
    /// Wait until the time, or until there is news.
    Until(Duration),
    /// Wait until there is news.
    News,
}

/// A limit that was found out without a word of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Guess {
    /// In force, if there is one.
    pub(super) limit: Option<u64>,
    /// The last that was in force.
    pub(super) known: u64,
    pub(super) window: Duration,
}

/// Refusals in a row that nothing explains.
#[derive(Debug, Default)]
struct Ladder {
    refusals: usize,
    step: usize,
    began: Duration,
    /// Calls in the window that is tried, counted before they leave it.
    calls: u64,
    /// The step at which the gate opened the time before.
    opened_at: Option<usize>,
}

#[derive(Debug)]
pub(super) struct Book {
    pub(super) adapt: Adapt,
    pub(super) window: Window,
    /// As the service states it.
    pub(super) limit: Option<u64>,
    /// The limit is reckoned from what is left.
    reckoned: bool,
    /// As the service states it.
    pub(super) length: Option<Duration>,
    pub(super) guess: Option<Guess>,
    /// Calls that the service counts beyond those known here.
    correction: i64,
    corrected_by: CallId,
    /// When the next call is accepted, in the words of the service.
    hint: Option<Duration>,
    pub(super) closed_until: Option<Duration>,
    /// The last call that was let through before the gate closed. What comes of it says nothing new.
    closed_by: CallId,
    /// One call at a time, until one was good.
    trial: bool,
    ladder: Ladder,
    /// Pauses in a row because of the calls of others.
    pauses: u32,
    probe: Option<CallId>,
    next_probe: Duration,
    /// The wait that was told last, so that many who wait do not tell the same.
    pub(super) told: Option<Duration>,
}

impl Book {
    pub(super) fn new(own: usize) -> Book {
        Book {
            adapt: Adapt::new(own),
            window: Window::default(),
            limit: None,
            reckoned: false,
            length: None,
            guess: None,
            correction: 0,
            corrected_by: 0,
            hint: None,
            closed_until: None,
            closed_by: 0,
            trial: false,
            ladder: Ladder::default(),
            pauses: 0,
            probe: None,
            next_probe: Duration::ZERO,
            told: None,
        }
    }

    pub(super) fn quota(&self, now: Duration) -> Quota {
        let window = self.known_window();
        let limit = self.known_limit();
        Quota {
            limit,
            window,
            remaining: self.left(now).map(|n| u64::try_from(n).unwrap_or(0)),
            used: window.map(|w| self.window.held(now, w)),
            concurrency: self.adapt.allowed(),
            running: self.window.running(),
            opens_in: self.closed_until.filter(|at| *at > now).map(|at| at - now),
            stated: self.limit.is_some(),
        }
    }

    fn known_limit(&self) -> Option<u64> {
        self.limit.or(self.guess.and_then(|g| g.limit))
    }

    pub(super) fn known_window(&self) -> Option<Duration> {
        self.length.or(self.guess.map(|g| g.window))
    }

    /// How long calls are remembered.
    pub(super) fn remembered(&self) -> Duration {
        self.known_window().unwrap_or(WINDOWS[WINDOWS.len() - 1])
    }

    /// Calls left in the window, where a limit is known.
    pub(super) fn left(&self, now: Duration) -> Option<i64> {
        let limit = i64::try_from(self.known_limit()?).unwrap_or(i64::MAX);
        let held = i64::try_from(self.window.held(now, self.remembered())).unwrap_or(i64::MAX);
        Some(limit.saturating_sub(held).saturating_sub(self.correction))
    }

    /// Whether no call can be sent now, whatever others do.
    pub(super) fn busy(&self, now: Duration) -> bool {
        self.closed_until.is_some_and(|until| now < until) || self.window.running() >= self.adapt.allowed()
    }

    /// Calls of the last second.
    pub(super) fn lately(&self, now: Duration) -> i64 {
        let calls = self.window.between(now.saturating_sub(Duration::from_secs(1)), now);
        i64::try_from(calls).unwrap_or(i64::MAX)
    }

    /// Whether a call may be sent now.
    pub(super) fn turn(&mut self, now: Duration) -> Turn {
        if let Some(until) = self.closed_until {
            if now < until {
                return Turn::Until(until);
            }
            self.closed_until = None;
        }
        let running = self.window.running();
        if running >= self.adapt.allowed() || self.trial && running > 0 {
            return Turn::News;
        }
        self.window.prune(now, self.remembered());
        match self.left(now) {
            Some(left) if left <= 0 => {
                let opens = self.opens(now, left);
                match opens {
                    Some(at) if at > now => {
                        if running == 0 && self.may_probe(now, at) {
                            let id = self.window.begin(now);
                            self.probe = Some(id);
                            return Turn::Enter(id);
                        }
                        return Turn::Until(at);
                    }
                    _ if running > 0 => return Turn::News,
                    // It should be open, or nothing says when it opens: one may try.
                    _ => {
                        self.correction = self.correction.saturating_sub(1 - left);
                        self.hint = None;
                        self.trial = true;
                    }
                }
            }
            _ => {}
        }
        Turn::Enter(self.window.begin(now))
    }

    /// When the next call is accepted, with so many (none or fewer) left.
    fn opens(&self, now: Duration, left: i64) -> Option<Duration> {
        let needed = u64::try_from(1 - left).unwrap_or(1);
        let own = self.known_window().and_then(|w| self.window.leaves(needed, w));
        let hint = self.hint.filter(|at| *at > now);
        match (own, hint) {
            // The calls of others leave when the service says.
            (_, Some(hint)) if self.correction > 0 => Some(hint),
            (_, None) if self.correction > 0 => None,
            (Some(own), Some(hint)) => {
                let slack = ROUNDING + self.adapt.usual();
                let agree = own + slack >= hint && (needed > 1 || own <= hint + slack);
                Some(if agree { own } else { hint })
            }
            (own, hint) => own.or(hint),
        }
        .filter(|at| *at > now)
    }

    /// Whether a guessed limit may be put to the test, with the window opening at a time.
    fn may_probe(&mut self, now: Duration, opens: Duration) -> bool {
        let Some(guess) = self.guess.filter(|g| self.limit.is_none() && g.limit.is_some()) else {
            return false;
        };
        // Close to the opening a success would prove nothing.
        let far = opens.saturating_sub(now) > guess.window / 20;
        if far && now >= self.next_probe && self.adapt.may_risk() {
            self.next_probe = now + guess.window;
            return true;
        }
        false
    }

    /// An answer came to a call that the quota let through.
    pub(super) fn learn(
        &mut self,
        id: CallId,
        what: &'static str,
        now: Duration,
        took: Duration,
        rate: &RateHeaders,
    ) {
        let Some(sent) = self.window.sent(id) else { return };
        self.pauses = 0;
        self.adapt.answered(what, took, self.window.running());
        self.note(rate);
        if let Some(remaining) = rate.remaining
            && id >= self.corrected_by
        {
            self.corrected_by = id;
            self.correct(sent, now, remaining);
            self.hint = rate.wait().filter(|_| remaining == 0).map(|wait| now + wait);
        }
        self.window.end(id, now, true);
        if id > self.closed_by {
            self.trial = false;
            self.opened();
            if rate.remaining.is_none() {
                // What was assumed of others while the gate was closed is over.
                self.correction = 0;
            }
        }
        if self.probe == Some(id)
            && let Some(guess) = &mut self.guess
        {
            // There is more room than was thought.
            guess.limit = None;
            self.probe = None;
        }
    }

    /// A call ended without an answer that says anything about the quota.
    pub(super) fn ended(&mut self, id: CallId, now: Duration, arrived: bool) {
        self.window.end(id, now, arrived);
    }

    fn note(&mut self, rate: &RateHeaders) {
        if let Some(limit) = rate.limit {
            self.limit = Some(limit);
            self.reckoned = false;
        }
        if let Some(secs) = rate.window_secs.filter(|secs| *secs > 0) {
            self.length = Some(Duration::from_secs(secs));
        }
        if let Some(calls) = rate.concurrency.filter(|n| *n > 0) {
            self.adapt.state(calls);
        }
    }

    /// Compares what the service has left with what is known here.
    fn correct(&mut self, sent: Duration, now: Duration, remaining: u64) {
        let (least, most) = self.window.counted(sent, now, self.remembered());
        let Some(limit) = self.limit.filter(|_| !self.reckoned) else {
            // Only what is left is told: the limit is that and what was used.
            self.limit = Some(remaining.saturating_add(least));
            self.reckoned = true;
            self.correction = 0;
            return;
        };
        let used = limit.saturating_sub(remaining);
        let beyond = |counted: u64, known: u64| {
            i64::try_from(counted)
                .unwrap_or(i64::MAX)
                .saturating_sub(i64::try_from(known).unwrap_or(i64::MAX))
        };
        self.correction = if used < least {
            beyond(used, least)
        } else if used > most {
            beyond(used, most)
        } else {
            0
        };
    }

    /// Closes the gate, whatever the quota says.
    pub(super) fn hold(&mut self, until: Duration) {
        self.closed_until = self.closed_until.max(Some(until));
        self.closed_by = self.window.last();
    }

    /// The quota refused a call. Gives the time from which another try makes sense.
    pub(super) fn refused(&mut self, id: CallId, now: Duration, refusal: &Refusal<'_>) -> Duration {
        let rate = refusal.rate;
        let sent = self.window.sent(id).unwrap_or(now);
        self.adapt.count_refusal();
        self.note(rate);
        // A bare refusal while plenty should be left has another reason than a full window.
        let known = self.limit.is_some() && self.length.is_some();
        let full = known && rate.remaining.map_or_else(|| self.is_near(now), |left| left == 0);
        if known && !self.is_concurrency(refusal) && (full || rate.wait().is_some()) {
            self.corrected_by = self.corrected_by.max(id);
            // It is not counted itself.
            self.correct(sent, now, rate.remaining.unwrap_or(0));
        }
        self.window.end(id, now, false);
        let others = self.window.running();
        let stale = id <= self.closed_by;
        if self.probe == Some(id) {
            self.probe = None;
        }
        if self.is_concurrency(refusal) {
            self.adapt.too_many(others, true);
            if others > 0 {
                return now;
            }
            // Somebody else's calls are running.
            self.pauses = (self.pauses + 1).min(5);
            let pause = Duration::from_millis(250 << self.pauses);
            let odd = f64::from(now.subsec_nanos() % 1_000) / 1_000.0;
            let until = now + pause.mul_f64(1.0 + odd);
            self.hold(until);
            return until;
        }
        if let Some(wait) = rate.wait() {
            self.adapt.not_too_many();
            return self.close(now, now + wait, known);
        }
        if stale {
            return self.closed_until.unwrap_or(now).max(now);
        }
        if !self.is_rate(refusal) && others > 0 {
            self.adapt.too_many(others, false);
            return now;
        }
        self.adapt.not_too_many();
        let until = if full { self.without_hint(now) } else { self.climb(now) };
        self.hold(until);
        self.trial = true;
        until
    }

    /// Whether the window is nearly full.
    fn is_near(&self, now: Duration) -> bool {
        let limit = self.limit.and_then(|n| i64::try_from(n).ok()).unwrap_or(i64::MAX);
        let at_once = i64::try_from(self.adapt.allowed()).unwrap_or(i64::MAX);
        self.left(now).is_some_and(|left| left <= (limit / 20).saturating_add(at_once))
    }

    fn is_concurrency(&self, refusal: &Refusal<'_>) -> bool {
        let rate = refusal.rate;
        match refusal.about {
            Some(about) => about == About::Concurrency,
            None => {
                let full = matches!((rate.running, rate.concurrency), (Some(r), Some(c)) if r >= c);
                rate.wait().is_none() && full
            }
        }
    }

    fn is_rate(&self, refusal: &Refusal<'_>) -> bool {
        refusal.about == Some(About::Rate) || refusal.rate.remaining == Some(0)
    }

    /// Closes until a time that the service named, or until the one known more exactly.
    fn close(&mut self, now: Duration, told: Duration, known: bool) -> Duration {
        self.hint = Some(told);
        let mut until = told;
        if known {
            let left = self.left(now).unwrap_or(0);
            if left <= 0 {
                until = self.opens(now, left).unwrap_or(told);
            }
        } else if self.limit.is_none() {
            self.trial = true;
            self.infer(now, told);
        }
        self.hold(until);
        until
    }

    /// Finds the window that the named end of a wait fits to.
    fn infer(&mut self, now: Duration, told: Duration) {
        let slack = ROUNDING + self.adapt.usual();
        for window in WINDOWS.into_iter().filter(|w| *w >= LONG) {
            let after = now.saturating_sub(window);
            let Some(first) = self.window.first_after(after) else { continue };
            let calls = self.window.between(after, now) + self.window.running() as u64;
            if calls >= TELLING && (first + window).abs_diff(told) <= slack {
                self.guess = Some(Guess { limit: Some(calls), known: calls, window });
                return;
            }
        }
    }

    /// The window is full and known, and the service does not say when it opens.
    fn without_hint(&self, now: Duration) -> Duration {
        let window = self.remembered();
        let own = self.window.leaves(1, window).filter(|at| *at > now);
        match own {
            Some(own) if self.correction <= 0 => own,
            own => own.unwrap_or(now + window).min(now + window / 12),
        }
    }

    /// The next longer wait after a refusal that nothing explains.
    fn climb(&mut self, now: Duration) -> Duration {
        let ladder = &mut self.ladder;
        if ladder.refusals == 0 {
            ladder.began = now;
            ladder.step = match self.guess {
                // As many calls as the last time: it is the same window.
                Some(g) if self.window.held(now, g.window) * 10 >= g.known * 9 => {
                    WINDOWS.iter().position(|w| *w == g.window).unwrap_or(0)
                }
                _ => 0,
            };
        } else {
            ladder.step = (ladder.step + 1).min(WINDOWS.len() - 1);
        }
        ladder.refusals += 1;
        let window = WINDOWS[ladder.step];
        ladder.calls = self.window.between(ladder.began.saturating_sub(window), now);
        let least = now + (window / 2).min(LONG / 2);
        match self.window.first_after(ladder.began.saturating_sub(window)) {
            Some(first) => least.max(first + window),
            None => now + window.min(BLIND_WAIT),
        }
    }

    /// A call was good after the gate was closed: the wait was long enough.
    fn opened(&mut self) {
        if self.ladder.refusals == 0 {
            return;
        }
        let ladder = std::mem::take(&mut self.ladder);
        let window = WINDOWS[ladder.step];
        let calls = ladder.calls;
        let again = ladder.opened_at == Some(ladder.step);
        if self.limit.is_none() && calls >= TELLING && (window >= LONG || again) {
            self.guess = Some(Guess { limit: Some(calls), known: calls, window });
        }
        self.ladder.opened_at = Some(ladder.step);
    }
}
