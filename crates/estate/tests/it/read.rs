//! What users see of an estate at a run.

use crate::built::{Read, ask, asked, at, column, empty, fold, number, session, sync, whole};
use arrow::datatypes::Schema;
use serde_json::json;
use totalcloud_api::Provider;
use totalcloud_estate::read::{AsOf, Snapshot};
use totalcloud_estate::store::compact::Options;
use totalcloud_estate::store::{Estate, How, Scope};
use totalcloud_estate::{Kind, schema, tables};

const VPC: &str = "aws_vpc";
const LATEST: AsOf = AsOf::Latest;

/// Three syncs: `a` changes, `b` goes, `c` comes.
async fn moved() -> Estate {
    let estate = empty().await;
    let a = |name: &str| format!(r#"{{"uuid":"a","region":"r1","name":"{name}","cloudAccountId":"1"}}"#);
    let b = r#"{"uuid":"b","region":"r2","name":"b","cloudAccountId":"2"}"#;
    let c = r#"{"uuid":"c","region":"r2","name":"c","cloudAccountId":"2"}"#;
    sync(
        &estate,
        0,
        &[whole(VPC, &[&a("old"), b]), whole("controls", &[r#"{"cid":"1","controlName":"x"}"#])],
    )
    .await;
    sync(&estate, 1, &[whole(VPC, &[&a("new"), b, c])]).await;
    sync(&estate, 2, &[whole(VPC, &[&a("new"), c])]).await;
    estate
}

#[tokio::test]
async fn a_table_is_as_the_run_left_it() {
    let estate = moved().await;
    for folded in [false, true] {
        let names = "SELECT name FROM aws_vpc";
        assert_eq!(column(&estate, AsOf::Run(1), names).await, ["b", "old"], "folded: {folded}");
        assert_eq!(column(&estate, AsOf::Run(2), names).await, ["b", "c", "new"]);
        assert_eq!(column(&estate, AsOf::Run(3), names).await, ["c", "new"]);
        assert_eq!(column(&estate, LATEST, names).await, ["c", "new"]);
        for (run, rows) in [(1, 2), (2, 3), (3, 2)] {
            assert_eq!(number(&estate, AsOf::Run(run), "SELECT COUNT(*) FROM aws_vpc").await, rows);
            let counted = "SELECT COUNT(*) FROM aws_vpc WHERE length(name) > 0";
            assert_eq!(number(&estate, AsOf::Run(run), counted).await, rows);
        }
        assert_eq!(
            column(&estate, AsOf::Time(at(1)), names).await,
            ["b", "old"],
            "the second was not finished"
        );
        assert_eq!(column(&estate, AsOf::Time(at(2)), names).await, ["b", "c", "new"]);
        let filtered = "SELECT name FROM aws_vpc WHERE region = 'r2' AND account = '2'";
        assert_eq!(column(&estate, AsOf::Run(2), filtered).await, ["b", "c"]);
        if !folded {
            let done = fold(&estate, 3, Options::default()).await;
            assert_eq!(done.run.unwrap().run, 4);
        }
    }
}

#[tokio::test]
async fn columns_are_those_of_the_registry_and_when_a_row_was_seen() {
    let estate = moved().await;
    let rows = ask(&estate, LATEST, "SELECT * FROM aws_vpc WHERE uuid = 'c'").await;
    let row = rows[0].as_object().unwrap();
    assert!(row.keys().all(|k| !k.starts_with('_')), "{row:?}");
    assert_eq!(row["provider"], json!("aws"));
    assert_eq!(row["account"], json!("2"));
    assert_eq!(row["firstSeen"], json!("2026-01-02T00:00:00Z"));
    assert_eq!(row["lastSeen"], json!("2026-01-03T00:00:00Z"));
    let provider = Snapshot::of(&estate, LATEST).await.unwrap().provider(VPC).await.unwrap().unwrap();
    let shown = schema::user_schema(tables::get(VPC).unwrap());
    let names = |schema: &Schema| schema.fields().iter().map(|f| f.name().clone()).collect::<Vec<_>>();
    assert_eq!(names(&provider.schema()), names(&shown), "columns are in the order of the registry");
    let before = ask(&estate, AsOf::Run(2), "SELECT lastSeen FROM aws_vpc WHERE uuid = 'c'").await;
    assert_eq!(before, [json!({"lastSeen": "2026-01-02T00:00:00Z"})]);
    let order =
        "SELECT lastSeen, name FROM aws_vpc WHERE lastSeen >= TIMESTAMP '2026-01-03T00:00:00Z' ORDER BY name";
    assert_eq!(ask(&estate, LATEST, order).await.len(), 2);
}

#[tokio::test]
async fn history_has_all_versions_and_how_long_they_held() {
    let estate = moved().await;
    let sql =
        r#"SELECT name, "_run", "validFrom", "validTo", gone FROM history.aws_vpc ORDER BY uuid, "_run""#;
    let expected = json!([
        {"name": "old", "_run": 1, "validFrom": "2026-01-01T00:00:00Z", "validTo": "2026-01-02T00:00:00Z", "gone": false},
        {"name": "new", "_run": 2, "validFrom": "2026-01-02T00:00:00Z", "gone": false},
        {"name": "b", "_run": 1, "validFrom": "2026-01-01T00:00:00Z", "validTo": "2026-01-03T00:00:00Z", "gone": false},
        {"name": "b", "_run": 3, "validFrom": "2026-01-03T00:00:00Z", "gone": true},
        {"name": "c", "_run": 2, "validFrom": "2026-01-02T00:00:00Z", "gone": false},
    ]);
    assert_eq!(json!(ask(&estate, LATEST, sql).await), expected);
    fold(&estate, 3, Options::default()).await;
    assert_eq!(json!(ask(&estate, LATEST, sql).await), expected, "folding changes no history");
    let then = ask(&estate, AsOf::Run(2), sql).await;
    assert_eq!(then.len(), 4);
    assert!(then.iter().all(|v| v["gone"] == json!(false)), "run 2 knows nothing of run 3: {then:?}");
    assert_eq!(then[2].get("validTo"), None);
}

#[tokio::test]
async fn resources_of_all_types_are_one_table() {
    let estate = empty().await;
    let bucket = r#"{"uuid":"s","name":"logs","region":"r9","created":"2025-05-05T00:00:00Z","tags":[{"key":"k","value":"v"}]}"#;
    let machine = r#"{"uuid":"m","name":"vm","region":"r1","subscriptionId":"sub","updated":"2025-06-06T00:00:00Z","controlsFailed":3}"#;
    sync(
        &estate,
        0,
        &[
            whole(VPC, &[r#"{"uuid":"a","name":"a","region":"r1","createdOn":"2025-01-01T00:00:00Z"}"#]),
            whole("aws_bucket", &[bucket]),
            whole("azure_virtual_machine", &[machine]),
        ],
    )
    .await;
    assert_eq!(number(&estate, LATEST, "SELECT COUNT(*) FROM resources").await, 3);
    assert_eq!(number(&estate, LATEST, "SELECT COUNT(*) FROM resources WHERE provider = 'aws'").await, 2);
    let sql = r#"SELECT provider, account, "table", "resourceType", name, created, updated, "controlsFailed", tags
        FROM resources ORDER BY name"#;
    let rows = ask(&estate, LATEST, sql).await;
    assert_eq!(rows[0]["created"], json!("2025-01-01T00:00:00Z"));
    assert_eq!(rows[1]["table"], json!("aws_bucket"));
    assert_eq!(rows[1]["tags"][0]["key"], json!("k"));
    assert_eq!(
        (&rows[2]["account"], &rows[2]["updated"], &rows[2]["controlsFailed"]),
        (&json!("sub"), &json!("2025-06-06T00:00:00Z"), &json!(3))
    );
    let typed =
        "SELECT name FROM resources WHERE \"resourceType\" = 'VIRTUAL_MACHINE' OR \"table\" = 'aws_vpc'";
    assert_eq!(column(&estate, LATEST, typed).await, ["a", "vm"]);
    assert_eq!(column(&estate, LATEST, "SELECT name FROM resources WHERE region = 'r9'").await, ["logs"]);

    // Types whose files cannot match are not read at all.
    let snapshot = Snapshot::of(&estate, LATEST).await.unwrap();
    let plan = "EXPLAIN SELECT name FROM resources WHERE region = 'r9'";
    let plan = format!("{:?}", asked(&session(&snapshot), plan).await.unwrap());
    assert!(plan.contains("aws_bucket/") && !plan.contains("aws_vpc/"), "{plan}");
    let counted = "EXPLAIN SELECT COUNT(*) FROM resources WHERE provider = 'aws'";
    let plan = format!("{:?}", asked(&session(&snapshot), counted).await.unwrap());
    assert!(!plan.contains("parquet"), "{plan}");
}

fn evaluation(resource: &str, result: &str) -> String {
    format!(r#"{{"resourceId":"{resource}","resourceType":"VPC","region":"r1","result":"{result}"}}"#)
}

fn failing(rows: &[String]) -> Read<'static> {
    let scope = Scope::control(Provider::Aws, "1", "52");
    Read { table: "resource_evaluations", scope, how: How::Failing, rows: rows.to_vec() }
}

#[tokio::test]
async fn findings_are_not_forgotten_when_they_end() {
    let estate = empty().await;
    sync(&estate, 0, &[failing(&["x", "y"].map(|r| evaluation(r, "FAIL")))]).await;
    sync(&estate, 1, &[failing(&[evaluation("y", "FAIL")])]).await;
    sync(&estate, 2, &[failing(&[evaluation("y", "FAIL"), evaluation("z", "FAIL")])]).await;
    let sql = r#"SELECT "resourceId", state, "controlId", account FROM findings ORDER BY "resourceId""#;
    for folds in 0..3 {
        let found = ask(&estate, LATEST, sql).await;
        let state = |at: usize| found[at]["state"].as_str().unwrap();
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!((state(0), state(1), state(2)), ("fixed", "failing", "failing"), "folded {folds} times");
        assert_eq!(found[0]["controlId"], json!("52"));
        let then = column(&estate, AsOf::Run(1), "SELECT state FROM findings").await;
        assert_eq!(then, ["failing", "failing"]);
        assert_eq!(number(&estate, LATEST, "SELECT COUNT(*) FROM resource_evaluations").await, 2);
        assert_eq!(number(&estate, LATEST, "SELECT COUNT(*) FROM findings").await, 3);
        fold(&estate, 3 + folds, Options::default()).await;
    }
    // What was fixed fails again: one finding, not two.
    let day = 7;
    sync(&estate, day, &[failing(&["x", "y", "z"].map(|r| evaluation(r, "FAIL")))]).await;
    for folds in 0..2 {
        let found = ask(&estate, LATEST, sql).await;
        assert!(found.len() == 3 && found.iter().all(|f| f["state"] == json!("failing")), "{found:?}");
        let reopened = r#"SELECT "timesReopened" FROM findings WHERE "resourceId" = 'x'"#;
        assert_eq!(number(&estate, LATEST, reopened).await, 1);
        assert_eq!(
            column(&estate, AsOf::Run(3), "SELECT state FROM findings").await,
            ["failing", "failing", "fixed"]
        );
        fold(&estate, day + 1 + folds, Options::default()).await;
    }
}

#[tokio::test]
async fn a_finding_that_ended_was_last_seen_before() {
    let estate = empty().await;
    let both = || failing(&["x", "y"].map(|r| evaluation(r, "FAIL")));
    for day in 0..3 {
        sync(&estate, day, &[both()]).await;
    }
    sync(&estate, 3, &[failing(&[evaluation("y", "FAIL")])]).await;
    let sql = r#"SELECT "firstSeen", state, "lastSeen" FROM findings ORDER BY "resourceId""#;
    for folds in 0..2 {
        let seen = |state: &str, last: &str| json!({"firstSeen": "2026-01-01T00:00:00Z", "state": state, "lastSeen": format!("{last}T00:00:00Z")});
        let found = ask(&estate, LATEST, sql).await;
        assert_eq!(
            found,
            [seen("fixed", "2026-01-03"), seen("failing", "2026-01-04")],
            "folded {folds} times"
        );
        let then = ask(&estate, AsOf::Run(2), sql).await;
        assert_eq!(then, [seen("failing", "2026-01-02"), seen("failing", "2026-01-02")]);
        let since =
            r#"SELECT "resourceId" FROM findings WHERE "lastSeen" >= TIMESTAMP '2026-01-04T00:00:00Z'"#;
        assert_eq!(column(&estate, LATEST, since).await, ["y"]);
        fold(&estate, 4 + folds, Options::default()).await;
    }
}

#[tokio::test]
async fn a_time_that_is_not_known_is_refused() {
    let estate = empty().await;
    let error = Snapshot::of(&estate, LATEST).await.err().unwrap();
    assert_eq!(error.kind(), Kind::Missing);
    assert!(error.message().contains("no sync"), "{error}");
    sync(&estate, 5, &[whole(VPC, &[r#"{"uuid":"a"}"#])]).await;
    let error = Snapshot::of(&estate, AsOf::Time(at(4))).await.err().unwrap();
    assert_eq!(error.kind(), Kind::Input);
    assert_eq!(
        error.message(),
        "nothing is known of 2026-01-05 00:00:00 UTC: the first run was finished on 2026-01-06 00:01:00 UTC"
    );
    for run in [0, -1, 2, 99] {
        let error = Snapshot::of(&estate, AsOf::Run(run)).await.err().unwrap();
        assert_eq!(error.message(), format!("there is no run {run}; the newest is 1"));
    }
}

#[tokio::test]
async fn a_snapshot_does_not_move() {
    let estate = moved().await;
    let snapshot = Snapshot::of(&estate, LATEST).await.unwrap();
    let context = session(&snapshot);
    let count = "SELECT COUNT(*) AS n FROM aws_vpc WHERE uuid IS NOT NULL";
    let runs = "SELECT COUNT(*) AS n FROM sync_runs WHERE calls >= 0";
    sync(&estate, 3, &[whole(VPC, &[])]).await;
    fold(&estate, 4, Options::default()).await;
    assert_eq!(asked(&context, count).await.unwrap(), [json!({"n": 2})]);
    assert_eq!(asked(&context, runs).await.unwrap(), [json!({"n": 3})]);
    assert_eq!(number(&estate, LATEST, "SELECT COUNT(*) FROM aws_vpc").await, 0);
    assert_eq!(snapshot.families().into_iter().collect::<Vec<_>>(), ["controls", "inventory"]);
    assert!(snapshot.has("aws_vpc") && !snapshot.has("connectors"));
    let error = asked(&context, "SELECT * FROM connectors").await.unwrap_err();
    assert!(error.to_string().contains("not found"), "{error}");
}

#[tokio::test]
async fn changes_and_readings_are_those_up_to_the_run() {
    let estate = moved().await;
    let kinds = "SELECT kind FROM changes";
    assert_eq!(column(&estate, AsOf::Run(1), kinds).await, [""; 0]);
    assert_eq!(column(&estate, AsOf::Run(2), kinds).await, ["appeared", "changed"]);
    assert_eq!(column(&estate, LATEST, kinds).await, ["appeared", "changed", "vanished"]);
    assert_eq!(number(&estate, AsOf::Run(2), "SELECT COUNT(*) FROM freshness").await, 3);
}

/// Filters on columns of few values are kept to by the table itself. They give what they give as functions that it
/// knows nothing of.
#[tokio::test]
async fn filters_on_columns_of_few_values_hold_for_every_row_that_comes() {
    let estate = moved().await;
    let odd = [r#"{"uuid":"n","name":"n"}"#, r#"{"uuid":"e","name":"e","region":"","cloudAccountId":"3"}"#];
    let more: Vec<String> =
        (0..40).map(|i| format!(r#"{{"uuid":"m{i}","name":"m{i}","region":"r{}"}}"#, i % 3)).collect();
    let rows: Vec<&str> = odd.into_iter().chain(more.iter().map(String::as_str)).collect();
    sync(&estate, 3, &[whole(VPC, &rows)]).await;
    let fail = |id: &str, result: &str| evaluation(id, result);
    sync(&estate, 4, &[failing(&[fail("i-1", "FAIL"), fail("i-2", "FAIL")])]).await;
    sync(&estate, 5, &[failing(&[fail("i-1", "FAIL")])]).await;
    let filters = [
        ("region = 'r2'", "concat(region, '') = 'r2' AND region IS NOT NULL"),
        ("region <> 'r1'", "NOT (concat(region, '') = 'r1') AND region IS NOT NULL"),
        ("region IN ('r0', 'r1')", "concat(region, '') IN ('r0', 'r1')"),
        ("region IS NULL", "coalesce(region, 'none') = 'none'"),
        ("region IS NULL OR region LIKE '%1'", "coalesce(region, 'none') IN ('none', 'r1')"),
        ("region > 'r0' AND account = '2'", "concat(region, '') > 'r0' AND concat(account, '') = '2'"),
        ("region = 'r9'", "concat(region, '') = 'r9'"),
    ];
    for folded in [false, true] {
        for (table, runs) in [(VPC, 1..=4), ("history.aws_vpc", 4..=4), ("resources", 4..=4)] {
            for (plain, opaque) in filters {
                for run in runs.clone() {
                    let of = |filter: &str| {
                        format!("SELECT concat_ws('|', name, region, account) FROM {table} WHERE {filter}")
                    };
                    let (plain, opaque) = (of(plain), of(opaque));
                    let expected = column(&estate, AsOf::Run(run), &opaque).await;
                    assert_eq!(column(&estate, AsOf::Run(run), &plain).await, expected, "{plain} at {run}");
                }
            }
        }
        let some = "SELECT name FROM aws_vpc WHERE region = 'r0' LIMIT 5";
        assert_eq!(column(&estate, LATEST, some).await.len(), 5);
        let counted = "SELECT COUNT(*) FROM aws_vpc WHERE region = 'r0'";
        assert_eq!(number(&estate, LATEST, counted).await, 14);
        let of = |filter: &str| format!(r#"SELECT "resourceId" FROM findings WHERE {filter}"#);
        let (plain, opaque) = (of("result = 'FAIL'"), of("concat(result, '') = 'FAIL'"));
        let expected = column(&estate, LATEST, &opaque).await;
        assert_eq!((column(&estate, LATEST, &plain).await, expected.len()), (expected, 2));
        if !folded {
            fold(&estate, 6, Options::default()).await;
        }
    }
}
