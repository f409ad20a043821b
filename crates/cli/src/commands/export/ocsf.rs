//! Evaluations as events.

use super::{Job, files};
use crate::error::CliError;
use jiff::Timestamp;
use std::io::{BufWriter, Write};
use std::path::Path;
use totalcloud_estate::export::ocsf::{Mapper, SOURCES, Source};
use totalcloud_estate::layout::{EXTRA, RAW};

pub(super) fn is_source(table: &str) -> bool {
    Source::of(table).is_some()
}

/// The refusal of rows that are no findings.
pub(super) fn not_events(what: &str) -> CliError {
    let tables: Vec<&str> = SOURCES.iter().map(|(table, _)| *table).collect();
    CliError::usage(format!("{what} cannot be written as OCSF events"))
        .hint(format!("export {} so", tables.join(", ")))
}

/// Writes the events of a table, one a line.
pub(super) async fn write(job: &Job<'_>, table: &str, path: Option<&Path>) -> Result<(), CliError> {
    let source = Source::of(table).ok_or_else(|| not_events(table))?;
    let mapper = mapper(job).await?;
    let sink = job.printer.sink(path)?;
    let mut out = BufWriter::new(sink.writer()?);
    let columns = job.columns(table).await?;
    let columns: Vec<&str> =
        columns.iter().map(String::as_str).filter(|c| ![RAW, EXTRA].contains(c)).collect();
    let mut batches = job.select(table, &columns).await?.start()?;
    let mut count = 0;
    while let Some(batch) = batches.next().await {
        for event in mapper.events(source, &batch?)? {
            writeln!(out, "{event}").map_err(|e| CliError::output(sink.name(), &e))?;
            count += 1;
        }
    }
    out.flush().map_err(|e| CliError::output(sink.name(), &e))?;
    drop(out);
    sink.commit()?;
    if let Some(path) = path {
        job.printer.note(&format!("{table}: {} -> {}", files::rows(count), path.display()));
    }
    Ok(())
}

/// What events need to know of controls and accounts, as far as they were ever synced.
async fn mapper(job: &Job<'_>) -> Result<Mapper, CliError> {
    let mut mapper = Mapper::new(Timestamp::now());
    let known = job.session.table_names();
    let has = |table: &str| known.iter().any(|t| t == table);
    if has("controls") {
        let mut batches = job.table("controls", false).await?.start()?;
        while let Some(batch) = batches.next().await {
            mapper.learn_controls(&batch?)?;
        }
    } else {
        job.printer.warn("the controls were never synced: events name them by their numbers alone");
    }
    if has("connectors") {
        let mut batches = job.table("connectors", false).await?.start()?;
        while let Some(batch) = batches.next().await {
            mapper.learn_connectors(&batch?)?;
        }
    }
    Ok(mapper)
}
