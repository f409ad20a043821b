//! AWS resource types.

use super::shared::*;
use super::{Confidence::Documented, ResourceType};
use crate::Provider::Aws;
use crate::model;

model! {
    /// An S3 bucket.
    pub struct AwsBucket: AwsBase {
        /// Name of the bucket.
        [Shown] bucket_name = "bucketName": text;
    }
}

/// The AWS types, in the order of the reference.
pub(super) static TYPES: &[ResourceType] = &[ResourceType::new::<AwsBucket>(
    Aws,
    "BUCKET",
    "S3 bucket",
    &["s3 bucket", "s3"],
    false,
    "SDK",
    Documented,
)];
