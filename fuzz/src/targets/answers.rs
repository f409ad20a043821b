//! Answers of the service: page envelopes, errors, headers and tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::value::RawValue;
use std::time::Duration;
use totalcloud::TokenInfo;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::fault::{self, RateHeaders, ServiceFault, Verdict};
use totalcloud_api::operation::Answer;
use totalcloud_api::page::{self, Page};
use totalcloud_api::provider::{Provider, Spellings};
use totalcloud_api::{Request, operation::Endpoint};

/// No row is made up or rewritten, the rows make the same page again, and a page that is cut is none.
pub(super) fn page(data: &[u8]) {
    let body = Bytes::copy_from_slice(data);
    for answer in [Answer::Page, Answer::Controls, Answer::CountData, Answer::Array, Answer::Object] {
        let page = match page::decode(answer, &body) {
            Ok(page) => page,
            Err(e) => {
                assert!(e.to_string().chars().count() < 1_000, "a body is not shown");
                continue;
            }
        };
        assert!(page.rows.len() <= body.len());
        for row in &page.rows {
            serde_json::from_slice::<&RawValue>(row).expect("a row is one JSON value");
            let line = page::one_line(row);
            assert!(!line.contains(&b'\n') && !line.contains(&b'\r'));
            if let Ok(value) = serde_json::from_slice::<Value>(row) {
                assert_eq!(serde_json::from_slice::<Value>(&line).ok(), Some(value));
            }
        }
        let from_body = |row: &Bytes| body.as_ptr_range().contains(&row.as_ptr());
        // A single object in place of the list is written anew; nothing else is.
        assert!(page.rows.len() == 1 || page.rows.iter().all(from_body), "rows are slices of the body");
        envelope_comes_back(&page);
        again(answer, &page);
    }
    cut(&body);
}

/// A `ServiceResponse` gives its rows as they stand in it, and never says how many there are in all.
pub(super) fn portal(data: &[u8]) {
    let body = Bytes::copy_from_slice(data);
    match page::decode(Answer::ServiceResponse, &body) {
        Ok(page) => {
            assert!(page.total.is_none() && page.more.is_none() && page.last.is_some());
            for row in &page.rows {
                serde_json::from_slice::<&RawValue>(row).expect("a row is one JSON value");
                assert!(body.as_ptr_range().contains(&row.as_ptr()), "rows are slices of the body");
            }
            envelope_comes_back(&page);
        }
        Err(e) => assert!(e.to_string().chars().count() < 1_500, "a body is not shown"),
    }
}

fn envelope_comes_back(page: &Page) {
    let text = serde_json::to_vec(page).expect("an envelope is JSON");
    let mut kept: Page = serde_json::from_slice(&text).expect("an envelope is read back");
    kept.rows.clone_from(&page.rows);
    assert_eq!(kept, *page);
}

/// The page written as the service would.
fn again(answer: Answer, page: &Page) {
    let list = match answer {
        Answer::Controls => "control",
        Answer::CountData => "data",
        _ => "content",
    };
    let total = if answer == Answer::CountData { "count" } else { "totalElements" };
    let mut body = format!("{{\"{list}\":[").into_bytes();
    body.extend(page.rows.join(&b","[..]));
    body.push(b']');
    let flags = [("last", page.last), ("empty", page.empty)];
    let fields = flags.into_iter().filter_map(|(name, v)| Some(format!(",\"{name}\":{}", v?)));
    let numbers = [
        (total, page.total),
        ("totalPages", page.total_pages),
        ("number", page.number),
        ("size", page.size),
        ("numberOfElements", page.count),
    ];
    let numbers = numbers.into_iter().filter_map(|(name, v)| Some(format!(",\"{name}\":{}", v?)));
    let warning = (page.more == Some(true)).then(|| ",\"warning\":{}".to_owned());
    for field in fields.chain(numbers).chain(warning) {
        body.extend_from_slice(field.as_bytes());
    }
    body.push(b'}');
    let mut read = page::decode(answer, &body.into()).expect("a page in the service's own form");
    assert_eq!(read.more, (answer == Answer::Controls).then_some(page.more == Some(true)));
    // A bare list has no word on it.
    read.more = page.more;
    assert_eq!(read, *page);
}

fn cut(body: &Bytes) {
    let end = body.len() - body.iter().rev().take_while(|b| b.is_ascii_whitespace()).count();
    if end < 2 || page::decode(Answer::Page, body).is_err() {
        return;
    }
    for at in [end - 1, end / 2, end / 3] {
        assert!(page::decode(Answer::Page, &body.slice(..at)).is_err(), "a page cut at {at} is no page");
    }
}

fn operations() -> impl Iterator<Item = Request> {
    use totalcloud_api::endpoints::{connectors::ListConnectors, resources::ListResources};
    let words = Spellings::default();
    [
        ListResources::new("EBS", Provider::Aws).page_no(0u32).page_size(50u32).request(&words),
        ListResources::new("EBS", Provider::Aws).page_no(200u32).page_size(50u32).request(&words),
        ListConnectors::new(Provider::Azure).page_no(9u32).page_size(50u32).request(&words),
    ]
    .into_iter()
    .map(|request| request.expect("the arguments fit"))
}

/// Errors are told on one short line; a status of failure never means success.
pub(super) fn fault(data: &[u8]) {
    let status = data.first().map_or(500, |b| 100 + u16::from(*b) * 2);
    let body = data.get(1..).unwrap_or_default();
    let none = RateHeaders::default();
    for status in [200, 400, 404, 409, 429, 500, 502, 503, status] {
        let said = ServiceFault::from_body(status, body);
        assert_eq!(said.status, status);
        for text in [&said.code, &said.message].into_iter().flatten() {
            assert!(
                !text.is_empty() && text.chars().count() <= 320 && !text.contains(char::is_control),
                "{text:?}"
            );
        }
        assert!(!said.to_string().contains(['\n', '\r', '\u{1b}']));
        for request in operations() {
            let verdict = fault::classify(&request, status, &none, body);
            assert_eq!(verdict == Verdict::Success, (200..300).contains(&status));
            assert!(status != 429 || verdict == Verdict::Throttled { wait: None });
        }
    }
    if let Some(inside) = fault::fault_inside(body) {
        for request in operations() {
            // An error is an error, whatever status it names.
            assert_ne!(fault::classify_inside(&request, &inside), Verdict::Success);
        }
    }
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        let _ = fault::fault_time(&value);
    }
    if let Some(why) = fault::not_json(body) {
        assert!(serde_json::from_slice::<Value>(body).is_err(), "{why}");
    }
    for id in OperationId::ALL {
        let _ = (id.operation().check)(body);
    }
}

/// Lines of `Name: value`.
fn header<'h>(text: &'h str, name: &str) -> Option<&'h str> {
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(n, _)| n.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Whatever stands in the headers, no wait and no window is longer than time can be reckoned with.
pub(super) fn headers(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    for now in [now, Timestamp::MIN, Timestamp::MAX] {
        let rate = RateHeaders::read(|name| header(&text, name), now);
        assert_eq!(rate.any(), rate != RateHeaders::default());
        let window = rate.window_secs.map(Duration::from_secs);
        for wait in [rate.wait(), rate.retry_after, window].into_iter().flatten() {
            assert!(wait <= fault::LONGEST_WAIT, "{wait:?}");
        }
        // No time at all is no word on how long to wait.
        assert!(rate.wait() >= rate.retry_after.filter(|wait| !wait.is_zero()));
        assert!(rate.wait().is_none_or(|wait| !wait.is_zero()));
        for request in operations() {
            for status in [409, 429, 503] {
                let verdict = fault::classify(&request, status, &rate, b"");
                if let Verdict::Throttled { wait } = verdict {
                    assert_eq!(wait, rate.wait());
                }
                assert!(status != 429 || verdict.is_retryable());
            }
            assert_eq!(fault::classify(&request, 200, &rate, b""), Verdict::Success);
        }
    }
}

/// Claims are read as they stand, and what a token says is never more than its claims.
pub(super) fn claims(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    let trimmed = text.trim();
    let parts = trimmed.split('.').filter(|part| !part.is_empty()).count();
    let raw = TokenInfo::of(&text.clone().into());
    assert_eq!(raw.is_jwt, parts == 3 && trimmed.split('.').count() == 3);
    if !raw.is_jwt && trimmed.split('.').count() != 3 {
        assert_eq!(raw, TokenInfo::default());
    }

    let wrapped = TokenInfo::of(&format!("eyJ9.{}.c2ln", URL_SAFE_NO_PAD.encode(data)).into());
    assert_eq!(wrapped.is_jwt, !data.is_empty());
    let claims: Value = serde_json::from_slice(data).unwrap_or_default();
    assert_eq!(wrapped.subject.as_deref(), claims["sub"].as_str());
    assert_eq!(wrapped.issuer.as_deref(), claims["iss"].as_str());
    for (time, name) in [(wrapped.expires, "exp"), (wrapped.issued, "iat")] {
        let number = claims[name].as_i64();
        if let Some(number) = number.filter(|n| (0..=100_000_000_000).contains(n)) {
            assert_eq!(time.map(|t| t.as_second()), Some(number));
        }
        assert!(time.is_none() || claims.get(name).is_some());
    }
}
