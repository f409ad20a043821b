//! What is tried again, waited for and given up.

use super::*;

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_again_and_the_last_error_tells_how_often() {
    let s = stage(
        basic(),
        Script::new().then(503, &[], "").then_break(Fault::Broken).then(502, &[], "").then(200, &[], PAGE),
    );
    assert_eq!(s.client.call(&list()).await.unwrap().attempts, 4);
    let heard = s.heard();
    assert_eq!(heard.iter().filter(|h| h.starts_with("retry")).count(), 3, "{heard:?}");
    assert!(
        heard[1].starts_with("retry 1 unavailable https://") || heard[1].contains("the service failed"),
        "{heard:?}"
    );

    let mut script = Script::new();
    for _ in 0..5 {
        script = script.then(503, &[], "<html><title>Down</title></html>");
    }
    let s = stage(basic(), script);
    let e = s.client.call(&list()).await.unwrap_err();
    assert_eq!((e.kind(), e.attempts(), e.status()), (ErrorKind::Unavailable, 5, Some(503)));
    assert!(e.to_string().contains("'Down'") && e.to_string().ends_with("(tried 5 times)"), "{e}");
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_waits_the_same() {
    let run = || async {
        let s = stage(basic(), Script::new().then(503, &[], "").then(503, &[], "").then(200, &[], PAGE));
        s.client.call(&list()).await.unwrap();
        s.clock.ticks()
    };
    let (first, second) = (run().await, run().await);
    assert!(first > Duration::ZERO);
    assert_eq!(first, second);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_only_meets_failures_stops_trying_again() {
    let mut script = Script::new();
    for _ in 0..20 {
        script = script.then(503, &[], "");
    }
    let s = stage_with(basic(), script, RetryPolicy::default().budget(6));
    let mut tries = Vec::new();
    for _ in 0..4 {
        tries.push(s.client.call(&list()).await.unwrap_err().attempts());
    }
    assert_eq!(tries, [5, 3, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn no_call_is_tried_longer_than_the_policy_says() {
    let policy = RetryPolicy::default().attempts(1_000).budget(1_000).total(Duration::from_secs(60));
    let mut script = Script::new();
    for _ in 0..1_000 {
        script = script.then(503, &[], "");
    }
    let s = stage_with(basic(), script, policy);
    s.client.call(&list()).await.unwrap_err();
    assert!(s.elapsed() <= 60);
}

#[tokio::test(start_paused = true)]
async fn writes_are_sent_again_only_if_the_service_has_not_done_them() {
    let rerun = RerunAssessment::new(UUID);
    for (script, tries) in [
        (Script::new().then(503, &[], ""), 1),
        (Script::new().then(503, &[("Retry-After", "1")], ""), 1),
        (Script::new().then_break(Fault::Broken), 1),
        (Script::new().then_break(Fault::ReadTimeout), 1),
    ] {
        let s = stage(basic(), script);
        let e = s.client.call(&rerun).await.unwrap_err();
        assert_eq!((e.attempts(), s.script.left()), (tries, 0), "{e}");
    }
    for script in [
        Script::new().then_break(Fault::Connect),
        Script::new().then_break(Fault::Dns),
        Script::new().then(429, &[], ""),
    ] {
        let s = stage(basic(), script.then(200, &[], UUID));
        assert_eq!(s.client.text(&rerun).await.unwrap(), UUID);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_by_the_quota_waits_as_long_as_the_service_says() {
    for (status, header) in [(429, "Retry-After"), (409, "X-RateLimit-ToWait-Sec"), (503, "Retry-After")] {
        let s = stage(basic(), Script::new().then(status, &[(header, "40")], "").then(200, &[], PAGE));
        s.client.call(&list()).await.unwrap();
        assert!((40..42).contains(&s.elapsed()), "{status}: {}", s.elapsed());
        assert!(s.heard().iter().any(|h| h.starts_with("wait Quota 40")), "{:?}", s.heard());
    }
    // Without a word on how long, the wait is our own.
    let s = stage(basic(), Script::new().then(429, &[], "").then(200, &[], PAGE));
    s.client.call(&list()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_too_long_is_an_error_that_says_when_to_come_back_and_spares_further_calls() {
    let s = stage(basic(), Script::new().then(429, &[("X-RateLimit-ToWait-Sec", "3000")], ""));
    let e = s.client.call(&list()).await.unwrap_err();
    assert_eq!((e.kind(), e.exit_code()), (ErrorKind::RateLimited, 5));
    assert!(e.retry_after().unwrap() >= Duration::from_secs(3_000));
    assert!(e.to_string().contains("50 min"), "{e}");
    let e = s.client.call(&list()).await.unwrap_err();
    assert_eq!((e.kind(), s.sent().len()), (ErrorKind::RateLimited, 1));
    assert_eq!(s.elapsed(), 0);
}

fn call_in_background(s: &Stage) -> tokio::task::JoinHandle<Result<crate::Answer, Error>> {
    let client = s.client.clone();
    tokio::spawn(async move { client.call(&list()).await })
}

/// A stage of its own kind: the client is made by `edit`.
fn stage_by(
    transport: impl Transport,
    policy: RetryPolicy,
    edit: impl FnOnce(crate::ClientBuilder, Timestamp) -> crate::ClientBuilder,
) -> Stage {
    let clock = Arc::new(RuntimeClock::starting_at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap()));
    let ear = Arc::new(Ear::default());
    let builder = Client::builder(Hosts::single("https://base.test").unwrap())
        .credentials(basic())
        .transport(Arc::new(transport))
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .observer(Arc::clone(&ear) as Arc<dyn Observer>)
        .retry(policy)
        .random_seed(3);
    let client = edit(builder, clock.now()).build().unwrap();
    Stage { client, script: Script::new(), clock, ear }
}

fn whole(body: &'static str) -> http::Response<bytes::Bytes> {
    http::Response::new(bytes::Bytes::from_static(body.as_bytes()))
}

#[tokio::test(start_paused = true)]
async fn a_host_that_is_down_fails_fast_is_tried_now_and_then_and_comes_back() {
    let up = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let calls = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let (is_up, count) = (Arc::clone(&up), Arc::clone(&calls));
    let transport = MemoryTransport::at_once(move |_| {
        count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        match is_up.load(std::sync::atomic::Ordering::SeqCst) {
            true => Ok(whole(PAGE)),
            false => Err(crate::transport::TransportError::new(Fault::Connect, "")),
        }
    });
    let s = stage_by(transport, RetryPolicy::default(), |b, _| b.concurrency(2));
    for _ in 0..2 {
        let e = s.client.call(&list()).await.unwrap_err();
        assert_eq!((e.kind(), e.attempts()), (ErrorKind::Network, 5), "{e}");
    }
    let before = calls.load(std::sync::atomic::Ordering::SeqCst);
    let e = s.client.call(&list()).await.unwrap_err();
    assert_eq!((e.kind(), e.is_retryable()), (ErrorKind::Unavailable, true));
    assert!(e.to_string().contains("https://base.test is down: the last 10 calls"), "{e}");
    assert!(e.retry_after().unwrap() <= Duration::from_secs(15));
    assert_eq!(calls.load(std::sync::atomic::Ordering::SeqCst), before, "nothing was sent");
    assert!(s.heard().iter().any(|h| h == "circuit Open 15"), "{:?}", s.heard());

    tokio::time::sleep(Duration::from_secs(15)).await;
    s.client.call(&list()).await.unwrap_err();
    assert_eq!(calls.load(std::sync::atomic::Ordering::SeqCst), before + 1, "one call looked");
    up.store(true, std::sync::atomic::Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(30)).await;
    s.client.call(&list()).await.unwrap();
    s.client.call(&list()).await.unwrap();
    assert!(s.heard().iter().any(|h| h == "circuit Closed 0"), "{:?}", s.heard());
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_never_answers_is_given_up() {
    let transport = MemoryTransport::new(|_| std::future::pending());
    let limits = crate::Timeouts::default().total(Duration::from_secs(20));
    let s = stage_by(transport, RetryPolicy::default().attempts(2), |b, _| b.timeouts(limits));
    let e = s.client.call(&list()).await.unwrap_err();
    assert_eq!((e.kind(), e.attempts()), (ErrorKind::Timeout, 2), "{e}");
    assert!((40..42).contains(&s.elapsed()), "{}", s.elapsed());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_begun_or_waited_for_past_the_deadline() {
    let in_a_minute = |b: crate::ClientBuilder, now: Timestamp| b.deadline(now + Duration::from_secs(60));
    // A call that hangs is cut off.
    let s = stage_by(MemoryTransport::new(|_| std::future::pending()), RetryPolicy::default(), in_a_minute);
    let e = call_in_background(&s).await.unwrap().unwrap_err();
    assert_eq!((e.kind(), e.exit_code(), e.is_retryable()), (ErrorKind::Deadline, 5, true), "{e}");
    assert_eq!((s.elapsed(), s.client.time_left()), (60, Some(Duration::ZERO)));
    let e = s.client.call(&list()).await.unwrap_err();
    assert!(e.to_string().contains("nothing was sent"), "{e}");
    // A wait that would end later is not begun.
    let script = Script::new().then(429, &[("Retry-After", "90")], "");
    let s = stage_by(script.clone(), RetryPolicy::default(), in_a_minute);
    for _ in 0..2 {
        let e = s.client.call(&list()).await.unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Deadline, "{e}");
        assert_eq!(e.retry_after(), Some(Duration::from_secs(90)));
    }
    assert_eq!((s.elapsed(), script.seen().len()), (0, 1));
    // One that ends in time is.
    let script = Script::new().then(429, &[("Retry-After", "30")], "").then(200, &[], PAGE);
    let s = stage_by(script, RetryPolicy::default(), in_a_minute);
    s.client.call(&list()).await.unwrap();
    assert_eq!(s.elapsed(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_date_to_come_back_at_is_waited_for() {
    let date = "Thu, 01 Jan 2026 00:02:00 GMT";
    let s = stage(basic(), Script::new().then(429, &[("Retry-After", date)], "").then(200, &[], PAGE));
    s.client.call(&list()).await.unwrap();
    assert_eq!(s.elapsed(), 120);
}

#[tokio::test(start_paused = true)]
async fn a_real_conflict_is_not_tried_again() {
    let s = stage(basic(), Script::new().then(409, &[], r#"{"errorCode":"CONFLICT","message":"in use"}"#));
    let e = s.client.call(&list()).await.unwrap_err();
    assert_eq!((e.kind(), e.attempts(), s.elapsed()), (ErrorKind::Conflict, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn endless_refusals_end() {
    let mut script = Script::new();
    for _ in 0..50 {
        script = script.then(429, &[("Retry-After", "1")], "");
    }
    let s = stage(basic(), script);
    let e = s.client.call(&list()).await.unwrap_err();
    assert_eq!((e.kind(), e.attempts()), (ErrorKind::RateLimited, 10));
}

#[tokio::test(start_paused = true)]
async fn an_odd_answer_after_another_failure_is_asked_for_once_more() {
    let page = r#"{"content":[],"totalElements":0,"last":true}"#;
    let odd = "<html><title>Maintenance</title></html>";
    let s = stage(basic(), Script::new().then_break(Fault::Cut).then(200, &[], odd).then(200, &[], page));
    assert_eq!(s.client.call(&list()).await.unwrap().attempts, 3);
    let s = stage(basic(), Script::new().then_break(Fault::Cut).then(200, &[], odd).then(200, &[], odd));
    assert_eq!(s.client.call(&list()).await.unwrap_err().attempts(), 3);
}
