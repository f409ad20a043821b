//! Which threats were found in a period?
//!
//! `cargo run -p totalcloud --example list_threat_findings -- 2026-01-01T00:00:00Z 2026-01-31T00:00:00Z`
#![allow(clippy::print_stdout)]

mod shared;

use futures_util::TryStreamExt as _;
use totalcloud::PageOptions;
use totalcloud::api::endpoints::findings::ListFindings;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let from = args.next().ok_or("the begin of the period is missing")?;
    let to = args.next().ok_or("the end of the period is missing")?;
    let client = shared::client()?;
    let bad = ListFindings::new(from, to).severity(5u32);
    let mut findings = client.rows(&bad, PageOptions::default())?;
    while let Some(finding) = findings.try_next().await? {
        let finding = finding.value;
        println!("{:?} {:?} {:?}", finding.threat_category, finding.resource_id, finding.event_message);
    }
    Ok(())
}
