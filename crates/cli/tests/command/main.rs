//! The command as its users meet it: exit code, stdout and stderr against the simulator.

mod auth;
mod calls;
mod context;
mod listings;
mod output;
mod settings;
mod trouble;
