//! A request as a plain value.

use super::check::fill;
use super::{Args, Operation};
use crate::provider::Spellings;
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
