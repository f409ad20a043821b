//! Why a text is not QQL.

use super::ast::Span;
use std::fmt;
use unicode_width::UnicodeWidthChar;

/// A text that is not QQL: where, what and how to put it right.
///
/// `Display` is one line; [`SyntaxError::caret`] shows the place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyntaxError {
    /// Byte offset into the text.
    pub offset: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to write instead, where that is known.
    pub hint: Option<String>,
}

impl SyntaxError {
    pub(super) fn new(source: &str, offset: usize, message: String, hint: Option<String>) -> SyntaxError {
        let offset = offset.min(source.len());
        SyntaxError { offset, column: column(source, offset), message, hint }
    }

    /// The text on one line and below it a caret under the place of the error.
    ///
    /// `source` is the text that was parsed. Line breaks, tabs and control characters are shown as spaces;
    /// the caret allows for characters that take two columns or none.
    pub fn caret(&self, source: &str) -> String {
        underlined(source, Span { start: self.offset, end: self.offset })
    }
}

/// The column of a byte, in characters and counted from 1.
pub(super) fn column(source: &str, offset: usize) -> usize {
    source.char_indices().take_while(|(at, _)| *at < offset).count() + 1
}

/// The text on one line and below it carets under a place in it, one at least.
///
/// Line breaks, tabs and control characters are shown as spaces; the carets allow for characters that take two
/// columns or none.
pub fn underlined(source: &str, span: Span) -> String {
    let shown = |c: char| if c.is_control() { ' ' } else { c };
    let width = |from: usize, to: usize| -> usize {
        let inside = source.char_indices().filter(|(at, _)| (from..to).contains(at));
        inside.map(|(_, c)| shown(c).width().unwrap_or(0)).sum()
    };
    let line: String = source.chars().map(shown).collect();
    let carets = "^".repeat(width(span.start, span.end).max(1));
    format!("{line}\n{:indent$}{carets}", "", indent = width(0, span.start))
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SyntaxError {}
