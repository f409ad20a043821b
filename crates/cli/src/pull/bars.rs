//! What is shown while a pull runs: bars where a person looks on, a line a table otherwise.

use super::engine::Watch;
use super::report::{TableReport, Verdict, count};
use crate::allowance::{Allowance, LONG_WAIT, waiting};
use crate::printer::Printer;
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use totalcloud::observe::{CallEvent, Observer, RetryEvent, WaitEvent};

/// Counts what a pull does, and shows it.
pub struct Bars {
    printer: Arc<Printer>,
    calls: AtomicU64,
    allowance: Allowance,
    rows: AtomicU64,
    expected: AtomicU64,
    started: Instant,
    shown: Option<Mutex<Shown>>,
    /// Whether a line is given for each table where no bars are drawn.
    lines: bool,
}

struct Shown {
    all: ProgressBar,
    tables: HashMap<String, ProgressBar>,
    message: String,
}

impl Bars {
    /// Starts counting; draws where somebody can see it.
    pub fn start(printer: &Arc<Printer>, lines: bool) -> Arc<Bars> {
        let shown = printer.shows_progress().then(|| {
            let all = printer.bars().add(ProgressBar::new(0));
            if let Ok(style) = ProgressStyle::with_template("{spinner} {pos}/{len} tables, {msg}") {
                all.set_style(style);
            }
            all.enable_steady_tick(Duration::from_millis(120));
            Mutex::new(Shown { all, tables: HashMap::new(), message: String::new() })
        });
        Arc::new(Bars {
            printer: Arc::clone(printer),
            calls: AtomicU64::new(0),
            allowance: Allowance::default(),
            rows: AtomicU64::new(0),
            expected: AtomicU64::new(0),
            started: Instant::now(),
            shown,
            lines,
        })
    }

    /// Removes the display.
    pub fn end(&self) {
        if let Some(shown) = self.shown() {
            shown.tables.values().for_each(ProgressBar::finish_and_clear);
            shown.all.finish_and_clear();
        }
    }

    fn shown(&self) -> Option<MutexGuard<'_, Shown>> {
        self.shown.as_ref().map(|s| s.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn draw(&self, message: Option<String>) {
        let Some(mut shown) = self.shown() else { return };
        if let Some(message) = message {
            shown.message = message;
        }
        let (rows, expected) = (self.rows.load(Relaxed), self.expected.load(Relaxed));
        let eta = eta(self.started.elapsed(), rows, expected)
            .map_or_else(String::new, |t| format!(", {} to go", HumanDuration(t)));
        shown.all.set_message(format!(
            "{}, {}{}{eta}{}{}",
            count(rows, "row", "rows"),
            count(self.calls.load(Relaxed), "call", "calls"),
            self.allowance.left(),
            self.allowance.wait(),
            shown.message
        ));
    }
}

/// The time to go, if the rows that are still to come take as long as those that came.
fn eta(elapsed: Duration, rows: u64, expected: u64) -> Option<Duration> {
    if rows == 0 || expected <= rows || elapsed < Duration::from_secs(1) {
        return None;
    }
    Some(Duration::from_secs_f64((elapsed.as_secs_f64() * (expected - rows) as f64 / rows as f64).ceil()))
}

impl Observer for Bars {
    fn on_call(&self, event: &CallEvent) {
        self.calls.fetch_add(1, Relaxed);
        self.allowance.called(event);
        self.draw(Some(String::new()));
    }

    fn on_wait(&self, event: &WaitEvent) {
        self.allowance.waits(event);
        if self.shown.is_some() {
            self.draw(None);
        } else if event.wait >= LONG_WAIT {
            self.printer.note(&format!("{} ({})", waiting(event), event.operation));
        }
    }

    fn on_retry(&self, event: &RetryEvent) {
        self.draw(Some(format!("; trying again: {}", event.message)));
    }
}

impl Watch for Bars {
    fn planned(&self, tables: usize) {
        if let Some(shown) = self.shown() {
            shown.all.inc_length(tables as u64);
        }
    }

    fn begun(&self, table: &str) {
        let Some(mut shown) = self.shown() else { return };
        let bar = self.printer.bars().add(ProgressBar::no_length());
        if let Ok(style) = ProgressStyle::with_template("  {msg:34} {bar:24} {human_pos}/{human_len}") {
            bar.set_style(style);
        }
        bar.set_message(table.to_owned());
        shown.tables.insert(table.to_owned(), bar);
    }

    fn expects(&self, table: &str, rows: u64) {
        self.expected.fetch_add(rows, Relaxed);
        if let Some(bar) = self.shown().and_then(|s| s.tables.get(table).cloned()) {
            bar.set_length(bar.length().unwrap_or(0) + rows);
        }
    }

    fn wrote(&self, table: &str, rows: u64) {
        self.rows.fetch_add(rows, Relaxed);
        if let Some(bar) = self.shown().and_then(|s| s.tables.get(table).cloned()) {
            bar.inc(rows);
        }
        self.draw(None);
    }

    fn ended(&self, report: &TableReport) {
        if let Some(mut shown) = self.shown() {
            shown.all.inc(1);
            if let Some(bar) = shown.tables.remove(&report.table) {
                bar.finish_and_clear();
            }
        } else if self.lines {
            let rows = match report.verdict {
                Verdict::NotAvailable { .. } => String::new(),
                _ => format!("{}, ", count(report.rows, "row", "rows")),
            };
            self.printer.note(&format!("{}: {rows}{}", report.table, report.verdict));
        }
    }

    fn note(&self, text: &str) {
        self.printer.note(text);
    }

    fn calls(&self) -> u64 {
        self.calls.load(Relaxed)
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_to_go_follows_from_what_came() {
        let s = Duration::from_secs;
        assert_eq!(eta(s(10), 100, 300), Some(s(20)));
        assert_eq!(eta(s(10), 0, 300), None);
        assert_eq!(eta(s(10), 300, 300), None);
        assert_eq!(eta(Duration::from_millis(10), 1, 300), None);
    }
}
