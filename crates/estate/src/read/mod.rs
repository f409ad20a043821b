//! Reading an estate: one consistent [`Snapshot`] of all tables, as tables of DataFusion.
//!
//! What a table holds at a run is said by the rows of its three layers; see `layout`. Queries read the Parquet
//! files themselves: which ones, the log tells; which rows, the versions in `recent`.

pub mod check;
mod current;
mod dictionaries;
pub(crate) mod files;
mod findings;
pub mod info;
mod lookup;
mod plain;
mod resources;
mod seen;
mod short;
mod snapshot;
mod stats;
pub(crate) mod table;
pub(crate) mod versions;

pub(crate) use snapshot::Shared;

pub use resources::resources_schema;
pub use snapshot::{AsOf, ESTATE, FINDINGS, HISTORY, RESOURCES, Snapshot};
