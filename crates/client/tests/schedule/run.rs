//! Runs of many calls under a quota, client and simulator in one process on one paused clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use totalcloud::api::Provider;
use totalcloud::api::endpoints::connectors::ListConnectors;
use totalcloud::transport::{MemoryTransport, Transport};
use totalcloud::{Client, RetryPolicy};
use totalcloud_testkit::service::{InProcess, Quota, RateHeaders, Refuse};
use totalcloud_testkit::{InProcessTransport, client_of, in_process};

/// How long the service takes for an answer.
const REPLY: Duration = Duration::from_millis(200);

/// A quota with enough calls to fill several of its windows.
pub(crate) struct Case {
    pub(crate) quota: &'static str,
    calls: usize,
    /// Calls at the same time, at most: the client's own setting.
    at_once: usize,
}

pub(crate) const CASES: [Case; 4] = [
    Case { quota: "express", calls: 1_000, at_once: 10 },
    Case { quota: "standard", calls: 2_000, at_once: 10 },
    Case { quota: "enterprise", calls: 4_000, at_once: 10 },
    Case { quota: "none", calls: 2_000, at_once: 10 },
];

pub(crate) const HEADERS: [(&str, RateHeaders); 3] = [
    ("all answers", RateHeaders::All),
    ("refusals only", RateHeaders::BlockedOnly),
    ("none", RateHeaders::None),
];

/// What became of a run.
pub(crate) struct Outcome {
    pub(crate) calls: usize,
    pub(crate) refused: usize,
    pub(crate) ideal: Duration,
    pub(crate) actual: Duration,
}

impl Outcome {
    pub(crate) fn ratio(&self) -> f64 {
        self.actual.as_secs_f64() / self.ideal.as_secs_f64()
    }
}

/// Makes the calls of a case, and counts by the journal of the simulator.
pub(crate) async fn run(case: &Case, headers: RateHeaders) -> Outcome {
    let quota: Quota = case.quota.parse().unwrap_or_else(|e| panic!("{e}"));
    let sim = in_process(|config| {
        config.quota = quota;
        config.headers = headers;
        config.latency = REPLY;
        if headers == RateHeaders::None {
            // A 409 without a header is a conflict.
            config.refuse = Refuse::TooManyRequests;
        }
    });
    let weeks = Duration::from_secs(60 * 86_400);
    let client = client_of(&sim)
        .transport(Arc::new(silent(&sim, headers == RateHeaders::None)))
        .concurrency(case.at_once)
        .retry(RetryPolicy::default().max_wait(weeks))
        .build()
        .unwrap_or_else(|e| panic!("{e}"));
    let began = tokio::time::Instant::now();
    let left = Arc::new(AtomicUsize::new(case.calls));
    let tasks: Vec<_> =
        (0..2 * case.at_once).map(|_| tokio::spawn(work(client.clone(), Arc::clone(&left)))).collect();
    for task in tasks {
        task.await.unwrap_or_else(|e| panic!("{e}"));
    }
    let actual = began.elapsed();
    let journal = sim.journal();
    let good = journal.of("connectors.list").filter(|r| r.status == 200).count();
    assert_eq!(good, case.calls, "every call has its answer");
    let refused = journal.of("connectors.list").count() - good;
    Outcome { calls: case.calls, refused, ideal: ideal(case, quota), actual }
}

/// Calls as long as there are any left to make.
async fn work(client: Client, left: Arc<AtomicUsize>) {
    let call = ListConnectors::new(Provider::Aws).page_no(0u32).page_size(1u32);
    while left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok() {
        client.call(&call).await.unwrap_or_else(|e| panic!("{e}"));
    }
}

/// The way to the simulator. A service without headers says nothing in its bodies either.
fn silent(sim: &InProcess, silent: bool) -> impl Transport + use<> {
    let way = Arc::new(InProcessTransport::new(sim));
    MemoryTransport::new(move |request| {
        let way = Arc::clone(&way);
        async move {
            let mut answer = way.send(request).await?;
            if silent && answer.status() == 429 {
                *answer.body_mut() = Default::default();
            }
            Ok(answer)
        }
    })
}

/// A whole window for every time the quota is used up, and the rest at full speed.
fn ideal(case: &Case, quota: Quota) -> Duration {
    let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let (waits, rest, at_once) = match quota {
        Quota::Calls { calls, window, concurrency } => {
            let full = (case.calls - 1) / count(calls);
            (
                window * u32::try_from(full).unwrap_or(u32::MAX),
                case.calls - full * count(calls),
                count(concurrency),
            )
        }
        Quota::None => (Duration::ZERO, case.calls, case.at_once),
    };
    let rounds = rest.div_ceil(at_once.min(case.at_once));
    waits + REPLY * u32::try_from(rounds).unwrap_or(u32::MAX)
}
