//! How fast the simulated world writes and finds rows.
//!
//! `cargo bench -p totalcloud-sim --bench world`

#![allow(clippy::unwrap_used)]

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use totalcloud_api::Provider;
use totalcloud_sim::world::{Ask, Collection, Fields, Size, View, World, WorldConfig};

fn main() {
    divan::main();
}

fn world(size: Size, fields: Fields, rows: &[(Provider, &str, u64)]) -> World {
    let mut config = WorldConfig::new(1, "2025-06-01T12:00:00Z".parse().unwrap(), size);
    config.fields = fields;
    config.rows = rows.iter().map(|(p, t, n)| (*p, (*t).to_owned(), *n)).collect();
    World::new(config).unwrap()
}

/// A page of a thousand rows.
fn page(bencher: Bencher<'_, '_>, world: &World, provider: Provider, name: &str, view: View) {
    let collection = Collection::Resources(world.resource_type(provider, name).unwrap());
    let rows = world.select(&collection, &Ask::default(), world.now()).unwrap();
    let mut out = Vec::with_capacity(8 << 20);
    let mut write = || {
        out.clear();
        let mut count = 0u64;
        for row in rows.page(500, 1_000) {
            world.write(&collection, row, view, &mut out);
            count += 1;
        }
        (count, out.len())
    };
    let (count, bytes) = write();
    bencher
        .counter(ItemsCount::new(count))
        .counter(BytesCount::new(bytes))
        .bench_local(|| black_box(write()));
}

#[divan::bench(args = [Fields::Current, Fields::Classic])]
fn write_ec2_rows(bencher: Bencher<'_, '_>, fields: Fields) {
    let world = world(Size::Small, fields, &[(Provider::Aws, "EC2_INSTANCE", 10_000)]);
    page(bencher, &world, Provider::Aws, "EC2_INSTANCE", View::List);
}

#[divan::bench]
fn write_ec2_rows_of_a_large_world(bencher: Bencher<'_, '_>) {
    page(bencher, &world(Size::Large, Fields::Current, &[]), Provider::Aws, "EC2_INSTANCE", View::List);
}

#[divan::bench]
fn write_ec2_rows_after_ten_moves(bencher: Bencher<'_, '_>) {
    let mut world = world(Size::Small, Fields::Current, &[(Provider::Aws, "EC2_INSTANCE", 10_000)]);
    for _ in 0..10 {
        world.advance(24.0, 0.01);
    }
    page(bencher, &world, Provider::Aws, "EC2_INSTANCE", View::List);
}

#[divan::bench]
fn write_ec2_details(bencher: Bencher<'_, '_>) {
    let world = world(Size::Small, Fields::Current, &[(Provider::Aws, "EC2_INSTANCE", 10_000)]);
    page(bencher, &world, Provider::Aws, "EC2_INSTANCE", View::Details);
}

#[divan::bench(args = ["BUCKET", "IAM_ROLE", "LAMBDA", "VPC_SECURITY_GROUP"])]
fn write_other_rows(bencher: Bencher<'_, '_>, name: &str) {
    let world = world(Size::Small, Fields::Current, &[(Provider::Aws, name, 10_000)]);
    page(bencher, &world, Provider::Aws, name, View::List);
}

#[divan::bench(args = ["account.id:000000000000", "region:us-east-1", "vulnerability.severity:5", "instanceState:stopped"], sample_count = 5)]
fn filter_100_000_ec2_rows(bencher: Bencher<'_, '_>, filter: &str) {
    let world = world(Size::Medium, Fields::Current, &[(Provider::Aws, "EC2_INSTANCE", 100_000)]);
    let collection = Collection::Resources(world.resource_type(Provider::Aws, "EC2_INSTANCE").unwrap());
    let ask = Ask { filter: Some(filter), ..Ask::default() };
    bencher
        .counter(ItemsCount::new(100_000u64))
        .bench_local(|| world.select(&collection, &ask, world.now()).unwrap().total());
}

#[divan::bench(args = [Size::Small, Size::Large, Size::Huge], sample_count = 3, sample_size = 1)]
fn lay_out(size: Size) -> World {
    world(size, Fields::Current, &[])
}

#[divan::bench(args = [Size::Small, Size::Large], sample_count = 3, sample_size = 1)]
fn count_everything(bencher: Bencher<'_, '_>, size: Size) {
    bencher.with_inputs(|| world(size, Fields::Current, &[])).bench_values(|world| world.true_counts());
}
