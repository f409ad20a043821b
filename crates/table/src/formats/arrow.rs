//! Arrow IPC.

use super::{INCOMPLETE, Out, Sink, buffered, metadata};
use crate::batch::BatchBuilder;
use crate::plan::Plan;
use crate::{Error, Issue, Result, WriteOptions};
use ::arrow::array::RecordBatch;
use ::arrow::datatypes::SchemaRef;
use ::arrow::ipc::writer::{FileWriter, StreamWriter};
use bytes::Bytes;
use std::io::BufWriter;

/// An IPC file (what Feather readers open), or an IPC stream where the reader cannot seek.
pub(super) struct Arrow {
    file: Ipc,
    batch: BatchBuilder,
    batch_rows: usize,
}

/// The output, which takes record batches.
pub(crate) enum Ipc {
    File(FileWriter<BufWriter<Out>>),
    Stream(StreamWriter<BufWriter<Out>>),
}

fn failed(e: ::arrow::error::ArrowError) -> Error {
    Error::encode("Arrow", e)
}

impl Ipc {
    pub(crate) fn new(schema: &SchemaRef, options: &WriteOptions, out: Out) -> Result<Ipc> {
        let out = buffered(out);
        if options.stream {
            return Ok(Ipc::Stream(StreamWriter::try_new(out, schema).map_err(failed)?));
        }
        Ok(Ipc::File(FileWriter::try_new(out, schema).map_err(failed)?))
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        match self {
            Ipc::File(out) => out.write(batch),
            Ipc::Stream(out) => out.write(batch),
        }
        .map_err(failed)
    }

    pub(crate) fn flush(&mut self) -> Result<()> {
        match self {
            Ipc::File(out) => out.flush(),
            Ipc::Stream(out) => out.flush(),
        }
        .map_err(failed)
    }

    pub(crate) fn close(&mut self, complete: bool) -> Result<()> {
        match self {
            Ipc::File(out) => {
                if !complete {
                    out.write_metadata(INCOMPLETE, "true");
                }
                out.finish()
            }
            // A stream has no place for metadata after its rows.
            Ipc::Stream(out) => out.finish(),
        }
        .map_err(failed)?;
        self.flush()
    }
}

impl Arrow {
    pub(super) fn new(plan: Plan, options: &WriteOptions, out: Out) -> Result<Arrow> {
        let batch = BatchBuilder::of_plan(plan, metadata(options).into_iter().collect());
        let file = Ipc::new(batch.schema(), options, out)?;
        Ok(Arrow { file, batch, batch_rows: options.batch_rows })
    }

    fn write(&mut self) -> Result<()> {
        let batch = self.batch.finish()?;
        self.file.write(&batch)
    }
}

impl Sink for Arrow {
    fn row(&mut self, _index: u64, row: &Bytes, issues: &mut Vec<Issue>) -> Result<()> {
        self.batch.push_into(row, issues)?;
        if self.batch.rows() >= self.batch_rows || self.batch.bytes() >= super::parquet::BATCH_BYTES {
            self.write()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        self.file.flush()
    }

    fn close(&mut self, complete: bool) -> Result<()> {
        if self.batch.rows() > 0 {
            self.write()?;
        }
        self.file.close(complete)
    }
}
