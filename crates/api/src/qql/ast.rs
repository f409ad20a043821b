//! The tree of a query. It is made by the parser or the builder only, so that its text is always QQL.

use super::parse::is_keyword;

/// A place in the text that was parsed, in bytes; empty at 0 for what the builder made.
///
/// Places do not count when queries are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// A query: a condition, or none, which every record meets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    pub(super) root: Option<Node>,
}

/// A condition and its place.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Node {
    /// Where it stands, with its parentheses if it has any.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind,
}

/// The kinds of condition.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NodeKind {
    /// All of these, two or more, none of them an `And`.
    And(Vec<Node>),
    /// One of these at least, two or more, none of them an `Or`.
    Or(Vec<Node>),
    /// Not this.
    Not(Box<Node>),
    /// A token and what its value must be.
    Term(Term),
    /// Text without a token.
    Text(Scalar),
}

/// A token and what its value must be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Term {
    /// The token.
    pub token: Token,
    /// What its value must be.
    pub test: Test,
}

/// The name before the colon.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Token {
    /// The name, as `control.name`.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

/// What a value must be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Test {
    /// `token:value`
    Is(Scalar),
    /// `token:>5`
    Compare(Comparison, Scalar),
    /// `token in (A, B)` or `token:[A, B]`
    AnyOf(Vec<Scalar>),
    /// `token:[a .. b]`, `token:(a .. b)` or mixed.
    Range {
        /// The lower end.
        from: Bound,
        /// The upper end.
        to: Bound,
    },
    /// `token is null`
    Null,
}

/// One end of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bound {
    /// The value.
    pub value: Scalar,
    /// Whether the value itself is part of the range.
    pub inclusive: bool,
}

/// The operators that order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

/// How a value is quoted, which says how it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quote {
    /// Unquoted: contains these words.
    Bare,
    /// `"…"`: contains these words in this order.
    Double,
    /// `'…'`: taken as `"…"`.
    Single,
    /// `` `…` ``: is exactly this.
    Backtick,
}

impl Quote {
    /// The character, none for unquoted.
    pub fn mark(self) -> Option<char> {
        match self {
            Quote::Bare => None,
            Quote::Double => Some('"'),
            Quote::Single => Some('\''),
            Quote::Backtick => Some('`'),
        }
    }
}

/// A value as written.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Scalar {
    /// The text without its quotes. Runs of spaces in an unquoted value are one space.
    pub text: String,
    /// How it was quoted.
    pub quote: Quote,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// The value of the `updated` parameter, which has no token: a value, a comparison, a list or a range.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Updated {
    pub(super) test: Option<Test>,
}

impl PartialEq for Node {
    fn eq(&self, other: &Node) -> bool {
        self.kind == other.kind
    }
}

impl Eq for Node {}

impl PartialEq for Token {
    fn eq(&self, other: &Token) -> bool {
        self.name == other.name
    }
}

impl Eq for Token {}

impl PartialEq for Scalar {
    fn eq(&self, other: &Scalar) -> bool {
        self.text == other.text && self.quote == other.quote
    }
}

impl Eq for Scalar {}

impl Node {
    pub(super) fn new(kind: NodeKind) -> Node {
        Node { span: Span::default(), kind }
    }

    /// All of `parts`; parts that are themselves an `And` are taken apart.
    pub(super) fn all_of(parts: Vec<Node>) -> Node {
        Node::joined(parts, true)
    }

    /// One of `parts`; parts that are themselves an `Or` are taken apart.
    pub(super) fn one_of(parts: Vec<Node>) -> Node {
        Node::joined(parts, false)
    }

    fn joined(parts: Vec<Node>, and: bool) -> Node {
        let span = Span {
            start: parts.first().map_or(0, |n| n.span.start),
            end: parts.last().map_or(0, |n| n.span.end),
        };
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match (part.kind, and) {
                (NodeKind::And(children), true) | (NodeKind::Or(children), false) => flat.extend(children),
                (kind, _) => flat.push(Node { span: part.span, kind }),
            }
        }
        match flat.pop() {
            Some(only) if flat.is_empty() => only,
            last => {
                flat.extend(last);
                Node { span, kind: if and { NodeKind::And(flat) } else { NodeKind::Or(flat) } }
            }
        }
    }
}

impl Scalar {
    pub(super) fn new(text: impl Into<String>, quote: Quote) -> Scalar {
        Scalar { text: text.into(), quote, span: Span::default() }
    }

    /// Whether this is an unquoted value with a `*` in it.
    pub fn is_pattern(&self) -> bool {
        self.quote == Quote::Bare && self.text.contains('*')
    }
}

impl Token {
    /// Whether this text can be a token: words of letters, digits, `_` and `-`, joined by dots, each
    /// beginning with a letter or `_`, and none of the operators.
    pub fn is_valid(text: &str) -> bool {
        let word = |w: &str| {
            w.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && w.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        };
        text.split('.').all(word) && !is_keyword(text)
    }
}

impl Query {
    /// The query without a condition: every record meets it. Its text is empty.
    pub fn all() -> Query {
        Query::default()
    }

    /// The condition; `None` if there is none.
    pub fn root(&self) -> Option<&Node> {
        self.root.as_ref()
    }

    /// Whether the query has no condition.
    pub fn is_all(&self) -> bool {
        self.root.is_none()
    }

    /// Every term, in the order of the text.
    pub fn terms(&self) -> Vec<&Term> {
        fn walk<'q>(node: &'q Node, out: &mut Vec<&'q Term>) {
            match &node.kind {
                NodeKind::And(parts) | NodeKind::Or(parts) => parts.iter().for_each(|part| walk(part, out)),
                NodeKind::Not(inner) => walk(inner, out),
                NodeKind::Term(term) => out.push(term),
                NodeKind::Text(_) => {}
            }
        }
        let mut out = Vec::new();
        if let Some(root) = &self.root {
            walk(root, &mut out);
        }
        out
    }

    /// The names of the tokens, each once, in the order of the text.
    pub fn tokens(&self) -> Vec<&str> {
        let mut out: Vec<&str> = Vec::new();
        for term in self.terms() {
            if !out.contains(&term.token.name.as_str()) {
                out.push(&term.token.name);
            }
        }
        out
    }

    /// The values `token` is pinned to: some if every match must have one of these for it.
    ///
    /// That is so when the query is one term on `token`, or an `AND` with such a term, and the term is
    /// `token:value`, `token in (…)` or `token:[…]` without a wildcard. Of several such terms the one with the
    /// fewest values counts. Unquoted and `"…"` values match contained words without regard to case, so this
    /// narrows a search only where the field is an identifier of one word, as an account id; the rows it leads
    /// to must still be tested with [`Query::matches`].
    pub fn equality(&self, token: &str) -> Option<Vec<&str>> {
        let root = self.root.as_ref()?;
        let parts = match &root.kind {
            NodeKind::And(parts) => parts.as_slice(),
            _ => std::slice::from_ref(root),
        };
        let pinned = parts.iter().filter_map(|node| match &node.kind {
            NodeKind::Term(term) if term.token.name == token => term.test.values(),
            _ => None,
        });
        pinned.min_by_key(Vec::len)
    }
}

impl Test {
    /// The values of a test for equality, `None` for other tests and where a wildcard stands.
    fn values(&self) -> Option<Vec<&str>> {
        let scalars = match self {
            Test::Is(value) => std::slice::from_ref(value),
            Test::AnyOf(values) => values.as_slice(),
            _ => return None,
        };
        scalars.iter().map(|s| (!s.is_pattern()).then_some(s.text.as_str())).collect()
    }
}

impl Updated {
    /// What the value must be; `None` if the text was empty.
    pub fn test(&self) -> Option<&Test> {
        self.test.as_ref()
    }

    /// The same condition on a token.
    pub fn on(self, token: &str) -> Query {
        let token = Token::cleaned(token);
        Query { root: self.test.map(|test| Node::new(NodeKind::Term(Term { token, test }))) }
    }
}
