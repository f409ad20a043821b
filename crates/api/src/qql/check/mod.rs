//! What may be wrong with a filter, with the place of it, and what to write instead.
//!
//! The service answers an unknown token with no rows and no error, so a filter can be wrong without a word. Nothing
//! here changes a filter: what was found can be told, and [`Checked::fixed`] is there for who asks for it.
//!
//! ```
//! use totalcloud_api::qql::{Family, Level, check};
//!
//! let checked = check(Family::ResourceEvaluations, "result:FAIL");
//! let found = &checked.findings()[0];
//! assert_eq!((found.level, found.column), (Level::Warning, 1));
//! assert_eq!(checked.fixed(Level::Warning).as_deref(), Some("resource.result:FAIL"));
//! ```

mod names;
mod structure;
mod values;

use super::ast::{NodeKind, Query, Span};
use super::error::{SyntaxError, column, underlined};
use super::parse::{parse, parse_updated};
use super::tokens::{Family, Takes};
use std::fmt;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Worth knowing: a guess, or something slow.
    Note,
    /// The filter probably does not say what it should.
    Warning,
    /// It is no QQL.
    Error,
}

impl Level {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal;)*) => {
        /// What a finding is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl Rule {
            /// The name of the rule, as `unknown-token`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Rule::$variant => $name,)* }
            }
        }
    };
}

rules! {
    /// The text is no QQL.
    Syntax "syntax";
    /// The token is not known here.
    UnknownToken "unknown-token";
    /// That the service knows the token is a guess.
    GuessedToken "guessed-token";
    /// A token that looks right and is known to do nothing.
    Trap "trap";
    /// A token that goes by another name at the service, which has no use of its own.
    Renamed "renamed";
    /// A text without a token.
    FreeText "free-text";
    /// The value is not of the kind that the token takes.
    WrongValue "wrong-value";
    /// The value is in the wrong case.
    LetterCase "letter-case";
    /// An unquoted value that should be quoted.
    Unquoted "unquoted";
    /// A date in a form that is not proven.
    DateForm "date-form";
    /// A range whose end comes before its beginning.
    Backwards "backwards";
    /// AND and OR without parentheses.
    Precedence "precedence";
    /// Something that manuals call slow.
    Slow "slow";
    /// A form that the language has and that is not proven here.
    Unproven "unproven";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A change of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Edit {
    /// What is replaced; nothing where it is empty.
    pub span: Span,
    /// What is put there.
    pub text: String,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What it is about.
    pub rule: Rule,
    /// How bad it is.
    pub level: Level,
    /// Where it is, in bytes.
    pub span: Span,
    /// Where it begins, in characters from 1.
    pub column: usize,
    /// What was found.
    pub message: String,
    /// What to write instead, in words.
    pub hint: Option<String>,
    /// What to write instead, as changes of the text; none where that is not certain.
    pub edits: Vec<Edit>,
}

impl Finding {
    /// The text on one line and below it carets under the place.
    pub fn caret(&self, source: &str) -> String {
        underlined(source, self.span)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// What a filter is checked against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Against {
    Family(Family),
    Updated,
}

/// A filter and what was found in it.
#[derive(Debug, Clone)]
pub struct Checked {
    text: String,
    against: Against,
    query: Result<Query, SyntaxError>,
    findings: Vec<Finding>,
}

/// Looks at a filter of a family.
pub fn check(family: Family, text: &str) -> Checked {
    Checked::new(Against::Family(family), text)
}

/// Looks at a value of the `updated` parameter.
pub fn check_updated(text: &str) -> Checked {
    Checked::new(Against::Updated, text)
}

impl Checked {
    fn new(against: Against, text: &str) -> Checked {
        let query = match against {
            Against::Family(_) => parse(text),
            Against::Updated => parse_updated(text).map(|updated| updated.on("updated")),
        };
        let mut found = Findings { text, list: Vec::new() };
        match (&query, against) {
            (Err(error), _) => {
                let length = text[error.offset..].chars().next().map_or(0, char::len_utf8);
                let span = Span { start: error.offset, end: error.offset + length };
                let one = found.add(Rule::Syntax, Level::Error, span, error.message.clone());
                one.hint.clone_from(&error.hint);
            }
            (Ok(query), Against::Family(family)) => {
                if let Some(root) = query.root() {
                    structure::look(root, &mut found);
                }
                for term in query.terms() {
                    let known = names::look(family, term, &mut found);
                    values::look(Some((family, &term.token.name)), known, &term.test, &mut found);
                }
            }
            (Ok(query), Against::Updated) => {
                for term in query.terms() {
                    values::look(None, Some(Takes::Date), &term.test, &mut found);
                }
            }
        }
        let mut findings = found.list;
        findings.sort_by_key(|f| (f.span.start, std::cmp::Reverse(f.level), f.span.end));
        Checked { text: text.to_owned(), against, query, findings }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The query.
    ///
    /// # Errors
    /// If the text is no QQL.
    pub fn query(&self) -> Result<&Query, &SyntaxError> {
        self.query.as_ref()
    }

    /// The family; `None` for the `updated` parameter.
    pub fn family(&self) -> Option<Family> {
        match self.against {
            Against::Family(family) => Some(family),
            Against::Updated => None,
        }
    }

    /// What was found, in the order of the text.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How bad the worst of it is.
    pub fn worst(&self) -> Option<Level> {
        self.findings.iter().map(|f| f.level).max()
    }

    /// The filter with everything put right that is as bad as `level` and can be put right without a guess;
    /// `None` if there is nothing of that.
    pub fn fixed(&self, level: Level) -> Option<String> {
        self.put_right(|finding| finding.level >= level)
    }

    /// The filter with all of these findings put right that can be; `None` if there is nothing of that.
    pub fn put_right(&self, which: impl Fn(&Finding) -> bool) -> Option<String> {
        let mut fixed = None;
        let mut now = self.changed(&which);
        // What is put right may show the next thing, as a token that is known has a kind of value. Each round
        // leaves less, so the bound is never met.
        for _ in 0..16 {
            let Some(text) = now else { break };
            let again = Checked::new(self.against, &text);
            if again.query.is_err() {
                break;
            }
            now = again.changed(&which);
            fixed = Some(text);
        }
        fixed
    }

    /// The text with all changes that do not get in each other's way.
    fn changed(&self, which: &impl Fn(&Finding) -> bool) -> Option<String> {
        let mut edits: Vec<&Edit> = Vec::new();
        for finding in self.findings.iter().filter(|f| which(f)) {
            let free =
                |e: &Edit| edits.iter().all(|o| e.span.end <= o.span.start || o.span.end <= e.span.start);
            if finding.edits.iter().all(free) {
                edits.extend(&finding.edits);
            }
        }
        if edits.is_empty() {
            return None;
        }
        edits.sort_by_key(|e| (e.span.start, e.span.end));
        let mut out = self.text.clone();
        for edit in edits.iter().rev() {
            out.replace_range(edit.span.start..edit.span.end, &edit.text);
        }
        Some(out)
    }
}

/// Findings on the way.
struct Findings<'t> {
    text: &'t str,
    list: Vec<Finding>,
}

impl Findings<'_> {
    fn add(&mut self, rule: Rule, level: Level, span: Span, message: impl Into<String>) -> &mut Finding {
        let finding = Finding {
            rule,
            level,
            span,
            column: column(self.text, span.start),
            message: message.into(),
            hint: None,
            edits: Vec::new(),
        };
        self.list.push(finding);
        let last = self.list.len() - 1;
        &mut self.list[last]
    }
}

impl Finding {
    fn hint(&mut self, hint: impl Into<String>) -> &mut Finding {
        self.hint = Some(hint.into());
        self
    }

    fn edit(&mut self, span: Span, text: impl Into<String>) -> &mut Finding {
        self.edits.push(Edit { span, text: text.into() });
        self
    }
}

/// What a condition is made of.
pub(super) fn parts(kind: &NodeKind) -> &[super::ast::Node] {
    match kind {
        NodeKind::And(parts) | NodeKind::Or(parts) => parts,
        NodeKind::Not(inner) => std::slice::from_ref(inner),
        NodeKind::Term(_) | NodeKind::Text(_) => &[],
    }
}

#[cfg(test)]
mod tests;
