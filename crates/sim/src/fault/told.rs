//! What a refusal tells a client about the wait, in headers that are all optional.

use crate::quota::Standing;
use http::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use jiff::{SignedDuration, Timestamp};
use std::fmt;

/// The headers of a status or a refusal, written behind it with `+`: `refuse:429+retry-after=2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Told {
    /// `+limits`: limit, window, remaining and concurrency.
    pub limits: bool,
    /// `+other-limits`: the same with the concurrency headers as the gateway's page spells them.
    pub other_limits: bool,
    /// `+to-wait=N`: `X-RateLimit-ToWait-Sec`.
    pub to_wait: Option<u64>,
    /// `+retry-after=N`: `Retry-After` in seconds.
    pub retry_after: Option<u64>,
    /// `+retry-date=N`: `Retry-After` as the date N seconds from now.
    pub retry_date: Option<u64>,
}

impl Told {
    /// Reads the parts behind the first `+`.
    pub(super) fn read<'t>(parts: impl Iterator<Item = &'t str>) -> Option<Told> {
        let mut told = Told::default();
        for part in parts {
            let number = |text: &str| text.parse::<u64>().ok().filter(|n| *n < 1 << 31);
            match part.split_once('=') {
                None if part == "limits" => told.limits = true,
                None if part == "other-limits" => told.other_limits = true,
                Some(("to-wait", n)) => told.to_wait = Some(number(n)?),
                Some(("retry-after", n)) => told.retry_after = Some(number(n)?),
                Some(("retry-date", n)) => told.retry_date = Some(number(n)?),
                _ => return None,
            }
        }
        let one_wait = told.retry_after.is_none() || told.retry_date.is_none();
        one_wait.then_some(told)
    }

    pub(crate) fn write(&self, headers: &mut HeaderMap, standing: Standing, now: Timestamp) {
        if self.limits || self.other_limits {
            standing.write_spelled(headers, self.other_limits);
        }
        if let Some(wait) = self.to_wait {
            Standing::write_to_wait(headers, wait);
        }
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(wait));
        }
        if let Some(wait) = self.retry_date {
            let wait = SignedDuration::from_secs(i64::try_from(wait).unwrap_or(i64::MAX));
            let at = now.checked_add(wait).unwrap_or(Timestamp::MAX);
            headers.insert(RETRY_AFTER, http_date(at));
        }
    }
}

/// `Thu, 15 Jan 2026 12:00:00 GMT`
pub(crate) fn http_date(at: Timestamp) -> HeaderValue {
    let text = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.limits {
            f.write_str("+limits")?;
        }
        if self.other_limits {
            f.write_str("+other-limits")?;
        }
        for (name, value) in
            [("to-wait", self.to_wait), ("retry-after", self.retry_after), ("retry-date", self.retry_date)]
        {
            if let Some(value) = value {
                write!(f, "+{name}={value}")?;
            }
        }
        Ok(())
    }
}
