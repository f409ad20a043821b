//! A request as it would go out, with its secrets hidden: for looking before sending.

use super::Operation;
use super::request::{Body, Request};
use serde_json::{Map, Value};

/// What stands in the place of a secret.
const HIDDEN: &str = "…";

/// A request as it would go out, with its secrets hidden.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Preview {
    /// `POST`, …
    pub method: &'static str,
    /// Path and query, encoded.
    pub target: String,
    /// Headers that are parameters.
    pub headers: Vec<(&'static str, String)>,
    /// The content type of the body, if there is one.
    pub content_type: Option<&'static str>,
    /// The body; for a form or a multipart body an object of its fields, in which a file is its name and size.
    pub body: Option<Value>,
}

impl Request {
    /// The request as it would go out, with its secrets hidden.
    pub fn preview(&self) -> Preview {
        let op = self.operation;
        let secret = |name: &str| is_secret(op, name);
        let shown = |name: &str, value: &str| {
            if secret(name) { HIDDEN.to_owned() } else { value.to_owned() }
        };
        let mut hidden = self.clone();
        for (name, value) in &mut hidden.query {
            *value = shown(name, value);
        }
        let fields = |fields: &mut dyn Iterator<Item = (&'static str, Value)>| {
            Some(Value::Object(fields.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>()))
        };
        let (content_type, body) = match &self.body {
            Body::Empty => (None, None),
            Body::Json(value) => {
                let mut value = value.clone();
                hide(&mut value, false, &secret);
                (Some("application/json"), Some(value))
            }
            Body::Form(form) => (
                Some("application/x-www-form-urlencoded"),
                fields(&mut form.iter().map(|(name, value)| (*name, shown(name, value).into()))),
            ),
            Body::Multipart(parts) => (
                Some("multipart/form-data"),
                fields(&mut parts.iter().map(|part| {
                    let value = match &part.file_name {
                        Some(file) => format!("<file {file}, {} bytes>", part.bytes.len()),
                        None => shown(part.name, &String::from_utf8_lossy(&part.bytes)),
                    };
                    (part.name, value.into())
                })),
            ),
        };
        Preview {
            method: op.method.as_str(),
            target: hidden.target(),
            headers: self.headers.iter().map(|(name, value)| (*name, shown(name, value))).collect(),
            content_type,
            body,
        }
    }

    /// The values of its secrets, so that what others say of it can be cleared of them: those declared so, and
    /// whatever stands under a name that speaks of a secret, at any depth.
    pub fn secrets(&self) -> Vec<String> {
        let secret = |name: &str| is_secret(self.operation, name);
        let mut found = Vec::new();
        let pairs = self.query.iter().chain(&self.headers);
        found.extend(pairs.filter(|(name, _)| secret(name)).map(|(_, value)| value.clone()));
        match &self.body {
            Body::Empty => {}
            Body::Form(form) => {
                found.extend(form.iter().filter(|(name, _)| secret(name)).map(|(_, v)| v.clone()));
            }
            Body::Json(value) => collect(value, false, &secret, &mut found),
            Body::Multipart(parts) => {
                for part in parts {
                    if secret(part.name) {
                        found.push(String::from_utf8_lossy(&part.bytes).into_owned());
                    } else if part.file_name.is_some()
                        && let Ok(inner) = serde_json::from_slice(&part.bytes)
                    {
                        collect(&inner, false, &secret, &mut found);
                    }
                }
            }
        }
        found
    }
}

/// Whether a parameter or a field of this name holds a secret.
fn is_secret(op: &Operation, name: &str) -> bool {
    op.param(name).is_some_and(|p| p.kind.is_secret()) || sounds_secret(name)
}

/// Whether a field of this name speaks of a secret, for bodies whose fields nobody declared.
pub fn sounds_secret(name: &str) -> bool {
    const PIECES: [&str; 10] = [
        "password",
        "passphrase",
        "secret",
        "token",
        "privatekey",
        "authenticationkey",
        "servicekey",
        "apikey",
        "accesskey",
        "webhook",
    ];
    let name: String =
        name.chars().filter(|c| !matches!(c, '_' | '-' | '.')).map(|c| c.to_ascii_lowercase()).collect();
    matches!(name.as_str(), "credential" | "credentials") || PIECES.iter().any(|piece| name.contains(piece))
}

fn hide(value: &mut Value, hidden: bool, secret: &dyn Fn(&str) -> bool) {
    match value {
        Value::Object(map) => map.iter_mut().for_each(|(name, v)| hide(v, hidden || secret(name), secret)),
        Value::Array(items) => items.iter_mut().for_each(|v| hide(v, hidden, secret)),
        Value::String(_) | Value::Number(_) if hidden => *value = HIDDEN.into(),
        _ => {}
    }
}

fn collect(value: &Value, hidden: bool, secret: &dyn Fn(&str) -> bool, into: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(name, v)| collect(v, hidden || secret(name), secret, into))
        }
        Value::Array(items) => items.iter().for_each(|v| collect(v, hidden, secret, into)),
        Value::String(text) if hidden => into.push(text.clone()),
        Value::Number(number) if hidden => into.push(number.to_string()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoints::OperationId;
    use crate::operation::{Args, Upload};
    use serde_json::json;

    fn request(id: OperationId, args: Value) -> Request {
        let Value::Object(args) = args else { panic!("arguments are an object") };
        id.operation().request(&args as &Args, &Default::default()).unwrap()
    }

    #[test]
    fn a_preview_shows_everything_but_secrets() {
        let uuid = "3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2";
        let request = request(
            OperationId::ConnectorsCreateAzure,
            json!({
                "name": "prod", "applicationId": uuid, "directoryId": uuid, "subscriptionId": uuid,
                "authenticationKey": "canary", "pollingFrequency": {"hours": 4},
            }),
        );
        let preview = request.preview();
        assert_eq!(preview.target, "/cloudview-api/rest/v1/azure/connectors");
        assert_eq!((preview.method, preview.content_type), ("POST", Some("application/json")));
        let body = preview.body.unwrap();
        assert_eq!(body["pollingFrequency"], json!({"hours": 4}));
        assert_eq!((&body["name"], &body["authenticationKey"]), (&json!("prod"), &json!("…")));
        assert_eq!(request.secrets(), ["canary"]);
    }

    #[test]
    fn a_file_is_shown_by_name_and_size_and_its_keys_are_secrets() {
        let file = Upload::new("sa.json", r#"{"private_key": "canary", "client_id": "1"}"#);
        let request = request(
            OperationId::ConnectorsCreateGcp,
            json!({"name": "p", "projectId": "x", "configFile": file.to_value()}),
        );
        let body = request.preview().body.unwrap();
        assert_eq!(body["configFile"], "<file sa.json, 43 bytes>");
        assert_eq!(request.secrets(), ["canary"]);
    }
}
