//! What may be wrong with the way a query is put together.

use super::{Findings, Level, Rule, parts};
use crate::qql::ast::{Node, NodeKind, Quote, Span};

/// Looks at a condition and all inside it.
pub(super) fn look(node: &Node, found: &mut Findings<'_>) {
    match &node.kind {
        NodeKind::Or(parts) => {
            for part in parts {
                if let NodeKind::And(inner) = &part.kind
                    && !is_grouped(found.text, part.span, inner)
                {
                    let (start, end) = (part.span.start, part.span.end);
                    found
                        .add(
                            Rule::Precedence,
                            Level::Warning,
                            part.span,
                            "AND and OR are mixed without parentheses; that AND binds tighter is a guess",
                        )
                        .hint("put what belongs together into parentheses")
                        .edit(Span { start, end: start }, "(")
                        .edit(Span { start: end, end }, ")");
                }
            }
        }
        NodeKind::Not(_) => {
            let span = Span { start: node.span.start, end: node.span.start + "NOT".len() };
            found
                .add(Rule::Slow, Level::Note, span, "NOT is slow, the service's manual says")
                .hint("name what is wanted, where that can be said");
        }
        NodeKind::Text(text) => {
            // `*` alone is every record.
            if !(text.quote == Quote::Bare && text.text == "*") {
                found
                    .add(Rule::FreeText, Level::Warning, text.span, "this text has no token")
                    .hint("write token:value; no filter of the service is known that goes without a token");
            }
        }
        NodeKind::And(_) | NodeKind::Term(_) => {}
    }
    for part in parts(&node.kind) {
        look(part, found);
    }
}

/// Whether parentheses go around the whole of a condition, and not only around its first and last part. What
/// stands between its parts is operators, parentheses and spaces only.
fn is_grouped(text: &str, span: Span, parts: &[Node]) -> bool {
    let between = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let Some(first) = parts.first() else { return false };
    let mut depth = between(span.start, first.span.start).matches('(').count();
    for pair in parts.windows(2) {
        for sign in between(pair[0].span.end, pair[1].span.start).chars() {
            match sign {
                '(' => depth += 1,
                ')' if depth > 0 => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return false;
            }
        }
    }
    depth > 0
}
