//! Rows that are kept and not computed, asked for as the service's listings are: by QQL, by a field to sort by,
//! page by page, in the page envelope or as a bare array.

use crate::call::{Call, PageAsk};
use crate::page;
use crate::reply::{Answer, Reply};
use crate::state::table::{Full, MOST, Row};
use http::StatusCode;
use serde_json::Value;
use std::cmp::Ordering;
use totalcloud_api::Time;
use totalcloud_api::qql::{self, FieldValue, Record, Values};

/// What the tokens of a query stand for. A token that is not listed is the field of its name.
#[derive(Debug)]
pub(crate) struct Tokens {
    /// Token and path of the field.
    pub(crate) aliases: &'static [(&'static str, &'static str)],
    /// Fields that are dates.
    pub(crate) times: &'static [&'static str],
}

struct RowRecord<'a> {
    row: &'a Row,
    tokens: &'a Tokens,
}

impl Record for RowRecord<'_> {
    fn values<'a>(&'a self, token: &str) -> Option<Values<'a>> {
        let alias = self.tokens.aliases.iter().find(|(name, _)| *name == token);
        let path = alias.map_or(token, |(_, path)| path);
        let mut parts = path.split('.');
        let first = parts.next()?;
        let value = self.row.get(first)?;
        let rest: Vec<&str> = parts.collect();
        let mut found = Vec::new();
        collect(value, self.tokens.times.contains(&first), &rest, &mut found);
        Some(Values::Many(found))
    }
}

fn collect<'v>(value: &'v Value, time: bool, rest: &[&str], into: &mut Vec<FieldValue<'v>>) {
    match (value, rest) {
        (Value::Array(items), _) => items.iter().for_each(|v| collect(v, time, rest, into)),
        (Value::Object(fields), [first, more @ ..]) => {
            if let Some(value) = fields.get(*first) {
                collect(value, time, more, into);
            }
        }
        (Value::Object(fields), []) => fields.values().for_each(|v| collect(v, time, rest, into)),
        (_, [_, ..]) => {}
        (Value::String(text), []) => into.push(match Time::parse(text).filter(|_| time) {
            Some(time) => FieldValue::Time(time.instant()),
            None => FieldValue::text(text.as_str()),
        }),
        (Value::Number(number), []) => into.push(match number.as_i64() {
            Some(number) => match Time::from_number(number).filter(|_| time) {
                Some(time) => FieldValue::Time(time.instant()),
                None => FieldValue::Int(number),
            },
            None => FieldValue::Num(number.as_f64().unwrap_or_default()),
        }),
        (Value::Bool(yes), []) => into.push(FieldValue::Bool(*yes)),
        (Value::Null, []) => into.push(FieldValue::Null),
    }
}

/// Orders two values of a field: nothing first, numbers by size, texts without case.
fn order(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a, b) {
        (Some(Value::Number(a)), Some(Value::Number(b))) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Some(Value::String(a)), Some(Value::String(b))) => a.to_lowercase().cmp(&b.to_lowercase()),
        (Some(Value::Bool(a)), Some(Value::Bool(b))) => a.cmp(b),
        (a, b) => {
            let is_there = |v: Option<&Value>| v.is_some_and(|v| !v.is_null());
            is_there(a).cmp(&is_there(b))
        }
    }
}

impl Call<'_> {
    /// Those rows that the `filter` of the query asks for.
    pub(crate) fn filtered(&self, rows: Vec<Row>, tokens: &Tokens) -> Result<Vec<Row>, Reply> {
        let Some(filter) = self.query.get("filter") else { return Ok(rows) };
        let query = qql::parse(filter)
            .map_err(|e| self.errors.bad_request(&format!("Parameter filter has invalid value: {e}")))?;
        let matcher = query.at(self.world_now);
        Ok(rows.into_iter().filter(|row| matcher.matches(&RowRecord { row, tokens }).is_yes()).collect())
    }

    /// Sorts rows by the query's `sortField` and `sortOrder`. Which fields the service sorts by is not known, so
    /// any field of the rows is taken (guess); one that no row has is refused.
    pub(crate) fn sorted(&self, rows: &mut [Row]) -> Result<(), Reply> {
        let falling = match self.query.get("sortOrder").map(str::to_ascii_lowercase).as_deref() {
            None | Some("" | "asc") => false,
            Some("desc") => true,
            Some(_) => return Err(self.errors.bad_parameter("sortOrder")),
        };
        let Some(field) = self.query.get("sortField").filter(|f| !f.is_empty()) else { return Ok(()) };
        if !rows.is_empty() && !rows.iter().any(|r| r.contains_key(field)) {
            return Err(self.errors.bad_parameter("sortField"));
        }
        rows.sort_by(|a, b| {
            let order = order(a.get(field), b.get(field));
            if falling { order.reverse() } else { order }
        });
        Ok(())
    }

    /// The rows of the page that is asked for.
    fn shown<'r>(&self, rows: &'r [Row], page: PageAsk) -> Vec<&'r Row> {
        let places = self.turn.places(rows.len() as u64, page, page.size);
        places.into_iter().filter_map(|place| rows.get(usize::try_from(place).ok()?)).collect()
    }

    /// Answers a page of rows in the envelope.
    pub(crate) fn page_of(&self, rows: &[Row]) -> Answer {
        let page = self.page()?;
        Ok(page::envelope(&self.shown(rows, page), page, rows.len() as u64, self.query.get("sort").is_some()))
    }

    /// Answers a page of rows as a bare array.
    pub(crate) fn array_of(&self, rows: &[Row]) -> Answer {
        let page = self.page()?;
        let out = serde_json::to_vec(&self.shown(rows, page)).unwrap_or_default();
        Ok(Reply::json(out))
    }

    /// A row as an answer.
    pub(crate) fn row(&self, status: StatusCode, row: &Row) -> Reply {
        let body = serde_json::to_vec(row).unwrap_or_default();
        Reply { status, ..Reply::json(body) }
    }

    /// The refusal of a row that finds no room. Nothing is known of such limits; the simulator has to have one.
    pub(crate) fn full(&self, what: Full) -> Reply {
        let message = match what {
            Full::Rows => format!("The limit of {MOST} entries is reached"),
            Full::Row => "The entry is too large".to_owned(),
            Full::Table => "The limit of the size of all entries is reached".to_owned(),
        };
        self.errors.facade(StatusCode::UNPROCESSABLE_ENTITY, "UNPROCESSABLE_ENTITY", &message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::table::row;
    use serde_json::json;

    const TOKENS: Tokens = Tokens { aliases: &[("rule.name", "name")], times: &["created"] };

    fn meets(filter: &str) -> bool {
        let row = row(json!({
            "name": "Open ports", "created": "2026-01-02T03:04:05+0000", "n": 7, "on": true, "none": null,
            "actions": [{"id": "a", "kind": "slack"}, {"id": "b"}],
        }));
        let query = qql::parse(filter).unwrap();
        let now = "2026-01-15T12:00:00Z".parse().unwrap();
        query.at(now).matches(&RowRecord { row: &row, tokens: &TOKENS }).is_yes()
    }

    #[test]
    fn tokens_are_aliases_fields_and_paths() {
        for filter in ["rule.name:open", "name:ports", "n:>6", "on:true", "created:[2026-01-01 .. now]"] {
            assert!(meets(filter), "{filter}");
        }
        assert!(meets("actions.kind:slack AND actions.id:b"));
        for filter in ["rule.name:closed", "n:>7", "created:[now-1d .. now]", "unknown:1", "NOT unknown:1"] {
            assert!(!meets(filter), "{filter}");
        }
    }

    #[test]
    fn values_are_ordered_by_what_they_are() {
        assert_eq!(order(Some(&json!(9)), Some(&json!(10))), Ordering::Less);
        assert_eq!(order(Some(&json!("b")), Some(&json!("A"))), Ordering::Greater);
        assert_eq!(order(Some(&json!("b")), Some(&Value::Null)), Ordering::Greater);
        assert_eq!(order(None, Some(&Value::Null)), Ordering::Equal);
    }
}
