//! Files that nobody needs any more.

use super::compact::widened;
use super::file::FileWriter;
use super::log::{Change, What};
use super::{Estate, Run};
use crate::Result;
use crate::layout::SYNC_RUNS;
use crate::place::{Guard, Wait};
use deltalake::protocol::checkpoints::{cleanup_metadata, create_checkpoint};
use futures_util::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use object_store::path::Path as ObjectPath;
use object_store::{ObjectMeta, ObjectStoreExt};
use std::collections::{BTreeSet, HashSet};

/// A file that is younger may belong to a writer that is still at work.
const SAFE: SignedDuration = SignedDuration::from_hours(1);
/// Commits after which a log is put together.
const LONG_LOG: i64 = 10;

/// The data files that no run of the time that is kept refers to.
pub(super) async fn unused(estate: &Estate, keep: SignedDuration, now: Timestamp) -> Result<Vec<ObjectMeta>> {
    let runs = estate.runs().await?;
    let Some(newest) = runs.last() else { return Ok(Vec::new()) };
    let store = estate.place().store();
    let old = |meta: &ObjectMeta| {
        let written = meta.last_modified.timestamp_millis();
        now.as_millisecond().saturating_sub(written) > SAFE.as_millis() as i64
    };
    let mut unused = Vec::new();
    for table in newest.tables.iter().map(|t| t.table.as_str()).chain([SYNC_RUNS]) {
        let root = estate.place().table_path(table);
        let there: Vec<ObjectMeta> = store.list(Some(&root)).try_collect().await?;
        let data =
            |meta: &ObjectMeta| meta.location.as_ref().ends_with(".parquet") && !in_log(&meta.location);
        let there = there.into_iter().filter(|meta| data(meta) && old(meta));
        let needed = needed(estate, table, newest.table(table).map(|t| t.version)).await?;
        let mut left: Vec<ObjectMeta> = there.filter(|meta| !needed.contains(&meta.location)).collect();
        // Queries that began before the last runs may still read what those took out.
        for version in versions(&runs, table, keep, now) {
            if left.is_empty() {
                break;
            }
            match self::needed(estate, table, Some(version)).await {
                Ok(needed) => left.retain(|meta| !needed.contains(&meta.location)),
                // What cannot be told is kept.
                Err(_) => left.clear(),
            }
        }
        if table == SYNC_RUNS && !merged_long_ago(estate, keep, now).await? {
            left.clear();
        }
        unused.extend(left);
    }
    Ok(unused)
}

/// Whether the files of the table of runs were put together so long ago that nobody reads the ones before.
async fn merged_long_ago(estate: &Estate, keep: SignedDuration, now: Timestamp) -> Result<bool> {
    let Some(log) = estate.log(SYNC_RUNS, None).await? else { return Ok(false) };
    let merged = log.files.iter().min_by_key(|f| super::greatest_run(f.stats.as_deref().unwrap_or_default()));
    let age = merged.map(|file| now.as_millisecond().saturating_sub(file.modified));
    Ok(age.is_some_and(|age| i128::from(age) >= keep.as_millis()))
}

fn in_log(path: &ObjectPath) -> bool {
    path.parts().any(|part| part.as_ref() == "_delta_log")
}

/// The versions of a table that were the newest within the time that is kept.
fn versions(runs: &[Run], table: &str, keep: SignedDuration, now: Timestamp) -> BTreeSet<i64> {
    let since = now.checked_sub(keep).unwrap_or(Timestamp::MIN);
    let ended = runs.iter().skip(1).map(|r| r.finished).chain([Timestamp::MAX]);
    let held = runs.iter().zip(ended).filter(|(_, end)| *end >= since);
    held.filter_map(|(run, _)| run.table(table).map(|t| t.version)).collect()
}

async fn needed(estate: &Estate, table: &str, version: Option<i64>) -> Result<HashSet<ObjectPath>> {
    let log = estate.log(table, version).await?;
    let files = log.iter().flat_map(|log| log.files.iter().map(|f| log.object(estate.place(), f)));
    Ok(files.collect())
}

/// Removes them. Gives how many, and their bytes.
async fn vacuum(estate: &Estate, keep: SignedDuration, now: Timestamp) -> Result<(usize, u64)> {
    let unused = unused(estate, keep, now).await?;
    let store = estate.place().store();
    let mut removed = (0, 0);
    for meta in unused {
        match store.delete(&meta.location).await {
            Ok(()) => {
                removed.0 += 1;
                removed.1 += meta.size;
            }
            Err(object_store::Error::NotFound { .. }) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(removed)
}

/// Puts the files of the table of runs together if there are more than that, shortens logs, and removes files that
/// nobody needs. No writer is at work meanwhile, so that none loses what it has not committed yet.
pub(super) async fn tidy(
    estate: &Estate,
    most: usize,
    keep: SignedDuration,
    now: Timestamp,
) -> Result<(usize, u64)> {
    let wait = Wait::quietly(std::time::Duration::from_secs(60));
    let guard = estate.place().lock(wait, "totalcloud estate optimize").await?;
    merge_runs(estate, most, &guard).await?;
    shorten_logs(estate).await?;
    let removed = vacuum(estate, keep, now).await?;
    guard.release().await?;
    Ok(removed)
}

/// The newest file stays alone, so that the newest run is found at once.
async fn merge_runs(estate: &Estate, most: usize, guard: &Guard) -> Result<()> {
    if let Some(log) = estate.log(SYNC_RUNS, None).await?
        && log.files.len() > most
    {
        let mut files = log.files.clone();
        files.sort_by_key(|f| super::greatest_run(f.stats.as_deref().unwrap_or_default()));
        files.pop();
        let mut writer = FileWriter::new(estate.place(), SYNC_RUNS, None, log.schema.clone());
        for file in &files {
            let reader = super::file::open(estate.place(), log.object(estate.place(), file), file).await?;
            let mut batches = reader.build()?;
            while let Some(batch) = batches.try_next().await? {
                writer.write(&widened(&batch, &log.schema)?).await?;
            }
        }
        let (adds, _) = writer.finish().await?;
        let mut change = Change::new(What::Compact);
        change.removes = log.removes(|path| files.iter().any(|f| f.path == path), false);
        change.adds =
            adds.into_iter().map(|add| deltalake::kernel::Add { data_change: false, ..add }).collect();
        guard.still_held().await?;
        log.commit(change).await?;
    }
    Ok(())
}

/// Writes checkpoints of long logs, and removes the parts of logs that are older than Delta keeps them.
async fn shorten_logs(estate: &Estate) -> Result<()> {
    let Some(run) = estate.latest().await? else { return Ok(()) };
    let store = estate.place().store();
    for table in run.tables.iter().filter(|t| t.version >= LONG_LOG) {
        let folder = estate.place().table_path(&table.table).join("_delta_log");
        let listed = store.list_with_delimiter(Some(&folder)).await?;
        let checkpoint = listed.objects.iter().filter_map(|m| number(m.location.filename()?));
        if table.version - checkpoint.max().unwrap_or(0) < LONG_LOG {
            continue;
        }
        if let Some(log) = estate.log(&table.table, Some(table.version)).await? {
            create_checkpoint(log.delta(), None).await?;
            cleanup_metadata(log.delta(), None).await?;
        }
    }
    Ok(())
}

/// The version of a checkpoint by its name.
fn number(name: &str) -> Option<i64> {
    name.split_once(".checkpoint.")?.0.parse().ok()
}
