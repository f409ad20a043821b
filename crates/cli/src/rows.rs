//! Rows on their way out: format, columns, destination, what is odd about them.

use crate::args::OutputArgs;
use crate::error::CliError;
use crate::hidden;
use crate::printer::{Printer, Sink};
use bytes::Bytes;
use std::collections::BTreeSet;
use std::sync::Arc;
use totalcloud_api::model::{Column, Shape};
use totalcloud_api::page::one_line;
use totalcloud_table::{Columns, Format, WriteOptions, Writer};

/// Issues that are told one by one; the rest is counted.
const TOLD: u64 = 20;

/// What rows have, where no choice is made.
#[derive(Debug, Clone)]
pub enum Fields {
    /// The columns of a shape.
    Of(&'static Shape),
    /// The columns of a shape, and whatever else the rows have.
    AtLeast(&'static Shape),
    /// Whatever the rows have.
    Any,
}

/// The columns of several shapes as one, for rows of several kinds.
pub fn union(shapes: &[&'static Shape]) -> &'static Shape {
    let mut columns: Vec<Column> = Vec::new();
    let mut seen = BTreeSet::new();
    for column in shapes.iter().flat_map(|s| s.columns()) {
        if seen.insert(column.wire) {
            columns.push(*column);
        }
    }
    // Made at most once a run, and needed to its end.
    let columns: &'static [Column] = Box::leak(columns.into_boxed_slice());
    Box::leak(Box::new(Shape::new("Row", "A row of one of several kinds.", None, columns)))
}

/// The format asked for, by name, by the ending of the file, or by who reads.
pub fn format(output: &OutputArgs, printer: &Printer) -> Result<Format, CliError> {
    let by_ending = output.file().and_then(|path| path.extension()?.to_str()).map(Format::from_extension);
    let format = match (output.format, by_ending) {
        (Some(format), _) => format,
        (None, Some(Some(format))) => format,
        (None, _) if output.file().is_some() => {
            let path = output.file().unwrap_or(std::path::Path::new(""));
            // A device such as /dev/stdout has no ending, and is no file either.
            if path.exists() && !path.is_file() {
                return Ok(Format::Ndjson);
            }
            return Err(CliError::usage(format!("the ending of {} says no format", path.display()))
                .hint("give one with --format"));
        }
        (None, _) if printer.stdout_is_terminal() => Format::Table,
        (None, _) => Format::Ndjson,
    };
    if !format.is_text() && output.file().is_none() && printer.stdout_is_terminal() {
        return Err(CliError::usage(format!("{format} is not for a terminal"))
            .hint(format!("write a file with --output rows.{}", format.extension())));
    }
    Ok(format)
}

/// The columns that are printed.
fn columns(output: &OutputArgs, fields: &Fields, lead: &[&str], format: Format) -> Result<Columns, CliError> {
    let mut columns = match fields {
        Fields::Of(shape) if lead.iter().all(|name| shape.column(name).is_some()) => Columns::of(shape),
        Fields::Of(shape) | Fields::AtLeast(shape) => Columns::of(shape).discover(),
        Fields::Any => Columns::untyped(),
    }
    .wide(output.wide);
    if !output.columns.is_empty() {
        columns = columns.select(&output.columns).map_err(|e| bad_columns(&e))?;
    } else if !lead.is_empty()
        && format.is_view()
        && !output.wide
        && let Fields::Of(shape) | Fields::AtLeast(shape) = fields
    {
        let shown = shape.shown().into_iter().map(|c| c.wire).filter(|name| !lead.contains(name));
        let names = lead.iter().copied().chain(shown);
        columns = columns.select(names).map_err(|e| bad_columns(&e))?;
    }
    Ok(columns)
}

/// Looks whether rows could be written so, and writes nothing.
///
/// # Errors
/// If the format, the columns or the destination cannot be had.
pub fn check(printer: &Printer, output: &OutputArgs, fields: &Fields) -> Result<(), CliError> {
    let format = format(output, printer)?;
    columns(output, fields, &[], format)?;
    match output.file() {
        // Whoever reads a pipe would take the end of this look for the end of the rows.
        Some(path) if path.exists() && !path.is_file() && !path.is_dir() => Ok(()),
        path => printer.sink(path).map(drop),
    }
}

/// Writes rows and counts what is odd about them.
pub struct Rows {
    printer: Arc<Printer>,
    writer: Writer,
    sink: Sink,
    strict: bool,
    /// Whether rows may hold secrets that are not to be shown.
    hides: bool,
    limit: Option<u64>,
    /// Rows written.
    pub count: u64,
    odd: Odd,
}

impl Rows {
    /// Opens the output. Nothing is written to stdout before there is something to write.
    ///
    /// # Errors
    /// If the format, the columns or the destination cannot be had.
    pub fn open(
        printer: &Arc<Printer>,
        output: &OutputArgs,
        fields: &Fields,
        lead: &[&str],
        name: &str,
    ) -> Result<Rows, CliError> {
        let format = format(output, printer)?;
        let columns = columns(output, fields, lead, format)?;
        let to_stdout = output.file().is_none();
        let options = WriteOptions {
            width: if to_stdout { printer.width() } else { None },
            color: to_stdout && printer.color(),
            stream: to_stdout,
            name: Some(name.to_owned()),
            ..WriteOptions::default()
        };
        let hides = !output.show_secrets;
        let sink = printer.sink(output.file())?;
        let writer = sink.writer()?;
        let writer = Writer::create(format, &columns, options, writer).map_err(|e| written(&sink, e))?;
        Ok(Rows {
            printer: Arc::clone(printer),
            writer,
            sink,
            strict: output.strict,
            hides,
            limit: None,
            count: 0,
            odd: Odd::default(),
        })
    }

    /// Writes one row of our own making.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn put(&mut self, row: &Bytes) -> Result<(), CliError> {
        self.push(row, |_| Vec::new())
    }

    /// Writes one row, and tells what `check` finds odd about it. All formats are checked alike: the writer
    /// looks only at what it writes, so what it says of a row counts only where the check knows no columns.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn push(&mut self, row: &Bytes, check: impl FnOnce(u64) -> Vec<Oddity>) -> Result<(), CliError> {
        for oddity in check(self.count) {
            tell(&self.printer, &mut self.odd, &oddity);
        }
        self.count += 1;
        let shown = (self.hides && hidden::may_be_in(row)).then(|| hidden::hide(row));
        let row = shown.as_ref().unwrap_or(row);
        self.writer.push(&one_line(row)).map_err(|e| written(&self.sink, e))?;
        Ok(())
    }

    /// Whether as many rows are written as were asked for.
    pub fn is_full(&self) -> bool {
        self.limit.is_some_and(|limit| self.count >= limit)
    }

    /// Bounds the rows that are written.
    #[must_use]
    pub fn limited(mut self, limit: Option<u64>) -> Rows {
        self.limit = limit;
        self
    }

    /// Where messages go.
    pub fn printer(&self) -> &Printer {
        &self.printer
    }

    /// Passes on what can be read already, where somebody may be reading.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn flush(&mut self) -> Result<(), CliError> {
        if self.sink.is_stream() {
            // On a terminal the progress is on the same screen.
            let flushed = if self.printer.stdout_is_terminal() {
                self.printer.bars().suspend(|| self.writer.flush())
            } else {
                self.writer.flush()
            };
            flushed.map_err(|e| written(&self.sink, e))?;
        }
        Ok(())
    }

    /// Completes the output.
    ///
    /// # Errors
    /// If the output cannot be written, or something is odd and `--strict` was given.
    pub fn finish(self) -> Result<u64, CliError> {
        self.writer.finish().map_err(|e| written(&self.sink, e))?;
        self.sink.commit()?;
        let odd = self.odd;
        odd.sum_up(&self.printer);
        if self.strict && odd.issues > 0 {
            return Err(CliError::failed(format!(
                "{} of {} rows do not have the form they should have",
                odd.rows, self.count
            ))
            .hint("without --strict they are only reported; no value is lost"));
        }
        Ok(self.count)
    }

    /// Completes the output although rows are missing; says where they are if that is not where they should be.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn abort(self) -> Result<Option<String>, CliError> {
        self.writer.abort().map_err(|e| written(&self.sink, e))?;
        let place = self.sink.commit_partial()?;
        self.odd.sum_up(&self.printer);
        Ok(place)
    }
}

/// Something about a row that its reader should know. The row itself is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oddity {
    /// Number of the row in the output, from 0.
    pub row: u64,
    /// JSON path inside the row.
    pub path: String,
    /// What is wrong, without the value, which may be confidential.
    pub reason: String,
}

/// What is odd about the rows so far.
#[derive(Debug, Default)]
struct Odd {
    issues: u64,
    rows: u64,
    last_row: Option<u64>,
}

impl Odd {
    fn sum_up(&self, printer: &Printer) {
        if self.issues > TOLD {
            printer.warn(&format!(
                "{} more of the kind; in all {} values of {} rows do not fit, and all were kept",
                self.issues - TOLD,
                self.issues,
                self.rows
            ));
        }
    }
}

fn tell(printer: &Printer, odd: &mut Odd, oddity: &Oddity) {
    odd.issues += 1;
    if odd.last_row != Some(oddity.row) {
        odd.last_row = Some(oddity.row);
        odd.rows += 1;
    }
    if odd.issues <= TOLD {
        printer.warn(&format!("row {}, {}: {}", oddity.row, oddity.path, oddity.reason));
    }
}

fn written(sink: &Sink, e: totalcloud_table::Error) -> CliError {
    match e {
        totalcloud_table::Error::Io(e) => CliError::output(sink.name(), &e),
        other => CliError::failed(other.to_string()),
    }
}

fn bad_columns(e: &totalcloud_table::Error) -> CliError {
    CliError::usage(e.to_string()).hint("--wide shows all columns; the reference lists them")
}
