//! What became of a pull: one line a table, and the verdict on the whole.

use super::choice::Family;
use super::state::Ended;
use serde::Serialize;
use std::time::Duration;
pub use totalcloud::subscription::{Verdict, number};
use totalcloud_api::Provider;

/// What became of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableReport {
    /// Its name.
    pub table: String,
    /// Its family.
    #[serde(serialize_with = "family_word")]
    pub family: Family,
    /// Its cloud, if it is of one.
    #[serde(serialize_with = "provider_word")]
    pub provider: Option<Provider>,
    /// Rows received.
    pub rows: u64,
    /// Rows the service says there are, where it says so.
    pub total: Option<u64>,
    /// What became of it.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The file, if one was written.
    pub file: Option<String>,
    /// Its size.
    pub bytes: u64,
    /// Values that do not fit their columns; they are kept in the column `extra`.
    pub issues: u64,
    /// Rows that are no objects.
    pub unreadable: u64,
    /// The first of the issues, in words.
    pub first_issues: Vec<String>,
    /// Something else to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

fn family_word<S: serde::Serializer>(family: &Family, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(family.as_str())
}

// serde hands over a reference to the field.
#[allow(clippy::ref_option)]
fn provider_word<S: serde::Serializer>(provider: &Option<Provider>, s: S) -> Result<S::Ok, S::Error> {
    provider.map(Provider::as_str).serialize(s)
}

/// What became of a pull.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Version of the tool.
    pub version: &'static str,
    /// When it started.
    pub started: jiff::Timestamp,
    /// When the stopped pull began that this one went on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resumed: Option<jiff::Timestamp>,
    /// When it ended.
    pub finished: jiff::Timestamp,
    /// Format of the tables.
    pub format: &'static str,
    /// Whether every table is complete.
    pub complete: bool,
    /// Whether it was interrupted.
    pub interrupted: bool,
    /// What stopped it before its end, if it can be gone on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// Pages that are kept for going on.
    pub pages_kept: u64,
    /// Calls made, repeated ones included.
    pub calls: u64,
    /// Rows received.
    pub rows: u64,
    /// The tables.
    pub tables: Vec<TableReport>,
    /// Further things to know, such as clouds that are not there.
    pub notes: Vec<String>,
}

impl Report {
    /// How long it took.
    pub fn took(&self) -> Duration {
        Duration::try_from(self.finished.duration_since(self.started)).unwrap_or_default()
    }

    /// The tables of which something is missing.
    pub fn incomplete(&self) -> impl Iterator<Item = &TableReport> {
        self.tables.iter().filter(|t| !t.verdict.is_complete())
    }

    /// The table for people: rows received against the service's total, and a verdict.
    pub fn render(&self, width: Option<usize>) -> String {
        let mut lines =
            vec![["table".to_owned(), "rows".to_owned(), "total".to_owned(), "verdict".to_owned()]];
        for t in &self.tables {
            let rows = match t.verdict {
                Verdict::NotAvailable { .. } => "-".to_owned(),
                _ => number(t.rows),
            };
            let total = t.total.map_or_else(|| "-".to_owned(), number);
            let mut verdict = t.verdict.to_string();
            if let Some(note) = &t.note {
                verdict.push_str(&format!(" ({note})"));
            }
            lines.push([t.table.clone(), rows, total, verdict]);
        }
        let widest = |i: usize| lines.iter().map(|l| l[i].chars().count()).max().unwrap_or(0);
        let (a, b, c) = (widest(0), widest(1), widest(2));
        let indent = a + b + c + 6;
        let mut out = String::new();
        for [table, rows, total, verdict] in &lines {
            let room = width.map_or(usize::MAX, |w| w.saturating_sub(indent).max(24));
            for (i, piece) in wrap(verdict, room).iter().enumerate() {
                if i == 0 {
                    out.push_str(&format!("{table:<a$}  {rows:>b$}  {total:>c$}  {piece}\n"));
                } else {
                    out.push_str(&format!("{:indent$}{piece}\n", ""));
                }
            }
        }
        out
    }
}

/// `1 row`, `2 rows`.
pub fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// A duration as people read it: `0.8 s`, `12 s`, `3 min 20 s`.
pub fn seconds(d: Duration) -> String {
    let s = d.as_secs();
    match s {
        0..10 => format!("{:.1} s", d.as_secs_f64()),
        10..60 => format!("{s} s"),
        60..3600 => format!("{} min {} s", s / 60, s % 60),
        _ => format!("{} h {} min", s / 3600, s / 60 % 60),
    }
}

/// Breaks a text into lines of at most `room` characters, between words where there are any.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().map_or(0, |l| l.chars().count());
        if line > 0 && line + 1 + word.chars().count() > room {
            lines.push(String::new());
        }
        if let Some(last) = lines.last_mut() {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_durations_are_for_people() {
        assert_eq!(count(1, "row", "rows"), "1 row");
        let s = |ms| seconds(Duration::from_millis(ms));
        assert_eq!(
            [s(840), s(59_900), s(200_000), s(3_720_000)],
            ["0.8 s", "59 s", "3 min 20 s", "1 h 2 min"]
        );
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("aa bb cc", 5), ["aa bb", "cc"]);
        assert_eq!(wrap("aaaaaaa b", 3), ["aaaaaaa", "b"]);
        assert_eq!(wrap("", 3), [""]);
    }
}
