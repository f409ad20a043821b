//! What happens meanwhile: how many calls were made, and what is worth a line in Python's log.

use pyo3::prelude::*;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use totalcloud::observe::{CallEvent, CircuitEvent, Observer, RetryEvent, WaitEvent, WaitReason};

/// Waits from this length on are worth a warning: who looks on would think that it hangs.
const LONG: Duration = Duration::from_secs(10);

/// Lines kept until somebody takes them.
const KEPT: usize = 1_000;

/// Lines for the logger `totalcloud`, with their levels. They are made where Python must not be waited for.
static LINES: Mutex<VecDeque<(u8, String)>> = Mutex::new(VecDeque::new());

const INFO: u8 = 20;
const WARNING: u8 = 30;

pub(crate) fn note(text: String) {
    say(INFO, text);
}

fn say(level: u8, text: String) {
    let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    if lines.len() < KEPT {
        lines.push_back((level, text));
    }
}

/// Whether somebody should take lines.
pub(crate) fn is_waiting() -> bool {
    !LINES.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
}

/// Hands the lines to Python's logging.
pub(crate) fn log(py: Python<'_>) -> PyResult<()> {
    let lines = std::mem::take(&mut *LINES.lock().unwrap_or_else(PoisonError::into_inner));
    if lines.is_empty() {
        return Ok(());
    }
    let logger = py.import("logging")?.call_method1("getLogger", ("totalcloud",))?;
    for (level, text) in lines {
        logger.call_method1("log", (level, "%s", text))?;
    }
    Ok(())
}

/// Counts calls, and says what takes long.
#[derive(Default)]
pub(crate) struct Watcher {
    calls: AtomicU64,
}

impl Watcher {
    /// Calls made so far, repeated ones included.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Relaxed)
    }
}

impl Observer for Watcher {
    fn on_call(&self, _: &CallEvent) {
        self.calls.fetch_add(1, Relaxed);
    }

    fn on_wait(&self, event: &WaitEvent) {
        let level = if event.wait >= LONG { WARNING } else { INFO };
        let why = match event.reason {
            WaitReason::Quota => "for the quota",
            WaitReason::Retry => "before it is tried again",
            _ => "until it is ready",
        };
        let (op, secs) = (event.operation, event.wait.as_secs_f64());
        say(level, format!("{op}: waiting {secs:.1} s {why}, until {:.0}", event.until));
    }

    fn on_retry(&self, event: &RetryEvent) {
        let (op, try_, why) = (event.operation, event.attempt, &event.message);
        say(INFO, format!("{op}: try {try_} failed and is tried again: {why}"));
    }

    fn on_circuit(&self, event: &CircuitEvent) {
        if !event.rest.is_zero() {
            let secs = event.rest.as_secs_f64();
            say(WARNING, format!("{} seems to be down and is left alone for {secs:.0} s", event.host));
        }
    }
}
