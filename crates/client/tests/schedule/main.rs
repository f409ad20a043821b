//! The time that a quota forces is hardly exceeded, and hardly a call is refused.
#![allow(clippy::unwrap_used)]

mod run;

use run::{CASES, HEADERS, run};

#[tokio::test(start_paused = true)]
async fn every_quota_is_packed_with_and_without_headers() {
    for case in &CASES {
        for (name, headers) in HEADERS {
            let outcome = run(case, headers).await;
            let what = format!(
                "{}, headers: {name}: {} of {} refused, {:?} of {:?}",
                case.quota, outcome.refused, outcome.calls, outcome.actual, outcome.ideal
            );
            assert!(outcome.ratio() <= 1.05, "{what}");
            assert!(outcome.refused * 100 <= outcome.calls, "{what}");
            assert!(outcome.ratio() > 0.999, "faster than the quota allows: {what}");
        }
    }
}
