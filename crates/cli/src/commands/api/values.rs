//! Parameters as they are typed: `KEY=VALUE`, `KEY=@FILE`, `KEY=JSON`.

use crate::error::CliError;
use crate::nearest::nearest;
use crate::{private, write};
use serde_json::Value;
use std::path::Path;
use totalcloud_api::Operation;
use totalcloud_api::operation::{Args, Param, ParamKind, Upload};

/// The arguments that were typed. A list may be given by several of them.
///
/// # Errors
/// If a parameter is unknown, given twice, or its file cannot be read.
pub(super) fn read(operation: &'static Operation, typed: &[String]) -> Result<Args, CliError> {
    let mut args = Args::new();
    for text in typed {
        let Some((key, typed)) = text.split_once('=') else {
            return Err(CliError::usage(format!("'{text}' is no KEY=VALUE")).operation(operation.id));
        };
        let param = operation.param(key);
        let value = match param {
            Some(param) => value(operation, param, typed)?,
            // An object may stand for the names with dots in them.
            None if is_object(operation, key) && typed.trim_start().starts_with('{') => {
                json_or_text(key, typed)?
            }
            None => return Err(unknown(operation, key)),
        };
        let several = param.is_some_and(|p| p.kind.is_list());
        match args.get_mut(key) {
            Some(known) if several => {
                let mut items = list(known.take());
                items.extend(list(value));
                *known = items.into();
            }
            Some(_) => {
                return Err(CliError::usage(format!("'{key}' is given twice")).operation(operation.id));
            }
            None => {
                args.insert(key.to_owned(), value);
            }
        }
    }
    Ok(args)
}

fn is_object(operation: &Operation, key: &str) -> bool {
    operation.params.iter().any(|p| p.name.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
}

fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        Value::String(text) => text.split(',').map(|item| item.trim().into()).collect(),
        other => vec![other],
    }
}

fn unknown(operation: &'static Operation, key: &str) -> CliError {
    let known: Vec<&'static str> = operation.params.iter().map(|p| p.name).collect();
    let near = nearest(key, &known);
    let near = if near.is_empty() { known } else { near };
    let error = CliError::usage(format!("there is no parameter '{key}'")).operation(operation.id);
    if near.is_empty() { error } else { error.hint(format!("it takes {}", near.join(", "))) }
}

fn value(operation: &'static Operation, param: &'static Param, typed: &str) -> Result<Value, CliError> {
    let key = param.name;
    let path = typed.strip_prefix('@').map(Path::new);
    let unreadable = |path: &Path, e: &dyn std::fmt::Display| {
        CliError::usage(format!("{key}: {} cannot be read: {e}", path.display())).operation(operation.id)
    };
    if param.kind == ParamKind::File {
        let Some(path) = path else {
            return Err(CliError::usage(format!("'{key}' is a file"))
                .operation(operation.id)
                .hint(format!("give {key}=@FILE")));
        };
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("file");
        let bytes = std::fs::read(path).map_err(|e| unreadable(path, &e))?;
        return Ok(Upload::new(name, bytes).to_value());
    }
    // The process list and the history of the shell would tell it.
    if param.kind.is_secret() && path.is_none() {
        return Err(CliError::usage(format!("'{key}' is a secret, which no argument takes"))
            .operation(operation.id)
            .hint(format!("put it into a file and give {key}=@FILE, or use 'totalcloud auth token'")));
    }
    let text = match path {
        Some(path) => {
            if param.kind.is_secret() {
                private::check(path, key)?;
            }
            std::fs::read_to_string(path).map_err(|e| unreadable(path, &e))?
        }
        None => typed.to_owned(),
    };
    let text = text.trim_end_matches(['\n', '\r']);
    match param.kind {
        ParamKind::Objects(_) | ParamKind::Json => {
            let value = if param.kind != ParamKind::Json && !text.trim_start().starts_with(['[', '{']) {
                write::object(key, text)?
            } else {
                serde_json::from_str(text).map_err(|e| broken(key, &e))?
            };
            match path {
                Some(path) => write::secrecy::not_open(path, &value)?,
                None => write::secrecy::not_typed(&format!("{key}="), &value)?,
            }
            Ok(value)
        }
        _ => json_or_text(key, text),
    }
}

fn json_or_text(key: &str, text: &str) -> Result<Value, CliError> {
    // A range of QQL begins like a list of JSON and is none.
    let json = text.trim_start().starts_with(['[', '{']);
    match serde_json::from_str::<Value>(text) {
        Ok(value) if json => Ok(value),
        Err(e) if text.trim_start().starts_with('{') => Err(broken(key, &e)),
        _ => Ok(Value::String(text.to_owned())),
    }
}

/// JSON that cannot be read, by its place: it may hold secrets.
fn broken(key: &str, e: &serde_json::Error) -> CliError {
    CliError::usage(format!("{key}: the JSON ends or breaks at line {} column {}", e.line(), e.column()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use totalcloud_api::endpoints::OperationId;

    fn typed(id: OperationId, given: &[&str]) -> Result<Value, CliError> {
        let given: Vec<String> = given.iter().map(|text| (*text).to_owned()).collect();
        read(id.operation(), &given).map(Value::Object)
    }

    #[test]
    fn lists_objects_and_names_with_dots_are_read() {
        let aws = OperationId::ConnectorsUpdateAws;
        assert_eq!(
            typed(aws, &["pollingFrequency.hours=4"]).unwrap(),
            json!({"pollingFrequency.hours": "4"})
        );
        let object = typed(aws, &[r#"pollingFrequency={"hours":4}"#]).unwrap();
        assert_eq!(object, json!({"pollingFrequency": {"hours": 4}}));
        let ids = typed(OperationId::ConnectorsRun, &["ids=a,b", "ids=[\"c\"]"]).unwrap();
        assert_eq!(ids, json!({"ids": ["a", "b", "c"]}));
        let policies =
            ["policies=cloudType=AWS,policyId=1", r#"policies={"cloudType":"GCP","policyId":"2"}"#];
        let policies = typed(OperationId::ReportsCreate, &policies).unwrap();
        assert_eq!(
            policies["policies"],
            json!([{"cloudType": "AWS", "policyId": "1"}, {"cloudType": "GCP", "policyId": "2"}])
        );
    }

    #[test]
    fn what_is_no_parameter_or_no_file_is_refused() {
        let said = |id, given: &[&str]| typed(id, given).unwrap_err().to_string();
        assert!(said(OperationId::ConnectorsRun, &["id=a"]).contains("there is no parameter 'id'"));
        assert!(said(OperationId::ConnectorsUpdateAws, &["name=a", "name=b"]).contains("given twice"));
        assert!(said(OperationId::ConnectorsCreateGcp, &["configFile=key.json"]).contains("is a file"));
        assert!(said(OperationId::ConnectorsCreateAzure, &["authenticationKey=x"]).contains("is a secret"));
    }
}
