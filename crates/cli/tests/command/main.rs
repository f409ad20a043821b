//! The command as its users meet it: exit code, stdout and stderr against the simulator.
// What a helper cannot do ends the test.
#![allow(clippy::unwrap_used)]

mod auth;
mod calls;
mod context;
mod listings;
mod output;
mod settings;
mod trouble;
