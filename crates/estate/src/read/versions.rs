//! Which keys have newer versions than the base: what is needed to tell from a row alone whether it holds.
//!
//! The layer `recent` is small, because compaction keeps it so. Its keys are read once for a snapshot and kept
//! as hashes of 128 bits, so that neither base nor past has to be joined with it: a row of them holds if its
//! key is not in here.

use super::lookup::lookup;
use crate::error::{Error, Kind};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::hash_utils::QualityRandomState;
use datafusion::common::{HashMap, Result};
use datafusion::physical_expr::PhysicalExpr;
use std::hash::{BuildHasher, BuildHasherDefault};
use std::sync::Arc;
use totalcloud::numbers::AsIs;

/// A key as 128 bits: among a billion keys, two that are equal are as likely as a disk error that no checksum
/// sees.
pub(crate) type KeyHash = u128;

/// Makes hashes of keys.
#[derive(Clone)]
pub(crate) struct KeyHasher(QualityRandomState, QualityRandomState);

impl Default for KeyHasher {
    fn default() -> KeyHasher {
        let seeded = QualityRandomState::with_seed;
        KeyHasher(seeded(0x7465_6e61_6e74), seeded(0x6573_7461_7465))
    }
}

impl KeyHasher {
    pub(crate) fn of(&self, key: &str) -> KeyHash {
        let (high, low) = (self.0.hash_one(key.as_bytes()), self.1.hash_one(key.as_bytes()));
        (u128::from(high) << 64) | u128::from(low)
    }
}

/// One version of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    /// The run that wrote it.
    pub(crate) run: i64,
    /// Whether it says that the row is gone.
    pub(crate) gone: bool,
}

/// The versions in `recent`, by key.
#[derive(Default)]
pub(crate) struct Versions {
    hasher: KeyHasher,
    spans: HashMap<KeyHash, (u32, u32), BuildHasherDefault<AsIs>>,
    versions: Vec<Version>,
}

/// Collects them.
#[derive(Default)]
pub(crate) struct VersionsBuilder {
    hasher: KeyHasher,
    all: Vec<(KeyHash, Version)>,
}

impl VersionsBuilder {
    /// Takes rows of the columns `_key`, `_run`, `_gone`, those of runs after the given one left out.
    pub(crate) fn push(&mut self, batch: &RecordBatch, up_to: i64) -> Result<()> {
        let (keys, runs, gone) = (
            batch.column(0).as_string_view(),
            batch.column(1).as_primitive::<Int64Type>(),
            batch.column(2).as_boolean(),
        );
        for row in 0..batch.num_rows() {
            if runs.is_null(row) || keys.is_null(row) {
                return Err(nameless().into());
            }
            let version = Version { run: runs.value(row), gone: gone.is_valid(row) && gone.value(row) };
            if version.run <= up_to {
                self.all.push((self.hasher.of(keys.value(row)), version));
            }
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<Versions> {
        self.all.sort_unstable();
        let count = u32::try_from(self.all.len())
            .map_err(|_| Error::new(Kind::Exhausted, "too many row versions"))?;
        let mut spans: HashMap<_, (u32, u32), _> = HashMap::with_hasher(BuildHasherDefault::default());
        for (at, (key, _)) in (0..count).zip(&self.all) {
            spans.entry(*key).or_insert((at, 0)).1 += 1;
        }
        let versions = self.all.into_iter().map(|(_, v)| v).collect();
        Ok(Versions { hasher: self.hasher, spans, versions })
    }
}

fn nameless() -> Error {
    Error::new(Kind::Broken, "a row version has no key or no run")
        .hint("run `totalcloud estate check --deep` to see what else is wrong")
}

impl Versions {
    /// All versions of a key, oldest first.
    pub(crate) fn of(&self, key: &str) -> &[Version] {
        let Some((start, len)) = self.spans.get(&self.hasher.of(key)) else { return &[] };
        self.versions.get(*start as usize..(*start + *len) as usize).unwrap_or_default()
    }

    fn newest(&self, key: &str) -> Option<Version> {
        self.of(key).last().copied()
    }

    pub(crate) fn next(&self, key: &str, run: i64) -> Option<i64> {
        self.of(key).iter().map(|v| v.run).find(|r| *r > run)
    }
}

/// Whether a row of base or past has no newer version: `untouched(_key)`.
pub(crate) fn untouched(versions: &Arc<Versions>, key: Arc<dyn PhysicalExpr>) -> Arc<dyn PhysicalExpr> {
    let versions = Arc::clone(versions);
    lookup("untouched", vec![key], DataType::Boolean, move |args| {
        let [keys] = args else { return arguments() };
        let keys = keys.as_string_view();
        let found: BooleanArray = keys.iter().map(|k| k.map(|k| versions.of(k).is_empty())).collect();
        Ok(Arc::new(found))
    })
}

/// Whether a row of recent is the newest version of its key: `newest(_key, _run)`.
pub(crate) fn newest(
    versions: &Arc<Versions>,
    key: Arc<dyn PhysicalExpr>,
    run: Arc<dyn PhysicalExpr>,
) -> Arc<dyn PhysicalExpr> {
    let versions = Arc::clone(versions);
    lookup("newest", vec![key, run], DataType::Boolean, move |args| {
        let [keys, runs] = args else { return arguments() };
        let (keys, runs) = (keys.as_string_view(), runs.as_primitive::<Int64Type>());
        let found: BooleanArray = keys
            .iter()
            .zip(runs.iter())
            .map(|(key, run)| versions.newest(key?).map(|v| Some(v.run) == run))
            .collect();
        Ok(Arc::new(found))
    })
}

/// The run whose version of the key follows: `next(_key, _run)`, null if none does.
pub(crate) fn next(
    versions: &Arc<Versions>,
    key: Arc<dyn PhysicalExpr>,
    run: Arc<dyn PhysicalExpr>,
) -> Arc<dyn PhysicalExpr> {
    let versions = Arc::clone(versions);
    lookup("next", vec![key, run], DataType::Int64, move |args| {
        let [keys, runs] = args else { return arguments() };
        let (keys, runs) = (keys.as_string_view(), runs.as_primitive::<Int64Type>());
        let found: Int64Array =
            keys.iter().zip(runs.iter()).map(|(key, run)| versions.next(key?, run?)).collect();
        Ok(Arc::new(found))
    })
}

pub(crate) fn arguments() -> Result<ArrayRef> {
    datafusion::common::internal_err!("a function of the estate was called with other arguments")
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::StringViewArray;
    use arrow::datatypes::{Field, Schema};

    fn batch(rows: &[(&str, i64, bool)]) -> RecordBatch {
        let schema = Schema::new(vec![
            Field::new("_key", DataType::Utf8View, true),
            Field::new("_run", DataType::Int64, true),
            Field::new("_gone", DataType::Boolean, true),
        ]);
        let keys: StringViewArray = rows.iter().map(|r| Some(r.0)).collect();
        let runs: Int64Array = rows.iter().map(|r| r.1).collect();
        let gone: BooleanArray = rows.iter().map(|r| Some(r.2)).collect();
        RecordBatch::try_new(Arc::new(schema), vec![Arc::new(keys), Arc::new(runs), Arc::new(gone)]).unwrap()
    }

    #[test]
    fn versions_are_found_by_key_up_to_a_run() {
        let mut builder = VersionsBuilder::default();
        builder
            .push(&batch(&[("b", 3, false), ("a", 5, true), ("a", 2, false), ("a", 9, false)]), 8)
            .unwrap();
        let versions = builder.finish().unwrap();
        assert_eq!(versions.newest("a"), Some(Version { run: 5, gone: true }));
        assert_eq!(
            (versions.next("a", 1), versions.next("a", 2), versions.next("a", 5)),
            (Some(2), Some(5), None)
        );
        assert_eq!((versions.newest("c"), versions.next("c", 0)), (None, None));
    }
}
