//! Policies and mandates: groups of controls.

mod list_mandates;
mod list_policies;

pub use list_mandates::{ListMandates, ListMandatesV1, Mandate};
pub use list_policies::{ListPolicies, ListPoliciesV1, Policy, PolicyV1};
