//! Types of which no row was seen: the shared fields are typed, everything else is kept in `extra`.

use super::AzureBase;
use crate::model;

model! {
    /// An Azure SQL server; only the shared fields are known.
    pub struct AzureSqlServer: AzureBase {}
}

model! {
    /// An Azure SQL database; only the shared fields are known.
    pub struct AzureSqlServerDatabase: AzureBase {}
}

model! {
    /// An Azure resource group; only the shared fields are known.
    pub struct AzureResourceGroup: AzureBase {}
}

model! {
    /// An Azure virtual network; only the shared fields are known.
    pub struct AzureVirtualNetwork: AzureBase {}
}

model! {
    /// An Azure network security group; only the shared fields are known.
    pub struct AzureNetworkSecurityGroup: AzureBase {}
}

model! {
    /// An Azure network interface; only the shared fields are known.
    pub struct AzureNetworkInterfaces: AzureBase {}
}

model! {
    /// An Azure PostgreSQL server; only the shared fields are known.
    pub struct AzurePostgreSingleServer: AzureBase {}
}

model! {
    /// An Azure load balancer; only the shared fields are known.
    pub struct AzureLoadBalancer: AzureBase {}
}

model! {
    /// An Azure firewall; only the shared fields are known.
    pub struct AzureFirewall: AzureBase {}
}

model! {
    /// An Azure MySQL server; only the shared fields are known.
    pub struct AzureMysql: AzureBase {}
}

model! {
    /// An Azure application gateway; only the shared fields are known.
    pub struct AzureApplicationGateways: AzureBase {}
}

model! {
    /// An Azure key vault secret; only the shared fields are known.
    pub struct AzureSecrets: AzureBase {}
}

model! {
    /// An Azure MariaDB server; only the shared fields are known.
    pub struct AzureMariadb: AzureBase {}
}

model! {
    /// An Azure Cosmos DB account; only the shared fields are known.
    pub struct AzureCosmodb: AzureBase {}
}

model! {
    /// An Azure NAT gateway; only the shared fields are known.
    pub struct AzureNatGateways: AzureBase {}
}
