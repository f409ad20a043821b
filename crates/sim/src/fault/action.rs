//! What a fault does.

use super::told::Told;
use std::fmt;
use std::time::Duration;

/// What a fault does to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultAction {
    /// This status, with the body that belongs to it.
    Status(u16, Told),
    /// A refusal as the quota makes it.
    Refuse(RefuseAs, Told),
    /// A 409 that is a conflict and no refusal.
    Conflict,
    /// The connection is reset before an answer.
    Reset,
    /// The connection is reset in the middle of the body.
    ResetBody,
    /// The connection ends in the middle of the body.
    Cut,
    /// The body comes twice.
    Doubled,
    /// The body comes slowly: so many bytes a second.
    Drip(u32),
    /// No answer ever comes.
    Stall,
    /// Half of the body comes and then nothing.
    StallBody,
    /// The answer comes later.
    Delay(Duration),
    /// The ports are closed, for so long or for ever.
    Down(Option<Duration>),
    /// TLS handshakes are refused, for so long or for ever.
    NoTls(Option<Duration>),
    /// Status 200 with a body of zero length.
    Empty,
    /// Status 200 with an HTML page.
    Html,
    /// An error body with status 200.
    ErrorIn200,
    /// The body under another content type.
    ContentType(String),
    /// All tokens issued so far are worth nothing from now on.
    RevokeTokens,
    /// The service's clock for this call is off by so many seconds: Date, tokens, error bodies.
    Skew(i64),
    /// The page tells another total.
    Total(i64),
    /// A row of a later page moved before this one: the last row of the page before comes again, and this
    /// page's last one is missed.
    MovedUp,
    /// A row of an earlier page moved behind this one: this page's first row slipped to the page before and
    /// is missed, and the next page's first one is here already.
    MovedDown,
    /// The rows of the page before come again in place of this page's.
    RepeatPage,
    /// The page has no rows although there are some.
    NoRows,
    /// The first row of the page comes twice.
    DuplicateRow,
    /// Rows and envelope carry fields that nobody knows.
    NewFields,
    /// Numbers and booleans of rows come as text, lists of one as their member.
    ChangedTypes,
    /// Dates of rows come in other forms, or are none.
    OddDates,
}

/// The three refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefuseAs {
    /// 409 for too many calls in the window.
    Rate,
    /// 409 for too many calls at the same time.
    Concurrency,
    /// 429.
    TooMany,
}

const REFUSALS: [(&str, RefuseAs); 3] =
    [("409-rate", RefuseAs::Rate), ("409-concurrency", RefuseAs::Concurrency), ("429", RefuseAs::TooMany)];

const WORDS: &[(&str, FaultAction)] = &[
    ("conflict", FaultAction::Conflict),
    ("reset", FaultAction::Reset),
    ("reset-body", FaultAction::ResetBody),
    ("cut", FaultAction::Cut),
    ("doubled", FaultAction::Doubled),
    ("stall", FaultAction::Stall),
    ("stall-body", FaultAction::StallBody),
    ("down", FaultAction::Down(None)),
    ("no-tls", FaultAction::NoTls(None)),
    ("empty", FaultAction::Empty),
    ("html", FaultAction::Html),
    ("error-in-200", FaultAction::ErrorIn200),
    ("revoke-tokens", FaultAction::RevokeTokens),
    ("moved-up", FaultAction::MovedUp),
    ("moved-down", FaultAction::MovedDown),
    ("repeat-page", FaultAction::RepeatPage),
    ("no-rows", FaultAction::NoRows),
    ("duplicate-row", FaultAction::DuplicateRow),
    ("new-fields", FaultAction::NewFields),
    ("changed-types", FaultAction::ChangedTypes),
    ("odd-dates", FaultAction::OddDates),
];

impl FaultAction {
    /// Every action as it is written behind `do=`, with what it does.
    pub const HELP: &[(&str, &str)] = &[
        ("status:N", "this status with the body that belongs to it"),
        ("refuse:409-rate", "a refusal for too many calls in the window, without headers"),
        ("refuse:409-concurrency", "a refusal for too many calls at the same time, without headers"),
        ("refuse:429", "429 without headers"),
        ("…+limits", "behind status or refuse: with X-RateLimit-* and X-Concurrency-Limit-*"),
        ("…+other-limits", "the same with X-ConcurrencyLimit-*"),
        ("…+to-wait=N", "with X-RateLimit-ToWait-Sec"),
        ("…+retry-after=N", "with Retry-After in seconds"),
        ("…+retry-date=N", "with Retry-After as the date N seconds ahead"),
        ("conflict", "a 409 that is a real conflict"),
        ("reset", "the connection is reset before an answer"),
        ("reset-body", "the connection is reset in the middle of the body"),
        ("cut", "the connection ends in the middle of the body"),
        ("doubled", "the body comes twice"),
        ("drip:N", "the body comes at N bytes a second"),
        ("stall", "no answer ever comes"),
        ("stall-body", "half of the body comes and then nothing"),
        ("delay:MS", "the answer comes later"),
        ("down[:MS]", "the ports are closed and connections refused, for so long or for ever"),
        ("no-tls[:MS]", "TLS handshakes are refused, for so long or for ever"),
        ("empty", "status 200 with a body of zero length"),
        ("html", "status 200 with an HTML page"),
        ("error-in-200", "an error body with status 200"),
        ("content-type:TYPE", "the body under another content type"),
        ("revoke-tokens", "all tokens issued so far are refused from this call on"),
        ("skew:SECONDS", "the service's clock is off for this call: Date, iat and exp of tokens"),
        ("total:+N", "the page tells N rows more in all, or fewer with -N"),
        ("moved-up", "a later row moved before this page: one row is doubled, one missed"),
        ("moved-down", "an earlier row moved behind this page: one row is missed, one doubled"),
        ("repeat-page", "the rows of the page before come again"),
        ("no-rows", "the page is empty although there are rows"),
        ("duplicate-row", "the first row of the page comes twice"),
        ("new-fields", "rows and envelope carry fields that nobody knows"),
        ("changed-types", "numbers and booleans of rows come as text, lists of one as their member"),
        ("odd-dates", "dates of rows come in other forms, or are none"),
    ];

    pub(super) fn read(text: &str) -> Option<FaultAction> {
        if let Some((_, action)) = WORDS.iter().find(|(word, _)| *word == text) {
            return Some(action.clone());
        }
        let (name, value) = text.split_once(':')?;
        let ms = || value.parse().ok().map(Duration::from_millis);
        Some(match name {
            "status" => {
                let mut parts = value.split('+');
                let code = parts.next()?.parse().ok().filter(|c| (200..600).contains(c))?;
                FaultAction::Status(code, Told::read(parts)?)
            }
            "refuse" => {
                let mut parts = value.split('+');
                let kind = parts.next()?;
                let (_, kind) = REFUSALS.iter().find(|(word, _)| *word == kind)?;
                FaultAction::Refuse(*kind, Told::read(parts)?)
            }
            "delay" => FaultAction::Delay(ms()?),
            "down" => FaultAction::Down(Some(ms()?)),
            "no-tls" => FaultAction::NoTls(Some(ms()?)),
            "drip" => FaultAction::Drip(value.parse().ok().filter(|n| *n > 0)?),
            "skew" => FaultAction::Skew(value.parse().ok().filter(|n: &i64| n.abs() < 1 << 31)?),
            "total" => FaultAction::Total(value.parse().ok().filter(|n| *n != 0)?),
            "content-type" => {
                http::HeaderValue::from_str(value).ok().filter(|v| !v.is_empty())?;
                FaultAction::ContentType(value.to_owned())
            }
            _ => return None,
        })
    }
}

impl fmt::Display for FaultAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FaultAction::Status(code, told) => write!(f, "status:{code}{told}"),
            FaultAction::Refuse(kind, told) => {
                let word = REFUSALS.iter().find(|(_, k)| k == kind).map_or("", |(word, _)| word);
                write!(f, "refuse:{word}{told}")
            }
            FaultAction::Delay(by) => write!(f, "delay:{}", by.as_millis()),
            FaultAction::Down(Some(by)) => write!(f, "down:{}", by.as_millis()),
            FaultAction::NoTls(Some(by)) => write!(f, "no-tls:{}", by.as_millis()),
            FaultAction::Drip(bytes) => write!(f, "drip:{bytes}"),
            FaultAction::Skew(by) => write!(f, "skew:{by}"),
            FaultAction::Total(by) => write!(f, "total:{by:+}"),
            FaultAction::ContentType(kind) => write!(f, "content-type:{kind}"),
            // What is left is a word.
            word => f.write_str(WORDS.iter().find(|(_, a)| a == word).map_or("", |(text, _)| text)),
        }
    }
}
