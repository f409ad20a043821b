//! A body from a file: JSON or YAML.

use crate::error::CliError;
use serde_json::Value;
use std::io::Read as _;
use std::path::Path;
use totalcloud_api::Operation;
use totalcloud_api::operation::{Args, Place};

/// Files are read up to this size. Bodies are small; what is bigger is the wrong file.
const MOST: u64 = 4 << 20;

/// The arguments in a file, `-` being standard input.
///
/// # Errors
/// If it cannot be read, or holds no object.
pub fn arguments(operation: &'static Operation, path: &Path) -> Result<Args, CliError> {
    let name = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    let unreadable = |e: std::io::Error| CliError::usage(format!("{name} cannot be read: {e}"));
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().take(MOST + 1).read_to_string(&mut text).map_err(unreadable)?;
    } else {
        let file = std::fs::File::open(path).map_err(unreadable)?;
        file.take(MOST + 1).read_to_string(&mut text).map_err(unreadable)?;
    }
    if text.len() as u64 > MOST {
        return Err(CliError::usage(format!("{name} is no body: it is bigger than 4 MiB")));
    }
    // A bare list is the body of operations whose body is one.
    let whole = operation.params.iter().find(|p| p.place == Place::Whole);
    if let (Some(whole), Ok(list @ Value::Array(_))) = (whole, serde_json::from_str(&text)) {
        return Ok(Args::from_iter([(whole.name.to_owned(), list)]));
    }
    let mut args = parse(&text, &name)
        .map_err(|e| e.operation(operation.id).hint("--skeleton prints a template of the body"))?;
    without_nulls(operation, &mut args, "");
    Ok(args)
}

/// Takes out the parameters that are null, which means that they are not given. What is null inside the value of a
/// parameter goes out as it is.
fn without_nulls(operation: &Operation, args: &mut Args, prefix: &str) {
    args.retain(|name, value| {
        let name = format!("{prefix}{name}");
        if operation.param(&name).is_some() {
            return !value.is_null();
        }
        let inside = format!("{name}.");
        match value {
            Value::Object(inner) if operation.params.iter().any(|p| p.name.starts_with(&inside)) => {
                let was_empty = inner.is_empty();
                without_nulls(operation, inner, &inside);
                was_empty || !inner.is_empty()
            }
            _ => true,
        }
    });
}

/// Whether arguments say more than what is to be changed.
pub(super) fn changes_something(operation: &Operation, args: &Args) -> bool {
    let mut args = args.clone();
    args.retain(|name, _| operation.param(name).is_none_or(|p| p.place != Place::Path));
    says_something(&args)
}

/// Whether arguments say anything: objects in objects with nothing in them do not.
pub(super) fn says_something(args: &Args) -> bool {
    args.values().any(|value| match value {
        Value::Object(inner) => says_something(inner),
        _ => true,
    })
}

/// The fields of a JSON or YAML object. Fields of a template that were not filled in are left out.
///
/// # Errors
/// If the text is neither.
pub fn parse(text: &str, name: &str) -> Result<Args, CliError> {
    // What begins like JSON is JSON, so that its errors say where it breaks.
    let value: Value = if text.trim_start().starts_with(['{', '[']) {
        serde_json::from_str(text).map_err(|e| {
            CliError::usage(format!("{name} is no valid JSON at line {} column {}", e.line(), e.column()))
        })?
    } else {
        serde_saphyr::from_str(text).map_err(|e| {
            // The whole message shows lines of the file, which may hold secrets.
            let place = e.location().map(|at| format!(" at line {} column {}", at.line(), at.column()));
            CliError::usage(format!("{name} is no valid YAML{}", place.unwrap_or_default()))
        })?
    };
    match value {
        Value::Object(map) => Ok(map.into_iter().filter_map(|(name, v)| Some((name, filled(v)?))).collect()),
        Value::Null => Err(CliError::usage(format!("{name} is empty"))),
        _ => Err(CliError::usage(format!("{name} holds no object of fields"))),
    }
}

/// A value without the fields that still hold the text of the template.
fn filled(value: Value) -> Option<Value> {
    match value {
        Value::String(text) if is_placeholder(&text) => None,
        Value::Object(map) => {
            let was_empty = map.is_empty();
            let map: Args = map.into_iter().filter_map(|(name, v)| Some((name, filled(v)?))).collect();
            (was_empty || !map.is_empty()).then_some(Value::Object(map))
        }
        Value::Array(items) => {
            let was_empty = items.is_empty();
            let items: Vec<Value> = items.into_iter().filter_map(filled).collect();
            (was_empty || !items.is_empty()).then_some(Value::Array(items))
        }
        other => Some(other),
    }
}

fn is_placeholder(text: &str) -> bool {
    (text.starts_with("<required: ") || text.starts_with("<optional: ")) && text.ends_with('>')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use totalcloud_api::endpoints::OperationId;

    #[test]
    fn json_and_yaml_say_the_same() {
        let json = parse(r#"{"name": "a", "pollingFrequency": {"hours": 4}, "ids": ["x"]}"#, "f").unwrap();
        let yaml = parse("name: a\npollingFrequency:\n  hours: 4\nids:\n  - x\n", "f").unwrap();
        assert_eq!(json, yaml);
    }

    #[test]
    fn a_template_that_is_filled_in_part_gives_what_is_filled() {
        let text = r#"{"name": "a", "arn": "<required: Role>", "pollingFrequency": {"hours": "<optional: Hours>"},
                       "recipients": ["<required: Who>"], "none": null}"#;
        assert_eq!(Value::Object(parse(text, "f").unwrap()), json!({"name": "a", "none": null}));
    }

    #[test]
    fn a_null_that_was_typed_goes_out_but_for_whole_parameters() {
        let without = |id: OperationId, text: &str| {
            let mut args = parse(text, "f").unwrap();
            without_nulls(id.operation(), &mut args, "");
            Value::Object(args)
        };
        let aws = r#"{"name": null, "description": "d", "pollingFrequency": {"hours": null, "minutes": 5}}"#;
        assert_eq!(
            without(OperationId::ConnectorsUpdateAws, aws),
            json!({"description": "d", "pollingFrequency": {"minutes": 5}})
        );
        assert_eq!(
            without(OperationId::ConnectorsUpdateAws, r#"{"pollingFrequency": {"hours": null}}"#),
            json!({})
        );
        let portal = json!({"ServiceRequest": {"data": {"description": null, "tags": [null]}}});
        assert_eq!(without(OperationId::PortalUpdate, &portal.to_string()), portal);
        assert_eq!(without(OperationId::PortalUpdate, r#"{"ServiceRequest": {"data": null}}"#), json!({}));
    }

    #[test]
    fn objects_with_nothing_in_them_say_nothing() {
        let says = |text: &str| says_something(&parse(text, "f").unwrap());
        assert!(!says("{}") && !says(r#"{"a": {"b": {}}}"#) && !says(r#"{"a": "<optional: A>"}"#));
        assert!(says(r#"{"a": {"b": null}}"#) && says(r#"{"a": []}"#) && says(r#"{"a": false}"#));
    }

    #[test]
    fn what_is_wrong_is_told_by_place_and_never_shown() {
        for (text, place) in
            [("{\"a\": canary", "line 1"), ("a: [canary\nb: }", "YAML"), ("canary", "no object")]
        {
            let said = parse(text, "body.json").unwrap_err().to_string();
            assert!(said.contains("body.json") && said.contains(place), "{said}");
            assert!(!said.contains("canary"), "{said}");
        }
        assert!(parse("", "f").unwrap_err().to_string().contains("empty"));
    }
}
