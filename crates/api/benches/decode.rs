//! How fast pages of EC2 rows become typed rows, on one core, with each of three JSON readers.
//!
//! `cargo bench -p totalcloud-api` prints items a second; an item is one row of a page of 50.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use totalcloud_api::model::{self, Model};
use totalcloud_api::operation::Answer;
use totalcloud_api::page;
use totalcloud_api::resources::AwsEc2Instance;

const ROWS: usize = 50;

fn main() {
    divan::main();
}

/// A list row with every field filled that list rows fill. Its keys are in alphabetical order, which is not
/// that of the declarations: the order of the service is not known.
fn row(number: usize) -> String {
    let read = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap();
    let mut row = read(include_str!("../tests/samples/aws/base.json"));
    row.extend(read(include_str!("../tests/samples/aws/EC2_INSTANCE.json")));
    let id = format!("i-0a1b2c3d4e5f{number:05x}");
    row.insert("resourceId".into(), json!(id));
    row.insert("instanceId".into(), json!(id));
    row.insert("name".into(), json!(format!("web-frontend-{number}")));
    row.insert("resourceType".into(), json!("EC2_INSTANCE"));
    row.insert("privateIpAddress".into(), json!(format!("10.0.{}.{}", number / 200, number % 200)));
    row.insert("controlsFailed".into(), json!(number % 30));
    // What only the details call fills, and what few instances have.
    row.insert("vulnerabilities".into(), json!([]));
    row.insert("events".into(), json!([]));
    for key in [
        "additionalDetails",
        "elasticIpAddress",
        "hasSecrets",
        "iamInstanceProfileRoleDetails",
        "secondaryPrivateIpAddress",
        "secretStats",
        "secrets",
        "spotInstanceRequestId",
    ] {
        row.remove(key);
    }
    Value::Object(row).to_string()
}

fn rows() -> Vec<Bytes> {
    let rows: Vec<Bytes> = (0..ROWS).map(|i| Bytes::from(row(i))).collect();
    let size = rows.iter().map(Bytes::len).sum::<usize>() / ROWS;
    assert!((1_650..=1_750).contains(&size), "a row has {size} bytes");
    for row in &rows {
        let typed: AwsEc2Instance = model::from_slice(row).unwrap();
        assert!(typed.misfits().is_empty() && typed.extra.is_empty());
    }
    rows
}

fn body() -> Bytes {
    let rows: Vec<Value> = rows().iter().map(|r| serde_json::from_slice(r).unwrap()).collect();
    let page = json!({"content": rows, "pageable": {"pageNumber": 0, "pageSize": ROWS, "offset": 0,
        "sort": {"sorted": false, "unsorted": true}, "paged": true, "unpaged": false}, "last": false,
        "totalPages": 200, "totalElements": 10_000, "first": true, "number": 0, "size": ROWS,
        "numberOfElements": ROWS, "empty": false});
    Bytes::from(page.to_string())
}

/// Reads each row of a page by the given function.
fn per_row<T>(bencher: Bencher<'_, '_>, read: impl Fn(&[u8]) -> T + Sync) {
    let rows = rows();
    let bytes: usize = rows.iter().map(Bytes::len).sum();
    bencher.counter(ItemsCount::new(ROWS)).counter(BytesCount::new(bytes)).bench_local(|| {
        for row in &rows {
            black_box(read(black_box(row)));
        }
    });
}

/// From the body of a page to its rows, unread.
#[divan::bench]
fn page_decode(bencher: Bencher<'_, '_>) {
    let body = body();
    bencher
        .counter(ItemsCount::new(ROWS))
        .counter(BytesCount::new(body.len()))
        .bench_local(|| page::decode(Answer::Page, black_box(&body)).unwrap());
}

/// From the body of a page to typed rows whose misfits were looked for: all that a client does.
#[divan::bench]
fn page_decode_and_typed(bencher: Bencher<'_, '_>) {
    let body = body();
    bencher.counter(ItemsCount::new(ROWS)).counter(BytesCount::new(body.len())).bench_local(|| {
        for row in page::decode(Answer::Page, black_box(&body)).unwrap().rows {
            let row: AwsEc2Instance = model::from_slice(&row).unwrap();
            assert!(row.misfits().is_empty());
            black_box(row);
        }
    });
}

/// The floor of serde_json: each row checked and skipped.
#[divan::bench]
fn row_raw_value(bencher: Bencher<'_, '_>) {
    per_row(bencher, |row| serde_json::from_slice::<&RawValue>(row).unwrap().get().len());
}

/// Rows as untyped JSON, for comparison.
#[divan::bench]
fn row_untyped(bencher: Bencher<'_, '_>) {
    per_row(bencher, |row| serde_json::from_slice::<Value>(row).unwrap());
}

/// Typed rows: what the crate does.
#[divan::bench]
fn row_typed(bencher: Bencher<'_, '_>) {
    per_row(bencher, |row| model::from_slice::<AwsEc2Instance>(row).unwrap());
}

/// Typed rows through sonic-rs.
#[divan::bench]
fn row_typed_sonic_rs(bencher: Bencher<'_, '_>) {
    per_row(bencher, |row| {
        let mut deserializer = sonic_rs::Deserializer::from_slice(row);
        AwsEc2Instance::deserialize(&mut deserializer).unwrap()
    });
}

/// Typed rows through simd-json, which needs a copy of the row because it writes into it.
#[divan::bench]
fn row_typed_simd_json(bencher: Bencher<'_, '_>) {
    per_row(bencher, |row| {
        let mut copy = row.to_vec();
        let mut deserializer = simd_json::Deserializer::from_slice(&mut copy).unwrap();
        AwsEc2Instance::deserialize(&mut deserializer).unwrap()
    });
}

/// Typed rows written back as JSON.
#[divan::bench]
fn row_written(bencher: Bencher<'_, '_>) {
    let rows: Vec<AwsEc2Instance> = rows().iter().map(|r| model::from_slice(r).unwrap()).collect();
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| {
        for row in &rows {
            black_box(serde_json::to_vec(black_box(row)).unwrap());
        }
    });
}
