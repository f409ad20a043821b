//! `live.resources`: the common columns of all types as one table.

use crate::tables::{self, Kind, TableSpec};
use crate::{Error, Result};
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::datasource::{TableProvider, ViewTable, provider_as_source};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::prelude::{cast, ident, lit};
use std::sync::Arc;

/// The columns, each with the names that types have for it.
const COLUMNS: &[(&str, &[&str])] = &[
    ("provider", &["provider"]),
    ("account", &["account"]),
    ("table", &[]),
    ("resourceType", &[]),
    ("resourceId", &["resourceId"]),
    ("uuid", &["uuid"]),
    ("name", &["name"]),
    ("region", &["region"]),
    ("created", &["created", "createdOn"]),
    ("updated", &["lastUpdated", "updated"]),
    ("controlsFailed", &["controlsFailed"]),
    ("tags", &["tags"]),
];

/// The view over the tables of all types.
///
/// # Errors
/// If the columns of two types cannot be told to be the same.
pub(super) fn resources(
    table: impl Fn(&'static TableSpec) -> Arc<dyn TableProvider>,
) -> Result<Arc<dyn TableProvider>> {
    let failed = |e: DataFusionError| Error::new(crate::Kind::Failed, e.strip_backtrace());
    let types = tables::all().iter().filter(|t| t.kind == Kind::Inventory);
    let mut plans = Vec::new();
    for spec in types {
        plans.push(one(spec, table(spec)).map_err(failed)?);
    }
    let mut plans = plans.into_iter();
    let first = plans.next().ok_or_else(|| Error::new(crate::Kind::Failed, "there are no types"))?;
    let all = plans.try_fold(LogicalPlanBuilder::from(first), LogicalPlanBuilder::union).map_err(failed)?;
    Ok(Arc::new(ViewTable::new(all.build().map_err(failed)?, None)))
}

fn one(spec: &TableSpec, provider: Arc<dyn TableProvider>) -> Result<LogicalPlan, DataFusionError> {
    let schema = provider.schema();
    let columns = COLUMNS.iter().map(|(name, from)| {
        let own: Vec<Expr> =
            from.iter().filter(|c| schema.field_with_name(c).is_ok()).map(|c| ident(*c)).collect();
        let column = match (*name, own.as_slice()) {
            // As constants, so that a condition on them leaves whole tables out.
            ("provider", _) => lit(spec.provider.map(|p| p.as_str()).unwrap_or_default()),
            ("table", _) => lit(spec.name.as_str()),
            ("resourceType", _) => lit(spec.of.map(|of| of.name).unwrap_or_default()),
            ("controlsFailed", [one]) => cast(one.clone(), DataType::Int64),
            (_, [one]) => one.clone(),
            (_, [_, ..]) => datafusion::functions::core::expr_fn::coalesce(own),
            (_, []) => lit(ScalarValue::Utf8(None)),
        };
        column.alias(*name)
    });
    LogicalPlanBuilder::scan(spec.name.as_str(), provider_as_source(provider), None)?
        .project(columns)?
        .build()
}
