//! From arguments to a request: every value is checked before any call is made.

use super::request::{Body, Request, SEGMENT};
use super::{Method, Operation, Param, ParamKind, Place};
use crate::provider::{Provider, Spellings};
use percent_encoding::utf8_percent_encode;
use serde_json::{Map, Value};

/// Arguments of an operation by wire name.
pub type Args = Map<String, Value>;

/// An argument was refused before any call was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {reason}")]
pub struct BadArgument {
    /// The operation.
    pub operation: &'static str,
    /// The parameter, where one is at fault.
    pub parameter: Option<String>,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl Operation {
    /// Makes the request, checking every argument first.
    ///
    /// # Errors
    /// If an argument is missing, unknown or does not fit its parameter.
    pub fn request(&'static self, args: &Args, spellings: &Spellings) -> Result<Request, BadArgument> {
        for name in args.keys() {
            if !self.params.iter().any(|p| p.name == name) {
                let known: Vec<&str> = self.params.iter().map(|p| p.name).collect();
                return Err(
                    self.refuse(name, format!("it has no parameter '{name}'; it takes {}", known.join(", ")))
                );
            }
        }
        let mut request = Request {
            operation: self,
            path: fill(self, self.path, args, spellings)?,
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::Empty,
        };
        let mut json = Map::new();
        let mut form = Vec::new();
        for param in self.params {
            let Some(value) = present(args, param) else {
                if param.required {
                    return Err(self
                        .refuse(param.name, format!("'{}' is required: {}", param.name, param.doc.trim())));
                }
                continue;
            };
            let value = self.check(param, value, spellings)?;
            match param.place {
                Place::Path => {}
                Place::Query => request.query.push((param.name, plain(&value))),
                Place::Header => request.headers.push((param.name, plain(&value))),
                Place::Form => form.push((param.name, plain(&value))),
                Place::Body => {
                    json.insert(param.name.to_owned(), value);
                }
            }
        }
        if self.params.iter().any(|p| p.place == Place::Form) {
            request.body = Body::Form(form);
        } else if self.params.iter().any(|p| p.place == Place::Body) {
            request.body = Body::Json(Value::Object(json));
        }
        Ok(request)
    }

    fn refuse(&self, parameter: &str, reason: String) -> BadArgument {
        BadArgument { operation: self.id, parameter: Some(parameter.to_owned()), reason }
    }

    /// Checks a value against its parameter and gives it the form of the wire.
    fn check(&self, param: &Param, value: &Value, spellings: &Spellings) -> Result<Value, BadArgument> {
        let bad = |wanted: &str| {
            let shown = if param.kind == ParamKind::Secret { "…".to_owned() } else { plain(value) };
            Err(self.refuse(param.name, format!("'{}' wants {wanted}, not '{shown}'", param.name)))
        };
        let text = plain(value);
        match param.kind {
            ParamKind::Text | ParamKind::Qql | ParamKind::Secret => match value {
                Value::Array(_) | Value::Object(_) => bad("text"),
                _ => Ok(Value::String(text)),
            },
            ParamKind::Int(from) => match text.trim().parse::<i64>() {
                Ok(n) if n >= from => Ok(n.into()),
                _ => bad(&format!("a whole number from {from} on")),
            },
            ParamKind::Bool => match text.as_str() {
                "true" => Ok(true.into()),
                "false" => Ok(false.into()),
                _ => bad("true or false"),
            },
            ParamKind::Uuid if is_uuid(&text) => Ok(Value::String(text)),
            ParamKind::Uuid => bad("a UUID of 36 characters"),
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
            ParamKind::TypeName if crate::resources::is_type_name(&text) => Ok(Value::String(text)),
            ParamKind::TypeName => bad("an API type name such as EC2_INSTANCE"),
            ParamKind::InstantZ if is_instant_z(&text) => Ok(Value::String(text)),
            ParamKind::InstantZ => bad("an instant in the form 2026-01-31T00:00:00Z"),
            ParamKind::OneOf(words) if words.contains(&text.as_str()) => Ok(Value::String(text)),
            ParamKind::OneOf(words) => bad(&format!("one of {}", words.join(", "))),
            ParamKind::ReportName => {
                let fine =
                    |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '-' | '\'' | '(' | ')');
                if !text.trim().is_empty() && text.chars().all(fine) {
                    Ok(Value::String(text))
                } else {
                    bad("letters, digits, spaces and _ - ' ( )")
                }
            }
            ParamKind::Uuids | ParamKind::Words => {
                let items: Vec<String> = match value {
                    Value::Array(items) => items.iter().map(plain).collect(),
                    Value::String(s) => {
                        s.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect()
                    }
                    _ => return bad("a list"),
                };
                if param.kind == ParamKind::Uuids
                    && let Some(wrong) = items.iter().find(|i| !is_uuid(i))
                {
                    return bad(&format!("UUIDs of 36 characters ('{wrong}' is none)"));
                }
                Ok(items.into())
            }
        }
    }

    /// The values of the path parameters, if the path is one of this operation.
    pub fn match_path<'p>(&self, path: &'p str) -> Option<Vec<(&'static str, std::borrow::Cow<'p, str>)>> {
        match_template(self.path, path)
            .or_else(|| self.other_path.and_then(|other| match_template(other, path)))
    }

    /// The parameter of this wire name.
    pub fn param(&self, name: &str) -> Option<&'static Param> {
        self.params.iter().find(|p| p.name == name)
    }

    /// Whether the class of plain retries applies: the call only reads.
    pub fn is_read(&self) -> bool {
        self.method == Method::Get
    }
}

fn present<'a>(args: &'a Args, param: &Param) -> Option<&'a Value> {
    args.get(param.name).filter(|v| !v.is_null())
}

pub(super) fn fill(
    op: &'static Operation,
    template: &'static str,
    args: &Args,
    spellings: &Spellings,
) -> Result<String, BadArgument> {
    let mut path = String::with_capacity(template.len() + 40);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let close = rest[open..].find('}').map_or(rest.len(), |c| open + c);
        path.push_str(&rest[..open]);
        let name = &rest[open + 1..close];
        let Some(param) = op.param(name) else {
            return Err(op.refuse(name, format!("the path names '{name}', which is no parameter")));
        };
        let Some(value) = present(args, param) else {
            return Err(op.refuse(name, format!("'{name}' is required: {}", param.doc.trim())));
        };
        let text = plain(&op.check(param, value, spellings)?);
        if text.is_empty() || text == "." || text == ".." {
            return Err(op.refuse(name, format!("'{name}' must not be '{text}'")));
        }
        path.extend(utf8_percent_encode(&text, SEGMENT));
        rest = &rest[(close + 1).min(rest.len())..];
    }
    path.push_str(rest);
    Ok(path)
}

fn match_template<'p>(
    template: &'static str,
    path: &'p str,
) -> Option<Vec<(&'static str, std::borrow::Cow<'p, str>)>> {
    let mut found = Vec::new();
    let mut wanted = template.split('/');
    let mut given = path.split('/');
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(found),
            (Some(w), Some(g)) => {
                if let Some(name) = w.strip_prefix('{').and_then(|w| w.strip_suffix('}')) {
                    if g.is_empty() {
                        return None;
                    }
                    found.push((name, percent_encoding::percent_decode_str(g).decode_utf8_lossy()));
                } else if w != g {
                    return None;
                }
            }
            _ => return None,
        }
    }
}

/// A value as text, without quotes.
fn plain(value: &Value) -> String {
    match value {
        Value::String(s) => s.clone(),
        other => other.to_string(),
    }
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
