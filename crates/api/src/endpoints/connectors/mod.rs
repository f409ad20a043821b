//! Connectors: the cloud accounts registered with the service.

mod act_on_connectors;
mod download_template;
mod get_base_account;
mod get_connector;
mod list_connector_errors;
mod list_connectors;
mod managed;
mod write_connector;

pub use act_on_connectors::{
    Acknowledged, DeleteConnectors, DisableConnectors, EnableConnectors, RunConnectors,
};
pub use download_template::DownloadTemplate;
pub use get_base_account::{BaseAccount, GetBaseAccount};
pub use get_connector::GetConnector;
pub use list_connector_errors::{ConnectorError, ListConnectorErrors};
pub use list_connectors::{Connector, ConnectorGroup, ListConnectors, PollingFrequency};
pub use managed::{AppCredentials, ListManagedConnectors, ManagedConnector, RegisterSecondaryApplication};
pub use write_connector::{
    CreateAwsConnector, CreateAzureConnector, CreateGcpConnector, UpdateAwsConnector, UpdateAzureConnector,
    UpdateGcpConnector,
};

use crate::Provider::{self, Aws, Azure, Gcp};

/// The providers with a connectors endpoint; `oci/connectors` answers 404 (QLEY, live).
pub(crate) const WITH_CONNECTORS: &[Provider] = &[Aws, Azure, Gcp];
