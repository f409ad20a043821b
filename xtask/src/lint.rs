//! Formatting, clippy, layout and licences.

use crate::run::{Tally, cargo, root};
use crate::{layout, tools};
use std::process::Command;

pub fn all(tally: &mut Tally, fix: bool) {
    tools::components();
    if fix {
        tally.program("fmt", &mut cargo(&["fmt", "--all"]));
    } else {
        tally.program("fmt", &mut cargo(&["fmt", "--all", "--check"]));
    }
    layout::check(tally);
    match tools::cargo_deny() {
        Ok(program) => {
            let args = ["--log-level", "error", "check", "licenses", "bans", "sources"];
            tally.program("deny", Command::new(program).args(args).current_dir(root()));
        }
        Err(e) => {
            eprintln!("{e}");
            tally.check("deny", false);
        }
    }
    let mut clippy = vec!["clippy", "--workspace", "--all-targets", "--quiet"];
    if fix {
        clippy.extend(["--fix", "--allow-dirty"]);
    }
    clippy.extend(["--", "-D", "warnings"]);
    tally.program("clippy", &mut cargo(&clippy));
}
