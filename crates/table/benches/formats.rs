//! Rows per second into each format: `cargo bench -p totalcloud-table`.

mod rows;

use bytes::Bytes;
use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use totalcloud_api::model::Model;
use totalcloud_api::resources::AwsEc2Instance;
use totalcloud_table::{BatchBuilder, Columns, Format, Result, WriteOptions, Writer};

const ROWS: u64 = 5_000;

fn main() {
    divan::main();
}

fn write(rows: &[Bytes], format: Format, columns: &Columns, options: WriteOptions) -> Result<u64> {
    let mut writer = Writer::create(format, columns, options, Box::new(std::io::sink()))?;
    for row in rows {
        writer.push(row)?;
    }
    Ok(writer.finish()?.rows)
}

fn bench(bencher: Bencher<'_, '_>, format: Format, columns: &Columns) {
    let rows: Vec<Bytes> = (0..ROWS).map(rows::ec2).collect();
    let bytes: usize = rows.iter().map(Bytes::len).sum();
    bencher.counter(ItemsCount::new(rows.len())).counter(BytesCount::new(bytes)).bench_local(|| {
        let options = WriteOptions { width: Some(160), ..WriteOptions::default() };
        write(&rows, format, columns, options).unwrap_or_else(|e| panic!("{format}: {e}"))
    });
}

#[divan::bench(args = Format::ALL, sample_count = 10)]
fn all_columns(bencher: Bencher<'_, '_>, format: &Format) {
    bench(bencher, *format, &Columns::of(AwsEc2Instance::SHAPE));
}

#[divan::bench(args = [Format::Ndjson, Format::Csv], sample_count = 10)]
fn three_columns(bencher: Bencher<'_, '_>, format: Format) {
    match Columns::of(AwsEc2Instance::SHAPE).select(["resourceId,region,tags.key"]) {
        Ok(columns) => bench(bencher, format, &columns),
        Err(e) => panic!("the columns of EC2: {e}"),
    }
}

#[divan::bench(sample_count = 10)]
fn record_batches(bencher: Bencher<'_, '_>) {
    let rows: Vec<Bytes> = (0..ROWS).map(rows::ec2).collect();
    bencher.counter(ItemsCount::new(rows.len())).bench_local(|| {
        let mut batch = BatchBuilder::new(AwsEc2Instance::SHAPE, false);
        rows.iter().try_for_each(|row| batch.push(row).map(drop)).unwrap_or_else(|e| panic!("{e}"));
        batch.finish()
    });
}
