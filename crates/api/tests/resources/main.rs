//! The registry of resource types against the reference: names, structure, sample rows of every type, and
//! rows bent in every way the service was seen or feared to bend them.

#![allow(clippy::unwrap_used)]

mod kept;
mod lenient;
mod names;
mod rows;
mod samples;
mod structure;
