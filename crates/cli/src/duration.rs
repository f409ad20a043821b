//! Spans of time as people write them: `90s`, `30m`, `2h`, `1h 30m`, `1d`.

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use std::time::Duration;

/// Reads a span of time.
///
/// # Errors
/// If it is none, or not longer than nothing.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wanted = || "a span of time such as 90s, 30m, 2h or 1h 30m".to_owned();
    let span: Span = text.trim().parse().map_err(|_| wanted())?;
    let span: SignedDuration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wanted())?;
    Duration::try_from(span).ok().filter(|d| !d.is_zero()).ok_or_else(wanted)
}

/// A date, as the instant of its first second; nothing for any other text.
pub fn first_second(text: &str) -> Option<String> {
    let date = text.parse::<jiff::civil::Date>().ok().filter(|_| text.len() == 10)?;
    Some(format!("{date}T00:00:00Z"))
}

/// Reads how long it is until a moment, which is a span of time or an instant such as `2026-01-15T18:00:00Z`.
/// An instant that is over is no time at all.
///
/// # Errors
/// If it is neither.
pub fn until(text: &str, now: Timestamp) -> Result<Duration, String> {
    if let Ok(instant) = text.trim().parse::<Timestamp>() {
        return Ok(Duration::try_from(instant.duration_since(now)).unwrap_or_default());
    }
    parse(text).map_err(|wanted| format!("{wanted}, or an instant such as 2026-01-15T18:00:00Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        let s = Duration::from_secs;
        for (text, read) in
            [("90s", s(90)), ("30m", s(1_800)), ("2h", s(7_200)), ("1h 30m", s(5_400)), ("1d", s(86_400))]
        {
            assert_eq!(parse(text), Ok(read), "{text}");
        }
        for text in ["", "30", "-5m", "0s", "soon", "1 month"] {
            assert!(parse(text).unwrap_err().contains("such as 90s"), "{text}");
        }
    }

    #[test]
    fn a_moment_is_a_span_or_an_instant() {
        let now: Timestamp = "2026-01-15T12:00:00Z".parse().unwrap();
        assert_eq!(until("45m", now), Ok(Duration::from_secs(2_700)));
        assert_eq!(until("2026-01-15T12:00:10Z", now), Ok(Duration::from_secs(10)));
        assert_eq!(until("2026-01-15T11:00:00Z", now), Ok(Duration::ZERO));
        assert!(until("tomorrow", now).unwrap_err().contains("or an instant"));
    }
}
