//! Connectors are made, changed, run, switched and deleted.

use crate::context::{Home, set_mode, sim};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ROLE: &str = "arn:aws:iam::111122223333:role/reader";

fn create(home: &Home, name: &str, arn: &str) -> Value {
    let mut made = home
        .run([
            "connectors",
            "create",
            "aws",
            "--name",
            name,
            "--arn",
            arn,
            "--external-id",
            "123456789012",
            "--polling-frequency-hours",
            "6",
            "--format",
            "json",
        ])
        .ok();
    made.truncate(made.trim_end().len());
    serde_json::from_str(&made).unwrap()
}

fn names(home: &Home) -> BTreeSet<String> {
    let rows = home.words("connectors list --provider aws").rows();
    rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_connector_is_made_run_watched_switched_and_deleted() {
    let sim = sim();
    let home = Home::at(&sim);
    let before = names(&home);
    let made = create(&home, "new one", ROLE);
    let id = made["connectorId"].as_str().unwrap();
    assert_eq!((&made["name"], &made["awsAccountId"]), (&json!("new one"), &json!("111122223333")));
    assert_eq!(made["pollingFrequency"], json!({"hours": 6, "minutes": 0}));
    assert_eq!(names(&home).len(), before.len() + 1);

    let ran = home.run(["connectors", "run", id, "--wait"]).rows();
    assert_eq!(ran[0]["id"], id);
    assert!(ran[0]["outcome"].as_str().unwrap().starts_with("ran, SUCCESS"), "{ran:?}");

    let off = home.run(["connectors", "disable", id]).rows();
    assert_eq!(off[0], json!({"id": id, "name": "new one", "kind": "aws", "outcome": "disabled"}));
    let shown: Value = serde_json::from_str(&home.run(["connectors", "get", id]).ok()).unwrap();
    assert_eq!(shown["isDisabled"], true);
    assert_eq!(home.run(["connectors", "enable", id]).rows()[0]["outcome"], "enabled");

    home.run(["connectors", "delete", id]).failed(2, &["nobody can be asked", "--yes"]);
    let gone = home.run(["connectors", "delete", id, "--yes"]).rows();
    assert_eq!(gone[0]["outcome"], "deleted");
    assert_eq!(names(&home), before);
    home.run(["connectors", "get", id]).failed(4, &["not found"]);
}

#[test]
fn a_change_is_read_back() {
    let sim = sim();
    let home = Home::at(&sim);
    let made = create(&home, "first", ROLE);
    let id = made["connectorId"].as_str().unwrap();
    let file = home.path("change.yaml");
    std::fs::write(&file, "description: of the file\npollingFrequency:\n  hours: 2\n").unwrap();
    let run = home.run([
        "connectors",
        "update",
        "aws",
        id,
        "--from",
        "change.yaml",
        "--name",
        "second",
        "--polling-frequency-hours",
        "3",
    ]);
    let rows = run.rows();
    assert_eq!(
        (&rows[0]["name"], &rows[0]["description"], &rows[0]["pollingFrequency"]["hours"]),
        (&json!("second"), &json!("of the file"), &json!(3))
    );
    home.run(["connectors", "update", "aws", id]).failed(2, &["nothing is given"]);
}

#[test]
fn a_batch_tells_what_became_of_each() {
    let sim = sim();
    let home = Home::at(&sim);
    let made = create(&home, "one", ROLE);
    let id = made["connectorId"].as_str().unwrap();
    let unknown = "00000000-0000-4000-8000-000000000000";
    let run = home.run(["connectors", "delete", id, unknown, "--yes"]);
    let outcomes: Vec<(String, String)> = run
        .stdout
        .lines()
        .map(|l| serde_json::from_str::<Value>(l).unwrap())
        .map(|row| (row["id"].as_str().unwrap().to_owned(), row["outcome"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(
        outcomes,
        [(id.to_owned(), "deleted".to_owned()), (unknown.to_owned(), "not found".to_owned())]
    );
    run.failed(6, &["1 of 2 connectors are not as they should be"]);
    home.run(["connectors", "run", unknown]).failed(4, &["no provider has a connector"]);
    home.run(["connectors", "run", "17"]).failed(2, &["UUIDs"]);
}

#[test]
fn bad_input_is_refused_before_any_call() {
    let sim = sim();
    let home = Home::at(&sim);
    let with = |extra: &[&str]| {
        let mut words =
            vec!["connectors", "create", "aws", "--name", "a", "--arn", ROLE, "--external-id", "123456789"];
        words.extend(extra);
        home.run(words.iter().copied())
    };
    with(&["--polling-frequency-minutes", "75"]).failed(2, &["a whole number from 0 to 59"]);
    with(&["--polling-frequency-hours", "0"]).failed(2, &["at least a minute"]);
    home.run([
        "connectors",
        "create",
        "aws",
        "--name",
        "a",
        "--arn",
        "arn:aws:iam::1:role/x",
        "--external-id",
        "123456789",
    ])
    .failed(2, &["the ARN of a role"]);
    home.run(["connectors", "create", "aws", "--name", "a", "--arn", ROLE, "--external-id", "12"])
        .failed(2, &["9 to 90 digits"]);
    home.run(["connectors", "create", "aws", "--name", "a", "--arn", ROLE])
        .failed(2, &["'externalId' is required"]);
    home.run(["connectors", "create", "azure", "--name", "a", "--application-id", "x"]).failed(2, &["UUID"]);
    assert_eq!(sim.journal().count, 0);
}

#[test]
fn a_dry_run_shows_the_request_without_its_secrets_and_sends_nothing() {
    let sim = sim();
    let home = Home::at(&sim);
    let key = home.path("key");
    std::fs::write(&key, "canary-key\n").unwrap();
    set_mode(&key, 0o600);
    let uuid = "3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2";
    let words = [
        "connectors",
        "create",
        "azure",
        "--name",
        "prod",
        "--application-id",
        uuid,
        "--directory-id",
        uuid,
        "--subscription-id",
        uuid,
        "--authentication-key-file",
        "key",
    ];
    let run = home.run(words.into_iter().chain(["--dry-run"]));
    assert!(!run.stdout.contains("canary") && !run.stderr.contains("canary"), "{run:?}");
    let shown = run.ok();
    assert!(shown.starts_with("POST http"), "{shown}");
    assert!(shown.contains("/cloudview-api/rest/v1/azure/connectors\nauthorization: …\n"), "{shown}");
    assert!(
        shown.contains("\"authenticationKey\": \"…\"") && shown.contains("\"name\": \"prod\""),
        "{shown}"
    );
    assert_eq!(sim.journal().count, 0);

    set_mode(&key, 0o644);
    home.run(words).failed(2, &["others may read it", "chmod 600"]);
    set_mode(&key, 0o600);
    let made = home.run(words).rows();
    assert_eq!(made[0]["subscriptionId"], uuid);
    assert!(!made[0].to_string().contains("canary"));
}

#[test]
fn a_template_of_the_body_is_a_body_once_it_is_filled_in() {
    let sim = sim();
    let home = Home::at(&sim);
    let mut body: Value = serde_json::from_str(&home.words("connectors create aws --skeleton").ok()).unwrap();
    assert_eq!(body["arn"], "<required: Role that the service assumes.>");
    body["name"] = "from a template".into();
    body["arn"] = ROLE.into();
    body["externalId"] = "123456789".into();
    let made = home.run_with(&body.to_string(), ["connectors", "create", "aws", "--from", "-"]).rows();
    assert_eq!((&made[0]["name"], &made[0]["description"]), (&json!("from a template"), &json!("")));
}

#[test]
fn a_gcp_connector_takes_the_file_of_a_service_account() {
    let sim = sim();
    let home = Home::at(&sim);
    std::fs::write(home.path("sa.json"), r#"{"type":"service_account","project_id":"my-project-7","private_key_id":"1","private_key":"canary","client_email":"a@b.c"}"#).unwrap();
    std::fs::write(home.path("no.json"), "canary").unwrap();
    let words = ["connectors", "create", "gcp", "--name", "g", "--project-id", "my-project-7"];
    let open = home.run(words.into_iter().chain(["--config-file", "sa.json"]));
    open.failed(2, &["private_key", "others may read it"]);
    set_mode(&home.path("sa.json"), 0o600);
    let words = ["connectors", "create", "gcp", "--name", "g", "--project-id", "my-project-7"];
    home.run(words.into_iter().chain(["--config-file", "no.json"]))
        .failed(2, &["JSON file of a service account"]);
    let run = home.run(words.into_iter().chain(["--config-file", "sa.json", "--description", "two words"]));
    let made = run.rows();
    assert_eq!(
        (&made[0]["projectId"], &made[0]["description"]),
        (&json!("my-project-7"), &json!("two words"))
    );
    let id = made[0]["connectorId"].as_str().unwrap();
    // Without the file the service leaves values with spaces as they were: that is seen, and told.
    let run = home.run(["connectors", "update", "gcp", id, "--description", "three more words"]);
    assert!(
        run.stderr.contains("--config-file") && run.stderr.contains("another value for description"),
        "{run:?}"
    );
    assert_eq!(run.code, 1);
    let run = home.run([
        "connectors",
        "update",
        "gcp",
        id,
        "--description",
        "three more words",
        "--config-file",
        "sa.json",
    ]);
    assert_eq!(run.rows()[0]["description"], "three more words");
    assert!(!format!("{:?}", sim.journal()).contains("canary"));
}

#[test]
fn secrets_are_taken_from_files_of_ones_own_only() {
    let sim = sim();
    let home = Home::at(&sim);
    let typed =
        ["connectors", "register-application", "--connector-mappings", r#"{"a":"b"}"#, "--app-credentials"];
    let run = home.run(typed.into_iter().chain(["appId=a,secretKey=canary"]));
    assert!(!run.stderr.contains("canary"), "{run:?}");
    run.failed(2, &["'secretKey' is a secret", "--app-credentials @FILE"]);
    let api = home.run([
        "api",
        "connectors.register-application",
        "connectorMappings={}",
        "appCredentials=[{\"appId\":\"a\",\"secretKey\":\"canary\"}]",
    ]);
    api.failed(2, &["'secretKey' is a secret", "appCredentials=@FILE"]);
    let file = home.path("credentials.json");
    std::fs::write(&file, r#"[{"appId":"3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2","secretKey":"canary"}]"#)
        .unwrap();
    set_mode(&file, 0o644);
    home.run(typed.into_iter().chain(["@credentials.json"])).failed(2, &["others may read it"]);
    set_mode(&file, 0o600);
    home.run(typed.into_iter().chain(["@credentials.json"])).ok();
    std::fs::write(home.path("az.yaml"), "name: a\nauthenticationKey: canary\n").unwrap();
    set_mode(&home.path("az.yaml"), 0o644);
    let run = home.run(["connectors", "create", "azure", "--from", "az.yaml", "--dry-run"]);
    run.failed(2, &["authenticationKey", "others may read it"]);
}

#[test]
fn a_write_whose_answer_is_lost_is_not_sent_again_and_the_state_is_told() {
    let sim = totalcloud_testkit::sim(|config| {
        config.faults.push("op=connectors.create-aws,nth=1,do=reset-body".parse().unwrap());
    });
    let home = Home::at(&sim);
    let run = home.run([
        "connectors",
        "create",
        "aws",
        "--name",
        "lost",
        "--arn",
        ROLE,
        "--external-id",
        "123456789012",
    ]);
    assert_eq!(sim.calls("connectors.create-aws"), 1, "{run:?}");
    run.failed(1, &["the service has this connector now, so do not send it again", "\"name\":\"lost\""]);
    assert!(names(&home).contains("lost"));
}

#[test]
fn a_connector_of_the_same_name_is_no_sign_of_what_came_of_a_lost_answer() {
    let sim = totalcloud_testkit::sim(|config| {
        config.faults.push("op=connectors.create-aws,nth=2,do=reset".parse().unwrap());
    });
    let home = Home::at(&sim);
    create(&home, "twice", ROLE);
    let other = "arn:aws:iam::444455556666:role/reader";
    let run = home.run([
        "connectors",
        "create",
        "aws",
        "--name",
        "twice",
        "--arn",
        other,
        "--external-id",
        "123456789012",
    ]);
    run.failed(1, &["the service shows no such connector"]);
}

#[test]
fn both_bodies_of_a_deletion_are_taken() {
    let sim = sim();
    let home = Home::at(&sim);
    let made = create(&home, "one", ROLE);
    let id = made["connectorId"].as_str().unwrap();
    home.write_config("[profiles.default]\nconnector_ids = \"object\"\n");
    let shown = home.run(["connectors", "delete", id, "--provider", "aws", "--dry-run"]).ok();
    assert!(shown.contains("\"connectorIds\""), "{shown}");
    assert_eq!(home.run(["connectors", "delete", id, "--yes"]).rows()[0]["outcome"], "deleted");
}

#[test]
fn tenancies_of_oci_are_listed_by_the_api_that_knows_them() {
    let sim = sim();
    let home = Home::at(&sim);
    let rows = home.words("connectors list --provider oci").rows();
    assert!(!rows.is_empty());
    for row in &rows {
        assert!(row["tenantId"].as_str().unwrap().starts_with("ocid1.tenancy."), "{row}");
        assert_eq!(row["connectorUuid"].as_str().unwrap().len(), 36, "{row}");
    }
    let both = home.words("connectors list --provider oci,aws").rows();
    assert!(both.len() > rows.len());
}
