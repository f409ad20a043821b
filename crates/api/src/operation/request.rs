//! A request as a plain value.

use super::check::{fill, set};
use super::multipart::{self, Part};
use super::{Args, Operation, Place};
use crate::provider::Spellings;
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::fmt;

/// A body of a request.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Body {
    /// None.
    Empty,
    /// JSON.
    Json(Value),
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(&'static str, String)>),
    /// `multipart/form-data`.
    Multipart(Vec<Part>),
}

impl Body {
    /// The body as it goes over the wire, with its content type.
    pub fn encode(&self) -> Option<(String, Bytes)> {
        match self {
            Body::Empty => None,
            Body::Json(value) => Some(("application/json".to_owned(), value.to_string().into())),
            Body::Form(fields) => {
                let mut form = String::new();
                for (name, value) in fields {
                    if !form.is_empty() {
                        form.push('&');
                    }
                    form.extend(utf8_percent_encode(name, SEGMENT));
                    form.push('=');
                    form.extend(utf8_percent_encode(value, SEGMENT));
                }
                Some(("application/x-www-form-urlencoded".to_owned(), form.into()))
            }
            Body::Multipart(parts) => Some(multipart::encode(parts)),
        }
    }
}

/// A request as a plain value: nothing is sent by making one.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Request {
    /// The operation it is of.
    pub operation: &'static Operation,
    /// The path with its parameters filled in and encoded.
    pub path: String,
    /// Query parameters, not encoded.
    pub query: Vec<(&'static str, String)>,
    /// Headers that are parameters.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Body,
}

/// Bodies, headers and query values may hold secrets, so only their names are shown.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query: Vec<&str> = self.query.iter().map(|(k, _)| *k).collect();
        f.debug_struct("Request")
            .field("operation", &self.operation.id)
            .field("path", &self.path)
            .field("query", &query)
            .finish_non_exhaustive()
    }
}

/// What need not be encoded in a segment of a path or a value of a query.
pub(super) const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Request {
    /// The path with the encoded query string behind it.
    pub fn target(&self) -> String {
        let mut target = self.path.clone();
        for (i, (name, value)) in self.query.iter().enumerate() {
            target.push(if i == 0 { '?' } else { '&' });
            target.push_str(name);
            target.push('=');
            target.extend(utf8_percent_encode(value, SEGMENT));
        }
        target
    }

    /// Sets or replaces a parameter, in the query or wherever it is declared to travel in a JSON body.
    pub fn set(&mut self, name: &'static str, value: Value) {
        match self.operation.param(name).map(|p| p.place) {
            Some(Place::Body) => {
                if !matches!(self.body, Body::Json(Value::Object(_))) {
                    self.body = Body::Json(Value::Object(serde_json::Map::new()));
                }
                if let Body::Json(Value::Object(map)) = &mut self.body {
                    set(map, name, value);
                }
            }
            _ => self.set_query(name, super::values::plain(&value)),
        }
    }

    /// The value of a parameter that travels in the query or in a JSON body.
    pub fn get(&self, name: &str) -> Option<String> {
        if let Some(value) = self.query(name) {
            return Some(value.to_owned());
        }
        self.value(name).map(super::values::plain)
    }

    /// The value of a field of a JSON body; dots lead into objects.
    pub fn value(&self, name: &str) -> Option<&Value> {
        let Body::Json(body) = &self.body else { return None };
        name.split('.').try_fold(body, |at, step| at.get(step))
    }

    /// What tells this request from others of its operation: where it goes and what it carries.
    pub fn question(&self) -> String {
        match &self.body {
            Body::Json(value) => format!("{} {value}", self.target()),
            _ => self.target(),
        }
    }

    /// Sets or replaces a query parameter.
    pub fn set_query(&mut self, name: &'static str, value: impl Into<String>) {
        let value = value.into();
        match self.query.iter_mut().find(|(n, _)| *n == name) {
            Some(slot) => slot.1 = value,
            None => self.query.push((name, value)),
        }
    }

    /// The value of a query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str())
    }

    /// The same request on the operation's other path, if it has one.
    pub fn on_other_path(&self, args: &Args, spellings: &Spellings) -> Option<Request> {
        let other = self.operation.other_path?;
        let path = fill(self.operation, other, args, spellings).ok()?;
        Some(Request { path, ..self.clone() })
    }
}
