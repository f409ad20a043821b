//! Syncs of a simulated company, over real sockets into real folders.

mod stopped;
mod whole;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use jiff::Timestamp;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use totalcloud::clock::{Clock, SystemClock};
use totalcloud::observe::{CallEvent, Observer};
use totalcloud::subscription::{Choice, Menu};
use totalcloud::transport::ProxyChoice;
use totalcloud::{Client, Credentials, Hosts, RetryPolicy};
use totalcloud_estate::place::{Place, Wait};
use totalcloud_estate::store::{Estate, How};
use totalcloud_estate::sync::{Ask, Report, Rhythm, Stop, Stopper, Watch, sync};
use totalcloud_testkit::SimHandle;

/// A clock that stands where it is put.
#[derive(Clone, Default)]
struct Fixed(Arc<AtomicU64>);

impl Fixed {
    fn at(text: &str) -> Fixed {
        let clock = Fixed::default();
        clock.put(text);
        clock
    }

    fn put(&self, text: &str) {
        let at: Timestamp = text.parse().unwrap();
        self.0.store(at.as_second().cast_unsigned(), Relaxed);
    }
}

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Relaxed).cast_signed()).unwrap()
    }

    fn ticks(&self) -> Duration {
        Duration::ZERO
    }

    fn sleep(&self, wait: Duration) -> futures_util::future::BoxFuture<'static, ()> {
        SystemClock::default().sleep(wait)
    }
}

/// Counts calls, and asks for the end after so many rows.
#[derive(Default)]
struct Counter {
    calls: AtomicU64,
    rows: AtomicU64,
    stop_after: Option<(u64, Stopper)>,
    /// Given a permit when that many rows came.
    gate: Option<(u64, Arc<tokio::sync::Notify>)>,
}

impl Observer for Counter {
    fn on_call(&self, _: &CallEvent) {
        self.calls.fetch_add(1, Relaxed);
    }
}

impl Watch for Counter {
    fn calls(&self) -> u64 {
        self.calls.load(Relaxed)
    }

    fn came(&self, _table: &str, rows: u64) {
        let before = self.rows.fetch_add(rows, Relaxed);
        if let Some((after, stopper)) = &self.stop_after
            && before + rows >= *after
        {
            stopper.stop("interrupted");
        }
        if let Some((after, gate)) = &self.gate
            && before + rows >= *after
        {
            gate.notify_one();
        }
    }
}

fn client(sim: &SimHandle, counter: &Arc<Counter>) -> Client {
    let urls = sim.urls();
    let hosts = Hosts::single(&urls.base).unwrap().with_gateway(&urls.gateway).unwrap();
    let (user, password) = sim.login();
    Client::builder(hosts.with_api(&urls.api).unwrap())
        .credentials(Credentials::basic(user, password))
        .proxy(ProxyChoice::Direct)
        .retry(RetryPolicy::default().base(Duration::from_millis(1)))
        .random_seed(1)
        .observer(counter.clone())
        .build()
        .unwrap()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|w| (*w).to_owned()).collect()
}

fn choice(only: &[&str], with: &[&str]) -> Choice {
    Choice::of(Menu::SYNC, &words(only), &[], &words(with)).unwrap()
}

fn ask(choice: Choice, clock: &Fixed) -> Ask {
    Ask {
        choice,
        rhythm: Rhythm::default(),
        concurrency: 4,
        inventory_api: totalcloud::InventoryApi::V1,
        clock: Arc::new(clock.clone()),
        wait: Wait::quietly(Duration::from_secs(60)),
    }
}

async fn estate(folder: &Path) -> Estate {
    Estate::create_or_open(&Place::local(folder).unwrap(), Timestamp::UNIX_EPOCH).await.unwrap()
}

async fn run(sim: &SimHandle, folder: &Path, ask: &Ask) -> Report {
    let counter = Arc::new(Counter::default());
    let (_stopper, stop) = Stopper::new();
    let estate = estate(folder).await;
    sync(&client(sim, &counter), &estate, ask, &*counter, stop).await.unwrap()
}

/// The rows of a table now: key and hash of content.
type State = BTreeMap<String, i64>;

/// The state of every table of row versions, from its files alone.
async fn states(folder: &Path) -> BTreeMap<String, State> {
    let estate = estate(folder).await;
    let Some(run) = estate.latest().await.unwrap() else { return BTreeMap::new() };
    let mut all = BTreeMap::new();
    for table in run.tables.iter().filter(|t| totalcloud_estate::tables::get(&t.table).is_some()) {
        let log = estate.log(&table.table, Some(table.version)).await.unwrap().unwrap();
        let mut newest: BTreeMap<String, (i64, bool, i64)> = BTreeMap::new();
        for file in &log.files {
            let path = folder.join("tables").join(&table.table).join(&file.path);
            let file = std::fs::File::open(path).unwrap();
            for batch in ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap() {
                let batch = batch.unwrap();
                let column = |name: &str| batch.column_by_name(name).unwrap().clone();
                let (keys, gone) = (column("_key"), column("_gone"));
                let (runs, hashes) = (column("_run"), column("_hash"));
                for row in 0..batch.num_rows() {
                    let key = keys.as_string::<i32>().value(row).to_owned();
                    let version = (
                        runs.as_primitive::<Int64Type>().value(row),
                        gone.as_boolean().is_valid(row) && gone.as_boolean().value(row),
                        hashes.as_primitive::<Int64Type>().value(row),
                    );
                    let known = newest.entry(key).or_insert(version);
                    assert!(known.0 != version.0 || *known == version, "a key stands twice in a run");
                    if known.0 < version.0 {
                        *known = version;
                    }
                }
            }
        }
        let state = newest.into_iter().filter(|(_, v)| !v.1).map(|(key, v)| (key, v.2));
        all.insert(table.table.clone(), state.collect());
    }
    all
}

/// What differs between two states, in words.
fn differences(a: &BTreeMap<String, State>, b: &BTreeMap<String, State>) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let none = State::new();
    let mut said = Vec::new();
    for name in names {
        let (a, b) = (a.get(name).unwrap_or(&none), b.get(name).unwrap_or(&none));
        if a != b {
            let only = |x: &State, y: &State| {
                x.iter()
                    .filter(|(k, h)| y.get(*k) != Some(h))
                    .map(|(k, _)| k.clone())
                    .take(3)
                    .collect::<Vec<_>>()
            };
            said.push(format!("{name}: {} and {} rows, {:?} {:?}", a.len(), b.len(), only(a, b), only(b, a)));
        }
    }
    said
}

/// The number of rows that appeared, changed and vanished from one state to the other.
fn moves(before: &State, after: &State) -> (u64, u64, u64) {
    let appeared = after.keys().filter(|k| !before.contains_key(*k)).count();
    let changed = after.iter().filter(|(k, h)| before.get(*k).is_some_and(|b| b != *h)).count();
    let vanished = before.keys().filter(|k| !after.contains_key(*k)).count();
    (appeared as u64, changed as u64, vanished as u64)
}

fn stop_never() -> Stop {
    Stopper::new().1
}
