//! `totalcloud demo`: the way of a newcomer, as a transcript.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use totalcloud_testkit::dir;

fn demo(out: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_totalcloud"))
        .args([
            "demo",
            "--out",
            out.to_str().unwrap(),
            "--size",
            "tiny",
            "--seed",
            "7",
            "--now",
            "2026-01-15T12:00:00Z",
        ])
        .args(more)
        .env_clear()
        .env("TOTALCLOUD_CONFIG", "/nonexistent/config.toml")
        .output()
        .unwrap()
}

/// The transcript without what differs from run to run.
fn transcript(output: &Output, out: &Path) -> String {
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let mut kept = String::new();
    for line in text.lines() {
        let line = line.replace(&out.display().to_string(), "DIR");
        // "300 rows in 0.4 s with 60 calls"
        let line = match (line.find(" in "), line.find(" s with ")) {
            (Some(from), Some(to)) if from < to => format!("{} in TIME{}", &line[..from], &line[to + 2..]),
            _ => line,
        };
        kept.push_str(&line);
        kept.push('\n');
    }
    kept
}

#[test]
fn the_demo_is_the_same_for_a_seed_and_fits_a_terminal() {
    let (one, two) = (dir(), dir());
    let first = demo(one.path(), &["--format", "parquet"]);
    let text = transcript(&first, one.path());
    assert_eq!(
        text,
        transcript(&demo(two.path(), &["--format", "csv"]), two.path()).replace(
            "head -3 DIR/aws_ec2_instance.csv",
            "duckdb -c \"from 'DIR/aws_ec2_instance.parquet' limit 5\""
        )
    );
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(!text.contains('\x1b'));
    assert!(!String::from_utf8(first.stderr).unwrap().contains("password"));
    assert!(one.path().join("aws_ec2_instance.parquet").exists());
    insta::assert_snapshot!(text);
}

#[test]
fn without_a_folder_a_new_one_is_made_and_named() {
    let output = Command::new(env!("CARGO_BIN_EXE_totalcloud"))
        .args(["demo", "--size", "tiny", "--format", "ndjson"])
        .env_clear()
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let named =
        text.lines().map(str::trim).find(|l| l.contains("totalcloud-demo-") && !l.contains(' ')).unwrap();
    assert!(Path::new(named).join("connectors.ndjson").is_file());
    fs::remove_dir_all(named).unwrap();
}

#[cfg(feature = "estate")]
#[test]
fn the_demo_syncs_twice_compares_and_answers() {
    let folder = dir();
    let out = folder.path().join("estate");
    let text = transcript(&demo(&out, &[]), &out);
    let found = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what} is missing in:\n{text}"));
    let order = [
        "version 1: ",
        "version 2: ",
        "What changed since yesterday",
        "(totalcloud ask run accounts-by-failure-rate)",
        "(totalcloud ask run public-buckets)",
        "(totalcloud ask run users-without-mfa)",
        "totalcloud ask list",
    ]
    .map(found);
    assert!(order.is_sorted(), "{text}");
    let first = text.lines().find(|l| l.starts_with("version 1")).unwrap();
    assert!(!first.contains(" 0 new") && first.contains(" 0 changed"), "{first}");
    let second = text.lines().find(|l| l.starts_with("version 2")).unwrap();
    assert!(!second.contains(" 0 changed"), "{second}");
    assert!(!text.contains('\x1b'));
    assert!(out.join("estate.json").is_file());
}
