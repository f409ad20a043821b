//! One table on its way to its file.

use super::folder::{Folder, TableFile};
use super::plan::Table;
use super::report::{TableReport, Verdict};
use crate::error::CliError;
use bytes::Bytes;
use totalcloud_api::page::one_line;
use totalcloud_table::{Columns, Format, Issue, RowOutcome, Summary, WriteOptions, Writer};

/// Issues of a table that are told in words; the rest is counted.
const TOLD: usize = 3;
/// Rows of a batch of a columnar format. Several tables are open at once, so batches are kept small.
const BATCH: usize = 1024;

/// A table being written, or only read where no file of it is wanted.
pub struct Output {
    report: TableReport,
    out: Option<(Writer, TableFile)>,
}

impl Output {
    /// Starts the file.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn open(
        folder: &Folder,
        table: &Table,
        format: Format,
        metadata: &[(String, String)],
    ) -> Result<Output, CliError> {
        let file_name = format!("{}.{}", table.name, format.extension());
        let report = TableReport {
            table: table.name.clone(),
            family: table.family,
            provider: table.provider,
            rows: 0,
            total: None,
            verdict: Verdict::Complete,
            file: None,
            bytes: 0,
            issues: 0,
            unreadable: 0,
            first_issues: Vec::new(),
            note: None,
        };
        let mut out = None;
        if table.keep {
            let file = folder.table(&file_name)?;
            let place = |e: &std::io::Error| CliError::output(&file.target().display().to_string(), e);
            let mut options = WriteOptions::default();
            options.batch_rows = BATCH;
            options.name = Some(table.name.clone());
            options.metadata = metadata.to_vec();
            let writer = file.writer().map_err(|e| place(&e))?;
            let writer = Writer::create(format, &Columns::of(table.shape), options, writer);
            out = Some((writer.map_err(|e| written(&file, e))?, file));
        }
        Ok(Output { report, out })
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.report.rows
    }

    /// Takes a row.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn push(&mut self, row: &Bytes) -> Result<(), CliError> {
        self.report.rows += 1;
        if let Some((writer, file)) = &mut self.out {
            let RowOutcome { issues, .. } = writer.push(&one_line(row)).map_err(|e| written(file, e))?;
            self.tell(&issues);
        }
        Ok(())
    }

    fn tell(&mut self, issues: &[Issue]) {
        let room = TOLD.saturating_sub(self.report.first_issues.len());
        self.report.first_issues.extend(issues.iter().take(room).map(Issue::to_string));
    }

    /// Adds to the rows that the service says there are.
    pub fn expect(&mut self, total: Option<u64>) {
        if let Some(n) = total {
            *self.report.total.get_or_insert(0) += n;
        }
    }

    /// Brings the table to its end. What came in part takes its place as well, and the report says that it is
    /// short; but it never takes the place of a whole table of an earlier pull (`whole_before`).
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn end(mut self, ends: &[Verdict], whole_before: bool) -> Result<TableReport, CliError> {
        self.report.verdict = Verdict::of(ends);
        let Some((writer, file)) = self.out.take() else { return Ok(self.report) };
        let whole = self.report.verdict.is_complete();
        if matches!(self.report.verdict, Verdict::NotAvailable { .. }) {
            return Ok(self.report);
        }
        if !whole && self.report.rows == 0 {
            return Ok(self.report);
        }
        if !whole && whole_before {
            self.report.note = Some("the whole table of the earlier pull was kept".to_owned());
            return Ok(self.report);
        }
        let ended = if whole { writer.finish() } else { writer.abort() };
        let Summary { unreadable, issue_count, issues, .. } = ended.map_err(|e| written(&file, e))?;
        self.tell(&issues);
        (self.report.unreadable, self.report.issues) = (unreadable, issue_count);
        let target = file.target().to_owned();
        // Waits for the disk.
        let committed = tokio::task::spawn_blocking(move || file.commit()).await;
        let place = target.display().to_string();
        self.report.bytes = match committed {
            Ok(done) => done.map_err(|e| CliError::output(&place, &e))?,
            Err(e) => return Err(CliError::failed(format!("{place} cannot be written: {e}"))),
        };
        self.report.file = target.file_name().map(|n| n.to_string_lossy().into_owned());
        Ok(self.report)
    }
}

fn written(file: &TableFile, e: totalcloud_table::Error) -> CliError {
    match e {
        totalcloud_table::Error::Io(e) => CliError::output(&file.target().display().to_string(), &e),
        other => CliError::failed(format!("{} cannot be written: {other}", file.target().display())),
    }
}
