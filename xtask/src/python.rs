//! The Python package: its wheel, installed, and what Python says of it.

use crate::run::{Tally, cargo, root, target_dir};
use crate::tools;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn all(tally: &mut Tally) {
    // With the tests, so that shared dependencies have the features they have there and are not built once more.
    let build = ["build", "--quiet", "--workspace", "--lib", "--bins", "--tests"];
    if !tally.program("build of the Python module", &mut cargo(&build)) {
        return;
    }
    let python = match tools::python("python") {
        Ok(python) => python,
        Err(e) => {
            eprintln!("{e}");
            return tally.check("the Python packages can be installed", false);
        }
    };
    let Some(wheel) = pack(tally, &python) else { return };
    clean(tally, &wheel);
    if !tally.program("wheel beside other packages", &mut install(&python, &wheel)) {
        return;
    }
    // From a folder of its own, so that what is tested is what was installed.
    let home = root().join("crates/python/tests");
    let mut pytest = Command::new(&python);
    pytest.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tally", "."]).current_dir(&home);
    pytest.env("TOTALCLOUD_COMMAND", target_dir().join("debug/totalcloud"));
    tally.program_with_checks("pytest", &mut pytest);
    let mut stubtest = Command::new(&python);
    stubtest.args(["-m", "mypy.stubtest", "totalcloud._native", "--mypy-config-file"]);
    tally.program("stubtest", stubtest.arg(root().join("crates/python/pyproject.toml")).current_dir(&home));
    for (name, what) in [("mypy of the examples", "examples"), ("mypy of the package", "python/totalcloud")] {
        let mut mypy = Command::new(&python);
        mypy.args(["-m", "mypy", "--strict", what]).current_dir(root().join("crates/python"));
        tally.program(name, &mut mypy);
    }
}

/// A wheel around the library that was built.
fn pack(tally: &mut Tally, python: &Path) -> Option<PathBuf> {
    let library = ["lib_native.so", "lib_native.dylib", "_native.dll"]
        .iter()
        .map(|name| target_dir().join("debug").join(name))
        .find(|path| path.is_file());
    let folder = target_dir().join("wheels");
    let mut command = Command::new(python);
    command.arg(root().join("crates/python/pack_wheel.py"));
    command.arg(library.unwrap_or_default()).arg(&folder);
    let packed = command.output().ok().filter(|out| out.status.success());
    let path = packed.map(|out| PathBuf::from(String::from_utf8_lossy(&out.stdout).trim()));
    tally.check("the wheel is packed", path.as_ref().is_some_and(|path| path.is_file()));
    path
}

fn install(python: &Path, wheel: &Path) -> Command {
    let mut command = Command::new(python);
    command
        .args(["-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--force-reinstall"])
        .arg(wheel);
    command
}

/// The wheel alone, in an environment that has nothing else: it needs no other package.
fn clean(tally: &mut Tally, wheel: &Path) {
    let home = target_dir().join("clean-venv");
    let python = home.join("bin/python");
    let made = tally
        .program("clean environment", Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home));
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--no-index"]).arg(wheel);
    if made && tally.program("wheel in a clean environment", &mut pip) {
        let script = root().join("crates/python/tests/clean.py");
        let mut run = Command::new(&python);
        run.arg(script).env("TOTALCLOUD_COMMAND", target_dir().join("debug/totalcloud")).current_dir(&home);
        tally.program_with_checks("clean environment", &mut run);
    }
}
