//! Encodes and writes row versions beside the reading of the next rows.

use super::encode::{Encoder, Version};
use super::file::FileWriter;
use crate::layout::Layer;
use crate::place::Place;
use crate::tables::TableSpec;
use crate::{Error, Kind, Result};
use arrow::datatypes::SchemaRef;
use deltalake::kernel::Add;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Chunks that wait to be written: the writing of a row group, which takes longer, must not stop the reading.
const WAITING: usize = 3;

/// The files of one table. They are not there before they are finished.
pub(super) struct Sink {
    chunks: Option<mpsc::Sender<Vec<Version>>>,
    task: JoinHandle<Result<(Vec<Add>, u64, u64)>>,
}

impl Sink {
    pub(super) fn new(
        place: &Place,
        table: &'static TableSpec,
        layer: Layer,
        schema: SchemaRef,
        run: i64,
    ) -> Sink {
        let (chunks, mut waiting) = mpsc::channel::<Vec<Version>>(WAITING);
        let mut files = FileWriter::new(place, &table.name, Some(layer), schema.clone());
        let mut encoder = Encoder::new(table, schema, run);
        let task = tokio::spawn(async move {
            while let Some(versions) = waiting.recv().await {
                files.write(&encoder.batch(&versions)?).await.map_err(|e| e.about(&encoder.table().name))?;
            }
            let (adds, bytes) = files.finish().await?;
            Ok((adds, bytes, encoder.misfits))
        });
        Sink { chunks: Some(chunks), task }
    }

    pub(super) async fn write(&mut self, versions: Vec<Version>) -> Result<()> {
        if versions.is_empty() {
            return Ok(());
        }
        let sent = match &self.chunks {
            Some(chunks) => chunks.send(versions).await.is_ok(),
            None => false,
        };
        if sent {
            return Ok(());
        }
        // The task ended before its time, and says why.
        self.chunks = None;
        match (&mut self.task).await {
            Ok(Err(e)) => Err(e),
            _ => Err(Error::new(Kind::Failed, "the writer of a table ended before its time")),
        }
    }

    /// The actions that make the files part of the table, their bytes, and values that did not fit their columns.
    pub(super) async fn finish(mut self) -> Result<(Vec<Add>, u64, u64)> {
        self.chunks = None;
        match self.task.await {
            Ok(done) => done,
            Err(e) => Err(Error::new(Kind::Failed, format!("the writer of a table ended: {e}"))),
        }
    }
}
