//! One way to write rows, whatever the format.

use crate::formats::{self, Sink};
use crate::plan::{Plan, Reader};
use crate::{Columns, Format, Issue, Result};
use bytes::Bytes;
use std::io::Write;

/// How rows are written, beside the format and the columns. Take `..WriteOptions::default()` for the rest.
#[derive(Debug, Clone)]
pub struct WriteOptions {
    /// Width of the terminal; `None` lets a table be as wide as it needs.
    pub width: Option<usize>,
    /// Whether a table may use colour.
    pub color: bool,
    /// Whether table, CSV and TSV start with the column names; a Markdown table always does.
    pub header: bool,
    /// Rows that are looked at together: for the widths of a table, for columns that no shape declares,
    /// and as one record batch of Arrow and Parquet.
    pub batch_rows: usize,
    /// Whether Parquet and Arrow get a last column `raw` with the row as it came.
    pub raw: bool,
    /// Whether Arrow is written as an IPC stream, which a pipe can be read from, instead of an IPC file.
    pub stream: bool,
    /// Whether text in CSV and TSV that a spreadsheet would run as a formula gets a `'` in front. Off by
    /// default, because it changes the data; XLSX never runs text.
    pub guard_formulas: bool,
    /// What the rows are, such as `aws_ec2_instance`: name of the worksheet, metadata of Parquet and Arrow.
    pub name: Option<String>,
    /// Further metadata of Parquet and Arrow.
    pub metadata: Vec<(String, String)>,
}

impl Default for WriteOptions {
    fn default() -> WriteOptions {
        WriteOptions {
            width: None,
            color: false,
            header: true,
            batch_rows: 4096,
            raw: false,
            stream: false,
            guard_formulas: false,
            name: None,
            metadata: Vec::new(),
        }
    }
}

/// What became of one row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowOutcome {
    /// What was found by this call. Where columns are discovered, rows wait to be looked at together, so
    /// that an issue may belong to an earlier row: [`Issue::row`] says which.
    pub issues: Vec<Issue>,
}

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Rows pushed.
    pub rows: u64,
    /// Rows that are no JSON object. They are written as well as the format allows, and counted in `rows`.
    pub unreadable: u64,
    /// Issues of all rows, those of the outcomes included.
    pub issue_count: u64,
    /// Issues found at the end only.
    pub issues: Vec<Issue>,
}

/// Writes rows in one format.
///
/// Rows must be JSON, as [`totalcloud_api::page::decode`] yields them; JSON and NDJSON pass them on without
/// looking inside. A writer that is dropped without [`finish`](Writer::finish) or [`abort`](Writer::abort)
/// leaves its output incomplete.
pub struct Writer {
    state: State,
    summary: Summary,
}

enum State {
    /// The rows so far will say which columns there are.
    Waiting(Box<Waiting>),
    Ready(Box<dyn Sink>),
}

struct Waiting {
    format: Format,
    columns: Columns,
    options: WriteOptions,
    out: Box<dyn Write + Send>,
    rows: Vec<Bytes>,
}

impl Waiting {
    fn start(self, issues: &mut Vec<Issue>) -> Result<Box<dyn Sink>> {
        let plan = Plan::new(&self.columns, self.format, &self.options, &self.rows);
        let mut sink = formats::sink(self.format, Some(Reader::new(plan)), &self.options, self.out)?;
        for (index, row) in self.rows.iter().enumerate() {
            sink.row(index as u64, row, issues)?;
        }
        Ok(sink)
    }
}

impl Writer {
    /// Starts an output.
    ///
    /// # Errors
    /// If the columns cannot be had, or the output cannot be written.
    pub fn create(
        format: Format,
        columns: &Columns,
        options: WriteOptions,
        out: Box<dyn Write + Send>,
    ) -> Result<Writer> {
        let state = if format.is_json() && columns.chosen.is_none() {
            State::Ready(formats::sink(format, None, &options, out)?)
        } else if columns.waits_for_rows(format.is_view()) && !format.is_json() {
            let (columns, rows) = (columns.clone(), Vec::new());
            State::Waiting(Box::new(Waiting { format, columns, options, out, rows }))
        } else {
            let plan = Plan::new(columns, format, &options, &[]);
            State::Ready(formats::sink(format, Some(Reader::new(plan)), &options, out)?)
        };
        Ok(Writer { state, summary: Summary::default() })
    }

    /// Writes one row: the text of one JSON value, as it came.
    ///
    /// # Errors
    /// If the output cannot be written. What is odd about the row is no error.
    pub fn push(&mut self, row: &Bytes) -> Result<RowOutcome> {
        let mut issues = Vec::new();
        let index = self.summary.rows;
        self.summary.rows += 1;
        match &mut self.state {
            State::Ready(sink) => sink.row(index, row, &mut issues)?,
            State::Waiting(waiting) => {
                waiting.rows.push(row.clone());
                if waiting.rows.len() >= waiting.options.batch_rows {
                    self.start(&mut issues)?;
                }
            }
        }
        self.count(&issues);
        Ok(RowOutcome { issues })
    }

    /// Passes on what can be read already, so that a reader at the other end of a pipe sees it.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        match &mut self.state {
            State::Ready(sink) => sink.flush(),
            State::Waiting(_) => Ok(()),
        }
    }

    /// Completes the output.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn finish(self) -> Result<Summary> {
        self.close(true)
    }

    /// Completes the output although rows are missing, because a page failed: what was written so far can
    /// be read. A JSON array is closed, Parquet and Arrow files have their footers and say
    /// `totalcloud.incomplete` in their metadata.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn abort(self) -> Result<Summary> {
        self.close(false)
    }

    fn close(mut self, complete: bool) -> Result<Summary> {
        let mut issues = Vec::new();
        if matches!(self.state, State::Waiting(_)) {
            self.start(&mut issues)?;
            self.count(&issues);
        }
        if let State::Ready(sink) = &mut self.state {
            sink.close(complete)?;
        }
        Ok(Summary { issues, ..self.summary })
    }

    /// Ends the waiting for columns.
    fn start(&mut self, issues: &mut Vec<Issue>) -> Result<()> {
        // Should the start fail, the output is unusable; what comes after goes nowhere.
        let nowhere = State::Ready(Box::new(formats::Nowhere));
        match std::mem::replace(&mut self.state, nowhere) {
            State::Waiting(waiting) => self.state = State::Ready(waiting.start(issues)?),
            ready => self.state = ready,
        }
        Ok(())
    }

    fn count(&mut self, issues: &[Issue]) {
        self.summary.issue_count += issues.len() as u64;
        self.summary.unreadable += issues.iter().filter(|i| i.unreadable).count() as u64;
    }
}

#[cfg(test)]
mod tests;
