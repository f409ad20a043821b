use crate::context::{V1, config, start};
use serde_json::{Value, json};
use std::collections::HashSet;
use totalcloud_sim::{Oversize, SimConfig};

fn ids(page: &Value) -> Vec<String> {
    page["content"].as_array().unwrap().iter().map(|r| r["uuid"].as_str().unwrap().to_owned()).collect()
}

fn rows(config: SimConfig, count: u64) -> SimConfig {
    config.rows(format!("aws/EBS={count}").parse().unwrap())
}

const EBS: &str = "/cloudview-api/rest/v1/resource/EBS/AWS";

#[tokio::test]
async fn the_envelope_says_where_it_stands_and_every_row_comes_once() {
    let cx = start(rows(config(), 230)).await;
    let mut seen = HashSet::new();
    for (number, expected) in [(0, 100), (1, 100), (2, 30)] {
        let page = cx.json(&format!("{EBS}?pageNo={number}")).await;
        assert_eq!(page["numberOfElements"], expected);
        assert_eq!((&page["totalElements"], &page["totalPages"]), (&json!(230), &json!(3)));
        assert_eq!((&page["number"], &page["size"]), (&json!(number), &json!(100)));
        assert_eq!(page["first"], number == 0);
        assert_eq!(page["last"], number == 2);
        assert_eq!(page["empty"], false);
        assert_eq!(page["pageable"]["offset"], number * 100);
        assert_eq!(page["pageable"].get("empty"), None, "pageable has no such field in the Swagger file");
        seen.extend(ids(&page));
    }
    assert_eq!(seen.len(), 230);
    let past = cx.json(&format!("{EBS}?pageNo=3")).await;
    assert_eq!((&past["content"], &past["empty"], &past["last"]), (&json!([]), &json!(true), &json!(true)));
}

#[tokio::test]
async fn the_same_request_gets_the_same_bytes_from_memory_and_anew() {
    let cx = start(rows(config(), 30)).await;
    let text = |target: String| async {
        let target = target;
        cx.get(&target).send().await.unwrap().text().await.unwrap()
    };
    let first = text(format!("{EBS}?pageNo=0&pageSize=20")).await;
    assert_eq!(text(format!("{EBS}?pageNo=0&pageSize=20")).await, first);
    let anew = text(format!("{EBS}?pageSize=20&pageNo=0&anything=1")).await;
    assert_eq!(anew, first, "an unknown parameter is ignored");
}

#[tokio::test]
async fn each_family_has_its_own_page_size() {
    let cx = start(config()).await;
    let account = cx.json(&format!("{V1}/aws/connectors")).await["content"][0]["awsAccountId"].clone();
    let account = account.as_str().unwrap();
    let list = format!("{V1}/aws/evaluations/{account}");
    let first = cx.json(&list).await;
    let cid = first["content"][0]["controlId"].as_str().unwrap();
    for (target, default, largest) in [
        (format!("{V1}/aws/connectors"), 50, 50),
        (EBS.to_owned(), 100, 100),
        (list.clone(), 300, 500),
        (format!("{list}/resources/{cid}"), 50, 100),
        (format!("{V1}/remediation/activity?cloudType=AWS"), 50, 50),
    ] {
        let joint = if target.contains('?') { '&' } else { '?' };
        assert_eq!(cx.json(&target).await["size"], default, "{target}");
        let clamped = cx.json(&format!("{target}{joint}pageSize=9999")).await;
        assert_eq!(clamped["size"], largest, "{target}");
        assert_eq!(clamped["pageable"]["pageSize"], largest, "{target}");
    }
}

#[tokio::test]
async fn the_largest_page_can_be_set_and_larger_ones_refused() {
    let cx = start(SimConfig { max_page_size: Some(20), ..rows(config(), 50) }).await;
    assert_eq!(cx.json(&format!("{EBS}?pageSize=21")).await["size"], 20);
    assert_eq!(cx.json(EBS).await["size"], 20, "the default is no larger");
    let cx =
        start(SimConfig { max_page_size: Some(20), oversize: Oversize::Reject, ..rows(config(), 50) }).await;
    let (status, body) = cx.answer(&format!("{EBS}?pageSize=21")).await;
    assert_eq!((status, &body["message"]), (400, &json!("Parameter pageSize has invalid value")));
    assert_eq!(cx.json(&format!("{EBS}?pageSize=20")).await["size"], 20);
}

#[tokio::test]
async fn bad_page_numbers_are_400() {
    let cx = start(config()).await;
    for (query, name) in [
        ("pageNo=-1", "pageNo"),
        ("pageNo=x", "pageNo"),
        ("pageNo=", "pageNo"),
        ("pageSize=0", "pageSize"),
        ("pageSize=1.5", "pageSize"),
        ("pageSize=99999999999", "pageSize"),
    ] {
        let (status, body) = cx.answer(&format!("{EBS}?{query}")).await;
        assert_eq!(status, 400, "{query}");
        assert_eq!(body["message"], format!("Parameter {name} has invalid value"));
        assert!(body["errorCode"].is_string());
    }
}

#[tokio::test]
async fn the_wall_stands_at_ten_thousand_rows() {
    let cx = start(rows(config(), 10_050)).await;
    let last = cx.json(&format!("{EBS}?pageSize=50&pageNo=199")).await;
    assert_eq!((&last["numberOfElements"], &last["last"]), (&json!(50), &json!(false)));
    assert_eq!(last["totalElements"], 10_050);
    let (status, body) = cx.answer(&format!("{EBS}?pageSize=50&pageNo=200")).await;
    assert_eq!((status, &body["errorCode"]), (502, &json!("INTERNAL_SERVER_ERROR")));
    let straddling = cx.json(&format!("{EBS}?pageSize=30&pageNo=333")).await;
    assert_eq!(straddling["numberOfElements"], 10, "rows up to the wall only");
    let (status, _) = cx.answer("/cloudview-api/rest/v1/resource/BUCKET/AWS?pageSize=100&pageNo=100").await;
    assert_eq!(status, 502, "whatever the total");
}
