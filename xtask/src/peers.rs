//! Checks against programs that others wrote, each started on loopback and stopped by its process id.

use crate::run::{Tally, cargo, root, target_dir};
use crate::tools;
use std::path::PathBuf;
use std::process::Command;

/// The command as the tests built it.
fn command(tally: &mut Tally) -> Option<PathBuf> {
    let built = tally.program("build", &mut cargo(&["build", "--quiet", "--package", "totalcloud-cli"]));
    built.then(|| target_dir().join("debug/totalcloud"))
}

pub fn all(tally: &mut Tally) {
    let Some(command) = command(tally) else { return };
    // The simulator must satisfy a client that others wrote.
    match tools::python("qualysdk") {
        Ok(python) => {
            let script = root().join("tests/peers/check_qualysdk.py");
            tally.program_with_checks("qualysdk", Command::new(python).arg(script).arg(&command));
        }
        Err(e) => missing(tally, "qualysdk", &e),
    }
    // The simulator must satisfy the vendor's own scanner of infrastructure as code.
    match tools::python("iac") {
        Ok(python) => {
            let script = root().join("tests/peers/check_iac.py");
            tally.program_with_checks("iac scanner", Command::new(python).arg(script).arg(&command));
        }
        Err(e) => missing(tally, "iac scanner", &e),
    }
    // The client must get through a proxy that inspects TLS, and say so where it cannot.
    match tools::python("mitmproxy") {
        Ok(python) => {
            let script = root().join("tests/peers/check_mitmproxy.py");
            tally.program_with_checks("mitmproxy", Command::new(python).arg(script).arg(&command));
        }
        Err(e) => missing(tally, "mitmproxy", &e),
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

fn missing(tally: &mut Tally, name: &str, error: &str) {
    eprintln!("{error}");
    tally.check(&format!("{name} can be installed"), false);
}
