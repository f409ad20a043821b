//! The remediation log.

mod list_remediation;

pub use list_remediation::{ListRemediation, RemediationActivity};
