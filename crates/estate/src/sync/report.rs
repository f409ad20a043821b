//! What became of a sync.

use crate::store::How;
use jiff::Timestamp;
use serde::Serialize;
use totalcloud::subscription::Verdict;

/// What became of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TableReport {
    /// Its name.
    pub table: String,
    /// Its family.
    pub family: &'static str,
    /// How it was read.
    #[serde(serialize_with = "how_word")]
    pub how: How,
    /// Rows of it that the estate holds now.
    pub rows: u64,
    /// Rows the service gave.
    pub rows_read: u64,
    /// Rows the service says there are, where it says so of what was read.
    pub total: Option<u64>,
    /// Rows that were new.
    pub appeared: u64,
    /// Rows that had changed.
    pub changed: u64,
    /// Rows that were gone.
    pub vanished: u64,
    /// Whether what was read came whole.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Something else to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

// serde hands over a reference to the field.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn how_word<S: serde::Serializer>(how: &How, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(how.as_str())
}

/// What became of a sync.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Version of the program.
    pub version: &'static str,
    /// Where the estate is.
    pub estate: String,
    /// The run, which is a version of the estate; nothing where nothing was there to commit.
    pub run: Option<i64>,
    /// Whether it was the first of this estate.
    pub first: bool,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// Whether all that was asked for came whole.
    pub complete: bool,
    /// Why it was stopped before its end, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// Calls made, repeated ones included.
    pub calls: u64,
    /// Rows the service gave.
    pub rows_read: u64,
    /// Rows that were new.
    pub appeared: u64,
    /// Rows that had changed.
    pub changed: u64,
    /// Rows that were gone.
    pub vanished: u64,
    /// Bytes of data files written.
    pub bytes: u64,
    /// The tables that were looked at.
    pub tables: Vec<TableReport>,
    /// What was taken for granted and not read.
    pub assumed: Vec<String>,
    /// Further things to know.
    pub notes: Vec<String>,
}

impl Report {
    /// The tables of which something is missing.
    pub fn incomplete(&self) -> impl Iterator<Item = &TableReport> {
        self.tables.iter().filter(|t| !t.verdict.is_complete())
    }
}
