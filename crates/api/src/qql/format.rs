//! The canonical text of a query. It parses to the same query.

use super::ast::{Comparison, Node, NodeKind, Query, Scalar, Term, Test, Updated};
use std::fmt::{self, Display, Formatter};

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.root.as_ref().map_or(Ok(()), |root| root.fmt(f))
    }
}

impl Display for Node {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            NodeKind::And(parts) => {
                joined(f, parts, " AND ", |part| matches!(part.kind, NodeKind::And(_) | NodeKind::Or(_)))
            }
            NodeKind::Or(parts) => joined(f, parts, " OR ", |part| matches!(part.kind, NodeKind::Or(_))),
            NodeKind::Not(inner) => {
                f.write_str("NOT ")?;
                grouped(f, inner, matches!(inner.kind, NodeKind::And(_) | NodeKind::Or(_)))
            }
            NodeKind::Term(term) => term.fmt(f),
            NodeKind::Text(text) => text.fmt(f),
        }
    }
}

fn joined(f: &mut Formatter<'_>, parts: &[Node], sign: &str, group: fn(&Node) -> bool) -> fmt::Result {
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            f.write_str(sign)?;
        }
        grouped(f, part, group(part))?;
    }
    Ok(())
}

fn grouped(f: &mut Formatter<'_>, node: &Node, group: bool) -> fmt::Result {
    if group { write!(f, "({node})") } else { node.fmt(f) }
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.token.name)?;
        match &self.test {
            Test::AnyOf(values) => {
                f.write_str(" in ")?;
                listed(f, values, '(', ')')
            }
            Test::Null => f.write_str(" is null"),
            test => write!(f, ":{test}"),
        }
    }
}

/// The text after `token:`.
impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Test::Is(value) => value.fmt(f),
            Test::Compare(how, value) => write!(f, "{how}{value}"),
            Test::AnyOf(values) => listed(f, values, '[', ']'),
            Test::Range { from, to } => {
                let open = if from.inclusive { '[' } else { '(' };
                let close = if to.inclusive { ']' } else { ')' };
                write!(f, "{open}{} .. {}{close}", from.value, to.value)
            }
            Test::Null => f.write_str("null"),
        }
    }
}

fn listed(f: &mut Formatter<'_>, values: &[Scalar], open: char, close: char) -> fmt::Result {
    write!(f, "{open}")?;
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        value.fmt(f)?;
    }
    write!(f, "{close}")
}

impl Display for Comparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
        })
    }
}

impl Display for Scalar {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.quote.mark() {
            None => f.write_str(&self.text),
            Some(mark) => write!(f, "{mark}{}{mark}", self.text),
        }
    }
}

/// The text of the `updated` parameter.
impl Display for Updated {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.test.as_ref().map_or(Ok(()), |test| test.fmt(f))
    }
}
