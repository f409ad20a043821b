//! What is remembered of a pull in `.totalcloud/run.json`: what was asked for, and where each table of the
//! folder stands, tables of earlier pulls included.

use super::report::{TableReport, Verdict};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The file.
pub const FILE: &str = "run.json";
/// The file with the report of the last pull.
pub const SUMMARY: &str = "summary.json";

/// A pull, and the tables of its folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunState {
    /// Version of this file's form.
    pub form: u32,
    /// Version of the tool.
    pub version: String,
    /// What was asked for.
    pub asked: Asked,
    /// When the last pull began; one that was stopped and gone on with began when it did first.
    pub started: Timestamp,
    /// When it ended with nothing left to go on with; nothing while it runs, or if it was stopped.
    pub finished: Option<Timestamp>,
    /// What stopped it, if something did and it could say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// The tables by name.
    pub tables: BTreeMap<String, TableState>,
}

/// What stops a pull before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The user, or the signal by which services are ended.
    Interrupted,
    /// Its deadline.
    Deadline,
    /// Calls that failed although they may not another time.
    Failed,
}

/// What was asked for, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Format of the tables.
    pub format: String,
    /// `--only`.
    pub only: Vec<String>,
    /// `--skip` and the profile.
    pub skip: Vec<String>,
    /// `--with`.
    pub with: Vec<String>,
    /// `--updated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated: Option<String>,
    /// Which subscription: addresses of the service, and who signs in.
    pub source: String,
}

impl Asked {
    /// What of another pull was different, if pages of the one are of no use to the other. The format of the
    /// tables makes no difference.
    pub fn differs(&self, other: &Asked) -> Option<&'static str> {
        let set = |words: &[String]| words.iter().cloned().collect::<BTreeSet<_>>();
        let families = |a: &Asked| [set(&a.only), set(&a.skip), set(&a.with)];
        if self.source != other.source {
            Some("another subscription")
        } else if families(self) != families(other) {
            Some("other families")
        } else if self.updated != other.updated {
            Some("another range of updates")
        } else {
            None
        }
    }
}

/// Reads the state file.
///
/// # Errors
/// If it is no state, or one of a version whose form is not known; the text shows nothing of it.
pub fn decode(bytes: &[u8]) -> Result<RunState, String> {
    #[derive(Deserialize)]
    struct Form {
        form: u32,
    }
    let broken = |e: serde_json::Error| format!("line {} column {} is damaged", e.line(), e.column());
    let Form { form } = serde_json::from_slice(bytes).map_err(broken)?;
    if form != FORM {
        return Err("it was written by another version".to_owned());
    }
    serde_json::from_slice(bytes).map_err(broken)
}

/// Where a table stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableState {
    /// `complete`, `short` or `not_available`.
    pub state: String,
    /// Why, where it is not complete.
    pub reason: Option<String>,
    /// The file.
    pub file: Option<String>,
    /// Rows in it.
    pub rows: u64,
    /// Rows the service says there are.
    pub total: Option<u64>,
    /// When it was written.
    pub pulled: Timestamp,
}

/// The form of the file that this version writes.
pub const FORM: u32 = 1;

impl RunState {
    /// The state at the start of a pull: what is known of the tables of earlier ones stays.
    pub fn begin(earlier: Option<RunState>, asked: Asked, started: Timestamp) -> RunState {
        let tables = earlier.filter(|e| e.form == FORM).map(|e| {
            let same = e.asked.source == asked.source && e.asked.updated == asked.updated;
            let mut tables = e.tables;
            if !same {
                // A whole table of something else is no reason to keep it in place of what comes now.
                tables.values_mut().for_each(|table| table.state = "other".to_owned());
            }
            tables
        });
        RunState {
            form: FORM,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            asked,
            started,
            finished: None,
            ended: None,
            tables: tables.unwrap_or_default(),
        }
    }

    /// The name of the run, which its pages bear as well.
    pub fn run(&self) -> String {
        self.started.to_string()
    }

    /// Takes note of a table. Where the file of an earlier pull was kept, what is known of that stays.
    pub fn ended(&mut self, report: &TableReport, at: Timestamp) {
        let (state, reason) = match &report.verdict {
            Verdict::Complete => ("complete", None),
            Verdict::Short { reason, .. } => ("short", Some(reason)),
            Verdict::NotAvailable { reason } => ("not_available", Some(reason)),
        };
        if report.file.is_none() && self.tables.get(&report.table).is_some_and(|t| t.file.is_some()) {
            return;
        }
        let state = TableState {
            state: state.to_owned(),
            reason: reason.cloned(),
            file: report.file.clone(),
            rows: report.rows,
            total: report.total,
            pulled: at,
        };
        self.tables.insert(report.table.clone(), state);
    }

    /// Whether this file holds a whole table.
    pub fn is_whole(&self, table: &str, file: &str) -> bool {
        self.tables.get(table).is_some_and(|t| t.state == "complete" && t.file.as_deref() == Some(file))
    }

    /// Tables of earlier pulls that are none of this one, by their files.
    pub fn left_over<'s>(&'s self, now: &'s [TableReport]) -> impl Iterator<Item = &'s str> {
        self.tables
            .iter()
            .filter(|(name, t)| {
                t.pulled < self.started && !now.iter().any(|r| r.table == **name && r.file == t.file)
            })
            .filter_map(|(_, t)| t.file.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pull::choice::Family;

    fn report(table: &str, file: Option<&str>, verdict: Verdict) -> TableReport {
        TableReport {
            table: table.into(),
            family: Family::Inventory,
            provider: None,
            rows: 1,
            total: Some(1),
            verdict,
            file: file.map(str::to_owned),
            bytes: 1,
            issues: 0,
            unreadable: 0,
            first_issues: Vec::new(),
            note: None,
        }
    }

    #[test]
    fn tables_of_earlier_pulls_are_remembered() {
        let t = |s: i64| Timestamp::from_second(s).unwrap();
        let mut first = RunState::begin(None, Asked::default(), t(10));
        first.ended(&report("a", Some("a.csv"), Verdict::Complete), t(11));
        first.ended(&report("b", Some("b.csv"), Verdict::Complete), t(11));
        let text = serde_json::to_string(&first).unwrap();
        let mut second = RunState::begin(serde_json::from_str(&text).ok(), Asked::default(), t(20));
        assert!(second.is_whole("a", "a.csv") && !second.is_whole("a", "a.parquet"));
        // A table that could not be had does not make the file of before less whole.
        let short = Verdict::Short { missing: None, reason: "x".into() };
        let now = [report("a", None, short), report("b", Some("b.csv"), Verdict::Complete)];
        for r in &now {
            second.ended(r, t(21));
        }
        assert!(second.is_whole("a", "a.csv"));
        assert_eq!(second.left_over(&now).collect::<Vec<_>>(), ["a.csv"]);
    }
}
