//! All resources of one type, one JSON object a line, and proof that none is missing.
//!
//! `TOTALCLOUD_URL=… TOTALCLOUD_USERNAME=… TOTALCLOUD_PASSWORD=… cargo run --example pull_inventory -- aws EC2_INSTANCE`
#![allow(clippy::print_stdout, clippy::print_stderr)]

use futures_util::TryStreamExt;
use std::io::Write;
use totalcloud::api::{Provider, endpoints::resources::ListResources, page::one_line};
use totalcloud::{Client, Credentials, Hosts, PageOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let provider: Provider = args.next().as_deref().unwrap_or("aws").parse()?;
    let type_name = args.next().unwrap_or_else(|| "EC2_INSTANCE".to_owned());
    let mut client = Client::builder(Hosts::single(&std::env::var("TOTALCLOUD_URL")?)?).credentials(
        Credentials::basic(std::env::var("TOTALCLOUD_USERNAME")?, std::env::var("TOTALCLOUD_PASSWORD")?),
    );
    if let Ok(path) = std::env::var("TOTALCLOUD_CA_BUNDLE") {
        client = client.ca_bundle(std::fs::read(path)?);
    }
    let client = client.build()?;

    let mut options = PageOptions::default();
    options.page_size = std::env::var("PAGE_SIZE").ok().and_then(|size| size.parse().ok());
    let mut pages = client.pages(client.request(&ListResources::new(type_name, provider))?, options)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    while let Some(page) = pages.try_next().await? {
        for row in &page.rows {
            out.write_all(&one_line(row))?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()?;
    let report = pages.report();
    eprintln!("{} of {:?} rows, complete: {}", report.received, report.expected, report.is_complete());
    Ok(())
}
