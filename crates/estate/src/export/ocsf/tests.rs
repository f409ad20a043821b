use super::*;
use crate::tables;
use totalcloud_table::BatchBuilder;

fn now() -> Timestamp {
    "2026-03-01T00:00:00Z".parse().unwrap()
}

/// Rows of a table, as a batch; columns that only the estate has are added to the rows.
fn batch(table: &str, rows: &[Value]) -> RecordBatch {
    let mut builder = BatchBuilder::new(tables::get(table).unwrap().shape, false);
    for row in rows {
        builder.push(&row.to_string().into()).unwrap();
    }
    builder.finish().unwrap()
}

fn mapper() -> Mapper {
    let mut mapper = Mapper::new(now());
    let control = json!({
        "cid": 52, "controlName": "Ensure MFA", "criticality": "HIGH", "serviceType": "IAM",
        "controlType": "System Defined", "policyNames": ["CIS AWS 1.4"],
        "specification": "<p>MFA &amp; more</p>", "manualRemediation": "<ol><li>Turn it on</li></ol>",
        "evaluation": {"passMessage": "MFA is on", "failMessage": "MFA is off"},
    });
    mapper.learn_controls(&batch("controls", &[control])).unwrap();
    mapper
}

fn row(json: Value) -> Row {
    json.as_object().unwrap().clone()
}

fn failing() -> Row {
    row(json!({
        "provider": "aws", "account": "012345678901", "controlId": "52", "resourceId": "jane", "resourceType": "IAM_USER",
        "region": "us-east-1", "connectorId": "c-1", "result": "FAIL", "evaluatedOn": "2026-02-28T10:00:00Z",
        "evidences": [{"settingName": "MFA", "actualValue": "false"}, {"settingName": "none", "actualValue": null}],
        "evaluationDates": {"firstEvaluated": "2026-01-01T00:00:00Z", "lastEvaluated": "2026-02-28T10:00:00Z"},
        "firstSeen": "2026-02-01T00:00:00Z", "failedSince": "2026-02-01T00:00:00Z", "timesReopened": 0,
    }))
}

#[test]
fn a_failure_is_a_new_finding_with_its_control_joined() {
    let event = mapper().event(Source::Resource, &failing());
    let expected = json!({
        "activity_id": 1,
        "activity_name": "Create",
        "category_name": "Findings",
        "category_uid": 2,
        "class_name": "Compliance Finding",
        "class_uid": 2003,
        "cloud": {
            "account": {
                "type": "AWS Account",
                "type_id": 10,
                "uid": "012345678901"
            },
            "provider": "AWS",
            "region": "us-east-1"
        },
        "compliance": {
            "category": "IAM",
            "checks": [
                {
                    "name": "Ensure MFA",
                    "status": "Fail",
                    "status_id": 3,
                    "uid": "52"
                }
            ],
            "control": "Ensure MFA",
            "desc": "MFA & more",
            "standards": [
                "CIS AWS 1.4"
            ],
            "status": "Fail",
            "status_code": "FAIL",
            "status_id": 3
        },
        "evidences": [
            {
                "data": {
                    "MFA": "false"
                },
                "name": "MFA"
            }
        ],
        "finding_info": {
            "analytic": {
                "category": "System Defined",
                "name": "Ensure MFA",
                "type": "Rule",
                "type_id": 1,
                "uid": "52"
            },
            "created_time": 1767225600000_i64,
            "desc": "MFA is off",
            "first_seen_time": 1767225600000_i64,
            "last_seen_time": 1772272800000_i64,
            "modified_time": 1769904000000_i64,
            "title": "Ensure MFA",
            "uid": "aws/012345678901/52/IAM_USER/us-east-1/jane"
        },
        "message": "Fail: Ensure MFA: jane",
        "metadata": {
            "event_code": "52",
            "log_name": "resource_evaluations",
            "log_provider": "Qualys TotalCloud",
            "processed_time": 1772323200000_i64,
            "product": {
                "feature": {
                    "name": "Cloud Security Posture Management"
                },
                "name": "TotalCloud",
                "vendor_name": "Qualys"
            },
            "profiles": [
                "cloud"
            ],
            "uid": "aws/012345678901/52/IAM_USER/us-east-1/jane@1772272800000",
            "version": "1.5.0"
        },
        "observables": [
            {
                "name": "resources[].uid",
                "type": "Resource UID",
                "type_id": 10,
                "value": "jane"
            }
        ],
        "remediation": {
            "desc": "Turn it on"
        },
        "resources": [
            {
                "cloud_partition": "aws",
                "region": "us-east-1",
                "type": "IAM_USER",
                "uid": "jane"
            }
        ],
        "severity": "High",
        "severity_id": 4,
        "status": "New",
        "status_code": "FAIL",
        "status_id": 1,
        "time": 1772272800000_i64,
        "type_name": "Compliance Finding: Create",
        "type_uid": 200301,
        "unmapped": {
            "connectorId": "c-1",
            "timesReopened": 0
        }
    });
    assert_eq!(event, expected);
}

#[test]
fn each_state_has_its_activity_and_its_statuses() {
    let with = |more: Value| {
        let mut row = failing();
        row.extend(more.as_object().unwrap().clone());
        let event = mapper().event(Source::Resource, &row);
        let name = |v: &Value| v.as_str().unwrap().to_owned();
        [&event["activity_name"], &event["status"], &event["compliance"]["status"]].map(name).join(", ")
    };
    assert_eq!(with(json!({})), "Create, New, Fail");
    assert_eq!(with(json!({"reopenedOn": "2026-02-20T00:00:00Z"})), "Update, New, Fail");
    assert_eq!(with(json!({"result": "PASS"})), "Create, Resolved, Pass");
    assert_eq!(with(json!({"result": "PASS", "fixedOn": "2026-02-20T00:00:00Z"})), "Close, Resolved, Pass");
    assert_eq!(with(json!({"result": "PASSE"})), "Update, Suppressed, Pass");
    assert_eq!(with(json!({"state": "fixed"})), "Close, Resolved, Pass");
    assert_eq!(with(json!({"state": "gone"})), "Close, Resolved, Unknown");
    assert_eq!(with(json!({"result": "NEW WORD"})), "Create, Unknown, Unknown");
}

#[test]
fn a_fix_happened_when_it_was_fixed() {
    let mut fixed = failing();
    fixed.insert("result".into(), "PASS".into());
    fixed.insert("fixedOn".into(), "2026-02-20T00:00:00Z".into());
    let event = mapper().event(Source::Resource, &fixed);
    assert_eq!(event["time"], json!(1_771_545_600_000_i64));
    assert_eq!(event["finding_info"]["modified_time"], json!(1_771_545_600_000_i64));
    let again = mapper().event(Source::Resource, &failing());
    assert_eq!(event["finding_info"]["uid"], again["finding_info"]["uid"]);
    assert_ne!(event["metadata"]["uid"], again["metadata"]["uid"]);
}

#[test]
fn an_account_is_a_finding_with_counts() {
    let evaluation = json!({
        "provider": "azure", "account": "s-1", "controlId": "7", "controlName": "Ensure HTTPS", "criticality": "LOW",
        "policyNames": ["CIS Azure"], "service": "Web", "result": "FAIL", "passedResources": 1, "failedResources": 2,
        "lastSeen": "2026-02-28T10:00:00Z",
    });
    let mut mapper = mapper();
    let connectors = RecordBatch::try_from_iter(
        ["provider", "account", "subscriptionName"].into_iter().zip(["AZURE", "s-1", "Production"].map(
            |t| std::sync::Arc::new(arrow::array::StringArray::from(vec![t])) as arrow::array::ArrayRef,
        )),
    );
    mapper.learn_connectors(&connectors.unwrap()).unwrap();
    let event = mapper.event(Source::Account, &row(evaluation));
    assert_eq!(
        event["cloud"]["account"],
        json!({"uid": "s-1", "name": "Production", "type": "Azure Subscription", "type_id": 13})
    );
    assert_eq!(event["compliance"]["status_details"], json!(["2 resources: fail", "1 resource: pass"]));
    assert_eq!(event["compliance"]["standards"], json!(["CIS Azure"]));
    assert_eq!(event["resources"], json!([{"type": "Account", "uid": "s-1"}]));
    assert_eq!((&event["severity_id"], &event["message"]), (&json!(2), &json!("Fail: Ensure HTTPS: s-1")));
}

#[test]
fn a_row_of_which_little_is_known_is_an_event_all_the_same() {
    let event = Mapper::new(now()).event(Source::Resource, &Row::new());
    assert_eq!((&event["time"], &event["severity_id"]), (&json!(now().as_millisecond()), &json!(0)));
    assert_eq!(event["resources"][0]["uid"], "?");
}

#[test]
fn batches_give_one_event_a_row() {
    let rows = [json!({"resourceId": "a", "result": "FAIL"}), json!({"resourceId": "b", "result": "PASS"})];
    let events = mapper().events(Source::Resource, &batch("resource_evaluations", &rows)).unwrap();
    let said: Vec<&str> = events.iter().map(|e| e["status_code"].as_str().unwrap()).collect();
    assert_eq!(said, ["FAIL", "PASS"]);
}
