//! Which failures make the run end with code 7.

use crate::error::CliError;
use std::str::FromStr;
use totalcloud::Exit;
use totalcloud_api::endpoints::iac::{IacCheck, IacResult};

/// How bad a failure is. A word that is not known counts as the worst: a gate that lets it through would be none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Low,
    Medium,
    High,
    Unknown,
}

impl Level {
    pub(super) fn of(check: &IacCheck) -> Level {
        match check.criticality.as_deref().map(str::to_ascii_uppercase).as_deref() {
            Some("LOW") => Level::Low,
            Some("MEDIUM") => Level::Medium,
            Some("HIGH") => Level::High,
            _ => Level::Unknown,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Level::Low => "low",
            Level::Medium => "medium",
            Level::High => "high",
            Level::Unknown => "of another word",
        }
    }
}

/// A bound that is not to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bound {
    what: What,
    count: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// Failures that are so bad, or worse.
    AtLeast(Level),
    /// Any failure.
    Any,
    /// Files that could not be read.
    ParsingErrors,
}

const WANTED: &str = "high, medium, low, any or parsing-error, each with a count where it need not be the first, \
                      such as medium=5";

impl FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Bound, String> {
        let wanted = || format!("it wants {WANTED}");
        let (word, count) = match text.split_once('=') {
            Some((word, count)) => (word, count.trim().parse().ok().filter(|n| *n > 0).ok_or_else(wanted)?),
            None => (text, 1),
        };
        let what = match word.trim().to_ascii_lowercase().as_str() {
            "high" => What::AtLeast(Level::High),
            "medium" => What::AtLeast(Level::Medium),
            "low" => What::AtLeast(Level::Low),
            "any" => What::Any,
            "parsing-error" | "parsing-errors" => What::ParsingErrors,
            _ => return Err(wanted()),
        };
        Ok(Bound { what, count })
    }
}

impl Bound {
    fn reached(self, result: &IacResult) -> Option<String> {
        let failed = failed(result);
        let (found, told) = match self.what {
            What::Any => (failed.count(), "failed".to_owned()),
            What::AtLeast(level) => {
                let or_worse = if level == Level::High { "" } else { " or worse" };
                let found = failed.filter(|c| Level::of(c) >= level).count();
                (
                    found,
                    format!(
                        "failed that {} {}{or_worse}",
                        if found == 1 { "is" } else { "are" },
                        level.word()
                    ),
                )
            }
            What::ParsingErrors => {
                let found = parsing_errors(result).len();
                let files = if found == 1 { "file" } else { "files" };
                return (found >= self.count).then(|| format!("{found} {files} could not be read"));
            }
        };
        let checks = if found == 1 { "check" } else { "checks" };
        (found >= self.count).then(|| format!("{found} {checks} {told}"))
    }
}

/// What makes the run end with code 7.
#[derive(clap::Args, Clone, Debug, Default)]
pub(super) struct FailOn {
    /// End with code 7 if checks failed that are so bad or worse: high, medium, low or any, with a count such as
    /// medium=5; or if files could not be read: parsing-error
    #[arg(long, value_name = "LEVEL[=N],…", value_delimiter = ',')]
    pub fail_on: Vec<Bound>,
}

impl FailOn {
    /// # Errors
    /// If one of the bounds is reached.
    pub(super) fn verdict(&self, result: &IacResult) -> Result<(), CliError> {
        let reached: Vec<String> = self.fail_on.iter().filter_map(|bound| bound.reached(result)).collect();
        if reached.is_empty() { Ok(()) } else { Err(CliError::new(Exit::Gate, reached.join("; "))) }
    }
}

/// The checks that failed, of all kinds of templates.
pub(super) fn failed(result: &IacResult) -> impl Iterator<Item = &IacCheck> {
    let groups = result.result.iter().flatten();
    groups.filter_map(|g| g.results.as_ref()).filter_map(|r| r.failed_checks.as_ref()).flatten()
}

/// The files that could not be read.
pub(super) fn parsing_errors(result: &IacResult) -> Vec<String> {
    let groups = result.result.iter().flatten();
    let errors =
        groups.filter_map(|g| g.results.as_ref()).filter_map(|r| r.parsing_errors.as_ref()).flatten();
    errors.map(|e| e.as_str().map_or_else(|| e.to_string(), str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn result(criticalities: &[&str], unread: usize) -> IacResult {
        let checks: Vec<Value> = criticalities.iter().map(|c| json!({"criticality": c})).collect();
        let unread: Vec<String> = (0..unread).map(|n| format!("{n}.tf")).collect();
        let body = json!({"result": [{"results": {"failedChecks": checks, "parsingErrors": unread}}]});
        serde_json::from_value(body).unwrap()
    }

    fn verdict(bounds: &str, result: &IacResult) -> Option<String> {
        let fail_on = bounds.split(',').map(|b| b.parse().unwrap()).collect();
        FailOn { fail_on }.verdict(result).err().map(|e| e.message)
    }

    #[test]
    fn bounds_are_reached_by_what_is_so_bad_or_worse() {
        let some = result(&["HIGH", "MEDIUM", "medium", "LOW"], 1);
        for (bounds, told) in [
            ("high", Some("1 check failed that is high")),
            ("high=2", None),
            ("medium=3", Some("3 checks failed that are medium or worse")),
            ("low=5", None),
            ("any=4", Some("4 checks failed")),
            ("parsing-error", Some("1 file could not be read")),
            ("high=2,any", Some("4 checks failed")),
        ] {
            assert_eq!(verdict(bounds, &some).as_deref(), told, "{bounds}");
        }
        assert_eq!(verdict("any,parsing-error", &result(&[], 0)), None);
        // What is not known lets no gate open.
        assert!(verdict("high", &result(&["CRITICAL"], 0)).is_some());
        for text in ["", "bad", "high=0", "high=x", "="] {
            assert!(text.parse::<Bound>().is_err(), "{text}");
        }
    }
}
