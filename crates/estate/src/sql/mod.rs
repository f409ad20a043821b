//! The estate asked in SQL: one engine (DataFusion) over the tables of a snapshot, those of the service itself,
//! and two that describe them all.
//!
//! A text is read, looked at (only queries pass), and given the known spelling of every name before it is planned.
//! What is wrong with it is told with its place.

mod catalog;
mod error;
mod functions;
mod missing;
mod names;
mod params;
mod questions;
mod session;
mod text;

pub use catalog::{COLUMNS, TABLES, type_name};
pub use error::{Place, Result, SqlError, external};
pub use functions::FUNCTIONS;
pub use missing::{brings, family};
pub use params::Params;
pub use questions::{Param, Question, question, questions};
pub use session::{ESTATE, Options, Plan, Rows, Session};
pub use text::{statements, tables_of};

#[cfg(test)]
mod tests;
