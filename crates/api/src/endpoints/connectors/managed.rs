//! The Connector Management API, which knows the tenancies of OCI.

use crate::provider::{Provider, Spelling};
use crate::{endpoint, model};
use serde_json::Value;

model! {
    /// A connector as the Connector Management API lists it. Only few of its fields are known.
    pub struct ManagedConnector {
        /// Its number, which reports do not take.
        id = "id": int;
        /// Its number as text.
        [Shown] connector_number = "connectorId": sint;
        /// Id of the connector; some answers call it `uuid`.
        [Shown] connector_uuid = "connectorUuid": text;
        /// Id of the connector, where it is not called `connectorUuid`.
        uuid = "uuid": text;
        /// Name.
        [Shown] name = "name": text;
        /// State.
        [Shown] state = "state": text;
        /// Tenancy (OCI).
        [Shown] tenant_id = "tenantId": text;
    }
}

impl ManagedConnector {
    /// The id that other operations take.
    pub fn connector_id(&self) -> Option<&str> {
        self.connector_uuid.as_deref().or(self.uuid.as_deref())
    }
}

endpoint! {
    /// Lists the connectors of one provider, OCI among them, as the Connector Management API knows them.
    ListManagedConnectors = "connectors.list-managed";
    GET "/connectors/v1.0/{provider}/list";
    row 38, Seen "QLEY" -> ManagedConnector;
    .host = Host::Gateway;
    .answer = Answer::Page;
    .paging = Some(Paging { default_size: 100, largest_seen: 100, page: "pageNumber", ..Paging::NUMBERED });
    .limit_class = "connector-management";
    .quirks = &[
        "the provider is spelled in upper case",
        "the page is called pageNumber",
        "only the list of OCI was seen",
        "the numeric id is taken nowhere else; use the UUID",
    ];
    must {
        /// Provider.
        Path provider = "provider": Provider as ParamKind::Provider(Spelling::Upper);
    }
    may {
        /// Number of the first page to read, from 0.
        Query page_number = "pageNumber": u32 as ParamKind::Int(0);
        /// Rows a page.
        Query page_size = "pageSize": u32 as ParamKind::Int(1);
    }
}

model! {
    /// Credentials of a second Azure application.
    pub struct AppCredentials {
        /// Application.
        [Id] app_id = "appId": text;
        /// Its key.
        [Id, Secret] secret_key = "secretKey": text;
    }
}

endpoint! {
    /// Registers a second Azure application for connectors.
    RegisterSecondaryApplication = "connectors.register-application";
    POST "/connectors/v1.0/azure/registerSecondaryApplication";
    row 39, Documented "CONN2.13" -> Value;
    .host = Host::Gateway;
    .limit_class = "connector-management";
    .providers = &[Provider::Azure];
    .quirks = &["the form of connectorMappings and of the answer was not seen"];
    must {
        /// Which connectors the application is for; its form was not seen, it is sent as given.
        Body connector_mappings = "connectorMappings": Value as ParamKind::Json;
        /// Applications and their keys.
        Body app_credentials = "appCredentials": Vec<AppCredentials> as ParamKind::Objects(<AppCredentials as crate::model::Model>::SHAPE);
    }
    may {}
}
