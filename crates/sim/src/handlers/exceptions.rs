//! Exceptions: those behind the results that pass by one. Their rows are what evaluated resources show of them
//! (guess). Deleting one takes it from this list; what becomes of its results is not known, and they stay.

use super::rules::id_list;
use crate::call::Call;
use crate::listing::Tokens;
use crate::reply::{Answer, Reply};
use crate::state::table::{Row, row, text};
use crate::world::World;
use serde_json::json;
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

/// All that are not deleted.
fn all(call: &Call<'_>) -> Vec<Row> {
    let deleted = &call.service.state.exceptions;
    let rows = rows(call.world);
    if deleted.rows().is_empty() {
        return rows;
    }
    rows.into_iter().filter(|exception| !deleted.has(text(exception, "uuid"))).collect()
}

fn rows(world: &World) -> Vec<Row> {
    let mut out = Vec::new();
    let row = |place| {
        out.clear();
        world.write_excepted(place, &mut out);
        let mut shown = row(serde_json::from_slice(&out).unwrap_or_default());
        shown.insert("provider".into(), place.provider.upper().into());
        shown
    };
    world.exceptions().iter().copied().map(row).collect()
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let rows = call.filtered(all(call), &TOKENS)?;
    call.page_of(&rows)
}

pub(super) fn delete(call: &Call<'_>) -> Answer {
    let ids = id_list(call, &["exceptionIds"])?;
    if ids.iter().any(|id| !is_uuid(id)) {
        return Err(call.errors.bad_uuid());
    }
    let all = all(call);
    let is = |id: &str| all.iter().any(|exception| text(exception, "uuid").eq_ignore_ascii_case(id));
    if let Some(unknown) = ids.iter().find(|id| !is(id)) {
        return Err(call.errors.not_found("Exception", unknown));
    }
    for id in ids {
        call.service.state.exceptions.add(row(json!({ "uuid": id }))).map_err(|e| call.full(e))?;
    }
    Ok(Reply::value(&json!({})))
}
