//! The smallest pieces of the text: spaces, words, quoted values, tokens.

use super::ast::{Comparison, Quote, Scalar, Span, Token};
use super::parse::is_keyword;
use winnow::combinator::{alt, opt, peek, preceded};
use winnow::error::ParserError;
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Location, Stream};
use winnow::token::{literal, take_while};

pub(super) type Input<'s> = LocatingSlice<&'s str>;
pub(super) type Parsed<T> = Result<T, Fault>;

/// A failure on the way: soft ones let another reading be tried, hard ones reach the user.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) message: String,
    pub(super) hint: Option<String>,
    soft: bool,
}

impl Fault {
    pub(super) fn new(offset: usize, message: impl Into<String>) -> Fault {
        Fault { offset, message: message.into(), hint: None, soft: false }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Fault {
        self.hint = Some(hint.into());
        self
    }
}

impl<'s> ParserError<Input<'s>> for Fault {
    type Inner = Fault;

    fn from_input(input: &Input<'s>) -> Fault {
        let offset = input.current_token_start();
        Fault { offset, message: "this is no QQL".to_owned(), hint: None, soft: true }
    }

    fn is_backtrack(&self) -> bool {
        self.soft
    }

    fn into_inner(self) -> Result<Fault, Fault> {
        Ok(self)
    }
}

/// Where the reader stands.
pub(super) fn at(input: &Input<'_>) -> usize {
    input.current_token_start()
}

/// What is left.
pub(super) fn rest<'s>(input: &Input<'s>) -> &'s str {
    input.peek_finish()
}

/// The next character.
pub(super) fn next_char(input: &Input<'_>) -> Option<char> {
    rest(input).chars().next()
}

pub(super) fn spaces<'s>(input: &mut Input<'s>) -> Parsed<&'s str> {
    take_while(0.., char::is_whitespace).parse_next(input)
}

/// Whether brackets are open, where `..` and `,` end a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Outside,
    Brackets,
}

/// Characters that end an unquoted word wherever they stand.
fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | ',' | '"' | '`' | '<' | '>')
}

/// The unquoted word at the head of `text`; empty if there is none.
fn word_of(text: &str, place: Place) -> &str {
    if text.starts_with([':', '\'']) {
        return "";
    }
    let mut end = text.find(ends_word).unwrap_or(text.len());
    if place == Place::Brackets
        && let Some(dots) = text[..end].find("..")
    {
        end = dots;
    }
    &text[..end]
}

/// An unquoted word; soft failure if there is none.
pub(super) fn word<'s>(input: &mut Input<'s>, place: Place) -> Parsed<&'s str> {
    let found = word_of(rest(input), place);
    if found.is_empty() {
        return Err(Fault::from_input(input));
    }
    Ok(input.next_slice(found.len()))
}

/// Spaces and then this operator or word, which must be a whole word.
pub(super) fn keyword<'s>(wanted: &'static str) -> impl FnMut(&mut Input<'s>) -> Parsed<()> {
    move |input| {
        spaces(input)?;
        if word(input, Place::Outside)?.eq_ignore_ascii_case(wanted) {
            Ok(())
        } else {
            Err(Fault::from_input(input))
        }
    }
}

/// A value in quotes; soft failure if no quote stands here.
pub(super) fn quoted(input: &mut Input<'_>) -> Parsed<Scalar> {
    let start = at(input);
    let quote = match next_char(input) {
        Some('"') => Quote::Double,
        Some('\'') => Quote::Single,
        Some('`') => Quote::Backtick,
        _ => return Err(Fault::from_input(input)),
    };
    input.next_token();
    let mark = quote.mark().unwrap_or('"');
    let Some(length) = rest(input).find(mark) else {
        return Err(Fault::new(start, format!("the quote {mark} is never closed")).hint(
            "there is no escape character: a value that holds a quote goes into another kind of quotes",
        ));
    };
    let text = input.next_slice(length).to_owned();
    input.next_token();
    Ok(Scalar { text, quote, span: Span { start, end: at(input) } })
}

/// A token alone; soft failure if none stands here.
fn token(input: &mut Input<'_>) -> Parsed<Token> {
    let start = at(input);
    let name: &str = take_while(1.., |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        .parse_next(input)?;
    if !Token::is_valid(name) {
        return Err(Fault::from_input(input));
    }
    Ok(Token { name: name.to_owned(), span: Span { start, end: at(input) } })
}

/// What follows the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Colon,
    Compare(Comparison),
    In,
    IsNull,
}

pub(super) fn comparison(input: &mut Input<'_>) -> Parsed<Comparison> {
    alt((
        literal(">=").value(Comparison::GreaterOrEqual),
        literal("<=").value(Comparison::LessOrEqual),
        literal(">").value(Comparison::Greater),
        literal("<").value(Comparison::Less),
    ))
    .parse_next(input)
}

fn operator(input: &mut Input<'_>) -> Parsed<Operator> {
    let colon = preceded((spaces, literal(":"), spaces), opt(comparison))
        .map(|found| found.map_or(Operator::Colon, Operator::Compare));
    let compare = preceded(spaces, comparison).map(Operator::Compare);
    let set = (keyword("in"), spaces, peek(alt((literal("("), literal("["))))).value(Operator::In);
    let null = (keyword("is"), keyword("null")).value(Operator::IsNull);
    alt((colon, compare, set, null)).parse_next(input)
}

/// The beginning of a term: token and operator. `None`, and nothing read, if no term begins here.
pub(super) fn head(input: &mut Input<'_>) -> Parsed<Option<(Token, Operator)>> {
    opt((token, operator)).parse_next(input)
}

/// Whether a term begins here.
pub(super) fn begins_term(input: &Input<'_>) -> bool {
    let mut ahead = *input;
    matches!(head(&mut ahead), Ok(Some(_)))
}

/// Whether a word holds a colon as a term does; a time of day, `10:30`, does not count.
pub(super) fn meant_as_term(word: &str) -> bool {
    word.contains(':') && !word.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.'))
}

/// An unquoted value: a word and those after it, up to an operator, a reserved character or the next term.
pub(super) fn bare(input: &mut Input<'_>, place: Place) -> Parsed<Scalar> {
    let start = at(input);
    let first = word(input, place)?;
    if is_keyword(first) {
        return Err(Fault::new(start, format!("a value is expected before {}", first.to_uppercase()))
            .hint(format!("put it in quotes if '{first}' is the value")));
    }
    let mut text = first.to_owned();
    let mut end = at(input);
    loop {
        let mut ahead = *input;
        let gap = spaces(&mut ahead)?;
        if gap.is_empty() || (place == Place::Outside && begins_term(&ahead)) {
            break;
        }
        match word(&mut ahead, place) {
            Ok(next) if !is_keyword(next) && (place == Place::Brackets || !meant_as_term(next)) => {
                text.push(' ');
                text.push_str(next);
                end = at(&ahead);
                *input = ahead;
            }
            _ => break,
        }
    }
    Ok(Scalar { text, quote: Quote::Bare, span: Span { start, end } })
}
