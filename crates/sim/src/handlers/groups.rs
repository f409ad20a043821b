//! Groups of connectors, and what users may see.

use super::connectors;
use crate::body::Body;
use crate::call::Call;
use crate::reply::{Answer, Reply};
use crate::state::table::{Row, row, text};
use http::StatusCode;
use serde_json::{Value, json};

pub(super) fn list(call: &Call<'_>) -> Answer {
    call.page_of(&call.service.state.groups.rows())
}

pub(super) fn get(call: &Call<'_>) -> Answer {
    let id = call.uuid("groupUuid")?;
    let found = call.service.state.groups.get(id);
    Ok(call.row(StatusCode::OK, &found.ok_or_else(|| call.errors.not_found("Group", id))?))
}

/// The name travels in the query. One that is taken already is refused in the answer's `error`, with status 200
/// (guess).
pub(super) fn create(call: &Call<'_>) -> Answer {
    let groups = &call.service.state.groups;
    let name = call.query.get("groupName").map(str::trim).filter(|n| !n.is_empty());
    let name = name.ok_or_else(|| call.errors.bad_parameter("groupName"))?;
    if groups.rows().iter().any(|g| text(g, "groupName").eq_ignore_ascii_case(name)) {
        let message = format!("A group named '{name}' already exists");
        let refused = row(json!({ "error": message, "groupId": null, "name": name }));
        return Ok(call.row(StatusCode::OK, &refused));
    }
    let id = call.service.state.uuid();
    groups.add(row(json!({ "groupUuid": id, "groupName": name }))).map_err(|e| call.full(e))?;
    let made = row(json!({ "error": null, "groupId": id, "name": name }));
    Ok(call.row(StatusCode::CREATED, &made))
}

/// The ids under `add` and `remove` of a body.
fn added_and_removed(body: &Body<'_>, field: &str) -> Result<(Vec<String>, Vec<String>), Reply> {
    let ids = |name: &str| match body.inside(name)? {
        Some(inside) => inside.uuids(field),
        None => Ok(Vec::new()),
    };
    Ok((ids("add")?, ids("remove")?))
}

/// Puts the connectors of accounts into groups and takes them out. The answer shows one group, of which nothing
/// says which one: it is the first that is named (guess).
pub(super) fn assign(call: &Call<'_>) -> Answer {
    let (cloud, body) = (call.cloud()?, call.object()?);
    let groups = &call.service.state.groups;
    let (add, remove) = added_and_removed(&body, "groupIds")?;
    let accounts = body.list("accountIdentifiers")?;
    let Some(first) = add.first().or(remove.first()).filter(|_| !accounts.is_empty()) else {
        let name = if accounts.is_empty() { "accountIdentifiers" } else { "groupIds" };
        return Err(call.errors.bad_parameter(name));
    };
    for ids in [&add, &remove] {
        if let Some(unknown) = groups.unknown(ids) {
            return Err(call.errors.not_found("Group", unknown));
        }
    }
    let all = connectors::all(call, cloud);
    let of = |account: &String| all.iter().find(|c| c.account().eq_ignore_ascii_case(account));
    if let Some(unknown) = accounts.iter().find(|account| of(account).is_none()) {
        return Err(call.errors.not_found("Account", unknown));
    }
    for connector in accounts.iter().filter_map(of) {
        let mut kept: Vec<Value> = connector.row["groups"].as_array().cloned().unwrap_or_default();
        let is =
            |group: &Value, id: &String| group["uuid"].as_str().is_some_and(|g| g.eq_ignore_ascii_case(id));
        kept.retain(|group| !remove.iter().chain(&add).any(|id| is(group, id)));
        for (at, group) in add.iter().enumerate().filter_map(|(at, id)| Some((at, groups.get(id)?))) {
            if add[..at].iter().any(|id| id.eq_ignore_ascii_case(text(&group, "groupUuid"))) {
                continue;
            }
            kept.push(json!({ "name": group["groupName"], "uuid": group["groupUuid"] }));
        }
        call.service.state.connectors.set(connector, row(json!({ "groups": kept })));
    }
    let first = groups.get(first).ok_or_else(|| call.errors.not_found("Group", first))?;
    Ok(call.row(StatusCode::OK, &first))
}

/// What a user may see. The form of this answer is open in the documentation; it is made up (guess).
fn scope_of(call: &Call<'_>) -> Result<Row, Reply> {
    let name = call.param("userName");
    call.service.state.users.get(name).ok_or_else(|| call.errors.not_found("User", name))
}

pub(super) fn scope(call: &Call<'_>) -> Answer {
    Ok(call.row(StatusCode::OK, &scope_of(call)?))
}

/// Takes out what is removed and appends what is added, each once.
fn merge(list: &mut Value, add: &[String], remove: &[String]) {
    let Value::Array(items) = list else { return };
    items.retain(|item| !remove.iter().chain(add).any(|r| item.as_str() == Some(r)));
    for text in add {
        if !items.iter().any(|item| item.as_str() == Some(text)) {
            items.push(Value::String(text.clone()));
        }
    }
}

pub(super) fn set_scope(call: &Call<'_>) -> Answer {
    let (cloud, body) = (call.cloud()?, call.object()?);
    scope_of(call)?;
    let lists = |name: &str| -> Result<(Vec<String>, Vec<String>), Reply> {
        match body.inside(name)? {
            Some(inside) => Ok((inside.list("accountIdentifiers")?, inside.list("regions")?)),
            None => Ok((Vec::new(), Vec::new())),
        }
    };
    let ((add_accounts, add_regions), (remove_accounts, remove_regions)) = (lists("add")?, lists("remove")?);
    let all = connectors::all(call, cloud);
    let is_known = |account: &&String| all.iter().any(|c| c.account().eq_ignore_ascii_case(account));
    if let Some(unknown) = add_accounts.iter().find(|account| !is_known(account)) {
        return Err(call.errors.not_found("Account", unknown));
    }
    let name = call.param("userName");
    let changed = call.service.state.users.change(name, |user| {
        let clouds = &mut user["scope"];
        let of_cloud =
            clouds.as_array_mut().and_then(|c| c.iter_mut().find(|c| c["cloudType"] == cloud.upper()));
        let Some(of_cloud) = of_cloud else { return };
        merge(&mut of_cloud["accountIdentifiers"], &add_accounts, &remove_accounts);
        merge(&mut of_cloud["regions"], &add_regions, &remove_regions);
    });
    Ok(call.row(
        StatusCode::OK,
        &changed.map_err(|e| call.full(e))?.ok_or_else(|| call.errors.not_found("User", name))?,
    ))
}

/// The field of the lists is `groupsIds`, with an s in the middle.
pub(super) fn set_groups(call: &Call<'_>) -> Answer {
    let body = call.object()?;
    scope_of(call)?;
    let groups = &call.service.state.groups;
    let (add, remove) = added_and_removed(&body, "groupsIds")?;
    if let Some(unknown) = groups.unknown(&add) {
        return Err(call.errors.not_found("Group", unknown));
    }
    let name = call.param("userName");
    let changed = call.service.state.users.change(name, |user| merge(&mut user["groupIds"], &add, &remove));
    Ok(call.row(
        StatusCode::OK,
        &changed.map_err(|e| call.full(e))?.ok_or_else(|| call.errors.not_found("User", name))?,
    ))
}
