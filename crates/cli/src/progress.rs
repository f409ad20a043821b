//! What a person sees while calls are made. Nothing of it is drawn where stderr is no terminal.

use crate::allowance::{Allowance, LONG_WAIT, waiting};
use crate::printer::Printer;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use totalcloud::observe::{CallEvent, Observer, PageEvent, RetryEvent, WaitEvent};

/// Counts calls and rows, and shows them.
pub struct Progress {
    printer: Arc<Printer>,
    bar: Option<ProgressBar>,
    calls: AtomicU64,
    rows: AtomicU64,
    allowance: Allowance,
    doing: Mutex<String>,
}

impl Progress {
    /// Starts counting; draws where somebody can see it.
    pub fn start(printer: &Arc<Printer>) -> Arc<Progress> {
        let bar = printer.shows_progress().then(|| {
            let bar = printer.bars().add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Arc::new(Progress {
            printer: Arc::clone(printer),
            bar,
            calls: AtomicU64::new(0),
            rows: AtomicU64::new(0),
            allowance: Allowance::default(),
            doing: Mutex::new(String::new()),
        })
    }

    /// Says what is done now.
    pub fn doing(&self, what: &str) {
        if self.bar.is_some()
            && let Ok(mut doing) = self.doing.lock()
        {
            what.clone_into(&mut doing);
            drop(doing);
            self.draw("");
        }
    }

    /// Calls made so far.
    pub fn calls(&self) -> u64 {
        self.calls.load(Relaxed)
    }

    /// Removes the display.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn draw(&self, what: &str) {
        let Some(bar) = &self.bar else { return };
        let doing = self.doing.lock().map(|d| d.clone()).unwrap_or_default();
        let rows = HumanCount(self.rows.load(Relaxed));
        let calls = HumanCount(self.calls.load(Relaxed));
        bar.set_message(format!(
            "{doing}{}{rows} rows, {calls} calls{}{what}{}",
            if doing.is_empty() { "" } else { ": " },
            self.allowance.left(),
            self.allowance.wait()
        ));
    }
}

impl Observer for Progress {
    fn on_call(&self, event: &CallEvent) {
        self.calls.fetch_add(1, Relaxed);
        self.allowance.called(event);
        self.draw("");
    }

    fn on_page(&self, event: &PageEvent) {
        self.rows.fetch_add(event.rows, Relaxed);
        if self.bar.is_some() {
            match event.total {
                Some(total) => {
                    self.draw(&format!(" ({} of {})", HumanCount(event.received), HumanCount(total)))
                }
                None => self.draw(""),
            }
        }
    }

    fn on_wait(&self, event: &WaitEvent) {
        self.allowance.waits(event);
        if self.bar.is_some() {
            self.draw("");
        } else if event.wait >= LONG_WAIT {
            self.printer.note(&format!("{} ({})", waiting(event), event.operation));
        }
    }

    fn on_retry(&self, event: &RetryEvent) {
        self.draw(&format!("; trying again: {}", event.message));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}
