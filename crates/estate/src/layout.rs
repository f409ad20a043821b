//! The names of the layout: folders, layers, and the columns that every table of row versions has.

/// The version of the layout. A higher one is refused.
pub const FORMAT: u32 = 1;
/// The file that makes a folder an estate.
pub const MARKER: &str = "estate.json";
/// The folder of the tables.
pub const TABLES: &str = "tables";

/// The partition column: which [`Layer`] a row is in.
pub const LAYER: &str = "_layer";
/// What identifies a row in its table.
pub const KEY: &str = "_key";
/// The run that wrote the version.
pub const RUN: &str = "_run";
/// Whether the version says that the row is gone.
pub const GONE: &str = "_gone";
/// The run from which the version no longer holds; only in [`Layer::Past`].
pub const TO: &str = "_to";
/// The content without volatile fields, hashed.
pub const HASH: &str = "_hash";
/// What was read when the row was read.
pub const SCOPE: &str = "_scope";
/// The cloud.
pub const PROVIDER: &str = "provider";
/// Account, subscription, project or tenancy.
pub const ACCOUNT: &str = "account";
/// The control, where the row itself does not name it.
pub const CONTROL: &str = "controlId";
/// When the row was first seen by a sync.
pub const FIRST_SEEN: &str = "firstSeen";
/// When a reading last confirmed the row. Made while reading, from the freshness of its scope.
pub const LAST_SEEN: &str = "lastSeen";
/// Since when a finding fails.
pub const FAILED_SINCE: &str = "failedSince";
/// When a finding was last fixed.
pub const FIXED_ON: &str = "fixedOn";
/// When a finding last failed again after it was fixed.
pub const REOPENED_ON: &str = "reopenedOn";
/// How often it did.
pub const TIMES_REOPENED: &str = "timesReopened";
/// Fields without a column, and values that do not fit theirs.
pub const EXTRA: &str = "extra";
/// The row as it came.
pub const RAW: &str = "raw";

/// The table of runs.
pub const SYNC_RUNS: &str = "sync_runs";
/// The table of changes.
pub const CHANGES: &str = "changes";
/// The table of readings.
pub const FRESHNESS: &str = "freshness";

/// The parts of a table of row versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// The state at the last compaction: one row a key.
    Base,
    /// Row versions and tombstones since.
    Recent,
    /// Versions that were superseded at a compaction.
    Past,
}

impl Layer {
    /// All of them.
    pub const ALL: [Layer; 3] = [Layer::Base, Layer::Recent, Layer::Past];

    /// The value of the partition column.
    pub const fn as_str(self) -> &'static str {
        match self {
            Layer::Base => "base",
            Layer::Recent => "recent",
            Layer::Past => "past",
        }
    }

    /// The layer of a value of the partition column.
    pub fn parse(text: &str) -> Option<Layer> {
        Layer::ALL.into_iter().find(|l| l.as_str() == text)
    }
}
