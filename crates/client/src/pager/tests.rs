//! Listings as they may come, over a transport in memory.

use super::*;
use crate::clock::RuntimeClock;
use crate::credentials::Credentials;
use crate::error::ErrorKind;
use crate::hosts::Hosts;
use crate::retry::RetryPolicy;
use crate::transport::{Fault, MemoryTransport, TransportError};
use jiff::Timestamp;
use std::sync::{Arc, Mutex};
use totalcloud_api::Provider;
use totalcloud_api::endpoints::portal::RunPortalConnector;
use totalcloud_api::endpoints::{controls::ListControls, policies::ListPoliciesV1, resources::ListResources};

mod bare;
mod styles;

type Log = Arc<Mutex<Vec<(u64, u64)>>>;
type Reply = Result<http::Response<Bytes>, TransportError>;

fn reply(status: u16, body: impl Into<Bytes>) -> Reply {
    Ok(http::Response::builder().status(status).body(body.into()).unwrap())
}

fn param(request: &http::Request<Bytes>, name: &str) -> Option<u64> {
    let query = request.uri().query()?;
    url::form_urlencoded::parse(query.as_bytes()).find(|(k, _)| k == name)?.1.parse().ok()
}

/// A client whose listings are answered by a function of the page number, the page size and how many times the
/// page was asked for before.
fn client(answer: impl Fn(u64, u64, usize) -> Reply + Send + Sync + 'static) -> (Client, Log) {
    let log: Log = Log::default();
    let seen = Arc::clone(&log);
    let transport = MemoryTransport::at_once(move |request| {
        let page = param(request, "pageNo").unwrap_or(0);
        let size = param(request, "pageSize").unwrap_or(0);
        let mut seen = seen.lock().unwrap();
        let before = seen.iter().filter(|(p, _)| *p == page).count();
        seen.push((page, size));
        answer(page, size, before)
    });
    let client = Client::builder(Hosts::single("https://sim.test").unwrap())
        .credentials(Credentials::basic("user", "password"))
        .transport(Arc::new(transport))
        .clock(Arc::new(RuntimeClock::starting_at(Timestamp::UNIX_EPOCH)))
        .retry(RetryPolicy::default().attempts(3))
        .concurrency(3)
        .random_seed(1)
        .build()
        .unwrap();
    (client, log)
}

/// The page of an honest service with `total` rows.
fn honest(total: u64, page: u64, size: u64) -> String {
    envelope(total, page, size, page * size..((page + 1) * size).min(total))
}

fn envelope(total: u64, page: u64, size: u64, rows: std::ops::Range<u64>) -> String {
    let content: Vec<String> = rows.map(|i| format!(r#"{{"uuid":{i}}}"#)).collect();
    format!(
        r#"{{"content":[{}],"last":{},"totalElements":{total},"size":{size},"number":{page},"empty":{}}}"#,
        content.join(","),
        (page + 1) * size >= total,
        content.is_empty(),
    )
}

fn inventory(client: &Client, options: PageOptions) -> PageStream {
    let request = client.request(&ListResources::new("EBS", Provider::Aws)).unwrap();
    client.pages(request, options).unwrap()
}

/// Reads to the end: the rows, the error at the end if there is one, and the report.
async fn drain(mut stream: PageStream) -> (Vec<u64>, Option<Error>, Completeness) {
    let (mut rows, mut error) = (Vec::new(), None);
    while let Some(page) = stream.next_page().await {
        match page {
            Ok(page) => {
                assert_eq!(page.first_row, rows.len() as u64);
                for row in page.rows {
                    let value: serde_json::Value = serde_json::from_slice(&row).unwrap();
                    rows.push(value["uuid"].as_u64().unwrap());
                }
            }
            Err(e) => {
                assert!(error.is_none(), "nothing comes after an error");
                error = Some(e);
            }
        }
    }
    assert!(stream.next_page().await.is_none());
    (rows, error, *stream.report())
}

fn pages(log: &Log) -> Vec<u64> {
    let mut all: Vec<u64> = log.lock().unwrap().iter().map(|(p, _)| *p).collect();
    all.sort_unstable();
    all
}

fn sized(rows: u32) -> PageOptions {
    PageOptions::default().page_size(rows)
}

#[tokio::test(start_paused = true)]
async fn all_rows_come_in_order_with_one_call_a_page() {
    let (client, log) = client(|page, size, _| reply(200, honest(25, page, size)));
    let (rows, error, report) = drain(inventory(&client, sized(10))).await;
    assert_eq!((rows, error.map(|e| e.to_string())), ((0..25).collect(), None));
    assert!(report.is_complete() && !report.part);
    assert_eq!((report.received, report.total, report.pages), (25, Some(25), 3));
    assert_eq!(pages(&log), [0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn an_empty_listing_is_one_call() {
    let (client, log) = client(|page, size, _| reply(200, honest(0, page, size)));
    let (rows, error, report) = drain(inventory(&client, PageOptions::default())).await;
    assert!(rows.is_empty() && error.is_none() && report.is_complete());
    assert_eq!(*log.lock().unwrap(), [(0, 100)]);
}

#[tokio::test(start_paused = true)]
async fn a_clamped_page_size_skips_nothing() {
    let (client, log) = client(|page, size, _| reply(200, honest(95, page, size.min(20))));
    let (rows, error, _) = drain(inventory(&client, sized(50))).await;
    assert_eq!((rows, error.map(|e| e.to_string())), ((0..95).collect(), None));
    let log = log.lock().unwrap();
    assert_eq!(log[0], (0, 50));
    assert!(log[1..].iter().all(|(_, size)| *size == 20) && log.len() == 5, "{log:?}");
}

#[tokio::test(start_paused = true)]
async fn a_limit_fetches_no_page_it_does_not_need() {
    let (client, log) = client(|page, size, _| reply(200, honest(1_000, page, size)));
    for (limit, size, wanted) in
        [(20, Some(10), vec![0, 1]), (21, Some(10), vec![0, 1, 2]), (7, None, vec![0])]
    {
        log.lock().unwrap().clear();
        let mut options = PageOptions::default().limit(limit);
        options.page_size = size;
        let (rows, error, report) = drain(inventory(&client, options)).await;
        assert_eq!((rows.len() as u64, error.map(|e| e.to_string())), (limit, None));
        assert!(report.is_complete() && report.part);
        assert_eq!(pages(&log), wanted);
    }
    assert_eq!(log.lock().unwrap()[0], (0, 7), "a small limit asks for a small page");
    log.lock().unwrap().clear();
    drain(inventory(&client, PageOptions::default().limit(0))).await;
    assert!(pages(&log).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_deliberate_part_is_no_shortfall() {
    let (client, log) = client(|page, size, _| reply(200, honest(95, page, size)));
    let options = sized(10).start_page(3).pages(Pages::Count(2));
    let mut stream = inventory(&client, options);
    assert_eq!(stream.next_page().await.unwrap().unwrap().number, 3);
    assert_eq!(stream.cursor(), 4);
    let (rows, error, report) =
        drain(inventory(&client, sized(10).start_page(3).pages(Pages::Count(2)))).await;
    assert_eq!((rows, error.map(|e| e.to_string())), ((30..50).collect(), None));
    assert_eq!((report.expected, report.part, report.is_complete()), (Some(20), true, true));
    assert!(pages(&log).iter().all(|p| (3..5).contains(p)));
    let (rows, error, report) = drain(inventory(&client, sized(10).start_page(99))).await;
    assert!(rows.is_empty() && error.is_none() && report.is_complete());
}

#[tokio::test(start_paused = true)]
async fn an_empty_middle_page_is_asked_for_again_and_ends_nothing() {
    let (client, log) = client(|page, size, before| match (page, before) {
        (1, 0) => reply(200, envelope(30, 1, size, 0..0)),
        _ => reply(200, honest(30, page, size)),
    });
    let (rows, error, _) = drain(inventory(&client, sized(10))).await;
    assert_eq!((rows, error.map(|e| e.to_string())), ((0..30).collect(), None));
    assert_eq!(pages(&log), [0, 1, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn rows_that_never_come_are_told() {
    for missing in [r#"{"content":[],"totalElements":0}"#, "", r#"{"content":[{"uuid":10}],"size":10}"#] {
        let (client, _) = client(move |page, size, _| match page {
            1 => reply(200, missing),
            _ => reply(200, honest(30, page, size)),
        });
        let (rows, error, report) = drain(inventory(&client, sized(10))).await;
        let error = error.unwrap();
        assert_eq!((error.kind(), error.exit_code()), (ErrorKind::Partial, 6), "{error}");
        assert!(rows.contains(&29), "the pages after it are read all the same");
        let lost = 30 - rows.len() as u64;
        let shortfall = Shortfall { missing: Some(lost), reason: ShortfallReason::Fewer };
        assert_eq!(report.shortfall, Some(shortfall));
        assert!(error.message().contains(&format!("{lost} are missing")), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_tolerated_shortfall_is_in_the_report_alone() {
    let (client, _) = client(|page, size, _| match page {
        1 => reply(200, envelope(30, 1, size, 0..0)),
        _ => reply(200, honest(30, page, size)),
    });
    let (rows, error, report) = drain(inventory(&client, sized(10).tolerate_shortfall(true))).await;
    assert_eq!((rows.len(), error.is_none(), report.is_complete()), (20, true, false));
}

#[tokio::test(start_paused = true)]
async fn a_repeated_page_is_noticed() {
    let (once, log) = client(|page, size, before| match (page, before) {
        (2, 0) => reply(200, honest(40, 1, size)),
        _ => reply(200, honest(40, page, size)),
    });
    let (rows, error, _) = drain(inventory(&once, sized(10))).await;
    assert_eq!((rows, error.map(|e| e.to_string())), ((0..40).collect(), None));
    assert_eq!(pages(&log), [0, 1, 2, 2, 3]);

    let (always, _) = client(|page, size, _| reply(200, honest(40, page.min(1), size)));
    let (rows, error, report) = drain(inventory(&always, sized(10))).await;
    assert_eq!(rows, (0..20).collect::<Vec<_>>(), "no row comes twice");
    assert_eq!(error.unwrap().kind(), ErrorKind::Partial);
    assert_eq!(report.shortfall.unwrap().reason, ShortfallReason::Repeated);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_repeats_for_ever_without_a_count_ends() {
    let body = r#"{"content":[{"uuid":1},{"uuid":2}],"last":false}"#;
    let (client, log) = client(move |_, _, _| reply(200, body));
    let (rows, error, report) = drain(inventory(&client, sized(2))).await;
    assert_eq!((rows, error.unwrap().kind()), (vec![1, 2], ErrorKind::Partial));
    assert_eq!(report.repeated_pages, 1);
    assert!(pages(&log).len() <= 3);
}

#[tokio::test(start_paused = true)]
async fn the_wall_is_not_run_into_and_what_lies_behind_it_is_told() {
    let (client, log) = client(|page, size, _| {
        assert!(page * size < 10_000);
        reply(200, honest(10_250, page, size))
    });
    let (rows, error, report) = drain(inventory(&client, PageOptions::default().one_query(true))).await;
    assert_eq!((rows.len(), pages(&log).len()), (10_000, 100));
    let error = error.unwrap();
    assert_eq!((error.kind(), error.exit_code()), (ErrorKind::PastWall, 6));
    assert!(error.to_string().contains("10000 of 10250 rows came, 250 are missing"), "{error}");
    assert_eq!(report.shortfall, Some(Shortfall { missing: Some(250), reason: ShortfallReason::Wall }));
    // Enough is enough.
    let (rows, error, _) = drain(inventory(&client, PageOptions::default().limit(10_000))).await;
    assert_eq!((rows.len(), error.map(|e| e.to_string())), (10_000, None));
}

#[tokio::test(start_paused = true)]
async fn cut_bodies_resets_and_failures_cost_a_retry_and_no_row() {
    let (client, log) = client(|page, size, before| {
        let whole = honest(60, page, size);
        match (page, before) {
            (1, 0) => reply(200, whole[..whole.len() / 2].to_owned()),
            (2, 0) => Err(TransportError::new(Fault::Cut, "")),
            (3, 0) => reply(503, "busy"),
            (3, 1) => Err(TransportError::new(Fault::Stalled, "")),
            (4, 0) => reply(200, r#"{"errorCode":"INTERNAL_ERROR","message":"x"}"#),
            (5, 0) => reply(200, "<html><title>x</title></html>"),
            _ => reply(200, whole),
        }
    });
    let (rows, error, _) = drain(inventory(&client, sized(10))).await;
    assert_eq!((rows, error.map(|e| e.to_string())), ((0..60).collect(), None));
    assert_eq!(pages(&log), [0, 1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5]);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_fails_for_good_ends_with_an_error_after_the_rows_before_it() {
    let (client, _) = client(|page, size, _| match page {
        2 => reply(200, r#"{"content":[{"uuid":1"#),
        _ => reply(200, honest(60, page, size)),
    });
    let (rows, error, report) = drain(inventory(&client, sized(10))).await;
    let error = error.unwrap();
    assert_eq!((rows.len(), error.kind(), error.attempts()), (20, ErrorKind::Decode, 3), "{error}");
    assert_eq!(report.shortfall, Some(Shortfall { missing: Some(40), reason: ShortfallReason::Failed }));
}

#[tokio::test(start_paused = true)]
async fn a_refused_page_within_the_promised_rows_is_an_error_and_past_them_the_end() {
    for status in [400, 404] {
        let (with_total, _) = client(move |page, size, _| match page {
            2 => reply(status, "{}"),
            _ => reply(200, honest(60, page, size)),
        });
        let (_, error, _) = drain(inventory(&with_total, sized(10))).await;
        assert_eq!(error.unwrap().status(), Some(status));

        let (without, _) = client(move |page, _, _| match page {
            0 => reply(200, r#"{"content":[{"uuid":0},{"uuid":1}]}"#),
            _ => reply(status, "{}"),
        });
        let (rows, error, report) = drain(inventory(&without, sized(2))).await;
        assert_eq!((rows.len(), error.map(|e| e.to_string())), (2, None));
        assert!(report.is_complete());
    }
}

#[tokio::test(start_paused = true)]
async fn pages_without_last_empty_and_counts_are_read_to_the_short_one() {
    let (client, log) = client(|page, size, _| {
        let rows: Vec<String> =
            (page * size..((page + 1) * size).min(25)).map(|i| format!(r#"{{"uuid":{i}}}"#)).collect();
        reply(200, format!(r#"{{"content":[{}]}}"#, rows.join(",")))
    });
    let (rows, error, _) = drain(inventory(&client, sized(10))).await;
    assert_eq!((rows, error.map(|e| e.to_string())), ((0..25).collect(), None));
    assert_eq!(pages(&log), [0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_promises_more_and_sends_nothing_is_told() {
    let (client, log) = client(|page, _, _| {
        let rows = if page == 0 { r#"{"uuid":0}"# } else { "" };
        reply(200, format!(r#"{{"content":[{rows}],"last":false}}"#))
    });
    let (rows, error, report) = drain(inventory(&client, sized(1))).await;
    assert_eq!((rows.len(), error.unwrap().kind()), (1, ErrorKind::Partial));
    assert_eq!(report.shortfall.unwrap().reason, ShortfallReason::Unfinished);
    assert_eq!(pages(&log).len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_grows_is_read_to_its_new_end_and_the_change_is_noted() {
    let (client, _) = client(|page, size, _| reply(200, honest(if page == 0 { 20 } else { 25 }, page, size)));
    let (rows, error, report) = drain(inventory(&client, sized(10))).await;
    assert_eq!((rows, error.map(|e| e.to_string())), ((0..25).collect(), None));
    assert_eq!((report.total_was, report.total), (Some(20), Some(25)));
}

#[tokio::test(start_paused = true)]
async fn a_page_size_that_changes_midway_is_an_error() {
    let (client, _) = client(|page, size, _| reply(200, honest(60, page, if page < 3 { size } else { 5 })));
    let (_, error, _) = drain(inventory(&client, sized(10))).await;
    assert!(error.unwrap().message().contains("from 10 to 5"));
}

#[tokio::test(start_paused = true)]
async fn an_empty_answer_is_no_listing() {
    let (client, log) = client(|_, _, _| reply(200, ""));
    let (_, error, _) = drain(inventory(&client, sized(10))).await;
    assert_eq!(error.unwrap().kind(), ErrorKind::Decode);
    assert_eq!(pages(&log), [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn controls_go_on_while_there_is_a_warning_and_while_pages_look_full() {
    // The service gives 100 a page whatever is asked for, and says so nowhere.
    for (total, warn, calls) in [(250, true, 3), (250, false, 3), (200, true, 3), (30, true, 1), (0, true, 1)]
    {
        let (client, log) = client(move |page, size, _| {
            let size = size.min(100);
            let end = ((page + 1) * size).min(total);
            let rows: Vec<String> = (page * size..end).map(|i| format!(r#"{{"uuid":{i}}}"#)).collect();
            let warning = if warn && end < total { r#","warning":{"url":"x"}"# } else { "" };
            reply(200, format!(r#"{{"control":[{}]{warning}}}"#, rows.join(",")))
        });
        let request = client.request(&ListControls::new()).unwrap();
        let (rows, error, report) = drain(client.pages(request, PageOptions::default()).unwrap()).await;
        assert_eq!((rows, error.map(|e| e.to_string())), ((0..total).collect(), None), "{total}");
        assert!(report.is_complete());
        assert_eq!(pages(&log).len(), calls, "{total} {warn}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_without_pages_is_one_call_without_page_parameters() {
    let (client, log) = client(|_, size, _| {
        assert_eq!(size, 0);
        reply(200, r#"[{"uuid":1},{"uuid":2},{"uuid":3}]"#)
    });
    let request = client.request(&ListPoliciesV1::new(Provider::Aws)).unwrap();
    let (rows, error, _) = drain(client.pages(request.clone(), PageOptions::default()).unwrap()).await;
    assert_eq!((rows.len(), error.map(|e| e.to_string()), pages(&log).len()), (3, None, 1));
    let (rows, error, _) = drain(client.pages(request, PageOptions::default().limit(2)).unwrap()).await;
    assert_eq!((rows.len(), error.map(|e| e.to_string())), (2, None));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_stream_stops_fetching() {
    let (client, log) = client(|page, size, _| reply(200, honest(9_000, page, size)));
    let mut stream = inventory(&client, sized(10));
    stream.next_page().await.unwrap().unwrap();
    drop(stream);
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    assert_eq!(pages(&log).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn typed_rows_survive_what_does_not_fit_and_strict_mode_refuses_it() {
    use futures_util::StreamExt as _;
    let body = r#"{"control":[{"cid":"7"},5,{"cid":[1],"new":true}]}"#;
    let (client, _) = client(move |_, _, _| reply(200, body));
    let mut rows = client.rows(&ListControls::new(), PageOptions::default()).unwrap();
    let first = rows.next().await.unwrap().unwrap();
    assert_eq!((first.index, first.value.cid, first.misfits.len()), (0, Some(7), 0));
    let third = rows.next().await.unwrap().unwrap();
    assert_eq!((third.index, third.misfits[0].path.as_str()), (2, "$.cid"));
    assert!(rows.next().await.is_none());
    assert_eq!((rows.unreadable(), rows.problems()[0].index), (1, 1));

    let mut rows = client.rows(&ListControls::new(), PageOptions::default().strict(true)).unwrap();
    rows.next().await.unwrap().unwrap();
    let refused = rows.next().await.unwrap().unwrap_err();
    assert!(refused.to_string().contains("row 1, $:"), "{refused}");
}

#[tokio::test]
async fn what_has_no_rows_or_no_sense_is_refused_before_any_call() {
    let (client, log) = client(|_, _, _| reply(200, ""));
    let xml = client.request(&totalcloud_api::endpoints::auth::LoginCheck::new()).unwrap();
    assert_eq!(client.pages(xml, PageOptions::default()).unwrap_err().kind(), ErrorKind::Usage);
    let write = client.request(&RunPortalConnector::new(Provider::Aws, 1i64)).unwrap();
    assert_eq!(client.pages(write, PageOptions::default()).unwrap_err().kind(), ErrorKind::Usage);
    let list = client.request(&ListControls::new()).unwrap();
    for options in [sized(0), PageOptions::default().pages(Pages::Count(0))] {
        assert_eq!(client.pages(list.clone(), options).unwrap_err().kind(), ErrorKind::Usage);
    }
    assert!(pages(&log).is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_page_size_that_the_endpoint_takes_is_found_out_once() {
    let (client, log) = client(|page, size, _| {
        if size > 50 {
            return reply(400, r#"{"errorCode":"BAD","message":"Parameter pageSize has invalid value"}"#);
        }
        reply(200, honest(120, page, size))
    });
    for calls in [4, 3] {
        log.lock().unwrap().clear();
        let (rows, error, _) = drain(inventory(&client, PageOptions::default())).await;
        assert_eq!((rows.len(), error.map(|e| e.to_string())), (120, None));
        assert_eq!(log.lock().unwrap().len(), calls);
    }
    // A size that the caller gives is not changed behind their back.
    let (_, error, _) = drain(inventory(&client, sized(80))).await;
    assert_eq!(error.unwrap().kind(), ErrorKind::Refused);
}

#[tokio::test(start_paused = true)]
async fn a_larger_page_that_came_full_is_the_default_from_then_on() {
    let (client, log) = client(|page, size, _| reply(200, honest(600, page, size.min(250))));
    drain(inventory(&client, sized(250))).await;
    log.lock().unwrap().clear();
    let (rows, ..) = drain(inventory(&client, PageOptions::default())).await;
    assert_eq!((rows.len(), log.lock().unwrap().len()), (600, 3));
}

/// Keeps pages in memory.
#[derive(Default)]
struct Kept(Mutex<std::collections::HashMap<String, totalcloud_api::page::Page>>);

impl PageStore for Kept {
    fn get(&self, question: &str) -> Option<totalcloud_api::page::Page> {
        self.0.lock().unwrap().get(question).cloned()
    }

    fn put(&self, question: &str, page: &totalcloud_api::page::Page) -> std::io::Result<()> {
        self.0.lock().unwrap().insert(question.to_owned(), page.clone());
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn pages_that_are_kept_are_not_asked_for_again() {
    let broken = Arc::new(Mutex::new(true));
    let down = Arc::clone(&broken);
    let (client, log) = client(move |page, size, _| {
        if page >= 3 && *down.lock().unwrap() {
            reply(503, "busy")
        } else {
            reply(200, honest(60, page, size))
        }
    });
    let store = Arc::new(Kept::default());
    let options = || sized(10).concurrency(1).store(Arc::clone(&store) as Arc<dyn PageStore>);
    let (rows, error, _) = drain(inventory(&client, options())).await;
    assert_eq!((rows.len(), error.unwrap().kind()), (30, ErrorKind::Unavailable));
    log.lock().unwrap().clear();
    *broken.lock().unwrap() = false;
    let (rows, error, report) = drain(inventory(&client, options())).await;
    assert_eq!((rows, error.map(|e| e.to_string())), ((0..60).collect(), None));
    assert!(report.is_complete());
    assert_eq!(pages(&log), [3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn a_count_that_falls_has_the_listing_read_again() {
    // A row before the second page goes while it is on its way: the row at the edge slips to the first page.
    let (client, log) = client(|page, size, before| {
        if page == 1 && before == 0 {
            return reply(200, envelope(29, 1, size, 11..21));
        }
        let total = if page == 0 && before == 0 { 30 } else { 29 };
        let start = if page == 0 && before == 0 { 0 } else { page * size + 1 };
        reply(200, envelope(total, page, size, start..(start + size).min(30)))
    });
    let (rows, error, report) = drain(inventory(&client, sized(10))).await;
    assert_eq!(error.map(|e| e.to_string()), None);
    assert!(report.is_complete() && report.total_was == Some(30));
    let seen: std::collections::BTreeSet<u64> = rows.iter().copied().collect();
    assert_eq!((seen.len(), rows.len()), (30, 30), "each row once, and the one that slipped past came");
    assert!(pages(&log).len() >= 6);
}

#[tokio::test(start_paused = true)]
async fn a_count_that_falls_is_told_where_nothing_tells_rows_apart() {
    let (client, _) = client(|page, size, _| {
        let total = if page == 0 { 30 } else { 29 };
        let body = envelope(total, page, size, page * size..((page + 1) * size).min(29));
        reply(200, body)
    });
    let request =
        client.request(&totalcloud_api::endpoints::connectors::ListConnectors::new(Provider::Aws)).unwrap();
    let (_, error, report) = drain(client.pages(request, sized(10)).unwrap()).await;
    assert_eq!(error.unwrap().exit_code(), 6);
    assert_eq!(report.shortfall.unwrap().reason, ShortfallReason::Moved);
}

#[tokio::test]
async fn a_total_that_is_too_small_cuts_nothing_off() {
    // The count says 100, and the pages say that more follow: 120 rows, or the end in one of its forms.
    for (rows, end) in [(120, "page"), (100, "empty"), (100, "404")] {
        let (client, log) = client(move |page, size, _| {
            let range = (page * size).min(rows)..((page + 1) * size).min(rows);
            if range.is_empty() && end == "404" {
                return reply(404, "");
            }
            let last = range.end == rows && end == "page" || range.is_empty();
            let body = envelope(100, page, size, range);
            let body = body.replace(r#""last":true"#, r#""last":false"#);
            reply(200, if last { body.replace(r#""last":false"#, r#""last":true"#) } else { body })
        });
        let (came, error, report) = drain(inventory(&client, PageOptions::default().page_size(50))).await;
        assert_eq!((came.len() as u64, error.map(|e| e.to_string())), (rows, None), "{end}");
        assert!(report.is_complete(), "{end}: {report:?}");
        assert_eq!(log.lock().unwrap().iter().map(|(page, _)| *page).max(), Some(2), "{end}");
    }
}
