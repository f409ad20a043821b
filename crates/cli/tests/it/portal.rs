//! Connectors by the Connector API v3, and beside what CloudView knows of them.

use crate::context::{Home, set_mode, sim};
use serde_json::{Value, json};

const NEW: &str =
    r#"{"name":"new one","arn":"arn:aws:iam::111122223333:role/reader","externalId":"123456789012"}"#;

fn create(home: &Home) -> Value {
    home.run(["portal-connectors", "create", "--provider", "aws", "--data", NEW]).rows().remove(0)
}

fn id_of(row: &Value) -> String {
    row["id"].to_string()
}

#[test]
fn a_connector_of_one_interface_is_one_of_the_other() {
    let sim = sim();
    let home = Home::at(&sim);
    let made = create(&home);
    let (id, uuid) = (id_of(&made), made["cloudviewUuid"].as_str().unwrap());
    let body = sim.journal().of("portal-connectors.create").next().unwrap().body.clone().unwrap();
    assert_eq!(body["ServiceRequest"]["data"]["AwsAssetDataConnector"]["name"], "new one");
    let seen: Value = serde_json::from_str(&home.run(["connectors", "get", uuid]).ok()).unwrap();
    assert_eq!((&seen["name"], &seen["awsAccountId"]), (&json!("new one"), &json!("111122223333")));

    let change = ["--data", r#"{"AwsAssetDataConnector":{"description":"changed"}}"#];
    let words = ["portal-connectors", "update", &id, "--provider", "aws"];
    let changed = home.run(words.into_iter().chain(change)).rows();
    assert_eq!((&changed[0]["description"], &changed[0]["name"]), (&json!("changed"), &json!("new one")));
    home.run(words).failed(2, &["nothing is given that would change"]);

    let ran = home.run(["portal-connectors", "run", &id]).rows();
    assert!(ran[0]["outcome"].as_str().unwrap().starts_with("asked to run"), "{ran:?}");
    home.run(["portal-connectors", "delete", &id]).failed(2, &["nobody can be asked"]);
    let gone = home.run(["portal-connectors", "delete", &id, "5", "--yes"]);
    assert!(gone.stdout.contains(r#""outcome":"deleted""#) && gone.stdout.contains("not found"), "{gone:?}");
    gone.failed(6, &["1 of 2 connectors"]);
    home.run(["portal-connectors", "get", &id]).failed(4, &["no provider has a connector with the number"]);
    home.run(["connectors", "get", uuid]).failed(4, &[]);
}

#[test]
fn connectors_are_found_by_their_fields_and_followed_over_pages() {
    let sim = totalcloud_testkit::sim(|c| c.world.accounts.push((totalcloud_api::Provider::Aws, 12)));
    let home = Home::at(&sim);
    let all = home.words("portal-connectors list").rows();
    let clouds: std::collections::BTreeSet<&str> =
        all.iter().map(|row| row["provider"].as_str().unwrap()).collect();
    assert_eq!(clouds.into_iter().collect::<Vec<_>>(), ["aws", "azure", "gcp"]);
    let aws = home.words("portal-connectors list --provider aws --page-size 5").rows();
    assert_eq!(aws.len(), 12);
    assert!(aws.iter().all(|row| row.get("provider").is_none()), "of one cloud rows are as they came");
    let (id, name) = (id_of(&aws[3]), aws[3]["name"].as_str().unwrap());
    let found = home.run(["portal-connectors", "get", &id]).rows();
    assert_eq!(found[0], aws[3]);
    let after = format!("id:GREATER:{id}");
    let words = ["portal-connectors", "list", "--provider", "aws", "--page-size", "3", "--where", &after];
    assert_eq!(home.run(words).rows(), aws[4..]);
    let named = home.run(["portal-connectors", "list", "--provider", "aws", "--name", name]).rows();
    assert!(named.contains(&aws[3]) && named.len() < aws.len());
    assert_eq!(home.words("portal-connectors list --provider aws --limit 4").rows(), aws[..4]);
    home.words("portal-connectors list --provider oci").failed(2, &["does not offer"]);
    home.words("portal-connectors get abc").failed(2, &["a whole number"]);
}

#[test]
fn both_interfaces_are_joined_by_the_id_of_cloudview() {
    let sim = sim();
    let home = Home::at(&sim);
    let run = home.words("portal-connectors list --joined");
    assert_eq!(run.stderr, "", "each has its partner");
    let joined = run.rows();
    let known: Vec<Value> = home.words("connectors list").rows();
    assert_eq!(joined.len(), known.len());
    for row in &joined {
        let partner = known.iter().find(|k| k["connectorId"] == row["cloudviewUuid"]).unwrap();
        for field in ["connectorId", "state", "lastSyncedOn", "totalAssets"] {
            assert_eq!(row[field], partner[field], "{field} of {row}");
        }
        assert!(row["id"].is_number() && row["provider"].is_string());
    }
    let table =
        home.words("portal-connectors list --joined --format csv --columns id,state,totalAssets").ok();
    assert_eq!(table.lines().next(), Some("id,state,totalAssets"));
    assert_eq!(home.words("portal-connectors list --joined --provider aws --limit 1").rows().len(), 1);
}

#[test]
fn connectors_without_partner_are_counted_on_both_sides() {
    // CloudView of one company, and the API server of another.
    let company = |seed: u64, accounts: u64| {
        totalcloud_testkit::sim(|config| {
            config.world.seed = seed;
            config.world.accounts.push((totalcloud_api::Provider::Aws, accounts));
        })
    };
    let (here, there) = (company(1, 2), company(2, 3));
    let home = Home::at(&here)
        .without("TOTALCLOUD_URL")
        .env("TOTALCLOUD_BASE_URL", here.url())
        .env("TOTALCLOUD_GATEWAY_URL", here.url())
        .env("TOTALCLOUD_API_URL", there.url());
    let run = home.words("portal-connectors list --joined --provider aws");
    let said = "3 of the connectors here have no partner in CloudView, and 2 of CloudView's have none here";
    assert!(run.stderr.contains(said), "{run:?}");
    let rows = run.rows();
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row["connectorId"].is_null() && row["cloudviewUuid"].is_string()));
    // Of what was left out on purpose nobody knows whether it has a partner.
    let run = home.words("portal-connectors list --joined --provider aws --limit 1");
    assert!(
        run.stderr.contains("1 of the connectors here") && !run.stderr.contains("CloudView's"),
        "{run:?}"
    );
}

#[test]
fn data_is_checked_and_previewed_before_it_is_sent() {
    let sim = sim();
    let home = Home::at(&sim);
    let azure = ["portal-connectors", "create", "--provider", "azure"];
    let wrong = r#"{"AwsAssetDataConnector":{"name":"x"}}"#;
    home.run(azure.into_iter().chain(["--data", wrong])).failed(2, &["AwsAssetDataConnector", "azure"]);
    home.run(azure).failed(2, &["'ServiceRequest.data' is required"]);
    std::fs::write(
        home.path("body.yaml"),
        "ServiceRequest:\n  data:\n    name: x\n    authRecord:\n      authenticationKey: canary\n",
    )
    .unwrap();
    set_mode(&home.path("body.yaml"), 0o600);
    let run = home.run(azure.into_iter().chain(["--from", "body.yaml", "--dry-run"]));
    assert!(!run.stdout.contains("canary"), "{run:?}");
    let shown = run.ok();
    assert!(shown.contains("/qps/rest/3.0/create/am/azureassetdataconnector\n"), "{shown}");
    assert!(shown.contains("\"AzureAssetDataConnector\": {"), "{shown}");
    let skeleton = home.run(azure.into_iter().chain(["--skeleton"])).ok();
    assert!(skeleton.contains("\"ServiceRequest\""), "{skeleton}");
    assert_eq!(sim.journal().count, 0);
}

#[test]
fn a_connector_whose_answer_is_lost_is_told_from_one_of_the_same_name() {
    let sim = totalcloud_testkit::sim(|config| {
        config.faults.push("op=portal-connectors.create,nth=2,do=reset-body".parse().unwrap());
    });
    let home = Home::at(&sim);
    let first = id_of(&create(&home));
    let second = NEW.replace("111122223333", "111122224444");
    let run = home.run(["portal-connectors", "create", "--provider", "aws", "--data", &second]);
    let run = run.failed(1, &["the service has this connector now", "111122224444"]);
    assert!(!run.stderr.contains(&format!("\"id\":{first},")), "{run:?}");
    assert_eq!(sim.calls("portal-connectors.create"), 2);
}

#[test]
fn any_operation_of_the_api_server_shows_what_is_inside_and_writes_once() {
    let sim = sim();
    let home = Home::at(&sim);
    let made = create(&home);
    let id = format!("id={}", id_of(&made));
    let one = home.run(["api", "portal-connectors.get", "provider=aws", &id]).rows();
    assert_eq!(one[0]["name"], "new one");
    assert_eq!(home.run(["api", "portal-connectors.run", "provider=aws", &id]).rows().len(), 1);
    assert_eq!(sim.calls("portal-connectors.run"), 1);
    let raw = home.run(["api", "portal-connectors.get", "provider=aws", &id, "--raw"]).ok();
    assert!(raw.contains("\"ServiceResponse\""), "{raw}");
}
