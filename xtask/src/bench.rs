//! The figures. Ratios are taken within one run, because machines are shared and noisy.

use crate::run::{Tally, cargo, root, target_dir};
use crate::tools;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A benchmark: its name and what runs it.
type Bench = (&'static str, fn(&mut Tally));

const BENCHES: &[Bench] = &[
    ("decode", decode),
    ("tables", tables),
    ("schedule", schedule),
    ("compare", compare),
    ("memory", memory),
    ("million", million),
    ("startup", startup),
    ("estate-sync", |tally| estate(tally, "sync")),
    ("estate-query", |tally| estate(tally, "query")),
    ("estate-write", |tally| estate(tally, "write")),
    ("python", crate::python::bench),
];

pub fn all(tally: &mut Tally, names: &[&str]) {
    for name in names {
        if !BENCHES.iter().any(|(n, _)| n == name) {
            let known: Vec<&str> = BENCHES.iter().map(|(n, _)| *n).collect();
            eprintln!("there is no benchmark '{name}'; there are {}", known.join(", "));
            tally.check(name, false);
        }
    }
    for (name, run) in BENCHES {
        if names.is_empty() || names.contains(name) {
            run(tally);
        }
    }
}

fn decode(tally: &mut Tally) {
    tally.program("decode", &mut cargo(&["bench", "--quiet", "--package", "totalcloud-api"]));
}

fn tables(tally: &mut Tally) {
    tally.program("tables", &mut cargo(&["bench", "--quiet", "--package", "totalcloud-table"]));
}

/// Time is simulated, so the build needs no optimising.
fn schedule(tally: &mut Tally) {
    let arguments =
        ["bench", "--quiet", "--profile", "dev", "--package", "totalcloud", "--bench", "schedule"];
    tally.program("schedule", &mut cargo(&arguments));
}

fn release(tally: &mut Tally) -> bool {
    tally.program(
        "release build",
        &mut cargo(&["build", "--quiet", "--release", "--package", "totalcloud-cli"]),
    ) && tally.program(
        "release build of the floor",
        &mut cargo(&["build", "--quiet", "--release", "--package", "totalcloud", "--examples"]),
    )
}

fn script(tally: &mut Tally, part: &str, python: &std::path::Path) {
    let script = root().join("tests/bench.py");
    tally.program(part, Command::new(python).arg(script).arg(part).arg(target_dir().join("release")));
}

fn compare(tally: &mut Tally) {
    if !release(tally) {
        return;
    }
    match tools::python("qualysdk") {
        Ok(python) => script(tally, "compare", &python),
        Err(e) => {
            eprintln!("{e}");
            tally.check("compare", false);
        }
    }
}

fn memory(tally: &mut Tally) {
    if release(tally) {
        script(tally, "memory", std::path::Path::new("python3"));
    }
}

fn million(tally: &mut Tally) {
    if release(tally) {
        script(tally, "million", std::path::Path::new("python3"));
    }
}

fn startup(tally: &mut Tally) {
    if release(tally) {
        script(tally, "startup", std::path::Path::new("python3"));
    }
}

/// The estate, beside DuckDB where that can do the same.
fn estate(tally: &mut Tally, part: &str) {
    if !release(tally) {
        return;
    }
    let needed = tools::python("duckdb").and_then(|python| Ok((python, inside_of_the_estate()?)));
    match needed {
        Ok((python, inside)) => {
            let script = root().join("tests/bench_estate.py");
            let mut run = Command::new(python);
            run.arg(script).arg(part).arg(target_dir().join("release")).arg(inside);
            tally.program(&format!("estate-{part}"), &mut run);
        }
        Err(e) => {
            eprintln!("{e}");
            tally.check(&format!("estate-{part}"), false);
        }
    }
}

/// Builds the program of `crates/estate/benches` and tells where it is.
fn inside_of_the_estate() -> Result<PathBuf, String> {
    let arguments = [
        "bench",
        "--no-run",
        // With the command, so that the engine has the features it has there and is not built once more.
        "--package",
        "totalcloud-cli",
        "--package",
        "totalcloud-estate",
        "--bench",
        "estate",
        "--message-format",
        "json",
    ];
    let built = cargo(&arguments).stderr(Stdio::inherit()).output().map_err(|e| e.to_string())?;
    let messages = String::from_utf8_lossy(&built.stdout).into_owned();
    let mut programs = messages.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        (message["target"]["name"] == "estate").then(|| message["executable"].as_str().map(PathBuf::from))?
    });
    programs.next_back().ok_or_else(|| "the benchmark of the estate cannot be built".to_owned())
}
