//! Which rows a table has: keys and contents as hashes, and what was stored of some of them.

use super::file::{self, Source};
use super::log::Log;
use crate::Result;
use crate::digest::key_hash;
use crate::layout::*;
use crate::place::Place;
use crate::tables::TableSpec;
use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use bytes::Bytes;
use futures_util::TryStreamExt;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, RowFilter};
use parquet::arrow::{ParquetRecordBatchStreamBuilder, ProjectionMask};
use parquet::file::statistics::Statistics;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Bound;
use std::sync::Arc;

/// Rows that are read at a time.
const BATCH: usize = 8192;

/// The rows of a table, or of some scopes of it, as the newest run left them.
#[derive(Debug, Default)]
pub(crate) struct Index {
    entries: Vec<Entry>,
    seen: Vec<bool>,
}

/// A row that is there, or was.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// Its key, hashed.
    pub(crate) key: u64,
    /// Its content, hashed.
    pub(crate) hash: u64,
    /// The run that wrote it.
    pub(crate) run: i64,
    /// Its scope, as a number given by the caller.
    pub(crate) scope: u32,
    /// Whether it is gone.
    pub(crate) gone: bool,
}

/// What the index says of a row that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// It is not there.
    New,
    /// It was there once, or is there in another state.
    Other,
    /// It is there as it is.
    Same,
    /// It came in this run before, and this is the hash of what was stored before the run.
    Again(u64),
}

/// A row as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) run: i64,
    pub(crate) gone: bool,
    pub(crate) hash: i64,
    pub(crate) key: String,
    pub(crate) scope: String,
    pub(crate) account: Option<String>,
    pub(crate) provider: Option<String>,
    pub(crate) control: Option<String>,
    pub(crate) first_seen: Option<i64>,
    pub(crate) life: Life,
    pub(crate) raw: Bytes,
}

/// What became of a finding, in microseconds since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) failed_since: Option<i64>,
    pub(crate) fixed_on: Option<i64>,
    pub(crate) reopened_on: Option<i64>,
    pub(crate) times_reopened: i64,
}

/// The layers that say how a table is now. Findings that ended are remembered in the past layer.
fn layers(table: &TableSpec) -> &'static [Layer] {
    if table.findings { &Layer::ALL } else { &[Layer::Base, Layer::Recent] }
}

impl Index {
    /// Reads the index of a table; with scopes, of the rows of these alone.
    pub(crate) async fn load(
        place: &Place,
        table: &TableSpec,
        log: &Log,
        scopes: Option<&HashMap<String, u32>>,
    ) -> Result<Index> {
        let mut entries: Vec<Entry> = Vec::new();
        // A vector that doubles holds its rows twice for a while.
        if scopes.is_none() {
            let rows =
                [Layer::Base, Layer::Recent].into_iter().filter_map(|layer| log.rows(layer)).sum::<u64>();
            entries.reserve_exact(usize::try_from(rows).unwrap_or_default());
        }
        let names: Option<BTreeSet<&str>> = scopes.map(|s| s.keys().map(String::as_str).collect());
        for file in log.of_layers(layers(table)) {
            let path = log.object(place, &file);
            let mut builder = file::open(place, path, &file).await?;
            if let Some(names) = &names {
                builder = pruned(builder, SCOPE, names);
                let wanted: HashSet<String> = names.iter().map(|n| (*n).to_owned()).collect();
                builder = filtered(builder, SCOPE, move |scope| wanted.contains(scope));
            }
            let mask = file::project(&builder, &[KEY, RUN, GONE, HASH, SCOPE]);
            let mut batches = builder.with_projection(mask).with_batch_size(BATCH).build()?;
            while let Some(batch) = batches.try_next().await? {
                let columns = Columns::of(&batch);
                for row in 0..batch.num_rows() {
                    let gone = columns.gone(row);
                    if file.layer == Layer::Past && !gone {
                        continue;
                    }
                    let scope = columns.text(SCOPE, row).unwrap_or_default();
                    entries.push(Entry {
                        key: key_hash(columns.text(KEY, row).unwrap_or_default()),
                        hash: columns.int(HASH, row).unwrap_or_default().cast_unsigned(),
                        run: columns.int(RUN, row).unwrap_or_default(),
                        scope: scopes.and_then(|s| s.get(scope)).copied().unwrap_or_default(),
                        gone,
                    });
                }
            }
        }
        // Of each key the newest version, whatever layer it is in.
        entries.sort_unstable_by_key(|e| (e.key, std::cmp::Reverse(e.run)));
        entries.dedup_by_key(|e| e.key);
        let seen = vec![false; entries.len()];
        Ok(Index { entries, seen })
    }

    /// Takes note of a row that came.
    pub(crate) fn see(&mut self, key: u64, hash: u64) -> Known {
        let Ok(at) = self.entries.binary_search_by_key(&key, |e| e.key) else { return Known::New };
        let entry = self.entries[at];
        if std::mem::replace(&mut self.seen[at], true) {
            return Known::Again(entry.hash);
        }
        if entry.hash == hash && !entry.gone { Known::Same } else { Known::Other }
    }

    /// The rows of these scopes that are there and did not come, by key, with their scope.
    pub(crate) fn unseen(&self, wanted: impl Fn(u32) -> bool) -> Vec<(u64, u32)> {
        let rows = self.entries.iter().zip(&self.seen);
        rows.filter(|(e, seen)| !**seen && !e.gone && wanted(e.scope))
            .map(|(e, _)| (e.key, e.scope))
            .collect()
    }
}

/// Reads the newest version of each of these keys.
pub(crate) async fn lookup(
    place: &Place,
    table: &TableSpec,
    log: &Log,
    keys: &HashSet<u64>,
    texts: Option<&BTreeSet<&str>>,
    scopes: Option<&BTreeSet<&str>>,
) -> Result<HashMap<u64, Stored>> {
    let mut found: HashMap<u64, Stored> = HashMap::new();
    if keys.is_empty() {
        return Ok(found);
    }
    let wanted = Arc::new(keys.clone());
    for file in log.of_layers(layers(table)) {
        let path = log.object(place, &file);
        let mut builder = file::open(place, path, &file).await?;
        if let Some(texts) = texts {
            builder = pruned(builder, KEY, texts);
        }
        if let Some(scopes) = scopes {
            builder = pruned(builder, SCOPE, scopes);
        }
        let wanted = Arc::clone(&wanted);
        builder = filtered(builder, KEY, move |key| wanted.contains(&key_hash(key)));
        let mask = file::project(
            &builder,
            &[
                KEY,
                RUN,
                GONE,
                HASH,
                SCOPE,
                PROVIDER,
                ACCOUNT,
                CONTROL,
                FIRST_SEEN,
                FAILED_SINCE,
                FIXED_ON,
                REOPENED_ON,
                TIMES_REOPENED,
                RAW,
            ],
        );
        let mut batches = builder.with_projection(mask).with_batch_size(BATCH).build()?;
        while let Some(batch) = batches.try_next().await? {
            let columns = Columns::of(&batch);
            for row in 0..batch.num_rows() {
                let stored = columns.stored(row);
                if file.layer == Layer::Past && !stored.gone {
                    continue;
                }
                let key = key_hash(&stored.key);
                match found.get(&key) {
                    Some(other) if other.run >= stored.run => {}
                    _ => _ = found.insert(key, stored),
                }
            }
        }
    }
    Ok(found)
}

type Builder = ParquetRecordBatchStreamBuilder<Source>;

/// Leaves out the row groups whose statistics say that none of the texts is in a column of them.
fn pruned(builder: Builder, column: &str, texts: &BTreeSet<&str>) -> Builder {
    let metadata = builder.metadata();
    let columns = metadata.file_metadata().schema_descr();
    let Some(at) = columns.columns().iter().position(|c| c.path().parts() == [column]) else {
        return builder;
    };
    let may = |group: usize| {
        let Some(Statistics::ByteArray(bounds)) = metadata.row_group(group).column(at).statistics() else {
            return true;
        };
        let (Some(min), Some(max)) = (bounds.min_opt(), bounds.max_opt()) else { return true };
        let (Ok(min), Ok(max)) = (std::str::from_utf8(min.data()), std::str::from_utf8(max.data())) else {
            return true;
        };
        texts.range::<str, _>((Bound::Included(min), Bound::Included(max))).next().is_some()
    };
    let groups: Vec<usize> = (0..metadata.num_row_groups()).filter(|g| may(*g)).collect();
    builder.with_row_groups(groups)
}

/// Leaves out the rows whose column is not wanted, before the other columns are read.
fn filtered(builder: Builder, column: &str, wanted: impl Fn(&str) -> bool + Send + 'static) -> Builder {
    let mask = ProjectionMask::columns(builder.parquet_schema(), [column]);
    let predicate = ArrowPredicateFn::new(mask, move |batch: RecordBatch| {
        let column = batch.column(0).as_string::<i32>();
        Ok(column.iter().map(|text| Some(text.is_some_and(&wanted))).collect::<BooleanArray>())
    });
    builder.with_row_filter(RowFilter::new(vec![Box::new(predicate)]))
}

/// The columns of a batch by name.
struct Columns<'b> {
    batch: &'b RecordBatch,
}

impl<'b> Columns<'b> {
    fn of(batch: &'b RecordBatch) -> Columns<'b> {
        Columns { batch }
    }

    fn text(&self, name: &str, row: usize) -> Option<&'b str> {
        let column = self.batch.column_by_name(name)?.as_string_opt::<i32>()?;
        column.is_valid(row).then(|| column.value(row))
    }

    fn int(&self, name: &str, row: usize) -> Option<i64> {
        let column = self.batch.column_by_name(name)?.as_primitive_opt::<Int64Type>()?;
        column.is_valid(row).then(|| column.value(row))
    }

    fn time(&self, name: &str, row: usize) -> Option<i64> {
        let column = self.batch.column_by_name(name)?.as_primitive_opt::<TimestampMicrosecondType>()?;
        column.is_valid(row).then(|| column.value(row))
    }

    fn gone(&self, row: usize) -> bool {
        let column = self.batch.column_by_name(GONE).and_then(|c| c.as_boolean_opt());
        column.is_some_and(|c| c.is_valid(row) && c.value(row))
    }

    fn stored(&self, row: usize) -> Stored {
        let own = |name| self.text(name, row).map(str::to_owned);
        Stored {
            run: self.int(RUN, row).unwrap_or_default(),
            gone: self.gone(row),
            hash: self.int(HASH, row).unwrap_or_default(),
            key: own(KEY).unwrap_or_default(),
            scope: own(SCOPE).unwrap_or_default(),
            account: own(ACCOUNT),
            provider: own(PROVIDER),
            control: own(CONTROL),
            first_seen: self.time(FIRST_SEEN, row),
            life: Life {
                failed_since: self.time(FAILED_SINCE, row),
                fixed_on: self.time(FIXED_ON, row),
                reopened_on: self.time(REOPENED_ON, row),
                times_reopened: self.int(TIMES_REOPENED, row).unwrap_or_default(),
            },
            raw: Bytes::copy_from_slice(self.text(RAW, row).unwrap_or_default().as_bytes()),
        }
    }
}
