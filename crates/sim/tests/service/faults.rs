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
