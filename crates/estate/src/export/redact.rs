//! Hiding what is sensitive from rows that leave the estate.
//!
//! What is sensitive is said once, by the marks of the registry. Which column of a result holds it follows from the
//! plan of the query: a column keeps the marks of the columns it was made of, under whatever name and through
//! whatever join, view or subquery. What cannot be proven to be harmless is hidden.

mod json;
mod lineage;
mod marks;

use crate::tables::TableSpec;
use crate::{Error, Kind, Result};
use arrow::array::{
    Array, ArrayRef, AsArray, GenericListArray, OffsetSizeTrait, RecordBatch, RecordBatchOptions,
    StringArray, StructArray, new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::logical_expr::LogicalPlan;
pub use marks::Mark;
use std::sync::Arc;
use totalcloud_table::JSON_MARK;

/// What stands in the place of text that is hidden; of other types nothing is left.
pub const HIDDEN: &str = "[redacted]";

/// Hides what is sensitive in the batches of one result.
#[derive(Debug, Clone)]
pub struct Redactor {
    marks: Vec<Mark>,
}

impl Redactor {
    /// For the result of a query.
    pub fn of_plan(plan: &LogicalPlan) -> Redactor {
        Redactor { marks: lineage::marks(plan) }
    }

    /// For a table of row versions as it is.
    pub fn of_table(table: &TableSpec, schema: &Schema) -> Redactor {
        Redactor { marks: schema.fields().iter().map(|f| marks::of_column(Some(table), f.name())).collect() }
    }

    /// The numbers of the columns of which something may be hidden.
    pub fn touched(&self) -> impl Iterator<Item = usize> + '_ {
        self.marks.iter().enumerate().filter(|(_, mark)| !mark.is_clear()).map(|(at, _)| at)
    }

    /// The batch without what is sensitive. Its columns and their types stay.
    ///
    /// # Errors
    /// If the batch is not of the result that this was made for.
    pub fn apply(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        if batch.num_columns() != self.marks.len() {
            let message =
                format!("{} columns came where {} were planned", batch.num_columns(), self.marks.len());
            return Err(Error::new(Kind::Failed, message));
        }
        let schema = batch.schema();
        let columns = batch
            .columns()
            .iter()
            .zip(schema.fields())
            .zip(&self.marks)
            .map(|((column, field), mark)| hide(column, field, mark))
            .collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        Ok(RecordBatch::try_new_with_options(nullable(&schema), columns, &options)?)
    }

    /// The columns of the batches that [`Redactor::apply`] gives.
    pub fn schema(&self, schema: &SchemaRef) -> SchemaRef {
        nullable(schema)
    }
}

/// What is hidden may be nothing at all, so that every column may be null.
fn nullable(schema: &SchemaRef) -> SchemaRef {
    let fields: Vec<FieldRef> =
        schema.fields().iter().map(|f| Arc::new(f.as_ref().clone().with_nullable(true))).collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

fn hide(array: &ArrayRef, field: &Field, mark: &Mark) -> Result<ArrayRef> {
    match (mark, array.data_type()) {
        (Mark::Clear, _) => Ok(array.clone()),
        (Mark::Row(shape), t) if is_text(t) => text(array, |row| json::row(row, shape)),
        (Mark::Extra(shape), t) if is_text(t) => text(array, |extra| json::extra(extra, shape)),
        (Mark::Fields(inside), DataType::Struct(fields)) => {
            let array = array.as_struct();
            let columns = array
                .columns()
                .iter()
                .zip(fields)
                .map(|(column, f)| match inside.get(f.name().as_str()) {
                    Some(mark) => hide(column, f, mark),
                    None => Ok(column.clone()),
                })
                .collect::<Result<Vec<_>>>()?;
            Ok(Arc::new(StructArray::try_new_with_length(
                fields.clone(),
                columns,
                array.nulls().cloned(),
                array.len(),
            )?))
        }
        (Mark::Fields(_) | Mark::Changes, DataType::List(item)) => items::<i32>(array, item, mark),
        (Mark::Fields(_) | Mark::Changes, DataType::LargeList(item)) => items::<i64>(array, item, mark),
        (Mark::Changes, DataType::Struct(fields)) => changes(array.as_struct(), fields),
        (_, t) if is_text(t) => {
            let quoted = field.metadata().get(JSON_MARK).is_some_and(|v| v == "true");
            let hidden = if quoted { format!("{HIDDEN:?}") } else { HIDDEN.to_owned() };
            text(array, |_| hidden.clone())
        }
        (_, other) => Ok(new_null_array(other, array.len())),
    }
}

fn items<O: OffsetSizeTrait>(array: &ArrayRef, item: &FieldRef, mark: &Mark) -> Result<ArrayRef> {
    let list = array.as_list::<O>();
    let values = hide(list.values(), item, mark)?;
    let nulls = list.nulls().cloned();
    Ok(Arc::new(GenericListArray::<O>::try_new(item.clone(), list.offsets().clone(), values, nulls)?))
}

/// Changes of fields: the values of those that are sensitive in any table.
fn changes(array: &StructArray, fields: &arrow::datatypes::Fields) -> Result<ArrayRef> {
    let names = array.column_by_name(marks::CHANGED).map(|names| cast(names, &DataType::Utf8)).transpose()?;
    let open: Vec<bool> = match &names {
        Some(names) => names.as_string::<i32>().iter().map(|name| name.is_some_and(marks::is_open)).collect(),
        None => vec![false; array.len()],
    };
    let columns = array
        .columns()
        .iter()
        .zip(fields)
        .map(|(column, field)| {
            if field.name() == marks::CHANGED {
                return Ok(column.clone());
            }
            let hidden = hide(column, field, &Mark::Hidden)?;
            let open = arrow::array::BooleanArray::from(open.clone());
            Ok(arrow::compute::kernels::zip::zip(&open, column, &hidden)?)
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(StructArray::try_new_with_length(
        fields.clone(),
        columns,
        array.nulls().cloned(),
        array.len(),
    )?))
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Rewrites text that is there.
fn text(array: &ArrayRef, rewritten: impl Fn(&str) -> String) -> Result<ArrayRef> {
    let plain = cast(array, &DataType::Utf8)?;
    let text: StringArray = plain.as_string::<i32>().iter().map(|text| text.map(&rewritten)).collect();
    Ok(cast(&text, array.data_type())?)
}

#[cfg(test)]
mod tests;
