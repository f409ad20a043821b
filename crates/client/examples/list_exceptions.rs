//! Which results are accepted for a while, and until when?
//!
//! `TOTALCLOUD_PLATFORM=… TOTALCLOUD_USERNAME=… TOTALCLOUD_PASSWORD=… cargo run --example list_exceptions`
#![allow(clippy::print_stdout)]

use futures_util::TryStreamExt as _;
use totalcloud::api::endpoints::exceptions::ListExceptions;
use totalcloud::{Client, Credentials, Hosts, PageOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::builder(Hosts::platform(&std::env::var("TOTALCLOUD_PLATFORM")?)?)
        .credentials(Credentials::gateway(
            std::env::var("TOTALCLOUD_USERNAME")?,
            std::env::var("TOTALCLOUD_PASSWORD")?,
        ))
        .build()?;
    let on_aws = ListExceptions::new().filter("exception.provider:AWS");
    let mut exceptions = client.rows(&on_aws, PageOptions::default())?;
    while let Some(exception) = exceptions.try_next().await? {
        let exception = exception.value;
        let end = exception.ending_date.map_or_else(|| "for ever".to_owned(), |end| format!("until {end}"));
        println!("{} {end}", exception.name.as_deref().unwrap_or("(no name)"));
    }
    Ok(())
}
