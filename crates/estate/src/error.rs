//! What can go wrong with an estate.

use std::fmt;

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// There is no estate, no table or no run of that name.
    Missing,
    /// The question, the address or another input is wrong.
    Input,
    /// This user may not.
    Forbidden,
    /// The place can only be read.
    ReadOnly,
    /// The disk is full.
    Full,
    /// The place cannot be reached.
    Lost,
    /// Something in the estate is broken.
    Broken,
    /// A newer program wrote it.
    Newer,
    /// Another writer is at work.
    Busy,
    /// More memory or disk would be needed than is allowed.
    Exhausted,
    /// The service said no, or could not be asked.
    Service,
    /// Anything else.
    Failed,
}

/// An error: what happened, to what, and what to do.
#[derive(Debug, Clone)]
pub struct Error {
    kind: Kind,
    message: String,
    hint: Option<String>,
    service: Option<totalcloud::Error>,
}

/// What a fallible function of this crate gives.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of this kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Error {
        Error { kind, message: message.into(), hint: None, service: None }
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.hint = Some(hint.into());
        self
    }

    /// Says what it was about, before the message.
    #[must_use]
    pub fn about(mut self, what: impl fmt::Display) -> Error {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What happened, without advice.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do.
    pub fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The error of the client, where the service was the trouble.
    pub fn service(&self) -> Option<&totalcloud::Error> {
        self.service.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<totalcloud::Error> for Error {
    fn from(e: totalcloud::Error) -> Error {
        Error { service: Some(e.clone()), ..Error::new(Kind::Service, e.to_string()) }
    }
}

impl From<totalcloud_table::Error> for Error {
    fn from(e: totalcloud_table::Error) -> Error {
        match e {
            totalcloud_table::Error::Io(e) => e.into(),
            other => Error::new(Kind::Failed, other.to_string()),
        }
    }
}

impl From<arrow::error::ArrowError> for Error {
    fn from(e: arrow::error::ArrowError) -> Error {
        Error::new(Kind::Failed, e.to_string())
    }
}

impl From<serde_json::Error> for Error {
    fn from(e: serde_json::Error) -> Error {
        Error::new(Kind::Broken, e.to_string())
    }
}

mod bucket;
mod storage;
