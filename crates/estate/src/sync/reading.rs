//! One table while a run reads it.

use super::report::TableReport;
use super::{Watch, stop::Stop};
use crate::store::{How, Reading, Scope, TableWriter, Transaction, Written};
use crate::tables::{self, TableSpec};
use crate::{Error, Kind, Result};
use bytes::Bytes;
use totalcloud::subscription::Verdict;

/// A table while it is read and written.
pub(super) struct Open<'w> {
    pub(super) spec: &'static TableSpec,
    writer: TableWriter,
    watch: &'w dyn Watch,
    held: u64,
    total: Option<u64>,
    how: How,
    ends: Vec<Verdict>,
    pub(super) note: Option<String>,
}

/// A table that was read, still to be committed.
pub(super) struct Closed {
    pub(super) written: Written,
    pub(super) reading: Reading,
    pub(super) report: TableReport,
}

/// What became of a reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    pub(super) total: Option<u64>,
    pub(super) verdict: Verdict,
}

impl End {
    /// A reading that was stopped.
    pub(super) fn stopped(stop: &Stop) -> End {
        let reason = stop.reason().unwrap_or_else(|| "interrupted".to_owned());
        End { total: None, verdict: Verdict::Short { missing: None, reason } }
    }
}

/// The table of this name.
pub(super) fn spec(name: &str) -> Result<&'static TableSpec> {
    tables::get(name)
        .ok_or_else(|| Error::new(Kind::Failed, format!("no table {name} is known to an estate")))
}

impl<'w> Open<'w> {
    /// Begins to read some scopes of a table.
    pub(super) async fn begin(
        tx: &Transaction,
        name: &str,
        scopes: Vec<Scope>,
        watch: &'w dyn Watch,
    ) -> Result<Open<'w>> {
        let spec = spec(name)?;
        let held = tx.before().and_then(|run| run.table(name)).and_then(|t| t.rows);
        let writer = tx.table(spec, scopes).await?;
        watch.begun(name);
        Ok(Open {
            spec,
            writer,
            watch,
            held: held.and_then(|n| u64::try_from(n).ok()).unwrap_or(0),
            total: None,
            how: How::Not,
            ends: Vec::new(),
            note: None,
        })
    }

    /// Takes note of how many rows are to come.
    pub(super) fn expect(&mut self, total: Option<u64>) {
        if let Some(total) = total {
            *self.total.get_or_insert(0) += total;
            self.watch.expects(&self.spec.name, total);
        }
    }

    /// Takes rows; gives the places of those that are new or have changed.
    pub(super) async fn push(&mut self, scope: &Scope, rows: &[Bytes]) -> Result<Vec<usize>> {
        let moved = self.writer.push(scope, rows).await?;
        self.watch.came(&self.spec.name, rows.len() as u64);
        Ok(moved)
    }

    /// Rows that the table has with what came.
    pub(super) async fn rows(&mut self) -> Result<u64> {
        self.writer.flush().await?;
        let (_, appeared, _) = self.writer.counts();
        Ok(self.held + u64::try_from(appeared).unwrap_or(0))
    }

    /// The scope is read once more, from its beginning.
    pub(super) fn again(&mut self, scope: &Scope) -> Result<()> {
        self.total = None;
        self.writer.again(scope)
    }

    /// The reading of a scope came to its end, well or not.
    pub(super) async fn ended(
        &mut self,
        scope: &Scope,
        how: How,
        verdict: Verdict,
        note: Option<String>,
    ) -> Result<()> {
        let reason = match &verdict {
            Verdict::Complete => note,
            other => Some(other.to_string()),
        };
        self.writer.ended(scope, how, verdict.is_complete(), reason).await?;
        // The most thorough way stands for the table.
        if self.how == How::Not || how == How::Whole {
            self.how = how;
        }
        self.ends.push(verdict);
        Ok(())
    }

    /// The scope is known to have moved, and is not read now: the next run sees that it has to be.
    pub(super) async fn mark(&mut self, scope: &Scope, how: How, note: &str) -> Result<()> {
        self.writer.ended(scope, how, false, Some(note.to_owned())).await
    }

    /// A part of the table of which nothing can be asked.
    pub(super) fn missing(&mut self, verdict: Verdict) {
        self.ends.push(verdict);
    }

    /// Ends the table.
    pub(super) async fn close(self) -> Result<Closed> {
        let Open { spec, writer, watch, held, total, how, ends, note } = self;
        let written = writer.finish().await?;
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        let verdict = Verdict::of(&ends);
        let report = TableReport {
            table: spec.name.clone(),
            family: spec.kind.family(),
            how,
            rows: (held + count(written.appeared)).saturating_sub(count(written.vanished)),
            rows_read: count(written.rows_read),
            total,
            appeared: count(written.appeared),
            changed: count(written.changed),
            vanished: count(written.vanished),
            verdict: verdict.clone(),
            note: note.clone(),
        };
        watch.ended(&report);
        let reason = match &verdict {
            Verdict::Complete => note,
            other => Some(other.to_string()),
        };
        Ok(Closed { written, reading: Reading { how, complete: verdict.is_complete(), reason }, report })
    }
}
