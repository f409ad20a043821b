//! The view `resources`: what the tables of all types have in common, as one table.

use super::current::{CurrentTable, asked, counted, inexact, made, project};
use super::snapshot::Snapshot;
use super::table::{Physical, column};
use crate::Error;
use crate::layout::{ACCOUNT, FIRST_SEEN, LAST_SEEN, PROVIDER};
use crate::schema::time;
use crate::tables::{Kind, TableSpec};
use arrow::array::{Array, AsArray, RecordBatch, StringViewArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_expr::expressions::{CaseExpr, CastExpr, IsNotNullExpr, Literal};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::union::UnionExec;
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use std::fmt;
use std::sync::Arc;
use totalcloud_api::model::Model;
use totalcloud_api::resources::AwsBase;

/// The columns that are the same for all rows of a table.
const TABLE: &str = "table";
const RESOURCE_TYPE: &str = "resourceType";
const CONSTANT: &[&str] = &[PROVIDER, TABLE, RESOURCE_TYPE];

/// Logs that are opened at the same time.
const AT_ONCE: usize = 8;

/// The columns with the names that tables have for them; of several, the first that has a value counts.
const COMMON: &[(&str, &[&str])] = &[
    (PROVIDER, &[]),
    (ACCOUNT, &[ACCOUNT]),
    (TABLE, &[]),
    (RESOURCE_TYPE, &[]),
    ("resourceId", &["resourceId"]),
    ("uuid", &["uuid"]),
    ("name", &["name"]),
    ("region", &["region"]),
    ("created", &["created", "createdOn"]),
    ("updated", &["lastUpdated", "updated"]),
    ("controlsFailed", &["controlsFailed"]),
    ("tags", &["tags"]),
    (FIRST_SEEN, &[FIRST_SEEN]),
    (LAST_SEEN, &[LAST_SEEN]),
];

/// The resources of all types at a run.
pub(crate) struct Resources {
    types: Vec<(&'static TableSpec, CurrentTable)>,
    schema: SchemaRef,
}

/// The columns of the view.
pub fn resources_schema() -> SchemaRef {
    let base = totalcloud_table::schema(AwsBase::SHAPE, false);
    let fields = COMMON.iter().map(|(name, _)| match *name {
        PROVIDER => made(name, DataType::Utf8View, "Cloud: aws, azure, gcp or oci."),
        ACCOUNT => made(name, DataType::Utf8View, "Account, subscription, project or tenancy."),
        TABLE => made(name, DataType::Utf8View, "The table that has all columns of the resource."),
        FIRST_SEEN => made(name, time(), "When a sync first saw the row (UTC)."),
        LAST_SEEN => made(name, time(), "When a reading last confirmed the row (UTC)."),
        "updated" => made(name, time(), "When the service last updated it (UTC)."),
        name => match base.field_with_name(name) {
            Ok(field) if field.data_type() == &DataType::Utf8 => {
                Arc::new(field.clone().with_data_type(DataType::Utf8View))
            }
            Ok(field) => Arc::new(field.clone()),
            Err(_) => Arc::new(Field::new(name, DataType::Utf8View, true)),
        },
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

impl Resources {
    pub(crate) async fn of(snapshot: &Snapshot) -> Result<Resources, Error> {
        let opened: Vec<_> =
            snapshot.of_family(Kind::Inventory).map(|spec| open(snapshot, spec).boxed()).collect();
        let types = futures_util::stream::iter(opened).buffered(AT_ONCE).try_collect().await?;
        Ok(Resources { types, schema: resources_schema() })
    }

    /// The types for which the filters on constant columns hold.
    fn chosen(
        &self,
        state: &dyn Session,
        filters: &[&Expr],
    ) -> Result<Vec<&(&'static TableSpec, CurrentTable)>> {
        let all = self.types.iter();
        let Some(filter) = conjunction(filters.iter().map(|f| (*f).clone())) else {
            return Ok(all.collect());
        };
        let fields = CONSTANT.iter().map(|name| self.schema.field_with_name(name).cloned());
        let schema = Arc::new(Schema::new(fields.collect::<Result<Vec<_>, _>>()?));
        let columns = CONSTANT.iter().map(|name| {
            let values: StringViewArray = self.types.iter().map(|(spec, _)| constant(spec, name)).collect();
            Arc::new(values) as _
        });
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns.collect())?;
        let filter = state.create_physical_expr(filter, &DFSchema::try_from(schema)?)?;
        let held = filter.evaluate(&batch)?.into_array(batch.num_rows())?;
        let held = held.as_boolean();
        let holds = |row: usize| held.is_valid(row) && held.value(row);
        Ok(all.enumerate().filter(|(row, _)| holds(*row)).map(|(_, t)| t).collect())
    }

    /// The rows of one type.
    async fn read(
        &self,
        state: &dyn Session,
        (spec, table): &(&'static TableSpec, CurrentTable),
        columns: &[&str],
        filters: &[Expr],
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = table.schema();
        let stored = |name: &str| {
            let from = COMMON.iter().find(|(n, _)| *n == name).map(|(_, from)| *from);
            from.unwrap_or_default()
                .iter()
                .copied()
                .filter(|n| schema.field_with_name(n).is_ok())
                .collect::<Vec<_>>()
        };
        let needed: Vec<&str> = columns.iter().flat_map(|name| stored(name)).collect();
        let plan = table.read(state, &needed, filters, None).await?;
        let mut made = Vec::new();
        for name in columns {
            let wanted = self.schema.field_with_name(name)?.data_type();
            let mut from = stored(name).into_iter().rev().map(|n| typed(column(n, &plan)?, wanted, &plan));
            let expr = match (CONSTANT.contains(name), from.next()) {
                (true, _) => text(constant(spec, name)),
                (false, None) => Arc::new(Literal::new(ScalarValue::try_new_null(wanted)?)),
                (false, Some(last)) => from.try_fold(last?, |rest, first| {
                    let first = first?;
                    let there: Physical = Arc::new(IsNotNullExpr::new(Arc::clone(&first)));
                    Ok::<_, datafusion::error::DataFusionError>(Arc::new(CaseExpr::try_new(
                        None,
                        vec![(there, first)],
                        Some(rest),
                    )?) as Physical)
                })?,
            };
            made.push((expr, (*name).to_owned()));
        }
        project(plan, made)
    }
}

async fn open(
    snapshot: &Snapshot,
    spec: &'static TableSpec,
) -> Result<(&'static TableSpec, CurrentTable), Error> {
    Ok((spec, CurrentTable::new(snapshot.state(&spec.name).await?)))
}

/// The value that a constant column has in all rows of a table.
fn constant(spec: &'static TableSpec, name: &str) -> Option<&'static str> {
    match name {
        PROVIDER => spec.provider.map(|p| p.as_str()),
        RESOURCE_TYPE => spec.of.map(|of| of.name),
        _ => Some(&spec.name),
    }
}

fn text(value: Option<&str>) -> Physical {
    Arc::new(Literal::new(ScalarValue::Utf8View(value.map(str::to_owned))))
}

/// A column as the view has it; types that know more of it are cut to what all know.
fn typed(expr: Physical, wanted: &DataType, plan: &Arc<dyn ExecutionPlan>) -> Result<Physical> {
    if &expr.data_type(&plan.schema())? == wanted {
        return Ok(expr);
    }
    Ok(Arc::new(CastExpr::new(expr, wanted.clone(), None)))
}

/// Whether a filter is only about constant columns, so that it holds for a whole table or not at all.
fn is_constant(filter: &Expr) -> bool {
    let columns = filter.column_refs();
    !columns.is_empty()
        && columns.iter().all(|c| CONSTANT.contains(&c.name.as_str()))
        && !filter.is_volatile()
}

/// Whether the columns of a filter mean the same in the tables.
fn is_plain(filter: &Expr) -> bool {
    filter.column_refs().iter().all(|c| COMMON.iter().any(|(name, from)| *name == c.name && *from == [*name]))
}

impl fmt::Debug for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "resources of {} types", self.types.len())
    }
}

#[async_trait]
impl TableProvider for Resources {
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
        let (whole, rest): (Vec<&Expr>, Vec<&Expr>) = filters.iter().partition(|f| is_constant(f));
        let types = self.chosen(state, &whole)?;
        if columns.is_empty() && rest.is_empty() {
            let rows = types.iter().map(|(_, table)| table.count()).sum::<Option<usize>>();
            if let Some(rows) = rows {
                return counted(rows);
            }
        }
        let passed: Vec<Expr> = rest.into_iter().filter(|f| is_plain(f)).cloned().collect();
        let mut plans = Vec::new();
        for one in types {
            if one.1.may_match(state, &passed) {
                plans.push(self.read(state, one, &columns, &passed).await?);
            }
        }
        if plans.is_empty() {
            let schema = match projection {
                Some(indices) => Arc::new(self.schema.project(indices)?),
                None => Arc::clone(&self.schema),
            };
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        UnionExec::try_new(plans)
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let support = inexact(filters).into_iter().zip(filters);
        Ok(support
            .map(|(s, f)| if is_constant(f) { TableProviderFilterPushDown::Exact } else { s })
            .collect())
    }
}
