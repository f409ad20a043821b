//! One way to write rows, whatever the format.

use crate::{Columns, Format, Issue, Result};
use bytes::Bytes;
use std::io::Write;

/// How rows are written, beside the format and the columns.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WriteOptions {
    /// Width of the terminal; `None` lets a table be as wide as it needs.
    pub width: Option<usize>,
    /// Whether a table may use colour.
    pub color: bool,
    /// Whether table, Markdown, CSV and TSV start with the column names.
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
/// A writer that is dropped without [`finish`](Writer::finish) or [`abort`](Writer::abort) leaves its output
/// incomplete.
pub struct Writer {
    rows: u64,
}

impl Writer {
    /// Starts an output.
    ///
    /// # Errors
    /// If the columns cannot be had, or the output cannot be written.
    pub fn create(
        _format: Format,
        _columns: &Columns,
        _options: WriteOptions,
        _out: Box<dyn Write + Send>,
    ) -> Result<Writer> {
        Ok(Writer { rows: 0 })
    }

    /// Writes one row: the text of one JSON value, as it came.
    ///
    /// # Errors
    /// If the output cannot be written. What is odd about the row is no error.
    pub fn push(&mut self, _row: &Bytes) -> Result<RowOutcome> {
        self.rows += 1;
        Ok(RowOutcome::default())
    }

    /// Passes on what can be read already, so that a reader at the other end of a pipe sees it.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        Ok(())
    }

    /// Completes the output.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn finish(self) -> Result<Summary> {
        Ok(Summary { rows: self.rows, ..Summary::default() })
    }

    /// Completes the output although rows are missing, because a page failed: what was written so far can
    /// be read (a JSON array is closed, a Parquet file has its footer).
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn abort(self) -> Result<Summary> {
        self.finish()
    }
}
