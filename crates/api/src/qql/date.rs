//! Dates of the language: days, months and years in UTC, instants, and times relative to now.

use crate::time::{Time, TimeForm};
use jiff::civil::{self, Date, DateTime};
use jiff::{SignedDuration, Span, Timestamp, tz::Offset};

/// The time a date stands for, both ends included: a day for `2024-01-01`, one instant for `now`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
}

impl Period {
    fn instant(at: Timestamp) -> Period {
        Period { first: at, last: at }
    }

    /// From the first moment of a day to the last before another day; the end of time if there is none.
    fn days(from: Date, until: Option<Date>) -> Option<Period> {
        let first = midnight(from)?;
        let last = until.and_then(midnight).and_then(just_before).unwrap_or(Timestamp::MAX);
        Some(Period { first, last })
    }
}

fn midnight(day: Date) -> Option<Timestamp> {
    Offset::UTC.to_timestamp(day.to_datetime(civil::Time::midnight())).ok()
}

fn just_before(at: Timestamp) -> Option<Timestamp> {
    at.checked_sub(SignedDuration::from_nanos(1)).ok()
}

/// Reads a date. `relative` tells whether `now-30d` and the like count, which they do unquoted only.
pub(super) fn period(text: &str, relative: bool, now: Timestamp) -> Option<Period> {
    let text = text.trim();
    if relative && let Some(shift) = Shift::parse(text) {
        return Some(Period::instant(shift.from(now)));
    }
    let digits =
        |s: &str| (!s.is_empty() && s.bytes().all(|b| b.is_ascii_digit())).then(|| s.parse::<i16>().ok())?;
    match text.len() {
        4 => {
            let year = digits(text)?;
            Period::days(Date::new(year, 1, 1).ok()?, Date::new(year + 1, 1, 1).ok())
        }
        7 if text.is_char_boundary(4) => {
            let (year, month) = text.split_once('-')?;
            let first = Date::new(digits(year)?, i8::try_from(digits(month)?).ok()?, 1).ok()?;
            Period::days(first, first.checked_add(Span::new().months(1)).ok())
        }
        _ if text.bytes().all(|b| b.is_ascii_digit() || b == b'-') && text.len() != 10 => None,
        _ => {
            let time = Time::parse(text)?;
            match time.form() {
                TimeForm::Day => {
                    let day = Offset::UTC.to_datetime(time.instant()).date();
                    Period::days(day, day.tomorrow().ok())
                }
                TimeForm::Iso { digits, .. } | TimeForm::IsoOffset { digits, .. } => {
                    Some(written(time, digits))
                }
                TimeForm::Java => Some(written(time, 0)),
                // Bare digits are numbers, never dates.
                _ => None,
            }
        }
    }
}

/// An instant stands for all moments that are written the same: without a fraction, for its whole second.
fn written(time: Time, digits: u8) -> Period {
    let first = time.instant();
    let width = 10_i64.pow(9 - u32::from(digits.min(9)));
    let last = first.checked_add(SignedDuration::from_nanos(width - 1)).unwrap_or(Timestamp::MAX);
    Period { first, last }
}

/// A time relative to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shift {
    /// Signed number of units.
    count: i64,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Second,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Shift {
    fn parse(text: &str) -> Option<Shift> {
        let head = text.get(..3)?;
        if !head.eq_ignore_ascii_case("now") {
            return None;
        }
        let tail = text[3..].trim_start();
        if tail.is_empty() {
            return Some(Shift { count: 0, unit: Unit::Second });
        }
        let sign = match tail.as_bytes()[0] {
            b'-' => -1,
            b'+' => 1,
            _ => return None,
        };
        let tail = tail[1..].trim_start();
        let number = tail.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit = match tail[number.len()..].to_ascii_lowercase().as_str() {
            "s" => Unit::Second,
            "h" => Unit::Hour,
            "d" => Unit::Day,
            "w" => Unit::Week,
            "m" => Unit::Month,
            "y" => Unit::Year,
            _ => return None,
        };
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        // More digits than fit are further away than any date there is.
        let count = number.parse::<i64>().unwrap_or(i64::MAX);
        Some(Shift { count: count * sign, unit })
    }

    /// The instant; times before or after all there are become the first or the last one.
    fn from(self, now: Timestamp) -> Timestamp {
        let outside = if self.count < 0 { Timestamp::MIN } else { Timestamp::MAX };
        let span = Span::new();
        let span = match self.unit {
            Unit::Second => span.try_seconds(self.count),
            Unit::Hour => span.try_hours(self.count),
            Unit::Day => span.try_days(self.count),
            Unit::Week => span.try_weeks(self.count),
            Unit::Month => span.try_months(self.count),
            Unit::Year => span.try_years(self.count),
        };
        let moved = |span: Span| -> Option<Timestamp> {
            let civil: DateTime = Offset::UTC.to_datetime(now).checked_add(span).ok()?;
            Offset::UTC.to_timestamp(civil).ok()
        };
        span.ok().and_then(moved).unwrap_or(outside)
    }
}

/// How a date is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `now-30d`, with whether its unit is known of the service.
    Relative { known: bool },
    /// `2024-01-01`
    Day,
    /// `2024-01` or `2024`
    MonthOrYear,
    /// With a time of day, and whether it is in UTC.
    Instant { utc: bool },
}

/// How this date is written, `None` if it is none. Whether it may be relative depends on its quotes.
pub(super) fn form(text: &str) -> Option<Form> {
    let text = text.trim();
    if let Some(shift) = Shift::parse(text) {
        return Some(Form::Relative { known: shift.unit != Unit::Year });
    }
    period(text, false, Timestamp::UNIX_EPOCH)?;
    if text.len() < 10 {
        return Some(Form::MonthOrYear);
    }
    Some(match Time::parse(text)?.form() {
        TimeForm::Day => Form::Day,
        TimeForm::IsoOffset { .. } => Form::Instant { utc: false },
        _ => Form::Instant { utc: true },
    })
}

/// Whether this begins as a relative time does but is none, as `now-30min`.
pub(super) fn is_broken_relative(text: &str) -> bool {
    let text = text.trim();
    let begins = text.get(..3).is_some_and(|head| head.eq_ignore_ascii_case("now"))
        && text[3..].trim_start().starts_with(['-', '+']);
    begins && Shift::parse(text).is_none()
}

/// Whether this could be an end of a range of dates or numbers.
pub(super) fn looks_like_bound(text: &str) -> bool {
    period(text, true, Timestamp::UNIX_EPOCH).is_some() || super::words::Number::parse(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn dates_stand_for_their_whole_length() {
        let now = at("2024-03-31T12:00:00Z");
        for (text, first, last) in [
            ("2024-01-01", "2024-01-01T00:00:00Z", "2024-01-01T23:59:59.999999999Z"),
            ("2024-02", "2024-02-01T00:00:00Z", "2024-02-29T23:59:59.999999999Z"),
            ("2023", "2023-01-01T00:00:00Z", "2023-12-31T23:59:59.999999999Z"),
            ("2024-01-01T10:00:00+0000", "2024-01-01T10:00:00Z", "2024-01-01T10:00:00.999999999Z"),
            ("2024-01-01T10:00:00.250Z", "2024-01-01T10:00:00.250Z", "2024-01-01T10:00:00.250999999Z"),
            ("now", "2024-03-31T12:00:00Z", "2024-03-31T12:00:00Z"),
            ("now-30d", "2024-03-01T12:00:00Z", "2024-03-01T12:00:00Z"),
            ("now-3w", "2024-03-10T12:00:00Z", "2024-03-10T12:00:00Z"),
            ("now-8h", "2024-03-31T04:00:00Z", "2024-03-31T04:00:00Z"),
            ("now-1s", "2024-03-31T11:59:59Z", "2024-03-31T11:59:59Z"),
            ("NOW-1M", "2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z"),
            ("now-1y", "2023-03-31T12:00:00Z", "2023-03-31T12:00:00Z"),
            ("now + 1d", "2024-04-01T12:00:00Z", "2024-04-01T12:00:00Z"),
        ] {
            let found = period(text, true, now);
            assert_eq!(found, Some(Period { first: at(first), last: at(last) }), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "20",
            "20240101",
            "2024-13",
            "2024-00",
            "2024-1",
            "24-01-0",
            "2024-02-30",
            "now-",
            "now-d",
            "now-5",
            "now-5min",
            "nowhere",
            "1703001007000",
            "日本語",
            "2024年",
            "-123456789",
            "+024",
            "202é",
        ] {
            assert_eq!(period(text, true, Timestamp::UNIX_EPOCH), None, "{text}");
        }
        assert_eq!(period("now", false, Timestamp::UNIX_EPOCH), None, "quoted");
    }

    #[test]
    fn times_beyond_all_dates_end_at_the_first_or_last() {
        let now = Timestamp::UNIX_EPOCH;
        for unit in ["s", "h", "d", "w", "m", "y"] {
            let far = "9".repeat(40);
            assert_eq!(period(&format!("now-{far}{unit}"), true, now).unwrap().first, Timestamp::MIN);
            assert_eq!(period(&format!("now+{far}{unit}"), true, now).unwrap().first, Timestamp::MAX);
        }
        assert_eq!(period("9999", true, now).unwrap().last, Timestamp::MAX);
    }
}
