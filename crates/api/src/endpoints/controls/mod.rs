//! The control library.

mod list_controls;

pub use list_controls::{Control, ControlEvaluation, ListControls};
