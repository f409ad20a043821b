//! Rows into files.

use super::{Asked, Job};
use crate::error::CliError;
use crate::printer::Sink;
use std::path::{Path, PathBuf};
use totalcloud_table::{BatchWriter, Format, WriteOptions};

/// Values that were cut and are told one by one; the rest is counted.
const TOLD: u64 = 3;

/// The file of a table in a folder, which is made if it is not there.
pub(super) fn inside(folder: &Path, table: &str, format: Format) -> Result<PathBuf, CliError> {
    named(folder, &format!("{table}.{}", format.extension()))
}

/// A file in a folder, which is made if it is not there.
pub(super) fn named(folder: &Path, name: &str) -> Result<PathBuf, CliError> {
    std::fs::create_dir_all(folder)
        .map_err(|e| CliError::failed(format!("the folder {} cannot be made: {e}", folder.display())))?;
    Ok(folder.join(name))
}

/// Writes rows in a format.
pub(super) async fn write(
    job: &Job<'_>,
    asked: Asked,
    format: Format,
    path: Option<&Path>,
) -> Result<(), CliError> {
    let options = WriteOptions {
        width: if path.is_none() { job.printer.width() } else { None },
        color: path.is_none() && job.printer.color(),
        stream: path.is_none(),
        name: Some(asked.name.clone()),
        ..WriteOptions::default()
    };
    let sink = job.printer.sink(path)?;
    let name = asked.name.clone();
    let writer = BatchWriter::create(format, &asked.schema(), options, sink.writer()?);
    let mut writer = writer.map_err(|e| written(&sink, e))?;
    let mut batches = asked.start()?;
    let mut cut = 0;
    loop {
        match batches.next().await {
            Some(Ok(batch)) => {
                let outcome = writer.push(&batch).map_err(|e| written(&sink, e))?;
                for issue in outcome.issues {
                    cut += 1;
                    if cut <= TOLD {
                        job.printer.warn(&format!("{name}: {issue}"));
                    }
                }
            }
            // What is there already on a stream stays readable; a file is not touched.
            Some(Err(e)) => {
                if path.is_none() {
                    writer.abort().map_err(|e| written(&sink, e))?;
                }
                return Err(e);
            }
            None => break,
        }
    }
    let summary = writer.finish().map_err(|e| written(&sink, e))?;
    sink.commit()?;
    if cut > TOLD {
        job.printer.warn(&format!("{name}: in all {cut} values were cut to fit the format"));
    }
    if let Some(path) = path {
        job.printer.note(&format!("{name}: {} -> {}", rows(summary.rows), path.display()));
    }
    Ok(())
}

pub(super) fn rows(count: u64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

pub(super) fn written(sink: &Sink, e: totalcloud_table::Error) -> CliError {
    match e {
        totalcloud_table::Error::Io(e) => CliError::output(sink.name(), &e),
        other => CliError::failed(other.to_string()),
    }
}
