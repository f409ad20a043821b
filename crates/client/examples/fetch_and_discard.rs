//! What is the least that fetching costs? Fetches pages of an inventory over the transport alone and throws them
//! away: no sign-in logic, no retry, no reading. The benchmark `compare` sets the command against it.
//!
//! `fetch_and_discard PAGES ROWS-A-PAGE AT-A-TIME`, with the address and the user in `TOTALCLOUD_URL`,
//! `TOTALCLOUD_USERNAME`, `TOTALCLOUD_PASSWORD` and `TOTALCLOUD_CA_BUNDLE`.
#![allow(clippy::print_stdout)]

use base64::Engine as _;
use bytes::Bytes;
use futures_util::stream::{StreamExt, iter};
use std::error::Error;
use totalcloud::transport::{RealTransport, Transport, TransportOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<usize> = std::env::args().skip(1).map(|a| a.parse()).collect::<Result<_, _>>()?;
    let [pages, rows, at_a_time] = arguments[..] else {
        return Err("fetch_and_discard PAGES ROWS-A-PAGE AT-A-TIME".into());
    };
    let url = std::env::var("TOTALCLOUD_URL")?;
    let user = format!("{}:{}", std::env::var("TOTALCLOUD_USERNAME")?, std::env::var("TOTALCLOUD_PASSWORD")?);
    let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(user));
    let mut options = TransportOptions::default();
    if let Ok(path) = std::env::var("TOTALCLOUD_CA_BUNDLE") {
        options.ca_bundle = Some(std::fs::read(path)?);
    }
    // The same kind of runtime as the command's, so that the two compare.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let transport = RealTransport::new(&options)?;
    let bytes: usize = runtime.block_on(async {
        let calls = (0..pages).map(|page| {
            let request = http::Request::get(format!(
                "{url}/cloudview-api/rest/v1/resource/EC2_INSTANCE/AWS?pageNo={page}&pageSize={rows}"
            ))
            .header("Authorization", &basic)
            .header("Accept", "application/json")
            .body(Bytes::new());
            let transport = &transport;
            async move {
                let answer = transport.send(request?).await.map_err(|e| e.to_string())?;
                if !answer.status().is_success() {
                    return Err(answer.status().to_string().into());
                }
                Ok::<usize, Box<dyn Error>>(answer.into_body().len())
            }
        });
        let mut sum = 0;
        let mut answers = iter(calls).buffered(at_a_time);
        while let Some(length) = answers.next().await {
            sum += length?;
        }
        Ok::<usize, Box<dyn Error>>(sum)
    })?;
    println!("{bytes} bytes");
    Ok(())
}
