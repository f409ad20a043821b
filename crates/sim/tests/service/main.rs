//! The service over real sockets, as a client that knows only the documentation meets it.
//!
//! Names of tests follow the checklist of the fidelity page.
#![allow(clippy::unwrap_used)]

mod assessments;
mod context;
mod faults;
mod hosts;
mod journal;
mod listings;
mod paging;
mod quota;
mod sign_in;
mod tls;
