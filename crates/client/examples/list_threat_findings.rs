//! Lists the threat findings of a period, all pages of them.
//!
//! `TOTALCLOUD_PLATFORM=… TOTALCLOUD_USERNAME=… TOTALCLOUD_PASSWORD=… cargo run --example list_threat_findings -- FROM TO`
//! with instants such as 2026-01-31T00:00:00Z.
#![allow(clippy::print_stdout)]

use futures_util::TryStreamExt as _;
use totalcloud::api::endpoints::findings::ListFindings;
use totalcloud::{Client, Credentials, Hosts, PageOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let from = args.next().ok_or("the begin of the period is missing")?;
    let to = args.next().ok_or("the end of the period is missing")?;
    let client = Client::builder(Hosts::platform(&std::env::var("TOTALCLOUD_PLATFORM")?)?)
        .credentials(Credentials::gateway(
            std::env::var("TOTALCLOUD_USERNAME")?,
            std::env::var("TOTALCLOUD_PASSWORD")?,
        ))
        .build()?;
    let bad = ListFindings::new(from, to).severity(5u32);
    let mut findings = client.rows(&bad, PageOptions::default())?;
    while let Some(finding) = findings.try_next().await? {
        let finding = finding.value;
        println!("{:?} {:?} {:?}", finding.threat_category, finding.resource_id, finding.event_message);
    }
    Ok(())
}
