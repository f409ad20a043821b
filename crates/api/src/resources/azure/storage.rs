//! Storage accounts.

use super::AzureNewerBase;
use crate::model;

model! {
    /// An Azure storage account.
    pub struct AzureStorageAccount: AzureNewerBase {
        /// Kind, such as `StorageV2`.
        [Shown] kind = "kind": text;
        /// Plan, such as `Standard_LRS`.
        [Shown] sku_name = "skuName": text;
        /// Tier of the plan.
        sku_tier = "skuTier": text;
        /// Lowest TLS version, such as `TLS1_2`.
        [Shown] minimum_tls_version = "minimumTlsVersion": text;
        /// Primary location.
        primary_location = "primaryLocation": text;
        /// Secondary location.
        secondary_location = "secondaryLocation": text;
        /// Location.
        location = "location": text;
        /// State of the primary location.
        status_of_primary = "statusOfPrimary": text;
        /// State of the secondary location.
        status_of_secondary = "statusOfSecondary": text;
        /// Id of the resource group.
        resource_group_id = "resourceGroupId": text;
        /// Whether hierarchical namespaces are on.
        hns_enabled = "hnsEnabled": sbool;
        /// Whether only HTTPS is accepted.
        [Shown] supports_https_traffic_only = "supportsHttpsTrafficOnly": bool;
        /// When the service first saw it (ISO-8601).
        first_discovered_on = "firstDiscoveredOn": time;
        /// When the service last saw it (ISO-8601).
        [Volatile] last_discovered_on = "lastDiscoveredOn": time;
        /// Managed identity.
        resource_identity = "resourceIdentity": AzureResourceIdentity;
        /// Encryption of files.
        file = "file": AzureEncryption;
        /// Encryption of blobs.
        blob = "blob": AzureEncryption;
        /// Who can reach it.
        network_acls = "networkAcls": AzureNetworkAcls;
    }
}

model! {
    /// The managed identity of a resource.
    pub struct AzureResourceIdentity {
        /// Kind, such as `SystemAssigned`.
        r#type = "type": text;
    }
}

model! {
    /// The encryption of one service of a storage account.
    pub struct AzureEncryption {
        /// Whether it is on.
        enabled = "enabled": bool;
        /// Kind of key.
        key_type = "keyType": text;
        /// When it was last turned on (ISO-8601).
        last_enabled_time = "lastEnabledTime": time;
    }
}

model! {
    /// Who can reach a storage account.
    pub struct AzureNetworkAcls {
        /// What may pass regardless, such as `AzureServices`.
        bypass = "bypass": text;
        /// What happens to all others: `Allow` or `Deny`.
        default_action = "defaultAction": text;
        /// Rules by address.
        ip_rules = "ipRules": [AzureIpRule];
        /// Rules by network, of open shape.
        virtual_network_rules = "virtualNetworkRules": [open];
    }
}

model! {
    /// A rule by address.
    pub struct AzureIpRule {
        /// What happens.
        action = "action": text;
        /// Address or range.
        value = "value": text;
    }
}
