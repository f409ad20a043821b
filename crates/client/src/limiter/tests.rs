//! Gates over a clock that jumps, against a quota as the service keeps it.

use super::*;
use crate::Hosts;
use crate::clock::RuntimeClock;
use jiff::Timestamp;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};

fn limiter(concurrency: usize) -> (Arc<Limiter>, Arc<dyn Clock>) {
    let clock: Arc<dyn Clock> = Arc::new(RuntimeClock::starting_at(Timestamp::UNIX_EPOCH));
    (Arc::new(Limiter::new(concurrency, Arc::clone(&clock))), clock)
}

fn rate(pairs: &[(&str, &'static str)]) -> RateHeaders {
    RateHeaders::read(|name| pairs.iter().find(|(k, _)| *k == name).map(|(_, v)| *v), Timestamp::UNIX_EPOCH)
}

const LONG: Patience = Patience { longest: Duration::from_secs(100_000), latest: None };
const NO_TIME: Duration = Duration::ZERO;

fn refusal(rate: &RateHeaders) -> Refusal<'_> {
    Refusal { rate, about: None }
}

async fn enter(l: &Limiter) -> Permit {
    l.enter("x", LONG, |_, _| {}).await.unwrap()
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_at_once_than_the_service_allows() {
    let (l, _) = limiter(8);
    enter(&l).await.answered("x", NO_TIME, &rate(&[("x-concurrency-limit-limit", "2")]));
    let most = Arc::new(AtomicUsize::new(0));
    let now = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let (l, most, now) = (Arc::clone(&l), Arc::clone(&most), Arc::clone(&now));
            tokio::spawn(async move {
                let _permit = enter(&l).await;
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(secs(1)).await;
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
    enter(&l).await.answered("x", NO_TIME, &headers("1"));
    tokio::time::sleep(secs(10)).await;
    enter(&l).await.answered("x", NO_TIME, &headers("0"));
    enter(&l).await.answered("x", NO_TIME, &headers("0"));
    assert_eq!(clock.ticks().as_secs(), 60);
    enter(&l).await.answered("x", NO_TIME, &headers("5"));
    assert_eq!(clock.ticks().as_secs(), 70);
    enter(&l).await;
    assert_eq!(clock.ticks().as_secs(), 70);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_closes_the_gate_for_all_and_other_classes_stay_open() {
    let (l, clock) = limiter(4);
    let wait = enter(&l).await.refused(&refusal(&rate(&[("retry-after", "7")])));
    assert_eq!(wait, secs(7));
    l.enter("y", LONG, |_, _| {}).await.unwrap();
    assert_eq!(clock.ticks().as_secs(), 0);
    enter(&l).await;
    assert_eq!(clock.ticks().as_secs(), 7);
}

#[tokio::test(start_paused = true)]
async fn too_long_a_wait_says_when_to_come_back() {
    let (l, _) = limiter(4);
    enter(&l).await.refused(&refusal(&rate(&[("retry-after", "3600")])));
    let patience = Patience { longest: secs(60), latest: None };
    let e = l.enter("x", patience, |_, _| {}).await.unwrap_err();
    assert_eq!((e.kind(), e.retry_after()), (ErrorKind::RateLimited, Some(secs(3_600))));
    assert!(e.to_string().contains("60 min"), "{e}");
    let patience = Patience { longest: secs(7_200), latest: Some(secs(1_800)) };
    let e = l.enter("x", patience, |_, _| {}).await.unwrap_err();
    assert_eq!((e.kind(), e.exit_code()), (ErrorKind::Deadline, 5));
}

#[tokio::test(start_paused = true)]
async fn headers_without_a_window_do_not_hang() {
    let (l, clock) = limiter(4);
    enter(&l).await.answered("x", NO_TIME, &rate(&[("x-ratelimit-remaining", "0")]));
    enter(&l).await;
    assert_eq!(clock.ticks().as_secs(), 0);
}

#[tokio::test(start_paused = true)]
async fn calls_that_the_service_never_saw_do_not_count() {
    let (l, clock) = limiter(1);
    let one =
        rate(&[("x-ratelimit-limit", "2"), ("x-ratelimit-window-sec", "60"), ("x-ratelimit-remaining", "1")]);
    enter(&l).await.answered("x", NO_TIME, &one);
    for _ in 0..5 {
        enter(&l).await.unsent();
    }
    enter(&l).await;
    assert_eq!(clock.ticks().as_secs(), 0);
    let quota = l.quota("x");
    assert_eq!((quota.limit, quota.remaining, quota.used, quota.stated), (Some(2), Some(0), Some(2), true));
    enter(&l).await;
    assert_eq!(clock.ticks().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn a_bare_refusal_while_plenty_is_left_costs_seconds() {
    let (l, clock) = limiter(4);
    let plenty = rate(&[
        ("x-ratelimit-limit", "1000000"),
        ("x-ratelimit-window-sec", "3600"),
        ("x-ratelimit-remaining", "999999"),
    ]);
    enter(&l).await.answered("x", NO_TIME, &plenty);
    enter(&l).await.refused(&refusal(&RateHeaders::default()));
    enter(&l).await.answered("x", NO_TIME, &plenty);
    assert!(clock.ticks() <= secs(2), "{:?}", clock.ticks());
    for _ in 0..100 {
        enter(&l).await.answered("x", NO_TIME, &plenty);
    }
    assert!(clock.ticks() <= secs(2), "{:?}", clock.ticks());
}

/// Which headers a service sends.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Says {
    All,
    OnRefusal,
    RetryAfter,
    Nothing,
}

/// A quota as the service keeps it: a rolling window, counted by arrival; refused calls do not count.
struct Service {
    limit: usize,
    window: Duration,
    at_once: usize,
    says: Says,
    arrivals: VecDeque<Duration>,
    running: usize,
    good: usize,
    refused: usize,
}

impl Service {
    fn new(limit: usize, window: u64, at_once: usize, says: Says) -> Arc<Mutex<Service>> {
        Arc::new(Mutex::new(Service {
            limit,
            window: secs(window),
            at_once,
            says,
            arrivals: VecDeque::new(),
            running: 0,
            good: 0,
            refused: 0,
        }))
    }

    fn arrive(&mut self, now: Duration) -> (bool, RateHeaders) {
        while self.arrivals.front().is_some_and(|at| *at + self.window <= now) {
            self.arrivals.pop_front();
        }
        let mut rate = RateHeaders::default();
        let to_wait = |s: &Service| {
            s.arrivals.front().map_or(0, |at| (*at + s.window - now).as_secs_f64().ceil() as u64)
        };
        let too_many = self.running >= self.at_once;
        let good = !too_many && self.arrivals.len() < self.limit;
        if good {
            self.arrivals.push_back(now);
            self.running += 1;
            self.good += 1;
        } else {
            self.refused += 1;
        }
        let full = self.arrivals.len() >= self.limit && !too_many;
        if self.says == Says::All || self.says == Says::OnRefusal && !good {
            rate.limit = Some(self.limit as u64);
            rate.window_secs = Some(self.window.as_secs());
            rate.remaining = Some((self.limit - self.arrivals.len()) as u64);
            rate.to_wait_secs = Some(if full { to_wait(self) } else { 0 });
            rate.concurrency = Some(self.at_once as u64);
            rate.running = Some(self.running as u64);
        }
        if self.says == Says::RetryAfter && !good && full {
            rate.retry_after = Some(secs(to_wait(self)));
        }
        (good, rate)
    }
}

const REPLY: Duration = Duration::from_millis(200);

async fn one_call(l: &Limiter, service: &Mutex<Service>, clock: &dyn Clock) {
    let patience = Patience { longest: Duration::MAX, latest: None };
    loop {
        let permit = l.enter("x", patience, |_, _| {}).await.unwrap();
        let (good, rate) = service.lock().unwrap().arrive(clock.ticks());
        tokio::time::sleep(REPLY).await;
        if good {
            service.lock().unwrap().running -= 1;
            permit.answered("x", REPLY, &rate);
            return;
        }
        permit.refused(&refusal(&rate));
    }
}

/// Makes so many calls by so many tasks. Gives the time it took.
async fn run(
    limiters: &[Arc<Limiter>],
    service: &Arc<Mutex<Service>>,
    clock: &Arc<dyn Clock>,
    calls: usize,
) -> Duration {
    let began = clock.ticks();
    let left = Arc::new(AtomicUsize::new(calls));
    let tasks: Vec<_> = (0..20)
        .map(|n| {
            let (l, service, clock, left) = (
                Arc::clone(&limiters[n % limiters.len()]),
                Arc::clone(service),
                Arc::clone(clock),
                Arc::clone(&left),
            );
            tokio::spawn(async move {
                while left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok() {
                    one_call(&l, &service, clock.as_ref()).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    clock.ticks() - began
}

/// Calls at full speed, and a whole window for every time the limit is reached.
fn ideal(calls: usize, limit: usize, window: u64, at_once: usize) -> Duration {
    let full = (calls - 1) / limit;
    let rest = calls - full * limit;
    secs(window) * u32::try_from(full).unwrap() + REPLY * u32::try_from(rest.div_ceil(at_once)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_quota_is_packed_whatever_the_service_says_of_it() {
    for (limit, window, at_once, calls) in
        [(50, 86_400, 1, 1_000), (300, 3_600, 2, 2_000), (750, 3_600, 5, 3_000), (20, 60, 2, 2_000)]
    {
        for says in [Says::All, Says::OnRefusal, Says::RetryAfter, Says::Nothing] {
            let (l, clock) = limiter(10);
            let service = Service::new(limit, window, at_once, says);
            let took = run(&[l], &service, &clock, calls).await;
            let ratio = took.as_secs_f64() / ideal(calls, limit, window, at_once).as_secs_f64();
            let refused = service.lock().unwrap().refused;
            let what = format!(
                "{limit}/{window}/{at_once} {says:?}: ratio {ratio:.4}, refused {refused} of {calls}"
            );
            assert!(ratio <= 1.05, "{what}");
            assert!(refused * 100 <= calls, "{what}");
            assert!(says != Says::All || refused == 0, "{what}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_any_quota_the_setting_is_used_to_the_full() {
    let (l, clock) = limiter(10);
    let service = Service::new(usize::MAX, 3_600, 100, Says::Nothing);
    let took = run(&[l], &service, &clock, 2_000).await;
    assert!(took <= secs(42), "{took:?}");
    assert_eq!(service.lock().unwrap().refused, 0);
}

#[tokio::test(start_paused = true)]
async fn calls_of_others_in_the_window_are_respected() {
    let (l, clock) = limiter(4);
    let service = Service::new(300, 3_600, 4, Says::All);
    // Somebody on another machine makes a call every 20 seconds.
    let (other, its_clock) = (Arc::clone(&service), Arc::clone(&clock));
    let somebody = tokio::spawn(async move {
        loop {
            let now = its_clock.ticks();
            if other.lock().unwrap().arrive(now).0 {
                other.lock().unwrap().running -= 1;
            }
            tokio::time::sleep(secs(20)).await;
        }
    });
    let before = service.lock().unwrap().refused;
    run(&[l], &service, &clock, 900).await;
    somebody.abort();
    let refused = service.lock().unwrap().refused - before;
    // Some of the refusals are those of the other.
    assert!(refused <= 700, "{refused}");
}

fn shared(dir: &std::path::Path, clock: &Arc<dyn Clock>) -> Arc<Limiter> {
    let hosts = Hosts::single("https://base.test").unwrap();
    let state = SharedState::open(dir, &hosts, "jane").unwrap();
    Arc::new(Limiter::new(10, Arc::clone(clock)).shared(Arc::new(state)))
}

#[tokio::test(start_paused = true)]
async fn two_processes_together_keep_within_the_quota() {
    for says in [Says::All, Says::OnRefusal] {
        let dir = tempfile::tempdir().unwrap();
        let (_, clock) = limiter(1);
        let service = Service::new(300, 3_600, 2, says);
        let both = [shared(dir.path(), &clock), shared(dir.path(), &clock)];
        let took = run(&both, &service, &clock, 1_500).await;
        let refused = service.lock().unwrap().refused;
        let ratio = took.as_secs_f64() / ideal(1_500, 300, 3_600, 2).as_secs_f64();
        assert!(refused <= 15, "{says:?}: {refused}");
        assert!(ratio <= 1.05, "{says:?}: {ratio}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_process_knows_what_the_last_one_used() {
    let dir = tempfile::tempdir().unwrap();
    let (_, clock) = limiter(1);
    let service = Service::new(50, 3_600, 1, Says::All);
    // Fifty processes that make one call each, and one that finds the window full.
    for _ in 0..50 {
        run(&[shared(dir.path(), &clock)], &service, &clock, 1).await;
        tokio::time::sleep(secs(10)).await;
    }
    let l = shared(dir.path(), &clock);
    let patience = Patience { longest: secs(60), latest: None };
    let e = l.enter("x", patience, |_, _| {}).await.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::RateLimited);
    let wait = e.retry_after().unwrap().as_secs();
    assert!((3_085..=3_090).contains(&wait), "{wait}");
    assert_eq!(service.lock().unwrap().refused, 0);
}
