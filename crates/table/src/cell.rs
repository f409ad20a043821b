//! The value of one column of one row, for the formats that write text or spreadsheet cells.

use crate::plan::{From, PlanColumn, Reader};
use crate::{Format, Issue};
use bytes::Bytes;
use std::borrow::Cow;
use totalcloud_api::Time;
use totalcloud_api::model::{Cell, Datum, Kind, Misfit};

/// A value as a cell shows it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    /// There is none, or it is null.
    Missing,
    Text(Cow<'a, str>),
    Int(i64),
    /// The number and its text.
    Num(f64, Cow<'a, str>),
    Bool(bool),
    Time(Time),
    /// A nested value as JSON text on one line.
    Json(Cow<'a, str>),
    /// A secret, in a format that people look at.
    Hidden,
}

impl Value<'_> {
    /// The text of data formats.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Value::Missing => Cow::Borrowed(""),
            Value::Text(text) | Value::Json(text) | Value::Num(_, text) => Cow::Borrowed(text),
            Value::Int(n) => Cow::Owned(itoa::Buffer::new().format(*n).to_owned()),
            Value::Bool(true) => Cow::Borrowed("true"),
            Value::Bool(false) => Cow::Borrowed("false"),
            Value::Time(time) => Cow::Owned(time.instant().to_string()),
            Value::Hidden => Cow::Borrowed("(hidden)"),
        }
    }
}

/// Reads rows into cells.
pub(crate) struct Cells {
    reader: Reader,
    keeps_extra: bool,
    hides: bool,
}

impl Cells {
    pub(crate) fn new(reader: Reader, format: Format) -> Cells {
        Cells { keeps_extra: reader.plan.keeps_extra(), hides: format.is_view(), reader }
    }

    pub(crate) fn columns(&self) -> &[PlanColumn] {
        &self.reader.plan.columns
    }

    /// The cells of a row. A value that does not fit is reported and goes to `extra`; without such a column
    /// it stays where it is, because text has no types to break.
    pub(crate) fn read<'a>(&mut self, index: u64, row: &'a Bytes, issues: &mut Vec<Issue>) -> Vec<Value<'a>> {
        let fields = self.reader.read(index, row, issues);
        let mut misfits = Vec::new();
        let mut extra_at = None;
        let mut values = Vec::with_capacity(self.reader.plan.columns.len());
        for column in &self.reader.plan.columns {
            if column.from == From::Extra {
                extra_at = Some(values.len());
            }
            let Some(json) = fields.json(column) else {
                values.push(Value::Missing);
                continue;
            };
            if self.hides && column.secret && json != "null" {
                values.push(Value::Hidden);
                continue;
            }
            values.push(match value(&column.kind, json) {
                Ok(value) => value,
                Err(json) => {
                    let Misfit { path, expected, found, .. } =
                        Misfit::of(&format!("$.{}", column.name), &column.kind, &json);
                    let reason = format!("expected {expected}, found {found}");
                    issues.push(Issue { row: index, path, reason, unreadable: false });
                    if self.keeps_extra {
                        misfits.push((column.name.clone(), json.into_owned()));
                        Value::Missing
                    } else {
                        value(&Kind::Open, json).unwrap_or(Value::Missing)
                    }
                }
            });
        }
        if let Some(extra) = extra_at.and_then(|at| values.get_mut(at))
            && let Some(text) = fields.extra(&misfits)
        {
            *extra = Value::Json(one_line(Cow::Owned(text)));
        }
        values
    }
}

/// Reads JSON text as a kind; what does not fit comes back.
pub(crate) fn value<'a>(kind: &Kind, json: Cow<'a, str>) -> Result<Value<'a>, Cow<'a, str>> {
    if json == "null" {
        return Ok(Value::Missing);
    }
    let first = json.as_bytes().first().copied().unwrap_or_default();
    match kind {
        Kind::Text | Kind::IntText | Kind::JsonText | Kind::Open if first == b'"' && is_plain(&json) => {
            return Ok(Value::Text(inside(json)));
        }
        Kind::Open => {
            return Ok(match first {
                b'"' => Value::Text(serde_json::from_str::<String>(&json).map_or(json, Cow::Owned)),
                b't' => Value::Bool(true),
                b'f' => Value::Bool(false),
                b'{' | b'[' => Value::Json(one_line(json)),
                _ => match (json.parse::<i64>(), json.parse::<f64>()) {
                    (Ok(n), _) => Value::Int(n),
                    (_, Ok(n)) => Value::Num(n, json),
                    _ => Value::Text(json),
                },
            });
        }
        // Nested values stay the JSON that came, so that only their outside is looked at.
        Kind::Object(_) if first == b'{' => return Ok(Value::Json(one_line(json))),
        Kind::List(_) if first == b'[' => return Ok(Value::Json(one_line(json))),
        _ => {}
    }
    let Ok(Cell::Fits(datum)) = kind.read(&json) else {
        return match kind.read(&json) {
            Ok(Cell::Empty) => Ok(Value::Missing),
            _ => Err(json),
        };
    };
    Ok(match datum {
        Datum::Text(text) => Value::Text(Cow::Owned(text)),
        Datum::JsonText(text) => Value::Text(Cow::Owned(text.0)),
        Datum::Int(n) => Value::Int(n),
        Datum::Num(n) => {
            let text = serde_json::Number::from_f64(n).map_or_else(|| n.to_string(), |n| n.to_string());
            Value::Num(n, if first == b'"' { Cow::Owned(text) } else { json })
        }
        Datum::Bool(b) => Value::Bool(b),
        Datum::Time(time) => Value::Time(time),
        // A single value where a list belongs.
        Datum::List(items) if items.is_empty() => Value::Json(Cow::Borrowed("[]")),
        Datum::List(_) => Value::Json(one_line(Cow::Owned(format!("[{json}]")))),
        _ => Value::Json(one_line(json)),
    })
}

/// Whether the text of a JSON string is its value.
fn is_plain(json: &str) -> bool {
    memchr::memchr(b'\\', json.as_bytes()).is_none()
}

fn inside(json: Cow<'_, str>) -> Cow<'_, str> {
    match json {
        Cow::Borrowed(json) => Cow::Borrowed(&json[1..json.len() - 1]),
        Cow::Owned(json) => Cow::Owned(json[1..json.len() - 1].to_owned()),
    }
}

/// JSON never holds a raw line break inside a value, so breaks are white space.
fn one_line(json: Cow<'_, str>) -> Cow<'_, str> {
    if memchr::memchr2(b'\n', b'\r', json.as_bytes()).is_none() {
        return json;
    }
    Cow::Owned(json.chars().filter(|c| !matches!(c, '\n' | '\r')).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use totalcloud_api::model::Model;
    use totalcloud_api::resources::{AwsBase, Tag};

    #[test]
    fn a_value_is_read_as_the_models_read_it() {
        let tags = AwsBase::SHAPE.column("tags").unwrap().kind;
        let object = Kind::Object(Tag::SHAPE);
        for (kind, json, expected) in [
            (Kind::Text, r#""a""#, "Text(\"a\")"),
            (Kind::Text, r#""a\u0041\"""#, "Text(\"aA\\\"\")"),
            (Kind::Text, r#""""#, "Text(\"\")"),
            (Kind::Text, "7", "Text(\"7\")"),
            (Kind::Text, "null", "Missing"),
            (Kind::IntText, r#""007""#, "Text(\"007\")"),
            (Kind::Int, r#""12""#, "Int(12)"),
            (Kind::Int, r#""""#, "Missing"),
            (Kind::Int, "0", "Int(0)"),
            (Kind::Num, "1.50", "Num(1.5, \"1.50\")"),
            (Kind::Num, r#""2.50""#, "Num(2.5, \"2.5\")"),
            (Kind::BoolText, r#""FALSE""#, "Bool(false)"),
            (
                Kind::Open,
                "12345678901234567890123",
                "Num(1.2345678901234568e22, \"12345678901234567890123\")",
            ),
            (Kind::Open, "{\"a\":\n1}", "Json(\"{\\\"a\\\":1}\")"),
            (tags, r#"{"key":"k"}"#, "Json(\"[{\\\"key\\\":\\\"k\\\"}]\")"),
            (tags, r#""""#, "Json(\"[]\")"),
            (tags, "[]", "Json(\"[]\")"),
            (object, "[]", "Missing"),
            (object, r#""""#, "Missing"),
        ] {
            assert_eq!(format!("{:?}", value(&kind, json.into()).unwrap()), expected, "{json}");
        }
        for (kind, json) in [(Kind::Int, "[1]"), (Kind::Time, r#""soon""#), (tags, "5"), (object, "5")] {
            assert_eq!(value(&kind, json.into()).unwrap_err(), json);
        }
    }
}
