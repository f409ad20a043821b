//! What AWS types have in common.

use crate::model;
use crate::resources::{QualysTag, Tag};

model! {
    /// What every AWS resource carries.
    pub struct AwsBase {
        /// Id or name of the resource in the cloud.
        [Shown] resource_id = "resourceId": text;
        /// Name of the resource.
        [Shown] name = "name": text;
        /// Id of the resource at Qualys, which the details call takes.
        [Id] uuid = "uuid": text;
        /// Connector that reported it; the statistics call takes it as connector id.
        connector_uuid = "connectorUuid": text;
        /// All connectors that report it.
        connector_uuids = "connectorUuids": [text];
        /// Cloud, upper case.
        cloud_type = "cloudType": text;
        /// AWS account, twelve digits; leading zeros count.
        [Shown] cloud_account_id = "cloudAccountId": sint;
        /// Alias of the account.
        account_alias = "accountAlias": text;
        /// Region, by code or by name.
        [Shown] region = "region": text;
        /// API name of the type.
        resource_type = "resourceType": text;
        /// When it was created (ISO-8601).
        created = "created": time;
        /// When it was created, second spelling (ISO-8601).
        created_on = "createdOn": time;
        /// When the service last updated it (ISO-8601).
        [Volatile] last_updated = "lastUpdated": time;
        /// Tags of the cloud.
        tags = "tags": [Tag];
        /// Tags given in Qualys.
        qualys_tags = "qualysTags": [QualysTag];
        /// Whether remediation is enabled for it.
        remediation_enabled = "remediationEnabled": sbool;
        /// How many controls it fails.
        [Shown] controls_failed = "controlsFailed": int;
        /// Whether snapshot scanning is on.
        is_snapshot_scan_enabled = "isSnapshotScanEnabled": bool;
        /// Further details of open shape.
        [Sensitive] additional_details = "additionalDetails": open;
    }
}

model! {
    /// What AWS resources of the newer payload generation carry besides.
    pub struct AwsNewerBase: AwsBase {
        /// Connector that reported it, as the newer payloads name it.
        connector_id = "connectorId": text;
        /// Qualys customer.
        customer_id = "customerId": text;
        /// Connector run that reported it.
        [Volatile] scan_id = "scanId": text;
        /// Name for display.
        display_name = "displayName": text;
    }
}
