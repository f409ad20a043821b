//! GCP resource types.

use super::ResourceType;
use crate::model;

model! {
    /// What every GCP resource carries.
    pub struct GcpBase {
        /// Id.
        [Id] uuid = "uuid": text;
    }
}

pub(super) static TYPES: &[ResourceType] = &[];
