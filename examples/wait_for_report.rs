//! How is an assessment report ordered, waited for and saved?
//!
//! `cargo run -p totalcloud --example wait_for_report -- POLICY CONNECTOR`
#![allow(clippy::print_stderr)]

mod shared;

use totalcloud::PollPolicy;
use totalcloud::api::{Provider, endpoints::assessments::CreateAssessment};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let policy = args.next().ok_or("the id of a policy is missing")?;
    let connector = args.next().ok_or("the id of a connector is missing")?;
    let client = shared::client()?;
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
