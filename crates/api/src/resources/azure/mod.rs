//! Azure resource types.

mod base;
mod compute;
mod open;
mod storage;

pub use base::*;
pub use compute::*;
pub use open::*;
pub use storage::*;

super::registry! {
    Azure "SDK" Seen:
    AzureSqlServer "SQL_SERVER" "SQL server" ["mssql"];
    AzureFunctionApp "FUNCTION_APP" "function app" ["function"];
    AzureSqlServerDatabase "SQL_SERVER_DATABASE" "SQL database" ["mssql database", "mssqldb", "mssql db"];
    AzureResourceGroup "RESOURCE_GROUP" "resource group" ["rg"];
    AzureVirtualNetwork "VIRTUAL_NETWORK" "virtual network" ["vnet"];
    AzureVirtualMachine "VIRTUAL_MACHINE" "virtual machine" ["vm"];
    AzureNetworkSecurityGroup "NETWORK_SECURITY_GROUP" "network security group" ["nsg", "security group"];
    AzureWebApp "WEB_APP" "web app" ["webapp"];
    AzureNetworkInterfaces "NETWORK_INTERFACES" "network interface" ["nic", "interface"];
    AzurePostgreSingleServer "POSTGRE_SINGLE_SERVER" "PostgreSQL server" ["postgres", "postgre", "postgresql"];
    AzureLoadBalancer "LOAD_BALANCER" "load balancer" ["lb"];
    AzureFirewall "FIREWALL" "firewall" ["fw"];
    AzureMysql "MYSQL" "MySQL server" ["mysql_db", "mysqldb"];
    AzureStorageAccount "STORAGE_ACCOUNT" "storage account" ["storage"] newer;
    AzureApplicationGateways "APPLICATION_GATEWAYS" "application gateway" ["ag"];
    AzureSecrets "SECRETS" "key vault secret" ["secret"];
    AzureMariadb "MARIADB" "MariaDB server" ["maria_db", "maria"];
    AzureCosmodb "COSMODB" "Cosmos DB account" ["cosmos db", "cosmosdb", "cosmodb", "cosmos"];
    AzureNatGateways "NAT_GATEWAYS" "NAT gateway" ["nat"];
}
