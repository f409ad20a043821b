//! What is known of earlier readings, as far as a plan needs it.

use crate::store::{Fresh, FreshRow, How};
use jiff::Timestamp;

/// A reading that came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Last {
    /// When it began.
    pub at: Timestamp,
    /// Rows that came.
    pub rows: u64,
    /// How it was read.
    pub how: How,
}

/// The last readings of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Readings {
    /// The last of everything.
    pub whole: Option<Last>,
    /// The last of any kind.
    pub any: Option<Last>,
    /// Whether it is known to have moved since, or the last try did not come to its end.
    pub pending: bool,
}

impl Readings {
    /// What is known of a scope; nothing, where it was never read.
    pub fn of(fresh: Option<&Fresh>) -> Readings {
        let Some(fresh) = fresh else { return Readings::default() };
        let complete = fresh.whole.as_ref().and_then(last);
        let newest = Some(&fresh.last).filter(|row| row.complete).and_then(last);
        Readings {
            whole: complete.filter(|l| l.how == How::Whole),
            any: newest.or(complete),
            pending: !fresh.last.complete,
        }
    }
}

/// A row of `freshness` as a reading; what was only assumed is none.
fn last(row: &FreshRow) -> Option<Last> {
    let read = !matches!(row.how, How::Assumed | How::Not);
    read.then(|| Last { at: row.read_at, rows: u64::try_from(row.rows).unwrap_or(0), how: row.how })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::newest;

    fn row(run: i64, how: How, complete: bool) -> FreshRow {
        FreshRow {
            run,
            table: "t".into(),
            scope: String::new(),
            provider: None,
            account: None,
            control_id: None,
            read_at: Timestamp::from_second(run).unwrap(),
            rows: run,
            complete,
            how,
            note: None,
        }
    }

    fn of(rows: Vec<FreshRow>) -> Readings {
        Readings::of(newest(rows).values().next())
    }

    #[test]
    fn the_newest_reading_that_came_to_its_end_counts() {
        let at =
            |run: i64, how| Some(Last { at: Timestamp::from_second(run).unwrap(), rows: run as u64, how });
        assert_eq!(of(Vec::new()), Readings::default());
        let updated = of(vec![row(1, How::Whole, true), row(2, How::Updated, true)]);
        assert_eq!((updated.whole, updated.any), (at(1, How::Whole), at(2, How::Updated)));
        let assumed = of(vec![row(1, How::Failing, true), row(2, How::Assumed, true)]);
        assert_eq!((assumed.whole, assumed.any), (None, at(1, How::Failing)));
        let short = of(vec![row(1, How::Whole, true), row(2, How::Whole, false)]);
        assert_eq!((short.any, short.pending), (at(1, How::Whole), true));
        let never = of(vec![row(1, How::Whole, false)]);
        assert_eq!((never.any, never.pending), (None, true));
    }
}
