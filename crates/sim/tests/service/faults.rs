use crate::context::{V1, config, number, start};
use totalcloud_sim::SimConfig;

async fn with(specs: &[&str]) -> crate::context::Context {
    let faults = specs.iter().map(|s| s.parse().unwrap()).collect();
    start(SimConfig { faults, ..config() }).await
}

const LIST: &str = "/cloudview-api/rest/v1/controls/metadata/list?pageSize=50";

#[tokio::test]
async fn a_status_hits_the_nth_call_of_its_operation_only() {
    let cx = with(&["op=controls.list,nth=2,do=status:503"]).await;
    assert_eq!(cx.status(&format!("{V1}/aws/connectors")).await, 200);
    assert_eq!(cx.status(LIST).await, 200);
    let answer = cx.get(LIST).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(number(&answer, "x-ratelimit-limit"), None, "it comes from something in front");
    assert!(answer.text().await.unwrap().contains("<html>"));
    assert_eq!(cx.status(LIST).await, 200);
}

#[tokio::test]
async fn a_reset_ends_the_connection_without_an_answer() {
    for tls in [false, true] {
        let faults = vec!["op=controls.list,nth=1,do=reset".parse().unwrap()];
        let cx = start(SimConfig { tls, faults, ..config() }).await;
        let http1 = crate::context::client(cx.sim.ca_pem()).http1_only().build().unwrap();
        let (username, password) = cx.sim.login();
        let request = http1.get(format!("{}{LIST}", cx.sim.url())).basic_auth(username, Some(password));
        let error = request.send().await.unwrap_err();
        assert!(!error.is_timeout() && !error.is_status(), "{error:?}");
        assert_eq!(cx.status(LIST).await, 200);
        let journal = cx.sim.journal();
        assert_eq!(journal.requests[0].status, 0);
    }
}

#[tokio::test]
async fn a_cut_body_is_shorter_than_it_promised() {
    for (tls, http2) in [(false, false), (true, false), (true, true)] {
        let faults = vec!["op=controls.list,nth=1,do=cut".parse().unwrap()];
        let cx = start(SimConfig { tls, faults, ..config() }).await;
        let mut builder = crate::context::client(cx.sim.ca_pem());
        if !http2 {
            builder = builder.http1_only();
        }
        let http = builder.build().unwrap();
        let (username, password) = cx.sim.login();
        let request = http.get(format!("{}{LIST}", cx.sim.url())).basic_auth(username, Some(password));
        let mut answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let promised = answer.content_length().unwrap();
        let mut got = 0;
        let end = loop {
            match answer.chunk().await {
                Ok(Some(part)) => got += part.len() as u64,
                Ok(None) => break None,
                Err(e) => break Some(e),
            }
        };
        assert!(end.is_some(), "tls={tls} http2={http2}");
        assert!(got > 0 && got < promised, "{got} of {promised}, tls={tls} http2={http2}");
    }
}

#[tokio::test]
async fn answers_can_be_empty_or_html_or_an_error_in_200() {
    let cx = with(&[
        "op=controls.list,nth=1,do=empty",
        "op=controls.list,nth=2,do=html",
        "op=controls.list,nth=3,do=error-in-200",
    ])
    .await;
    let mut bodies = Vec::new();
    for _ in 0..3 {
        let answer = cx.get(LIST).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        bodies.push(answer.text().await.unwrap());
    }
    assert_eq!(bodies[0], "");
    assert!(bodies[1].starts_with("<!DOCTYPE html>"));
    assert!(bodies[2].contains("errorCode"));
}

#[tokio::test]
async fn a_stalled_call_ends_with_the_simulator() {
    let cx = with(&["op=controls.list,do=stall"]).await;
    let waiting = tokio::spawn(cx.get(LIST).send());
    while cx.sim.journal().count == 0 {
        tokio::task::yield_now().await;
    }
    assert!(!waiting.is_finished());
    cx.sim.shutdown().await;
    assert!(waiting.await.unwrap().is_err());
}

/// What a client hears of a call: status, headers and text, or that it broke.
async fn hear(
    cx: &crate::context::Context,
    target: &str,
) -> Option<(u16, reqwest::header::HeaderMap, String)> {
    let answer = cx.get(target).send().await.ok()?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Some((status, headers, answer.text().await.ok()?))
}

#[tokio::test]
async fn refusals_come_with_the_headers_that_are_asked_for_and_no_others() {
    let cx = with(&[
        "op=controls.list,nth=1,do=refuse:409-rate",
        "op=controls.list,nth=2,do=refuse:409-rate+limits+to-wait=7",
        "op=controls.list,nth=3,do=refuse:409-concurrency+other-limits",
        "op=controls.list,nth=4,do=refuse:429+retry-after=3",
        "op=controls.list,nth=5,do=refuse:429+retry-date=30",
        "op=controls.list,nth=6,do=conflict",
        "op=controls.list,nth=7,do=status:503+retry-after=2",
    ])
    .await;
    let mut heard = Vec::new();
    for _ in 0..7 {
        let (status, headers, body) = hear(&cx, LIST).await.unwrap();
        let named = |name: &str| headers.get(name).map(|v| v.to_str().unwrap().to_owned());
        let rate: Vec<String> = headers
            .iter()
            .filter(|(name, _)| name.as_str().starts_with("x-") || *name == "retry-after")
            .map(|(name, value)| format!("{name}={}", value.to_str().unwrap()))
            .collect();
        heard.push((status, rate, body, named("date")));
    }
    assert_eq!((heard[0].0, &heard[0].1), (409, &vec![]));
    assert!(heard[0].2.contains("RATE_LIMIT_EXCEEDED"));
    assert_eq!(heard[1].0, 409);
    for wanted in ["x-ratelimit-limit=300", "x-ratelimit-remaining=0", "x-ratelimit-towait-sec=7"] {
        assert!(heard[1].1.iter().any(|h| h == wanted), "{wanted} in {:?}", heard[1].1);
    }
    assert!(heard[2].1.iter().any(|h| h == "x-concurrencylimit-running=2"), "{:?}", heard[2].1);
    assert!(heard[2].2.contains("CONCURRENCY"));
    assert_eq!((heard[3].0, &heard[3].1), (429, &vec!["retry-after=3".to_owned()]));
    let date = jiff::fmt::rfc2822::parse(heard[4].1[0].strip_prefix("retry-after=").unwrap()).unwrap();
    let sent = jiff::fmt::rfc2822::parse(heard[4].3.as_deref().unwrap()).unwrap();
    assert_eq!((&date - &sent).total(jiff::Unit::Second).unwrap(), 30.0);
    assert_eq!((heard[5].0, &heard[5].1), (409, &vec![]));
    assert!(heard[5].2.contains("\"CONFLICT\""));
    assert_eq!((heard[6].0, &heard[6].1), (503, &vec!["retry-after=2".to_owned()]));
    assert_eq!(cx.status(LIST).await, 200);
}

#[tokio::test]
async fn bursts_and_times_let_calls_through_again() {
    let cx = with(&["op=controls.list,burst=3/10,do=status:503,times=4"]).await;
    let mut bad = Vec::new();
    for nth in 0..20 {
        if cx.status(LIST).await == 503 {
            bad.push(nth);
        }
    }
    assert_eq!(bad.len(), 4);
    assert_eq!((bad[2] - bad[0], bad[3] / 10), (2, 1), "three on end, then one more: {bad:?}");
}

#[tokio::test]
async fn a_body_can_be_reset_doubled_or_of_another_type() {
    let cx = with(&[
        "op=controls.list,nth=1,do=reset-body",
        "op=controls.list,nth=2,do=doubled",
        "op=controls.list,nth=3,do=content-type:text/plain",
    ])
    .await;
    assert!(hear(&cx, LIST).await.is_none());
    let doubled = hear(&cx, LIST).await.unwrap().2;
    let (_, headers, other) = hear(&cx, LIST).await.unwrap();
    assert_eq!(headers["content-type"], "text/plain");
    let once = hear(&cx, LIST).await.unwrap().2;
    assert_eq!(doubled, format!("{once}{once}"));
    assert_eq!(other, once);
}

#[tokio::test]
async fn a_body_drips() {
    let cx = with(&["op=controls.list,nth=1,do=drip:200000"]).await;
    let mut answer = cx.get(LIST).send().await.unwrap();
    let mut parts = Vec::new();
    while let Some(part) = answer.chunk().await.unwrap() {
        parts.push(part.len());
    }
    let whole = hear(&cx, LIST).await.unwrap().2.len();
    assert_eq!(parts.iter().sum::<usize>(), whole, "it comes whole in the end");
    assert!(parts.len() > 1 && parts.iter().all(|p| *p <= 20_000), "{parts:?} of {whole}");
}

#[tokio::test]
async fn tokens_are_revoked_in_mid_run_and_new_ones_are_good() {
    let cx = with(&["op=controls.list,nth=2,do=revoke-tokens"]).await;
    let token = cx.token().await;
    let url = format!("{}{LIST}", cx.sim.urls().gateway);
    let call = |token: &str| cx.http.get(&url).header("accept", "application/json").bearer_auth(token).send();
    assert_eq!(call(&token).await.unwrap().status(), 200);
    assert_eq!(call(&token).await.unwrap().status(), 401);
    assert_eq!(call(&token).await.unwrap().status(), 401);
    assert_eq!(call(&cx.token().await).await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_token_endpoint_can_be_down_and_a_clock_off() {
    let cx = with(&["op=auth.gateway,nth=1,do=status:503", "op=auth.gateway,nth=2,do=skew:-18000"]).await;
    let (username, password) = cx.sim.login();
    let sign_in = || {
        let form = [("username", username), ("password", password), ("token", "true")];
        cx.http.post(format!("{}/auth", cx.sim.urls().gateway)).form(&form).send()
    };
    assert_eq!(sign_in().await.unwrap().status(), 503);
    let answer = sign_in().await.unwrap();
    let date = jiff::fmt::rfc2822::parse(answer.headers()["date"].to_str().unwrap()).unwrap().timestamp();
    let off = jiff::Timestamp::now().duration_since(date).as_secs();
    assert!((17_990..18_060).contains(&off), "{off}");
    // Made by a clock five hours behind, a token of four hours is over when it comes.
    let token = answer.text().await.unwrap();
    let url = format!("{}{LIST}", cx.sim.urls().gateway);
    assert_eq!(cx.http.get(&url).bearer_auth(&token).send().await.unwrap().status(), 401);
}

fn ids(page: &serde_json::Value) -> Vec<String> {
    page["content"].as_array().unwrap().iter().map(|r| r["uuid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_disagree_and_are_right_when_they_are_read_again() {
    let specs = [
        "op=resources.list,nth=1,do=total:-7",
        "op=resources.list,nth=3,do=moved-up",
        "op=resources.list,nth=4,do=moved-down",
        "op=resources.list,nth=5,do=repeat-page",
        "op=resources.list,nth=6,do=no-rows",
        "op=resources.list,nth=7,do=duplicate-row",
    ];
    let faults = specs.iter().map(|s| s.parse().unwrap()).collect();
    let config = SimConfig { faults, ..config() };
    let cx = start(config.rows("aws/EBS=70".parse().unwrap())).await;
    let page =
        async |number: u64| cx.json(&format!("{V1}/resource/EBS/AWS?pageSize=10&pageNo={number}")).await;
    let wrong_total = page(0).await;
    assert_eq!((&wrong_total["totalElements"], &wrong_total["totalPages"]), (&63.into(), &7.into()));
    let first = ids(&page(0).await);
    let (up, down, repeated, none, doubled) =
        (page(1).await, page(1).await, page(1).await, page(1).await, page(1).await);
    let second = page(1).await;
    let third = ids(&page(2).await);
    assert_eq!(second["totalElements"], 70);
    let second = ids(&second);
    assert_eq!(ids(&up)[0], first[9]);
    assert_eq!(ids(&up)[1..], second[..9]);
    assert_eq!(ids(&down)[..9], second[1..]);
    assert_eq!(ids(&down)[9], third[0]);
    assert_eq!((ids(&repeated), &repeated["number"]), (first, &1.into()));
    assert_eq!(
        (&none["content"], &none["totalElements"], &none["last"]),
        (&serde_json::json!([]), &70.into(), &false.into())
    );
    assert_eq!(ids(&doubled)[0], ids(&doubled)[1]);
    assert_eq!(ids(&doubled)[1..], second);
}

#[tokio::test]
async fn rows_come_in_forms_that_nobody_promised() {
    let cx = with(&[
        "op=resources.list,nth=1,do=new-fields",
        "op=resources.list,nth=2,do=changed-types,times=1",
        "op=resources.list,nth=2..3,do=odd-dates",
    ])
    .await;
    let list = format!("{V1}/resource/EC2_INSTANCE/AWS?pageSize=5");
    let (new, both, dates, right) =
        (cx.json(&list).await, cx.json(&list).await, cx.json(&list).await, cx.json(&list).await);
    assert!(new["content"][0]["addedLately"].is_object());
    assert_eq!(ids(&both), ids(&right));
    assert_ne!(dates["content"], right["content"]);
    let only_dates = |row: &serde_json::Value| {
        let right = right["content"][0].as_object().unwrap();
        row.as_object()
            .unwrap()
            .iter()
            .filter(|(k, v)| right[*k] != **v)
            .map(|(k, _)| k.clone())
            .collect::<Vec<_>>()
    };
    let changed = only_dates(&dates["content"][0]);
    assert!(changed.contains(&"lastUpdated".to_owned()), "{changed:?}");
    assert!(only_dates(&both["content"][0]).len() > changed.len(), "faults add up");
}

#[tokio::test]
async fn ports_close_for_a_while_and_connections_are_refused() {
    let cx = with(&["op=controls.list,nth=2,do=down:300"]).await;
    assert_eq!(cx.status(LIST).await, 200);
    let hit = cx.get(LIST).send().await.unwrap_err();
    assert!(!hit.is_status());
    let mut refused = 0;
    let end = loop {
        match cx.get(LIST).send().await {
            Ok(answer) => break answer.status(),
            Err(e) => refused += u32::from(e.is_connect()),
        }
    };
    assert_eq!(end, 200, "the same address answers again");
    assert!(refused > 0);
    assert_eq!(cx.sim.journal().count, 3);
}

#[tokio::test]
async fn ports_can_close_for_ever() {
    let cx = with(&["op=controls.list,do=down"]).await;
    assert!(cx.get(LIST).send().await.is_err());
    for _ in 0..3 {
        assert!(cx.get(&format!("{V1}/aws/connectors")).send().await.unwrap_err().is_connect());
    }
}
