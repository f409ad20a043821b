//! Which connectors does only one of the two interfaces know: CloudView, or the Connector API v3?
//!
//! Both show the same connectors under ids of their own; `cloudviewUuid` joins them.
//!
//! `cargo run -p totalcloud --example join_connector_apis`
#![allow(clippy::print_stdout)]

mod shared;

use futures_util::TryStreamExt;
use std::collections::BTreeMap;
use totalcloud::PageOptions;
use totalcloud::api::Provider;
use totalcloud::api::endpoints::connectors::ListConnectors;
use totalcloud::api::endpoints::portal::SearchPortalConnectors;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = shared::client()?;

    let mut both = 0;
    for provider in [Provider::Aws, Provider::Azure, Provider::Gcp] {
        let mut known = BTreeMap::new();
        let mut rows = client.rows(&ListConnectors::new(provider), PageOptions::default())?;
        while let Some(row) = rows.try_next().await? {
            if let Some(id) = row.value.connector_id {
                known.insert(id.to_lowercase(), row.value.name.unwrap_or_default());
            }
        }
        let mut rows = client.rows(&SearchPortalConnectors::new(provider), PageOptions::default())?;
        while let Some(row) = rows.try_next().await? {
            let connector = row.value;
            let partner = connector.cloudview_uuid.and_then(|uuid| known.remove(&uuid.to_lowercase()));
            match partner {
                Some(_) => both += 1,
                None => println!(
                    "{provider}: only the Connector API v3 has {} {}",
                    connector.id.unwrap_or_default(),
                    connector.name.unwrap_or_default()
                ),
            }
        }
        for (id, name) in known {
            println!("{provider}: only CloudView has {id} {name}");
        }
    }
    println!("{both} connectors are known to both");
    Ok(())
}
