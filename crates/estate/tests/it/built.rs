//! Estates built run by run, and asked in SQL.

use bytes::Bytes;
use datafusion::prelude::{SessionConfig, SessionContext};
use jiff::{Timestamp, ToSpan};
use serde_json::Value;
use std::time::Duration;
use totalcloud_estate::place::{Place, Wait};
use totalcloud_estate::read::{AsOf, Snapshot};
use totalcloud_estate::store::compact::{self, Optimized, Options};
use totalcloud_estate::store::{Estate, How, Outcome, Reading, Run, RunKind, Scope};
use totalcloud_estate::tables;

/// The beginning of a day.
pub(crate) fn at(day: i64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + (day * 24).hours()
}

/// An estate in memory.
pub(crate) async fn empty() -> Estate {
    Estate::create_or_open(&Place::memory().unwrap(), at(0)).await.unwrap()
}

/// One reading of a scope.
pub(crate) struct Read<'a> {
    pub(crate) table: &'a str,
    pub(crate) scope: Scope,
    pub(crate) how: How,
    pub(crate) rows: Vec<String>,
}

/// A reading of a whole table.
pub(crate) fn whole<'a>(table: &'a str, rows: &[&str]) -> Read<'a> {
    let rows = rows.iter().map(|r| (*r).to_owned()).collect();
    Read { table, scope: Scope::whole(), how: How::Whole, rows }
}

/// A sync of that day, which takes a minute.
pub(crate) async fn sync(estate: &Estate, day: i64, reads: &[Read<'_>]) -> Run {
    let wait = Wait::quietly(Duration::ZERO);
    let mut tx = estate.begin(RunKind::Sync, at(day), wait, "a test").await.unwrap();
    for read in reads {
        let mut writer = tx.table(tables::get(read.table).unwrap(), vec![read.scope.clone()]).await.unwrap();
        let rows: Vec<Bytes> = read.rows.iter().map(|r| Bytes::copy_from_slice(r.as_bytes())).collect();
        writer.push(&read.scope, &rows).await.unwrap();
        writer.ended(&read.scope, read.how, true, None).await.unwrap();
        let reading = Reading { how: read.how, complete: true, reason: None };
        tx.add(writer.finish().await.unwrap(), reading);
    }
    let finished = tx.started() + 1.minute();
    tx.commit(Outcome { complete: true, calls: 1, finished, ..Outcome::default() }).await.unwrap()
}

/// Everything folded, as of a day.
pub(crate) async fn fold(estate: &Estate, day: i64, options: Options) -> Optimized {
    compact::optimize(estate, &options, at(day)).await.unwrap()
}

/// A session over a state.
pub(crate) fn session(snapshot: &Snapshot) -> SessionContext {
    let mut config = SessionConfig::new().with_target_partitions(2);
    config.options_mut().catalog.default_schema = "estate".to_owned();
    config.options_mut().sql_parser.enable_ident_normalization = false;
    let context = SessionContext::new_with_config(config);
    snapshot.register(&context).unwrap();
    context
}

/// The rows of a query as JSON.
pub(crate) async fn ask(estate: &Estate, as_of: AsOf, sql: &str) -> Vec<Value> {
    let snapshot = Snapshot::of(estate, as_of).await.unwrap();
    asked(&session(&snapshot), sql).await.unwrap()
}

pub(crate) async fn asked(context: &SessionContext, sql: &str) -> datafusion::error::Result<Vec<Value>> {
    let batches = context.sql(sql).await?.collect().await?;
    let mut text = Vec::new();
    let mut writer = arrow::json::ArrayWriter::new(&mut text);
    writer.write_batches(&batches.iter().collect::<Vec<_>>()).unwrap();
    writer.finish().unwrap();
    drop(writer);
    Ok(if text.is_empty() { Vec::new() } else { serde_json::from_slice(&text).unwrap() })
}

/// The values of one column, as text, sorted.
pub(crate) async fn column(estate: &Estate, as_of: AsOf, sql: &str) -> Vec<String> {
    let rows = ask(estate, as_of, sql).await;
    let mut values: Vec<String> = rows
        .iter()
        .map(|row| match row.as_object().unwrap().values().next() {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => "null".to_owned(),
        })
        .collect();
    values.sort();
    values
}

/// The only number of a query.
pub(crate) async fn number(estate: &Estate, as_of: AsOf, sql: &str) -> i64 {
    column(estate, as_of, sql).await[0].parse().unwrap()
}
