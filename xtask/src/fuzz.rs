//! Bounded runs of the fuzz targets.
//!
//! libFuzzer needs to see which ways a program takes. The compiler puts the counters in on a stable toolchain
//! as well; only the crates of this repository get them, so that everything they use is taken as it is built
//! for the tests. This program is cargo's wrapper around the compiler for that.

use crate::run::{Tally, cargo, root, target_dir};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// Said to ourselves when cargo calls this program in place of the compiler.
const AS_COMPILER: &str = "XTASK_FUZZ_COMPILER";
/// The crates whose ways are counted.
const COUNTED: &[&str] = &["totalcloud_api", "totalcloud", "totalcloud_cli", "totalcloud_fuzz"];
const FLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    // Overflow checks and debug assertions stay as in any build for tests.
    "-Copt-level=1",
];

/// Largest input that is tried.
const LONGEST: u32 = 4096;
const SECONDS: u64 = 120;

/// The compiler with counters, if that is what this program was started as.
pub fn as_compiler() -> Option<ExitCode> {
    std::env::var_os(AS_COMPILER)?;
    let mut args = std::env::args_os().skip(1);
    let mut rustc = Command::new(args.next()?);
    let args: Vec<_> = args.collect();
    let after = |flag: &str| args.windows(2).find(|w| w[0] == flag).and_then(|w| w[1].to_str());
    let library = after("--crate-type") == Some("lib");
    if library && after("--crate-name").is_some_and(|name| COUNTED.contains(&name)) {
        rustc.args(FLAGS);
    }
    let code = match rustc.args(&args).status() {
        Ok(status) => status.code().and_then(|c| u8::try_from(c).ok()).unwrap_or(1),
        Err(e) => {
            eprintln!("{:?}: {e}", rustc.get_program());
            1
        }
    };
    Some(ExitCode::from(code))
}

/// What came of one run.
struct Run {
    target: String,
    executions: u64,
    seconds: u64,
    fresh: usize,
    sound: bool,
}

/// `cargo xtask fuzz [TARGET…] [--seconds N] [--keep]`
pub fn all(tally: &mut Tally, args: &[String]) {
    let (wanted, seconds, keep) = match read(args) {
        Ok(read) => read,
        Err(e) => {
            eprintln!("{e}");
            tally.check("arguments of fuzz", false);
            return;
        }
    };
    let Some(program) = build(tally) else { return };
    let known = match names(&program) {
        Ok(names) => names,
        Err(e) => {
            eprintln!("{e}");
            tally.check("fuzz targets", false);
            return;
        }
    };
    for name in wanted.iter().filter(|name| !known.contains(name)) {
        eprintln!("there is no target '{name}'; there are {}", known.join(", "));
        tally.check(name, false);
    }
    let mut runs = Vec::new();
    for name in known.iter().filter(|name| wanted.is_empty() || wanted.contains(name)) {
        match run(&program, name, seconds, keep) {
            Ok(run) => {
                tally.check(&format!("fuzz {name}"), run.sound);
                runs.push(run);
            }
            Err(e) => {
                eprintln!("{name}: {e}");
                tally.check(&format!("fuzz {name}"), false);
            }
        }
    }
    println!("{:<18} {:>12} {:>8} {:>12}  outcome", "target", "executions", "seconds", "new inputs");
    for run in &runs {
        let outcome = if run.sound { "no finding" } else { "FINDING" };
        println!("{:<18} {:>12} {:>8} {:>12}  {outcome}", run.target, run.executions, run.seconds, run.fresh);
    }
}

fn read(args: &[String]) -> Result<(Vec<String>, u64, bool), String> {
    let (mut wanted, mut seconds, mut keep) = (Vec::new(), SECONDS, false);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--seconds" => {
                let number = args.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0);
                seconds = number.ok_or("--seconds needs a whole number above 0")?;
            }
            "--keep" => keep = true,
            flag if flag.starts_with('-') => return Err(format!("fuzz has no {flag}")),
            name => wanted.push(name.to_owned()),
        }
    }
    Ok((wanted, seconds, keep))
}

fn build(tally: &mut Tally) -> Option<PathBuf> {
    let me = match std::env::current_exe() {
        Ok(me) => me,
        Err(e) => {
            eprintln!("this program cannot be found: {e}");
            tally.check("fuzz build", false);
            return None;
        }
    };
    let args =
        ["build", "--quiet", "--package", "totalcloud-fuzz", "--features", "libfuzzer", "--bin", "fuzz"];
    let mut command = cargo(&args);
    command.env("RUSTC_WORKSPACE_WRAPPER", me).env(AS_COMPILER, "1");
    tally.program("fuzz build", &mut command).then(|| target_dir().join("debug/fuzz"))
}

fn names(program: &Path) -> Result<Vec<String>, String> {
    let out = Command::new(program).env("TOTALCLOUD_FUZZ_TARGET", "list").stderr(Stdio::null()).output();
    let out = out.map_err(|e| format!("{}: {e}", program.display()))?;
    let names: Vec<String> = String::from_utf8_lossy(&out.stdout).lines().map(str::to_owned).collect();
    if names.is_empty() { Err(format!("{} names no target", program.display())) } else { Ok(names) }
}

fn run(program: &Path, name: &str, seconds: u64, keep: bool) -> std::io::Result<Run> {
    let kept = root().join("fuzz/corpus").join(name);
    let dictionary = root().join("fuzz/dictionaries").join(dictionary(name));
    let found = target_dir().join("fuzz").join(name);
    let findings = found.join("findings");
    let fresh = found.join("inputs");
    for dir in [&kept, &findings, &fresh] {
        std::fs::create_dir_all(dir)?;
    }
    eprintln!("== fuzz {name}");
    let log = found.join("log.txt");
    let mut command = Command::new(program);
    command.env("TOTALCLOUD_FUZZ_TARGET", name).current_dir(&found).stdin(Stdio::null());
    command.arg(format!("-max_total_time={seconds}")).arg(format!("-max_len={LONGEST}"));
    command.args(["-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=1"]);
    command.arg(format!("-dict={}", dictionary.display()));
    command.arg(format!("-artifact_prefix={}/", findings.display()));
    command.arg(&fresh).arg(&kept);
    let status = command.stdout(Stdio::null()).stderr(std::fs::File::create(&log)?).status()?;
    let said = String::from_utf8_lossy(&std::fs::read(&log)?).into_owned();
    let stat = |name: &str| {
        let line = said.lines().find_map(|l| l.strip_prefix(name));
        line.and_then(|l| l.trim_start_matches(':').trim().parse::<u64>().ok()).unwrap_or(0)
    };
    let executions = stat("stat::number_of_executed_units");
    if !status.success() {
        for line in
            said.lines().filter(|l| l.contains("panicked") || l.contains("ERROR") || l.contains("Test unit"))
        {
            eprintln!("{line}");
        }
        eprintln!("the whole account is in {}", log.display());
    }
    if keep && status.success() {
        merge(program, name, &kept, &fresh)?;
    }
    Ok(Run {
        target: name.to_owned(),
        executions,
        seconds: elapsed(&said).unwrap_or(seconds),
        fresh: std::fs::read_dir(&fresh)?.count(),
        // A run that tried nothing shows nothing.
        sound: status.success() && executions > 0,
    })
}

/// `Done 12345 runs in 121 second(s)`
fn elapsed(said: &str) -> Option<u64> {
    let line = said.lines().find(|l| l.starts_with("Done "))?;
    line.split(" in ").nth(1)?.split(' ').next()?.parse().ok()
}

/// Copies those of the new inputs that show a way not seen before to the kept ones.
fn merge(program: &Path, name: &str, kept: &Path, fresh: &Path) -> std::io::Result<()> {
    let mut command = Command::new(program);
    command.env("TOTALCLOUD_FUZZ_TARGET", name).stdin(Stdio::null());
    command.args(["-set_cover_merge=1", "-use_counters=0", "-max_len=1024"]).arg(kept).arg(fresh);
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().map(|_| ())
}

/// The words that help a target to be reached.
fn dictionary(name: &str) -> &'static str {
    match name {
        "qql" | "dates" => "qql.dict",
        "config" => "config.dict",
        "headers" => "headers.dict",
        _ => "json.dict",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read() {
        let words = |words: &[&str]| read(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>());
        assert_eq!(words(&[]).unwrap(), (vec![], SECONDS, false));
        assert_eq!(words(&["qql", "--seconds", "5", "--keep"]).unwrap(), (vec!["qql".to_owned()], 5, true));
        for wrong in [&["--seconds"][..], &["--seconds", "x"], &["--seconds", "0"], &["--fast"]] {
            assert!(words(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(elapsed("x\nDone 77 runs in 121 second(s)\n"), Some(121));
    }
}
