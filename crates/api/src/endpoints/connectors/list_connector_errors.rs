use crate::provider::{Provider, Spelling};
use crate::{endpoint, model};

model! {
    /// An error of a connector run.
    pub struct ConnectorError {
        /// Connector.
        connector_id = "connectorId": text;
        /// Name of the connector.
        [Shown] connector_name = "connectorName": text;
        /// What went wrong.
        [Shown] error = "error": text;
        /// When; the service spells the field this way.
        [Shown] occured_on = "occuredOn": time;
        /// Region (AWS, GCP).
        [Shown] region = "region": text;
        /// Location (Azure).
        [Shown] location = "location": text;
    }
}

endpoint! {
    /// Lists the errors of a connector's runs.
    ListConnectorErrors = "connectors.errors";
    GET "/cloudview-api/rest/v1/{provider}/connectors/{connectorId}/errors";
    row 11, Documented "SW21" -> ConnectorError;
    .answer = Answer::Page;
    .paging = Some(Paging::NUMBERED);
    .limit_class = "connectors";
    .providers = super::WITH_CONNECTORS;
    .quirks = &["Azure has location in place of region", "occuredOn is misspelt on the wire; its format is not documented"];
    must {
        /// Provider.
        Path provider = "provider": Provider as ParamKind::Provider(Spelling::Lower);
        /// Id of the connector.
        Path connector_id = "connectorId": String as ParamKind::Uuid;
    }
    may {
        /// Number of the first page to read, from 0.
        Query page_no = "pageNo": u32 as ParamKind::Int(0);
        /// Rows a page.
        Query page_size = "pageSize": u32 as ParamKind::Int(1);
    }
}
