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

#[tokio::test(start_paused = true)]
async fn a_service_that_fails_in_every_passing_way_costs_time_and_no_row() {
    let faults = [
        "op=resources.list,nth=2,do=reset",
        "op=resources.list,nth=4,do=cut",
        "op=resources.list,nth=6,do=stall",
        "op=resources.list,nth=8,do=stall-body",
        "op=resources.list,nth=10,do=drip:3000",
        "op=resources.list,nth=12,do=down:400",
        "op=resources.list,nth=14,do=revoke-tokens",
        "op=resources.list,nth=16,do=refuse:429+retry-date=20",
        "op=auth.gateway,nth=2,do=status:503",
    ];
    let sim = in_process(|config| {
        config.world.rows.push((Provider::Aws, "EBS".to_owned(), 400));
        config.faults = faults.iter().map(|f| f.parse().unwrap()).collect();
    });
    let (username, password) = sim.login();
    let client = client_of(&sim).credentials(Credentials::gateway(username, password)).build().unwrap();
    let began = tokio::time::Instant::now();
    let request = client.request(&ListResources::new("EBS", Provider::Aws)).unwrap();
    let mut pages = client.pages(request, PageOptions::default().page_size(20)).unwrap();
    let mut ids = std::collections::HashSet::new();
    while let Some(page) = pages.try_next().await.unwrap() {
        for row in page.rows {
            let row: serde_json::Value = serde_json::from_slice(&row).unwrap();
            assert!(ids.insert(row["uuid"].as_str().unwrap().to_owned()));
        }
    }
    assert_eq!(ids.len(), 400);
    // The silence takes the whole of the read timeout.
    assert!((120..400).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}
