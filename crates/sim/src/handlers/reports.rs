//! Configurations of reports on policies and mandates, and the numbers that they give. The numbers are sums over
//! the evaluations of the accounts.

use super::{connectors, csv};
use crate::body::Body;
use crate::call::Call;
use crate::reply::{Answer, Reply};
use crate::state::connectors::Connector;
use crate::state::table::{Row, row, text, texts};
use crate::state::{report_account, report_config};
use crate::world::{Ask, Collection, View};
use http::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use totalcloud_api::Provider;
use totalcloud_api::provider::{Spelling, Spellings};

const TYPES: [&str; 2] = ["MANDATE", "POLICY"];

pub(super) fn list(call: &Call<'_>) -> Answer {
    call.page_of(&call.service.state.configs.rows())
}

fn found(call: &Call<'_>) -> Result<Row, Reply> {
    let id = call.uuid("reportId")?;
    call.service.state.configs.get(id).ok_or_else(|| call.errors.not_found("Report", id))
}

pub(super) fn get(call: &Call<'_>) -> Answer {
    Ok(call.row(StatusCode::OK, &found(call)?))
}

fn cloud_of(config: &Row) -> Provider {
    let named = text(config, "cloudType");
    Provider::ALL.into_iter().find(|p| p.as_str().eq_ignore_ascii_case(named)).unwrap_or(Provider::Aws)
}

fn mandate(call: &Call<'_>, id: i64) -> Option<String> {
    let all = call.select(&Collection::Mandates, &Ask::default()).ok()?;
    all.page(0, all.total()).find_map(|place| {
        let mut out = Vec::new();
        call.world.write(&Collection::Mandates, place, View::List, &mut out);
        let mandate = row(serde_json::from_slice(&out).ok()?);
        (mandate["id"].as_i64() == Some(id)).then(|| text(&mandate, "name").to_owned())
    })
}

/// The fields that a body sets, checked; `before` is the configuration that they change.
fn told(call: &Call<'_>, body: &Body<'_>, before: Option<&Row>) -> Result<Row, Reply> {
    let errors = &call.errors;
    let mut fields = Row::new();
    if let Some(given) = body.maybe_text("cloudType")? {
        let is_it = |p: &Provider| {
            p.as_str().eq_ignore_ascii_case(given)
                || p.spelled(Spelling::Report, &Spellings::default()) == given
        };
        let cloud = Provider::ALL.into_iter().find(is_it).ok_or_else(|| errors.bad_parameter("cloudType"))?;
        fields.insert("cloudType".into(), cloud.spelled(Spelling::Report, &Spellings::default()).into());
    }
    if let Some(kind) = body.maybe_text("type")? {
        if !TYPES.contains(&kind) {
            let message =
                format!("Unknown report sub type {kind}; the allowed types are {}", TYPES.join(", "));
            return Err(errors.facade(StatusCode::UNPROCESSABLE_ENTITY, "UNPROCESSABLE_ENTITY", &message));
        }
        fields.insert("type".into(), kind.into());
    }
    if let Some(title) = body.maybe_text("title")? {
        if title.trim().is_empty() {
            return Err(errors.bad_parameter("title"));
        }
        fields.insert("title".into(), title.into());
    }
    for name in ["description", "format"] {
        if let Some(value) = body.maybe_text(name)? {
            fields.insert(name.into(), value.into());
        }
    }
    if let Some(id) = body.maybe_int("mandateId", 0, i64::MAX)? {
        mandate(call, id).ok_or_else(|| errors.not_found("Mandate", &id.to_string()))?;
        fields.insert("mandateId".into(), id.into());
    }
    if body.get("policies").is_some() {
        let mut policies = Vec::new();
        for policy in body.objects("policies")? {
            let id = policy.uuid("policyId")?;
            if !call.world.policy(id) {
                return Err(errors.not_found("Policy", id));
            }
            policies.push(json!({ "cloudType": policy.maybe_text("cloudType")?, "policyId": id }));
        }
        fields.insert("policies".into(), policies.into());
    }
    let groups = body.uuids("groupIds")?;
    if let Some(unknown) = call.service.state.groups.unknown(&groups) {
        return Err(errors.not_found("Group", unknown));
    }
    if body.get("groupIds").is_some() {
        fields.insert("groupIds".into(), json!(groups));
    }
    if body.get("connectorIds").is_some() {
        let cloud = if fields.contains_key("cloudType") { Some(&fields) } else { before };
        let cloud = cloud.map(cloud_of).ok_or_else(|| errors.bad_parameter("cloudType"))?;
        let known =
            |id: &String| connectors::known(call, cloud, id).ok_or_else(|| errors.not_found("Connector", id));
        let connectors = body.uuids("connectorIds")?.iter().map(known).collect::<Result<Vec<_>, _>>()?;
        fields.insert("accounts".into(), connectors.iter().map(report_account).collect());
    }
    let mut whole = before.cloned().unwrap_or_default();
    whole.extend(fields.clone());
    let has = |field: &str| match whole.get(field) {
        None | Some(Value::Null) => false,
        Some(Value::Array(items)) => !items.is_empty(),
        Some(_) => true,
    };
    for field in ["cloudType", "type", "title"] {
        if !has(field) {
            return Err(errors.bad_parameter(field));
        }
    }
    let subject = if text(&whole, "type") == "MANDATE" { "mandateId" } else { "policies" };
    if !has(subject) {
        return Err(errors.bad_parameter(subject));
    }
    if !has("accounts") && !has("groupIds") {
        return Err(errors.bad_parameter("connectorIds"));
    }
    Ok(fields)
}

/// The query parameter `executionType` is needed, and only `RUN_TIME` is taken.
pub(super) fn create(call: &Call<'_>) -> Answer {
    if call.query.get("executionType") != Some("RUN_TIME") {
        return Err(call.errors.bad_parameter("executionType"));
    }
    let fields = told(call, &call.object()?, None)?;
    let made = report_config(call.service.state.uuid(), call.world_now, fields);
    call.service.state.configs.add(made.clone()).map_err(|e| call.full(e))?;
    Ok(call.row(StatusCode::CREATED, &made))
}

pub(super) fn update(call: &Call<'_>) -> Answer {
    let before = found(call)?;
    let fields = told(call, &call.object()?, Some(&before))?;
    let id = call.param("reportId");
    let changed =
        call.service.state.configs.change(id, |config| config.extend(fields)).map_err(|e| call.full(e))?;
    Ok(call.row(StatusCode::OK, &changed.ok_or_else(|| call.errors.not_found("Report", id))?))
}

/// One that is not there spoils the whole call (guess).
pub(super) fn delete(call: &Call<'_>) -> Answer {
    let ids = call.ids(&["reportIds", "ids"])?;
    let configs = &call.service.state.configs;
    if let Some(unknown) = configs.unknown(&ids) {
        return Err(call.errors.not_found("Report", unknown));
    }
    for id in ids {
        configs.remove(&id);
    }
    Ok(Reply::value(&json!({})))
}

fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 * 10_000.0 / whole as f64).round() / 100.0 }
}

/// A pass by exception counts as passed. Which policies are a mandate's is not told anywhere: all of the cloud
/// where the configuration names none (guess).
pub(super) fn data(call: &Call<'_>) -> Answer {
    let config = found(call)?;
    let cloud = cloud_of(&config);
    let groups = texts(&config, "groupIds");
    let named: Vec<&str> = config["accounts"]
        .as_array()
        .map(|accounts| accounts.iter().filter_map(|a| a["id"].as_str()).collect())
        .unwrap_or_default();
    let in_group = |c: &Connector| {
        let of = c.row["groups"].as_array().into_iter().flatten();
        of.filter_map(|g| g["uuid"].as_str()).any(|g| groups.contains(&g))
    };
    let mut connectors = connectors::all(call, cloud);
    connectors.retain(|c| named.contains(&c.id()) || in_group(c));
    let policy_ids: Vec<String> = config["policies"]
        .as_array()
        .map(|p| p.iter().filter_map(|p| p["policyId"].as_str().map(str::to_owned)).collect())
        .unwrap_or_default();
    let policies = csv::policies(call, |policy| {
        let is = |id: &String| id.eq_ignore_ascii_case(text(policy, "uuid"));
        if policy_ids.is_empty() {
            text(policy, "cloudType") == cloud.upper()
        } else {
            policy_ids.iter().any(is)
        }
    })?;
    let cids: BTreeSet<u64> = policies.iter().flat_map(|(_, cids)| cids.iter().copied()).collect();
    let (mut passed, mut failed) = (0, 0);
    let mut services = BTreeSet::new();
    for connector in &connectors {
        let Some(account) = call.world.account(cloud, connector.account()) else { continue };
        let results = Collection::AccountEvaluations(cloud, account);
        let all = call.select(&results, &Ask::default())?;
        for place in all.page(0, all.total()) {
            let result = csv::object(call, &results, place);
            let Ok(cid) = text(&result, "controlId").parse() else { continue };
            if cids.contains(&cid) {
                let count = |name: &str| result[name].as_u64().unwrap_or_default();
                passed += count("passedResources") + count("passWithExceptionResources");
                failed += count("failedResources");
                services.insert(text(&result, "service").to_owned());
            }
        }
    }
    let mandate = config["mandateId"].as_i64().and_then(|id| mandate(call, id));
    let groups: Vec<Row> = groups.iter().filter_map(|id| call.service.state.groups.get(id)).collect();
    let pass_percent = percent(passed, passed + failed);
    Ok(Reply::value(&json!({
        "stats": {
            "passCount": passed,
            "failCount": failed,
            "passPercent": pass_percent,
            "failPercent": percent(failed, passed + failed),
        },
        "summary": {
            "accounts": connectors.iter().map(report_account).collect::<Vec<_>>(),
            "cloudType": config["cloudType"],
            "controlsCount": cids.len(),
            "groups": groups,
            "mandateName": mandate,
            "mandatePassPercent": mandate.is_some().then_some(pass_percent),
            "mandatesCount": u8::from(mandate.is_some()),
            "policiesCount": policies.len(),
            // What a requirement is nobody tells; here it is a service that was looked at.
            "requirementsCount": if mandate.is_some() { services.len() } else { 0 },
            "totalEvaluationsCount": passed + failed,
        },
    })))
}
