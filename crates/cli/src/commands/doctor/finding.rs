//! What a check found.

use crate::error::CliError;
use serde_json::{Value, json};
use totalcloud::Exit;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// As it should be.
    Ok,
    /// Something to know; it works all the same.
    Warning,
    /// It does not work.
    Failed,
    /// Not looked at, because of another failure.
    Skipped,
}

/// What a check found.
#[derive(Debug)]
pub(super) struct Finding {
    state: State,
    check: &'static str,
    target: String,
    found: String,
    advice: Option<String>,
    exit: Exit,
}

impl Finding {
    fn new(
        state: State,
        check: &'static str,
        target: impl Into<String>,
        found: impl Into<String>,
    ) -> Finding {
        Finding { state, check, target: target.into(), found: found.into(), advice: None, exit: Exit::Failed }
    }

    pub(super) fn ok(check: &'static str, target: impl Into<String>, found: impl Into<String>) -> Finding {
        Finding::new(State::Ok, check, target, found)
    }

    pub(super) fn skipped(check: &'static str, target: impl Into<String>, why: impl Into<String>) -> Finding {
        Finding::new(State::Skipped, check, target, why)
    }

    pub(super) fn warning(
        check: &'static str,
        target: impl Into<String>,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Finding {
        Finding { advice: Some(advice.into()), ..Finding::new(State::Warning, check, target, found) }
    }

    pub(super) fn failed(check: &'static str, target: impl Into<String>, e: &CliError) -> Finding {
        let finding = Finding::new(State::Failed, check, target, e.to_string());
        Finding { advice: e.hint.clone(), exit: e.exit, ..finding }
    }

    /// The same where the way to sign in is not the chosen one: nothing depends on it.
    pub(super) fn unless(mut self, decisive: bool) -> Finding {
        if !decisive && self.state == State::Failed {
            self.state = State::Warning;
        }
        self
    }
}

/// All that was found, in its order.
#[derive(Debug, Default)]
pub(super) struct Report(Vec<Finding>);

impl Report {
    pub(super) fn add(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    pub(super) fn rows(&self) -> Vec<Value> {
        let row = |f: &Finding| {
            json!({
                "state": f.state.word(), "check": f.check, "target": f.target,
                "found": f.found, "advice": f.advice.as_ref().map(|a| a.replace('\n', "; ")),
            })
        };
        self.0.iter().map(row).collect()
    }

    /// The first failure decides how the process ends.
    pub(super) fn verdict(&self) -> Result<(), CliError> {
        let failed: Vec<&Finding> = self.0.iter().filter(|f| f.state == State::Failed).collect();
        let Some(first) = failed.first() else { return Ok(()) };
        let target = if first.target.is_empty() { String::new() } else { format!(" of {}", first.target) };
        let message = format!(
            "{} of {} checks failed, the first: {}{target}: {}",
            failed.len(),
            self.0.len(),
            first.check,
            first.found
        );
        let error = CliError::new(first.exit, message);
        Err(match &first.advice {
            Some(advice) => error.hint(advice.clone()),
            None => error,
        })
    }
}
