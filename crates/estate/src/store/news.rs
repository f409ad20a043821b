//! What is news: which tables tell of their changes, and what became of a finding.

use super::changes::labels;
use super::index::{Life, Stored};
use super::rows::ChangeKind;
use crate::tables::{Kind, TableSpec};

/// The result of a control that fails.
pub(super) const FAIL: &str = "FAIL";
/// The result of a control that is excepted.
const EXCEPTED: &str = "PASSE";

/// The result that a row of findings has.
pub(super) fn result(table: &TableSpec, row: &[u8]) -> Option<String> {
    table.findings.then(|| labels(table, row).result)?
}

/// Whether the rows of a table are news when they come, go or change. Counts of evaluations and the log of
/// remediation are told by their own tables, details by those of the resources.
pub(super) fn tells_changes(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Inventory
            | Kind::Connectors
            | Kind::Controls
            | Kind::Policies
            | Kind::Exceptions
            | Kind::Vulnerabilities
    )
}

/// What became of a finding, and whether that is news.
pub(super) fn lived(old: Option<&Stored>, result: Option<&str>, now: i64) -> (Life, Option<ChangeKind>) {
    let before = old.map(|o| o.life).unwrap_or_default();
    let old_result = old.filter(|o| !o.gone).and_then(|o| {
        let value: Option<serde_json::Value> = serde_json::from_slice(&o.raw).ok();
        value.and_then(|v| v.get("result").and_then(|r| r.as_str()).map(str::to_owned))
    });
    let failed_before = old_result.as_deref() == Some(FAIL);
    match result {
        Some(FAIL) if failed_before => (before, None),
        Some(FAIL) if before.fixed_on.is_some() => {
            let life = Life {
                failed_since: Some(now),
                reopened_on: Some(now),
                times_reopened: before.times_reopened + 1,
                ..before
            };
            (life, Some(ChangeKind::Reopened))
        }
        Some(FAIL) => (Life { failed_since: Some(now), ..before }, Some(ChangeKind::NewlyFailed)),
        Some(EXCEPTED) if old_result.as_deref() == Some(EXCEPTED) => (before, None),
        Some(EXCEPTED) => (before, Some(ChangeKind::Excepted)),
        _ if failed_before => (Life { fixed_on: Some(now), ..before }, Some(ChangeKind::Fixed)),
        _ => (before, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn stored(result: &str, gone: bool, life: Life) -> Stored {
        Stored {
            run: 1,
            gone,
            hash: 0,
            key: "k".into(),
            scope: String::new(),
            account: None,
            provider: None,
            control: None,
            first_seen: Some(1),
            life,
            raw: Bytes::from(format!(r#"{{"result":"{result}"}}"#)),
        }
    }

    #[test]
    fn a_finding_fails_is_fixed_and_fails_again() {
        let (failed, told) = lived(None, Some("FAIL"), 10);
        assert_eq!((failed.failed_since, told), (Some(10), Some(ChangeKind::NewlyFailed)));
        let (same, told) = lived(Some(&stored("FAIL", false, failed)), Some("FAIL"), 20);
        assert_eq!((same, told), (failed, None));
        let (fixed, told) = lived(Some(&stored("FAIL", false, failed)), Some("PASS"), 30);
        assert_eq!((fixed.failed_since, fixed.fixed_on, told), (Some(10), Some(30), Some(ChangeKind::Fixed)));
        let (again, told) = lived(Some(&stored("PASS", false, fixed)), Some("FAIL"), 40);
        assert_eq!((again.failed_since, again.reopened_on, again.times_reopened), (Some(40), Some(40), 1));
        assert_eq!(told, Some(ChangeKind::Reopened));
        // What went from the list of failures and comes back was fixed in between.
        let (again, told) = lived(Some(&stored("FAIL", true, fixed)), Some("FAIL"), 50);
        assert_eq!((again.times_reopened, told), (1, Some(ChangeKind::Reopened)));
        let (_, told) = lived(Some(&stored("FAIL", false, failed)), Some("PASSE"), 60);
        assert_eq!(told, Some(ChangeKind::Excepted));
        let (_, told) = lived(Some(&stored("PASSE", false, failed)), Some("PASSE"), 70);
        assert_eq!(told, None);
        assert_eq!(lived(None, Some("PASS"), 80), (Life::default(), None));
    }
}
