//! What is wrong with a text of SQL, told with its place; and what the engine says, in one sentence.

use super::text::Text;
use crate::{Error, Kind};
use datafusion::common::{Column, SchemaError, Span};
use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateDefaults;
use std::fmt;
use std::sync::OnceLock;
use totalcloud_api::nearest::nearest;
use totalcloud_api::qql;

/// A query that cannot be answered: why, where in the text, and what to do.
///
/// `Display` is one line; [`SqlError::caret`] shows the place.
#[derive(Debug, Clone)]
pub struct SqlError {
    error: Error,
    place: Option<Place>,
    caret: Option<String>,
}

/// What a fallible function of this module gives.
pub type Result<T> = std::result::Result<T, SqlError>;

/// A place in a text, counted from 1 in lines and characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character in it.
    pub column: usize,
}

impl SqlError {
    /// An error without a place.
    pub fn new(kind: Kind, message: impl Into<String>) -> SqlError {
        Error::new(kind, message).into()
    }

    /// The question itself is wrong.
    pub(super) fn input(message: impl Into<String>) -> SqlError {
        SqlError::new(Kind::Input, message)
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> SqlError {
        self.error = self.error.hint(hint);
        self
    }

    /// Says where in the text, by bytes.
    #[must_use]
    pub(super) fn at(mut self, text: &Text<'_>, start: usize, end: usize) -> SqlError {
        let (place, caret) = text.shown(start, end);
        self.place = Some(place);
        self.caret = Some(caret);
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> Kind {
        self.error.kind()
    }

    /// What happened, without place and advice.
    pub fn message(&self) -> &str {
        self.error.message()
    }

    /// What to do.
    pub fn advice(&self) -> Option<&str> {
        self.error.advice()
    }

    /// Where it is, if that is known.
    pub fn place(&self) -> Option<Place> {
        self.place
    }

    /// The line of the text and below it carets under the place, if that is known.
    pub fn caret(&self) -> Option<&str> {
        self.caret.as_deref()
    }

    /// The error itself, without its place.
    pub fn into_error(self) -> Error {
        self.error
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some(Place { line: 1, column }) => write!(f, "column {column}: {}", self.message()),
            Some(Place { line, column }) => write!(f, "line {line}, column {column}: {}", self.message()),
            None => f.write_str(self.message()),
        }
    }
}

impl std::error::Error for SqlError {}

impl From<Error> for SqlError {
    fn from(error: Error) -> SqlError {
        SqlError { error, place: None, caret: None }
    }
}

/// An error of the engine, told about the text it was asked.
pub(super) fn told(e: DataFusionError, text: &Text<'_>) -> SqlError {
    let (e, span) = inside(e);
    let at = span.and_then(|span| text.range(span));
    match e {
        DataFusionError::SchemaError(e, _) => schema(&e, at, text),
        DataFusionError::SQL(e, _) => text.unreadable(&e.to_string()),
        DataFusionError::Plan(said) => plan(&said, at, text),
        DataFusionError::NotImplemented(said) => {
            place(SqlError::input(format!("this is not supported: {}", sentence(&said))), at, text)
        }
        DataFusionError::Configuration(said) => SqlError::input(sentence(&said)),
        // What a value of a table or of the text made impossible.
        DataFusionError::Execution(said) => SqlError::new(Kind::Input, sentence(&said)),
        DataFusionError::ArrowError(e, _) => SqlError::new(Kind::Input, sentence(&e.to_string()))
            .hint("try_cast gives null in place of an error, and nullif(x, 0) keeps a division from failing"),
        DataFusionError::Internal(said) => {
            place(SqlError::input(format!("the engine cannot do this: {}", sentence(&said))), at, text)
        }
        other => external(other).into(),
    }
}

/// An error while rows are read: of the engine, of the estate, or of the service.
pub fn external(e: DataFusionError) -> Error {
    match inside(e).0 {
        DataFusionError::External(e) => match e.downcast::<Error>() {
            Ok(e) => *e,
            Err(e) => match e.downcast::<totalcloud::Error>() {
                Ok(e) => Error::from(*e),
                Err(e) => match e.downcast::<DataFusionError>() {
                    Ok(e) => external(*e),
                    Err(e) => Error::from(DataFusionError::External(e)),
                },
            },
        },
        DataFusionError::ArrowError(e, backtrace) => match *e {
            arrow::error::ArrowError::ExternalError(e) => external(DataFusionError::External(e)),
            e => {
                let e = told(DataFusionError::ArrowError(Box::new(e), backtrace), &Text::new(""));
                e.into_error()
            }
        },
        DataFusionError::ResourcesExhausted(said) => {
            let disk = said.contains("disk") && !said.contains("memory pool");
            Error::new(
                Kind::Exhausted,
                if disk { sentence(&said) } else { "the query needs more memory than it may use".to_owned() },
            )
            .hint("allow more with --memory, ask for fewer columns, or narrow the query with WHERE")
        }
        e @ (DataFusionError::Execution(_) | DataFusionError::Plan(_) | DataFusionError::Internal(_)) => {
            told(e, &Text::new("")).into_error()
        }
        other => Error::from(other),
    }
}

/// The error itself, and the place that was told with it.
fn inside(e: DataFusionError) -> (DataFusionError, Option<Span>) {
    match e {
        DataFusionError::Diagnostic(diagnostic, e) => {
            let (e, nearer) = inside(*e);
            (e, nearer.or(diagnostic.span))
        }
        DataFusionError::Context(_, e) => inside(*e),
        DataFusionError::Collection(mut all) if !all.is_empty() => inside(all.swap_remove(0)),
        DataFusionError::Shared(e) => match std::sync::Arc::try_unwrap(e) {
            Ok(e) => inside(e),
            Err(shared) => inside(copied(&shared)),
        },
        e => (e, None),
    }
}

/// What others hold as well cannot be taken apart: what matters of it is told again.
fn copied(e: &DataFusionError) -> DataFusionError {
    match e {
        DataFusionError::External(e) => {
            if let Some(e) = e.downcast_ref::<Error>() {
                return DataFusionError::External(Box::new(e.clone()));
            }
            if let Some(e) = e.downcast_ref::<totalcloud::Error>() {
                return DataFusionError::External(Box::new(e.clone()));
            }
            DataFusionError::Execution(e.to_string())
        }
        DataFusionError::Context(_, e) | DataFusionError::Diagnostic(_, e) => copied(e),
        DataFusionError::Shared(e) => copied(e),
        DataFusionError::ResourcesExhausted(said) => DataFusionError::ResourcesExhausted(said.clone()),
        other => {
            let error = Error::new(Kind::Failed, sentence(&other.strip_backtrace()));
            DataFusionError::External(Box::new(error))
        }
    }
}

fn place(e: SqlError, at: Option<(usize, usize)>, text: &Text<'_>) -> SqlError {
    match at {
        Some((start, end)) => e.at(text, start, end),
        None => e,
    }
}

fn schema(e: &SchemaError, at: Option<(usize, usize)>, text: &Text<'_>) -> SqlError {
    match e {
        SchemaError::FieldNotFound { field, valid_fields } => unknown_column(field, valid_fields, at, text),
        SchemaError::AmbiguousReference { field } => {
            let at = at.or_else(|| text.find(&field.name));
            let said = format!("several tables of this query have a column '{}'", field.name);
            place(SqlError::input(said), at, text).hint("write the table in front, as in t.name")
        }
        SchemaError::DuplicateQualifiedField { name, .. }
        | SchemaError::DuplicateUnqualifiedField { name } => {
            let said = format!("two columns would be called '{name}'");
            place(SqlError::input(said), at.or_else(|| text.find(name)), text)
                .hint("name one of them otherwise with AS")
        }
    }
}

fn unknown_column(field: &Column, valid: &[Column], at: Option<(usize, usize)>, text: &Text<'_>) -> SqlError {
    let at = at.or_else(|| text.find(&field.name));
    let own = |c: &&Column| match (&field.relation, &c.relation) {
        (Some(asked), Some(has)) => asked.table() == has.table(),
        (Some(_), None) => false,
        (None, _) => true,
    };
    let mut known: Vec<&str> = valid.iter().filter(own).map(|c| c.name.as_str()).collect();
    if known.is_empty() {
        known = valid.iter().map(|c| c.name.as_str()).collect();
    }
    known.sort_unstable();
    known.dedup();
    let message = match &field.relation {
        Some(table) if !valid.is_empty() => format!("{} has no column '{}'", table.table(), field.name),
        _ => format!("there is no column '{}'", field.name),
    };
    let quoted = at.is_some_and(|(start, _)| text.as_str()[start..].starts_with('"'));
    let near = nearest(&field.name, &known);
    let hint = if quoted && near.is_empty() {
        format!("text stands in single quotes: '{}'", field.name.replace('\'', "''"))
    } else if let Some(first) = near.first() {
        match near.len() {
            1 => format!("did you mean {first}?"),
            _ => format!("did you mean {}?", near.join(" or ")),
        }
    } else if known.is_empty() {
        "a query without FROM has no columns; text stands in single quotes".to_owned()
    } else if known.len() <= 12 {
        format!("there are {}; text stands in single quotes", known.join(", "))
    } else {
        "text stands in single quotes; the table 'columns' lists what each table has".to_owned()
    };
    place(SqlError::input(message), at, text).hint(hint)
}

fn plan(said: &str, at: Option<(usize, usize)>, text: &Text<'_>) -> SqlError {
    if let Some(rest) = said.strip_prefix("Invalid function '") {
        let name = rest.split('\'').next().unwrap_or_default();
        let e = SqlError::input(format!("there is no function '{name}'"));
        let e = place(e, at.or_else(|| text.find(name)), text);
        let functions: Vec<&str> = functions().iter().map(String::as_str).collect();
        return match nearest(name, &functions).first() {
            Some(near) => e.hint(format!("did you mean {near}?")),
            None => e,
        };
    }
    let e = place(SqlError::input(sentence(said)), at, text);
    match said.contains("interval arithmetic") {
        true => e.hint("write a span as INTERVAL '7 days'; of a parameter it is CAST(concat($days, ' days') AS INTERVAL)"),
        false => e,
    }
}

/// The names of all functions there are.
fn functions() -> &'static [String] {
    static ALL: OnceLock<Vec<String>> = OnceLock::new();
    ALL.get_or_init(|| {
        let scalar = SessionStateDefaults::default_scalar_functions();
        let aggregate = SessionStateDefaults::default_aggregate_functions();
        let window = SessionStateDefaults::default_window_functions();
        let higher = SessionStateDefaults::default_higher_order_functions();
        let own = super::functions::all();
        let mut names: Vec<String> = Vec::new();
        scalar.iter().map(|f| f.as_ref()).chain(&own).for_each(|f| {
            names.push(f.name().to_owned());
            names.extend(f.aliases().iter().cloned());
        });
        names.extend(aggregate.iter().map(|f| f.name().to_owned()));
        names.extend(window.iter().map(|f| f.name().to_owned()));
        names.extend(higher.iter().map(|f| f.name().to_owned()));
        names.sort_unstable();
        names.dedup();
        names
    })
}

/// What the engine says, without its prefixes and all that comes after the first line.
pub(super) fn sentence(said: &str) -> String {
    let mut said = said.trim();
    loop {
        let before = said;
        for prefix in [
            "Error during planning: ",
            "Execution error: ",
            "External error: ",
            "Internal error: ",
            "Arrow error: ",
            "SQL error: ",
            "Schema error: ",
            "Compute error: ",
            "Cast error: ",
            "Parser error: ",
            "Invalid argument error: ",
            "type_coercion",
            "Optimizer rule ",
            "caused by",
        ] {
            said = said.strip_prefix(prefix).unwrap_or(said).trim_start();
        }
        if said == before {
            break;
        }
    }
    let first = said.lines().next().unwrap_or_default();
    let first = first.split("This issue was likely caused by a bug").next().unwrap_or(first);
    let first = first.split(" Candidate functions").next().unwrap_or(first);
    let first = first.split(" No function matches the given name").next().unwrap_or(first);
    let first = first.split("; signature:").next().unwrap_or(first);
    let first = first.trim().trim_end_matches(['.', ',', ';', ' ']);
    let mut shown: String = first.chars().take(300).collect();
    if shown.len() < first.len() {
        shown.push('…');
    }
    if shown.is_empty() { "the engine gives no reason".to_owned() } else { shown }
}

/// The line that has the place, and carets under it.
pub(super) fn underlined(line: &str, start: usize, end: usize) -> String {
    qql::underlined(line, qql::Span { start, end })
}
