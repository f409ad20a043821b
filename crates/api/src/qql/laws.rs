//! What holds for every text, every query and every record.

use super::ast::{Bound, Node, NodeKind, Scalar, Term, Test, Token};
use super::*;
use jiff::Timestamp;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Words that can stand unquoted and are no operator.
fn word() -> impl Strategy<Value = String> {
    "[a-zA-Zé日0-9*_/@+-][a-zA-Zé0-9*_/@'=+-]{0,5}".prop_filter("operators and half-written times", |w| {
        let reserved = ["and", "or", "not", "in", "is", "null"];
        !reserved.iter().any(|r| w.eq_ignore_ascii_case(r)) && !w.to_ascii_lowercase().starts_with("now")
    })
}

fn scalar() -> impl Strategy<Value = Scalar> {
    prop_oneof![
        proptest::collection::vec(word(), 1..4).prop_map(|words| Scalar::new(words.join(" "), Quote::Bare)),
        "(now-[0-9]{1,3}[smhdwy]|20[0-9]{2}-0[1-9]-[12][0-9]|[0-9]{1,4})"
            .prop_map(|text| Scalar::new(text, Quote::Bare)),
        "[^\"]{0,12}".prop_map(|text| Scalar::new(text, Quote::Double)),
        "[^']{0,12}".prop_map(|text| Scalar::new(text, Quote::Single)),
        "[^`]{0,12}".prop_map(|text| Scalar::new(text, Quote::Backtick)),
    ]
}

fn test() -> impl Strategy<Value = Test> {
    let bound = || (scalar(), any::<bool>()).prop_map(|(value, inclusive)| Bound { value, inclusive });
    let how = prop_oneof![
        Just(Comparison::Greater),
        Just(Comparison::GreaterOrEqual),
        Just(Comparison::Less),
        Just(Comparison::LessOrEqual),
    ];
    prop_oneof![
        4 => scalar().prop_map(Test::Is),
        1 => (how, scalar()).prop_map(|(how, value)| Test::Compare(how, value)),
        1 => proptest::collection::vec(scalar(), 1..4).prop_map(Test::AnyOf),
        1 => (bound(), bound()).prop_map(|(from, to)| Test::Range { from, to }),
        1 => Just(Test::Null),
    ]
}

/// Queries as the parser makes them, on tokens of the records below and one unknown token.
fn queries() -> impl Strategy<Value = Query> {
    let token = prop_oneof![Just("a"), Just("b.c"), Just("d_e"), Just("in"), Just("unknown")];
    let term =
        (token, test()).prop_map(|(token, test)| NodeKind::Term(Term { token: Token::cleaned(token), test }));
    let text = scalar()
        .prop_filter("a mistaken operator", |s| s.quote != Quote::Bare || !s.text.contains('='))
        .prop_map(NodeKind::Text);
    let leaf = prop_oneof![8 => term, 1 => text].prop_map(Node::new);
    let node = leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Node::all_of),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Node::one_of),
            inner.prop_map(|node| Node::new(NodeKind::Not(Box::new(node)))),
        ]
    });
    proptest::option::weighted(0.95, node).prop_map(|root| Query { root })
}

#[derive(Debug)]
struct Fields(BTreeMap<&'static str, Vec<FieldValue<'static>>>);

impl Record for Fields {
    fn values<'a>(&'a self, token: &str) -> Option<Values<'a>> {
        self.0.get(token).cloned().map(Values::Many)
    }
}

fn records() -> impl Strategy<Value = Fields> {
    let value = prop_oneof![
        proptest::collection::vec(word(), 0..4).prop_map(|words| FieldValue::text(words.join(" "))),
        (0i64..2000).prop_map(FieldValue::Int),
        (-3.0..3000.0f64).prop_map(FieldValue::Num),
        any::<bool>().prop_map(FieldValue::Bool),
        (0i64..2_000_000_000).prop_map(|s| FieldValue::Time(Timestamp::from_second(s).unwrap())),
        Just(FieldValue::Null),
    ];
    let values = || proptest::collection::vec(value.clone(), 0..3);
    (values(), values(), values(), values())
        .prop_map(|(a, b, c, d)| Fields(BTreeMap::from([("a", a), ("b.c", b), ("d_e", c), ("in", d)])))
}

/// Text out of the pieces of the language, so that much of it is nearly right.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        proptest::sample::select(vec![
            "a:",
            "b.c",
            "cid:",
            "lastSynced:",
            "result",
            "provider:aws",
            "createdDate:",
            "state",
            "account id:",
            ":",
            ">",
            "<=",
            "AND",
            "or",
            "Not",
            "in",
            "is",
            "null",
            "(",
            ")",
            "[",
            "]",
            ",",
            "..",
            "...",
            ".",
            "\"",
            "'",
            "`",
            "now",
            "now-3d",
            "-",
            "2024-01-01",
            "5",
            "x",
            "é",
            "=",
            "!",
            "*",
            "\u{301}",
            "\n",
        ])
        .prop_map(str::to_owned),
        word(),
    ];
    (proptest::collection::vec((piece, proptest::sample::select(vec!["", " "])), 0..14))
        .prop_map(|pieces| pieces.into_iter().map(|(piece, gap)| piece + gap).collect())
}

/// What is found stands inside the text, and what is put right is not found again.
fn check_findings(text: &str) -> Result<(), TestCaseError> {
    let families = [Family::Connectors, Family::Controls, Family::ResourceEvaluations];
    for checked in families.map(|f| check(f, text)).into_iter().chain([check_updated(text)]) {
        for finding in checked.findings() {
            let edits = finding.edits.iter().map(|e| e.span);
            for span in edits.chain([finding.span]) {
                prop_assert!(text.get(span.start..span.end).is_some(), "{:?}", finding);
            }
            prop_assert_eq!(finding.caret(text).lines().count(), 2);
        }
        let again = |text: &str| checked.family().map_or_else(|| check_updated(text), |f| check(f, text));
        for level in [Level::Note, Level::Warning] {
            let curable = |c: &Checked| c.findings().iter().any(|f| f.level >= level && !f.edits.is_empty());
            match checked.fixed(level) {
                Some(fixed) => {
                    let again = again(&fixed);
                    prop_assert!(again.query().is_ok() && !curable(&again), "{} fixed as {}", text, fixed);
                }
                None => prop_assert!(!curable(&checked), "{}: {:?}", text, checked.findings()),
            }
        }
        prop_assert_eq!(explain(&checked).is_empty(), checked.query().is_err());
    }
    Ok(())
}

fn check_text(text: &str) -> Result<(), TestCaseError> {
    for adjacency in [Adjacency::Refuse, Adjacency::And] {
        match parse_with(text, adjacency) {
            Ok(query) => {
                let printed = query.to_string();
                let again = parse(&printed);
                prop_assert_eq!(again.as_ref(), Ok(&query), "{} printed as {}", text, printed);
                for term in query.terms() {
                    prop_assert_eq!(&text[term.token.span.start..term.token.span.end], &term.token.name);
                }
            }
            Err(error) => {
                prop_assert!(text.is_char_boundary(error.offset));
                prop_assert_eq!(text[..error.offset].chars().count() + 1, error.column);
                prop_assert_eq!(error.caret(text).lines().count(), 2);
            }
        }
    }
    if let Ok(updated) = parse_updated(text) {
        prop_assert_eq!(parse_updated(&updated.to_string()), Ok(updated));
    }
    check_findings(text)
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        check_text(&text)?;
    }

    #[test]
    fn nearly_right_text_is_read_or_refused(text in pieces()) {
        check_text(&text)?;
    }

    #[test]
    fn what_is_printed_reads_as_the_same(query in queries()) {
        let text = query.to_string();
        let parsed = parse(&text);
        prop_assert_eq!(parsed.as_ref(), Ok(&query), "{}", text);
        check_findings(&text)?;
    }

    #[test]
    fn no_value_changes_the_structure(
        token in any::<String>(),
        values in proptest::collection::vec(prop_oneof![any::<String>(), pieces()], 4),
    ) {
        let [a, b, c, d] = [&values[0], &values[1], &values[2], &values[3]];
        let query = Query::term(&token, a)
            .and(Query::exact("exact", b).not())
            .or(Query::any_of("list", [c, d]))
            .and(Query::between("range", a, d))
            .and(Query::compare("compare", Comparison::Less, b))
            .or(Query::text(c));
        let parsed = parse(&query.to_string());
        prop_assert_eq!(parsed.as_ref(), Ok(&query), "{}", query);
        prop_assert_eq!(query.terms().len(), 5);
        let updated = Updated::between(a, b);
        prop_assert_eq!(parse_updated(&updated.to_string()), Ok(updated));
    }

    #[test]
    fn a_built_term_matches_its_own_value(before in any::<String>(), word in word(), after in any::<String>()) {
        // A value without a word is compared as a whole, and replacing its quotes would show.
        let value = format!("{before}{word}0{after}");
        let record = Fields(BTreeMap::from([("a", vec![FieldValue::text(value.clone())])]));
        let now = Timestamp::UNIX_EPOCH;
        for query in [Query::term("a", &value), Query::exact("a", &value), Query::any_of("a", ["x", &value])] {
            prop_assert_eq!(query.matches(&record, now), Match::Yes, "{}", query);
        }
    }

    #[test]
    fn logic_holds(a in queries(), b in queries(), record in records(), seconds in 0i64..2_000_000_000) {
        let now = Timestamp::from_second(seconds).unwrap();
        let ask = |query: &Query| query.matches(&record, now);
        prop_assert_eq!(ask(&Query::all()), Match::Yes);
        prop_assert_eq!(ask(&Query::nothing()), Match::No);
        prop_assert_eq!(ask(&!a.clone()), !ask(&a));
        let and = a.clone().and(b.clone());
        let or = a.clone().or(b.clone());
        prop_assert_eq!(ask(&!and.clone()), ask(&(!a.clone()).or(!b.clone())));
        prop_assert_eq!(ask(&!or.clone()), ask(&(!a.clone()).and(!b.clone())));
        prop_assert_eq!(ask(&and).is_yes(), ask(&a).is_yes() && ask(&b).is_yes());
        prop_assert_eq!(ask(&or).is_yes(), ask(&a).is_yes() || ask(&b).is_yes());
        prop_assert_eq!(ask(&and), ask(&b.and(a)));
        // Only an unknown token or text without one leaves a query open.
        if ask(&or) == Match::Unknown {
            prop_assert!(or.tokens().contains(&"unknown") || has_text(or.root()));
        }
    }

    #[test]
    fn pinned_values_hold_in_every_match(query in queries(), record in records()) {
        let now = Timestamp::UNIX_EPOCH;
        if let Some(values) = query.equality("a")
            && query.matches(&record, now).is_yes()
        {
            let pinned = values.iter().any(|value| {
                [Query::exact("a", value), Query::term("a", value)].iter().any(|q| q.matches(&record, now).is_yes())
                    || parse(&format!("a:{value}")).is_ok_and(|q| q.matches(&record, now).is_yes())
            });
            prop_assert!(pinned, "{} pins a to {:?}", query, values);
        }
    }
}

fn has_text(node: Option<&Node>) -> bool {
    node.is_some_and(|node| match &node.kind {
        NodeKind::And(parts) | NodeKind::Or(parts) => parts.iter().any(|part| has_text(Some(part))),
        NodeKind::Not(inner) => has_text(Some(inner)),
        NodeKind::Text(_) => true,
        NodeKind::Term(_) => false,
    })
}
