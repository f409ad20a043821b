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
    let Some(wheel) = pack(tally, &python, "debug") else { return };
    clean(tally, &wheel);
    if !tally.program("wheel beside other packages", &mut install(&python, &wheel)) {
        return;
    }
    // From a folder of its own, so that what is tested is what was installed.
    let home = root().join("crates/python/tests");
    let mut pytest = Command::new(&python);
    pytest.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tally", "."]).current_dir(&home);
    // What hangs ends, and says where.
    pytest.args(["-o", "faulthandler_timeout=300", "-o", "faulthandler_exit_on_timeout=true"]);
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
    beside(tally, &wheel);
}

/// What `qualysdk` gives and what this package gives, in one environment.
fn beside(tally: &mut Tally, wheel: &Path) {
    let Some(python) = with_qualysdk(tally, wheel) else { return };
    let command = target_dir().join("debug/totalcloud");
    for (shown, name) in [("side by side", "check_side_by_side.py"), ("answers", "check_answers.py")] {
        let mut run = Command::new(&python);
        run.arg(root().join("tests/peers").join(name));
        if shown == "side by side" {
            run.arg(&command);
        }
        tally.program_with_checks(shown, &mut run);
    }
}

/// The environment of `qualysdk` with the wheel in it.
fn with_qualysdk(tally: &mut Tally, wheel: &Path) -> Option<PathBuf> {
    match tools::python("qualysdk") {
        Ok(python) => tally.program("wheel beside qualysdk", &mut install(&python, wheel)).then_some(python),
        Err(e) => {
            eprintln!("{e}");
            tally.check("qualysdk can be installed", false);
            None
        }
    }
}

/// The figures against `qualysdk`, of an optimised module.
pub fn bench(tally: &mut Tally) {
    let build =
        ["build", "--quiet", "--release", "--package", "totalcloud-cli", "--package", "totalcloud-py"];
    if !tally.program("release build of the Python module", &mut cargo(&build)) {
        return;
    }
    let packed = tools::python("python").ok().and_then(|python| pack(tally, &python, "release"));
    let Some(wheel) = packed else { return tally.check("the wheel of the benchmark", false) };
    let Some(python) = with_qualysdk(tally, &wheel) else { return };
    let mut run = Command::new(python);
    run.arg(root().join("tests/bench_python.py")).arg(target_dir().join("release"));
    tally.program("python", &mut run);
}

/// A wheel around the library that was built.
fn pack(tally: &mut Tally, python: &Path, profile: &str) -> Option<PathBuf> {
    let library = ["lib_native.so", "lib_native.dylib", "_native.dll"]
        .iter()
        .map(|name| target_dir().join(profile).join(name))
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
