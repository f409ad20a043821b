//! Which connectors ended their last run with an error, and do they still after another one?
//!
//! `cargo run -p totalcloud --example run_connectors -- aws`
#![allow(clippy::print_stdout)]

mod shared;

use futures_util::TryStreamExt as _;
use totalcloud::api::Provider;
use totalcloud::api::endpoints::connectors::{ListConnectors, RunConnectors};
use totalcloud::api::qql::Query;
use totalcloud::{PageOptions, PollPolicy};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let provider: Provider = std::env::args().nth(1).ok_or("which cloud?")?.parse()?;
    let client = shared::client()?;

    let failed = ListConnectors::new(provider).filter(Query::term("state", "ERROR").to_string());
    let failed: Vec<_> = client.rows(&failed, PageOptions::default())?.try_collect().await?;
    println!("{} connectors of {provider} ended with an error", failed.len());
    let ids: Vec<String> = failed.iter().filter_map(|row| row.value.connector_id.clone()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    client.call(&RunConnectors::new(provider, ids)).await?;
    for row in &failed {
        let before = &row.value;
        let Some(id) = &before.connector_id else { continue };
        let now = client.wait_for_connector(provider, id, Some(before), &PollPolicy::default()).await?;
        let name = now.name.as_deref().unwrap_or(id);
        println!("{name}: {} {}", now.state.unwrap_or_default(), now.error.unwrap_or_default());
    }
    Ok(())
}
