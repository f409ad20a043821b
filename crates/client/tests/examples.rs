//! The examples run against a simulated company.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;
use totalcloud_testkit::SimHandle;

/// Where Cargo puts examples: beside the folder of the tests.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap().join("examples");
    let program = folder.join(name).with_extension(std::env::consts::EXE_EXTENSION);
    assert!(program.is_file(), "{} is not built: cargo build -p totalcloud --examples", program.display());
    program
}

/// What an example prints.
fn run(sim: &SimHandle, name: &str, args: &[&str], folder: &Path) -> String {
    let mut command = Command::new(program(name));
    command.args(args).current_dir(folder).env_clear().env("SLACK_WEBHOOK", "https://hooks.example.com/x");
    let output = command.envs(sim.env()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_example_answers_its_question() {
    let sim = totalcloud_testkit::sim(|_| {});
    let dir = totalcloud_testkit::dir();
    let here = dir.path();
    let connectors = run(&sim, "list_connectors", &[], here);
    for provider in ["aws ", "azure ", "gcp "] {
        assert!(connectors.lines().any(|line| line.starts_with(provider)), "{connectors}");
    }
    let known = connectors.lines().count();
    assert_eq!(
        run(&sim, "join_connector_apis", &[], here),
        format!("{known} connectors are known to both\n")
    );
    let mut ran = 0;
    for provider in ["aws", "azure", "gcp"] {
        let said = run(&sim, "run_connectors", &[provider], here);
        let (first, rest) = said.split_once('\n').unwrap();
        let count = first.strip_suffix(&format!(" connectors of {provider} ended with an error")).unwrap();
        assert_eq!(rest.lines().count(), count.parse::<usize>().unwrap(), "{said}");
        for line in rest.lines() {
            let state = line.split_once(": ").unwrap().1;
            assert!(state.starts_with(|c: char| c.is_ascii_uppercase()), "{said}");
        }
        ran += rest.lines().count();
    }
    assert!(ran > 0, "the company has a connector that ended with an error");
    assert!(sim.calls("connectors.run") > 0);
    let instances = run(&sim, "pull_inventory", &["aws", "EC2_INSTANCE"], here);
    let total = sim.totals()["aws/EC2_INSTANCE"];
    assert_eq!(instances.lines().count() as u64, total);
    assert!(!run(&sim, "list_exceptions", &[], here).is_empty());
    assert!(
        !run(&sim, "list_threat_findings", &["2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z"], here)
            .is_empty()
    );
    assert_eq!(run(&sim, "alert_on_findings", &["#ops"], here), "High findings to Slack is ENABLED\n");
    std::fs::create_dir(here.join("templates")).unwrap();
    let template = "resource \"aws_s3_bucket\" \"b\" {\n  bucket = \"b\"\n  acl    = \"public-read\"\n}\n";
    std::fs::write(here.join("templates/main.tf"), template).unwrap();
    assert!(run(&sim, "scan_iac_folder", &["templates"], here).contains("main.tf"));
}

/// The ids of a connector and a policy of a company.
fn subjects(sim: &SimHandle) -> [String; 2] {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        use totalcloud::api::Provider;
        use totalcloud::api::endpoints::{connectors::ListConnectors, policies::ListPoliciesV1};
        use totalcloud::{Client, Credentials, Hosts, PageOptions};
        let (username, password) = sim.login();
        let client = Client::builder(Hosts::single(sim.url()).unwrap())
            .credentials(Credentials::basic(username, password))
            .build()
            .unwrap();
        let first = |rows: Vec<bytes::Bytes>| serde_json::from_slice::<serde_json::Value>(&rows[0]).unwrap();
        let request = client.request(&ListConnectors::new(Provider::Aws)).unwrap();
        let connectors = client.pages(request, PageOptions::default()).unwrap().collect_rows().await.unwrap();
        let request = client.request(&ListPoliciesV1::new(Provider::Aws)).unwrap();
        let policies = client.pages(request, PageOptions::default()).unwrap().collect_rows().await.unwrap();
        let id = |value: serde_json::Value, name: &str| value[name].as_str().unwrap().to_owned();
        [id(first(connectors), "connectorId"), id(first(policies), "id")]
    })
}

#[test]
fn examples_of_reports_take_a_connector_and_a_policy() {
    let sim = totalcloud_testkit::sim(|_| {});
    let dir = totalcloud_testkit::dir();
    let [connector, policy] = subjects(&sim);
    let numbers = run(&sim, "report_on_policies", &[&connector, &policy], dir.path());
    assert!(numbers.contains(" passed, ") && numbers.contains(" failed"), "{numbers}");
    run(&sim, "wait_for_report", &[&policy, &connector], dir.path());
    let report = std::fs::read_to_string(dir.path().join("report.csv")).unwrap();
    assert!(report.starts_with("Cloud Type,Account,"), "{report}");
}

#[test]
fn a_report_that_was_made_for_its_numbers_goes_though_they_cannot_be_read() {
    let sim = totalcloud_testkit::sim(|config| {
        config.faults.push("op=reports.data,do=status:404".parse().unwrap());
    });
    let dir = totalcloud_testkit::dir();
    let [connector, policy] = subjects(&sim);
    let mut command = Command::new(program("report_on_policies"));
    command.args([&connector, &policy]).current_dir(dir.path()).env_clear().envs(sim.env());
    assert!(!command.output().unwrap().status.success());
    assert_eq!((sim.calls("reports.data"), sim.calls("reports.delete")), (1, 1));
}
