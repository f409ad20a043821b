//! Checks against programs that others wrote, each started on loopback and stopped by its process id.

use crate::run::{Tally, cargo, root, target_dir};
use crate::tools;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The command as the tests built it.
fn command(tally: &mut Tally) -> Option<PathBuf> {
    // The tests build the command as well. Built by itself, it would want its heavy dependencies once more, with other
    // features on.
    let built = tally.program("build", &mut cargo(&["test", "--quiet", "--workspace", "--no-run"]));
    built.then(|| target_dir().join("debug/totalcloud"))
}

pub fn all(tally: &mut Tally) {
    let Some(command) = command(tally) else { return };
    // The simulator must satisfy clients that others wrote.
    python(tally, &command, "qualysdk", "qualysdk");
    python(tally, &command, "qualys_mcp", "qualys-mcp");
    // And the vendor's own: its scanner of infrastructure as code, its command line tool.
    python(tally, &command, "iac", "iac scanner");
    python(tally, &command, "qualys_cli", "qualys-cli");
    // The client must get through a proxy that inspects TLS, and say so where it cannot.
    python(tally, &command, "mitmproxy", "mitmproxy");
    // An estate in a bucket must be what other engines read from it.
    python(tally, &command, "s3", "estate in a bucket");
    // Events must be what the schema of their framework says.
    python(tally, &command, "ocsf", "ocsf");
    // A database must hold what the estate holds.
    match tools::postgres() {
        Ok(programs) => {
            let script = root().join("tests/peers/check_postgres.py");
            tally.program_with_checks(
                "postgres",
                Command::new("python3").arg(script).arg(&command).arg(programs),
            );
        }
        Err(e) => missing(tally, "postgres", &e),
    }
    // The client must get its token from a real OpenID provider.
    match tools::node("openid") {
        Ok(home) => {
            let script = root().join("tests/peers/check_openid.py");
            tally.program_with_checks(
                "openid provider",
                Command::new("python3").arg(script).arg(&command).arg(home),
            );
        }
        Err(e) => missing(tally, "openid provider", &e),
    }
}

/// Runs `check_NAME.py` among the packages of `NAME.txt`.
fn python(tally: &mut Tally, command: &Path, name: &str, shown: &str) {
    match tools::python(name) {
        Ok(python) => {
            let script = root().join(format!("tests/peers/check_{name}.py"));
            tally.program_with_checks(shown, Command::new(python).arg(script).arg(command));
        }
        Err(e) => missing(tally, shown, &e),
    }
}

fn missing(tally: &mut Tally, name: &str, error: &str) {
    eprintln!("{error}");
    tally.check(&format!("{name} can be installed"), false);
}
