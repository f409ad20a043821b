//! The inventory.

use crate::call::{Call, PageAsk};
use crate::config::InventoryV2;
use crate::filters::{self, Ruled};
use crate::reply::{Answer, Reply};
use crate::world::{Ask, Collection, TypeIndex, View};

/// The type that the path names. Both 400 and 404 were seen for an unknown one; here it is 404.
fn type_index(call: &Call<'_>) -> Result<TypeIndex, Reply> {
    let provider = call.inventory_provider()?;
    let name = call.param("type");
    call.world.resource_type(provider, name).ok_or_else(|| call.errors.not_found("Resource type", name))
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let (collection, page) = asked(call)?;
    call.paged(&collection, &ruled(call)?.ask(), page)
}

/// The newer list. Nothing is known of its rows and rules, so they are those of the older one (guess).
pub(super) fn list_v2(call: &Call<'_>) -> Answer {
    if call.service.inventory_v2 == InventoryV2::Missing {
        return Err(call.errors.no_such_path());
    }
    let (collection, page) = asked(call)?;
    let newer = call.service.inventory_v2;
    call.hits(&collection, &ruled(call)?.ask(), page, |total| newer.told(total))
}

/// The query as the tenant reads it.
fn ruled<'c>(call: &'c Call<'_>) -> Result<Ruled<'c>, Reply> {
    let ask = Ask {
        filter: call.query.get("filter"),
        updated: call.query.get("updated"),
        sort: call.query.get("sort"),
    };
    filters::ruled(&call.service.filters, &ask).map_err(|parameter| call.errors.bad_parameter(parameter))
}

fn asked(call: &Call<'_>) -> Result<(Collection, PageAsk), Reply> {
    let collection = Collection::Resources(type_index(call)?);
    let page = call.page()?;
    // Past the rows that one query can reach the facade gives up on the index behind it.
    let wall = call.id.operation().paging.and_then(|p| p.wall);
    if wall.is_some_and(|wall| page.offset() >= wall) {
        return Err(call.errors.past_wall());
    }
    Ok((collection, page))
}

/// The query parameters of the list are accepted and ignored.
pub(super) fn get(call: &Call<'_>) -> Answer {
    let index = type_index(call)?;
    let uuid = call.param("uuid");
    let row = call.world.resource(index, uuid).ok_or_else(|| call.errors.not_found("Resource", uuid))?;
    let mut out = Vec::with_capacity(8192);
    call.world.write(&Collection::Resources(index), row, View::Details, &mut out);
    Ok(Reply::json(out))
}
