//! Rows leave the estate: redacted, into PostgreSQL, as events that SIEMs take.

pub mod keyed;
pub mod ocsf;
pub mod postgres;
pub mod redact;
