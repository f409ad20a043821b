use crate::context::{V1, config, start};
use serde_json::Value;
use totalcloud_sim::SimConfig;

#[tokio::test]
async fn with_strict_hosts_each_kind_serves_and_takes_only_its_own() {
    let cx = start(SimConfig { strict_hosts: true, ..config() }).await;
    let urls = cx.sim.urls().clone();
    assert!(urls.base != urls.gateway && urls.gateway != urls.api && urls.base != urls.api);
    let token = cx.token().await;
    let (username, password) = cx.sim.login();
    let list = format!("{V1}/aws/connectors");
    let policies = "/cloudview-api/rest/v2/policies".to_owned();
    let about = "/msp/about.php".to_owned();
    let portal = "/qps/rest/3.0/get/am/awsassetdataconnector/1".to_owned();
    let neighbour = "/connectors/v1.0/AWS/list".to_owned();
    // host, path, by bearer, status, a word of the body
    let table = [
        (&urls.base, &list, false, 200, "content"),
        (&urls.base, &list, true, 401, "errorCode"),
        (&urls.base, &policies, false, 404, "No static resource"),
        (&urls.base, &about, false, 404, "<html>"),
        (&urls.gateway, &list, true, 200, "content"),
        (&urls.gateway, &list, false, 401, "errorCode"),
        (&urls.gateway, &policies, true, 200, "content"),
        (&urls.gateway, &about, false, 404, "<html>"),
        (&urls.api, &list, false, 404, "<html>"),
        (&urls.api, &list, true, 404, "<html>"),
        (&urls.api, &about, false, 200, "ABOUT"),
        (&urls.api, &about, true, 401, "SIMPLE_RETURN"),
        (&urls.api, &portal, false, 404, "NOT_FOUND"),
        (&urls.api, &portal, true, 401, "SIMPLE_RETURN"),
        (&urls.base, &portal, false, 404, "<html>"),
        (&urls.gateway, &portal, true, 404, "<html>"),
        (&urls.gateway, &neighbour, true, 200, "content"),
        (&urls.gateway, &neighbour, false, 401, "errorCode"),
        (&urls.base, &neighbour, false, 404, "<html>"),
        (&urls.api, &neighbour, false, 404, "<html>"),
    ];
    for (host, path, bearer, status, word) in table {
        let request = cx.http.get(format!("{host}{path}"));
        let request =
            if bearer { request.bearer_auth(&token) } else { request.basic_auth(username, Some(password)) };
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{host}{path} bearer={bearer}");
        let body = answer.text().await.unwrap();
        assert!(body.contains(word), "{host}{path} bearer={bearer}: {body}");
    }
    let form = [("username", username), ("password", password)];
    for (host, status) in [(&urls.base, 404), (&urls.api, 404), (&urls.gateway, 201)] {
        let answer = cx.http.post(format!("{host}/auth")).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), status);
    }
    let hosts: Vec<String> = cx.sim.journal().requests.iter().map(|r| r.host.clone()).collect();
    assert!(["base", "gateway", "api"].iter().all(|kind| hosts.iter().any(|h| h == kind)));
}

#[tokio::test]
async fn one_address_takes_both_kinds_of_credentials_but_not_for_the_gateways_own_calls() {
    let cx = start(config()).await;
    let token = cx.token().await;
    let url = |path: &str| format!("{}{path}", cx.sim.url());
    assert_eq!(cx.status(&format!("{V1}/aws/connectors")).await, 200);
    assert_eq!(cx.status("/cloudview-api/rest/v2/policies").await, 401);
    for path in [format!("{V1}/aws/connectors"), "/cloudview-api/rest/v2/policies".to_owned()] {
        assert_eq!(cx.http.get(url(&path)).bearer_auth(&token).send().await.unwrap().status(), 200);
    }
    let urls = cx.sim.urls();
    assert!(urls.base == urls.gateway && urls.base == urls.api);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_answered_as_spring_does() {
    let cx = start(config()).await;
    let path = format!("{V1}/policy");
    let (status, body) = cx.answer(&path).await;
    assert_eq!(status, 404);
    assert_eq!(body["message"], "No static resource rest/v1/policy.");
    assert_eq!((&body["status"], &body["error"]), (&Value::from(404), &Value::from("Not Found")));
    assert_eq!(body["path"], path);
    assert!(body["timestamp"].is_string());
    for unknown in ["oci/connectors", "AWS/connectors", "ibm/connectors", "remediation/activities"] {
        assert_eq!(cx.status(&format!("{V1}/{unknown}")).await, 404, "{unknown}");
    }
    let answer = cx.post(&format!("{V1}/mandates"), &Value::Null).send().await.unwrap();
    assert_eq!(answer.status(), 405);
    assert_eq!(answer.headers()["allow"], "GET");
    assert_eq!(cx.status("/elsewhere").await, 404);
}
