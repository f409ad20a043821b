//! From arguments to a request: every value is checked before any call is made.

use super::multipart::{Part, Upload};
use super::request::{Body, Request, SEGMENT};
use super::values::plain;
use super::{BodyFamily, Method, Operation, Param, Place};
use crate::provider::Spellings;
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
        let args = &self.flat(args);
        for name in args.keys() {
            if !self.params.iter().any(|p| p.name == name) {
                let known: Vec<&str> = self.params.iter().map(|p| p.name).collect();
                let takes = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
                return Err(self.refuse(name, format!("it has no parameter '{name}'; it takes {takes}")));
            }
        }
        let mut request = Request {
            operation: self,
            path: fill(self, self.path, args, spellings)?,
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::Empty,
        };
        let mut checked = Args::new();
        let mut json = Map::new();
        let mut whole = None;
        let mut form = Vec::new();
        let mut parts = Vec::new();
        for param in self.params {
            let Some(value) = present(args, param) else {
                if param.required {
                    return Err(self
                        .refuse(param.name, format!("'{}' is required: {}", param.name, param.doc.trim())));
                }
                continue;
            };
            let value = self.check(param, value, spellings)?;
            checked.insert(param.name.to_owned(), value.clone());
            match param.place {
                Place::Path => {}
                Place::Query => request.query.push((param.name, plain(&value))),
                Place::Header => request.headers.push((param.name, plain(&value))),
                Place::Form => form.push((param.name, plain(&value))),
                Place::Part => parts.push(match Upload::read(&value) {
                    Some(file) => Part::file(param.name, file),
                    None => Part::text(param.name, plain(&value)),
                }),
                Place::Whole => match self.other_field(spellings) {
                    Some(field) => set(&mut json, field, value),
                    None => whole = Some(value),
                },
                Place::Body => {
                    let named_ids = param.name == IDS;
                    let field = self.other_field(spellings).filter(|_| named_ids).unwrap_or(param.name);
                    set(&mut json, field, value);
                }
            }
        }
        if let Some(rule) = self.rule {
            rule(&checked).map_err(|(name, reason)| self.refuse(name, reason))?;
        }
        let takes = |place: Place| self.params.iter().any(|p| p.place == place);
        request.body = if let Some(value) = whole {
            Body::Json(value)
        } else if takes(Place::Part) {
            Body::Multipart(parts)
        } else if takes(Place::Form) {
            Body::Form(form)
        } else if takes(Place::Body) || takes(Place::Whole) {
            Body::Json(Value::Object(json))
        } else {
            Body::Empty
        };
        Ok(request)
    }

    /// Arguments as they may be written in a file: objects may stand for the names with dots in them, and a list
    /// for the parameter that is the whole body.
    fn flat(&self, args: &Args) -> Args {
        let mut flat = Args::new();
        for (name, value) in args {
            self.flatten(name, value, &mut flat);
        }
        flat
    }

    fn flatten(&self, name: &str, value: &Value, into: &mut Args) {
        let inside = |p: &Param| p.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
        match value {
            Value::Object(map) if self.param(name).is_none() && self.params.iter().any(inside) => {
                for (key, value) in map {
                    self.flatten(&format!("{name}.{key}"), value, into);
                }
            }
            _ => {
                into.insert(name.to_owned(), value.clone());
            }
        }
    }

    /// The field that holds the ids, where the other form of the body is asked for.
    fn other_field(&self, spellings: &Spellings) -> Option<&'static str> {
        let other = self.other_body?;
        spellings.other_bodies.contains(&other.family).then_some(other.field)
    }

    /// The family of its body, where sources disagree on it.
    pub fn body_family(&self) -> Option<BodyFamily> {
        self.other_body.map(|other| other.family)
    }

    pub(super) fn refuse(&self, parameter: &str, reason: String) -> BadArgument {
        BadArgument { operation: self.id, parameter: Some(parameter.to_owned()), reason }
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

/// The name of the field that the other form of a body renames.
const IDS: &str = "ids";

/// Puts a value where the dots of its name lead.
pub(super) fn set(map: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            map.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = map.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                set(inner, rest, value);
            }
        }
    }
}
