//! The formats, one file each.

pub(crate) mod arrow;
mod delimited;
pub(crate) mod json;
mod markdown;
pub(crate) mod parquet;
mod table;
mod words;
mod xlsx;

use crate::cell::{Cells, Value};
use crate::plan::{PlanColumn, Reader};
use crate::{Format, Issue, Result, WriteOptions};
use bytes::Bytes;
use std::io::{BufWriter, Write};
use totalcloud_api::model::Kind;

pub(crate) type Out = Box<dyn Write + Send>;

/// One output in one format.
pub(crate) trait Sink: Send {
    fn row(&mut self, index: u64, row: &Bytes, issues: &mut Vec<Issue>) -> Result<()>;
    fn flush(&mut self) -> Result<()>;
    /// Ends the output, which is `complete` unless rows are missing.
    fn close(&mut self, complete: bool) -> Result<()>;
}

/// One output that is made of cells.
pub(crate) trait Sheet: Send {
    fn cells(&mut self, index: u64, values: &[Value<'_>], issues: &mut Vec<Issue>) -> Result<()>;
    fn flush(&mut self) -> Result<()>;
    fn close(&mut self) -> Result<()>;
}

/// What a sheet must know of a column.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

impl From<&PlanColumn> for Head {
    fn from(column: &PlanColumn) -> Head {
        Head { name: column.name.clone(), kind: column.kind }
    }
}

/// The sheet of a format that is made of cells.
pub(crate) fn sheet(
    format: Format,
    heads: &[Head],
    options: &WriteOptions,
    out: Out,
) -> Result<Box<dyn Sheet>> {
    Ok(match format {
        Format::Csv | Format::Tsv => Box::new(delimited::Delimited::new(heads, format, options, out)?),
        Format::Markdown => Box::new(markdown::Markdown::new(heads, out)?),
        Format::Xlsx => Box::new(xlsx::Xlsx::new(heads, options, out)?),
        _ => Box::new(table::Table::new(heads, options, out)),
    })
}

/// Rows of the service in a sheet.
struct Sheeted {
    cells: Cells,
    sheet: Box<dyn Sheet>,
}

impl Sink for Sheeted {
    fn row(&mut self, index: u64, row: &Bytes, issues: &mut Vec<Issue>) -> Result<()> {
        let values = self.cells.read(index, row, issues);
        self.sheet.cells(index, &values, issues)
    }

    fn flush(&mut self) -> Result<()> {
        self.sheet.flush()
    }

    fn close(&mut self, _complete: bool) -> Result<()> {
        self.sheet.close()
    }
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
        Format::Parquet => Box::new(parquet::Parquet::new(reader.plan, options, out)?),
        Format::Arrow => Box::new(arrow::Arrow::new(reader.plan, options, out)?),
        Format::Table | Format::Csv | Format::Tsv | Format::Xlsx | Format::Markdown => {
            let cells = Cells::new(reader, format);
            let heads: Vec<Head> = cells.columns().iter().map(Head::from).collect();
            let sheet = sheet(format, &heads, options, out)?;
            Box::new(Sheeted { cells, sheet })
        }
    })
}

pub(crate) fn buffered(out: Out) -> BufWriter<Out> {
    BufWriter::with_capacity(64 << 10, out)
}

/// Metadata of the files that have some.
pub(crate) fn metadata(options: &WriteOptions) -> Vec<(String, String)> {
    let mut all = vec![("totalcloud.version".to_owned(), env!("CARGO_PKG_VERSION").to_owned())];
    all.extend(options.name.clone().map(|name| ("totalcloud.table".to_owned(), name)));
    all.extend(options.metadata.iter().cloned());
    all
}

/// The mark on a file from which rows are missing.
pub(crate) const INCOMPLETE: &str = "totalcloud.incomplete";

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
