//! The estate: everything the service knows about a subscription, as Delta tables with history, asked in SQL.

pub mod diff;
pub mod digest;
pub mod error;
pub mod export;
pub mod layout;
pub mod live;
pub mod place;
mod pool;
pub mod read;
pub mod schema;
pub mod sql;
pub mod store;
pub mod sync;
pub mod tables;

pub use error::{Error, Kind, Result};
