//! One table of row versions as a run saw it: which rows of its files held then.

use super::current::project;
use super::files::{FileSet, KnownFile};
use super::seen::{Readings, RunTimes};
use super::short;
use super::snapshot::Shared;
use super::stats::FileStats;
use super::versions::{self, Versions, VersionsBuilder};
use crate::layout::{GONE, KEY, Layer, RUN, TO};
use crate::schema::{merged, plain, stored_schema};
use crate::store::{Estate, Log};
use crate::tables;
use crate::{Error, Kind};
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{Expr, Operator};
use datafusion::physical_expr::expressions::{BinaryExpr, Column, IsNullExpr, Literal, NotExpr};
use datafusion::physical_expr::{PhysicalExpr, conjunction};
use datafusion::physical_plan::filter::FilterExecBuilder;
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures_util::TryStreamExt;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::OnceCell;

pub(crate) type Physical = Arc<dyn PhysicalExpr>;

/// A table at a run.
pub(crate) struct TableState {
    pub(crate) name: String,
    /// The run whose state is asked for.
    pub(crate) run: i64,
    /// How many rows the state has, as the run counted them.
    pub(crate) rows: Option<usize>,
    pub(crate) base: FileSet,
    pub(crate) recent: FileSet,
    pub(crate) past: FileSet,
    shared: Arc<Shared>,
    versions: OnceCell<Arc<Versions>>,
    readings: OnceCell<Arc<Readings>>,
}

/// Rows of some files that a filter leaves.
pub(crate) struct Part {
    pub(crate) files: FileSet,
    /// A row must fulfil all of them.
    pub(crate) filters: Vec<Filter>,
}

/// A condition on columns of the layout.
#[derive(Clone)]
pub(crate) enum Filter {
    /// No newer version of the key.
    Untouched,
    /// There is a newer version of the key.
    Touched,
    /// The newest version of the key.
    Newest,
    /// `_gone`, or not.
    Gone(bool),
    /// `_run` is at most the run asked for.
    Written,
    /// `_to` is after the run asked for.
    HeldUntilAfter,
    /// `_to` is after the run asked for, or there is none.
    NotSuperseded,
}

impl Filter {
    fn columns(&self) -> &'static [&'static str] {
        match self {
            Filter::Untouched | Filter::Touched => &[KEY],
            Filter::Newest => &[KEY, RUN],
            Filter::Gone(_) => &[GONE],
            Filter::Written => &[RUN],
            Filter::HeldUntilAfter | Filter::NotSuperseded => &[TO],
        }
    }
}

/// The files of a log, by layer, ready to be read: with the columns that are stored and those that the registry
/// has by now, which are null in what is there.
pub(crate) fn file_set(
    estate: &Estate,
    log: &Log,
    layers: &[Layer],
    read: fn(&Schema) -> SchemaRef,
) -> Result<FileSet> {
    let today = match tables::get(&log.table) {
        Some(spec) => Some(stored_schema(spec)),
        None => plain(&log.table),
    };
    let schema = today.map_or_else(|| Arc::clone(&log.schema), |today| merged(&log.schema, &today));
    let schema = read(&schema);
    let files = log.files.iter().filter(|f| layers.contains(&f.layer)).map(|file| KnownFile {
        path: log.object(estate.place(), file),
        size: file.size,
        stats: FileStats::read(file.stats.as_deref(), file.rows.map(|n| n as usize), file.size, &schema),
    });
    FileSet::new(estate.place().store(), Arc::clone(&schema), files.collect())
}

impl TableState {
    /// The state of a table at a run, from the version of the log that belongs to the run or a later one.
    pub(crate) fn new(
        log: &Log,
        run: i64,
        rows: Option<usize>,
        shared: Arc<Shared>,
        read: fn(&Schema) -> SchemaRef,
    ) -> Result<TableState, Error> {
        let layer = |layer| file_set(&shared.estate, log, &[layer], read);
        let (base, recent, past) = (layer(Layer::Base)?, layer(Layer::Recent)?, layer(Layer::Past)?);
        for column in [KEY, RUN, GONE, TO] {
            base.schema().index_of(column).map_err(|_| {
                Error::new(Kind::Broken, format!("the table {} has no column {column}", log.table))
                    .hint("it is no table of an estate, or another program changed it")
            })?;
        }
        let written = |file: &KnownFile| min_int(file, &base, RUN).is_none_or(|least| least <= run);
        let recent = recent.only(written);
        Ok(TableState {
            name: log.table.clone(),
            run,
            rows,
            past: past.only(written),
            base: base.only(written),
            recent,
            shared,
            versions: OnceCell::new(),
            readings: OnceCell::new(),
        })
    }

    /// The columns as they are stored.
    pub(crate) fn stored(&self) -> &SchemaRef {
        self.base.schema()
    }

    /// The versions of `recent`, read at the first use.
    pub(crate) async fn versions(&self, state: &dyn Session) -> Result<Arc<Versions>> {
        let load = async {
            let mut builder = VersionsBuilder::default();
            if !self.recent.is_empty() {
                let columns = self.indices(&[KEY, RUN, GONE])?;
                let plan = self.recent.scan(state, &columns, None)?;
                let mut batches = execute_stream(plan, state.task_ctx())?;
                while let Some(batch) = batches.try_next().await? {
                    builder.push(&batch, self.run)?;
                }
            }
            builder.finish().map(Arc::new)
        };
        self.versions.get_or_try_init(|| load).await.cloned()
    }

    /// The readings of the table, read at the first use.
    pub(crate) async fn readings(&self, state: &dyn Session) -> Result<Arc<Readings>> {
        let load = self.read_before(state, Readings::default());
        self.readings.get_or_try_init(|| load).await.cloned()
    }

    /// All readings of the table up to the run, as far as they are to be kept.
    pub(crate) async fn read_before(
        &self,
        state: &dyn Session,
        mut readings: Readings,
    ) -> Result<Arc<Readings>> {
        if let Some(files) = self.shared.freshness().await? {
            super::plain::readings(state, &files, &self.name, self.run, &mut readings).await?;
        }
        Ok(Arc::new(readings))
    }

    /// When runs began.
    pub(crate) async fn times(&self) -> Result<Arc<RunTimes>> {
        Ok(self.shared.times().await?)
    }

    /// The rows that held at the run.
    pub(crate) fn live(&self) -> Vec<Part> {
        let touched = !self.recent.is_empty();
        let mut parts = Vec::new();
        let mut base = self.written(&self.base);
        let past_holds = |file: &KnownFile| max_int(file, &self.past, TO).is_none_or(|to| to > self.run);
        let mut past = self.written(&self.past.only(past_holds));
        past.filters.extend([Filter::HeldUntilAfter, Filter::Gone(false)]);
        if touched {
            base.filters.push(Filter::Untouched);
            past.filters.push(Filter::Untouched);
            let mut recent = self.written(&self.recent);
            recent.filters.extend([Filter::Gone(false), Filter::Newest]);
            parts.push(recent);
        }
        parts.push(past);
        parts.insert(0, base);
        parts.retain(|p| !p.files.is_empty());
        parts
    }

    /// The tombstones that held at the run.
    pub(crate) fn ended(&self) -> Vec<Part> {
        let mut past = self.written(&self.past);
        past.filters.extend([Filter::Gone(true), Filter::NotSuperseded]);
        let mut recent = self.written(&self.recent);
        if !self.recent.is_empty() {
            past.filters.push(Filter::Untouched);
            recent.filters.extend([Filter::Gone(true), Filter::Newest]);
        }
        [past, recent].into_iter().filter(|p| !p.files.is_empty()).collect()
    }

    /// All versions up to the run.
    pub(crate) fn all(&self) -> Vec<Part> {
        let parts = [&self.base, &self.past, &self.recent].map(|files| self.written(files));
        parts.into_iter().filter(|p| !p.files.is_empty()).collect()
    }

    /// Files whose rows were written up to the run; later rows are left out only where there may be some.
    fn written(&self, files: &FileSet) -> Part {
        let later = files.files().iter().any(|f| max_int(f, files, RUN).is_none_or(|most| most > self.run));
        let filters = if later { vec![Filter::Written] } else { Vec::new() };
        Part { files: files.clone(), filters }
    }

    pub(crate) fn indices(&self, names: &[&str]) -> Result<Vec<usize>> {
        names.iter().map(|n| Ok(self.stored().index_of(n)?)).collect()
    }

    /// A plan that gives these stored columns of the rows of all parts. Of the filters, those on short columns are
    /// kept to; others only pass over files.
    pub(crate) async fn read(
        &self,
        state: &dyn Session,
        parts: Vec<Part>,
        columns: &[&str],
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut plans = Vec::new();
        let lone = parts.len() == 1;
        let shorts: Vec<Expr> = filters.iter().filter(|f| self.takes(f)).cloned().collect();
        for part in parts {
            let files = part.files.pruned(state, filters);
            if files.is_empty() {
                continue;
            }
            let limit = limit.filter(|_| lone && part.filters.is_empty() && shorts.is_empty());
            plans.push(self.read_part(state, &files, &part.filters, &shorts, columns, limit).await?);
        }
        if plans.is_empty() {
            return self.base.only(|_| false).scan(state, &self.indices(columns)?, None);
        }
        UnionExec::try_new(plans)
    }

    /// Whether [`TableState::read`] gives no row for which this filter does not hold.
    pub(crate) fn takes(&self, filter: &Expr) -> bool {
        short::column_of(filter, self.stored()).is_some()
    }

    async fn read_part(
        &self,
        state: &dyn Session,
        files: &FileSet,
        filters: &[Filter],
        shorts: &[Expr],
        columns: &[&str],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let wanted = self.indices(columns)?;
        if filters.is_empty() && shorts.is_empty() {
            return files.scan(state, &wanted, limit);
        }
        let short: Vec<&str> = shorts.iter().filter_map(|f| short::column_of(f, self.stored())).collect();
        let layout = filters.iter().flat_map(Filter::columns).copied();
        let needed: BTreeSet<&str> = layout.chain(short.iter().copied()).collect();
        let mut read = wanted.clone();
        for name in needed {
            let index = self.stored().index_of(name)?;
            if !read.contains(&index) {
                read.push(index);
            }
        }
        let files = if shorts.is_empty() { files } else { &files.filtered(state, &short, shorts)? };
        let scan = files.scan(state, &read, None)?;
        let mut conditions = Vec::new();
        if !shorts.is_empty() {
            // The cheapest come first: what follows looks at what they leave.
            let on = |f: &Expr| column(short::column_of(f, self.stored()).unwrap_or_default(), &scan);
            let shorts = shorts.iter().map(|f| Ok((f.clone(), on(f)?))).collect::<Result<Vec<_>>>()?;
            conditions.push(short::hold(state, &shorts)?);
        }
        for filter in filters {
            conditions.push(self.condition(state, filter, &scan).await?);
        }
        let filtered = FilterExecBuilder::new(conjunction(conditions), scan)
            .with_batch_size(state.config().batch_size())
            .apply_projection(Some((0..wanted.len()).collect()))?
            .build()?;
        let plan: Arc<dyn ExecutionPlan> = Arc::new(filtered);
        if !columns.iter().any(|name| short.contains(name)) {
            return Ok(plan);
        }
        let columns = columns.iter().map(|name| {
            let read = column(name, &plan)?;
            Ok((if short.contains(name) { short::text(read) } else { read }, (*name).to_owned()))
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        project(plan, columns)
    }

    /// A filter as an expression over the columns of a plan.
    async fn condition(
        &self,
        state: &dyn Session,
        filter: &Filter,
        plan: &Arc<dyn ExecutionPlan>,
    ) -> Result<Physical> {
        let column = |name: &str| column(name, plan);
        let run: Physical = Arc::new(Literal::new(ScalarValue::Int64(Some(self.run))));
        let compare = |name: &str, op| -> Result<Physical> {
            Ok(Arc::new(BinaryExpr::new(column(name)?, op, Arc::clone(&run))))
        };
        Ok(match filter {
            Filter::Untouched => versions::untouched(&self.versions(state).await?, column(KEY)?),
            Filter::Touched => {
                let untouched = versions::untouched(&self.versions(state).await?, column(KEY)?);
                Arc::new(NotExpr::new(untouched))
            }
            Filter::Newest => versions::newest(&self.versions(state).await?, column(KEY)?, column(RUN)?),
            Filter::Gone(true) => column(GONE)?,
            Filter::Gone(false) => Arc::new(NotExpr::new(column(GONE)?)),
            Filter::Written => compare(RUN, Operator::LtEq)?,
            Filter::HeldUntilAfter => compare(TO, Operator::Gt)?,
            Filter::NotSuperseded => {
                let none: Physical = Arc::new(IsNullExpr::new(column(TO)?));
                Arc::new(BinaryExpr::new(none, Operator::Or, compare(TO, Operator::Gt)?))
            }
        })
    }
}

/// A column of a plan by name.
pub(crate) fn column(name: &str, plan: &Arc<dyn ExecutionPlan>) -> Result<Physical> {
    Ok(Arc::new(Column::new_with_schema(name, &plan.schema())?))
}

fn min_int(file: &KnownFile, set: &FileSet, name: &str) -> Option<i64> {
    file.stats.min_int(set.schema().index_of(name).ok()?)
}

fn max_int(file: &KnownFile, set: &FileSet, name: &str) -> Option<i64> {
    file.stats.max_int(set.schema().index_of(name).ok()?)
}

impl From<Error> for datafusion::error::DataFusionError {
    fn from(e: Error) -> Self {
        datafusion::error::DataFusionError::External(Box::new(e))
    }
}
