use crate::context::{Context, V1, config, start};
use serde_json::{Value, json};
use std::io::Read;
use std::time::Duration;
use totalcloud_sim::{Clock, SimConfig};

async fn begin() -> (Clock, Context, Value) {
    let clock = Clock::manual("2026-01-15T12:00:00Z".parse().unwrap());
    let cx = start(SimConfig { clock: clock.clone(), ..config() }).await;
    let connector = cx.json(&format!("{V1}/aws/connectors")).await["content"][0]["connectorId"].clone();
    let policy = cx.json(&format!("{V1}/reports/policies?cloudType=AWS")).await[0]["id"].clone();
    let body = json!({
        "reportName": "Quarterly (AWS)", "cloudType": "AWS", "query": "", "executionType": "RUN_TIME",
        "startDate": "2025-01-01T00:00:00Z", "endDate": "2026-01-31T00:00:00Z",
        "policyIds": [policy], "connectorIds": [connector], "format": "csv",
    });
    (clock, cx, body)
}

/// The status, and the id: bare at v1, as JSON at v2.
async fn create(cx: &Context, version: u8, body: &Value) -> (u16, String) {
    let path = format!("/cloudview-api/rest/v{version}/report/assessment/create");
    let answer = cx.post(&path, body).send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, if version == 2 { serde_json::from_str(&text).unwrap() } else { text })
}

async fn status(cx: &Context, id: &str) -> String {
    let list = cx.json(&format!("{V1}/report/assessment/list?reportId={id}")).await;
    assert_eq!(list["count"], 1);
    list["data"][0]["status"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_report_goes_its_way_and_is_finished_within_ten_seconds() {
    let (clock, cx, body) = begin().await;
    for version in [1, 2] {
        let (code, id) = create(&cx, version, &body).await;
        assert_eq!((code, id.len()), (201, 36), "a bare id: {id}");
        let direct = format!("{V1}/report/assessment/{id}/download?reportFormat=csv");
        let mut seen = vec![status(&cx, &id).await];
        for _ in 0..100 {
            let now = status(&cx, &id).await;
            if seen.last() != Some(&now) {
                seen.push(now);
            }
            if seen.last().is_some_and(|s| s == "COMPLETED") {
                break;
            }
            assert_eq!(cx.status(&direct).await, 404, "not ready yet");
            clock.advance(Duration::from_millis(100));
        }
        assert_eq!(seen, ["ACCEPTED", "QUEUED", "PROCESSING", "COMPLETED"]);
        assert_eq!(cx.status(&direct).await, 200);
        let answer =
            cx.post(&format!("{V1}/report/assessment/{id}/rerun"), &Value::Null).send().await.unwrap();
        assert_eq!(answer.text().await.unwrap(), id);
        assert_eq!(status(&cx, &id).await, "ACCEPTED");
    }
}

#[tokio::test]
async fn both_downloads_hold_what_the_evaluations_say() {
    let (clock, cx, mut body) = begin().await;
    let everything = create(&cx, 1, &body).await.1;
    body["resourceResults"] = json!(["FAIL"]);
    let failing = create(&cx, 1, &body).await.1;
    body["resourceResults"] = json!([]);
    body["query"] = json!("resource.result:FAIL");
    let queried = create(&cx, 1, &body).await.1;
    body["endDate"] = json!("2025-01-02T00:00:00Z");
    let earlier = create(&cx, 1, &body).await.1;
    clock.advance(Duration::from_secs(10));
    let text = |id: &str| {
        let request = cx.get(&format!("{V1}/report/assessment/{id}/download?reportFormat=csv"));
        async move { request.send().await.unwrap().text().await.unwrap() }
    };
    let csv = text(&everything).await;
    assert!(csv.lines().next().unwrap().contains("CID,Control Name,Criticality"));

    // The same from the evaluations.
    let connector = cx.json(&format!("{V1}/aws/connectors")).await["content"][0].clone();
    let account = connector["awsAccountId"].as_str().unwrap();
    let token = cx.token().await;
    let policies = format!("{}/cloudview-api/rest/v2/policies", cx.sim.url());
    let policies: Value =
        cx.http.get(policies).bearer_auth(token).send().await.unwrap().json().await.unwrap();
    let policy =
        policies["content"].as_array().unwrap().iter().find(|p| p["uuid"] == body["policyIds"][0]).unwrap();
    let cids = policy["controlIds"].as_array().unwrap();
    let results = cx.json(&format!("{V1}/aws/evaluations/{account}?pageSize=500")).await;
    let of = |key: &str| -> u64 {
        let rows = results["content"].as_array().unwrap().iter();
        let id = |r: &serde_json::Value| r["controlId"].as_str().and_then(|id| id.parse::<u64>().ok());
        rows.filter(|r| cids.iter().any(|c| c.as_u64() == id(r))).map(|r| r[key].as_u64().unwrap()).sum()
    };
    let failed = of("failedResources");
    let all = failed + of("passedResources") + of("passWithExceptionResources");
    assert!(failed > 0 && all > failed);
    let rows = |csv: &str| csv.lines().count() as u64 - 1;
    assert_eq!(rows(&csv), all);
    assert_eq!(rows(&text(&failing).await), failed);
    assert_eq!(rows(&text(&queried).await), failed);
    assert_eq!(rows(&text(&earlier).await), 0);

    let zipped = format!("{V1}/report/assessment/download/{everything}");
    let zipped = cx.get(&zipped).send().await.unwrap().bytes().await.unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zipped)).unwrap();
    let mut inside = String::new();
    archive.by_index(0).unwrap().read_to_string(&mut inside).unwrap();
    assert_eq!(inside, csv);
}

#[tokio::test]
async fn a_pdf_is_one_policys() {
    let (clock, cx, mut body) = begin().await;
    body["format"] = json!("PDF");
    let (code, id) = create(&cx, 1, &body).await;
    assert_eq!(code, 201);
    clock.advance(Duration::from_secs(10));
    let target = format!("{V1}/report/assessment/{id}/download");
    let answer = cx.get(&target).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/pdf");
    assert!(answer.bytes().await.unwrap().starts_with(b"%PDF-"));
    assert_eq!(cx.status(&format!("{target}?reportFormat=csv")).await, 400);
    let policy = body["policyIds"][0].clone();
    body["policyIds"] = json!([policy, policy]);
    assert_eq!(create(&cx, 1, &body).await.0, 422);
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_the_texts_of_the_live_service() {
    let (_, cx, good) = begin().await;
    let parameter = |name: &str| format!("Parameter {name} has invalid value");
    let uuid = "UUID has to be represented by standard 36-char representation".to_owned();
    let table: Vec<(&str, Value, u16, String)> = vec![
        ("format", json!("CSV"), 400, parameter("format")),
        ("format", json!("pdf"), 400, parameter("format")),
        ("startDate", json!("2026-01-01"), 400, parameter("startDate")),
        ("startDate", json!("2026-01-01T00:00:00+0000"), 400, parameter("startDate")),
        ("endDate", json!(1_767_225_600_000_i64), 400, parameter("endDate")),
        ("endDate", Value::Null, 400, parameter("endDate")),
        ("executionType", json!("ON_DEMAND"), 400, parameter("executionType")),
        ("cloudType", json!("IBM"), 400, parameter("cloudType")),
        ("connectorIds", json!(["123"]), 400, uuid.clone()),
        ("connectorIds", json!([123]), 400, uuid.clone()),
        ("policyIds", json!(["x"]), 400, uuid),
        ("policyIds", json!([]), 400, parameter("policyIds")),
        ("connectorIds", json!("x"), 400, parameter("connectorIds")),
        ("reportName", json!("a/b"), 422, "Invalid report name".to_owned()),
        ("query", Value::Null, 500, "null".to_owned()),
        ("query", json!("((x:1"), 400, parameter("query")),
        ("policyIds", json!(["00000000-0000-4000-8000-000000000000"]), 404, "not found".to_owned()),
        ("connectorIds", json!(["00000000-0000-4000-8000-000000000000"]), 404, "not found".to_owned()),
    ];
    for (field, value, code, text) in table {
        let mut body = good.clone();
        if value.is_null() {
            body.as_object_mut().unwrap().remove(field);
        } else {
            body[field] = value.clone();
        }
        let (status, answer) = create(&cx, 1, &body).await;
        assert_eq!(status, code, "{field}={value}: {answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert!(answer["message"].as_str().unwrap().contains(&text), "{field}={value}: {answer}");
    }
    let list = cx.json(&format!("{V1}/report/assessment/list")).await;
    assert_eq!(list["count"], 1, "only the one that is there from the start");
    let unknown = format!("{V1}/report/assessment/00000000-0000-4000-8000-000000000000");
    assert_eq!(cx.status(&format!("{unknown}/download")).await, 404);
    assert_eq!(cx.post(&format!("{unknown}/rerun"), &Value::Null).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn the_list_has_its_own_envelope_filters_and_order() {
    let (clock, cx, mut body) = begin().await;
    for name in ["B", "A", "C"] {
        body["reportName"] = json!(name);
        assert_eq!(create(&cx, 1, &body).await.0, 201);
        clock.advance(Duration::from_secs(2));
    }
    let names = |query: &str| {
        // The one that is there from the start is another's.
        let mine = if query.contains("createdBy") { "" } else { "createdBy=simulator" };
        let target = format!("{V1}/report/assessment/list?{query}&{mine}");
        let cx = &cx;
        async move {
            let list = cx.json(&target).await;
            let names: Vec<String> = list["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|r| r["reportName"].as_str().unwrap().to_owned())
                .collect();
            (list["count"].as_u64().unwrap(), names.join(""))
        }
    };
    assert_eq!(names("").await, (3, "CAB".into()));
    assert_eq!(names("sortBy=reportName").await, (3, "ABC".into()));
    assert_eq!(names("reportName=A").await, (1, "A".into()));
    assert_eq!(names("status=Completed").await, (3, "CAB".into()));
    assert_eq!(names("status=FAILED").await, (0, String::new()));
    assert_eq!(names("createdBy=nobody").await, (0, String::new()));
    assert_eq!(names("pageSize=2&sortBy=reportName").await, (3, "AB".into()));
    assert_eq!(names("pageSize=2&pageNo=1&sortBy=reportName").await, (3, "C".into()));
    assert_eq!(cx.status(&format!("{V1}/report/assessment/list?sortBy=size")).await, 400);
    let row = cx.json(&format!("{V1}/report/assessment/list?reportName=C")).await["data"][0].clone();
    assert_eq!(row["createdAt"], "2026-01-15T12:00:04+0000");
    assert_eq!(row["expiresOn"], "2026-01-22T12:00:04+0000");
    assert_eq!((&row["fileFormat"], &row["reportType"]), (&json!("csv"), &json!("ON_DEMAND")));
    clock.advance(Duration::from_secs(7 * 86_400));
    assert_eq!(names("").await, (0, String::new()), "deleted after seven days");
}
