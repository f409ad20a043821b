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
