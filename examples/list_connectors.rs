//! Which cloud accounts are connected?
//!
//! `cargo run -p totalcloud --example list_connectors`
#![allow(clippy::print_stdout)]

mod shared;

use futures_util::TryStreamExt;
use totalcloud::PageOptions;
use totalcloud::api::{Provider, endpoints::connectors::ListConnectors};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = shared::client()?;
    for provider in [Provider::Aws, Provider::Azure, Provider::Gcp] {
        let mut connectors = client.rows(&ListConnectors::new(provider), PageOptions::default())?;
        while let Some(row) = connectors.try_next().await? {
            println!("{provider} {}", row.value.name.as_deref().unwrap_or("(no name)"));
        }
    }
    Ok(())
}
