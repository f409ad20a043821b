//! Pages that are asked for by offset, and by the id of the last row.

use super::*;
use serde_json::{Value, json};
use totalcloud_api::endpoints::findings::ListFindings;
use totalcloud_api::endpoints::portal::{Criterion, SearchTags};

fn findings() -> ListFindings {
    ListFindings::new("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
}

fn at(transport: MemoryTransport) -> Client {
    Client::builder(Hosts::single("https://sim.test").unwrap())
        .credentials(Credentials::basic("user", "password"))
        .transport(Arc::new(transport))
        .clock(Arc::new(RuntimeClock::starting_at(Timestamp::UNIX_EPOCH)))
        .retry(RetryPolicy::default().attempts(3))
        .random_seed(1)
        .build()
        .unwrap()
}

/// A gateway that gives a token and answers everything else by a function of offset and limit.
fn by_offset(answer: impl Fn(u64, u64) -> String + Send + Sync + 'static) -> (Client, Log) {
    let log: Log = Log::default();
    let seen = Arc::clone(&log);
    let client = at(MemoryTransport::at_once(move |request| {
        if request.uri().path() == "/auth" {
            return reply(201, "a.b.c");
        }
        assert_eq!(request.uri().path(), "/cdr-api/rest/v1/findings/");
        assert_eq!(param(request, "pageNo"), None);
        let (offset, limit) = (param(request, "offSet").unwrap(), param(request, "limit").unwrap());
        seen.lock().unwrap().push((offset, limit));
        reply(200, answer(offset, limit))
    }));
    (client, log)
}

#[tokio::test(start_paused = true)]
async fn offsets_go_on_by_the_rows_of_a_page() {
    let (client, log) = by_offset(|offset, limit| honest(230, offset / limit, limit));
    let stream = client.pages(client.request(&findings()).unwrap(), PageOptions::default()).unwrap();
    let (rows, error, report) = drain(stream).await;
    assert_eq!((rows, error.map(|e| e.to_string())), ((0..230).collect(), None));
    assert!(report.is_complete());
    let mut asked = log.lock().unwrap().clone();
    asked.sort_unstable();
    assert_eq!(asked, [(0, 100), (100, 100), (200, 100)]);
}

#[tokio::test(start_paused = true)]
async fn offsets_follow_the_size_that_the_service_really_uses() {
    let (client, log) = by_offset(|offset, limit| {
        let size = limit.min(40);
        envelope(95, offset / size, size, offset..(offset + size).min(95))
    });
    let stream = client.pages(client.request(&findings()).unwrap(), PageOptions::default()).unwrap();
    let (rows, error, _) = drain(stream).await;
    assert_eq!((rows, error.map(|e| e.to_string())), ((0..95).collect(), None));
    assert_eq!(log.lock().unwrap().iter().map(|(offset, _)| *offset).max(), Some(80));
}

#[tokio::test(start_paused = true)]
async fn an_offset_of_ones_own_is_refused_rather_than_lost() {
    let (client, _) = by_offset(|offset, limit| honest(230, offset / limit, limit));
    let request = client.request(&findings().off_set(100u32)).unwrap();
    let e = client.pages(request, PageOptions::default()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Usage);
}

type Bodies = Arc<Mutex<Vec<Value>>>;

/// An API server with tags 1 to `total`, which answers as `answer` makes of the honest page.
fn by_marker(total: u64, answer: impl Fn(usize, Value) -> Value + Send + Sync + 'static) -> (Client, Bodies) {
    let log = Bodies::default();
    let seen = Arc::clone(&log);
    let client = at(MemoryTransport::at_once(move |request| {
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        let asked = &body["ServiceRequest"];
        let limit = asked["preferences"]["limitResults"].as_u64().unwrap();
        let after = asked["filters"]["Criteria"].as_array().into_iter().flatten();
        let after =
            after.filter(|c| c["operator"] == "GREATER").filter_map(|c| c["value"].as_str()?.parse().ok());
        let after: u64 = after.max().unwrap_or(0);
        let ids: Vec<u64> = (after + 1..=total).take(limit as usize).collect();
        let page = json!({ "ServiceResponse": {
            "responseCode": "SUCCESS",
            "count": ids.len(),
            "hasMoreRecords": if ids.last().is_some_and(|last| *last < total) { "true" } else { "false" },
            "lastId": ids.last(),
            "data": ids.iter().map(|id| json!({"Tag": {"id": id, "uuid": id}})).collect::<Vec<_>>(),
        }});
        let mut seen = seen.lock().unwrap();
        seen.push(body);
        reply(200, answer(seen.len(), page).to_string())
    }));
    (client, log)
}

fn tags(client: &Client, search: &SearchTags, size: u32) -> PageStream {
    client.pages(client.request(search).unwrap(), sized(size)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn each_page_begins_after_the_last_id_and_keeps_the_conditions() {
    let (client, log) = by_marker(25, |_, page| page);
    let named = SearchTags::new().criteria(vec![Criterion::new("name", "CONTAINS", "prod")]);
    let (rows, error, report) = drain(tags(&client, &named, 10)).await;
    assert_eq!((rows, error.map(|e| e.to_string())), ((1..=25).collect(), None));
    assert_eq!((report.received, report.total), (25, None));
    let log = log.lock().unwrap();
    let criteria: Vec<&Value> = log.iter().map(|b| &b["ServiceRequest"]["filters"]["Criteria"]).collect();
    let name = json!({"field": "name", "operator": "CONTAINS", "value": "prod"});
    let after = |id: &str| json!({"field": "id", "operator": "GREATER", "value": id});
    assert_eq!(criteria, [&json!([name]), &json!([name, after("10")]), &json!([name, after("20")])]);
}

#[tokio::test(start_paused = true)]
async fn more_records_without_an_id_to_go_on_from_are_a_shortfall_and_no_endless_loop() {
    let (client, log) = by_marker(25, |_, mut page| {
        page["ServiceResponse"]["lastId"] = Value::Null;
        page
    });
    let (rows, error, _) = drain(tags(&client, &SearchTags::new(), 10)).await;
    assert_eq!(rows, (1..=10).collect::<Vec<_>>());
    assert_eq!(error.unwrap().kind(), ErrorKind::Partial);
    assert!(log.lock().unwrap().len() <= 3);
}

#[tokio::test(start_paused = true)]
async fn an_error_inside_a_success_is_an_error() {
    let (client, _) = by_marker(25, |_, _| {
        json!({ "ServiceResponse": { "responseCode": "INVALID_REQUEST",
            "responseErrorDetails": { "errorMessage": "no such field" } } })
    });
    let (rows, error, _) = drain(tags(&client, &SearchTags::new(), 10)).await;
    let error = error.unwrap();
    assert!(rows.is_empty() && error.message().contains("no such field"), "{error:?}");
    assert_eq!(error.kind(), ErrorKind::Refused);
}

#[tokio::test(start_paused = true)]
async fn a_page_of_ones_own_has_no_number_there() {
    let (client, _) = by_marker(5, |_, page| page);
    let request = client.request(&SearchTags::new()).unwrap();
    let e = client.pages(request, PageOptions::default().start_page(2)).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Usage);
}
