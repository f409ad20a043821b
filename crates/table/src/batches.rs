//! Arrow record batches written in every format, such as the results of queries.

use crate::cell::Value;
use crate::formats::{self, Head, Sheet};
use crate::{Error, Format, Result, RowOutcome, Summary, WriteOptions};
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use read::Read;
use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Write;
use std::sync::Arc;

mod read;

/// The mark, in the metadata of a field, on text (or a list of text) that is JSON of open shape: JSON and NDJSON
/// show what is inside instead of a string.
pub const JSON_MARK: &str = "totalcloud.json";

/// Writes record batches in one format, with the look that rows of the service have there ([`crate::Writer`]).
///
/// - JSON and NDJSON write an object a row, with `null` for what is missing; inside nested values what is
///   missing is left out. Text that carries [`JSON_MARK`] is shown as the JSON it is. Whole numbers keep all
///   digits; what is no number (`NaN`) is text.
/// - Text formats write nested values as that JSON, instants as ISO-8601 in UTC, also where a time zone is
///   not said.
/// - Parquet and Arrow keep the types, but for those that few readers know: views of text become text.
///   Every column may be null.
///
/// Where two columns have one name, the later ones get a number: `name`, `name_2`. Batches are written as they
/// come; of a table, the first rows decide about the widths.
///
/// ```
/// use std::sync::Arc;
/// use totalcloud_table::arrow::array::{Int64Array, RecordBatch};
/// use totalcloud_table::{BatchWriter, Format, WriteOptions};
///
/// let batch = RecordBatch::try_from_iter([("n", Arc::new(Int64Array::from(vec![Some(1), None])) as _)])?;
/// let out = Box::new(std::io::sink());
/// let mut writer = BatchWriter::create(Format::Ndjson, &batch.schema(), WriteOptions::default(), out)?;
/// writer.push(&batch)?;
/// assert_eq!(writer.finish()?.rows, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct BatchWriter {
    schema: SchemaRef,
    out: Output,
    batch_rows: usize,
    summary: Summary,
}

enum Output {
    Json { lines: formats::json::Lines, keys: Vec<String> },
    Sheet(Box<dyn Sheet>),
    Parquet(Box<formats::parquet::ParquetFile>),
    Arrow(Box<formats::arrow::Ipc>),
}

impl BatchWriter {
    /// Starts an output. [`WriteOptions::raw`] has no meaning here: the columns are those of the schema.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn create(
        format: Format,
        schema: &SchemaRef,
        options: WriteOptions,
        out: Box<dyn Write + Send>,
    ) -> Result<BatchWriter> {
        let metadata = schema.metadata().clone().into_iter().chain(formats::metadata(&options)).collect();
        let schema = Arc::new(Schema::new_with_metadata(distinct(schema), metadata));
        let out = match format {
            Format::Json | Format::Ndjson => Output::Json {
                lines: formats::json::Lines::new(format, out),
                keys: schema.fields().iter().map(|f| read::key(f.name())).collect(),
            },
            Format::Parquet => {
                let whole: Vec<String> =
                    schema.fields().iter().map(|f| f.name().clone()).filter(|n| n == "raw").collect();
                let file = formats::parquet::ParquetFile::new(&schema, &whole, &options, out)?;
                Output::Parquet(Box::new(file))
            }
            Format::Arrow => Output::Arrow(Box::new(formats::arrow::Ipc::new(&schema, &options, out)?)),
            Format::Table | Format::Csv | Format::Tsv | Format::Xlsx | Format::Markdown => {
                let heads: Vec<Head> = schema
                    .fields()
                    .iter()
                    .map(|f| Head { name: f.name().clone(), kind: read::kind(f.data_type()) })
                    .collect();
                Output::Sheet(formats::sheet(format, &heads, &options, out)?)
            }
        };
        Ok(BatchWriter { schema, out, batch_rows: options.batch_rows.max(1), summary: Summary::default() })
    }

    /// The columns as they are written.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Writes the rows of a batch.
    ///
    /// # Errors
    /// If the batch has other columns than the output, or the output cannot be written.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<RowOutcome> {
        let batch = self.fitted(batch)?;
        let mut issues = Vec::new();
        match &mut self.out {
            Output::Arrow(file) if batch.num_rows() > 0 => file.write(&batch)?,
            Output::Arrow(_) => {}
            Output::Parquet(file) => {
                // A row group ends between writes, so that these must be small.
                for start in (0..batch.num_rows()).step_by(self.batch_rows) {
                    let rows = self.batch_rows.min(batch.num_rows() - start);
                    file.write(&batch.slice(start, rows))?;
                }
            }
            Output::Json { lines, keys } => {
                let columns = reads(&batch)?;
                let mut line = String::new();
                for row in 0..batch.num_rows() {
                    line.clear();
                    read::object(
                        &mut line,
                        keys.iter().zip(&columns).map(|(k, c)| (k.as_str(), c)),
                        row,
                        true,
                    );
                    lines.line(line.as_bytes())?;
                }
            }
            Output::Sheet(sheet) => {
                let columns = reads(&batch)?;
                for row in 0..batch.num_rows() {
                    let values: Vec<_> = columns.iter().map(|c| c.value(row)).collect();
                    sheet.cells(self.summary.rows + row as u64, &values, &mut issues)?;
                }
            }
        }
        self.summary.rows += batch.num_rows() as u64;
        self.summary.issue_count += issues.len() as u64;
        Ok(RowOutcome { issues })
    }

    /// Passes on what can be read already, so that a reader at the other end of a pipe sees it.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        match &mut self.out {
            Output::Json { lines, .. } => lines.flush(),
            Output::Sheet(sheet) => sheet.flush(),
            Output::Arrow(file) => file.flush(),
            // A row group ends when it is full, not when someone looks.
            Output::Parquet(_) => Ok(()),
        }
    }

    /// Completes the output.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn finish(self) -> Result<Summary> {
        self.close(true)
    }

    /// Completes the output although rows are missing, as [`crate::Writer::abort`] does.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn abort(self) -> Result<Summary> {
        self.close(false)
    }

    fn close(mut self, complete: bool) -> Result<Summary> {
        match &mut self.out {
            Output::Json { lines, .. } => lines.close()?,
            Output::Sheet(sheet) => sheet.close()?,
            Output::Parquet(file) => file.close(complete)?,
            Output::Arrow(file) => file.close(complete)?,
        }
        Ok(self.summary)
    }

    /// The batch with the columns of the output.
    fn fitted(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        if batch.num_columns() != self.schema.fields().len() {
            let (found, wanted) = (batch.num_columns(), self.schema.fields().len());
            let message = format!("a batch has {found} columns where {wanted} were announced");
            return Err(Error::Encode { format: "a batch", message });
        }
        let columns = batch
            .columns()
            .iter()
            .zip(self.schema.fields())
            .map(|(column, field)| cast(column, field.data_type()))
            .collect::<Result<Vec<_>, _>>();
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        columns
            .and_then(|columns| RecordBatch::try_new_with_options(self.schema.clone(), columns, &options))
            .map_err(|e| Error::encode("a batch", e))
    }
}

/// The values of one Arrow column as text or JSON, as [`BatchWriter`] writes them.
pub struct Values(Read);

impl Values {
    /// The values of a column.
    ///
    /// # Errors
    /// If its type has no text.
    pub fn new(array: &ArrayRef, field: &Field) -> Result<Values> {
        Read::new(array, field).map(Values)
    }

    /// The text of data formats; none if there is no value.
    pub fn text(&self, row: usize) -> Option<Cow<'_, str>> {
        match self.0.value(row) {
            Value::Missing => None,
            Value::Text(text) | Value::Json(text) | Value::Num(_, text) => Some(text),
            other => Some(Cow::Owned(other.text().into_owned())),
        }
    }

    /// Appends the value as JSON, `null` if there is none.
    pub fn json(&self, row: usize, out: &mut String) {
        self.0.json(row, out);
    }
}

fn reads(batch: &RecordBatch) -> Result<Vec<Read>> {
    batch
        .columns()
        .iter()
        .zip(batch.schema_ref().fields())
        .map(|(column, field)| Read::new(column, field))
        .collect()
}

/// The fields under names that are all different, with types that readers know.
fn distinct(schema: &Schema) -> Vec<FieldRef> {
    let mut taken: HashSet<String> = HashSet::new();
    let first: HashSet<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    let mut distinct = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let mut name = field.name().clone();
        let mut number = 1;
        while taken.contains(&name) || (number > 1 && first.contains(name.as_str())) {
            number += 1;
            name = format!("{}_{number}", field.name());
        }
        taken.insert(name.clone());
        let data_type = known(field.data_type());
        distinct.push(Arc::new(
            field.as_ref().clone().with_name(name).with_data_type(data_type).with_nullable(true),
        ));
    }
    distinct
}

fn known(data_type: &DataType) -> DataType {
    let inside = |field: &FieldRef| Arc::new(field.as_ref().clone().with_data_type(known(field.data_type())));
    match data_type {
        DataType::Utf8View => DataType::Utf8,
        DataType::BinaryView => DataType::Binary,
        DataType::List(item) => DataType::List(inside(item)),
        DataType::LargeList(item) => DataType::LargeList(inside(item)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(inside).collect()),
        DataType::Map(entries, sorted) => DataType::Map(inside(entries), *sorted),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests;
