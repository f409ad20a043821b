//! How a part that is too big is cut into smaller ones. No I/O.

use super::part::{Form, Kind, Part, Picked, Span};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use totalcloud_api::Provider;
use totalcloud_api::time::Time;

/// Bytes of a list of values in a filter, encoded. Addresses of 8 kB are taken everywhere.
const MAX_VALUES: usize = 5_000;
/// Part of the wall that a group of values is meant to fill: accounts are of different sizes.
const FILL: f64 = 0.8;
/// Dates that are remembered to cut by.
const DATES: usize = 1_000;

/// What is known of the rows of a listing, to cut by.
#[derive(Debug, Clone, Default)]
pub(super) struct Hints {
    pub(super) accounts: BTreeSet<String>,
    pub(super) regions: BTreeSet<String>,
}

/// What the first page of a part shows.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) accounts: BTreeSet<String>,
    pub(super) regions: BTreeSet<String>,
    pub(super) dates: Vec<i64>,
}

#[derive(Deserialize)]
struct Looked {
    #[serde(rename = "cloudAccountId")]
    aws: Option<Value>,
    #[serde(rename = "subscriptionId")]
    azure: Option<Value>,
    #[serde(rename = "projectId")]
    gcp: Option<Value>,
    #[serde(rename = "tenantId")]
    oci: Option<Value>,
    region: Option<Value>,
    updated: Option<Value>,
    #[serde(rename = "lastUpdated")]
    last_updated: Option<Value>,
}

impl Seen {
    /// Looks at rows.
    pub(super) fn of<'r>(provider: Provider, rows: impl Iterator<Item = &'r [u8]>) -> Seen {
        let mut seen = Seen::default();
        for row in rows.take(DATES) {
            let Ok(row) = serde_json::from_slice::<Looked>(row) else { continue };
            let account = match provider {
                Provider::Aws => row.aws,
                Provider::Azure => row.azure,
                Provider::Gcp => row.gcp,
                Provider::Oci => row.oci,
            };
            seen.accounts.extend(text(account));
            seen.regions.extend(text(row.region));
            let date =
                |v: Option<Value>| text(v).and_then(|t| Time::parse(&t)).map(|t| t.instant().as_second());
            seen.dates.extend(date(row.updated).or_else(|| date(row.last_updated)));
        }
        seen.dates.sort_unstable();
        seen
    }
}

fn text(value: Option<Value>) -> Option<String> {
    match value? {
        Value::String(s) if !s.trim().is_empty() => Some(s),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

/// The parts that a part is cut into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) children: Vec<Part>,
    /// What is in none of the children, where values were listed.
    pub(super) rest: Option<Part>,
    /// All children in one, to see at the price of a call whether the filter does what it should.
    pub(super) all: Option<Part>,
}

/// Cuts a part; `None` if this kind of cut does not make it smaller.
pub(super) fn cut(
    part: &Part,
    kind: Kind,
    form: Form,
    (total, wall): (u64, u64),
    (hints, seen): (&Hints, &Seen),
    now: Timestamp,
) -> Option<Cut> {
    let known = match kind {
        Kind::Updated => return cut_time(part, &seen.dates, now),
        Kind::Accounts => (&hints.accounts, &seen.accounts),
        Kind::Regions => (&hints.regions, &seen.regions),
    };
    let all = || -> BTreeSet<String> { known.0.union(known.1).cloned().collect() };
    let groups = |values: Vec<String>, most: usize| -> Vec<Part> {
        let group = |values: &[String]| part.with(kind, Picked::OneOf(values.to_vec(), form));
        grouped(values, total, wall, most).iter().map(|v| group(v)).collect()
    };
    match part.picked(kind) {
        Picked::OneOf(values, _) if values.len() > 1 => {
            let half = values.len().div_ceil(2);
            Some(Cut { children: groups(values.clone(), half), rest: None, all: None })
        }
        Picked::OneOf(..) => None,
        Picked::Any => {
            let values: Vec<String> = all().into_iter().collect();
            if values.is_empty() {
                return None;
            }
            let whole = |v: Picked| Some(part.with(kind, v)).filter(|_| fits(&values, form));
            Some(Cut {
                rest: whole(Picked::NoneOf(values.clone(), form)),
                all: whole(Picked::OneOf(values.clone(), form)),
                children: groups(values.clone(), usize::MAX),
            })
        }
        Picked::NoneOf(before, _) => {
            let new: Vec<String> = known.1.iter().filter(|v| !before.contains(v)).cloned().collect();
            if new.is_empty() {
                return None;
            }
            let both: Vec<String> = before.iter().chain(&new).cloned().collect();
            let rest =
                Some(part.with(kind, Picked::NoneOf(both.clone(), form))).filter(|_| fits(&both, form));
            Some(Cut { children: groups(new, usize::MAX), rest, all: None })
        }
    }
}

fn cut_time(part: &Part, dates: &[i64], now: Timestamp) -> Option<Cut> {
    let span = part.updated.unwrap_or(Span::ALL);
    let inside: Vec<i64> = dates.iter().copied().filter(|d| (span.from..=span.to).contains(d)).collect();
    // Where the rows lie, or the middle; nothing lies before the clouds or, but for a skewed clock, after now.
    let (low, high) = (span.from.max(1_136_073_600), span.to.min(now.as_second() + 86_400));
    let middle = inside.get(inside.len() / 2).copied().filter(|_| inside.len() > 1);
    let at = middle.filter(|m| *m > span.from).unwrap_or(low + (high - low).max(0) / 2);
    let children = span.cut(at)?.map(|half| part.within(half)).to_vec();
    Some(Cut { children, rest: None, all: None })
}

fn encoded(value: &str, form: Form) -> usize {
    let bytes: usize = value.bytes().map(|b| if b.is_ascii_alphanumeric() { 1 } else { 3 }).sum();
    bytes + if form == Form::Set { 6 } else { 26 }
}

fn fits(values: &[String], form: Form) -> bool {
    values.iter().map(|v| encoded(v, form)).sum::<usize>() <= MAX_VALUES
}

/// Groups of values that are expected to fit, of at most `most` values.
fn grouped(values: Vec<String>, total: u64, wall: u64, most: usize) -> Vec<Vec<String>> {
    let mean = total as f64 / values.len().max(1) as f64;
    let fill = (wall as f64 * FILL / mean.max(1.0)) as usize;
    let size = fill.clamp(1, most.max(1));
    // As many groups as that takes, of the same size.
    let size = values.len().div_ceil(values.len().div_ceil(size).max(1)).max(1);
    let mut groups: Vec<Vec<String>> = Vec::new();
    let mut bytes = 0;
    for value in values {
        let adds = encoded(&value, Form::Either);
        match groups.last_mut() {
            Some(group) if group.len() < size && bytes + adds <= MAX_VALUES => {
                bytes += adds;
                group.push(value);
            }
            _ => {
                bytes = adds;
                groups.push(vec![value]);
            }
        }
    }
    groups
}
