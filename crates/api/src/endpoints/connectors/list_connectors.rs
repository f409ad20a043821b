use crate::provider::{Provider, Spelling};
use crate::resources::QualysTag;
use crate::{endpoint, model};

model! {
    /// How often a connector runs.
    pub struct PollingFrequency {
        /// Hours.
        hours = "hours": int;
        /// Minutes.
        minutes = "minutes": int;
    }
}

model! {
    /// A group a connector belongs to.
    pub struct ConnectorGroup {
        /// Name of the group.
        name = "name": text;
        /// Id of the group.
        uuid = "uuid": text;
    }
}

model! {
    /// A connector: one cloud account registered with the service.
    pub struct Connector {
        /// Id of the connector.
        [Id, Shown] connector_id = "connectorId": text;
        /// Name.
        [Shown] name = "name": text;
        /// Description.
        description = "description": text;
        /// Cloud, upper case.
        [Shown] provider = "provider": text;
        /// State: `SUCCESS`, `PENDING`, `REGIONS_DISCOVERED`, `ERROR`, or a word added since.
        [Shown] state = "state": text;
        /// What went wrong on the last run.
        error = "error": text;
        /// Resources found.
        [Shown] total_assets = "totalAssets": int;
        /// End of the last run.
        [Shown, Volatile] last_synced_on = "lastSyncedOn": time;
        /// Start of the next run.
        [Volatile] next_synced_on = "nextSyncedOn": time;
        /// How often it runs.
        polling_frequency = "pollingFrequency": PollingFrequency;
        /// Whether remediation is enabled.
        remediation_enabled = "remediationEnabled": bool;
        /// Whether it is switched off.
        is_disabled = "isDisabled": bool;
        /// Whether the account is of a government cloud (AWS, Azure).
        is_gov_cloud = "isGovCloud": bool;
        /// Groups it belongs to.
        groups = "groups": [ConnectorGroup];
        /// Tags given in Qualys.
        qualys_tags = "qualysTags": [QualysTag];
        /// AWS account, twelve digits (AWS).
        [Shown] aws_account_id = "awsAccountId": sint;
        /// Account that assumes the role (AWS).
        base_account_id = "baseAccountId": sint;
        /// Role (AWS).
        arn = "arn": text;
        /// External id of the role (AWS).
        [Sensitive] external_id = "externalId": text;
        /// Alias of the account (AWS).
        account_alias = "accountAlias": text;
        /// Whether the account is of an AWS China region (AWS).
        is_china_region = "isChinaRegion": bool;
        /// Whether it was made in the portal (AWS).
        is_portal_connector = "isPortalConnector": bool;
        /// Id of the portal's connector (AWS).
        portal_connector_uuid = "portalConnectorUuid": text;
        /// Subscription (Azure).
        [Shown] subscription_id = "subscriptionId": text;
        /// Name of the subscription (Azure).
        subscription_name = "subscriptionName": text;
        /// Application (Azure).
        application_id = "applicationId": text;
        /// Directory (Azure).
        directory_id = "directoryId": text;
        /// Tenant (Azure, OCI).
        tenant_id = "tenantId": text;
        /// Project (GCP).
        [Shown] project_id = "projectId": text;
    }
}

impl Connector {
    /// The cloud account it stands for, under whichever name its provider uses.
    pub fn account(&self) -> Option<&str> {
        [&self.aws_account_id, &self.subscription_id, &self.project_id, &self.tenant_id]
            .into_iter()
            .find_map(|field| field.as_deref().filter(|id| !id.is_empty()))
    }
}

endpoint! {
    /// Lists the connectors of one provider.
    ListConnectors = "connectors.list";
    GET "/cloudview-api/rest/v1/{provider}/connectors";
    row 4, Documented "SW21, SEED-SDK" -> Connector;
    .answer = Answer::Page;
    .paging = Some(Paging::NUMBERED);
    .limit_class = "connectors";
    .providers = super::WITH_CONNECTORS;
    .quirks = &[
        "dates are in the style of Java's Date",
        "the filter token is lastSyncedOn; the guide of one SDK prints lastSynced",
    ];
    must {
        /// Provider.
        Path provider = "provider": Provider as ParamKind::Provider(Spelling::Lower);
    }
    may {
        /// Number of the first page to read, from 0.
        Query page_no = "pageNo": u32 as ParamKind::Int(0);
        /// Rows a page.
        Query page_size = "pageSize": u32 as ParamKind::Int(1);
        /// QQL over `name`, `description`, `state`, `connector.uuid`, `lastSyncedOn`.
        Query filter = "filter": String as ParamKind::Qql;
        /// `lastSyncedOn:asc` or `lastSyncedOn:desc`.
        Query sort = "sort": String as ParamKind::Text;
    }
}
