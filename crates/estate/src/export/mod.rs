//! Rows leave the estate: redacted, into PostgreSQL, as events that SIEMs take.

pub mod redact;
