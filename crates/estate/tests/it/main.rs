//! The estate over real folders, stores and the simulator.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod built;
mod compact;
mod export;
mod live;
mod place;
mod read;
mod sql;
mod store;
mod sync;
mod trouble;
