//! EC2 instances, their volumes and auto scaling groups.

use super::AwsBase;
use crate::model;
use crate::resources::{Vulnerability, VulnerabilityStats};

model! {
    /// An EC2 instance.
    pub struct AwsEc2Instance: AwsBase {
        /// Id of the instance, `i-…`.
        instance_id = "instanceId": text;
        /// Run state, such as `running` or `stopped`.
        [Shown] instance_state = "instanceState": text;
        /// Result of the cloud's status checks.
        instance_status = "instanceStatus": text;
        /// Instance type, such as `t3.medium`.
        [Shown] instance_type = "instanceType": text;
        /// Machine image, `ami-…`.
        image_id = "imageId": text;
        /// Availability zone.
        availability_zone = "availabilityZone": text;
        /// VPC it is in.
        vpc_id = "vpcId": text;
        /// Subnet it is in.
        subnet_id = "subnetId": text;
        /// Public IP address.
        [Shown] public_ip_address = "publicIpAddress": text;
        /// Private IP address.
        private_ip_address = "privateIpAddress": text;
        /// IP address.
        ip_address = "ipAddress": text;
        /// Elastic IP address.
        elastic_ip_address = "elasticIpAddress": text;
        /// Secondary private IP address.
        secondary_private_ip_address = "secondaryPrivateIpAddress": text;
        /// Public DNS name.
        public_dns_name = "publicDnsName": text;
        /// Private DNS name.
        private_dns_name = "privateDnsName": text;
        /// Spot request it came from.
        spot_instance_request_id = "spotInstanceRequestId": text;
        /// When it was launched (ISO-8601).
        launch_time = "launchTime": time;
        /// TruRisk score of the asset.
        ars_score = "arsScore": int;
        /// Criticality score of the asset.
        criticality_score = "criticalityScore": int;
        /// Vulnerabilities of severity 3, 4 and 5 together.
        [Shown] sev3_sev4_sev5_vuln_count = "sev3Sev4Sev5VulnCount": int;
        /// Vulnerabilities, counted.
        vulnerability_stats = "vulnerabilityStats": VulnerabilityStats;
        /// Vulnerabilities; empty in list rows, filled by the details call.
        [Details] vulnerabilities = "vulnerabilities": [Vulnerability];
        /// Network interfaces, of open shape.
        network_interface_addresses = "networkInterfaceAddresses": [open];
        /// Security groups, of open shape (group id and name were seen).
        security_groups = "securityGroups": [open];
        /// Scheduled events, of open shape.
        events = "events": [open];
        /// Labels of the service, such as one for public exposure.
        classifications = "classifications": [text];
        /// Instance profile.
        iam_instance_profile = "iamInstanceProfile": AwsIamInstanceProfile;
        /// Role behind the instance profile.
        iam_instance_profile_role_details = "iamInstanceProfileRoleDetails": AwsInstanceProfileRole;
        /// Whether secrets were found on it (since release 2.16).
        has_secrets = "hasSecrets": bool;
        /// Secrets found on it, counted (since release 2.16).
        secret_stats = "secretStats": SecretStats;
        /// Secrets found on it, of open shape; filled by the details call (since release 2.16).
        [Details, Secret] secrets = "secrets": [open];
    }
}

model! {
    /// The instance profile of an instance.
    pub struct AwsIamInstanceProfile {
        /// Name.
        name = "name": text;
        /// Id.
        id = "id": text;
        /// ARN.
        arn = "arn": text;
    }
}

model! {
    /// The role behind an instance profile.
    pub struct AwsInstanceProfileRole {
        /// Name of the instance profile.
        profile_name = "profileName": text;
        /// ARN of the instance profile.
        profile_arn = "profileArn": text;
        /// ARN of the role.
        role_arn = "roleArn": text;
        /// Name of the role.
        role_name = "roleName": text;
    }
}

model! {
    /// Secrets found on an instance, counted.
    pub struct SecretStats {
        /// Counts by severity.
        severity = "severity": SecretSeverityCounts;
        /// All secrets.
        total_secrets = "totalSecrets": int;
    }
}

model! {
    /// Secrets by severity.
    pub struct SecretSeverityCounts {
        /// Critical ones.
        critical = "CRITICAL": int;
        /// High ones.
        high = "HIGH": int;
        /// Medium ones.
        medium = "MEDIUM": int;
        /// Low ones.
        low = "LOW": int;
    }
}

model! {
    /// An EBS volume.
    pub struct AwsEbs: AwsBase {
        /// Id of the volume, `vol-…`.
        volume_id = "volumeId": text;
        /// Volume type, such as `gp3`.
        [Shown] volume_type = "volumeType": text;
        /// Availability zone.
        availability_zone = "availabilityZone": text;
        /// State, such as `in-use` or `available`.
        [Shown] state = "state": text;
        /// Snapshot it was made from.
        snapshot_id = "snapshotId": text;
        /// KMS key that encrypts it.
        kms_key_id = "kmsKeyId": text;
        /// Provisioned operations a second.
        iops = "iops": int;
        /// Size in GiB, digits in a string.
        size = "size": sint;
        /// Whether it is encrypted.
        [Shown] encrypted = "encrypted": bool;
        /// When it was created in the cloud (ISO-8601).
        create_time = "createTime": time;
        /// What it is attached to, of open shape.
        attachments = "attachments": [open];
    }
}

model! {
    /// An auto scaling group.
    pub struct AwsAutoScalingGroup: AwsBase {
        /// Name of the group.
        auto_scaling_group_name = "autoScalingGroupName": text;
        /// ARN of the group.
        auto_scaling_group_arn = "autoScalingGroupARN": text;
        /// Launch configuration it uses.
        [Shown] launch_configuration_name = "launchConfigurationName": text;
        /// How health is checked, such as `EC2` or `ELB`.
        [Shown] health_check_type = "healthCheckType": text;
        /// When it was created in the cloud (ISO-8601).
        created_time = "createdTime": time;
        /// Ids of its instances.
        instances = "instances": [text];
        /// Availability zones it spans.
        availability_zones = "availabilityZones": [text];
        /// Load balancers in front of it.
        load_balancer_names = "loadBalancerNames": [text];
    }
}
