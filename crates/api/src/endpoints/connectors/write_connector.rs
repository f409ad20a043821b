//! Making and changing connectors. The three clouds share the paths and nothing else.

use super::Connector;
use crate::endpoint;
use crate::operation::{Args, ParamKind, Upload};
use crate::provider::Provider;

/// The longest name of a connector (TCGH; a constant of the Connector API's client).
const NAME: ParamKind = ParamKind::Name(255);
/// An external id is digits (the vendor's readme of add_aws_account).
const EXTERNAL_ID: ParamKind = ParamKind::Digits(9, 90);
const HOURS: ParamKind = ParamKind::Range(0, 24 * 7);
const MINUTES: ParamKind = ParamKind::Range(0, 59);

/// A connector that runs every 0 hours and 0 minutes would run without end, or never.
fn frequency(args: &Args) -> Result<(), (&'static str, String)> {
    let number = |names: [&str; 2]| names.iter().find_map(|name| args.get(*name)?.as_i64());
    let hours = number(["pollingFrequency.hours", "pollingFrequencyInHrs"]);
    let minutes = number(["pollingFrequency.minutes", "pollingFrequencyInMinutes"]);
    if hours.or(minutes).is_some() && hours.unwrap_or(0) + minutes.unwrap_or(0) == 0 {
        let name =
            if args.contains_key("pollingFrequency.hours") || args.contains_key("pollingFrequency.minutes") {
                "pollingFrequency"
            } else {
                "pollingFrequencyInHrs"
            };
        return Err((name, "the polling frequency must be at least a minute".to_owned()));
    }
    Ok(())
}

/// The file of a service account is JSON.
fn gcp(args: &Args) -> Result<(), (&'static str, String)> {
    use base64::Engine as _;
    let text = args.get("configFile").and_then(|file| file.get("base64")).and_then(|text| text.as_str());
    if let Some(text) = text {
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_default();
        let object = serde_json::from_slice::<Args>(&bytes).is_ok();
        if !object {
            let wanted = "'configFile' wants the JSON file of a service account".to_owned();
            return Err(("configFile", wanted));
        }
    }
    frequency(args)
}

macro_rules! write {
    (
        $(#[doc = $doc:literal])+
        $name:ident = $id:literal;
        $method:ident $path:literal;
        row $row:literal, $source:literal, $cloud:ident by $rule:ident;
        $(. $key:ident = $value:expr;)*
        must { $($must:tt)* }
        may { $($may:tt)* }
    ) => {
        endpoint! {
            $(#[doc = $doc])+
            $name = $id;
            $method $path;
            row $row, Documented $source -> Connector;
            .limit_class = "connectors";
            .providers = &[Provider::$cloud];
            .rule = Some($rule);
            $(. $key = $value;)*
            must { $($must)* }
            may { $($may)* }
        }
    };
}

/// A write in JSON, with the fields that AWS and Azure share.
macro_rules! write_json {
    (
        { $($head:tt)* }
        must { $($must:tt)* }
        may { $($may:tt)* }
    ) => {
        write! {
            $($head)*
            must { $($must)* }
            may {
                $($may)*
                /// Description.
                Body description = "description": String as ParamKind::Text;
                /// Whether it is of a government cloud.
                Body is_gov_cloud = "isGovCloud": bool as ParamKind::Bool;
                /// Hours between two runs.
                Body polling_hours = "pollingFrequency.hours": u32 as HOURS;
                /// Minutes between two runs, besides the hours.
                Body polling_minutes = "pollingFrequency.minutes": u32 as MINUTES;
                /// Whether remediation is enabled.
                Body remediation_enabled = "remediationEnabled": bool as ParamKind::Bool;
            }
        }
    };
}

/// A write as a form, which GCP takes.
macro_rules! write_form {
    (
        { $($head:tt)* }
        must { $($must:tt)* }
        may { $($may:tt)* }
    ) => {
        write! {
            $($head)*
            must { $($must)* }
            may {
                $($may)*
                /// Description.
                Part description = "description": String as ParamKind::Text;
                /// Hours between two runs.
                Part polling_hours = "pollingFrequencyInHrs": u32 as HOURS;
                /// Minutes between two runs, besides the hours.
                Part polling_minutes = "pollingFrequencyInMinutes": u32 as MINUTES;
                /// Whether remediation is enabled.
                Part remediation_enabled = "remediationEnabled": bool as ParamKind::Bool;
            }
        }
    };
}

write_json! {
    {
        /// Makes an AWS connector.
        CreateAwsConnector = "connectors.create-aws";
        POST "/cloudview-api/rest/v1/aws/connectors";
        row 5, "SW21", Aws by frequency;
    }
    must {
        /// Name, up to 255 characters.
        Body name = "name": String as NAME;
        /// Role that the service assumes.
        Body arn = "arn": String as ParamKind::RoleArn;
        /// External id of the role: 9 to 90 digits.
        Body external_id = "externalId": String as EXTERNAL_ID;
    }
    may {
        /// Whether the account is of an AWS China region.
        Body is_china_region = "isChinaRegion": bool as ParamKind::Bool;
        /// Whether to make a connector in the portal as well.
        Body is_portal_connector = "isPortalConnector": bool as ParamKind::Bool;
    }
}

write_json! {
    {
        /// Makes an Azure connector.
        CreateAzureConnector = "connectors.create-azure";
        POST "/cloudview-api/rest/v1/azure/connectors";
        row 5, "SW21", Azure by frequency;
    }
    must {
        /// Name, up to 255 characters.
        Body name = "name": String as NAME;
        /// Application.
        Body application_id = "applicationId": String as ParamKind::Uuid;
        /// Key of the application.
        Body authentication_key = "authenticationKey": String as ParamKind::Secret;
        /// Directory.
        Body directory_id = "directoryId": String as ParamKind::Uuid;
        /// Subscription.
        Body subscription_id = "subscriptionId": String as ParamKind::Uuid;
    }
    may {}
}

write_form! {
    {
        /// Makes a GCP connector.
        CreateGcpConnector = "connectors.create-gcp";
        POST "/cloudview-api/rest/v1/gcp/connectors";
        row 5, "SW21", Gcp by gcp;
        .quirks = &["the body is multipart; all fields but the file are text"];
    }
    must {
        /// Name, up to 255 characters.
        Part name = "name": String as NAME;
        /// Project.
        Part project_id = "projectId": String as ParamKind::Text;
        /// JSON file of the service account.
        Part config_file = "configFile": Upload as ParamKind::File;
    }
    may {}
}

write_json! {
    {
        /// Changes an AWS connector.
        UpdateAwsConnector = "connectors.update-aws";
        PUT "/cloudview-api/rest/v1/aws/connectors/{connectorId}";
        row 8, "SW21", Aws by frequency;
    }
    must {
        /// Id of the connector.
        Path connector_id = "connectorId": String as ParamKind::Uuid;
    }
    may {
        /// Name, up to 255 characters.
        Body name = "name": String as NAME;
        /// Role that the service assumes.
        Body arn = "arn": String as ParamKind::RoleArn;
        /// External id of the role: 9 to 90 digits.
        Body external_id = "externalId": String as EXTERNAL_ID;
        /// Whether the account is of an AWS China region.
        Body is_china_region = "isChinaRegion": bool as ParamKind::Bool;
        /// Whether it is in the portal as well.
        Body is_portal_connector = "isPortalConnector": bool as ParamKind::Bool;
    }
}

write_json! {
    {
        /// Changes an Azure connector.
        UpdateAzureConnector = "connectors.update-azure";
        PUT "/cloudview-api/rest/v1/azure/connectors/{connectorId}";
        row 8, "SW21", Azure by frequency;
        .quirks = &["the subscription cannot be changed"];
    }
    must {
        /// Id of the connector.
        Path connector_id = "connectorId": String as ParamKind::Uuid;
    }
    may {
        /// Name, up to 255 characters.
        Body name = "name": String as NAME;
        /// Application.
        Body application_id = "applicationId": String as ParamKind::Uuid;
        /// Key of the application.
        Body authentication_key = "authenticationKey": String as ParamKind::Secret;
        /// Directory.
        Body directory_id = "directoryId": String as ParamKind::Uuid;
    }
}

write_form! {
    {
        /// Changes a GCP connector.
        UpdateGcpConnector = "connectors.update-gcp";
        PUT "/cloudview-api/rest/v1/gcp/connectors/{connectorId}";
        row 8, "SW21, F3", Gcp by gcp;
        .quirks = &[
            "the body is multipart; the project cannot be changed",
            "without a file part, values with spaces in them were not updated (F3): give the file",
        ];
    }
    must {
        /// Id of the connector.
        Path connector_id = "connectorId": String as ParamKind::Uuid;
    }
    may {
        /// Name, up to 255 characters.
        Part name = "name": String as NAME;
        /// JSON file of the service account.
        Part config_file = "configFile": Upload as ParamKind::File;
    }
}
