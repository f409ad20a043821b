//! The record of requests, without anything secret.

use crate::multipart::Form;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use totalcloud_api::operation::sounds_secret;

/// How many requests are kept.
pub(crate) const KEPT: usize = 10_000;

/// Bytes of the kept requests, about; the oldest go first.
const KEPT_BYTES: usize = 64 << 20;
/// Of a body that is larger only its size is kept.
const LARGEST_BODY: usize = 64 << 10;

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
    /// JSON body of the request, or what a form with files held, with secrets masked; of more than 64 KiB the size
    /// alone, as `{"bytes": 70000}`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub body: Option<Value>,
}

/// The requests so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Journal {
    /// All of them.
    pub count: u64,
    /// The last 10,000, fewer where their bodies are large.
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
struct Recorded {
    count: u64,
    /// Each with its bytes.
    kept: VecDeque<(Arc<JournalEntry>, usize)>,
    weight: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Recorder(Mutex<Recorded>);

impl Recorder {
    pub(crate) fn push(&self, mut entry: JournalEntry) {
        let body = entry.body.as_ref().map_or(0, |body| body.to_string().len());
        let weight = entry.path.len() + entry.query.len() + body;
        let mut state = self.0.lock().unwrap_or_else(|e| e.into_inner());
        state.count += 1;
        entry.seq = state.count;
        while state.kept.len() >= KEPT || state.weight + weight > KEPT_BYTES {
            let Some((_, freed)) = state.kept.pop_front() else { break };
            state.weight -= freed;
        }
        state.weight += weight;
        state.kept.push_back((Arc::new(entry), weight));
    }

    pub(crate) fn snapshot(&self) -> Journal {
        let (count, requests) = {
            let state = self.0.lock().unwrap_or_else(|e| e.into_inner());
            (state.count, state.kept.iter().map(|(entry, _)| Arc::clone(entry)).collect::<Vec<_>>())
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
    let size = || json!({ "bytes": body.len() });
    let value = match Form::parse(headers, body) {
        Ok(form) => form.told(),
        Err(_) if body.len() > LARGEST_BODY => return Some(size()),
        Err(_) => serde_json::from_slice(body).ok()?,
    };
    let clean = clean_body(value);
    Some(if body.len() > LARGEST_BODY && clean.to_string().len() > LARGEST_BODY { size() } else { clean })
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

    fn entry(body: Option<Value>) -> JournalEntry {
        JournalEntry {
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
            body,
        }
    }

    #[test]
    fn large_bodies_are_kept_as_their_size_and_the_oldest_make_room() {
        let headers = HeaderMap::new();
        let body = |bytes: usize| serde_json::to_vec(&json!({ "a": "x".repeat(bytes - 8) })).unwrap();
        assert!(kept(&headers, &body(LARGEST_BODY)).unwrap()["a"].is_string());
        assert_eq!(kept(&headers, &body(LARGEST_BODY + 1)), Some(json!({ "bytes": LARGEST_BODY + 1 })));
        let recorder = Recorder::default();
        let large = json!("x".repeat(1 << 20));
        for _ in 0..80 {
            recorder.push(entry(Some(large.clone())));
        }
        let journal = recorder.snapshot();
        assert_eq!((journal.count, journal.requests.len()), (80, 63));
        assert_eq!(journal.requests.last().unwrap().seq, 80);
    }

    #[test]
    fn the_last_ten_thousand_are_kept_and_all_are_counted() {
        let recorder = Recorder::default();
        for _ in 0..KEPT + 5 {
            recorder.push(entry(None));
        }
        let journal = recorder.snapshot();
        assert_eq!(journal.count, KEPT as u64 + 5);
        assert_eq!(journal.requests.len(), KEPT);
        assert_eq!(journal.requests[0].seq, 6);
    }
}
