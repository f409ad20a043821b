//! Rows as they came, without what is sensitive in them.

use super::HIDDEN;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use totalcloud_api::model::{Column, Kind, Shape};

/// A row of a shape: what is not sensitive stays as it came, to the last digit. Fields that the shape does not
/// declare, and values of another form than it says, may hold anything.
pub(super) fn row(json: &str, shape: &Shape) -> String {
    let mut out = String::with_capacity(json.len());
    object(json, shape, &mut out);
    out
}

/// The fields that had no column, by path: what is left are values of declared columns that did not fit.
pub(super) fn extra(json: &str, shape: &Shape) -> String {
    let mut out = String::with_capacity(json.len());
    let Some(fields) = fields(json) else {
        hidden(&mut out);
        return out;
    };
    written(&fields, &mut out, |path, value, out| match at(path, shape).filter(|_| is_scalar(value)) {
        Some(column) if !column.has_sensitive() => out.push_str(value),
        _ => hide(value, out),
    });
    out
}

/// The column at the end of a path such as `tags[0].value`.
fn at(path: &str, shape: &'_ Shape) -> Option<&'static Column> {
    if let Some(column) = shape.column(path) {
        return Some(column);
    }
    let mut steps = path.split('.').map(|step| step.split('[').next().unwrap_or(step));
    let mut column = shape.column(steps.next()?)?;
    for step in steps {
        column = column.kind.shape()?.column(step)?;
    }
    Some(column)
}

fn object(json: &str, shape: &Shape, out: &mut String) {
    let Some(fields) = fields(json) else { return hide(json, out) };
    written(&fields, out, |name, value, out| match shape.column(name) {
        Some(column) if !column.is_sensitive() => kind(value, &column.kind, out),
        _ => hide(value, out),
    });
}

fn kind(json: &str, of: &Kind, out: &mut String) {
    match (of, json.as_bytes().first()) {
        (Kind::Open, _) => out.push_str(json),
        // A single value where a list belongs is a list of one.
        (Kind::List(item), Some(b'[')) => match serde_json::from_str::<Vec<&RawValue>>(json) {
            Ok(items) => {
                out.push('[');
                for (i, value) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    kind(value.get(), item, out);
                }
                out.push(']');
            }
            Err(_) => hide(json, out),
        },
        (Kind::List(item), _) => kind(json, item, out),
        (Kind::Object(shape), _) if !shape.columns().is_empty() => object(json, shape, out),
        (Kind::Object(_), _) => hide(json, out),
        _ if is_scalar(json) => out.push_str(json),
        _ => hide(json, out),
    }
}

fn is_scalar(json: &str) -> bool {
    !json.starts_with(['{', '['])
}

/// Hides a value; nothing and empty text hide nothing.
fn hide(json: &str, out: &mut String) {
    if matches!(json, "null" | "\"\"" | "{}" | "[]") { out.push_str(json) } else { hidden(out) }
}

fn hidden(out: &mut String) {
    out.push('"');
    out.push_str(HIDDEN);
    out.push('"');
}

fn written(fields: &[(String, &RawValue)], out: &mut String, value: impl Fn(&str, &str, &mut String)) {
    out.push('{');
    for (i, (name, json)) in fields.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        out.push_str(&serde_json::Value::from(name.as_str()).to_string());
        out.push(':');
        value(name, json.get(), out);
    }
    out.push('}');
}

/// The fields of an object in their order, each still the text that came; none if it is no object.
fn fields(json: &str) -> Option<Vec<(String, &RawValue)>> {
    struct Each;
    impl<'a> Visitor<'a> for Each {
        type Value = Vec<(String, &'a RawValue)>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut fields = Vec::new();
            while let Some(field) = map.next_entry()? {
                fields.push(field);
            }
            Ok(fields)
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let fields = deserializer.deserialize_map(Each).ok()?;
    deserializer.end().ok()?;
    Some(fields)
}
