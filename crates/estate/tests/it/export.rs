//! Rows that leave an estate: hidden where they are sensitive, with their keys, as events.

use crate::built::{Read, at, empty, session, sync, whole};
use arrow::array::{AsArray, RecordBatch};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use totalcloud_api::Provider;
use totalcloud_estate::export::keyed::Keys;
use totalcloud_estate::export::ocsf::{Mapper, Source};
use totalcloud_estate::export::redact::{HIDDEN, Redactor};
use totalcloud_estate::read::{AsOf, Snapshot};
use totalcloud_estate::store::{Estate, How, Scope};
use totalcloud_estate::tables;

const CANARY: &str = "canary-value";

fn evaluations<'a>(control: &str, rows: &[Value]) -> Read<'a> {
    Read {
        table: "resource_evaluations",
        scope: Scope::control(Provider::Aws, "012345678901", control),
        how: How::Whole,
        rows: rows.iter().map(Value::to_string).collect(),
    }
}

fn evaluation(resource: &str, result: &str, value: &str) -> Value {
    json!({
        "resourceId": resource, "resourceType": "IAM_USER", "region": "us-east-1", "accountId": "012345678901",
        "result": result, "evaluatedOn": "2026-01-01T00:00:00Z",
        "evidences": [{"settingName": "policy", "actualValue": value}],
        "somethingNew": CANARY,
    })
}

/// Two syncs of users and what a control says of them; the second changes what is sensitive and what is not.
async fn synced() -> Estate {
    let estate = empty().await;
    let user = |name: &str, secret: &str| {
        json!({"uuid": "u-1", "name": name, "resourceId": "r-1", "cloudAccountId": "012345678901", "user": secret}).to_string()
    };
    let control = r#"{"cid":"52","controlName":"Ensure MFA","criticality":"HIGH"}"#;
    let rows = [evaluation("a", "FAIL", CANARY), evaluation("b", "FAIL", CANARY)];
    let reads = [
        whole("aws_iam_user", &[&user("old", CANARY)]),
        whole("controls", &[control]),
        evaluations("52", &rows),
    ];
    sync(&estate, 0, &reads).await;
    let more = format!("{CANARY}-2");
    let rows = [evaluation("a", "FAIL", &more)];
    sync(&estate, 1, &[whole("aws_iam_user", &[&user("new", &more)]), evaluations("52", &rows)]).await;
    estate
}

/// The rows of a query, as they are and redacted.
async fn both(estate: &Estate, sql: &str) -> (Vec<RecordBatch>, Vec<RecordBatch>) {
    let snapshot = Snapshot::of(estate, AsOf::Latest).await.unwrap();
    let found = session(&snapshot).sql(sql).await.unwrap();
    let redactor = Redactor::of_plan(found.logical_plan());
    let batches = found.collect().await.unwrap();
    let hidden = batches.iter().map(|b| redactor.apply(b).unwrap()).collect();
    (batches, hidden)
}

fn text(batches: &[RecordBatch]) -> String {
    let mut out = Vec::new();
    let mut writer = arrow::json::LineDelimitedWriter::new(&mut out);
    writer.write_batches(&batches.iter().collect::<Vec<_>>()).unwrap();
    writer.finish().unwrap();
    drop(writer);
    String::from_utf8(out).unwrap()
}

#[tokio::test]
async fn nothing_sensitive_leaves_any_table_view_or_history() {
    let estate = synced().await;
    for table in ["aws_iam_user", "resource_evaluations", "findings", "history.aws_iam_user", "changes"] {
        let (open, hidden) = both(&estate, &format!("SELECT * FROM {table}")).await;
        assert!(text(&open).contains(CANARY), "{table}");
        assert!(!text(&hidden).contains(CANARY), "{table}: {}", text(&hidden));
        assert!(text(&hidden).contains(HIDDEN), "{table}");
        let rows = |batches: &[RecordBatch]| batches.iter().map(RecordBatch::num_rows).sum::<usize>();
        assert_eq!(rows(&open), rows(&hidden), "{table}");
    }
    let (open, hidden) = both(&estate, "SELECT * FROM resources").await;
    assert_eq!(text(&open), text(&hidden), "the common columns are for everybody");
    let (_, hidden) =
        both(&estate, "SELECT kind, fields FROM changes WHERE \"table\" = 'aws_iam_user'").await;
    let said = text(&hidden);
    assert!(said.contains("old") && said.contains("new"), "what is harmless is told: {said}");
}

#[tokio::test]
async fn keys_are_those_the_estate_knows_its_rows_by() {
    let estate = synced().await;
    for name in ["aws_iam_user", "resource_evaluations", "controls"] {
        let (batches, _) = both(&estate, &format!("SELECT * FROM {name}")).await;
        let mut keys = Keys::of(tables::get(name).unwrap());
        let mut found = BTreeSet::new();
        for batch in &batches {
            let keyed = keys.add(batch).unwrap();
            found.extend(keyed.column(0).as_string::<i32>().iter().map(|k| k.unwrap().to_owned()));
        }
        let wanted = match name {
            "aws_iam_user" => "u-1",
            "controls" => "52",
            _ => "aws/012345678901/52|a|IAM_USER|us-east-1",
        };
        assert_eq!(found, BTreeSet::from([wanted.to_owned()]), "{name}");
    }
}

#[tokio::test]
async fn findings_become_events_those_that_ended_included() {
    let estate = synced().await;
    let mut mapper = Mapper::new(at(2));
    for batch in both(&estate, "SELECT * FROM controls").await.0 {
        mapper.learn_controls(&batch).unwrap();
    }
    let (open, hidden) = both(&estate, "SELECT * FROM findings ORDER BY \"resourceId\"").await;
    let events = |batches: &[RecordBatch]| -> Vec<Value> {
        batches.iter().flat_map(|b| mapper.events(Source::Resource, b).unwrap()).collect()
    };
    let shown = events(&open);
    let said: Vec<[&str; 3]> = shown
        .iter()
        .map(|e| ["activity_name", "status", "severity"].map(|name| e[name].as_str().unwrap()))
        .collect();
    assert_eq!(said, [["Create", "New", "High"], ["Close", "Resolved", "High"]]);
    assert_eq!(shown[0]["finding_info"]["title"], "Ensure MFA");
    assert_eq!(shown[0]["evidences"][0]["data"]["policy"], format!("{CANARY}-2"));
    let hidden = events(&hidden);
    assert_eq!(hidden[0]["evidences"][0]["data"]["policy"], HIDDEN);
    assert!(!Value::from(hidden).to_string().contains(CANARY));
}
