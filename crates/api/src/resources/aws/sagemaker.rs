//! SageMaker notebooks.

use super::AwsNewerBase;
use crate::model;

model! {
    /// A SageMaker notebook instance.
    pub struct AwsSagemakerNotebook: AwsNewerBase {
        /// State, such as `InService`.
        [Shown] status = "status": text;
        /// Address of the notebook.
        url = "url": text;
        /// Instance type, such as `ml.t3.medium`.
        [Shown] instance_type = "instanceType": text;
        /// Platform it runs on.
        platform_id = "platformId": text;
        /// ARN of its role.
        role_arn = "roleArn": text;
        /// Subnet it is in.
        subnet_id = "subnetId": text;
        /// Network interface.
        network_interface_id = "networkInterfaceId": text;
        /// KMS key that encrypts its volume.
        kms_key_id = "kmsKeyId": text;
        /// Repository it opens with.
        default_code_repository = "defaultCodeRepository": text;
        /// `Enabled` or `Disabled`.
        [Shown] direct_internet_access = "directInternetAccess": text;
        /// Whether users are root on it: a boolean or a word.
        [Shown] root_access = "rootAccess": open;
        /// Size of its volume in GB.
        volume_size_in_gb = "volumeSizeInGB": num;
        /// Security groups.
        security_groups = "securityGroups": [text];
    }
}
