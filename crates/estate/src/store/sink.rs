//! Makes columns of row versions and writes them, both beside the reading of the next rows and beside each other.

use super::encode::{Encoder, Version};
use super::file::FileWriter;
use crate::layout::Layer;
use crate::place::Place;
use crate::tables::TableSpec;
use crate::{Error, Kind, Result};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use deltalake::kernel::Add;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};

/// Chunks that wait to become columns: the writing of a row group, which takes longer, must not stop the reading.
const WAITING: usize = 2;
/// Chunks that are columns already and wait to be written.
const READY: usize = 1;

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
        let (chunks, waiting) = mpsc::channel(WAITING);
        let (batches, mut ready) = mpsc::channel(READY);
        let mut files = FileWriter::new(place, &table.name, Some(layer), schema.clone());
        // It never waits for anything but its channels, so that it would hold up what shares a thread with it.
        let encoding =
            tokio::task::spawn_blocking(move || encode(Encoder::new(table, schema, run), waiting, &batches));
        let task = tokio::spawn(async move {
            while let Some(batch) = ready.recv().await {
                files.write(&batch?).await.map_err(|e| e.about(&table.name))?;
            }
            // That no more comes may also mean that the encoder broke off: only its own word makes files complete.
            let misfits = encoding.await.map_err(ended)?;
            let (adds, bytes) = files.finish().await?;
            Ok((adds, bytes, misfits))
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
            Err(e) => Err(ended(e)),
        }
    }
}

/// Makes batches until no more chunks come, or nobody wants them. Gives how many values did not fit their columns.
fn encode(
    mut encoder: Encoder,
    mut chunks: mpsc::Receiver<Vec<Version>>,
    batches: &mpsc::Sender<Result<RecordBatch>>,
) -> u64 {
    while let Some(versions) = chunks.blocking_recv() {
        let batch = encoder.batch(&versions);
        let last = batch.is_err();
        if batches.blocking_send(batch).is_err() || last {
            break;
        }
    }
    encoder.misfits
}

fn ended(e: JoinError) -> Error {
    Error::new(Kind::Failed, format!("the writer of a table ended: {e}"))
}
