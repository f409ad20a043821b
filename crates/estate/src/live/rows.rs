//! Rows of a page as a record batch of the columns that are asked for; nothing else is decoded.

use super::parts::Part;
use crate::layout::{ACCOUNT, CONTROL, EXTRA, PROVIDER, RAW};
use crate::schema::{derived_fields, shape_fields};
use crate::tables::TableSpec;
use crate::{Error, Kind, Result};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StringArray, new_null_array};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use bytes::Bytes;
use std::sync::Arc;
use totalcloud_table::{BatchBuilder, Columns};

/// The columns of a live table: those of the stored one without what only syncs know.
pub(super) fn schema(table: &TableSpec) -> SchemaRef {
    let mut fields = derived_fields(table);
    let (shape, rest) = shape_fields(table);
    fields.extend(shape);
    fields.extend(rest);
    Arc::new(Schema::new(fields))
}

/// Where the values of a column come from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum From {
    /// The part says it.
    Part,
    /// A decoded column, by its place.
    Decoded(usize),
    /// The first of these decoded columns that says something.
    First(Vec<usize>),
}

/// Makes batches of some columns of a table.
pub(super) struct Decoder {
    schema: SchemaRef,
    from: Vec<From>,
    builder: Option<BatchBuilder>,
}

impl Decoder {
    /// For these columns of the table.
    pub(super) fn new(table: &TableSpec, schema: SchemaRef, wanted: &[usize]) -> Result<Decoder> {
        let mut names: Vec<&str> = Vec::new();
        let mut place = |name| match names.iter().position(|n| *n == name) {
            Some(at) => at,
            None => {
                names.push(name);
                names.len() - 1
            }
        };
        let schema = Arc::new(schema.project(wanted)?);
        let from = schema
            .fields()
            .iter()
            .map(|field| {
                let wire = table.shape.column(field.name()).map(|c| c.wire);
                match (wire, field.name().as_str()) {
                    (Some(wire), _) => From::Decoded(place(wire)),
                    (None, EXTRA) => From::Decoded(place(EXTRA)),
                    (None, RAW) => From::Decoded(place(RAW)),
                    (None, ACCOUNT) if !table.key_in_scope => {
                        let said = table.accounts.iter().filter_map(|a| table.shape.column(a));
                        From::First(said.map(|c| place(c.wire)).collect())
                    }
                    _ => From::Part,
                }
            })
            .collect();
        let builder = match names.is_empty() {
            true => None,
            false => Some(BatchBuilder::of(&Columns::of(table.shape).select(&names)?)),
        };
        Ok(Decoder { schema, from, builder })
    }

    /// Decodes the rows of a page.
    pub(super) fn batch(&mut self, part: &Part, rows: &[Bytes]) -> Result<RecordBatch> {
        let decoded = match &mut self.builder {
            Some(builder) => {
                for row in rows {
                    for issue in builder.push(row)? {
                        tracing::debug!("{issue}");
                    }
                }
                builder.finish()?.columns().to_vec()
            }
            None => Vec::new(),
        };
        let columns = self
            .from
            .iter()
            .zip(self.schema.fields())
            .map(|(from, field)| match from {
                From::Decoded(at) => Ok(Arc::clone(&decoded[*at])),
                From::First(places) => Ok(first(places.iter().map(|at| &decoded[*at]), rows.len())),
                From::Part => said(part, field.name(), field.data_type(), rows.len()),
            })
            .collect::<Result<Vec<ArrayRef>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }
}

/// What the part says in each row.
fn said(part: &Part, column: &str, data_type: &DataType, rows: usize) -> Result<ArrayRef> {
    match (part.tag(column), column) {
        (Some(text), _) => Ok(Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, rows)))),
        (None, PROVIDER | ACCOUNT | CONTROL) => Ok(new_null_array(data_type, rows)),
        _ => Err(Error::new(Kind::Failed, format!("nothing says the column {column}"))),
    }
}

/// The first text of each row that is not empty.
fn first<'a>(columns: impl Iterator<Item = &'a ArrayRef>, rows: usize) -> ArrayRef {
    let columns: Vec<&StringArray> = columns.filter_map(|c| c.as_string_opt::<i32>()).collect();
    let text = |row: usize| {
        let mut said = columns.iter().filter(|c| !c.is_null(row)).map(|c| c.value(row));
        said.find(|text| !text.is_empty())
    };
    Arc::new((0..rows).map(text).collect::<StringArray>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables;
    use totalcloud_api::Provider;

    fn decoded(table: &str, columns: &[&str], rows: &[&'static str]) -> RecordBatch {
        let table = tables::get(table).unwrap();
        let all = schema(table);
        let wanted: Vec<usize> = columns.iter().map(|c| all.index_of(c).unwrap()).collect();
        let mut decoder = Decoder::new(table, all, &wanted).unwrap();
        let rows: Vec<Bytes> = rows.iter().map(|r| Bytes::from_static(r.as_bytes())).collect();
        let account = Some("7".to_owned());
        let part = Part { provider: Some(Provider::Aws), account, control: None };
        decoder.batch(&part, &rows).unwrap()
    }

    fn texts(batch: &RecordBatch, column: usize) -> Vec<Option<&str>> {
        batch.column(column).as_string::<i32>().iter().collect()
    }

    #[test]
    fn columns_are_of_the_row_or_of_the_part_and_come_as_asked() {
        let rows =
            ["{\"cloudAccountId\":\"012345678901\",\"name\":\"a\",\"new\":1}", "{\"region\":\"r\"}", "x"];
        let batch = decoded("aws_vpc", &["raw", "name", "account", "provider", "extra"], &rows);
        assert_eq!(texts(&batch, 0), rows.map(Some));
        assert_eq!(texts(&batch, 1), [Some("a"), None, None]);
        assert_eq!(texts(&batch, 2), [Some("012345678901"), None, None]);
        assert_eq!(texts(&batch, 3), [Some("aws"); 3]);
        assert_eq!(texts(&batch, 4)[0], Some("{\"new\":1}"));
    }

    #[test]
    fn what_the_part_says_needs_no_decoding() {
        let batch = decoded("account_evaluations", &["account", "provider"], &["{", "{"]);
        assert_eq!(texts(&batch, 0), [Some("7"), Some("7")]);
        assert_eq!(decoded("aws_vpc", &[], &["{}", "{}"]).num_rows(), 2);
    }

    #[test]
    fn every_column_of_every_table_comes_from_somewhere() {
        for table in tables::all().iter().filter(|t| super::super::parts::is_listed(t)) {
            let names: Vec<String> = schema(table).fields().iter().map(|f| f.name().clone()).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let batch = decoded(&table.name, &names, &["{}"]);
            assert_eq!(batch.num_rows(), 1, "{}", table.name);
            assert_eq!(batch.num_columns(), names.len());
        }
    }
}
