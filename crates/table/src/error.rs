//! What can go wrong, and what can be odd about a row without going wrong.

use std::fmt;
use std::io;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why rows could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The output could not be written.
    #[error("the output could not be written: {0}")]
    Io(#[from] io::Error),
    /// A column was asked for that does not exist.
    #[error("there is no column {name:?}{}", hint(.nearest))]
    UnknownColumn {
        /// The name.
        name: String,
        /// Columns with a similar name, best first.
        nearest: Vec<String>,
    },
    /// A column was asked for twice, or none was.
    #[error("{0}")]
    Columns(String),
    /// A batch reached the size that is safe for Arrow's offsets.
    #[error("a batch would exceed 256 MiB of rows; finish it before the next row")]
    BatchTooLarge,
    /// A library refused what it was given.
    #[error("{format} could not be written: {message}")]
    Encode {
        /// Which format.
        format: &'static str,
        /// The message of the library.
        message: String,
    },
}

fn hint(nearest: &[String]) -> String {
    if nearest.is_empty() { String::new() } else { format!("; did you mean {}?", nearest.join(", ")) }
}

impl Error {
    /// Whether the reader of the output went away, which is no failure for a command in a pipe.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Error::Io(e) if e.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Keeps an I/O error that a library wrapped recognisable.
    pub(crate) fn encode(format: &'static str, error: impl std::error::Error + 'static) -> Error {
        let message = error.to_string();
        let mut source: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(inner) = source {
            if let Some(e) = inner.downcast_ref::<io::Error>() {
                return Error::Io(io::Error::new(e.kind(), e.to_string()));
            }
            source = inner.source();
        }
        Error::Encode { format, message }
    }
}

/// Something about a row that its reader should know. The row itself is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Issue {
    /// Number of the row, from 0, in the order of [`Writer::push`](crate::Writer::push).
    pub row: u64,
    /// JSON path inside the row, such as `$.tags[2].value`.
    pub path: String,
    /// What is wrong, without the value, which may be confidential.
    pub reason: String,
    /// Whether the whole row could not be read.
    pub unreadable: bool,
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}, {}: {}", self.row, self.path, self.reason)
    }
}
