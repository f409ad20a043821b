//! How many calls may be in flight: up while answers come, down when one is refused for it or when answers
//! get clearly slower.

use std::collections::HashMap;
use std::time::Duration;

/// A call may be risked that is perhaps refused as long as not more than one in so many was.
const REFUSED_AT_MOST: u64 = 200;

/// Answers after a refusal before one more call at a time is tried again; doubled with each failure.
const PATIENCE: u64 = 200;

/// Slower than usual by less than this is not told from chance.
const CLEARLY: Duration = Duration::from_millis(100);

/// Answers before a speed is believed.
const ENOUGH: u32 = 8;

/// How many calls may be in flight.
#[derive(Debug)]
pub(super) struct Adapt {
    /// The client's own setting.
    own: usize,
    /// What the service says.
    stated: Option<usize>,
    /// Processes that share what the service says.
    sharing: usize,
    /// What was found out by refusals.
    ceiling: Option<usize>,
    allowed: usize,
    doubling: bool,
    answers: u64,
    refused: u64,
    since_change: u64,
    since_ceiling: u64,
    patience: u64,
    /// What was in force before the last refusal that nothing explained.
    before: Option<Before>,
    speeds: HashMap<&'static str, Speed>,
}

#[derive(Debug, Clone, Copy)]
struct Before {
    ceiling: Option<usize>,
    allowed: usize,
    answers: u64,
}

#[derive(Debug, Clone, Copy)]
struct Speed {
    floor: f64,
    recent: f64,
    seen: u32,
}

impl Adapt {
    pub(super) fn new(own: usize) -> Adapt {
        Adapt {
            own: own.max(1),
            stated: None,
            sharing: 1,
            ceiling: None,
            // Nothing is known before the first answer.
            allowed: 1,
            doubling: true,
            answers: 0,
            refused: 0,
            since_change: 0,
            since_ceiling: 0,
            patience: PATIENCE,
            before: None,
            speeds: HashMap::new(),
        }
    }

    pub(super) fn allowed(&self) -> usize {
        self.allowed
    }

    pub(super) fn stated(&self) -> Option<usize> {
        self.stated
    }

    /// What the service says, or what was found out.
    pub(super) fn found(&self) -> Option<usize> {
        self.stated.or(self.ceiling)
    }

    fn granted(&self) -> usize {
        self.stated.map_or(self.own, |n| (n / self.sharing).clamp(1, self.own))
    }

    fn bound(&self) -> usize {
        self.ceiling.map_or(usize::MAX, |n| n.max(1)).min(self.granted())
    }

    /// Whether so few calls were refused that one more may be.
    pub(super) fn may_risk(&self) -> bool {
        self.refused * REFUSED_AT_MOST <= self.answers
    }

    /// The service says how many calls it allows at the same time.
    pub(super) fn state(&mut self, calls: u64) {
        let calls = usize::try_from(calls).unwrap_or(usize::MAX).max(1);
        if self.stated.replace(calls) != Some(calls) {
            self.ceiling = None;
            self.before = None;
            self.allowed = self.bound();
            self.doubling = false;
        }
    }

    /// So many processes share the calls at the same time.
    pub(super) fn share(&mut self, processes: usize) {
        let processes = processes.max(1);
        if std::mem::replace(&mut self.sharing, processes) != processes && self.stated.is_some() {
            self.allowed = if processes == 1 { self.bound() } else { self.allowed.min(self.bound()) };
        }
    }

    /// What another run found out without a word of the service.
    pub(super) fn recall(&mut self, calls: usize) {
        if self.stated.is_none() && self.ceiling.is_none() && self.answers == 0 {
            self.ceiling = Some(calls.max(1));
            self.allowed = self.bound();
            self.doubling = false;
        }
    }

    /// An answer came while `running` calls were in flight, itself included.
    pub(super) fn answered(&mut self, what: &'static str, took: Duration, running: usize) {
        self.answers += 1;
        self.since_change += 1;
        self.since_ceiling += 1;
        if self.before.is_some_and(|b| self.answers > b.answers + b.allowed as u64) {
            // Calls went well for a while with fewer at a time, so that was it.
            self.before = None;
        }
        match self.pace(what, took) {
            Pace::MuchSlower if self.allowed > 1 && self.since_change >= 2 * self.allowed as u64 => {
                self.allowed = (self.allowed * 3 / 4).max(1);
                self.since_change = 0;
                self.doubling = false;
                return;
            }
            Pace::AsUsual => {}
            _ => return,
        }
        // What is not used to the full needs no more.
        if running < self.allowed {
            return;
        }
        if self.allowed < self.bound() {
            if self.doubling || self.since_change >= self.allowed as u64 {
                self.allowed += 1;
                self.since_change = 0;
            }
        } else if let Some(ceiling) = self.ceiling
            && ceiling < self.granted()
            && self.since_ceiling >= self.patience
            && self.may_risk()
        {
            self.ceiling = Some(ceiling + 1);
            self.allowed = self.bound();
            self.since_ceiling = 0;
        }
    }

    fn pace(&mut self, what: &'static str, took: Duration) -> Pace {
        let took = took.as_secs_f64();
        let speed = self.speeds.entry(what).or_insert(Speed { floor: took, recent: took, seen: 0 });
        speed.seen = speed.seen.saturating_add(1);
        speed.recent += (took - speed.recent) / 5.0;
        // What stays slow with one call at a time is the usual, and our calls are not the reason.
        let slowly = if self.allowed == 1 { 20.0 } else { 5_000.0 };
        speed.floor = took.min(speed.floor + (speed.recent - speed.floor).max(0.0) / slowly);
        let by = speed.recent - speed.floor;
        if speed.seen < ENOUGH || by < CLEARLY.as_secs_f64() {
            Pace::AsUsual
        } else if speed.recent > 3.0 * speed.floor {
            Pace::MuchSlower
        } else if speed.recent > 2.0 * speed.floor {
            Pace::Slower
        } else {
            Pace::AsUsual
        }
    }

    /// How long answers take, as far as is known.
    pub(super) fn usual(&self) -> Duration {
        let slowest = self.speeds.values().map(|s| s.recent).fold(0.0, f64::max);
        Duration::try_from_secs_f64(slowest).unwrap_or_default()
    }

    /// A call was refused, whatever for.
    pub(super) fn count_refusal(&mut self) {
        self.refused += 1;
    }

    /// A call was refused because of the `others` in flight. `sure` is false where that is only likely.
    pub(super) fn too_many(&mut self, others: usize, sure: bool) {
        if !sure && self.before.is_none() {
            self.before =
                Some(Before { ceiling: self.ceiling, allowed: self.allowed, answers: self.answers });
        }
        let ceiling = others.max(1);
        if self.ceiling.is_some_and(|old| old > ceiling) {
            self.patience = self.patience.saturating_mul(2);
        }
        self.ceiling = Some(self.ceiling.map_or(ceiling, |old| old.min(ceiling)));
        self.allowed = self.allowed.min(self.bound());
        self.doubling = false;
        self.since_change = 0;
        self.since_ceiling = 0;
    }

    /// The refusals since the last answers were for another reason.
    pub(super) fn not_too_many(&mut self) {
        if let Some(before) = self.before.take() {
            self.ceiling = before.ceiling;
            self.allowed = before.allowed.min(self.bound());
        }
    }
}

enum Pace {
    AsUsual,
    Slower,
    MuchSlower,
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAST: Duration = Duration::from_millis(200);

    fn answers(a: &mut Adapt, n: usize, took: Duration) {
        for _ in 0..n {
            let running = a.allowed();
            a.answered("x", took, running);
        }
    }

    #[test]
    fn it_begins_with_one_and_grows_to_the_setting() {
        let mut a = Adapt::new(10);
        assert_eq!(a.allowed(), 1);
        answers(&mut a, 9, FAST);
        assert_eq!(a.allowed(), 10);
        answers(&mut a, 100, FAST);
        assert_eq!(a.allowed(), 10);
    }

    #[test]
    fn the_word_of_the_service_counts_at_once_and_never_above_the_setting() {
        let mut a = Adapt::new(4);
        a.state(100);
        assert_eq!(a.allowed(), 4);
        a.state(2);
        assert_eq!(a.allowed(), 2);
        answers(&mut a, 1_000, FAST);
        assert_eq!(a.allowed(), 2);
        a.share(2);
        assert_eq!(a.allowed(), 1);
        a.share(1);
        assert_eq!(a.allowed(), 2);
    }

    #[test]
    fn a_refusal_finds_the_bound_and_more_is_tried_seldom() {
        let mut a = Adapt::new(8);
        let (mut refused, mut sent) = (0, 0);
        while sent < 10_000 {
            sent += 1;
            if a.allowed() > 2 {
                refused += 1;
                a.count_refusal();
                a.too_many(2, false);
            } else {
                let running = a.allowed();
                a.answered("x", FAST, running);
            }
        }
        assert_eq!(a.allowed(), 2);
        assert!((2..20).contains(&refused), "{refused}");
    }

    #[test]
    fn refusals_that_had_another_reason_leave_the_bound_as_it_was() {
        let mut a = Adapt::new(4);
        answers(&mut a, 50, FAST);
        for others in [3, 2, 1] {
            a.too_many(others, false);
        }
        assert_eq!(a.allowed(), 1);
        a.not_too_many();
        assert_eq!(a.allowed(), 4);
    }

    #[test]
    fn answers_that_get_slower_with_more_calls_at_once_take_it_back() {
        let mut a = Adapt::new(64);
        let mut most = 0;
        for _ in 0..2_000 {
            let running = a.allowed();
            most = most.max(running);
            // Beyond four at a time they queue up.
            let took = FAST * u32::try_from(running.max(4)).unwrap() / 4;
            a.answered("x", took, running);
        }
        assert!((3..=16).contains(&a.allowed()), "{}", a.allowed());
        assert!(most <= 32, "{most}");
    }

    #[test]
    fn what_stays_slow_is_the_usual_after_a_while() {
        let mut a = Adapt::new(4);
        answers(&mut a, 100, FAST);
        let mut least = a.allowed();
        for _ in 0..30 {
            answers(&mut a, 1, FAST * 10);
            least = least.min(a.allowed());
        }
        assert_eq!(least, 1);
        answers(&mut a, 1_000, FAST * 10);
        assert_eq!(a.allowed(), 4);
    }
}
