//! Connectors. The path of a connector wants a UUID; an unknown one answers 404 (400 is declared as well).

use crate::call::Call;
use crate::reply::{Answer, Reply};
use crate::world::{Ask, Collection, View};
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, HeaderValue};
use totalcloud_api::Provider;
use totalcloud_api::operation::ParamKind;

pub(super) fn list(call: &Call<'_>) -> Answer {
    let collection = Collection::Connectors(call.provider()?);
    let ask = Ask { filter: call.query.get("filter"), sort: call.query.get("sort"), updated: None };
    let page = call.page()?;
    call.paged(&collection, &ask, page)
}

fn found(call: &Call<'_>) -> Result<(Provider, u32), Reply> {
    let provider = call.provider()?;
    let id = call.uuid("connectorId")?;
    let index = call.world.connector(provider, id).ok_or_else(|| call.errors.not_found("Connector", id))?;
    Ok((provider, index))
}

pub(super) fn get(call: &Call<'_>) -> Answer {
    let (provider, index) = found(call)?;
    let mut out = Vec::with_capacity(1024);
    call.world.write(&Collection::Connectors(provider), u64::from(index), View::Details, &mut out);
    Ok(Reply::json(out))
}

pub(super) fn errors(call: &Call<'_>) -> Answer {
    let (provider, index) = found(call)?;
    let page = call.page()?;
    call.paged(&Collection::ConnectorErrors(provider, index), &Ask::default(), page)
}

pub(super) fn base_account(call: &Call<'_>) -> Answer {
    let mut out = Vec::new();
    call.world.base_account(&mut out);
    Ok(Reply::json(out))
}

pub(super) fn template(call: &Call<'_>) -> Answer {
    let cloud = call.query.get("awsCloudType").unwrap_or_default();
    let known = match call.id.operation().param("awsCloudType").map(|p| p.kind) {
        Some(ParamKind::OneOf(words)) => words.contains(&cloud),
        _ => !cloud.is_empty(),
    };
    if !known {
        return Err(call.errors.bad_parameter("awsCloudType"));
    }
    let external = call.query.get("externalId").unwrap_or_default();
    if !(9..=90).contains(&external.len()) || !external.bytes().all(|b| b.is_ascii_digit()) {
        return Err(call.errors.bad_parameter("externalId"));
    }
    let body = call.world.template(cloud, external);
    let file = HeaderValue::from_static("attachment; filename=\"QualysCloudFormation.json\"");
    Ok(Reply::new(StatusCode::OK, "application/octet-stream", body).with(CONTENT_DISPOSITION, file))
}
