//! What every example begins with.

use totalcloud::{Client, Credentials, Hosts};

/// A client from the variables that the command takes as well: `TOTALCLOUD_URL` or `TOTALCLOUD_PLATFORM`,
/// `TOTALCLOUD_USERNAME`, `TOTALCLOUD_PASSWORD`, and `TOTALCLOUD_CA_BUNDLE` if there is one.
pub(crate) fn client() -> Result<Client, Box<dyn std::error::Error>> {
    let hosts = match std::env::var("TOTALCLOUD_URL") {
        Ok(url) => Hosts::single(&url)?,
        Err(_) => Hosts::platform(&std::env::var("TOTALCLOUD_PLATFORM")?)?,
    };
    // A user name and a password are exchanged for a token at the gateway.
    let mut builder = Client::builder(hosts).credentials(Credentials::gateway(
        std::env::var("TOTALCLOUD_USERNAME")?,
        std::env::var("TOTALCLOUD_PASSWORD")?,
    ));
    if let Ok(path) = std::env::var("TOTALCLOUD_CA_BUNDLE") {
        builder = builder.ca_bundle(std::fs::read(path)?);
    }
    Ok(builder.build()?)
}
