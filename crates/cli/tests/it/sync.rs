//! `totalcloud sync` and `totalcloud diff`, over sockets against the simulated service.

use crate::context::{Home, Run};
use serde_json::Value;
use std::collections::BTreeMap;
use totalcloud_testkit::{SimHandle, sim};

fn home(sim: &SimHandle) -> Home {
    let home = Home::at(sim);
    let folder = home.path("estate");
    home.env("TOTALCLOUD_ESTATE", folder.to_str().unwrap())
}

fn ends(run: &Run, code: i32) {
    assert_eq!(run.code, code, "{}{}", run.stdout, run.stderr);
}

fn report(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {}{}", run.stdout, run.stderr))
}

/// Rows that each table holds.
fn rows(report: &Value) -> BTreeMap<String, u64> {
    let tables = report["tables"].as_array().unwrap();
    tables.iter().map(|t| (t["table"].as_str().unwrap().to_owned(), t["rows"].as_u64().unwrap())).collect()
}

const JSON: [&str; 4] = ["sync", "--with=resource-evaluations=failing,details", "--format", "json"];

#[test]
fn what_changed_between_two_syncs_is_told_to_people_and_exactly() {
    let sim = sim(|_| {});
    let home = home(&sim);
    let none = home.run(["diff"]);
    ends(&none, 4);
    assert!(none.stderr.contains("there is no estate at"), "{}", none.stderr);
    let plan = home.run(["sync", "--plan"]);
    ends(&plan, 0);
    assert!(
        plan.stdout.contains("account_evaluations") && plan.stdout.contains("in all about"),
        "{}",
        plan.stdout
    );
    let first = home.run(["sync"]);
    ends(&first, 0);
    assert!(first.stdout.contains("version 1: "), "{}", first.stdout);
    let same = home.run(["diff", "--from", "1", "--format", "table"]);
    ends(&same, 0);
    assert!(same.stderr.contains("no sync lies between: both moments are version 1"), "{}", same.stderr);
    let early = home.run(["diff", "--from", "2001-01-01"]);
    ends(&early, 2);
    assert!(
        early.stderr.contains("nothing is known of before 20") && early.stderr.contains("--from 1"),
        "{}",
        early.stderr
    );
    sim.advance(24.0, 0.05);
    let second = report(&home.run(["sync", "--format", "json"]));
    assert_eq!((&second["complete"], &second["run"]), (&Value::from(true), &Value::from(2)));
    let people = home.run(["diff", "--from", "1", "--format", "table"]);
    ends(&people, 0);
    for word in ["from version 1 of ", "to version 2 of ", "appeared: ", "vanished: ", "changed: ", " → "] {
        assert!(people.stdout.contains(word), "{word}: {}", people.stdout);
    }
    let exact = home.run(["diff", "--from", "1", "--to", "2", "--format", "ndjson"]);
    ends(&exact, 0);
    let changes: Vec<Value> = exact.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    // Rows of resources that came, went and changed are the changes of those tables.
    let news = |t: &&Value| matches!(t["family"].as_str(), Some("inventory"));
    for table in second["tables"].as_array().unwrap().iter().filter(news) {
        for kind in ["appeared", "changed", "vanished"] {
            let told = changes.iter().filter(|c| c["table"] == table["table"] && c["kind"] == kind).count();
            assert_eq!(table[kind].as_u64().unwrap(), told as u64, "{} {kind}", table["table"]);
        }
    }
    let changed = changes.iter().find(|c| c["kind"] == "changed").unwrap();
    assert!(!changed["fields"].as_array().unwrap().is_empty(), "{changed}");
    let one = home.run(["diff", "--from", "1", "--table", "aws_vpc", "--format", "json"]);
    ends(&one, 0);
    let typo = home.run(["diff", "--from", "1", "--table", "aws_vcp"]);
    ends(&typo, 2);
    assert!(typo.stderr.contains("nearest: aws_vpc"), "{}", typo.stderr);
}

#[test]
fn a_sync_killed_at_any_moment_leaves_what_one_that_was_not_leaves() {
    let sim = sim(|_| {});
    let (undisturbed, home) = (home(&sim), home(&sim));
    let truth = report(&undisturbed.run(JSON));
    let calls = truth["calls"].as_u64().unwrap();
    for tenth in [1, 4, 7, 9, 10] {
        let before = sim.journal().count;
        let mut child = home.command(JSON).spawn().unwrap();
        while sim.journal().count < before + calls * tenth / 10 && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let second = report(&home.run(JSON));
    assert_eq!(second["complete"], true);
    assert_eq!(rows(&second), rows(&truth));
    let third = report(&home.run(JSON));
    for moved in ["appeared", "changed", "vanished"] {
        assert_eq!(third[moved], 0, "{third:#}");
    }
}

#[test]
fn what_may_not_be_seen_is_told_with_the_way_to_leave_it_out() {
    let sim = sim(|config| config.faults.push("op=policies.list,do=status:403".parse().unwrap()));
    let home = home(&sim);
    let run = home.run(["sync", "--only", "policies,controls"]);
    ends(&run, 6);
    assert!(run.stderr.contains("1 table is not available (policies)"), "{}", run.stderr);
    assert!(run.stderr.contains("--skip policies"), "{}", run.stderr);
    ends(&home.run(["sync", "--only", "policies,controls", "--skip", "policies"]), 0);
    let unknown = home.run(["sync", "--only", "polices"]);
    ends(&unknown, 2);
    assert!(
        unknown.stderr.contains("nothing to sync called 'polices'; nearest: policies"),
        "{}",
        unknown.stderr
    );
    assert_eq!(sim.calls("controls.list"), 2);
}
