//! Whether all of something was read.

use serde::Serialize;

/// What became of a table, or of a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Verdict {
    /// All rows the service has are there.
    Complete,
    /// Rows are missing.
    Short {
        /// How many, where that is known.
        missing: Option<u64>,
        /// Why.
        reason: String,
    },
    /// Nothing of it can be had.
    NotAvailable {
        /// Why.
        reason: String,
    },
}

impl Verdict {
    /// The verdict on a table from those on its parts.
    pub fn of(ends: &[Verdict]) -> Verdict {
        let mut reasons: Vec<&str> = ends
            .iter()
            .filter_map(|e| match e {
                Verdict::Complete => None,
                Verdict::Short { reason, .. } | Verdict::NotAvailable { reason } => Some(reason.as_str()),
            })
            .collect();
        if reasons.is_empty() {
            return Verdict::Complete;
        }
        reasons.dedup();
        let more = reasons.len().saturating_sub(2);
        reasons.truncate(2);
        let mut reason = reasons.join("; ");
        if more > 0 {
            reason.push_str(&format!("; and {more} more"));
        }
        if ends.iter().all(|e| matches!(e, Verdict::NotAvailable { .. })) {
            return Verdict::NotAvailable { reason };
        }
        let missing = ends.iter().try_fold(0u64, |sum, e| match e {
            Verdict::Complete => Some(sum),
            Verdict::Short { missing, .. } => missing.map(|n| sum + n),
            Verdict::NotAvailable { .. } => None,
        });
        Verdict::Short { missing, reason }
    }

    /// Whether all rows are there.
    pub fn is_complete(&self) -> bool {
        *self == Verdict::Complete
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Verdict::Complete => f.write_str("complete"),
            Verdict::Short { missing: Some(n), reason } => write!(f, "short by {}: {reason}", number(*n)),
            Verdict::Short { missing: None, reason } => write!(f, "incomplete: {reason}"),
            Verdict::NotAvailable { reason } => write!(f, "not available: {reason}"),
        }
    }
}

/// A number as people read it: `12,345`.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(missing: Option<u64>, reason: &str) -> Verdict {
        Verdict::Short { missing, reason: reason.into() }
    }

    fn none(reason: &str) -> Verdict {
        Verdict::NotAvailable { reason: reason.into() }
    }

    #[test]
    fn the_verdict_on_a_table_follows_from_its_parts() {
        let said = |ends: &[Verdict]| Verdict::of(ends).to_string();
        assert_eq!(said(&[]), "complete");
        assert_eq!(said(&[Verdict::Complete, Verdict::Complete]), "complete");
        assert_eq!(said(&[Verdict::Complete, short(Some(2345), "the wall")]), "short by 2,345: the wall");
        assert_eq!(said(&[short(Some(1), "a"), short(Some(2), "b")]), "short by 3: a; b");
        assert_eq!(said(&[short(Some(1), "a"), short(None, "b")]), "incomplete: a; b");
        assert_eq!(said(&[none("no permission"), none("no permission")]), "not available: no permission");
        assert_eq!(said(&[none("x"), Verdict::Complete]), "incomplete: x");
        assert_eq!(
            said(&[short(None, "a"), short(None, "b"), short(None, "c"), none("d")]),
            "incomplete: a; b; and 2 more"
        );
    }

    #[test]
    fn numbers_are_for_people() {
        assert_eq!([0, 999, 1000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
    }
}
