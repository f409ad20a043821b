//! Whether a row that was read and written back says what came.

use serde_json::{Map, Value, json};
use totalcloud_api::Time;
use totalcloud_api::model::{Kind, Shape};

/// Whether what was written back says what came, in the form of its kind or as it was.
pub(crate) fn kept(kind: &Kind, came: &Value, back: Option<&Value>) -> bool {
    let none = back.is_none();
    if back == Some(came) {
        return true;
    }
    let text = |v: &Value| match v {
        Value::String(s) => s.trim().to_lowercase(),
        Value::Number(n) => n.as_f64().map(|n| n.to_string()).unwrap_or_default(),
        other => other.to_string(),
    };
    let blank = matches!(came, Value::String(s) if s.trim().is_empty());
    match (kind, came) {
        (_, Value::Null) => none,
        (Kind::Text | Kind::IntText, Value::Number(_) | Value::Bool(_)) => {
            back == Some(&json!(came.to_string()))
        }
        (Kind::Text | Kind::IntText | Kind::JsonText | Kind::Open, _) => false,
        (Kind::Int | Kind::Num | Kind::Bool | Kind::BoolText | Kind::Time, Value::String(_)) if blank => none,
        (Kind::Int | Kind::Num, Value::Number(_) | Value::String(_)) => {
            let number = |v: &Value| text(v).parse::<f64>().ok();
            back.is_some_and(|b| b.is_number() && number(b).is_some() && number(b) == number(came))
        }
        (Kind::Bool | Kind::BoolText, _) => {
            let word = match text(came).as_str() {
                "true" | "1" => "true",
                "false" | "0" => "false",
                _ => return false,
            };
            back.is_some_and(|b| text(b) == word)
        }
        (Kind::Time, _) => {
            let time = |v: &Value| match v {
                Value::String(s) => Time::parse(s),
                Value::Number(n) => n.as_f64().and_then(|n| Time::from_number(n as i64)),
                _ => None,
            };
            back.is_some_and(|b| time(b).is_some() && time(b) == time(came))
        }
        (Kind::Object(shape), Value::Object(came)) => {
            back.and_then(Value::as_object).is_some_and(|back| kept_all(shape, came, back))
        }
        (Kind::Object(_), Value::Array(items)) => items.is_empty() && none,
        (Kind::Object(_), _) => blank && none,
        (Kind::List(item), came) => {
            let Some(Value::Array(back)) = back else { return false };
            let whole: Vec<&Value> = match came {
                Value::Array(items) => items.iter().collect(),
                Value::Object(fields) if fields.is_empty() => Vec::new(),
                Value::String(text) if text.is_empty() => Vec::new(),
                one => vec![one],
            };
            // Lists in the list may be laid out flat.
            let flat = whole.iter().flat_map(|v| v.as_array().map_or(vec![*v], |a| a.iter().collect()));
            kept_items(item, &flat.collect::<Vec<_>>(), back) || kept_items(item, &whole, back)
        }
        _ => false,
    }
}

/// Whether the elements came back in their order. One that says nothing may be left out or stand as null.
fn kept_items(item: &Kind, came: &[&Value], back: &[Value]) -> bool {
    let mut back = back.iter().peekable();
    came.iter().all(|v| {
        let empty = kept(item, v, None);
        let there = back.next_if(|b| kept(item, v, Some(b)) || (empty && b.is_null())).is_some();
        there || empty
    }) && back.next().is_none()
}

/// Whether all fields came back, those without a column as they were.
pub(crate) fn kept_all(shape: &Shape, came: &Map<String, Value>, back: &Map<String, Value>) -> bool {
    let all_there = came.iter().all(|(key, value)| match shape.column(key) {
        Some(column) => kept(&column.kind, value, back.get(key)),
        None => back.get(key) == Some(value),
    });
    all_there && back.keys().all(|key| came.contains_key(key))
}
