//! Live tables on the command line: no estate is needed, few calls are made, and nobody's quota is used up unasked.

use crate::context::Home;
use serde_json::json;
use totalcloud_api::Provider;
use totalcloud_testkit::SimHandle;

fn volumes(rows: u64, quota: &str) -> SimHandle {
    totalcloud_testkit::sim(|c| {
        c.world.rows.push((Provider::Aws, "EBS".to_owned(), rows));
        c.quota = quota.parse().unwrap();
    })
}

#[test]
fn counting_costs_one_call_and_needs_no_estate() {
    let sim = volumes(1_234, "none");
    let rows = Home::at(&sim).run(["query", "select count(*) as n from live.aws_ebs"]).rows();
    assert_eq!(rows, [json!({ "n": 1234 })]);
    assert_eq!(sim.journal().count, 1);
}

#[test]
fn what_costs_much_of_the_quota_is_refused_unless_somebody_agrees() {
    let sim = volumes(1_000, "30/3600/5");
    let home = Home::at(&sim);
    let sql = "select \"volumeId\" from live.aws_ebs";
    home.run(["query", sql]).failed(2, &["10 calls", "33.3 % of 30 calls in 60 min", "--yes"]);
    assert_eq!(sim.calls("resources.list"), 1);
    assert_eq!(home.run(["query", sql, "--yes"]).rows().len(), 1_000);
    assert_eq!(home.run(["query", sql, "--live-share", "50"]).rows().len(), 1_000);
}

#[test]
fn explain_shows_what_is_sent_and_what_it_costs() {
    let sim = volumes(450, "none");
    let home = Home::at(&sim);
    let first = home.run(["query", "select region from live.aws_ebs limit 1"]).rows();
    let region = first[0]["region"].as_str().unwrap();
    let sql = format!("select name from live.aws_ebs where region = '{region}' and name like '%a%'");
    let before = sim.calls("resources.list");
    let shown = home.run(["query", "--explain", &sql]).ok();
    assert!(
        shown.contains("LiveScan: live.aws_ebs, operation=resources.list aws/EBS, filter=region:"),
        "{shown}"
    );
    assert!(shown.contains(", columns=[name], calls: "), "{shown}");
    assert_eq!(sim.calls("resources.list") - before, 1);
    let asked = sim.journal().requests.last().unwrap().query.clone();
    assert!(asked.contains("filter=region"), "{asked}");
}

#[test]
fn evaluations_say_what_they_must_be_asked_by() {
    let sim = volumes(1, "none");
    let sql = "select result from live.resource_evaluations where provider = 'aws'";
    Home::at(&sim)
        .run(["query", sql])
        .failed(2, &["account and controlId must be given", "add WHERE account = "]);
    assert_eq!(sim.journal().count, 0);
}
