//! Laws of the world.

mod classic;
mod moves;
mod rows;
mod selects;

use super::*;
use crate::world::Ask;
use serde_json::Value;

pub(super) fn now() -> Timestamp {
    "2025-06-01T12:00:00Z".parse().unwrap()
}

pub(super) fn world(size: Size) -> World {
    World::new(WorldConfig::new(7, now(), size)).unwrap()
}

pub(super) fn with(change: impl FnOnce(&mut WorldConfig)) -> World {
    let mut config = WorldConfig::new(7, now(), Size::Tiny);
    change(&mut config);
    World::new(config).unwrap()
}

pub(super) fn bytes(world: &World, collection: &Collection, row: u64, view: View) -> Vec<u8> {
    let mut out = Vec::new();
    world.write(collection, row, view, &mut out);
    out
}

pub(super) fn row(world: &World, collection: &Collection, row: u64) -> Value {
    serde_json::from_slice(&bytes(world, collection, row, View::List)).unwrap()
}

pub(super) fn all(world: &World, collection: &Collection) -> Vec<(u64, Value)> {
    let rows = world.select(collection, &Ask::default(), world.now()).unwrap();
    assert_eq!(rows.total(), world.len(collection));
    rows.page(0, rows.total()).map(|r| (r, row(world, collection, r))).collect()
}

pub(super) fn ec2(world: &World) -> Collection {
    Collection::Resources(world.resource_type(Provider::Aws, "EC2_INSTANCE").unwrap())
}

/// Every collection of a world.
pub(super) fn collections(world: &World) -> Vec<Collection> {
    let mut found: Vec<Collection> = world.types().map(Collection::Resources).collect();
    found.extend([Collection::Controls, Collection::Policies, Collection::Mandates]);
    for provider in Provider::ALL {
        found.extend([
            Collection::Connectors(provider),
            Collection::PoliciesV1(provider),
            Collection::Remediation(provider),
        ]);
        for account in 0..world.cloud(provider).accounts.len() as u32 {
            found.push(Collection::ConnectorErrors(provider, account));
            found.push(Collection::AccountEvaluations(provider, account));
            for control in world.controls.of(provider) {
                found.push(Collection::ResourceEvaluations(provider, account, control));
            }
        }
    }
    found
}

#[test]
fn a_cloud_without_accounts_has_nothing_and_harms_nothing() {
    let mut world = with(|c| c.accounts = vec![(Provider::Gcp, 0), (Provider::Oci, 0)]);
    for moved in [false, true] {
        if moved {
            world.advance(24.0, 0.2);
        }
        for collection in collections(&world) {
            all(&world, &collection);
        }
        assert_eq!(world.len(&Collection::Connectors(Provider::Gcp)), 0);
        assert!(world.totals().iter().all(|(key, n)| !key.starts_with("gcp/") || *n == 0));
        assert!(world.len(&ec2(&world)) > 0);
    }
}
