//! What to read and how, as data. Nothing here makes a call.
//!
//! `docs/design/how-does-a-sync-read-only-what-changed.md` says why.

use super::known::{Last, Readings};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use totalcloud::subscription::{Depth, Evaluated};

/// Calls taken for the quota of a window where none is known: what the service gives small subscriptions an hour.
pub const DEFAULT_WINDOW: u64 = 300;
/// The share of a type, in percent, from which on what was updated is as good as all of it.
const NEARLY_ALL: u64 = 80;
/// Pages up to which a type whose total does not agree is read whole at once.
const CHEAP_PAGES: u64 = 20;

/// How old what is held may become before it is read again although nothing says that it changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rhythm {
    /// Everything is read, however fresh.
    pub full: bool,
    /// Types of resources: what vanished is found then at the latest.
    pub reconcile_after: SignedDuration,
    /// Controls in accounts, and details of instances.
    pub recheck_after: SignedDuration,
}

impl Default for Rhythm {
    fn default() -> Rhythm {
        let week = SignedDuration::from_hours(7 * 24);
        Rhythm { full: false, reconcile_after: week, recheck_after: week }
    }
}

impl Rhythm {
    fn is_over(self, last: Option<Last>, after: SignedDuration, now: Timestamp) -> bool {
        self.full || last.is_none_or(|last| now.duration_since(last.at) >= after)
    }
}

/// How a type is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// All of it.
    Whole(Why),
    /// What was updated on this day or later, if that is much less.
    Since(Date),
}

/// Why something is read whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It never was.
    First,
    /// It was asked for.
    Asked,
    /// The last time is too long ago.
    Due,
    /// It is one call.
    Small,
}

/// How a type of resources is read that had so many rows; `page` is how many come with one call.
pub fn inventory(readings: Readings, rows: u64, page: u64, now: Timestamp, rhythm: Rhythm) -> Way {
    let Some(whole) = readings.whole else { return Way::Whole(Why::First) };
    if rhythm.full {
        return Way::Whole(Why::Asked);
    }
    if rows <= page {
        return Way::Whole(Why::Small);
    }
    if rhythm.is_over(Some(whole), rhythm.reconcile_after, now) {
        return Way::Whole(Why::Due);
    }
    Way::Since(day_before(readings.any.unwrap_or(whole).at))
}

/// The day before an instant: days are the finest that the service takes, and its day may not be ours.
fn day_before(at: Timestamp) -> Date {
    let date = at.to_zoned(jiff::tz::TimeZone::UTC).date();
    date.checked_sub(1.day()).unwrap_or(date)
}

/// A range of updates as the service takes it.
pub fn range(since: Date) -> String {
    format!("[{since} .. now]")
}

/// Whether so many rows are as good as all of them, so that reading all costs little more and proves more.
pub fn nearly_all(rows: u64, total: u64) -> bool {
    rows.saturating_mul(100) >= total.saturating_mul(NEARLY_ALL)
}

/// What follows when the rows that were updated are in the estate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// The estate holds as many rows as the service counts.
    Agrees,
    /// It does not, and reading all is cheap.
    ReadWhole,
    /// It does not, and reading all has to wait for its rhythm.
    Differs,
}

/// Compares the rows that the estate holds with the service's count.
pub fn after_updates(held: u64, total: u64, page: u64) -> Then {
    if held == total {
        Then::Agrees
    } else if total.div_ceil(page.max(1)) <= CHEAP_PAGES {
        Then::ReadWhole
    } else {
        Then::Differs
    }
}

/// What is to be done about something that costs a call of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It is read.
    Read,
    /// There is nothing of it any more, which is known without a call.
    Nothing,
    /// It is as it was.
    Assume,
}

/// What is to be done about a control in an account, which stands in the evaluations of the account as
/// `evaluated`; `moved` is whether that line is another than at the last reading.
pub fn control(
    readings: Readings,
    evaluated: &Evaluated,
    moved: bool,
    depth: Depth,
    now: Timestamp,
    rhythm: Rhythm,
) -> Need {
    let rows = match depth {
        Depth::Failing => evaluated.failed,
        Depth::All => evaluated.failed + evaluated.others,
    };
    if rows == 0 {
        // That nothing was there is noted once, so that what comes later is news.
        let noted = readings.any.is_some_and(|last| last.rows == 0) && !readings.pending;
        return if noted { Need::Assume } else { Need::Nothing };
    }
    // All of them include those that fail, but not the other way round.
    let last = match depth {
        Depth::Failing => readings.any,
        Depth::All => readings.whole,
    };
    let moved = moved || readings.pending;
    if moved || rhythm.is_over(last, rhythm.recheck_after, now) { Need::Read } else { Need::Assume }
}

/// What is to be done about the details of an instance; `moved` is whether its row in the inventory is new or
/// another than at the last reading, `vulnerable` whether it has vulnerabilities, where only those are read.
pub fn details(readings: Readings, moved: bool, vulnerable: bool, now: Timestamp, rhythm: Rhythm) -> Need {
    let moved = moved || readings.pending;
    match readings.any {
        None if !vulnerable => Need::Assume,
        last if moved || rhythm.is_over(last, rhythm.recheck_after, now) => Need::Read,
        _ => Need::Assume,
    }
}

/// The calls of one window of the quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Calls a window.
    pub limit: u64,
    /// Whether the service told or showed it; otherwise it is [`DEFAULT_WINDOW`].
    pub known: bool,
}

impl Window {
    /// The window of a limit that is known, or the default.
    pub fn of(limit: Option<u64>) -> Window {
        Window { limit: limit.unwrap_or(DEFAULT_WINDOW), known: limit.is_some() }
    }

    /// Whether a plan of so many calls fits.
    pub fn fits(self, calls: u64) -> bool {
        calls <= self.limit
    }
}

/// Pages that so many rows come in; one call is made in any case.
pub fn pages(rows: u64, page: u64) -> u64 {
    rows.div_ceil(page.max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::How;
    use totalcloud_api::Provider;

    fn at(day: i8, hour: i8) -> Timestamp {
        jiff::civil::date(2026, 1, day)
            .at(hour, 0, 0, 0)
            .to_zoned(jiff::tz::TimeZone::UTC)
            .unwrap()
            .timestamp()
    }

    fn last(day: i8, rows: u64, how: How) -> Option<Last> {
        Some(Last { at: at(day, 1), rows, how })
    }

    fn both(day: i8, rows: u64) -> Readings {
        let whole = last(day, rows, How::Whole);
        Readings { whole, any: whole, pending: false }
    }

    #[test]
    fn a_type_is_read_whole_first_when_small_and_in_its_rhythm() {
        let rhythm = Rhythm::default();
        let way = |readings, rows| inventory(readings, rows, 100, at(10, 12), rhythm);
        assert_eq!(way(Readings::default(), 5_000), Way::Whole(Why::First));
        assert_eq!(way(both(9, 100), 100), Way::Whole(Why::Small));
        assert_eq!(way(both(3, 5_000), 5_000), Way::Whole(Why::Due));
        assert_eq!(way(both(4, 5_000), 5_000), Way::Since(jiff::civil::date(2026, 1, 3)));
        // What was updated is asked for from the last reading on, and what is whole is not renewed by that.
        let since =
            Readings { whole: last(4, 5_000, How::Whole), any: last(9, 7, How::Updated), pending: false };
        assert_eq!(way(since, 5_000), Way::Since(jiff::civil::date(2026, 1, 8)));
        let since =
            Readings { whole: last(2, 5_000, How::Whole), any: last(9, 7, How::Updated), pending: false };
        assert_eq!(way(since, 5_000), Way::Whole(Why::Due));
        let full = Rhythm { full: true, ..rhythm };
        assert_eq!(inventory(both(10, 5_000), 5_000, 100, at(10, 12), full), Way::Whole(Why::Asked));
    }

    #[test]
    fn ranges_are_days_that_the_service_reads() {
        let text = range(jiff::civil::date(2026, 1, 3));
        assert_eq!(text, "[2026-01-03 .. now]");
        totalcloud_api::qql::parse_updated(&text).unwrap();
        assert_eq!(day_before(at(1, 0)), jiff::civil::date(2025, 12, 31));
    }

    #[test]
    fn a_range_of_nearly_all_is_no_use() {
        assert!(nearly_all(80, 100) && nearly_all(100, 100) && nearly_all(0, 0));
        assert!(!nearly_all(79, 100));
        assert_eq!(after_updates(500, 500, 100), Then::Agrees);
        assert_eq!(after_updates(501, 500, 100), Then::ReadWhole);
        assert_eq!(after_updates(2_001, 2_000, 100), Then::ReadWhole);
        assert_eq!(after_updates(2_002, 2_001, 100), Then::Differs);
    }

    #[test]
    fn a_control_is_read_when_its_line_moved_and_in_its_rhythm() {
        let line = |failed, others| Evaluated {
            provider: Provider::Aws,
            account: "1".into(),
            control: "7".into(),
            failed,
            others,
        };
        let need = |readings, line: &Evaluated, moved, depth| {
            control(readings, line, moved, depth, at(10, 12), Rhythm::default())
        };
        let none = Readings::default();
        let (failing, all) = (Depth::Failing, Depth::All);
        assert_eq!(need(none, &line(3, 5), false, failing), Need::Read);
        assert_eq!(need(none, &line(0, 5), false, failing), Need::Nothing);
        assert_eq!(need(none, &line(0, 5), true, all), Need::Read);
        let read = Readings { whole: None, any: last(9, 3, How::Failing), pending: false };
        assert_eq!(need(read, &line(3, 5), false, failing), Need::Assume);
        assert_eq!(need(read, &line(3, 5), true, failing), Need::Read);
        // What passes is not among what fails.
        assert_eq!(need(read, &line(3, 5), false, all), Need::Read);
        // All of it is fixed, which needs no call to know.
        assert_eq!(need(read, &line(0, 8), true, failing), Need::Nothing);
        let fixed = Readings { whole: None, any: last(9, 0, How::Failing), pending: false };
        assert_eq!(need(fixed, &line(0, 8), true, failing), Need::Assume);
        let pending = Readings { pending: true, ..read };
        assert_eq!(need(pending, &line(3, 5), false, failing), Need::Read);
        assert_eq!(need(Readings { pending: true, ..fixed }, &line(0, 8), false, failing), Need::Nothing);
        let old = Readings { whole: None, any: last(3, 3, How::Failing), pending: false };
        assert_eq!(need(old, &line(3, 5), false, failing), Need::Read);
        assert_eq!(need(both(9, 8), &line(3, 5), false, failing), Need::Assume);
        assert_eq!(need(both(9, 8), &line(0, 0), true, all), Need::Nothing);
    }

    #[test]
    fn details_are_read_of_what_is_vulnerable_or_was() {
        let need =
            |readings, moved, vulnerable| details(readings, moved, vulnerable, at(10, 12), Rhythm::default());
        assert_eq!(need(Readings::default(), true, false), Need::Assume);
        assert_eq!(need(Readings::default(), false, true), Need::Read);
        assert_eq!(need(both(9, 1), true, false), Need::Read);
        assert_eq!(need(both(9, 1), false, true), Need::Assume);
        assert_eq!(need(both(3, 1), false, true), Need::Read);
    }

    #[test]
    fn plans_fit_a_window_or_do_not() {
        assert!(Window::of(None).fits(300) && !Window::of(None).fits(301));
        assert!(Window::of(Some(2_000)).fits(2_000));
        assert_eq!([0, 1, 100, 101].map(|rows| pages(rows, 100)), [1, 1, 1, 2]);
    }
}
