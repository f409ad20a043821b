//! What the benchmarks of the estate need from inside: an estate of any size, its engine as a process that answers
//! questions, and its write path alone.
//!
//! `estate generate FOLDER ROWS`, `estate serve FOLDER`, `estate write FOLDER ROWS WRITERS`; `tests/bench_estate.py`
//! calls them. Answers are JSON, one a line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use arrow::array::RecordBatch;
use bytes::Bytes;
use jiff::{Timestamp, ToSpan};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;
use totalcloud_api::Provider;
use totalcloud_estate::layout::Layer;
use totalcloud_estate::place::{Place, Wait};
use totalcloud_estate::read::{AsOf, Snapshot};
use totalcloud_estate::sql::{Options, Params, Session};
use totalcloud_estate::store::file::FileWriter;
use totalcloud_estate::store::{Estate, How, Outcome, Reading, RunKind, Scope};
use totalcloud_estate::tables;

const TABLE: &str = "resource_evaluations";
const ACCOUNTS: u64 = 200;
const CONTROLS: u64 = 100;
const TYPES: [&str; 20] = [
    "EC2_INSTANCE",
    "RDS",
    "BUCKET",
    "IAM_USER",
    "VPC",
    "VPC_SECURITY_GROUP",
    "LAMBDA",
    "SUBNET",
    "EBS",
    "LOAD_BALANCER",
    "ROUTE_TABLE",
    "NETWORK_ACL",
    "INTERNET_GATEWAY",
    "EKS",
    "EKS_NODEGROUP",
    "IAM_ROLE",
    "IAM_POLICY",
    "IAM_GROUP",
    "VPC_ENDPOINT",
    "AUTO_SCALING_GROUP",
];
const REGIONS: [&str; 8] = [
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-south-1",
    "ap-northeast-1",
    "sa-east-1",
];

fn main() {
    // Cargo adds a flag of its own.
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    match args.as_slice() {
        ["generate", folder, rows] => runtime.block_on(generate(Path::new(folder), rows.parse().unwrap())),
        ["serve", folder] => runtime.block_on(serve(Path::new(folder))),
        ["write", folder, rows, writers] => {
            runtime.block_on(write(Path::new(folder), rows.parse().unwrap(), writers.parse().unwrap()));
        }
        // Cargo may be asked for all benchmarks at once; this one needs to be told what to do.
        _ => println!("estate generate FOLDER ROWS | serve FOLDER | write FOLDER ROWS WRITERS"),
    }
}

fn say(value: &Value) {
    println!("{value}");
    std::io::stdout().flush().unwrap();
}

/// A number that looks drawn, the same each time.
fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn account(number: u64) -> u64 {
    100_000_000_000 + mix(number) % 900_000_000_000
}

/// A row as the service sends it. A tenth fails; on the second day a few more of those that passed.
fn row(account_number: u64, control: u64, at: u64, day: u64, evaluated: Timestamp) -> Bytes {
    let kind = TYPES[(control % TYPES.len() as u64) as usize];
    // Controls of one type look at the same resources.
    let resource = mix(account_number << 40 ^ (control % TYPES.len() as u64) << 32 ^ at);
    let drawn = mix(resource ^ mix(control)) % 1000;
    let fails = drawn < 100 || (day > 0 && drawn < 200);
    let region = REGIONS[(resource % REGIONS.len() as u64) as usize];
    let first = Timestamp::from_second(1_760_000_000 + (resource % 20_000_000) as i64).unwrap();
    let (result, value) = if fails { ("FAIL", "[false]") } else { ("PASS", "[true]") };
    format!(
        "{{\"resourceId\":\"{kind}-{resource:016x}\",\"resourceType\":\"{kind}\",\"region\":\"{region}\",\
         \"accountId\":{account},\"connectorId\":\"{connector:08x}-0000-4000-8000-{resource:012x}\",\
         \"evaluatedOn\":\"{evaluated}\",\"evidences\":[{{\"settingName\":\"Setting of control {control}\",\
         \"actualValue\":\"{value}\"}}],\"result\":\"{result}\",\"evaluationDates\":{{\"firstEvaluated\":\"{first}\",\
         \"lastEvaluated\":\"{evaluated}\",\"dateReopen\":null,\"dateFixed\":null}}}}",
        account = account(account_number),
        connector = account(account_number) & 0xffff_ffff,
        resource = resource,
    )
    .into()
}

/// Two runs: all rows a month ago, and yesterday one scope in a hundred again with more failures.
async fn generate(folder: &Path, rows: u64) {
    let place = Place::local(folder).unwrap();
    let now = Timestamp::now();
    let estate = Estate::create_or_open(&place, now).await.unwrap();
    let table = tables::get(TABLE).unwrap();
    let in_scope = rows.div_ceil(ACCOUNTS * CONTROLS).max(1);
    for (day, at) in [(0, now - (30 * 24).hours()), (1, now - 12.hours())] {
        let began = Instant::now();
        let scopes: Vec<(u64, u64)> = (0..ACCOUNTS)
            .flat_map(|a| (0..CONTROLS).map(move |c| (a, c)))
            .filter(|(a, c)| day == 0 || mix(a << 8 ^ c).is_multiple_of(100))
            .collect();
        let scope =
            |(a, c): (u64, u64)| Scope::control(Provider::Aws, &account(a).to_string(), &c.to_string());
        let mut run = estate.begin(RunKind::Sync, at, Wait::Never, "benchmark").await.unwrap();
        let all = scopes.iter().copied().map(scope).collect();
        let mut writer = run.table(table, all).await.unwrap();
        for (a, c) in scopes {
            let rows: Vec<Bytes> = (0..in_scope).map(|i| row(a, c, i, day, at)).collect();
            writer.push(&scope((a, c)), &rows).await.unwrap();
            writer.ended(&scope((a, c)), How::Whole, true, None).await.unwrap();
        }
        let written = writer.finish().await.unwrap();
        let (read, bytes) = (written.rows_read, written.bytes);
        run.add(written, Reading { how: How::Whole, complete: true, reason: None });
        run.commit(Outcome { complete: true, finished: at, ..Outcome::default() }).await.unwrap();
        say(&json!({ "rows": read, "bytes": bytes, "seconds": began.elapsed().as_secs_f64() }));
    }
}

/// Answers the questions that come on stdin.
async fn serve(folder: &Path) {
    let place = Place::local(folder).unwrap();
    let estate = Estate::open(&place).await.unwrap();
    let snapshot = Snapshot::of(&estate, AsOf::Latest).await.unwrap();
    let session = Session::new(&Options::default()).unwrap();
    snapshot.register(session.context()).unwrap();
    say(&json!({ "files": files(&place, &estate).await }));
    for line in std::io::stdin().lock().lines() {
        let question = line.unwrap();
        // `set KEY VALUE` tries a setting of the engine, for looking into a figure.
        if let Some(set) = question.strip_prefix("set ") {
            let (k, v) = set.split_once(' ').unwrap();
            session.context().state_ref().write().config_mut().options_mut().set(k, v).unwrap();
            continue;
        }
        let began = Instant::now();
        let answer = match session.query(&question, &Params::default()).await {
            Ok(rows) => rows.collect().await,
            Err(e) => Err(e),
        };
        let seconds = began.elapsed().as_secs_f64();
        say(&match answer {
            Ok(batches) => json!({ "seconds": seconds, "rows": shown(&batches) }),
            Err(e) => json!({ "error": e.to_string() }),
        });
    }
}

/// The answer as text, at most a few rows of it, to be compared.
fn shown(batches: &[RecordBatch]) -> Vec<Vec<String>> {
    use arrow::util::display::array_value_to_string;
    let rows = batches.iter().flat_map(|b| (0..b.num_rows()).map(move |row| (b, row)));
    rows.take(1000)
        .map(|(b, row)| b.columns().iter().map(|c| array_value_to_string(c, row).unwrap()).collect())
        .collect()
}

/// The files of the current state, by layer.
async fn files(place: &Place, estate: &Estate) -> Value {
    let log = estate.log(TABLE, None).await.unwrap().unwrap();
    let root = place.folder().unwrap();
    let of = |layer| {
        let paths = log.of_layers(&[layer]).into_iter();
        paths.map(|f| root.join("tables").join(TABLE).join(&f.path).display().to_string()).collect::<Vec<_>>()
    };
    json!({ "base": of(Layer::Base), "recent": of(Layer::Recent), "past": of(Layer::Past) })
}

/// Writes rows that are in memory into files, as a sync does with each of its tables.
async fn write(folder: &Path, rows: usize, writers: usize) {
    let place = Place::local(folder).unwrap();
    let estate = Estate::open(&place).await.unwrap();
    let files = files(&place, &estate).await;
    let mut batches = Vec::new();
    let mut missing = rows;
    for file in files["base"].as_array().unwrap() {
        let file = std::fs::File::open(file.as_str().unwrap()).unwrap();
        let reader =
            ParquetRecordBatchReaderBuilder::try_new(file).unwrap().with_batch_size(8192).build().unwrap();
        for batch in reader {
            if missing == 0 {
                break;
            }
            let batch = batch.unwrap();
            let batch = batch.slice(0, batch.num_rows().min(missing));
            missing -= batch.num_rows();
            batches.push(batch);
        }
    }
    let memory: usize = batches.iter().map(RecordBatch::get_array_memory_size).sum();
    let scratch = tempfile::tempdir_in(folder).unwrap();
    let into = Place::local(scratch.path()).unwrap();
    let began = Instant::now();
    let parts = batches.chunks(batches.len().div_ceil(writers.max(1)).max(1)).map(<[RecordBatch]>::to_vec);
    let tasks: Vec<_> = parts
        .map(|part| {
            let into = into.clone();
            tokio::spawn(async move {
                let mut files = FileWriter::new(&into, TABLE, Some(Layer::Base), part[0].schema());
                for batch in &part {
                    files.write(batch).await.unwrap();
                }
                files.finish().await.unwrap().1
            })
        })
        .collect();
    let mut bytes = 0;
    for task in tasks {
        bytes += task.await.unwrap();
    }
    let seconds = began.elapsed().as_secs_f64();
    say(&json!({ "rows": rows - missing, "seconds": seconds, "memory": memory, "bytes": bytes }));
}
