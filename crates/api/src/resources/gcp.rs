//! GCP resource types.

use super::{QualysTag, Tag};
use crate::model;

model! {
    /// What every GCP resource is expected to carry. No row was seen: the columns are guesses made from the
    /// AWS rows, with the project in place of the account.
    pub struct GcpBase {
        /// Id or name of the resource in the cloud (guess).
        [Shown] resource_id = "resourceId": text;
        /// Name of the resource (guess).
        [Shown] name = "name": text;
        /// Id of the resource at Qualys, which the details call takes (guess).
        [Id] uuid = "uuid": text;
        /// Connector that reported it (guess).
        connector_uuid = "connectorUuid": text;
        /// All connectors that report it (guess).
        connector_uuids = "connectorUuids": [text];
        /// Cloud, upper case (guess).
        cloud_type = "cloudType": text;
        /// Project (guess).
        [Shown] project_id = "projectId": text;
        /// Region, by code or by name (guess).
        [Shown] region = "region": text;
        /// API name of the type (guess).
        resource_type = "resourceType": text;
        /// When it was created (guess; ISO-8601).
        created = "created": time;
        /// When it was created, second spelling (guess; ISO-8601).
        created_on = "createdOn": time;
        /// When the service last updated it (guess; ISO-8601).
        [Volatile] last_updated = "lastUpdated": time;
        /// Tags of the cloud (guess).
        tags = "tags": [Tag];
        /// Tags given in Qualys (guess).
        qualys_tags = "qualysTags": [QualysTag];
        /// Whether remediation is enabled for it (guess).
        remediation_enabled = "remediationEnabled": sbool;
        /// How many controls it fails (guess).
        [Shown] controls_failed = "controlsFailed": int;
        /// Further details of open shape (guess).
        [Sensitive] additional_details = "additionalDetails": open;
    }
}

model! {
    /// A GCP virtual machine.
    pub struct GcpVmInstance: GcpBase {
        /// Public IP address.
        [Shown] external_ip_address = "externalIpAddress": text;
    }
}

super::registry! {
    Gcp "TCGH" Documented:
    GcpVmInstance "VM_INSTANCE" "virtual machine" [];
}
