//! Scans of infrastructure as code: forms, states, results that depend on what is uploaded.

use crate::context::{Context, V1, config, start};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use std::io::{Cursor, Write};
use std::time::Duration;
use totalcloud_sim::{Clock, SimConfig};

const OPEN: &str = "resource \"aws_s3_bucket\" \"logs\" {\n  acl = \"public-read\"\n}\n";

/// A simulator whose clock is moved by the test.
async fn stepped() -> (Context, Clock) {
    let clock = Clock::manual("2026-01-15T12:00:00Z".parse().unwrap());
    (start(SimConfig { clock: clock.clone(), ..config() }).await, clock)
}

fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

async fn send(
    c: &Context,
    name: &str,
    bytes: impl Into<Vec<u8>>,
    texts: &[(&'static str, &str)],
) -> (u16, Value) {
    let mut form = Form::new().part("file", Part::bytes(bytes.into()).file_name(name.to_owned()));
    for (name, text) in texts {
        form = form.text(*name, (*text).to_owned());
    }
    let (username, password) = c.sim.login();
    let url = format!("{}{V1}/iac/scan", c.sim.url());
    let answer = c.http.post(url).basic_auth(username, Some(password)).multipart(form).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn scan(c: &Context, name: &str, bytes: impl Into<Vec<u8>>, texts: &[(&'static str, &str)]) -> String {
    let (status, body) = send(c, name, bytes, texts).await;
    assert_eq!(status, 200, "{body}");
    body["scanUuid"].as_str().unwrap().to_owned()
}

async fn status(c: &Context, id: &str) -> String {
    let list = c.json(&format!("{V1}/iac/getScanList?filter=scanUuid:{id}")).await;
    assert_eq!(list["totalElements"], 1);
    list["content"][0]["status"].as_str().unwrap().to_owned()
}

fn checks(result: &Value, list: &str) -> Vec<(String, String)> {
    let groups = result["result"].as_array().unwrap().iter();
    let checks = groups.flat_map(|g| g["results"][list].as_array().unwrap());
    checks
        .map(|c| (c["checkId"].as_str().unwrap().to_owned(), c["resource"].as_str().unwrap().to_owned()))
        .collect()
}

#[tokio::test]
async fn a_scan_goes_through_its_states_and_then_has_a_result() {
    let (c, clock) = stepped().await;
    let tags = r#"[{"env":"prod"},{"team":"data"}]"#;
    let archive = zip(&[("a/main.tf", OPEN), ("b.yaml", "a: ["), ("README.md", "no")]);
    let id =
        scan(&c, "t.zip", archive, &[("name", "Mine"), ("tags", tags), ("showOnlyFailedControls", "False")])
            .await;
    assert_eq!(status(&c, &id).await, "SUBMITTED");
    let early = c.json(&format!("{V1}/iac/scanResult?scanUuid={id}")).await;
    assert_eq!((early["status"].as_str(), early.get("result")), (Some("SUBMITTED"), None));
    clock.advance(Duration::from_millis(500));
    assert_eq!(status(&c, &id).await, "PROCESSING");
    clock.advance(Duration::from_secs(1));
    assert_eq!(status(&c, &id).await, "FINISHED");

    let result = c.json(&format!("{V1}/iac/scanResult?scanUuid={id}")).await;
    let found = |id: &str| (id.to_owned(), "aws_s3_bucket.logs".to_owned());
    assert_eq!(checks(&result, "failedChecks"), [found("52001"), found("52007")]);
    assert_eq!(result["result"][0]["results"]["failedChecks"][0]["filePath"], "a/main.tf");
    assert_eq!(
        result["result"][0]["summary"],
        json!({"passed": 0, "failed": 2, "skipped": 0, "parsingErrors": 0,
               "failedStats": {"high": 1, "medium": 0, "low": 1}})
    );
    assert_eq!(result["result"][1]["results"]["parsingErrors"], json!(["b.yaml"]));
    assert_eq!((&result["status"], &result["name"]), (&json!("FINISHED"), &json!("Mine")));
    assert_eq!(c.json(&format!("{V1}/iac/getScanResult/{id}")).await, result);

    let list = c.json(&format!("{V1}/iac/getScanList")).await;
    assert_eq!((&list["totalElements"], &list["content"][0]["scanUuid"]), (&json!(2), &json!(id)));
    for tag in list["content"][0]["tags"].as_array().unwrap() {
        // The vendor's scanner prints the first two values of each.
        assert_eq!(tag.as_object().unwrap().values().filter(|v| v.is_string()).count(), 2);
    }
}

#[tokio::test]
async fn the_result_comes_as_sarif_if_the_header_asks_for_it() {
    let (c, clock) = stepped().await;
    let id = scan(&c, "main.tf", OPEN, &[("name", "Mine")]).await;
    clock.advance(Duration::from_secs(2));
    for target in [format!("iac/scanResult?scanUuid={id}"), format!("iac/getScanResult/{id}")] {
        let answer = c.get(&format!("{V1}/{target}")).header("responseFormat", "sarif").send().await.unwrap();
        let sarif: Value = answer.json().await.unwrap();
        assert_eq!((&sarif["version"], sarif["runs"].as_array().unwrap().len()), (&json!("2.1.0"), 1));
        let run = &sarif["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), 2);
        for result in results {
            let rule = &rules[result["ruleIndex"].as_u64().unwrap() as usize];
            assert_eq!(rule["id"], result["ruleId"]);
            assert_eq!(rule["defaultConfiguration"]["level"], result["level"]);
            let place = &result["locations"][0]["physicalLocation"];
            assert_eq!(
                (&place["artifactLocation"]["uri"], &place["region"]["startLine"]),
                (&json!("main.tf"), &json!(1))
            );
        }
    }
}

#[tokio::test]
async fn what_passes_is_left_out_on_demand_and_a_good_template_has_no_failures() {
    let (c, clock) = stepped().await;
    let good = "resource \"aws_ebs_volume\" \"v\" {\n  encrypted = true\n}\n";
    let both = zip(&[("good.tf", good), ("open.tf", OPEN)]);
    let all = scan(&c, "t.zip", both.clone(), &[("name", "All")]).await;
    let failed = scan(&c, "t.zip", both, &[("name", "Failed"), ("showOnlyFailedControls", "true")]).await;
    let fine = scan(&c, "good.tf", good, &[("name", "Good")]).await;
    let nothing = scan(&c, "package.json", "{}", &[("name", "Nothing")]).await;
    clock.advance(Duration::from_secs(2));
    let read = async |id: &str| c.json(&format!("{V1}/iac/scanResult?scanUuid={id}")).await;
    assert_eq!(checks(&read(&all).await, "passedChecks").len(), 1);
    let failed = read(&failed).await;
    assert_eq!((checks(&failed, "passedChecks").len(), checks(&failed, "failedChecks").len()), (0, 2));
    assert_eq!(checks(&read(&fine).await, "failedChecks"), []);
    assert_eq!(read(&nothing).await["result"], json!([]));
}

#[tokio::test]
async fn what_cannot_be_scanned_is_refused_or_ends_as_an_error() {
    let (c, clock) = stepped().await;
    for (file, texts, status) in [
        ("x.exe", &[("name", "x")][..], 400),
        ("x.tf", &[][..], 400),
        ("x.tf", &[("name", "x"), ("tags", "env=prod")][..], 400),
        ("x.tf", &[("name", "x"), ("showOnlyFailedControls", "maybe")][..], 400),
    ] {
        assert_eq!(send(&c, file, OPEN, texts).await.0, status, "{file} {texts:?}");
    }
    assert_eq!(send(&c, "x.zip", vec![0u8; 10 * 1024 * 1024 + 1], &[("name", "x")]).await.0, 413);
    let answer = c.post(&format!("{V1}/iac/scan"), &json!({"name": "x"})).send().await.unwrap();
    assert_eq!(answer.status(), 415);

    let broken = scan(&c, "x.zip", "PK no zip", &[("name", "Broken")]).await;
    clock.advance(Duration::from_secs(2));
    assert_eq!(status(&c, &broken).await, "ERROR");
    let result = c.json(&format!("{V1}/iac/scanResult?scanUuid={broken}")).await;
    assert_eq!((&result["status"], result.get("result")), (&json!("ERROR"), None));
    assert!(result["message"].as_str().unwrap().contains("cannot be read"));

    let unknown = "00000000-0000-4000-8000-000000000000";
    assert_eq!(c.status(&format!("{V1}/iac/scanResult?scanUuid={unknown}")).await, 404);
    assert_eq!(c.status(&format!("{V1}/iac/scanResult?scanUuid=1")).await, 400);
    assert_eq!(c.status(&format!("{V1}/iac/scanResult")).await, 400);
}

#[tokio::test]
async fn a_finished_scan_is_there_from_the_beginning_and_the_list_is_filtered() {
    let (c, _) = stepped().await;
    let list =
        c.json(&format!("{V1}/iac/getScanList?filter=status:FINISHED%20and%20scanDate:[now-2h..now]")).await;
    let seeded = &list["content"][0];
    assert_eq!((&list["totalElements"], &seeded["status"]), (&json!(1), &json!("FINISHED")));
    let id = seeded["scanUuid"].as_str().unwrap();
    let result = c.json(&format!("{V1}/iac/scanResult?scanUuid={id}")).await;
    assert!(!checks(&result, "failedChecks").is_empty() && !checks(&result, "passedChecks").is_empty());
    assert_eq!(c.json(&format!("{V1}/iac/getScanList?filter=status:ERROR")).await["totalElements"], 0);
    assert_eq!(c.json(&format!("{V1}/iac/getScanList?pageSize=1&pageNo=1")).await["content"], json!([]));
    assert_eq!(c.status(&format!("{V1}/iac/getScanList?filter=status:(")).await, 400);
}
