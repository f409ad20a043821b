//! Programs that the checks need, installed into the user's cache once.

use crate::run::{cache, root};
use std::path::PathBuf;
use std::process::{Command, Stdio};

fn works(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let shown = format!("{command:?}");
    match command.stdin(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{shown} ended with {status}")),
        Err(e) => Err(format!("{shown}: {e}")),
    }
}

/// `cargo-deny`, from the path or built once.
pub fn cargo_deny() -> Result<PathBuf, String> {
    let own = cache().join("tools/bin/cargo-deny");
    for candidate in [PathBuf::from("cargo-deny"), own.clone()] {
        if works(Command::new(&candidate).arg("--version")) {
            return Ok(candidate);
        }
    }
    eprintln!("== installing cargo-deny (once)");
    let mut install = Command::new("cargo");
    // A debug build: it compiles in a fraction of the time and the check takes a second either way.
    install.args(["install", "--locked", "--debug", "cargo-deny", "--root"]).arg(cache().join("tools"));
    install.env("CARGO_TARGET_DIR", cache().join("tools/target")).env_remove("RUSTFLAGS");
    succeed(&mut install)?;
    Ok(own)
}

/// rustfmt and clippy come with most toolchains; where they do not, rustup adds them.
pub fn components() {
    for (program, component) in [("cargo-fmt", "rustfmt"), ("cargo-clippy", "clippy")] {
        if !works(Command::new(program).arg("--version")) {
            let _ = succeed(Command::new("rustup").args(["component", "add", component]));
        }
    }
}

fn apt(packages: &[&str]) -> Result<(), String> {
    let _ = succeed(Command::new("apt-get").args(["update", "-q"]));
    succeed(Command::new("apt-get").args(["install", "-qy", "--no-install-recommends"]).args(packages))
}

/// A Python virtual environment that holds exactly the pinned packages of a list under `tests/peers`.
pub fn python(name: &str) -> Result<PathBuf, String> {
    let list = root().join(format!("tests/peers/{name}.txt"));
    let wanted = std::fs::read_to_string(&list).map_err(|e| format!("{}: {e}", list.display()))?;
    let home = cache().join(format!("python-{name}"));
    let python = home.join("bin/python");
    let mark = home.join("installed.txt");
    if std::fs::read_to_string(&mark).is_ok_and(|have| have == wanted)
        && works(Command::new(&python).arg("-V"))
    {
        return Ok(python);
    }
    eprintln!("== installing the Python packages of {name} (once)");
    let venv = || succeed(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home));
    if venv().is_err() {
        apt(&["python3", "python3-venv", "python3-pip"])?;
        venv()?;
    }
    succeed(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(&list))?;
    std::fs::write(&mark, wanted).map_err(|e| format!("{}: {e}", mark.display()))?;
    Ok(python)
}

/// The folder of PostgreSQL's programs: those of the path, or of the distribution's packages.
pub fn postgres() -> Result<PathBuf, String> {
    if let Some(programs) = postgres_programs() {
        return Ok(programs);
    }
    eprintln!("== installing PostgreSQL (once)");
    apt(&["postgresql", "openssl"])?;
    postgres_programs().ok_or_else(|| "PostgreSQL was installed, and its programs are not there".to_owned())
}

/// The programs of a server; the newest, where the distribution keeps several.
fn postgres_programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<(u32, PathBuf)> = versions
        .filter_map(|e| Some((e.file_name().to_str()?.parse().ok()?, e.path().join("bin"))))
        .collect();
    folders.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let newest = folders.into_iter().rev().map(|(_, folder)| folder);
    let all = |folder: &PathBuf| ["initdb", "postgres", "psql"].iter().all(|p| folder.join(p).is_file());
    newest.chain(std::env::split_paths(&path)).find(all)
}

/// A folder with the pinned npm packages of a folder under `tests/peers`, and its script beside them.
pub fn node(name: &str) -> Result<PathBuf, String> {
    let from = root().join(format!("tests/peers/{name}"));
    let home = cache().join(format!("node-{name}"));
    std::fs::create_dir_all(&home).map_err(|e| format!("{}: {e}", home.display()))?;
    if !works(Command::new("node").arg("--version")) {
        apt(&["nodejs", "npm"])?;
    }
    let read = |path: PathBuf| std::fs::read_to_string(path).unwrap_or_default();
    let fresh = read(home.join("package.json")) == read(from.join("package.json"))
        && home.join("node_modules/.package-lock.json").exists();
    for entry in std::fs::read_dir(&from).map_err(|e| format!("{}: {e}", from.display()))?.flatten() {
        std::fs::copy(entry.path(), home.join(entry.file_name())).map_err(|e| e.to_string())?;
    }
    if !fresh {
        eprintln!("== installing the npm packages of {name} (once)");
        let npm = ["install", "--no-audit", "--no-fund", "--loglevel=error"];
        succeed(Command::new("npm").args(npm).current_dir(&home))?;
    }
    Ok(home)
}
