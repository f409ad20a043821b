//! Secrets in what the service answers: hidden in every format, unless they are asked for.
//!
//! Some answers repeat the credentials that were put into them once, such as the webhooks of alert actions. They are
//! found by the names of their fields: columns marked as secrets, and the secret parameters of writes, which some
//! answers echo.

use bytes::Bytes;
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::model::{Flag, Kind, Shape};
use totalcloud_api::operation::Place;

/// What stands in the place of a secret.
const HIDDEN: &str = "\"…\"";

/// Deeper than any answer goes.
const DEEPEST: usize = 64;

/// The fields of all answers that hold secrets.
static NAMES: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let mut names = BTreeSet::new();
    for operation in OperationId::ALL.iter().map(|id| id.operation()) {
        if let Some(shape) = operation.shape {
            marked(shape, &mut names);
        }
        let in_body = |place: Place| matches!(place, Place::Body | Place::Whole | Place::Part);
        let secret = operation.params.iter().filter(|p| p.kind.is_secret() && in_body(p.place));
        names.extend(secret.map(|p| p.name.rsplit('.').next().unwrap_or(p.name)));
    }
    names
});

/// Fields that hold a credential wherever they come from, in lower case.
const CREDENTIALS: [&str; 11] = [
    "password",
    "clientsecret",
    "client_secret",
    "secretkey",
    "secret_key",
    "authenticationkey",
    "servicekey",
    "privatekey",
    "private_key",
    "apikey",
    "api_key",
];

/// A piece of the name of every such field. Rows come by the million, and hardly any of them has one.
const PIECES: [&str; 12] = [
    "assword\"",
    "ecretKey",
    "ecret_key",
    "ecretkey",
    "lientSecret",
    "lient_secret",
    "enticationKey",
    "erviceKey",
    "rivate",
    "piKey",
    "pi_key",
    "ebhookUri",
];

/// Whether a row may hold a credential; most that may not are told apart without being read.
pub fn may_be_in(row: &[u8]) -> bool {
    // A name may be written with escapes.
    let escaped = memchr::memmem::find(row, b"\\u00").is_some();
    escaped || PIECES.iter().any(|piece| memchr::memmem::find(row, piece.as_bytes()).is_some())
}

fn is_credential(name: &str) -> bool {
    NAMES.contains(name) || CREDENTIALS.contains(&name.to_ascii_lowercase().as_str())
}

/// Columns that hold a credential. A list of findings about secrets is data that was asked for.
fn marked(shape: &'static Shape, into: &mut BTreeSet<&'static str>) {
    for column in shape.columns() {
        if column.is(Flag::Secret) && matches!(column.kind, Kind::Text) {
            into.insert(column.wire);
        }
        if let Some(inner) = column.kind.shape() {
            marked(inner, into);
        }
    }
}

/// An answer with its secrets hidden; what has none, and what is no JSON, as it came.
pub fn hide(answer: &Bytes) -> Bytes {
    let Ok(raw) = serde_json::from_slice::<&RawValue>(answer) else { return answer.clone() };
    let mut out = String::with_capacity(answer.len());
    if copy(raw.get(), 0, &mut out) { out.into() } else { answer.clone() }
}

/// Copies a value without its secrets; says whether there were any.
fn copy(raw: &str, depth: usize, out: &mut String) -> bool {
    match raw.as_bytes().first() {
        Some(b'{' | b'[') if depth == DEEPEST => {
            out.push_str(HIDDEN);
            true
        }
        Some(b'{') => {
            let Ok(Fields(fields)) = serde_json::from_str(raw) else { return verbatim(raw, out) };
            let mut found = false;
            out.push('{');
            for (at, (name, value)) in fields.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                if is_credential(name) && !matches!(value.get(), "null" | "\"\"") {
                    out.push_str(HIDDEN);
                    found = true;
                } else {
                    found |= copy(value.get(), depth + 1, out);
                }
            }
            out.push('}');
            found
        }
        Some(b'[') => {
            let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(raw) else { return verbatim(raw, out) };
            let mut found = false;
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                found |= copy(item.get(), depth + 1, out);
            }
            out.push(']');
            found
        }
        // Some answers carry an object as text.
        Some(b'"') => match serde_json::from_str::<String>(raw) {
            Ok(text) if text.trim_start().starts_with(['{', '[']) => {
                let mut inner = String::new();
                match serde_json::from_str::<&RawValue>(text.trim()) {
                    Ok(value) if copy(value.get(), depth + 1, &mut inner) => {
                        out.push_str(&Value::from(inner).to_string());
                        true
                    }
                    _ => verbatim(raw, out),
                }
            }
            _ => verbatim(raw, out),
        },
        _ => verbatim(raw, out),
    }
}

fn verbatim(raw: &str, out: &mut String) -> bool {
    out.push_str(raw);
    false
}

/// The fields of an object in their order, also those that come twice.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry::<String, &RawValue>()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str) -> String {
        String::from_utf8(hide(&Bytes::copy_from_slice(text.as_bytes())).to_vec()).unwrap()
    }

    #[test]
    fn secrets_are_hidden_wherever_they_stand() {
        for (text, shown) in [
            (r#"{"id":"1","slackWebhookUri":"canary"}"#, r#"{"id":"1","slackWebhookUri":"…"}"#),
            (
                r#"[{"smtpPassword":7}, {"smtpPassword":["canary"]}]"#,
                r#"[{"smtpPassword":"…"},{"smtpPassword":"…"}]"#,
            ),
            (
                r#"{"body":{"pagerdutyServiceKey":"canary","n":1.50}}"#,
                r#"{"body":{"pagerdutyServiceKey":"…","n":1.50}}"#,
            ),
            (r#"{"body":"{\"webhookUri\":\"canary\"}"}"#, r#"{"body":"{\"webhookUri\":\"…\"}"}"#),
            (r#"{"service\u004bey":"canary"}"#, r#"{"serviceKey":"…"}"#),
            (r#"{"serviceKey":"canary","serviceKey":"canary"}"#, r#"{"serviceKey":"…","serviceKey":"…"}"#),
        ] {
            assert_eq!(hidden(text), shown);
        }
    }

    #[test]
    fn what_has_no_secrets_stays_as_it_came() {
        for text in [
            "{ \"b\": 1.0, \"a\": \"{ \\\"x\\\": 1 }\", \"smtpPassword\": null, \"serviceKey\": \"\" }",
            "<html>",
            "",
            "[1, 2",
            "\"text\"",
        ] {
            assert_eq!(hidden(text), text);
        }
        let deep = format!("{}{}{}", "[".repeat(9_000), "1", "]".repeat(9_000));
        assert!(hidden(&deep).len() < 200, "nothing is shown that was not looked at");
    }

    #[test]
    fn every_field_that_holds_a_credential_is_found_by_a_piece_of_its_name() {
        for name in NAMES.iter() {
            assert!(may_be_in(format!("{{\"{name}\":\"x\"}}").as_bytes()), "{name}");
        }
        for name in [
            "password",
            "clientSecret",
            "client_secret",
            "secretKey",
            "secret_key",
            "privateKey",
            "private_key",
            "apiKey",
            "api_key",
            "authenticationKey",
        ] {
            let row = format!("{{\"{name}\":\"canary\"}}");
            assert!(may_be_in(row.as_bytes()), "{name}");
            assert!(!hidden(&row).contains("canary"), "{name}");
        }
        // What clouds tell of their settings is data.
        let row =
            r#"{"httpTokens":"required","passwordEnabled":"true","keyName":"a","secrets":[{"type":"AWS"}]}"#;
        assert!(!may_be_in(row.as_bytes()));
        assert_eq!(hidden(row), row);
    }

    #[test]
    fn fields_are_known_by_the_marks_of_models_and_the_parameters_of_writes() {
        for name in ["smtpPassword", "slackWebhookUri", "pagerdutyServiceKey", "webhookUri", "serviceKey"] {
            assert!(NAMES.contains(name), "{name}");
        }
        assert!(!NAMES.contains("password"), "sign-in has answers of its own");
        assert!(!NAMES.contains("secrets"), "findings about secrets are data");
    }
}
