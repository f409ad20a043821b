//! The formats, one file each.

mod arrow;
mod delimited;
mod json;
mod markdown;
mod parquet;
mod table;
mod words;
mod xlsx;

use crate::cell::Cells;
use crate::plan::Reader;
use crate::{Format, Issue, Result, WriteOptions};
use bytes::Bytes;
use std::io::{BufWriter, Write};

pub(crate) type Out = Box<dyn Write + Send>;

/// One output in one format.
pub(crate) trait Sink: Send {
    fn row(&mut self, index: u64, row: &Bytes, issues: &mut Vec<Issue>) -> Result<()>;
    fn flush(&mut self) -> Result<()>;
    /// Ends the output, which is `complete` unless rows are missing.
    fn close(&mut self, complete: bool) -> Result<()>;
}

/// The output of a format. The JSON formats write rows as they came if there is no reader.
pub(crate) fn sink(
    format: Format,
    reader: Option<Reader>,
    options: &WriteOptions,
    out: Out,
) -> Result<Box<dyn Sink>> {
    let Some(reader) = reader else {
        return Ok(Box::new(json::Json::new(None, format, out)));
    };
    Ok(match format {
        Format::Json | Format::Ndjson => Box::new(json::Json::new(Some(reader), format, out)),
        Format::Csv | Format::Tsv => {
            Box::new(delimited::Delimited::new(Cells::new(reader, format), format, options, out)?)
        }
        Format::Table => Box::new(table::Table::new(Cells::new(reader, format), options, out)),
        Format::Markdown => Box::new(markdown::Markdown::new(Cells::new(reader, format), out)?),
        Format::Xlsx => Box::new(xlsx::Xlsx::new(Cells::new(reader, format), options, out)?),
        Format::Parquet => Box::new(parquet::Parquet::new(reader.plan, options, out)?),
        Format::Arrow => Box::new(arrow::Arrow::new(reader.plan, options, out)?),
    })
}

fn buffered(out: Out) -> BufWriter<Out> {
    BufWriter::with_capacity(64 << 10, out)
}

/// Metadata of the files that have some.
fn metadata(options: &WriteOptions) -> Vec<(String, String)> {
    let mut all = vec![("totalcloud.version".to_owned(), env!("CARGO_PKG_VERSION").to_owned())];
    all.extend(options.name.clone().map(|name| ("totalcloud.table".to_owned(), name)));
    all.extend(options.metadata.iter().cloned());
    all
}

/// The mark on a file from which rows are missing.
const INCOMPLETE: &str = "totalcloud.incomplete";

/// Where rows go once the output has failed.
pub(crate) struct Nowhere;

impl Sink for Nowhere {
    fn row(&mut self, _: u64, _: &Bytes, _: &mut Vec<Issue>) -> Result<()> {
        Err(std::io::Error::other("the output failed before").into())
    }
    fn flush(&mut self) -> Result<()> {
        Err(std::io::Error::other("the output failed before").into())
    }
    fn close(&mut self, _: bool) -> Result<()> {
        Err(std::io::Error::other("the output failed before").into())
    }
}
