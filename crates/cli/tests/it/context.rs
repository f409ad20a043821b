//! One run of the command in an environment of its own.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use totalcloud_testkit::{SimHandle, TempDir};

/// A home of its own, and the variables a run gets. Nothing of the real environment gets in.
pub(crate) struct Home {
    folder: TempDir,
    env: Vec<(String, String)>,
}

/// What a run did.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Home {
    pub(crate) fn new() -> Home {
        Home { folder: totalcloud_testkit::dir(), env: Vec::new() }
    }

    /// A home whose settings lead to a simulator, by Basic.
    pub(crate) fn at(sim: &SimHandle) -> Home {
        let mut home = Home::new();
        home.env = sim.env().into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        home
    }

    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Home {
        self.env.retain(|(n, _)| n != name);
        self.env.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Home {
        self.env.retain(|(n, _)| n != name);
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.path("xdg/totalcloud/config.toml")
    }

    /// Writes the config file with mode 0600.
    pub(crate) fn write_config(&self, text: &str) {
        let path = self.config();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        set_mode(&path, 0o600);
    }

    pub(crate) fn command<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_totalcloud"));
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.folder.path()).env("XDG_CONFIG_HOME", self.path("xdg"));
        // How full the disk of the tests is says nothing about the command.
        command.env("TOTALCLOUD_MIN_FREE", "0");
        command.envs(self.env.iter().map(|(k, v)| (k, v))).current_dir(self.folder.path()).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Run {
        finish(self.command(args).spawn().unwrap())
    }

    /// Runs with a text on standard input.
    pub(crate) fn run_with<'a>(&self, stdin: &str, args: impl IntoIterator<Item = &'a str>) -> Run {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        // A run that does not read its input may be over already.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        finish(child)
    }

    /// Runs a line of words that hold no spaces.
    pub(crate) fn words(&self, line: &str) -> Run {
        self.run(line.split_whitespace())
    }
}

pub(crate) fn finish(child: Child) -> Run {
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Run {
    /// It went well; gives back stdout.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.stdout
    }

    /// It ended with this code and said each of these on stderr.
    #[track_caller]
    pub(crate) fn failed(self, code: i32, said: &[&str]) -> Run {
        assert_eq!(self.code, code, "{self:?}");
        for word in said {
            assert!(self.stderr.contains(word), "no {word:?} in {}", self.stderr);
        }
        self
    }

    /// The rows of stdout, one a line.
    #[track_caller]
    pub(crate) fn rows(self) -> Vec<serde_json::Value> {
        self.ok().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    #[cfg(not(unix))]
    let _ = (path, mode);
}

/// A small simulator without anything special.
pub(crate) fn sim() -> SimHandle {
    totalcloud_testkit::sim(|_| {})
}
