//! Rules of alerts. Cloud and kind of rule travel in the query; answers to writes are wrapped.

use crate::body::Body;
use crate::call::Call;
use crate::listing::Tokens;
use crate::reply::{Answer, Reply, iso};
use crate::state::alerts::{authored, rule_action};
use crate::state::table::{Row, Table, row, text, texts};
use http::StatusCode;
use serde_json::{Map, Value, json};
use totalcloud_api::qql;

const TOKENS: Tokens = Tokens { aliases: &[("ruleName", "name")], times: &["created", "updated", "lastRun"] };

const TYPES: [&str; 2] = ["simple_alert", "time_window_schedule_alert"];

/// The parameter `ruleType`, which must be there.
fn rule_type(call: &Call<'_>) -> Result<&'static str, Reply> {
    let given = call.query.get("ruleType").unwrap_or_default();
    TYPES.into_iter().find(|t| *t == given).ok_or_else(|| call.errors.bad_parameter("ruleType"))
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let (cloud, kind) = (call.cloud()?.upper(), rule_type(call)?);
    let mut rows = call.service.state.alerts.rules.rows();
    rows.retain(|r| text(r, "cloudType") == cloud && text(r, "ruleType") == kind);
    let mut rows = call.filtered(rows, &TOKENS)?;
    call.sorted(&mut rows)?;
    call.array_of(&rows)
}

pub(super) fn get(call: &Call<'_>) -> Answer {
    let id = call.param("ruleId");
    let found = call.service.state.alerts.rules.get(id);
    Ok(call.row(StatusCode::OK, &found.ok_or_else(|| call.errors.not_found("Rule", id))?))
}

/// What a client says of a rule, checked.
fn told(call: &Call<'_>, body: &Body<'_>, kind: &str) -> Result<Row, Reply> {
    let bad = |name: &str| call.errors.bad_parameter(name);
    let name = body.word("name")?;
    let query = body.word("qql")?;
    qql::parse(query).map_err(|_| bad("qql"))?;
    let requests = body.objects("actionRequests")?;
    if requests.is_empty() {
        return Err(bad("actionRequests"));
    }
    let mut actions = Vec::new();
    for request in requests {
        let id = request.word("actionId")?;
        let action = call.service.state.alerts.actions.get(id);
        let action = action.ok_or_else(|| call.errors.not_found("Action", id))?;
        let kind = request.word("actionType")?;
        if text(&action, "actionType") != kind {
            return Err(bad("actionType"));
        }
        // What the request leaves out is as the action has it.
        let or = |given: Option<&str>, field: &str| given.unwrap_or(text(&action, field)).to_owned();
        let mut recipients = request.list("emailRecipients")?;
        if recipients.is_empty() {
            recipients = texts(&action, "emailRecipients").into_iter().map(str::to_owned).collect();
        }
        let subject = if kind == "pagerduty" { "pagerSubjectLine" } else { "emailSubject" };
        let subject = or(request.maybe_text(subject)?, "subject");
        let channel = or(request.maybe_text("slackChannel")?, "slackChannel");
        actions.push(rule_action(&action, &recipients, &subject, &channel));
    }
    let windowed = kind == TYPES[1];
    let number = |name: &str, least, most| body.maybe_int(name, least, most);
    let (duration, hour) = (number("durationHour", 1, 24)?, number("fromHourInUTC", 0, 23)?);
    let minute = number("fromMinuteInUTC", 0, 59)?;
    if windowed && (duration.is_none() || hour.is_none()) {
        return Err(bad(if duration.is_none() { "durationHour" } else { "fromHourInUTC" }));
    }
    Ok(row(json!({
        "name": name,
        "description": body.maybe_text("description")?.unwrap_or_default(),
        "qql": query,
        "actions": actions,
        "aggregate": body.maybe_bool("aggregate")?.unwrap_or_default(),
        "aggregationKey": body.maybe_text("aggregationKey")?,
        "durationHour": duration,
        "fromHourInUTC": hour,
        "fromMinuteInUTC": minute.or(windowed.then_some(0)),
        "triggerDescription": if windowed { "in a window of time" } else { "at every match" },
    })))
}

/// The answer to a write.
pub(super) fn wrapped(status: StatusCode, body: impl Into<Value>) -> Reply {
    let word = status.canonical_reason().unwrap_or_default().to_uppercase().replace(' ', "_");
    let answer = json!({ "body": body.into(), "statusCode": word, "statusCodeValue": status.as_u16() });
    Reply { status, ..Reply::value(&answer) }
}

/// A refusal in the wrapper of writes, with status 200 (guess).
pub(super) fn wrapped_refusal(status: StatusCode, message: &str) -> Reply {
    Reply { status: StatusCode::OK, ..wrapped(status, message) }
}

/// Refuses a name that another row has.
pub(super) fn refuse_taken(table: &Table, name: &str, but: &str, what: &str) -> Result<(), Reply> {
    let rows = table.rows();
    let taken = rows.iter().any(|row| {
        text(row, "name").eq_ignore_ascii_case(name) && !text(row, "id").eq_ignore_ascii_case(but)
    });
    if taken { Err(wrapped_refusal(StatusCode::CONFLICT, &format!("{what} name exists"))) } else { Ok(()) }
}

pub(super) fn create(call: &Call<'_>) -> Answer {
    let (cloud, kind) = (call.cloud()?, rule_type(call)?);
    let state = &call.service.state;
    let mut rule = told(call, &call.object()?, kind)?;
    refuse_taken(&state.alerts.rules, text(&rule, "name"), "", "Rule")?;
    rule.insert("id".into(), state.uuid().into());
    rule.insert("cloudType".into(), cloud.upper().into());
    rule.insert("ruleType".into(), kind.into());
    rule.insert("ruleState".into(), "ENABLED".into());
    rule.insert("days".into(), json!([]));
    rule.insert("lastRun".into(), Value::Null);
    authored(&mut rule, call.world_now, &call.service.keys.username, &state.user);
    state.alerts.rules.add(rule.clone()).map_err(|e| call.full(e))?;
    Ok(wrapped(StatusCode::CREATED, rule))
}

/// The whole rule anew; cloud, state and who made it stay.
pub(super) fn update(call: &Call<'_>) -> Answer {
    let kind = rule_type(call)?;
    let id = call.param("ruleId");
    let state = &call.service.state;
    let missing = || call.errors.not_found("Rule", id);
    let rule = state.alerts.rules.get(id).ok_or_else(missing)?;
    if text(&rule, "ruleType") != kind {
        return Err(call.errors.bad_parameter("ruleType"));
    }
    let mut fields = told(call, &call.object()?, kind)?;
    refuse_taken(&state.alerts.rules, text(&fields, "name"), id, "Rule")?;
    fields.insert("updated".into(), iso(call.world_now).into());
    fields.insert("updatedBy".into(), call.service.keys.username.as_str().into());
    fields.insert("updatedById".into(), state.user.as_str().into());
    let rule = state.alerts.rules.change(id, |rule| rule.extend(fields));
    let rule = rule.map_err(|e| call.full(e))?.ok_or_else(missing)?;
    Ok(wrapped(StatusCode::OK, rule))
}

/// The ids of a body, under one of these names.
pub(super) fn id_list(call: &Call<'_>, names: &[&str]) -> Result<Vec<String>, Reply> {
    let body = call.object()?;
    let name =
        names.iter().find(|name| body.get(name).is_some()).ok_or_else(|| call.errors.bad_parameter("ids"))?;
    let ids = body.list(name)?;
    if ids.is_empty() { Err(call.errors.bad_parameter(name)) } else { Ok(ids) }
}

/// What became of each id: `done`, or that nothing has it (the words are a guess).
fn each(call: &Call<'_>, done: &str, mut act: impl FnMut(&str) -> bool) -> Answer {
    if call.query.get("cloudType").is_some() {
        call.cloud()?;
    }
    if call.query.get("ruleType").is_some() {
        rule_type(call)?;
    }
    let ids = id_list(call, &["ids", "ruleIds"])?;
    let told: Map<String, Value> = ids
        .into_iter()
        .map(|id| {
            let word = if act(&id) { done } else { "Rule not found" };
            (id, word.into())
        })
        .collect();
    Ok(Reply::value(&Value::Object(told)))
}

fn switch(call: &Call<'_>, state: &str) -> Answer {
    let rules = &call.service.state.alerts.rules;
    let set = |rule: &mut Row| drop(rule.insert("ruleState".into(), state.into()));
    each(call, state, |id| rules.change(id, set).is_ok_and(|rule| rule.is_some()))
}

pub(super) fn enable(call: &Call<'_>) -> Answer {
    switch(call, "ENABLED")
}

pub(super) fn disable(call: &Call<'_>) -> Answer {
    switch(call, "DISABLED")
}

/// What a rule told stays in the activities.
pub(super) fn delete(call: &Call<'_>) -> Answer {
    let alerts = &call.service.state.alerts;
    each(call, "DELETED", |id| {
        let removed = alerts.rules.remove(id);
        alerts.activities.change_all(|activity| {
            if removed.is_some() && text(activity, "ruleId").eq_ignore_ascii_case(id) {
                activity.insert("isRuleDeleted".into(), true.into());
            }
        });
        removed.is_some()
    })
}
