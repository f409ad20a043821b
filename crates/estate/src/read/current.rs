//! The tables of the schemas `estate` and `history`: the state of a table at a run, and all its versions.

use super::seen;
use super::table::{Physical, TableState, column};
use super::versions;
use crate::layout::{GONE, HASH, KEY, LAST_SEEN, LAYER, RUN, SCOPE, TO};
use crate::schema::{time, user_schema};
use crate::tables;
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::TreeNode;
use datafusion::common::{Result, ScalarValue};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::logical_expr::{Expr, Operator, TableProviderFilterPushDown, TableType};
use datafusion::physical_expr::expressions::{BinaryExpr, CaseExpr, Literal};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// The run from which a version holds.
pub(crate) const VALID_FROM: &str = "validFrom";
/// When it ceased to hold.
pub(crate) const VALID_TO: &str = "validTo";
/// Whether it says that the row is gone.
pub(crate) const IS_GONE: &str = "gone";

/// A column that is not stored, with its meaning.
pub(crate) fn made(name: &str, data_type: DataType, doc: &str) -> Arc<Field> {
    let doc = HashMap::from([("comment".to_owned(), doc.to_owned())]);
    Arc::new(Field::new(name, data_type, true).with_metadata(doc))
}

/// The columns that users see, in the order in which the registry has them; columns that it no longer has come
/// before `extra`.
pub(crate) fn current_schema(table: &str, stored: &Schema) -> SchemaRef {
    let mut fields: Vec<Arc<Field>> =
        stored.fields().iter().filter(|f| !is_layout(f.name())).cloned().collect();
    fields.push(made(LAST_SEEN, time(), "When a reading last confirmed the row (UTC)."));
    if let Some(spec) = tables::get(table) {
        let order: Vec<String> = user_schema(spec).fields().iter().map(|f| f.name().clone()).collect();
        let end = order.len().saturating_sub(2);
        // Those that are not known there go between the known ones and the last two.
        fields.sort_by_key(|f| match order.iter().position(|name| name == f.name()) {
            Some(at) if at < end => (0, at),
            Some(at) => (2, at),
            None => (1, 0),
        });
    }
    Arc::new(Schema::new(fields))
}

/// Columns of the service may begin with an underscore as well.
fn is_layout(name: &str) -> bool {
    [KEY, RUN, GONE, TO, HASH, SCOPE, LAYER].contains(&name)
}

/// The columns of the versions of a table.
fn history_schema(table: &str, stored: &Schema) -> SchemaRef {
    let current = current_schema(table, stored);
    let mut fields: Vec<Arc<Field>> =
        current.fields().iter().filter(|f| f.name() != LAST_SEEN).cloned().collect();
    fields.push(made(RUN, DataType::Int64, "The run that wrote this version."));
    fields.push(made(VALID_FROM, time(), "When that run began (UTC)."));
    fields.push(made(VALID_TO, time(), "When the run began that superseded it; null if it holds (UTC)."));
    fields.push(made(IS_GONE, DataType::Boolean, "Whether this version says that the row is gone."));
    Arc::new(Schema::new(fields))
}

/// The names of the columns that a scan asks for.
pub(crate) fn asked<'a>(schema: &'a Schema, projection: Option<&Vec<usize>>) -> Vec<&'a str> {
    match projection {
        Some(indices) => indices.iter().map(|i| schema.field(*i).name().as_str()).collect(),
        None => schema.fields().iter().map(|f| f.name().as_str()).collect(),
    }
}

/// What a table of row versions does with filters: it keeps to some, and of others it only knows which files need
/// not be read.
fn kept(table: &TableState, filters: &[&Expr]) -> Vec<TableProviderFilterPushDown> {
    let support = inexact(filters).into_iter().zip(filters);
    let exact = TableProviderFilterPushDown::Exact;
    support.map(|(support, filter)| if table.takes(filter) { exact.clone() } else { support }).collect()
}

/// What files can tell of filters: only which need not be read.
pub(crate) fn inexact(filters: &[&Expr]) -> Vec<TableProviderFilterPushDown> {
    let support = |filter: &&Expr| match has_lambda(filter) {
        // The engine loses the variables of a lambda where it moves it to other columns.
        true => TableProviderFilterPushDown::Unsupported,
        false => TableProviderFilterPushDown::Inexact,
    };
    filters.iter().map(support).collect()
}

fn has_lambda(filter: &Expr) -> bool {
    filter.exists(|e| Ok(matches!(e, Expr::HigherOrderFunction(_)))).unwrap_or(true)
}

/// A plan with these columns, from those of another.
pub(crate) fn project(
    plan: Arc<dyn ExecutionPlan>,
    columns: Vec<(Physical, String)>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let columns: Vec<ProjectionExpr> =
        columns.into_iter().map(|(expr, alias)| ProjectionExpr { expr, alias }).collect();
    Ok(Arc::new(ProjectionExec::try_new(columns, plan)?))
}

/// A plan of that many rows without columns, for `COUNT(*)`: the planner reads the count off it.
pub(crate) fn counted(rows: usize) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = Arc::new(Schema::empty());
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), Vec::new(), &options)?;
    Ok(MemorySourceConfig::try_new_exec(&[vec![batch]], schema, None)?)
}

/// The state of a table at a run.
pub(crate) struct CurrentTable {
    state: Arc<TableState>,
    schema: SchemaRef,
}

impl CurrentTable {
    pub(crate) fn new(state: Arc<TableState>) -> CurrentTable {
        CurrentTable { schema: current_schema(&state.name, state.stored()), state }
    }

    /// A plan of these columns by name.
    pub(crate) async fn read(
        &self,
        state: &dyn Session,
        columns: &[&str],
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let table = &self.state;
        let parts = table.live();
        if columns.is_empty()
            && filters.is_empty()
            && let Some(rows) = self.count()
        {
            return counted(rows);
        }
        if !columns.contains(&LAST_SEEN) {
            return table.read(state, parts, columns, filters, limit).await;
        }
        let mut stored: Vec<&str> = columns.iter().copied().filter(|c| *c != LAST_SEEN).collect();
        stored.extend([SCOPE, RUN]);
        let plan = table.read(state, parts, &stored, filters, limit).await?;
        let (readings, times) = (table.readings(state).await?, table.times().await?);
        let columns = columns.iter().map(|name| {
            let expr = match *name {
                LAST_SEEN => {
                    let (scope, run) = (column(SCOPE, &plan)?, column(RUN, &plan)?);
                    seen::last_seen(Arc::clone(&readings), Arc::clone(&times), scope, run)
                }
                name => column(name, &plan)?,
            };
            Ok((expr, (*name).to_owned()))
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        project(plan, columns)
    }

    /// How many rows there are, if that is known without reading them.
    pub(crate) fn count(&self) -> Option<usize> {
        let parts = self.state.live();
        let plain = parts.iter().all(|p| p.filters.is_empty());
        if plain { parts.iter().map(|p| p.files.rows()).sum() } else { self.state.rows }
    }

    /// Whether some file may have rows for which the filters hold.
    pub(crate) fn may_match(&self, state: &dyn Session, filters: &[Expr]) -> bool {
        self.state.live().iter().any(|part| !part.files.pruned(state, filters).is_empty())
    }

    pub(crate) fn state(&self) -> &Arc<TableState> {
        &self.state
    }
}

impl fmt::Debug for CurrentTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at run {}", self.state.name, self.state.run)
    }
}

#[async_trait]
impl TableProvider for CurrentTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.read(state, &asked(&self.schema, projection), filters, limit).await
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(kept(&self.state, filters))
    }
}

/// All versions of the rows of a table.
pub(crate) struct HistoryTable {
    state: Arc<TableState>,
    schema: SchemaRef,
}

impl HistoryTable {
    pub(crate) fn new(state: Arc<TableState>) -> HistoryTable {
        HistoryTable { schema: history_schema(&state.name, state.stored()), state }
    }

    /// The run from which a version no longer holds, as far as the run asked for knows.
    fn to(&self, versions: &Arc<versions::Versions>, plan: &Arc<dyn ExecutionPlan>) -> Result<Physical> {
        let next = versions::next(versions, column(KEY, plan)?, column(RUN, plan)?);
        let now: Physical = Arc::new(Literal::new(ScalarValue::Int64(Some(self.state.run))));
        let known: Physical = Arc::new(BinaryExpr::new(column(TO, plan)?, Operator::LtEq, now));
        Ok(Arc::new(CaseExpr::try_new(None, vec![(known, column(TO, plan)?)], Some(next))?))
    }
}

impl fmt::Debug for HistoryTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "versions of {} up to run {}", self.state.name, self.state.run)
    }
}

#[async_trait]
impl TableProvider for HistoryTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let table = &self.state;
        let asked = asked(&self.schema, projection);
        let mut stored: Vec<&str> = Vec::new();
        for name in &asked {
            let from: &[&str] = match *name {
                VALID_FROM => &[RUN],
                VALID_TO => &[KEY, RUN, TO],
                IS_GONE => &[GONE],
                _ => std::slice::from_ref(name),
            };
            for name in from {
                if !stored.contains(name) {
                    stored.push(name);
                }
            }
        }
        let plan = table.read(state, table.all(), &stored, filters, limit).await?;
        if stored == asked {
            return Ok(plan);
        }
        let mut columns = Vec::new();
        for name in asked {
            let expr = match name {
                VALID_FROM => seen::run_time(table.times().await?, column(RUN, &plan)?),
                VALID_TO => {
                    let to = self.to(&table.versions(state).await?, &plan)?;
                    seen::run_time(table.times().await?, to)
                }
                IS_GONE => column(GONE, &plan)?,
                name => column(name, &plan)?,
            };
            columns.push((expr, name.to_owned()));
        }
        project(plan, columns)
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(kept(&self.state, filters))
    }
}
