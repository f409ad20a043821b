//! Secrets in what is given for a write: they neither stand in arguments nor come from files that others can read.

use crate::error::CliError;
use crate::private;
use serde_json::Value;
use std::path::Path;
use totalcloud_api::operation::sounds_secret;

/// The name of a field that holds a secret, at any depth.
pub fn secret_in(value: &Value) -> Option<&str> {
    match value {
        Value::Object(map) => map.iter().find_map(|(name, inner)| match inner {
            Value::String(text) if !text.is_empty() && sounds_secret(name) => Some(name.as_str()),
            Value::Number(_) if sounds_secret(name) => Some(name.as_str()),
            _ => secret_in(inner),
        }),
        Value::Array(items) => items.iter().find_map(secret_in),
        _ => None,
    }
}

/// Refuses a value that was typed and holds a secret: the process list and the history of the shell would tell it.
///
/// # Errors
/// If it holds one.
pub fn not_typed(given_as: &str, value: &Value) -> Result<(), CliError> {
    match secret_in(value) {
        Some(name) => Err(CliError::usage(format!("'{name}' is a secret, which no argument takes"))
            .hint(format!("put it into a file that only you can read, and give {given_as}@FILE"))),
        None => Ok(()),
    }
}

/// Refuses a file that holds a secret and that others can read.
///
/// # Errors
/// If others can read it, with advice.
pub fn not_open(path: &Path, value: &Value) -> Result<(), CliError> {
    match secret_in(value) {
        Some(name) if path != Path::new("-") => private::check(path, name),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_are_found_at_any_depth_and_typed_ones_are_refused() {
        let deep = json!({"AwsAssetDataConnector": {"name": "a", "list": [{"secretKey": "canary"}]}});
        assert_eq!(secret_in(&deep), Some("secretKey"));
        let e = not_typed("--data ", &deep).unwrap_err();
        assert!(e.to_string().contains("secretKey") && !format!("{e:?}").contains("canary"), "{e:?}");
        assert_eq!(
            e.hint.as_deref(),
            Some("put it into a file that only you can read, and give --data @FILE")
        );
        for open in
            [json!({"name": "a"}), json!({"secretKey": ""}), json!({"tokens": []}), json!("secretKey")]
        {
            assert_eq!(secret_in(&open), None, "{open}");
        }
    }
}
