//! The check of one value against its parameter, before any call is made.

use super::check::BadArgument;
use super::multipart::Upload;
use super::{Operation, Param, ParamKind};
use crate::model::{Flag, Kind, Shape, json_kind};
use crate::provider::{Provider, Spellings};
use serde_json::{Map, Value};

impl Operation {
    /// Checks a value against its parameter and gives it the form of the wire.
    pub(super) fn check(
        &self,
        param: &Param,
        value: &Value,
        spellings: &Spellings,
    ) -> Result<Value, BadArgument> {
        let bad = |wanted: &str| {
            let shown = if param.kind.holds_secrets() { "…".to_owned() } else { short(&plain(value)) };
            Err(self.refuse(param.name, format!("'{}' wants {wanted}, not '{shown}'", param.name)))
        };
        let text = plain(value);
        let is = |fine: bool, wanted: &str| if fine { Ok(Value::String(text.clone())) } else { bad(wanted) };
        match param.kind {
            ParamKind::Text | ParamKind::Qql => is(!is_nested(value), "text"),
            ParamKind::Secret => is(!is_nested(value) && !text.trim().is_empty(), "text"),
            ParamKind::Name(most) => {
                let fine = !is_nested(value) && !text.trim().is_empty() && text.chars().count() <= most;
                is(fine, &format!("1 to {most} characters"))
            }
            ParamKind::Filled => is(!is_nested(value) && !text.trim().is_empty(), "a text that is not empty"),
            ParamKind::Int(from) => match text.trim().parse::<i64>() {
                Ok(n) if n >= from => Ok(n.into()),
                _ => bad(&format!("a whole number from {from} on")),
            },
            ParamKind::Range(from, to) => match text.trim().parse::<i64>() {
                Ok(n) if (from..=to).contains(&n) => Ok(n.into()),
                _ => bad(&format!("a whole number from {from} to {to}")),
            },
            ParamKind::Bool => match text.as_str() {
                "true" => Ok(true.into()),
                "false" => Ok(false.into()),
                _ => bad("true or false"),
            },
            ParamKind::Uuid => is(is_uuid(&text), "a UUID of 36 characters"),
            ParamKind::Provider(place) => match text.parse::<Provider>() {
                Ok(p) if self.providers.contains(&p) => Ok(p.spelled(place, spellings).into()),
                Ok(p) => {
                    let has: Vec<&str> = self.providers.iter().map(|p| p.as_str()).collect();
                    Err(self.refuse(
                        param.name,
                        format!("the service does not offer it for {p}, only for {}", has.join(", ")),
                    ))
                }
                Err(e) => Err(self.refuse(param.name, e.to_string())),
            },
            ParamKind::TypeName => {
                is(crate::resources::is_type_name(&text), "an API type name such as EC2_INSTANCE")
            }
            ParamKind::InstantZ => is(is_instant_z(&text), "an instant in the form 2026-01-31T00:00:00Z"),
            ParamKind::OneOf(words) => {
                is(words.contains(&text.as_str()), &format!("one of {}", words.join(", ")))
            }
            ParamKind::ReportName => is(is_report_name(&text), "letters, digits, spaces and _ - ' ( )"),
            ParamKind::Digits(from, to) => is(
                (from..=to).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()),
                &if from == to { format!("{from} digits") } else { format!("{from} to {to} digits") },
            ),
            ParamKind::RoleArn => {
                is(is_role_arn(&text), "the ARN of a role, such as arn:aws:iam::123456789012:role/name")
            }
            ParamKind::SecretUrl => is(
                text.strip_prefix("https://").is_some_and(|rest| rest.contains('.') || rest.contains(':'))
                    && !text.contains(char::is_whitespace),
                "an address that begins with https://",
            ),
            ParamKind::Json => Ok(value.clone()),
            ParamKind::File => match Upload::read(value) {
                Some(_) => Ok(value.clone()),
                None => Err(self.refuse(
                    param.name,
                    format!("'{}' wants a file: {{\"fileName\": …, \"base64\": …}}", param.name),
                )),
            },
            ParamKind::Objects(shape) => {
                let items = match value {
                    Value::Array(items) => items.clone(),
                    Value::Object(_) => vec![value.clone()],
                    _ => return bad("a list of objects"),
                };
                if items.is_empty() {
                    return bad("at least one object");
                }
                for (at, item) in items.iter().enumerate() {
                    fits(shape, item)
                        .map_err(|why| self.refuse(param.name, format!("'{}'[{at}]: {why}", param.name)))?;
                }
                Ok(items.into())
            }
            ParamKind::Uuids | ParamKind::Words | ParamKind::Emails => {
                let items: Vec<String> = match value {
                    Value::Array(items) if items.iter().any(is_nested) => return bad("a list of words"),
                    Value::Array(items) => items.iter().map(plain).collect(),
                    Value::String(s) => {
                        s.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect()
                    }
                    _ => return bad("a list"),
                };
                let wrong = |fine: fn(&str) -> bool| items.iter().find(|item| !fine(item));
                match param.kind {
                    ParamKind::Uuids => {
                        if let Some(wrong) = wrong(is_uuid) {
                            return bad(&format!("UUIDs of 36 characters ('{wrong}' is none)"));
                        }
                    }
                    ParamKind::Emails => {
                        if let Some(wrong) = wrong(is_email) {
                            return bad(&format!("mail addresses ('{wrong}' is none)"));
                        }
                    }
                    _ => {}
                }
                // What a write on nothing would do, nobody says.
                if items.is_empty() && param.required {
                    return bad("at least one");
                }
                Ok(items.into())
            }
        }
    }
}

/// A value as text, without quotes.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(s) => s.clone(),
        other => other.to_string(),
    }
}

fn is_nested(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_))
}

/// What a message can show of a value.
fn short(text: &str) -> String {
    const MOST: usize = 120;
    let mut shown: String = text.chars().take(MOST).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// Whether an object has known fields only, each of its kind.
fn fits(shape: &Shape, value: &Value) -> Result<(), String> {
    let Value::Object(map) = value else {
        return Err(format!("it wants an object, not {}", json_kind(value)));
    };
    for (key, value) in map {
        let Some(column) = shape.column(key) else {
            let known: Vec<&str> = shape.columns().iter().map(|c| c.wire).collect();
            return Err(format!("it has no field '{key}'; it has {}", known.join(", ")));
        };
        holds(&column.kind, value).map_err(|why| format!("{key}: {why}"))?;
    }
    match shape.columns().iter().find(|c| c.is(Flag::Id) && !map.contains_key(c.wire)) {
        Some(column) => Err(format!("'{}' is missing: {}", column.wire, column.doc.trim())),
        None => Ok(()),
    }
}

fn holds(kind: &Kind, value: &Value) -> Result<(), String> {
    let fine = match kind {
        Kind::Text | Kind::IntText | Kind::JsonText | Kind::Time => value.is_string(),
        Kind::Int => value.is_i64() || value.is_u64(),
        Kind::Num => value.is_number(),
        Kind::Bool | Kind::BoolText => value.is_boolean(),
        Kind::Open => true,
        Kind::Object(shape) => return fits(shape, value),
        Kind::List(item) => match value {
            Value::Array(items) => return items.iter().try_for_each(|v| holds(item, v)),
            _ => false,
        },
    };
    if fine { Ok(()) } else { Err(format!("it wants {}, not {}", kind.describe(), json_kind(value))) }
}

/// Whether the text is a UUID in its standard 36-character form.
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// Whether the text is an instant `YYYY-MM-DDThh:mm:ssZ` and nothing else.
pub fn is_instant_z(text: &str) -> bool {
    use crate::time::{OffsetForm, Time, TimeForm};
    text.len() == 20
        && Time::parse(text).is_some_and(|t| {
            matches!(t.form(), TimeForm::Iso { digits: 0, offset: OffsetForm::Zulu }) && text.ends_with('Z')
        })
}

fn is_report_name(text: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '-' | '\'' | '(' | ')');
    !text.trim().is_empty() && text.chars().all(fine)
}

/// `arn:aws:iam::123456789012:role/name`, in any partition.
fn is_role_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, region, account, role] = parts[..] else { return false };
    arn == "arn"
        && partition.starts_with("aws")
        && service == "iam"
        && region.is_empty()
        && account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
        && role.strip_prefix("role/").is_some_and(|name| !name.is_empty())
        && !role.contains(char::is_whitespace)
}

/// The form `local@host.tld`; whether somebody reads it there, only a letter can tell.
fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else { return false };
    let sound =
        |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, ',' | ';' | '<' | '>' | '"' | '@');
    !local.is_empty()
        && local.chars().all(sound)
        && host.contains('.')
        && host.split('.').all(|label| !label.is_empty())
        && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
}

/// The fields of an object as arguments.
impl Operation {
    /// The body that a request would carry, with the meaning of each field in the place of its value: a template
    /// to be filled in.
    pub fn skeleton(&self) -> Map<String, Value> {
        use super::Place;
        let mut body = Map::new();
        let inside = |p: &&Param| matches!(p.place, Place::Body | Place::Part | Place::Whole);
        for param in self.params.iter().filter(inside) {
            super::check::set(&mut body, param.name, sample(param));
        }
        body
    }
}

fn sample(param: &Param) -> Value {
    let need = if param.required { "required" } else { "optional" };
    let note = |what: String| Value::String(format!("<{need}: {what}>"));
    match param.kind {
        ParamKind::Objects(shape) => Value::Array(vec![of_shape(shape)]),
        ParamKind::OneOf(words) => note(words.join(" | ")),
        kind if kind.is_list() => Value::Array(vec![note(param.doc.trim().to_owned())]),
        _ => note(param.doc.trim().to_owned()),
    }
}

fn of_shape(shape: &Shape) -> Value {
    let field = |c: &&crate::model::Column| {
        let value = match c.kind.shape() {
            Some(inner) => of_shape(inner),
            None => Value::String(format!("<{}>", c.doc.trim())),
        };
        let value = if matches!(c.kind, Kind::List(_)) { Value::Array(vec![value]) } else { value };
        (c.wire.to_owned(), value)
    };
    Value::Object(shape.columns().iter().map(field).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_apart() {
        for (fine, text) in [
            (true, "arn:aws:iam::123456789012:role/reader"),
            (true, "arn:aws-us-gov:iam::123456789012:role/path/reader"),
            (false, "arn:aws:iam::12345678901:role/reader"),
            (false, "arn:aws:iam::123456789012:user/reader"),
            (false, "arn:aws:iam::123456789012:role/"),
            (false, "role/reader"),
        ] {
            assert_eq!(is_role_arn(text), fine, "{text}");
        }
        for (fine, text) in [
            (true, "ops@example.com"),
            (true, "a.b+c@sub.example.co.uk"),
            (false, "ops@example"),
            (false, "@example.com"),
            (false, "a b@example.com"),
            (false, "a@b@example.com"),
            (false, "a@example..com"),
        ] {
            assert_eq!(is_email(text), fine, "{text}");
        }
        assert!(is_report_name("Q1 (a) it's") && !is_report_name("Q1/2") && !is_report_name(" "));
    }
}
