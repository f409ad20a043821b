//! Runs the plan: connectors first, then tables, several at once, then what costs a call per control or
//! instance.

use super::choice::{Choice, Family};
use super::fetch::{Collected, Fetcher, fatal, may_pass};
use super::folder::Folder;
use super::journal::{self, Journal};
use super::learned::Learned;
use super::plan::{self, Part, Plan, Presence, Table};
use super::report::{Report, TableReport, Verdict};
use super::resume::{self, Resume};
use super::state::{self, Asked, Ended, RunState};
use super::table::Output;
use crate::context::{Stop, Stopped};
use crate::error::CliError;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use totalcloud::{Client, Error, InventoryApi, PageStore};
use totalcloud_api::Provider;
use totalcloud_table::Format;

/// Tables that are read at the same time, at most.
const TABLES: usize = 8;
/// Rows from which on a table is big.
const BIG: u64 = 2_000;
/// Big tables that are read at the same time, at most. Each of them can keep all calls busy, and holds a row
/// group in memory where the format has such.
const BIG_TABLES: usize = 2;

/// What is asked for.
pub struct Ask {
    /// Format of the tables.
    pub format: Format,
    /// Which families.
    pub choice: Choice,
    /// The same as typed, to be remembered.
    pub asked: Asked,
    /// Whether an unfinished pull is gone on with.
    pub resume: Resume,
    /// Calls at the same time, at most.
    pub concurrency: usize,
    /// Which operation lists resources.
    pub inventory_api: InventoryApi,
    /// The clock.
    pub now: fn() -> Timestamp,
}

/// Looks on while a pull runs. Nothing of it may block.
pub trait Watch: Send + Sync {
    /// More tables are to come.
    fn planned(&self, _tables: usize) {}
    /// A table was begun.
    fn begun(&self, _table: &str) {}
    /// The service says that a table has so many more rows.
    fn expects(&self, _table: &str, _rows: u64) {}
    /// A row came.
    fn row(&self, _table: &str, _row: &Bytes) {}
    /// Rows of a table were written.
    fn wrote(&self, _table: &str, _rows: u64) {}
    /// A table came to its end.
    fn ended(&self, _report: &TableReport) {}
    /// Something to know at once.
    fn note(&self, _text: &str) {}
    /// Calls made so far.
    fn calls(&self) -> u64 {
        0
    }
}

/// Pulls into the folder. What is missing at the end, the report says.
///
/// # Errors
/// If nobody can sign in, the service cannot be reached at all, or the folder cannot be written.
pub async fn pull(
    client: &Client,
    ask: &Ask,
    folder: &Folder,
    watch: &dyn Watch,
    stop: Stop,
) -> Result<Report, CliError> {
    let started = (ask.now)();
    let beginning = resume::begin(folder, &ask.asked, started, ask.resume)?;
    beginning.said.iter().for_each(|said| watch.note(said));
    let state = beginning.state;
    folder.write(state::FILE, &state)?;
    let pulled = state.started.to_string();
    let store = beginning.journal.clone().map(|journal| journal as Arc<dyn PageStore>);
    let run = Run {
        ask,
        folder,
        watch,
        fetcher: Fetcher::new(client, ask.concurrency, store)
            .updated(ask.asked.updated.as_deref())
            .inventory_api(ask.inventory_api),
        journal: beginning.journal,
        resumed: beginning.resumed,
        started,
        stop,
        learned: Learned::new(&ask.choice),
        big: Semaphore::new(BIG_TABLES),
        errors: Mutex::default(),
        not_whole: Mutex::default(),
        state: Mutex::new(state),
        metadata: vec![
            ("totalcloud.version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
            ("totalcloud.pulled".to_owned(), pulled),
        ],
    };
    let Some((mut tables, found)) = run.connectors().await? else {
        return run.finish(Vec::new(), Vec::new());
    };
    let plan = Plan::new(&ask.choice, &found);
    let mut notes = plan.notes.clone();
    tables.extend(run.tables(plan.in_order()).await?);
    let second = {
        let evaluated = run.learned.evaluated();
        let uuids = run.learned.uuids();
        let mut second: Vec<Table> =
            plan::resource_evaluations(&ask.choice, &evaluated).into_iter().collect();
        second.extend(plan::details(&ask.choice, &uuids, &run.lock_not_whole()));
        for table in &mut second {
            let of = plan::follows_from(table).to_owned();
            if let Some(why) = run.lock_not_whole().get(&of) {
                table.parts.push(Part::Unavailable { reason: format!("{of} is not whole: {why}") });
            }
        }
        second
    };
    let order: Vec<String> = plan.tables.iter().chain(&second).map(|t| t.name.clone()).collect();
    tables.extend(run.tables(second).await?);
    tables.sort_by_key(|t| order.iter().position(|n| *n == t.table).map_or(0, |at| at + 1));
    if run.learned.no_oci() {
        notes.push("oci has no instances, so nothing of it is there to pull".to_owned());
    }
    run.finish(tables, notes)
}

/// What the connectors say: their table, and what is known of each cloud.
type Found = (Vec<TableReport>, BTreeMap<Provider, Presence>);

struct Run<'a> {
    ask: &'a Ask,
    folder: &'a Folder,
    watch: &'a dyn Watch,
    fetcher: Fetcher<'a>,
    journal: Option<Arc<Journal>>,
    resumed: Option<Timestamp>,
    started: Timestamp,
    stop: Stop,
    learned: Learned,
    big: Semaphore,
    /// What parts ended with.
    errors: Mutex<Vec<Error>>,
    /// Tables that are not whole, and why: what follows from them is not whole either.
    not_whole: Mutex<BTreeMap<String, String>>,
    state: Mutex<RunState>,
    metadata: Vec<(String, String)>,
}

impl Run<'_> {
    /// Reads the connectors of each cloud, which say what there is. Nothing comes back where the run is
    /// stopped before they are read.
    async fn connectors(&self) -> Result<Option<Found>, CliError> {
        let lookups = plan::lookups(&self.ask.choice);
        let keep = lookups.iter().any(|l| l.keep);
        if keep {
            self.watch.planned(1);
            self.watch.begun(plan::CONNECTORS);
        }
        let mut stop = self.stop.clone();
        let read =
            stream::iter(&lookups).map(|l| self.fetcher.connectors(*l)).buffered(4).collect::<Vec<_>>();
        let read: Vec<Collected> = tokio::select! {
            biased;
            () = stop.asked() => return Ok(None),
            read = read => read,
        };
        // If nothing works, and not for want of a permission, it makes no sense to go on.
        let errors: Vec<&Error> = read.iter().filter_map(|c| c.error.as_ref()).collect();
        if let Some(first) = errors.first()
            && errors.len() == read.len()
            && errors.iter().all(|e| fatal(e) && e.kind() == first.kind())
        {
            return Err((*first).clone().into());
        }
        let found = lookups.iter().zip(&read).map(|(l, c)| (l.provider, c.presence())).collect();
        for collected in &read {
            self.note(collected.error.as_ref());
        }
        let mut tables = Vec::new();
        if keep {
            let table = plan::connectors();
            let mut output = Output::open(self.folder, &table, self.ask.format, &self.metadata)?;
            let mut ends = Vec::new();
            for (lookup, collected) in lookups.iter().zip(&read) {
                if lookup.keep {
                    self.write(&table, &mut output, collected)?;
                    ends.push(collected.end.clone());
                }
            }
            tables.push(self.close(&table, output, &ends).await?);
        }
        Ok(Some((tables, found)))
    }

    /// Reads tables, several at once. A table that fails does not end the others; a folder that cannot be
    /// written does.
    async fn tables(&self, tables: Vec<Table>) -> Result<Vec<TableReport>, CliError> {
        self.watch.planned(tables.iter().filter(|t| t.keep).count());
        let mut reports = Vec::new();
        let mut work = stream::iter(tables).map(|table| self.table(table)).buffer_unordered(TABLES);
        while let Some(report) = work.next().await {
            reports.extend(report?);
        }
        Ok(reports)
    }

    async fn table(&self, table: Table) -> Result<Option<TableReport>, CliError> {
        let mut output = Output::open(self.folder, &table, self.ask.format, &self.metadata)?;
        if table.keep {
            self.watch.begun(&table.name);
        }
        let mut stop = self.stop.clone();
        let mut ends = Vec::new();
        let came_to_its_end = tokio::select! {
            biased;
            () = stop.asked() => false,
            read = self.read(&table, &mut output, &mut ends) => { read?; true }
        };
        if !came_to_its_end {
            let reason = match self.stop.why() {
                Some(Stopped::Deadline) => "the deadline was reached",
                _ => "interrupted",
            };
            ends.push(Verdict::Short { missing: None, reason: reason.to_owned() });
        }
        let nothing =
            table.provider == Some(Provider::Oci) && output.rows() == 0 && Verdict::of(&ends).is_complete();
        if table.family == Family::Inventory && table.provider == Some(Provider::Oci) {
            let reason = (!Verdict::of(&ends).is_complete()).then(|| Verdict::of(&ends).to_string());
            self.learned.read_tenancies(reason, nothing);
        }
        let end = Verdict::of(&ends);
        if !end.is_complete() {
            self.lock_not_whole().insert(table.name.clone(), end.to_string());
        }
        // A cloud that is not there leaves no empty table behind.
        if nothing || !table.keep {
            return Ok(None);
        }
        self.close(&table, output, &ends).await.map(Some)
    }

    /// Reads the parts of a table. A table of one part is written page by page, others part by part.
    async fn read(
        &self,
        table: &Table,
        output: &mut Output,
        ends: &mut Vec<Verdict>,
    ) -> Result<(), CliError> {
        if let [part] = &table.parts[..] {
            let mut reader = self.fetcher.open(part, &self.learned).await;
            let mut told = false;
            let mut _place = None;
            while let Some(rows) = reader.next().await {
                if !told && let Some(total) = reader.total() {
                    told = true;
                    output.expect(Some(total));
                    self.watch.expects(&table.name, total);
                    if total > BIG {
                        _place = self.big.acquire().await.ok();
                    }
                }
                self.rows(table, output, &rows)?;
            }
            if !told {
                output.expect(reader.total());
            }
            self.note(reader.error());
            ends.push(reader.end());
            return Ok(());
        }
        let mut parts = stream::iter(&table.parts)
            .map(|part| self.fetcher.collect(part, &self.learned))
            .buffered(self.ask.concurrency.max(1));
        while let Some(collected) = parts.next().await {
            self.write(table, output, &collected)?;
            self.note(collected.error.as_ref());
            ends.push(collected.end);
        }
        Ok(())
    }

    fn write(&self, table: &Table, output: &mut Output, collected: &Collected) -> Result<(), CliError> {
        output.expect(collected.total);
        if let Some(total) = collected.total {
            self.watch.expects(&table.name, total);
        }
        self.rows(table, output, &collected.rows)
    }

    fn rows(&self, table: &Table, output: &mut Output, rows: &[Bytes]) -> Result<(), CliError> {
        for row in rows {
            self.learned.row(table, row);
            if table.keep {
                self.watch.row(&table.name, row);
            }
            output.push(row)?;
        }
        if table.keep {
            self.watch.wrote(&table.name, rows.len() as u64);
        }
        Ok(())
    }

    async fn close(&self, table: &Table, output: Output, ends: &[Verdict]) -> Result<TableReport, CliError> {
        let file = format!("{}.{}", table.name, self.ask.format.extension());
        let whole_before = self.folder.has(&file) && self.lock().is_whole(&table.name, &file);
        let report = output.end(ends, whole_before).await?;
        let mut state = self.lock();
        state.ended(&report, (self.ask.now)());
        self.folder.write(state::FILE, &*state)?;
        drop(state);
        self.watch.ended(&report);
        Ok(report)
    }

    fn lock_not_whole(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.not_whole.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, error: Option<&Error>) {
        if let Some(error) = error {
            self.errors.lock().unwrap_or_else(PoisonError::into_inner).push(error.clone());
        }
    }

    /// The error that kept everything away, such as a password that is wrong.
    fn nothing_works(&self, tables: &[TableReport]) -> Option<Error> {
        if self.stop.is_asked() || tables.iter().any(|t| t.rows > 0 || t.verdict.is_complete()) {
            return None;
        }
        let errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        let first = errors.first()?;
        errors.iter().all(|e| fatal(e) && e.kind() == first.kind()).then(|| first.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, RunState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finish(&self, tables: Vec<TableReport>, mut notes: Vec<String>) -> Result<Report, CliError> {
        if let Some(error) = self.nothing_works(&tables) {
            return Err(error.into());
        }
        let ended = self.ended();
        let mut state = self.lock();
        let left: Vec<&str> = state.left_over(&tables).collect();
        if let Some(trouble) = self.journal.as_ref().and_then(|j| j.trouble()) {
            notes.push(format!("pages could not be kept for going on later: {trouble}"));
        }
        if !left.is_empty() {
            notes.push(format!("left from an earlier pull: {}", left.join(", ")));
        }
        let finished = (self.ask.now)();
        let report = Report {
            version: env!("CARGO_PKG_VERSION"),
            started: self.started,
            resumed: self.resumed,
            finished,
            format: self.ask.format.name(),
            complete: ended.is_none() && tables.iter().all(|t| t.verdict.is_complete()),
            interrupted: ended == Some(Ended::Interrupted),
            ended,
            pages_kept: self.journal.as_ref().map_or(0, |j| j.pages()),
            calls: self.watch.calls(),
            rows: tables.iter().map(|t| t.rows).sum(),
            tables,
            notes,
        };
        // What an earlier pull brought is not to be gone on with where nothing is left that may still come.
        state.ended = ended;
        state.finished = ended.is_none().then_some(finished);
        if let (Some(journal), Some(_)) = (&self.journal, ended) {
            journal.sync().map_err(|e| self.in_journal(&e))?;
        }
        self.folder.write(state::SUMMARY, &report)?;
        self.folder.write(state::FILE, &*state)?;
        if ended.is_none() {
            journal::remove(&self.folder.state_path(journal::FILE)).map_err(|e| self.in_journal(&e))?;
        }
        Ok(report)
    }

    fn in_journal(&self, e: &std::io::Error) -> CliError {
        CliError::output(&self.folder.state_path(journal::FILE).display().to_string(), e)
    }

    /// What stopped the run before its end, if something did that may not stop it another time.
    fn ended(&self) -> Option<Ended> {
        match self.stop.why() {
            Some(Stopped::Deadline) => Some(Ended::Deadline),
            Some(Stopped::Interrupted | Stopped::Terminated) => Some(Ended::Interrupted),
            None => {
                let errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
                errors.iter().any(may_pass).then_some(Ended::Failed)
            }
        }
    }
}
