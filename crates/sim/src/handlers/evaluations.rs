//! Posture.

use crate::call::Call;
use crate::reply::{Answer, Reply};
use crate::world::{Ask, Collection};
use totalcloud_api::Provider;

fn account_index(call: &Call<'_>, provider: Provider, id: &str) -> Result<u32, Reply> {
    call.world.account(provider, id).ok_or_else(|| call.errors.not_found("Account", id))
}

fn ask<'c>(call: &'c Call<'_>) -> Ask<'c> {
    Ask { filter: call.query.get("filter"), ..Ask::default() }
}

pub(super) fn account(call: &Call<'_>) -> Answer {
    let provider = call.provider()?;
    let account = account_index(call, provider, call.param("account"))?;
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

pub(super) fn resources(call: &Call<'_>) -> Answer {
    let provider = call.provider()?;
    let account = account_index(call, provider, call.param("account"))?;
    let cid = call.param("controlId");
    let number: u64 = cid.parse().map_err(|_| call.errors.bad_parameter("controlId"))?;
    let control = call
        .world
        .control(number)
        .filter(|control| call.world.control_provider(*control) == Some(provider))
        .ok_or_else(|| call.errors.not_found("Control", cid))?;
    let page = call.page()?;
    call.paged(&Collection::ResourceEvaluations(provider, account, control), &ask(call), page)
}

/// The dates of one control on one resource. A pair that was never evaluated answers an empty object, and so
/// does an unknown control, connector or resource: all of them were never evaluated.
pub(super) fn stats(call: &Call<'_>) -> Answer {
    let provider = call.provider()?;
    let cid = call.param("controlId").parse().map_err(|_| call.errors.bad_parameter("controlId"))?;
    let connector = call.uuid("connectorId")?;
    let Some(resource) = call.query.get("resourceId").filter(|r| !r.is_empty()) else {
        return Err(call.errors.bad_parameter("resourceId"));
    };
    let mut out = Vec::with_capacity(512);
    if !call.world.stats(provider, cid, connector, resource, &mut out) {
        out.clear();
        out.extend_from_slice(b"{}");
    }
    Ok(Reply::json(out))
}
