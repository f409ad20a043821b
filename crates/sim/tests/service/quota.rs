use crate::context::{V1, config, header, number, start};
use std::time::Duration;
use totalcloud_sim::{Clock, Quota, QuotaScope, RateHeaders, Refuse, SimConfig};

fn limited(quota: &str) -> (Clock, SimConfig) {
    let clock = Clock::manual("2026-01-15T12:00:00Z".parse().unwrap());
    let config = SimConfig { quota: quota.parse().unwrap(), clock: clock.clone(), ..config() };
    (clock, config)
}

const LIST: &str = "/cloudview-api/rest/v1/controls/metadata/list?pageSize=50";

#[tokio::test]
async fn the_headers_count_down_and_the_refusal_says_how_long_to_wait() {
    let (clock, config) = limited("3/60/2");
    let cx = start(config).await;
    for left in [2, 1, 0] {
        let answer = cx.get(LIST).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(number(&answer, "X-RateLimit-Limit"), Some(3));
        assert_eq!(number(&answer, "X-RateLimit-Window-Sec"), Some(60));
        assert_eq!(number(&answer, "X-RateLimit-Remaining"), Some(left));
        assert_eq!(number(&answer, "X-Concurrency-Limit-Limit"), Some(2));
        assert_eq!(number(&answer, "X-Concurrency-Limit-Running"), Some(1));
        clock.advance(Duration::from_secs(10));
    }
    let answer = cx.get(LIST).send().await.unwrap();
    assert_eq!(answer.status(), 409);
    assert_eq!(number(&answer, "X-RateLimit-Remaining"), Some(0));
    assert_eq!(number(&answer, "X-RateLimit-ToWait-Sec"), Some(30));
    assert_eq!(header(&answer, "retry-after"), None);
    assert_eq!(cx.status(&format!("{V1}/aws/connectors")).await, 200, "another API has its own window");
    clock.advance(Duration::from_secs(30));
    assert_eq!(cx.status(LIST).await, 200);
    assert_eq!(cx.status(LIST).await, 409, "the window rolls call by call");
}

#[tokio::test]
async fn a_refusal_can_be_429_and_the_api_server_keeps_409() {
    let (_, config) = limited("1/60/2");
    let cx = start(SimConfig { refuse: Refuse::TooManyRequests, ..config }).await;
    assert_eq!(cx.status(LIST).await, 200);
    let answer = cx.get(LIST).send().await.unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(number(&answer, "retry-after"), Some(60));
    assert_eq!(cx.status("/msp/about.php").await, 200);
    let answer = cx.get("/msp/about.php").send().await.unwrap();
    assert_eq!(answer.status(), 409);
    assert!(answer.text().await.unwrap().contains("This API cannot be run again for another"));
}

#[tokio::test]
async fn the_whole_subscription_can_share_one_quota_but_sign_in_is_free() {
    let (_, config) = limited("1/60/2");
    let cx = start(SimConfig { quota_scope: QuotaScope::Subscription, ..config }).await;
    for _ in 0..3 {
        cx.token().await;
    }
    assert_eq!(cx.status(LIST).await, 200);
    assert_eq!(cx.status(&format!("{V1}/aws/connectors")).await, 409);
    cx.token().await;
}

#[tokio::test]
async fn refused_sign_in_costs_no_quota() {
    let (_, config) = limited("1/60/2");
    let cx = start(config).await;
    for _ in 0..3 {
        let url = format!("{}{LIST}", cx.sim.url());
        assert_eq!(cx.http.get(url).send().await.unwrap().status(), 401);
    }
    assert_eq!(cx.status(LIST).await, 200);
}

#[tokio::test]
async fn headers_can_be_left_out_or_kept_for_refusals() {
    for (headers, on_success, on_refusal) in [
        (RateHeaders::None, false, false),
        (RateHeaders::BlockedOnly, false, true),
        (RateHeaders::All, true, true),
    ] {
        let (_, config) = limited("1/60/2");
        let cx = start(SimConfig { headers, ..config }).await;
        let good = cx.get(LIST).send().await.unwrap();
        let refused = cx.get(LIST).send().await.unwrap();
        assert_eq!((good.status().as_u16(), refused.status().as_u16()), (200, 409));
        assert_eq!(number(&good, "x-ratelimit-limit").is_some(), on_success, "{headers:?}");
        assert_eq!(number(&refused, "x-ratelimit-towait-sec").is_some(), on_refusal, "{headers:?}");
    }
}

#[tokio::test]
async fn without_a_quota_the_headers_name_numbers_that_are_never_reached() {
    let cx = start(config()).await;
    for _ in 0..20 {
        let answer = cx.get(LIST).send().await.unwrap();
        assert!(number(&answer, "X-RateLimit-Remaining").unwrap() >= 10);
    }
}

#[tokio::test]
async fn one_call_too_many_at_the_same_time_is_refused_and_the_place_comes_back() {
    // Held by an answer that never ends.
    let faults = vec!["op=controls.list,nth=1,do=stall-body".parse().unwrap()];
    let cx = start(SimConfig { quota: Quota::calls(1, 3600, 1), faults, ..config() }).await;
    let held = cx.get(LIST).send().await.unwrap();
    assert_eq!(held.status(), 200);
    let refused = cx.get(LIST).send().await.unwrap();
    assert_eq!(refused.status(), 409);
    assert_eq!(number(&refused, "X-Concurrency-Limit-Running"), Some(1));
    let body = refused.text().await.unwrap();
    assert!(body.contains("CONCURRENCY"), "it wins over the exceeded rate: {body}");
    drop(held);
    // The server notices that the client is gone in its own time.
    loop {
        let body = cx.get(LIST).send().await.unwrap().text().await.unwrap();
        if body.contains("RATE_LIMIT") {
            break;
        }
        assert!(body.contains("CONCURRENCY"), "{body}");
        tokio::task::yield_now().await;
    }
}
