use crate::context::{V1, config, start};
use serde_json::{Value, json};
use totalcloud_sim::{Journal, SimConfig};

#[tokio::test]
async fn the_journal_tells_what_was_asked_and_nothing_secret() {
    let canaries = ["Canary-password", "Canary-client-secret"];
    let cx = start(SimConfig { password: canaries[0].into(), client_secret: canaries[1].into(), ..config() })
        .await;
    let token = cx.token().await;
    let (id, secret) = cx.sim.client();
    let oidc = format!("{}/auth/oidc", cx.sim.url());
    cx.http.post(oidc).header("clientId", id).header("clientSecret", secret).send().await.unwrap();
    let url = format!("{}{V1}/aws/connectors?pageSize=1&access_token=Canary-query", cx.sim.url());
    cx.http.get(url).bearer_auth(&token).send().await.unwrap();
    let body = json!({"reportName": "x", "clientSecret": "Canary-body"});
    cx.post(&format!("{V1}/report/assessment/create"), &body).send().await.unwrap();
    cx.get("/_sim/journal").send().await.unwrap();

    let text =
        cx.http.get(format!("{}/_sim/journal", cx.sim.url())).send().await.unwrap().text().await.unwrap();
    for secret in ["Canary", token.as_str(), token.split('.').next_back().unwrap(), "Basic ", "Bearer "] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let journal: Journal = serde_json::from_str(&text).unwrap();
    assert_eq!(journal, cx.sim.journal());
    assert_eq!(journal.count, 4);
    let seen: Vec<_> = journal
        .requests
        .iter()
        .map(|r| (r.operation.as_deref().unwrap(), r.auth.as_str(), r.status))
        .collect();
    assert_eq!(
        seen,
        [
            ("auth.gateway", "none", 201),
            ("auth.oidc", "none", 200),
            ("connectors.list", "bearer", 200),
            ("assessments.create-v1", "basic", 500),
        ]
    );
    assert_eq!(journal.requests[2].query, "pageSize=1&access_token=***");
    assert_eq!(journal.requests[3].body, Some(json!({"reportName": "x", "clientSecret": "***"})));
    assert_eq!(journal.calls("connectors.list"), 1);
}

#[tokio::test]
async fn totals_and_the_ready_line_agree_with_the_lists() {
    let cx = start(config().rows("aws/EBS=37".parse().unwrap())).await;
    let ready: Value = serde_json::from_str(&cx.sim.ready_line()).unwrap();
    let keys: Vec<&str> = ready.as_object().unwrap().keys().map(String::as_str).collect();
    let mut wanted =
        vec!["url", "urls", "username", "password", "client_id", "client_secret", "ca", "seed", "totals"];
    wanted.sort_unstable();
    let mut sorted = keys.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, wanted);
    assert!(!cx.sim.ready_line().contains('\n'));
    assert!(cx.sim.ready_line().starts_with("{\"url\":\"http://127.0.0.1:"));
    assert_eq!(ready["ca"], Value::Null);
    assert_eq!(ready["totals"]["aws/EBS"], 37);
    for (key, total) in ready["totals"].as_object().unwrap() {
        let (provider, name) = key.split_once('/').unwrap();
        let provider = if provider == "azure" { "Azure".to_owned() } else { provider.to_uppercase() };
        let page = cx.json(&format!("{V1}/resource/{name}/{provider}?pageSize=1")).await;
        assert_eq!(&page["totalElements"], total, "{key}");
    }
    let counts: Value =
        cx.http.get(format!("{}/_sim/totals", cx.sim.url())).send().await.unwrap().json().await.unwrap();
    assert_eq!(counts, cx.sim.true_counts());
    let connectors = counts["providers"]["aws"]["connectors"].as_u64().unwrap();
    for (name, list) in [("groups", "groups"), ("exceptions", "exceptions/list"), ("reports", "reports")] {
        assert_eq!(cx.json(&format!("{V1}/{list}")).await["totalElements"], counts[name], "{name}");
    }
    let made = json!({"name": "x", "arn": "arn:aws:iam::999988887777:role/R", "externalId": "123456789"});
    assert_eq!(cx.send("POST", &format!("{V1}/aws/connectors"), &made).await.0, 201);
    assert_eq!(cx.sim.true_counts()["providers"]["aws"]["connectors"], connectors + 1);
}

#[tokio::test]
async fn the_world_moves_on_when_told_and_otherwise_stands() {
    let cx = start(config()).await;
    let target = format!("{V1}/aws/connectors");
    let before = cx.json(&target).await;
    let advance = format!("{}/_sim/advance", cx.sim.url());
    for bad in [json!({"hours": -1}), json!({"change": 2}), json!([]), json!({"hours": "x"}), json!({"x": 1})]
    {
        let answer = cx.http.post(&advance).json(&bad).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{bad}");
    }
    assert_eq!(cx.json(&target).await, before);
    let answer = cx.http.post(&advance).json(&json!({"hours": 24, "change": 0.1})).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let moved: Value = answer.json().await.unwrap();
    assert!(moved["now"].as_str().unwrap().starts_with("2026-01-16T12:00:00"));
    let after = cx.json(&target).await;
    assert_ne!(after, before, "connectors ran, and no remembered page is served");
    assert_eq!(after["content"][0]["connectorId"], before["content"][0]["connectorId"]);
}

#[tokio::test]
async fn what_is_too_large_is_not_kept_and_only_forms_may_be_larger_than_a_mebibyte() {
    let cx = start(config()).await;
    let slack = |bytes: usize| {
        json!({
            "actionName": "Large", "channel": "#c", "webhookUri": "https://hooks.example.com/x",
            "actionDescription": "x".repeat(bytes),
        })
    };
    let target = format!("{V1}/actions/slack");
    let (status, answer) = cx.send("POST", &target, &slack(300 << 10)).await;
    assert_eq!((status, &answer["message"]), (422, &json!("The entry is too large")));
    let kept = cx.sim.journal().requests[0].body.clone().unwrap();
    assert!(kept["bytes"].as_u64() > Some(300 << 10) && kept.get("actionName").is_none(), "{kept}");
    assert_eq!(cx.send("POST", &target, &slack(100 << 10)).await.0, 201);
    let description = "x".repeat(20 << 10);
    let connector = json!({
        "name": "x", "arn": "arn:aws:iam::999988887777:role/R", "externalId": "123456789",
        "description": description,
    });
    assert_eq!(cx.send("POST", &format!("{V1}/aws/connectors"), &connector).await.0, 422);
    assert!(cx.post(&target, &slack(1 << 20)).send().await.is_err(), "no more of it is read");
}
