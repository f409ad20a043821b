//! One consistent state of an estate: all tables as one run left them.

use super::current::{CurrentTable, HistoryTable};
use super::files::{FileSet, read_schema};
use super::findings::Findings;
use super::plain::PlainTable;
use super::resources::Resources;
use super::seen::RunTimes;
use super::table::{TableState, file_set};
use crate::layout::{CHANGES, FRESHNESS, Layer, SYNC_RUNS};
use crate::store::{Estate, Run};
use crate::tables::{self, Kind as Family};
use crate::{Error, Kind, Result};
use async_trait::async_trait;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// The schema of what holds.
pub const ESTATE: &str = "estate";
/// The schema of all row versions.
pub const HISTORY: &str = "history";
/// The view of the resources of all types.
pub const RESOURCES: &str = "resources";
/// The view of findings, those that ended included.
pub const FINDINGS: &str = "findings";
/// The table behind it.
const RESOURCE_EVALUATIONS: &str = "resource_evaluations";

/// Which state is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// The newest.
    Latest,
    /// The one that a run left.
    Run(i64),
    /// The one of the last run that was finished by then.
    Time(Timestamp),
}

/// A state of an estate. Cheap to clone; nothing that runs meanwhile changes it.
#[derive(Clone)]
pub struct Snapshot {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    run: Run,
    /// The newest run: its versions of the tables hold the rows of all runs that can be asked for.
    newest: Run,
    states: BTreeMap<String, OnceCell<Arc<TableState>>>,
}

/// What all tables of a snapshot need, read at the first use.
pub(crate) struct Shared {
    pub(crate) estate: Estate,
    times: OnceCell<Arc<RunTimes>>,
    freshness: OnceCell<Option<FileSet>>,
    freshness_version: Option<i64>,
}

impl Shared {
    pub(crate) fn new(estate: &Estate, freshness_version: Option<i64>) -> Shared {
        Shared {
            estate: estate.clone(),
            times: OnceCell::new(),
            freshness: OnceCell::new(),
            freshness_version,
        }
    }

    /// When runs began.
    pub(crate) async fn times(&self) -> Result<Arc<RunTimes>> {
        let load = async {
            let runs = self.estate.runs().await?;
            let times = runs.into_iter().map(|r| (r.run, r.started.as_microsecond()));
            Ok(Arc::new(RunTimes(times.collect())))
        };
        self.times.get_or_try_init(|| load).await.cloned()
    }

    /// The files of the table of readings, if there is one.
    pub(crate) async fn freshness(&self) -> Result<Option<FileSet>> {
        let load = async {
            let Some(version) = self.freshness_version else { return Ok(None) };
            match self.estate.log(FRESHNESS, Some(version)).await? {
                Some(log) => Ok(Some(file_set(&self.estate, &log, &Layer::ALL, read_schema)?)),
                None => Err(lost(FRESHNESS)),
            }
        };
        self.freshness.get_or_try_init(|| load).await.cloned()
    }
}

impl Snapshot {
    /// The state of an estate at a time.
    ///
    /// # Errors
    /// [`Kind::Missing`] if no run was finished by then; [`Kind::Input`] if it is no longer kept or there is no
    /// such run; or what reading the runs says.
    pub async fn of(estate: &Estate, as_of: AsOf) -> Result<Snapshot> {
        let newest = estate.latest().await?.ok_or_else(|| never(estate))?;
        let run = match as_of {
            AsOf::Latest => newest.clone(),
            AsOf::Run(number) if number == newest.run => newest.clone(),
            AsOf::Run(number) => numbered(estate.runs().await?, number, &newest)?,
            AsOf::Time(time) if time >= newest.finished => newest.clone(),
            AsOf::Time(time) => finished_by(estate.runs().await?, time, &newest)?,
        };
        let states = newest.tables.iter().filter(|t| tables::get(&t.table).is_some());
        let states = states.map(|t| (t.table.clone(), OnceCell::new())).collect();
        let shared = Shared::new(estate, newest.table(FRESHNESS).map(|t| t.version));
        Ok(Snapshot { inner: Arc::new(Inner { shared: Arc::new(shared), run, newest, states }) })
    }

    /// The run whose state it is.
    pub fn run(&self) -> &Run {
        &self.inner.run
    }

    /// The newest run of the estate when the snapshot was made.
    pub fn newest(&self) -> &Run {
        &self.inner.newest
    }

    /// The estate.
    pub fn estate(&self) -> &Estate {
        &self.inner.shared.estate
    }

    /// The tables of row versions that there are, by name.
    pub fn tables(&self) -> Vec<&str> {
        self.inner.states.keys().map(String::as_str).collect()
    }

    /// Whether a table was ever read.
    pub fn has(&self, table: &str) -> bool {
        self.inner.states.contains_key(table)
    }

    /// The families of which a table was ever read, as `--only` of a sync names them.
    pub fn families(&self) -> BTreeSet<&'static str> {
        self.tables().into_iter().filter_map(tables::get).map(|t| t.kind.family()).collect()
    }

    /// All names of the schema `estate`.
    pub fn names(&self) -> Vec<String> {
        let plain = [SYNC_RUNS, CHANGES, FRESHNESS].into_iter().filter(|t| self.plain_version(t).is_some());
        let views = [(RESOURCES, Family::Inventory), (FINDINGS, Family::ResourceEvaluations)];
        let views = views.into_iter().filter(|(_, family)| self.of_family(*family).next().is_some());
        let mut names: Vec<String> = self.tables().into_iter().map(str::to_owned).collect();
        names.extend(views.map(|(name, _)| name.to_owned()));
        names.extend(plain.map(str::to_owned));
        names
    }

    /// A table or view of the schema `estate`.
    ///
    /// # Errors
    /// If it cannot be read. Nothing comes back where there is no such table.
    pub async fn provider(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if self.has(name) {
            return Ok(Some(Arc::new(CurrentTable::new(self.state(name).await?))));
        }
        if !self.names().iter().any(|n| n == name) {
            return Ok(None);
        }
        Ok(Some(match name {
            RESOURCES => Arc::new(Resources::of(self).await?),
            FINDINGS => Arc::new(Findings::new(CurrentTable::new(self.state(RESOURCE_EVALUATIONS).await?))),
            plain => {
                let version = self.plain_version(plain).flatten();
                let log = self.estate().log(plain, version).await?.ok_or_else(|| lost(plain))?;
                let files = file_set(self.estate(), &log, &Layer::ALL, read_schema)?;
                Arc::new(PlainTable::new(plain, files, self.run().run))
            }
        }))
    }

    /// All versions of the rows of a table, as the schema `history` has them.
    ///
    /// # Errors
    /// If the table cannot be read. Nothing comes back where there is no such table.
    pub async fn history(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if !self.has(name) {
            return Ok(None);
        }
        Ok(Some(Arc::new(HistoryTable::new(self.state(name).await?))))
    }

    /// Adds the schemas `estate` and `history` to the catalog of a session.
    ///
    /// # Errors
    /// If the session has no catalog that takes them.
    pub fn register(&self, context: &SessionContext) -> Result<()> {
        let name = context.copied_config().options().catalog.default_catalog.clone();
        let catalog = context
            .catalog(&name)
            .ok_or_else(|| Error::new(Kind::Failed, format!("the session has no catalog {name}")))?;
        for (name, history) in [(ESTATE, false), (HISTORY, true)] {
            catalog.register_schema(name, Arc::new(Schema { snapshot: self.clone(), history }))?;
        }
        Ok(())
    }

    /// The names of the tables of a family that were read.
    pub(crate) fn of_family(&self, family: Family) -> impl Iterator<Item = &'static tables::TableSpec> {
        let all = self.tables().into_iter().filter_map(tables::get).collect::<Vec<_>>();
        all.into_iter().filter(move |t| t.kind == family)
    }

    /// The Delta version of a plain table; those of runs are read as they are now, because their own row is
    /// written last.
    fn plain_version(&self, name: &str) -> Option<Option<i64>> {
        match name {
            SYNC_RUNS => Some(None),
            name => self.inner.newest.table(name).map(|t| Some(t.version)),
        }
    }

    pub(crate) async fn state(&self, name: &str) -> Result<Arc<TableState>> {
        let inner = &self.inner;
        let (Some(cell), Some(entry)) = (inner.states.get(name), inner.newest.table(name)) else {
            return Err(lost(name));
        };
        let load = async {
            let log = inner.shared.estate.log(name, Some(entry.version)).await?.ok_or_else(|| lost(name))?;
            let rows = inner.run.table(name).map_or(Some(0), |t| t.rows);
            let rows = rows.and_then(|n| usize::try_from(n).ok());
            Ok(Arc::new(TableState::new(&log, inner.run.run, rows, Arc::clone(&inner.shared), read_schema)?))
        };
        cell.get_or_try_init(|| load).await.cloned()
    }
}

fn lost(table: &str) -> Error {
    Error::new(Kind::Broken, format!("the table {table} is not there, though a run wrote it"))
        .hint("restore its folder from a backup, or sync into a new estate; totalcloud estate check says what else is wrong")
}

fn never(estate: &Estate) -> Error {
    let what = format!("no sync into the estate at {} was finished yet", estate.place());
    Error::new(Kind::Missing, what).hint("fill it with: totalcloud sync")
}

/// An instant for people.
fn shown(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn numbered(runs: Vec<Run>, number: i64, newest: &Run) -> Result<Run> {
    if number < newest.oldest && number > 0 {
        return Err(forgotten(&format!("run {number}"), &runs, newest));
    }
    runs.into_iter().find(|r| r.run == number).ok_or_else(|| {
        let what = format!("there is no run {number}; the newest is {}", newest.run);
        Error::new(Kind::Input, what).hint("totalcloud estate info --runs lists them")
    })
}

fn finished_by(runs: Vec<Run>, time: Timestamp, newest: &Run) -> Result<Run> {
    let found = runs.iter().filter(|r| r.finished <= time).max_by_key(|r| r.run).cloned();
    let Some(run) = found else {
        let first = runs.iter().map(|r| r.finished).min().unwrap_or(newest.finished);
        let what =
            format!("nothing is known of {}: the first run was finished on {}", shown(time), shown(first));
        return Err(Error::new(Kind::Input, what).hint("ask for that time or a later one"));
    };
    if run.run < newest.oldest {
        return Err(forgotten(&shown(time), &runs, newest));
    }
    Ok(run)
}

fn forgotten(asked: &str, runs: &[Run], newest: &Run) -> Error {
    let oldest = runs.iter().find(|r| r.run >= newest.oldest).unwrap_or(newest);
    let what = format!(
        "{asked} is no longer kept: the oldest that can be asked for is run {}, finished on {}",
        oldest.run,
        shown(oldest.finished)
    );
    Error::new(Kind::Input, what)
        .hint("the table changes still tells what changed before; keep more with: totalcloud estate optimize --keep-history")
}

/// A schema of SQL; its tables are opened when they are named.
struct Schema {
    snapshot: Snapshot,
    history: bool,
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "schema at run {}", self.snapshot.run().run)
    }
}

#[async_trait]
impl SchemaProvider for Schema {
    fn table_names(&self) -> Vec<String> {
        if self.history {
            return self.snapshot.tables().into_iter().map(str::to_owned).collect();
        }
        self.snapshot.names()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        let found =
            if self.history { self.snapshot.history(name).await } else { self.snapshot.provider(name).await };
        Ok(found?)
    }

    fn table_exist(&self, name: &str) -> bool {
        self.table_names().iter().any(|n| n == name)
    }
}
