//! The service over real sockets, as a client that knows only the documentation meets it.
//!
//! Names of tests follow the checklist of the fidelity page.
#![allow(clippy::unwrap_used)]

mod alerts;
mod assessments;
mod connectors;
mod context;
mod faults;
mod findings;
mod groups;
mod hosts;
mod iac;
mod journal;
mod listings;
mod paging;
mod portal;
mod posture;
mod quota;
mod sign_in;
mod tls;
