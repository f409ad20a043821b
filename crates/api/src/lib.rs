//! What the Qualys TotalCloud (CloudView) service is, as data and pure functions: its operations
//! ([`operation`], [`endpoints`]), its resource types ([`resources`]), the shapes of its answers
//! ([`mod@model`], [`page`]), its errors ([`fault`]) and its platforms ([`platform`]).
//!
//! Nothing here does I/O, reads a clock or spawns a task. The client, the simulator, the command and
//! the reference pages are all driven by the declarations in this crate.
#![deny(missing_docs)]

pub mod coverage;
pub mod endpoints;
pub mod fault;
pub mod fidelity;
pub mod model;
pub mod nearest;
pub mod operation;
pub mod page;
pub mod platform;
pub mod portal;
pub mod provider;
pub mod qql;
pub mod resources;
pub mod scan;
pub mod time;

pub use operation::{Operation, Request};
pub use provider::Provider;
pub use resources::ResourceType;
pub use time::Time;
