//! The quota: a rolling window of calls and a number of calls at the same time, per class of operations or
//! for the whole subscription, and the headers that tell a client about them.

use http::header::{HeaderMap, HeaderName, HeaderValue};
use std::collections::VecDeque;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How many calls a subscription may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Quota {
    /// No refusals; the headers name numbers that are never reached.
    #[default]
    None,
    /// So many calls in a rolling window, and so many at the same time.
    Calls {
        /// Calls a window.
        calls: u64,
        /// The window.
        window: Duration,
        /// Calls at the same time.
        concurrency: u64,
    },
}

impl Quota {
    /// The tiers by name. Express and standard are documented; enterprise and premium were recalled from
    /// the same sheet and want verifying.
    pub const TIERS: [(&'static str, Quota); 4] = [
        ("express", Quota::calls(50, 86_400, 1)),
        ("standard", Quota::calls(300, 3_600, 2)),
        ("enterprise", Quota::calls(750, 3_600, 5)),
        ("premium", Quota::calls(2_000, 3_600, 10)),
    ];

    /// So many calls in so many seconds, and so many at the same time.
    pub const fn calls(calls: u64, seconds: u64, concurrency: u64) -> Quota {
        Quota::Calls { calls, window: Duration::from_secs(seconds), concurrency }
    }
}

/// A quota that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no quota; give none, express, standard, enterprise, premium or CALLS/SECONDS/CONCURRENCY such as 20/2/2"
)]
pub struct BadQuota(pub String);

impl FromStr for Quota {
    type Err = BadQuota;

    fn from_str(text: &str) -> Result<Quota, BadQuota> {
        if text == "none" {
            return Ok(Quota::None);
        }
        if let Some((_, quota)) = Quota::TIERS.iter().find(|(name, _)| *name == text) {
            return Ok(*quota);
        }
        let numbers: Option<Vec<u64>> = text.split('/').map(|n| n.parse().ok().filter(|n| *n > 0)).collect();
        match numbers.as_deref() {
            Some([calls, seconds, concurrency]) => Ok(Quota::calls(*calls, *seconds, *concurrency)),
            _ => Err(BadQuota(text.to_owned())),
        }
    }
}

/// Which calls share a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QuotaScope {
    /// The calls of one API.
    #[default]
    Api,
    /// All calls of the subscription.
    Subscription,
}

/// Which answers carry the rate limit headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RateHeaders {
    /// Every answer to a call that counts.
    #[default]
    All,
    /// None; only the login check keeps the two limits.
    None,
    /// Refusals only.
    BlockedOnly,
}

/// The status of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Refuse {
    /// 409, as the API server has it.
    #[default]
    Conflict,
    /// 429, as gateway applications have it. The API server keeps 409.
    TooManyRequests,
}

macro_rules! words {
    ($type:ident: $($word:literal => $value:ident),+) => {
        impl FromStr for $type {
            type Err = crate::config::BadWord;

            fn from_str(text: &str) -> Result<$type, Self::Err> {
                match text {
                    $($word => Ok($type::$value),)+
                    _ => Err(crate::config::BadWord { word: text.to_owned(), known: &[$($word),+] }),
                }
            }
        }
    };
}
pub(crate) use words;

words!(QuotaScope: "api" => Api, "subscription" => Subscription);
words!(RateHeaders: "all" => All, "none" => None, "blocked-only" => BlockedOnly);
words!(Refuse: "409" => Conflict, "429" => TooManyRequests);

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Too many calls at the same time; this one wins where both limits are exceeded.
    Concurrency,
    /// Too many calls in the window.
    Rate,
}

/// The state of a bucket as a call saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) limit: u64,
    pub(crate) window: u64,
    pub(crate) remaining: u64,
    pub(crate) to_wait: u64,
    pub(crate) concurrency: u64,
    pub(crate) running: u64,
}

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const WINDOW: HeaderName = HeaderName::from_static("x-ratelimit-window-sec");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const TO_WAIT: HeaderName = HeaderName::from_static("x-ratelimit-towait-sec");
const CONCURRENCY: HeaderName = HeaderName::from_static("x-concurrency-limit-limit");
const OTHER_CONCURRENCY: HeaderName = HeaderName::from_static("x-concurrencylimit-limit");
const OTHER_RUNNING: HeaderName = HeaderName::from_static("x-concurrencylimit-running");
const RUNNING: HeaderName = HeaderName::from_static("x-concurrency-limit-running");

impl Standing {
    /// All six documented headers.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        self.write_limits(headers);
        for (name, value) in [
            (WINDOW, self.window),
            (REMAINING, self.remaining),
            (TO_WAIT, self.to_wait),
            (RUNNING, self.running),
        ] {
            headers.insert(name, HeaderValue::from(value));
        }
    }

    /// Limit, window, remaining and concurrency, the latter as one page of the gateway's documentation spells
    /// it where `other` is set.
    pub(crate) fn write_spelled(&self, headers: &mut HeaderMap, other: bool) {
        let (concurrency, running) =
            if other { (OTHER_CONCURRENCY, OTHER_RUNNING) } else { (CONCURRENCY, RUNNING) };
        for (name, value) in [
            (LIMIT, self.limit),
            (WINDOW, self.window),
            (REMAINING, self.remaining),
            (concurrency, self.concurrency),
            (running, self.running),
        ] {
            headers.insert(name, HeaderValue::from(value));
        }
    }

    pub(crate) fn write_to_wait(headers: &mut HeaderMap, seconds: u64) {
        headers.insert(TO_WAIT, HeaderValue::from(seconds));
    }

    /// The two that the login check always carries.
    pub(crate) fn write_limits(&self, headers: &mut HeaderMap) {
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(CONCURRENCY, HeaderValue::from(self.concurrency));
    }
}

/// What the headers say where there is no quota. Far above what a run can use, and never falling: one client
/// warns below 10 and throws a good answer away at 0.
const UNLIMITED: (u64, u64, u64) = (1_000_000, 3_600, 1_000);

/// One quota of a class, shared by its calls.
#[derive(Debug, Default)]
struct Bucket {
    running: AtomicU64,
    /// Arrivals of the calls that were let through, oldest first, in ms. Refused calls do not count.
    window: Mutex<VecDeque<i64>>,
}

/// Counts a call as running until it is dropped, together with the answer's body.
#[derive(Debug)]
pub(crate) struct Permit(Arc<Bucket>);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// All quotas of a subscription.
#[derive(Debug)]
pub(crate) struct Limits {
    quota: Quota,
    scope: QuotaScope,
    buckets: Vec<(&'static str, Arc<Bucket>)>,
}

impl Limits {
    pub(crate) fn new(quota: Quota, scope: QuotaScope) -> Limits {
        let mut classes: Vec<&'static str> =
            totalcloud_api::endpoints::OperationId::ALL.iter().map(|id| id.operation().limit_class).collect();
        if scope == QuotaScope::Subscription {
            classes = vec![""];
        }
        classes.sort_unstable();
        classes.dedup();
        let buckets = classes.into_iter().map(|class| (class, Arc::default())).collect();
        Limits { quota, scope, buckets }
    }

    /// How things stand at a refusal that is made up: by the quota, or by the documented one where there is
    /// none.
    pub(crate) fn at_refusal(&self, refusal: Refusal) -> Standing {
        let quota = if self.quota == Quota::None { Quota::TIERS[1].1 } else { self.quota };
        let (calls, window, concurrency) = match quota {
            Quota::Calls { calls, window, concurrency } => (calls, window.as_secs(), concurrency),
            Quota::None => UNLIMITED,
        };
        let (remaining, running) = match refusal {
            Refusal::Rate => (0, 0),
            Refusal::Concurrency => (calls / 2, concurrency),
        };
        Standing { limit: calls, window, remaining, to_wait: 0, concurrency, running }
    }

    fn bucket(&self, class: &'static str) -> &Arc<Bucket> {
        let class = if self.scope == QuotaScope::Subscription { "" } else { class };
        // Every class of every operation was put in at the start.
        let found = self.buckets.iter().find(|(name, _)| *name == class);
        &found.unwrap_or(&self.buckets[0]).1
    }

    /// Lets a call in or refuses it, and says how things stand after that.
    pub(crate) fn enter(&self, class: &'static str, now: i64) -> (Standing, Result<Permit, Refusal>) {
        let bucket = self.bucket(class);
        let running = bucket.running.fetch_add(1, Ordering::SeqCst) + 1;
        // From here on a refusal gives the place back by dropping the permit.
        let permit = Permit(Arc::clone(bucket));
        let Quota::Calls { calls, window, concurrency } = self.quota else {
            let (limit, window, concurrency) = UNLIMITED;
            let standing = Standing { limit, window, remaining: limit - 1, to_wait: 0, concurrency, running };
            return (standing, Ok(permit));
        };
        let length = i64::try_from(window.as_millis()).unwrap_or(i64::MAX);
        let mut arrivals = bucket.window.lock().unwrap_or_else(|e| e.into_inner());
        while arrivals.front().is_some_and(|at| now.saturating_sub(*at) >= length) {
            arrivals.pop_front();
        }
        let used = arrivals.len() as u64;
        let wait = |oldest: Option<&i64>| {
            let ms = oldest.map_or(0, |at| (at + length).saturating_sub(now).max(0));
            ms.unsigned_abs().div_ceil(1000)
        };
        let mut standing = Standing {
            limit: calls,
            window: window.as_secs(),
            remaining: calls.saturating_sub(used),
            to_wait: 0,
            concurrency,
            running,
        };
        if running > concurrency {
            standing.running = running - 1;
            return (standing, Err(Refusal::Concurrency));
        }
        if used >= calls {
            standing.running = running - 1;
            standing.to_wait = wait(arrivals.front());
            return (standing, Err(Refusal::Rate));
        }
        arrivals.push_back(now);
        standing.remaining = calls - used - 1;
        if standing.remaining == 0 {
            standing.to_wait = wait(arrivals.front());
        }
        (standing, Ok(permit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_read_by_name_and_by_numbers() {
        assert_eq!("none".parse(), Ok(Quota::None));
        assert_eq!("standard".parse(), Ok(Quota::calls(300, 3600, 2)));
        assert_eq!("20/2/3".parse(), Ok(Quota::calls(20, 2, 3)));
        for bad in ["", "20/2", "0/2/3", "20/2/x", "Standard"] {
            assert!(bad.parse::<Quota>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_window_rolls_with_each_call() {
        let limits = Limits::new(Quota::calls(2, 10, 5), QuotaScope::Api);
        let (standing, first) = limits.enter("resource", 1_000);
        assert!(first.is_ok());
        assert_eq!((standing.remaining, standing.to_wait), (1, 0));
        let (standing, _second) = limits.enter("resource", 4_000);
        assert_eq!((standing.remaining, standing.to_wait), (0, 7));
        let (standing, third) = limits.enter("resource", 4_500);
        assert_eq!(third.unwrap_err(), Refusal::Rate);
        assert_eq!(standing.to_wait, 7, "the rest of a second counts as a whole one");
        assert!(limits.enter("controls", 4_500).1.is_ok(), "another class has its own window");
        assert!(limits.enter("resource", 10_999).1.is_err());
        let (standing, again) = limits.enter("resource", 11_000);
        assert!(again.is_ok());
        assert_eq!(standing.to_wait, 3, "until the second call leaves the window");
        assert!(
            limits.enter("resource", 13_999).1.is_err(),
            "refused calls did not count, accepted ones did"
        );
        assert!(limits.enter("resource", 14_000).1.is_ok());
    }

    #[test]
    fn one_subscription_can_share_one_window() {
        let limits = Limits::new(Quota::calls(1, 10, 5), QuotaScope::Subscription);
        assert!(limits.enter("resource", 0).1.is_ok());
        assert_eq!(limits.enter("controls", 0).1.unwrap_err(), Refusal::Rate);
    }

    #[test]
    fn the_concurrency_error_wins_and_a_place_is_given_back() {
        let limits = Limits::new(Quota::calls(1, 10, 1), QuotaScope::Api);
        let (standing, held) = limits.enter("resource", 0);
        assert_eq!(standing.running, 1);
        let (standing, refused) = limits.enter("resource", 0);
        assert_eq!(refused.unwrap_err(), Refusal::Concurrency);
        assert_eq!(standing.running, 1);
        drop(held);
        assert_eq!(limits.enter("resource", 0).1.unwrap_err(), Refusal::Rate);
    }

    #[test]
    fn without_a_quota_the_numbers_never_come_near_zero() {
        let limits = Limits::new(Quota::None, QuotaScope::Api);
        for _ in 0..100 {
            let (standing, permit) = limits.enter("resource", 0);
            assert!(permit.is_ok());
            assert!(standing.remaining >= 10);
        }
    }
}
