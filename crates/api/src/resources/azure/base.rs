//! What Azure types have in common.

use crate::model;
use crate::resources::{QualysTag, Tag};

model! {
    /// What every Azure resource carries.
    pub struct AzureBase {
        /// Full path of the resource in the Azure Resource Manager.
        resource_id = "resourceId": text;
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
        /// Subscription.
        [Shown] subscription_id = "subscriptionId": text;
        /// Name of the subscription.
        subscription_name = "subscriptionName": text;
        /// Resource group.
        [Shown] resource_group_name = "resourceGroupName": text;
        /// Region, by code or by name.
        [Shown] region = "region": text;
        /// API name of the type.
        resource_type = "resourceType": text;
        /// Azure's name of the type, such as `Microsoft.Compute/virtualMachines`.
        r#type = "type": text;
        /// When it was created (ISO-8601).
        created = "created": time;
        /// When the service last updated it (ISO-8601).
        [Volatile] updated = "updated": time;
        /// Tags of the cloud.
        tags = "tags": [Tag];
        /// Tags given in Qualys.
        qualys_tags = "qualysTags": [QualysTag];
        /// Whether remediation is enabled for it.
        remediation_enabled = "remediationEnabled": sbool;
        /// How many controls it fails.
        [Shown] controls_failed = "controlsFailed": int;
        /// Qualys customer.
        customer_id = "customerId": text;
        /// Qualys customers that have it.
        customers = "customers": [text];
        /// Connector run that reported it.
        [Volatile] scan_uuid = "scanUuid": text;
        /// Further details of open shape.
        [Sensitive] additional_details = "additionalDetails": open;
    }
}

model! {
    /// What Azure resources of the newer payload generation carry besides.
    pub struct AzureNewerBase: AzureBase {
        /// Connector that reported it, as the newer payloads name it.
        connector_id = "connectorId": text;
        /// Connector run that reported it.
        [Volatile] scan_id = "scanId": text;
        /// Name for display.
        display_name = "displayName": text;
    }
}
