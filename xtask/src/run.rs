//! Running a program and counting what it says.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// What passed and what failed so far.
#[derive(Default)]
pub struct Tally {
    passed: u64,
    failed: Vec<String>,
}

impl Tally {
    /// One check by name.
    pub fn check(&mut self, name: &str, ok: bool) {
        if ok {
            self.passed += 1;
        } else {
            eprintln!("FAILED: {name}");
            self.failed.push(name.to_owned());
        }
    }

    /// A check that is one program: it passes when the program succeeds.
    pub fn program(&mut self, name: &str, command: &mut Command) -> bool {
        let started = Instant::now();
        eprintln!("== {name}");
        let ok = match command.stdin(Stdio::null()).status() {
            Ok(status) => status.success(),
            Err(e) => {
                eprintln!("{name}: cannot run {:?}: {e}", command.get_program());
                false
            }
        };
        eprintln!(
            "== {name}: {} ({:.0} s)",
            if ok { "ok" } else { "FAILED" },
            started.elapsed().as_secs_f64()
        );
        self.check(name, ok);
        ok
    }

    /// A program that reports many checks. Lines are read from its stdout: the summary of Rust's test harness
    /// (`test result: …`), and `ok NAME` / `FAILED NAME` of the scripts under `tests/peers`.
    pub fn program_with_checks(&mut self, name: &str, command: &mut Command) {
        let started = Instant::now();
        eprintln!("== {name}");
        let mut child = match command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn() {
            Ok(child) => child,
            Err(e) => {
                eprintln!("{name}: cannot run {:?}: {e}", command.get_program());
                self.check(name, false);
                return;
            }
        };
        let (mut passed, mut failed) = (0, 0);
        if let Some(stdout) = child.stdout.take() {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                println!("{line}");
                if let Some(rest) = line.strip_prefix("test result: ") {
                    passed += number_before(rest, " passed");
                    failed += number_before(rest, " failed");
                } else if line.starts_with("ok ") {
                    passed += 1;
                } else if let Some(what) = line.strip_prefix("FAILED ") {
                    failed += 1;
                    self.failed.push(format!("{name}: {what}"));
                }
            }
        }
        let ok = child.wait().is_ok_and(|s| s.success());
        self.passed += passed;
        if failed > 0 && !self.failed.iter().any(|f| f.starts_with(name)) {
            self.failed.extend((0..failed).map(|i| format!("{name}: failure {}", i + 1)));
        }
        // A program that fails without naming a check (it does not compile, it crashed), or that checks nothing
        // at all, is a failure of its own.
        if (!ok && failed == 0) || passed + failed == 0 {
            self.failed.push(name.to_owned());
        }
        eprintln!("== {name}: {passed} passed, {failed} failed ({:.0} s)", started.elapsed().as_secs_f64());
    }

    /// Prints the last line and gives the exit code.
    pub fn close(self) -> ExitCode {
        for name in &self.failed {
            println!("failed: {name}");
        }
        println!("{} passed, {} failed", self.passed, self.failed.len());
        if self.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn number_before(text: &str, word: &str) -> u64 {
    let Some(end) = text.find(word) else { return 0 };
    text[..end].rsplit(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// The root of the repository.
pub fn root() -> PathBuf {
    // Asked when it runs: a target folder shared by two checkouts may hold the program of the other one.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let here = Path::new(&here);
    here.parent().unwrap_or(here).to_path_buf()
}

/// A cargo command at the root.
pub fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(root());
    // What cargo says to this program of its own package. Build scripts of dependencies look at the same variables,
    // and with them half the workspace is built anew in every checkout and at every change to plain cargo.
    let own = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| own.iter().any(|prefix| name.starts_with(prefix))) {
            command.env_remove(name);
        }
    }
    command
}

/// Where things that are built or installed once are kept.
pub fn cache() -> PathBuf {
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).unwrap_or_else(|| {
        PathBuf::from(std::env::var_os("HOME").unwrap_or_else(|| ".".into())).join(".cache")
    });
    base.join("totalcloud")
}

/// The folder cargo builds into.
pub fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from).unwrap_or_else(|| root().join("target"))
}
