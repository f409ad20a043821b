//! Makes a report on policies, reads its numbers, and deletes it again.
//!
//! `TOTALCLOUD_PLATFORM=… TOTALCLOUD_USERNAME=… TOTALCLOUD_PASSWORD=… cargo run --example report_on_policies -- CONNECTOR POLICY…`
#![allow(clippy::print_stdout)]

use totalcloud::api::Provider;
use totalcloud::api::endpoints::reports::{CreateReport, DeleteReports, GetReportData, ReportPolicy};
use totalcloud::{Client, Credentials, Hosts};

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
    let client = Client::builder(Hosts::platform(&std::env::var("TOTALCLOUD_PLATFORM")?)?)
        .credentials(Credentials::gateway(
            std::env::var("TOTALCLOUD_USERNAME")?,
            std::env::var("TOTALCLOUD_PASSWORD")?,
        ))
        .build()?;
    let order = CreateReport::new("RUN_TIME", Provider::Aws, "POLICY", "How we stand", vec![connector])
        .policies(policies.collect::<Vec<_>>());
    let report = client.get(&order).await?.ok_or("the service showed no report")?;
    let id = report.report_id.ok_or("the report has no id")?;
    if let Some(stats) = client.get(&GetReportData::new(&*id)).await?.and_then(|data| data.stats) {
        println!(
            "{} passed, {} failed",
            stats.pass_count.unwrap_or_default(),
            stats.fail_count.unwrap_or_default()
        );
    }
    client.call(&DeleteReports::new(vec![id])).await?;
    Ok(())
}
