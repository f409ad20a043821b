//! Connectors. The path of a connector wants a UUID; an unknown one answers 404 (400 is declared as well).

use crate::call::Call;
use crate::listing::Tokens;
use crate::reply::{Answer, Reply};
use crate::state::connectors::Connector;
use crate::state::table::Row;
use crate::world::{Ask, Collection, Order, View, order};
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, HeaderValue};
use totalcloud_api::Provider;
use totalcloud_api::operation::ParamKind;

fn tokens(provider: Provider) -> Tokens {
    Tokens {
        aliases: match provider {
            Provider::Aws => &[
                ("connector.uuid", "connectorId"),
                ("connector.name", "name"),
                ("lastSynced", "lastSyncedOn"),
                ("account.id", "awsAccountId"),
            ],
            Provider::Azure => &[
                ("connector.uuid", "connectorId"),
                ("connector.name", "name"),
                ("lastSynced", "lastSyncedOn"),
                ("account.id", "subscriptionId"),
            ],
            _ => &[
                ("connector.uuid", "connectorId"),
                ("connector.name", "name"),
                ("lastSynced", "lastSyncedOn"),
                ("account.id", "projectId"),
            ],
        },
        times: &["lastSyncedOn", "nextSyncedOn"],
    }
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let provider = call.provider()?;
    if !call.service.state.connectors.touched(provider) {
        let ask = Ask { filter: call.query.get("filter"), sort: call.query.get("sort"), updated: None };
        let page = call.page()?;
        return call.paged(&Collection::Connectors(provider), &ask, page);
    }
    let order = order(call.query.get("sort")).map_err(|e| call.errors.bad_request(&e.to_string()))?;
    let mut connectors = all(call, provider);
    // One that never ran comes last, whichever the order; the default is the latest run first.
    connectors.sort_by_key(|c| {
        let synced = c.synced().unwrap_or_default();
        (c.synced().is_none(), if order == Some(Order::Rising) { synced } else { -synced }, c.number)
    });
    let rows: Vec<Row> = connectors.into_iter().map(|c| c.row).collect();
    call.page_of(&call.filtered(rows, &tokens(provider))?)
}

/// All connectors of a provider as they are now.
pub(super) fn all(call: &Call<'_>, provider: Provider) -> Vec<Connector> {
    call.service.state.connectors.all(call.world, provider, call.now.as_millisecond())
}

/// One connector as it is now.
pub(super) fn known(call: &Call<'_>, provider: Provider, id: &str) -> Option<Connector> {
    call.service.state.connectors.get(call.world, provider, id, call.now.as_millisecond())
}

/// The connector that the path names.
pub(super) fn found(call: &Call<'_>) -> Result<Connector, Reply> {
    let provider = call.provider()?;
    let id = call.uuid("connectorId")?;
    known(call, provider, id).ok_or_else(|| call.errors.not_found("Connector", id))
}

pub(super) fn get(call: &Call<'_>) -> Answer {
    let provider = call.provider()?;
    let connectors = &call.service.state.connectors;
    // As long as nothing was changed the row is sent as the world writes it, with its fields in their order.
    if !connectors.touched(provider) {
        let id = call.uuid("connectorId")?;
        let index =
            call.world.connector(provider, id).ok_or_else(|| call.errors.not_found("Connector", id))?;
        let mut out = Vec::with_capacity(1024);
        call.world.write(&Collection::Connectors(provider), u64::from(index), View::Details, &mut out);
        return Ok(Reply::json(out));
    }
    Ok(call.row(StatusCode::OK, &found(call)?.row))
}

pub(super) fn errors(call: &Call<'_>) -> Answer {
    let connector = found(call)?;
    match call.world.connector(connector.provider, connector.id()) {
        Some(index) => {
            let collection = Collection::ConnectorErrors(connector.provider, index);
            call.paged(&collection, &Ask::default(), call.page()?)
        }
        // What was made in this simulator never fails.
        None => call.page_of(&[]),
    }
}

pub(super) fn base_account(call: &Call<'_>) -> Answer {
    let mut out = Vec::new();
    call.world.base_account(&mut out);
    Ok(Reply::json(out))
}

/// Whether this is an external id, of 9 to 90 digits.
pub(super) fn is_external_id(text: &str) -> bool {
    (9..=90).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
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
    if !is_external_id(external) {
        return Err(call.errors.bad_parameter("externalId"));
    }
    let body = call.world.template(cloud, external);
    let file = HeaderValue::from_static("attachment; filename=\"QualysCloudFormation.json\"");
    Ok(Reply::new(StatusCode::OK, "application/octet-stream", body).with(CONTENT_DISPOSITION, file))
}
