//! Policies and mandates.

use crate::call::Call;
use crate::reply::Answer;
use crate::world::{Ask, Collection};

/// At most 100 rows and no pages.
pub(super) fn list_v1(call: &Call<'_>) -> Answer {
    let provider = call.cloud()?;
    call.array(&Collection::PoliciesV1(provider))
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    call.paged(&Collection::Policies, &Ask::default(), page)
}

/// A bare array at both paths; the shape at the newer one was not seen.
pub(super) fn mandates(call: &Call<'_>) -> Answer {
    call.array(&Collection::Mandates)
}
