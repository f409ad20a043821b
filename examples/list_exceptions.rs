//! Which results are accepted for a while, and until when?
//!
//! `cargo run -p totalcloud --example list_exceptions`
#![allow(clippy::print_stdout)]

mod shared;

use futures_util::TryStreamExt as _;
use totalcloud::PageOptions;
use totalcloud::api::endpoints::exceptions::ListExceptions;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = shared::client()?;
    let on_aws = ListExceptions::new().filter("exception.provider:AWS");
    let mut exceptions = client.rows(&on_aws, PageOptions::default())?;
    while let Some(exception) = exceptions.try_next().await? {
        let exception = exception.value;
        let end = exception.ending_date.map_or_else(|| "for ever".to_owned(), |end| format!("until {end}"));
        println!("{} {end}", exception.name.as_deref().unwrap_or("(no name)"));
    }
    Ok(())
}
