//! OCI resource types.

use super::ResourceType;
use crate::model;

model! {
    /// What every OCI resource carries.
    pub struct OciBase {
        /// Id.
        [Id] uuid = "uuid": text;
    }
}

pub(super) static TYPES: &[ResourceType] = &[];
