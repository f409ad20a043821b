//! Neighbours of the service: the Connector Management API, snapshot scanning, FlexScan.

use super::connectors;
use crate::call::Call;
use crate::reply::{Answer, Reply, iso_millis};
use crate::state::table::{Row, row, text};
use http::StatusCode;
use serde_json::{Value, json};
use totalcloud_api::Provider;
use totalcloud_api::operation::is_uuid;

/// The connectors of a cloud spelled in upper case, with their numbers; the page is called `pageNumber`. Only the
/// list of OCI was seen; the others are like it (guess).
pub(super) fn managed(call: &Call<'_>) -> Answer {
    let given = call.param("provider");
    let provider = Provider::ALL.into_iter().find(|p| p.upper() == given);
    let provider = provider.ok_or_else(|| call.errors.no_such_path())?;
    let rows: Vec<Row> = connectors::all(call, provider)
        .iter()
        .map(|connector| {
            let mut shown = row(json!({
                "id": connector.number,
                "connectorId": connector.number.to_string(),
                "connectorUuid": connector.id(),
                "name": connector.row["name"],
                "state": connector.row["state"],
                "cloudType": provider.upper(),
                "lastSyncedOn": connector.row["lastSyncedOn"],
                "totalAssets": connector.row["totalAssets"],
            }));
            for name in ["awsAccountId", "accountAlias", "subscriptionId", "projectId", "tenantId"] {
                if let Some(value) = connector.row.get(name) {
                    shown.insert(name.into(), value.clone());
                }
            }
            shown
        })
        .collect();
    call.page_of(&rows)
}

/// `{connectorMappings, appCredentials}`: remembered without the keys. The form of the mappings and of the answer
/// was not seen (guess): connector ids as keys, application ids as values.
pub(super) fn register_application(call: &Call<'_>) -> Answer {
    let body = call.object()?;
    let mappings = body.inside("connectorMappings")?.map(|m| m.fields).unwrap_or_default();
    if mappings.is_empty() {
        return Err(call.errors.bad_parameter("connectorMappings"));
    }
    let credentials = body.objects("appCredentials")?;
    if credentials.is_empty() {
        return Err(call.errors.bad_parameter("appCredentials"));
    }
    let mut applications = Vec::new();
    for one in &credentials {
        one.word("secretKey")?;
        applications.push(one.uuid("appId")?.to_owned());
    }
    for id in mappings.keys().filter(|id| is_uuid(id)) {
        connectors::known(call, Provider::Azure, id).ok_or_else(|| call.errors.not_found("Connector", id))?;
    }
    let kept =
        row(json!({ "key": call.service.state.uuid(), "mappings": mappings, "applications": applications }));
    call.service.state.registrations.add(kept).map_err(|e| call.full(e))?;
    Ok(Reply::value(
        &json!({ "status": "SUCCESS", "connectorMappings": mappings, "applications": applications }),
    ))
}

pub(super) fn register_scanner_run(call: &Call<'_>) -> Answer {
    snapshot(call, "scanner-run")
}

pub(super) fn register_service_account(call: &Call<'_>) -> Answer {
    snapshot(call, "service-account")
}

/// Method and body are guesses; the statuses are documented, and that the second time is the 304 is inferred.
fn snapshot(call: &Call<'_>, what: &str) -> Answer {
    let body = call.object()?;
    if body.fields.is_empty() {
        return Err(call.errors.bad_request("The registration is empty"));
    }
    if let Some(account) = body.maybe_text("accountId")? {
        let known = Provider::ALL
            .into_iter()
            .any(|p| connectors::all(call, p).iter().any(|c| c.account() == account));
        if !known {
            return Err(call.errors.not_found("Account", account));
        }
    }
    let key = match body.maybe_text("accountId")? {
        Some(account) => format!("snapshot {what} {account}"),
        None => format!("snapshot {what} {}", Value::Object(body.fields.clone())),
    };
    let registrations = &call.service.state.registrations;
    if registrations.has(&key) {
        return Ok(Reply::new(StatusCode::NOT_MODIFIED, crate::reply::JSON, ""));
    }
    registrations.add(row(json!({ "key": key }))).map_err(|e| call.full(e))?;
    Ok(call.row(StatusCode::CREATED, &row(json!({ "status": "REGISTERED" }))))
}

/// Once is enough: the second time answers what the first did.
pub(super) fn flexscan(call: &Call<'_>) -> Answer {
    let body = call.object()?;
    let account = body.word("accountId")?;
    let cloud = body.word("cloudType")?;
    if !Provider::ALL.into_iter().any(|p| p.upper() == cloud) {
        return Err(call.errors.bad_parameter("cloudType"));
    }
    let key = format!("flexscan {cloud} {account}");
    let registrations = &call.service.state.registrations;
    let at = match registrations.get(&key) {
        Some(kept) => text(&kept, "at").to_owned(),
        None => {
            let at = iso_millis(call.now);
            registrations.add(row(json!({ "key": key, "at": at }))).map_err(|e| call.full(e))?;
            at
        }
    };
    Ok(Reply::value(&json!({
        "data": { "accountId": account, "status": "REGISTERED", "registeredAt": at },
        "errors": [],
        "meta": { "timestamp": iso_millis(call.now) },
    })))
}
