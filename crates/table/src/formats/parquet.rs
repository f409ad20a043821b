//! Parquet.

use super::{INCOMPLETE, Out, Sink, buffered, metadata};
use crate::batch::BatchBuilder;
use crate::plan::{From, Plan};
use crate::{Error, Issue, Result, WriteOptions};
use ::arrow::array::RecordBatch;
use ::arrow::datatypes::SchemaRef;
use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::WriterProperties;
use ::parquet::schema::types::ColumnPath;
use bytes::Bytes;
use std::io::BufWriter;

/// Rows beyond this many bytes make a batch even if they are few.
pub(super) const BATCH_BYTES: usize = 4 << 20;
/// What a row group may hold in memory before it is written.
const GROUP_BYTES: usize = 12 << 20;

/// A Parquet file, compressed with zstd. Memory is bounded by the size of a row group, not by the rows.
pub(super) struct Parquet {
    file: ParquetFile,
    batch: BatchBuilder,
    batch_rows: usize,
}

/// The file, which takes record batches.
pub(crate) struct ParquetFile {
    out: ArrowWriter<BufWriter<Out>>,
}

fn failed(e: ParquetError) -> Error {
    Error::encode("Parquet", e)
}

impl Parquet {
    pub(super) fn new(plan: Plan, options: &WriteOptions, out: Out) -> Result<Parquet> {
        let metadata = metadata(options);
        let whole: Vec<String> =
            plan.columns.iter().filter(|c| c.from == From::Raw).map(|c| c.name.clone()).collect();
        let batch = BatchBuilder::of_plan(plan, metadata.into_iter().collect());
        let file = ParquetFile::new(batch.schema(), &whole, options, out)?;
        Ok(Parquet { file, batch, batch_rows: options.batch_rows })
    }

    fn write(&mut self) -> Result<()> {
        let batch = self.batch.finish()?;
        self.file.write(&batch)
    }
}

impl ParquetFile {
    /// `whole` are the columns of which no two values are alike.
    pub(crate) fn new(
        schema: &SchemaRef,
        whole: &[String],
        options: &WriteOptions,
        out: Out,
    ) -> Result<ParquetFile> {
        let metadata = metadata(options);
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).map_err(failed)?))
            .set_created_by(concat!("totalcloud ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_key_value_metadata(Some(metadata.into_iter().map(|(k, v)| KeyValue::new(k, v)).collect()));
        for name in whole {
            // A dictionary of them is work for nothing.
            properties = properties.set_column_dictionary_enabled(ColumnPath::new(vec![name.clone()]), false);
        }
        let properties = properties.build();
        let out = ArrowWriter::try_new(buffered(out), schema.clone(), Some(properties)).map_err(failed)?;
        Ok(ParquetFile { out })
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.out.write(batch).map_err(failed)?;
        if self.out.memory_size() >= GROUP_BYTES {
            self.out.flush().map_err(failed)?;
        }
        Ok(())
    }

    pub(crate) fn close(&mut self, complete: bool) -> Result<()> {
        if !complete {
            self.out.append_key_value_metadata(KeyValue::new(INCOMPLETE.to_owned(), "true".to_owned()));
        }
        self.out.finish().map_err(failed)?;
        std::io::Write::flush(self.out.inner_mut())?;
        Ok(())
    }
}

impl Sink for Parquet {
    fn row(&mut self, _index: u64, row: &Bytes, issues: &mut Vec<Issue>) -> Result<()> {
        self.batch.push_into(row, issues)?;
        if self.batch.rows() >= self.batch_rows || self.batch.bytes() >= BATCH_BYTES {
            self.write()?;
        }
        Ok(())
    }

    /// Nothing: a row group ends when it is full, not when someone looks.
    fn flush(&mut self) -> Result<()> {
        Ok(())
    }

    fn close(&mut self, complete: bool) -> Result<()> {
        if self.batch.rows() > 0 {
            self.write()?;
        }
        self.file.close(complete)
    }
}
