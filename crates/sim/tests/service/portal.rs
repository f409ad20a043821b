//! The Connector API v3, tags, managed connectors and registrations.

use crate::context::{Context, V1, config, start};
use serde_json::{Value, json};
use std::time::Duration;
use totalcloud_sim::{Clock, SimConfig};

const AWS: &str = "awsassetdataconnector";

async fn portal(cx: &Context, path: &str, body: &Value) -> (u16, Value) {
    let method = if path.starts_with("get/") { "GET" } else { "POST" };
    let (status, answer) = cx.send(method, &format!("/qps/rest/3.0/{path}"), body).await;
    (status, answer["ServiceResponse"].clone())
}

async fn search(cx: &Context, kind: &str, request: Value) -> Value {
    let (status, answer) =
        portal(cx, &format!("search/am/{kind}"), &json!({ "ServiceRequest": request })).await;
    assert_eq!((status, &answer["responseCode"]), (200, &json!("SUCCESS")), "{answer}");
    answer
}

fn objects(answer: &Value, kind: &str) -> Vec<Value> {
    answer["data"].as_array().unwrap().iter().map(|o| o[kind].clone()).collect()
}

#[tokio::test]
async fn the_connectors_are_those_of_cloudview() {
    let cx = start(config()).await;
    for (path, kind, provider, account) in [
        (AWS, "AwsAssetDataConnector", "aws", "/awsAccountId"),
        ("azureassetdataconnector", "AzureAssetDataConnector", "azure", "/authRecord/subscriptionId"),
        ("gcpassetdataconnector", "GcpAssetDataConnector", "gcp", "/authRecord/projectId"),
    ] {
        let answer = search(&cx, path, json!({})).await;
        let here = objects(&answer, kind);
        assert_eq!(
            (answer["count"].as_u64(), &answer["hasMoreRecords"]),
            (Some(here.len() as u64), &json!("false"))
        );
        let there = cx.json(&format!("{V1}/{provider}/connectors")).await["content"].clone();
        assert_eq!(here.len(), there.as_array().unwrap().len());
        for connector in here {
            let same =
                there.as_array().unwrap().iter().find(|c| c["connectorId"] == connector["cloudviewUuid"]);
            let same = same.unwrap();
            assert_eq!(connector["name"], same["name"]);
            let ids = ["awsAccountId", "subscriptionId", "projectId"];
            let id = ids.iter().find_map(|id| same.get(id)).unwrap();
            assert_eq!(connector.pointer(account), Some(id));
            let one = portal(&cx, &format!("get/am/{path}/{}", connector["id"]), &Value::Null).await.1;
            assert_eq!(objects(&one, kind), [connector]);
        }
    }
}

#[tokio::test]
async fn what_is_made_in_one_place_is_there_in_the_other() {
    let clock = Clock::manual("2026-01-15T12:00:00Z".parse().unwrap());
    let cx = start(SimConfig { clock: clock.clone(), ..config() }).await;
    let data = json!({"ServiceRequest": {"data": {"AwsAssetDataConnector": {
        "name": "From v3", "arn": "arn:aws:iam::999988887777:role/R", "externalId": "123456789",
        "runFrequency": 90, "activation": {"set": {"ActivationModule": ["VM", "SCA"]}},
        "defaultTags": {"set": {"TagSimple": [{"id": 8_100_001}]}},
    }}}});
    let (status, answer) = portal(&cx, &format!("create/am/{AWS}"), &data).await;
    assert_eq!(status, 200, "{answer}");
    let made = objects(&answer, "AwsAssetDataConnector").remove(0);
    assert_eq!((&made["connectorState"], &made["disabled"]), (&json!("PENDING"), &json!("false")));
    assert_eq!(
        made["activation"],
        json!({"list": [{"ActivationModule": "VM"}, {"ActivationModule": "SCA"}]})
    );
    assert_eq!(made["defaultTags"], json!({"list": [{"TagSimple": {"id": 8_100_001}}]}));
    let there = format!("{V1}/aws/connectors/{}", made["cloudviewUuid"].as_str().unwrap());
    let row = cx.json(&there).await;
    assert_eq!(row["pollingFrequency"], json!({"hours": 1, "minutes": 30}));
    assert_eq!(row.get("activation"), None);

    let number = &made["id"];
    let change =
        json!({"ServiceRequest": {"data": {"AwsAssetDataConnector": {"name": "Renamed", "disabled": true}}}});
    let answer = portal(&cx, &format!("update/am/{AWS}/{number}"), &change).await.1;
    assert_eq!(objects(&answer, "AwsAssetDataConnector"), [json!({"id": number})], "only the id");
    let row = cx.json(&there).await;
    assert_eq!((&row["name"], &row["isDisabled"]), (&json!("Renamed"), &json!(true)));
    assert_eq!(
        portal(&cx, &format!("run/am/{AWS}/{number}"), &Value::Null).await.1["responseCode"],
        "INVALID_REQUEST"
    );
    let half =
        json!({"ServiceRequest": {"data": {"AwsAssetDataConnector": {"name": "Half", "disabled": "x"}}}});
    assert_eq!(portal(&cx, &format!("update/am/{AWS}/{number}"), &half).await.0, 400);
    assert_eq!(cx.json(&there).await["name"], "Renamed", "what is refused changes nothing");
    let on = json!({"ServiceRequest": {"data": {"AwsAssetDataConnector": {"disabled": false}}}});
    portal(&cx, &format!("update/am/{AWS}/{number}"), &on).await;
    assert_eq!(portal(&cx, &format!("run/am/{AWS}/{number}"), &Value::Null).await.0, 200);
    clock.advance(Duration::from_secs(1));
    let done = portal(&cx, &format!("get/am/{AWS}/{number}"), &Value::Null).await.1;
    let done = objects(&done, "AwsAssetDataConnector").remove(0);
    assert_eq!(
        (&done["connectorState"], &done["lastSync"]),
        (&json!("FINISHED_SUCCESS"), &json!("2026-01-15T12:00:00Z"))
    );

    assert_eq!(portal(&cx, &format!("delete/am/{AWS}/{number}"), &Value::Null).await.0, 200);
    assert_eq!(cx.status(&there).await, 404);
    let (status, gone) = portal(&cx, &format!("get/am/{AWS}/{number}"), &Value::Null).await;
    assert_eq!((status, &gone["responseCode"]), (404, &json!("NOT_FOUND")));
    assert!(gone["responseErrorDetails"]["errorMessage"].as_str().unwrap().contains("does not exist"));
}

#[tokio::test]
async fn searches_have_criteria_and_pages_after_the_last_id() {
    let cx = start(config().accounts("aws=7".parse().unwrap())).await;
    let all = objects(&search(&cx, AWS, json!({})).await, "AwsAssetDataConnector");
    assert_eq!(all.len(), 7);
    let (mut seen, mut after) = (Vec::new(), 0u64);
    loop {
        let answer = search(
            &cx,
            AWS,
            json!({
                "preferences": {"limitResults": 3},
                "filters": {"Criteria": [{"field": "id", "operator": "GREATER", "value": after.to_string()}]},
            }),
        )
        .await;
        seen.extend(objects(&answer, "AwsAssetDataConnector"));
        if answer["hasMoreRecords"] == "false" {
            assert_eq!(answer.get("lastId"), None);
            break;
        }
        after = answer["lastId"].as_u64().unwrap();
    }
    assert_eq!(seen, all);
    let found = |request: Value| {
        let cx = &cx;
        async move { objects(&search(cx, AWS, request).await, "AwsAssetDataConnector") }
    };
    let by = |field: &str, operator: &str, value: Value| json!({"filters": {"Criteria": {"field": field, "operator": operator, "value": value}}});
    assert_eq!(found(by("id", "EQUALS", all[2]["id"].clone())).await, [all[2].clone()]);
    assert_eq!(found(by("name", "EQUALS", all[3]["name"].clone())).await, [all[3].clone()]);
    assert_eq!(found(by("name", "CONTAINS", json!("aws"))).await.len(), 7);
    assert_eq!(found(by("awsAccountId", "EQUALS", all[4]["awsAccountId"].clone())).await, [all[4].clone()]);
    assert_eq!(found(json!({"preferences": {"startFromOffset": 7}})).await, [all[6].clone()]);
    assert_eq!(found(json!({"preferences": {"startFromId": all[5]["id"]}})).await, all[5..]);
    for bad in [
        by("color", "EQUALS", json!("x")),
        by("id", "CONTAINS", json!("1")),
        by("id", "GREATER", json!("x")),
        by("name", "BELOW", json!("x")),
        json!({"preferences": {"limitResults": 0}}),
        json!({"preferences": {"limitResults": 1001}}),
    ] {
        let (status, answer) =
            portal(&cx, &format!("search/am/{AWS}"), &json!({ "ServiceRequest": bad.clone() })).await;
        assert_eq!((status, &answer["responseCode"]), (400, &json!("INVALID_REQUEST")), "{bad}");
    }
}

#[tokio::test]
async fn xml_is_spoken_unless_json_is_asked_for() {
    let cx = start(config()).await;
    let (username, password) = cx.sim.login();
    let send = |path: &str, body: &'static str| {
        let request = cx.http.post(format!("{}/qps/rest/3.0/{path}", cx.sim.url()));
        let request =
            request.basic_auth(username, Some(password)).header("content-type", "text/xml").body(body);
        async move {
            let answer = request.send().await.unwrap();
            assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("application/xml"));
            answer.text().await.unwrap()
        }
    };
    let text = send(
        &format!("search/am/{AWS}"),
        "<ServiceRequest><filters><Criteria field=\"name\" operator=\"CONTAINS\">AWS</Criteria></filters>\
         <preferences><limitResults>1</limitResults></preferences></ServiceRequest>",
    )
    .await;
    assert!(
        text.contains(
            "<responseCode>SUCCESS</responseCode><count>1</count><hasMoreRecords>true</hasMoreRecords>"
        ),
        "{text}"
    );
    assert_eq!(text.matches("<AwsAssetDataConnector>").count(), 1);
    let made = send(
        &format!("create/am/{AWS}"),
        "<ServiceRequest><data><AwsAssetDataConnector><name>A &amp; B</name><arn>arn:aws:iam::999988887777:role/R</arn>\
         <externalId>123456789</externalId></AwsAssetDataConnector></data></ServiceRequest>",
    )
    .await;
    assert!(made.contains("<name>A &amp; B</name>"), "{made}");
    let bad = send(&format!("search/am/{AWS}"), "<ServiceRequest><filters>").await;
    assert!(bad.contains("<responseCode>INVALID_REQUEST</responseCode>"), "{bad}");
}

#[tokio::test]
async fn keys_of_azure_and_gcp_are_not_told_again() {
    let cx = start(config()).await;
    let azure = json!({"ServiceRequest": {"data": {"AzureAssetDataConnector": {"name": "A", "authRecord": {
        "applicationId": "11111111-1111-4111-8111-111111111111",
        "directoryId": "22222222-2222-4222-8222-222222222222",
        "subscriptionId": "33333333-3333-4333-8333-333333333333", "authenticationKey": "Canary-azure",
    }}}}});
    let (status, answer) = portal(&cx, "create/am/azureassetdataconnector", &azure).await;
    assert_eq!((status, &answer["data"][0]["AzureAssetDataConnector"]["authRecord"]), (200, &json!({})));
    let gcp = json!({"ServiceRequest": {"data": {"GcpAssetDataConnector": {"name": "G", "authRecord": {
        "type": "service_account", "project_id": "acme-new", "private_key": "Canary-gcp",
        "client_email": "reader@acme.example",
    }}}}});
    let (status, answer) = portal(&cx, "create/am/gcpassetdataconnector", &gcp).await;
    assert_eq!(
        (status, &answer["data"][0]["GcpAssetDataConnector"]["authRecord"]),
        (200, &json!({"projectId": "acme-new"}))
    );
    let text = format!("{}{answer}", serde_json::to_string(&cx.sim.journal()).unwrap());
    assert!(!text.contains("Canary"), "{text}");
    let mut bad = gcp.clone();
    bad["ServiceRequest"]["data"]["GcpAssetDataConnector"]["authRecord"] = json!({"project_id": "x"});
    assert_eq!(
        portal(&cx, "create/am/gcpassetdataconnector", &bad).await.1["responseCode"],
        "INVALID_REQUEST"
    );
}

#[tokio::test]
async fn tags_are_searched_in_the_same_envelope() {
    let cx = start(config()).await;
    let tags = |request: Value| {
        let cx = &cx;
        async move {
            let body = json!({ "ServiceRequest": request });
            let (status, answer) = cx.send("POST", "/qps/rest/2.0/search/am/tag", &body).await;
            assert_eq!(status, 200);
            objects(&answer["ServiceResponse"], "Tag")
        }
    };
    let all = tags(json!({})).await;
    assert!(all.len() > 3);
    let name = |name: &str| json!({"filters": {"Criteria": [{"field": "name", "operator": "EQUALS", "value": name}]}});
    let payments = tags(name("Payments")).await.remove(0);
    let parent = tags(name("Business Units")).await.remove(0);
    assert_eq!(payments["parentTagId"], parent["id"]);
}

#[tokio::test]
async fn the_management_list_knows_all_four_clouds() {
    let cx = start(SimConfig { strict_hosts: true, ..config() }).await;
    let counts = cx.sim.true_counts();
    for (upper, lower) in [("AWS", "aws"), ("AZURE", "azure"), ("GCP", "gcp"), ("OCI", "oci")] {
        let (status, page) =
            cx.by_token("GET", &format!("/connectors/v1.0/{upper}/list"), &Value::Null).await;
        assert_eq!((status, &page["size"]), (200, &json!(100)));
        let rows = page["content"].as_array().unwrap();
        assert_eq!(rows.len(), counts["providers"][lower]["accounts"].as_array().unwrap().len());
        for row in rows {
            assert_eq!(row["id"].to_string(), row["connectorId"].as_str().unwrap());
            assert_eq!(row["connectorUuid"].as_str().unwrap().len(), 36);
        }
    }
    let page = cx.by_token("GET", "/connectors/v1.0/OCI/list?pageNumber=1&pageSize=1", &Value::Null).await.1;
    assert_eq!(
        (&page["number"], &page["totalElements"], &page["empty"]),
        (&json!(1), &json!(1), &json!(true))
    );
    let tenancy = cx.by_token("GET", "/connectors/v1.0/OCI/list", &Value::Null).await.1["content"][0].clone();
    assert!(tenancy["tenantId"].as_str().unwrap().starts_with("ocid1.tenancy."));
    assert_eq!(cx.by_token("GET", "/connectors/v1.0/oci/list", &Value::Null).await.0, 404);
    for host in [&cx.sim.urls().base, &cx.sim.urls().api] {
        let (username, password) = cx.sim.login();
        let request =
            cx.http.get(format!("{host}/connectors/v1.0/OCI/list")).basic_auth(username, Some(password));
        assert_eq!(request.send().await.unwrap().status(), 404, "{host}");
    }
}

#[tokio::test]
async fn registrations_are_checked_and_remembered() {
    let cx = start(config()).await;
    let azure = cx.json(&format!("{V1}/azure/connectors")).await["content"][0].clone();
    let register = "/connectors/v1.0/azure/registerSecondaryApplication";
    let application = "11111111-1111-4111-8111-111111111111";
    let body = json!({
        "connectorMappings": {azure["connectorId"].as_str().unwrap(): application},
        "appCredentials": [{"appId": application, "secretKey": "Canary-key"}],
    });
    let (status, answer) = cx.by_token("POST", register, &body).await;
    assert_eq!((status, &answer["applications"]), (200, &json!([application])));
    for (field, value) in
        [("connectorMappings", json!({})), ("appCredentials", json!([{"appId": application}]))]
    {
        let mut bad = body.clone();
        bad[field] = value;
        assert_eq!(cx.by_token("POST", register, &bad).await.0, 400, "{field}");
    }
    let account = azure["subscriptionId"].clone();
    for path in ["register-scanner-run", "register-service-account"] {
        let target = format!("/conn/snapshot/v1.0/{path}");
        for status in [201, 304] {
            assert_eq!(
                cx.by_token("POST", &target, &json!({"accountId": account})).await.0,
                status,
                "{path}"
            );
        }
        assert_eq!(cx.by_token("POST", &target, &json!({"accountId": "nobody"})).await.0, 404);
        assert_eq!(cx.by_token("POST", &target, &json!({})).await.0, 400);
    }
    let flexscan = "/flexscan-api/rest/v1/service-accounts/register";
    let body = json!({"accountId": "123456789012", "cloudType": "AWS"});
    let (status, first) = cx.by_token("POST", flexscan, &body).await;
    assert_eq!((status, &first["data"]["status"], &first["errors"]), (200, &json!("REGISTERED"), &json!([])));
    let again = cx.by_token("POST", flexscan, &body).await.1;
    assert_eq!(again["data"], first["data"]);
    assert_eq!(cx.by_token("POST", flexscan, &json!({"accountId": "1", "cloudType": "x"})).await.0, 400);
    assert!(!serde_json::to_string(&cx.sim.journal()).unwrap().contains("Canary"));
}
