//! Whether a record meets a query.

use super::ast::{Bound, Comparison, Node, NodeKind, Query, Quote, Scalar, Test};
use super::date::{Period, period};
use super::words::{Number, contains_run, fits, fold, same, words};
use crate::time::{Time, TimeForm};
use jiff::Timestamp;
use std::borrow::Cow;
use std::cmp::Ordering;

/// What a record holds for a token.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FieldValue<'a> {
    /// Text; also ids, and dates that are not read as such.
    Text(Cow<'a, str>),
    /// A whole number.
    Int(i64),
    /// A number.
    Num(f64),
    /// True or false.
    Bool(bool),
    /// An instant.
    Time(Timestamp),
    /// Nothing; the field is there and empty.
    Null,
}

impl<'a> FieldValue<'a> {
    /// Text.
    pub fn text(text: impl Into<Cow<'a, str>>) -> FieldValue<'a> {
        FieldValue::Text(text.into())
    }
}

/// All a record holds for a token: one value, several, or none.
#[derive(Debug, Clone, PartialEq)]
pub enum Values<'a> {
    /// One value.
    One(FieldValue<'a>),
    /// Any number of values, as the elements of a list. None at all is the same as null.
    Many(Vec<FieldValue<'a>>),
}

impl<'a> Values<'a> {
    fn as_slice(&self) -> &[FieldValue<'a>] {
        match self {
            Values::One(value) => std::slice::from_ref(value),
            Values::Many(values) => values,
        }
    }
}

impl<'a> From<FieldValue<'a>> for Values<'a> {
    fn from(value: FieldValue<'a>) -> Values<'a> {
        Values::One(value)
    }
}

impl<'a> From<Vec<FieldValue<'a>>> for Values<'a> {
    fn from(values: Vec<FieldValue<'a>>) -> Values<'a> {
        Values::Many(values)
    }
}

impl<'a> From<&'a str> for Values<'a> {
    fn from(text: &'a str) -> Values<'a> {
        Values::One(FieldValue::text(text))
    }
}

impl<'a> FromIterator<FieldValue<'a>> for Values<'a> {
    fn from_iter<I: IntoIterator<Item = FieldValue<'a>>>(values: I) -> Values<'a> {
        Values::Many(values.into_iter().collect())
    }
}

/// Something a query can be asked of.
pub trait Record {
    /// What the record holds for a token, `None` if the token is unknown here.
    ///
    /// A token that is known but has no value in this record is `Some` of [`FieldValue::Null`] or of no
    /// values: the difference decides what `NOT` makes of it.
    fn values<'a>(&'a self, token: &str) -> Option<Values<'a>>;

    /// What text without a token is searched in, `None` if such text is not supported here.
    fn free_text<'a>(&'a self) -> Option<Values<'a>> {
        None
    }
}

impl<R: Record + ?Sized> Record for &R {
    fn values<'a>(&'a self, token: &str) -> Option<Values<'a>> {
        (**self).values(token)
    }

    fn free_text<'a>(&'a self) -> Option<Values<'a>> {
        (**self).free_text()
    }
}

/// What came of asking a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Match {
    /// It meets the query.
    Yes,
    /// It does not.
    No,
    /// An unknown token left it open. The service answers such queries with no rows, so this is no match.
    Unknown,
}

impl Match {
    /// Whether the record belongs into the answer.
    pub fn is_yes(self) -> bool {
        self == Match::Yes
    }

    fn of(found: bool) -> Match {
        if found { Match::Yes } else { Match::No }
    }
}

impl std::ops::Not for Match {
    type Output = Match;

    fn not(self) -> Match {
        match self {
            Match::Yes => Match::No,
            Match::No => Match::Yes,
            Match::Unknown => Match::Unknown,
        }
    }
}

impl Query {
    /// Whether a record meets the query at this time.
    ///
    /// To ask many records, make a [`Matcher`] once with [`Query::at`]: the values are read once then.
    ///
    /// # Values
    ///
    /// Of several values of a field one that fits is enough; null never fits. `is null` fits where there is no
    /// value. What follows is documented by the service unless marked as a guess.
    ///
    /// - Unquoted: the field contains the words, case does not matter. A word is a run of letters, digits and
    ///   `_` (guess), so `PASS` is not in `PASSE`. What is written without spaces, as `us-east-1`, must be
    ///   found in one piece, pieces between spaces in any order (guess).
    /// - `*` in an unquoted value stands for any text; the pattern must fit the whole field or, if it has no
    ///   spaces, one of the pieces between spaces (guess). `*` alone fits all but null.
    /// - `"…"` and `'…'`: the field contains the words in this order, one after the other.
    /// - `` `…` ``: the field is exactly this, case included (guess).
    /// - Numbers, instants and booleans compare as such, however the value is quoted. Text is compared as a
    ///   number or as a date by `>` and ranges if it reads as one.
    /// - `2024-01-01` is that day in UTC, `2024-01` and `2024` are the month and the year; an instant without a
    ///   fraction is its whole second (guess). `>` means after the end of it, `>=` from its beginning,
    ///   and the range `[2024-01-01 .. 2024-12-31]` includes the whole last day.
    /// - `now-1m` counts calendar months, `d` and `w` days of 24 hours. `*` as an end of a range leaves it open
    ///   (guess).
    ///
    /// # Unknown tokens
    ///
    /// A term on an unknown token is neither met nor not met, so neither it nor its `NOT` matches anything:
    /// a misspelt token under `NOT` must not let everything through. `unknown:1 OR state:ERROR` still
    /// matches on the known half.
    pub fn matches(&self, record: &impl Record, now: Timestamp) -> Match {
        self.at(now).matches(record)
    }

    /// The query made ready to be asked of many records at this time.
    pub fn at(&self, now: Timestamp) -> Matcher<'_> {
        Matcher { root: self.root.as_ref().map(|node| Step::new(node, now)) }
    }
}

/// A query made ready to be asked of many records.
#[derive(Debug, Clone)]
pub struct Matcher<'q> {
    root: Option<Step<'q>>,
}

impl Matcher<'_> {
    /// Whether a record meets the query. See [`Query::matches`].
    pub fn matches(&self, record: &(impl Record + ?Sized)) -> Match {
        self.root.as_ref().map_or(Match::Yes, |root| root.ask(record))
    }
}

#[derive(Debug, Clone)]
enum Step<'q> {
    All(Vec<Step<'q>>),
    Any(Vec<Step<'q>>),
    Not(Box<Step<'q>>),
    Term(&'q str, Check),
    Text(Check),
    Always,
}

impl<'q> Step<'q> {
    fn new(node: &'q Node, now: Timestamp) -> Step<'q> {
        let steps = |parts: &'q [Node]| parts.iter().map(|part| Step::new(part, now)).collect();
        match &node.kind {
            NodeKind::And(parts) => Step::All(steps(parts)),
            NodeKind::Or(parts) => Step::Any(steps(parts)),
            NodeKind::Not(inner) => Step::Not(Box::new(Step::new(inner, now))),
            NodeKind::Term(term) => Step::Term(&term.token.name, Check::new(&term.test, now)),
            NodeKind::Text(text) if text.quote == Quote::Bare && text.text == "*" => Step::Always,
            NodeKind::Text(text) => Step::Text(Check::Is(Wanted::new(text, now))),
        }
    }

    fn ask(&self, record: &(impl Record + ?Sized)) -> Match {
        match self {
            Step::All(steps) => decide(steps.iter().map(|step| step.ask(record)), Match::No),
            Step::Any(steps) => decide(steps.iter().map(|step| step.ask(record)), Match::Yes),
            Step::Not(step) => !step.ask(record),
            Step::Term(token, check) => answer(check, record.values(token)),
            Step::Text(check) => answer(check, record.free_text()),
            Step::Always => Match::Yes,
        }
    }
}

/// One answer that decides is enough; otherwise an open one leaves all open.
fn decide(answers: impl Iterator<Item = Match>, decisive: Match) -> Match {
    let mut all = !decisive;
    for answer in answers {
        if answer == decisive {
            return decisive;
        }
        if answer == Match::Unknown {
            all = Match::Unknown;
        }
    }
    all
}

fn answer(check: &Check, values: Option<Values<'_>>) -> Match {
    let Some(values) = values else { return Match::Unknown };
    let mut there = values.as_slice().iter().filter(|value| **value != FieldValue::Null);
    match check {
        Check::Null => Match::of(there.next().is_none()),
        _ => Match::of(there.any(|value| check.fits(value))),
    }
}

#[derive(Debug, Clone)]
enum Check {
    Is(Wanted),
    Compare(Comparison, Wanted),
    AnyOf(Vec<Wanted>),
    Range(Option<(Comparison, Wanted)>, Option<(Comparison, Wanted)>),
    Null,
}

impl Check {
    fn new(test: &Test, now: Timestamp) -> Check {
        let bound = |bound: &Bound, inclusive: Comparison, exclusive: Comparison| {
            let open = bound.value.quote == Quote::Bare && bound.value.text == "*";
            let how = if bound.inclusive { inclusive } else { exclusive };
            (!open).then(|| (how, Wanted::new(&bound.value, now)))
        };
        match test {
            Test::Is(value) => Check::Is(Wanted::new(value, now)),
            Test::Compare(how, value) => Check::Compare(*how, Wanted::new(value, now)),
            Test::AnyOf(values) => Check::AnyOf(values.iter().map(|value| Wanted::new(value, now)).collect()),
            Test::Range { from, to } => Check::Range(
                bound(from, Comparison::GreaterOrEqual, Comparison::Greater),
                bound(to, Comparison::LessOrEqual, Comparison::Less),
            ),
            Test::Null => Check::Null,
        }
    }

    fn fits(&self, value: &FieldValue<'_>) -> bool {
        let end = |bound: &Option<(Comparison, Wanted)>| {
            bound.as_ref().is_none_or(|(how, wanted)| ordered(*how, wanted.place(value)))
        };
        match self {
            Check::Is(wanted) => wanted.is(value),
            Check::Compare(how, wanted) => ordered(*how, wanted.place(value)),
            Check::AnyOf(wanted) => wanted.iter().any(|wanted| wanted.is(value)),
            Check::Range(from, to) => end(from) && end(to),
            Check::Null => false,
        }
    }
}

/// Whether the place of a value relative to the wanted one satisfies the operator.
fn ordered(how: Comparison, place: Option<Ordering>) -> bool {
    place.is_some_and(|place| match how {
        Comparison::Greater => place == Ordering::Greater,
        Comparison::GreaterOrEqual => place != Ordering::Less,
        Comparison::Less => place == Ordering::Less,
        Comparison::LessOrEqual => place != Ordering::Greater,
    })
}

/// A value of a query, read once in every way a field may need it.
#[derive(Debug, Clone)]
struct Wanted {
    text: TextTest,
    number: Option<Number>,
    flag: Option<bool>,
    period: Option<Period>,
}

#[derive(Debug, Clone)]
enum TextTest {
    /// Exactly this.
    Exact(String),
    /// The same without regard to case; for values without a word in them.
    Same(String),
    /// Each of these runs of words.
    Runs(Vec<Vec<String>>),
    /// A folded pattern.
    Pattern(String),
}

impl TextTest {
    fn new(scalar: &Scalar) -> TextTest {
        let text = scalar.text.trim();
        // Words are cut before they are folded: folding can bring in marks that end a word.
        let run = |piece: &str| words(piece).map(fold).collect::<Vec<_>>();
        let runs: Vec<Vec<String>> = match scalar.quote {
            Quote::Backtick => return TextTest::Exact(scalar.text.clone()),
            Quote::Bare if scalar.is_pattern() => return TextTest::Pattern(fold(text)),
            Quote::Bare => text.split_whitespace().map(run).filter(|run| !run.is_empty()).collect(),
            Quote::Double | Quote::Single => {
                Some(run(text)).filter(|run| !run.is_empty()).into_iter().collect()
            }
        };
        if runs.is_empty() { TextTest::Same(fold(text)) } else { TextTest::Runs(runs) }
    }

    fn fits(&self, text: &str) -> bool {
        match self {
            TextTest::Exact(wanted) => text == wanted,
            TextTest::Same(wanted) => same(text.trim(), wanted),
            TextTest::Runs(runs) => runs.iter().all(|run| contains_run(text, run)),
            TextTest::Pattern(pattern) => {
                let folded = fold(text);
                fits(&folded, pattern)
                    || (!pattern.contains(' ') && folded.split_whitespace().any(|piece| fits(piece, pattern)))
            }
        }
    }

    /// Whether any value at all fits.
    fn any(&self) -> bool {
        matches!(self, TextTest::Pattern(pattern) if pattern.bytes().all(|b| b == b'*'))
    }
}

impl Wanted {
    fn new(scalar: &Scalar, now: Timestamp) -> Wanted {
        let text = scalar.text.trim();
        let flag = match () {
            () if text.eq_ignore_ascii_case("true") => Some(true),
            () if text.eq_ignore_ascii_case("false") => Some(false),
            () => None,
        };
        Wanted {
            text: TextTest::new(scalar),
            number: Number::parse(text),
            flag,
            period: period(text, scalar.quote == Quote::Bare, now),
        }
    }

    fn is(&self, value: &FieldValue<'_>) -> bool {
        match value {
            FieldValue::Null => false,
            _ if self.text.any() => true,
            FieldValue::Text(text) => {
                self.text.fits(text)
                    || (!matches!(self.text, TextTest::Exact(_))
                        && self.period.is_some()
                        && date_of(text).is_some_and(|time| self.when(time) == Some(Ordering::Equal)))
            }
            FieldValue::Bool(flag) => self.flag == Some(*flag),
            FieldValue::Int(_) | FieldValue::Num(_) | FieldValue::Time(_) => {
                self.place(value) == Some(Ordering::Equal)
            }
        }
    }

    /// Whether a field's value comes before, at or after the wanted one; `None` if they have no order.
    fn place(&self, value: &FieldValue<'_>) -> Option<Ordering> {
        match value {
            FieldValue::Int(n) => Number::Whole(*n).compare(self.number?),
            FieldValue::Num(n) => Number::Real(*n).compare(self.number?),
            FieldValue::Time(time) => self.when(*time),
            FieldValue::Text(text) => match (Number::parse(text), self.number) {
                (Some(found), Some(wanted)) => found.compare(wanted),
                _ => self.when(date_of(text)?),
            },
            FieldValue::Bool(_) | FieldValue::Null => None,
        }
    }

    fn when(&self, time: Timestamp) -> Option<Ordering> {
        let period = self.period?;
        Some(if time < period.first {
            Ordering::Less
        } else if time > period.last {
            Ordering::Greater
        } else {
            Ordering::Equal
        })
    }
}

/// The instant a text stands for, if it is written as a date. Digits alone are no date.
fn date_of(text: &str) -> Option<Timestamp> {
    let time = Time::parse(text)?;
    match time.form() {
        TimeForm::MillisText | TimeForm::SecondsText => None,
        _ => Some(time.instant()),
    }
}
