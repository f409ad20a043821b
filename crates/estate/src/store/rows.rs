//! Rows of the plain tables `changes` and `freshness`.

use super::runs::How;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A row of `changes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeRow {
    /// The run that saw it.
    pub run: i64,
    /// When that run began.
    pub at: Timestamp,
    /// What happened.
    pub kind: ChangeKind,
    /// The table.
    pub table: String,
    /// The cloud.
    pub provider: Option<String>,
    /// The account.
    pub account: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The API name of the type.
    pub resource_type: Option<String>,
    /// The id in the cloud.
    pub resource_id: Option<String>,
    /// A name.
    pub name: Option<String>,
    /// The control.
    pub control_id: Option<String>,
    /// What identifies the row in its table.
    pub key: String,
    /// What changed.
    #[serde(default)]
    pub fields: Vec<FieldChange>,
}

/// A field that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Its name.
    pub field: String,
    /// Its value before, as JSON.
    pub before: Option<String>,
    /// Its value after, as JSON.
    pub after: Option<String>,
}

/// What happened to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It is new.
    Appeared,
    /// It is gone.
    Vanished,
    /// It changed.
    Changed,
    /// A finding fails that did not before.
    NewlyFailed,
    /// A finding does not fail any more.
    Fixed,
    /// A finding fails again.
    Reopened,
    /// A finding passes by an exception.
    Excepted,
}

impl ChangeKind {
    /// All of them.
    pub const ALL: [ChangeKind; 7] = [
        ChangeKind::Appeared,
        ChangeKind::Vanished,
        ChangeKind::Changed,
        ChangeKind::NewlyFailed,
        ChangeKind::Fixed,
        ChangeKind::Reopened,
        ChangeKind::Excepted,
    ];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Appeared => "appeared",
            ChangeKind::Vanished => "vanished",
            ChangeKind::Changed => "changed",
            ChangeKind::NewlyFailed => "newly_failed",
            ChangeKind::Fixed => "fixed",
            ChangeKind::Reopened => "reopened",
            ChangeKind::Excepted => "excepted",
        }
    }
}

/// A row of `freshness`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FreshRow {
    /// The run that read it.
    pub run: i64,
    /// The table.
    pub table: String,
    /// What was read.
    pub scope: String,
    /// The cloud.
    pub provider: Option<String>,
    /// The account.
    pub account: Option<String>,
    /// The control.
    pub control_id: Option<String>,
    /// When the reading began.
    pub read_at: Timestamp,
    /// Rows that came.
    pub rows: i64,
    /// Whether it came whole.
    pub complete: bool,
    /// How it was read.
    pub how: How,
    /// What was assumed, or why it is not whole.
    pub note: Option<String>,
}
