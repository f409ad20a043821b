//! Making, changing, running, switching and deleting connectors.

use super::connectors::{is_external_id, known};
use crate::body::Body;
use crate::call::Call;
use crate::multipart::Form;
use crate::reply::{Answer, Reply};
use crate::state::connectors::{Connector, fits};
use crate::state::table::{Row, row, text};
use http::StatusCode;
use serde_json::{Value, json};
use totalcloud_api::Provider::{self, Aws, Azure, Gcp};
use totalcloud_api::operation::is_uuid;

/// Hours and minutes between runs where nothing is said.
const POLLING: (i64, i64) = (4, 0);

/// Characters of a name (a constant of a vendor's script).
const LONGEST_NAME: usize = 255;

pub(super) fn create_aws(call: &Call<'_>) -> Answer {
    created(call, Aws, &call.object()?)
}

pub(super) fn create_azure(call: &Call<'_>) -> Answer {
    created(call, Azure, &call.object()?)
}

pub(super) fn create_gcp(call: &Call<'_>) -> Answer {
    let form = call.form()?;
    if form.part("configFile").is_none_or(|part| !is_service_account(&part.bytes)) {
        return Err(call.errors.bad_parameter("configFile"));
    }
    created(call, Gcp, &of_form(call, &form))
}

pub(super) fn update_aws(call: &Call<'_>) -> Answer {
    updated(call, Aws, &call.object()?)
}

pub(super) fn update_azure(call: &Call<'_>) -> Answer {
    updated(call, Azure, &call.object()?)
}

/// As documented, values with spaces are not taken over where the form has no file; what the file holds is not
/// looked at, since clients send any file to get round that.
pub(super) fn update_gcp(call: &Call<'_>) -> Answer {
    let form = call.form()?;
    let mut body = of_form(call, &form);
    if form.files().next().is_none() {
        body.fields.retain(|_, value| !value.as_str().is_some_and(|text| text.contains(' ')));
    }
    updated(call, Gcp, &body)
}

/// The texts of a form under the names that JSON bodies have.
fn of_form<'a>(call: &Call<'a>, form: &Form) -> Body<'a> {
    let mut fields = Row::new();
    for name in ["name", "description", "projectId", "remediationEnabled"] {
        if let Some(value) = form.text(name) {
            fields.insert(name.into(), value.into());
        }
    }
    let mut polling = Row::new();
    for (part, name) in [("pollingFrequencyInHrs", "hours"), ("pollingFrequencyInMinutes", "minutes")] {
        if let Some(value) = form.text(part) {
            polling.insert(name.into(), value.into());
        }
    }
    if !polling.is_empty() {
        fields.insert("pollingFrequency".into(), Value::Object(polling));
    }
    Body::new(call.errors, fields)
}

/// Whether these bytes are the key of a service account, by the fields that every such key has.
pub(super) fn is_service_account(bytes: &[u8]) -> bool {
    let key = row(serde_json::from_slice(bytes).unwrap_or_default());
    text(&key, "type") == "service_account"
        && ["project_id", "private_key", "client_email"].iter().all(|field| !text(&key, field).is_empty())
}

fn created(call: &Call<'_>, provider: Provider, body: &Body<'_>) -> Answer {
    let connector = make(call, provider, body)?;
    Ok(call.row(StatusCode::CREATED, &connector.row))
}

/// Registers a connector. It waits for its first run, which somebody has to start (guess).
pub(super) fn make(call: &Call<'_>, provider: Provider, body: &Body<'_>) -> Result<Connector, Reply> {
    body.word("name")?;
    let account = match provider {
        Aws => {
            body.word("arn")?;
            body.word("externalId")?;
            None
        }
        Azure => {
            for name in ["applicationId", "directoryId", "subscriptionId"] {
                body.uuid(name)?;
            }
            // Needed, and never seen again.
            body.word("authenticationKey")?;
            Some(("subscriptionId", body.uuid("subscriptionId")?))
        }
        _ => Some(("projectId", body.word("projectId")?)),
    };
    let mut fields = row(json!({
        "connectorId": call.service.state.uuid(),
        "provider": provider.upper(),
        "description": "",
        "state": "PENDING",
        "error": null,
        "totalAssets": 0,
        "lastSyncedOn": null,
        "nextSyncedOn": null,
        "pollingFrequency": { "hours": POLLING.0, "minutes": POLLING.1 },
        "remediationEnabled": false,
        "isDisabled": false,
        "groups": [],
        "qualysTags": [],
    }));
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    match provider {
        Aws => {
            put("isGovCloud", false.into());
            put("isChinaRegion", false.into());
            put("isPortalConnector", false.into());
            put("accountAlias", "".into());
            put("portalConnectorUuid", call.service.state.uuid().into());
        }
        Azure => {
            put("isGovCloud", false.into());
            put("subscriptionName", "".into());
        }
        _ => {}
    }
    if let Some((name, id)) = account {
        put(name, id.into());
    }
    fields.extend(settable(call, provider, body)?);
    let place = if fields.get("isChinaRegion") == Some(&json!(true)) {
        1
    } else if fields.get("isGovCloud") == Some(&json!(true)) {
        2
    } else {
        0
    };
    if provider == Aws {
        fields.insert("baseAccountId".into(), call.world.base_account_id(place).into());
    }
    let mut connector = Connector { provider, number: 0, row: fields, portal: Row::new() };
    refuse_second(call, &connector)?;
    let connectors = &call.service.state.connectors;
    connector.number = connectors.make(provider, connector.row.clone()).map_err(|e| call.full(e))?;
    Ok(connector)
}

/// An account has one connector (guess).
fn refuse_second(call: &Call<'_>, connector: &Connector) -> Result<(), Reply> {
    let (provider, account) = (connector.provider, connector.account());
    let connectors = &call.service.state.connectors;
    let other = connectors.of_account(call.world, provider, account, call.now.as_millisecond());
    if other.is_some_and(|other| other.id() != connector.id()) {
        let message = format!("A connector for the account {} already exists", connector.account());
        return Err(call.errors.facade(StatusCode::CONFLICT, "CONFLICT", &message));
    }
    Ok(())
}

/// The account of the ARN of a role.
fn account_of(arn: &str) -> Option<&str> {
    let (partition, rest) = arn.strip_prefix("arn:aws")?.split_once(":iam::")?;
    // There are `aws-cn`, `aws-us-gov`, `aws-iso`, `aws-iso-b` and more to come.
    let is_one = partition.is_empty()
        || partition.strip_prefix('-').is_some_and(|rest| {
            rest.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
        });
    if !is_one {
        return None;
    }
    let (account, role) = rest.split_once(":role/")?;
    let right = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()) && !role.is_empty();
    right.then_some(account)
}

/// Those fields of a body that a client may set, checked.
fn settable(call: &Call<'_>, provider: Provider, body: &Body<'_>) -> Result<Row, Reply> {
    let bad = |name: &str| call.errors.bad_parameter(name);
    let mut fields = Row::new();
    if let Some(name) = body.maybe_text("name")? {
        if name.trim().is_empty() || name.chars().count() > LONGEST_NAME {
            return Err(bad("name"));
        }
        fields.insert("name".into(), name.into());
    }
    if let Some(description) = body.maybe_text("description")? {
        fields.insert("description".into(), description.into());
    }
    if let Some(polling) = body.inside("pollingFrequency")? {
        let wrong = |_| bad("pollingFrequency");
        let hours = polling.maybe_int("hours", 0, 168).map_err(wrong)?;
        let minutes = polling.maybe_int("minutes", 0, 59).map_err(wrong)?;
        let (hours, minutes) = (hours.unwrap_or_default(), minutes.unwrap_or_default());
        if hours == 0 && minutes == 0 {
            return Err(bad("pollingFrequency"));
        }
        fields.insert("pollingFrequency".into(), json!({ "hours": hours, "minutes": minutes }));
    }
    let flags: &[&str] = match provider {
        Aws => &["remediationEnabled", "isGovCloud", "isChinaRegion", "isPortalConnector"],
        Azure => &["remediationEnabled", "isGovCloud"],
        _ => &["remediationEnabled"],
    };
    for name in flags {
        if let Some(value) = body.maybe_bool(name)? {
            fields.insert((*name).into(), value.into());
        }
    }
    match provider {
        Aws => {
            if let Some(arn) = body.maybe_text("arn")? {
                let account = account_of(arn).ok_or_else(|| bad("arn"))?;
                fields.insert("awsAccountId".into(), account.into());
                fields.insert("arn".into(), arn.into());
            }
            if let Some(external) = body.maybe_text("externalId")? {
                if !is_external_id(external) {
                    return Err(bad("externalId"));
                }
                fields.insert("externalId".into(), external.into());
            }
        }
        Azure => {
            for name in ["applicationId", "directoryId"] {
                if let Some(id) = body.maybe_text(name)? {
                    if !is_uuid(id) {
                        return Err(call.errors.bad_uuid());
                    }
                    fields.insert(name.into(), id.into());
                    if name == "directoryId" {
                        fields.insert("tenantId".into(), id.into());
                    }
                }
            }
        }
        _ => {}
    }
    Ok(fields)
}

fn updated(call: &Call<'_>, provider: Provider, body: &Body<'_>) -> Answer {
    let id = call.uuid("connectorId")?;
    let connector = known(call, provider, id).ok_or_else(|| call.errors.not_found("Connector", id))?;
    let connector = change(call, connector, body)?;
    Ok(call.row(StatusCode::OK, &connector.row))
}

/// Sets the fields that a body has; the others stay as they are (guess).
pub(super) fn change(call: &Call<'_>, connector: Connector, body: &Body<'_>) -> Result<Connector, Reply> {
    let fields = settable(call, connector.provider, body)?;
    let mut changed = connector;
    changed.row.extend(fields.clone());
    fits(&changed.row).map_err(|e| call.full(e))?;
    if fields.contains_key("arn") {
        refuse_second(call, &changed)?;
    }
    call.service.state.connectors.set(&changed, fields);
    Ok(changed)
}

/// The connectors that the body lists. One that is not there spoils the whole call (guess).
fn listed(call: &Call<'_>) -> Result<Vec<Connector>, Reply> {
    let provider = call.provider()?;
    let ids = call.ids(&["connectorIds"])?;
    let known = |id: &String| known(call, provider, id).ok_or_else(|| call.errors.not_found("Connector", id));
    ids.iter().map(known).collect()
}

/// The sources disagree on the body: a bare array, or the array under `connectorIds`; both are taken.
pub(super) fn delete(call: &Call<'_>) -> Answer {
    for connector in listed(call)? {
        call.service.state.connectors.delete(&connector);
    }
    Ok(Reply::value(&json!({})))
}

pub(super) fn run(call: &Call<'_>) -> Answer {
    start(call, &listed(call)?)?;
    Ok(Reply::value(&json!({})))
}

/// Starts runs; a connector that is switched off does not run, and then none of them does (guess).
pub(super) fn start(call: &Call<'_>, connectors: &[Connector]) -> Result<(), Reply> {
    if let Some(disabled) = connectors.iter().find(|c| c.is_disabled()) {
        let message = format!("Connector is disabled: {}", disabled.id());
        return Err(call.errors.bad_request(&message));
    }
    let (began, at) = (call.now.as_millisecond(), call.world_now.as_second());
    for connector in connectors {
        call.service.state.connectors.run(connector, began, at);
    }
    Ok(())
}

pub(super) fn enable(call: &Call<'_>) -> Answer {
    switch(call, false)
}

pub(super) fn disable(call: &Call<'_>) -> Answer {
    switch(call, true)
}

fn switch(call: &Call<'_>, disabled: bool) -> Answer {
    for connector in listed(call)? {
        call.service.state.connectors.set(&connector, row(json!({ "isDisabled": disabled })));
    }
    Ok(Reply::value(&json!({ "acknowledged": true })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_of_a_role_is_read_from_its_arn() {
        assert_eq!(account_of("arn:aws:iam::012345678901:role/x"), Some("012345678901"));
        assert_eq!(account_of("arn:aws-cn:iam::012345678901:role/a/b"), Some("012345678901"));
        for partition in ["aws-us-gov", "aws-iso", "aws-iso-b"] {
            let arn = format!("arn:{partition}:iam::012345678901:role/x");
            assert_eq!(account_of(&arn), Some("012345678901"), "{arn}");
        }
        for bad in [
            "arn:aws-:iam::012345678901:role/x",
            "arn:awsx:iam::012345678901:role/x",
            "arn:aws:iam::1:role/x",
            "arn:aws:iam::012345678901:user/x",
            "arn:aws:iam::012345678901:role/",
        ] {
            assert_eq!(account_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_the_key_of_a_service_account_is_one() {
        let key =
            json!({"type": "service_account", "project_id": "p", "private_key": "k", "client_email": "e"});
        assert!(is_service_account(key.to_string().as_bytes()));
        for bad in [
            "",
            "{}",
            "[]",
            r#"{"type":"authorized_user","project_id":"p","private_key":"k","client_email":"e"}"#,
        ] {
            assert!(!is_service_account(bad.as_bytes()), "{bad}");
        }
    }
}
