//! The values of one Arrow column, for the formats that write text or cells.

use crate::cell::{self, Value};
use crate::{Error, Result};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, StringArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type, TimeUnit};
use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;
use totalcloud_api::Time;
use totalcloud_api::model::Kind;

/// A column whose values can be had row by row.
pub(super) enum Read {
    Nothing,
    Text(StringArray),
    /// Text that is JSON.
    Json(StringArray),
    /// Numbers that neither a whole number nor a float holds exactly, by their digits.
    Number(StringArray),
    Int(Int64Array),
    Num(Float64Array),
    Bool(BooleanArray),
    Time(Int64Array, TimeUnit),
    Bytes(ArrayRef),
    Struct {
        keys: Vec<String>,
        fields: Vec<Read>,
        nulls: Option<NullBuffer>,
    },
    List {
        items: Box<Read>,
        offsets: OffsetBuffer<i32>,
        nulls: Option<NullBuffer>,
    },
    Map {
        keys: Box<Read>,
        values: Box<Read>,
        offsets: OffsetBuffer<i32>,
        nulls: Option<NullBuffer>,
    },
}

/// How a sheet shows a column.
pub(super) fn kind(data_type: &DataType) -> Kind {
    match data_type {
        t if t.is_integer() => Kind::Int,
        t if t.is_numeric() => Kind::Num,
        DataType::Boolean => Kind::Bool,
        DataType::Timestamp(..) => Kind::Time,
        t if t.is_nested() => Kind::Open,
        _ => Kind::Text,
    }
}

/// A name as the key of a JSON object, colon included.
pub(super) fn key(name: &str) -> String {
    format!("{}:", serde_json::Value::from(name))
}

/// Appends one row of columns as a JSON object, with or without what is null.
pub(super) fn object<'r>(
    out: &mut String,
    fields: impl Iterator<Item = (&'r str, &'r Read)>,
    row: usize,
    nulls: bool,
) {
    out.push('{');
    let mut first = true;
    for (key, field) in fields {
        if !nulls && field.is_null(row) {
            continue;
        }
        if !std::mem::take(&mut first) {
            out.push(',');
        }
        out.push_str(key);
        field.json(row, out);
    }
    out.push('}');
}

impl Read {
    pub(super) fn new(array: &ArrayRef, field: &Field) -> Result<Read> {
        Read::marked(array, field.metadata().get(super::JSON_MARK).is_some_and(|v| v == "true"))
    }

    fn marked(array: &ArrayRef, json: bool) -> Result<Read> {
        let cast = |to: &DataType| cast(array, to).map_err(|e| Error::encode("a batch", e));
        let text = || Ok::<_, Error>(cast(&DataType::Utf8)?.as_string::<i32>().clone());
        Ok(match array.data_type() {
            DataType::Null => Read::Nothing,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View if json => Read::Json(text()?),
            DataType::Boolean => Read::Bool(array.as_boolean().clone()),
            DataType::UInt64 | DataType::Float16 | DataType::Float32 => Read::Number(text()?),
            t if t.is_decimal() => Read::Number(text()?),
            t if t.is_integer() => Read::Int(cast(&DataType::Int64)?.as_primitive::<Int64Type>().clone()),
            DataType::Float64 => Read::Num(array.as_primitive::<Float64Type>().clone()),
            DataType::Timestamp(unit, _) => {
                Read::Time(cast(&DataType::Int64)?.as_primitive::<Int64Type>().clone(), *unit)
            }
            DataType::Binary
            | DataType::LargeBinary
            | DataType::FixedSizeBinary(_)
            | DataType::BinaryView => Read::Bytes(cast(&DataType::LargeBinary)?),
            DataType::Dictionary(_, values) => return Read::marked(&cast(values)?, json),
            DataType::Struct(fields) => {
                let array = array.as_struct();
                Read::Struct {
                    keys: fields.iter().map(|f| key(f.name())).collect(),
                    fields: fields
                        .iter()
                        .zip(array.columns())
                        .map(|(f, column)| Read::new(column, f))
                        .collect::<Result<_>>()?,
                    nulls: array.nulls().cloned(),
                }
            }
            DataType::List(_) => {
                let array = array.as_list::<i32>();
                Read::List {
                    items: Box::new(Read::marked(array.values(), json)?),
                    offsets: array.offsets().clone(),
                    nulls: array.nulls().cloned(),
                }
            }
            DataType::LargeList(item) | DataType::FixedSizeList(item, _) | DataType::ListView(item) => {
                return Read::marked(&cast(&DataType::List(item.clone()))?, json);
            }
            DataType::Map(entries, _) => {
                let array = array.as_map();
                let value = Field::new("value", array.values().data_type().clone(), true);
                let value = match entries.data_type() {
                    DataType::Struct(fields) => fields.last().map_or(Arc::new(value), Arc::clone),
                    _ => Arc::new(value),
                };
                Read::Map {
                    keys: Box::new(Read::new(
                        array.keys(),
                        &Field::new("key", array.keys().data_type().clone(), false),
                    )?),
                    values: Box::new(Read::new(array.values(), &value)?),
                    offsets: array.offsets().clone(),
                    nulls: array.nulls().cloned(),
                }
            }
            _ => Read::Text(text()?),
        })
    }

    fn is_null(&self, row: usize) -> bool {
        let missing = |nulls: &Option<NullBuffer>| nulls.as_ref().is_some_and(|n| n.is_null(row));
        match self {
            Read::Nothing => true,
            Read::Text(a) | Read::Json(a) | Read::Number(a) => a.is_null(row),
            Read::Int(a) | Read::Time(a, _) => a.is_null(row),
            Read::Num(a) => a.is_null(row),
            Read::Bool(a) => a.is_null(row),
            Read::Bytes(a) => a.is_null(row),
            Read::Struct { nulls, .. } | Read::List { nulls, .. } | Read::Map { nulls, .. } => missing(nulls),
        }
    }

    /// The value as a cell shows it.
    pub(super) fn value(&self, row: usize) -> Value<'_> {
        if self.is_null(row) {
            return Value::Missing;
        }
        match self {
            Read::Nothing => Value::Missing,
            Read::Text(a) => Value::Text(a.value(row).into()),
            Read::Json(a) => cell::value(&Kind::Open, a.value(row).into()).unwrap_or_else(Value::Text),
            Read::Number(a) => match a.value(row).parse() {
                Ok(n) => Value::Num(n, a.value(row).into()),
                Err(_) => Value::Text(a.value(row).into()),
            },
            Read::Int(a) => Value::Int(a.value(row)),
            Read::Num(a) => Value::Num(a.value(row), float(a.value(row))),
            Read::Bool(a) => Value::Bool(a.value(row)),
            Read::Time(a, unit) => match instant(a.value(row), *unit) {
                Some(instant) => Value::Time(Time::iso(instant)),
                None => Value::Text(beyond(a.value(row), *unit).into()),
            },
            Read::Bytes(a) => Value::Text(hexadecimal(a.as_binary::<i64>().value(row)).into()),
            Read::Struct { .. } | Read::List { .. } | Read::Map { .. } => {
                let mut json = String::new();
                self.json(row, &mut json);
                Value::Json(json.into())
            }
        }
    }

    /// Appends the value as JSON.
    pub(super) fn json(&self, row: usize, out: &mut String) {
        if self.is_null(row) {
            return out.push_str("null");
        }
        match self {
            Read::Nothing => out.push_str("null"),
            Read::Text(a) => quoted(a.value(row), out),
            Read::Json(a) => marked(a.value(row), out),
            Read::Number(a) => number(a.value(row), out),
            Read::Int(a) => out.push_str(itoa::Buffer::new().format(a.value(row))),
            Read::Num(a) => number(&float(a.value(row)), out),
            Read::Bool(a) => out.push_str(if a.value(row) { "true" } else { "false" }),
            Read::Time(..) | Read::Bytes(_) => quoted(&self.value(row).text(), out),
            Read::Struct { keys, fields, .. } => {
                object(out, keys.iter().map(String::as_str).zip(fields), row, false);
            }
            Read::List { items, offsets, .. } => {
                out.push('[');
                for (i, at) in range(offsets, row).enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    items.json(at, out);
                }
                out.push(']');
            }
            Read::Map { keys, values, offsets, .. } => {
                out.push('{');
                for (i, at) in range(offsets, row).enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    quoted(&keys.value(at).text(), out);
                    out.push(':');
                    values.json(at, out);
                }
                out.push('}');
            }
        }
    }
}

fn range(offsets: &OffsetBuffer<i32>, row: usize) -> std::ops::Range<usize> {
    match offsets.get(row..row + 2) {
        Some([from, to]) => *from as usize..*to as usize,
        _ => 0..0,
    }
}

fn quoted(text: &str, out: &mut String) {
    // Most text has nothing to escape.
    if text.bytes().all(|b| b >= 0x20 && b != b'"' && b != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::Value::from(text).to_string());
    }
}

/// JSON text as it is, on one line; text that is no JSON after all is a string.
fn marked(text: &str, out: &mut String) {
    match serde_json::from_str::<&serde_json::value::RawValue>(text) {
        Ok(json) => out.extend(json.get().chars().filter(|c| !matches!(c, '\n' | '\r'))),
        Err(_) => quoted(text, out),
    }
}

/// Digits as a number of JSON, which knows neither infinity nor `NaN`.
fn number(digits: &str, out: &mut String) {
    if digits.parse::<f64>().is_ok_and(f64::is_finite) { out.push_str(digits) } else { quoted(digits, out) }
}

fn float(n: f64) -> Cow<'static, str> {
    match serde_json::Number::from_f64(n) {
        Some(number) => number.to_string().into(),
        None if n.is_nan() => "NaN".into(),
        None if n > 0.0 => "Infinity".into(),
        None => "-Infinity".into(),
    }
}

fn instant(value: i64, unit: TimeUnit) -> Option<jiff::Timestamp> {
    match unit {
        TimeUnit::Second => jiff::Timestamp::from_second(value),
        TimeUnit::Millisecond => jiff::Timestamp::from_millisecond(value),
        TimeUnit::Microsecond => jiff::Timestamp::from_microsecond(value),
        TimeUnit::Nanosecond => jiff::Timestamp::from_nanosecond(value.into()),
    }
    .ok()
}

/// A time outside the years that a calendar has.
fn beyond(value: i64, unit: TimeUnit) -> String {
    let unit = match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    };
    format!("{value} {unit} since 1970-01-01T00:00:00Z")
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
