//! Client for the Qualys TotalCloud (CloudView) API.
//!
//! ```no_run
//! use futures_util::TryStreamExt;
//! use totalcloud::api::{Provider, endpoints::connectors::ListConnectors};
//! use totalcloud::{Client, Credentials, Hosts, PageOptions};
//!
//! # async fn run() -> Result<(), totalcloud::Error> {
//! let client = Client::builder(Hosts::platform("qg3")?)
//!     .credentials(Credentials::gateway("quays3ab1", std::env::var("TOTALCLOUD_PASSWORD").unwrap_or_default()))
//!     .build()?;
//! let mut connectors = client.rows(&ListConnectors::new(Provider::Aws), PageOptions::default())?;
//! while let Some(row) = connectors.try_next().await? {
//!     println!("{:?}", row.value.name);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! What an operation is, its parameters and its rows, is declared in [`api`]. A [`Client`] sends requests:
//! signs in, keeps within the quota, tries again what may pass, and reads the pages of a listing to their
//! end. Data that is cut short is always an error, never silence: see [`PageStream`].
#![deny(missing_docs)]

mod answer;
mod assessments;
mod auth;
mod builder;
mod circuit;
mod client;
pub mod clock;
mod connectors;
mod credentials;
mod engine;
#[cfg(test)]
mod engine_tests;
mod error;
mod explain;
mod hosts;
mod iac;
pub mod limiter;
mod memory;
pub mod numbers;
pub mod observe;
mod pager;
mod poll;
mod retry;
mod rows;
mod signing_in;
pub mod state;
pub mod subscription;
mod telling;
pub mod transport;

/// What the service is: operations, models, resource types, platforms.
pub use totalcloud_api as api;

pub use answer::{Answer, Download, FileKind};
pub use assessments::AssessmentRequest;
pub use auth::TokenInfo;
pub use builder::ClientBuilder;
pub use client::{Client, SignIn};
pub use credentials::{AuthKind, Credentials, Grant, IdpConfig};
pub use error::{Error, ErrorKind, Exit};
pub use hosts::Hosts;
pub use iac::{IacDocument, IacOptions, IacUpload, LeftOut, LeftOutReason, PackedFile};
pub use memory::Memory;
pub use pager::{
    Completeness, InventoryApi, ListingPlan, Page, PageOptions, PageStore, PageStream, Pages, PartReport,
    PlannedPart, Shortfall, ShortfallReason,
};
pub use poll::{PollPolicy, PollProgress};
pub use retry::RetryPolicy;
pub use rows::{Row, RowProblem, RowStream};
pub use secrecy::{ExposeSecret, SecretString};
pub use transport::Timeouts;
