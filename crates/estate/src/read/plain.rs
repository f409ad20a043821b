//! The tables that are only ever added to: `sync_runs`, `changes`, `freshness`.

use super::current::{asked, inexact};
use super::files::FileSet;
use super::seen::Readings;
use super::table::column;
use crate::store::How;
use arrow::array::{Array, AsArray};
use arrow::datatypes::{Int64Type, SchemaRef, TimestampMicrosecondType};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{Expr, Operator, TableProviderFilterPushDown, TableType};
use datafusion::logical_expr::{ident, lit};
use datafusion::physical_expr::expressions::{BinaryExpr, Literal};
use datafusion::physical_plan::filter::FilterExecBuilder;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures_util::TryStreamExt;
use std::fmt;
use std::sync::Arc;

/// The column that says which run wrote a row.
const WRITTEN: &str = "run";

/// A plain table up to a run.
pub(crate) struct PlainTable {
    name: String,
    files: FileSet,
    run: i64,
}

impl PlainTable {
    pub(crate) fn new(name: &str, files: FileSet, run: i64) -> PlainTable {
        PlainTable { name: name.to_owned(), files, run }
    }
}

impl fmt::Debug for PlainTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} up to run {}", self.name, self.run)
    }
}

#[async_trait]
impl TableProvider for PlainTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.files.schema())
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
        let schema = self.files.schema();
        let wanted = match projection {
            Some(indices) => indices.clone(),
            None => (0..asked(schema, None).len()).collect(),
        };
        let run = schema.index_of(WRITTEN)?;
        let later =
            self.files.files().iter().any(|f| f.stats.max_int(run).is_none_or(|most| most > self.run));
        let files = self.files.pruned(state, filters);
        if !later {
            return files.scan(state, &wanted, limit);
        }
        let mut read = wanted.clone();
        if !read.contains(&run) {
            read.push(run);
        }
        let scan = files.scan(state, &read, None)?;
        let now = Arc::new(Literal::new(ScalarValue::Int64(Some(self.run))));
        let written = Arc::new(BinaryExpr::new(column(WRITTEN, &scan)?, Operator::LtEq, now));
        let filtered = FilterExecBuilder::new(written, scan)
            .with_batch_size(state.config().batch_size())
            .apply_projection(Some((0..wanted.len()).collect()))?
            .build()?;
        Ok(Arc::new(filtered))
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(inexact(filters))
    }
}

/// Reads from `freshness` when the scopes of a table were confirmed, up to a run.
pub(crate) async fn readings(
    state: &dyn Session,
    files: &FileSet,
    table: &str,
    up_to: i64,
    readings: &mut Readings,
) -> Result<()> {
    let files = files.pruned(state, &[ident("table").eq(lit(table)), ident(WRITTEN).lt_eq(lit(up_to))]);
    let names = ["table", "scope", "readAt", "complete", "how", WRITTEN];
    let columns = names.iter().map(|n| Ok(files.schema().index_of(n)?)).collect::<Result<Vec<_>>>()?;
    let plan = files.scan(state, &columns, None)?;
    let mut batches = execute_stream(plan, state.task_ctx())?;
    while let Some(batch) = batches.try_next().await? {
        let text = |at: usize| batch.column(at).as_string_view();
        let (tables, scopes, hows) = (text(0), text(1), text(4));
        let at = batch.column(2).as_primitive::<TimestampMicrosecondType>();
        let complete = batch.column(3).as_boolean();
        let runs = batch.column(5).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let confirms = tables.value(row) == table
                && complete.is_valid(row)
                && complete.value(row)
                && at.is_valid(row)
                && runs.value(row) <= up_to
                // Readings of what was updated say nothing of the rest, and what is assumed was not read.
                && [How::Whole, How::Failing].iter().any(|how| how.as_str() == hows.value(row));
            if confirms {
                readings.push(scopes.value(row), at.value(row));
            }
        }
    }
    Ok(())
}
