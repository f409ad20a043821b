//! Compaction: what was added since the last one is folded into the base, and what it superseded goes to the past.
//!
//! The base is written anew, sorted, a batch at a time; what does not fit into memory is spilled to disk. Nothing
//! changes for who asks, of whatever run: a version that was superseded keeps the run that did so, and tombstones
//! are kept as versions that nothing superseded yet.

use super::file::FileWriter;
use super::log::{Change, Log, What};
use super::{Estate, Run, RunKind, vacuum};
use crate::layout::{GONE, KEY, Layer, RUN, TO};
use crate::place::Wait;
use crate::pool::{self, SplitPool};
use crate::read::Shared;
use crate::read::files::fold_schema;
use crate::read::table::{Filter, Part, TableState, column};
use crate::read::versions;
use crate::store::transaction::Outcome as End;
use crate::tables::{self, TableSpec};
use crate::{Error, Kind, Result};
use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::{SortOptions, cast, filter_record_batch, is_null};
use arrow::datatypes::{Int64Type, SchemaRef};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, execute_stream};
use datafusion::prelude::{SessionConfig, SessionContext};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// Files in `recent` that are too many.
const MOST_FILES: usize = 24;
/// Rows in `recent` below which there are never too many.
const FEW_ROWS: u64 = 50_000;
/// The part of the base that `recent` may have: one in so many.
const SHARE: u64 = 10;
/// Files of a plain table, or of the past, that are worth being put together.
const MOST_SMALL: usize = 32;
/// Bytes that are sorted at a time, and rows at most and at least.
const BATCH_BYTES: u64 = 1 << 19;
const MOST_ROWS: u64 = 4096;
const LEAST_ROWS: u64 = 8;
/// Logs that are opened at the same time.
const AT_ONCE: usize = 8;

/// What is wanted of [`optimize`].
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether tables are folded that do not need it yet.
    pub all: bool,
    /// How long row versions are kept that hold no more.
    pub keep_history: SignedDuration,
    /// How long files are kept that no run needs any more.
    pub keep_files: SignedDuration,
    /// Whether nothing is done but said.
    pub dry_run: bool,
    /// Memory for sorting, in bytes.
    pub memory: usize,
    /// How long to wait for another writer.
    pub wait: std::time::Duration,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            all: true,
            keep_history: SignedDuration::from_hours(400 * 24),
            keep_files: SignedDuration::from_hours(7 * 24),
            dry_run: false,
            memory: 192 << 20,
            wait: std::time::Duration::from_secs(60),
        }
    }
}

impl Options {
    /// What is done at the end of a sync: only what is needed.
    pub fn after_sync() -> Options {
        Options { all: false, ..Options::default() }
    }
}

/// A table that is to be folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Its name.
    pub table: String,
    /// Files that would be put together.
    pub files: usize,
    /// Row versions since the last compaction.
    pub recent: u64,
    /// Rows in the base.
    pub base: u64,
}

/// What [`optimize`] did, or would do.
#[derive(Debug, Clone, Default)]
pub struct Optimized {
    /// The tables.
    pub tables: Vec<Due>,
    /// The run it was, if anything was folded.
    pub run: Option<Run>,
    /// The oldest run that can be asked for.
    pub oldest: i64,
    /// Files that were removed because no run needs them.
    pub removed: usize,
    /// Their bytes.
    pub freed: u64,
}

/// The tables that need a compaction: so that reading them stays cheap.
///
/// # Errors
/// If a log cannot be read.
pub async fn due(estate: &Estate) -> Result<Vec<Due>> {
    let Some(run) = estate.latest().await? else { return Ok(Vec::new()) };
    Ok(wanted(&opened(estate, &run).await?, false))
}

async fn opened(estate: &Estate, run: &Run) -> Result<Vec<Log>> {
    let logs = run.tables.iter().map(|t| estate.log(&t.table, Some(t.version)));
    let logs: Vec<Option<Log>> =
        stream::iter(logs.collect::<Vec<_>>()).buffered(AT_ONCE).try_collect().await?;
    Ok(logs.into_iter().flatten().collect())
}

fn wanted(logs: &[Log], all: bool) -> Vec<Due> {
    let due = logs.iter().filter_map(|log| {
        let count = |layer| log.files.iter().filter(|f| f.layer == layer).count();
        let rows = |layer| log.rows(layer).unwrap_or(u64::MAX);
        if tables::get(&log.table).is_none() {
            let files = log.files.len();
            let due = Due { table: log.table.clone(), files, recent: 0, base: rows(Layer::Base) };
            return (files > if all { 1 } else { MOST_SMALL }).then_some(due);
        }
        let (recent, base, files) = (rows(Layer::Recent), rows(Layer::Base), count(Layer::Recent));
        let many = files >= MOST_FILES || (recent >= FEW_ROWS && recent >= base / SHARE);
        let due = Due { table: log.table.clone(), files, recent, base };
        (files > 0 && (all || many)).then_some(due)
    });
    due.collect()
}

/// Folds tables, forgets what is older than wanted, and removes files that nobody needs.
///
/// # Errors
/// [`Kind::Busy`] if another writer does not end in time; or if the estate cannot be read or written. Nothing is
/// lost then: files that were written in vain are removed by a later call.
pub async fn optimize(estate: &Estate, options: &Options, now: Timestamp) -> Result<Optimized> {
    let Some(newest) = estate.latest().await? else { return Ok(Optimized::default()) };
    if !options.all || options.dry_run {
        let tables = wanted(&opened(estate, &newest).await?, options.all);
        let oldest = horizon(estate, &newest, options, now).await?;
        if tables.is_empty() || options.dry_run {
            let mut done = Optimized { tables, oldest, ..Optimized::default() };
            if options.dry_run {
                let unused = vacuum::unused(estate, options.keep_files, now).await?;
                done.removed = unused.len();
                done.freed = unused.iter().map(|m| m.size).sum();
            }
            return Ok(done);
        }
    }
    let wait = Wait::quietly(options.wait);
    let mut tx = estate.begin(RunKind::Optimize, now, wait, "totalcloud estate optimize").await?;
    let Some(before) = tx.before().cloned() else { return Ok(Optimized::default()) };
    let oldest = horizon(estate, &before, options, now).await?;
    let logs: Vec<Arc<Log>> = before.tables.iter().filter_map(|t| tx.log(&t.table).cloned()).collect();
    let tables = wanted(&logs.iter().map(|l| l.as_ref().clone()).collect::<Vec<_>>(), options.all);
    let runtime = runtime(options)?;
    let mut staged = false;
    for log in logs {
        let folds = tables.iter().any(|d| d.table == log.table);
        let done = match tables::get(&log.table) {
            None if folds => merge(estate, &log).await?,
            None => None,
            Some(spec) => {
                let context = match folds {
                    true => session(estate, &runtime, &log, options).await?,
                    false => SessionContext::new_with_config_rt(SessionConfig::new(), Arc::clone(&runtime)),
                };
                fold(estate, &context, spec, &log, before.run, oldest, folds).await?
            }
        };
        if let Some(Folded { change, bytes, rows }) = done {
            staged = true;
            tx.replace(&log.table, change, bytes, rows);
        }
    }
    let mut done = Optimized { tables, oldest, ..Optimized::default() };
    if staged || oldest > before.oldest {
        let end = End { complete: true, finished: now, oldest: Some(oldest), ..End::default() };
        done.run = Some(tx.commit(end).await?);
    } else {
        drop(tx);
    }
    let most = if options.all { 2 } else { MOST_SMALL };
    (done.removed, done.freed) = vacuum::tidy(estate, most, options.keep_files, now).await?;
    Ok(done)
}

/// The oldest run whose state is kept: the one that held at the beginning of the time that is kept.
async fn horizon(estate: &Estate, newest: &Run, options: &Options, now: Timestamp) -> Result<i64> {
    let Ok(since) = now.checked_sub(options.keep_history) else { return Ok(newest.oldest) };
    let runs = estate.runs().await?;
    let held = runs.iter().filter(|r| r.finished <= since).map(|r| r.run).max();
    Ok(held.unwrap_or(newest.oldest).max(newest.oldest))
}

/// What sorts share: their memory, and where they spill.
fn runtime(options: &Options) -> Result<Arc<RuntimeEnv>> {
    let pool = Arc::new(SplitPool::new(options.memory));
    Ok(RuntimeEnvBuilder::new().with_memory_pool(pool).build_arc()?)
}

/// A session for one table. Rows of some tables are a hundred times as wide as those of others.
async fn session(
    estate: &Estate,
    runtime: &Arc<RuntimeEnv>,
    log: &Log,
    options: &Options,
) -> Result<SessionContext> {
    let (mut bytes, mut rows) = (0, 0);
    for file in log.files.iter().filter(|f| f.layer != Layer::Past) {
        let reader = super::file::open(estate.place(), log.object(estate.place(), file), file).await?;
        for group in reader.metadata().row_groups() {
            bytes += u64::try_from(group.total_byte_size()).unwrap_or_default();
            rows += u64::try_from(group.num_rows()).unwrap_or_default();
        }
    }
    // Values that repeat are stored once, so that rows are wider in memory.
    let width = (2 * bytes / rows.max(1)).max(1);
    let batch = (BATCH_BYTES.min(options.memory as u64 / 16) / width).clamp(LEAST_ROWS, MOST_ROWS);
    let mut config = SessionConfig::new().with_batch_size(batch as usize).with_target_partitions(2);
    pool::tell(&mut config.options_mut().execution);
    Ok(SessionContext::new_with_config_rt(config, Arc::clone(runtime)))
}

struct Folded {
    change: Change,
    bytes: u64,
    rows: Option<i64>,
}

/// One table: `recent` into the base and the past, and of the past what is too old away.
async fn fold(
    estate: &Estate,
    context: &SessionContext,
    spec: &'static TableSpec,
    log: &Arc<Log>,
    run: i64,
    oldest: i64,
    folds: bool,
) -> Result<Option<Folded>> {
    let table = Fold {
        state: TableState::new(log, run, None, Arc::new(Shared::new(estate, None)), fold_schema)?,
        estate,
        context,
        spec,
        log,
        oldest,
    };
    let mut removed: Vec<String> = table.expired();
    let (mut adds, mut bytes, mut rows) = (Vec::new(), 0, None);
    if folds {
        let (base, size, count) = table.base().await?;
        adds.extend(base);
        bytes += size;
        rows = Some(count);
        let reread = table.reread(&removed);
        let (past, size) = table.past(&reread).await?;
        adds.extend(past);
        bytes += size;
        removed.extend(reread);
        let folded = log.files.iter().filter(|f| matches!(f.layer, Layer::Base | Layer::Recent));
        removed.extend(folded.map(|f| f.path.clone()));
    }
    if adds.is_empty() && removed.is_empty() {
        return Ok(None);
    }
    let mut change = Change::new(What::Compact);
    change.removes = log.removes(|path| removed.iter().any(|r| r == path), false);
    if change.removes.len() != removed.len() {
        let what = format!("the log of the table {} and its files do not fit together", log.table);
        return Err(Error::new(Kind::Broken, what).hint("totalcloud estate check says what is broken"));
    }
    change.adds = adds.into_iter().map(|add| deltalake::kernel::Add { data_change: false, ..add }).collect();
    Ok(Some(Folded { change, bytes, rows }))
}

struct Fold<'a> {
    state: TableState,
    estate: &'a Estate,
    context: &'a SessionContext,
    spec: &'static TableSpec,
    log: &'a Log,
    oldest: i64,
}

impl Fold<'_> {
    /// Files of the past whose versions all ceased to hold before the oldest run that is kept.
    fn expired(&self) -> Vec<String> {
        self.past_files(|least, most, open| {
            !open && least.is_some() && most.is_some_and(|to| to <= self.oldest)
        })
    }

    /// Files of the past that are written anew: those with tombstones that may be superseded by now, and small
    /// ones, once there are many.
    fn reread(&self, gone: &[String]) -> Vec<String> {
        let open = self.past_files(|_, _, open| open);
        let closed = self.past_files(|_, _, open| !open);
        let small = self.log.files.iter().filter(|f| closed.contains(&f.path) && f.size < 32 << 20);
        let small: Vec<String> = small.map(|f| f.path.clone()).collect();
        let small = if small.len() >= MOST_SMALL { small } else { Vec::new() };
        open.into_iter().chain(small).filter(|path| !gone.contains(path)).collect()
    }

    /// The files of the past by the least and greatest `_to`, and whether there is one without.
    fn past_files(&self, wanted: impl Fn(Option<i64>, Option<i64>, bool) -> bool) -> Vec<String> {
        let of = self.log.files.iter().filter(|f| f.layer == Layer::Past);
        let chosen = of.filter(|file| {
            let known = To::of(file.stats.as_deref().unwrap_or_default());
            wanted(known.least, known.most, known.open)
        });
        chosen.map(|f| f.path.clone()).collect()
    }

    /// The state as the new base, sorted.
    async fn base(&self) -> Result<(Vec<deltalake::kernel::Add>, u64, i64)> {
        let state = self.context.state();
        let columns: Vec<&str> = self.log.schema.fields().iter().map(|f| f.name().as_str()).collect();
        let plan = self.state.read(&state, self.state.live(), &columns, &[], None).await?;
        let mut batches = execute_stream(self.sorted(plan)?, self.context.task_ctx())?;
        let mut writer = self.writer(Layer::Base);
        while let Some(batch) = batches.try_next().await? {
            writer.write(&stored(&batch, &self.log.schema)?).await?;
        }
        let rows = i64::try_from(writer.rows()).unwrap_or(i64::MAX);
        let (adds, bytes) = writer.finish().await?;
        Ok((adds, bytes, rows))
    }

    fn sorted(&self, plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
        let sort = self.spec.sort().into_iter().chain([KEY]);
        let order = sort
            .filter(|name| plan.schema().field_with_name(name).is_ok())
            .map(|name| Ok(PhysicalSortExpr::new(column(name, &plan)?, SortOptions::default())))
            .collect::<Result<Vec<_>>>()?;
        let Some(order) = LexOrdering::new(order) else { return Ok(plan) };
        let many = plan.output_partitioning().partition_count() > 1;
        let sorted = Arc::new(SortExec::new(order.clone(), plan).with_preserve_partitioning(many));
        if !many {
            return Ok(sorted);
        }
        Ok(Arc::new(SortPreservingMergeExec::new(order, sorted)))
    }

    fn writer(&self, layer: Layer) -> FileWriter {
        FileWriter::new(self.estate.place(), &self.log.table, Some(layer), Arc::clone(&self.log.schema))
            .lasting()
    }

    /// The superseded versions: those of the base and of `recent`, and those of files of the past that are
    /// written anew. Tombstones that nothing superseded go to files of their own.
    async fn past(&self, reread: &[String]) -> Result<(Vec<deltalake::kernel::Add>, u64)> {
        let state = self.context.state();
        let versions = self.state.versions(&state).await?;
        let columns: Vec<&str> = self.log.schema.fields().iter().map(|f| f.name().as_str()).collect();
        let place = self.estate.place();
        let reread: Vec<_> =
            reread.iter().map(|path| super::log::object(place, &self.log.table, path)).collect();
        let parts = [
            Part { files: self.state.base.clone(), filters: vec![Filter::Touched] },
            Part { files: self.state.recent.clone(), filters: Vec::new() },
            Part { files: self.state.past.only(|f| reread.contains(&f.path)), filters: Vec::new() },
        ];
        let (mut closed, mut open) = (self.writer(Layer::Past), self.writer(Layer::Past));
        for part in parts.into_iter().filter(|p| !p.files.is_empty()) {
            let plan = self.state.read(&state, vec![part], &columns, &[], None).await?;
            let mut batches = execute_stream(plan, self.context.task_ctx())?;
            while let Some(batch) = batches.try_next().await? {
                let batch = ended(&batch, &versions)?;
                let to = batch.column(batch.schema().index_of(TO)?).clone();
                let gone = batch.column(batch.schema().index_of(GONE)?).as_boolean().clone();
                let runs = batch.column(batch.schema().index_of(RUN)?).as_primitive::<Int64Type>();
                let to = to.as_primitive::<Int64Type>();
                // What ceased to hold before the oldest run that is kept is forgotten; findings that ended are not.
                let keep = |row: usize| match to.is_valid(row) {
                    true => to.value(row) > self.oldest,
                    false => gone.value(row) && (self.spec.findings || runs.value(row) > self.oldest),
                };
                let kept: BooleanArray = (0..batch.num_rows()).map(|row| Some(keep(row))).collect();
                let stays = is_null(to)?;
                let has = arrow::compute::and_not(&kept, &stays)?;
                let none = arrow::compute::and(&kept, &stays)?;
                closed.write(&stored(&filter_record_batch(&batch, &has)?, &self.log.schema)?).await?;
                open.write(&stored(&filter_record_batch(&batch, &none)?, &self.log.schema)?).await?;
            }
        }
        let (mut adds, mut bytes) = closed.finish().await?;
        let (more, size) = open.finish().await?;
        adds.extend(more);
        bytes += size;
        Ok((adds, bytes))
    }
}

/// What the statistics of a file say of `_to`.
struct To {
    least: Option<i64>,
    most: Option<i64>,
    /// Whether some version has none.
    open: bool,
}

impl To {
    fn of(stats: &str) -> To {
        let stats: serde_json::Value = serde_json::from_str(stats).unwrap_or_default();
        let number = |of: &str| stats.get(of).and_then(|v| v.get(TO)).and_then(serde_json::Value::as_i64);
        To { least: number("minValues"), most: number("maxValues"), open: number("nullCount") != Some(0) }
    }
}

/// A batch with the runs from which its versions no longer hold.
fn ended(batch: &RecordBatch, versions: &versions::Versions) -> Result<RecordBatch> {
    let schema = batch.schema();
    let at = |name: &str| schema.index_of(name);
    let (keys, runs) =
        (batch.column(at(KEY)?).as_string_view(), batch.column(at(RUN)?).as_primitive::<Int64Type>());
    let known = batch.column(at(TO)?).as_primitive::<Int64Type>();
    let to: arrow::array::Int64Array = (0..batch.num_rows())
        .map(|row| {
            if known.is_valid(row) {
                Some(known.value(row))
            } else {
                versions.next(keys.value(row), runs.value(row))
            }
        })
        .collect();
    let mut columns = batch.columns().to_vec();
    columns[at(TO)?] = Arc::new(to);
    Ok(RecordBatch::try_new(schema, columns)?)
}

/// A batch with the columns as they are stored.
fn stored(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = batch.columns().iter().zip(schema.fields()).map(|(column, field)| {
        if column.data_type() == field.data_type() {
            return Ok(Arc::clone(column));
        }
        Ok(cast(column, field.data_type())?)
    });
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns.collect::<Result<_>>()?, &options)?)
}

/// A plain table in one go: the same rows in few files.
async fn merge(estate: &Estate, log: &Log) -> Result<Option<Folded>> {
    let mut writer = FileWriter::new(estate.place(), &log.table, None, Arc::clone(&log.schema));
    // In the order in which they were written.
    let mut files = log.files.clone();
    files.sort_by(|a, b| (a.modified, &a.path).cmp(&(b.modified, &b.path)));
    for file in &files {
        let reader = super::file::open(estate.place(), log.object(estate.place(), file), file).await?;
        let mut batches = reader.build()?;
        while let Some(batch) = batches.next().await {
            writer.write(&widened(&batch?, &log.schema)?).await?;
        }
    }
    let (adds, bytes) = writer.finish().await?;
    let mut change = Change::new(What::Compact);
    change.removes = log.removes(|_| true, false);
    change.adds = adds.into_iter().map(|add| deltalake::kernel::Add { data_change: false, ..add }).collect();
    Ok(Some(Folded { change, bytes, rows: None }))
}

/// A batch of an older file with the columns of today.
pub(super) fn widened(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = schema.fields().iter().map(|field| match batch.column_by_name(field.name()) {
        Some(column) if column.data_type() == field.data_type() => Ok(Arc::clone(column)),
        Some(column) => Ok(cast(column, field.data_type())?),
        None => Ok(arrow::array::new_null_array(field.data_type(), batch.num_rows())),
    });
    Ok(RecordBatch::try_new(Arc::clone(schema), columns.collect::<Result<_>>()?)?)
}
