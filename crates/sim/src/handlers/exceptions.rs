//! Exceptions: those behind the results that pass by one. Their rows are what evaluated resources show of them
//! (guess). Deleting one takes it from this list; what becomes of its results is not known, and they stay.

use super::rules::id_list;
use crate::call::Call;
use crate::listing::Tokens;
use crate::page::envelope;
use crate::reply::{Answer, Reply};
use crate::state::table::{Row, row};
use crate::world::Excepted;
use serde_json::json;
use std::collections::HashSet;
use totalcloud_api::operation::is_uuid;

const TOKENS: Tokens = Tokens {
    aliases: &[
        ("exception.provider", "provider"),
        ("exception.status", "state"),
        ("exception.name", "name"),
        ("exception.uuid", "uuid"),
    ],
    times: &["createdOn", "updatedOn", "startingDate", "endingDate"],
};

fn shown(call: &Call<'_>, place: Excepted) -> Row {
    let mut out = Vec::with_capacity(1024);
    call.world.write_excepted(place, &mut out);
    let mut shown = row(serde_json::from_slice(&out).unwrap_or_default());
    shown.insert("provider".into(), place.provider.upper().into());
    shown
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let places = call.service.state.exceptions(call.world);
    if call.query.get("filter").is_some() {
        let rows = places.into_iter().map(|place| shown(call, place)).collect();
        return call.page_of(&call.filtered(rows, &TOKENS)?);
    }
    // A big company has very many; only those of the page are written.
    let page = call.page()?;
    let on_page = call.turn.places(places.len() as u64, page, page.size).into_iter();
    let on_page = on_page.filter_map(|at| places.get(usize::try_from(at).ok()?));
    let rows: Vec<Row> = on_page.map(|place| shown(call, *place)).collect();
    let rows: Vec<&Row> = rows.iter().collect();
    Ok(envelope(&rows, page, places.len() as u64, false))
}

pub(super) fn delete(call: &Call<'_>) -> Answer {
    let ids = id_list(call, &["exceptionIds"])?;
    if ids.iter().any(|id| !is_uuid(id)) {
        return Err(call.errors.bad_uuid());
    }
    let there: HashSet<String> = call
        .service
        .state
        .exceptions(call.world)
        .into_iter()
        .filter_map(|p| call.world.excepted_id(p))
        .collect();
    if let Some(unknown) = ids.iter().find(|id| !there.contains(&id.to_ascii_lowercase())) {
        return Err(call.errors.not_found("Exception", unknown));
    }
    for id in ids {
        call.service.state.deleted_exceptions.add(row(json!({ "uuid": id }))).map_err(|e| call.full(e))?;
    }
    Ok(Reply::value(&json!({})))
}
