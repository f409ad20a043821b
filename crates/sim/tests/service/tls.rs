use crate::context::{V1, client, config, start};
use totalcloud_sim::{Sim, SimConfig, TlsFault};

fn secure() -> SimConfig {
    SimConfig { tls: true, ..config() }
}

#[tokio::test]
async fn a_client_that_trusts_the_ca_is_served_over_both_versions_of_http() {
    let cx = start(secure()).await;
    assert!(cx.sim.url().starts_with("https://127.0.0.1:"));
    let target = format!("{V1}/aws/connectors");
    let answer = cx.get(&target).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (200, reqwest::Version::HTTP_2));
    let http1 = client(cx.sim.ca_pem()).http1_only().build().unwrap();
    let (username, password) = cx.sim.login();
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("{}{target}", cx.sim.url().replace("127.0.0.1", host));
        let answer = http1.get(url).basic_auth(username, Some(password)).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.version()), (200, reqwest::Version::HTTP_11));
    }
    let other = start(secure()).await;
    let strange = client(other.sim.ca_pem()).build().unwrap();
    let error = strange.get(cx.sim.url()).send().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
}

#[tokio::test]
async fn the_ca_is_written_where_it_is_asked_for_or_to_a_file_that_vanishes() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("ca.pem");
    let sim = Sim::start(SimConfig { ca_out: Some(out.clone()), ..secure() }).await.unwrap();
    assert_eq!(sim.ca_path(), Some(out.as_path()));
    assert_eq!(std::fs::read_to_string(&out).unwrap(), sim.ca_pem().unwrap());
    sim.shutdown().await;
    assert!(out.exists(), "what was asked for stays");

    let sim = Sim::start(secure()).await.unwrap();
    let path = sim.ca_path().unwrap().to_owned();
    assert!(path.is_absolute() && path.exists());
    let ready: serde_json::Value = serde_json::from_str(&sim.ready_line()).unwrap();
    assert_eq!(ready["ca"], path.to_str().unwrap());
    sim.shutdown().await;
    assert!(!path.exists());
}

#[tokio::test]
async fn a_start_that_cannot_succeed_says_why() {
    let cx = start(config()).await;
    let addr = cx.sim.url().trim_start_matches("http://").parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca_out = folder.path().join("ca.pem");
    let taken = SimConfig { addr, ca_out: Some(ca_out.clone()), ..secure() };
    let error = Sim::start(taken).await.unwrap_err().to_string();
    assert!(error.contains("cannot listen on 127.0.0.1:"), "{error}");
    assert!(!ca_out.exists(), "it may be the one of the simulator that has the port");
    let ca_out = Some("/nowhere/at/all/ca.pem".into());
    let error = Sim::start(SimConfig { ca_out, ..secure() }).await.unwrap_err().to_string();
    assert!(error.contains("/nowhere/at/all/ca.pem"), "{error}");
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

#[tokio::test]
async fn certificates_and_handshakes_can_be_wrong_from_the_start() {
    for (fault, word) in [
        (TlsFault::WrongName, "not valid for name"),
        (TlsFault::Expired, "expired"),
        (TlsFault::Refuse, "HandshakeFailure"),
    ] {
        let cx = start(SimConfig { tls: true, tls_fault: fault, ..config() }).await;
        let error = cx.get(&format!("{V1}/aws/connectors")).send().await.unwrap_err();
        assert!(error.is_connect());
        assert!(causes(&error).contains(word), "{fault:?}: {}", causes(&error));
        assert_eq!(cx.sim.journal().count, 0);
    }
}

#[tokio::test]
async fn handshakes_are_refused_for_a_while() {
    let faults = vec!["op=connectors.list,nth=1,do=no-tls:200".parse().unwrap()];
    let cx = start(SimConfig { tls: true, faults, ..config() }).await;
    let list = format!("{V1}/aws/connectors");
    assert!(cx.get(&list).send().await.is_err());
    let mut refused = 0;
    while let Err(e) = cx.get(&list).send().await {
        refused += u32::from(causes(&e).contains("HandshakeFailure"));
    }
    assert!(refused > 0);
}
