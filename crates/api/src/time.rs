//! Instants as the service writes them: ISO-8601 with several offset styles, epoch milliseconds or
//! seconds as numbers or digits, and the `EEE MMM dd HH:mm:ss zzz yyyy` style of Java's `Date`.

use jiff::{Timestamp, civil, tz};
use serde::{Serialize, Serializer};
use std::fmt;

/// How an instant was written on the wire, so that it can be written back the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeForm {
    /// ISO-8601 in UTC with this many fraction digits and this offset spelling.
    Iso {
        /// Digits after the decimal point of the seconds, 0 to 9.
        digits: u8,
        /// How the UTC offset was written.
        offset: OffsetForm,
    },
    /// ISO-8601 with an offset that is not zero, in minutes east of UTC.
    IsoOffset {
        /// Digits after the decimal point of the seconds, 0 to 9.
        digits: u8,
        /// Minutes east of UTC.
        minutes: i16,
        /// Whether the offset was written with a colon.
        colon: bool,
    },
    /// A calendar day alone, taken as its first instant in UTC.
    Day,
    /// Milliseconds since the epoch as a JSON number.
    Millis,
    /// Milliseconds since the epoch as digits in a string.
    MillisText,
    /// Seconds since the epoch as a JSON number.
    Seconds,
    /// Seconds since the epoch as digits in a string.
    SecondsText,
    /// `Tue Mar 05 10:11:12 UTC 2024`.
    Java,
}

/// The spelling of a zero offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OffsetForm {
    /// `Z`
    Zulu,
    /// `+0000`
    Plain,
    /// `+00:00`
    Colon,
    /// No offset at all, taken as UTC.
    Absent,
}

/// An instant together with the way the service wrote it.
///
/// Comparison and ordering look at the instant alone.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    instant: Timestamp,
    form: TimeForm,
}

/// Values from here on are milliseconds, below it seconds (both since the epoch).
const MILLIS_FROM: u64 = 100_000_000_000;

impl Time {
    /// The instant.
    pub fn instant(&self) -> Timestamp {
        self.instant
    }

    /// How it was written.
    pub fn form(&self) -> TimeForm {
        self.form
    }

    /// An instant in the service's usual form, `2024-01-01T22:54:12+0000`.
    pub fn iso(instant: Timestamp) -> Time {
        Time { instant, form: TimeForm::Iso { digits: 0, offset: OffsetForm::Plain } }
    }

    /// An instant in the given form.
    pub fn in_form(instant: Timestamp, form: TimeForm) -> Time {
        Time { instant, form }
    }

    /// Reads any of the textual forms. `None` if the text is none of them.
    pub fn parse(text: &str) -> Option<Time> {
        let text = text.trim();
        let bytes = text.as_bytes();
        if bytes.len() >= 10 && bytes[4] == b'-' && bytes[7] == b'-' {
            return parse_iso(text);
        }
        if !bytes.is_empty()
            && bytes.iter().enumerate().all(|(i, b)| b.is_ascii_digit() || (i == 0 && *b == b'-'))
        {
            let number: i64 = text.parse().ok()?;
            let time = Time::from_number(number)?;
            let form = match time.form {
                TimeForm::Millis => TimeForm::MillisText,
                _ => TimeForm::SecondsText,
            };
            return Some(Time { form, ..time });
        }
        parse_java(text)
    }

    /// Reads a number since the epoch: milliseconds from 10^11 on, seconds below.
    pub fn from_number(number: i64) -> Option<Time> {
        if number.unsigned_abs() >= MILLIS_FROM {
            Some(Time { instant: Timestamp::from_millisecond(number).ok()?, form: TimeForm::Millis })
        } else {
            Some(Time { instant: Timestamp::from_second(number).ok()?, form: TimeForm::Seconds })
        }
    }
}

/// Two digits at `at`, if both are digits.
fn two(bytes: &[u8], at: usize) -> Option<i16> {
    let (a, b) = (*bytes.get(at)?, *bytes.get(at + 1)?);
    (a.is_ascii_digit() && b.is_ascii_digit()).then(|| i16::from(a - b'0') * 10 + i16::from(b - b'0'))
}

fn parse_iso(text: &str) -> Option<Time> {
    let b = text.as_bytes();
    let year = two(b, 0)? * 100 + two(b, 2)?;
    let (month, day) = (two(b, 5)?, two(b, 8)?);
    let date = civil::Date::new(year, month as i8, day as i8).ok()?;
    if b.len() == 10 {
        let instant = date.to_zoned(tz::TimeZone::UTC).ok()?.timestamp();
        return Some(Time { instant, form: TimeForm::Day });
    }
    if !matches!(b[10], b'T' | b't' | b' ') {
        return None;
    }
    if b.get(13) != Some(&b':') || b.get(16) != Some(&b':') {
        return None;
    }
    let (hour, minute, second) = (two(b, 11)?, two(b, 14)?, two(b, 17)?);
    let mut at = 19;
    let mut nanos: i32 = 0;
    let mut digits: u8 = 0;
    if b.get(at) == Some(&b'.') {
        at += 1;
        let mut scale = 100_000_000;
        while let Some(d) = b.get(at).filter(|d| d.is_ascii_digit()) {
            if digits == 9 {
                return None;
            }
            nanos += i32::from(d - b'0') * scale;
            scale /= 10;
            digits += 1;
            at += 1;
        }
        if digits == 0 {
            return None;
        }
    }
    let rest = &b[at..];
    let (minutes, form) = match rest {
        b"" => (0, TimeForm::Iso { digits, offset: OffsetForm::Absent }),
        b"Z" | b"z" => (0, TimeForm::Iso { digits, offset: OffsetForm::Zulu }),
        [sign @ (b'+' | b'-'), _, _, tail @ ..] => {
            let hours = two(rest, 1)?;
            let (mins, colon) = match tail {
                [] => (0, false),
                [b':', _, _] => (two(tail, 1)?, true),
                [_, _] => (two(tail, 0)?, false),
                _ => return None,
            };
            if hours > 18 || mins > 59 {
                return None;
            }
            let total = (hours * 60 + mins) * if *sign == b'-' { -1 } else { 1 };
            let form = if total == 0 && *sign == b'+' && !tail.is_empty() {
                let offset = if colon { OffsetForm::Colon } else { OffsetForm::Plain };
                TimeForm::Iso { digits, offset }
            } else {
                TimeForm::IsoOffset { digits, minutes: total, colon }
            };
            (total, form)
        }
        _ => return None,
    };
    let time = civil::Time::new(hour as i8, minute as i8, second as i8, nanos).ok()?;
    // Days since the epoch are computed directly: going through spans or a time zone database per value would
    // dominate the decoding of a row.
    let days = days_since_epoch(i64::from(year), i64::from(month), i64::from(day));
    let secs = days * 86_400
        + i64::from(time.hour()) * 3_600
        + i64::from(time.minute()) * 60
        + i64::from(time.second())
        - i64::from(minutes) * 60;
    Some(Time { instant: Timestamp::new(secs, nanos).ok()?, form })
}

/// Days from 1970-01-01 to a day of the proleptic Gregorian calendar that exists. Years are counted from March,
/// so that the leap day is the last of its year, and from a multiple of 400, the period of the calendar.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let (period, of_period) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    period * 146_097 + of_period * 365 + of_period / 4 - of_period / 100 + of_year - 719_468
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Tue Mar 05 10:11:12 UTC 2024`; the service was only ever seen to write UTC (or GMT) here.
fn parse_java(text: &str) -> Option<Time> {
    let mut words = text.split_ascii_whitespace();
    let (_weekday, month, day) = (words.next()?, words.next()?, words.next()?);
    let (clock, zone, year) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() || !matches!(zone, "UTC" | "GMT" | "Z") {
        return None;
    }
    let month = MONTHS.iter().position(|m| *m == month)? + 1;
    let mut parts = clock.split(':').map(|p| p.parse::<i8>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let civil =
        civil::DateTime::new(year.parse().ok()?, month as i8, day.parse().ok()?, hour, minute, second, 0)
            .ok()?;
    let instant = tz::Offset::UTC.to_timestamp(civil).ok()?;
    Some(Time { instant, form: TimeForm::Java })
}

impl PartialEq for Time {
    fn eq(&self, other: &Time) -> bool {
        self.instant == other.instant
    }
}

impl Eq for Time {}

impl PartialOrd for Time {
    fn partial_cmp(&self, other: &Time) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Time {
    fn cmp(&self, other: &Time) -> std::cmp::Ordering {
        self.instant.cmp(&other.instant)
    }
}

impl From<Time> for Timestamp {
    fn from(time: Time) -> Timestamp {
        time.instant
    }
}

/// Writes the text of the wire (numbers as digits).
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (digits, minutes) = match self.form {
            TimeForm::Millis | TimeForm::MillisText => return write!(f, "{}", self.instant.as_millisecond()),
            TimeForm::Seconds | TimeForm::SecondsText => return write!(f, "{}", self.instant.as_second()),
            TimeForm::Java => {
                let c = tz::Offset::UTC.to_datetime(self.instant);
                return write!(f, "{}", c.strftime("%a %b %d %H:%M:%S UTC %Y"));
            }
            TimeForm::Day => return write!(f, "{}", tz::Offset::UTC.to_datetime(self.instant).date()),
            TimeForm::Iso { digits, .. } => (digits, 0),
            TimeForm::IsoOffset { digits, minutes, .. } => (digits, minutes),
        };
        let offset = tz::Offset::from_seconds(i32::from(minutes) * 60).map_err(|_| fmt::Error)?;
        let c = offset.to_datetime(self.instant);
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            c.year(),
            c.month(),
            c.day(),
            c.hour(),
            c.minute(),
            c.second()
        )?;
        if digits > 0 {
            let nanos = format!("{:09}", c.subsec_nanosecond());
            write!(f, ".{}", &nanos[..usize::from(digits)])?;
        }
        match self.form {
            TimeForm::Iso { offset: OffsetForm::Zulu, .. } => f.write_str("Z"),
            TimeForm::Iso { offset: OffsetForm::Plain, .. } => f.write_str("+0000"),
            TimeForm::Iso { offset: OffsetForm::Colon, .. } => f.write_str("+00:00"),
            TimeForm::IsoOffset { minutes, colon, .. } => {
                let sign = if minutes < 0 { '-' } else { '+' };
                let (h, m) = (minutes.abs() / 60, minutes.abs() % 60);
                let colon = if colon { ":" } else { "" };
                write!(f, "{sign}{h:02}{colon}{m:02}")
            }
            _ => Ok(()),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.form {
            TimeForm::Millis => serializer.serialize_i64(self.instant.as_millisecond()),
            TimeForm::Seconds => serializer.serialize_i64(self.instant.as_second()),
            _ => serializer.collect_str(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_documented_form_is_read_and_written_back() {
        let at = |s: &str| s.parse::<Timestamp>().unwrap();
        for (text, instant) in [
            ("2024-01-01T22:54:12+0000", "2024-01-01T22:54:12Z"),
            ("2024-01-01T22:54:12Z", "2024-01-01T22:54:12Z"),
            ("2024-01-01T22:54:12+00:00", "2024-01-01T22:54:12Z"),
            ("2021-07-06T12:50:34.526+00:00", "2021-07-06T12:50:34.526Z"),
            ("2024-01-01T22:54:12.5+0530", "2024-01-01T17:24:12.5Z"),
            ("2024-01-01T22:54:12-08:00", "2024-01-02T06:54:12Z"),
            ("2024-01-01T22:54:12", "2024-01-01T22:54:12Z"),
            ("2024-01-01", "2024-01-01T00:00:00Z"),
            ("1703001007000", "2023-12-19T15:50:07Z"),
            ("1703001007", "2023-12-19T15:50:07Z"),
            ("Tue Mar 05 10:11:12 UTC 2024", "2024-03-05T10:11:12Z"),
            ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"),
        ] {
            let time = Time::parse(text).unwrap_or_else(|| panic!("{text} is a documented form"));
            assert_eq!(time.instant(), at(instant), "{text}");
            assert_eq!(time.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "soon",
            "2024-13-01",
            "2024-02-30T00:00:00Z",
            "2024-01-01X00:00:00Z",
            "12:00",
            "---",
            "2024-01-01T22:54:12+99:00",
            "Tue Foo 05 10:11:12 UTC 2024",
            "2024-01-01T22:54:1",
            "2024-01-01T",
            "日本語日本語日本",
            "-9223372036854775808",
        ] {
            assert!(Time::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn days_are_counted_as_the_calendar_does() {
        let mut day = civil::date(1599, 1, 1);
        let mut number = days_since_epoch(1599, 1, 1);
        assert_eq!(days_since_epoch(1970, 1, 1), 0);
        while day < civil::date(2005, 1, 1) {
            let counted = days_since_epoch(day.year().into(), day.month().into(), day.day().into());
            assert_eq!(counted, number, "{day}");
            (day, number) = (day.tomorrow().unwrap(), number + 1);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,40}") {
            if let Some(time) = Time::parse(&text) {
                let again = Time::parse(&time.to_string()).unwrap();
                prop_assert_eq!(again, time);
            }
        }

        #[test]
        fn numbers_round_trip(n in -300_000_000_000_000i64..300_000_000_000_000) {
            if let Some(time) = Time::from_number(n) {
                prop_assert_eq!(serde_json::to_string(&time).unwrap(), n.to_string());
            }
        }
    }
}
