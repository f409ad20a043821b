//! Rows of the plain tables as values of Rust, and back.

use crate::{Error, Kind, Result};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::json::{ArrayWriter, ReaderBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The rows as a batch.
///
/// # Errors
/// If a value does not fit its column.
pub(crate) fn batch<T: Serialize>(schema: &SchemaRef, rows: &[T]) -> Result<RecordBatch> {
    let mut decoder =
        ReaderBuilder::new(schema.clone()).with_batch_size(rows.len().max(1)).build_decoder()?;
    decoder.serialize(rows)?;
    let batch = decoder.flush()?;
    batch.map_or_else(|| Ok(RecordBatch::new_empty(schema.clone())), Ok)
}

/// The rows of batches.
///
/// # Errors
/// If a row is not one of these.
pub(crate) fn rows<T: DeserializeOwned>(batches: &[RecordBatch]) -> Result<Vec<T>> {
    let mut text = Vec::new();
    let mut writer = ArrayWriter::new(&mut text);
    writer.write_batches(&batches.iter().collect::<Vec<_>>())?;
    writer.finish()?;
    drop(writer);
    if text.is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_slice(&text).map_err(|e| {
        Error::new(Kind::Broken, format!("a row of the estate's own tables cannot be read: {e}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;
    use crate::store::runs::{How, Run, RunKind, RunTable};
    use jiff::Timestamp;

    #[test]
    fn a_run_comes_back_as_it_went() {
        let table = RunTable {
            table: "aws_vpc".into(),
            version: 3,
            rows: Some(7),
            rows_read: 8,
            appeared: 1,
            changed: 2,
            vanished: 3,
            complete: false,
            how: How::Updated,
            reason: Some("interrupted".into()),
        };
        let run = Run {
            run: 9,
            kind: RunKind::Sync,
            started: Timestamp::from_microsecond(1_700_000_000_123_456).unwrap(),
            finished: Timestamp::from_second(1_700_000_100).unwrap(),
            complete: true,
            calls: 5,
            rows_read: 6,
            appeared: 1,
            changed: 2,
            vanished: 3,
            bytes: 4,
            oldest: 1,
            program: "0.1.0".into(),
            assumed: vec!["nothing \"else\"".into()],
            tables: vec![table.clone(), RunTable { rows: None, reason: None, ..table }],
        };
        let none = Run { assumed: vec![], tables: vec![], run: 10, ..run.clone() };
        let all = vec![run, none];
        let batch = batch(&schema::sync_runs(), &all).unwrap();
        assert_eq!(batch.num_rows(), 2);
        assert_eq!(rows::<Run>(&[batch]).unwrap(), all);
        assert_eq!(rows::<Run>(&[]).unwrap(), []);
    }
}
