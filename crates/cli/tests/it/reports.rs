//! Report configurations, exceptions and orders of assessment reports: what is written, and how.

use crate::context::{Home, sim};
use serde_json::{Value, json};
use totalcloud_testkit::SimHandle;

/// A connector, a policy and a mandate to make a report of.
fn subjects(home: &Home) -> [String; 3] {
    let text = |line: &str, field: &str| {
        let row = home.words(line).rows().remove(0);
        row[field].as_str().map_or_else(|| row[field].to_string(), str::to_owned)
    };
    [
        text("connectors list --provider azure --limit 1", "connectorId"),
        text("policies list --provider azure --limit 1", "uuid"),
        text("mandates list --limit 1", "id"),
    ]
}

fn sent(sim: &SimHandle, operation: &str) -> Value {
    sim.journal().of(operation).last().unwrap().body.clone().unwrap()
}

#[test]
fn a_report_is_made_read_changed_and_deleted() {
    let sim = sim();
    let home = Home::at(&sim);
    let [connector, policy, mandate] = subjects(&home);
    let before = home.words("reports list").rows();
    assert!(!before.is_empty(), "the company has a report from the start");

    let made = home.run([
        "reports",
        "create",
        "--provider",
        "azure",
        "--type",
        "POLICY",
        "--title",
        "Quarter 1",
        "--policy",
        &policy,
        "--connector-ids",
        &connector,
        "--description",
        "d",
    ]);
    assert_eq!(made.stderr, "");
    let made = made.rows().remove(0);
    let id = made["reportId"].as_str().unwrap();
    assert_eq!((&made["title"], &made["cloudType"]), (&json!("Quarter 1"), &json!("Azure")));
    let body = sent(&sim, "reports.create");
    assert_eq!(body["policies"], json!([{"cloudType": "Azure", "policyId": policy}]));
    assert!(sim.journal().of("reports.create").last().unwrap().query.contains("executionType=RUN_TIME"));
    assert_eq!(home.run(["reports", "get", id]).rows(), std::slice::from_ref(&made));

    let data = home.run(["reports", "data", id, "--format", "json"]).ok();
    let data: Value = serde_json::from_str(&data).unwrap();
    let count = |field: &str| data["stats"][field].as_u64().unwrap();
    assert!(count("passCount") + count("failCount") > 0, "{data}");
    let table = home.run(["reports", "data", id, "--format", "table"]).ok();
    let line = table.lines().find(|l| l.starts_with("stats.passCount")).unwrap();
    assert_eq!(line.split_whitespace().last(), Some(count("passCount").to_string().as_str()));
    assert!(table.lines().any(|l| l.starts_with("summary.accounts ")), "{table}");

    let changed =
        home.run(["reports", "update", id, "--type", "MANDATE", "--mandate-id", &mandate]).rows().remove(0);
    assert_eq!((&changed["type"], changed["mandateId"].to_string()), (&json!("MANDATE"), mandate));
    assert_eq!(changed["title"], "Quarter 1");
    assert_eq!(sent(&sim, "reports.update").as_object().unwrap().len(), 2, "what is not given is not sent");

    home.run(["reports", "delete", id]).failed(2, &["the report", "(Quarter 1)", "--yes"]);
    assert_eq!(sim.calls("reports.delete"), 0);
    let unknown = "00000000-0000-4000-8000-00000000dead";
    let run = home.run(["reports", "delete", id, unknown, "--yes", "--format", "csv"]);
    assert_eq!(run.code, 6, "{run:?}");
    assert!(run.stdout.contains(&format!("{id},Quarter 1,deleted")), "{run:?}");
    assert!(run.stdout.contains(&format!("{unknown},,not found")), "{run:?}");
    assert_eq!(sent(&sim, "reports.delete"), json!([id]));
    assert_eq!(home.words("reports list").rows(), before);
    home.run(["reports", "get", id]).failed(4, &["reports.get"]);
    home.run(["reports", "delete", id]).failed(4, &["there is no such report", "'totalcloud reports list'"]);
}

#[test]
fn a_report_that_cannot_be_is_refused_before_any_call() {
    let sim = sim();
    let home = Home::at(&sim);
    let id = "00000000-0000-4000-8000-000000000001";
    let create = |kind: &str, title: &str, more: &[&str]| {
        let order = ["reports", "create", "--provider", "aws", "--type", kind, "--title", title];
        home.run(order.into_iter().chain(["--connector-ids", id]).chain(more.iter().copied()))
    };
    create("POLICY", "a", &[]).failed(2, &["a report of type POLICY needs 'policies'"]);
    create("MANDATE", "a", &[]).failed(2, &["a report of type MANDATE needs 'mandateId'"]);
    create("MANDATE_BASED", "a", &[]).failed(2, &["possible values: POLICY, MANDATE"]);
    create("POLICY", " ", &["--policy", id]).failed(2, &["'title' wants"]);
    create("POLICY", "a", &["--policy", "17"]).failed(2, &["--policy wants a UUID"]);
    home.run(["reports", "update", id]).failed(2, &["nothing is given that would change"]);
    home.run(["reports", "update", id, "--policy", id]).failed(2, &["--policy needs the cloud"]);
    home.run(["reports", "delete", "17", "--yes"]).failed(2, &["UUIDs of 36 characters"]);
    home.run(["exceptions", "delete", "17", "--yes"]).failed(2, &["UUIDs of 36 characters"]);
    assert_eq!(sim.journal().count, 0);
}

#[test]
fn a_report_is_looked_at_before_it_is_sent_and_comes_from_a_file() {
    let sim = sim();
    let home = Home::at(&sim);
    let template: Value = serde_json::from_str(&home.words("reports create --skeleton").ok()).unwrap();
    assert!(template["policies"][0]["policyId"].is_string() && template.get("executionType").is_none());
    let [connector, _, mandate] = subjects(&home);
    let yaml = format!(
        "cloudType: azure\ntype: MANDATE\nmandateId: {mandate}\ntitle: From a file\nconnectorIds: [{connector}]\n"
    );
    std::fs::write(home.path("report.yaml"), &yaml).unwrap();
    let preview = home.words("reports create --from report.yaml --title Other --dry-run");
    assert_eq!(preview.stderr, "nothing was sent\n");
    let preview = preview.ok();
    assert!(preview.contains("/cloudview-api/rest/v1/reports?executionType=RUN_TIME\n"), "{preview}");
    assert!(
        preview.contains("\"title\": \"Other\"") && preview.contains("\"cloudType\": \"Azure\""),
        "{preview}"
    );
    assert_eq!(sim.calls("reports.create"), 0);
    let made = home.run_with(&yaml, ["reports", "create", "--from", "-"]).rows().remove(0);
    assert_eq!((&made["title"], &made["type"]), (&json!("From a file"), &json!("MANDATE")));
    let delete = home.run(["reports", "delete", made["reportId"].as_str().unwrap(), "--dry-run"]).ok();
    assert!(
        delete.starts_with("DELETE ") && delete.ends_with(&format!("[\n  {}\n]\n", made["reportId"])),
        "{delete}"
    );
    assert_eq!(sim.calls("reports.delete"), 0);
}

#[test]
fn an_answer_that_is_lost_is_looked_for_and_not_asked_again() {
    let sim = totalcloud_testkit::sim(|config| {
        config.faults.push("op=reports.create,nth=1,do=reset-body".parse().unwrap());
        config.faults.push("op=assessments.create,nth=1,do=reset-body".parse().unwrap());
    });
    let home = Home::at(&sim);
    let [connector, policy, mandate] = subjects(&home);
    let order = ["reports", "create", "--provider", "azure", "--type", "MANDATE", "--mandate-id", &mandate];
    let order = order.into_iter().chain(["--title", "Lost", "--connector-ids", &connector]);
    let run = home.run(order);
    assert_ne!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("the service has this report now, so do not send it again"), "{run:?}");
    assert!(run.stderr.contains("\"title\":\"Lost\""), "{run:?}");
    assert_eq!(sim.calls("reports.create"), 1);

    let order = ["assessments", "create", "--name", "Lost", "--provider", "azure", "--start", "2026-01-01"];
    let order =
        order.into_iter().chain(["--end", "2026-01-31", "--policy", &policy, "--connector", &connector]);
    let run = home.run(order);
    assert_ne!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("the service has this report now, so do not send it again"), "{run:?}");
    assert_eq!(sim.calls("assessments.create"), 1);
}

#[test]
fn a_change_whose_answer_is_lost_is_compared_with_what_is_stored() {
    let sim = totalcloud_testkit::sim(|config| {
        // Once after the change, once in its place.
        config.faults.push("op=reports.update,nth=1,do=reset-body".parse().unwrap());
        config.faults.push("op=reports.update,nth=2,do=status:504".parse().unwrap());
    });
    let home = Home::at(&sim);
    let id = home.words("reports list --limit 1").rows().remove(0)["reportId"].as_str().unwrap().to_owned();
    let rename = |title: &str| home.run(["reports", "update", &id, "--title", title]);
    let run = rename("Second");
    assert_ne!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("the report is as it should be, so do not send it again"), "{run:?}");
    let run = rename("Third");
    assert_ne!(run.code, 0, "{run:?}");
    assert!(
        run.stderr.contains("the report has another value for title, so the change has not arrived"),
        "{run:?}"
    );
    assert_eq!(sim.calls("reports.update"), 2);
    assert_eq!(rename("Fourth").rows()[0]["title"], "Fourth");
}

#[test]
fn an_assessment_is_ordered_from_a_file_and_looked_at_before() {
    let sim = sim();
    let home = Home::at(&sim);
    let template: Value = serde_json::from_str(&home.words("assessments create --skeleton").ok()).unwrap();
    assert!(template["reportName"].is_string() && template["policyIds"].is_array(), "{template}");
    let [connector, policy, _] = subjects(&home);
    let order = json!({
        "reportName": "Posture", "cloudType": "azure", "startDate": "2026-01-01", "endDate": "2026-01-31",
        "policyIds": [policy], "connectorIds": [connector], "format": "pdf",
    });
    std::fs::write(home.path("order.json"), order.to_string()).unwrap();
    let preview = home.words("assessments create --from order.json --api-version 1 --dry-run").ok();
    for part in
        ["/rest/v1/report/assessment/create\n", "\"format\": \"PDF\"", "\"query\": \"\"", "01-31T00:00:00Z"]
    {
        assert!(preview.contains(part), "no {part} in {preview}");
    }
    assert_eq!(sim.calls("assessments.create-v1"), 0);
    let made = home.words("assessments create --from order.json --columns reportName,fileFormat").rows();
    assert_eq!(made, [json!({"reportName": "Posture", "fileFormat": "PDF"})]);
    home.words("assessments create --from order.json --end 2026-01-31T00:00:00").failed(2, &["endDate"]);
}

#[test]
fn exceptions_are_listed_and_deleted() {
    let sim = sim();
    let home = Home::at(&sim);
    let all = home.words("exceptions list").rows();
    assert!(!all.is_empty(), "the company has an exception from the start");
    let (id, name) = (all[0]["uuid"].as_str().unwrap(), all[0]["name"].as_str().unwrap());
    let state = all[0]["state"].as_str().unwrap();
    let some = home.run(["exceptions", "list", "--status", state]).rows();
    assert_eq!(some, all.iter().filter(|e| e["state"] == state).cloned().collect::<Vec<_>>());
    let filter = sim.journal().of("exceptions.list").last().unwrap().query.clone();
    assert!(filter.contains("filter=exception.status%3A"), "{filter}");

    let preview = home.run(["exceptions", "delete", id, "--dry-run"]).ok();
    assert!(preview.contains("\"exceptionIds\": ["), "{preview}");
    home.run(["exceptions", "delete", id]).failed(2, &["--yes", name]);
    assert_eq!(sim.calls("exceptions.delete"), 0);
    let gone = home.run(["exceptions", "delete", id, "--yes"]).rows();
    assert_eq!((&gone[0]["id"], &gone[0]["outcome"]), (&json!(id), &json!("deleted")));
    assert_eq!(home.words("exceptions list").rows(), all[1..]);
    home.run(["exceptions", "delete", id, "--yes"]).failed(4, &["there is no such exception"]);
}
