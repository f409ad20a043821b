//! Alerts that were told.

use crate::call::Call;
use crate::listing::Tokens;
use crate::reply::Answer;
use crate::state::table::text;
use http::StatusCode;

const TOKENS: Tokens = Tokens { aliases: &[], times: &["statusDate"] };

/// The latest first (guess).
pub(super) fn list(call: &Call<'_>) -> Answer {
    let cloud = call.cloud()?.upper();
    let mut rows = call.service.state.alerts.activities.rows();
    rows.retain(|r| text(r, "cloudType") == cloud);
    let mut rows = call.filtered(rows, &TOKENS)?;
    call.sorted(&mut rows)?;
    call.array_of(&rows)
}

pub(super) fn get(call: &Call<'_>) -> Answer {
    let id = call.param("id");
    let found = call.service.state.alerts.activities.get(id);
    Ok(call.row(StatusCode::OK, &found.ok_or_else(|| call.errors.not_found("Activity", id))?))
}
