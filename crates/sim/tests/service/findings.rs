//! Threat findings: the period, the filters, pages by offset, the bearer token.

use crate::context::{Context, config, start};
use serde_json::Value;
use std::collections::BTreeSet;

const PATH: &str = "/cdr-api/rest/v1/findings/";
const PERIOD: &str = "startAt=2025-12-01T00:00:00Z&endAt=2026-01-15T12:00:00Z";

async fn ask(c: &Context, query: &str) -> (u16, Value) {
    let url = format!("{}{PATH}?{query}", c.sim.urls().gateway);
    let answer = c.http.get(url).bearer_auth(c.token().await).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn found(c: &Context, query: &str) -> Value {
    let (status, body) = ask(c, &format!("{PERIOD}{query}")).await;
    assert_eq!(status, 200, "{query}: {body}");
    body
}

async fn total(c: &Context, query: &str) -> u64 {
    found(c, query).await["totalElements"].as_u64().unwrap()
}

#[tokio::test]
async fn pages_by_limit_and_offset_give_each_finding_once() {
    let c = start(config()).await;
    let all = found(&c, "").await;
    let count = all["totalElements"].as_u64().unwrap();
    assert_eq!((count, all["content"].as_array().unwrap().len()), (60, 60));
    let mut ids = BTreeSet::new();
    let mut offset = 0;
    while offset < count {
        let page = found(&c, &format!("&limit=7&offSet={offset}")).await;
        assert_eq!(page["totalElements"], count);
        ids.extend(
            page["content"].as_array().unwrap().iter().map(|f| f["uuid"].as_str().unwrap().to_owned()),
        );
        offset += 7;
    }
    assert_eq!(ids.len(), 60);
    // An offset need not be a multiple of the limit.
    let odd = found(&c, "&limit=10&offSet=3").await;
    assert_eq!(odd["content"][0], all["content"][3]);
    assert_eq!(found(&c, "&offSet=60").await["content"].as_array().unwrap().len(), 0);
    assert_eq!(all["content"][0]["remote.country"].as_str().map(str::is_empty), Some(false));
    let times: Vec<&str> =
        all["content"].as_array().unwrap().iter().map(|f| f["timestamp"].as_str().unwrap()).collect();
    assert!(times.windows(2).all(|pair| pair[0] >= pair[1]), "the latest first");
}

#[tokio::test]
async fn the_period_is_required_and_bounds_what_is_found() {
    let c = start(config()).await;
    for bad in [
        "startAt=2025-12-01T00:00:00Z",
        "endAt=2025-12-01T00:00:00Z",
        "startAt=2025-12-01&endAt=2026-01-01",
        "startAt=2026-01-02T00:00:00Z&endAt=2026-01-01T00:00:00Z",
    ] {
        assert_eq!(ask(&c, bad).await.0, 400, "{bad}");
    }
    let all = found(&c, "").await;
    let middle = all["content"][30]["timestamp"].as_str().unwrap();
    let (_, late) = ask(&c, &format!("startAt={middle}&endAt=2026-01-15T12:00:00.000Z")).await;
    assert_eq!(late["totalElements"], 31);
    let (_, none) = ask(&c, "startAt=2020-01-01T00:00:00Z&endAt=2020-01-02T00:00:00Z").await;
    assert_eq!(none["totalElements"], 0);
}

#[tokio::test]
async fn filters_narrow_and_the_sum_of_parts_is_the_whole() {
    let c = start(config()).await;
    let all = total(&c, "").await;
    let sum = async |name: &str, values: &[&str]| {
        let mut sum = 0;
        for value in values {
            sum += total(&c, &format!("&{name}={value}")).await;
        }
        sum
    };
    assert_eq!(sum("severity", &["1", "2", "3", "4", "5"]).await, all);
    assert_eq!(sum("cloudProvider", &["AWS", "azure", "GCP"]).await, all);
    assert_eq!(total(&c, "&severity=CRITICAL").await, total(&c, "&severity=5").await);
    let one = found(&c, "").await["content"][0].clone();
    for (name, field) in
        [("cloudAccount", "cloudAccount"), ("resourceType", "resourceType"), ("category", "category")]
    {
        let narrowed =
            found(&c, &format!("&{name}={}", one[field].as_str().unwrap().replace(' ', "%20"))).await;
        let rows = narrowed["content"].as_array().unwrap();
        assert!(!rows.is_empty() && rows.iter().all(|r| r[field] == one[field]), "{name}");
    }
    assert_eq!(ask(&c, &format!("{PERIOD}&severity=9")).await.0, 400);
    assert_eq!(ask(&c, &format!("{PERIOD}&query=a:(")).await.0, 400);
}

#[tokio::test]
async fn tokens_of_the_query_have_a_prefix() {
    let c = start(config()).await;
    let aws = total(&c, "&cloudProvider=AWS").await;
    assert_eq!(total(&c, "&query=tc.findings.cloudProvider:AWS").await, aws);
    assert!(aws > 0);
    assert_eq!(total(&c, "&query=cloudProvider:AWS").await, 0);
    assert_eq!(
        total(&c, "&query=tc.findings.severity%3E3").await,
        total(&c, "&severity=4").await + total(&c, "&severity=5").await
    );
}

#[tokio::test]
async fn only_a_bearer_token_opens_it_and_the_slash_belongs_to_the_path() {
    let c = start(config()).await;
    assert_eq!(c.status(&format!("{PATH}?{PERIOD}")).await, 401);
    let url = format!("{}/cdr-api/rest/v1/findings?{PERIOD}", c.sim.urls().gateway);
    assert_eq!(c.http.get(url).bearer_auth(c.token().await).send().await.unwrap().status(), 404);
}
