//! Faults inside an answer: a page that tells or holds something else than it should.

use super::FaultAction;
use crate::reply::{self, Errors, Reply};
use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::fmt;

/// Does to an answer what a fault says. What is about pages leaves answers without rows as they are.
pub(crate) fn spoil(reply: &mut Reply, action: &FaultAction, errors: &Errors<'_>) {
    match action {
        FaultAction::Empty => reply.body = Bytes::new(),
        FaultAction::Html => *reply = reply::html(StatusCode::OK, "Maintenance"),
        FaultAction::ErrorIn200 => {
            *reply = errors.facade(StatusCode::OK, "INTERNAL_ERROR", "Something went wrong");
        }
        FaultAction::Doubled => reply.body = [&reply.body[..], &reply.body[..]].concat().into(),
        FaultAction::ContentType(kind) => {
            if let Ok(value) = HeaderValue::from_str(kind) {
                reply.headers.push((CONTENT_TYPE, value));
            }
        }
        _ if reply.status != StatusCode::OK => {}
        page => {
            if let Some(body) = spoilt_page(&reply.body, page) {
                reply.body = body.into();
            }
        }
    }
}

/// The fields of an envelope in their order, each as it came.
struct Envelope(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Envelope, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Envelope;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a page")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Envelope(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

fn raw(value: &Value) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(value).ok()
}

impl Envelope {
    fn set(&mut self, name: &str, value: &Value) {
        for (_, field) in self.0.iter_mut().filter(|(n, _)| n == name) {
            if let Some(value) = raw(value) {
                *field = value;
            }
        }
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.0.iter().find(|(n, _)| n == name)?.1.get().parse().ok()
    }

    fn write(&self) -> Vec<u8> {
        let mut out = vec![b'{'];
        for (i, (name, value)) in self.0.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            out.extend_from_slice(Value::from(name.as_str()).to_string().as_bytes());
            out.push(b':');
            out.extend_from_slice(value.get().as_bytes());
        }
        out.push(b'}');
        out
    }
}

fn spoilt_page(body: &[u8], action: &FaultAction) -> Option<Vec<u8>> {
    let mut page: Envelope = serde_json::from_slice(body).ok()?;
    let place =
        page.0.iter().position(|(name, _)| matches!(name.as_str(), "content" | "control" | "data"))?;
    let mut rows: Vec<Box<RawValue>> = serde_json::from_str(page.0[place].1.get()).ok()?;
    match action {
        FaultAction::Total(by) => {
            for name in ["totalElements", "totalHits", "count"] {
                if let Some(total) = page.number(name) {
                    page.set(name, &(total + by).max(0).into());
                }
            }
            if let (Some(total), Some(size)) = (page.number("totalElements"), page.number("size")) {
                page.set("totalPages", &(total.unsigned_abs().div_ceil(size.max(1).unsigned_abs())).into());
            }
        }
        FaultAction::NoRows => {
            rows.clear();
            page.set("numberOfElements", &0.into());
            page.set("empty", &true.into());
        }
        FaultAction::DuplicateRow => {
            let first = rows.first()?.clone();
            rows.insert(0, first);
            page.set("numberOfElements", &rows.len().into());
        }
        FaultAction::NewFields => {
            let news = json!({ "code": "N1", "parts": [1, null, { "deep": true }] });
            rows = each(&rows, |row| {
                row.insert("addedLately".to_owned(), news.clone());
            })?;
            page.0.push(("pageNews".to_owned(), raw(&news)?));
        }
        FaultAction::ChangedTypes => {
            rows = each(&rows, |row| row.values_mut().for_each(|value| *value = other_type(value.take())))?;
        }
        FaultAction::OddDates => {
            let mut turn = 0;
            rows = each(&rows, |row| {
                for value in row.values_mut().filter(|v| is_date(v)) {
                    *value = odd_date(turn, value);
                    turn += 1;
                }
            })?;
        }
        _ => return None,
    }
    page.0[place].1 = serde_json::value::to_raw_value(&rows).ok()?;
    Some(page.write())
}

fn each(rows: &[Box<RawValue>], mut edit: impl FnMut(&mut Map<String, Value>)) -> Option<Vec<Box<RawValue>>> {
    let mut row = |row: &RawValue| {
        let mut fields: Map<String, Value> = serde_json::from_str(row.get()).ok()?;
        edit(&mut fields);
        raw(&Value::Object(fields))
    };
    rows.iter().map(|r| row(r)).collect()
}

fn other_type(value: Value) -> Value {
    match value {
        Value::Bool(_) | Value::Number(_) => Value::String(value.to_string()),
        Value::Array(mut items) if items.len() == 1 => items.remove(0),
        other => other,
    }
}

/// Dates are told by their form: `2026-01-15T…`.
fn is_date(value: &Value) -> bool {
    value.as_str().is_some_and(|text| {
        let date = text.as_bytes();
        date.len() >= 19 && date[4] == b'-' && date[7] == b'-' && date[10] == b'T'
    })
}

fn odd_date(turn: usize, value: &Value) -> Value {
    let day = value.as_str().and_then(|text| text.get(..10)).unwrap_or("2026-01-15");
    match turn % 6 {
        0 => json!(1_768_478_400_123_i64),
        1 => json!("1768478400"),
        2 => json!(day),
        3 => json!("Thu Jan 15 12:00:00 UTC 2026"),
        4 => json!("0000-00-00T00:00:00Z"),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"{"content":[{"b":1,"a":true,"on":"2026-01-15T12:00:00Z","l":[{"x":1}]},{"b":2}],"totalElements":7,"totalPages":4,"size":2,"numberOfElements":2,"empty":false}"#;

    fn spoilt(action: FaultAction) -> Value {
        serde_json::from_slice(&spoilt_page(PAGE.as_bytes(), &action).unwrap()).unwrap()
    }

    #[test]
    fn what_is_not_meant_stays_byte_for_byte() {
        let text = String::from_utf8(spoilt_page(PAGE.as_bytes(), &FaultAction::Total(2)).unwrap()).unwrap();
        let wanted =
            PAGE.replace("\"totalElements\":7,\"totalPages\":4", "\"totalElements\":9,\"totalPages\":5");
        assert_eq!(text, wanted);
        assert_eq!(spoilt_page(b"[1]", &FaultAction::NoRows), None);
        assert_eq!(spoilt_page(b"{\"a\":1}", &FaultAction::NoRows), None);
    }

    #[test]
    fn rows_go_come_twice_and_change() {
        let page = spoilt(FaultAction::NoRows);
        assert_eq!((&page["content"], &page["empty"]), (&json!([]), &json!(true)));
        assert_eq!(page["totalElements"], 7);
        let page = spoilt(FaultAction::DuplicateRow);
        assert_eq!((page["content"][0]["b"].clone(), page["numberOfElements"].clone()), (json!(1), json!(3)));
        assert_eq!(page["content"][0], page["content"][1]);
        let page = spoilt(FaultAction::NewFields);
        assert!(page["content"][1]["addedLately"].is_object() && page["pageNews"].is_object());
        let page = spoilt(FaultAction::ChangedTypes);
        let row = &page["content"][0];
        assert_eq!((&row["a"], &row["b"], &row["l"]), (&json!("true"), &json!("1"), &json!({"x": 1})));
        assert_eq!(spoilt(FaultAction::OddDates)["content"][0]["on"], 1_768_478_400_123_i64);
    }
}
