//! Making queries in code. Whatever a value holds, it stays one value.

use super::ast::{Bound, Comparison, Node, NodeKind, Query, Quote, Scalar, Term, Test, Token, Updated};
use super::date;
use super::parse::is_keyword;

impl Query {
    /// `token:value`: the field contains the words of the value.
    ///
    /// The value is quoted where it needs to be; `*` is no wildcard here. A value that holds all three kinds
    /// of quotes can not be written in QQL: its double quotes become spaces, which the service's comparison
    /// by words ignores.
    ///
    /// Characters of `token` that no token has become `_`, so that a wrong token stays one (unknown) token.
    pub fn term(token: &str, value: impl AsRef<str>) -> Query {
        Query::of(token, Test::Is(Scalar::quoting(value.as_ref())))
    }

    /// ``token:`value` ``: the field is exactly this.
    ///
    /// A value with a backtick in it can not be written so; it becomes a quoted value, which matches more.
    pub fn exact(token: &str, value: impl AsRef<str>) -> Query {
        let value = value.as_ref();
        let scalar =
            if value.contains('`') { Scalar::quoting(value) } else { Scalar::new(value, Quote::Backtick) };
        Query::of(token, Test::Is(scalar))
    }

    /// `token in (A, B)`: the field contains the words of one of the values.
    ///
    /// Without values this is [`Query::nothing`].
    pub fn any_of<I>(token: &str, values: I) -> Query
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let values: Vec<Scalar> = values.into_iter().map(|value| Scalar::quoting(value.as_ref())).collect();
        if values.is_empty() { Query::nothing() } else { Query::of(token, Test::AnyOf(values)) }
    }

    /// `token:[a .. b]`: from `a` to `b`, both included; a day includes its end.
    pub fn between(token: &str, a: impl AsRef<str>, b: impl AsRef<str>) -> Query {
        Query::range(token, a, true, b, true)
    }

    /// A range with a say in whether its ends are included: `[a .. b]`, `(a .. b)`, `[a .. b)` or `(a .. b]`.
    pub fn range(
        token: &str,
        a: impl AsRef<str>,
        includes_a: bool,
        b: impl AsRef<str>,
        includes_b: bool,
    ) -> Query {
        Query::of(token, ranged(a.as_ref(), includes_a, b.as_ref(), includes_b))
    }

    /// `token:>value` and its like.
    pub fn compare(token: &str, how: Comparison, value: impl AsRef<str>) -> Query {
        Query::of(token, Test::Compare(how, Scalar::quoting(value.as_ref())))
    }

    /// `token is null`: the field has no value.
    pub fn is_null(token: &str) -> Query {
        Query::of(token, Test::Null)
    }

    /// Text without a token.
    pub fn text(value: impl AsRef<str>) -> Query {
        Query { root: Some(Node::new(NodeKind::Text(Scalar::quoting(value.as_ref())))) }
    }

    /// The query no record meets, `NOT *`.
    ///
    /// The language has no word for it and the service is not known to understand this one: a caller
    /// that may hold it asks [`Query::is_nothing`] and spares the request.
    pub fn nothing() -> Query {
        let everything = Node::new(NodeKind::Text(Scalar::new("*", Quote::Bare)));
        Query { root: Some(Node::new(NodeKind::Not(Box::new(everything)))) }
    }

    /// Whether this is [`Query::nothing`].
    pub fn is_nothing(&self) -> bool {
        *self == Query::nothing()
    }

    /// Both. [`Query::all`] adds nothing, [`Query::nothing`] leaves nothing.
    pub fn and(self, other: Query) -> Query {
        if self.is_nothing() || other.is_nothing() {
            return Query::nothing();
        }
        match (self.root, other.root) {
            (Some(a), Some(b)) => Query { root: Some(Node::all_of(vec![a, b])) },
            (root, None) | (None, root) => Query { root },
        }
    }

    /// Either. [`Query::nothing`] adds nothing, [`Query::all`] leaves no condition.
    pub fn or(self, other: Query) -> Query {
        if self.is_nothing() {
            return other;
        }
        if other.is_nothing() {
            return self;
        }
        match (self.root, other.root) {
            (Some(a), Some(b)) => Query { root: Some(Node::one_of(vec![a, b])) },
            _ => Query::all(),
        }
    }

    /// The opposite. Twice is the query itself.
    #[allow(clippy::should_implement_trait)]
    pub fn not(self) -> Query {
        if self.is_nothing() {
            return Query::all();
        }
        match self.root {
            None => Query::nothing(),
            Some(Node { kind: NodeKind::Not(inner), .. }) => Query { root: Some(*inner) },
            Some(node) => Query { root: Some(Node::new(NodeKind::Not(Box::new(node)))) },
        }
    }

    fn of(token: &str, test: Test) -> Query {
        Query { root: Some(Node::new(NodeKind::Term(Term { token: Token::cleaned(token), test }))) }
    }
}

impl std::ops::Not for Query {
    type Output = Query;

    fn not(self) -> Query {
        Query::not(self)
    }
}

impl Updated {
    /// `[a .. b]`, both included.
    pub fn between(a: impl AsRef<str>, b: impl AsRef<str>) -> Updated {
        Updated { test: Some(ranged(a.as_ref(), true, b.as_ref(), true)) }
    }

    /// One day or instant.
    pub fn on_date(date: impl AsRef<str>) -> Updated {
        Updated { test: Some(Test::Is(Scalar::quoting(date.as_ref()))) }
    }
}

fn ranged(a: &str, includes_a: bool, b: &str, includes_b: bool) -> Test {
    Test::Range {
        from: Bound { value: Scalar::quoting(a), inclusive: includes_a },
        to: Bound { value: Scalar::quoting(b), inclusive: includes_b },
    }
}

impl Scalar {
    /// The value in the quotes it needs.
    fn quoting(value: &str) -> Scalar {
        if is_plain(value) {
            return Scalar::new(value, Quote::Bare);
        }
        for quote in [Quote::Double, Quote::Backtick, Quote::Single] {
            if quote.mark().is_some_and(|mark| !value.contains(mark)) {
                return Scalar::new(value, quote);
            }
        }
        Scalar::new(value.replace('"', " "), Quote::Double)
    }
}

/// Whether a value can stand without quotes in every place.
fn is_plain(value: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '@' | '+');
    let reserved = is_keyword(value) || ["in", "is", "null"].iter().any(|w| value.eq_ignore_ascii_case(w));
    !value.is_empty()
        && value.chars().all(plain)
        && !value.contains("..")
        && !value.starts_with('.')
        && !value.ends_with('.')
        && !reserved
        && !date::is_broken_relative(value)
}

impl Token {
    /// The text as a token; what can not be in one becomes `_`.
    pub(super) fn cleaned(text: &str) -> Token {
        let mut name: String = text
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '_' })
            .collect();
        if is_keyword(&name) {
            name.push('_');
        }
        if !Token::is_valid(&name) {
            name = name
                .split('.')
                .map(|word| {
                    let begins = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
                    if begins { word.to_owned() } else { format!("_{word}") }
                })
                .collect::<Vec<_>>()
                .join(".");
        }
        Token { name, span: super::Span::default() }
    }
}
