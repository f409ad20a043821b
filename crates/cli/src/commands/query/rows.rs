//! The rows of a query on their way out.

use crate::args::OutputArgs;
use crate::error::CliError;
use crate::printer::{Printer, Sink};
use crate::rows::format;
use std::path::PathBuf;
use std::sync::Arc;
use totalcloud_estate::Error;
use totalcloud_estate::export::redact::Redactor;
use totalcloud_estate::layout::{EXTRA, RAW};
use totalcloud_estate::sql::Plan;
use totalcloud_table::arrow::array::RecordBatch;
use totalcloud_table::arrow::datatypes::SchemaRef;
use totalcloud_table::{BatchWriter, Format, WriteOptions};

/// Where the rows of a query go and how they look.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct ResultArgs {
    /// table, json, ndjson, csv, tsv, xlsx, parquet, arrow or markdown [default: table on a terminal, ndjson otherwise]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,

    /// The columns raw and extra in tables as well
    #[arg(long)]
    wide: bool,

    /// File to write, whole or not at all; its ending says the format
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Hide what may be personal or secret
    #[arg(long)]
    redact: bool,
}

impl ResultArgs {
    /// A table on standard output.
    pub fn table() -> ResultArgs {
        ResultArgs { format: Some(Format::Table), ..ResultArgs::default() }
    }

    fn args(&self) -> OutputArgs {
        OutputArgs {
            format: self.format,
            output: self.output.clone(),
            wide: self.wide,
            ..OutputArgs::default()
        }
    }

    /// Looks whether rows could be written so.
    ///
    /// # Errors
    /// If the format or the destination cannot be had.
    pub fn check(&self, printer: &Printer) -> Result<(), CliError> {
        format(&self.args(), printer).map(drop)
    }
}

/// Writes batches, and gets the file in its place when all are written.
pub(super) struct Output {
    writer: BatchWriter,
    sink: Sink,
    redactor: Option<Redactor>,
    /// The columns that are shown, where it is not all.
    shown: Option<Vec<usize>>,
    printer: Arc<Printer>,
    rows: u64,
    cut: u64,
}

impl Output {
    /// Opens the output; nothing is written before there is something to write.
    pub(super) fn open(printer: &Arc<Printer>, output: &ResultArgs, plan: &Plan) -> Result<Output, CliError> {
        let args = output.args();
        let format = format(&args, printer)?;
        let redactor = output.redact.then(|| Redactor::of_plan(plan.logical()));
        let mut schema = plan.schema();
        if let Some(redactor) = &redactor {
            schema = redactor.schema(&schema);
        }
        let shown = (format.is_view() && !output.wide).then(|| readable(&schema)).flatten();
        if let Some(shown) = &shown {
            schema = Arc::new(schema.project(shown).map_err(Error::from)?);
        }
        let to_stdout = args.file().is_none();
        let options = WriteOptions {
            width: if to_stdout { printer.width() } else { None },
            color: to_stdout && printer.color(),
            stream: to_stdout,
            name: Some("query".to_owned()),
            ..WriteOptions::default()
        };
        let sink = printer.sink(args.file())?;
        let writer =
            BatchWriter::create(format, &schema, options, sink.writer()?).map_err(|e| written(&sink, e))?;
        Ok(Output { writer, sink, redactor, shown, printer: Arc::clone(printer), rows: 0, cut: 0 })
    }

    pub(super) fn put(&mut self, batch: &RecordBatch) -> Result<(), CliError> {
        let hidden = self.redactor.as_ref().map(|redactor| redactor.apply(batch)).transpose()?;
        let batch = hidden.as_ref().unwrap_or(batch);
        let shown = self.shown.as_ref().map(|shown| batch.project(shown)).transpose().map_err(Error::from)?;
        let batch = shown.as_ref().unwrap_or(batch);
        self.rows += batch.num_rows() as u64;
        let outcome = self.writer.push(batch).map_err(|e| written(&self.sink, e))?;
        self.cut += outcome.issues.len() as u64;
        for issue in outcome.issues.iter().take(3) {
            self.printer.warn_once(&issue.to_string());
        }
        if self.sink.is_stream() {
            self.writer.flush().map_err(|e| written(&self.sink, e))?;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<u64, CliError> {
        self.writer.finish().map_err(|e| written(&self.sink, e))?;
        self.sink.commit()?;
        if self.cut > 3 {
            self.printer.warn(&format!("in all {} values were cut to fit the format", self.cut));
        }
        Ok(self.rows)
    }

    /// Ends the output although rows are missing; says where they are if that is not where they should be.
    pub(super) fn abort(self) -> Result<(), CliError> {
        self.writer.abort().map_err(|e| written(&self.sink, e))?;
        if let Some(place) = self.sink.commit_partial()? {
            self.printer.note(&format!("the rows that came are in {place}"));
        }
        Ok(())
    }
}

/// All columns but the row as it came and what has no column, unless these are what is asked for.
fn readable(schema: &SchemaRef) -> Option<Vec<usize>> {
    let fields = schema.fields();
    let both = |name: &str| fields.iter().any(|f| f.name() == name);
    let shown: Vec<usize> =
        (0..fields.len()).filter(|at| ![RAW, EXTRA].contains(&fields[*at].name().as_str())).collect();
    (both(RAW) && both(EXTRA) && !shown.is_empty()).then_some(shown)
}

fn written(sink: &Sink, e: totalcloud_table::Error) -> CliError {
    match e {
        totalcloud_table::Error::Io(e) => CliError::output(sink.name(), &e),
        other => CliError::failed(other.to_string()),
    }
}
