//! Scans of infrastructure as code: what is sent, waited for, shown, and made of the exit code.

use crate::context::{Home, sim};
use serde_json::Value;
use std::fs;
use totalcloud_testkit::SimHandle;
use totalcloud_testkit::service::FaultSpec;

const OPEN: &str = "resource \"aws_s3_bucket\" \"logs\" {\n  acl = \"public-read\"\n}\n";
const GOOD: &str = "resource \"aws_ebs_volume\" \"data\" {\n  encrypted = true\n}\n";

fn home(sim: &SimHandle, files: &[(&str, &str)]) -> Home {
    let home = Home::at(sim);
    for (name, text) in files {
        let path = home.path("t").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    home
}

fn checks(rows: &[Value]) -> Vec<(&str, &str)> {
    rows.iter().map(|r| (r["criticality"].as_str().unwrap(), r["checkId"].as_str().unwrap())).collect()
}

#[test]
fn a_folder_is_scanned_and_its_failures_are_rows() {
    let sim = sim();
    let home = home(&sim, &[("a/open.tf", OPEN), ("good.tf", GOOD), ("broken.json", "{"), ("notes.md", "x")]);
    let run = home.words("iac scan t --name Mine --tag env=prod --tag team=data --branch main --source test");
    for said in [
        "3 templates",
        "not sent: notes.md (not a template)",
        "could not read broken.json",
        "2 failed (1 high, 0 medium, 1 low), 1 passed",
    ] {
        assert!(run.stderr.contains(said), "no {said:?} in {}", run.stderr);
    }
    let rows = run.rows();
    assert_eq!(checks(&rows), [("HIGH", "52001"), ("LOW", "52007")]);
    assert_eq!(
        (&rows[0]["filePath"], &rows[0]["resource"]),
        (&"a/open.tf".into(), &"aws_s3_bucket.logs".into())
    );

    let list = home.words("iac list").rows();
    assert_eq!((list.len(), &list[0]["name"], &list[0]["status"]), (2, &"Mine".into(), &"FINISHED".into()));
    assert_eq!(list[0]["tags"].as_array().unwrap().len(), 2);
    let id = list[0]["scanUuid"].as_str().unwrap();
    assert_eq!(home.run(["iac", "list", "--scan", id]).rows().len(), 1);
    assert_eq!(home.words("iac list --status error").rows().len(), 0);

    let shown = home.run(["iac", "result", id, "--all"]).rows();
    assert_eq!(checks(&shown), [("HIGH", "52001"), ("LOW", "52007"), ("MEDIUM", "52002")]);
    assert_eq!(shown[2]["result"], "PASSED");
    assert_eq!(home.run(["iac", "result", id, "--result-path"]).rows(), rows);

    let json: Value =
        serde_json::from_str(&home.run(["iac", "result", id, "--format", "json"]).ok()).unwrap();
    assert_eq!((&json["scanUuid"], json["result"].as_array().unwrap().len()), (&id.into(), 2));
    let sarif = home.run(["iac", "result", id, "--output", "x.sarif"]);
    for said in ["could not read broken.json", "2 failed (1 high"] {
        assert!(sarif.stderr.contains(said), "no {said:?} in {}", sarif.stderr);
    }
    assert_eq!(sarif.ok(), "");
    let sarif: Value = serde_json::from_slice(&fs::read(home.path("x.sarif")).unwrap()).unwrap();
    assert_eq!(
        (&sarif["version"], sarif["runs"][0]["results"].as_array().unwrap().len()),
        (&"2.1.0".into(), 2)
    );
}

#[test]
fn a_gate_ends_with_code_7_after_the_result_is_written() {
    let sim = sim();
    let home = home(&sim, &[("open.tf", OPEN), ("broken.tf", "resource {")]);
    let run = home.words("iac scan t --fail-on high --format sarif --output t.sarif");
    run.failed(7, &["1 check failed that is high"]);
    let sarif: Value = serde_json::from_slice(&fs::read(home.path("t.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 2);

    let id = home.words("iac list --limit 1").rows()[0]["scanUuid"].as_str().unwrap().to_owned();
    let gate = |bounds: &str| home.run(["iac", "result", &id, "--fail-on", bounds]);
    gate("high=2").ok();
    gate("any").failed(7, &["2 checks failed"]);
    gate("parsing-error").failed(7, &["1 file could not be read"]);
    gate("worst").failed(2, &["parsing-error"]);
}

#[test]
fn the_id_is_all_that_is_printed_without_waiting_and_the_result_is_waited_for_later() {
    let sim = sim();
    let home = home(&sim, &[("good.tf", GOOD)]);
    let id = home.words("iac scan t/good.tf --no-wait").ok();
    let id = id.trim();
    assert_eq!(id.len(), 36);
    let waited = home.run(["iac", "result", id, "--wait", "--format", "csv"]);
    assert!(waited.stderr.contains("0 failed (0 high, 0 medium, 0 low), 1 passed"), "{}", waited.stderr);
    assert_eq!(waited.ok().lines().count(), 1);
    home.words("iac scan t --no-wait --fail-on high").failed(2, &["--fail-on"]);
    home.words("iac scan t --no-wait --poll 1m").failed(2, &["--poll"]);
    home.words("iac scan t --no-wait --scan-timeout 1m").failed(2, &["--scan-timeout"]);
    home.run(["iac", "result", id, "--poll", "1m"]).failed(2, &["--wait"]);
    home.run(["iac", "result", id, "--scan-timeout", "1m"]).failed(2, &["--wait"]);
    home.words("iac result 00000000-0000-4000-8000-000000000000").failed(4, &["iac.result"]);
}

#[test]
fn a_dry_run_lists_what_would_be_sent_and_makes_no_call() {
    let sim = sim();
    let home = home(&sim, &[("open.tf", OPEN), ("notes.md", "x"), (".git/config.json", "{}")]);
    let run = home.words("iac scan t --dry-run");
    assert!(run.stderr.contains("nothing was sent"), "{}", run.stderr);
    assert!(run.stderr.trim_end().ends_with("as 't'"), "a scan is called as the folder is: {}", run.stderr);
    let rows = run.rows();
    let shown: Vec<_> = rows.iter().map(|r| (r["file"].as_str().unwrap(), r["leftOut"].as_str())).collect();
    assert_eq!(shown, [("open.tf", None), (".git/", Some("hidden")), ("notes.md", Some("not a template"))]);
    assert_eq!(rows[0]["bytes"], OPEN.len());
    assert_eq!(sim.journal().count, 0);
}

#[test]
fn what_cannot_be_scanned_is_refused_before_any_call() {
    let sim = sim();
    let home = home(&sim, &[("notes.md", "x"), ("x.tf", GOOD)]);
    fs::create_dir(home.path("empty")).unwrap();
    fs::write(home.path("big.json"), vec![b' '; 10 * 1024 * 1024]).unwrap();
    home.words("iac scan empty").failed(2, &["holds no templates"]);
    home.words("iac scan t/notes.md").failed(2, &["nothing that can be scanned"]);
    home.words("iac scan big.json").failed(2, &["10485760 bytes", "fewer than 10485760"]);
    home.words("iac scan gone").failed(1, &["gone cannot be read"]);
    home.words("iac scan t --tag env").failed(2, &["NAME=VALUE"]);
    home.words("iac scan t --poll 5s").failed(2, &["30s"]);
    home.words("iac scan t --format json --all").failed(2, &["--all is for rows"]);
    let id = "00000000-0000-4000-8000-000000000000";
    for (verb, what) in [("scan", "t"), ("result", id)] {
        let run =
            |more: &[&'static str]| home.run(["iac", verb, what].into_iter().chain(more.iter().copied()));
        run(&["--columns", "bogus"])
            .failed(2, &["no column \"bogus\"", "the columns are result, criticality"]);
        run(&["--output", "x.bogus"]).failed(2, &["says no format"]);
        run(&["--output", "gone/x.csv"]).failed(1, &["cannot write"]);
        run(&["--output", "gone/x.sarif"]).failed(1, &["cannot write"]);
    }
    home.words("iac scan t --dry-run --columns checkId").failed(2, &["the columns are file, bytes"]);
    assert_eq!(sim.journal().count, 0);
}

#[test]
fn a_scan_that_fails_says_why() {
    let sim = sim();
    let home = home(&sim, &[("x.tf", GOOD)]);
    // Names and sizes are right, what is in the file is not.
    let packed = totalcloud::IacUpload::of(home.path("t")).unwrap();
    let mut bytes = packed.file.bytes.to_vec();
    bytes[34..40].fill(0xFF);
    fs::write(home.path("broken.zip"), bytes).unwrap();
    home.words("iac scan broken.zip").failed(1, &["failed: The archive cannot be read"]);
    assert_eq!(sim.calls("iac.scan"), 1);
    fs::write(home.path("broken.tar.gz"), b"\x1F\x8B no archive").unwrap();
    home.words("iac scan broken.tar.gz").failed(2, &["is no tar.gz archive"]);
    assert_eq!(sim.calls("iac.scan"), 1);
}

#[test]
fn an_upload_whose_answer_is_lost_is_not_sent_again() {
    let sim = totalcloud_testkit::sim(|config| {
        config.faults.push("op=iac.scan,nth=1,do=reset-body".parse::<FaultSpec>().unwrap());
    });
    let home = home(&sim, &[("x.tf", GOOD)]);
    let run = home.words("iac scan t --name Lost");
    assert_ne!(run.code, 0);
    assert!(run.stderr.contains("looked afterwards: the latest scan named 'Lost' is "), "{}", run.stderr);
    assert_eq!(sim.calls("iac.scan"), 1);
}

#[test]
fn an_upload_that_is_not_listed_yet_is_not_taken_for_lost() {
    let sim = totalcloud_testkit::sim(|config| {
        config.faults.push("op=iac.scan,nth=1,do=reset".parse::<FaultSpec>().unwrap());
    });
    let home = home(&sim, &[("x.tf", GOOD)]);
    let run = home.words("iac scan t --name Lost");
    assert_ne!(run.code, 0);
    assert!(run.stderr.contains("no scan named 'Lost' is listed yet; look again"), "{}", run.stderr);
    assert!(!run.stderr.contains("can be sent again"), "{}", run.stderr);
    assert_eq!(sim.calls("iac.scan"), 1);
}
