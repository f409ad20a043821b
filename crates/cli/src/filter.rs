//! Filters on their way to the service: sent as typed, with a warning of what will not do what it seems to.
//!
//! One token is rewritten without being asked: guides print `lastSynced` for connectors, and the service knows
//! `lastSyncedOn`.

use crate::args::ListArgs;
use crate::printer::Printer;
use serde_json::Value;
use totalcloud_api::Operation;
use totalcloud_api::operation::{Args, ParamKind};
use totalcloud_api::qql::{self, Checked, Family, Finding, Level, Rule};

/// What is done about what is found in a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Care {
    /// It is told, with the flag that puts it right.
    #[default]
    Tell,
    /// It is told by a command that has no such flag.
    Warn,
    /// It is told, and put right where that is certain.
    Fix,
    /// Nobody looks.
    Raw,
}

impl Care {
    /// What the listing flags ask for.
    pub fn of(list: &ListArgs) -> Care {
        match (list.raw_filter, list.fix_filter) {
            (true, _) => Care::Raw,
            (false, true) => Care::Fix,
            (false, false) => Care::Tell,
        }
    }
}

/// A filter as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The text.
    pub text: String,
    /// What is to be said about it.
    pub said: Vec<String>,
}

/// The parameter of an operation that takes its query, if it has one. Most call it `filter`.
pub fn parameter(operation: &Operation) -> Option<&'static str> {
    operation.params.iter().find(|p| p.kind == ParamKind::Qql).map(|p| p.name)
}

/// Looks at the value of a parameter before it is sent.
pub fn sent(operation: &Operation, parameter: &str, typed: &str, care: Care) -> Sent {
    let as_typed = Sent { text: typed.to_owned(), said: Vec::new() };
    let checked = match (care, parameter) {
        (Care::Raw, _) => return as_typed,
        (_, "updated") => qql::check_updated(typed),
        _ => match qql::family_of(operation.id, parameter) {
            Some(family) => qql::check(family, typed),
            None => return as_typed,
        },
    };
    let certain = |f: &Finding| f.rule == Rule::Renamed || (care == Care::Fix && f.level >= Level::Warning);
    let changed = checked.put_right(certain);
    let mut said: Vec<String> = told(&checked, parameter, Level::Warning).collect();
    if let Some(last) = said.last_mut() {
        last.push_str(&match (&changed, checked.fixed(Level::Warning)) {
            (Some(sent), _) if care == Care::Warn => format!("\n  sent is: {sent}"),
            (Some(sent), _) => format!("\n  sent is: {sent} (--raw-filter sends it as typed)"),
            (None, Some(fixed)) if care == Care::Warn => {
                format!("\n  it is sent as typed; better is: {fixed}")
            }
            (None, Some(fixed)) => format!("\n  it is sent as typed; --fix-filter sends: {fixed}"),
            (None, None) => "\n  it is sent as typed".to_owned(),
        });
    }
    Sent { text: changed.unwrap_or(as_typed.text), said }
}

/// What was found, each with carets under its place.
pub fn told<'c>(checked: &'c Checked, parameter: &'c str, least: Level) -> impl Iterator<Item = String> + 'c {
    checked.findings().iter().filter(move |f| f.level >= least).map(move |finding| {
        format!("{parameter}, {}", placed(&finding.to_string(), &finding.caret(checked.text())))
    })
}

/// What is said with the filter below it, and carets under the place.
pub fn placed(said: &str, caret: &str) -> String {
    format!("{said}\n  {}", caret.replace('\n', "\n  "))
}

/// Looks at all queries among the arguments of a call, says what is found and puts in what is sent.
pub fn look(operation: &Operation, args: &mut Args, care: Care, printer: &Printer) {
    for param in operation.params.iter().filter(|p| p.kind == ParamKind::Qql || p.name == "updated") {
        if let Some(Value::String(text)) = args.get_mut(param.name) {
            let sent = sent(operation, param.name, text, care);
            sent.said.iter().for_each(|said| printer.warn_once(said));
            *text = sent.text;
        }
    }
}

/// Says what is found in a query that no flag can put right.
pub fn warn(operation: &Operation, parameter: &str, typed: &str, printer: &Printer) {
    sent(operation, parameter, typed, Care::Warn).said.iter().for_each(|said| printer.warn_once(said));
}

/// The family that is meant by an operation or a noun.
///
/// # Errors
/// If there is none; the error names the nearest.
pub fn family(name: &str) -> Result<Family, crate::error::CliError> {
    Family::find(name).ok_or_else(|| {
        let known: Vec<&'static str> = places();
        let near = crate::nearest::nearest(name, &known);
        let error = crate::error::CliError::usage(format!("'{name}' takes no filter that is known"));
        if near.is_empty() {
            let nouns: Vec<&str> = Family::ALL.iter().map(|f| f.name()).collect();
            error.hint(format!("give an operation such as resources.list, or one of {}", nouns.join(", ")))
        } else {
            error.hint(format!("did you mean {}?", near.join(" or ")))
        }
    })
}

/// The names of all places that take filters: nouns, then operations.
pub fn places() -> Vec<&'static str> {
    Family::ALL.iter().map(|f| f.name()).chain(qql::operations().map(|(id, ..)| id)).collect()
}

/// The condition that a token has one of these values.
pub fn any_of(token: &str, values: &[String]) -> String {
    use totalcloud_api::qql::Query;
    match values {
        [one] => Query::term(token, one).to_string(),
        many => Query::any_of(token, many).to_string(),
    }
}

/// Both conditions, each kept together.
pub fn and(one: Option<&str>, other: &str) -> String {
    match one.map(str::trim).filter(|f| !f.is_empty()) {
        Some(one) => format!("({one}) AND {other}"),
        None => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use totalcloud_api::endpoints::OperationId;

    fn connectors(typed: &str, care: Care) -> Sent {
        sent(OperationId::ConnectorsList.operation(), "filter", typed, care)
    }

    #[test]
    fn the_token_is_rewritten_and_nothing_else() {
        for (typed, expected) in [
            ("lastSynced:[now-3d .. now]", "lastSyncedOn:[now-3d .. now]"),
            ("state:success and lastSynced : now", "state:success and lastSyncedOn : now"),
            ("(lastSynced>now-1d) OR NOT lastSynced:now", "(lastSyncedOn>now-1d) OR NOT lastSyncedOn:now"),
            ("lastSynced in (a, b)", "lastSyncedOn in (a, b)"),
            ("lastSyncedOn:now", "lastSyncedOn:now"),
            ("name:\"lastSynced: x\"", "name:\"lastSynced: x\""),
            ("name:lastSynced", "name:lastSynced"),
            ("x.lastSynced:1", "x.lastSynced:1"),
            ("name:é AND lastSynced:now", "name:é AND lastSyncedOn:now"),
            ("lastSynced:[now", "lastSynced:[now"),
        ] {
            assert_eq!(connectors(typed, Care::Tell).text, expected);
            assert_eq!(connectors(typed, Care::Raw), Sent { text: typed.to_owned(), said: Vec::new() });
        }
    }

    #[test]
    fn a_filter_is_put_right_only_where_that_is_asked_for() {
        let typed = "resources.result:FAIL or result:FAIL";
        let operation = OperationId::EvaluationsResources.operation();
        let told = sent(operation, "filter", typed, Care::Tell);
        assert_eq!((told.text.as_str(), told.said.len()), (typed, 2));
        assert!(told.said[1].ends_with(
            "  resources.result:FAIL or result:FAIL\n                           ^^^^^^\n  it is sent as typed; \
             --fix-filter sends: resource.result:FAIL or resource.result:FAIL"
        ));
        let fixed = sent(operation, "filter", typed, Care::Fix);
        assert_eq!(fixed.text, "resource.result:FAIL or resource.result:FAIL");
        assert!(connectors("name:x", Care::Tell).said.is_empty());
        assert_eq!(connectors("name:(x", Care::Fix).text, "name:(x", "what is no QQL goes as it is");
    }

    #[test]
    fn values_are_quoted_where_they_must_be() {
        let of = |values: &[&str]| {
            any_of("account.id", &values.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(of(&["123456789012"]), "account.id:123456789012");
        assert_eq!(of(&["1", "2"]), "account.id in (1, 2)");
        assert_eq!(of(&["a b) OR x:1"]), "account.id:\"a b) OR x:1\"");
    }

    #[test]
    fn conditions_are_joined_without_changing_them() {
        assert_eq!(and(Some("a:1 OR b:2"), "provider:AWS"), "(a:1 OR b:2) AND provider:AWS");
        assert_eq!(and(None, "provider:AWS"), "provider:AWS");
    }
}
