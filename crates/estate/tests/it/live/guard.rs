//! The guard is asked before a query that costs much.

use super::*;
use async_trait::async_trait;
use std::sync::Mutex;
use totalcloud_api::Provider::Aws;
use totalcloud_estate::Kind;
use totalcloud_estate::live::{Cost, Guard};
use totalcloud_testkit::sim;

/// Takes note of what it is asked, and says the same each time.
struct Asked {
    says: bool,
    costs: Mutex<Vec<Cost>>,
}

impl Asked {
    fn new(says: bool) -> Arc<Asked> {
        Arc::new(Asked { says, costs: Mutex::default() })
    }

    fn costs(&self) -> Vec<Cost> {
        self.costs.lock().unwrap().clone()
    }
}

#[async_trait]
impl Guard for Asked {
    async fn allow(&self, cost: &Cost) -> bool {
        self.costs.lock().unwrap().push(cost.clone());
        self.says
    }
}

fn volumes(rows: u64, quota: &str) -> SimHandle {
    sim(|c| {
        c.world.rows.push((Aws, "EBS".to_owned(), rows));
        c.quota = quota.parse().unwrap();
    })
}

#[tokio::test]
async fn what_costs_much_is_refused_after_one_call_where_nobody_agrees() {
    let sim = volumes(3_000, "100/3600/5");
    let guard = Asked::new(false);
    let ctx = session_with(&client(&sim), &Options::default().guard(guard.clone()));
    let e = refused(&ctx, "SELECT name FROM live.aws_ebs").await;
    assert_eq!(e.kind(), Kind::Input);
    assert_eq!(
        e.message(),
        "the query would cost 30 calls, 30 % of 100 calls in 60 min; more than 25 % of the quota is used after \
         asking only"
    );
    assert!(e.advice().unwrap().contains("--yes"));
    assert_eq!(sim.calls("resources.list"), 1);
    // What costs little is not asked about.
    assert_eq!(rows(&ctx, "SELECT name FROM live.aws_ebs LIMIT 1000").await.len(), 1_000);
    assert_eq!(rows(&ctx, "SELECT count(*) FROM live.aws_ebs").await, ["3000"]);
    assert_eq!(guard.costs().len(), 1);
}

#[tokio::test]
async fn who_agrees_is_asked_once_for_a_query_with_all_its_scans() {
    let sim = volumes(1_500, "100/3600/5");
    let guard = Asked::new(true);
    let ctx = session_with(&client(&sim), &Options::default().guard(guard.clone()));
    let sql = "SELECT count(*) FROM live.aws_ebs a JOIN live.aws_ebs b ON a.uuid = b.uuid";
    let plan = ctx.sql(sql).await.unwrap().create_physical_plan().await.unwrap();
    let cost = live::admit(&plan).await.unwrap().unwrap();
    assert_eq!((cost.calls.least, cost.calls.most), (30, Some(30)));
    assert_eq!((cost.limit, cost.known, cost.is_much()), (100, true, true));
    assert_eq!(guard.costs(), [cost]);
    let batches = datafusion::physical_plan::collect(plan, ctx.task_ctx()).await.unwrap();
    assert_eq!(batches.iter().flat_map(texts).collect::<Vec<_>>(), ["1500"]);
    assert_eq!(guard.costs().len(), 1);
    assert_eq!(sim.calls("resources.list"), 30);
    // The next query is another question.
    assert_eq!(rows(&ctx, sql).await, ["1500"]);
    assert_eq!(guard.costs().len(), 2);
}

#[tokio::test]
async fn many_accounts_are_reckoned_with_before_they_are_read() {
    let sim = sim(|c| {
        c.world.accounts.push((Aws, 40));
        c.quota = "100/3600/5".parse().unwrap();
    });
    let guard = Asked::new(false);
    let ctx = session_with(&client(&sim), &Options::default().guard(guard.clone()));
    let sql = "SELECT count(*) FROM live.account_evaluations WHERE provider = 'aws'";
    assert_eq!(refused(&ctx, sql).await.kind(), Kind::Input);
    assert_eq!(sim.calls("evaluations.account"), 1);
    assert!(guard.costs()[0].calls.expected() >= 40);
    let open = session_with(&client(&sim), &Options::default().share(0.9).guard(guard.clone()));
    assert_ne!(rows(&open, sql).await, ["0"]);
    assert_eq!(guard.costs().len(), 1);
}
