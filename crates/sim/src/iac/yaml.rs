//! YAML as JSON values. Documents are read event by event, so that neither deep nesting nor aliases that stand for more
//! and more can hurt.

use serde_json::{Map, Value};
use yaml_rust2::Event;
use yaml_rust2::parser::Parser;
use yaml_rust2::scanner::TScalarStyle;

/// Nesting beyond this is refused.
const DEEPEST: usize = 100;

/// A collection that is not complete yet.
enum Open {
    List(Vec<Value>),
    /// The fields so far, and the key whose value is next.
    Map(Map<String, Value>, Option<String>),
}

impl Open {
    fn take(&mut self, value: Value) {
        match self {
            Open::List(items) => items.push(value),
            Open::Map(fields, key) => match key.take() {
                Some(name) => drop(fields.insert(name, value)),
                None => *key = Some(text(&value)),
            },
        }
    }

    fn close(self) -> Value {
        match self {
            Open::List(items) => items.into(),
            Open::Map(fields, _) => fields.into(),
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The documents of a text. An alias is `null`: it is not needed to tell what the checks ask.
pub(super) fn documents(source: &str) -> Result<Vec<Value>, String> {
    let mut parser = Parser::new(source.chars());
    let mut done = Vec::new();
    // Each with the function of CloudFormation that it is the argument of.
    let mut open: Vec<(Open, Option<String>)> = Vec::new();
    loop {
        let (event, at) = parser.next_token().map_err(|e| e.to_string())?;
        let (value, function) = match event {
            Event::StreamEnd => return Ok(done),
            Event::SequenceStart(_, tag) => {
                open.push((Open::List(Vec::new()), tag.and_then(function)));
                (None, None)
            }
            Event::MappingStart(_, tag) => {
                open.push((Open::Map(Map::new(), None), tag.and_then(function)));
                (None, None)
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some((closed, function)) => (Some(closed.close()), function),
                None => (None, None),
            },
            Event::Scalar(text, style, _, tag) => (Some(scalar(text, style)), tag.and_then(function)),
            Event::Alias(_) => (Some(Value::Null), None),
            _ => (None, None),
        };
        if open.len() > DEEPEST {
            return Err(format!("it is nested too deeply at line {}", at.line()));
        }
        let Some(value) = value else { continue };
        let value = match function {
            Some(name) => Value::Object(Map::from_iter([(name, value)])),
            None => value,
        };
        match open.last_mut() {
            Some((parent, _)) => parent.take(value),
            None => done.push(value),
        }
    }
}

/// The short form of a function of CloudFormation, such as `!Ref`, as its long form.
fn function(tag: yaml_rust2::parser::Tag) -> Option<String> {
    (tag.handle == "!").then(|| match tag.suffix.as_str() {
        "Ref" => "Ref".to_owned(),
        name => format!("Fn::{name}"),
    })
}

fn scalar(text: String, style: TScalarStyle) -> Value {
    if style != TScalarStyle::Plain {
        return text.into();
    }
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => true.into(),
        "false" | "False" | "FALSE" => false.into(),
        _ => text.parse::<i64>().map(Value::from).unwrap_or_else(|_| text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn documents_functions_and_scalars_are_read() {
        let text = "a: !Ref Name\nb: [1, yes, 'true', true, ~]\nc: !Sub\n  - x\n  - {y: !GetAtt A.B}\n---\n- d: |\n    e\n";
        assert_eq!(
            documents(text),
            Ok(vec![
                json!({
                    "a": {"Ref": "Name"}, "b": [1, "yes", "true", true, null],
                    "c": {"Fn::Sub": ["x", {"y": {"Fn::GetAtt": "A.B"}}]},
                }),
                json!([{"d": "e\n"}]),
            ])
        );
    }

    #[test]
    fn what_is_no_yaml_or_would_grow_is_refused_or_flat() {
        assert!(documents("a: [1, 2\nb: }").is_err());
        assert!(documents(&"- ".repeat(5_000)).is_err());
        assert!(documents(&"[".repeat(5_000)).is_err());
        let laughs = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n";
        assert_eq!(documents(laughs).unwrap()[0]["c"], json!([null, null]));
    }
}
