use crate::context::{V1, config, header, number, start};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use std::time::Duration;
use totalcloud_sim::{Clock, RateHeaders, SimConfig};

#[tokio::test]
async fn auth_answers_201_with_the_bare_token_as_text() {
    let cx = start(config()).await;
    let (username, password) = cx.sim.login();
    let url = format!("{}/auth", cx.sim.url());
    let form = [("username", username), ("password", password), ("token", "true"), ("permissions", "true")];
    let answer = cx.http.post(&url).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(header(&answer, "content-type"), Some("text/plain;charset=UTF-8"));
    assert_eq!(header(&answer, "x-ratelimit-limit"), None, "sign-in does not count");
    let token = answer.text().await.unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3);
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 4 * 3600);
    assert_eq!(token.trim(), token, "no newline");

    for form in
        [[("username", username), ("password", "wrong")], [("username", "who"), ("password", password)]]
    {
        let answer = cx.http.post(&url).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 401);
        assert_eq!(answer.text().await.unwrap(), "Bad credentials");
    }
}

#[tokio::test]
async fn oidc_answers_200_with_the_bare_token() {
    let cx = start(config()).await;
    let (id, secret) = cx.sim.client();
    let url = format!("{}/auth/oidc", cx.sim.url());
    let send = |secret: &str| cx.http.post(&url).header("clientId", id).header("clientSecret", secret).send();
    let answer = send(secret).await.unwrap();
    assert_eq!(answer.status(), 200);
    let token = answer.text().await.unwrap();
    let url = format!("{}{V1}/aws/connectors", cx.sim.url());
    assert_eq!(cx.http.get(url).bearer_auth(&token).send().await.unwrap().status(), 200);
    assert_eq!(send("wrong").await.unwrap().status(), 401);
}

#[tokio::test]
async fn the_login_check_is_xml_with_both_limits_whatever_is_set() {
    for headers in [RateHeaders::All, RateHeaders::None, RateHeaders::BlockedOnly] {
        let cx = start(SimConfig { headers, ..config() }).await;
        let answer = cx.get("/msp/about.php").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(number(&answer, "X-RateLimit-Limit").unwrap() > 0);
        assert!(number(&answer, "X-Concurrency-Limit-Limit").unwrap() > 0);
        assert!(answer.text().await.unwrap().starts_with("<?xml"));
        let token = cx.token().await;
        let url = format!("{}/msp/about.php", cx.sim.url());
        let answer = cx.http.get(url).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 401, "a token is not accepted here");
        assert!(answer.text().await.unwrap().contains("<SIMPLE_RETURN>"));
    }
}

#[tokio::test]
async fn missing_and_wrong_credentials_are_401_in_the_facades_shape() {
    let cx = start(config()).await;
    let url = format!("{}{V1}/aws/connectors", cx.sim.url());
    let (username, _) = cx.sim.login();
    let requests = [
        cx.http.get(&url),
        cx.http.get(&url).basic_auth(username, Some("wrong")),
        cx.http.get(&url).header("authorization", "Digest x"),
    ];
    for request in requests {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 401);
        let body: Value = answer.json().await.unwrap();
        assert!(body["errorCode"].is_string() && body["message"].is_string(), "{body}");
        assert!(body["timestamp"].as_i64().unwrap() > 1_000_000_000_000);
    }
}

#[tokio::test]
async fn a_malformed_bearer_is_500_and_an_expired_or_foreign_one_401() {
    let clock = Clock::manual("2026-01-15T12:00:00Z".parse().unwrap());
    let cx = start(SimConfig { clock: clock.clone(), ..config() }).await;
    let other = start(config()).await;
    let url = format!("{}{V1}/aws/connectors", cx.sim.url());
    let status = |token: String| {
        let request = cx.http.get(&url).bearer_auth(token);
        async move {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        }
    };
    let (code, body) = status("rubbish".into()).await;
    assert_eq!(code, 500);
    assert!(body.contains("JWT parsing failed"));
    assert_eq!(status(other.token().await).await.0, 401);
    let token = cx.token().await;
    assert_eq!(status(token.clone()).await.0, 200);
    clock.advance(Duration::from_secs(4 * 3600 - 1));
    assert_eq!(status(token.clone()).await.0, 200);
    clock.advance(Duration::from_secs(1));
    assert_eq!(status(token).await.0, 401);
}
