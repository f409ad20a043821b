//! A text of SQL: its places, and the one query in it.

use super::error::{Place, Result, SqlError, underlined};
use crate::Kind;
use datafusion::common::Span;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast;
use datafusion::sql::sqlparser::dialect::DuckDbDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{self, Token, TokenWithSpan, Tokenizer, TokenizerError};

/// Longer texts are refused: what the parser builds of them may not fit the stack.
const LONGEST: usize = 1 << 20;
/// How deep expressions may be nested.
const DEEPEST: usize = 100;
/// How many signs and words one text may have, for the same reason.
const MOST_TOKENS: usize = 50_000;
/// How many words and signs may follow one another without a comma in between.
const LONGEST_CHAIN: usize = 800;

/// The dialect: that of DuckDB, which has lambdas (`x -> x.key`), `EXCLUDE`, `QUALIFY` and lists.
static DIALECT: DuckDbDialect = DuckDbDialect {};

/// A text of SQL.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'t>(&'t str);

impl<'t> Text<'t> {
    pub(super) fn new(text: &'t str) -> Text<'t> {
        Text(text)
    }

    pub(super) fn as_str(&self) -> &'t str {
        self.0
    }

    /// The byte of a line and a column, both from 1.
    fn byte(&self, line: u64, column: u64) -> Option<usize> {
        let skipped = usize::try_from(line.checked_sub(1)?).ok()?;
        let start = match skipped {
            0 => 0,
            n => self.0.match_indices('\n').nth(n - 1)?.0 + 1,
        };
        let within = usize::try_from(column.checked_sub(1)?).ok()?;
        let rest = &self.0[start..];
        Some(start + rest.char_indices().nth(within).map_or(rest.len(), |(at, _)| at))
    }

    /// The bytes of a place as the engine tells it.
    pub(super) fn range(&self, span: Span) -> Option<(usize, usize)> {
        let start = self.byte(span.start.line, span.start.column)?;
        Some((start, self.byte(span.end.line, span.end.column)?.max(start)))
    }

    /// The bytes of a place as the parser tells it.
    pub(super) fn range_of(&self, span: tokenizer::Span) -> Option<(usize, usize)> {
        Span::try_from_sqlparser_span(span).and_then(|span| self.range(span))
    }

    /// The first place of a name.
    pub(super) fn find(&self, name: &str) -> Option<(usize, usize)> {
        let tokens = all_tokens(self.0).ok()?;
        let named = |exact: bool| {
            tokens.iter().find(|t| match &t.token {
                Token::Word(word) if exact => word.value == name,
                Token::Word(word) => word.value.eq_ignore_ascii_case(name),
                Token::SingleQuotedString(text) => text == name,
                _ => false,
            })
        };
        self.range_of(named(true).or_else(|| named(false))?.span)
    }

    /// A place in lines and columns, and its line with carets below.
    pub(super) fn shown(&self, start: usize, end: usize) -> (Place, String) {
        let text = self.0;
        let floor = |mut at: usize| {
            at = at.min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (floor(start), floor(end.max(start)));
        let before = &text[..start];
        let first = before.rfind('\n').map_or(0, |at| at + 1);
        let last = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let place =
            Place { line: before.matches('\n').count() + 1, column: text[first..start].chars().count() + 1 };
        // A long line is shown from some way before the place to some way behind it.
        let from = text[first..start].char_indices().rev().nth(89).map_or(first, |(at, _)| first + at);
        let to = text[start..last].char_indices().nth(90).map_or(last, |(at, _)| start + at);
        let line = text[from..to].trim_end_matches('\r');
        (place, underlined(line, start - from, end.min(to) - from))
    }

    /// The error of a text that cannot be read, by what the parser says.
    pub(super) fn unreadable(&self, said: &str) -> SqlError {
        let said = super::error::sentence(said);
        let mut message = said.as_str();
        let mut at = None;
        if let Some((before, place)) = said.rsplit_once(" at Line: ") {
            let mut numbers =
                place.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse::<u64>().ok());
            if let (Some(line), Some(column)) = (numbers.next(), numbers.next()) {
                at = self.byte(line, column);
                message = before;
            }
        }
        if message.ends_with("found: EOF") && at.is_none() {
            at = Some(self.0.trim_end().len());
        }
        let message = if message.contains("recursion limit exceeded") || message.contains("RecursionLimit") {
            "this query is nested too deeply".to_owned()
        } else {
            let mut message =
                message.replace("found: EOF", "found: the end").replace("Expected: ", "expected: ");
            if let Some(first) = message.get(..1) {
                message = first.to_lowercase() + &message[1..];
            }
            message
        };
        let e = SqlError::input(format!("this is no SQL: {message}"));
        let Some(at) = at else { return e };
        let end = all_tokens(self.0).ok().and_then(|all| {
            all.iter().filter_map(|t| self.range_of(t.span)).find(|(start, _)| *start == at).map(|r| r.1)
        });
        let e = e.at(self, at, end.unwrap_or(at));
        match self.0.get(at..).map(str::trim_start) {
            Some(rest) if rest.starts_with(['\'', '"', '\u{2019}', '\u{2018}', '\u{201c}', '\u{201d}']) => {
                e.hint("text stands in single quotes, and a quote in it is written twice: 'it''s'")
            }
            Some(rest) if rest.starts_with('=') => e.hint("a comparison is written with one ="),
            _ => e,
        }
    }
}

/// The words and signs of a text with their places, without blanks and comments.
pub(super) fn tokens(text: &str) -> Result<Vec<TokenWithSpan>> {
    all_tokens(text).map_err(|e| Text::new(text).unreadable(&e.to_string()))
}

fn all_tokens(text: &str) -> std::result::Result<Vec<TokenWithSpan>, TokenizerError> {
    let mut tokens = Tokenizer::new(&DIALECT, text).tokenize_with_location()?;
    tokens.retain(|t| !matches!(t.token, Token::Whitespace(_)));
    Ok(tokens)
}

/// What is asked.
#[derive(Debug)]
pub(super) enum Asked {
    /// A query, or the explanation of one.
    Query(Statement),
    /// Which tables there are.
    Tables,
    /// Which columns a table has.
    Columns(ast::ObjectName),
}

/// The one query of a text.
pub(super) fn parse(text: &str) -> Result<Asked> {
    let shown = Text::new(text);
    if text.len() > LONGEST {
        return Err(SqlError::input("this query is longer than 1 MiB"));
    }
    let tokens = tokens(text)?;
    let Some(first) = tokens.iter().find(|t| t.token != Token::SemiColon) else {
        return Err(SqlError::input("there is no query").hint("for example: SELECT * FROM tables"));
    };
    if tokens.len() > MOST_TOKENS {
        return Err(SqlError::input(format!("this query has more than {MOST_TOKENS} words and signs")));
    }
    chains_are_short(&tokens, &shown)?;
    if let Token::Word(word) = &first.token
        && word.quote_style.is_none()
        && writes(word.keyword)
    {
        return Err(refused(&word.value.to_uppercase(), &shown, shown.range_of(first.span)));
    }
    let statements = DFParserBuilder::new(text)
        .with_dialect(&DIALECT)
        .with_recursion_limit(DEEPEST)
        .build()
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|e| super::error::told(e, &shown))?;
    if statements.len() > 1 {
        // The second one begins behind the first semicolon that something follows.
        let second = tokens.windows(2).find(|w| {
            w[0].token == Token::SemiColon && w[1].token != Token::SemiColon && w[1].token != Token::EOF
        });
        let e = SqlError::input("one query at a time");
        return Err(match second.and_then(|w| shown.range_of(w[1].span)) {
            Some((start, end)) => e.at(&shown, start, end),
            None => e,
        });
    }
    let Some(statement) = statements.into_iter().next() else {
        return Err(SqlError::input("there is no query"));
    };
    let name = match &first.token {
        Token::Word(word) => word.value.to_uppercase(),
        other => other.to_string(),
    };
    asked(statement).ok_or_else(|| refused(&name, &shown, shown.range_of(first.span)))
}

fn asked(statement: Statement) -> Option<Asked> {
    match &statement {
        Statement::Statement(inner) => match inner.as_ref() {
            ast::Statement::Query(_) => Some(Asked::Query(statement)),
            ast::Statement::ShowTables { .. } => Some(Asked::Tables),
            ast::Statement::ExplainTable { table_name, .. } => Some(Asked::Columns(table_name.clone())),
            _ => None,
        },
        Statement::Explain(explain) => match explain.statement.as_ref() {
            Statement::Statement(inner) if matches!(inner.as_ref(), ast::Statement::Query(_)) => {
                Some(Asked::Query(statement))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The error of a statement that is no query.
pub(super) fn refused(name: &str, text: &Text<'_>, at: Option<(usize, usize)>) -> SqlError {
    let e = SqlError::new(
        Kind::Input,
        format!("{name} is not possible here: an estate is asked, never changed by SQL"),
    )
    .hint("ask with SELECT; 'totalcloud export' writes the rows of a query into files and databases");
    match at {
        Some((start, end)) => e.at(text, start, end),
        None => e,
    }
}

/// Whether a statement that begins so cannot be a query.
fn writes(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::INSERT
            | Keyword::UPDATE
            | Keyword::DELETE
            | Keyword::MERGE
            | Keyword::CREATE
            | Keyword::DROP
            | Keyword::ALTER
            | Keyword::TRUNCATE
            | Keyword::COPY
            | Keyword::SET
            | Keyword::RESET
            | Keyword::GRANT
            | Keyword::REVOKE
            | Keyword::ATTACH
            | Keyword::DETACH
            | Keyword::INSTALL
            | Keyword::LOAD
            | Keyword::PRAGMA
            | Keyword::VACUUM
            | Keyword::ANALYZE
            | Keyword::PREPARE
            | Keyword::EXECUTE
            | Keyword::BEGIN
            | Keyword::COMMIT
            | Keyword::ROLLBACK
            | Keyword::USE
            | Keyword::CALL
            | Keyword::UNLOAD
    )
}

/// Refuses thousands of operators in one row: the tree of such an expression is as deep as the row is long.
fn chains_are_short(tokens: &[TokenWithSpan], text: &Text<'_>) -> Result<()> {
    // How long the row is at each level of parentheses, and in all.
    let mut levels = vec![0];
    let mut all = 0;
    for token in tokens {
        match &token.token {
            Token::LParen | Token::LBracket | Token::LBrace => levels.push(0),
            Token::RParen | Token::RBracket | Token::RBrace if levels.len() > 1 => {
                all -= levels.pop().unwrap_or_default();
            }
            Token::Comma | Token::SemiColon => {
                if let Some(level) = levels.last_mut() {
                    all -= std::mem::take(level);
                }
            }
            _ => {
                if let Some(level) = levels.last_mut() {
                    *level += 1;
                    all += 1;
                }
            }
        }
        if all > LONGEST_CHAIN {
            let e = SqlError::input("this expression is too long")
                .hint("many values are best given as a list: x IN (a, b, …)");
            return Err(match text.range_of(token.span) {
                Some((start, end)) => e.at(text, start, end),
                None => e,
            });
        }
    }
    Ok(())
}

/// The tables that a query names, with their schema if it does; what WITH defines is none.
pub fn tables_of(text: &str) -> Vec<String> {
    let Ok(Asked::Query(mut statement)) = parse(text) else { return Vec::new() };
    let with: Vec<String> = super::names::with_queries(&mut statement);
    let mut tables: Vec<String> = Vec::new();
    for name in super::names::relations(&mut statement) {
        let parts = name.0.iter().filter_map(|p| p.as_ident()).map(|ident| ident.value.clone());
        let table = parts.collect::<Vec<_>>().join(".");
        let defined = with.iter().any(|w| w.eq_ignore_ascii_case(&table));
        if !defined && !tables.contains(&table) {
            tables.push(table);
        }
    }
    tables
}

/// The statements of a text that has several, without the semicolons between them; what follows the last
/// semicolon comes last, marked as not ended.
pub fn statements(text: &str) -> Vec<(&str, bool)> {
    let shown = Text::new(text);
    let mut found = Vec::new();
    let mut from = 0;
    // A text that ends inside a quote or a comment is not ended.
    let ends = tokens(text).map(|tokens| {
        tokens
            .into_iter()
            .filter(|t| t.token == Token::SemiColon)
            .filter_map(|t| shown.range_of(t.span))
            .collect()
    });
    let ends: Vec<(usize, usize)> = ends.unwrap_or_default();
    for (start, end) in ends {
        found.push((text[from..start].trim(), true));
        from = end;
    }
    found.push((text[from..].trim(), false));
    found.retain(|(text, _)| !text.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> SqlError {
        match parse(text) {
            Err(e) => e,
            Ok(_) => panic!("{text} is taken"),
        }
    }

    #[test]
    fn only_queries_are_taken() {
        for text in [
            "SELECT 1",
            "with a as (select 1) select * from a;",
            "VALUES (1)",
            "(select 1)",
            "EXPLAIN SELECT 1",
            "explain analyze select 1",
            "from tables",
            ";select 1;;",
        ] {
            assert!(matches!(parse(text), Ok(Asked::Query(_))), "{text}: {:?}", parse(text));
        }
        assert!(matches!(parse("show tables"), Ok(Asked::Tables)));
        assert!(matches!(parse("describe tables"), Ok(Asked::Columns(_))));
        for text in [
            "INSERT INTO t VALUES (1)",
            "drop table t",
            "copy t to 'x.csv'",
            "set a = 1",
            "create table t as select 1",
            "create external table t stored as csv location 'x'",
            "explain insert into t values (1)",
            "reset x",
            "update t set a = 1",
            "delete from t",
            "prepare p as select 1",
            "truncate table t",
            "pragma x",
        ] {
            let e = wrong(text);
            assert!(e.message().contains("is not possible here"), "{text}: {e}");
        }
        assert_eq!(wrong(" -- nothing\n;").message(), "there is no query");
        let e = wrong("select 1;\n select 2");
        assert_eq!(e.to_string(), "line 2, column 2: one query at a time");
    }

    #[test]
    fn what_is_no_sql_is_told_with_its_place() {
        let e = wrong("SELECT a,\n  b FROM t WHERE )");
        assert_eq!(e.place().map(|p| p.line), Some(2), "{e}");
        let e = wrong("SELECT 'é' FRM t WHERE");
        assert!(e.caret().unwrap().lines().nth(1).unwrap().contains('^'), "{e:?}");
        let e = wrong("SELECT 'open");
        assert!(e.to_string().contains("column 8"), "{e}");
        assert!(e.advice().unwrap().contains("single quotes"), "{e:?}");
    }

    #[test]
    fn statements_are_parted_by_semicolons_outside_of_quotes() {
        assert_eq!(statements("a; b ';' ;\n c"), [("a", true), ("b ';'", true), ("c", false)]);
        assert_eq!(statements("a ' ; "), [("a ' ;", false)]);
        assert!(statements(" ; ;").is_empty());
    }

    #[test]
    fn long_and_deep_texts_are_refused_before_they_hurt() {
        let e = wrong(&format!("select {}1{}", "(".repeat(1500), ")".repeat(1500)));
        assert!(e.message().contains("deeply"), "{e}");
        for long in ["+1", "+abs(1, 2)", " and (a or b)"] {
            assert!(
                wrong(&format!("select 1{}", long.repeat(1_000))).message().contains("too long"),
                "{long}"
            );
        }
        assert!(wrong(&"x".repeat(LONGEST + 1)).message().contains("longer"));
        let many =
            format!("select 1 in ({})", (0..20_000).map(|n| n.to_string()).collect::<Vec<_>>().join(","));
        assert!(parse(&many).is_ok());
    }
}
