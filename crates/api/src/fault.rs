//! What an answer that is no success means: error bodies, rate limit headers, and one pure function that
//! says what became of a call.

use crate::operation::{Effect, Operation, Request};
use crate::time::Time;
use jiff::Timestamp;
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// What the service said in an error body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ServiceFault {
    /// HTTP status of the answer.
    pub status: u16,
    /// The service's code for the error, if it gave one.
    pub code: Option<String>,
    /// The service's message, cut to a readable length.
    pub message: Option<String>,
}

impl fmt::Display for ServiceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.code, &self.message) {
            (Some(code), Some(message)) => write!(f, "the service said '{message}' (code {code})"),
            (None, Some(message)) => write!(f, "the service said '{message}'"),
            (Some(code), None) => write!(f, "the service answered with code {code}"),
            (None, None) if self.status == 200 => {
                f.write_str("the service reported an error without a message")
            }
            (None, None) => write!(f, "the service answered {} without a message", self.status),
        }
    }
}

const LONGEST: usize = 300;

fn short(text: &str) -> Option<String> {
    let shown: String = text.chars().filter(|c| c.is_whitespace() || !c.is_control()).collect();
    let text = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return None;
    }
    let mut out: String = text.chars().take(LONGEST).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    Some(out)
}

impl ServiceFault {
    /// Reads an error body of any of the known shapes: the facade's, Spring's, XML, plain text or HTML.
    pub fn from_body(status: u16, body: &[u8]) -> ServiceFault {
        let mut fault = ServiceFault { status, ..ServiceFault::default() };
        let text = String::from_utf8_lossy(&body[..body.len().min(64 * 1024)]);
        if let Ok(Value::Object(map)) = serde_json::from_slice::<Value>(body) {
            let word = |key: &str| {
                map.get(key).and_then(|v| match v {
                    Value::String(s) => short(s),
                    Value::Number(n) => Some(n.to_string()),
                    _ => None,
                })
            };
            if map.contains_key("ServiceResponse") {
                return ServiceFault { status, ..crate::portal::fault(body) };
            }
            fault.code = word("errorCode").or_else(|| word("code"));
            fault.message = word("message").or_else(|| word("error_description")).or_else(|| word("error"));
            return fault;
        }
        let trimmed = text.trim();
        if trimmed.starts_with('<') {
            let inside = |name: &str| between(trimmed, &format!("<{name}>"), &format!("</{name}>"));
            fault.message = inside("TEXT").or_else(|| inside("errorMessage")).or_else(|| inside("title"));
            fault.code = inside("CODE").or_else(|| inside("responseCode"));
        } else if !trimmed.starts_with(['{', '[']) {
            fault.message = short(trimmed);
        }
        fault
    }
}

fn between(text: &str, open: &str, close: &str) -> Option<String> {
    let from = text.find(open)? + open.len();
    let to = text[from..].find(close)? + from;
    short(&text[from..to])
}

/// Why a body is not even meant to be JSON, by its first bytes.
pub fn not_json(body: &[u8]) -> Option<String> {
    let start = body.iter().position(|b| !b.is_ascii_whitespace())?;
    let head = &body[start..body.len().min(start + 200)];
    if head[0] != b'<' {
        return None;
    }
    let lower = head.to_ascii_lowercase();
    let html = lower.starts_with(b"<!doctype html") || lower.starts_with(b"<html");
    Some(format!("it is {}", if html { "an HTML page" } else { "an XML document" }))
}

/// The longest wait and the longest window that are believed. A header that says more must not make times that
/// cannot be reckoned with.
pub const LONGEST_WAIT: Duration = Duration::from_secs(10 * 366 * 86_400);

/// More calls than this are no limit.
const MOST_CALLS: u64 = u32::MAX as u64;

/// Rate limit headers, every one of them optional.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RateHeaders {
    /// Calls allowed a window.
    pub limit: Option<u64>,
    /// Length of the window in seconds.
    pub window_secs: Option<u64>,
    /// Calls left in the window.
    pub remaining: Option<u64>,
    /// Seconds until the next call is accepted.
    pub to_wait_secs: Option<u64>,
    /// Calls allowed at the same time.
    pub concurrency: Option<u64>,
    /// Calls running now, this one included.
    pub running: Option<u64>,
    /// `Retry-After`, as a wait from now.
    pub retry_after: Option<Duration>,
}

impl RateHeaders {
    /// Reads the headers through `get`, which must ignore the case of names. `now` is for a `Retry-After`
    /// given as a date.
    pub fn read<'h>(get: impl Fn(&str) -> Option<&'h str>, now: Timestamp) -> RateHeaders {
        let count = |name: &str| {
            let n = get(name)?.trim().parse::<f64>().ok().filter(|n| n.is_finite())?;
            Some(n.max(0.0).ceil() as u64)
        };
        let number = |name: &str| count(name).map(|n| n.min(MOST_CALLS));
        let seconds = |name: &str| count(name).map(|n| n.min(LONGEST_WAIT.as_secs()));
        let retry_after = get("retry-after").and_then(|v| {
            let v = v.trim();
            let wait = match v.parse::<f64>() {
                Ok(secs) if !secs.is_finite() => return None,
                Ok(secs) => Duration::try_from_secs_f64(secs.max(0.0)).unwrap_or(LONGEST_WAIT),
                Err(_) => {
                    let at = jiff::fmt::rfc2822::parse(v).ok()?.timestamp();
                    Duration::try_from(at.duration_since(now)).unwrap_or_default()
                }
            };
            Some(wait.min(LONGEST_WAIT))
        });
        RateHeaders {
            limit: number("x-ratelimit-limit"),
            window_secs: seconds("x-ratelimit-window-sec"),
            remaining: number("x-ratelimit-remaining"),
            to_wait_secs: seconds("x-ratelimit-towait-sec"),
            concurrency: number("x-concurrency-limit-limit").or_else(|| number("x-concurrencylimit-limit")),
            running: number("x-concurrency-limit-running").or_else(|| number("x-concurrencylimit-running")),
            retry_after,
        }
    }

    /// Whether any rate or concurrency header came.
    pub fn any(&self) -> bool {
        *self != RateHeaders::default()
    }

    /// The wait the service asks for, if it asks for one.
    pub fn wait(&self) -> Option<Duration> {
        let to_wait = self.to_wait_secs.map(Duration::from_secs);
        // No time at all, or a date that is over by our clock, says nothing on how long to wait.
        self.retry_after.max(to_wait).filter(|wait| !wait.is_zero())
    }

    /// Whether they say themselves that neither limit was reached.
    fn has_room(&self) -> bool {
        self.wait().is_none()
            && self.remaining.is_some_and(|left| left > 0)
            && self.running.zip(self.concurrency).is_some_and(|(running, most)| running < most)
    }
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It succeeded; the body may still hold an error.
    Success,
    /// The quota refused it. Sending it again after the wait helps.
    Throttled {
        /// The wait the service asked for.
        wait: Option<Duration>,
    },
    /// Something between here and there failed for now. Sending it again may help.
    Transient,
    /// The credentials were refused.
    Unauthenticated,
    /// The user may not do this.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// The path does not exist on this host, or a word in it is spelled in a way this host refuses.
    NoSuchPath,
    /// The request was refused as wrong.
    Refused,
    /// It contradicts the state of the service.
    Conflict,
    /// The query is past the rows that one query can reach.
    PastWall,
    /// None of the above.
    Unexpected,
}

impl Verdict {
    /// Whether sending the same request again can help.
    pub fn is_retryable(self) -> bool {
        matches!(self, Verdict::Throttled { .. } | Verdict::Transient)
    }
}

/// The offset a request asks for, where it has pages.
pub fn offset(request: &Request) -> u64 {
    let number = |name| request.query(name).and_then(|v| v.parse::<u64>().ok());
    let default = request.operation.paging.map_or(0, |p| u64::from(p.default_size));
    number("pageNo").unwrap_or(0).saturating_mul(number("pageSize").unwrap_or(default))
}

/// Says what became of a call from its status, headers and body.
pub fn classify(request: &Request, status: u16, rate: &RateHeaders, body: &[u8]) -> Verdict {
    let op: &Operation = request.operation;
    match status {
        200..=299 => Verdict::Success,
        // Registrations answer so where nothing had to be changed.
        304 if op.effect != Effect::Read => Verdict::Success,
        401 => Verdict::Unauthenticated,
        403 => Verdict::Forbidden,
        404 if names_no_path(body) => Verdict::NoSuchPath,
        404 | 410 => Verdict::NotFound,
        // A conflict with rate headers, or with the old API's rate text, is the quota; without them, or with
        // headers that leave room on both counts, it is one.
        409 if rate.any() && !rate.has_room() || contains(body, b"cannot be run again") => {
            Verdict::Throttled { wait: rate.wait() }
        }
        409 => Verdict::Conflict,
        429 => Verdict::Throttled { wait: rate.wait() },
        502 if op.paging.and_then(|p| p.wall).is_some_and(|wall| offset(request) >= wall)
            && contains(body, b"INTERNAL_SERVER_ERROR") =>
        {
            Verdict::PastWall
        }
        // A bearer that a service cannot parse answers 500 instead of 401.
        500 if contains(body, b"JWT parsing failed") => Verdict::Unauthenticated,
        408 | 425 | 500 | 502 | 503 | 504 => match rate.wait() {
            Some(wait) => Verdict::Throttled { wait: Some(wait) },
            None => Verdict::Transient,
        },
        400 | 405 | 406 | 411..=415 | 422 => Verdict::Refused,
        _ => Verdict::Unexpected,
    }
}

/// Reads an error that came with a status of success, if the body is one.
///
/// A body is an error if it is an object with `errorCode` or `error`; rows may carry such fields themselves,
/// so this is asked only of bodies that are not what they should be.
pub fn fault_inside(body: &[u8]) -> Option<ServiceFault> {
    let Ok(Value::Object(map)) = serde_json::from_slice::<Value>(body) else { return None };
    let named = |key: &str| map.get(key).is_some_and(|v| !v.is_null());
    if !named("errorCode") && !named("error") {
        return None;
    }
    let mut fault = ServiceFault::from_body(200, body);
    if let Some(status) = map.get("status").and_then(Value::as_u64).and_then(|s| u16::try_from(s).ok()) {
        fault.status = status;
    }
    Some(fault)
}

/// Reads a refusal that came in the wrapper of writes: `{"body": …, "statusCode": …, "statusCodeValue": 409}`.
pub fn wrapped_fault(body: &[u8]) -> Option<ServiceFault> {
    const KNOWN: [&str; 4] = ["body", "headers", "statusCode", "statusCodeValue"];
    let Ok(Value::Object(map)) = serde_json::from_slice::<Value>(body) else { return None };
    if !map.keys().all(|key| KNOWN.contains(&key.as_str())) {
        return None;
    }
    let value = map.get("statusCodeValue")?;
    let status = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    let status = u16::try_from(status).ok().filter(|status| *status >= 400)?;
    let inner = match map.get("body") {
        Some(Value::String(text)) => ServiceFault::from_body(status, text.as_bytes()),
        Some(Value::Object(inner)) => {
            ServiceFault::from_body(status, Value::Object(inner.clone()).to_string().as_bytes())
        }
        _ => ServiceFault { status, ..ServiceFault::default() },
    };
    let word = || short(map.get("statusCode")?.as_str()?);
    Some(ServiceFault { code: inner.code.clone().or_else(word), ..inner })
}

/// What an error that came with a status of success means, by the status or the code in its body.
pub fn classify_inside(request: &Request, fault: &ServiceFault) -> Verdict {
    if fault.status >= 400 {
        return classify(request, fault.status, &RateHeaders::default(), b"");
    }
    let code = fault.code.as_deref().unwrap_or_default().to_ascii_uppercase();
    if let Ok(status) = code.parse::<u16>()
        && (400..600).contains(&status)
    {
        return classify(request, status, &RateHeaders::default(), b"");
    }
    let table: &[(&[&str], Verdict)] = &[
        (&["TOO_MANY", "RATE_LIMIT", "THROTTL"], Verdict::Throttled { wait: None }),
        (&["UNAUTHORIZED", "UNAUTHENTICATED", "INVALID_TOKEN", "TOKEN_EXPIRED"], Verdict::Unauthenticated),
        (&["FORBIDDEN", "ACCESS_DENIED", "PERMISSION"], Verdict::Forbidden),
        (&["NOT_FOUND", "NO_SUCH"], Verdict::NotFound),
        (
            &["INTERNAL", "SERVER_ERROR", "UNAVAILABLE", "TIMEOUT", "TIMED_OUT", "BAD_GATEWAY", "TRY_AGAIN"],
            Verdict::Transient,
        ),
    ];
    table
        .iter()
        .find(|(words, _)| words.iter().any(|w| code.contains(w)))
        .map_or(Verdict::Refused, |(_, verdict)| *verdict)
}

fn contains(body: &[u8], word: &[u8]) -> bool {
    memchr::memmem::find(&body[..body.len().min(64 * 1024)], word).is_some()
}

/// Spring's text for a path without a handler, or a page that is not of the API at all.
fn names_no_path(body: &[u8]) -> bool {
    contains(body, b"No static resource") || not_json(body).is_some_and(|why| why.contains("HTML"))
}

/// The instant of an error body of the facade, which writes epoch milliseconds.
pub fn fault_time(body: &Value) -> Option<Time> {
    match body.get("timestamp")? {
        Value::Number(n) => Time::from_number(n.as_i64()?),
        Value::String(s) => Time::parse(s),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Provider;
    use crate::endpoints::neighbours::RegisterScannerRun;
    use crate::endpoints::{connectors::ListConnectors, resources::ListResources};
    use crate::operation::Endpoint;
    use crate::provider::Spellings;

    fn inventory(page: u32, size: u32) -> Request {
        ListResources::new("EBS", Provider::Aws)
            .page_no(page)
            .page_size(size)
            .request(&Spellings::default())
            .unwrap()
    }

    fn rate(pairs: &[(&str, &'static str)]) -> RateHeaders {
        let pairs: Vec<(String, &'static str)> = pairs.iter().map(|(k, v)| (k.to_lowercase(), *v)).collect();
        RateHeaders::read(
            |name| pairs.iter().find(|(k, _)| k == name).map(|(_, v)| *v),
            "2026-01-01T00:00:00Z".parse().unwrap(),
        )
    }

    #[test]
    fn each_answer_has_one_meaning() {
        let none = RateHeaders::default();
        let limited = rate(&[("X-RateLimit-Remaining", "0"), ("X-RateLimit-ToWait-Sec", "7")]);
        let seven = Some(Duration::from_secs(7));
        let spring = br#"{"status":404,"error":"Not Found","message":"No static resource rest/v1/x."}"#;
        let table: &[(u16, &RateHeaders, &[u8], Verdict)] = &[
            (200, &none, b"", Verdict::Success),
            (201, &none, b"", Verdict::Success),
            (204, &none, b"", Verdict::Success),
            (400, &none, b"", Verdict::Refused),
            (401, &none, b"", Verdict::Unauthenticated),
            (403, &none, b"", Verdict::Forbidden),
            (404, &none, b"{}", Verdict::NotFound),
            (404, &none, spring, Verdict::NoSuchPath),
            (404, &none, b"<html></html>", Verdict::NoSuchPath),
            (409, &none, b"", Verdict::Conflict),
            (409, &limited, b"", Verdict::Throttled { wait: seven }),
            (
                409,
                &none,
                b"<TEXT>This API cannot be run again for another 3 hours</TEXT>",
                Verdict::Throttled { wait: None },
            ),
            (429, &none, b"", Verdict::Throttled { wait: None }),
            (429, &limited, b"", Verdict::Throttled { wait: seven }),
            (422, &none, b"", Verdict::Refused),
            (500, &none, b"", Verdict::Transient),
            (500, &none, b"JWT parsing failed", Verdict::Unauthenticated),
            (502, &none, b"INTERNAL_SERVER_ERROR", Verdict::Transient),
            (503, &limited, b"", Verdict::Throttled { wait: seven }),
            (504, &none, b"", Verdict::Transient),
            (302, &none, b"", Verdict::Unexpected),
            (304, &none, b"", Verdict::Unexpected),
        ];
        for (status, rate, body, verdict) in table {
            assert_eq!(classify(&inventory(0, 50), *status, rate, body), *verdict, "{status}");
        }
    }

    #[test]
    fn a_write_that_changed_nothing_is_no_failure() {
        let body = serde_json::json!({"accountId": "1"});
        let request = RegisterScannerRun::new(body).request(&Spellings::default()).unwrap();
        assert_eq!(classify(&request, 304, &RateHeaders::default(), b""), Verdict::Success);
    }

    #[test]
    fn a_502_past_the_wall_is_the_wall_and_before_it_a_fault() {
        let none = RateHeaders::default();
        let body = br#"{"errorCode":"INTERNAL_SERVER_ERROR"}"#;
        assert_eq!(classify(&inventory(199, 50), 502, &none, body), Verdict::Transient);
        assert_eq!(classify(&inventory(200, 50), 502, &none, body), Verdict::PastWall);
        let connectors = ListConnectors::new(Provider::Aws)
            .page_no(900u32)
            .page_size(50u32)
            .request(&Spellings::default())
            .unwrap();
        assert_eq!(classify(&connectors, 502, &none, body), Verdict::Transient);
    }

    #[test]
    fn an_error_inside_success_is_classified_by_its_code() {
        let request = inventory(0, 50);
        for (body, verdict) in [
            (r#"{"errorCode":"INTERNAL_SERVER_ERROR","message":"x"}"#, Verdict::Transient),
            (r#"{"errorCode":"503","message":"x"}"#, Verdict::Transient),
            (r#"{"status":503,"error":"Service Unavailable"}"#, Verdict::Transient),
            (r#"{"errorCode":"ACCESS_DENIED"}"#, Verdict::Forbidden),
            (r#"{"status":404,"error":"Not Found"}"#, Verdict::NotFound),
            (r#"{"errorCode":"BAD_FILTER","message":"x"}"#, Verdict::Refused),
            (r#"{"errorCode":"TOO_MANY_REQUESTS"}"#, Verdict::Throttled { wait: None }),
        ] {
            let fault = fault_inside(body.as_bytes()).unwrap();
            assert_eq!(classify_inside(&request, &fault), verdict, "{body}");
        }
        for body in ["{}", "[]", r#"{"error":null}"#, r#"{"content":[]}"#, "", "<html>"] {
            assert_eq!(fault_inside(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn both_spellings_and_both_forms_of_retry_after_are_read() {
        assert_eq!(rate(&[("X-ConcurrencyLimit-Limit", "2")]).concurrency, Some(2));
        assert_eq!(rate(&[("x-concurrency-limit-limit", "5")]).concurrency, Some(5));
        assert_eq!(rate(&[("Retry-After", "12")]).wait(), Some(Duration::from_secs(12)));
        let date = rate(&[("Retry-After", "Thu, 01 Jan 2026 00:01:00 GMT")]);
        assert_eq!(date.wait(), Some(Duration::from_secs(60)));
        assert_eq!(rate(&[("Retry-After", "soon")]).wait(), None);
        // No time, or a date that is over by our clock, is no word on how long to wait.
        assert_eq!(rate(&[("Retry-After", "0")]).wait(), None);
        assert_eq!(rate(&[("Retry-After", "Wed, 31 Dec 2025 23:00:00 GMT")]).wait(), None);
        assert!(!rate(&[]).any());
    }

    #[test]
    fn a_conflict_whose_headers_leave_room_on_both_counts_is_one() {
        let request = inventory(0, 50);
        let of = |headers: &[(&str, &'static str)]| classify(&request, 409, &rate(headers), b"");
        let running = ("X-Concurrency-Limit-Running", "1");
        let most = ("X-Concurrency-Limit-Limit", "2");
        assert_eq!(of(&[("X-RateLimit-Remaining", "280"), running, most]), Verdict::Conflict);
        for full in [
            &[("X-RateLimit-Remaining", "0"), running, most][..],
            &[("X-RateLimit-Remaining", "280"), ("X-Concurrency-Limit-Running", "2"), most],
            &[("X-RateLimit-Remaining", "280"), running, most, ("X-RateLimit-ToWait-Sec", "5")],
            &[("X-RateLimit-Remaining", "280")],
        ] {
            assert!(matches!(of(full), Verdict::Throttled { .. }), "{full:?}");
        }
    }

    #[test]
    fn no_header_makes_a_time_that_cannot_be_reckoned_with() {
        for much in ["1e30", "18446744073709551615", "99999999999999999999"] {
            let r = rate(&[("X-RateLimit-ToWait-Sec", much), ("X-RateLimit-Window-Sec", much)]);
            assert_eq!(r.wait(), Some(LONGEST_WAIT), "{much}");
            assert_eq!(r.window_secs, Some(LONGEST_WAIT.as_secs()), "{much}");
            assert_eq!(rate(&[("Retry-After", much)]).wait(), Some(LONGEST_WAIT), "{much}");
            assert_eq!(rate(&[("X-RateLimit-Limit", much)]).limit, Some(MOST_CALLS), "{much}");
        }
        for nothing in ["NaN", "inf", "-inf", "infinity"] {
            assert!(!rate(&[("X-RateLimit-ToWait-Sec", nothing), ("X-RateLimit-Limit", nothing)]).any());
        }
        assert_eq!(rate(&[("Retry-After", "inf")]).wait(), None);
    }

    #[test]
    fn error_bodies_of_each_shape_give_code_and_message() {
        let read = |b: &str| ServiceFault::from_body(400, b.as_bytes()).to_string();
        assert_eq!(
            read(r#"{"errorCode":"BAD","message":"Parameter x has invalid value","timestamp":1}"#),
            "the service said 'Parameter x has invalid value' (code BAD)"
        );
        assert_eq!(read(r#"{"status":404,"error":"Not Found","message":"gone"}"#), "the service said 'gone'");
        assert_eq!(
            read("<SIMPLE_RETURN><RESPONSE><CODE>1965</CODE><TEXT>Wait.</TEXT></RESPONSE></SIMPLE_RETURN>"),
            "the service said 'Wait.' (code 1965)"
        );
        assert_eq!(
            read("<html><head><title>Bad Gateway</title></head></html>"),
            "the service said 'Bad Gateway'"
        );
        assert_eq!(read("Unauthorized\n"), "the service said 'Unauthorized'");
        assert_eq!(read(""), "the service answered 400 without a message");
        let unseen = r#"{"errorCode":"\u0001","message":"\u001b \u0007"}"#;
        assert_eq!(read(unseen), "the service answered 400 without a message");
    }
}
