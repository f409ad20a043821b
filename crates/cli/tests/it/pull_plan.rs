//! `pull --plan`, over sockets against the simulated service: what it says is what the pull then costs.

use super::context::Home;
use serde_json::Value;
use totalcloud_testkit::SimHandle;
use totalcloud_testkit::service::RowsSpec;

fn plan(home: &Home, more: &str) -> Value {
    serde_json::from_str(&home.words(&format!("pull --plan=json {more}")).ok()).unwrap()
}

fn table<'p>(plan: &'p Value, name: &str) -> &'p Value {
    plan["tables"].as_array().unwrap().iter().find(|t| t["table"] == name).unwrap_or(&Value::Null)
}

/// Calls of the pull itself, sign-in aside.
fn calls(sim: &SimHandle) -> u64 {
    sim.journal().requests.iter().filter(|r| r.operation.is_some()).count() as u64
}

#[test]
fn the_plan_says_what_the_pull_then_costs() {
    let sim = totalcloud_testkit::sim(|config| {
        let spec: RowsSpec = "aws/EBS=730".parse().unwrap();
        config.world.rows.push((spec.provider, spec.type_name, spec.rows));
    });
    let home = Home::at(&sim);
    let plan = plan(&home, "--only connectors,inventory --provider aws,gcp");
    let planning = calls(&sim);
    assert_eq!(plan["planning_calls"], planning);
    let out = home.path("estate");
    assert!(!out.exists(), "nothing is written");
    home.run([
        "pull",
        "--only",
        "connectors,inventory",
        "--provider",
        "aws,gcp",
        "--out",
        out.to_str().unwrap(),
    ])
    .ok();
    assert_eq!(plan["calls"], calls(&sim) - planning);
    assert_eq!(plan["about"], false);
    let ebs = table(&plan, "aws_ebs");
    assert_eq!((&ebs["rows"], &ebs["calls"], &ebs["parts"]), (&730.into(), &8.into(), &1.into()));
    let totals = sim.totals();
    for t in plan["tables"].as_array().unwrap().iter().filter(|t| t["family"] == "inventory") {
        let (cloud, kind) = t["table"].as_str().unwrap().split_once('_').unwrap();
        assert_eq!(t["rows"], totals[&format!("{cloud}/{}", kind.to_uppercase())], "{t}");
    }
    assert!(planning < 40, "{planning}");
}

#[test]
fn what_costs_most_is_priced_also_where_it_is_not_chosen() {
    let sim = totalcloud_testkit::sim(|config| {
        config.world.accounts = vec![("aws".parse().unwrap(), 3)];
    });
    let home = Home::at(&sim);
    let plan = plan(&home, "--only aws");
    let failing = table(&plan, "resource_evaluations=failing");
    let all = table(&plan, "resource_evaluations");
    let details = table(&plan, "aws_ec2_instance_details");
    for price in [failing, all, details] {
        assert_eq!(price["chosen"], false, "{price}");
        assert!(price["note"].as_str().unwrap().starts_with("with --with "), "{price}");
        assert!(price["calls"].as_u64().unwrap() > 0, "{price}");
    }
    assert!(failing["calls"].as_u64() < all["calls"].as_u64());
    assert_eq!(details["calls"], sim.totals()["aws/EC2_INSTANCE"]);
    // Three accounts, of which one was read.
    assert_eq!((&failing["about"], &table(&plan, "account_evaluations")["parts"]), (&true.into(), &3.into()));
    assert_eq!(sim.calls("evaluations.account"), 1);
    let with = self::plan(&home, "--only aws --only-failing");
    assert_eq!(table(&with, "resource_evaluations=failing")["chosen"], true);
    let more = table(&with, "resource_evaluations=failing")["calls"].as_u64().unwrap();
    assert_eq!(with["calls"].as_u64().unwrap(), plan["calls"].as_u64().unwrap() + more);
    let text = home.words("pull --plan --only aws").ok();
    for said in ["not chosen:", "in all about ", "expected to take about ", "planning it took ", "aws_vpc"] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn a_table_past_the_wall_is_planned_with_its_parts() {
    let sim = totalcloud_testkit::sim(|config| {
        let spec: RowsSpec = "aws/EBS=10150".parse().unwrap();
        config.world.rows.push((spec.provider, spec.type_name, spec.rows));
    });
    let home = Home::at(&sim);
    let plan = plan(&home, "--only aws/ebs");
    let planning = calls(&sim);
    let ebs = table(&plan, "aws_ebs");
    assert_eq!((&ebs["rows"], &ebs["about"]), (&10_150.into(), &false.into()), "{plan}");
    assert!(ebs["parts"].as_u64().unwrap() > 1, "{plan}");
    home.words("pull --out e --only aws/ebs").ok();
    let took = calls(&sim) - planning;
    let said = plan["calls"].as_u64().unwrap();
    assert!(took.abs_diff(said) <= 3, "{took} calls, planned {said}");
}

#[test]
fn the_time_follows_from_the_quota() {
    let sim = totalcloud_testkit::sim(|config| {
        config.quota = "100/3600/2".parse().unwrap();
        let spec: RowsSpec = "aws/EBS=9900".parse().unwrap();
        config.world.rows.push((spec.provider, spec.type_name, spec.rows));
    });
    let home = Home::at(&sim);
    let plan = plan(&home, "--only aws/ebs,aws/vpc");
    let seconds = plan["seconds"].as_f64().unwrap();
    assert!((3600.0..3700.0).contains(&seconds), "{plan}");
}

#[test]
fn a_plan_needs_somebody_who_can_sign_in_and_a_pull_a_folder() {
    let sim = totalcloud_testkit::sim(|_| {});
    let home = Home::at(&sim);
    home.words("pull").failed(2, &["--out"]);
    Home::at(&sim).env("TOTALCLOUD_PASSWORD", "wrong").words("pull --plan").failed(3, &[]);
}
