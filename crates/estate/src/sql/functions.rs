//! Functions beside those of the engine: a value out of JSON text, and the value of a tag.

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, ListArray, StringArray, StringBuilder, StructArray,
};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use serde_json::Value;
use std::sync::Arc;

/// All functions, with how each is called and what it gives.
pub const FUNCTIONS: &[(&str, &str)] = &[
    (
        "json_text(json, path)",
        "The value at a path such as 'a.b[0]' of JSON text: text as it is, else its JSON; null if there is none.",
    ),
    (
        "tag(tags, key)",
        "The value of the tag with that key, whatever its letter case; null if there is none.",
    ),
    (
        "allows_anyone(policy)",
        "Whether an AWS policy (JSON text) allows something to everybody without a condition; null for no policy.",
    ),
];

/// The functions to register.
pub(super) fn all() -> [ScalarUDF; 3] {
    [ScalarUDF::from(JsonText::new()), ScalarUDF::from(Tag::new()), ScalarUDF::from(AllowsAnyone::new())]
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct JsonText(Signature);

impl JsonText {
    fn new() -> JsonText {
        JsonText(Signature::any(2, Volatility::Immutable))
    }
}

impl ScalarUDFImpl for JsonText {
    fn name(&self) -> &str {
        "json_text"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [json, path] if is_text(json) && is_text(path) => Ok(DataType::Utf8),
            _ => plan_err!("json_text wants JSON text and a path, such as json_text(raw, 'a.b[0]')"),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let (json, path) = two(args)?;
        let (json, path) = (texts(&json)?, texts(&path)?);
        let mut out = StringBuilder::new();
        let mut last: Option<(String, Vec<Step>)> = None;
        for row in 0..json.len() {
            if json.is_null(row) || path.is_null(row) {
                out.append_null();
                continue;
            }
            let written = path.value(row);
            if last.as_ref().is_none_or(|(text, _)| text != written) {
                let Some(steps) = steps(written) else {
                    return exec_err!("'{written}' is no path: it wants names and numbers, such as a.b[0]");
                };
                last = Some((written.to_owned(), steps));
            }
            let steps = last.as_ref().map(|(_, steps)| steps.as_slice()).unwrap_or_default();
            out.append_option(value_at(json.value(row), steps));
        }
        Ok(ColumnarValue::Array(Arc::new(out.finish())))
    }
}

/// One step of a path.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Field(String),
    Item(usize),
}

/// Reads `a.b[0]["c.d"]`; a `$` in front is allowed.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path.trim();
    rest = rest.strip_prefix('$').unwrap_or(rest);
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (step, after) = match inside.chars().next()? {
                quote @ ('"' | '\'') => {
                    let (name, after) = inside[1..].split_once(quote)?;
                    (Step::Field(name.to_owned()), after.strip_prefix(']')?)
                }
                _ => {
                    let (number, after) = inside.split_once(']')?;
                    (Step::Item(number.trim().parse().ok()?), after)
                }
            };
            steps.push(step);
            rest = after;
        } else {
            let name = rest.strip_prefix('.').unwrap_or(rest);
            let end = name.find(['.', '[']).unwrap_or(name.len());
            if end == 0 {
                return None;
            }
            steps.push(Step::Field(name[..end].to_owned()));
            rest = &name[end..];
        }
    }
    Some(steps)
}

/// What is not JSON has no value at any path.
fn value_at(json: &str, steps: &[Step]) -> Option<String> {
    let value: Value = serde_json::from_str(json).ok()?;
    let mut at = &value;
    for step in steps {
        at = match step {
            Step::Field(name) => at.get(name)?,
            Step::Item(number) => at.get(number)?,
        };
    }
    match at {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Tag(Signature);

impl Tag {
    fn new() -> Tag {
        Tag(Signature::any(2, Volatility::Immutable))
    }
}

impl ScalarUDFImpl for Tag {
    fn name(&self) -> &str {
        "tag"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [tags, key] if is_text(key) && (is_text(tags) || is_pairs(tags)) => Ok(DataType::Utf8),
            _ => plan_err!("tag wants a list of tags and a key, such as tag(tags, 'owner')"),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let (tags, key) = two(args)?;
        let key = texts(&key)?;
        let mut out = StringBuilder::new();
        if is_text(tags.data_type()) {
            let tags = texts(&tags)?;
            for row in 0..tags.len() {
                let found = (!tags.is_null(row) && !key.is_null(row))
                    .then(|| in_json(tags.value(row), key.value(row)))
                    .flatten();
                out.append_option(found);
            }
        } else {
            let Some(lists) = tags.as_any().downcast_ref::<ListArray>() else {
                return exec_err!("tag wants a list of tags");
            };
            let Some((keys, values)) = pairs(lists.values())? else {
                return exec_err!("tag wants a list of tags with key and value");
            };
            let offsets = lists.value_offsets();
            for (row, range) in offsets.windows(2).enumerate() {
                let (from, to) = (range[0] as usize, range[1] as usize);
                if lists.is_null(row) || key.is_null(row) {
                    out.append_null();
                    continue;
                }
                let wanted = key.value(row);
                let is = |at: &usize, exact: bool| {
                    !keys.is_null(*at)
                        && if exact {
                            keys.value(*at) == wanted
                        } else {
                            keys.value(*at).eq_ignore_ascii_case(wanted)
                        }
                };
                let at = (from..to).find(|at| is(at, true)).or_else(|| (from..to).find(|at| is(at, false)));
                out.append_option(at.filter(|at| !values.is_null(*at)).map(|at| values.value(at)));
            }
        }
        Ok(ColumnarValue::Array(Arc::new(out.finish())))
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct AllowsAnyone(Signature);

impl AllowsAnyone {
    fn new() -> AllowsAnyone {
        AllowsAnyone(Signature::any(1, Volatility::Immutable))
    }
}

impl ScalarUDFImpl for AllowsAnyone {
    fn name(&self) -> &str {
        "allows_anyone"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [policy] if is_text(policy) => Ok(DataType::Boolean),
            _ => plan_err!("allows_anyone wants a policy as JSON text"),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [policy] = args.args.as_slice() else { return exec_err!("one policy is wanted") };
        let policy = texts(&policy.to_array(args.number_rows)?)?;
        let allowed: BooleanArray = policy.iter().map(|policy| allows_anyone(policy?)).collect();
        Ok(ColumnarValue::Array(Arc::new(allowed)))
    }
}

/// What is no policy says nothing.
fn allows_anyone(policy: &str) -> Option<bool> {
    let policy: Value = serde_json::from_str(policy).ok()?;
    let statements = match policy.get("Statement")? {
        Value::Array(all) => all.iter().collect(),
        one => vec![one],
    };
    let everybody = |principal: &Value| match principal {
        Value::String(name) => name == "*",
        Value::Object(kinds) => kinds.values().any(|names| match names {
            Value::Array(names) => names.iter().any(|name| name == "*"),
            name => name == "*",
        }),
        _ => false,
    };
    let conditional = |statement: &Value| match statement.get("Condition") {
        Some(Value::Object(conditions)) => !conditions.is_empty(),
        _ => false,
    };
    Some(statements.iter().any(|statement| {
        statement.get("Effect").and_then(Value::as_str) == Some("Allow")
            && statement.get("Principal").is_some_and(everybody)
            && !conditional(statement)
    }))
}

fn in_json(tags: &str, key: &str) -> Option<String> {
    let tags: Vec<Value> = serde_json::from_str(tags).ok()?;
    let keyed = |exact: bool| {
        tags.iter().find(|tag| match tag.get("key").and_then(Value::as_str) {
            Some(name) if exact => name == key,
            Some(name) => name.eq_ignore_ascii_case(key),
            None => false,
        })
    };
    keyed(true).or_else(|| keyed(false))?.get("value")?.as_str().map(str::to_owned)
}

fn pairs(items: &ArrayRef) -> Result<Option<(StringArray, StringArray)>> {
    let Some(items) = items.as_any().downcast_ref::<StructArray>() else { return Ok(None) };
    match (items.column_by_name("key"), items.column_by_name("value")) {
        (Some(key), Some(value)) => Ok(Some((texts(key)?, texts(value)?))),
        _ => Ok(None),
    }
}

fn is_pairs(data_type: &DataType) -> bool {
    match data_type {
        DataType::List(item) => match item.data_type() {
            DataType::Struct(fields) => fields.find("key").is_some() && fields.find("value").is_some(),
            _ => false,
        },
        _ => false,
    }
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null)
}

fn two(args: ScalarFunctionArgs) -> Result<(ArrayRef, ArrayRef)> {
    match args.args.as_slice() {
        [one, other] => Ok((one.to_array(args.number_rows)?, other.to_array(args.number_rows)?)),
        _ => exec_err!("two values are wanted"),
    }
}

fn texts(array: &ArrayRef) -> Result<StringArray> {
    Ok(cast(array, &DataType::Utf8)?.as_string::<i32>().clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_a_value() {
        let json = r#"{"a":{"b":[1,"two",{"c.d":null}],"e":true}}"#;
        let at = |path: &str| value_at(json, &steps(path).unwrap());
        assert_eq!(at("a.b[1]").as_deref(), Some("two"));
        assert_eq!(at("$.a.b[0]").as_deref(), Some("1"));
        assert_eq!(at("a['e']").as_deref(), Some("true"));
        assert_eq!(at("a.b[2]").as_deref(), Some(r#"{"c.d":null}"#));
        assert_eq!(at(r#"a.b[2]["c.d"]"#), None);
        assert_eq!(at("a.x.y"), None);
        assert_eq!(at("").as_deref(), Some(r#"{"a":{"b":[1,"two",{"c.d":null}],"e":true}}"#));
        assert_eq!(value_at("no json", &[]), None);
        for broken in ["a..b", "a[", "a[x]", "[\"a]", "a."] {
            assert_eq!(steps(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_policy_allows_anyone_if_one_of_its_statements_does_without_condition() {
        for (policy, expected) in [
            (r#"{"Statement":{"Effect":"Allow","Principal":"*"}}"#, Some(true)),
            (
                r#"{"Statement":[{"Effect":"Deny","Principal":"*"},{"Effect":"Allow","Principal":{"AWS":["x","*"]}}]}"#,
                Some(true),
            ),
            (r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:root"}}]}"#, Some(false)),
            (
                r#"{"Statement":[{"Effect":"Allow","Principal":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}]}"#,
                Some(false),
            ),
            (r#"{"Statement":[{"Effect":"Deny","Principal":"*"}]}"#, Some(false)),
            (r#"{"Version":"2012-10-17"}"#, None),
            ("not json", None),
        ] {
            assert_eq!(allows_anyone(policy), expected, "{policy}");
        }
    }
}
