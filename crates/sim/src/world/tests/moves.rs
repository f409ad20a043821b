//! What moves when the world moves.

use super::*;
use std::collections::{BTreeMap, HashMap};

type Rows = HashMap<String, (u64, Value)>;

fn snapshot(world: &World) -> Rows {
    all(world, &ec2(world))
        .into_iter()
        .map(|(slot, row)| (row["uuid"].as_str().unwrap().to_owned(), (slot, row)))
        .collect()
}

#[test]
fn a_share_of_the_rows_appears_vanishes_and_changes_and_all_dates_move() {
    let mut world = with(|c| c.rows = vec![(Provider::Aws, "EC2_INSTANCE".into(), 4_000)]);
    let before = snapshot(&world);
    world.advance(24.0, 0.1);
    assert_eq!(world.now(), now() + jiff::SignedDuration::from_hours(24));
    let after = snapshot(&world);
    assert_eq!(after.len() as u64, world.totals()["aws/EC2_INSTANCE"]);
    let vanished = before.keys().filter(|k| !after.contains_key(*k)).count();
    let appeared = after.keys().filter(|k| !before.contains_key(*k)).count();
    assert!((70..140).contains(&vanished) && (90..110).contains(&appeared), "{vanished} {appeared}");
    let still = |row: &Value| {
        let mut row = row.clone();
        let fields = row.as_object_mut().unwrap();
        assert!(fields.remove("lastUpdated").unwrap().as_str().unwrap() > "2024");
        fields.remove("controlsFailed");
        row
    };
    let (mut changed, mut turned) = (0, 0);
    for (uuid, (slot, old)) in &before {
        let Some((now_slot, new)) = after.get(uuid) else {
            let index = world.resource_type(Provider::Aws, "EC2_INSTANCE").unwrap();
            assert_eq!(world.resource(index, uuid), None);
            continue;
        };
        assert_eq!((slot, &old["resourceId"]), (now_slot, &new["resourceId"]));
        assert!(old["lastUpdated"].as_str() < new["lastUpdated"].as_str());
        changed += usize::from(still(old) != still(new));
        turned += usize::from(old["controlsFailed"] != new["controlsFailed"]);
    }
    assert!((150..260).contains(&changed) && turned > 30, "{changed} {turned}");
    for (uuid, (_, new)) in &after {
        if !before.contains_key(uuid) {
            assert!(
                new["created"].as_str().unwrap() > "2025-06-01T12"
                    && new["created"].as_str() <= new["lastUpdated"].as_str()
            );
        }
    }
}

#[test]
fn a_world_without_changes_only_moves_its_dates() {
    let mut world = world(Size::Tiny);
    let totals = world.totals();
    let runs = |w: &World| -> Vec<Value> {
        all(w, &Collection::Connectors(Provider::Aws))
            .into_iter()
            .map(|(_, c)| c["lastSyncedOn"].clone())
            .collect()
    };
    let before = (snapshot(&world), runs(&world));
    world.advance(6.0, 0.0);
    assert_eq!(totals, world.totals());
    for (uuid, (_, new)) in snapshot(&world) {
        let old = &before.0[&uuid].1;
        for (key, value) in new.as_object().unwrap() {
            assert_eq!(key == "lastUpdated", *value != old[key], "{key}");
        }
    }
    assert_ne!(before.1, runs(&world));
}

#[test]
fn many_epochs_keep_counts_exact_and_are_the_same_every_time() {
    let run = || {
        let mut world = world(Size::Tiny);
        let mut totals = Vec::new();
        for (hours, change) in
            [(1.0, 0.5), (24.0, 0.3), (0.0, 0.2), (0.01, 1.0), (2.0, 0.001), (f64::NAN, 7.0)]
        {
            world.advance(hours, change);
            totals.push(world.totals());
            for index in world.types() {
                let collection = Collection::Resources(index);
                let rows = world.select(&collection, &Ask::default(), world.now()).unwrap();
                let slots: Vec<u64> = rows.page(0, u64::MAX).collect();
                assert_eq!(slots.len() as u64, world.len(&collection));
                assert!(slots.is_sorted_by(|a, b| a < b));
                let coll = &world.colls[usize::from(index.0)];
                let exist: Vec<u64> = (0..coll.slots).filter(|s| coll.exists(*s)).map(u64::from).collect();
                assert_eq!(slots, exist);
                let assets: u64 = Provider::ALL
                    .iter()
                    .flat_map(|p| &world.cloud(*p).accounts)
                    .map(|a| coll.slots_of(world.cloud(a.provider), &a.cells))
                    .zip(Provider::ALL.iter().flat_map(|p| world.cloud(*p).accounts.iter().map(move |_| *p)))
                    .filter(|(_, p)| *p == coll.ty.provider)
                    .flat_map(|(ranges, _)| ranges)
                    .map(|r| u64::from(select::alive(&r, &coll.gone)))
                    .sum();
                assert_eq!(assets, coll.len());
            }
        }
        totals
    };
    let totals: Vec<BTreeMap<String, u64>> = run();
    assert_eq!(totals, run());
    assert_ne!(totals[0], totals[1]);
}

#[test]
fn some_evaluations_newly_fail_and_some_are_fixed() {
    let mut world = with(|c| c.rows = vec![(Provider::Aws, "EC2_INSTANCE".into(), 2_000)]);
    let control = world.colls[usize::from(world.resource_type(Provider::Aws, "EC2_INSTANCE").unwrap().0)]
        .controls
        .iter()
        .copied()
        .max_by_key(|c| world.counts(&world.cloud(Provider::Aws).accounts[0])[*c as usize][1])
        .unwrap();
    let rows = Collection::ResourceEvaluations(Provider::Aws, 0, control);
    let before: HashMap<u64, Value> = all(&world, &rows).into_iter().collect();
    world.advance(12.0, 0.4);
    let (mut fixed, mut failed) = (0, 0);
    for (slot, new) in all(&world, &rows) {
        let Some(old) = before.get(&slot) else { continue };
        let today = |key: &str| new["evaluationDates"][key].as_str().is_some_and(|d| d > "2025-06-01T12");
        match (old["result"].as_str().unwrap(), new["result"].as_str().unwrap()) {
            ("FAIL" | "PASSE", "PASS") => {
                fixed += 1;
                assert!(today("dateFixed"), "{new}");
            }
            ("PASS", "FAIL") => failed += 1,
            ("PASS", "PASSE") => {}
            (old, new) => assert_eq!(old, new),
        }
        assert!(old["evaluatedOn"].as_str() < new["evaluatedOn"].as_str());
    }
    assert!(fixed > 5 && failed > 5, "{fixed} {failed}");
}

#[test]
fn the_log_grows() {
    let mut world = world(Size::Small);
    let log = Collection::Remediation(Provider::Aws);
    let before: Vec<Value> = all(&world, &log).into_iter().map(|(_, v)| v).collect();
    world.advance(24.0, 0.05);
    let after: Vec<Value> = all(&world, &log).into_iter().map(|(_, v)| v).collect();
    assert!(after.len() > before.len());
    assert_eq!(before[..], after[..before.len()]);
    let late = &after[before.len()..];
    assert!(late.iter().all(|v| v["triggeredOn"].as_str().unwrap() > "2025-06-01T12"));
}
