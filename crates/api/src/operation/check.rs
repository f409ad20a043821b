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
        if let Some(other) = self.other_body.filter(|_| self.other_field(spellings).is_some())
            && let Some(missing) = other.needs.iter().find(|name| args.get(**name).is_none_or(Value::is_null))
        {
            let reason = format!("'{missing}' is required with '{}'", other.field);
            return Err(self.refuse(missing, reason));
        }
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

#[cfg(test)]
mod tests {
    use crate::endpoints::OperationId;
    use crate::operation::{Args, BadArgument, Body, Request};
    use crate::provider::Spellings;
    use serde_json::{Value, json};

    const ID: &str = "3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2";

    fn args(value: Value) -> Args {
        match value {
            Value::Object(args) => args,
            other => panic!("{other} is no object"),
        }
    }

    fn made(id: OperationId, value: Value) -> Result<Request, BadArgument> {
        id.operation().request(&args(value), &Spellings::default())
    }

    fn body(request: Request) -> Value {
        match request.body {
            Body::Json(value) => value,
            _ => panic!("{} has no JSON body", request.operation.id),
        }
    }

    #[test]
    fn objects_and_dots_say_the_same() {
        let fixed =
            json!({"name": "a", "arn": "arn:aws:iam::123456789012:role/r", "externalId": "123456789"});
        let with = |more: Value| {
            let mut all = args(fixed.clone());
            all.extend(args(more));
            made(OperationId::ConnectorsCreateAws, Value::Object(all))
        };
        let nested = with(json!({"pollingFrequency": {"hours": 4, "minutes": "30"}})).unwrap();
        let dotted = with(json!({"pollingFrequency.hours": "4", "pollingFrequency.minutes": 30})).unwrap();
        assert_eq!(nested, dotted);
        assert_eq!(body(nested)["pollingFrequency"], json!({"hours": 4, "minutes": 30}));
        for (wrong, said) in [
            (json!({"pollingFrequency": {"days": 1}}), "pollingFrequency.days"),
            (json!({"pollingFrequency": 4}), "it has no parameter 'pollingFrequency'"),
            (json!({"pollingFrequency": {"hours": 0}}), "at least a minute"),
            (json!({"pollingFrequency": {"minutes": 60}}), "0 to 59"),
            (json!({"name": "n".repeat(256)}), "1 to 255 characters"),
            (json!({"name": " "}), "1 to 255 characters"),
        ] {
            let e = with(wrong).unwrap_err();
            assert!(e.reason.contains(said), "{e}");
        }
    }

    #[test]
    fn a_list_of_ids_is_the_body_or_a_field_of_it() {
        let ask = json!({"provider": "aws", "ids": [ID]});
        let request = made(OperationId::ConnectorsDelete, ask.clone()).unwrap();
        assert_eq!(body(request), json!([ID]));
        let other = Spellings {
            other_bodies: vec![crate::operation::BodyFamily::ConnectorIds],
            ..Spellings::default()
        };
        let request = OperationId::ConnectorsDelete.operation().request(&args(ask.clone()), &other).unwrap();
        assert_eq!(body(request), json!({"connectorIds": [ID]}));
        // Other operations keep their form.
        let request = OperationId::ConnectorsRun.operation().request(&args(ask), &other).unwrap();
        assert_eq!(body(request), json!([ID]));
        let rules = json!({"ids": "a, b", "cloudType": "aws", "ruleType": "simple_alert"});
        let other = Spellings { other_bodies: vec![crate::operation::BodyFamily::RuleIds], ..other };
        let documented = made(OperationId::RulesDelete, rules.clone()).unwrap();
        assert_eq!(body(documented), json!({"ids": ["a", "b"]}));
        let request = OperationId::RulesDelete.operation().request(&args(rules), &other).unwrap();
        assert_eq!(body(request), json!({"ruleIds": ["a", "b"]}));
        let bare = args(json!({"ids": "a"}));
        let e = OperationId::RulesDelete.operation().request(&bare, &other).unwrap_err();
        assert_eq!(e.parameter.as_deref(), Some("cloudType"));
        assert!(OperationId::RulesDelete.operation().request(&bare, &Spellings::default()).is_ok());
    }

    #[test]
    fn objects_of_a_list_are_checked_field_by_field() {
        let rule = |action: Value| {
            made(
                OperationId::RulesCreate,
                json!({"cloudType": "aws", "ruleType": "simple_alert", "name": "n", "qql": "a:b",
                       "actionRequests": [action]}),
            )
        };
        assert!(rule(json!({"actionId": "1", "actionType": "qemail", "emailRecipients": ["a@b.c"]})).is_ok());
        for (action, said) in [
            (json!({"actionId": "1", "actionType": "fax"}), "not 'fax'"),
            (json!({"actionType": "slack", "slackChannel": "#a"}), "'actionId' is missing"),
            (json!({"actionId": 1, "actionType": "slack"}), "actionId: it wants text"),
            (json!({"actionId": "1", "actionType": "slack", "channel": "#a"}), "no field 'channel'"),
            (json!("x"), "it wants an object"),
        ] {
            let e = rule(action).unwrap_err();
            assert!(e.reason.contains(said), "{e}");
        }
    }

    #[test]
    fn a_write_on_nothing_is_refused() {
        for ids in [json!([]), json!(""), json!(",")] {
            let e = made(OperationId::ConnectorsDelete, json!({"provider": "aws", "ids": ids})).unwrap_err();
            assert!(e.reason.contains("at least one"), "{e}");
        }
    }

    #[test]
    fn aws_accounts_have_twelve_digits() {
        let assign = |cloud: &str, account: &str| {
            let groups = json!([ID]);
            let args =
                json!({"cloudType": cloud, "accountIdentifiers": [account], "add": {"groupIds": groups}});
            made(OperationId::GroupsAssign, args)
        };
        assert!(assign("aws", "123456789012").is_ok() && assign("gcp", "shop-1").is_ok());
        assert!(assign("aws", "12345").unwrap_err().reason.contains("twelve digits"));
        let scope = json!({"userName": "a", "cloudType": "aws", "add": {"accountIdentifiers": ["12345"]}});
        assert!(made(OperationId::UsersSetScope, scope).unwrap_err().reason.contains("twelve digits"));
    }

    #[test]
    fn a_secret_that_does_not_fit_is_not_repeated() {
        for broken in [json!("[{canary"), json!([["canary"]])] {
            let args = json!({"connectorMappings": {}, "appCredentials": broken});
            let e = made(OperationId::ConnectorsRegisterApplication, args).unwrap_err();
            assert!(!e.reason.contains("canary"), "{e}");
        }
        let e = made(
            OperationId::ActionsTestSlack,
            json!({"channel": "#a", "webhookUri": "http://canary.example.com"}),
        )
        .unwrap_err();
        assert!(e.reason.contains("https://") && !e.reason.contains("canary"), "{e}");
    }

    #[test]
    fn reports_need_what_they_are_about() {
        let report = |more: Value| {
            let mut all = args(json!({"executionType": "RUN_TIME", "cloudType": "azure", "title": "t",
                                      "connectorIds": [ID]}));
            all.extend(args(more));
            made(OperationId::ReportsCreate, Value::Object(all))
        };
        assert!(report(json!({"type": "MANDATE"})).unwrap_err().reason.contains("mandateId"));
        assert!(report(json!({"type": "POLICY"})).unwrap_err().reason.contains("policies"));
        let nobody = json!({"executionType": "RUN_TIME", "cloudType": "aws", "title": "PCI 3.2.1", "type": "MANDATE",
                            "mandateId": 1});
        assert!(made(OperationId::ReportsCreate, nobody).unwrap_err().reason.contains("connectorIds"));
        assert!(report(json!({"type": "MANDATE_BASED"})).unwrap_err().reason.contains("POLICY, MANDATE"));
        let fine = report(json!({"type": "POLICY", "policies": [{"cloudType": "Azure", "policyId": ID}]}));
        let fine = fine.unwrap();
        assert!(fine.target().ends_with("/reports?executionType=RUN_TIME"), "{}", fine.target());
        assert_eq!(body(fine)["cloudType"], "Azure");
    }

    #[test]
    fn a_skeleton_has_every_field_of_the_body_at_its_place() {
        let skeleton = OperationId::GroupsAssign.operation().skeleton();
        let keys: Vec<&String> = skeleton.keys().collect();
        assert_eq!(keys, ["accountIdentifiers", "add", "remove"]);
        assert!(skeleton["add"]["groupIds"].is_array());
    }
}
