//! The command as its users meet it: exit code, stdout and stderr against the simulator.
#![allow(clippy::unwrap_used)]

mod alerts;
mod any_operation;
mod auth;
mod calls;
mod connectors;
mod context;
mod deadline;
mod demo;
mod doctor;
#[cfg(feature = "estate")]
mod export;
mod findings;
mod groups;
mod guide;
mod iac;
mod listings;
#[cfg(feature = "estate")]
mod live;
mod network;
mod output;
mod portal;
mod posture;
mod pull;
mod pull_plan;
mod qql;
#[cfg(feature = "estate")]
mod query;
mod quota;
mod reference;
mod reports;
mod resume;
mod secrets;
mod settings;
#[cfg(feature = "estate")]
mod sync;
mod trouble;
mod writes;
