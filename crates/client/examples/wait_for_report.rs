//! Orders an assessment report of one policy and one connector, waits for it, and saves it.
//!
//! `TOTALCLOUD_PLATFORM=… TOTALCLOUD_USERNAME=… TOTALCLOUD_PASSWORD=… cargo run --example wait_for_report -- POLICY CONNECTOR`
#![allow(clippy::print_stderr)]

use totalcloud::api::{Provider, endpoints::assessments::CreateAssessment};
use totalcloud::{Client, Credentials, Hosts, PollPolicy};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let policy = args.next().ok_or("the id of a policy is missing")?;
    let connector = args.next().ok_or("the id of a connector is missing")?;
    let client = Client::builder(Hosts::platform(&std::env::var("TOTALCLOUD_PLATFORM")?)?)
        .credentials(Credentials::gateway(
            std::env::var("TOTALCLOUD_USERNAME")?,
            std::env::var("TOTALCLOUD_PASSWORD")?,
        ))
        .build()?;
    let order = CreateAssessment::new(
        "Last week",
        Provider::Aws,
        "",
        "2026-01-01T00:00:00Z",
        "2026-01-08T00:00:00Z",
        "RUN_TIME",
        vec![policy],
        vec![connector],
        "csv",
    );
    let poll = PollPolicy::default().progress(|p| {
        eprintln!(
            "{}: {} after {} s",
            p.id,
            p.status.as_deref().unwrap_or("not listed yet"),
            p.waited.as_secs()
        );
    });
    let (_, file) = client.create_and_download_assessment(order, &poll).await?;
    let name = format!("report.{}", file.kind.extension());
    std::fs::write(&name, &file.bytes)?;
    eprintln!("saved {name}, {} bytes", file.bytes.len());
    Ok(())
}
