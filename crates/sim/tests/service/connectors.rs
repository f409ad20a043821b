//! Connectors made, changed, run, switched and deleted.

use crate::context::{Context, V1, config, start};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use std::time::Duration;
use totalcloud_sim::{Clock, SimConfig, Size, WorldConfig};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

fn aws() -> Value {
    json!({
        "name": "New account", "description": "Made by a test",
        "arn": "arn:aws:iam::999988887777:role/Reader", "externalId": "123456789",
        "pollingFrequency": {"hours": 6, "minutes": 30}, "remediationEnabled": true,
    })
}

fn azure() -> Value {
    json!({
        "name": "New subscription", "applicationId": "11111111-1111-4111-8111-111111111111",
        "directoryId": "22222222-2222-4222-8222-222222222222",
        "subscriptionId": "33333333-3333-4333-8333-333333333333", "authenticationKey": "Canary-key",
    })
}

fn key_file() -> Part {
    let key = json!({
        "type": "service_account", "project_id": "acme-new", "private_key": "Canary-private",
        "client_email": "reader@acme-new.example",
    });
    Part::bytes(key.to_string().into_bytes()).file_name("key.json")
}

async fn form(cx: &Context, method: &str, target: &str, form: Form) -> (u16, Value) {
    let (username, password) = cx.sim.login();
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let request = cx.http.request(method, format!("{}{target}", cx.sim.url()));
    let answer = request.basic_auth(username, Some(password)).multipart(form).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn rows(cx: &Context, provider: &str, query: &str) -> Vec<Value> {
    let page = cx.json(&format!("{V1}/{provider}/connectors{query}")).await;
    let rows = page["content"].as_array().unwrap().clone();
    assert_eq!(page["numberOfElements"], rows.len());
    rows
}

async fn state(cx: &Context, id: &str) -> (String, Value) {
    let row = cx.json(&format!("{V1}/aws/connectors/{id}")).await;
    (row["state"].as_str().unwrap().to_owned(), row["lastSyncedOn"].clone())
}

#[tokio::test]
async fn what_is_made_is_listed_read_changed_and_gone_when_deleted() {
    let cx = start(config()).await;
    let before = rows(&cx, "aws", "").await.len();
    let (status, made) = cx.send("POST", &format!("{V1}/aws/connectors"), &aws()).await;
    assert_eq!(status, 201);
    assert_eq!((&made["awsAccountId"], &made["provider"]), (&json!("999988887777"), &json!("AWS")));
    assert_eq!((&made["state"], &made["lastSyncedOn"]), (&json!("PENDING"), &Value::Null));
    assert_eq!(made["pollingFrequency"], json!({"hours": 6, "minutes": 30}));
    let id = made["connectorId"].as_str().unwrap().to_owned();
    let one = format!("{V1}/aws/connectors/{id}");
    assert_eq!(cx.json(&one).await, made);
    let page = cx.json(&format!("{V1}/aws/connectors?pageSize=1")).await;
    assert_eq!((&page["totalElements"], &page["size"]), (&json!(before + 1), &json!(1)));
    // Never synced: last in both orders.
    for order in ["asc", "desc"] {
        let all = rows(&cx, "aws", &format!("?sort=lastSyncedOn:{order}")).await;
        assert_eq!(all.last().unwrap(), &made, "{order}");
    }
    for filter in ["name:New", "description:test", "state:PENDING", &format!("connector.uuid:{id}")] {
        let found = rows(&cx, "aws", &format!("?filter={filter}")).await;
        assert!(found.contains(&made), "{filter}");
    }
    let of_account = rows(&cx, "aws", "?filter=account.id:999988887777").await;
    assert_eq!(of_account, std::slice::from_ref(&made));
    assert!(rows(&cx, "aws", "?filter=lastSyncedOn:[now-1y .. now]").await.len() <= before);
    assert_eq!(cx.json(&format!("{one}/errors")).await["totalElements"], 0);
    let evaluated = cx.json(&format!("{V1}/aws/evaluations/999988887777")).await;
    assert_eq!(evaluated["totalElements"], 0, "nothing is evaluated yet");

    let (status, changed) =
        cx.send("PUT", &one, &json!({"name": "Renamed", "remediationEnabled": false})).await;
    assert_eq!(
        (status, &changed["name"], &changed["remediationEnabled"]),
        (200, &json!("Renamed"), &json!(false))
    );
    assert_eq!((&changed["description"], &changed["arn"]), (&made["description"], &made["arn"]));
    assert_eq!(cx.json(&one).await, changed);

    let other = rows(&cx, "aws", "").await[0]["connectorId"].clone();
    let (status, _) = cx.send("DELETE", &format!("{V1}/aws/connectors"), &json!([id])).await;
    assert_eq!(status, 200);
    let (status, _) =
        cx.send("DELETE", &format!("{V1}/aws/connectors"), &json!({"connectorIds": [other]})).await;
    assert_eq!(status, 200, "the other form of the body");
    assert_eq!(rows(&cx, "aws", "").await.len(), before - 1);
    for gone in [id.as_str(), other.as_str().unwrap()] {
        for target in ["", "/errors"] {
            assert_eq!(
                cx.status(&format!("{V1}/aws/connectors/{gone}{target}")).await,
                404,
                "{gone}{target}"
            );
        }
    }
}

#[tokio::test]
async fn a_run_can_be_watched() {
    let clock = Clock::manual("2026-01-15T12:00:00Z".parse().unwrap());
    let cx = start(SimConfig { clock: clock.clone(), ..config() }).await;
    let made = cx.send("POST", &format!("{V1}/aws/connectors"), &aws()).await.1;
    let id = made["connectorId"].as_str().unwrap();
    let run = format!("{V1}/aws/connectors/run");
    assert_eq!(cx.send("POST", &run, &json!([id])).await.0, 200);
    assert_eq!(state(&cx, id).await, ("PENDING".into(), Value::Null));
    clock.advance(Duration::from_millis(400));
    assert_eq!(state(&cx, id).await.0, "PENDING");
    clock.advance(Duration::from_millis(100));
    assert_eq!(state(&cx, id).await, ("SUCCESS".into(), json!("Thu Jan 15 12:00:00 UTC 2026")));
    let row = cx.json(&format!("{V1}/aws/connectors/{id}")).await;
    assert_eq!(row["nextSyncedOn"], "Thu Jan 15 18:30:00 UTC 2026");
    assert_eq!(rows(&cx, "aws", "").await[0]["connectorId"], *id, "the latest run comes first");
    clock.advance(Duration::from_secs(60));
    assert_eq!(cx.send("POST", &run, &json!([id])).await.0, 200);
    assert_eq!(state(&cx, id).await.0, "PENDING");
    clock.advance(Duration::from_millis(500));
    assert_eq!(state(&cx, id).await, ("SUCCESS".into(), json!("Thu Jan 15 12:01:00 UTC 2026")));

    // One that fails goes on failing.
    let failing = rows(&cx, "aws", "?filter=state:ERROR").await[0].clone();
    let id = failing["connectorId"].as_str().unwrap();
    cx.send("POST", &run, &json!([id])).await;
    assert_eq!(state(&cx, id).await.0, "PENDING");
    clock.advance(Duration::from_millis(500));
    let (word, synced) = state(&cx, id).await;
    assert_eq!(word, "ERROR");
    assert_ne!(synced, failing["lastSyncedOn"]);
}

#[tokio::test]
async fn connectors_are_switched_off_and_on() {
    let cx = start(config()).await;
    let id = rows(&cx, "aws", "").await[0]["connectorId"].as_str().unwrap().to_owned();
    let switch = |way: &str| format!("{V1}/aws/connectors/connectors/{way}");
    let off = |row: &Value| row["isDisabled"].as_bool().unwrap();
    for (way, disabled) in [("disable", true), ("enable", false)] {
        let answer = cx.send("PATCH", &switch(way), &json!([id])).await;
        assert_eq!(answer, (200, json!({"acknowledged": true})));
        assert_eq!(off(&cx.json(&format!("{V1}/aws/connectors/{id}")).await), disabled);
        let (status, _) = cx.send("POST", &format!("{V1}/aws/connectors/run"), &json!([id])).await;
        assert_eq!(status, if disabled { 400 } else { 200 }, "what is off does not run");
    }
}

#[tokio::test]
async fn an_azure_key_and_a_key_file_are_never_seen_again() {
    let cx = start(config()).await;
    let (status, made) = cx.send("POST", &format!("{V1}/azure/connectors"), &azure()).await;
    assert_eq!((status, &made["subscriptionId"]), (201, &azure()["subscriptionId"]));
    let body = Form::new()
        .text("name", "New project")
        .text("projectId", "acme-new")
        .text("pollingFrequencyInHrs", "2")
        .text("pollingFrequencyInMinutes", "15")
        .part("configFile", key_file());
    let (status, made) = form(&cx, "POST", &format!("{V1}/gcp/connectors"), body).await;
    assert_eq!((status, &made["projectId"]), (201, &json!("acme-new")));
    assert_eq!(made["pollingFrequency"], json!({"hours": 2, "minutes": 15}));

    // Without a file, values with spaces are not taken over.
    let one = format!("{V1}/gcp/connectors/{}", made["connectorId"].as_str().unwrap());
    let body = Form::new().text("name", "Two words").text("description", "word");
    let changed = form(&cx, "PUT", &one, body).await.1;
    assert_eq!((&changed["name"], &changed["description"]), (&json!("New project"), &json!("word")));
    let body = Form::new().text("name", "Two words").part("configFile", key_file());
    assert_eq!(form(&cx, "PUT", &one, body).await.1["name"], "Two words");

    let said =
        [serde_json::to_string(&cx.sim.journal()).unwrap(), rows(&cx, "azure", "").await[0].to_string()];
    assert!(said.iter().all(|text| !text.contains("Canary")), "{said:?}");
    let journal = cx.sim.journal();
    let kept = journal.of("connectors.create-gcp").next().unwrap().body.clone().unwrap();
    assert_eq!((&kept["name"], &kept["configFile"]), (&json!("New project"), &json!("***")));
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let cx = start(config()).await;
    let existing = rows(&cx, "aws", "").await[0]["awsAccountId"].as_str().unwrap().to_owned();
    let parameter = |name: &str| format!("Parameter {name} has invalid value");
    let table = [
        ("name", Value::Null, 400, parameter("name")),
        ("name", json!(" "), 400, parameter("name")),
        ("name", json!("x".repeat(256)), 400, parameter("name")),
        ("arn", json!("arn:aws:iam::12:role/x"), 400, parameter("arn")),
        ("arn", json!("999988887777"), 400, parameter("arn")),
        ("externalId", json!("12345678"), 400, parameter("externalId")),
        ("externalId", json!("12345678x"), 400, parameter("externalId")),
        ("externalId", json!("1".repeat(91)), 400, parameter("externalId")),
        ("pollingFrequency", json!({"hours": -1}), 400, parameter("pollingFrequency")),
        ("pollingFrequency", json!({"hours": 0, "minutes": 0}), 400, parameter("pollingFrequency")),
        ("remediationEnabled", json!("maybe"), 400, parameter("remediationEnabled")),
        ("arn", json!(format!("arn:aws:iam::{existing}:role/x")), 409, "already exists".into()),
    ];
    let create = format!("{V1}/aws/connectors");
    for (field, value, status, text) in table {
        let mut body = aws();
        body[field] = value.clone();
        let (got, answer) = cx.send("POST", &create, &body).await;
        assert_eq!(got, status, "{field}={value}: {answer}");
        assert!(answer["message"].as_str().unwrap().contains(&text), "{field}={value}: {answer}");
    }
    for field in ["subscriptionId", "applicationId", "authenticationKey"] {
        let mut body = azure();
        body[field] = json!("");
        assert_eq!(cx.send("POST", &format!("{V1}/azure/connectors"), &body).await.0, 400, "{field}");
    }
    let gcp = format!("{V1}/gcp/connectors");
    let bare = Form::new().text("name", "x").text("projectId", "y");
    assert_eq!(form(&cx, "POST", &gcp, bare).await.0, 400, "no key file");
    let wrong = Form::new()
        .text("name", "x")
        .text("projectId", "y")
        .part("configFile", Part::text("{}").file_name("k"));
    assert_eq!(form(&cx, "POST", &gcp, wrong).await.0, 400, "no key of a service account");
    assert_eq!(cx.send("POST", &gcp, &json!({"name": "x"})).await.0, 415);

    let uuid = "UUID has to be represented by standard 36-char representation";
    for (method, path) in [
        ("DELETE", "connectors"),
        ("POST", "connectors/run"),
        ("PATCH", "connectors/connectors/enable"),
        ("PATCH", "connectors/connectors/disable"),
    ] {
        let target = format!("{V1}/aws/{path}");
        let (status, answer) = cx.send(method, &target, &json!(["123"])).await;
        assert_eq!((status, answer["message"].as_str().unwrap()), (400, uuid), "{target}");
        assert_eq!(cx.send(method, &target, &json!([UNKNOWN])).await.0, 404, "{target}");
        assert_eq!(cx.send(method, &target, &json!([])).await.0, 400, "{target}");
        assert_eq!(cx.send(method, &target, &json!("x")).await.0, 400, "{target}");
    }
    assert_eq!(cx.send("PUT", &format!("{create}/{UNKNOWN}"), &aws()).await.0, 404);
    assert_eq!(cx.send("PUT", &format!("{create}/x"), &aws()).await.0, 400);
    assert_eq!(rows(&cx, "aws", "").await.len(), 2, "nothing came of all this");
}

#[tokio::test]
async fn reports_know_connectors_that_were_made_and_not_those_that_were_deleted() {
    let cx = start(config()).await;
    let made = cx.send("POST", &format!("{V1}/aws/connectors"), &aws()).await.1["connectorId"].clone();
    let old = rows(&cx, "aws", "").await[0].clone();
    cx.send("DELETE", &format!("{V1}/aws/connectors"), &json!([old["connectorId"]])).await;
    let policy = cx.json(&format!("{V1}/reports/policies?cloudType=AWS")).await[0]["id"].clone();
    for (connector, status) in [(made, 201), (old["connectorId"].clone(), 404)] {
        let body = json!({
            "reportName": "R", "cloudType": "AWS", "query": "", "executionType": "RUN_TIME",
            "startDate": "2025-01-01T00:00:00Z", "endDate": "2026-01-31T00:00:00Z",
            "policyIds": [policy], "connectorIds": [connector], "format": "csv",
        });
        let answer = cx.post(&format!("{V1}/report/assessment/create"), &body).send().await.unwrap();
        assert_eq!(answer.status(), status);
    }
    let account = old["awsAccountId"].as_str().unwrap();
    assert_eq!(cx.json(&format!("{V1}/aws/evaluations/{account}")).await["totalElements"], 0);
}

#[tokio::test]
async fn evaluations_follow_the_connector_that_an_account_has() {
    let now = "2026-01-15T12:00:00Z".parse().unwrap();
    let clock = Clock::manual(now);
    let world = WorldConfig::new(1, now, Size::Small);
    let cx = start(SimConfig { clock: clock.clone(), world, ..config() }).await;
    let run = async |id: &str| {
        let body = json!([id]);
        assert_eq!(cx.send("POST", &format!("{V1}/aws/connectors/run"), &body).await.0, 200);
        clock.advance(Duration::from_millis(500));
    };
    let total = async |target: &str| cx.json(target).await["totalElements"].as_u64().unwrap();
    let old = rows(&cx, "aws", "?filter=state:SUCCESS").await[0].clone();
    let account = old["awsAccountId"].as_str().unwrap();
    let list = format!("{V1}/aws/evaluations/{account}?pageSize=500");
    let before = cx.json(&list).await["content"].clone();
    let failing =
        before.as_array().unwrap().iter().find(|r| r["failedResources"].as_u64() > Some(0)).unwrap();
    let cid = failing["controlId"].as_str().unwrap();
    let resources = format!("{V1}/aws/evaluations/{account}/resources/{cid}");
    let row = cx.json(&resources).await["content"][0].clone();
    assert_eq!(row["connectorId"], old["connectorId"]);
    let stats = async |connector: &Value| {
        let target = format!("{V1}/aws/evaluations/stats/{cid}/{}", connector.as_str().unwrap());
        let answer = cx.get(&target).query(&[("resourceId", row["resourceId"].as_str().unwrap())]);
        answer.send().await.unwrap().json::<Value>().await.unwrap()["firstEvaluated"].is_string()
    };
    assert!(stats(&old["connectorId"]).await);

    // Deleted and made anew it has nothing until it ran.
    cx.send("DELETE", &format!("{V1}/aws/connectors"), &json!([old["connectorId"]])).await;
    assert_eq!((total(&list).await, total(&resources).await), (0, 0));
    let mut body = aws();
    body["arn"] = json!(format!("arn:aws:iam::{account}:role/Reader"));
    let new = cx.send("POST", &format!("{V1}/aws/connectors"), &body).await.1["connectorId"].clone();
    assert_eq!((total(&list).await, total(&resources).await), (0, 0));
    assert!(!stats(&new).await && !stats(&old["connectorId"]).await);
    run(new.as_str().unwrap()).await;
    assert_eq!(cx.json(&list).await["content"], before);
    let rows_now = cx.json(&resources).await["content"].clone();
    assert_eq!(rows_now[0]["resourceId"], row["resourceId"]);
    assert!(rows_now.as_array().unwrap().iter().all(|r| r["connectorId"] == new));
    assert!(stats(&new).await && !stats(&old["connectorId"]).await);
    // While it runs again what it found before is there.
    cx.send("POST", &format!("{V1}/aws/connectors/run"), &json!([new])).await;
    assert_eq!(cx.json(&list).await["content"], before);
    assert!(state(&cx, new.as_str().unwrap()).await.1.is_string());

    // One of the company that never ran has results after its first run.
    let pending = rows(&cx, "aws", "?filter=state:PENDING&pageSize=500").await;
    let pending = pending.iter().find(|c| c["connectorId"] != new).unwrap();
    let list = format!("{V1}/aws/evaluations/{}?pageSize=500", pending["awsAccountId"].as_str().unwrap());
    let evaluated = async || {
        let rows = cx.json(&list).await["content"].clone();
        rows.as_array().unwrap().iter().filter(|r| r["result"] != "NOT_EVALUATED").count()
    };
    assert_eq!(evaluated().await, 0);
    run(pending["connectorId"].as_str().unwrap()).await;
    assert!(evaluated().await > 0);
}
