//! The grammar: `or := and (OR and)*`, `and := unary (AND unary)*`, `unary := NOT* primary`.

use super::ast::{Bound, Node, NodeKind, Query, Quote, Scalar, Span, Term, Test, Updated};
use super::date;
use super::error::SyntaxError;
use super::lex::{
    Fault, Input, Operator, Parsed, Place, at, bare, comparison, head, keyword, next_char, quoted, rest,
    spaces, word,
};
use winnow::combinator::opt;
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Stream};

/// How deep parentheses and `NOT` may be nested. Deeper texts are refused, so that none can use up the stack.
pub const MAX_DEPTH: usize = 32;

/// What two terms without an operator between them mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Adjacency {
    /// An error that names the place.
    #[default]
    Refuse,
    /// The same as `AND`.
    And,
}

/// Reads a query. Empty text is the query every record meets.
///
/// # Errors
/// [`SyntaxError`] with the place and, where it is known, what to write instead.
pub fn parse(text: &str) -> Result<Query, SyntaxError> {
    parse_with(text, Adjacency::Refuse)
}

/// Reads a query, with a say in what terms without an operator mean.
///
/// # Errors
/// [`SyntaxError`] with the place and, where it is known, what to write instead.
pub fn parse_with(text: &str, adjacency: Adjacency) -> Result<Query, SyntaxError> {
    let grammar = Grammar { adjacency };
    let read = |input: &mut Input<'_>| -> Parsed<Query> {
        spaces(input)?;
        if rest(input).is_empty() {
            return Ok(Query::all());
        }
        let root = grammar.or(input, 0)?;
        end(input)?;
        Ok(Query { root: Some(root) })
    };
    whole(text, read)
}

/// Reads the value of the `updated` parameter: a day, an instant or a range, without a token.
///
/// # Errors
/// [`SyntaxError`] with the place and, where it is known, what to write instead.
pub fn parse_updated(text: &str) -> Result<Updated, SyntaxError> {
    let read = |input: &mut Input<'_>| -> Parsed<Updated> {
        spaces(input)?;
        if rest(input).is_empty() {
            return Ok(Updated::default());
        }
        if super::lex::begins_term(input) {
            return Err(Fault::new(at(input), "'updated' takes a date or a range without a token")
                .hint("write it as [now-30d .. now]"));
        }
        let test = match opt(comparison).parse_next(input)? {
            Some(how) => compared(input, how)?,
            None => value(input)?,
        };
        end(input)?;
        Ok(Updated { test: Some(test) })
    };
    whole(text, read)
}

/// Whether this word is one of the operators.
pub(super) fn is_keyword(word: &str) -> bool {
    ["and", "or", "not"].iter().any(|k| word.eq_ignore_ascii_case(k))
}

fn whole<T>(text: &str, read: impl Fn(&mut Input<'_>) -> Parsed<T>) -> Result<T, SyntaxError> {
    read(&mut LocatingSlice::new(text))
        .map_err(|fault| SyntaxError::new(text, fault.offset, fault.message, fault.hint))
}

struct Grammar {
    adjacency: Adjacency,
}

impl Grammar {
    fn or(&self, input: &mut Input<'_>, depth: usize) -> Parsed<Node> {
        let mut parts = vec![self.and(input, depth)?];
        while opt(keyword("or")).parse_next(input)?.is_some() {
            parts.push(self.and(input, depth)?);
        }
        Ok(Node::one_of(parts))
    }

    fn and(&self, input: &mut Input<'_>, depth: usize) -> Parsed<Node> {
        let mut parts = vec![self.unary(input, depth)?];
        while opt(keyword("and")).parse_next(input)?.is_some() || self.adjacent(input) {
            parts.push(self.unary(input, depth)?);
        }
        Ok(Node::all_of(parts))
    }

    /// Whether something that can only be a further condition follows and adjacency is allowed.
    fn adjacent(&self, input: &Input<'_>) -> bool {
        let mut ahead = *input;
        self.adjacency == Adjacency::And
            && spaces(&mut ahead).is_ok()
            && keyword("or")(&mut { ahead }).is_err()
            && next_char(&ahead).is_some_and(|c| !matches!(c, ')' | ']' | '[' | ',' | ':' | '<' | '>'))
    }

    fn unary(&self, input: &mut Input<'_>, depth: usize) -> Parsed<Node> {
        let mut nots = Vec::new();
        loop {
            spaces(input)?;
            let start = at(input);
            if opt(keyword("not")).parse_next(input)?.is_none() {
                break;
            }
            nots.push(start);
            deep(depth + nots.len(), start)?;
        }
        let mut node = self.primary(input, depth + nots.len())?;
        for start in nots.into_iter().rev() {
            let span = Span { start, end: node.span.end };
            node = Node { span, kind: NodeKind::Not(Box::new(node)) };
        }
        Ok(node)
    }

    fn primary(&self, input: &mut Input<'_>, depth: usize) -> Parsed<Node> {
        spaces(input)?;
        let start = at(input);
        let kind = match next_char(input) {
            None => {
                return Err(
                    Fault::new(start, "the text ends where a term is expected").hint("write token:value")
                );
            }
            Some('(') => return self.group(input, depth),
            Some('"' | '\'' | '`') => NodeKind::Text(quoted(input)?),
            Some(_) => match head(input)? {
                Some((token, operator)) => NodeKind::Term(Term { token, test: tested(input, operator)? }),
                None => NodeKind::Text(free_text(input)?),
            },
        };
        Ok(Node { span: Span { start, end: at(input) }, kind })
    }

    fn group(&self, input: &mut Input<'_>, depth: usize) -> Parsed<Node> {
        let start = at(input);
        deep(depth + 1, start)?;
        input.next_token();
        spaces(input)?;
        if next_char(input) == Some(')') {
            return Err(Fault::new(start, "these parentheses are empty"));
        }
        let node = self.or(input, depth + 1)?;
        spaces(input)?;
        match next_char(input) {
            Some(')') => {
                input.next_token();
                Ok(Node { span: Span { start, end: at(input) }, kind: node.kind })
            }
            None => Err(Fault::new(start, "this parenthesis is never closed")),
            Some(_) => Err(stray(input)),
        }
    }
}

fn deep(depth: usize, start: usize) -> Parsed<()> {
    if depth > MAX_DEPTH {
        return Err(Fault::new(start, format!("parentheses and NOT are nested deeper than {MAX_DEPTH}")));
    }
    Ok(())
}

/// What follows token and operator.
fn tested(input: &mut Input<'_>, operator: Operator) -> Parsed<Test> {
    match operator {
        Operator::Colon => value(input),
        Operator::Compare(how) => compared(input, how),
        Operator::In => {
            spaces(input)?;
            if next_char(input) != Some('(') {
                return Err(Fault::new(at(input), "IN takes parentheses").hint("write token in (A, B)"));
            }
            let open = at(input);
            input.next_token();
            list(input, open, ')', Vec::new())
        }
        Operator::IsNull => Ok(Test::Null),
    }
}

fn compared(input: &mut Input<'_>, how: super::Comparison) -> Parsed<Test> {
    let scalar = scalar(input, Place::Outside)?;
    dated(&scalar)?;
    Ok(Test::Compare(how, scalar))
}

fn value(input: &mut Input<'_>) -> Parsed<Test> {
    spaces(input)?;
    if matches!(next_char(input), Some('[' | '(')) {
        return bracketed(input);
    }
    let scalar = scalar(input, Place::Outside)?;
    // Seen in an old script, where it had no effect at all.
    if scalar.quote == Quote::Bare
        && let Some((from, to)) = scalar.text.split_once("..")
        && date::looks_like_bound(from.trim_end())
        && date::looks_like_bound(to.trim_start_matches('.').trim_start())
    {
        return Err(Fault::new(scalar.span.start, "a range needs brackets").hint(format!(
            "write [{} .. {}]",
            from.trim_end(),
            to.trim_start_matches('.').trim_start()
        )));
    }
    Ok(Test::Is(scalar))
}

/// `[A, B]`, `[a .. b]`, `(a .. b)` and the mixed ranges.
fn bracketed(input: &mut Input<'_>) -> Parsed<Test> {
    let open = at(input);
    let inclusive = input.next_token() == Some('[');
    let first = scalar(input, Place::Brackets)?;
    spaces(input)?;
    if rest(input).starts_with("..") {
        return range(input, open, Bound { value: first, inclusive });
    }
    if !inclusive {
        return Err(Fault::new(at(input), "a range is expected in these parentheses")
            .hint("write token:(a .. b) for a range, token in (A, B) or token:[A, B] for a list"));
    }
    list(input, open, ']', vec![first])
}

fn range(input: &mut Input<'_>, open: usize, from: Bound) -> Parsed<Test> {
    let dots = at(input);
    let count = rest(input).bytes().take_while(|b| *b == b'.').count();
    if count > 3 {
        return Err(Fault::new(dots, "a range has two or three dots"));
    }
    input.next_slice(count);
    let value = scalar(input, Place::Brackets)?;
    spaces(input)?;
    let inclusive = match next_char(input) {
        Some(']') => true,
        Some(')') => false,
        None => return Err(Fault::new(open, "this bracket is never closed")),
        Some(_) => return Err(Fault::new(at(input), "a range ends with ] or ) after its second value")),
    };
    input.next_token();
    dated(&from.value)?;
    dated(&value)?;
    Ok(Test::Range { from, to: Bound { value, inclusive } })
}

/// The items of a list after its opening, or after the first item.
fn list(input: &mut Input<'_>, open: usize, close: char, mut items: Vec<Scalar>) -> Parsed<Test> {
    if items.is_empty() {
        items.push(scalar(input, Place::Brackets)?);
    }
    loop {
        spaces(input)?;
        match next_char(input) {
            Some(',') => {
                input.next_token();
                items.push(scalar(input, Place::Brackets)?);
            }
            Some(c) if c == close => {
                input.next_token();
                return Ok(Test::AnyOf(items));
            }
            None => {
                return Err(
                    Fault::new(open, "this list is never closed").hint(format!("close it with {close}"))
                );
            }
            Some(_) => {
                return Err(Fault::new(at(input), format!("a comma or {close} is expected in this list"))
                    .hint("put a value in quotes if it holds reserved characters"));
            }
        }
    }
}

/// A value that must stand here.
fn scalar(input: &mut Input<'_>, place: Place) -> Parsed<Scalar> {
    spaces(input)?;
    let start = at(input);
    if let Some(found) = opt(quoted).parse_next(input)? {
        return Ok(found);
    }
    if rest(input).starts_with('=') {
        return Err(Fault::new(start, "'=' is no operator").hint("write token:value, or quote the value"));
    }
    match opt(|i: &mut Input<'_>| bare(i, place)).parse_next(input)? {
        Some(found) => Ok(found),
        None => {
            let fault = Fault::new(start, "a value is expected");
            Err(match next_char(input) {
                Some(_) => fault.hint("put a value in quotes if it holds reserved characters"),
                None => fault,
            })
        }
    }
}

/// Refuses `now-30min` and the like, which would match nothing without a word.
fn dated(scalar: &Scalar) -> Parsed<()> {
    if scalar.quote == Quote::Bare && date::is_broken_relative(&scalar.text) {
        return Err(Fault::new(scalar.span.start, format!("'{}' is no relative time", short(&scalar.text)))
            .hint("write now-30d; the units are s, h, d, w, m (month) and y"));
    }
    Ok(())
}

fn free_text(input: &mut Input<'_>) -> Parsed<Scalar> {
    let start = at(input);
    let first = word(&mut { *input }, Place::Outside).unwrap_or_default();
    if is_keyword(first) {
        return Err(Fault::new(start, format!("a term is expected before {}", first.to_uppercase())));
    }
    if let Some((name, _)) = first.split_once(':')
        && super::lex::meant_as_term(first)
    {
        return Err(Fault::new(start, format!("'{}' is no token", short(name))).hint(
            "a token is made of letters, digits, '_' and '-', joined by dots; quote a text without a token",
        ));
    }
    let name: &str = first.split(['=', '!']).next().unwrap_or_default();
    if name.len() < first.len() && super::Token::is_valid(name) {
        let sign = &first[name.len()..];
        if sign.starts_with("!=") {
            return Err(
                Fault::new(start + name.len(), "'!=' is no operator").hint(format!("write NOT {name}:value"))
            );
        }
        if sign.starts_with('=') {
            return Err(
                Fault::new(start + name.len(), "'=' is no operator").hint(format!("write {name}:value"))
            );
        }
    }
    match opt(|i: &mut Input<'_>| bare(i, Place::Outside)).parse_next(input)? {
        Some(text) => Ok(text),
        None => Err(stray(input)),
    }
}

/// Nothing but spaces may follow.
fn end(input: &mut Input<'_>) -> Parsed<()> {
    spaces(input)?;
    if rest(input).is_empty() { Ok(()) } else { Err(stray(input)) }
}

/// What stands here does not belong here.
fn stray(input: &Input<'_>) -> Fault {
    let start = at(input);
    match next_char(input) {
        Some(')') => Fault::new(start, "this parenthesis closes nothing"),
        Some(']') => Fault::new(start, "this bracket closes nothing"),
        Some(',') => Fault::new(start, "a comma stands only in lists").hint("write token in (A, B)"),
        Some('[') => Fault::new(start, "a bracket stands only after a token").hint("write token:[A, B]"),
        Some(c @ (':' | '<' | '>')) => {
            Fault::new(start, format!("'{c}' needs a token before it")).hint("write token:value")
        }
        Some(c) => {
            let found = word(&mut { *input }, Place::Outside).map_or_else(|_| c.to_string(), short);
            let fault = Fault::new(start, format!("AND or OR is expected before {found}"));
            if found.eq_ignore_ascii_case("not") {
                return fault.hint("NOT stands before a term, as in NOT token in (A, B) or a:1 AND NOT b:2");
            }
            fault.hint("join terms with AND or OR, and put a value in quotes if it holds reserved characters")
        }
        None => Fault::new(start, "the text ends too early"),
    }
}

/// At most twenty characters of what the user wrote.
fn short(text: &str) -> String {
    let mut out: String = text.chars().take(20).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    out
}
