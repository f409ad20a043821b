//! What fails in a folder of templates?
//!
//! `cargo run -p totalcloud --example scan_iac_folder -- FOLDER`
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod shared;

use totalcloud::{IacOptions, IacUpload, PollPolicy};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("the folder is missing")?;
    let client = shared::client()?;
    // Packed and checked before anything is sent.
    let upload = IacUpload::of(folder)?;
    for left in &upload.left_out {
        eprintln!("not sent: {} ({})", left.name, left.reason);
    }
    let id = client.scan_iac(&upload, &IacOptions::default()).await?;
    client.wait_for_new_iac_scan(&id, &PollPolicy::default()).await?;
    for group in client.iac_result(&id).await?.result.into_iter().flatten() {
        for check in group.results.and_then(|r| r.failed_checks).into_iter().flatten() {
            let text = |text: Option<String>| text.unwrap_or_default();
            println!("{} {} {}", text(check.criticality), text(check.file_path), text(check.check_name));
        }
    }
    Ok(())
}
