//! What there is in an estate: tables, rows, versions, size, freshness.

use crate::Result;
use crate::layout::{FRESHNESS, Layer, SYNC_RUNS};
use crate::store::{Estate, FreshRow, Log, Run, newest};
use crate::tables;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;

/// Logs that are opened at the same time.
const AT_ONCE: usize = 8;

/// A table, in numbers.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TableInfo {
    /// Its name.
    pub table: String,
    /// Rows of its current state, if known.
    pub rows: Option<i64>,
    /// Row versions, those that hold no more included.
    pub versions: Option<u64>,
    /// Row versions since the last compaction.
    pub recent: u64,
    /// Data files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// When all of it was last confirmed: the oldest of the newest complete readings of its parts.
    pub read_at: Option<Timestamp>,
    /// Whether the newest reading of every part came whole.
    pub complete: bool,
    /// Parts whose newest reading was only assumed.
    pub assumed: usize,
    /// Its Delta version.
    pub version: i64,
}

/// An estate, in numbers.
#[derive(Debug, Clone)]
pub struct Info {
    /// The tables, by name.
    pub tables: Vec<TableInfo>,
    /// All runs, the oldest first.
    pub runs: Vec<Run>,
}

/// What there is in an estate.
///
/// # Errors
/// If it cannot be read. An estate without a run has no tables.
pub async fn info(estate: &Estate) -> Result<Info> {
    let runs = estate.runs().await?;
    let Some(run) = runs.last() else { return Ok(Info { tables: Vec::new(), runs }) };
    let version = run.table(FRESHNESS).map(|t| t.version);
    let readings: Vec<FreshRow> = match version {
        Some(_) => match estate.log(FRESHNESS, version).await? {
            Some(log) => crate::store::file::read_plain(estate.place(), &log, &log.files).await?,
            None => Vec::new(),
        },
        None => Vec::new(),
    };
    let fresh = newest(readings);
    let logs = run.tables.iter().map(|t| estate.log(&t.table, Some(t.version)));
    let logs: Vec<Option<Log>> =
        stream::iter(logs.collect::<Vec<_>>()).buffered(AT_ONCE).try_collect().await?;
    let mut all: Vec<TableInfo> = Vec::new();
    for (table, log) in run.tables.iter().zip(logs) {
        let Some(log) = log else { continue };
        let of: Vec<_> = fresh.iter().filter(|((name, _), _)| *name == table.table).map(|(_, f)| f).collect();
        let versioned = tables::get(&table.table).is_some();
        let whole = of.iter().map(|f| f.whole.as_ref().map(|w| w.read_at));
        // A table of which a part was never read whole is not confirmed.
        let read_at = whole.collect::<Option<Vec<_>>>().and_then(|times| times.into_iter().min());
        all.push(TableInfo {
            rows: table.rows,
            versions: log.files.iter().map(|f| f.rows).sum(),
            recent: if versioned { log.rows(Layer::Recent).unwrap_or_default() } else { 0 },
            files: log.files.len(),
            bytes: log.files.iter().map(|f| f.size).sum(),
            read_at,
            complete: of.iter().all(|f| f.last.complete),
            assumed: of.iter().filter(|f| f.last.how == crate::store::How::Assumed).count(),
            version: log.version,
            table: table.table.clone(),
        });
    }
    if let Some(log) = estate.log(SYNC_RUNS, None).await? {
        all.push(TableInfo {
            table: SYNC_RUNS.to_owned(),
            rows: i64::try_from(runs.len()).ok(),
            versions: log.files.iter().map(|f| f.rows).sum(),
            recent: 0,
            files: log.files.len(),
            bytes: log.files.iter().map(|f| f.size).sum(),
            read_at: None,
            complete: true,
            assumed: 0,
            version: log.version,
        });
    }
    all.sort_by(|a, b| a.table.cmp(&b.table));
    Ok(Info { tables: all, runs })
}
