//! Report configurations, exceptions, evaluated resources v2.

use crate::context::{Context, V1, config, start};
use serde_json::{Value, json};
use totalcloud_sim::{InventoryV2, SimConfig};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

async fn sample(cx: &Context) -> (Value, Value) {
    let connector = cx.json(&format!("{V1}/aws/connectors")).await["content"][0].clone();
    let policy = cx.json(&format!("{V1}/reports/policies?cloudType=AWS")).await[0]["id"].clone();
    let body = json!({
        "cloudType": "AWS", "type": "POLICY", "policies": [{"cloudType": "AWS", "policyId": policy}],
        "connectorIds": [connector["connectorId"]], "title": "By policy",
    });
    (connector, body)
}

/// Passed and failed of one policy in one account, from the evaluations.
async fn truth(cx: &Context, account: &str, policy: &Value) -> (u64, u64) {
    let policies = cx.by_token("GET", "/cloudview-api/rest/v2/policies?pageSize=100", &Value::Null).await.1;
    let rows = policies["content"].as_array().unwrap();
    let cids = rows.iter().find(|p| p["uuid"] == *policy).unwrap()["controlIds"].as_array().unwrap().clone();
    let results = cx.json(&format!("{V1}/aws/evaluations/{account}?pageSize=300")).await;
    let of = |key: &str| -> u64 {
        let rows = results["content"].as_array().unwrap().iter();
        let mine =
            rows.filter(|r| cids.contains(&r["controlId"].as_str().unwrap().parse::<u64>().unwrap().into()));
        mine.map(|r| r[key].as_u64().unwrap()).sum()
    };
    (of("passedResources") + of("passWithExceptionResources"), of("failedResources"))
}

#[tokio::test]
async fn configurations_are_made_changed_deleted_and_their_numbers_are_true_sums() {
    let cx = start(config()).await;
    let reports = format!("{V1}/reports");
    let before = cx.json(&reports).await;
    assert_eq!(before["totalElements"], 1, "one is there from the start");
    let (connector, body) = sample(&cx).await;
    let (status, made) = cx.send("POST", &format!("{reports}?executionType=RUN_TIME"), &body).await;
    assert_eq!(
        (status, &made["title"], &made["accounts"][0]["id"]),
        (201, &json!("By policy"), &connector["connectorId"])
    );
    let id = made["reportId"].as_str().unwrap().to_owned();
    let one = format!("{reports}/{id}");
    assert_eq!(cx.json(&one).await, made);
    assert_eq!(cx.json(&reports).await["totalElements"], 2);
    let data = cx.json(&format!("{reports}/report_data/{id}")).await;
    let (passed, failed) =
        truth(&cx, connector["awsAccountId"].as_str().unwrap(), &body["policies"][0]["policyId"]).await;
    assert!(passed > 0 && failed > 0);
    assert_eq!((&data["stats"]["passCount"], &data["stats"]["failCount"]), (&json!(passed), &json!(failed)));
    assert_eq!(data["summary"]["totalEvaluationsCount"], passed + failed);
    let percent =
        data["stats"]["passPercent"].as_f64().unwrap() + data["stats"]["failPercent"].as_f64().unwrap();
    assert!((percent - 100.0).abs() < 0.011, "{percent}");

    let (status, changed) = cx
        .send("PATCH", &one, &json!({"title": "Other", "type": "MANDATE", "mandateId": 101, "policies": []}))
        .await;
    assert_eq!((status, &changed["title"], &changed["accounts"]), (200, &json!("Other"), &made["accounts"]));
    let data = cx.json(&format!("{reports}/report_data/{id}")).await;
    assert_eq!(data["summary"]["mandateName"], cx.json(&format!("{V1}/mandates")).await[0]["name"]);
    assert!(data["stats"]["passCount"].as_u64().unwrap() >= passed);

    // A group stands for the connectors in it.
    let group = connector["groups"][0]["uuid"].clone();
    let (_, by_group) = cx.send("PATCH", &one, &json!({"connectorIds": [], "groupIds": [group]})).await;
    assert_eq!(by_group["accounts"], json!([]));
    let data = cx.json(&format!("{reports}/report_data/{id}")).await;
    assert!(
        data["summary"]["accounts"].as_array().unwrap().iter().any(|a| a["id"] == connector["connectorId"])
    );

    assert_eq!(cx.send("DELETE", &reports, &json!([id])).await.0, 200);
    assert_eq!(cx.status(&one).await, 404);
    assert_eq!(cx.json(&reports).await["content"], before["content"]);
    assert_eq!(cx.send("DELETE", &reports, &json!([id])).await.0, 404);
    assert_eq!(cx.send("DELETE", &reports, &json!(["x"])).await.0, 400);
}

#[tokio::test]
async fn configurations_that_do_not_fit_are_refused_as_seen() {
    let cx = start(config()).await;
    let (_, good) = sample(&cx).await;
    for query in ["", "?executionType=ON_DEMAND", "?executionType=run_time"] {
        assert_eq!(cx.send("POST", &format!("{V1}/reports{query}"), &good).await.0, 400, "{query}");
    }
    let table = [
        ("type", json!("MANDATE_BASED"), 422),
        ("type", Value::Null, 400),
        ("type", json!("MANDATE"), 400),
        ("cloudType", json!("IBM"), 400),
        ("title", json!(""), 400),
        ("policies", json!([]), 400),
        ("policies", json!([{"policyId": "x"}]), 400),
        ("policies", json!([{"policyId": UNKNOWN}]), 404),
        ("connectorIds", json!([]), 400),
        ("connectorIds", json!(["1"]), 400),
        ("connectorIds", json!([UNKNOWN]), 404),
        ("groupIds", json!([UNKNOWN]), 404),
        ("mandateId", json!(7), 404),
    ];
    for (field, value, status) in table {
        let mut body = good.clone();
        body[field] = value.clone();
        let (got, answer) = cx.send("POST", &format!("{V1}/reports?executionType=RUN_TIME"), &body).await;
        assert_eq!(got, status, "{field}={value}: {answer}");
        if status == 422 {
            let message = answer["message"].as_str().unwrap();
            assert!(message.contains("MANDATE, POLICY"), "{message}");
        }
    }
}

#[tokio::test]
async fn an_assessment_is_finished_from_the_start() {
    let cx = start(config()).await;
    let list = cx.json(&format!("{V1}/report/assessment/list")).await;
    assert_eq!((&list["count"], &list["data"][0]["status"]), (&json!(1), &json!("COMPLETED")));
    let id = list["data"][0]["reportId"].as_str().unwrap();
    let csv = cx.get(&format!("{V1}/report/assessment/{id}/download?reportFormat=csv")).send().await.unwrap();
    assert!(csv.text().await.unwrap().lines().count() > 1);
}

#[tokio::test]
async fn exceptions_are_those_of_the_results_that_pass_by_one() {
    let cx = start(config()).await;
    let page = cx.json(&format!("{V1}/exceptions/list")).await;
    let total = page["totalElements"].as_u64().unwrap();
    let counts = cx.sim.true_counts();
    let passe: u64 = ["aws", "azure", "gcp", "oci"]
        .iter()
        .flat_map(|p| counts["providers"][p]["accounts"].as_array().unwrap())
        .map(|a| a["evaluations"]["PASSE"].as_u64().unwrap())
        .sum();
    assert!(total > 0 && total == passe, "{total} of {passe}");

    // The same as an evaluated resource shows.
    let account = cx.json(&format!("{V1}/aws/connectors")).await["content"][0]["awsAccountId"].clone();
    let account = account.as_str().unwrap();
    let results = cx.json(&format!("{V1}/aws/evaluations/{account}?pageSize=300")).await;
    let control = results["content"].as_array().unwrap().iter();
    let control = control.max_by_key(|r| r["passWithExceptionResources"].as_u64()).unwrap();
    let control = control["controlId"].as_str().unwrap();
    let rows = cx
        .json(&format!("{V1}/aws/evaluations/{account}/resources/{control}?filter=resource.result:PASSE"))
        .await;
    let mut wanted = rows["content"][0]["evaluationDates"]["exceptionMetadata"].clone();
    let id = wanted["uuid"].as_str().unwrap().to_owned();
    wanted["provider"] = json!("AWS");
    let of = |filter: &str| format!("{V1}/exceptions/list?filter={filter}");
    let found = cx.json(&of(&format!("exception.uuid:{id}"))).await;
    assert_eq!(found["content"], json!([wanted]));
    let aws = cx.json(&of("exception.provider:AWS AND exception.status:ACTIVE")).await;
    assert!(aws["totalElements"].as_u64().unwrap() <= total);

    let delete = format!("{V1}/exceptions/delete");
    assert_eq!(cx.send("POST", &delete, &json!({"exceptionIds": [id]})).await.0, 200);
    assert_eq!(cx.json(&format!("{V1}/exceptions/list")).await["totalElements"], total - 1);
    assert_eq!(cx.send("POST", &delete, &json!({"exceptionIds": [id]})).await.0, 404);
    assert_eq!(cx.send("POST", &delete, &json!({"exceptionIds": ["x"]})).await.0, 400);
    assert_eq!(cx.send("POST", &delete, &json!({})).await.0, 400);
}

#[tokio::test]
async fn the_newer_list_of_evaluated_resources_has_the_rows_of_the_older_one() {
    for newer in [InventoryV2::Same, InventoryV2::Differs, InventoryV2::Missing] {
        let cx = start(SimConfig { inventory_v2: newer, ..config() }).await;
        let account = cx.json(&format!("{V1}/aws/connectors")).await["content"][0]["awsAccountId"].clone();
        let results = cx.json(&format!("{V1}/aws/evaluations/{}", account.as_str().unwrap())).await;
        let rows = results["content"].as_array().unwrap();
        let control = rows.iter().find(|r| r["failedResources"].as_u64() > Some(1)).unwrap();
        let path = format!(
            "aws/evaluations/{}/resources/{}",
            account.as_str().unwrap(),
            control["controlId"].as_str().unwrap()
        );
        let older = cx.json(&format!("{V1}/{path}?filter=resource.result:FAIL&pageSize=1")).await;
        let target = format!("/cloudview-api/rest/v2/{path}?filter=resource.result:FAIL&pageSize=1");
        let (status, page) = cx.by_token("GET", &target, &Value::Null).await;
        if newer == InventoryV2::Missing {
            assert_eq!(status, 404);
            continue;
        }
        assert_eq!((status, &page["content"]), (200, &older["content"]));
        assert_eq!(page["totalHits"] == older["totalElements"], newer == InventoryV2::Same);
        assert_eq!(page.as_object().unwrap().len(), 2);
    }
}
