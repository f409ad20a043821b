//! The Connector API v3 and the tags of the API server: `ServiceRequest` and `ServiceResponse`.

use crate::portal::CRITERIA;
use crate::provider::{Provider, Spelling};
use crate::{endpoint, model};
use serde_json::Value;

model! {
    /// A condition of a search.
    pub struct Criterion {
        /// Field.
        [Id] field = "field": text;
        /// `EQUALS`, `CONTAINS`, `GREATER`, …
        [Id] operator = "operator": text;
        /// Value.
        [Id] value = "value": text;
    }
}

impl Criterion {
    /// `field operator value`.
    pub fn new(field: &str, operator: &str, value: impl std::fmt::Display) -> Criterion {
        Criterion {
            field: Some(field.to_owned()),
            operator: Some(operator.to_owned()),
            value: Some(value.to_string()),
            ..Criterion::default()
        }
    }
}

model! {
    /// A connector as the Connector API v3 shows it; most of its fields differ between the clouds.
    pub struct PortalConnector {
        /// Number of the connector.
        [Id, Shown] id = "id": int;
        /// Name.
        [Shown] name = "name": text;
        /// Id of the same connector in CloudView.
        [Shown] cloudview_uuid = "cloudviewUuid": text;
        /// State.
        [Shown] connector_state = "connectorState": text;
        /// End of the last run.
        [Shown, Volatile] last_sync = "lastSync": time;
        /// Description.
        description = "description": text;
        /// Role (AWS).
        arn = "arn": text;
        /// External id of the role (AWS).
        external_id = "externalId": text;
        /// Whether it is switched off.
        disabled = "disabled": bool;
    }
}

model! {
    /// A tag.
    pub struct Tag {
        /// Number of the tag, which reports take as `tagIds`.
        [Id, Shown] id = "id": int;
        /// Name.
        [Shown] name = "name": text;
        /// Number of the tag above it.
        [Shown] parent_tag_id = "parentTagId": int;
        /// Color.
        color = "color": text;
        /// Text of the rule.
        rule_text = "ruleText": text;
        /// Kind of the rule.
        rule_type = "ruleType": text;
        /// When it was made.
        created = "created": time;
        /// When it was changed last.
        modified = "modified": time;
    }
}

const UNCONFIRMED: &str = "the envelope is documented; the fields inside are sent and shown as they are";

macro_rules! portal {
    (
        $(#[doc = $doc:literal])+
        $name:ident = $id:literal;
        $method:ident $path:literal;
        $(. $key:ident = $value:expr;)*
        must { $($must:tt)* }
        may { $($may:tt)* }
    ) => {
        endpoint! {
            $(#[doc = $doc])+
            $name = $id;
            $method $path;
            row 42, Documented "SJ, TCGH" -> PortalConnector;
            .host = Host::ApiServer;
            .auth = Auth::Basic;
            .answer = Answer::ServiceResponse;
            .limit_class = "portal";
            .providers = super::connectors::WITH_CONNECTORS;
            .quirks = &[UNCONFIRMED];
            $(. $key = $value;)*
            must {
                /// Provider.
                Path provider = "provider": Provider as ParamKind::Provider(Spelling::AssetDataConnector);
                $($must)*
            }
            may { $($may)* }
        }
    };
}

/// Pages of a `ServiceResponse`: each begins after the last id of the one before.
const BY_MARKER: crate::operation::Paging = crate::operation::Paging {
    first: 1,
    default_size: 100,
    largest_seen: 1000,
    wall: None,
    style: crate::operation::PageStyle::Marker,
    page: CRITERIA,
    size: "ServiceRequest.preferences.limitResults",
    other_first: None,
};

portal! {
    /// Lists connectors by the Connector API v3.
    SearchPortalConnectors = "portal-connectors.search";
    POST "/qps/rest/3.0/search/am/{provider}";
    .effect = Effect::Read;
    .repeatable = true;
    .paging = Some(BY_MARKER);
    must {}
    may {
        /// Rows a page, up to 1,000.
        Body limit_results = "ServiceRequest.preferences.limitResults": u32 as ParamKind::Range(1, 1000);
        /// Conditions, all of which rows must meet.
        Body criteria = "ServiceRequest.filters.Criteria": Vec<Criterion> as ParamKind::Objects(<Criterion as crate::model::Model>::SHAPE);
    }
}

portal! {
    /// Reads one connector by the Connector API v3.
    GetPortalConnector = "portal-connectors.get";
    GET "/qps/rest/3.0/get/am/{provider}/{id}";
    must {
        /// Number of the connector.
        Path id = "id": i64 as ParamKind::Int(1);
    }
    may {}
}

portal! {
    /// Makes a connector by the Connector API v3.
    CreatePortalConnector = "portal-connectors.create";
    POST "/qps/rest/3.0/create/am/{provider}";
    must {
        /// The connector in an object that names its kind, such as `{"AwsAssetDataConnector": {…}}`; sent as given.
        Body data = "ServiceRequest.data": Value as ParamKind::Json;
    }
    may {}
}

portal! {
    /// Changes a connector by the Connector API v3.
    UpdatePortalConnector = "portal-connectors.update";
    POST "/qps/rest/3.0/update/am/{provider}/{id}";
    .effect = Effect::Update;
    must {
        /// Number of the connector.
        Path id = "id": i64 as ParamKind::Int(1);
        /// What changes, in an object that names the kind of connector; sent as given.
        Body data = "ServiceRequest.data": Value as ParamKind::Json;
    }
    may {}
}

portal! {
    /// Deletes a connector by the Connector API v3.
    DeletePortalConnector = "portal-connectors.delete";
    POST "/qps/rest/3.0/delete/am/{provider}/{id}";
    .effect = Effect::Delete;
    must {
        /// Number of the connector.
        Path id = "id": i64 as ParamKind::Int(1);
    }
    may {}
}

portal! {
    /// Runs a connector by the Connector API v3.
    RunPortalConnector = "portal-connectors.run";
    POST "/qps/rest/3.0/run/am/{provider}/{id}";
    .effect = Effect::Act;
    must {
        /// Number of the connector.
        Path id = "id": i64 as ParamKind::Int(1);
    }
    may {}
}

endpoint! {
    /// Lists tags, whose numbers reports take.
    SearchTags = "tags.search";
    POST "/qps/rest/2.0/search/am/tag";
    row 43, Documented "SJ, TCGH" -> Tag;
    .host = Host::ApiServer;
    .auth = Auth::Basic;
    .answer = Answer::ServiceResponse;
    .limit_class = "tags";
    .effect = Effect::Read;
    .repeatable = true;
    .paging = Some(BY_MARKER);
    .quirks = &["documented for another module of the platform; tagIds of reports are its ids"];
    must {}
    may {
        /// Rows a page, up to 1,000.
        Body limit_results = "ServiceRequest.preferences.limitResults": u32 as ParamKind::Range(1, 1000);
        /// Conditions, all of which rows must meet.
        Body criteria = "ServiceRequest.filters.Criteria": Vec<Criterion> as ParamKind::Objects(<Criterion as crate::model::Model>::SHAPE);
    }
}
