//! What the reference SDK's classes accept, as far as it differs from what the service is known to send.

use super::*;

const EVALUATION: &[&str] = &["firstEvaluated", "lastEvaluated", "dateReopen", "dateFixed"];

const CONTROL: &[&str] = &[
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
];

const ACCOUNT_EVALUATION: &[&str] = &[
    "controlName",
    "controlId",
    "policyNames",
    "criticality",
    "service",
    "result",
    "passedResources",
    "failedResources",
    "passWithExceptionResources",
];

const REMEDIATION: &[&str] = &[
    "resourceId",
    "controlId",
    "cloudType",
    "accountId",
    "region",
    "status",
    "resourceType",
    "remediationAction",
    "connectorName",
    "policyNames",
    "controlName",
    "triggeredOn",
    "Errors",
    "triggeredBy",
    "remediationReason",
];

const CONNECTOR: &[&str] = &[
    "name",
    "connectorId",
    "description",
    "provider",
    "state",
    "totalAssets",
    "lastSyncedOn",
    "nextSyncedOn",
    "remediationEnabled",
    "qualysTags",
    "isGovCloud",
    "isChinaRegion",
    "accountAlias",
    "isDisabled",
    "pollingFrequency",
    "error",
    "externalId",
    "portalConnectorUuid",
    "isPortalConnector",
    "groups",
    "awsAccountId",
    "baseAccountId",
    "arn",
    "subscriptionId",
    "tenantId",
    "applicationId",
    "subscriptionName",
    "directoryId",
];

/// Types whose class takes a key `type`.
const WITH_TYPE: &[&str] = &["LOAD_BALANCER", "IAM_POLICY", "VIRTUAL_MACHINE", "WEB_APP", "STORAGE_ACCOUNT"];

const VULNERABILITY: &[&str] = &[
    "qid",
    "patchAvailable",
    "exploitability",
    "severity",
    "customerSeverity",
    "lastFound",
    "firstFound",
    "port",
    "protocol",
    "category",
    "hostOS",
    "typeDetected",
    "status",
    "disabled",
    "ignored",
];

const AZURE_LOAD_BALANCER: &[&str] = &[
    "resourceId",
    "name",
    "connectorUuids",
    "created",
    "cloudAccountId",
    "additionalDetails",
    "uuid",
    "connectorUuid",
    "createdOn",
    "tags",
    "remediationEnabled",
    "lastUpdated",
    "cloudType",
    "region",
    "resourceType",
    "accountAlias",
    "controlsFailed",
    "qualysTags",
    "isSnapshotScanEnabled",
    "type",
];

/// The Azure types that have a class.
const AZURE: &[&str] = &["VIRTUAL_MACHINE", "WEB_APP", "STORAGE_ACCOUNT", "LOAD_BALANCER"];

fn keys(value: &Value) -> impl Iterator<Item = &str> {
    value.as_object().unwrap().keys().map(String::as_str)
}

fn only(value: &Value, accepted: &[&str]) {
    for key in keys(value) {
        assert!(accepted.contains(&key), "{key} in {value}");
    }
}

fn classic() -> World {
    let mut config = WorldConfig::new(3, now(), Size::Small);
    config.fields = Fields::Classic;
    World::new(config).unwrap()
}

#[test]
fn classic_resources_have_documented_fields_only() {
    let world = classic();
    for index in world.types() {
        let (ty, collection) = (world.registered(index).unwrap(), Collection::Resources(index));
        let parsed =
            ty.provider == Provider::Aws || (ty.provider == Provider::Azure && AZURE.contains(&ty.name));
        for slot in 0..world.len(&collection) {
            for view in [View::List, View::Details] {
                let json = bytes(&world, &collection, slot, view);
                assert!(ty.check(&json).unwrap().is_empty());
                let row: Value = serde_json::from_slice(&json).unwrap();
                for key in keys(&row) {
                    assert!(ty.shape.column(key).is_some(), "{}: {key} is invented", ty.key());
                    assert!(!matches!(key, "hasSecrets" | "secretStats" | "secrets"), "{key}");
                    assert!(key != "type" || !parsed || WITH_TYPE.contains(&ty.name), "{}", ty.key());
                }
                match ty.key().as_str() {
                    "azure/LOAD_BALANCER" => only(&row, AZURE_LOAD_BALANCER),
                    "azure/VIRTUAL_MACHINE" => {
                        assert!(row.get("vulnerabilities").is_none());
                        only(&row["vulnerabilityStats"], &["severity", "typeDetected"]);
                    }
                    "aws/EC2_INSTANCE" => {
                        row["vulnerabilities"]
                            .as_array()
                            .unwrap()
                            .iter()
                            .for_each(|v| only(v, VULNERABILITY));
                    }
                    "aws/IAM_USER" => assert!(row["userDto"]["accessKeys"].is_array()),
                    "aws/IAM_GROUP" => {
                        row["GroupPolicyList"].as_array().unwrap().iter().for_each(|p| {
                            assert!(p["PolicyDocument"].is_string());
                        });
                    }
                    "aws/CLOUDFRONT_DISTRIBUTION" => assert!(row["geoRestriction"].is_null()),
                    _ => {}
                }
                if ty.provider == Provider::Aws {
                    assert!(!row["cloudAccountId"].as_str().unwrap().starts_with('0'));
                }
            }
        }
    }
}

#[test]
fn classic_rows_of_other_collections_have_accepted_keys_only() {
    let world = classic();
    let first =
        |collection: &Collection| all(&world, collection).into_iter().map(|(_, v)| v).collect::<Vec<_>>();
    first(&Collection::Controls).iter().for_each(|c| only(c, CONTROL));
    for provider in [Provider::Aws, Provider::Azure] {
        first(&Collection::Connectors(provider)).iter().for_each(|c| only(c, CONNECTOR));
        first(&Collection::Remediation(provider)).iter().for_each(|c| only(c, REMEDIATION));
        let results = Collection::AccountEvaluations(provider, 0);
        first(&results).iter().for_each(|c| only(c, ACCOUNT_EVALUATION));
        for control in world.controls.of(provider).step_by(9) {
            for row in first(&Collection::ResourceEvaluations(provider, 0, control)) {
                only(&row["evaluationDates"], EVALUATION);
                assert_eq!(row.get("subscriptionId").is_some(), provider == Provider::Azure);
                assert_eq!(row.get("accountId").is_some(), provider == Provider::Aws);
            }
        }
    }
}
