//! Rows of the service, as they came, written as a table for people, JSON, NDJSON, CSV, TSV, XLSX,
//! Parquet, Arrow or Markdown.
//!
//! A row goes in as the bytes of one JSON object ([`totalcloud_api::page::Page::rows`]); what its columns
//! are is said once, by the [`Shape`](totalcloud_api::model::Shape) of its model. [`Writer`] is the way in
//! for files and the terminal, [`BatchBuilder`] for everything that wants Arrow, [`BatchWriter`] the way out
//! for what is Arrow already.
//!
//! Nothing is lost on the way: a field without a column and a value that does not fit its column are kept
//! in a last column `extra`, each misfit is reported as an [`Issue`], and a row that is no object still
//! counts as a row.
//!
//! ```
//! use totalcloud_api::resources::AwsBase;
//! use totalcloud_api::model::Model;
//! use totalcloud_table::{Columns, Format, WriteOptions, Writer};
//!
//! let columns = Columns::of(AwsBase::SHAPE).select(["resourceId", "controlsFailed"])?;
//! let mut writer = Writer::create(Format::Csv, &columns, WriteOptions::default(), Box::new(std::io::sink()))?;
//! let outcome = writer.push(&bytes::Bytes::from_static(br#"{"resourceId":"i-1","controlsFailed":"many"}"#))?;
//! assert_eq!(outcome.issues[0].to_string(), "row 0, $.controlsFailed: expected a whole number, found a string");
//! assert_eq!(writer.finish()?.rows, 1);
//! # Ok::<(), totalcloud_table::Error>(())
//! ```

mod atomic;
mod batch;
mod batches;
mod cell;
mod columns;
mod error;
mod format;
mod formats;
mod plan;
mod writer;

#[cfg(test)]
mod samples;

pub use atomic::AtomicFile;
pub use batch::{BatchBuilder, schema};
pub use batches::{BatchWriter, JSON_MARK, Values};
pub use columns::Columns;
pub use error::{Error, Issue, Result};
pub use format::{Format, UnknownFormat};
pub use writer::{RowOutcome, Summary, WriteOptions, Writer};

/// The Arrow this crate speaks, so that users need not pin the same version themselves.
pub use arrow;
