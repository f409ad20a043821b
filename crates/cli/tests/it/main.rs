//! The command as its users meet it: exit code, stdout and stderr against the simulator.
#![allow(clippy::unwrap_used)]

mod auth;
mod calls;
mod context;
mod demo;
mod guide;
mod listings;
mod output;
mod pull;
mod pull_plan;
mod reference;
mod resume;
mod settings;
mod trouble;
