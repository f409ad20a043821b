//! Whether a listing came whole.

use crate::error::Error;
use std::fmt;

/// Why rows are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ShortfallReason {
    /// The query matches more rows than one query can reach.
    Wall,
    /// A page failed.
    Failed,
    /// The service sent fewer rows than it promised.
    Fewer,
    /// The service sent a page a second time in place of another.
    Repeated,
    /// The service said that there is more, and then sent nothing.
    Unfinished,
    /// The listing moved while it was read, each time it was read.
    Moved,
    /// The rows are in none of the parts that the listing was split into.
    Unaccounted,
}

impl ShortfallReason {
    /// The reason in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            ShortfallReason::Wall => "the query matches more rows than one query can reach",
            ShortfallReason::Failed => "a page could not be had",
            ShortfallReason::Fewer => "the service sent fewer rows than it promised",
            ShortfallReason::Repeated => "the service sent a page twice in place of another",
            ShortfallReason::Moved => "the listing moved each time it was read",
            ShortfallReason::Unaccounted => "rows are in none of the parts that the listing was split into",
            ShortfallReason::Unfinished => "the service said that there is more, and sent nothing",
        }
    }
}

/// Rows that are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shortfall {
    /// How many, where that is known.
    pub missing: Option<u64>,
    /// Why.
    pub reason: ShortfallReason,
}

/// What became of one part of a listing that was split.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PartReport {
    /// What belongs to it, in words.
    pub part: String,
    /// Rows by the service's last count.
    pub total: Option<u64>,
    /// Rows that came.
    pub received: u64,
    /// What is missing.
    pub shortfall: Option<Shortfall>,
    /// The error it ended with.
    pub error: Option<Error>,
}

/// In one line: `account 1: 10000 of 16545 rows: the query matches more rows than one query can reach`.
impl fmt::Display for PartReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.part, self.received)?;
        if let Some(total) = self.total {
            write!(f, " of {total}")?;
        }
        f.write_str(" rows")?;
        match (&self.error, self.shortfall) {
            (Some(e), _) => write!(f, ": {}", e.message()),
            (None, Some(s)) => write!(f, ": {}", s.reason.as_str()),
            (None, None) => Ok(()),
        }
    }
}

/// How many rows came, of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Completeness {
    /// Rows delivered.
    pub received: u64,
    /// Rows of the whole query, by the service's last count.
    pub total: Option<u64>,
    /// Rows that this reading should deliver: the total, less what `start_page`, `pages` and `limit` leave out.
    pub expected: Option<u64>,
    /// Pages delivered.
    pub pages: u64,
    /// The service's first count, where a later one differed: the listing moved while it was read.
    pub total_was: Option<u64>,
    /// Whether a count was smaller than the one before it, or another than on pages kept by an earlier reading:
    /// rows went, and others may have slipped past.
    pub shrank: bool,
    /// Pages that came twice.
    pub repeated_pages: u64,
    /// Queries that the listing was split into, because one could not reach all of it; 1 where it was not.
    pub parts: u64,
    /// Whether only a part was asked for.
    pub part: bool,
    /// Whether the end was reached.
    pub finished: bool,
    /// What is missing.
    pub shortfall: Option<Shortfall>,
}

impl Completeness {
    /// Whether everything that was asked for came.
    pub fn is_complete(&self) -> bool {
        self.finished && self.shortfall.is_none()
    }
}
