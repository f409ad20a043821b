//! What may be wrong with a value.

use super::{Finding, Findings, Level, Rule};
use crate::nearest::{nearest, surely};
use crate::operation::is_uuid;
use crate::qql::ast::{Bound, Quote, Scalar, Span, Test};
use crate::qql::date::{self, Form};
use crate::qql::tokens::{Family, Takes};
use crate::qql::words::Number;
use jiff::Timestamp;
use std::cmp::Ordering;

/// Looks at what a value must be. `takes` is unknown for a token that is unknown; without a `place` it is the
/// value of the `updated` parameter.
pub(super) fn look(
    place: Option<(Family, &str)>,
    takes: Option<Takes>,
    test: &Test,
    found: &mut Findings<'_>,
) {
    let scalars: Vec<&Scalar> = match test {
        Test::Is(value) | Test::Compare(_, value) => vec![value],
        Test::AnyOf(values) => values.iter().collect(),
        Test::Range { from, to } => vec![&from.value, &to.value],
        Test::Null => Vec::new(),
    };
    for scalar in &scalars {
        unproven(scalar, found);
        // `*` stands for any value, and for an open end of a range.
        if scalar.quote == Quote::Bare && scalar.text == "*" {
            continue;
        }
        match takes {
            Some(Takes::Date) => dated(place, scalar, found),
            Some(Takes::Whole) => {
                if !scalar.is_pattern() && !matches!(Number::parse(&scalar.text), Some(Number::Whole(_))) {
                    wrong(scalar, "a whole number", found);
                }
            }
            Some(Takes::Uuid) => {
                if !scalar.is_pattern() && !is_uuid(&scalar.text) {
                    wrong(scalar, "a UUID", found);
                }
            }
            Some(Takes::Bool) => worded(place, scalar, &["true", "false"], found),
            Some(Takes::Words(words)) => worded(place, scalar, words, found),
            Some(Takes::Upper) => {
                cased(place, scalar, scalar.text.to_ascii_uppercase(), found);
                unquoted(place, scalar, found);
            }
            Some(Takes::Text) | None => unquoted(place, scalar, found),
        }
    }
    let span = scalars.iter().map(|s| s.span).reduce(|a, b| Span { start: a.start, end: b.end });
    let (Some(span), Some(takes)) = (span, takes) else { return };
    match test {
        Test::Compare(..) | Test::Range { .. }
            if matches!(takes, Takes::Bool | Takes::Uuid | Takes::Words(_)) =>
        {
            found
                .add(Rule::WrongValue, Level::Warning, span, "values of this token have no order")
                .hint("name them, as in token in (A, B)");
        }
        Test::Range { from, to } => ranged(from, to, span, found),
        _ => {}
    }
}

fn wrong<'f>(scalar: &Scalar, wanted: &str, found: &'f mut Findings<'_>) -> &'f mut Finding {
    found.add(Rule::WrongValue, Level::Warning, scalar.span, format!("this token takes {wanted}"))
}

/// Forms that the language has elsewhere and that nobody is known to send here.
fn unproven(scalar: &Scalar, found: &mut Findings<'_>) {
    if scalar.is_pattern() {
        if scalar.text.starts_with('*') && scalar.text != "*" {
            let message = "a wildcard in front is slow, the service's manual says";
            found.add(Rule::Slow, Level::Note, scalar.span, message);
        }
        found.add(
            Rule::Unproven,
            Level::Note,
            scalar.span,
            "that * stands for any text is a guess: no filter of this service is known that has it",
        );
    }
    if scalar.quote == Quote::Single {
        let quote = if scalar.text.contains('"') { Quote::Backtick } else { Quote::Double };
        let finding = found.add(
            Rule::Unproven,
            Level::Note,
            scalar.span,
            "single quotes are seen in another module of the service only",
        );
        if let Some(text) = in_quotes(&scalar.text, quote) {
            finding.hint(format!("write {text}")).edit(scalar.span, text);
        }
    }
}

/// The text in these quotes, if they can hold it.
fn in_quotes(text: &str, quote: Quote) -> Option<String> {
    let mark = quote.mark()?;
    (!text.contains(mark)).then(|| format!("{mark}{text}{mark}"))
}

/// Whether the upper case of values is what the service is known to want.
fn wants_upper(place: Option<(Family, &str)>) -> bool {
    matches!(place, Some((Family::Connectors | Family::Controls, _)))
}

fn cased(place: Option<(Family, &str)>, scalar: &Scalar, meant: String, found: &mut Findings<'_>) -> bool {
    if scalar.text == meant {
        return false;
    }
    let (level, message) = match wants_upper(place) {
        true => (Level::Warning, "values of this token are in upper case"),
        false => (Level::Note, "values of this token are seen in another case"),
    };
    let written = match scalar.quote.mark() {
        Some(mark) => format!("{mark}{meant}{mark}"),
        None => meant,
    };
    let finding = found.add(Rule::LetterCase, level, scalar.span, message);
    finding.hint(format!("write {written}")).edit(scalar.span, written);
    true
}

fn worded(
    place: Option<(Family, &str)>,
    scalar: &Scalar,
    words: &'static [&'static str],
    found: &mut Findings<'_>,
) {
    if scalar.is_pattern() {
        return;
    }
    if let Some(word) = words.iter().find(|w| w.eq_ignore_ascii_case(&scalar.text)) {
        // No form of the two booleans is known to be refused.
        if words[0] != "true" {
            cased(place, scalar, (*word).to_owned(), found);
        }
        return;
    }
    let meant = surely(&scalar.text, words);
    let near = nearest(&scalar.text, words);
    let finding = wrong(scalar, &format!("one of {}", words.join(", ")), found);
    match (meant, &near[..]) {
        (Some(word), _) => {
            finding.hint(format!("write {word}")).edit(scalar.span, word);
        }
        (None, [_, ..]) => {
            finding.hint(format!("did you mean {}?", near.join(" or ")));
        }
        (None, []) => {}
    }
}

fn unquoted(place: Option<(Family, &str)>, scalar: &Scalar, found: &mut Findings<'_>) {
    if scalar.quote != Quote::Bare {
        return;
    }
    let (level, message) = if scalar.text.contains(' ') {
        match place {
            Some((Family::Controls, "policy.name")) => (
                Level::Note,
                "this value with spaces is unquoted, which an official script of the service does here",
            ),
            _ => (Level::Warning, "this value with spaces is unquoted, which is not known to work here"),
        }
    } else if scalar.text.contains(':') {
        (Level::Note, "this value holds a colon and is unquoted, which is not known to work")
    } else {
        return;
    };
    let finding = found.add(Rule::Unquoted, level, scalar.span, message);
    if scalar.is_pattern() {
        finding.hint("in quotes its * is no wildcard any more; narrow it by another token");
    } else if let Some(text) = in_quotes(&scalar.text, Quote::Double) {
        finding.hint(format!("write {text}")).edit(scalar.span, text);
    }
}

fn dated(place: Option<(Family, &str)>, scalar: &Scalar, found: &mut Findings<'_>) {
    if scalar.is_pattern() {
        return;
    }
    let span = scalar.span;
    match date::form(&scalar.text) {
        None => {
            wrong(scalar, "a date", found).hint("write 2026-01-31, now-30d or a range as [now-30d .. now]");
        }
        Some(Form::Relative { .. }) if scalar.quote != Quote::Bare => {
            let bare = without_spaces(&scalar.text);
            found
                .add(Rule::DateForm, Level::Warning, span, "a time relative to now does not count in quotes")
                .hint(format!("write {bare}"))
                .edit(span, bare);
        }
        Some(Form::Relative { .. }) if scalar.text.contains(char::is_whitespace) => {
            let bare = without_spaces(&scalar.text);
            found
                .add(Rule::DateForm, Level::Warning, span, "no time relative to now is known that has spaces")
                .hint(format!("write {bare}"))
                .edit(span, bare);
        }
        Some(Form::Relative { known: false }) => {
            found
                .add(Rule::DateForm, Level::Note, span, "that y stands for years is a guess")
                .hint("count in d");
        }
        Some(Form::Relative { known: true } | Form::Day) => {}
        Some(Form::MonthOrYear) => {
            found
                .add(
                    Rule::DateForm,
                    Level::Note,
                    span,
                    "that a month or a year stands for all its days is a guess",
                )
                .hint("write a range of days");
        }
        Some(Form::Instant { utc: false }) if matches!(place, Some((Family::Connectors, _))) => {
            found
                .add(Rule::DateForm, Level::Warning, span, "connectors take dates in UTC only")
                .hint("write the time in UTC, with Z at its end");
        }
        Some(Form::Instant { .. }) => {
            let finding = found.add(
                Rule::DateForm,
                Level::Note,
                span,
                "a date with a time of day is seen in other modules of the service only",
            );
            match in_quotes(&scalar.text, Quote::Double).filter(|_| scalar.quote == Quote::Bare) {
                Some(text) => finding.hint(format!("there it is quoted: {text}")).edit(span, text),
                None => finding,
            };
        }
    }
}

fn without_spaces(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn ranged(from: &Bound, to: &Bound, span: Span, found: &mut Findings<'_>) {
    if from.inclusive != to.inclusive {
        found.add(Rule::Unproven, Level::Note, span, "a range that includes one end only is a guess");
    }
    if order(&from.value, &to.value) == Some(Ordering::Greater) {
        let (first, last) = (from.value.to_string(), to.value.to_string());
        found
            .add(
                Rule::Backwards,
                Level::Warning,
                span,
                "this range ends before it begins, so nothing is in it",
            )
            .hint(format!("write {last} .. {first}"))
            .edit(from.value.span, last)
            .edit(to.value.span, first);
    }
}

/// How two ends of a range compare, where that is the same at any time.
fn order(from: &Scalar, to: &Scalar) -> Option<Ordering> {
    if let (Some(from), Some(to)) = (Number::parse(&from.text), Number::parse(&to.text)) {
        return from.compare(to);
    }
    let relative = |s: &Scalar| matches!(date::form(&s.text), Some(Form::Relative { .. }));
    if relative(from) != relative(to) {
        return None;
    }
    let period = |s: &Scalar| date::period(&s.text, s.quote == Quote::Bare, Timestamp::UNIX_EPOCH);
    Some(period(from)?.first.cmp(&period(to)?.last))
}
