use crate::context::{Context, V1, config, json as json_of, start};
use serde_json::{Value, json};
use totalcloud_sim::{AnyAccept, InventoryV2, SimConfig};

async fn first_connector(cx: &Context, provider: &str) -> Value {
    cx.json(&format!("{V1}/{provider}/connectors")).await["content"][0].clone()
}

#[tokio::test]
async fn connectors_are_listed_read_and_refused() {
    let cx = start(config()).await;
    for provider in ["aws", "azure", "gcp"] {
        let row = first_connector(&cx, provider).await;
        let id = row["connectorId"].as_str().unwrap();
        let read = cx.json(&format!("{V1}/{provider}/connectors/{id}")).await;
        assert_eq!(read, row, "{provider}: the same object without the envelope");
        assert_eq!(row["provider"], provider.to_uppercase());
        let errors = cx.json(&format!("{V1}/{provider}/connectors/{id}/errors")).await;
        assert!(errors["content"].is_array() && errors["totalElements"].is_u64());
    }
    let unknown = format!("{V1}/aws/connectors/00000000-0000-4000-8000-000000000000");
    for target in [unknown.clone(), format!("{unknown}/errors")] {
        let (status, body) = cx.answer(&target).await;
        assert_eq!((status, &body["status"]), (404, &json!(404)));
        assert!(!body["message"].as_str().unwrap().contains("No static resource"));
    }
    let (status, body) = cx.answer(&format!("{V1}/aws/connectors/123")).await;
    assert_eq!(status, 400);
    assert_eq!(body["message"], "UUID has to be represented by standard 36-char representation");
}

#[tokio::test]
async fn base_account_and_template_are_served() {
    let cx = start(config()).await;
    let base = cx.json(&format!("{V1}/aws/connectors/awsBaseAccountId")).await;
    let base = base.as_object().unwrap();
    assert_eq!(base.len(), 6);
    assert!(base.values().all(Value::is_string), "booleans are strings too: {base:?}");
    let template = format!("{V1}/aws/connectors/aws/download");
    let answer =
        cx.get(&format!("{template}?awsCloudType=Global&externalId=123456789")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/octet-stream");
    assert!(answer.text().await.unwrap().contains("123456789"));
    for bad in ["", "?awsCloudType=Mars&externalId=123456789", "?awsCloudType=Global&externalId=12345678"] {
        assert_eq!(cx.status(&format!("{template}{bad}")).await, 400, "{bad}");
    }
}

#[tokio::test]
async fn the_inventory_is_spelled_as_the_service_wants_it() {
    let cx = start(config()).await;
    for (path, status) in [
        ("EBS/AWS", 200),
        ("WEB_APP/Azure", 200),
        ("WEB_APP/AZURE", 200),
        ("VM_INSTANCE/GCP", 200),
        ("INSTANCE/OCI", 200),
        ("INSTANCE/oci", 200),
    ] {
        assert_eq!(cx.status(&format!("{V1}/resource/{path}")).await, status, "{path}");
    }
    for path in ["EBS/aws", "WEB_APP/azure", "VM_INSTANCE/gcp", "EBS/Aws"] {
        let (status, body) = cx.answer(&format!("{V1}/resource/{path}")).await;
        assert_eq!(status, 404);
        assert!(body["message"].as_str().unwrap().starts_with("No static resource "), "{path}");
    }
    let (status, body) = cx.answer(&format!("{V1}/resource/NO_SUCH_TYPE/AWS")).await;
    assert_eq!((status, &body["error"]), (404, &json!("Not Found")));
}

#[tokio::test]
async fn details_take_the_uuid_and_ignore_the_query() {
    let cx = start(config()).await;
    let row = cx.json(&format!("{V1}/resource/EC2_INSTANCE/AWS")).await["content"][0].clone();
    assert_eq!(row["vulnerabilities"], json!([]), "lists hide them");
    let uuid = row["uuid"].as_str().unwrap();
    let details = cx.json(&format!("{V1}/resource/EC2_INSTANCE/uuid/{uuid}/AWS?pageSize=0&filter=((")).await;
    assert_eq!((&details["uuid"], &details["resourceId"]), (&row["uuid"], &row["resourceId"]));
    let id = row["resourceId"].as_str().unwrap();
    assert_eq!(cx.status(&format!("{V1}/resource/EC2_INSTANCE/uuid/{id}/AWS")).await, 404);
}

#[tokio::test]
async fn filters_select_and_bad_ones_are_400() {
    let cx = start(config()).await;
    let list = format!("{V1}/resource/EBS/AWS");
    let row = cx.json(&list).await["content"][0].clone();
    let account = row["cloudAccountId"].as_str().unwrap();
    let total = |filter: &str| {
        let request = cx.get(&list).query(&[("filter", filter)]);
        async move {
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 200);
            answer.json::<Value>().await.unwrap()["totalElements"].as_u64().unwrap()
        }
    };
    let all = cx.json(&list).await["totalElements"].as_u64().unwrap();
    let of_account = total(&format!("account.id:{account}")).await;
    assert!(of_account > 0 && of_account <= all);
    assert_eq!(total(&format!("NOT account.id:{account}")).await, all - of_account);
    assert_eq!(total("no.such.token:x").await, 0, "an unknown token matches nothing");
    for (name, bad) in [("filter", "((account.id:1"), ("updated", "[now-1d .. "), ("sort", "sideways")] {
        let answer = cx.get(&list).query(&[(name, bad)]).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{name}={bad}");
        let body: Value = answer.json().await.unwrap();
        assert!(
            body["message"].as_str().unwrap().starts_with(&format!("Parameter {name} has invalid value"))
        );
    }
}

#[tokio::test]
async fn controls_speak_json_or_xml_and_their_warning_drops_the_filter() {
    let cx = start(config()).await;
    let list = format!("{V1}/controls/metadata/list");
    let first = cx.json(&format!("{list}?pageSize=10&filter=provider:AWS")).await;
    assert_eq!(first["control"].as_array().unwrap().len(), 10);
    let url = first["warning"]["url"].as_str().unwrap();
    assert_eq!(url, format!("{}{list}?pageNo=1&pageSize=10", cx.sim.url()));
    let mut seen = 0;
    for page in 0.. {
        let answer = cx.json(&format!("{list}?pageSize=10&pageNo={page}")).await;
        seen += answer["control"].as_array().unwrap().len();
        if answer.get("warning").is_none() {
            break;
        }
    }
    assert_eq!(
        seen as u64,
        cx.json(&format!("{list}?pageSize=1000")).await["control"].as_array().unwrap().len() as u64
    );
    assert_eq!(cx.json(&format!("{list}?pageNo=900")).await, json!({"control": []}));

    let url = format!("{}{list}?pageSize=2", cx.sim.url());
    let ask = |cx: &Context, accept: &str| {
        let (username, password) = cx.sim.login();
        cx.http.get(&url).header("accept", accept).basic_auth(username, Some(password)).send()
    };
    for (accept, xml) in [
        ("application/xml", true),
        ("*/*", true),
        ("application/json, */*", false),
        ("application/json, application/xml", false),
    ] {
        let text = ask(&cx, accept).await.unwrap().text().await.unwrap();
        assert_eq!(text.starts_with("<?xml"), xml, "{accept}");
    }
    let text = ask(&cx, "text/xml").await.unwrap().text().await.unwrap();
    for part in [
        "<CONTROL_LIST_OUTPUT><DATETIME>",
        "<CONTROL_LIST><CONTROL><CID>",
        "<SERVICE_TYPE><![CDATA[",
        "<URL>",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[tokio::test]
async fn what_any_accept_means_for_controls_is_a_setting() {
    let cx = start(SimConfig { any_accept: AnyAccept::Json, ..config() }).await;
    let (username, password) = cx.sim.login();
    let url = format!("{}{V1}/controls/metadata/list", cx.sim.url());
    let answer = cx.http.get(url).header("accept", "*/*").basic_auth(username, Some(password)).send().await;
    assert!(answer.unwrap().json::<Value>().await.unwrap()["control"].is_array());
}

#[tokio::test]
async fn evaluations_tell_results_per_account_and_resource() {
    let cx = start(config()).await;
    for (provider, field) in [("aws", "awsAccountId"), ("azure", "subscriptionId"), ("gcp", "projectId")] {
        let connector = first_connector(&cx, provider).await;
        let account = connector[field].as_str().unwrap();
        let list = format!("{V1}/{provider}/evaluations/{account}");
        let page = cx.json(&list).await;
        let row = page["content"]
            .as_array()
            .unwrap()
            .iter()
            .find(|r| r["failedResources"].as_u64() > Some(0))
            .unwrap_or_else(|| panic!("{provider}: nothing fails"));
        let cid = row["controlId"].as_str().unwrap();
        let resources = cx.json(&format!("{list}/resources/{cid}?pageSize=100")).await;
        let total = ["passedResources", "failedResources", "passWithExceptionResources"]
            .iter()
            .map(|k| row[*k].as_u64().unwrap())
            .sum::<u64>();
        assert_eq!(resources["totalElements"], total, "{provider} {cid}");
        let count = |filter: &str| {
            let request = cx.get(&format!("{list}/resources/{cid}")).query(&[("filter", filter)]);
            async move { request.send().await.unwrap().json::<Value>().await.unwrap()["totalElements"].clone() }
        };
        assert_eq!(count("resource.result:FAIL").await, row["failedResources"], "{provider} {cid}");
        assert_eq!(count("result:FAIL").await, 0, "accepted, and matches nothing");

        let resource = resources["content"][0]["resourceId"].as_str().unwrap();
        let connector = connector["connectorId"].as_str().unwrap();
        let stats = format!("{V1}/{provider}/evaluations/stats/{cid}/{connector}");
        let answer = cx.get(&stats).query(&[("resourceId", resource)]).send().await.unwrap();
        assert!(answer.json::<Value>().await.unwrap()["firstEvaluated"].is_string());
        assert_eq!(cx.json(&format!("{stats}?resourceId=nothing")).await, json!({}));
        assert_eq!(cx.status(&stats).await, 400);
        assert_eq!(cx.status(&format!("{list}/resources/999999999")).await, 404);
        assert_eq!(cx.status(&format!("{V1}/{provider}/evaluations/nobody")).await, 404);
    }
}

#[tokio::test]
async fn oci_has_its_own_path_for_evaluations_on_the_gateway() {
    let cx = start(config()).await;
    let token = cx.token().await;
    let resource = cx.json(&format!("{V1}/resource/INSTANCE/oci")).await["content"][0].clone();
    let tenant = resource["tenantId"].as_str().unwrap();
    let ask = |query: &[(&str, &str)]| {
        cx.http.get(format!("{}{V1}/oci/evaluations/", cx.sim.url())).query(query).bearer_auth(&token).send()
    };
    let page: Value = ask(&[("tenantId", tenant)]).await.unwrap().json().await.unwrap();
    assert!(page["totalElements"].as_u64().unwrap() > 0);
    assert_eq!(page["size"], 300);
    assert_eq!(ask(&[]).await.unwrap().status(), 400);
    assert_eq!(ask(&[("tenantId", "nobody")]).await.unwrap().status(), 404);
}

#[tokio::test]
async fn policies_and_mandates_come_in_their_shapes() {
    let cx = start(config()).await;
    let token = cx.token().await;
    let v1 = cx.json(&format!("{V1}/reports/policies?cloudType=AWS")).await;
    let v1 = v1.as_array().unwrap();
    assert!(!v1.is_empty() && v1.len() <= 100);
    assert!(v1.iter().all(|p| p["cloudType"] == "AWS" && p["id"].is_string()));
    assert_eq!(cx.status(&format!("{V1}/reports/policies")).await, 400);
    let url = format!("{}/cloudview-api/rest/v2/policies", cx.sim.url());
    let v2: Value = cx.http.get(url).bearer_auth(token).send().await.unwrap().json().await.unwrap();
    assert!(v2["content"][0]["uuid"].is_string() && v2["totalElements"].as_u64() > Some(0));
    let mandates = cx.json(&format!("{V1}/mandates")).await;
    assert!(mandates[0]["id"].is_u64());
    assert_eq!(cx.json(&format!("{V1}/reports/mandates")).await, mandates);
}

#[tokio::test]
async fn remediation_wants_a_cloud() {
    let cx = start(config()).await;
    let list = format!("{V1}/remediation/activity");
    for cloud in ["AWS", "AZURE", "GCP"] {
        let page = cx.json(&format!("{list}?cloudType={cloud}")).await;
        for row in page["content"].as_array().unwrap() {
            assert_eq!(row["cloudType"].as_str().unwrap().to_uppercase(), cloud);
        }
    }
    for bad in ["", "?cloudType=", "?cloudType=IBM"] {
        assert_eq!(cx.status(&format!("{list}{bad}")).await, 400, "{bad}");
    }
}

#[tokio::test]
async fn the_newer_inventory_list_has_the_same_rows_and_a_total_of_its_own() {
    let target =
        |version: u8| format!("/cloudview-api/rest/v{version}/resource/EBS/AWS?pageNo=1&pageSize=20");
    for (answers, total) in
        [(InventoryV2::Same, Some(50)), (InventoryV2::Differs, Some(51)), (InventoryV2::Missing, None)]
    {
        let base = SimConfig { inventory_v2: answers, ..config() };
        let cx = start(base.rows("aws/EBS=50".parse().unwrap())).await;
        let v1 = cx.json(&target(1)).await;
        assert_eq!(cx.status(&target(2)).await, 401, "it is the gateway's and takes tokens only");
        let url = format!("{}{}", cx.sim.urls().gateway, target(2));
        let answer = cx.http.get(url).bearer_auth(cx.token().await).send().await.unwrap();
        let Some(total) = total else {
            assert_eq!(answer.status(), 404);
            continue;
        };
        let v2 = json_of(answer).await;
        assert_eq!(v2.as_object().unwrap().keys().collect::<Vec<_>>(), ["content", "totalHits"]);
        assert_eq!(v2["content"], v1["content"]);
        assert_eq!((v2["totalHits"].as_u64(), v1["totalElements"].as_u64()), (Some(total), Some(50)));
    }
}

#[tokio::test]
async fn a_tenant_may_refuse_ignore_or_misread_filters() {
    let rules = ["account.id=refuse", "region=ignore", "in=nothing", "instants=days", "not=refuse"];
    let filters = rules.iter().map(|r| r.parse().unwrap()).collect();
    let cx = start(SimConfig { filters, ..config() }.rows("aws/EBS=200".parse().unwrap())).await;
    let list = format!("{V1}/resource/EBS/AWS?pageSize=1");
    let total = async |query: &str| cx.json(&format!("{list}&{query}")).await["totalElements"].clone();
    for refused in ["account.id:1", "account.id:1%20and%20region:x", "NOT%20resource.id:x"] {
        let (status, body) = cx.answer(&format!("{list}&filter={refused}")).await;
        assert_eq!((status, &body["message"]), (400, &json!("Parameter filter has invalid value")));
    }
    assert_eq!(total("filter=region:nowhere").await, 200);
    assert_eq!(
        total("filter=region%20in%20(us-east-1,%20us-west-2)").await,
        200,
        "ignored before it is a set"
    );
    assert_eq!(total("filter=resource.id%20in%20(a,%20b)").await, 0);
    let second = "updated=%5B2026-01-15T11:59:58Z%20..%202026-01-15T11:59:59Z%5D";
    assert_eq!(total(second).await, 200, "the day counts");
}
