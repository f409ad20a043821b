//! Whatever passes costs time and no row; whatever stays is told.
#![allow(clippy::unwrap_used)]

use futures_util::TryStreamExt as _;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::time::Duration;
use totalcloud::api::Provider;
use totalcloud::api::endpoints::resources::ListResources;
use totalcloud::{Error, PageOptions, RetryPolicy};
use totalcloud_testkit::{client_of, in_process};

const ROWS: u64 = 300;
const PAGE: u32 = 5;

/// What passes, and on how many calls on end.
const PASSING: [(&str, u64); 21] = [
    ("reset", 4),
    ("reset-body", 4),
    ("cut", 4),
    ("stall", 2),
    ("stall-body", 3),
    ("delay:1500", 4),
    ("drip:2000", 2),
    ("down:300", 1),
    ("status:500", 4),
    ("status:502", 4),
    ("status:503", 4),
    ("status:504", 4),
    ("status:503+retry-after=7", 4),
    ("refuse:429", 3),
    ("refuse:429+retry-after=9", 4),
    ("refuse:429+retry-date=9", 4),
    ("refuse:409-rate+limits+to-wait=5", 4),
    ("refuse:409-concurrency+limits", 4),
    ("error-in-200", 4),
    ("html", 1),
    ("doubled", 1),
];

/// What is no listing at all mostly stays so: a call that has failed before is not tried again for these.
const BARELY: usize = PASSING.len() - 2;

/// What stays.
const STAYING: [&str; 18] = [
    "reset",
    "reset-body",
    "cut",
    "stall",
    "stall-body",
    "drip:1",
    "down",
    "status:500",
    "status:503",
    "status:403",
    "refuse:429",
    "refuse:429+retry-after=9",
    "refuse:409-rate+limits+to-wait=5",
    "conflict",
    "error-in-200",
    "html",
    "doubled",
    "total:+7",
];

struct Listing {
    rows: Vec<String>,
    took: Duration,
    error: Option<Error>,
    complete: bool,
}

/// Reads a listing of the simulator that has these faults.
fn list(faults: &[String], seed: u64, policy: RetryPolicy) -> Listing {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let sim = in_process(|config| {
            config.world.rows.push((Provider::Aws, "EBS".to_owned(), ROWS));
            config.latency = Duration::from_millis(50);
            config.faults = faults.iter().map(|f| f.parse().unwrap()).collect();
        });
        let client = client_of(&sim).random_seed(seed).retry(policy).build().unwrap();
        let began = tokio::time::Instant::now();
        let request = client.request(&ListResources::new("EBS", Provider::Aws)).unwrap();
        let mut pages = client.pages(request, PageOptions::default().page_size(PAGE)).unwrap();
        let (mut rows, mut error) = (Vec::new(), None);
        loop {
            match pages.try_next().await {
                Ok(Some(page)) => {
                    rows.extend(page.rows.iter().map(|row| String::from_utf8(row.to_vec()).unwrap()));
                }
                Ok(None) => break,
                Err(e) => error = Some(e),
            }
        }
        Listing { rows, took: began.elapsed(), error, complete: pages.report().is_complete() }
    })
}

fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn any_schedule_of_passing_faults_gives_the_rows_of_none() {
    let whole = list(&[], 1, RetryPolicy::default());
    assert_eq!((whole.rows.len() as u64, whole.complete), (ROWS, true));
    // Each fault in a stretch of calls of its own. One call may still meet several, while others wait, so that
    // it needs more tries than usual.
    let patient = RetryPolicy::default().attempts(24).throttled_attempts(24);
    let fault = (0..PASSING.len(), 0u64..6, 1u64..=4);
    let schedule = (prop::collection::vec(fault, 1..6), any::<u64>());
    runner(60)
        .run(&schedule, |(mut faults, seed)| {
            let mut specs = Vec::new();
            faults.sort_by_key(|(which, ..)| std::cmp::Reverse(*which >= BARELY));
            let barely = faults.iter().filter(|(which, ..)| *which >= BARELY).count();
            faults.drain(..barely.saturating_sub(1));
            for (stretch, (which, at, long)) in (0u64..).zip(faults) {
                let (act, most) = PASSING[which];
                let from = 1 + stretch * 14 + at;
                specs.push(format!("op=resources.list,nth={from}..{},do={act}", from + long.min(most) - 1));
            }
            let got = list(&specs, seed, patient);
            prop_assert!(got.error.is_none(), "{specs:?}: {}", got.error.unwrap());
            prop_assert!(got.complete, "{:?}", specs);
            prop_assert!(got.rows == whole.rows, "{:?}: {} rows", specs, got.rows.len());
            prop_assert!(got.took <= Duration::from_secs(3_600), "{:?}: {:?}", specs, got.took);
            Ok(())
        })
        .unwrap();
}

#[test]
fn any_fault_that_stays_is_an_error_in_bounded_time_and_never_a_quiet_success() {
    let whole = list(&[], 1, RetryPolicy::default());
    let fault = (0..STAYING.len(), 1u64..50, any::<u64>());
    runner(60)
        .run(&fault, |(which, from, seed)| {
            let spec = format!("op=resources.list,nth={from}..,do={}", STAYING[which]);
            let got = list(std::slice::from_ref(&spec), seed, RetryPolicy::default());
            prop_assert!(got.error.is_some(), "{spec}: {} rows and no error", got.rows.len());
            prop_assert!(!got.complete, "{spec}: said to be complete");
            let beginning =
                got.rows.len() <= whole.rows.len() && got.rows[..] == whole.rows[..got.rows.len()];
            prop_assert!(beginning, "{spec}: what came is not the beginning of what is there");
            prop_assert!(got.took <= Duration::from_secs(2 * 3_600), "{spec}: {:?}", got.took);
            Ok(())
        })
        .unwrap();
}
