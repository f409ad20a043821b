//! How do the accounts stand by a policy, in numbers?
//!
//! Makes a report on policies, reads its numbers, and deletes it again.
//!
//! `cargo run -p totalcloud --example report_on_policies -- CONNECTOR POLICY…`
#![allow(clippy::print_stdout)]

mod shared;

use totalcloud::api::Provider;
use totalcloud::api::endpoints::reports::{CreateReport, DeleteReports, GetReportData, ReportPolicy};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let connector = args.next().ok_or("the id of a connector is missing")?;
    let policies = args.map(|id| {
        let mut policy = ReportPolicy::default();
        policy.cloud_type = Some("AWS".to_owned());
        policy.policy_id = Some(id);
        policy
    });
    let client = shared::client()?;
    let order = CreateReport::new("RUN_TIME", Provider::Aws, "POLICY", "How we stand")
        .connector_ids(vec![connector])
        .policies(policies.collect::<Vec<_>>());
    let report = client.get(&order).await?.ok_or("the service showed no report")?;
    let id = report.report_id.ok_or("the report has no id")?;
    let data = client.get(&GetReportData::new(&*id)).await;
    // It goes whatever became of its numbers.
    client.call(&DeleteReports::new(vec![id])).await?;
    if let Some(stats) = data?.and_then(|data| data.stats) {
        println!(
            "{} passed, {} failed",
            stats.pass_count.unwrap_or_default(),
            stats.fail_count.unwrap_or_default()
        );
    }
    Ok(())
}
