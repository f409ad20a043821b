//! OCI resource types.

use super::{QualysTag, Tag};
use crate::model;

model! {
    /// What every OCI resource is expected to carry. No row was seen: the columns are guesses made from the
    /// AWS rows, with tenancy and compartment in place of the account.
    pub struct OciBase {
        /// OCID of the resource (guess).
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
        /// OCID of the tenancy (guess).
        [Shown] tenant_id = "tenantId": text;
        /// OCID of the compartment (guess).
        compartment_id = "compartmentId": text;
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
    /// An OCI compute instance.
    pub struct OciInstance: OciBase {
        /// Network cards.
        vnic_dto = "vnicDto": [OciVnic];
    }
}

model! {
    /// A network card of an OCI instance.
    pub struct OciVnic {
        /// Public IP address.
        public_ip = "publicIp": text;
    }
}

super::registry! {
    Oci "TCGH" Documented:
    OciInstance "INSTANCE" "compute instance" [];
}
