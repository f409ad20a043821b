//! Pulls that are stopped and gone on with, over sockets against the simulated service.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use totalcloud_testkit::service::{FaultSpec, JournalEntry, RowsSpec, SimConfig};
use totalcloud_testkit::{SimHandle, dir, sim};

fn command(sim: &SimHandle, folder: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_totalcloud"));
    command.args(["pull", "--out", folder.to_str().unwrap()]).args(more);
    command.env_clear().envs(sim.env()).env("TOTALCLOUD_CONFIG", "/nonexistent/config.toml");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn pull(sim: &SimHandle, folder: &Path, more: &[&str]) -> Output {
    command(sim, folder, more).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
fn ends(output: &Output, code: i32, said: &[&str]) {
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), stderr(output));
    assert_eq!(output.status.code(), Some(code), "{text}");
    for word in said {
        assert!(stderr(output).contains(word), "no {word:?} in {text}");
    }
}

fn rows(config: &mut SimConfig, spec: &str) {
    let spec: RowsSpec = spec.parse().unwrap();
    config.world.rows.push((spec.provider, spec.type_name, spec.rows));
}

fn fault(config: &mut SimConfig, spec: &str) {
    config.faults.push(spec.parse::<FaultSpec>().unwrap());
}

/// The rows of every table, sorted; those of Parquet as text.
fn contents(folder: &Path) -> BTreeMap<String, Vec<String>> {
    let mut tables = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut rows: Vec<String> = match path.extension().and_then(|e| e.to_str()) {
            Some("ndjson") => fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect(),
            Some("parquet") => {
                use parquet::file::reader::{FileReader, SerializedFileReader};
                let reader = SerializedFileReader::new(fs::File::open(&path).unwrap()).unwrap();
                reader.get_row_iter(None).unwrap().map(|row| format!("{:?}", row.unwrap())).collect()
            }
            _ => continue,
        };
        rows.sort();
        tables.insert(name, rows);
    }
    tables
}

/// What a request asks.
fn question(entry: &JournalEntry) -> String {
    format!("{}?{}", entry.path, entry.query)
}

/// The questions whose pages a journal holds, read by its documented form: frames of length, checksum, body
/// behind eight bytes, and in a body the length of the question and the question. The first names the run.
fn kept(folder: &Path) -> BTreeSet<String> {
    let bytes = fs::read(folder.join(".totalcloud/pages.journal")).unwrap_or_default();
    let number = |at: usize| {
        let four = bytes.get(at..at + 4)?;
        Some(u32::from_le_bytes(four.try_into().unwrap()) as usize)
    };
    let mut at = 8;
    let mut found = BTreeSet::new();
    let mut first = true;
    while let Some(length) = number(at).filter(|n| at + 8 + n <= bytes.len()) {
        if !first && let Some(question) = number(at + 8).and_then(|n| bytes.get(at + 12..at + 12 + n)) {
            found.insert(String::from_utf8(question.to_vec()).unwrap());
        }
        first = false;
        at += 8 + length;
    }
    found
}

/// Waits until the simulator got so many calls, or the pull is over.
fn until_calls(sim: &SimHandle, child: &mut Child, calls: u64) {
    while sim.journal().count < calls && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
}

const FAMILIES: &[&str] = &["--only", "aws", "controls", "--with", "resource-evaluations=failing,details"];

fn world(config: &mut SimConfig) {
    rows(config, "aws/EBS=700");
    rows(config, "aws/EC2_INSTANCE=30");
}

/// Kills a pull again and again, at moments that follow from the seed, until it comes through. No page that
/// was on disk when it was killed is asked for afterwards.
fn killed_and_started_again(sim: &SimHandle, families: &[&str], format: &str, spread: u64, seed: u64) {
    let args = [families, &["--format", format]].concat();
    let undisturbed = dir();
    ends(&pull(sim, undisturbed.path(), &args), 0, &[]);
    let folder = dir();
    let mut random = seed;
    let mut kills = 0;
    loop {
        let before = sim.journal().count;
        let on_disk = kept(folder.path());
        // A small generator is enough to spread the moments.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let calls = 1 + (random >> 33) % spread;
        let mut child = command(sim, folder.path(), &args).spawn().unwrap();
        until_calls(sim, &mut child, before + calls);
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        let journal = sim.journal();
        let asked: Vec<String> = journal.requests.iter().filter(|r| r.seq > before).map(question).collect();
        for question in &asked {
            assert!(!on_disk.contains(question), "asked again after {kills} kills: {question}");
        }
        if on_disk.len() > 1 {
            assert!(stderr(&output).contains("resuming the pull of ") || output.status.code().is_none());
        }
        match output.status.code() {
            None => kills += 1,
            Some(0) => break,
            Some(code) => panic!("{code}: {}", stderr(&output)),
        }
        assert!(kills < 200, "it never comes through");
    }
    assert!(kills >= 3, "{kills}");
    assert_eq!(contents(folder.path()), contents(undisturbed.path()), "after {kills} kills");
    assert!(kept(folder.path()).is_empty(), "the pages are not needed any more");
    let summary: Value =
        serde_json::from_slice(&fs::read(folder.path().join(".totalcloud/summary.json")).unwrap()).unwrap();
    assert_eq!(summary["complete"], true);
}

#[test]
fn a_killed_pull_of_ndjson_ends_as_if_it_had_never_been_killed() {
    for seed in [1, 2, 3] {
        killed_and_started_again(&sim(world), FAMILIES, "ndjson", 40, seed);
    }
}

#[test]
fn a_killed_pull_of_parquet_ends_as_if_it_had_never_been_killed() {
    killed_and_started_again(&sim(world), FAMILIES, "parquet", 40, 4);
}

#[test]
fn a_killed_pull_past_the_wall_ends_as_if_it_had_never_been_killed() {
    let sim = sim(|config| rows(config, "aws/EBS=10300"));
    killed_and_started_again(&sim, &["--only", "aws/ebs"], "ndjson", 25, 5);
}

#[test]
fn the_format_may_change_when_a_pull_is_gone_on_with() {
    let sim = sim(world);
    let folder = dir();
    let mut child = command(&sim, folder.path(), &["--only", "aws/ebs"]).spawn().unwrap();
    until_calls(&sim, &mut child, 4);
    child.kill().unwrap();
    child.wait().unwrap();
    ends(&pull(&sim, folder.path(), &["--only", "aws/ebs", "--format", "ndjson"]), 0, &[]);
    assert_eq!(contents(folder.path())["aws_ebs.ndjson"].len(), 700);
}

/// A folder with a pull that was stopped because the service went away after some pages.
fn failed(sim: &SimHandle, folder: &Path) -> usize {
    let output = pull(sim, folder, &["--only", "aws/ebs", "--format", "ndjson"]);
    ends(&output, 6, &["to go on: totalcloud pull --out ", " --format ndjson --only aws/ebs"]);
    let pages = kept(folder).len();
    assert!(pages >= 3, "{pages}");
    pages
}

/// A service that goes away with the sixth page, for longer than any page is tried, and comes back.
fn going_away(config: &mut SimConfig) {
    rows(config, "aws/EBS=900");
    fault(config, "op=resources.list,nth=6..30,do=status:503");
}

#[test]
fn a_pull_that_failed_is_gone_on_with_and_the_next_is_begun_anew() {
    let sim = sim(going_away);
    let folder = dir();
    failed(&sim, folder.path());
    // The faults are over once their calls are used up.
    for _ in 0..40 {
        let before = sim.journal().count;
        let on_disk = kept(folder.path()).len();
        let output = pull(&sim, folder.path(), &["--only", "aws/ebs", "--format", "ndjson"]);
        assert!(stderr(&output).contains("are on disk and are not asked for again"), "{}", stderr(&output));
        if output.status.code() == Some(0) {
            let journal = sim.journal();
            let answered = journal.requests.iter().filter(|r| r.seq > before && r.status == 200).count();
            assert_eq!(answered, 10 - on_disk);
            break;
        }
        assert_eq!(output.status.code(), Some(6));
    }
    assert_eq!(contents(folder.path())["aws_ebs.ndjson"].len(), 900);
    // It came to its end: the next one asks for everything.
    let before = sim.journal().count;
    let output = pull(&sim, folder.path(), &["--only", "aws/ebs", "--format", "ndjson"]);
    ends(&output, 0, &[]);
    assert!(!stderr(&output).contains("resuming"), "{}", stderr(&output));
    assert_eq!(sim.journal().count - before, 10);
}

#[test]
fn another_question_or_restart_begins_anew() {
    let sim = sim(going_away);
    for (user, more, said) in [
        ("", &["--only", "controls"][..], "was of other families"),
        ("", &["--only", "aws/ebs", "--updated", "[now-1d .. now]"], "was of another range of updates"),
        ("somebody-else", &["--only", "aws/ebs"], "was of another subscription"),
        ("", &["--only", "aws/ebs", "--restart"], ""),
    ] {
        let folder = dir();
        let first = pull(&sim, folder.path(), &["--only", "aws/ebs", "--format", "ndjson"]);
        assert!(first.status.code() != Some(2), "{}", stderr(&first));
        // Whether it failed or came through depends on the faults that are left; stopped it is in any case.
        let state = folder.path().join(".totalcloud/run.json");
        let mut run: Value = serde_json::from_slice(&fs::read(&state).unwrap()).unwrap();
        run["finished"] = Value::Null;
        fs::write(&state, run.to_string()).unwrap();
        let mut command = command(&sim, folder.path(), more);
        if !user.is_empty() {
            command.env("TOTALCLOUD_USERNAME", user);
        }
        let output = command.output().unwrap();
        let text = stderr(&output);
        assert!(!text.contains("resuming"), "{text}");
        assert_eq!(text.contains("beginning anew: the unfinished pull of "), !said.is_empty(), "{text}");
        assert!(text.contains(said), "{text}");
    }
}

/// Does something to the bytes of a file.
type Harm = fn(&mut Vec<u8>);

#[test]
fn damage_is_told_and_costs_calls_and_no_row() {
    let sim = sim(|config| rows(config, "aws/EBS=900"));
    let whole = dir();
    let args = ["--only", "aws/ebs", "--format", "ndjson"];
    ends(&pull(&sim, whole.path(), &args), 0, &[]);
    let whole = contents(whole.path());
    let damage: [(&str, Harm, &str); 5] = [
        ("run.json", |bytes| bytes.truncate(20), "the state of the earlier pull cannot be read"),
        ("run.json", |bytes| bytes.fill(0), "the state of the earlier pull cannot be read"),
        ("pages.journal", |bytes| bytes[3] ^= 1, "the pages of the unfinished pull of "),
        (
            "pages.journal",
            |bytes| {
                let n = bytes.len();
                bytes[n - 40] ^= 1;
            },
            "of the pages on disk are damaged",
        ),
        ("pages.journal", |bytes| bytes.truncate(bytes.len() - 3), "resuming the pull of "),
    ];
    for (file, harm, said) in damage {
        let folder = dir();
        let before = sim.journal().count;
        let mut child = command(&sim, folder.path(), &args).spawn().unwrap();
        until_calls(&sim, &mut child, before + 6);
        child.kill().unwrap();
        child.wait().unwrap();
        let path = folder.path().join(".totalcloud").join(file);
        let mut bytes = fs::read(&path).unwrap();
        harm(&mut bytes);
        fs::write(&path, bytes).unwrap();
        ends(&pull(&sim, folder.path(), &args), 0, &[said]);
        assert_eq!(contents(folder.path()), whole, "{file}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn signals_end_a_pull_with_the_command_that_goes_on() {
    for signal in ["-INT", "-TERM"] {
        let sim = sim(|config| {
            rows(config, "aws/EBS=1500");
            fault(config, "op=resources.list,nth=8..12,do=stall");
        });
        let folder = dir();
        let args = ["--only", "aws/ebs", "--format", "ndjson"];
        let mut child = command(&sim, folder.path(), &args).spawn().unwrap();
        until_calls(&sim, &mut child, 10);
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let output = child.wait_with_output().unwrap();
        let go_on = format!(
            "to go on: totalcloud pull --out {} --format ndjson --only aws/ebs",
            folder.path().display()
        );
        ends(&output, 130, &["interrupted; 0 of 1 table is complete in ", &go_on]);
        let on_disk = kept(folder.path());
        assert!(!on_disk.is_empty());
        // The calls that stall are used up by calls of others.
        while sim.calls("resources.list") < 12 {
            let one = ["--only", "aws/vpc", "--deadline", "300ms"];
            pull(&sim, dir().path(), &one);
        }
        let before = sim.journal().count;
        ends(&pull(&sim, folder.path(), &args), 0, &["resuming the pull of "]);
        let journal = sim.journal();
        assert!(journal.requests.iter().filter(|r| r.seq > before).all(|r| !on_disk.contains(&question(r))));
        assert_eq!(contents(folder.path())["aws_ebs.ndjson"].len(), 1500);
    }
}

#[test]
fn a_deadline_ends_in_time_with_what_came_and_the_rest_follows() {
    let sim = sim(|config| {
        config.quota = "20/5/2".parse().unwrap();
        rows(config, "aws/EBS=3000");
    });
    let folder = dir();
    let args = ["--only", "aws/ebs", "--format", "ndjson", "--deadline", "3s"];
    let output = pull(&sim, folder.path(), &args);
    ends(
        &output,
        6,
        &[
            "the deadline was reached; 0 of 1 table is complete in ",
            "to go on: totalcloud pull --deadline 3s ",
        ],
    );
    let on_disk = kept(folder.path()).len();
    assert!(on_disk > 0);
    // The next one waits for the quota, and only what is missing is asked for.
    let before = sim.journal().count;
    let output = pull(&sim, folder.path(), &args[..4]);
    ends(&output, 0, &["resuming the pull of "]);
    assert_eq!(contents(folder.path())["aws_ebs.ndjson"].len(), 3000);
    let journal = sim.journal();
    let answered = journal.requests.iter().filter(|r| r.seq > before && r.status == 200).count();
    assert_eq!(answered, 31 - on_disk);
}

#[test]
fn a_deadline_before_anything_came_is_the_quota() {
    let sim = sim(|config| fault(config, "op=connectors.list,do=stall"));
    let folder = dir();
    let output = pull(&sim, folder.path(), &["--only", "aws/ebs", "--deadline", "500ms"]);
    ends(&output, 5, &["the deadline was reached; no table was begun", "to go on: "]);
    let output = pull(&sim, folder.path(), &["--deadline", "soon"]);
    ends(&output, 2, &["a span of time such as 90s"]);
}
