//! Rows as Arrow record batches.

mod quick;
#[cfg(test)]
mod tests;
use crate::plan::{From, Plan, PlanColumn, Reader};
use crate::{Columns, Error, Format, Issue, JSON_MARK, Result, WriteOptions};
use arrow::array::{
    ArrayBuilder, ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, ListArray, NullBufferBuilder,
    RecordBatch, RecordBatchOptions, StringBuilder, StructArray, TimestampMicrosecondBuilder,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use bytes::Bytes;
use quick::{Quick, Slot};
use std::collections::HashMap;
use std::sync::Arc;
use totalcloud_api::model::{Cell, Datum, Kind, Misfit, Shape};

/// Text of one batch beyond this is refused: Arrow counts offsets with 31 bits, and `extra` may repeat what
/// came several times over.
const MOST_BYTES: usize = 256 << 20;

/// The Arrow schema of a shape: its columns, `extra`, and `raw` if wanted.
///
/// Objects of known shape are structs and lists of them lists of structs; what is of open shape is its JSON
/// text. Instants are microseconds in UTC (finer fractions are cut), digits that count as text are text.
/// Every column may be null. The meaning of a column is in its metadata under `comment`; what is JSON text
/// carries [`JSON_MARK`].
///
/// `extra` holds, as a JSON object by path, the fields that have no column and the values that do not fit
/// theirs, or null if there are none; `raw` holds the row as it came. Should a shape have a field of that
/// name, the column gets a `_` in front.
pub fn schema(shape: &'static Shape, raw: bool) -> Schema {
    Schema::new(arrow_fields(&whole(shape, raw)))
}

fn whole(shape: &'static Shape, raw: bool) -> Plan {
    let options = WriteOptions { raw, ..WriteOptions::default() };
    Plan::new(&Columns::of(shape), Format::Arrow, &options, &[])
}

fn arrow_fields(plan: &Plan) -> Fields {
    plan.columns
        .iter()
        .map(|c| {
            let data_type =
                if matches!(c.from, From::Field { .. }) { data_type(&c.kind) } else { DataType::Utf8 };
            documented(Field::new(&c.name, data_type, true), c.doc, &c.kind)
        })
        .collect()
}

fn documented(field: Field, doc: &str, kind: &Kind) -> Field {
    let mut metadata = HashMap::new();
    if !doc.is_empty() {
        metadata.insert("comment".to_owned(), doc.to_owned());
    }
    if is_json(kind) {
        metadata.insert(JSON_MARK.to_owned(), "true".to_owned());
    }
    field.with_metadata(metadata)
}

/// Whether the text of a column, or that in its list, is JSON of open shape. The item of a list cannot say so
/// itself: Delta keeps nothing about items.
fn is_json(kind: &Kind) -> bool {
    match kind.item() {
        Kind::Open => true,
        Kind::Object(shape) => shape.columns().is_empty(),
        _ => false,
    }
}

/// The name of list items is the one that Parquet and Delta prescribe.
fn item(kind: &Kind) -> Field {
    Field::new("element", data_type(kind), true)
}

fn data_type(kind: &Kind) -> DataType {
    match kind {
        Kind::Int => DataType::Int64,
        Kind::Num => DataType::Float64,
        Kind::Bool | Kind::BoolText => DataType::Boolean,
        Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Kind::List(inner) => DataType::List(Arc::new(item(inner))),
        Kind::Object(shape) if !shape.columns().is_empty() => DataType::Struct(
            shape
                .columns()
                .iter()
                .map(|c| documented(Field::new(c.wire, data_type(&c.kind), true), c.doc.trim(), &c.kind))
                .collect(),
        ),
        _ => DataType::Utf8,
    }
}

/// Collects rows into record batches.
///
/// ```
/// # use totalcloud_api::{model::Model, resources::AwsBase};
/// use totalcloud_table::arrow::array::{Array, AsArray};
/// let mut batch = totalcloud_table::BatchBuilder::new(AwsBase::SHAPE, false);
/// batch.push(&bytes::Bytes::from_static(br#"{"cloudAccountId":"012345678901","tags":{"key":"env"}}"#))?;
/// let batch = batch.finish()?;
/// assert_eq!(batch["cloudAccountId"].as_string::<i32>().value(0), "012345678901");
/// assert_eq!(batch["tags"].as_list::<i32>().value(0).len(), 1);
/// # Ok::<(), totalcloud_table::Error>(())
/// ```
pub struct BatchBuilder {
    reader: Reader,
    schema: SchemaRef,
    builders: Vec<Build>,
    quick: Quick,
    /// The column of each field of the rows, and its value where it was read on the way through the row.
    straight: Vec<Option<(usize, Kind)>>,
    slots: Vec<Option<Slot>>,
    index: u64,
    rows: usize,
    bytes: usize,
}

impl BatchBuilder {
    /// Starts batches of all columns of a shape, as [`schema`] lists them.
    pub fn new(shape: &'static Shape, raw: bool) -> BatchBuilder {
        BatchBuilder::of_plan(whole(shape, raw), HashMap::new())
    }

    /// Starts batches of chosen columns, in the order in which they were chosen; what is not chosen is not
    /// decoded. Without a choice they are those of [`BatchBuilder::new`] without `raw`.
    pub fn of(columns: &Columns) -> BatchBuilder {
        let plan = Plan::new(columns, Format::Arrow, &WriteOptions::default(), &[]);
        BatchBuilder::of_plan(plan, HashMap::new())
    }

    pub(crate) fn of_plan(plan: Plan, metadata: HashMap<String, String>) -> BatchBuilder {
        let fields = arrow_fields(&plan);
        BatchBuilder {
            slots: vec![None; plan.columns.len()],
            straight: plan.straight(),
            builders: fields.iter().map(|f| Build::new(f.data_type())).collect(),
            schema: Arc::new(Schema::new_with_metadata(fields, metadata)),
            reader: Reader::new(plan),
            quick: Quick::default(),
            index: 0,
            rows: 0,
            bytes: 0,
        }
    }

    /// The schema of the batches.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Rows since the last batch.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of the rows since the last batch, as they came.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a row. Issues count rows from the first one of this builder on.
    ///
    /// # Errors
    /// If the batch would grow beyond 256 MiB.
    pub fn push(&mut self, row: &Bytes) -> Result<Vec<Issue>> {
        let mut issues = Vec::new();
        self.push_into(row, &mut issues)?;
        Ok(issues)
    }

    pub(crate) fn push_into(&mut self, row: &Bytes, issues: &mut Vec<Issue>) -> Result<()> {
        if self.rows > 0 && self.bytes + row.len() > MOST_BYTES {
            return Err(Error::BatchTooLarge);
        }
        let index = self.index;
        self.quick.begin();
        self.slots.fill(None);
        let BatchBuilder { quick, straight, slots, .. } = self;
        let fields = self.reader.read_along(index, row, issues, &mut |scan, text, field| {
            let Some((column, kind)) = straight[field] else { return false };
            slots[column] = quick.pass(scan, text, &kind);
            slots[column].is_some()
        });
        if !fields.shown {
            self.slots.fill(None);
        }
        let mut extra: Vec<(String, String)> = Vec::new();
        let mut extra_at = None;
        let columns = self.reader.plan.columns.iter().zip(&self.slots);
        for (at, ((column, slot), builder)) in columns.zip(&mut self.builders).enumerate() {
            match (&column.from, slot) {
                (From::Extra, _) => extra_at = Some(at),
                (From::Raw, _) => builder.text(Some(fields.raw())),
                (From::Field { .. }, Some(slot)) => builder.put(*slot, &self.quick, fields.text),
                (From::Field { .. }, None) => match fields.json(column) {
                    None => builder.append(None),
                    Some(json) => match self.quick.read(&column.kind, &json) {
                        Some(slot) => builder.put(slot, &self.quick, &json),
                        None => append(column, &json, builder, index, &mut extra, issues),
                    },
                },
            }
        }
        if let Some(builder) = extra_at.and_then(|at| self.builders.get_mut(at)) {
            builder.text(fields.extra(&extra).as_deref());
        }
        self.reader.reuse(fields);
        self.index += 1;
        self.rows += 1;
        self.bytes += row.len();
        Ok(())
    }

    /// The rows since the last batch.
    ///
    /// # Errors
    /// If Arrow refuses them.
    pub fn finish(&mut self) -> Result<RecordBatch> {
        let columns = self
            .builders
            .iter_mut()
            .zip(self.schema.fields())
            .map(|(builder, field)| builder.finish(field.data_type()))
            .collect::<Result<Vec<ArrayRef>, _>>()
            .map_err(|e| Error::encode("Arrow", e))?;
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        self.rows = 0;
        self.bytes = 0;
        RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)
            .map_err(|e| Error::encode("Arrow", e))
    }
}

/// Appends one value; what does not fit becomes null and goes to `extra`.
fn append(
    column: &PlanColumn,
    json: &str,
    builder: &mut Build,
    index: u64,
    extra: &mut Vec<(String, String)>,
    issues: &mut Vec<Issue>,
) {
    match column.kind.read(json) {
        Ok(Cell::Fits(datum)) => {
            builder.append(Some(&datum));
            if matches!(datum, Datum::Object(_) | Datum::List(_)) {
                let mut path = column.name.clone();
                datum.visit_extra(&column.kind, &mut path, &mut |path, json, known| {
                    extra.push((path.to_owned(), json.to_owned()));
                    if let Some(known) = known {
                        issues.push(issue(index, path, &known.kind, json));
                    }
                });
            }
        }
        Ok(Cell::Empty) => builder.append(None),
        Ok(Cell::Misfit(_)) | Err(_) => {
            builder.append(None);
            extra.push((column.name.clone(), json.to_owned()));
            issues.push(issue(index, &column.name, &column.kind, json));
        }
    }
}

fn issue(row: u64, path: &str, kind: &Kind, json: &str) -> Issue {
    let Misfit { path, expected, found, .. } = Misfit::of(&format!("$.{path}"), kind, json);
    Issue { row, path, reason: format!("expected {expected}, found {found}"), unreadable: false }
}

/// One column, or one field inside a nested one, as it grows.
enum Build {
    Text(StringBuilder),
    Int(Int64Builder),
    Num(Float64Builder),
    Bool(BooleanBuilder),
    Time(TimestampMicrosecondBuilder),
    Struct { fields: Vec<Build>, nulls: NullBufferBuilder },
    List { item: Box<Build>, offsets: Vec<i32>, items: i32, nulls: NullBufferBuilder },
}

impl Build {
    fn new(data_type: &DataType) -> Build {
        match data_type {
            DataType::Int64 => Build::Int(Int64Builder::new()),
            DataType::Float64 => Build::Num(Float64Builder::new()),
            DataType::Boolean => Build::Bool(BooleanBuilder::new()),
            DataType::Timestamp(..) => {
                Build::Time(TimestampMicrosecondBuilder::new().with_data_type(data_type.clone()))
            }
            DataType::Struct(fields) => Build::Struct {
                fields: fields.iter().map(|f| Build::new(f.data_type())).collect(),
                nulls: NullBufferBuilder::new(0),
            },
            DataType::List(field) => Build::List {
                item: Box::new(Build::new(field.data_type())),
                offsets: vec![0],
                items: 0,
                nulls: NullBufferBuilder::new(0),
            },
            _ => Build::Text(StringBuilder::new()),
        }
    }

    fn text(&mut self, text: Option<&str>) {
        match self {
            Build::Text(builder) => builder.append_option(text),
            other => other.append(None),
        }
    }

    fn append(&mut self, datum: Option<&Datum>) {
        match (self, datum) {
            (Build::Text(b), Some(Datum::Text(text) | Datum::Open(text))) => b.append_value(text),
            (Build::Text(b), Some(Datum::JsonText(text))) => b.append_value(text.as_str()),
            // An object of a shape without columns is all extra, which has no place inside a list.
            (Build::Text(b), Some(Datum::Object(record))) => {
                let fields = record.extra.iter().map(|(k, v)| (k.as_str(), v.as_str()));
                b.append_value(crate::plan::object(fields));
            }
            (Build::Text(b), _) => b.append_null(),
            (Build::Int(b), Some(Datum::Int(n))) => b.append_value(*n),
            (Build::Int(b), _) => b.append_null(),
            (Build::Num(b), Some(Datum::Num(n))) => b.append_value(*n),
            (Build::Num(b), _) => b.append_null(),
            (Build::Bool(b), Some(Datum::Bool(v))) => b.append_value(*v),
            (Build::Bool(b), _) => b.append_null(),
            (Build::Time(b), Some(Datum::Time(time))) => b.append_value(time.instant().as_microsecond()),
            (Build::Time(b), _) => b.append_null(),
            (Build::Struct { fields, nulls }, Some(Datum::Object(record))) => {
                for (i, field) in fields.iter_mut().enumerate() {
                    field.append(record.cells.get(i).and_then(Option::as_ref));
                }
                nulls.append_non_null();
            }
            (Build::Struct { fields, nulls }, _) => {
                fields.iter_mut().for_each(|f| f.append(None));
                nulls.append_null();
            }
            (Build::List { item, offsets, items, nulls }, Some(Datum::List(data))) => {
                data.iter().for_each(|datum| item.append(Some(datum)));
                *items += data.len() as i32;
                offsets.push(*items);
                nulls.append_non_null();
            }
            (Build::List { offsets, items, nulls, .. }, _) => {
                offsets.push(*items);
                nulls.append_null();
            }
        }
    }

    /// Appends a value that was read quickly.
    fn put(&mut self, slot: Slot, quick: &Quick, json: &str) {
        match (self, slot) {
            (Build::Text(b), Slot::Text { from, to }) => b.append_option(json.get(from..to)),
            (Build::Int(b), Slot::Int(n)) => b.append_value(n),
            (Build::Num(b), Slot::Num(n)) => b.append_value(n),
            (Build::Bool(b), Slot::Bool(v)) => b.append_value(v),
            (Build::Time(b), Slot::Time(micros)) => b.append_value(micros),
            (Build::Struct { fields, nulls }, Slot::Object { first }) => {
                let slots = quick.slots(first, fields.len());
                fields.iter_mut().zip(slots).for_each(|(field, slot)| field.put(*slot, quick, json));
                nulls.append_non_null();
            }
            (Build::List { item, offsets, items, nulls }, Slot::List { first, count }) => {
                quick.slots(first, count).iter().for_each(|slot| item.put(*slot, quick, json));
                *items += count as i32;
                offsets.push(*items);
                nulls.append_non_null();
            }
            (other, _) => other.append(None),
        }
    }

    fn finish(&mut self, data_type: &DataType) -> Result<ArrayRef, arrow::error::ArrowError> {
        Ok(match (self, data_type) {
            // The next batch will need as much memory as this one: it is asked for once, not doubled again and again.
            (Build::Text(b), _) => {
                let next = StringBuilder::with_capacity(roomy(b.len()), roomy(b.values_slice().len()));
                Arc::new(std::mem::replace(b, next).finish())
            }
            (Build::Int(b), _) => {
                let next = Int64Builder::with_capacity(roomy(b.len()));
                Arc::new(std::mem::replace(b, next).finish())
            }
            (Build::Num(b), _) => {
                let next = Float64Builder::with_capacity(roomy(b.len()));
                Arc::new(std::mem::replace(b, next).finish())
            }
            (Build::Bool(b), _) => Arc::new(b.finish()),
            (Build::Time(b), _) => Arc::new(b.finish()),
            (Build::Struct { fields, nulls }, DataType::Struct(types)) => {
                let arrays = fields
                    .iter_mut()
                    .zip(types)
                    .map(|(field, f)| field.finish(f.data_type()))
                    .collect::<Result<Vec<_>, _>>()?;
                Arc::new(StructArray::try_new(types.clone(), arrays, nulls.finish())?)
            }
            (Build::List { item, offsets, items, nulls }, DataType::List(field)) => {
                let values = item.finish(field.data_type())?;
                let offsets = std::mem::replace(offsets, vec![0]);
                *items = 0;
                let offsets = OffsetBuffer::new(offsets.into());
                Arc::new(ListArray::try_new(field.clone(), offsets, values, nulls.finish())?)
            }
            (Build::Struct { .. } | Build::List { .. }, other) => {
                let message = format!("a nested column was built for {other}");
                return Err(arrow::error::ArrowError::SchemaError(message));
            }
        })
    }
}

/// Some more than that.
fn roomy(size: usize) -> usize {
    size + size / 16
}
