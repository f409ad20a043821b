//! The remediation log.

use crate::call::Call;
use crate::reply::Answer;
use crate::world::{Ask, Collection};

pub(super) fn list(call: &Call<'_>) -> Answer {
    let provider = call.cloud()?;
    let page = call.page()?;
    let ask = Ask { filter: call.query.get("filter"), ..Ask::default() };
    call.paged(&Collection::Remediation(provider), &ask, page)
}
