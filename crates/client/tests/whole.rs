//! Listings past the wall: split, read whole, reconciled.
#![allow(clippy::unwrap_used)]

use futures_util::TryStreamExt as _;
use std::collections::BTreeSet;
use totalcloud::api::Provider;
use totalcloud::api::endpoints::resources::ListResources;
use totalcloud::{Client, Completeness, Error, InventoryApi, PageOptions, PartReport};
use totalcloud_testkit::service::{InProcess, InventoryV2, SimConfig, Size};
use totalcloud_testkit::{client_of, in_process};

/// A world with one big type.
fn world(rows: u64, accounts: u64, set: impl FnOnce(&mut SimConfig)) -> (InProcess, Client) {
    let sim = in_process(|config| {
        // From this size on, one account of each cloud has lost its connector.
        config.world.size = Size::Medium;
        config.world.rows.push((Provider::Aws, "EC2_INSTANCE".to_owned(), rows));
        config.world.accounts.push((Provider::Aws, accounts));
        set(config);
    });
    let client = client_of(&sim).build().unwrap();
    (sim, client)
}

struct Read {
    ids: Vec<String>,
    report: Completeness,
    parts: Vec<PartReport>,
    error: Option<Error>,
}

async fn read(client: &Client, filter: Option<&str>, options: PageOptions) -> Read {
    let mut list = ListResources::new("EC2_INSTANCE", Provider::Aws);
    if let Some(filter) = filter {
        list = list.filter(filter);
    }
    let mut pages = client.pages(client.request(&list).unwrap(), options).unwrap();
    let (mut ids, mut error) = (Vec::new(), None);
    loop {
        match pages.try_next().await {
            Ok(Some(page)) => {
                assert_eq!(page.first_row, ids.len() as u64);
                for row in &page.rows {
                    let row: serde_json::Value = serde_json::from_slice(row).unwrap();
                    ids.push(row["uuid"].as_str().unwrap().to_owned());
                }
            }
            Ok(None) => break,
            Err(e) => error = Some(e),
        }
    }
    Read { ids, report: *pages.report(), parts: pages.parts().to_vec(), error }
}

fn distinct(ids: &[String]) -> usize {
    ids.iter().collect::<BTreeSet<_>>().len()
}

fn calls(sim: &InProcess, operation: &str) -> u64 {
    sim.journal().of(operation).count() as u64
}

#[tokio::test(start_paused = true)]
async fn a_listing_past_the_wall_comes_whole_and_every_row_once() {
    let (sim, client) = world(43_210, 24, |_| {});
    let read = read(&client, None, PageOptions::default()).await;
    assert_eq!(read.error.map(|e| e.to_string()), None);
    assert_eq!((read.ids.len(), distinct(&read.ids)), (43_210, 43_210));
    assert!(read.report.is_complete());
    assert_eq!((read.report.total, read.report.received), (Some(43_210), 43_210));
    assert_eq!(read.parts.iter().map(|p| p.received).sum::<u64>(), 43_210);
    // The account without a connector is found by what is in no other part.
    assert!(read.parts.iter().any(|p| p.part.contains("other than") && p.received > 0), "{:?}", read.parts);
    let pages: u64 = read.parts.iter().map(|p| p.received.div_ceil(100).max(1)).sum();
    let calls = calls(&sim, "resources.list");
    assert!(calls <= pages + 2 * read.parts.len() as u64, "{calls} calls for {pages} pages");
}

#[tokio::test(start_paused = true)]
async fn a_filter_of_the_user_and_a_limit_hold_past_the_wall() {
    let (sim, client) = world(12_500, 4, |config| config.world.orphans.push((Provider::Aws, 0)));
    let limited = read(&client, None, PageOptions::default().limit(11_111)).await;
    assert_eq!((limited.ids.len(), distinct(&limited.ids)), (11_111, 11_111));
    assert!(limited.report.is_complete() && limited.report.part, "{:?}", limited.error);
    // Everything but a few rows, in one filter.
    let filter = "region:us-east-1 or not region:us-east-1";
    let filtered = read(&client, Some(filter), PageOptions::default()).await;
    assert_eq!((filtered.ids.len(), distinct(&filtered.ids)), (12_500, 12_500), "{:?}", filtered.error);
    let journal = sim.journal();
    let asked: Vec<_> = journal.of("resources.list").filter(|c| c.query.contains("region")).collect();
    assert!(asked.iter().any(|c| c.query.contains("account.id")));
}

#[tokio::test(start_paused = true)]
async fn more_rows_in_one_second_than_a_query_reaches_are_told_and_nothing_else_is_lost() {
    let (_, client) = world(16_000, 1, |config| {
        config.world.orphans.push((Provider::Aws, 0));
        config.world.dense.push((Provider::Aws, "EC2_INSTANCE".to_owned(), 10_300));
    });
    let read = read(&client, None, PageOptions::default()).await;
    let error = read.error.unwrap();
    assert_eq!(error.exit_code(), 6, "{error}");
    assert!(error.to_string().contains("300 are missing"), "{error}");
    assert_eq!((read.ids.len(), distinct(&read.ids)), (15_700, 15_700));
    let short: Vec<_> = read.parts.iter().filter(|p| p.shortfall.is_some()).collect();
    assert_eq!((short.len(), short[0].total, short[0].received), (1, Some(10_300), 10_000));
    assert!(short[0].part.contains("account") && short[0].part.contains("updated"), "{}", short[0].part);
}

#[tokio::test(start_paused = true)]
async fn rows_that_no_part_holds_are_told() {
    let (_, client) = world(21_000, 1, |config| {
        config.world.orphans.push((Provider::Aws, 0));
        config.world.undated.push((Provider::Aws, "EC2_INSTANCE".to_owned(), 1_000));
        config.world.dense.push((Provider::Aws, "EC2_INSTANCE".to_owned(), 200));
    });
    let read = read(&client, None, PageOptions::default()).await;
    // In a region of one query all rows come; where only the time splits, those without one are missing.
    match read.error {
        None => assert_eq!(distinct(&read.ids), 21_000),
        Some(e) => {
            assert_eq!(e.exit_code(), 6);
            let missing = 21_000 - distinct(&read.ids);
            assert!(missing > 0 && e.to_string().contains(&format!("{missing} are missing")), "{e}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_moves_while_it_is_read_is_read_again() {
    let (_, client) = world(12_000, 3, |config| {
        config.world.orphans.push((Provider::Aws, 0));
        let faults =
            ["moved-up", "moved-down", "repeat-page", "no-rows", "duplicate-row", "total:-3", "total:+5"];
        for (i, fault) in faults.into_iter().enumerate() {
            let nth = 9 + 14 * i;
            config.faults.push(format!("op=resources.list,nth={nth},do={fault}").parse().unwrap());
        }
    });
    let read = read(&client, None, PageOptions::default()).await;
    assert_eq!(read.error.map(|e| e.to_string()), None);
    assert_eq!((read.ids.len(), distinct(&read.ids)), (12_000, 12_000));
}

#[tokio::test(start_paused = true)]
async fn a_listing_below_the_wall_that_moves_is_read_again_too() {
    for fault in ["moved-up", "moved-down", "repeat-page", "no-rows", "duplicate-row"] {
        let (sim, client) = world(1_500, 3, |config| {
            config.faults.push(format!("op=resources.list,nth=3,do={fault}").parse().unwrap());
        });
        let read = read(&client, None, PageOptions::default()).await;
        assert_eq!(read.error.map(|e| e.to_string()), None, "{fault}");
        assert_eq!((read.ids.len(), distinct(&read.ids)), (1_500, 1_500), "{fault}");
        assert!(calls(&sim, "resources.list") <= 31, "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_names_the_parts_and_their_price_and_reads_nothing() {
    let (sim, client) = world(23_456, 6, |_| {});
    let list = ListResources::new("EC2_INSTANCE", Provider::Aws);
    let plan = client.plan(client.request(&list).unwrap(), PageOptions::default()).await.unwrap();
    let asked = sim.journal().count;
    assert_eq!((plan.rows, plan.parts.iter().filter_map(|p| p.rows).sum::<u64>()), (Some(23_456), 23_456));
    let read = read(&client, None, PageOptions::default()).await;
    assert!(read.report.is_complete());
    assert_eq!(read.parts.len(), plan.parts.len());
    let calls = sim.journal().count - asked;
    // The accounts are known by now, and the filters are known to work.
    assert!(calls <= plan.calls && calls + 5 >= plan.calls, "{calls} calls, {} planned", plan.calls);
    assert!(asked < calls / 4, "{asked} calls to plan {calls}");
}

#[tokio::test(start_paused = true)]
async fn the_newer_operation_is_used_where_its_total_agrees() {
    for (disagrees, api, used) in [
        (false, InventoryApi::Auto, "resources.list-v2"),
        (true, InventoryApi::Auto, "resources.list"),
        (true, InventoryApi::V2, "resources.list-v2"),
        (false, InventoryApi::V1, "resources.list"),
    ] {
        let (sim, client) = world(1_200, 3, |config| {
            if disagrees {
                config.inventory_v2 = InventoryV2::Differs;
            }
        });
        let read = read(&client, None, PageOptions::default().inventory_api(api)).await;
        assert!(calls(&sim, used) >= 12, "{api:?}");
        let complete = read.error.is_none() && distinct(&read.ids) == 1_200;
        assert_eq!(complete, !(disagrees && api == InventoryApi::V2), "{api:?}: {:?}", read.error);
    }
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_the_tenant_does_not_take_is_found_out_and_another_used() {
    for rules in [
        &["in=refuse"][..],
        &["in=nothing"],
        &["not=refuse"],
        &["account.id=refuse"],
        &["account.id=ignore"],
        &["account.id=nothing", "region=ignore"],
        &["account.id=refuse", "region=refuse"],
    ] {
        let (sim, client) = world(11_000, 3, |config| {
            config.filters.extend(rules.iter().map(|r| r.parse().unwrap()));
        });
        let first = read(&client, None, PageOptions::default()).await;
        assert_eq!(first.error.map(|e| e.to_string()), None, "{rules:?}");
        assert_eq!((first.ids.len(), distinct(&first.ids)), (11_000, 11_000), "{rules:?}");
        // What was found out is remembered.
        let before = calls(&sim, "resources.list");
        let plan = client
            .plan(
                client.request(&ListResources::new("EC2_INSTANCE", Provider::Aws)).unwrap(),
                PageOptions::default(),
            )
            .await
            .unwrap();
        let refused =
            sim.journal().of("resources.list").skip(before as usize).filter(|c| c.status != 200).count();
        assert_eq!((plan.rows, refused), (Some(11_000), 0), "{rules:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_no_filter_is_taken_the_shortfall_is_told() {
    let (_, client) = world(10_400, 2, |config| {
        let rules = ["account.id=nothing", "region=refuse", "updated-parameter=refuse"];
        config.filters.extend(rules.iter().map(|r| r.parse().unwrap()));
    });
    let read = read(&client, None, PageOptions::default()).await;
    let error = read.error.unwrap();
    assert_eq!((error.exit_code(), distinct(&read.ids)), (6, 10_000), "{error}");
    assert!(error.to_string().contains("400 are missing"), "{error}");
    assert_eq!(read.report.shortfall.unwrap().missing, Some(400));
}
