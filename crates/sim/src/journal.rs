//! The record of requests, without anything secret.

use crate::multipart::Form;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use totalcloud_api::operation::sounds_secret;

/// How many requests are kept.
pub(crate) const KEPT: usize = 10_000;

/// One request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// Its number, from 1.
    pub seq: u64,
    /// Epoch milliseconds of the running clock when it came.
    pub at: i64,
    /// Host kind that got it: `any`, `base`, `gateway` or `api`.
    pub host: String,
    /// Method.
    pub method: String,
    /// Path as it came.
    pub path: String,
    /// Query as it came, with secrets masked.
    pub query: String,
    /// Operation, where the path is one's.
    pub operation: Option<String>,
    /// `basic`, `bearer` or `none`.
    pub auth: String,
    /// Status of the answer; 0 where none was sent.
    pub status: u16,
    /// Milliseconds until the answer was ready.
    pub ms: f64,
    /// Bytes of the answer's body.
    pub bytes: u64,
    /// JSON body of the request, or what a form with files held, with secrets masked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub body: Option<Value>,
}

/// The requests so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Journal {
    /// All of them.
    pub count: u64,
    /// The last 10,000.
    pub requests: Vec<JournalEntry>,
}

impl Journal {
    /// How many of the kept requests were of this operation.
    pub fn calls(&self, operation: &str) -> usize {
        self.of(operation).count()
    }

    /// The kept requests of this operation.
    pub fn of<'j>(&'j self, operation: &'j str) -> impl Iterator<Item = &'j JournalEntry> {
        self.requests.iter().filter(move |r| r.operation.as_deref() == Some(operation))
    }
}

#[derive(Debug, Default)]
pub(crate) struct Recorder(Mutex<(u64, VecDeque<Arc<JournalEntry>>)>);

impl Recorder {
    pub(crate) fn push(&self, mut entry: JournalEntry) {
        let mut state = self.0.lock().unwrap_or_else(|e| e.into_inner());
        state.0 += 1;
        entry.seq = state.0;
        if state.1.len() == KEPT {
            state.1.pop_front();
        }
        state.1.push_back(Arc::new(entry));
    }

    pub(crate) fn snapshot(&self) -> Journal {
        let (count, requests) = {
            let state = self.0.lock().unwrap_or_else(|e| e.into_inner());
            (state.0, state.1.iter().cloned().collect::<Vec<_>>())
        };
        Journal { count, requests: requests.iter().map(|r| r.as_ref().clone()).collect() }
    }
}

/// Whether a parameter of this name may hold a secret.
fn is_secret(name: &str) -> bool {
    sounds_secret(name) || name.eq_ignore_ascii_case("configFile")
}

/// A query string with the values of secret parameters masked.
pub(crate) fn clean_query(query: &str) -> String {
    let clean = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("{name}=***"),
        _ => pair.to_owned(),
    };
    if query.is_empty() { String::new() } else { query.split('&').map(clean).collect::<Vec<_>>().join("&") }
}

/// What is kept of a body: JSON, or the texts of a form and the names and sizes of its files.
pub(crate) fn kept(headers: &HeaderMap, body: &[u8]) -> Option<Value> {
    let value = match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(_) => Form::parse(headers, body).ok()?.told(),
    };
    Some(clean_body(value))
}

/// A JSON body with the values of secret fields masked.
fn clean_body(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .map(|(k, v)| {
                let v = if is_secret(&k) { Value::String("***".into()) } else { clean_body(v) };
                (k, v)
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(clean_body).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_are_masked_at_any_depth() {
        assert_eq!(clean_query("a=1&Password=x&access_token=y"), "a=1&Password=***&access_token=***");
        assert_eq!(
            clean_body(json!({"a": [{"clientSecret": "x", "b": 1}]})),
            json!({"a": [{"clientSecret": "***", "b": 1}]})
        );
        for name in
            ["authenticationKey", "secretKey", "webhookUri", "serviceKey", "smtpPassword", "private_key"]
        {
            assert_eq!(clean_body(json!({ name: "x" })), json!({ name: "***" }));
        }
    }

    #[test]
    fn the_last_ten_thousand_are_kept_and_all_are_counted() {
        let recorder = Recorder::default();
        for _ in 0..KEPT + 5 {
            recorder.push(JournalEntry {
                seq: 0,
                at: 0,
                host: "any".into(),
                method: "GET".into(),
                path: "/".into(),
                query: String::new(),
                operation: None,
                auth: "none".into(),
                status: 200,
                ms: 0.0,
                bytes: 0,
                body: None,
            });
        }
        let journal = recorder.snapshot();
        assert_eq!(journal.count, KEPT as u64 + 5);
        assert_eq!(journal.requests.len(), KEPT);
        assert_eq!(journal.requests[0].seq, 6);
    }
}
