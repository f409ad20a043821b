//! The one filter that is rewritten: guides print `lastSynced` for connectors, and the service knows
//! `lastSyncedOn`.

use std::borrow::Cow;

const TYPED: &str = "lastSynced";
const MEANT: &str = "lastSyncedOn";

/// The filter with `lastSynced` as `lastSyncedOn` wherever it is a token. What is no QQL stays as it is: the
/// service says what it thinks of it.
pub fn connectors(filter: &str) -> Cow<'_, str> {
    let Ok(query) = totalcloud_api::qql::parse(filter) else { return Cow::Borrowed(filter) };
    let mut spans: Vec<_> =
        query.terms().into_iter().filter(|t| t.token.name == TYPED).map(|t| t.token.span).collect();
    if spans.is_empty() {
        return Cow::Borrowed(filter);
    }
    spans.sort_by_key(|s| std::cmp::Reverse(s.start));
    let mut out = filter.to_owned();
    for span in spans {
        out.replace_range(span.start..span.end, MEANT);
    }
    Cow::Owned(out)
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

    #[test]
    fn the_token_is_rewritten_and_nothing_else() {
        for (typed, sent) in [
            ("lastSynced:[now-3d .. now]", "lastSyncedOn:[now-3d .. now]"),
            ("state:SUCCESS and lastSynced : now", "state:SUCCESS and lastSyncedOn : now"),
            ("(lastSynced>now-1d) OR NOT lastSynced:now", "(lastSyncedOn>now-1d) OR NOT lastSyncedOn:now"),
            ("lastSynced in (a, b)", "lastSyncedOn in (a, b)"),
            ("lastSyncedOn:now", "lastSyncedOn:now"),
            ("name:\"lastSynced: x\"", "name:\"lastSynced: x\""),
            ("name:lastSynced", "name:lastSynced"),
            ("x.lastSynced:1", "x.lastSynced:1"),
            ("name:é AND lastSynced:1", "name:é AND lastSyncedOn:1"),
        ] {
            assert_eq!(connectors(typed), sent);
        }
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
