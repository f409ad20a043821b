//! `totalcloud export`: files of an estate that was synced over sockets.

use crate::context::Home;
use serde_json::Value;
use totalcloud_testkit::SimHandle;

fn synced(sim: &SimHandle) -> Home {
    let home = Home::at(sim);
    home.run(["sync", "--with", "resource-evaluations=failing"]).ok();
    home
}

#[test]
fn tables_and_answers_go_into_files_that_are_whole() {
    let sim = totalcloud_testkit::sim(|_| {});
    let home = synced(&sim);
    let vpcs = sim.totals()["aws/VPC"];

    let done = home.run(["export", "AWS_VPC", "--output", "vpcs.csv"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stderr.contains(&format!("aws_vpc: {vpcs} rows -> vpcs.csv")), "{done:?}");
    let csv = std::fs::read_to_string(home.path("vpcs.csv")).unwrap();
    let header = csv.lines().next().unwrap();
    assert!(header.starts_with("provider,") && header.ends_with(",extra"), "{header}");
    let with_raw = home.run(["export", "aws_vpc", "--raw", "--format", "csv"]).ok();
    assert!(with_raw.lines().next().unwrap().ends_with(",extra,raw"));

    home.run(["export", "aws_vpc", "controls", "--output", "some/"]).ok();
    let names: Vec<String> = files(&home, "some");
    assert_eq!(names, ["aws_vpc.parquet", "controls.parquet"]);
    home.run(["export", "--output", "all/", "--format", "ndjson"]).ok();
    let names = files(&home, "all");
    assert!(names.contains(&"freshness.ndjson".to_owned()) && names.contains(&"aws_vpc.ndjson".to_owned()));
    assert!(!names.contains(&"findings.ndjson".to_owned()), "views are made of the others: {names:?}");
    let lines = std::fs::read_to_string(home.path("all/aws_vpc.ndjson")).unwrap();
    assert_eq!(lines.lines().count() as u64, vpcs);

    let sql = "SELECT region, count(*) AS n FROM aws_vpc GROUP BY region ORDER BY n DESC LIMIT 1";
    let rows = home.run(["export", "--sql", sql]).rows();
    assert_eq!(rows.len(), 1);
    assert!(rows[0]["n"].as_u64().unwrap() > 0);
}

fn files(home: &Home, folder: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(home.path(folder))
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn what_is_sensitive_is_hidden_where_that_is_asked_for() {
    let sim = totalcloud_testkit::sim(|_| {});
    let home = synced(&sim);
    let open = home.run(["export", "policies", "--raw"]).rows();
    let hidden = home.run(["export", "policies", "--raw", "--redact"]).rows();
    let author = open.iter().find_map(|row| row["createdBy"].as_str()).unwrap().to_owned();
    // The same word may stand in other fields.
    let told = |row: &Value| row["createdBy"] == author || row["raw"]["createdBy"] == author;
    assert!(open.iter().any(told) && !hidden.iter().any(told));
    assert!(hidden.iter().any(|row| row["createdBy"] == "[redacted]"));
    assert!(hidden.iter().any(|row| row["raw"]["createdBy"] == "[redacted]"));
    let sql = "SELECT upper(\"createdBy\") AS x, title FROM policies";
    let rows = home.run(["export", "--sql", sql, "--redact"]).rows();
    assert!(rows.iter().all(|row| row["x"].is_null() || row["x"] == "[redacted]"), "{rows:?}");
    assert!(rows.iter().all(|row| row["title"].is_string()), "{rows:?}");
    let rows = home.run(["query", sql, "--redact"]).rows();
    assert!(rows.iter().all(|row| row["x"].is_null() || row["x"] == "[redacted]"), "{rows:?}");
}

#[test]
fn evaluations_are_events() {
    let sim = totalcloud_testkit::sim(|_| {});
    let home = synced(&sim);
    let wanted = home.run(["query", "SELECT count(*) AS n FROM account_evaluations"]).rows()[0]["n"].clone();
    let events = home.run(["export", "account_evaluations", "--format", "ocsf"]).rows();
    assert_eq!(Value::from(events.len()), wanted);
    for event in &events {
        assert_eq!((&event["class_uid"], &event["metadata"]["version"]), (&2003.into(), &"1.5.0".into()));
    }
    home.run(["export", "--format", "ocsf", "--output", "events/"]).ok();
    let names = files(&home, "events");
    assert_eq!(names, ["account_evaluations.ocsf.ndjson", "resource_evaluations.ocsf.ndjson"]);
    home.run(["export", "controls", "--format", "ocsf"])
        .failed(2, &["controls cannot be written as OCSF events"]);
    home.run(["export", "--sql", "select 1", "--format", "ocsf"])
        .failed(2, &["cannot be written as OCSF events"]);
}

#[test]
fn what_is_wrong_is_told_before_anything_is_written() {
    let sim = totalcloud_testkit::sim(|_| {});
    let home = synced(&sim);
    home.run(["export", "aws_vcp"]).failed(4, &["no table \"aws_vcp\"", "did you mean aws_vpc"]);
    home.run(["export", "exceptions_x"]).failed(4, &["no table"]);
    home.run(["export", "aws_vpc", "controls"]).failed(2, &["several tables go into a folder or a database"]);
    home.run(["export"]).failed(2, &["--output DIR/"]);
    home.run(["export", "aws_vpc", "--output", "x.doc"]).failed(2, &["says no format"]);
    home.run(["export", "aws_vpc", "--format", "yaml"]).failed(2, &["ocsf"]);
    home.run(["export", "aws_vpc", "aws_vpc", "--output", "y/"]).failed(2, &["asked for twice"]);
    home.run(["export", "--sql", "select nmae from aws_vpc", "--output", "x.csv"]).failed(2, &["^^^^"]);
    assert!(!home.path("x.csv").exists());
    let told = ["takes no password", "TOTALCLOUD_POSTGRES_PASSWORD"];
    let with_password = home.run(["export", "aws_vpc", "--to", "postgres://me:canary@127.0.0.1/x"]);
    assert!(!with_password.stderr.contains("canary"), "{with_password:?}");
    with_password.failed(2, &told);
    home.run(["export", "aws_vpc", "--to", "postgres"]).failed(2, &["TOTALCLOUD_POSTGRES_URL"]);
    home.run(["export", "aws_vpc", "--to", "mysql://db/x"])
        .failed(2, &["no address of a PostgreSQL database"]);
    home.run(["export", "--sql", "select 1 as a", "--to", "postgres://127.0.0.1/x"]).failed(2, &["--into"]);
    // Nobody listens there.
    home.run(["export", "aws_vpc", "--to", "postgres://me@127.0.0.1:1/x"])
        .failed(1, &["postgres://me@127.0.0.1:1/x"]);
}
