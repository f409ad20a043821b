//! Filters, ranges and orders against a search by hand.

use super::*;

fn found(world: &World, collection: &Collection, filter: &str) -> Vec<u64> {
    let ask = Ask { filter: Some(filter), ..Ask::default() };
    let rows = world.select(collection, &ask, now()).unwrap();
    rows.page(0, rows.total()).collect()
}

fn by_hand(world: &World, collection: &Collection, keep: impl Fn(&Value) -> bool) -> Vec<u64> {
    let rows = world.select(collection, &Ask::default(), now()).unwrap();
    rows.page(0, rows.total())
        .filter(|row| keep(&serde_json::from_slice(&bytes(world, collection, *row, View::Details)).unwrap()))
        .collect()
}

#[test]
fn inventory_filters_find_what_a_search_by_hand_finds() {
    let mut world = world(Size::Small);
    world.advance(3.0, 0.1);
    let collection = ec2(&world);
    let account = &world.cloud(Provider::Aws).accounts[1];
    let region = world.cloud(Provider::Aws).cells[account.cells.start as usize].region;
    let account = account.id.clone();
    let check = |filter: &str, keep: &dyn Fn(&Value) -> bool| {
        let (got, want) = (found(&world, &collection, filter), by_hand(&world, &collection, keep));
        assert_eq!(got, want, "{filter}");
        assert!(!want.is_empty(), "{filter}");
    };
    check(&format!("account.id:{account}"), &|r| r["cloudAccountId"] == *account);
    check("region:us-east-1", &|r| r["region"] == "us-east-1");
    check(&format!("account.id:{account} and region:{region}"), &|r| {
        r["cloudAccountId"] == *account && r["region"] == region
    });
    check("instance.state:stopped", &|r| r["instanceState"] == "stopped");
    check("instanceState:stopped and NOT hasSecrets:true", &|r| {
        r["instanceState"] == "stopped" && r["hasSecrets"] == false
    });
    check("criticalityScore:>3", &|r| r["criticalityScore"].as_i64() > Some(3));
    let any = |r: &Value, key: &str, words: &[&str]| {
        r["vulnerabilities"].as_array().unwrap().iter().any(|v| words.iter().any(|w| v[key] == *w))
    };
    check("vulnerability.typeDetected in (Confirmed, Potential) and NOT vulnerability.status:FIXED", &|r| {
        any(r, "typeDetected", &["Confirmed", "Potential"]) && !any(r, "status", &["FIXED"])
    });
    check("vulnerability.severity:5", &|r| {
        r["vulnerabilities"].as_array().unwrap().iter().any(|v| v["severity"] == 5)
    });
    check("tag.value:staging", &|r| {
        r["tags"].as_array().unwrap().iter().any(|t| t["value"].as_str().unwrap().contains("staging"))
    });
    check("remediationEnabled:true", &|r| r["remediationEnabled"] == "true");
    for unknown in ["no.such:1", "NOT no.such:1", "vulnerability.title:x", "resource.result:FAIL"] {
        assert!(found(&world, &collection, unknown).is_empty(), "{unknown}");
    }
    assert!(found(&world, &collection, "account.id:999999999999").is_empty());
}

#[test]
fn a_machine_is_found_by_its_id_and_orders_follow_the_last_sync() {
    let world = world(Size::Small);
    let collection = ec2(&world);
    let id = row(&world, &collection, 17)["resourceId"].as_str().unwrap().to_owned();
    assert_eq!(found(&world, &collection, &format!("resource.id:{id}")), [17]);
    let times = |sort: &str| -> Vec<String> {
        let ask = Ask { sort: Some(sort), ..Ask::default() };
        let rows = world.select(&collection, &ask, now()).unwrap();
        assert_eq!(rows.total(), world.len(&collection));
        rows.page(0, u64::MAX).map(|r| row(&world, &collection, r)["lastUpdated"].to_string()).collect()
    };
    let rising = times("lastSyncedOn:asc");
    assert!(rising.is_sorted() && rising.first() != rising.last());
    let mut falling = times("lastSyncedOn:desc");
    falling.reverse();
    assert_eq!(rising, falling);
    for sort in ["name:asc", "lastSyncedOn:up"] {
        let ask = Ask { sort: Some(sort), ..Ask::default() };
        assert_eq!(world.select(&collection, &ask, now()).unwrap_err().parameter, "sort");
    }
    let ask = Ask { filter: Some("a:(("), ..Ask::default() };
    assert_eq!(world.select(&collection, &ask, now()).unwrap_err().parameter, "filter");
}

#[test]
fn ranges_of_updated_cut_the_inventory_in_two() {
    let world = world(Size::Small);
    for collection in world.types().map(Collection::Resources) {
        let count = |updated: &str| {
            let ask = Ask { updated: Some(updated), ..Ask::default() };
            world.select(&collection, &ask, now()).unwrap().total()
        };
        assert_eq!(count("[now-8h .. now]"), world.len(&collection));
        assert_eq!(count("[2020-01-01 ... now-8h]"), 0);
        assert_eq!(count("[now-8h .. now-3h]") + count("(now-3h .. now]"), world.len(&collection));
    }
}

#[test]
fn results_are_filtered_as_the_service_does() {
    let world = world(Size::Small);
    let account = Collection::AccountEvaluations(Provider::Aws, 0);
    let failed = by_hand(&world, &account, |r| r["result"] == "FAIL");
    assert!(!failed.is_empty());
    assert_eq!(found(&world, &account, "result:FAIL"), failed);
    assert_eq!(found(&world, &account, "control.result:FAIL"), failed);
    let control = *failed.first().unwrap() as u32;
    let rows = Collection::ResourceEvaluations(Provider::Aws, 0, control);
    assert_eq!(
        found(&world, &rows, "resource.result:FAIL"),
        by_hand(&world, &rows, |r| r["result"] == "FAIL")
    );
    assert!(found(&world, &rows, "result:FAIL").is_empty());
    assert_eq!(found(&world, &rows, "evaluatedOn:[now-8h..now-1s]").len() as u64, world.len(&rows));
    let cid = world.controls.all[control as usize].cid;
    assert_eq!(found(&world, &rows, &format!("cid:{cid}")).len() as u64, world.len(&rows));
}

#[test]
fn controls_connectors_and_the_log_are_filtered() {
    let world = world(Size::Small);
    let controls = Collection::Controls;
    for (filter, key, value) in [
        ("provider:AWS", "provider", "AWS"),
        ("resource.type:BUCKET", "resourceType", "BUCKET"),
        ("control.criticality:HIGH", "criticality", "HIGH"),
        ("service.type:EC2", "serviceType", "EC2"),
        ("control.type:\"User Defined\"", "controlType", "User Defined"),
    ] {
        let want = by_hand(&world, &controls, |r| r[key] == value);
        assert!(!want.is_empty());
        assert_eq!(found(&world, &controls, filter), want, "{filter}");
    }
    assert_eq!(found(&world, &controls, "cid:1"), by_hand(&world, &controls, |r| r["cid"] == 1));
    let workflows = by_hand(&world, &controls, |r| r["workflowBased"] == true);
    assert!(!workflows.is_empty());
    assert_eq!(found(&world, &controls, "qflow.name:workflow"), workflows);
    let connectors = Collection::Connectors(Provider::Aws);
    assert!(!found(&world, &connectors, "state:SUCCESS").is_empty());
    assert_eq!(found(&world, &connectors, "lastSyncedOn:[now-8h .. now]").len(), 4, "one never ran");
    let uuid = row(&world, &connectors, 2)["connectorId"].as_str().unwrap().to_owned();
    assert_eq!(found(&world, &connectors, &format!("connector.uuid:{uuid}")), [2]);
    assert_eq!(world.connector(Provider::Aws, &uuid), Some(2));
    let log = Collection::Remediation(Provider::Aws);
    assert_eq!(found(&world, &log, "status:FAILED"), by_hand(&world, &log, |r| r["status"] == "FAILED"));
}

/// All rows that a query selects when each is asked for itself.
fn one_by_one(world: &World, collection: &Collection, filter: &str, updated: &str) -> Vec<u64> {
    // With an order each row is asked for itself.
    let ask = Ask { filter: Some(filter), updated: Some(updated), ..Ask::default() };
    let sorted = Ask { sort: Some("lastSyncedOn:asc"), ..ask };
    let rows = world.select(collection, &sorted, now()).unwrap();
    let mut rows: Vec<u64> = rows.page(0, rows.total()).collect();
    rows.sort_unstable();
    rows
}

#[test]
fn parts_of_an_inventory_are_told_from_where_the_rows_lie() {
    let mut world = with(|c| {
        c.size = Size::Small;
        c.undated.push((Provider::Aws, "EC2_INSTANCE".into(), 7));
        c.undated.push((Provider::Azure, "VIRTUAL_MACHINE".into(), 7));
        c.dense.push((Provider::Aws, "EC2_INSTANCE".into(), 20));
    });
    world.advance(3.0, 0.1);
    for index in world.types() {
        let provider = world.registered(index).unwrap().provider;
        let account = &world.cloud(provider).accounts[0];
        let region = world.cloud(provider).cells[0].region;
        let (id, region) = (format!("\"{}\"", account.id), format!("\"{region}\""));
        for (filter, updated) in [
            (format!("account.id:{id}"), ""),
            (format!("NOT account.id in ({id}, x)"), ""),
            (format!("account.id:{id} and region:{region} and updated:[now-8h .. now-1h]"), ""),
            (format!("NOT (account.id:{id} and updated:>now-1h)"), ""),
            (format!("region:{region} or NOT region:{region}"), "[now-8h .. now-2h]"),
            ("updated is null".to_owned(), ""),
            ("NOT updated:[now-8h .. now-1h]".to_owned(), ""),
        ] {
            let collection = Collection::Resources(index);
            let ask = Ask { filter: Some(&filter), updated: Some(updated), ..Ask::default() };
            let rows = world.select(&collection, &ask, now()).unwrap();
            let rows: Vec<u64> = rows.page(0, rows.total()).collect();
            assert_eq!(
                rows,
                one_by_one(&world, &collection, &filter, updated),
                "{index:?} {filter} {updated}"
            );
        }
    }
}

#[test]
fn a_second_can_be_dense_and_rows_without_one() {
    let world = with(|c| {
        c.rows.push((Provider::Aws, "EBS".into(), 2_000));
        c.dense.push((Provider::Aws, "EBS".into(), 300));
        c.undated.push((Provider::Aws, "EBS".into(), 10));
    });
    let ebs = Collection::Resources(world.resource_type(Provider::Aws, "EBS").unwrap());
    let rows: Vec<Value> = (0..2_000).map(|at| row(&world, &ebs, at)).collect();
    let first = &rows[0];
    let same = |r: &&Value| r["lastUpdated"] == first["lastUpdated"] && r["region"] == first["region"];
    assert!(rows.iter().filter(same).count() >= 300);
    let undated = rows.iter().filter(|r| r["lastUpdated"].is_null()).count();
    assert_eq!(undated, 170, "a tenth of those that are not dense");
    assert_eq!(found(&world, &ebs, "updated is null").len(), undated);
    let dated = Ask { updated: Some("[now-1y .. now]"), ..Ask::default() };
    assert_eq!(world.select(&ebs, &dated, now()).unwrap().total(), 2_000 - undated as u64);
    let plain = with(|c| c.rows.push((Provider::Aws, "EBS".into(), 2_000)));
    let mut other = row(&plain, &ebs, 1_000);
    other["lastUpdated"] = rows[1_000]["lastUpdated"].clone();
    assert_eq!(other, rows[1_000], "nothing else differs");
    let few = WorldConfig { dense: vec![(Provider::Aws, "EBS".into(), 5_000)], ..plain.config.clone() };
    assert!(World::new(few).unwrap_err().to_string().contains("cannot be of one second"));
}

#[test]
fn accounts_without_a_connector_can_be_had_in_any_size() {
    let world = with(|c| {
        c.rows.push((Provider::Aws, "EC2_INSTANCE".into(), 2_000));
        c.orphans.push((Provider::Aws, 2));
    });
    let connectors = world.len(&Collection::Connectors(Provider::Aws));
    let collection = ec2(&world);
    let mut accounts: Vec<String> = (0..world.len(&collection))
        .map(|at| row(&world, &collection, at)["cloudAccountId"].as_str().unwrap().to_owned())
        .collect();
    accounts.sort();
    accounts.dedup();
    assert_eq!((connectors, accounts.len() as u64), (2, 4));
}
