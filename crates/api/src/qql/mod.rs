//! QQL, the language of `filter`, `query`, `updated` and `qql`: parser with positions, canonical text,
//! builder, the tokens that are known, what may be wrong with a filter, what it says in plain words, and
//! evaluation against a record.
//!
//! ```
//! use totalcloud_api::qql::{self, Query};
//!
//! let typed = qql::parse("provider:AWS and NOT service.type:ACM").unwrap();
//! let built = Query::term("provider", "AWS").and(Query::term("service.type", "ACM").not());
//! assert_eq!(typed, built);
//! assert_eq!(built.to_string(), "provider:AWS AND NOT service.type:ACM");
//! ```
//!
//! # What is certain and what is guessed
//!
//! The service does not publish its parser. Everything its manuals and known callers send is accepted here.
//! These readings are guesses, chosen so that a filter means what its reader would expect:
//!
//! - `NOT` binds tighter than `AND`, `AND` tighter than `OR`.
//! - Two terms without an operator between them are an error ([`Adjacency`] can make them an `AND`).
//! - An unquoted value goes on over spaces until an operator, a parenthesis or the next term.
//! - There is no escape character. A value that holds one kind of quote is put into another kind.
//! - `now-1m` is one calendar month; minutes have no letter.
//!
//! How values are compared is described at [`Query::matches`]. This module is for building, checking and
//! simulating; a filter that a user typed goes to the service as typed.

mod ast;
mod build;
mod check;
mod date;
mod error;
mod eval;
mod explain;
mod format;
#[cfg(test)]
mod laws;
mod lex;
mod parse;
#[cfg(test)]
mod tests;
mod tokens;
mod words;

pub use ast::{Bound, Comparison, Node, NodeKind, Query, Quote, Scalar, Span, Term, Test, Token, Updated};
pub use check::{Checked, Edit, Finding, Level, Rule, check, check_updated};
pub use error::{SyntaxError, underlined};
pub use eval::{FieldValue, Match, Matcher, Record, Values};
pub use explain::{Line, explain};
pub use parse::{Adjacency, MAX_DEPTH, parse, parse_updated, parse_with};
pub use tokens::{Family, KnownToken, Takes, family_of, operations};
