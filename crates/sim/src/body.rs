//! The JSON body of a request, read field by field; what does not fit is refused as the live service words it.

use crate::call::Call;
use crate::reply::{Errors, Reply};
use crate::state::table::Row;
use jiff::Timestamp;
use serde_json::Value;
use totalcloud_api::operation::{is_instant_z, is_uuid};

/// An object that came as a body, or as a field of one.
pub(crate) struct Body<'a> {
    errors: Errors<'a>,
    pub(crate) fields: Row,
}

impl<'a> Call<'a> {
    /// The body, which must be an object.
    pub(crate) fn object(&self) -> Result<Body<'a>, Reply> {
        match serde_json::from_slice(self.body) {
            Ok(Value::Object(fields)) => Ok(Body { errors: self.errors, fields }),
            _ => Err(self.errors.bad_request("Malformed JSON request")),
        }
    }

    /// A body of ids: a bare array, or an object with the array in one of these fields.
    pub(crate) fn ids(&self, fields: &[&str]) -> Result<Vec<String>, Reply> {
        let malformed = || self.errors.bad_request("Malformed JSON request");
        let items = match serde_json::from_slice(self.body) {
            Ok(Value::Array(items)) => items,
            Ok(Value::Object(mut map)) => match fields.iter().find_map(|f| map.remove(*f)) {
                Some(Value::Array(items)) => items,
                _ => return Err(malformed()),
            },
            _ => return Err(malformed()),
        };
        if items.is_empty() {
            return Err(self.errors.bad_request("The list of ids is empty"));
        }
        let ids = items.iter().map(|v| v.as_str().filter(|id| is_uuid(id)).map(str::to_owned));
        ids.collect::<Option<Vec<_>>>().ok_or_else(|| self.errors.bad_uuid())
    }
}

impl<'a> Body<'a> {
    pub(crate) fn new(errors: Errors<'a>, fields: Row) -> Body<'a> {
        Body { errors, fields }
    }

    fn bad(&self, name: &str) -> Reply {
        self.errors.bad_parameter(name)
    }

    /// The value of a field that is there and not null.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|v| !v.is_null())
    }

    /// A text that must be there.
    pub(crate) fn text(&self, name: &str) -> Result<&str, Reply> {
        self.fields.get(name).and_then(Value::as_str).ok_or_else(|| self.bad(name))
    }

    /// A text that must be there and not blank.
    pub(crate) fn word(&self, name: &str) -> Result<&str, Reply> {
        self.text(name).ok().filter(|text| !text.trim().is_empty()).ok_or_else(|| self.bad(name))
    }

    /// A text that may be missing.
    pub(crate) fn maybe_text(&self, name: &str) -> Result<Option<&str>, Reply> {
        self.get(name).map(|v| v.as_str().ok_or_else(|| self.bad(name))).transpose()
    }

    /// True or false, also as text; may be missing.
    pub(crate) fn maybe_bool(&self, name: &str) -> Result<Option<bool>, Reply> {
        let read = |v: &Value| match v {
            Value::Bool(yes) => Some(*yes),
            Value::String(word) => word.parse().ok(),
            _ => None,
        };
        self.get(name).map(|v| read(v).ok_or_else(|| self.bad(name))).transpose()
    }

    /// A whole number in these bounds, also as text; may be missing.
    pub(crate) fn maybe_int(&self, name: &str, least: i64, most: i64) -> Result<Option<i64>, Reply> {
        let read = |v: &Value| match v {
            Value::String(word) => word.parse().ok(),
            other => other.as_i64(),
        };
        let fits = |n: &i64| (least..=most).contains(n);
        self.get(name).map(|v| read(v).filter(fits).ok_or_else(|| self.bad(name))).transpose()
    }

    /// An object inside; may be missing.
    pub(crate) fn inside(&self, name: &str) -> Result<Option<Body<'a>>, Reply> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Body { errors: self.errors, fields: fields.clone() })),
            Some(_) => Err(self.bad(name)),
        }
    }

    /// The objects of a list; none where it is missing.
    pub(crate) fn objects(&self, name: &str) -> Result<Vec<Body<'a>>, Reply> {
        let one = |v: &Value| match v {
            Value::Object(fields) => Some(Body { errors: self.errors, fields: fields.clone() }),
            _ => None,
        };
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => {
                items.iter().map(one).collect::<Option<_>>().ok_or_else(|| self.bad(name))
            }
            Some(_) => Err(self.bad(name)),
        }
    }

    /// A list of texts; none where it is missing.
    pub(crate) fn list(&self, name: &str) -> Result<Vec<String>, Reply> {
        match self.get(name) {
            None => Ok(Vec::new()),
            // Numbers are passed on: the check for UUIDs words their refusal.
            Some(Value::Array(items)) => items
                .iter()
                .map(|v| match v {
                    Value::String(s) => Ok(s.clone()),
                    Value::Number(n) => Ok(n.to_string()),
                    _ => Err(self.bad(name)),
                })
                .collect(),
            Some(_) => Err(self.bad(name)),
        }
    }

    /// A list of UUIDs; none where it is missing.
    pub(crate) fn uuids(&self, name: &str) -> Result<Vec<String>, Reply> {
        let ids = self.list(name)?;
        if ids.iter().any(|id| !is_uuid(id)) {
            return Err(self.errors.bad_uuid());
        }
        Ok(ids)
    }

    /// A UUID that must be there.
    pub(crate) fn uuid(&self, name: &str) -> Result<&str, Reply> {
        let text = self.text(name)?;
        if is_uuid(text) { Ok(text) } else { Err(self.errors.bad_uuid()) }
    }

    /// A date with time and `Z`.
    pub(crate) fn instant(&self, name: &str) -> Result<Timestamp, Reply> {
        let text = self.text(name)?;
        let read = is_instant_z(text).then(|| text.parse().ok()).flatten();
        read.ok_or_else(|| self.bad(name))
    }
}
