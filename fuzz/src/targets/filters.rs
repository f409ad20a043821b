//! The filter language and its dates.

use jiff::Timestamp;
use totalcloud_api::Time;
use totalcloud_api::qql::{
    self, Adjacency, Checked, Family, FieldValue, Level, Match, Query, Record, Values,
};
use totalcloud_api::time::TimeForm;

/// One value of each kind.
struct Everything;

impl Record for Everything {
    fn values<'a>(&'a self, token: &str) -> Option<Values<'a>> {
        let at = Timestamp::from_second(1_700_000_000).expect("a time");
        Some(match token {
            "name" => Values::from("web server-01 (prod) *"),
            "region" => Values::from("us-east-1"),
            "cid" => FieldValue::Int(42).into(),
            "risk" => FieldValue::Num(7.5).into(),
            "public" => FieldValue::Bool(true).into(),
            "updated" => FieldValue::Time(at).into(),
            "seen" => FieldValue::text("2024-02-29T12:00:00.5+0530").into(),
            "tags" => vec![FieldValue::text("é 日本"), FieldValue::Null, FieldValue::Int(-1)].into(),
            "empty" => Values::Many(Vec::new()),
            "null" => FieldValue::Null.into(),
            _ => return None,
        })
    }

    fn free_text<'a>(&'a self) -> Option<Values<'a>> {
        Some(Values::from("web server-01 us-east-1"))
    }
}

fn times() -> [Timestamp; 3] {
    [Timestamp::MIN, Timestamp::from_second(1_700_000_123).expect("a time"), Timestamp::MAX]
}

/// What is printed reads as the same query, errors and findings point into the text, and logic holds for every
/// record.
pub(super) fn qql(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for adjacency in [Adjacency::Refuse, Adjacency::And] {
        match qql::parse_with(text, adjacency) {
            Ok(query) => {
                let printed = query.to_string();
                assert_eq!(qql::parse(&printed).as_ref(), Ok(&query), "{text:?} printed as {printed:?}");
                for term in query.terms() {
                    assert_eq!(&text[term.token.span.start..term.token.span.end], term.token.name);
                }
                holds(&query);
            }
            Err(error) => {
                assert!(text.is_char_boundary(error.offset));
                assert_eq!(text[..error.offset].chars().count() + 1, error.column);
                assert_eq!(error.caret(text).lines().count(), 2);
            }
        }
    }
    if let Ok(updated) = qql::parse_updated(text) {
        assert_eq!(qql::parse_updated(&updated.to_string()).as_ref(), Ok(&updated));
        holds(&updated.on("updated"));
    }
    for checked in Family::ALL.iter().map(|f| qql::check(*f, text)).chain([qql::check_updated(text)]) {
        looked_at(&checked);
    }
}

/// Findings stand inside the text, and what is put right stays so.
fn looked_at(checked: &Checked) {
    let text = checked.text();
    for finding in checked.findings() {
        for span in finding.edits.iter().map(|e| e.span).chain([finding.span]) {
            assert!(text.get(span.start..span.end).is_some(), "{text:?}: {finding:?}");
        }
        assert_eq!(finding.caret(text).lines().count(), 2);
    }
    assert_eq!(qql::explain(checked).is_empty(), checked.query().is_err());
    if let Some(fixed) = checked.fixed(Level::Note) {
        let again = checked.family().map_or_else(|| qql::check_updated(&fixed), |f| qql::check(f, &fixed));
        assert!(again.query().is_ok(), "{text:?} became {fixed:?}");
    }
}

fn holds(query: &Query) {
    for now in times() {
        let ask = |q: &Query| q.matches(&Everything, now);
        let yes = ask(query);
        assert_eq!(ask(&query.clone().not()), !yes);
        assert_eq!(ask(&query.clone().and(Query::all())), yes);
        assert_eq!(ask(&query.clone().or(Query::nothing())), yes);
        assert_eq!(ask(&query.clone().and(Query::nothing())), Match::No);
    }
}

/// Every date is written back as the same instant in the same form, whose text reads as itself.
pub(super) fn dates(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(time) = Time::parse(text) {
        comes_back(&time);
        let other = match time.form() {
            TimeForm::MillisText => TimeForm::Millis,
            TimeForm::SecondsText => TimeForm::Seconds,
            form => form,
        };
        let json = serde_json::to_string(&Time::in_form(time.instant(), other)).expect("a time is JSON");
        assert!(!json.is_empty());
    }
    if let Ok(number) = text.trim().parse::<i64>()
        && let Some(time) = Time::from_number(number)
    {
        assert_eq!(time.to_string(), number.to_string());
    }
    for query in [format!("updated:{text}"), format!("seen>{text}"), format!("updated:[{text} .. now-1m]")] {
        if let Ok(query) = qql::parse(&query) {
            holds(&query);
        }
    }
    if let Ok(updated) = qql::parse_updated(text) {
        assert_eq!(qql::parse_updated(&updated.to_string()).as_ref(), Ok(&updated));
        holds(&updated.on("updated"));
    }
}

fn comes_back(time: &Time) {
    let written = time.to_string();
    let read = Time::parse(&written).unwrap_or_else(|| panic!("{written:?} is read back"));
    assert_eq!((read.instant(), read.form()), (time.instant(), time.form()), "{written}");
    assert_eq!(read.to_string(), written);
}
