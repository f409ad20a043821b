//! Actions of alerts. As documented, their secrets come back in the answers.

use super::rules::{id_list, refuse_taken, wrapped};
use crate::body::Body;
use crate::call::Call;
use crate::listing::Tokens;
use crate::reply::{Answer, Reply, iso};
use crate::state::alerts::{action, authored, uses};
use crate::state::table::{Row, row, text};
use http::StatusCode;
use serde_json::{Map, Value, json};

const TOKENS: Tokens =
    Tokens { aliases: &[("actionName", "name"), ("action.name", "name")], times: &["created", "updated"] };

pub(super) fn list(call: &Call<'_>) -> Answer {
    let alerts = &call.service.state.alerts;
    let rows = alerts.actions.rows().into_iter().map(|a| alerts.counted(a)).collect();
    let mut rows = call.filtered(rows, &TOKENS)?;
    call.sorted(&mut rows)?;
    call.array_of(&rows)
}

pub(super) fn types(_call: &Call<'_>) -> Answer {
    Ok(Reply::value(&json!(["qemail", "slack", "pagerduty"])))
}

pub(super) fn get(call: &Call<'_>) -> Answer {
    let (id, alerts) = (call.param("id"), &call.service.state.alerts);
    let found = alerts.actions.get(id).ok_or_else(|| call.errors.not_found("Action", id))?;
    Ok(call.row(StatusCode::OK, &alerts.counted(found)))
}

/// The kinds of actions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Email,
    Slack,
    Pagerduty,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Email => "qemail",
            Kind::Slack => "slack",
            Kind::Pagerduty => "pagerduty",
        }
    }
}

fn webhook<'b>(call: &Call<'_>, body: &'b Body<'_>) -> Result<&'b str, Reply> {
    let uri = body.word("webhookUri")?;
    let host = uri.strip_prefix("https://").and_then(|rest| rest.split('/').next());
    if host.is_none_or(str::is_empty) {
        return Err(call.errors.bad_parameter("webhookUri"));
    }
    Ok(uri)
}

/// Whether a text looks like a mail address.
fn is_address(text: &str) -> bool {
    text.split_once('@')
        .is_some_and(|(who, host)| !who.is_empty() && host.contains('.') && !host.contains('@'))
}

/// What a client says of an action, checked.
fn told(call: &Call<'_>, body: &Body<'_>, kind: Kind) -> Result<Row, Reply> {
    let mut fields = row(json!({
        "name": body.word("actionName")?,
        "description": body.maybe_text("actionDescription")?.unwrap_or_default(),
        "actionType": kind.word(),
    }));
    fields.extend(row(match kind {
        Kind::Email => {
            let recipients = body.list("recipients")?;
            if recipients.is_empty() || !recipients.iter().all(|r| is_address(r)) {
                return Err(call.errors.bad_parameter("recipients"));
            }
            json!({ "emailRecipients": recipients, "subject": body.word("subject")? })
        }
        Kind::Slack => {
            json!({ "slackChannel": body.word("channel")?, "slackWebhookUri": webhook(call, body)? })
        }
        Kind::Pagerduty => json!({
            "pagerdutyClient": body.maybe_text("client")?,
            "pagerdutyEventType": "trigger",
            "pagerdutyServiceKey": body.word("serviceKey")?,
            "subject": body.word("subjectLine")?,
        }),
    }));
    Ok(fields)
}

fn create(call: &Call<'_>, kind: Kind) -> Answer {
    let state = &call.service.state;
    let fields = told(call, &call.object()?, kind)?;
    refuse_taken(&state.alerts.actions, text(&fields, "name"), "", "Action")?;
    let mut made = action(state.uuid(), Value::Object(fields));
    authored(&mut made, call.world_now, &call.service.keys.username, &state.user);
    state.alerts.actions.add(made.clone()).map_err(|e| call.full(e))?;
    Ok(wrapped(StatusCode::CREATED, state.alerts.counted(made)))
}

fn update(call: &Call<'_>, kind: Kind) -> Answer {
    let (id, state) = (call.param("id"), &call.service.state);
    let missing = || call.errors.not_found("Action", id);
    let before = state.alerts.actions.get(id).ok_or_else(missing)?;
    if text(&before, "actionType") != kind.word() {
        return Err(missing());
    }
    let mut fields = told(call, &call.object()?, kind)?;
    refuse_taken(&state.alerts.actions, text(&fields, "name"), id, "Action")?;
    fields.insert("updated".into(), iso(call.world_now).into());
    fields.insert("updatedBy".into(), call.service.keys.username.as_str().into());
    fields.insert("updatedById".into(), state.user.as_str().into());
    let changed = state.alerts.actions.change(id, |action| action.extend(fields));
    let changed = changed.map_err(|e| call.full(e))?.ok_or_else(missing)?;
    Ok(wrapped(StatusCode::OK, state.alerts.counted(changed)))
}

pub(super) fn create_email(call: &Call<'_>) -> Answer {
    create(call, Kind::Email)
}

pub(super) fn create_slack(call: &Call<'_>) -> Answer {
    create(call, Kind::Slack)
}

pub(super) fn create_pagerduty(call: &Call<'_>) -> Answer {
    create(call, Kind::Pagerduty)
}

pub(super) fn update_email(call: &Call<'_>) -> Answer {
    update(call, Kind::Email)
}

pub(super) fn update_slack(call: &Call<'_>) -> Answer {
    update(call, Kind::Slack)
}

pub(super) fn update_pagerduty(call: &Call<'_>) -> Answer {
    update(call, Kind::Pagerduty)
}

/// Nothing is sent from here; the request comes back.
pub(super) fn test_slack(call: &Call<'_>) -> Answer {
    let body = call.object()?;
    body.word("channel")?;
    webhook(call, &body)?;
    Ok(call.row(StatusCode::OK, &body.fields))
}

pub(super) fn test_pagerduty(call: &Call<'_>) -> Answer {
    let body = call.object()?;
    body.word("serviceKey")?;
    Ok(call.row(StatusCode::OK, &body.fields))
}

/// An action that a rule uses is kept, and the others of the call with it (guess).
pub(super) fn delete(call: &Call<'_>) -> Answer {
    let alerts = &call.service.state.alerts;
    let ids = id_list(call, &["ids"])?;
    let rules = alerts.rules.rows();
    for id in &ids {
        if let Some(rule) = rules.iter().find(|rule| uses(rule, id)) {
            let message = format!("Action {id} is used by the rule '{}'", text(rule, "name"));
            return Err(call.errors.facade(StatusCode::CONFLICT, "CONFLICT", &message));
        }
    }
    let told: Map<String, Value> = ids
        .into_iter()
        .map(|id| {
            let word = if alerts.actions.remove(&id).is_some() { "DELETED" } else { "Action not found" };
            (id, word.into())
        })
        .collect();
    Ok(Reply::value(&Value::Object(told)))
}
