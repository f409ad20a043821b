//! Filters on columns that have few values, such as a region or a result.
//!
//! Such a column is stored as a dictionary. The filter looks at each value of the dictionary once, and a row then
//! costs a look at a table of bits; text is made of the rows that are left alone.

use super::lookup::lookup;
use super::table::Physical;
use super::versions::arguments;
use crate::layout::{ACCOUNT, CONTROL, PROVIDER};
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, RecordBatch, StringViewArray, new_null_array,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{concat, take};
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use datafusion::catalog::Session;
use datafusion::common::tree_node::TreeNode;
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::{Expr, Operator};
use std::sync::Arc;

/// Columns that have few values in a file.
const COLUMNS: &[&str] = &[PROVIDER, ACCOUNT, CONTROL, "region", "resourceType", "result"];

/// The column of a filter that is about one of these alone, and that can be asked of any value without an error.
pub(crate) fn column_of(filter: &Expr, schema: &Schema) -> Option<&'static str> {
    let columns = filter.column_refs();
    let mut columns = columns.iter();
    let (column, None) = (columns.next()?, columns.next()) else { return None };
    let name = COLUMNS.iter().copied().find(|name| *name == column.name)?;
    let text = schema.field_with_name(name).is_ok_and(|field| field.data_type() == &DataType::Utf8View);
    let simple = !filter.exists(|e| Ok(!is_simple(e))).unwrap_or(true);
    (text && simple).then_some(name)
}

fn is_simple(expr: &Expr) -> bool {
    use Operator::{And, Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq, Or};
    match expr {
        Expr::Column(_)
        | Expr::Literal(..)
        | Expr::InList(_)
        | Expr::Between(_)
        | Expr::Like(_)
        | Expr::Not(_)
        | Expr::IsNull(_)
        | Expr::IsNotNull(_) => true,
        Expr::BinaryExpr(e) => {
            matches!(e.op, Eq | NotEq | Lt | LtEq | Gt | GtEq | And | Or | IsDistinctFrom | IsNotDistinctFrom)
        }
        _ => false,
    }
}

/// Whether all these filters hold for a row, each on the dictionary of its column.
pub(crate) fn hold(state: &dyn Session, filters: &[(Expr, Physical)]) -> Result<Physical> {
    let mut asked = Vec::new();
    for (filter, _) in filters {
        let name = filter.column_refs().iter().next().map(|c| c.name.clone()).unwrap_or_default();
        let schema = Arc::new(Schema::new(vec![Field::new(name, DataType::Utf8View, true)]));
        let filter = state.create_physical_expr(filter.clone(), &DFSchema::try_from(Arc::clone(&schema))?)?;
        asked.push((filter, schema));
    }
    let columns = filters.iter().map(|(_, column)| Arc::clone(column)).collect();
    Ok(lookup("hold", columns, DataType::Boolean, move |args| {
        let mut all: Option<BooleanBuffer> = None;
        for ((filter, schema), column) in asked.iter().zip(args) {
            let Some(column) = column.as_dictionary_opt::<Int32Type>() else { return arguments() };
            let values = concat(&[&views(column)?, &new_null_array(&DataType::Utf8View, 1)])?;
            let values = RecordBatch::try_new(Arc::clone(schema), vec![values])?;
            let kept = filter.evaluate(&values)?.into_array(values.num_rows())?;
            let held = spread(column, kept.as_boolean());
            all = Some(all.map_or(held.clone(), |all| &all & &held));
        }
        match all {
            Some(held) => Ok(Arc::new(BooleanArray::new(held, None))),
            None => arguments(),
        }
    }))
}

/// What holds for the rows, from what holds for the values; the last of these is null.
fn spread(column: &DictionaryArray<Int32Type>, kept: &BooleanArray) -> BooleanBuffer {
    let null = kept.iter().next_back() == Some(Some(true));
    // A power of two, so that a key that is cut to it needs no other check.
    let mut table = vec![false; kept.len().next_power_of_two()];
    for (holds, kept) in table.iter_mut().zip(kept) {
        *holds = kept == Some(true);
    }
    let most = table.len() - 1;
    let mut held = Vec::with_capacity(column.len().div_ceil(64));
    for keys in column.keys().values().chunks(64) {
        let bits = keys.iter().rev().fold(0, |bits, key| bits << 1 | u64::from(table[*key as usize & most]));
        held.push(bits.to_le());
    }
    let held = BooleanBuffer::new(held.into(), 0, column.len());
    match column.nulls() {
        None => held,
        Some(nulls) if null => &held | &!nulls.inner(),
        Some(nulls) => &held & nulls.inner(),
    }
}

/// The text of a dictionary's rows.
pub(crate) fn text(column: Physical) -> Physical {
    lookup("text", vec![column], DataType::Utf8View, |args| {
        let Some(column) = args.first().and_then(|a| a.as_dictionary_opt::<Int32Type>()) else {
            return arguments();
        };
        Ok(take(&views(column)?, column.keys(), None)?)
    })
}

fn views(column: &DictionaryArray<Int32Type>) -> Result<ArrayRef> {
    match column.values().as_string_opt::<i32>() {
        Some(values) => Ok(Arc::new(StringViewArray::from(values))),
        None => arguments(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::Int32Array;
    use arrow::array::StringArray;
    use datafusion::logical_expr::{col, lit};
    use datafusion::physical_expr::expressions::Column;
    use datafusion::prelude::SessionContext;

    fn schema() -> Schema {
        let text = |name: &str| Field::new(name, DataType::Utf8View, true);
        Schema::new(vec![text("region"), text("name"), Field::new("result", DataType::Int64, true)])
    }

    #[test]
    fn only_simple_filters_on_one_short_column_of_text_are_taken() {
        let of = |filter: Expr| column_of(&filter, &schema());
        let region = || col("region");
        assert_eq!(of(region().eq(lit("a"))), Some("region"));
        assert_eq!(of(region().in_list(vec![lit("a"), lit("b")], true)), Some("region"));
        assert_eq!(of(region().is_null().or(region().like(lit("eu-%")))), Some("region"));
        assert_eq!(of(col("name").eq(lit("a"))), None);
        assert_eq!(of(region().eq(col("name"))), None);
        assert_eq!(of(col("result").eq(lit(1))), None);
        assert_eq!(of(col("account").eq(lit("1"))), None, "the table has no such column");
        assert_eq!(of(datafusion::functions::string::expr_fn::lower(region()).eq(lit("a"))), None);
        assert_eq!(of(datafusion::prelude::cast(region(), DataType::Int64).eq(lit(1))), None);
    }

    #[test]
    fn what_holds_for_a_value_holds_for_its_rows() {
        let values = Arc::new(StringArray::from(vec!["a", "b", "a long value of its own"]));
        let keys = Int32Array::from(vec![Some(0), None, Some(1), Some(2), Some(0)]);
        let column: ArrayRef = Arc::new(DictionaryArray::new(keys, values));
        let field = Field::new("region", column.data_type().clone(), true);
        let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![column]).unwrap();
        let state = SessionContext::new().state();
        let at: Physical = Arc::new(Column::new("region", 0));
        let held = |filters: &[Expr]| {
            let filters: Vec<_> = filters.iter().map(|f| (f.clone(), Arc::clone(&at))).collect();
            let held = hold(&state, &filters).unwrap().evaluate(&batch).unwrap().into_array(5).unwrap();
            held.as_boolean().iter().map(Option::unwrap).collect::<Vec<_>>()
        };
        let region = || col("region");
        assert_eq!(held(&[region().eq(lit("a"))]), [true, false, false, false, true]);
        assert_eq!(held(&[region().not_eq(lit("a"))]), [false, false, true, true, false]);
        assert_eq!(held(&[region().is_null()]), [false, true, false, false, false]);
        assert_eq!(
            held(&[region().gt(lit("a")), region().like(lit("a%"))]),
            [false, false, false, true, false]
        );
        let text = text(Arc::clone(&at)).evaluate(&batch).unwrap().into_array(5).unwrap();
        let text: Vec<Option<&str>> = text.as_string_view().iter().collect();
        assert_eq!(text, [Some("a"), None, Some("b"), Some("a long value of its own"), Some("a")]);
    }
}
