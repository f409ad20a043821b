//! The runs of an estate: the rows of `sync_runs`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One run: a version of the estate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Its number, from 1.
    pub run: i64,
    /// `sync` or `optimize`.
    pub kind: RunKind,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// Whether all that was asked for came whole.
    pub complete: bool,
    /// Calls to the service.
    pub calls: i64,
    /// Rows the service gave.
    pub rows_read: i64,
    /// Rows that were new.
    pub appeared: i64,
    /// Rows that had changed.
    pub changed: i64,
    /// Rows that were gone.
    pub vanished: i64,
    /// Bytes of data files written.
    pub bytes: i64,
    /// The oldest run that can still be asked for.
    pub oldest: i64,
    /// Version of the program.
    pub program: String,
    /// What was taken for granted and not read.
    #[serde(default)]
    pub assumed: Vec<String>,
    /// All tables, those included that this run did not touch.
    #[serde(default)]
    pub tables: Vec<RunTable>,
}

/// What a run was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunKind {
    /// Reads the service.
    Sync,
    /// Puts files together.
    Optimize,
}

/// A table as a run left it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunTable {
    /// Its name.
    pub table: String,
    /// Its Delta version.
    pub version: i64,
    /// Rows of its current state, if known.
    #[serde(default)]
    pub rows: Option<i64>,
    /// Rows the service gave.
    #[serde(default)]
    pub rows_read: i64,
    /// Rows that were new.
    #[serde(default)]
    pub appeared: i64,
    /// Rows that had changed.
    #[serde(default)]
    pub changed: i64,
    /// Rows that were gone.
    #[serde(default)]
    pub vanished: i64,
    /// Whether what was read came whole; the last reading's word where this run did not touch it.
    #[serde(default)]
    pub complete: bool,
    /// How this run read it.
    #[serde(default)]
    pub how: How,
    /// Why it is not complete.
    #[serde(default)]
    pub reason: Option<String>,
}

/// How something was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// All of it: what did not come is gone.
    Whole,
    /// What was updated since the last reading.
    Updated,
    /// What fails: what did not come fails no more.
    Failing,
    /// Not at all, because it is taken to be as before.
    Assumed,
    /// Not at all.
    #[default]
    Not,
}

impl How {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            How::Whole => "whole",
            How::Updated => "updated",
            How::Failing => "failing",
            How::Assumed => "assumed",
            How::Not => "not",
        }
    }
}

impl Run {
    /// The entry of a table, if the run knows it.
    pub fn table(&self, name: &str) -> Option<&RunTable> {
        self.tables.iter().find(|t| t.table == name)
    }
}
