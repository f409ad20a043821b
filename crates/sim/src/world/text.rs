//! Appending JSON text without going through a value.

use std::fmt::{self, Write as _};

/// Appends the text of a JSON string without its quotes.
pub(super) fn escaped(out: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => {
                out.extend_from_slice(b"\\u");
                super::rng::hex(out, u64::from(byte), 4);
            }
            _ => out.push(byte),
        }
    }
}

/// Appends a JSON string.
pub(super) fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    escaped(out, text);
    out.push(b'"');
}

/// Appends a whole number.
#[inline]
pub(super) fn int(out: &mut Vec<u8>, value: i64) {
    if let 0..10 = value {
        return out.push(b'0' + value as u8);
    }
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// A row under construction, for the collections that are small enough not to need templates.
pub(super) struct Object<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl<'a> Object<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Object<'a> {
        out.push(b'{');
        Object { out, empty: true }
    }

    /// Appends a key and gives the place for its value.
    pub(super) fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        string(self.out, key);
        self.out.push(b':');
        self.out
    }

    pub(super) fn text(&mut self, key: &str, text: &str) -> &mut Self {
        string(self.key(key), text);
        self
    }

    pub(super) fn maybe(&mut self, key: &str, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(key, text),
            None => self.raw(key, "null"),
        }
    }

    pub(super) fn format(&mut self, key: &str, text: fmt::Arguments<'_>) -> &mut Self {
        let mut whole = String::new();
        // Writing to a string does not fail.
        let _ = whole.write_fmt(text);
        self.text(key, &whole)
    }

    pub(super) fn int(&mut self, key: &str, value: i64) -> &mut Self {
        int(self.key(key), value);
        self
    }

    pub(super) fn bool(&mut self, key: &str, value: bool) -> &mut Self {
        self.raw(key, if value { "true" } else { "false" })
    }

    /// Appends JSON as it is.
    pub(super) fn raw(&mut self, key: &str, json: &str) -> &mut Self {
        self.key(key).extend_from_slice(json.as_bytes());
        self
    }

    pub(super) fn iso(&mut self, key: &str, instant: Option<i64>) -> &mut Self {
        let out = self.key(key);
        match instant {
            Some(instant) => {
                out.push(b'"');
                iso(out, instant);
                out.push(b'"');
            }
            None => out.extend_from_slice(b"null"),
        }
        self
    }

    pub(super) fn list<'t>(&mut self, key: &str, items: impl IntoIterator<Item = &'t str>) -> &mut Self {
        let out = self.key(key);
        out.push(b'[');
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            string(out, item);
        }
        out.push(b']');
        self
    }

    pub(super) fn end(&mut self) {
        self.out.push(b'}');
    }
}

/// Year, month and day of a number of days since 1970 (the usual arithmetic of the proleptic calendar).
const fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + if month <= 2 { 1 } else { 0 }, month, day)
}

const fn two(value: i64) -> [u8; 2] {
    [b'0' + (value / 10 % 10) as u8, b'0' + (value % 10) as u8]
}

/// Appends an instant in the service's usual form, `2024-01-01T22:54:12+0000`.
#[inline]
pub(super) fn iso(out: &mut Vec<u8>, instant: i64) {
    let (days, secs) = (instant.div_euclid(86_400), instant.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let mut text = *b"0000-00-00T00:00:00+0000";
    text[0..2].copy_from_slice(&two(year / 100));
    text[2..4].copy_from_slice(&two(year % 100));
    text[5..7].copy_from_slice(&two(month));
    text[8..10].copy_from_slice(&two(day));
    text[11..13].copy_from_slice(&two(secs / 3_600));
    text[14..16].copy_from_slice(&two(secs / 60 % 60));
    text[17..19].copy_from_slice(&two(secs % 60));
    out.extend_from_slice(&text);
}

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// An instant in the style of Java's `Date`, `Tue Mar 05 10:11:12 UTC 2024`.
pub(crate) fn java(instant: i64) -> String {
    let (days, secs) = (instant.div_euclid(86_400), instant.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let weekday = DAYS[days.rem_euclid(7) as usize];
    let month = MONTHS[(month - 1) as usize];
    let (hour, minute, second) = (secs / 3_600, secs / 60 % 60, secs % 60);
    format!("{weekday} {month} {day:02} {hour:02}:{minute:02}:{second:02} UTC {year:04}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use totalcloud_api::Time;

    #[test]
    fn dates_are_those_the_client_reads() {
        for instant in [0, 951_782_400, 1_703_001_007, 1_709_164_800, 1_735_689_599, 4_102_444_800] {
            let mut out = Vec::new();
            iso(&mut out, instant);
            let text = String::from_utf8(out).unwrap();
            assert_eq!(Time::parse(&text).unwrap().instant().as_second(), instant, "{text}");
            let text = java(instant);
            let time = Time::parse(&text).unwrap();
            assert_eq!((time.instant().as_second(), time.to_string()), (instant, text));
        }
    }

    #[test]
    fn objects_are_json() {
        let mut out = Vec::new();
        let mut row = Object::new(&mut out);
        row.text("a\"b", "x\n\u{1}\\é")
            .int("n", -5)
            .bool("t", true)
            .list("l", ["p", "q"])
            .maybe("none", None);
        row.end();
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["a\"b"], "x\n\u{1}\\é");
        assert_eq!((&value["n"], &value["l"][1], &value["none"]), (&(-5).into(), &"q".into(), &().into()));
    }
}
