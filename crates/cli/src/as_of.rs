//! A state of the estate as people name it: a run, an instant, a date, `yesterday`, or a span that goes back.

use crate::duration;
use jiff::{SignedDuration, Timestamp};
use totalcloud_estate::read::AsOf;

/// Reads which state is meant.
///
/// # Errors
/// If it is none of the forms.
pub fn parse(text: &str, now: Timestamp) -> Result<AsOf, String> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("now") || text.eq_ignore_ascii_case("latest") {
        return Ok(AsOf::Latest);
    }
    if let Ok(run) = text.parse::<i64>() {
        return Ok(AsOf::Run(run));
    }
    let back = match text.to_ascii_lowercase().as_str() {
        "yesterday" => Some(SignedDuration::from_hours(24)),
        other => {
            let span = other.strip_suffix("ago").unwrap_or(other);
            duration::parse(span).ok().and_then(|span| SignedDuration::try_from(span).ok())
        }
    };
    if let Some(back) = back {
        return now.checked_sub(back).map(AsOf::Time).map_err(|_| wanted(text));
    }
    let instant = duration::first_second(text).unwrap_or_else(|| text.to_owned());
    let instant = instant.parse::<Timestamp>().or_else(|_| format!("{instant}Z").parse::<Timestamp>());
    instant.map(AsOf::Time).map_err(|_| wanted(text))
}

fn wanted(text: &str) -> String {
    format!(
        "'{text}' names no state of the estate: it wants the number of a run, an instant such as \
         2026-01-15T18:00:00Z, a date, yesterday, or a span to go back such as 7d"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_named_by_runs_instants_dates_and_spans() {
        let now: Timestamp = "2026-01-15T12:00:00Z".parse().unwrap();
        let time = |text: &str| AsOf::Time(text.parse().unwrap());
        for (text, meant) in [
            ("now", AsOf::Latest),
            ("17", AsOf::Run(17)),
            ("2026-01-10T08:00:00Z", time("2026-01-10T08:00:00Z")),
            ("2026-01-10T08:00:00+02:00", time("2026-01-10T06:00:00Z")),
            ("2026-01-10 08:00", time("2026-01-10T08:00:00Z")),
            ("2026-01-10", time("2026-01-10T00:00:00Z")),
            ("Yesterday", time("2026-01-14T12:00:00Z")),
            ("7d", time("2026-01-08T12:00:00Z")),
            ("2h ago", time("2026-01-15T10:00:00Z")),
        ] {
            assert_eq!(parse(text, now), Ok(meant), "{text}");
        }
        for text in ["", "soon", "1.5", "2026-13-01"] {
            assert!(parse(text, now).unwrap_err().contains("names no state"), "{text}");
        }
    }
}
