//! Virtual machines, web apps and function apps.

use super::AzureBase;
use crate::model;
use crate::resources::{Vulnerability, VulnerabilityStats};

model! {
    /// An Azure virtual machine.
    pub struct AzureVirtualMachine: AzureBase {
        /// Name of the machine inside.
        computer_name = "computerName": text;
        /// Size, such as `Standard_D2s_v3`.
        [Shown] size = "size": text;
        /// Operating system, such as `Linux`.
        [Shown] os_type = "osType": text;
        /// Licence.
        license_type = "licenseType": text;
        /// State of the deployment, such as `Succeeded`.
        provisioning_state = "provisioningState": text;
        /// Availability set.
        availability_set_id = "availabilitySetId": text;
        /// Network security group.
        network_security_group_id = "networkSecurityGroupId": text;
        /// Private IP address.
        primary_private_ip_address = "primaryPrivateIPAddress": text;
        /// Public IP address.
        [Shown] primary_public_ip_address = "primaryPublicIPAddress": text;
        /// Id of the public IP address.
        primary_public_ip_address_id = "primaryPublicIPAddressId": text;
        /// TruRisk score of the asset.
        ars_score = "arsScore": int;
        /// Criticality score of the asset.
        criticality_score = "criticalityScore": int;
        /// Vulnerabilities, counted.
        vulnerability_stats = "vulnerabilityStats": VulnerabilityStats;
        /// States of the machine and its deployment.
        statuses = "statuses": [AzureStatus];
        /// Images it was made from.
        image_data = "imageData": [AzureImage];
        /// Vulnerabilities, filled by the details call (guess: not seen on Azure yet).
        [Details] vulnerabilities = "vulnerabilities": [Vulnerability];
    }
}

model! {
    /// A state of a virtual machine.
    pub struct AzureStatus {
        /// Code, such as `PowerState/running`.
        code = "code": text;
        /// Level, such as `Info`.
        level = "level": text;
        /// State in words.
        display_status = "displayStatus": text;
        /// Message.
        message = "message": text;
        /// When the state was taken; the form was not seen.
        time = "time": time;
    }
}

model! {
    /// An image that a virtual machine was made from.
    pub struct AzureImage {
        /// Id.
        id = "id": text;
        /// Offer.
        offer = "offer": text;
        /// Publisher.
        publisher = "publisher": text;
        /// Version.
        version = "version": text;
        /// Plan of the offer.
        sku = "sku": text;
    }
}

model! {
    /// An Azure web app.
    pub struct AzureWebApp: AzureBase {
        /// Run state, such as `Running`.
        [Shown] state = "state": text;
        /// Kind, such as `app,linux`.
        kind = "kind": text;
        /// Key.
        key = "key": text;
        /// Host name given by the cloud.
        [Shown] default_host_name = "defaultHostName": text;
        /// Name of the deployment site.
        repository_site_name = "repositorySiteName": text;
        /// Deployment.
        deployment_id = "deploymentId": text;
        /// Redundancy.
        redundancy_mode = "redundancyMode": text;
        /// Whether it is within its quota, such as `Normal`.
        usage_state = "usageState": text;
        /// Availability.
        availability_state = "availabilityState": text;
        /// Whether it is on.
        enabled = "enabled": bool;
        /// Whether callers need a certificate.
        client_cert_enabled = "clientCertEnabled": bool;
        /// Whether a caller stays with one instance.
        client_affinity_enabled = "clientAffinityEnabled": bool;
        /// Whether it is the default container.
        is_default_container = "isDefaultContainer": bool;
        /// Whether HTTPS is required; the wire writes the name in lower case.
        [Shown] https_only = "httpsonly": bool;
        /// Host names it answers at.
        enabled_hosts = "enabledHosts": [text];
        /// Kinds below the kind.
        sub_kinds = "subKinds": [text];
        /// App service plan, of open shape.
        app_service_plan = "appServicePlan": open;
    }
}

model! {
    /// An Azure function app; only the shared fields are known.
    pub struct AzureFunctionApp: AzureBase {}
}
