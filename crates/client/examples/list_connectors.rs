//! Which cloud accounts are connected?
//!
//! `TOTALCLOUD_URL=… TOTALCLOUD_USERNAME=… TOTALCLOUD_PASSWORD=… cargo run --example list_connectors`
#![allow(clippy::print_stdout)]

use futures_util::TryStreamExt;
use totalcloud::api::{Provider, endpoints::connectors::ListConnectors};
use totalcloud::{Client, Credentials, Hosts, PageOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let hosts = match std::env::var("TOTALCLOUD_URL") {
        Ok(url) => Hosts::single(&url)?,
        Err(_) => Hosts::platform(&std::env::var("TOTALCLOUD_PLATFORM")?)?,
    };
    let mut client = Client::builder(hosts).credentials(Credentials::gateway(
        std::env::var("TOTALCLOUD_USERNAME")?,
        std::env::var("TOTALCLOUD_PASSWORD")?,
    ));
    if let Ok(path) = std::env::var("TOTALCLOUD_CA_BUNDLE") {
        client = client.ca_bundle(std::fs::read(path)?);
    }
    let client = client.build()?;
    for provider in [Provider::Aws, Provider::Azure, Provider::Gcp] {
        let mut connectors = client.rows(&ListConnectors::new(provider), PageOptions::default())?;
        while let Some(row) = connectors.try_next().await? {
            println!("{provider} {}", row.value.name.as_deref().unwrap_or("(no name)"));
        }
    }
    Ok(())
}
