//! Posture.

use super::connectors;
use crate::call::Call;
use crate::config::InventoryV2;
use crate::reply::{Answer, Reply};
use crate::world::{Ask, Collection};
use serde_json::json;
use totalcloud_api::Provider;

fn account_index(call: &Call<'_>, provider: Provider, id: &str) -> Result<u32, Reply> {
    call.world.account(provider, id).ok_or_else(|| call.errors.not_found("Account", id))
}

fn ask<'c>(call: &'c Call<'_>) -> Ask<'c> {
    Ask { filter: call.query.get("filter"), ..Ask::default() }
}

/// Whether nothing is evaluated in an account because its connector was deleted, is new and never ran, or is that of
/// an account of which nothing is known.
fn is_bare(call: &Call<'_>, provider: Provider, id: &str) -> bool {
    let connectors = &call.service.state.connectors;
    if !connectors.touched(provider) {
        return false;
    }
    let is_known = call.world.account(provider, id).is_some();
    match connectors.of_account(call.world, provider, id, call.now.as_millisecond()) {
        Some(connector) => {
            let is_made = call.world.connector(provider, connector.id()).is_none();
            !is_known || is_made && connector.synced().is_none()
        }
        None => is_known,
    }
}

pub(super) fn account(call: &Call<'_>) -> Answer {
    let (provider, id) = (call.provider()?, call.param("account"));
    if is_bare(call, provider, id) {
        return call.page_of(&[]);
    }
    let account = account_index(call, provider, id)?;
    let page = call.page()?;
    call.paged(&Collection::AccountEvaluations(provider, account), &ask(call), page)
}

pub(super) fn oci(call: &Call<'_>) -> Answer {
    let Some(tenant) = call.query.get("tenantId").filter(|t| !t.is_empty()) else {
        return Err(call.errors.bad_parameter("tenantId"));
    };
    let account = account_index(call, Provider::Oci, tenant)?;
    let page = call.page()?;
    call.paged(&Collection::AccountEvaluations(Provider::Oci, account), &ask(call), page)
}

/// The control of a path, and the account where there is anything to look at.
fn subject(call: &Call<'_>) -> Result<Option<Collection>, Reply> {
    let (provider, id) = (call.provider()?, call.param("account"));
    let bare = is_bare(call, provider, id);
    let account = if bare { None } else { Some(account_index(call, provider, id)?) };
    let cid = call.param("controlId");
    let number: u64 = cid.parse().map_err(|_| call.errors.bad_parameter("controlId"))?;
    let control = call
        .world
        .control(number)
        .filter(|control| call.world.control_provider(*control) == Some(provider))
        .ok_or_else(|| call.errors.not_found("Control", cid))?;
    Ok(account.map(|account| Collection::ResourceEvaluations(provider, account, control)))
}

pub(super) fn resources(call: &Call<'_>) -> Answer {
    match subject(call)? {
        Some(collection) => call.paged(&collection, &ask(call), call.page()?),
        None => call.page_of(&[]),
    }
}

/// The newer list. Nothing but `content` was seen of it; its rows and rules are those of the older one (guess).
pub(super) fn resources_v2(call: &Call<'_>) -> Answer {
    let newer = call.service.inventory_v2;
    if newer == InventoryV2::Missing {
        return Err(call.errors.no_such_path());
    }
    match subject(call)? {
        Some(collection) => call.hits(&collection, &ask(call), call.page()?, |total| newer.told(total)),
        None => Ok(Reply::value(&json!({ "content": [], "totalHits": 0 }))),
    }
}

/// The dates of one control on one resource. A pair that was never evaluated answers an empty object, and so
/// does an unknown control, connector or resource: all of them were never evaluated.
pub(super) fn stats(call: &Call<'_>) -> Answer {
    let provider = call.provider()?;
    let cid = call.param("controlId").parse().map_err(|_| call.errors.bad_parameter("controlId"))?;
    let connector = call.uuid("connectorId")?;
    let deleted = connectors::known(call, provider, connector).is_none();
    let Some(resource) = call.query.get("resourceId").filter(|r| !r.is_empty()) else {
        return Err(call.errors.bad_parameter("resourceId"));
    };
    let mut out = Vec::with_capacity(512);
    if deleted || !call.world.stats(provider, cid, connector, resource, &mut out) {
        out.clear();
        out.extend_from_slice(b"{}");
    }
    Ok(Reply::json(out))
}
