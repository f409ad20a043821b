//! `totalcloud api`: what is listed of the operations, and what it does beyond calling one.

use crate::context::{Home, set_mode, sim};
use serde_json::{Value, json};
use totalcloud_api::endpoints::OperationId;

#[test]
fn every_form_of_a_path_is_a_line_with_its_whole_declaration() {
    let rows = Home::new().words("api --list --format ndjson").rows();
    let mut forms: Vec<(&str, &str)> = OperationId::ALL
        .iter()
        .map(|id| id.operation())
        .flat_map(|op| [Some(op.path), op.other_path].map(|path| (op.method.as_str(), path)))
        .filter_map(|(method, path)| Some((method, path?)))
        .collect();
    let mut listed: Vec<(&str, &str)> = Vec::new();
    listed.extend(rows.iter().map(|r| (r["method"].as_str().unwrap(), r["path"].as_str().unwrap())));
    forms.sort_unstable();
    forms.dedup();
    listed.sort_unstable();
    assert_eq!(listed, forms, "each form once");
    let paths = |name: &str| -> Vec<&str> {
        rows.iter().filter(|r| r["name"] == name).map(|r| r["path"].as_str().unwrap()).collect()
    };
    assert_eq!(
        paths("assessments.download"),
        [
            "/cloudview-api/rest/v1/report/assessment/{reportId}/download",
            "/cloudview-api/rest/v1/report/assessment/download/{reportId}"
        ]
    );
    assert_eq!(paths("mandates.list"), ["/cloudview-api/rest/v1/mandates"]);
    assert_eq!(paths("mandates.list-v1"), ["/cloudview-api/rest/v1/reports/mandates"]);
    let findings = rows.iter().find(|r| r["name"] == "findings.list").unwrap();
    assert_eq!((&findings["method"], &findings["paging"]["page"]), (&json!("GET"), &json!("offSet")));
    for row in &rows {
        for field in
            ["name", "method", "path", "host", "auth", "answer", "class", "effect", "source", "command"]
        {
            assert!(row[field].as_str().is_some_and(|text| !text.is_empty()), "{field} of {row}");
        }
        for field in
            ["parameters", "providers", "quirks", "row", "repeatable", "confidence", "rust", "paging"]
        {
            assert!(row.get(field).is_some(), "{field} of {row}");
        }
    }
}

#[test]
fn a_write_is_looked_at_before_and_takes_files_lists_and_names_with_dots() {
    let sim = sim();
    let home = Home::at(&sim);
    std::fs::write(home.path("key.json"), r#"{"type":"service_account","private_key":"canary"}"#).unwrap();
    let preview = home
        .words("api connectors.create-gcp name=p projectId=x configFile=@key.json pollingFrequencyInHrs=4 --dry-run")
        .ok();
    assert!(preview.contains("<file key.json, 49 bytes>") && !preview.contains("canary"), "{preview}");
    let id = "00000000-0000-4000-8000-000000000001";
    let preview = home
        .run([
            "api",
            "connectors.update-aws",
            &format!("connectorId={id}"),
            "pollingFrequency.hours=4",
            "--dry-run",
        ])
        .ok();
    assert!(preview.contains("\"pollingFrequency\": {\n    \"hours\": 4\n  }"), "{preview}");
    let preview = home
        .run([
            "api",
            "connectors.run",
            "provider=aws",
            &format!("ids={id}"),
            &format!("ids={id}"),
            "--dry-run",
        ])
        .ok();
    assert!(preview.ends_with(&format!("[\n  \"{id}\",\n  \"{id}\"\n]\n")), "{preview}");
    std::fs::write(home.path("secret"), "canary\n").unwrap();
    set_mode(&home.path("secret"), 0o600);
    let slack = ["api", "actions.test-slack", "channel=ops", "webhookUri=@secret", "--dry-run"];
    home.run(slack).failed(2, &["an address that begins with https://"]);
    std::fs::write(home.path("secret"), "https://hooks.example.com/canary\n").unwrap();
    let preview = home.run(slack).ok();
    assert!(preview.contains("\"webhookUri\": \"…\"") && !preview.contains("canary"), "{preview}");
    home.words("api groups.create groupName=x --page-size 7 --dry-run")
        .failed(2, &["groups.create has no pages"]);
    let page = home.words("api resources.list provider=aws type=EBS pageNo=2 --page-size 7 --dry-run").ok();
    assert!(page.contains("pageSize=7") && page.contains("pageNo=2"), "{page}");
    assert_eq!(sim.journal().count, 0);
}

#[test]
fn a_body_comes_from_a_file_and_what_is_typed_goes_before_it() {
    let sim = sim();
    let home = Home::at(&sim);
    let template: Value =
        serde_json::from_str(&home.words("api connectors.create-aws --skeleton").ok()).unwrap();
    assert!(template["pollingFrequency"]["hours"].is_string(), "{template}");
    let body = "name: a\narn: arn:aws:iam::123456789012:role/r\nexternalId: \"123456789\"\n\
                pollingFrequency:\n  hours: 4\n  minutes: 30\n";
    let preview = home.run_with(
        body,
        ["api", "connectors.create-aws", "--from", "-", "pollingFrequency.hours=6", "--dry-run"],
    );
    let preview = preview.ok();
    assert!(preview.contains("\"hours\": 6,\n    \"minutes\": 30"), "{preview}");
    let ids = r#"["00000000-0000-4000-8000-000000000001"]"#;
    let preview = home.run_with(ids, ["api", "reports.delete", "--from", "-", "--dry-run"]).ok();
    assert!(preview.starts_with("DELETE ") && preview.contains("-000000000001\""), "{preview}");
    assert_eq!(sim.journal().count, 0);
}

#[test]
fn flags_that_would_do_nothing_are_refused_and_texts_go_where_they_should() {
    let sim = sim();
    let home = Home::at(&sim);
    let id = "reportId=00000000-0000-4000-8000-000000000001";
    for (line, said) in [
        ("groups.create groupName=x --limit 1", "--limit does nothing here: groups.create has one answer"),
        ("groups.create groupName=x --pages 1", "--pages does nothing"),
        ("actions.list --raw --limit 1", "--limit does nothing here: --raw"),
        ("actions.list --raw --columns id", "--columns does nothing"),
        ("actions.list --raw --format csv", "--format does nothing"),
        ("actions.list --raw --wide", "--wide does nothing"),
        ("actions.list --raw --strict", "--strict does nothing"),
        (
            &format!("assessments.rerun {id} --format json"),
            "--format does nothing here: what assessments.rerun",
        ),
        (&format!("assessments.rerun {id} --columns id"), "--columns does nothing"),
    ] {
        home.words(&format!("api {line}")).failed(2, &[said]);
    }
    home.words(&format!("api assessments.rerun {id} --output gone/x")).failed(1, &["cannot write"]);
    home.words("api groups.create groupName=x --output gone/x.csv").failed(1, &["cannot write"]);
    assert_eq!(sim.journal().count, 0);

    let made = home.words("assessments list --limit 1").rows().remove(0);
    let id = made["reportId"].as_str().unwrap();
    let run = home.words(&format!("api assessments.rerun reportId={id} --output answer.txt"));
    assert_eq!(run.ok(), "");
    assert_eq!(std::fs::read_to_string(home.path("answer.txt")).unwrap(), format!("{id}\n"));
}

#[test]
fn what_deletes_wants_to_be_meant() {
    let sim = sim();
    let home = Home::at(&sim);
    let report = home.words("reports list --limit 1").rows().remove(0);
    let id = format!("ids={}", report["reportId"].as_str().unwrap());
    home.run(["api", "reports.delete", &id]).failed(2, &["would be deleted for good", "--yes"]);
    assert_eq!(sim.calls("reports.delete"), 0);
    assert_eq!(home.run(["api", "reports.delete", &id, "--yes"]).code, 0);
    assert_eq!(sim.calls("reports.delete"), 1);
    assert!(home.words("reports list").rows().iter().all(|r| r["reportId"] != report["reportId"]));
}

#[test]
fn a_write_whose_answer_is_lost_is_not_sent_again() {
    let sim = totalcloud_testkit::sim(|config| {
        config.faults.push("op=groups.create,nth=1,do=reset-body".parse().unwrap());
    });
    let run = Home::at(&sim).words("api groups.create groupName=Ops");
    assert_ne!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("it may have arrived: look before sending it again"), "{run:?}");
    assert_eq!(sim.calls("groups.create"), 1);
}

#[test]
fn pages_are_followed_whatever_their_parameters_are_called() {
    let sim = sim();
    let home = Home::at(&sim);
    let span = ["startAt=2020-01-01T00:00:00Z", "endAt=2030-01-01T00:00:00Z"];
    let all = home.run(["api", "findings.list"].into_iter().chain(span)).rows();
    assert!(all.len() > 5, "{}", all.len());
    let small = home.run(["api", "findings.list", "limit=5"].into_iter().chain(span)).rows();
    assert_eq!(small, all);
    let asked: Vec<String> = sim.journal().of("findings.list").map(|call| call.query.clone()).collect();
    assert!(asked.iter().any(|q| q.contains("limit=5") && q.contains("offSet=5")), "{asked:?}");
    let second = home.run(
        ["api", "findings.list", "--page-size", "5", "--start-page", "1", "--raw"].into_iter().chain(span),
    );
    let second: Value = serde_json::from_str(&second.ok()).unwrap();
    assert_eq!(second["content"].as_array().unwrap()[..], all[5..10.min(all.len())]);
}
