//! A query in plain words: what binds how, what each part asks for, and what of it is a guess.

use super::ast::{Bound, Comparison, Node, NodeKind, Quote, Scalar, Span, Term, Test};
use super::check::{Checked, Level};
use super::date::{self, Form};
use super::tokens::{Family, Takes};

/// One line of an explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line {
    /// How deep it stands below the first.
    pub depth: usize,
    /// What it asks for.
    pub says: String,
    /// The canonical text of this part.
    pub qql: String,
    /// What was found about just this part.
    pub remarks: Vec<(Level, String)>,
}

/// Explains a query, part by part from the outside in. What was found in it stands at the part it is about.
///
/// No line comes of a text that is no QQL.
pub fn explain(checked: &Checked) -> Vec<Line> {
    let Ok(query) = checked.query() else { return Vec::new() };
    let Some(root) = query.root() else {
        let says = "every row".to_owned();
        return vec![Line { depth: 0, says, qql: String::new(), remarks: Vec::new() }];
    };
    let mut lines = Vec::new();
    walk(root, 0, checked.family(), &mut lines);
    for finding in checked.findings() {
        // The last of the parts that hold the place is the innermost.
        let holds = |span: &Span| span.start <= finding.span.start && finding.span.end <= span.end;
        if let Some((_, line)) = lines.iter_mut().rev().find(|(span, _)| holds(span)) {
            let hint = finding.hint.as_ref().map_or_else(String::new, |hint| format!("; {hint}"));
            line.remarks.push((finding.level, format!("{}{hint}", finding.message)));
        }
    }
    lines.into_iter().map(|(_, line)| line).collect()
}

fn walk(node: &Node, depth: usize, family: Option<Family>, lines: &mut Vec<(Span, Line)>) {
    let says = match &node.kind {
        NodeKind::And(parts) => format!("all {} of these:", parts.len()),
        NodeKind::Or(parts) => format!("at least one of these {}:", parts.len()),
        NodeKind::Not(_) => "not:".to_owned(),
        NodeKind::Term(term) => said(term, family),
        NodeKind::Text(text) => format!("any field {}", holds(text)),
    };
    let line = Line { depth, says, qql: node.to_string(), remarks: Vec::new() };
    lines.push((node.span, line));
    for part in super::check::parts(&node.kind) {
        walk(part, depth + 1, family, lines);
    }
}

fn said(term: &Term, family: Option<Family>) -> String {
    let name = &term.token.name;
    // The value of the `updated` parameter has no token in its text.
    let Some(family) = family else { return format!("updated {}", tested(&term.test, Some(Takes::Date))) };
    match family.token(name) {
        Some(known) => {
            let doc = known.doc.split(';').next().unwrap_or(known.doc);
            format!("{name} ({doc}) {}", tested(&term.test, Some(known.takes)))
        }
        None => format!("{name} {}", tested(&term.test, None)),
    }
}

fn tested(test: &Test, takes: Option<Takes>) -> String {
    let date = takes == Some(Takes::Date);
    match test {
        Test::Is(value) if date => format!("is {}", when(value)),
        Test::Is(value) if by_words(takes) => holds(value),
        Test::Is(value) => format!("is {value}"),
        Test::Compare(how, value) => {
            let sign = match (how, date) {
                (Comparison::Greater, true) => "is after",
                (Comparison::GreaterOrEqual, true) => "is in or after",
                (Comparison::Less, true) => "is before",
                (Comparison::LessOrEqual, true) => "is before the end of",
                (Comparison::Greater, false) => "is more than",
                (Comparison::GreaterOrEqual, false) => "is at least",
                (Comparison::Less, false) => "is less than",
                (Comparison::LessOrEqual, false) => "is at most",
            };
            format!("{sign} {}", end(value, date))
        }
        Test::AnyOf(values) if by_words(takes) => {
            let each: Vec<String> = values.iter().map(holds).collect();
            each.join(", or ")
        }
        Test::AnyOf(values) => {
            let each: Vec<String> = values.iter().map(|v| end(v, date)).collect();
            format!("is one of {}", each.join(", "))
        }
        Test::Range { from, to } => {
            let bound = |b: &Bound| {
                let only = if b.inclusive { "" } else { " (not itself)" };
                format!("{}{only}", end(&b.value, date))
            };
            format!("is from {} to {}", bound(from), bound(to))
        }
        Test::Null => "has no value".to_owned(),
    }
}

/// Whether values are compared by their words: text is, and so is what nobody knows.
fn by_words(takes: Option<Takes>) -> bool {
    matches!(takes, None | Some(Takes::Text | Takes::Upper))
}

fn end(value: &Scalar, date: bool) -> String {
    if date { when(value) } else { value.to_string() }
}

fn holds(value: &Scalar) -> String {
    let words = value.text.split_whitespace().count();
    match value.quote {
        Quote::Bare if value.text == "*" => "has any value".to_owned(),
        Quote::Bare if value.is_pattern() => format!("fits the pattern {value}"),
        Quote::Bare if words > 1 => format!("holds the words {value}, in any order and case"),
        Quote::Bare => format!("holds {value}, in any case"),
        Quote::Double | Quote::Single if words > 1 => format!("holds {value}, in this order and in any case"),
        Quote::Double | Quote::Single => format!("holds {value}, in any case"),
        Quote::Backtick => format!("is exactly {value}"),
    }
}

fn when(value: &Scalar) -> String {
    match date::form(&value.text) {
        Some(Form::Relative { .. }) if value.quote == Quote::Bare => relative(&value.text),
        Some(Form::Day) => format!("the day {value} (UTC)"),
        Some(Form::MonthOrYear) => format!("any day of {value} (UTC)"),
        _ => value.to_string(),
    }
}

/// `now-30d` as `30 days ago`.
fn relative(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let shift = text.get(3..).unwrap_or_default();
    let digits: String = shift.chars().filter(char::is_ascii_digit).collect();
    let unit = match shift.chars().last().map(|c| c.to_ascii_lowercase()) {
        Some('s') => "second",
        Some('h') => "hour",
        Some('d') => "day",
        Some('w') => "week",
        Some('m') => "month",
        Some('y') => "year",
        _ => return "now".to_owned(),
    };
    let many = if digits == "1" { "" } else { "s" };
    let side = if shift.starts_with('-') { "ago" } else { "from now" };
    format!("{digits} {unit}{many} {side}")
}
