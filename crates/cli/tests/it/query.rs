//! The estate asked in SQL and by ready questions.

use crate::context::{Home, Run};
use serde_json::Value;
use totalcloud_testkit::SimHandle;

/// A home whose estate was synced.
fn synced(sim: &SimHandle, more: &[&str]) -> Home {
    let home = Home::at(sim);
    home.run(["sync"].into_iter().chain(more.iter().copied())).ok();
    home
}

fn query(home: &Home, sql: &str) -> Run {
    home.run(["query", sql])
}

#[test]
fn queries_are_answered_in_every_format_and_told_apart_when_they_are_wrong() {
    let sim = totalcloud_testkit::sim(|_| {});
    let home = synced(&sim, &[]);
    let rows = query(&home, "SELECT RESOURCEID, region FROM aws_vpc ORDER BY resourceId LIMIT 2").rows();
    assert_eq!(rows.len(), 2);
    assert!(rows[0]["resourceId"].is_string() && rows[0]["region"].is_string(), "{rows:?}");
    let count = |sql: &str| query(&home, sql).rows()[0]["n"].as_u64().unwrap();
    assert_eq!(count("select count(*) as n from aws_vpc"), sim.totals()["aws/VPC"]);
    let csv = home.run(["query", "select 1 as a, 'x,y' as b", "--format", "csv"]).ok();
    assert_eq!(csv, "a,b\n1,\"x,y\"\n");
    let table = home.run(["query", "select * from aws_vpc limit 1", "--format", "table"]).ok();
    let header = table.lines().next().unwrap().to_lowercase();
    assert!(header.contains("cidrblock") && !header.contains(" raw"), "{header}");
    home.run(["query", "select * from aws_vpc", "--output", "vpcs.parquet"]).ok();

    // From a file, from standard input, with parameters.
    std::fs::write(home.path("q.sql"), "select $1::text as a, $n + 1 as b").unwrap();
    let rows = home.run(["query", "--file", "q.sql", "--param", "1=x", "--param", "n=41"]).rows();
    assert_eq!(rows[0], serde_json::json!({"a": "x", "b": 42}));
    assert_eq!(home.run_with("select 7 as n", ["query"]).rows()[0]["n"], 7);
    assert!(home.run(["query", "select * from aws_vpc", "--explain"]).ok().contains("Exec"));

    let wrong = query(&home, "SELECT nmae\nFROM aws_vpc\nWHERE region = \"eu-west-1\"");
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(wrong.stderr.contains("\n  ") && wrong.stderr.contains('^'), "{wrong:?}");
    query(&home, "select nmae from aws_vpc").failed(
        2,
        &["error: column 8: there is no column 'nmae'\n  select nmae from aws_vpc\n         ^^^^\nhint: did you mean name"],
    );
    query(&home, "drop table aws_vpc").failed(2, &["DROP is not possible here"]);
    query(&home, "select * from '/etc/passwd'").failed(2, &["files cannot be read here"]);
    query(&home, "select from where").failed(2, &["error:"]);
    query(&home, "").failed(2, &["there is no query"]);
    home.run(["query", "select $a", "--param", "b=1"]).failed(2, &["no parameter $b"]);
    home.run(["query", "select 1", "--memory", "lots"]).failed(2, &["512MiB"]);
    home.run(["query", "select 1", "--as-of", "soon"]).failed(2, &["names no state of the estate"]);
    home.run(["query", "select 1", "--as-of", "99"]).failed(2, &["there is no run 99"]);
    home.run(["query", "select 1", "--format", "xml"]).failed(2, &["xml"]);
}

#[test]
fn the_past_is_asked_by_run() {
    let sim = totalcloud_testkit::sim(|_| {});
    let home = synced(&sim, &[]);
    sim.advance(24.0, 0.2);
    home.run(["sync", "--full"]).ok();
    let rows = |as_of: &str| -> Vec<Value> {
        home.run(["query", "select resourceId from aws_ebs order by 1", "--as-of", as_of]).rows()
    };
    assert_ne!(rows("1"), rows("2"));
    assert_eq!(rows("2"), rows("latest"));
    let changes = query(&home, "select count(*) as n from changes where \"table\" = 'aws_ebs'").rows();
    assert!(changes[0]["n"].as_u64().unwrap() > 0);
}

#[test]
fn ready_questions_are_listed_shown_and_answered() {
    let sim = totalcloud_testkit::sim(|_| {});
    let home = synced(&sim, &["--skip", "exceptions"]);
    let list = home.run(["ask", "list", "--format", "ndjson"]).rows();
    assert!(list.len() >= 20);
    assert_eq!(list[0]["name"], "public-buckets");
    let shown = home.run(["ask", "show", "unused-keys"]).ok();
    assert!(
        shown.starts_with("-- Access keys that nobody uses\n") && shown.contains("--param days=90"),
        "{shown}"
    );
    let volumes = home.run(["ask", "run", "unencrypted-volumes"]).rows();
    let counted = query(&home, "select count(*) as n from aws_ebs where not encrypted").rows();
    assert_eq!(volumes.len() as u64, counted[0]["n"].as_u64().unwrap());
    let fewer = home.run(["ask", "run", "resources-failing-most", "--param", "most=3"]).rows();
    assert_eq!(fewer.len(), 3);

    home.run(["ask", "run", "exceptions-ending"])
        .failed(1, &["'exceptions' was never synced", "hint: 'totalcloud sync --only exceptions' brings it"]);
    home.run(["ask", "run", "public-bucket"])
        .failed(2, &["there is no question", "did you mean public-buckets"]);
    home.run(["ask", "run", "unused-keys", "--param", "dyas=1"])
        .failed(2, &["no parameter 'dyas'", "it has days"]);
    home.run(["ask", "run", "unused-keys", "--param", "days=many"]).failed(2, &["many"]);
    let live = home.run(["query", "select count(*) as n from live.aws_vpc"]).rows();
    assert_eq!(live[0]["n"], sim.totals()["aws/VPC"]);
}

#[test]
fn without_an_estate_it_says_how_to_get_one() {
    let home = Home::new();
    query(&home, "select 1").failed(4, &["hint:", "totalcloud sync"]);
    home.run(["ask", "run", "public-buckets"]).failed(4, &["totalcloud sync"]);
    home.run(["ask", "list"]).ok();
    home.run(["ask", "show", "public-buckets"]).ok();
}
