use crate::context::{Home, sim};
use serde_json::Value;

#[test]
fn one_thing_is_found_without_saying_its_provider() {
    let sim = sim();
    let home = Home::at(&sim);
    let connector = home.words("connectors list --provider azure --limit 1").rows();
    let id = connector[0]["connectorId"].as_str().unwrap();
    assert_eq!(home.run(["connectors", "get", id]).rows(), connector);
    assert_eq!(home.run(["connectors", "get", "--connector", id, "--provider", "azure"]).rows(), connector);
    home.run(["connectors", "errors", id]).rows();
    let resource = home.words("resources list --provider aws --type ec2 --limit 1").rows().remove(0);
    let uuid = resource["uuid"].as_str().unwrap();
    let details = home.run(["resources", "get", "--type", "ec2", uuid, "--format", "json"]).ok();
    let details: Value = serde_json::from_str(&details).unwrap();
    assert_eq!(details["resourceId"], resource["resourceId"]);
}

#[test]
fn an_unknown_id_ends_with_4() {
    let sim = sim();
    let home = Home::at(&sim);
    let id = "00000000-0000-4000-8000-00000000dead";
    home.run(["connectors", "get", id]).failed(4, &["error: ", "(connectors.get)", "hint: "]);
    home.run(["resources", "get", "--type", "ec2", "--resource", id]).failed(4, &["resources.get"]);
    home.run(["assessments", "download", id]).failed(4, &["assessments.download"]);
    home.run(["connectors", "get", "nonsense"]).failed(2, &["UUID"]);
}

#[test]
fn statistics_of_a_pair_that_was_never_evaluated_are_not_found() {
    let sim = sim();
    let home = Home::at(&sim);
    let connector = home.words("connectors list --provider aws").rows().remove(0);
    let id = connector["connectorId"].as_str().unwrap();
    let account = connector["awsAccountId"].as_str().unwrap();
    let controls = home.run(["evaluations", "account", "--account", account]).rows();
    let control =
        controls.iter().find(|c| c["passedResources"].as_u64() > Some(0)).unwrap()["controlId"].clone();
    let control = control.as_str().unwrap();
    let row =
        home.run(["evaluations", "resources", "--account", account, "--control", control]).rows().remove(0);
    let stats = |resource: &str| {
        home.run(["evaluations", "stats", "--control", control, "--connector", id, "--resource", resource])
    };
    let found = stats(row["resourceId"].as_str().unwrap()).rows();
    assert!(found[0]["firstEvaluated"].is_string(), "{found:?}");
    stats("i-none").failed(4, &["was never evaluated on resource 'i-none'", "evaluations.stats"]);
}

#[test]
fn base_account_and_template() {
    let sim = sim();
    let home = Home::at(&sim);
    let rows = home.words("connectors base-account").rows();
    assert!(rows[0]["globalAccountId"].is_string());
    let text = home.words("connectors template --external-id 123456789 --aws-cloud gov").ok();
    assert!(text.contains("123456789"), "{text}");
    home.words("connectors template --external-id 12").failed(2, &["9 to 90 digits"]);
}

#[test]
fn an_assessment_is_created_waited_for_and_downloaded() {
    let sim = sim();
    let home = Home::at(&sim);
    let connector = home.words("connectors list --provider aws").rows().remove(0);
    let policy = home.words("policies list --provider aws").rows().remove(0);
    let (connector, policy) = (connector["connectorId"].as_str().unwrap(), policy["uuid"].as_str().unwrap());
    let order = [
        "assessments",
        "create",
        "--report-name",
        "Monthly (all)",
        "--provider",
        "aws",
        "--start-date",
        "2026-01-01",
        "--end-date",
        "2026-01-31T00:00:00Z",
        "--policy-ids",
        policy,
        "--connector-ids",
        connector,
        "--resource-results",
        "FAIL,PASS",
        "--include-resource-arn",
        "--description",
        "d",
        "--tag-ids",
        "7",
    ];
    let ordered = home.run(order.into_iter().chain(["--api-version", "1"])).rows().remove(0);
    assert_eq!((&ordered["reportName"], &ordered["fileFormat"]), (&"Monthly (all)".into(), &"csv".into()));
    let journal = sim.journal();
    let body = journal.of("assessments.create-v1").next().unwrap().body.clone().unwrap();
    assert_eq!(body["startDate"], "2026-01-01T00:00:00Z");
    assert_eq!(body["query"], "");
    assert_eq!((&body["format"], &body["includeResourceARN"]), (&"csv".into(), &true.into()));
    assert_eq!(body["resourceResults"], serde_json::json!(["FAIL", "PASS"]));

    let waited = home.run(order.into_iter().chain(["--wait", "--output", "report.csv"])).rows().remove(0);
    assert_eq!(waited["status"], "COMPLETED");
    assert_ne!(waited["reportId"], ordered["reportId"]);
    let id = waited["reportId"].as_str().unwrap();
    assert!(std::fs::metadata(home.path("report.csv")).unwrap().len() > 0);
    let listed = home.words("assessments list").rows();
    assert!(listed.iter().any(|r| r["reportId"] == id), "{listed:?}");
    let again = home.run(["assessments", "download", id, "--report-format", "csv"]).ok();
    assert_eq!(again.as_bytes(), std::fs::read(home.path("report.csv")).unwrap());
    let rerun = home.run(["assessments", "rerun", id, "--wait", "--output", "again.csv"]).rows();
    assert_eq!((&rerun[0]["reportId"], &rerun[0]["status"]), (&id.into(), &"COMPLETED".into()));
    assert_eq!(std::fs::read(home.path("again.csv")).unwrap(), again.as_bytes());
    let preview = home.run(["assessments", "rerun", id, "--dry-run"]).ok();
    assert!(preview.starts_with("POST ") && preview.contains(&format!("/{id}/rerun\n")), "{preview}");
    assert_eq!(sim.calls("assessments.rerun"), 1);
}

/// An order of a report that the company can have.
fn order(home: &Home) -> Vec<String> {
    let connector = home.words("connectors list --provider aws").rows().remove(0);
    let policy = home.words("policies list --provider aws").rows().remove(0);
    let (connector, policy) = (connector["connectorId"].as_str().unwrap(), policy["uuid"].as_str().unwrap());
    let line = format!(
        "assessments create --name Monthly --provider aws --start 2026-01-01 --end 2026-01-31 --policy {policy} \
         --connector {connector} --wait"
    );
    line.split(' ').map(str::to_owned).collect()
}

#[test]
fn an_assessment_that_comes_empty_is_no_report() {
    let sim = totalcloud_testkit::sim(|config| {
        config.faults.push("op=assessments.download,do=empty".parse().unwrap());
    });
    let home = Home::at(&sim);
    let order = order(&home);
    let run = home.run(order.iter().map(String::as_str).chain(["--output", "r.csv"]));
    let run = run.failed(1, &["is empty", "assessments list"]);
    let made: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let id = made["reportId"].as_str().unwrap();
    home.run(["assessments", "rerun", id, "--wait", "--output", "r.csv"]).failed(1, &["is empty"]);
    home.run(["assessments", "download", id, "--output", "r.csv"]).failed(1, &["is empty"]);
    assert!(!home.path("r.csv").exists());
}

#[test]
fn the_file_says_the_format_of_an_assessment_and_what_cannot_be_written_is_not_ordered() {
    let sim = sim();
    let home = Home::at(&sim);
    let order = order(&home);
    let create =
        |more: &[&'static str]| home.run(order.iter().map(String::as_str).chain(more.iter().copied()));
    create(&["--report-format", "csv", "--output", "x.pdf"]).failed(2, &["is to be csv", "x.pdf"]);
    create(&["--output", "gone/x.csv"]).failed(1, &["cannot write"]);
    create(&["--output", "x.csv", "--columns", "bogus"]).failed(2, &["bogus"]);
    assert_eq!(sim.calls("assessments.create"), 0);

    let made = create(&["--output", "x.pdf"]).rows().remove(0);
    assert_eq!(made["fileFormat"], "PDF");
    assert!(std::fs::read(home.path("x.pdf")).unwrap().starts_with(b"%PDF-"));
    let id = made["reportId"].as_str().unwrap();
    let rerun = |more: &[&'static str]| {
        home.run(["assessments", "rerun", id, "--wait"].into_iter().chain(more.iter().copied()))
    };
    rerun(&["--output", "x.csv"]).failed(2, &["is pdf, not csv"]);
    rerun(&["--output", "gone/x.pdf"]).failed(1, &["cannot write"]);
    rerun(&["--output", "y.pdf", "--columns", "bogus"]).failed(2, &["bogus"]);
    assert_eq!(sim.calls("assessments.rerun"), 0);
    rerun(&["--output", "y.pdf"]).ok();
    assert!(std::fs::read(home.path("y.pdf")).unwrap().starts_with(b"%PDF-"));
    home.run(["assessments", "download", id, "--report-format", "csv", "--output", "x.pdf"])
        .failed(2, &["is to be csv"]);
}

#[test]
fn an_assessment_that_cannot_be_is_refused_before_any_call() {
    let sim = sim();
    let home = Home::at(&sim);
    let id = "00000000-0000-4000-8000-000000000001";
    let order = |name: &str, format: &str, start: &str, policies: &str| {
        home.run([
            "assessments",
            "create",
            "--report-name",
            name,
            "--provider",
            "aws",
            "--start-date",
            start,
            "--end-date",
            "2026-01-31",
            "--policy-ids",
            policies,
            "--connector-ids",
            id,
            "--report-format",
            format,
        ])
    };
    order("a/b", "csv", "2026-01-01", id).failed(2, &["reportName"]);
    order("a", "pdf", "2026-01-01", &format!("{id},{id}")).failed(2, &["exactly one policy"]);
    order("a", "csv", "2026-02-01", id).failed(2, &["'endDate' lies before 'startDate'"]);
    order("a", "csv", "yesterday", id).failed(2, &["startDate", "2026-01-31T00:00:00Z"]);
    order("a", "csv", "2026-01-01", "17").failed(2, &["policyIds"]);
    assert_eq!(sim.journal().count, 0);
}

#[test]
fn remediation_is_listed() {
    let sim = sim();
    let home = Home::at(&sim);
    assert_eq!(home.words("remediation list --provider aws --limit 5").code, 0);
    assert!(sim.calls("remediation.list") > 0);
}

#[test]
fn any_operation_is_called_by_its_name() {
    let sim = sim();
    let home = Home::at(&sim);
    let rows = home.words("api resources.list provider=aws type=EC2_INSTANCE pageSize=2").rows();
    assert_eq!(rows.len() as u64, sim.totals()["aws/EC2_INSTANCE"], "pages are followed");
    let raw = home.words("api resources.list provider=aws type=EC2_INSTANCE pageSize=2 --raw").ok();
    let raw: Value = serde_json::from_str(&raw).unwrap();
    assert_eq!(raw["content"].as_array().unwrap().len(), 2, "one page as it came");
    std::fs::write(home.path("type"), "EC2_INSTANCE\n").unwrap();
    assert_eq!(home.words("api resources.list provider=aws type=@type").rows(), rows);
    assert!(home.words("api auth.check").ok().contains('<'), "XML as it came");
    home.words("api resource.lst")
        .failed(2, &["there is no operation 'resource.lst'", "did you mean resources.list"]);
    home.words("api resources.list typ=EBS").failed(2, &["there is no parameter 'typ'", "it takes type"]);
    home.words("api resources.list provider=aws").failed(2, &["'type' is required"]);
    home.words("api auth.gateway username=u password=canary")
        .failed(2, &["is a secret, which no argument takes"]);
}

#[test]
fn what_needs_no_service_makes_no_call() {
    let home = Home::new();
    let types = home.words("resources types --provider azure").rows();
    assert_eq!(types.len(), 19);
    assert!(
        types.iter().any(|t| t["type"] == "VIRTUAL_MACHINE" && t["aliases"] == serde_json::json!(["vm"]))
    );
    for shell in ["bash", "zsh", "fish"] {
        assert!(home.run(["completions", shell]).ok().contains("totalcloud"));
    }
    assert_eq!(home.words("--version").ok(), concat!("totalcloud ", env!("CARGO_PKG_VERSION"), "\n"));
    assert!(home.words("--help").ok().contains("Exit codes"));
    home.words("").failed(2, &["Usage: totalcloud"]);
    home.words("connectors lst").failed(2, &["list"]);
}

#[test]
fn a_change_tells_what_it_cannot_take_along() {
    let sim = sim();
    let home = Home::at(&sim);
    let rules = home.words("rules list --rule-type time_window_schedule_alert --provider aws").rows();
    let rule = rules.iter().find(|r| r["days"].as_array().is_some_and(|d| !d.is_empty())).unwrap();
    let id = rule["id"].as_str().unwrap();
    let run = home.run(["rules", "update", id, "--description", "x", "--dry-run"]);
    assert!(run.stderr.contains("may lose them: days ["), "{}", run.stderr);
    run.ok();

    let actions = home.words("actions list").rows();
    let pager = actions.iter().find(|a| a["actionType"] == "pagerduty").unwrap();
    let id = pager["id"].as_str().unwrap();
    std::fs::write(home.path("key"), "0123456789abcdef0123456789abcdef\n").unwrap();
    crate::context::set_mode(&home.path("key"), 0o600);
    let change =
        ["actions", "update", "pagerduty", id, "--service-key-file", "key", "--client", "x", "--dry-run"];
    let run = home.run(change);
    let lost: Vec<&str> = ["alert", "pagerdutyEventType"]
        .into_iter()
        .filter(|f| pager[*f].as_str().is_some_and(|t| !t.is_empty()))
        .collect();
    assert_eq!(
        run.stderr.contains(&format!("may lose them: {}", lost.join(", "))),
        !lost.is_empty(),
        "{run:?}"
    );
    run.ok();

    let slack = ["actions", "test", "slack", "--channel", "ops", "--webhook-uri-file", "-", "--dry-run"];
    home.run_with("", slack).failed(2, &["a secret is to be read from standard input, which is empty"]);
    home.words("qql check state:ERROR --for connectors --fix --output q.csv")
        .failed(2, &["--fix", "--output"]);
}
