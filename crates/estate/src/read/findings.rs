//! The view `findings`: the results of controls on resources, those that ended included.

use super::current::{CurrentTable, asked, inexact, made, project};
use super::seen::{Readings, last_seen_before};
use super::table::{Physical, column};
use crate::layout::{EXTRA, FAILED_SINCE, FIRST_SEEN, FIXED_ON, LAST_SEEN, RAW, REOPENED_ON, RUN, SCOPE};
use arrow::array::{Array, AsArray, StringViewArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_expr::expressions::{CaseExpr, IsNotNullExpr, Literal};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::union::UnionExec;
use std::fmt;
use std::sync::Arc;

/// The column that says how a finding stands.
const STATE: &str = "state";
/// The column with the result of the control.
const RESULT: &str = "result";

/// Columns with times at which a finding was seen.
const SEEN: [&str; 3] = [FIRST_SEEN, FAILED_SINCE, REOPENED_ON];

/// Findings at a run.
pub(crate) struct Findings {
    current: CurrentTable,
    schema: SchemaRef,
}

impl Findings {
    pub(crate) fn new(current: CurrentTable) -> Findings {
        let doc = "failing, passing, excepted, fixed, or gone with its resource.";
        let mut fields: Vec<Arc<Field>> = current.schema().fields().iter().cloned().collect();
        let at = fields.iter().position(|f| f.name() == RESULT).map_or(fields.len(), |at| at + 1);
        fields.insert(at, made(STATE, DataType::Utf8View, doc));
        fields.retain(|f| f.name() != RAW && f.name() != EXTRA);
        Findings { current, schema: Arc::new(Schema::new(fields)) }
    }

    async fn live(
        &self,
        state: &dyn Session,
        columns: &[&str],
        filters: &[Expr],
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut stored: Vec<&str> = columns.iter().copied().filter(|c| *c != STATE).collect();
        if columns.contains(&STATE) {
            let more: Vec<&str> = [RESULT, FIXED_ON].into_iter().filter(|c| !stored.contains(c)).collect();
            stored.extend(more);
        }
        let plan = self.current.read(state, &stored, filters, None).await?;
        arranged(plan, columns, |name, plan| match name {
            STATE => Ok(state_of(column(RESULT, plan)?, column(FIXED_ON, plan)?)),
            name => column(name, plan),
        })
    }

    async fn ended(
        &self,
        state: &dyn Session,
        columns: &[&str],
        filters: &[Expr],
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let table = self.current.state();
        let parts = table.ended();
        if parts.is_empty() {
            return Ok(None);
        }
        let mut stored: Vec<&str> =
            columns.iter().copied().filter(|c| ![STATE, LAST_SEEN].contains(c)).collect();
        let mut also = Vec::new();
        if columns.contains(&STATE) {
            also.push(FIXED_ON);
        }
        let mut readings = Arc::default();
        if columns.contains(&LAST_SEEN) {
            also.extend([SCOPE, RUN]);
            also.extend(SEEN);
            readings = table.read_before(state, Readings::all()).await?;
        }
        also.retain(|name| !stored.contains(name));
        stored.extend(also);
        let plan = table.read(state, parts, &stored, filters, None).await?;
        let times = table.times().await?;
        let arranged = arranged(plan, columns, |name, plan| match name {
            STATE => {
                let fixed: Physical = Arc::new(IsNotNullExpr::new(column(FIXED_ON, plan)?));
                Ok(Arc::new(CaseExpr::try_new(None, vec![(fixed, word("fixed"))], Some(word("gone")))?))
            }
            LAST_SEEN => {
                let seen = SEEN.iter().map(|name| column(name, plan)).collect::<Result<_>>()?;
                let (scope, run) = (column(SCOPE, plan)?, column(RUN, plan)?);
                Ok(last_seen_before(Arc::clone(&readings), Arc::clone(&times), scope, run, seen))
            }
            name => column(name, plan),
        })?;
        Ok(Some(arranged))
    }
}

fn word(text: &str) -> Physical {
    Arc::new(Literal::new(ScalarValue::Utf8View(Some(text.to_owned()))))
}

/// How a finding stands that has a row: one that failed once and passes now is fixed.
fn state_of(result: Physical, fixed_on: Physical) -> Physical {
    super::lookup::lookup("state", vec![result, fixed_on], DataType::Utf8View, |args| {
        let [results, fixed] = args else { return super::versions::arguments() };
        let state = |(row, result): (usize, Option<&str>)| {
            Some(match result? {
                r if r.eq_ignore_ascii_case("FAIL") => "failing",
                r if r.eq_ignore_ascii_case("PASS") && fixed.is_valid(row) => "fixed",
                r if r.eq_ignore_ascii_case("PASS") => "passing",
                r if r.eq_ignore_ascii_case("PASSE") => "excepted",
                _ => return None,
            })
        };
        let found: StringViewArray = results.as_string_view().iter().enumerate().map(state).collect();
        Ok(Arc::new(found))
    })
}

/// A plan with these columns, unless it has them already.
fn arranged(
    plan: Arc<dyn ExecutionPlan>,
    columns: &[&str],
    expr: impl Fn(&str, &Arc<dyn ExecutionPlan>) -> Result<Physical>,
) -> Result<Arc<dyn ExecutionPlan>> {
    if plan.schema().fields().iter().map(|f| f.name().as_str()).eq(columns.iter().copied()) {
        return Ok(plan);
    }
    let made = columns.iter().map(|name| Ok((expr(name, &plan)?, (*name).to_owned())));
    let made = made.collect::<Result<Vec<_>>>()?;
    project(plan, made)
}

impl fmt::Debug for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "findings of {:?}", self.current)
    }
}

#[async_trait]
impl TableProvider for Findings {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let columns = asked(&self.schema, projection);
        let live = self.live(state, &columns, filters).await?;
        match self.ended(state, &columns, filters).await? {
            Some(ended) => UnionExec::try_new(vec![live, ended]),
            None => Ok(live),
        }
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(inexact(filters))
    }
}
