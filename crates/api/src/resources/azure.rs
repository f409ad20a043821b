//! Azure resource types.

use super::ResourceType;
use crate::model;

model! {
    /// What every Azure resource carries.
    pub struct AzureBase {
        /// Id.
        [Id] uuid = "uuid": text;
    }
}

pub(super) static TYPES: &[ResourceType] = &[];
