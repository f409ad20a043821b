//! Deleting, running and switching many connectors at once: the body is the bare list of their ids.

use super::WITH_CONNECTORS;
use crate::provider::{Provider, Spelling};
use crate::{endpoint, model};

model! {
    /// Whether the service took note.
    pub struct Acknowledged {
        /// Whether it did.
        [Shown] acknowledged = "acknowledged": bool;
    }
}

macro_rules! act {
    (
        $(#[doc = $doc:literal])+
        $name:ident = $id:literal;
        $method:ident $path:literal;
        row $row:literal, $source:literal -> $answer:ty;
        $(. $key:ident = $value:expr;)*
    ) => {
        endpoint! {
            $(#[doc = $doc])+
            $name = $id;
            $method $path;
            row $row, Documented $source -> $answer;
            .limit_class = "connectors";
            .providers = WITH_CONNECTORS;
            $(. $key = $value;)*
            must {
                /// Provider.
                Path provider = "provider": Provider as ParamKind::Provider(Spelling::Lower);
                /// Ids of the connectors.
                Whole ids = "ids": Vec<String> as ParamKind::Uuids;
            }
            may {}
        }
    };
}

act! {
    /// Deletes connectors.
    DeleteConnectors = "connectors.delete";
    DELETE "/cloudview-api/rest/v1/{provider}/connectors";
    row 6, "SW21, MEHOWQ; F3 and SJ for the other body" -> serde_json::Value;
    .other_body = Some(OtherBody { family: BodyFamily::ConnectorIds, field: "connectorIds", needs: &[] });
    .quirks = &[
        "the body is a bare list of ids; two clients send an object with connectorIds (setting connector_ids)",
        "the answer is an object, or nothing with 204",
    ];
}

act! {
    /// Runs connectors now.
    RunConnectors = "connectors.run";
    POST "/cloudview-api/rest/v1/{provider}/connectors/run";
    row 9, "SW21" -> serde_json::Value;
    .effect = Effect::Act;
}

act! {
    /// Switches connectors on.
    EnableConnectors = "connectors.enable";
    PATCH "/cloudview-api/rest/v1/{provider}/connectors/connectors/enable";
    row 10, "SW21" -> Acknowledged;
    .quirks = &["the segment connectors stands twice in the path"];
}

act! {
    /// Switches connectors off.
    DisableConnectors = "connectors.disable";
    PATCH "/cloudview-api/rest/v1/{provider}/connectors/connectors/disable";
    row 10, "SW21" -> Acknowledged;
    .quirks = &["the segment connectors stands twice in the path"];
}
