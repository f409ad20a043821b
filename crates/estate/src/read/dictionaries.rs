//! Columns read as the dictionaries that they are stored as.
//!
//! A reader of Parquet takes the types of columns from the note that their writer left in the file. The estate's
//! files say text, for that is what every engine understands; here the note is read as saying dictionary, for
//! columns that have few values.

use arrow::datatypes::{DataType, Field, Schema};
use bytes::Bytes;
use datafusion::common::Result;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::{
    CachedParquetFileReaderFactory, ParquetFileReaderFactory,
};
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::arrow::{ARROW_SCHEMA_META_KEY, encode_arrow_schema, parquet_to_arrow_schema};
use parquet::errors::ParquetError;
use parquet::file::metadata::{FileMetaData, KeyValue, ParquetMetaData, ParquetMetaDataBuilder};
use std::ops::Range;
use std::sync::Arc;

/// How a column is read that has few values.
pub(crate) fn dictionary() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// Readers that give these columns as dictionaries.
#[derive(Debug)]
pub(crate) struct Dictionaries {
    pub(crate) readers: CachedParquetFileReaderFactory,
    pub(crate) columns: Arc<[String]>,
}

impl ParquetFileReaderFactory for Dictionaries {
    fn create_reader(
        &self,
        partition: usize,
        file: PartitionedFile,
        hint: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> Result<Box<dyn AsyncFileReader + Send>> {
        let inner = self.readers.create_reader(partition, file, hint, metrics)?;
        Ok(Box::new(Reader { inner, columns: Arc::clone(&self.columns) }))
    }
}

struct Reader {
    inner: Box<dyn AsyncFileReader + Send>,
    columns: Arc<[String]>,
}

impl AsyncFileReader for Reader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, ParquetError>> {
        self.inner.get_bytes(range)
    }

    fn get_byte_ranges(
        &mut self,
        ranges: Vec<Range<u64>>,
    ) -> BoxFuture<'_, Result<Vec<Bytes>, ParquetError>> {
        self.inner.get_byte_ranges(ranges)
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>, ParquetError>> {
        async move {
            let metadata = self.inner.get_metadata(options).await?;
            told(&metadata, &self.columns).map(Arc::new)
        }
        .boxed()
    }
}

/// The same file, with the note on the types of its columns changed.
fn told(metadata: &ParquetMetaData, columns: &[String]) -> Result<ParquetMetaData, ParquetError> {
    let file = metadata.file_metadata();
    let schema = parquet_to_arrow_schema(file.schema_descr(), file.key_value_metadata())?;
    let fields = schema.fields().iter().map(|field| match field.data_type() {
        DataType::Utf8 if columns.contains(field.name()) => {
            Arc::new(Field::clone(field).with_data_type(dictionary()))
        }
        _ => Arc::clone(field),
    });
    let note = encode_arrow_schema(&Schema::new(fields.collect::<Vec<_>>()));
    let mut notes = file.key_value_metadata().cloned().unwrap_or_default();
    notes.retain(|note| note.key != ARROW_SCHEMA_META_KEY);
    notes.push(KeyValue::new(ARROW_SCHEMA_META_KEY.to_owned(), note));
    let file = FileMetaData::new(
        file.version(),
        file.num_rows(),
        file.created_by().map(str::to_owned),
        Some(notes),
        file.schema_descr_ptr(),
        file.column_orders().cloned(),
    );
    let told = ParquetMetaDataBuilder::new(file)
        .set_row_groups(metadata.row_groups().to_vec())
        .set_column_index(metadata.column_index().cloned())
        .set_offset_index(metadata.offset_index().cloned());
    Ok(told.build())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::files::{FileSet, KnownFile, read_schema};
    use crate::read::stats::FileStats;
    use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
    use arrow::datatypes::Int32Type;
    use datafusion::physical_plan::collect;
    use datafusion::prelude::SessionContext;
    use object_store::memory::InMemory;
    use object_store::path::Path;
    use object_store::{ObjectStore, ObjectStoreExt};
    use parquet::arrow::ArrowWriter;
    use parquet::file::properties::WriterProperties;

    async fn put(
        store: &dyn ObjectStore,
        path: &str,
        columns: Vec<(&str, ArrayRef)>,
        dictionary: bool,
    ) -> u64 {
        let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true)));
        let batch = batch.unwrap();
        let properties = WriterProperties::builder().set_dictionary_enabled(dictionary).build();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        let bytes = writer.into_inner().unwrap();
        let size = bytes.len() as u64;
        store.put(&Path::from(path), bytes.into()).await.unwrap();
        size
    }

    #[tokio::test]
    async fn columns_are_dictionaries_however_a_file_has_them() {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let text = |values: &[Option<&str>]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
        let (a, b) = (text(&[Some("x"), None, Some("x")]), text(&[Some("y"), Some("z"), None]));
        let names = || text(&[Some("1"), Some("2"), Some("3")]);
        let sizes = [
            ("a", put(&*store, "a", vec![("region", a), ("name", names())], true).await),
            ("b", put(&*store, "b", vec![("name", names()), ("region", b)], false).await),
            ("c", put(&*store, "c", vec![("name", names())], true).await),
        ];
        let utf8 = |name: &str| Field::new(name, DataType::Utf8, true);
        let schema = read_schema(&Schema::new(vec![utf8("name"), utf8("region")]));
        let files = sizes.map(|(path, size)| KnownFile {
            path: Path::from(path),
            size,
            stats: FileStats::read(None, Some(3), size, &schema),
        });
        let set = FileSet::new(store, schema, files.into()).unwrap();
        let context = SessionContext::new();
        let state = context.state();
        let set = set.filtered(&state, &["region"], &[]).unwrap();
        let plan = set.scan(&state, &[1, 0], None).unwrap();
        let mut found = Vec::new();
        for batch in collect(plan, context.task_ctx()).await.unwrap() {
            let regions = batch.column(0).as_dictionary::<Int32Type>();
            let values = regions.downcast_dict::<StringArray>().unwrap();
            let names = batch.column(1).as_string_view();
            found.extend(
                values.into_iter().zip(names).map(|(r, n)| format!("{}{}", n.unwrap(), r.unwrap_or("-"))),
            );
        }
        found.sort();
        assert_eq!(found, ["1-", "1x", "1y", "2-", "2-", "2z", "3-", "3-", "3x"]);
    }
}
