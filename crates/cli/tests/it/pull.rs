//! `totalcloud pull`, over sockets against the simulated service.

#![allow(clippy::unwrap_used)]

use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use totalcloud::{Client, Credentials, Hosts};
use totalcloud_api::Provider;
use totalcloud_api::endpoints::connectors::ListConnectors;
use totalcloud_api::endpoints::evaluations::ListAccountEvaluations;
use totalcloud_api::endpoints::resources::ListResources;
use totalcloud_api::operation::Endpoint;
use totalcloud_testkit::service::{FaultSpec, RowsSpec, SimConfig};
use totalcloud_testkit::{SimHandle, dir, sim};

fn command(sim: &SimHandle, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_totalcloud"));
    command.args(args).env_clear().envs(sim.env()).env("TOTALCLOUD_CONFIG", "/nonexistent/config.toml");
    command
}

fn run(sim: &SimHandle, args: &[&str]) -> Output {
    command(sim, args).output().unwrap()
}

fn pull(sim: &SimHandle, folder: &Path, more: &[&str]) -> Output {
    let mut args = vec!["pull", "--format", "ndjson", "--out", folder.to_str().unwrap()];
    args.extend(more);
    run(sim, &args)
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn ends(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{}{}", stdout(output), stderr(output));
}

fn fault(config: &mut SimConfig, spec: &str) {
    config.faults.push(spec.parse::<FaultSpec>().unwrap());
}

fn rows(config: &mut SimConfig, spec: &str) {
    let spec: RowsSpec = spec.parse().unwrap();
    config.world.rows.push((spec.provider, spec.type_name, spec.rows));
}

/// Names and contents of the data files.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap())
        .filter(|e| e.file_type().unwrap().is_file())
        .map(|e| (e.file_name().into_string().unwrap(), fs::read(e.path()).unwrap()))
        .collect()
}

fn lines(folder: &Path, table: &str) -> Vec<String> {
    let text = fs::read_to_string(folder.join(format!("{table}.ndjson"))).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn summary(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join(".totalcloud/summary.json")).unwrap()).unwrap()
}

fn table<'s>(summary: &'s Value, name: &str) -> &'s Value {
    summary["tables"].as_array().unwrap().iter().find(|t| t["table"] == name).unwrap_or(&Value::Null)
}

/// Rows of a file of any format.
fn count(path: &Path) -> u64 {
    match path.extension().unwrap().to_str().unwrap() {
        "ndjson" => fs::read_to_string(path).unwrap().lines().count() as u64,
        "csv" => csv::Reader::from_path(path).unwrap().records().map(Result::unwrap).count() as u64,
        "parquet" => {
            use parquet::file::reader::{FileReader, SerializedFileReader};
            let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
            u64::try_from(reader.metadata().file_metadata().num_rows()).unwrap()
        }
        other => panic!("{other}"),
    }
}

/// The rows of a listing as the service sends them.
fn wire(sim: &SimHandle, endpoint: &impl Endpoint) -> Vec<String> {
    #[derive(serde::Deserialize)]
    struct Page<'a> {
        #[serde(borrow)]
        content: Vec<&'a RawValue>,
    }
    let (user, password) = sim.login();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let hosts = Hosts::single(sim.url()).unwrap();
        let client = Client::builder(hosts).credentials(Credentials::basic(user, password)).build().unwrap();
        let mut found = Vec::new();
        for page in 0.. {
            let mut request = client.request(endpoint).unwrap();
            request.set_query("pageNo", page.to_string());
            let answer = client.send(&request).await.unwrap();
            let page: Page<'_> = serde_json::from_slice(&answer.body).unwrap();
            if page.content.is_empty() {
                break;
            }
            found.extend(page.content.iter().map(|r| r.get().to_owned()));
        }
        found
    })
}

#[test]
fn every_format_holds_every_row_of_every_type() {
    let sim = sim(|_| {});
    for format in ["ndjson", "csv", "parquet"] {
        let folder = dir();
        let output = run(&sim, &["pull", "--format", format, "--out", folder.path().to_str().unwrap()]);
        ends(&output, 0);
        let mut types = 0;
        for (key, total) in sim.totals() {
            let name = key.replace('/', "_").to_lowercase();
            assert_eq!(count(&folder.path().join(format!("{name}.{format}"))), total, "{key}");
            types += 1;
        }
        let others = ["connectors", "controls", "account_evaluations"];
        for name in others {
            assert!(count(&folder.path().join(format!("{name}.{format}"))) > 0, "{name}");
        }
        assert_eq!(files(folder.path()).len(), types + others.len());
        let said = stdout(&output);
        assert!(said.lines().next().unwrap().starts_with("table "), "{said}");
        assert!(said.contains("aws_ec2_instance") && said.contains("  complete"), "{said}");
        let summary = summary(folder.path());
        assert_eq!(summary["complete"], true);
        let ec2 = table(&summary, "aws_ec2_instance");
        assert_eq!(ec2["rows"], ec2["total"]);
    }
}

#[test]
fn ndjson_rows_are_the_bytes_of_the_service() {
    let sim = sim(|_| {});
    let folder = dir();
    ends(&pull(&sim, folder.path(), &[]), 0);
    for (provider, kind) in [
        (Provider::Aws, "EC2_INSTANCE"),
        (Provider::Azure, "VIRTUAL_MACHINE"),
        (Provider::Gcp, "VM_INSTANCE"),
        (Provider::Oci, "INSTANCE"),
    ] {
        let name = format!("{provider}_{}", kind.to_lowercase());
        assert_eq!(lines(folder.path(), &name), wire(&sim, &ListResources::new(kind, provider)), "{name}");
    }
    let connectors: Vec<String> = [Provider::Aws, Provider::Azure, Provider::Gcp]
        .into_iter()
        .flat_map(|p| wire(&sim, &ListConnectors::new(p)))
        .collect();
    assert_eq!(lines(folder.path(), "connectors"), connectors);
    // Evaluations are the same with the account behind.
    let evaluations = lines(folder.path(), "account_evaluations");
    let first: Value = serde_json::from_str(&connectors[0]).unwrap();
    let account = first["awsAccountId"].as_str().unwrap();
    let tag = format!(r#","_provider":"aws","_account":"{account}"}}"#);
    let of_account: Vec<String> =
        evaluations.iter().filter_map(|l| l.strip_suffix(&tag)).map(|l| format!("{l}}}")).collect();
    assert_eq!(of_account, wire(&sim, &ListAccountEvaluations::new(Provider::Aws, account)));
    for provider in Provider::ALL {
        let of_cloud = format!(r#""_provider":"{provider}""#);
        assert!(evaluations.iter().any(|l| l.contains(&of_cloud)), "{provider}");
    }
}

#[test]
fn a_cloud_that_is_not_there_costs_one_call() {
    let sim = sim(|config| config.world.accounts = vec![(Provider::Gcp, 0), (Provider::Oci, 0)]);
    let folder = dir();
    let output = pull(&sim, folder.path(), &[]);
    ends(&output, 0);
    let journal = sim.journal();
    for cloud in ["gcp", "oci"] {
        let calls =
            journal.requests.iter().filter(|r| r.path.to_lowercase().split('/').any(|s| s == cloud)).count();
        assert_eq!(calls, 1, "{cloud}");
        assert!(!files(folder.path()).keys().any(|name| name.starts_with(cloud)), "{cloud}");
    }
    assert!(stderr(&output).contains("gcp has no connectors"), "{}", stderr(&output));
    assert!(stderr(&output).contains("oci has no instances"), "{}", stderr(&output));
}

#[test]
fn choices_cost_no_call_that_nobody_asked_for() {
    let sim = sim(|_| {});
    let folder = dir();
    ends(&pull(&sim, folder.path(), &["--only", "aws/ec2", "controls"]), 0);
    assert_eq!(
        files(folder.path()).into_keys().collect::<Vec<_>>(),
        ["aws_ec2_instance.ndjson", "controls.ndjson"]
    );
    assert_eq!(sim.calls("connectors.list"), 1);
    assert_eq!(sim.calls("evaluations.account"), 0);
    let ec2 = sim.totals()["aws/EC2_INSTANCE"];
    assert_eq!(sim.calls("resources.list") as u64, ec2.div_ceil(100));
}

#[test]
fn a_pull_can_be_of_single_clouds() {
    let sim = sim(|_| {});
    let folder = dir();
    ends(&pull(&sim, folder.path(), &["--provider", "gcp", "--only", "inventory,connectors"]), 0);
    let names: Vec<String> = files(folder.path()).into_keys().collect();
    assert_eq!(names, ["connectors.ndjson", "gcp_vm_instance.ndjson"]);
    let paths: Vec<String> = sim.journal().of("connectors.list").map(|e| e.path.clone()).collect();
    assert!(!paths.is_empty() && paths.iter().all(|p| p.contains("/gcp/")), "{paths:?}");
}

#[test]
fn what_the_user_may_not_see_is_told_and_can_be_left_out() {
    let sim = sim(|config| fault(config, "op=controls.list,do=status:403"));
    let folder = dir();
    let output = pull(&sim, folder.path(), &[]);
    ends(&output, 6);
    assert!(stdout(&output).contains("not available: "), "{}", stdout(&output));
    assert!(stderr(&output).contains("--skip controls"), "{}", stderr(&output));
    assert!(!folder.path().join("controls.ndjson").exists());
    assert_eq!(table(&summary(folder.path()), "controls")["state"], "not_available");
    assert!(!lines(folder.path(), "aws_ec2_instance").is_empty(), "the others came");
    ends(&pull(&sim, folder.path(), &["--skip", "controls"]), 0);
    // The profile leaves it out as well.
    let config = folder.path().join("config.toml");
    fs::write(&config, "[profiles.default]\nskip = [\"controls\"]\n").unwrap();
    let mut command =
        command(&sim, &["pull", "--only", "controls,ec2", "--out", folder.path().to_str().unwrap()]);
    ends(&command.env("TOTALCLOUD_CONFIG", config).output().unwrap(), 0);
}

#[test]
fn connectors_that_may_not_be_seen_do_not_hide_the_inventory() {
    let sim = sim(|config| fault(config, "op=connectors.list,do=status:403"));
    let folder = dir();
    let output = pull(&sim, folder.path(), &[]);
    ends(&output, 6);
    for (key, total) in sim.totals() {
        assert_eq!(lines(folder.path(), &key.replace('/', "_").to_lowercase()).len() as u64, total, "{key}");
    }
    ends(&pull(&sim, folder.path(), &["--skip", "connectors", "account-evaluations"]), 0);
}

#[test]
fn a_table_past_the_wall_comes_whole() {
    let sim = sim(|config| rows(config, "aws/EBS=10150"));
    let folder = dir();
    let output = pull(&sim, folder.path(), &["--only", "aws/ebs", "aws/vpc"]);
    ends(&output, 0);
    let found: std::collections::BTreeSet<String> = lines(folder.path(), "aws_ebs").into_iter().collect();
    assert_eq!(found.len(), 10_150);
    let summary = summary(folder.path());
    let ebs = table(&summary, "aws_ebs");
    assert_eq!(
        (&ebs["rows"], &ebs["total"], &ebs["state"]),
        (&10_150.into(), &10_150.into(), &"complete".into())
    );
}

#[test]
fn faults_in_the_middle_cost_no_row() {
    let sim = sim(|config| {
        rows(config, "aws/EBS=1500");
        fault(config, "op=resources.list,nth=3,do=status:503");
        fault(config, "op=resources.list,nth=7,do=reset");
        fault(config, "op=resources.list,nth=9,do=cut");
        fault(config, "op=evaluations.account,nth=1,do=status:502");
        fault(config, "op=connectors.list,nth=2,do=reset");
    });
    let folder = dir();
    ends(&pull(&sim, folder.path(), &[]), 0);
    for (key, total) in sim.totals() {
        assert_eq!(lines(folder.path(), &key.replace('/', "_").to_lowercase()).len() as u64, total, "{key}");
    }
}

#[test]
fn a_second_pull_never_puts_less_in_the_place_of_a_whole_table() {
    // The second run of 6 calls breaks off: refused for good after the third page.
    let sim = sim(|config| {
        rows(config, "aws/EBS=600");
        fault(config, "op=resources.list,nth=10..,do=status:400");
    });
    let folder = dir();
    ends(&pull(&sim, folder.path(), &["--only", "aws/ebs"]), 0);
    let whole = files(folder.path());
    assert_eq!(lines(folder.path(), "aws_ebs").len(), 600);
    let output = pull(&sim, folder.path(), &["--only", "aws/ebs"]);
    ends(&output, 6);
    assert_eq!(files(folder.path()), whole);
    assert!(stdout(&output).contains("the earlier pull was kept"), "{}", stdout(&output));
    // Where nothing was, what came takes its place and is said to be short.
    let other = dir();
    ends(&pull(&sim, other.path(), &["--only", "aws/ebs"]), 6);
    assert!(!other.path().join("aws_ebs.ndjson").exists());
}

#[test]
fn a_second_pull_brings_the_folder_up_to_date() {
    let sim = sim(|_| {});
    let folder = dir();
    ends(&pull(&sim, folder.path(), &[]), 0);
    let before = files(folder.path());
    ends(&pull(&sim, folder.path(), &[]), 0);
    assert_eq!(files(folder.path()), before, "nothing moved in between");
    sim.advance(24.0, 0.2);
    let output = pull(&sim, folder.path(), &["--only", "aws/inventory"]);
    ends(&output, 0);
    let ec2 = lines(folder.path(), "aws_ec2_instance");
    assert_eq!(ec2.len() as u64, sim.totals()["aws/EC2_INSTANCE"]);
    assert!(
        stderr(&output).contains("left from an earlier pull: account_evaluations.ndjson"),
        "{}",
        stderr(&output)
    );
    assert!(!folder.path().join(".totalcloud/parts").exists());
}

#[test]
fn only_one_pull_at_a_time_writes_to_a_folder() {
    let sim = sim(|_| {});
    let folder = dir();
    ends(&pull(&sim, folder.path(), &["--only", "controls"]), 0);
    let lock = fs::File::options().write(true).open(folder.path().join(".totalcloud/lock")).unwrap();
    lock.lock().unwrap();
    let output = pull(&sim, folder.path(), &["--only", "controls"]);
    ends(&output, 1);
    assert!(stderr(&output).contains("another pull is writing to"), "{}", stderr(&output));
    drop(lock);
    ends(&pull(&sim, folder.path(), &["--only", "controls"]), 0);
}

#[test]
fn evaluations_of_resources_and_details_come_on_request() {
    let sim = sim(|_| {});
    let folder = dir();
    ends(
        &pull(
            &sim,
            folder.path(),
            &["--only", "aws/account-evaluations,aws/ec2", "--with", "resource-evaluations=failing,details"],
        ),
        0,
    );
    let results = lines(folder.path(), "resource_evaluations");
    assert!(!results.is_empty());
    let mut failed: BTreeMap<(String, String), u64> = BTreeMap::new();
    for line in &results {
        let row: Value = serde_json::from_str(line).unwrap();
        assert_eq!(row["result"], "FAIL");
        let word = |key: &str| row[key].as_str().unwrap().to_owned();
        *failed.entry((word("_account"), word("_controlId"))).or_default() += 1;
    }
    for line in lines(folder.path(), "account_evaluations") {
        let row: Value = serde_json::from_str(&line).unwrap();
        let key =
            (row["_account"].as_str().unwrap().to_owned(), row["controlId"].as_str().unwrap().to_owned());
        assert_eq!(
            failed.get(&key).copied().unwrap_or(0),
            row["failedResources"].as_u64().unwrap(),
            "{key:?}"
        );
    }
    let details = lines(folder.path(), "aws_ec2_instance_details");
    assert_eq!(details.len(), lines(folder.path(), "aws_ec2_instance").len());
    assert_eq!(sim.calls("resources.get"), details.len());
    assert!(details.iter().any(|l| l.contains(r#""qid""#)));
}

#[test]
fn who_cannot_sign_in_is_told_at_once() {
    let sim = sim(|_| {});
    let folder = dir();
    let mut command = command(&sim, &["pull", "--out", folder.path().to_str().unwrap()]);
    let output = command.env("TOTALCLOUD_PASSWORD", "canary-wrong").output().unwrap();
    ends(&output, 3);
    assert!(sim.journal().count <= 4, "{}", sim.journal().count);
    assert!(!stderr(&output).contains("canary-wrong"));
    assert!(files(folder.path()).is_empty());
    let mut command =
        self::command(&sim, &["pull", "--only", "controls", "--out", folder.path().to_str().unwrap()]);
    ends(&command.env("TOTALCLOUD_PASSWORD", "canary-wrong").output().unwrap(), 3);
}

#[test]
fn words_that_mean_nothing_are_refused_before_any_call() {
    let sim = sim(|_| {});
    let folder = dir();
    for (more, said) in
        [(&["--only", "inventry"][..], "nearest: inventory"), (&["--with", "policies"], "--with takes")]
    {
        let output = pull(&sim, folder.path(), more);
        ends(&output, 2);
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
    let output = run(&sim, &["pull", "--format", "xlsx", "--out", folder.path().to_str().unwrap()]);
    ends(&output, 2);
    assert!(stderr(&output).contains("parquet, ndjson or csv"), "{}", stderr(&output));
    assert_eq!(sim.journal().count, 0);
}

#[cfg(unix)]
#[test]
fn an_interrupted_pull_says_what_is_there_and_leaves_nothing_half() {
    let sim = sim(|config| {
        rows(config, "aws/EBS=3000");
        fault(config, "op=resources.list,nth=15..,do=stall");
    });
    let folder = dir();
    let child = command(
        &sim,
        &[
            "pull",
            "--format",
            "ndjson",
            "--only",
            "aws/ebs",
            "controls",
            "--out",
            folder.path().to_str().unwrap(),
        ],
    )
    .stdout(std::process::Stdio::piped())
    .stderr(std::process::Stdio::piped())
    .spawn()
    .unwrap();
    // Ten pages are on their way to the file when the others stall.
    while sim.calls("resources.list") < 15 || !folder.path().join("controls.ndjson").exists() {
        std::thread::yield_now();
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    ends(&output, 130);
    assert!(stderr(&output).contains("interrupted"), "{}", stderr(&output));
    let ebs = lines(folder.path(), "aws_ebs");
    assert!(!ebs.is_empty() && ebs.len() < 3000);
    assert!(ebs.iter().all(|l| serde_json::from_str::<Value>(l).is_ok()));
    let summary = summary(folder.path());
    assert_eq!(summary["interrupted"], true);
    assert_eq!(table(&summary, "aws_ebs")["state"], "short");
    assert_eq!(table(&summary, "controls")["state"], "complete");
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_told_and_leaves_nothing_half() {
    let sim = sim(|config| rows(config, "aws/EBS=2000"));
    let folder = dir();
    // The shell bounds the size of files, as a full disk would.
    let script = format!(
        "trap '' XFSZ; ulimit -f 200; exec '{}' pull --format ndjson --only aws/ebs --out '{}'",
        env!("CARGO_BIN_EXE_totalcloud"),
        folder.path().display()
    );
    let output = Command::new("sh")
        .args(["-c", &script])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .envs(sim.env())
        .output()
        .unwrap();
    ends(&output, 1);
    assert!(stderr(&output).contains("no space is left"), "{}", stderr(&output));
    assert!(stderr(&output).contains("--out"), "{}", stderr(&output));
    assert!(files(folder.path()).is_empty());
    assert!(!folder.path().join(".totalcloud/parts/aws_ebs.ndjson").exists());
}
