//! Compaction changes files, never answers.

use crate::built::{Read, at, column, empty, fold, number, sync, whole};
use jiff::SignedDuration;
use proptest::prelude::*;
use std::collections::BTreeMap;
use totalcloud_api::Provider;
use totalcloud_estate::Kind;
use totalcloud_estate::layout::Layer;
use totalcloud_estate::read::{AsOf, Snapshot};
use totalcloud_estate::store::compact::{self, Options};
use totalcloud_estate::store::{Estate, How, Scope};

const VPC: &str = "aws_vpc";
const EVALUATIONS: &str = "resource_evaluations";

/// What happens to an estate.
#[derive(Debug, Clone)]
enum Step {
    /// The whole table is read: these keys are there in these versions.
    Whole(BTreeMap<u8, u8>),
    /// What was updated is read.
    Updated(BTreeMap<u8, u8>),
    /// What fails of a control is read; an even version passes.
    Failing(u8, BTreeMap<u8, u8>),
    /// Everything is folded.
    Fold,
}

fn rows() -> impl Strategy<Value = BTreeMap<u8, u8>> {
    proptest::collection::btree_map(0..6u8, 0..3u8, 0..5)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => rows().prop_map(Step::Whole),
        2 => rows().prop_map(Step::Updated),
        3 => (0..2u8, rows()).prop_map(|(control, rows)| Step::Failing(control, rows)),
        2 => Just(Step::Fold),
    ]
}

fn vpc(key: u8, version: u8) -> String {
    format!(r#"{{"uuid":"k{key}","region":"r{}","name":"v{version}"}}"#, key % 2)
}

fn evaluation(key: u8, version: u8) -> String {
    let result = if version.is_multiple_of(2) { "PASS" } else { "FAIL" };
    format!(r#"{{"resourceId":"k{key}","resourceType":"VPC","region":"v{version}","result":"{result}"}}"#)
        .replace("\"region\":\"v", "\"region\":\"r\",\"connectorId\":\"v")
}

/// The naive estate: all rows after each run, by table and key.
#[derive(Debug, Clone, Default)]
struct Model {
    vpcs: BTreeMap<u8, String>,
    evaluations: BTreeMap<(u8, u8), (u8, String)>,
}

impl Model {
    fn apply(&mut self, step: &Step) {
        match step {
            Step::Whole(rows) => self.vpcs = rows.iter().map(|(k, v)| (*k, vpc(*k, *v))).collect(),
            Step::Updated(rows) => self.vpcs.extend(rows.iter().map(|(k, v)| (*k, vpc(*k, *v)))),
            Step::Failing(control, rows) => {
                let fails = |version: u8| !version.is_multiple_of(2);
                self.evaluations
                    .retain(|(c, k), (version, _)| c != control || !fails(*version) || rows.contains_key(k));
                self.evaluations.extend(rows.iter().map(|(k, v)| ((*control, *k), (*v, evaluation(*k, *v)))));
            }
            Step::Fold => {}
        }
    }

    fn vpc_rows(&self) -> Vec<String> {
        let mut rows: Vec<String> = self.vpcs.values().cloned().collect();
        rows.sort();
        rows
    }

    fn evaluation_rows(&self) -> Vec<String> {
        let mut rows: Vec<String> =
            self.evaluations.iter().map(|((control, _), (_, row))| format!("{control} {row}")).collect();
        rows.sort();
        rows
    }
}

async fn apply(estate: &Estate, day: i64, step: &Step) {
    let read = match step {
        Step::Whole(rows) | Step::Updated(rows) => Read {
            table: VPC,
            scope: Scope::whole(),
            how: if matches!(step, Step::Whole(_)) { How::Whole } else { How::Updated },
            rows: rows.iter().map(|(k, v)| vpc(*k, *v)).collect(),
        },
        Step::Failing(control, rows) => Read {
            table: EVALUATIONS,
            scope: Scope::control(Provider::Aws, "1", &control.to_string()),
            how: How::Failing,
            rows: rows.iter().map(|(k, v)| evaluation(*k, *v)).collect(),
        },
        Step::Fold => {
            fold(estate, day, Options::default()).await;
            return;
        }
    };
    sync(estate, day, &[read]).await;
}

/// The estate answers every run as the model does.
async fn compare(estate: &Estate, model: &BTreeMap<i64, Model>) {
    for (run, expected) in model {
        let as_of = AsOf::Run(*run);
        let snapshot = Snapshot::of(estate, as_of).await.unwrap();
        if snapshot.has(VPC) {
            let rows = column(estate, as_of, "SELECT raw FROM aws_vpc").await;
            assert_eq!(rows, expected.vpc_rows(), "run {run}");
            let count = number(estate, as_of, "SELECT COUNT(*) FROM aws_vpc").await;
            assert_eq!(count as usize, expected.vpcs.len(), "run {run}");
            let filtered = column(estate, as_of, "SELECT uuid FROM resources WHERE region = 'r1'").await;
            assert_eq!(filtered.len(), expected.vpcs.keys().filter(|k| *k % 2 == 1).count(), "run {run}");
            // The versions that are said to have held then are the state of then.
            let time = snapshot.run().started;
            let held = format!(
                r#"SELECT raw FROM history.aws_vpc WHERE NOT gone AND "validFrom" <= TIMESTAMP '{time}'
                   AND ("validTo" IS NULL OR "validTo" > TIMESTAMP '{time}')"#
            );
            assert_eq!(column(estate, AsOf::Latest, &held).await, expected.vpc_rows(), "run {run}");
        }
        if snapshot.has(EVALUATIONS) {
            let sql = r#"SELECT concat("controlId", ' ', raw) FROM resource_evaluations"#;
            assert_eq!(column(estate, as_of, sql).await, expected.evaluation_rows(), "run {run}");
            let live = "SELECT COUNT(*) FROM findings WHERE state IN ('failing', 'passing')";
            let fixed = "SELECT COUNT(*) FROM findings WHERE state = 'fixed' AND result = 'PASS'";
            let shown = number(estate, as_of, live).await + number(estate, as_of, fixed).await;
            assert_eq!(shown as usize, expected.evaluations.len(), "run {run}");
            let twice =
                r#"SELECT "resourceId" FROM findings GROUP BY "resourceId", "controlId" HAVING COUNT(*) > 1"#;
            assert_eq!(column(estate, as_of, twice).await, [""; 0], "run {run}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn every_run_is_answered_as_a_naive_estate_would(steps in proptest::collection::vec(step(), 1..7)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let estate = empty().await;
            let (mut model, mut now) = (BTreeMap::new(), Model::default());
            for (day, step) in (0..).zip(&steps) {
                apply(&estate, day, step).await;
                now.apply(step);
                if let Some(run) = estate.latest().await.unwrap() {
                    model.insert(run.run, now.clone());
                }
            }
            compare(&estate, &model).await;
            fold(&estate, 100, Options::default()).await;
            compare(&estate, &model).await;
        });
    }
}

async fn layers(estate: &Estate, table: &str) -> BTreeMap<Layer, u64> {
    let run = estate.latest().await.unwrap().unwrap();
    let log = estate.log(table, Some(run.table(table).unwrap().version)).await.unwrap().unwrap();
    Layer::ALL.into_iter().filter(|l| log.has(*l)).map(|l| (l, log.rows(l).unwrap())).collect()
}

fn row(key: usize, name: &str) -> String {
    format!(r#"{{"uuid":"{key:04}","region":"r{}","name":"{name}"}}"#, key % 3)
}

#[tokio::test]
async fn what_is_added_is_folded_into_the_base_and_the_rest_kept_as_past() {
    let estate = empty().await;
    let all = |name: &str| Read {
        table: VPC,
        scope: Scope::whole(),
        how: How::Whole,
        rows: (0..300).map(|k| row(k, if k < 10 { name } else { "same" })).collect(),
    };
    sync(&estate, 0, &[all("one")]).await;
    sync(&estate, 1, &[all("two")]).await;
    assert_eq!(layers(&estate, VPC).await, BTreeMap::from([(Layer::Base, 300), (Layer::Recent, 10)]));
    assert_eq!(compact::due(&estate).await.unwrap(), [], "ten rows are not worth it");
    let planned = fold(&estate, 2, Options { dry_run: true, ..Options::default() }).await;
    assert!(planned.run.is_none() && planned.tables.iter().any(|d| d.table == VPC && d.recent == 10));
    assert_eq!(fold(&estate, 2, Options::after_sync()).await.run, None);
    let done = fold(&estate, 2, Options::default()).await;
    assert_eq!(done.run.as_ref().unwrap().table(VPC).unwrap().rows, Some(300));
    assert_eq!(layers(&estate, VPC).await, BTreeMap::from([(Layer::Base, 300), (Layer::Past, 10)]));
    let regions = column(&estate, AsOf::Latest, "SELECT DISTINCT name FROM aws_vpc").await;
    assert_eq!(regions, ["same", "two"]);
    // Nothing is left to be done.
    assert_eq!(fold(&estate, 3, Options::default()).await.run, None);
}

/// More than twice the memory is sorted.
#[tokio::test]
async fn a_fold_that_does_not_fit_into_memory_goes_over_the_disk() {
    let estate = empty().await;
    let long = "x".repeat(3000);
    let rows = |name: &str| Read {
        table: VPC,
        scope: Scope::whole(),
        how: How::Whole,
        rows: (0..9000).rev().map(|k| row(k, &format!("{name}{long}"))).collect(),
    };
    sync(&estate, 0, &[rows("one")]).await;
    sync(&estate, 1, &[rows("two")]).await;
    let done = fold(&estate, 2, Options { memory: 24 << 20, ..Options::default() }).await;
    assert_eq!(done.run.unwrap().table(VPC).unwrap().rows, Some(9000));
    let twos = "SELECT COUNT(*) FROM aws_vpc WHERE name LIKE 'two%' AND raw LIKE '%two%'";
    assert_eq!(number(&estate, AsOf::Latest, twos).await, 9000);
    assert_eq!(layers(&estate, VPC).await, BTreeMap::from([(Layer::Base, 9000), (Layer::Past, 9000)]));
}

#[tokio::test]
async fn the_base_is_sorted() {
    let estate = empty().await;
    let rows: Vec<String> = (0..500).rev().map(|k| row(k, "x")).collect();
    let read =
        |rows: &[String]| Read { table: VPC, scope: Scope::whole(), how: How::Whole, rows: rows.to_vec() };
    sync(&estate, 0, &[read(&rows)]).await;
    sync(&estate, 1, &[read(&rows[1..])]).await;
    fold(&estate, 2, Options::default()).await;
    let log = estate.log(VPC, None).await.unwrap().unwrap();
    let file = log.files.iter().find(|f| f.layer == Layer::Base).unwrap();
    let path = log.object(estate.place(), file);
    let bytes = object_store::ObjectStoreExt::get(&estate.place().store(), &path)
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
    let mut seen: Vec<(String, String)> = Vec::new();
    for batch in reader.build().unwrap() {
        let batch = batch.unwrap();
        let text = |name: &str, row: usize| {
            let column = batch.column_by_name(name).unwrap();
            arrow::util::display::array_value_to_string(column, row).unwrap()
        };
        seen.extend((0..batch.num_rows()).map(|r| (text("region", r), text("_key", r))));
    }
    assert_eq!(seen.len(), 499);
    assert!(seen.is_sorted(), "{seen:?}");
}

#[tokio::test]
async fn many_files_and_many_rows_are_due() {
    let estate = empty().await;
    for day in 0..26 {
        sync(&estate, day, &[whole(VPC, &[&row(0, &day.to_string())])]).await;
    }
    let due = compact::due(&estate).await.unwrap();
    assert_eq!(due.iter().map(|d| (d.table.as_str(), d.files)).collect::<Vec<_>>(), [(VPC, 25)]);
    let done = fold(&estate, 26, Options::after_sync()).await;
    assert_eq!(done.run.unwrap().run, 27);
    assert_eq!(compact::due(&estate).await.unwrap(), []);
    assert_eq!(column(&estate, AsOf::Run(13), "SELECT name FROM aws_vpc").await, ["12"]);
}

#[tokio::test]
async fn history_is_forgotten_when_it_is_old_and_then_refused() {
    let estate = empty().await;
    for day in 0..5 {
        sync(&estate, day, &[whole(VPC, &[&row(0, &day.to_string())])]).await;
    }
    fold(&estate, 5, Options::default()).await;
    assert_eq!(layers(&estate, VPC).await[&Layer::Past], 4);
    let keep = Options { keep_history: SignedDuration::from_hours(3 * 24), ..Options::default() };
    // Kept is the state of day 3 and what came later.
    let done = fold(&estate, 6, keep.clone()).await;
    assert_eq!(done.oldest, 3);
    sync(&estate, 7, &[whole(VPC, &[&row(0, "7")])]).await;
    fold(&estate, 8, Options::default()).await;
    let error = Snapshot::of(&estate, AsOf::Run(2)).await.err().unwrap();
    assert_eq!(error.kind(), Kind::Input);
    assert_eq!(
        error.message(),
        "run 2 is no longer kept: the oldest that can be asked for is run 3, finished on 2026-01-03 00:01:00 UTC"
    );
    let error = Snapshot::of(&estate, AsOf::Time(at(1))).await.err().unwrap();
    assert!(error.message().starts_with("2026-01-02 00:00:00 UTC is no longer kept"), "{error}");
    for (run, name) in [(3, "2"), (4, "3"), (5, "4"), (6, "4")] {
        assert_eq!(column(&estate, AsOf::Run(run), "SELECT name FROM aws_vpc").await, [name], "run {run}");
    }
}

#[tokio::test]
async fn files_go_when_no_query_can_need_them() {
    let folder = tempfile::tempdir().unwrap();
    let place = totalcloud_estate::place::Place::local(folder.path()).unwrap();
    let estate = Estate::create_or_open(&place, at(0)).await.unwrap();
    let files = || {
        let of = walk(&folder.path().join("tables").join(VPC));
        of.into_iter().filter(|p| p.ends_with(".parquet")).count()
    };
    for day in 0..3 {
        sync(&estate, day, &[whole(VPC, &[&row(0, &day.to_string())])]).await;
    }
    std::fs::write(folder.path().join("tables").join(VPC).join("part-left-behind.parquet"), b"half").unwrap();
    assert_eq!(files(), 4);
    // Whatever is asked for, files of the last hour stay: they may belong to somebody who is writing.
    let none = Options { keep_files: SignedDuration::ZERO, ..Options::default() };
    let now = jiff::Timestamp::now();
    let done = compact::optimize(&estate, &none, now).await.unwrap();
    assert_eq!((done.removed, files()), (0, 6));
    let later = now + SignedDuration::from_hours(48);
    let planned =
        compact::optimize(&estate, &Options { dry_run: true, ..none.clone() }, later).await.unwrap();
    let kept = compact::optimize(&estate, &Options::default(), later).await.unwrap();
    assert_eq!((kept.removed, files()), (1, 5), "only what no run ever knew");
    let done = compact::optimize(&estate, &none, later).await.unwrap();
    assert_eq!(files(), 2, "the base and the past");
    assert!(planned.removed >= done.removed && done.freed > 0);
    assert_eq!(column(&estate, AsOf::Run(2), "SELECT name FROM aws_vpc").await, ["1"]);
}

fn walk(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true if path.ends_with("_delta_log") => {}
            true => found.extend(walk(&path)),
            false => found.push(path.display().to_string()),
        }
    }
    found
}
