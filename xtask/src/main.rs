//! `cargo xtask …`: the everyday commands of this repository.

mod bench;
mod fuzz;
mod layout;
mod lint;
mod peers;
mod python;
mod run;
mod tests;
mod tools;

use run::Tally;
use std::process::ExitCode;

const HELP: &str = "cargo xtask <command>

  test [--fast]     everything that is checked: lints, tests, references, peers, the Python package (--fast leaves
                    the last two out)
  python            the Python package alone: its wheel, installed, pytest, stubtest, mypy
  bench [NAME…]     the figures: decode, tables, schedule, compare, memory, million, startup, estate-sync, estate-query,
                    estate-write, python (all of them without a name)
  fuzz [TARGET…]    a bounded search for inputs that break a decoder (--seconds N each, 120 without it; --keep
                    adds inputs that reach something new to fuzz/corpus)
  lint [--fix]      formatting, clippy, layout, licences
  gen [--check]     writes docs/reference from the declarations (--check only compares)
";

fn main() -> ExitCode {
    if let Some(code) = fuzz::as_compiler() {
        return code;
    }
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| args.iter().any(|a| a == flag);
    let mut tally = Tally::default();
    match args.first().map(String::as_str) {
        Some("test") => {
            lint::all(&mut tally, false);
            tests::all(&mut tally);
            if !has("--fast") {
                peers::all(&mut tally);
                python::all(&mut tally);
            }
        }
        Some("bench") => {
            let names: Vec<&str> = args[1..].iter().map(String::as_str).collect();
            bench::all(&mut tally, &names);
        }
        Some("python") => python::all(&mut tally),
        Some("fuzz") => fuzz::all(&mut tally, &args[1..]),
        Some("lint") => lint::all(&mut tally, has("--fix")),
        Some("gen") => tests::references(&mut tally, !has("--check")),
        _ => {
            print!("{HELP}");
            return if args.is_empty() || has("--help") || has("-h") || has("help") {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(2)
            };
        }
    }
    tally.close()
}
