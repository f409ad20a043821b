//! A live table as SQL sees it.

use super::cost::Meter;
use super::parts::{self, About, Wanted};
use super::push::{self, Condition};
use super::read::Question;
use super::rows;
use super::scan::LiveScan;
use crate::tables::TableSpec;
use arrow::datatypes::{Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::common::DFSchema;
use datafusion::datasource::{TableProvider, TableType};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::utils::{conjunction, split_conjunction};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use totalcloud::{Client, InventoryApi};

/// A live table.
pub(super) struct LiveTable {
    table: &'static TableSpec,
    client: Client,
    meter: Arc<Meter>,
    inventory: InventoryApi,
    schema: SchemaRef,
}

impl LiveTable {
    pub(super) fn new(
        table: &'static TableSpec,
        client: &Client,
        meter: &Arc<Meter>,
        inventory: InventoryApi,
    ) -> LiveTable {
        let (client, meter) = (client.clone(), Arc::clone(meter));
        LiveTable { table, client, meter, inventory, schema: rows::schema(table) }
    }

    /// Reads predicates, projection and limit into what is asked of the service and what is left for here.
    fn question(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        predicates: &[Expr],
    ) -> Result<Question> {
        let tags = parts::tags(self.table);
        let (rules, _) = push::rules(self.table);
        let all: Vec<Expr> = predicates.iter().flat_map(split_conjunction).cloned().collect();
        // A condition without a column holds for all rows or none, and so for parts.
        let about =
            |columns: &[&str], e: &&Expr| e.column_refs().iter().all(|c| columns.contains(&c.name.as_str()));
        let (of_parts, of_rows): (Vec<&Expr>, Vec<&Expr>) = all.iter().partition(|e| about(tags, e));
        let of_clouds = of_parts.iter().filter(|e| about(&tags[..tags.len().min(1)], e));
        let tag_schema = parts::tag_schema(self.table);
        let about = About {
            cloud: physical(state, &tag_schema, of_clouds.copied())?,
            tags: physical(state, &tag_schema, of_parts.iter().copied())?,
        };
        let wanted = Wanted::new(self.table, &all, about).map_err(external)?;
        let conditions: Vec<Option<Condition>> = of_rows.iter().map(|e| push::condition(rules, e)).collect();
        let exact = conditions.iter().all(|c| c.as_ref().is_some_and(|c| c.exact));

        let output: Vec<usize> =
            projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let mut work: BTreeSet<usize> = output.iter().copied().collect();
        for column in of_rows.iter().flat_map(|e| e.column_refs()) {
            work.insert(self.schema.index_of(&column.name)?);
        }
        let work: Vec<usize> = work.into_iter().collect();
        let places = output.iter().filter_map(|at| work.iter().position(|w| w == at)).collect();
        let predicate = physical(state, &Arc::new(self.schema.project(&work)?), of_rows.iter().copied())?;
        let tested = of_rows.iter().map(|e| e.human_display().to_string()).collect::<Vec<_>>().join(" AND ");
        Ok(Question {
            table: self.table,
            client: self.client.clone(),
            meter: Arc::clone(&self.meter),
            inventory: self.inventory,
            wanted,
            conditions: joined(conditions.into_iter().flatten()),
            exact,
            predicate,
            tested,
            schema: Arc::new(self.schema.project(&output)?),
            work,
            output: places,
            columns: Arc::clone(&self.schema),
        })
    }
}

/// The conditions, each once.
fn joined(conditions: impl Iterator<Item = Condition>) -> Vec<Condition> {
    let mut all: Vec<Condition> = Vec::new();
    for condition in conditions {
        if !all.iter().any(|c| c.query == condition.query) {
            all.push(condition);
        }
    }
    all
}

fn external(e: crate::Error) -> DataFusionError {
    DataFusionError::External(Box::new(e))
}

/// Predicates as one expression over the columns of a schema.
fn physical<'e>(
    state: &dyn Session,
    schema: &Arc<Schema>,
    predicates: impl Iterator<Item = &'e Expr>,
) -> Result<Option<Arc<dyn PhysicalExpr>>> {
    let Some(all) = conjunction(predicates.cloned()) else { return Ok(None) };
    let schema = DFSchema::try_from(Arc::clone(schema))?;
    state.create_physical_expr(all, &schema).map(Some)
}

impl fmt::Debug for LiveTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveTable").field("table", &self.table.name).finish_non_exhaustive()
    }
}

#[async_trait]
impl TableProvider for LiveTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, predicates: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        // The scan tests every row itself, whatever the service made of the filter, so that a limit behind the
        // predicates ends the paging.
        Ok(vec![TableProviderFilterPushDown::Exact; predicates.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        predicates: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(LiveScan::new(self.question(state, projection, predicates)?, limit)))
    }
}
