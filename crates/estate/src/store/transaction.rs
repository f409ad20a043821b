//! A run: what it writes becomes visible at once, when its row is committed to `sync_runs`.

use super::file::FileWriter;
use super::log::{self, Change, Log, What};
use super::rows::{ChangeRow, FreshRow};
use super::runs::{How, Run, RunKind, RunTable};
use super::scope::Scope;
use super::table::{TableWriter, Written};
use super::{Estate, record};
use crate::layout::{CHANGES, FRESHNESS, SYNC_RUNS};
use crate::place::{Guard, Wait};
use crate::tables::TableSpec;
use crate::{Result, schema};
use arrow::datatypes::SchemaRef;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use object_store::ObjectStoreExt;
use object_store::path::Path as ObjectPath;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Logs that are read or committed at the same time.
const AT_ONCE: usize = 8;

/// A run that writes.
pub struct Transaction {
    estate: Estate,
    guard: Guard,
    run: i64,
    kind: RunKind,
    started: Timestamp,
    before: Option<Run>,
    logs: HashMap<String, Arc<Log>>,
    fresh: HashMap<(String, String), Fresh>,
    staged: BTreeMap<String, Staged>,
    changes: Vec<ChangeRow>,
    readings: Vec<FreshRow>,
}

/// What is known of the readings of a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fresh {
    /// The newest reading.
    pub last: FreshRow,
    /// The newest reading that came whole and read all, or all that fails.
    pub whole: Option<FreshRow>,
}

struct Staged {
    doc: String,
    partitioned: bool,
    schema: SchemaRef,
    change: Change,
    bytes: u64,
    outcome: RunTable,
}

/// How a table was read in a run, for its entry.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// How.
    pub how: How,
    /// Whether it came whole.
    pub complete: bool,
    /// Why not, or what was assumed.
    pub reason: Option<String>,
}

/// What a run says of itself at its end.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Whether all that was asked for came whole.
    pub complete: bool,
    /// Calls to the service.
    pub calls: i64,
    /// What was taken for granted.
    pub assumed: Vec<String>,
    /// When it ended.
    pub finished: Timestamp,
    /// The oldest run that can be asked for from now on, if that moved.
    pub oldest: Option<i64>,
}

impl Estate {
    /// Begins a run: waits for other writers, and undoes what one left half done.
    ///
    /// # Errors
    /// [`crate::Kind::Busy`] if another writer does not end in time; or if the estate cannot be read or written.
    pub async fn begin(&self, kind: RunKind, now: Timestamp, wait: Wait, who: &str) -> Result<Transaction> {
        let guard = self.place().lock(wait, who).await?;
        let before = self.latest().await?;
        let logs = self.recover(before.as_ref()).await?;
        let fresh = match logs.get(FRESHNESS) {
            Some(log) => newest(super::file::read_plain(self.place(), log, &log.files).await?),
            None => HashMap::new(),
        };
        Ok(Transaction {
            run: before.as_ref().map_or(1, |r| r.run + 1),
            estate: self.clone(),
            guard,
            kind,
            started: now,
            before,
            logs,
            fresh,
            staged: BTreeMap::new(),
            changes: Vec::new(),
            readings: Vec::new(),
        })
    }

    /// Brings every table back to what the newest run left, and reads their logs.
    async fn recover(&self, before: Option<&Run>) -> Result<HashMap<String, Arc<Log>>> {
        let root = ObjectPath::from(crate::layout::TABLES);
        let listed = self.place().store().list_with_delimiter(Some(&root)).await?;
        let names = listed.common_prefixes.iter().filter_map(|p| p.parts().next_back());
        let names: Vec<String> = names.map(|n| n.as_ref().to_owned()).filter(|n| n != SYNC_RUNS).collect();
        let logs = stream::iter(names).map(|name| async move {
            match before.and_then(|run| run.table(&name)) {
                None => self.remove(&name).await.map(|()| None),
                Some(known) => self.recovered(known).await.map(Some),
            }
        });
        let logs: Vec<Option<Log>> = logs.buffer_unordered(AT_ONCE).try_collect().await?;
        let mut logs: HashMap<String, Arc<Log>> =
            logs.into_iter().flatten().map(|log| (log.table.clone(), Arc::new(log))).collect();
        if let Some(runs) = self.log(SYNC_RUNS, None).await? {
            logs.insert(SYNC_RUNS.to_owned(), Arc::new(runs));
        }
        for known in before.map(|run| run.tables.as_slice()).unwrap_or_default() {
            if !logs.contains_key(&known.table) {
                return Err(lost(&known.table));
            }
        }
        Ok(logs)
    }

    async fn recovered(&self, known: &RunTable) -> Result<Log> {
        let newest = self.log(&known.table, None).await?.ok_or_else(|| lost(&known.table))?;
        if newest.version <= known.version {
            return if newest.version == known.version { Ok(newest) } else { Err(lost(&known.table)) };
        }
        let wanted = self.log(&known.table, Some(known.version)).await?.ok_or_else(|| lost(&known.table))?;
        let change = newest.back_to(&wanted);
        if change.adds.is_empty() && change.removes.is_empty() {
            return Ok(newest);
        }
        newest.commit(change).await?;
        self.log(&known.table, None).await?.ok_or_else(|| lost(&known.table))
    }

    /// Removes a table that no run knows.
    async fn remove(&self, table: &str) -> Result<()> {
        let store = self.place().store();
        let files = store.list(Some(&self.place().table_path(table)));
        let files: Vec<_> = files.map_ok(|meta| meta.location).try_collect().await?;
        for file in files {
            match store.delete(&file).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(e) => return Err(e.into()),
            }
        }
        Ok(())
    }
}

fn lost(table: &str) -> crate::Error {
    crate::Error::new(crate::Kind::Broken, format!("the table {table} lacks what the newest run wrote to it"))
        .hint("restore the estate from a backup; totalcloud estate check says what is missing")
}

/// The newest readings of each scope.
pub fn newest(rows: Vec<FreshRow>) -> HashMap<(String, String), Fresh> {
    let mut fresh: HashMap<(String, String), Fresh> = HashMap::new();
    for row in rows {
        let whole = row.complete && matches!(row.how, How::Whole | How::Failing);
        match fresh.entry((row.table.clone(), row.scope.clone())) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                _ = entry.insert(Fresh { whole: whole.then(|| row.clone()), last: row });
            }
            std::collections::hash_map::Entry::Occupied(mut entry) => {
                let known = entry.get_mut();
                if whole && known.whole.as_ref().is_none_or(|w| w.run < row.run) {
                    known.whole = Some(row.clone());
                }
                if known.last.run < row.run {
                    known.last = row;
                }
            }
        }
    }
    fresh
}

impl Transaction {
    /// The number of the run.
    pub fn run(&self) -> i64 {
        self.run
    }

    /// When it began.
    pub fn started(&self) -> Timestamp {
        self.started
    }

    /// The run before.
    pub fn before(&self) -> Option<&Run> {
        self.before.as_ref()
    }

    /// The estate.
    pub fn estate(&self) -> &Estate {
        &self.estate
    }

    /// What is known of the readings of a scope.
    pub fn fresh(&self, table: &str, scope: &Scope) -> Option<&Fresh> {
        self.fresh.get(&(table.to_owned(), scope.to_string()))
    }

    /// What is known of all scopes of a table that were ever read.
    pub fn readings(&self, table: &str) -> impl Iterator<Item = &Fresh> {
        self.fresh.values().filter(move |fresh| fresh.last.table == table)
    }

    /// A table as the run before left it.
    pub fn log(&self, table: &str) -> Option<&Arc<Log>> {
        self.logs.get(table)
    }

    /// Opens a table, or some scopes of it. Several writers of one table must have different scopes.
    ///
    /// # Errors
    /// If what is there cannot be read.
    pub async fn table(&self, table: &'static TableSpec, scopes: Vec<Scope>) -> Result<TableWriter> {
        let known = |scope: &Scope| self.fresh(&table.name, scope).is_some_and(|f| f.whole.is_some());
        let scopes = scopes.into_iter().map(|s| (known(&s), s)).map(|(k, s)| (s, k)).collect();
        let log = self.logs.get(&table.name).cloned();
        TableWriter::open(self.estate.place(), table, log, scopes, self.run, self.started)
            .await
            .map_err(|e| e.about(format_args!("table {}", table.name)))
    }

    /// Takes what was written of a table.
    pub fn add(&mut self, written: Written, reading: Reading) {
        let name = written.table.name.clone();
        let rows = self.before.as_ref().and_then(|r| r.table(&name)).map_or(Some(0), |t| t.rows);
        let staged = self.staged.entry(name.clone()).or_insert_with(|| Staged {
            doc: written.table.doc.to_owned(),
            partitioned: true,
            schema: written.schema.clone(),
            change: Change::new(What::Append),
            bytes: 0,
            outcome: RunTable {
                table: name,
                version: 0,
                rows,
                rows_read: 0,
                appeared: 0,
                changed: 0,
                vanished: 0,
                complete: true,
                how: How::Not,
                reason: None,
            },
        });
        staged.change.adds.extend(written.adds);
        staged.change.schema = Some(written.schema);
        staged.bytes += written.bytes;
        let outcome = &mut staged.outcome;
        outcome.rows = outcome.rows.map(|r| r + written.appeared - written.vanished);
        outcome.rows_read += written.rows_read;
        outcome.appeared += written.appeared;
        outcome.changed += written.changed;
        outcome.vanished += written.vanished;
        outcome.complete &= reading.complete;
        outcome.how = reading.how;
        outcome.reason = outcome.reason.take().or(reading.reason);
        self.changes.extend(written.changes);
        self.readings.extend(written.fresh);
    }

    /// Takes files that replace others without changing what is there, as a compaction makes them.
    pub fn replace(&mut self, table: &str, change: Change, bytes: u64, rows: Option<i64>) {
        let before = self.before.as_ref().and_then(|r| r.table(table)).cloned();
        let Some(mut outcome) = before else { return };
        outcome.rows = rows.or(outcome.rows);
        let Some(schema) = self.logs.get(table).map(|l| l.schema.clone()) else { return };
        let staged = Staged { doc: String::new(), partitioned: true, schema, change, bytes, outcome };
        self.staged.insert(table.to_owned(), staged);
    }

    /// Says of scopes that they were not read because they are taken to be as before.
    pub fn assume(&mut self, table: &str, scope: &Scope, note: &str) {
        self.readings.push(FreshRow {
            run: self.run,
            table: table.to_owned(),
            scope: scope.to_string(),
            provider: scope.provider.map(|p| p.to_string()),
            account: scope.account.clone(),
            control_id: scope.control.clone(),
            read_at: self.started,
            rows: 0,
            complete: true,
            how: How::Assumed,
            note: Some(note.to_owned()),
        });
    }

    /// Makes all of it visible.
    ///
    /// # Errors
    /// [`crate::Kind::Busy`] if another writer came in between; or if the estate cannot be written. Then nothing of
    /// the run is visible, and the next one undoes it.
    pub async fn commit(mut self, outcome: Outcome) -> Result<Run> {
        let (changes, readings) = (std::mem::take(&mut self.changes), std::mem::take(&mut self.readings));
        self.stage_plain(CHANGES, "What changed, a row a change.", schema::changes(), &changes).await?;
        self.stage_plain(FRESHNESS, "What was read when, a row a reading.", schema::freshness(), &readings)
            .await?;
        self.guard.still_held().await?;
        let staged = std::mem::take(&mut self.staged);
        let bytes: u64 = staged.values().map(|s| s.bytes).sum();
        let this = &self;
        let done = stream::iter(staged.into_values()).map(|staged| this.commit_table(staged));
        let done: Vec<RunTable> = done.buffer_unordered(AT_ONCE).try_collect().await?;
        let sum = |of: fn(&RunTable) -> i64| done.iter().map(of).sum();
        let run = Run {
            run: self.run,
            kind: self.kind,
            started: self.started,
            finished: outcome.finished,
            complete: outcome.complete,
            calls: outcome.calls,
            rows_read: sum(|t| t.rows_read),
            appeared: sum(|t| t.appeared),
            changed: sum(|t| t.changed),
            vanished: sum(|t| t.vanished),
            bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
            oldest: outcome.oldest.or(self.before.as_ref().map(|r| r.oldest)).unwrap_or(self.run),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            assumed: outcome.assumed,
            tables: self.all_tables(done),
        };
        self.guard.still_held().await?;
        let adds = write_plain(&self.estate, SYNC_RUNS, &schema::sync_runs(), &[&run]).await?.0;
        let committed = match self.logs.get(SYNC_RUNS) {
            Some(log) => log.commit(Change { adds, ..Change::new(What::Append) }).await,
            None => {
                let doc = "What was done, a row a run.";
                log::create(self.estate.place(), SYNC_RUNS, doc, &schema::sync_runs(), false, adds).await
            }
        };
        // A commit whose answer was lost is sent again, and the second one finds the first in its way.
        if let Err(e) = committed
            && (e.kind() != crate::Kind::Busy || self.estate.latest().await?.as_ref() != Some(&run))
        {
            return Err(e);
        }
        // The run is visible: a lock that cannot be given back ends by itself.
        let _ = self.guard.release().await;
        Ok(run)
    }

    /// Commits the tables and not the run, as a process does that is killed in between.
    ///
    /// # Errors
    /// If the estate cannot be written.
    #[doc(hidden)]
    pub async fn commit_tables_only(mut self) -> Result<()> {
        for staged in std::mem::take(&mut self.staged).into_values() {
            self.commit_table(staged).await?;
        }
        self.guard.release().await
    }

    /// The tables of the run: those it wrote, and those it left as they were.
    fn all_tables(&self, done: Vec<RunTable>) -> Vec<RunTable> {
        let mut all: BTreeMap<String, RunTable> = BTreeMap::new();
        for table in self.before.as_ref().map(|r| r.tables.as_slice()).unwrap_or_default() {
            // A table may have been brought back to its version under a new number.
            let version = self.logs.get(&table.table).map_or(table.version, |l| l.version);
            let untouched = RunTable {
                version,
                rows_read: 0,
                appeared: 0,
                changed: 0,
                vanished: 0,
                how: How::Not,
                ..table.clone()
            };
            all.insert(table.table.clone(), untouched);
        }
        all.extend(done.into_iter().map(|t| (t.table.clone(), t)));
        all.into_values().collect()
    }

    async fn stage_plain<T: Serialize>(
        &mut self,
        table: &str,
        doc: &str,
        schema: SchemaRef,
        rows: &[T],
    ) -> Result<()> {
        if rows.is_empty() || self.staged.contains_key(table) {
            return Ok(());
        }
        let (adds, bytes) = write_plain(&self.estate, table, &schema, rows).await?;
        let before = self.before.as_ref().and_then(|r| r.table(table)).map_or(Some(0), |t| t.rows);
        let outcome = RunTable {
            table: table.to_owned(),
            version: 0,
            rows: before.map(|r| r + rows.len() as i64),
            rows_read: 0,
            appeared: 0,
            changed: 0,
            vanished: 0,
            complete: true,
            how: How::Not,
            reason: None,
        };
        let change = Change { adds, schema: Some(schema.clone()), ..Change::new(What::Append) };
        let staged = Staged { doc: doc.to_owned(), partitioned: false, schema, change, bytes, outcome };
        self.staged.insert(table.to_owned(), staged);
        Ok(())
    }

    async fn commit_table(&self, staged: Staged) -> Result<RunTable> {
        let Staged { doc, partitioned, schema, change, mut outcome, .. } = staged;
        outcome.version = match self.logs.get(&outcome.table) {
            Some(log) if change.adds.is_empty() && change.removes.is_empty() => log.version,
            Some(log) => log.commit(change).await?,
            None => {
                log::create(self.estate.place(), &outcome.table, &doc, &schema, partitioned, change.adds)
                    .await?
            }
        };
        Ok(outcome)
    }
}

async fn write_plain<T: Serialize>(
    estate: &Estate,
    table: &str,
    schema: &SchemaRef,
    rows: &[T],
) -> Result<(Vec<deltalake::kernel::Add>, u64)> {
    let mut files = FileWriter::new(estate.place(), table, None, schema.clone());
    for rows in rows.chunks(4096) {
        files.write(&record::batch(schema, rows)?).await?;
    }
    files.finish().await
}
