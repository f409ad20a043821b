//! Client and simulator in one process on one paused clock.
#![allow(clippy::unwrap_used)]

use futures_util::TryStreamExt as _;
use std::time::Duration;
use totalcloud::api::Provider;
use totalcloud::api::endpoints::resources::{ListResources, ListResourcesV2};
use totalcloud::{Credentials, PageOptions, RetryPolicy};
use totalcloud_testkit::{client_of, in_process};

#[tokio::test(start_paused = true)]
async fn a_listing_under_the_standard_quota_takes_the_time_that_the_quota_forces() {
    let sim = in_process(|config| {
        config.world.rows.push((Provider::Aws, "EBS".to_owned(), 8_000));
        config.quota = "standard".parse().unwrap();
        config.latency = Duration::from_millis(200);
    });
    // More than an hour may be waited for.
    let (username, password) = sim.login();
    let hours = Duration::from_secs(4 * 3_600);
    let client = client_of(&sim)
        .credentials(Credentials::gateway(username, password))
        .retry(RetryPolicy::default().max_wait(hours).total(hours))
        .build()
        .unwrap();
    let began = tokio::time::Instant::now();
    let request = client.request(&ListResources::new("EBS", Provider::Aws)).unwrap();
    let mut pages = client.pages(request, PageOptions::default().page_size(20)).unwrap();
    let mut rows = 0;
    while let Some(page) = pages.try_next().await.unwrap() {
        rows += page.rows.len();
    }
    let took = began.elapsed();
    assert_eq!(rows, 8_000);
    // 400 calls, two at a time: 300 of them in the first window of an hour, 100 in the next.
    let journal = sim.journal();
    let good = journal.of("resources.list").filter(|r| r.status == 200).count();
    assert_eq!(good, 400);
    let refused = journal.of("resources.list").filter(|r| r.status != 200).count();
    assert!(refused <= 4, "{refused} calls were refused");
    assert!((3_600..3_650).contains(&took.as_secs()), "{took:?}");
    let entry = journal.of("resources.list").find(|r| r.status == 200).unwrap();
    assert_eq!(entry.ms, 200.0, "latency is time of the same clock");
}

#[tokio::test(start_paused = true)]
async fn the_newer_inventory_list_is_read_to_its_total() {
    let sim = in_process(|config| config.world.rows.push((Provider::Aws, "EBS".to_owned(), 250)));
    let client = client_of(&sim).build().unwrap();
    let request = client.request(&ListResourcesV2::new("EBS", Provider::Aws)).unwrap();
    let mut pages = client.pages(request, PageOptions::default()).unwrap();
    let mut rows = 0;
    while let Some(page) = pages.try_next().await.unwrap() {
        assert_eq!(page.total, Some(250));
        rows += page.rows.len();
    }
    assert_eq!(rows, 250);
    assert!(pages.report().is_complete());
    assert_eq!(
        sim.journal().of("resources.list-v2").map(|r| r.auth.as_str()).collect::<Vec<_>>(),
        ["bearer"; 3]
    );
}
