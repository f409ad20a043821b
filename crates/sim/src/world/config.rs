//! What a world is made from.

use jiff::Timestamp;
use std::fmt;
use std::str::FromStr;
use totalcloud_api::Provider;

/// What a world is made from.
#[derive(Debug, Clone)]
pub struct WorldConfig {
    /// The same seed gives the same world.
    pub seed: u64,
    /// The instant before which everything happened.
    pub now: Timestamp,
    /// How big it is.
    pub size: Size,
    /// Rows of single types, in place of what the size gives: provider, API name, rows.
    pub rows: Vec<(Provider, String, u64)>,
    /// Accounts of single providers, in place of what the size gives. With none, the company does not use that
    /// cloud and has nothing in it.
    pub accounts: Vec<(Provider, u64)>,
    /// Which fields rows carry.
    pub fields: Fields,
    /// Rows of single types that were last seen in the very same second, all in the first region of the first
    /// account, which must have so many: provider, API name, rows.
    pub dense: Vec<(Provider, String, u64)>,
    /// Types of which every so manieth row does not say when it was last seen: provider, API name, N.
    pub undated: Vec<(Provider, String, u64)>,
    /// Accounts of single providers that have resources and no connector any more, in place of what the size
    /// gives: one from medium on.
    pub orphans: Vec<(Provider, u64)>,
}

impl WorldConfig {
    /// A world of this size as it is without further settings.
    pub fn new(seed: u64, now: Timestamp, size: Size) -> WorldConfig {
        WorldConfig {
            seed,
            now,
            size,
            rows: Vec::new(),
            accounts: Vec::new(),
            fields: Fields::Current,
            dense: Vec::new(),
            undated: Vec::new(),
            orphans: Vec::new(),
        }
    }
}

/// How big a world is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Size {
    /// About 300 resources.
    Tiny,
    /// 5,000 resources.
    #[default]
    Small,
    /// 100,000 resources.
    Medium,
    /// 1,000,000 resources.
    Large,
    /// 10,000,000 resources.
    Huge,
}

impl Size {
    /// All sizes.
    pub const ALL: [Size; 5] = [Size::Tiny, Size::Small, Size::Medium, Size::Large, Size::Huge];

    /// The word of the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Size::Tiny => "tiny",
            Size::Small => "small",
            Size::Medium => "medium",
            Size::Large => "large",
            Size::Huge => "huge",
        }
    }

    /// Resources of all types together.
    pub const fn resources(self) -> u64 {
        match self {
            Size::Tiny => 300,
            Size::Small => 5_000,
            Size::Medium => 100_000,
            Size::Large => 1_000_000,
            Size::Huge => 10_000_000,
        }
    }

    /// Controls in the library.
    pub const fn controls(self) -> u32 {
        match self {
            Size::Tiny => 60,
            Size::Small => 420,
            Size::Medium => 700,
            Size::Large => 900,
            Size::Huge => 1_000,
        }
    }

    /// Accounts of a provider, before overrides.
    pub const fn accounts(self, provider: Provider) -> u32 {
        match (self, provider) {
            (Size::Tiny, Provider::Aws) => 2,
            (Size::Tiny, _) => 1,
            (Size::Small, Provider::Aws) => 5,
            (Size::Small, Provider::Azure) => 3,
            (Size::Small, Provider::Gcp) => 2,
            (Size::Small, Provider::Oci) => 1,
            (Size::Medium, Provider::Aws) => 24,
            (Size::Medium, Provider::Azure) => 12,
            (Size::Medium, Provider::Gcp) => 6,
            (Size::Medium, Provider::Oci) => 3,
            (Size::Large, Provider::Aws) => 80,
            (Size::Large, Provider::Azure) => 40,
            (Size::Large, Provider::Gcp) => 20,
            (Size::Large, Provider::Oci) => 8,
            (Size::Huge, Provider::Aws) => 240,
            (Size::Huge, Provider::Azure) => 120,
            (Size::Huge, Provider::Gcp) => 60,
            (Size::Huge, Provider::Oci) => 20,
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Size {
    type Err = BadConfig;

    fn from_str(text: &str) -> Result<Size, BadConfig> {
        Size::ALL
            .into_iter()
            .find(|s| s.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| BadConfig::Size(text.to_owned()))
    }
}

/// Which fields rows carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Fields {
    /// All the service is known to send, what was added lately included.
    #[default]
    Current,
    /// Only what the reference SDK's classes accept.
    Classic,
}

impl FromStr for Fields {
    type Err = BadConfig;

    fn from_str(text: &str) -> Result<Fields, BadConfig> {
        match text {
            "current" => Ok(Fields::Current),
            "classic" => Ok(Fields::Classic),
            _ => Err(BadConfig::Fields(text.to_owned())),
        }
    }
}

/// The configuration makes no world.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadConfig {
    /// No such size.
    #[error("there is no size '{0}'; the sizes are tiny, small, medium, large and huge")]
    Size(String),
    /// No such set of fields.
    #[error("there are no fields '{0}'; choose current or classic")]
    Fields(String),
    /// No such type.
    #[error("{0} has no resource type '{1}' to make rows of")]
    UnknownType(Provider, String),
    /// Too many rows.
    #[error("{0}/{1}: a type has at most 1,000,000,000 rows")]
    TooManyRows(Provider, String),
    /// Too many accounts.
    #[error("{0}: give at most 10,000 accounts")]
    Accounts(Provider),
    /// More rows in one second than there are in one region.
    #[error("{0}/{1}: {2} rows cannot be of one second, the first region of the first account has {3}")]
    Dense(Provider, String, u64, u64),
    /// A template of the simulator is wrong; its tests compile all of them.
    #[error("{0}/{1}: the template of a field cannot be read at '{2}'")]
    Template(Provider, String, String),
}
