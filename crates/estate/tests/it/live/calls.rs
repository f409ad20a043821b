//! How many calls a query costs, which filters it sends, and when it stops.

use super::*;
use totalcloud::ErrorKind;
use totalcloud_api::Provider::Aws;
use totalcloud_estate::Kind;
use totalcloud_testkit::sim;

/// A simulator with so many volumes.
fn volumes(rows: u64) -> SimHandle {
    sim(|c| c.world.rows.push((Aws, "EBS".to_owned(), rows)))
}

fn queries(sim: &SimHandle, operation: &str) -> Vec<String> {
    sim.journal().of(operation).map(|r| r.query.clone()).collect()
}

#[tokio::test]
async fn a_limit_ends_the_paging() {
    let sim = volumes(2_000);
    let ctx = session(&client(&sim));
    let calls = || sim.calls("resources.list");
    assert_eq!(rows(&ctx, "SELECT name FROM live.aws_ebs LIMIT 5").await.len(), 5);
    assert_eq!(calls(), 1);
    assert!(queries(&sim, "resources.list")[0].contains("pageSize=5"));
    assert_eq!(rows(&ctx, "SELECT name FROM live.aws_ebs LIMIT 250").await.len(), 250);
    assert_eq!(calls(), 1 + 3);
    // A predicate that is tested here reads page by page until enough are found.
    let sql = "SELECT name FROM live.aws_ebs WHERE \"resourceType\" LIKE 'E%' LIMIT 120";
    assert_eq!(rows(&ctx, sql).await.len(), 120);
    assert_eq!(calls(), 4 + 2);
    // Also where the limit stands above something else.
    let sql =
        "SELECT name FROM (SELECT name FROM live.aws_ebs UNION ALL SELECT name FROM live.aws_ebs) LIMIT 7";
    assert_eq!(rows(&ctx, sql).await.len(), 7);
    assert!(calls() <= 6 + 2);
    assert_eq!(rows(&ctx, "SELECT name FROM live.aws_ebs LIMIT 0").await.len(), 0);
    assert!(calls() <= 8);
}

#[tokio::test]
async fn counting_takes_the_total_of_one_page() {
    let sim = volumes(2_000);
    let ctx = session(&client(&sim));
    let calls = || sim.calls("resources.list");
    assert_eq!(rows(&ctx, "SELECT count(*) FROM live.aws_ebs").await, ["2000"]);
    assert_eq!(calls(), 1);
    assert_eq!(rows(&ctx, "SELECT count(*), 7 FROM live.aws_ebs WHERE provider = 'aws'").await, ["2000|7"]);
    assert_eq!(calls(), 2);
    assert_eq!(rows(&ctx, "SELECT count(*) FROM live.aws_ebs WHERE provider = 'azure'").await, ["0"]);
    assert_eq!(calls(), 2);
    let account = rows(&ctx, "SELECT account FROM live.aws_ebs LIMIT 1").await.remove(0);
    let one = format!("SELECT count(*) FROM live.aws_ebs WHERE account = '{account}'");
    let by_hand = "SELECT count(*) FROM (SELECT account || '' a FROM live.aws_ebs) WHERE a = ";
    let expected = rows(&ctx, &format!("{by_hand} '{account}'")).await;
    let before = calls();
    assert_eq!(rows(&ctx, &one).await, expected);
    // The first time it is seen that the tenant evaluates the token; after that one call is enough.
    let (first, after) = (calls() - before, calls());
    assert!((2..=4).contains(&first), "{first}");
    assert_eq!(rows(&ctx, &one).await, expected);
    assert_eq!(calls() - after, 1);
    assert!(queries(&sim, "resources.list").last().unwrap().contains(&account));
}

#[tokio::test]
async fn what_is_sent_and_what_is_tested_here_is_shown() {
    let sim = volumes(350);
    let client = client(&sim);
    let ctx = session(&client);
    let sql =
        "SELECT name, \"volumeId\" FROM live.aws_ebs WHERE account = '123456789012' AND size > 5 LIMIT 9";
    let shown = plan(&ctx, sql, false).await;
    assert_eq!(
        shown.trim(),
        "LiveScan: live.aws_ebs, operation=resources.list aws/EBS, filter=account.id:123456789012, \
         tested here=account = 123456789012 AND size > 5, columns=[name, volumeId], limit=9, \
         calls: unknown, at least 1"
    );
    assert_eq!(sim.journal().count, 0, "showing a plan costs nothing");
    assert!(
        plan(&ctx, "SELECT count(*) FROM live.aws_ebs", false)
            .await
            .contains("the service's count is taken, calls: 1")
    );
    let all = "SELECT name FROM live.aws_ebs";
    assert!(plan(&ctx, all, true).await.contains("filter=none, columns=[name], calls: 4"));
    assert_eq!(sim.calls("resources.list"), 1);
    assert!(
        plan(&ctx, "SELECT result FROM live.account_evaluations", false).await.contains("of=each account")
    );
}

#[tokio::test]
async fn the_page_of_the_estimate_is_not_asked_for_again() {
    let sim = volumes(350);
    let client = client(&sim);
    let ctx = session(&client);
    let plan = ctx.sql("SELECT name FROM live.aws_ebs").await.unwrap().create_physical_plan().await.unwrap();
    let cost = live::estimate(&plan).await.unwrap().unwrap();
    assert_eq!((cost.calls.least, cost.calls.most, cost.calls.about), (4, Some(4), false));
    assert!(cost.known && !cost.is_much(), "the simulator tells a quota that is never used up");
    let batches = datafusion::physical_plan::collect(plan, ctx.task_ctx()).await.unwrap();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 350);
    assert_eq!(sim.calls("resources.list"), 4);
    let plan = ctx.sql("SELECT 1").await.unwrap().create_physical_plan().await.unwrap();
    assert_eq!(live::estimate(&plan).await.unwrap(), None);
}

#[tokio::test]
async fn accounts_are_asked_for_only_where_the_question_leaves_them_open() {
    let sim = sim(|_| {});
    let ctx = session(&client(&sim));
    let known = rows(&ctx, "SELECT account FROM live.connectors WHERE provider = 'AWS' ORDER BY 1").await;
    assert_eq!(sim.calls("connectors.list"), 1);
    let sql = format!(
        "SELECT count(*) FROM live.account_evaluations WHERE provider = 'aws' AND account = '{}'",
        known[0]
    );
    assert_ne!(rows(&ctx, &sql).await, ["0"]);
    assert_eq!((sim.calls("connectors.list"), sim.calls("evaluations.account")), (1, 1));
    let sql = "SELECT DISTINCT account FROM live.account_evaluations WHERE provider = 'aws' ORDER BY 1";
    assert_eq!(rows(&ctx, sql).await, known);
    assert_eq!(sim.calls("connectors.list"), 2);
    assert_eq!(sim.calls("evaluations.account"), 1 + known.len());
    let sql = "SELECT count(*) FROM live.remediation_activity WHERE provider IN ('gcp', 'oci')";
    rows(&ctx, sql).await;
    assert_eq!(sim.calls("remediation.list"), 1);
}

#[tokio::test]
async fn a_listing_that_does_not_come_whole_is_an_error() {
    for fault in ["cut", "no-rows", "status:403", "total:+7"] {
        let sim = sim(|c| {
            c.world.rows.push((Aws, "EBS".to_owned(), 450));
            c.faults = vec![format!("op=resources.list,nth=3..,do={fault}").parse().unwrap()];
        });
        let ctx = session(&client(&sim));
        for sql in ["SELECT \"volumeId\" FROM live.aws_ebs", "SELECT count(name) FROM live.aws_ebs"] {
            let e = refused(&ctx, sql).await;
            assert_eq!(e.kind(), Kind::Service, "{fault}: {e}");
            assert_eq!(e.service().unwrap().operation(), Some("resources.list"), "{fault}: {e}");
        }
    }
    let sim = sim(|c| c.faults = vec!["op=resources.list,do=no-rows".parse().unwrap()]);
    let ctx = session(&client(&sim));
    let e = refused(&ctx, "SELECT name FROM live.aws_ebs").await;
    assert_eq!(e.service().unwrap().kind(), ErrorKind::Partial, "{e}");
}

#[tokio::test]
async fn more_rows_than_one_query_reaches_are_read_in_parts() {
    let sim = volumes(10_400);
    let ctx = session(&client(&sim));
    assert_eq!(rows(&ctx, "SELECT count(*) FROM live.aws_ebs").await, ["10400"]);
    assert_eq!(sim.calls("resources.list"), 1);
    assert_eq!(rows(&ctx, "SELECT count(DISTINCT uuid) FROM live.aws_ebs").await, ["10400"]);
}

#[tokio::test]
async fn what_is_let_go_of_asks_for_nothing_more() {
    let sim = volumes(9_000);
    let ctx = session(&client(&sim));
    assert!(first_batch(&ctx, "SELECT name FROM live.aws_ebs").await.num_rows() > 0);
    // Another query, so that what was still under way had its time.
    rows(&ctx, "SELECT count(*) FROM live.connectors").await;
    assert!(sim.calls("resources.list") < 60, "{}", sim.calls("resources.list"));
}

#[tokio::test]
async fn what_has_to_be_said_is_asked_for_before_any_call() {
    let sim = sim(|_| {});
    let ctx = session(&client(&sim));
    let e = refused(&ctx, "SELECT result FROM live.resource_evaluations WHERE account = '1'").await;
    assert_eq!(e.kind(), Kind::Input);
    assert_eq!(
        e.message(),
        "live.resource_evaluations is asked for by cloud, account and control: provider and controlId must be \
         given by = or IN"
    );
    assert!(e.advice().unwrap().starts_with("add WHERE provider = 'aws' AND \"controlId\" = '52'"));
    assert_eq!(sim.journal().count, 0);
}
