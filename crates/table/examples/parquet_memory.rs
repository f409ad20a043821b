//! Writes rows made on the fly and says how much memory that took at most:
//! `cargo run --release -p totalcloud-table --example parquet_memory [ROWS [FORMAT]]`.

#[path = "../benches/rows/mod.rs"]
mod rows;

use std::error::Error;
use std::io::Write;
use std::time::Instant;
use totalcloud_api::model::Model;
use totalcloud_api::resources::AwsEc2Instance;
use totalcloud_table::{AtomicFile, Columns, Format, WriteOptions, Writer};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let count: u64 = args.next().map_or(Ok(200_000), |n| n.parse())?;
    let format: Format = args.next().map_or(Ok(Format::Parquet), |f| f.parse())?;
    let folder = tempfile::tempdir()?;
    let file = AtomicFile::create(folder.path().join("rows"))?;
    let start = Instant::now();
    let columns = Columns::of(AwsEc2Instance::SHAPE);
    let options = WriteOptions { raw: true, ..WriteOptions::default() };
    let mut writer = Writer::create(format, &columns, options, file.writer()?)?;
    let mut bytes = 0;
    for n in 0..count {
        let row = rows::ec2(n);
        bytes += row.len();
        writer.push(&row)?;
    }
    let summary = writer.finish()?;
    let path = file.path().to_owned();
    file.commit()?;
    let written = std::fs::metadata(path)?.len();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|l| l.starts_with("VmHWM")).unwrap_or("VmHWM: not known on this system");
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{} rows of {} bytes, {} issues",
        summary.rows,
        bytes as u64 / count.max(1),
        summary.issue_count
    )?;
    writeln!(out, "{format}: {written} bytes in {:.2} s", start.elapsed().as_secs_f64())?;
    writeln!(out, "{peak}")?;
    Ok(())
}
