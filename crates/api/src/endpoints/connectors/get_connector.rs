use super::Connector;
use crate::endpoint;
use crate::provider::{Provider, Spelling};

endpoint! {
    /// Reads one connector.
    GetConnector = "connectors.get";
    GET "/cloudview-api/rest/v1/{provider}/connectors/{connectorId}";
    row 7, Documented "SW21" -> Connector;
    .limit_class = "connectors";
    .providers = super::WITH_CONNECTORS;
    must {
        /// Provider.
        Path provider = "provider": Provider as ParamKind::Provider(Spelling::Lower);
        /// Id of the connector.
        Path connector_id = "connectorId": String as ParamKind::Uuid;
    }
    may {}
}
