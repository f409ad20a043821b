//! Which resources of one type are there, and is none missing?
//!
//! Prints one JSON object a line, and at the end how many rows came of how many.
//!
//! `cargo run -p totalcloud --example pull_inventory -- aws EC2_INSTANCE`
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod shared;

use futures_util::TryStreamExt;
use std::io::Write;
use totalcloud::PageOptions;
use totalcloud::api::{Provider, endpoints::resources::ListResources, page::one_line};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let provider: Provider = args.next().as_deref().unwrap_or("aws").parse()?;
    let type_name = args.next().unwrap_or_else(|| "EC2_INSTANCE".to_owned());
    let client = shared::client()?;

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
