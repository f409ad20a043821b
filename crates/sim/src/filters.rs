//! Which filters of the inventory a tenant takes. Several tokens are unproven, and a client that cuts a big
//! inventory into parts must notice what its tenant makes of each.

use crate::world::Ask;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use totalcloud_api::qql::{self, Node, NodeKind, Query, Test, Token};

/// What a tenant makes of one form of filter: `account.id=refuse`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterRule {
    /// The form.
    pub form: FilterForm,
    /// What becomes of it.
    pub made: FilterMade,
}

/// A form of filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilterForm {
    /// A token, such as `account.id`; also inside the query's other conditions.
    Token(String),
    /// `in`: the set forms `token in (A, B)` and `token:[A, B]`.
    Set,
    /// `not`: a condition turned round.
    Not,
    /// `instants`: bounds with a time of day, in the filter and in the parameter `updated`.
    Instants,
    /// `updated-parameter`: the parameter `updated` as a whole.
    Updated,
}

/// What becomes of a form of filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterMade {
    /// 400.
    Refuse,
    /// The query matches nothing, as with an unknown token.
    Nothing,
    /// The condition has no effect: its rows come as if it were not there.
    Ignore,
    /// `instants` only: the day counts and not the time of day.
    Days,
}

/// A rule that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no rule for filters; write a token, in, not, instants or updated-parameter, then =refuse, =nothing \
     or =ignore, such as account.id=refuse; instants=days drops the time of day"
)]
pub struct BadFilterRule(pub String);

const FORMS: [(&str, FilterForm); 4] = [
    ("in", FilterForm::Set),
    ("not", FilterForm::Not),
    ("instants", FilterForm::Instants),
    ("updated-parameter", FilterForm::Updated),
];
const MADE: [(&str, FilterMade); 4] = [
    ("refuse", FilterMade::Refuse),
    ("nothing", FilterMade::Nothing),
    ("ignore", FilterMade::Ignore),
    ("days", FilterMade::Days),
];

impl FromStr for FilterRule {
    type Err = BadFilterRule;

    fn from_str(text: &str) -> Result<FilterRule, BadFilterRule> {
        let read = || {
            let (form, made) = text.split_once('=')?;
            let made = MADE.iter().find(|(word, _)| *word == made)?.1;
            let form = match FORMS.iter().find(|(word, _)| *word == form) {
                Some((_, form)) => form.clone(),
                None => Token::is_valid(form).then(|| FilterForm::Token(form.to_owned()))?,
            };
            (made != FilterMade::Days || form == FilterForm::Instants).then_some(FilterRule { form, made })
        };
        read().ok_or_else(|| BadFilterRule(text.to_owned()))
    }
}

impl fmt::Display for FilterRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = match &self.form {
            FilterForm::Token(name) => name,
            other => FORMS.iter().find(|(_, form)| form == other).map_or("", |(word, _)| word),
        };
        let made = MADE.iter().find(|(_, made)| *made == self.made).map_or("", |(word, _)| word);
        write!(f, "{form}={made}")
    }
}

/// What a query asks after the tenant's rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Ruled<'a> {
    filter: Option<Cow<'a, str>>,
    updated: Option<Cow<'a, str>>,
    sort: Option<&'a str>,
}

impl Ruled<'_> {
    pub(crate) fn ask(&self) -> Ask<'_> {
        Ask { filter: self.filter.as_deref(), updated: self.updated.as_deref(), sort: self.sort }
    }
}

/// Reads a query as the tenant does; the error is the parameter that it refuses.
pub(crate) fn ruled<'a>(rules: &[FilterRule], ask: &Ask<'a>) -> Result<Ruled<'a>, &'static str> {
    let mut ruled = Ruled {
        filter: ask.filter.map(Cow::Borrowed),
        updated: ask.updated.map(Cow::Borrowed),
        sort: ask.sort,
    };
    for rule in rules {
        if ruled.updated.as_deref().is_some_and(|text| rule.form.is_updated(text)) {
            match rule.made {
                FilterMade::Refuse => return Err("updated"),
                FilterMade::Nothing => return Ok(nothing(ask)),
                FilterMade::Ignore => ruled.updated = None,
                FilterMade::Days => ruled.updated = ruled.updated.map(|text| Cow::Owned(days(&text))),
            }
        }
        // What cannot be read is refused by whoever reads it next.
        let Some(query) = ruled.filter.as_deref().and_then(|text| qql::parse(text).ok()) else { continue };
        if !query.root().is_some_and(|root| rule.form.is_in(root)) {
            continue;
        }
        match rule.made {
            FilterMade::Refuse => return Err("filter"),
            FilterMade::Nothing => return Ok(nothing(ask)),
            FilterMade::Ignore => ruled.filter = without(&query, &rule.form).map(Cow::Owned),
            FilterMade::Days => ruled.filter = ruled.filter.map(|text| Cow::Owned(days(&text))),
        }
    }
    Ok(ruled)
}

fn nothing<'a>(ask: &Ask<'a>) -> Ruled<'a> {
    Ruled { filter: Some(Query::nothing().to_string().into()), updated: None, sort: ask.sort }
}

/// The query without those of its conditions that hold the form.
fn without(query: &Query, form: &FilterForm) -> Option<String> {
    let root = query.root()?;
    let conditions = match &root.kind {
        NodeKind::And(parts) => parts.as_slice(),
        _ => std::slice::from_ref(root),
    };
    let kept: Vec<String> = conditions.iter().filter(|c| !form.is_in(c)).map(|c| format!("({c})")).collect();
    (!kept.is_empty()).then(|| kept.join(" AND "))
}

impl FilterForm {
    fn is_updated(&self, text: &str) -> bool {
        match self {
            FilterForm::Updated => true,
            FilterForm::Instants => has_instant(text),
            _ => false,
        }
    }

    fn is_in(&self, node: &Node) -> bool {
        match (&node.kind, self) {
            (NodeKind::Not(_), FilterForm::Not) => true,
            (NodeKind::Not(inner), _) => self.is_in(inner),
            (NodeKind::And(parts) | NodeKind::Or(parts), _) => parts.iter().any(|part| self.is_in(part)),
            (NodeKind::Term(term), FilterForm::Token(name)) => term.token.name == *name,
            (NodeKind::Term(term), FilterForm::Set) => matches!(term.test, Test::AnyOf(_)),
            (NodeKind::Term(term), FilterForm::Instants) => has_instant(&term.test.to_string()),
            _ => false,
        }
    }
}

/// The places of the times of day in a text: from the `T` behind a date to the end of the zone.
fn times(text: &str) -> Vec<std::ops::Range<usize>> {
    let bytes = text.as_bytes();
    let digits = |from: usize, pattern: &[u8]| {
        bytes.get(from..from + pattern.len()).is_some_and(|part| {
            part.iter().zip(pattern).all(|(b, p)| if *p == b'0' { b.is_ascii_digit() } else { b == p })
        })
    };
    let mut found = Vec::new();
    for at in 10..bytes.len() {
        if digits(at - 10, b"0000-00-00T00:00") {
            let mut end = at + 6;
            while bytes.get(end).is_some_and(|b| b.is_ascii_digit() || matches!(b, b':' | b'+' | b'-' | b'Z'))
                || (bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit))
            {
                end += 1;
            }
            found.push(at..end);
        }
    }
    found
}

fn has_instant(text: &str) -> bool {
    !times(text).is_empty()
}

fn days(text: &str) -> String {
    let mut text = text.to_owned();
    for time in times(&text).into_iter().rev() {
        text.replace_range(time, "");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rules: &[&str], filter: &str, updated: &str) -> Result<(String, String), &'static str> {
        let rules: Vec<FilterRule> = rules.iter().map(|r| r.parse().unwrap()).collect();
        let some = |text: &'static str| (!text.is_empty()).then_some(text);
        let (filter, updated) = (filter.to_owned().leak(), updated.to_owned().leak());
        let ruled = ruled(&rules, &Ask { filter: some(filter), updated: some(updated), sort: None })?;
        Ok((ruled.filter.unwrap_or_default().into_owned(), ruled.updated.unwrap_or_default().into_owned()))
    }

    #[test]
    fn rules_are_read_and_written() {
        for text in
            ["account.id=refuse", "in=nothing", "not=ignore", "instants=days", "updated-parameter=refuse"]
        {
            assert_eq!(text.parse::<FilterRule>().unwrap().to_string(), text);
        }
        for text in ["account.id", "account.id=days", "a b=refuse", "=refuse", "region=drop"] {
            assert!(
                text.parse::<FilterRule>().unwrap_err().to_string().contains("account.id=refuse"),
                "{text}"
            );
        }
    }

    #[test]
    fn each_form_is_found_where_it_stands_and_nowhere_else() {
        let both = "account.id:1 AND region:x";
        assert_eq!(read(&["region=ignore"], both, ""), Ok(("(account.id:1)".into(), "".into())));
        assert_eq!(read(&["region=ignore"], "region:x", ""), Ok(("".into(), "".into())));
        assert_eq!(read(&["region=refuse"], both, "[now-1d .. now]"), Err("filter"));
        assert_eq!(read(&["region=refuse"], "account.id:1", ""), Ok(("account.id:1".into(), "".into())));
        assert_eq!(read(&["in=refuse"], "account.id in (1, 2)", ""), Err("filter"));
        assert_eq!(read(&["in=refuse"], "account.id:1", ""), Ok(("account.id:1".into(), "".into())));
        assert_eq!(read(&["not=refuse"], "a:1 OR NOT b:2", ""), Err("filter"));
        assert_ne!(read(&["not=nothing"], "NOT a:1", "").unwrap().0, "NOT a:1");
    }

    #[test]
    fn instants_differ_from_days_and_from_what_is_relative() {
        let range = "[2026-01-15T08:00:00Z .. 2026-01-15T10:30:00.5+0000]";
        assert_eq!(read(&["instants=refuse"], "", range), Err("updated"));
        assert_eq!(read(&["instants=days"], "", range), Ok(("".into(), "[2026-01-15 .. 2026-01-15]".into())));
        assert_eq!(read(&["instants=refuse"], "", "[now-3h .. now]").unwrap().1, "[now-3h .. now]");
        assert_eq!(
            read(&["instants=refuse"], "", "[2026-01-15 .. 2026-01-16]").unwrap().1,
            "[2026-01-15 .. 2026-01-16]"
        );
        assert_eq!(read(&["instants=refuse"], "updated:>\"2026-01-15T08:00:00Z\"", ""), Err("filter"));
        assert_eq!(read(&["updated-parameter=ignore"], "a:1", "2026-01-15"), Ok(("a:1".into(), "".into())));
    }
}
