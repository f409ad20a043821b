//! One table on its way to its file.

use super::choice::Family;
use super::folder::{Folder, TableFile};
use super::plan::Table;
use super::report::{TableReport, Verdict};
use super::rows::{PulledAccountEvaluation, PulledResourceEvaluation};
use crate::error::CliError;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use totalcloud_api::endpoints::connectors::Connector;
use totalcloud_api::endpoints::controls::Control;
use totalcloud_api::endpoints::exceptions::Exception;
use totalcloud_api::endpoints::policies::Policy;
use totalcloud_api::endpoints::remediation::RemediationActivity;
use totalcloud_api::model::{Misfit, Model, from_slice};
use totalcloud_api::page::one_line;
use totalcloud_api::resources;
use totalcloud_table::{Columns, Format, Issue, RowOutcome, Summary, WriteOptions, Writer};

/// Issues of a table that are told in words; the rest is counted.
const TOLD: usize = 3;
/// Rows of a batch of a columnar format. Several tables are open at once, so batches are kept small.
const BATCH: usize = 1024;

/// A table being written, or only read where no file of it is wanted.
pub struct Output {
    report: TableReport,
    out: Option<(Writer, TableFile)>,
    /// Looks at rows where the writer does not.
    check: Option<Check>,
}

/// Names what does not fit the model of a row.
type Check = Box<dyn Fn(&[u8]) -> Result<Vec<Misfit>, serde_json::Error> + Send>;

fn typed<T: Model + DeserializeOwned>(row: &[u8]) -> Result<Vec<Misfit>, serde_json::Error> {
    from_slice::<T>(row).map(|row| row.misfits())
}

fn check(table: &Table) -> Check {
    match table.family {
        Family::Connectors => Box::new(typed::<Connector>),
        Family::Controls => Box::new(typed::<Control>),
        Family::Policies => Box::new(typed::<Policy>),
        Family::Exceptions => Box::new(typed::<Exception>),
        Family::RemediationActivity => Box::new(typed::<RemediationActivity>),
        Family::AccountEvaluations => Box::new(typed::<PulledAccountEvaluation>),
        Family::ResourceEvaluations => Box::new(typed::<PulledResourceEvaluation>),
        Family::Inventory | Family::Details => {
            let name = table.name.trim_end_matches("_details");
            match resources::all().find(|t| t.table() == name) {
                Some(of) => Box::new(|row| of.check(row)),
                None => Box::new(|_| Ok(Vec::new())),
            }
        }
    }
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
        let mut look = None;
        if table.keep {
            // Formats of columns look at every value by themselves.
            look = format.is_json().then(|| check(table));
            let file = folder.table(&file_name)?;
            let place = |e: &std::io::Error| CliError::output(&file.target().display().to_string(), e);
            let options = WriteOptions {
                batch_rows: BATCH,
                name: Some(table.name.clone()),
                metadata: metadata.to_vec(),
                ..WriteOptions::default()
            };
            let writer = file.writer().map_err(|e| place(&e))?;
            let writer = Writer::create(format, &Columns::of(table.shape), options, writer);
            out = Some((writer.map_err(|e| written(&file, e))?, file));
        }
        Ok(Output { report, out, check: look })
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
            if let Some(Ok(misfits)) = self.check.as_ref().map(|check| check(row)) {
                self.report.issues += misfits.len() as u64;
                let at = self.report.rows - 1;
                self.told(misfits.iter().map(|m| format!("row {at}, {m}")));
            }
            self.tell(&issues);
        }
        Ok(())
    }

    fn tell(&mut self, issues: &[Issue]) {
        self.told(issues.iter().map(Issue::to_string));
    }

    fn told(&mut self, issues: impl Iterator<Item = String>) {
        let room = TOLD.saturating_sub(self.report.first_issues.len());
        self.report.first_issues.extend(issues.take(room));
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
        self.report.unreadable = unreadable;
        // A row that is no object is counted as such.
        self.report.issues += issue_count.saturating_sub(unreadable);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pull::plan::{Part, Plan};
    use std::collections::BTreeMap;
    use totalcloud_api::Provider;

    #[test]
    fn odd_rows_are_kept_counted_and_told_alike_in_every_format() {
        let choice = crate::pull::Choice::new(&["aws/ec2".to_owned()], &[], &[]).unwrap();
        let found = crate::pull::plan::Presence::Present { accounts: Vec::new(), missing: None };
        let plan = Plan::new(&choice, &BTreeMap::from([(Provider::Aws, found)]));
        let table = &plan.tables[0];
        assert!(matches!(table.parts[..], [Part::Resources(_)]));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for format in [Format::Ndjson, Format::Csv, Format::Parquet] {
            let dir = tempfile::tempdir().unwrap();
            let folder = Folder::open(dir.path()).unwrap();
            let mut output = Output::open(&folder, table, format, &[]).unwrap();
            for row in
                [r#"{"resourceId":"i-1","controlsFailed":3}"#, r#"{"controlsFailed":"canary"}"#, "null"]
            {
                output.push(&Bytes::from_static(row.as_bytes())).unwrap();
            }
            let report = runtime.block_on(output.end(&[Verdict::Complete], false)).unwrap();
            assert_eq!((report.rows, report.issues, report.unreadable), (3, 1, 1), "{format}");
            assert!(report.first_issues[0].starts_with("row 1, $.controlsFailed: expected"), "{report:?}");
            assert!(!format!("{report:?}").contains("canary"), "{report:?}");
            assert!(report.bytes > 0 && dir.path().join(report.file.unwrap()).is_file());
        }
    }
}
