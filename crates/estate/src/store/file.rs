//! Data files: Parquet written with the statistics that the log keeps, and read back.

use super::log::{DataFile, Log, object};
use super::{record, repeats};
use crate::layout::{ACCOUNT, CONTROL, KEY, LAYER, Layer, PROVIDER, RUN, SCOPE, TO};
use crate::place::Place;
use crate::{Error, Kind, Result};
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use bytes::Bytes;
use deltalake::kernel::Add;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryStreamExt};
use jiff::Timestamp;
use object_store::buffered::BufWriter;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::ParquetRecordBatchStreamBuilder;
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::arrow::{AsyncArrowWriter, ProjectionMask};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnPath;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Bytes of a file beyond which another one is begun.
const FILE_BYTES: usize = 128 << 20;
/// Rows of a row group, at most.
const GROUP_ROWS: usize = 256 * 1024;
/// Bytes that a row group may hold in memory before it is written: little beside all that a sync holds, and more where
/// rows are written to stay, because large groups are read faster.
const GROUP_BYTES: usize = 6 << 20;
const LASTING_GROUP_BYTES: usize = 16 << 20;
/// Bytes that go to the store at once, and how many such pieces are under way.
const PIECE_BYTES: usize = 5 << 20;
const PIECES: usize = 2;
/// Bytes of distinct values from which on a column is no longer written with a dictionary: each column keeps its own
/// in memory, and a wide table has a hundred.
const DICTIONARY_BYTES: usize = 512 << 10;

/// Columns whose least and greatest values the log keeps, so that files can be passed over.
const INDEXED: &[&str] = &[
    RUN,
    TO,
    "run",
    KEY,
    SCOPE,
    PROVIDER,
    ACCOUNT,
    CONTROL,
    "region",
    "resourceId",
    "resourceType",
    "uuid",
    "result",
    "table",
    "kind",
    "at",
    "firstSeen",
    "failedSince",
];

/// How a file is written that begins with a batch: to be read often, or to be written fast.
fn properties(schema: &SchemaRef, first: &RecordBatch, lasting: bool) -> WriterProperties {
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        .set_created_by(concat!("totalcloud ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_statistics_enabled(EnabledStatistics::Page);
    // Keys are sorted or at least alike in front, and never repeat.
    builder = builder
        .set_column_encoding(ColumnPath::from(KEY), Encoding::DELTA_BYTE_ARRAY)
        .set_column_dictionary_enabled(ColumnPath::from(KEY), false);
    for wide in [crate::layout::RAW, crate::layout::EXTRA] {
        if schema.field_with_name(wide).is_ok() {
            builder = builder
                .set_column_dictionary_enabled(ColumnPath::from(wide), false)
                .set_column_statistics_enabled(ColumnPath::from(wide), EnabledStatistics::None);
        }
    }
    if !lasting {
        let plain = repeats::unlike(first).into_iter();
        builder = plain.fold(builder, |b, column| b.set_column_dictionary_enabled(column, false));
    }
    builder.build()
}

/// Writes batches of one layer into files of a bounded size. A file that is not finished is not there.
pub struct FileWriter {
    place: Place,
    table: String,
    layer: Option<Layer>,
    schema: SchemaRef,
    lasting: bool,
    open: Option<Open>,
    /// The file before, while it goes to the disk: the next one is written meanwhile.
    closing: JoinSet<Result<Add>>,
    adds: Vec<Add>,
    rows: u64,
}

struct Open {
    path: String,
    writer: AsyncArrowWriter<BufWriter>,
}

impl FileWriter {
    /// Begins to write a layer of a table; plain tables have no layers.
    pub fn new(place: &Place, table: &str, layer: Option<Layer>, schema: SchemaRef) -> FileWriter {
        FileWriter {
            place: place.clone(),
            table: table.to_owned(),
            layer,
            schema,
            lasting: false,
            open: None,
            closing: JoinSet::new(),
            adds: Vec::new(),
            rows: 0,
        }
    }

    /// For rows that are written to stay.
    #[must_use]
    pub fn lasting(mut self) -> FileWriter {
        self.lasting = true;
        self
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Writes a batch.
    ///
    /// # Errors
    /// If the place cannot be written.
    pub async fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let open = match &mut self.open {
            Some(open) => open,
            none => {
                let properties = properties(&self.schema, batch, self.lasting);
                none.insert(Open::new(&self.place, &self.table, self.layer, &self.schema, properties)?)
            }
        };
        open.writer.write(batch).await?;
        self.rows += batch.num_rows() as u64;
        let most = if self.lasting { LASTING_GROUP_BYTES } else { GROUP_BYTES };
        if open.writer.in_progress_size() > most {
            open.writer.flush().await?;
        }
        if open.writer.bytes_written() > FILE_BYTES {
            self.close().await?;
        }
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        let Some(mut open) = self.open.take() else { return Ok(()) };
        self.closed().await?;
        let (layer, schema) = (self.layer, Arc::clone(&self.schema));
        self.closing.spawn(async move {
            let metadata = open.writer.finish().await?;
            let size = open.writer.bytes_written();
            Ok(add(open.path, size, layer, &metadata, &schema))
        });
        Ok(())
    }

    /// Waits for the file before.
    async fn closed(&mut self) -> Result<()> {
        while let Some(add) = self.closing.join_next().await {
            let ended = |e| Error::new(Kind::Failed, format!("the writing of a file ended: {e}"));
            self.adds.push(add.map_err(ended)??);
        }
        Ok(())
    }

    /// Ends the last file. Gives the actions that make the files part of the table, and their bytes.
    ///
    /// # Errors
    /// If the place cannot be written.
    pub async fn finish(mut self) -> Result<(Vec<Add>, u64)> {
        self.close().await?;
        self.closed().await?;
        let bytes = self.adds.iter().map(|add| u64::try_from(add.size).unwrap_or_default()).sum();
        Ok((self.adds, bytes))
    }
}

impl Open {
    fn new(
        place: &Place,
        table: &str,
        layer: Option<Layer>,
        schema: &SchemaRef,
        properties: WriterProperties,
    ) -> Result<Open> {
        let name = format!("part-{}.zstd.parquet", uuid::Uuid::new_v4());
        let path = match layer {
            Some(layer) => format!("{LAYER}={}/{name}", layer.as_str()),
            None => name,
        };
        let sink = BufWriter::with_capacity(place.store(), object(place, table, &path), PIECE_BYTES)
            .with_max_concurrency(PIECES);
        let writer = AsyncArrowWriter::try_new(sink, schema.clone(), Some(properties))?;
        Ok(Open { path, writer })
    }
}

fn add(
    path: String,
    size: usize,
    layer: Option<Layer>,
    metadata: &ParquetMetaData,
    schema: &SchemaRef,
) -> Add {
    let partition_values = layer
        .map(|layer| HashMap::from([(LAYER.to_owned(), Some(layer.as_str().to_owned()))]))
        .unwrap_or_default();
    Add {
        path,
        partition_values,
        size: size as i64,
        modification_time: Timestamp::now().as_millisecond(),
        data_change: true,
        stats: Some(statistics(metadata, schema)),
        tags: None,
        deletion_vector: None,
        base_row_id: None,
        default_row_commit_version: None,
        clustering_provider: None,
    }
}

/// The statistics of a file as the log keeps them.
fn statistics(metadata: &ParquetMetaData, schema: &SchemaRef) -> String {
    let (mut min, mut max, mut nulls) = (Map::new(), Map::new(), Map::new());
    let columns = metadata.file_metadata().schema_descr();
    for (at, column) in columns.columns().iter().enumerate() {
        let [name] = column.path().parts() else { continue };
        if !INDEXED.contains(&name.as_str()) {
            continue;
        }
        let Ok(field) = schema.field_with_name(name) else { continue };
        let groups: Vec<Option<&Statistics>> =
            metadata.row_groups().iter().map(|g| g.column(at).statistics()).collect();
        let Some(groups) = groups.into_iter().collect::<Option<Vec<_>>>() else { continue };
        let of = |least: bool| bound(&groups, field.data_type(), least);
        if let Some(count) = groups.iter().map(|s| s.null_count_opt()).sum::<Option<u64>>() {
            nulls.insert(name.clone(), count.into());
        }
        if let (Some(least), Some(greatest)) = (of(true), of(false)) {
            min.insert(name.clone(), least);
            max.insert(name.clone(), greatest);
        }
    }
    let rows = metadata.file_metadata().num_rows();
    serde_json::json!({ "numRecords": rows, "minValues": min, "maxValues": max, "nullCount": nulls })
        .to_string()
}

fn bound(groups: &[&Statistics], data_type: &DataType, least: bool) -> Option<Value> {
    match data_type {
        DataType::Int64 | DataType::Timestamp(..) => {
            let values = groups.iter().filter_map(|s| match s {
                Statistics::Int64(v) => if least { v.min_opt() } else { v.max_opt() }.copied(),
                _ => None,
            });
            let value = if least { values.min() } else { values.max() }?;
            if matches!(data_type, DataType::Int64) {
                return Some(value.into());
            }
            // The log keeps milliseconds: the bound is moved outwards.
            let micros = if least { value.div_euclid(1000) } else { value.div_euclid(1000) + 1 } * 1000;
            Timestamp::from_microsecond(micros).ok().map(|t| format!("{t:.3}").into())
        }
        DataType::Utf8 => {
            let values = groups.iter().filter_map(|s| match s {
                Statistics::ByteArray(v) => {
                    let value = if least { v.min_opt() } else { v.max_opt() };
                    value.and_then(|v| std::str::from_utf8(v.data()).ok())
                }
                _ => None,
            });
            if least { values.min() } else { values.max() }.map(Value::from)
        }
        _ => None,
    }
}

/// Reads whole files of a plain table as values.
pub(crate) async fn read_plain<T: DeserializeOwned>(
    place: &Place,
    log: &Log,
    files: &[DataFile],
) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    for file in files {
        let path = log.object(place, file);
        let batches: Vec<RecordBatch> = open(place, path, file).await?.build()?.try_collect().await?;
        rows.extend(record::rows::<T>(&batches)?);
    }
    Ok(rows)
}

/// A file in a store, as the Parquet reader wants it.
pub(crate) struct Source {
    store: Arc<dyn ObjectStore>,
    path: ObjectPath,
    size: u64,
}

impl AsyncFileReader for Source {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, ParquetError>> {
        async move { Ok(self.store.get_range(&self.path, range).await?) }.boxed()
    }

    fn get_byte_ranges(
        &mut self,
        ranges: Vec<Range<u64>>,
    ) -> BoxFuture<'_, Result<Vec<Bytes>, ParquetError>> {
        async move { Ok(self.store.get_ranges(&self.path, &ranges).await?) }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>, ParquetError>> {
        async move {
            let mut reader = ParquetMetaDataReader::new();
            if let Some(options) = options {
                reader = reader
                    .with_column_index_policy(options.column_index_policy())
                    .with_offset_index_policy(options.offset_index_policy());
            }
            let size = self.size;
            Ok(Arc::new(reader.load_and_finish(self, size).await?))
        }
        .boxed()
    }
}

/// Opens a file to be read.
pub(crate) async fn open(
    place: &Place,
    path: ObjectPath,
    file: &DataFile,
) -> Result<ParquetRecordBatchStreamBuilder<Source>> {
    let source = Source { store: place.store(), path: path.clone(), size: file.size };
    ParquetRecordBatchStreamBuilder::new(source)
        .await
        .map_err(|e| crate::Error::from(e).about(format_args!("data file {path}")))
}

/// The columns of these names, as far as the file has them.
pub(crate) fn project(builder: &ParquetRecordBatchStreamBuilder<Source>, names: &[&str]) -> ProjectionMask {
    ProjectionMask::columns(builder.parquet_schema(), names.iter().copied())
}
