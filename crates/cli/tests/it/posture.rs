//! Controls, policies, mandates and evaluations, beyond their listings.

use crate::context::{Home, sim};
use serde_json::Value;

#[test]
fn one_control_and_one_policy_are_shown() {
    let sim = sim();
    let home = Home::at(&sim);
    let control = home.words("controls list --limit 3").rows().remove(2);
    assert_eq!(home.run(["controls", "get", &control["cid"].to_string()]).rows(), [control]);
    let asked = sim.journal().of("controls.list").last().unwrap().query.clone();
    assert!(asked.contains("filter=cid%3A"), "{asked}");
    home.words("controls get 999999").failed(4, &["there is no control 999999", "(controls.list)", "hint: "]);
    let policy = home.words("policies list --provider gcp").rows().remove(0);
    let id = policy["uuid"].as_str().unwrap().to_uppercase();
    assert_eq!(home.run(["policies", "get", &id]).rows(), [policy]);
    let unknown = "00000000-0000-4000-8000-00000000dead";
    home.run(["policies", "get", unknown]).failed(4, &["there is no policy", "(policies.list)"]);
    let calls = sim.journal().count;
    home.words("policies get 17").failed(2, &["a UUID of 36 characters"]);
    assert_eq!(sim.journal().count, calls);
}

#[test]
fn controls_come_with_all_their_fields_as_csv() {
    let sim = sim();
    let home = Home::at(&sim);
    let rows = home.words("controls list").rows();
    let read = |more: &[&str]| {
        let list = ["controls", "list", "--format", "csv"];
        let text = home.run(list.into_iter().chain(more.iter().copied())).ok();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().unwrap().clone();
        (header, reader.records().map(Result::unwrap).collect::<Vec<_>>())
    };
    let (header, records) = read(&["--wide"]);
    assert_eq!(records.len(), rows.len());
    let documented = [
        "cid",
        "controlName",
        "created",
        "modified",
        "controlType",
        "provider",
        "isCustomizable",
        "serviceType",
        "criticality",
        "evaluation",
        "specification",
        "rationale",
        "manualRemediation",
        "references",
        "buildTimeRemediation",
        "resourceType",
        "remediationEnabled",
        "policyNames",
        "executionType",
        "workflowBased",
        "templateType",
        "expectedResults",
    ];
    for (row, record) in rows.iter().zip(&records) {
        for field in documented {
            let value = row.get(field).unwrap_or_else(|| panic!("no {field} in {row}"));
            let at =
                header.iter().position(|name| name == field).unwrap_or_else(|| panic!("no column {field}"));
            let cell = &record[at];
            match value {
                Value::Null => assert_eq!(cell, "", "{field}"),
                Value::String(text) if matches!(field, "created" | "modified") => {
                    assert_eq!(cell[..19], text[..19], "{field}");
                }
                // HTML stays as it is.
                Value::String(text) => assert_eq!(cell, text, "{field}"),
                other => assert_eq!(serde_json::from_str::<Value>(cell).unwrap(), *other, "{field}"),
            }
        }
        let extra = header.iter().position(|name| name == "extra").unwrap();
        assert_eq!(&record[extra], "", "every field has a column of its own");
    }
    let (_, records) = read(&["--columns", "evaluation.description,evaluation.criteria"]);
    for (row, record) in rows.iter().zip(&records) {
        assert_eq!(record[0], *row["evaluation"]["description"].as_str().unwrap());
        assert_eq!(serde_json::from_str::<Value>(&record[1]).unwrap(), row["evaluation"]["criteria"]);
    }
}

#[test]
fn resources_of_a_control_come_by_either_version() {
    let sim = sim();
    let home = Home::at(&sim);
    let account = home.words("connectors list --provider aws --limit 1").rows().remove(0);
    let account = account["awsAccountId"].as_str().unwrap();
    let list = ["evaluations", "resources", "--account", account, "--control", "1"];
    let first = home.run(list).rows();
    assert!(!first.is_empty());
    assert_eq!(home.run(list.into_iter().chain(["--api-version", "2"])).rows(), first);
    assert!(sim.calls("evaluations.resources-v2") > 0);
    let filter = ["--api-version", "2", "--filter", "resource.result:FAIL"];
    let failed = home.run(list.into_iter().chain(filter)).rows();
    assert_eq!(failed, first.into_iter().filter(|r| r["result"] == "FAIL").collect::<Vec<_>>());
}

#[test]
fn the_cut_of_the_older_list_of_policies_is_told() {
    let sim = totalcloud_testkit::sim(|config| config.world.size = "large".parse().unwrap());
    let home = Home::at(&sim);
    let run = home.words("policies list --api-version 1 --provider aws");
    assert!(run.stderr.contains("100 rows came, which is the most that the service returns here"), "{run:?}");
    assert!(run.stderr.contains("--api-version 2 lists all"), "{run:?}");
    assert_eq!(run.rows().len(), 100);
    let run = home.words("policies list --provider aws");
    assert_eq!(run.stderr, "");
    assert_eq!(run.rows().len(), 120, "pages are followed");
}

#[test]
fn mandates_are_looked_for_at_the_older_place_where_the_newer_has_none() {
    let sim = totalcloud_testkit::sim(|config| {
        config.faults.push("op=mandates.list,nth=1,do=status:404".parse().unwrap());
    });
    let home = Home::at(&sim);
    let found = home.words("mandates list").rows();
    let paths: Vec<String> = sim.journal().requests.iter().map(|call| call.path.clone()).collect();
    assert_eq!(paths, ["/cloudview-api/rest/v1/mandates", "/cloudview-api/rest/v1/reports/mandates"]);
    assert_eq!(home.words("mandates list --api-version 1").rows(), found);
}
