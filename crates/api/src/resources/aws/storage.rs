//! S3 buckets and RDS databases.

use super::AwsBase;
use crate::model;

model! {
    /// An S3 bucket.
    pub struct AwsBucket: AwsBase {
        /// Name of the bucket.
        bucket_name = "bucketName": text;
        /// When the bucket was created (ISO-8601).
        [Shown] bucket_creation_date_str = "bucketCreationDateStr": time;
        /// Name of the owner.
        [Shown, Sensitive] owner_name = "ownerName": text;
        /// Canonical id of the owner.
        bucket_owner_id = "bucketOwnerId": text;
        /// Policy of the bucket, JSON in a string.
        [Sensitive] bucket_policy = "bucketPolicy": jstr;
        /// Grants of the access control list.
        s3_grant_list = "s3GrantList": [AwsS3Grant];
    }
}

model! {
    /// A grant of a bucket's access control list.
    pub struct AwsS3Grant {
        /// Mail address of the grantee.
        [Sensitive] email_address = "emailAddress": text;
        /// Group of grantees.
        group_uri = "groupUri": text;
        /// Name of the grantee.
        [Sensitive] display_name = "displayName": text;
        /// What is granted, such as `FULL_CONTROL` or `READ`.
        permission = "permission": text;
        /// Canonical id of the grantee.
        id = "id": text;
    }
}

model! {
    /// An RDS database.
    pub struct AwsRds: AwsBase {
        /// Name of the instance.
        db_instance_identifier = "dbInstanceIdentifier": text;
        /// Name of the database.
        db_name = "dbName": text;
        /// Cluster it belongs to.
        db_cluster_identifier = "dbClusterIdentifier": text;
        /// Id that never changes, `db-…`.
        dbi_resource_id = "dbiResourceId": text;
        /// ARN.
        arn = "arn": text;
        /// Engine, such as `mysql`.
        [Shown] engine = "engine": text;
        /// Version of the engine.
        engine_version = "engineVersion": text;
        /// Instance class, such as `db.t3.medium`.
        instance_class = "instanceClass": text;
        /// State, such as `available`.
        [Shown] status = "status": text;
        /// Name of the master user.
        [Sensitive] master_username = "masterUsername": text;
        /// Licence model.
        license_model = "licenseModel": text;
        /// Storage type, such as `gp3`.
        storage_type = "storageType": text;
        /// KMS key that encrypts it.
        kms_key_id = "kmsKeyId": text;
        /// Certificate authority.
        ca_certificate_identifier = "caCertificateIdentifier": text;
        /// Availability zone.
        availability_zone = "availabilityZone": text;
        /// Daily window of backups, UTC.
        preferred_backup_window = "preferredBackupWindow": text;
        /// Weekly window of maintenance, UTC.
        preferred_maintenance_window = "preferredMaintenanceWindow": text;
        /// Port.
        db_instance_port = "dbInstancePort": int;
        /// Days that backups are kept.
        backup_retention_period = "backupRetentionPeriod": int;
        /// Whether enhanced monitoring is on.
        enhanced_monitoring_enabled = "enhancedMonitoringEnabled": sbool;
        /// Whether it can be reached from the internet.
        [Shown] publicly_accessible = "publiclyAccessible": sbool;
        /// Whether it has a standby in another zone.
        multi_az = "multiAZ": sbool;
        /// Whether its storage is encrypted.
        [Shown] encrypted = "encrypted": sbool;
        /// Whether users may sign in through IAM.
        iam_database_authentication_enabled = "iamDatabaseAuthenticationEnabled": sbool;
        /// Latest instant it can be restored to (ISO-8601).
        [Volatile] latest_restorable_time = "latestRestorableTime": time;
        /// When the instance was created (ISO-8601).
        instance_created_time = "instanceCreatedTime": time;
        /// Subnets; a list under a singular name.
        subnet_id = "subnetId": [text];
        /// VPC security groups; a list under a singular name.
        security_group_id = "securityGroupId": [text];
        /// Database security groups: text, or objects of open shape.
        db_security_group_list = "dbSecurityGroupList": [open];
        /// Where to connect.
        endpoint = "endpoint": AwsRdsEndpoint;
        /// Subnet group.
        subnet_group = "subnetGroup": AwsRdsSubnetGroup;
    }
}

model! {
    /// Where to connect to a database.
    pub struct AwsRdsEndpoint {
        /// Hosted zone of the address.
        hosted_zone_id = "hostedZoneId": text;
        /// DNS name.
        address = "address": text;
        /// Port.
        port = "port": int;
    }
}

model! {
    /// The subnet group of a database.
    pub struct AwsRdsSubnetGroup {
        /// State.
        db_subnet_group_status = "dbSubnetGroupStatus": text;
        /// Name.
        db_subnet_group_name = "dbSubnetGroupName": text;
        /// VPC.
        db_subnet_vpc_id = "dbSubnetVpcId": text;
        /// ARN; the wire writes the name with a lower-case s.
        db_subnet_group_arn = "dbsubnetGroupArn": text;
        /// Subnets.
        subnet_list = "subnetList": [AwsRdsSubnet];
    }
}

model! {
    /// A subnet of a subnet group.
    pub struct AwsRdsSubnet {
        /// Id of the subnet.
        identifier = "identifier": text;
        /// Availability zone.
        availability_zone = "availabilityZone": text;
        /// State.
        status = "status": text;
    }
}
