//! The transcripts of the guide, run as they stand there.
//!
//! A block fenced as `console` holds commands behind `$ ` and what they print, both streams together; a line
//! `[exit N]` stands for an exit code other than 0. The commands of a page run one after the other in one folder,
//! signed in to a simulated company. `TOTALCLOUD_WRITE_GUIDE=1` writes what is printed into the pages.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use totalcloud_api::Provider;
use totalcloud_testkit::service::{FaultSpec, RowsSpec};

/// Runs the commands of a page and gives the page with what they print.
fn replay(page: &str, run: &mut dyn FnMut(&str) -> String) -> String {
    let mut out = String::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        let _ = writeln!(out, "{line}");
        if line.trim() != "```console" {
            continue;
        }
        while let Some(line) = lines.next() {
            if line.trim() == "```" {
                let _ = writeln!(out, "{line}");
                break;
            }
            let Some(mut command) = line.strip_prefix("$ ").map(str::to_owned) else { continue };
            let _ = writeln!(out, "{line}");
            // A command goes on behind a backslash.
            while command.ends_with('\\') {
                let Some(more) = lines.next() else { break };
                let _ = writeln!(out, "{more}");
                command.pop();
                command.push_str(more);
            }
            out.push_str(&run(&command));
        }
    }
    out
}

/// The line of a transcript at which the connectors of the company run again.
const A_DAY_LATER: &str = "# a day later";

fn page_is_current(name: &str) {
    let path = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../docs/guide").join(name);
    let page = std::fs::read_to_string(&path).unwrap();
    let sim = totalcloud_testkit::sim(|config| {
        config.world.seed = 7;
        config.world.size = "small".parse().unwrap();
        if name == "complete.md" {
            for (key, rows) in [("aws/EC2_INSTANCE", 10_400), ("aws/EBS", 26_000)] {
                let spec: RowsSpec = format!("{key}={rows}").parse().unwrap();
                config.world.rows.push((spec.provider, spec.type_name, spec.rows));
            }
            config.world.orphans.push((Provider::Aws, 1));
            config.filters.push("region=nothing".parse().unwrap());
            config.filters.push("updated-parameter=refuse".parse().unwrap());
        }
        if name == "changes.md" {
            // What was updated since yesterday is asked for by the date of today.
            config.world.now = jiff::Timestamp::now();
        }
        if name == "quotas.md" {
            config.quota = "40/86400/2".parse().unwrap();
        }
        if name == "pulling.md" {
            // The call after the twentieth page is never answered, so that there is a pull to be stopped.
            config.faults.push("op=resources.list,nth=21,do=stall".parse::<FaultSpec>().unwrap());
            let disks: RowsSpec = "aws/EBS=3000".parse().unwrap();
            config.world.rows.push((disks.provider, disks.type_name, disks.rows));
        }
    });
    let folder = totalcloud_testkit::dir();
    let binary = Path::new(env!("CARGO_BIN_EXE_totalcloud"));
    let path_variable = format!("{}:/usr/bin:/bin", binary.parent().unwrap().display());
    let mut commands = 0;
    let mut run = |command: &str| {
        commands += 1;
        if command.trim() == A_DAY_LATER {
            sim.advance(24.0, 0.05);
            return String::new();
        }
        let output = Command::new("sh")
            .args(["-c", &format!("{{ {command}\n}} 2>&1")])
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", &path_variable)
            .env("HOME", folder.path())
            .env("COLUMNS", "100")
            .envs(sim.env())
            .output()
            .unwrap();
        let mut text = String::from_utf8(output.stdout).unwrap();
        text = text.replace(sim.url(), "https://qualysguard.example.com");
        text = text.replace(&folder.path().display().to_string(), "~");
        text = without_waits(&without_instants(&without_seconds(&text)));
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        match output.status.code() {
            Some(0) => {}
            code => {
                let _ = writeln!(text, "[exit {}]", code.unwrap_or(-1));
            }
        }
        text
    };
    let now = replay(&page, &mut run);
    assert!(commands > 0, "{name} has transcripts");
    if std::env::var_os("TOTALCLOUD_WRITE_GUIDE").is_some() {
        std::fs::write(&path, now).unwrap();
    } else {
        assert_eq!(
            now, page,
            "{name} is not what the command prints; TOTALCLOUD_WRITE_GUIDE=1 writes it anew"
        );
    }
}

/// How long something took is different each time: `4 calls, 0.3 s` becomes `4 calls, 0.1 s`.
fn without_seconds(text: &str) -> String {
    let mut lines = String::new();
    for line in text.split_inclusive('\n') {
        match line.split_once(" calls, ").and_then(|(head, tail)| Some((head, tail.split_once(" s")?.1))) {
            Some((head, tail)) => lines.extend([head, " calls, 0.1 s", tail]),
            None => lines.push_str(line),
        }
    }
    lines
}

/// When a quota opens again depends on when the call was made.
fn without_waits(text: &str) -> String {
    match text.split_once("accepted in ") {
        Some((head, tail)) => {
            let rest = tail.find([';', '\n', '(']).map_or("", |at| &tail[at..]);
            format!("{head}accepted in 23 h{}{rest}", if rest.starts_with('(') { " " } else { "" })
        }
        None => text.to_owned(),
    }
}

/// When something was is different each time as well: `2026-01-15 12:00 UTC`, and `take about 0.1 s`.
fn without_instants(text: &str) -> String {
    let mut words: Vec<&str> = text.split(' ').collect();
    for at in 0..words.len() {
        if at >= 2 && words[at].starts_with("UTC") {
            (words[at - 2], words[at - 1]) = ("2026-01-15", "12:00");
        }
        if at >= 2 && words[at - 2..at] == ["take", "about"] {
            words[at] = "0.1";
        }
    }
    words.join(" ")
}

macro_rules! pages {
    ($($test:ident $file:literal;)*) => {
        $(#[test] fn $test() { page_is_current($file); })*

        #[test]
        fn every_page_is_run() {
            let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../docs/guide");
            for entry in std::fs::read_dir(folder).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                let run = IN_PYTHON.contains(&name.as_str()) || [$($file),*].contains(&name.as_str());
                assert!(name == "README.md" || run, "{name} is run by no test");
            }
        }
    };
}

/// Pages whose samples are Python: the tests of the package run them.
const IN_PYTHON: [&str; 2] = ["moving-from-qualysdk.md", "python.md"];

pages! {
    signing_in "signing-in.md";
    network "network.md";
    connectors "connectors.md";
    groups "groups.md";
    connector_api_v3 "connector-api-v3.md";
    alerts "alerts.md";
    listing "listing.md";
    filters "filters.md";
    pulling "pulling.md";
    complete "complete.md";
    quotas "quotas.md";
    posture "posture.md";
    reports "reports.md";
    iac "iac.md";
    findings "findings.md";
    any_operation "any-operation.md";
    simulator "simulator.md";
    estate "estate.md";
    changes "changes.md";
    growing "growing.md";
}

#[test]
fn a_transcript_is_replayed_line_by_line() {
    let page = "text\n```console\n$ a \\\n  b\nold\n$ c\n```\nend\n";
    let mut seen = Vec::new();
    let now = replay(page, &mut |command| {
        seen.push(command.to_owned());
        "new\n".to_owned()
    });
    assert_eq!(seen, ["a   b", "c"]);
    assert_eq!(now, "text\n```console\n$ a \\\n  b\nnew\n$ c\nnew\n```\nend\n");
}
