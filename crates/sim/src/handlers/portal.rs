//! The Connector API v3: the connectors of CloudView under numbers of their own. What is made here is there as
//! well, and the other way round.

use super::connectors;
use super::connectors_write::{change, is_service_account, make, start};
use crate::body::Body;
use crate::call::Call;
use crate::portal::{Field, word};
use crate::reply::{Answer, Reply};
use crate::state::connectors::{Connector, fits};
use crate::state::table::{Row, row, text};
use serde_json::{Value, json};
use totalcloud_api::{Provider, Time};

/// The cloud that the path names, and the word for its connectors.
fn kind(call: &Call<'_>) -> Result<(Provider, &'static str), Reply> {
    match call.param("provider") {
        "awsassetdataconnector" => Ok((Provider::Aws, "AwsAssetDataConnector")),
        "azureassetdataconnector" => Ok((Provider::Azure, "AzureAssetDataConnector")),
        "gcpassetdataconnector" => Ok((Provider::Gcp, "GcpAssetDataConnector")),
        other => Err(call.invalid_request(&format!("There are no objects of the kind '{other}'"))),
    }
}

const FIELDS: [Field; 10] = [
    ("id", "id"),
    ("name", "name"),
    ("description", "description"),
    ("connectorState", "connectorState"),
    ("awsAccountId", "awsAccountId"),
    ("arn", "arn"),
    ("authrecord.applicationId", "authRecord.applicationId"),
    ("authrecord.directoryId", "authRecord.directoryId"),
    ("authrecord.subscriptionId", "authRecord.subscriptionId"),
    ("authrecord.projectId", "authRecord.projectId"),
];

/// How CloudView's states are called here (guess).
fn state(connector: &Connector) -> &'static str {
    match text(&connector.row, "state") {
        _ if connector.is_disabled() => "DISABLED",
        "PENDING" if connector.synced().is_some() => "RUNNING",
        "PENDING" => "PENDING",
        "ERROR" => "FINISHED_ERRORS",
        "REGIONS_DISCOVERED" => "PROCESSING",
        _ => "FINISHED_SUCCESS",
    }
}

/// A connector as this interface shows it. In the samples true and false are texts.
fn shown(connector: &Connector) -> Row {
    let from = &connector.row;
    let flag = |name: &str| (from.get(name).and_then(Value::as_bool) == Some(true)).to_string();
    let date = |name: &str| {
        Time::parse(text(from, name)).map(|t| t.instant().strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
    };
    let minutes = |name: &str| from["pollingFrequency"][name].as_i64().unwrap_or_default();
    let mut out = row(json!({
        "id": connector.number,
        "name": from["name"],
        "description": from["description"],
        "type": connector.provider.upper(),
        "connectorState": state(connector),
        "cloudviewUuid": connector.id(),
        "lastSync": date("lastSyncedOn"),
        "nextSync": date("nextSyncedOn"),
        "lastError": from["error"],
        "disabled": flag("isDisabled"),
        "runFrequency": minutes("hours") * 60 + minutes("minutes"),
        "isRemediationEnabled": flag("remediationEnabled"),
        "isDeleted": "false",
        "activation": { "list": [{ "ActivationModule": "CLOUDVIEW" }] },
        "defaultTags": { "list": [] },
    }));
    out.extend(row(match connector.provider {
        Provider::Aws => json!({
            "arn": from["arn"],
            "externalId": from["externalId"],
            "awsAccountId": from["awsAccountId"],
            "qualysAwsAccountId": from["baseAccountId"],
            "allRegions": "true",
            "isGovCloudConfigured": flag("isGovCloud"),
            "isChinaConfigured": flag("isChinaRegion"),
        }),
        Provider::Azure => json!({
            "authRecord": {
                "applicationId": from["applicationId"],
                "directoryId": from["directoryId"],
                "subscriptionId": from["subscriptionId"],
            },
            "subscriptionName": from["subscriptionName"],
            "isGovCloudConfigured": flag("isGovCloud"),
        }),
        _ => json!({ "authRecord": { "projectId": from["projectId"] } }),
    }));
    out.extend(connector.portal.clone());
    out
}

pub(super) fn search(call: &Call<'_>) -> Answer {
    let (provider, kind) = kind(call)?;
    let rows = connectors::all(call, provider).iter().map(shown).collect();
    call.search(kind, rows, &FIELDS)
}

/// The connector whose number the path names.
fn found(call: &Call<'_>) -> Result<(Connector, &'static str), Reply> {
    let (provider, kind) = kind(call)?;
    let id = call.param("id");
    let number: u64 = id.parse().map_err(|_| call.invalid_request(&format!("'{id}' is no id")))?;
    let found = connectors::all(call, provider).into_iter().find(|c| c.number == number);
    Ok((found.ok_or_else(|| call.no_object(kind, id))?, kind))
}

pub(super) fn get(call: &Call<'_>) -> Answer {
    let (connector, kind) = found(call)?;
    Ok(call.objects(kind, vec![shown(&connector)]))
}

/// The object of a request to make or change a connector.
fn given(call: &Call<'_>, kind: &str) -> Result<Row, Reply> {
    match call.service_request()?.get("data").map(|data| &data[kind]) {
        Some(Value::Object(fields)) => Ok(fields.clone()),
        _ => Err(call.invalid_request(&format!("The data of the request has no {kind}"))),
    }
}

/// What a request says, in the words of CloudView's bodies.
fn translated<'a>(call: &Call<'a>, provider: Provider, given: &Row) -> Result<Body<'a>, Reply> {
    let mut fields = Row::new();
    let mut put = |name: &str, value: &Value| {
        if !value.is_null() {
            fields.insert(name.to_owned(), value.clone());
        }
    };
    let of = |name: &str| given.get(name).unwrap_or(&Value::Null);
    for name in ["name", "description", "arn", "externalId"] {
        put(name, of(name));
    }
    put("remediationEnabled", of("isRemediationEnabled"));
    put("isGovCloud", of("isGovCloudConfigured"));
    if let Some(minutes) = word(of("runFrequency")) {
        let minutes: i64 =
            minutes.parse().map_err(|_| call.invalid_request("runFrequency is a number of minutes"))?;
        put("pollingFrequency", &json!({ "hours": minutes / 60, "minutes": minutes % 60 }));
    }
    let record = of("authRecord");
    match provider {
        Provider::Azure => {
            for name in ["applicationId", "directoryId", "subscriptionId", "authenticationKey"] {
                put(name, &record[name]);
            }
        }
        Provider::Gcp => {
            // In JSON the fields are called as in the key file, in XML as elsewhere.
            put(
                "projectId",
                if record["project_id"].is_null() { &record["projectId"] } else { &record["project_id"] },
            );
        }
        _ => {}
    }
    Ok(Body::new(call.errors, fields))
}

/// What is set beside CloudView's fields: modules and tags, which only this interface shows, and the switch.
struct Own {
    portal: Row,
    disabled: Option<bool>,
}

impl Own {
    fn of(call: &Call<'_>, given: &Row) -> Result<Own, Reply> {
        let listed = |field: &str, item: &str| -> Option<Value> {
            let items = match given.get(field)?.get("set").map(|set| &set[item]) {
                Some(Value::Array(items)) => items.clone(),
                None | Some(Value::Null) => Vec::new(),
                Some(one) => vec![one.clone()],
            };
            Some(json!({ "list": items.into_iter().map(|i| json!({ item: i })).collect::<Vec<_>>() }))
        };
        let mut portal = Row::new();
        for (field, item) in [("activation", "ActivationModule"), ("defaultTags", "TagSimple")] {
            if let Some(value) = listed(field, item) {
                portal.insert(field.into(), value);
            }
        }
        fits(&portal).map_err(|_| call.invalid_request("The lists of the request are too long"))?;
        let disabled = given.get("disabled").and_then(word).map(|word| word.parse::<bool>()).transpose();
        Ok(Own { portal, disabled: disabled.map_err(|_| call.invalid_request("disabled is true or false"))? })
    }

    fn set(self, call: &Call<'_>, connector: &Connector) {
        let connectors = &call.service.state.connectors;
        if !self.portal.is_empty() {
            connectors.set_portal(connector, self.portal);
        }
        if let Some(disabled) = self.disabled {
            connectors.set(connector, row(json!({ "isDisabled": disabled })));
        }
    }
}

pub(super) fn create(call: &Call<'_>) -> Answer {
    let (provider, kind) = kind(call)?;
    let given = given(call, kind)?;
    if provider == Provider::Gcp {
        // The key of the service account, field by field.
        let record = given.get("authRecord").cloned().unwrap_or_default();
        let xml = record["privateKey"].is_string() && record["projectId"].is_string();
        if !xml && !is_service_account(record.to_string().as_bytes()) {
            return Err(call.invalid_request("authRecord is the key of a service account"));
        }
    }
    let (body, own) = (translated(call, provider, &given)?, Own::of(call, &given)?);
    let made = make(call, provider, &body).map_err(|refusal| call.as_service_error(&refusal))?;
    own.set(call, &made);
    let made = connectors::known(call, provider, made.id()).unwrap_or(made);
    let mut shown = shown(&made);
    if provider == Provider::Azure {
        // As in the samples.
        shown.insert("authRecord".into(), json!({}));
    }
    Ok(call.objects(kind, vec![shown]))
}

fn only_id(connector: &Connector) -> Row {
    row(json!({ "id": connector.number }))
}

pub(super) fn update(call: &Call<'_>) -> Answer {
    let (connector, kind) = found(call)?;
    let given = given(call, kind)?;
    let (body, own) = (translated(call, connector.provider, &given)?, Own::of(call, &given)?);
    let changed = change(call, connector, &body).map_err(|refusal| call.as_service_error(&refusal))?;
    own.set(call, &changed);
    Ok(call.objects(kind, vec![only_id(&changed)]))
}

pub(super) fn delete(call: &Call<'_>) -> Answer {
    let (connector, kind) = found(call)?;
    call.service.state.connectors.delete(&connector);
    Ok(call.objects(kind, vec![only_id(&connector)]))
}

pub(super) fn run(call: &Call<'_>) -> Answer {
    let (connector, kind) = found(call)?;
    start(call, std::slice::from_ref(&connector)).map_err(|refusal| call.as_service_error(&refusal))?;
    Ok(call.objects(kind, vec![only_id(&connector)]))
}

const TAG_FIELDS: [Field; 5] =
    [("id", "id"), ("name", "name"), ("parent", "parentTagId"), ("ruleType", "ruleType"), ("color", "color")];

/// Name of a tag, the place of the one above it, its color.
const TAGS: [(&str, Option<usize>, &str); 10] = [
    ("Cloud", None, "#2E7D32"),
    ("Production", None, "#C62828"),
    ("Business Units", None, "#1565C0"),
    ("Payments", Some(2), "#1976D2"),
    ("Retail", Some(2), "#1976D2"),
    ("Research", Some(2), "#1976D2"),
    ("Staging", None, "#EF6C00"),
    ("Internet Facing Assets", None, "#6A1B9A"),
    ("AWS", Some(0), "#FF9900"),
    ("Azure", Some(0), "#0078D4"),
];

/// Number of the first tag.
const FIRST_TAG: u64 = 8_100_001;

pub(super) fn tags(call: &Call<'_>) -> Answer {
    let rows = TAGS.iter().zip(FIRST_TAG..).map(|((name, parent, color), id)| {
        let mut tag = row(json!({
            "id": id,
            "name": name,
            "color": color,
            "ruleType": "STATIC",
            "created": "2024-03-04T09:00:00Z",
            "modified": "2025-05-06T10:00:00Z",
        }));
        if let Some(parent) = parent {
            tag.insert("parentTagId".into(), (FIRST_TAG + *parent as u64).into());
        }
        tag
    });
    call.search("Tag", rows.collect(), &TAG_FIELDS)
}
