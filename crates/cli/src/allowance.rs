//! What is known of the quotas while calls are made, in words for whoever looks on: calls left in the
//! window, and what is being waited for until when.

use jiff::{Timestamp, Zoned, tz::TimeZone};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use totalcloud::observe::{CallEvent, WaitEvent, WaitReason};
use totalcloud_api::endpoints;

/// A wait that is worth a line where no progress is drawn.
pub const LONG_WAIT: Duration = Duration::from_secs(5);

/// The quotas by their classes.
#[derive(Debug, Default)]
pub struct Allowance {
    classes: Mutex<BTreeMap<&'static str, Class>>,
}

#[derive(Debug, Default)]
struct Class {
    /// Calls left, and calls allowed.
    left: Option<(u64, Option<u64>)>,
    /// Until when is waited, and the words for it.
    wait: Option<(Timestamp, String)>,
}

impl Allowance {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Class>> {
        self.classes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of an answer.
    pub fn called(&self, event: &CallEvent) {
        // Sign-in belongs to no quota.
        let Some(operation) = endpoints::by_id(event.operation) else { return };
        let mut classes = self.lock();
        let class = classes.entry(operation.operation().limit_class).or_default();
        class.wait = None;
        if let Some(left) = event.rate.remaining {
            let limit = event.rate.limit.or(class.left.and_then(|(_, limit)| limit));
            class.left = Some((left, limit));
        }
    }

    /// Takes note of a wait.
    pub fn waits(&self, event: &WaitEvent) {
        self.lock().entry(event.limit_class).or_default().wait = Some((event.until, waiting(event)));
    }

    /// The calls left where the fewest are, to be put behind a number of calls: ` (12 of 300 left)`.
    pub fn left(&self) -> String {
        let classes = self.lock();
        match classes.values().filter_map(|c| c.left).min_by_key(|(left, _)| *left) {
            Some((left, Some(limit))) => format!(" ({left} of {limit} left)"),
            Some((left, None)) => format!(" ({left} left)"),
            None => String::new(),
        }
    }

    /// What is waited for longest, if anything is: `; waiting …`.
    pub fn wait(&self) -> String {
        let classes = self.lock();
        let longest = classes.values().filter_map(|c| c.wait.as_ref()).max_by_key(|(at, _)| *at);
        longest.map_or_else(String::new, |(_, wait)| format!("; {wait}"))
    }
}

/// What is waited for and until when.
pub fn waiting(event: &WaitEvent) -> String {
    let until = clock(&event.until.to_zoned(TimeZone::system()), event.wait);
    match event.reason {
        WaitReason::Quota => format!("waiting until {until} for the quota of '{}' calls", event.limit_class),
        WaitReason::Progress => format!("waiting until {until} for the service to finish"),
        _ => format!("waiting until {until} before another try"),
    }
}

/// The time of a clock on the wall, with the day where that is another one.
fn clock(until: &Zoned, wait: Duration) -> String {
    let now = until.checked_sub(wait);
    let today = now.is_ok_and(|now| now.date() == until.date());
    until.strftime(if today { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_says_the_day_where_it_is_another_one() {
        let until: Zoned = "2026-01-16T00:10:00+01:00[Europe/Berlin]".parse().unwrap();
        assert_eq!(clock(&until, Duration::from_secs(300)), "00:10:00");
        assert_eq!(clock(&until, Duration::from_secs(900)), "2026-01-16 00:10:00");
    }

    #[test]
    fn the_class_with_the_fewest_calls_is_shown_and_the_longest_wait() {
        let allowance = Allowance::default();
        assert_eq!(allowance.left() + &allowance.wait(), "");
        let mut classes = allowance.lock();
        let at = |s| Timestamp::from_second(s).unwrap();
        classes
            .insert("a", Class { left: Some((7, Some(300))), wait: Some((at(5), "waiting for a".into())) });
        classes.insert("b", Class { left: Some((40, None)), wait: Some((at(9), "waiting for b".into())) });
        drop(classes);
        assert_eq!(
            (allowance.left().as_str(), allowance.wait().as_str()),
            (" (7 of 300 left)", "; waiting for b")
        );
    }
}
