//! What runs write, and what becomes of it.

use arrow::array::RecordBatch;
use bytes::Bytes;
use jiff::{Timestamp, ToSpan};
use object_store::ObjectStoreExt;
use std::time::Duration;
use totalcloud_api::Provider;
use totalcloud_estate::layout::{CHANGES, FRESHNESS, Layer};
use totalcloud_estate::place::{Place, Wait};
use totalcloud_estate::store::{
    ChangeKind, ChangeRow, Estate, FreshRow, How, Outcome, Reading, Run, RunKind, Scope, Transaction,
};
use totalcloud_estate::{Kind, tables};

fn at(day: i64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + (day * 24).hours()
}

async fn begin(estate: &Estate, day: i64) -> Transaction {
    let wait = Wait::quietly(Duration::ZERO);
    estate.begin(RunKind::Sync, at(day), wait, "a test").await.unwrap()
}

fn rows(rows: &[&str]) -> Vec<Bytes> {
    rows.iter().map(|r| Bytes::copy_from_slice(r.as_bytes())).collect()
}

fn outcome(tx: &Transaction) -> Outcome {
    Outcome { complete: true, calls: 1, finished: tx.started() + 1.minute(), ..Outcome::default() }
}

async fn write(tx: &mut Transaction, table: &str, scope: &Scope, how: How, came: &[&str]) {
    let table = tables::get(table).unwrap();
    let mut writer = tx.table(table, vec![scope.clone()]).await.unwrap();
    writer.push(scope, &rows(came)).await.unwrap();
    writer.ended(scope, how, true, None).await.unwrap();
    tx.add(writer.finish().await.unwrap(), Reading { how, complete: true, reason: None });
}

async fn run(estate: &Estate, day: i64, table: &str, scope: &Scope, how: How, came: &[&str]) -> Run {
    let mut tx = begin(estate, day).await;
    write(&mut tx, table, scope, how, came).await;
    let outcome = outcome(&tx);
    tx.commit(outcome).await.unwrap()
}

async fn batches(estate: &Estate, run: &Run, table: &str, layer: Option<Layer>) -> Vec<RecordBatch> {
    let log = estate.log(table, run.table(table).map(|t| t.version)).await.unwrap().unwrap();
    let mut all = Vec::new();
    for file in log.files.iter().filter(|f| layer.is_none_or(|l| f.layer == l)) {
        let path = log.object(estate.place(), file);
        let bytes = estate.place().store().get(&path).await.unwrap().bytes().await.unwrap();
        assert_eq!(bytes.len() as u64, file.size);
        let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
        all.extend(reader.build().unwrap().map(|b| b.unwrap()));
    }
    all
}

async fn plain<T: serde::de::DeserializeOwned>(estate: &Estate, run: &Run, table: &str) -> Vec<T> {
    let batches = batches(estate, run, table, None).await;
    let mut text = Vec::new();
    let mut writer = arrow::json::ArrayWriter::new(&mut text);
    writer.write_batches(&batches.iter().collect::<Vec<_>>()).unwrap();
    writer.finish().unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn told(changes: &[ChangeRow], run: i64) -> Vec<(ChangeKind, String)> {
    let mut told: Vec<_> = changes.iter().filter(|c| c.run == run).map(|c| (c.kind, c.key.clone())).collect();
    told.sort();
    told
}

async fn both() -> Vec<(Estate, Option<tempfile::TempDir>)> {
    let folder = tempfile::tempdir().unwrap();
    let local = Place::local(&folder.path().join("estate")).unwrap();
    let memory = Place::memory().unwrap();
    vec![
        (Estate::create_or_open(&local, at(0)).await.unwrap(), Some(folder)),
        (Estate::create_or_open(&memory, at(0)).await.unwrap(), None),
    ]
}

const VPC: &str = "aws_vpc";

#[tokio::test]
async fn only_what_changed_is_written_again() {
    for (estate, _folder) in both().await {
        let whole = Scope::whole();
        let first = run(
            &estate,
            0,
            VPC,
            &whole,
            How::Whole,
            &[
                r#"{"uuid":"a","region":"r1","lastUpdated":"2026-01-01T00:00:00Z"}"#,
                r#"{"uuid":"b","region":"r1"}"#,
                r#"{"uuid":"c","region":"r2","cloudAccountId":"000000000001"}"#,
            ],
        )
        .await;
        assert_eq!((first.run, first.appeared, first.oldest), (1, 3, 1));
        assert_eq!(first.table(VPC).unwrap().rows, Some(3));
        assert!(first.table(CHANGES).is_none(), "the first reading is the baseline");

        // Only a volatile field moved, and the order of fields.
        let same = run(
            &estate,
            1,
            VPC,
            &whole,
            How::Whole,
            &[
                r#"{"region":"r1","uuid":"a","lastUpdated":"2026-01-02T00:00:00Z"}"#,
                r#"{"uuid":"b","region":"r1"}"#,
                r#"{"uuid":"c","region":"r2","cloudAccountId":"000000000001"}"#,
            ],
        )
        .await;
        assert_eq!((same.run, same.rows_read, same.appeared, same.changed, same.vanished), (2, 3, 0, 0, 0));
        assert_eq!(same.table(VPC).unwrap().version, first.table(VPC).unwrap().version);

        let third = run(
            &estate,
            2,
            VPC,
            &whole,
            How::Whole,
            &[
                r#"{"uuid":"a","region":"r9"}"#,
                r#"{"uuid":"c","region":"r2","cloudAccountId":"000000000001"}"#,
                r#"{"uuid":"d"}"#,
                r#"{"uuid":"d"}"#,
            ],
        )
        .await;
        assert_eq!((third.appeared, third.changed, third.vanished), (1, 1, 1));
        assert_eq!(third.table(VPC).unwrap().rows, Some(3));
        let recent = batches(&estate, &third, VPC, Some(Layer::Recent)).await;
        assert_eq!(recent.iter().map(RecordBatch::num_rows).sum::<usize>(), 3);
        let changes: Vec<ChangeRow> = plain(&estate, &third, CHANGES).await;
        let expected = [(ChangeKind::Appeared, "d"), (ChangeKind::Vanished, "b"), (ChangeKind::Changed, "a")];
        assert_eq!(told(&changes, 3), expected.map(|(k, key)| (k, key.to_owned())));
        let changed = changes.iter().find(|c| c.kind == ChangeKind::Changed).unwrap();
        let field = &changed.fields[0];
        assert_eq!(changed.fields.len(), 1);
        assert_eq!((field.field.as_str(), field.before.as_deref()), ("region", Some("\"r1\"")));

        // What was gone comes back, what was changed stays as it is.
        let fourth = run(
            &estate,
            3,
            VPC,
            &whole,
            How::Updated,
            &[r#"{"uuid":"b","region":"r1"}"#, r#"{"uuid":"a","region":"r9"}"#],
        )
        .await;
        assert_eq!((fourth.appeared, fourth.changed, fourth.vanished), (1, 0, 0));
        let fresh: Vec<FreshRow> = plain(&estate, &fourth, FRESHNESS).await;
        assert_eq!(fresh.iter().filter(|f| f.table == VPC).count(), 4);
        assert_eq!(estate.runs().await.unwrap().iter().map(|r| r.run).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!(estate.latest().await.unwrap().unwrap(), fourth);
    }
}

#[tokio::test]
async fn findings_are_fixed_and_reopened_in_their_own_scope() {
    for (estate, _folder) in both().await {
        let one = Scope::control(Provider::Aws, "000000000001", "52");
        let two = Scope::control(Provider::Aws, "000000000002", "52");
        let name = "resource_evaluations";
        let fail = |id: &str| format!(r#"{{"resourceId":"{id}","result":"FAIL"}}"#);
        let (x, y) = (fail("x"), fail("y"));
        run(&estate, 0, name, &one, How::Failing, &[&x, &y]).await;
        run(&estate, 1, name, &two, How::Failing, &[&x]).await;
        let third = run(&estate, 2, name, &one, How::Failing, &[&x]).await;
        let changes: Vec<ChangeRow> = plain(&estate, &third, CHANGES).await;
        assert_eq!(told(&changes, 3), [(ChangeKind::Fixed, "aws/000000000001/52|y".to_owned())]);
        assert_eq!(changes[0].control_id.as_deref(), Some("52"));
        assert_eq!(third.table(name).unwrap().rows, Some(2));
        let fourth = run(&estate, 3, name, &one, How::Failing, &[&x, &y]).await;
        let changes: Vec<ChangeRow> = plain(&estate, &fourth, CHANGES).await;
        assert_eq!(told(&changes, 4), [(ChangeKind::Reopened, "aws/000000000001/52|y".to_owned())]);
    }
}

#[tokio::test]
async fn what_came_in_part_takes_nothing_away() {
    let (estate, _folder) = both().await.remove(0);
    let whole = Scope::whole();
    run(&estate, 0, VPC, &whole, How::Whole, &[r#"{"uuid":"a"}"#, r#"{"uuid":"b"}"#]).await;
    let mut tx = begin(&estate, 1).await;
    let mut writer = tx.table(tables::get(VPC).unwrap(), vec![whole.clone()]).await.unwrap();
    writer.push(&whole, &rows(&[r#"{"uuid":"a"}"#])).await.unwrap();
    writer.ended(&whole, How::Whole, false, Some("cut short".into())).await.unwrap();
    let reading = Reading { how: How::Whole, complete: false, reason: Some("cut short".into()) };
    tx.add(writer.finish().await.unwrap(), reading);
    let outcome = Outcome { complete: false, ..outcome(&tx) };
    let run = tx.commit(outcome).await.unwrap();
    assert_eq!((run.vanished, run.complete), (0, false));
    let table = run.table(VPC).unwrap();
    assert_eq!((table.rows, table.complete, table.reason.as_deref()), (Some(2), false, Some("cut short")));
}

#[tokio::test]
async fn a_run_that_ended_before_its_row_is_undone() {
    for (estate, _folder) in both().await {
        let whole = Scope::whole();
        let first = run(&estate, 0, VPC, &whole, How::Whole, &[r#"{"uuid":"a"}"#]).await;

        // A run that came as far as the logs of its tables: what a killed process leaves.
        let mut tx = begin(&estate, 1).await;
        write(&mut tx, VPC, &whole, How::Whole, &[r#"{"uuid":"b"}"#]).await;
        write(&mut tx, "aws_subnet", &whole, How::Whole, &[r#"{"uuid":"s"}"#]).await;
        tx.commit_tables_only().await.unwrap();
        assert_eq!(estate.latest().await.unwrap().unwrap(), first, "nobody sees it");
        assert!(estate.log("aws_subnet", None).await.unwrap().is_some());

        let second = run(&estate, 2, VPC, &whole, How::Whole, &[r#"{"uuid":"a"}"#]).await;
        assert_eq!((second.run, second.appeared, second.vanished), (2, 0, 0));
        assert!(second.table("aws_subnet").is_none());
        assert!(estate.log("aws_subnet", None).await.unwrap().is_none());
        let version = second.table(VPC).unwrap().version;
        let log = estate.log(VPC, Some(version)).await.unwrap().unwrap();
        let firsts = estate.log(VPC, Some(first.table(VPC).unwrap().version)).await.unwrap().unwrap();
        let paths = |log: &totalcloud_estate::store::Log| {
            log.files.iter().map(|f| f.path.clone()).collect::<Vec<_>>()
        };
        assert_eq!(paths(&log), paths(&firsts));
    }
}

#[tokio::test]
async fn a_newer_estate_and_none_at_all_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::local(folder.path()).unwrap();
    assert_eq!(Estate::open(&place).await.unwrap_err().kind(), Kind::Missing);
    std::fs::write(
        folder.path().join("estate.json"),
        r#"{"format":2,"created":"2026-01-01T00:00:00Z","program":"9.0.0"}"#,
    )
    .unwrap();
    let error = Estate::open(&place).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Newer);
    assert!(error.to_string().contains("9.0.0"), "{error}");
    std::fs::write(folder.path().join("estate.json"), "{").unwrap();
    assert_eq!(Estate::open(&place).await.unwrap_err().kind(), Kind::Broken);
}

#[tokio::test]
async fn two_writers_wait_for_one_another() {
    let (estate, _folder) = both().await.remove(0);
    let tx = begin(&estate, 0).await;
    let second = estate.begin(RunKind::Sync, at(0), Wait::quietly(Duration::ZERO), "another").await;
    assert_eq!(second.err().unwrap().kind(), Kind::Busy);
    drop(tx);
    begin(&estate, 0).await;
}

#[tokio::test]
async fn rows_that_are_no_rows_are_kept() {
    let (estate, _folder) = both().await.remove(0);
    let whole = Scope::whole();
    let odd = ["null", r#"{"uuid":"a","controlsFailed":"many","brandNew":{"x":[1]}}"#, r#"{"name":"no id"}"#];
    let run = run(&estate, 0, VPC, &whole, How::Whole, &odd).await;
    assert_eq!(run.appeared, 3);
    let batches = batches(&estate, &run, VPC, None).await;
    let batch = arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap();
    use arrow::array::AsArray;
    let raw: std::collections::BTreeSet<&str> =
        batch.column_by_name("raw").unwrap().as_string::<i32>().iter().flatten().collect();
    assert_eq!(raw, odd.into_iter().collect());
    let extra: Vec<&str> =
        batch.column_by_name("extra").unwrap().as_string::<i32>().iter().flatten().collect();
    assert!(extra.iter().any(|e| e.contains(r#""brandNew":{"x":[1]}"#) && e.contains("many")), "{extra:?}");
}

#[tokio::test]
async fn of_rows_that_share_a_key_the_first_is_kept_and_the_others_are_counted() {
    for (estate, _folder) in both().await {
        let (whole, table) = (Scope::whole(), tables::get(VPC).unwrap());
        let days = [
            (0, [r#"{"uuid":"a","region":"r1"}"#, r#"{"uuid":"a","region":"r2"}"#], (1, 1, 0)),
            // What is stored comes first, and the other one after it; then the other way round.
            (1, [r#"{"uuid":"a","region":"r1"}"#, r#"{"uuid":"a","region":"r2"}"#], (1, 0, 0)),
            (2, [r#"{"uuid":"a","region":"r2"}"#, r#"{"uuid":"a","region":"r1"}"#], (1, 0, 1)),
            // The same row on two pages is no other row.
            (3, [r#"{"uuid":"a","region":"r2"}"#, r#"{"region":"r2","uuid":"a"}"#], (0, 0, 0)),
            (4, [r#"{"uuid":"a","region":"r3"}"#, r#"{"uuid":"a","region":"r3"}"#], (0, 0, 1)),
        ];
        for (day, came, expected) in days {
            let mut tx = begin(&estate, day).await;
            let mut writer = tx.table(table, vec![whole.clone()]).await.unwrap();
            writer.push(&whole, &rows(&came)).await.unwrap();
            writer.ended(&whole, How::Whole, true, None).await.unwrap();
            let written = writer.finish().await.unwrap();
            assert_eq!((written.repeated, written.appeared, written.changed), expected, "day {day}");
            tx.add(written, Reading { how: How::Whole, complete: true, reason: None });
            let outcome = outcome(&tx);
            assert_eq!(tx.commit(outcome).await.unwrap().table(VPC).unwrap().rows, Some(1));
        }
    }
}
