//! The calls of a rolling window: those of this client with the times between which they arrived at the
//! service, and those that other processes are known to have made.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Calls remembered at most. Above this the quota is learned from what the service says alone.
const REMEMBERED: usize = 8_192;

/// How much earlier than its noted time a call of another process may have arrived.
const OTHERS_EARLIER: Duration = Duration::from_secs(2);

/// Which call it is, in the order of sending.
pub(super) type CallId = u64;

#[derive(Debug, Clone, Copy)]
struct Done {
    sent: Duration,
    answered: Duration,
}

/// Calls in the order in which they leave the window.
#[derive(Debug, Default)]
pub(super) struct Window {
    next: CallId,
    running: BTreeMap<CallId, Duration>,
    done: VecDeque<Done>,
    /// Calls of other processes: when, and how many.
    others: Vec<(Duration, u64)>,
}

impl Window {
    /// Notes that a call is let through.
    pub(super) fn begin(&mut self, now: Duration) -> CallId {
        self.next += 1;
        self.running.insert(self.next, now);
        self.next
    }

    /// Notes the end of a call. One that the service has not seen, or has refused, does not count.
    pub(super) fn end(&mut self, id: CallId, now: Duration, counts: bool) {
        let Some(sent) = self.running.remove(&id) else { return };
        if !counts {
            return;
        }
        if self.done.len() == REMEMBERED {
            self.done.pop_front();
        }
        self.done.push_back(Done { sent, answered: now });
    }

    /// Calls in flight.
    pub(super) fn running(&self) -> usize {
        self.running.len()
    }

    /// When a call in flight was sent.
    pub(super) fn sent(&self, id: CallId) -> Option<Duration> {
        self.running.get(&id).copied()
    }

    /// Forgets what has left the window.
    pub(super) fn prune(&mut self, now: Duration, window: Duration) {
        while self.done.front().is_some_and(|d| d.answered + window <= now) {
            self.done.pop_front();
        }
        self.others.retain(|(at, _)| *at + window > now);
    }

    /// Calls that count at a time, as far as they are known: a call counts until a whole window after its
    /// answer, because it arrived before that.
    pub(super) fn held(&self, now: Duration, window: Duration) -> u64 {
        let done = self.done.len() - self.done.partition_point(|d| d.answered + window <= now);
        let others: u64 = self.others.iter().filter(|(at, _)| *at + window > now).map(|(_, n)| n).sum();
        done as u64 + others + self.running.len() as u64
    }

    /// The least and the most of the known calls that the service can have counted when a call arrived that
    /// was sent at one time and answered at another.
    pub(super) fn counted(&self, sent: Duration, answered: Duration, window: Duration) -> (u64, u64) {
        let mut least = 1;
        let mut most = self.running.len() as u64;
        for d in &self.done {
            least += u64::from(d.answered <= sent && d.sent + window > answered);
            most += u64::from(d.answered + window > sent);
        }
        for (at, n) in &self.others {
            if *at <= sent && at.saturating_sub(OTHERS_EARLIER) + window > answered {
                least += n;
            }
            if *at + window > sent {
                most += n;
            }
        }
        (least, most.max(1))
    }

    /// When so many of the calls that are known and answered have left the window.
    pub(super) fn leaves(&self, calls: u64, window: Duration) -> Option<Duration> {
        let (mut done, mut others) = (self.done.iter().peekable(), self.others.iter().peekable());
        let mut left = calls;
        loop {
            let own_first = match (done.peek(), others.peek()) {
                (Some(d), Some((at, _))) => d.answered <= *at,
                (d, _) => d.is_some(),
            };
            let (at, n) = if own_first {
                (done.next()?.answered, 1)
            } else {
                others.next().map(|(at, n)| (*at, *n))?
            };
            if n >= left {
                return Some(at + window);
            }
            left -= n;
        }
    }

    /// Calls that were answered after one time, until another.
    pub(super) fn between(&self, after: Duration, until: Duration) -> u64 {
        let within = |at: Duration| at > after && at <= until;
        let done = self.done.iter().filter(|d| within(d.answered)).count() as u64;
        done + self.others.iter().filter(|(at, _)| within(*at)).map(|(_, n)| n).sum::<u64>()
    }

    /// The first call that was answered after a time.
    pub(super) fn first_after(&self, after: Duration) -> Option<Duration> {
        let done = self.done.iter().map(|d| d.answered).find(|at| *at > after);
        let other = self.others.iter().map(|(at, _)| *at).find(|at| *at > after);
        match (done, other) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// When the calls of this client were answered; those in flight count as answered after `usual`.
    pub(super) fn own(&self, usual: Duration) -> Vec<Duration> {
        let running = self.running.values().map(|sent| *sent + usual);
        let mut all: Vec<Duration> = self.done.iter().map(|d| d.answered).chain(running).collect();
        all.sort_unstable();
        all
    }

    /// Takes in what other processes are known to have called, in order of time.
    pub(super) fn set_others(&mut self, others: Vec<(Duration, u64)>) {
        self.others = others;
    }

    /// Forgets the calls of this client that were answered until then: they count among the others now.
    pub(super) fn hand_over(&mut self, until: Duration) {
        while self.done.front().is_some_and(|d| d.answered <= until) {
            self.done.pop_front();
        }
    }

    /// The last call that was let through.
    pub(super) fn last(&self) -> CallId {
        self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn a_call_counts_from_its_sending_until_a_window_after_its_answer() {
        let mut w = Window::default();
        let a = w.begin(secs(0));
        let b = w.begin(secs(1));
        assert_eq!(w.held(secs(1), secs(10)), 2);
        w.end(a, secs(2), true);
        w.end(b, secs(3), false);
        assert_eq!((w.held(secs(11), secs(10)), w.held(secs(12), secs(10))), (1, 0));
        assert_eq!(w.leaves(1, secs(10)), Some(secs(12)));
        assert_eq!(w.leaves(2, secs(10)), None);
    }

    #[test]
    fn own_calls_and_those_of_others_leave_in_the_order_of_their_times() {
        let mut w = Window::default();
        for at in [1, 4, 6] {
            let id = w.begin(secs(at));
            w.end(id, secs(at), true);
        }
        w.set_others(vec![(secs(2), 2), (secs(6), 1)]);
        let leaves: Vec<_> = (1..=7).map(|k| w.leaves(k, secs(10)).map(|d| d.as_secs())).collect();
        assert_eq!(leaves, [Some(11), Some(12), Some(12), Some(14), Some(16), Some(16), None]);
        assert_eq!(w.between(secs(1), secs(4)), 3);
        assert_eq!(w.first_after(secs(1)), Some(secs(2)));
        w.prune(secs(12), secs(10));
        assert_eq!(w.held(secs(12), secs(10)), 3);
    }

    #[test]
    fn what_the_service_can_have_counted_lies_between_two_bounds() {
        let mut w = Window::default();
        let a = w.begin(secs(0));
        w.end(a, secs(1), true);
        let b = w.begin(secs(2));
        let c = w.begin(secs(2));
        w.end(b, secs(4), true);
        // The first certainly, itself, and the one in flight beside it perhaps.
        assert_eq!(w.counted(secs(2), secs(4), secs(100)), (2, 3));
        w.end(c, secs(5), true);
        assert_eq!(w.counted(secs(101), secs(102), secs(100)), (1, 2), "those who leave meanwhile may count");
    }
}
