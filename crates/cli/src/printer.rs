//! All output of the command. stdout is for data only; everything that is said to a person goes to stderr.

use crate::error::CliError;
use indicatif::{MultiProgress, ProgressDrawTarget};
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Mutex;
use totalcloud_table::AtomicFile;

/// Room for output before it is written. Listings flush once a page, not once a row.
const BUFFER: usize = 256 * 1024;

/// How much is said on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Errors only.
    Quiet,
    /// Errors, warnings and notes.
    Normal,
    /// The log as well, in three steps.
    Verbose(u8),
}

/// Owns stdout and stderr.
pub struct Printer {
    level: Level,
    stdout_terminal: bool,
    stderr_terminal: bool,
    color: bool,
    /// Bars are drawn through this, so that messages do not tear them.
    bars: MultiProgress,
    /// Messages already given once.
    said: Mutex<Vec<String>>,
}

impl Printer {
    /// The printer of this process.
    pub fn new(level: Level) -> Printer {
        let stderr_terminal = io::stderr().is_terminal();
        let color = stderr_terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        let draws = stderr_terminal && level != Level::Quiet;
        let target = if draws { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Printer {
            level,
            stdout_terminal: io::stdout().is_terminal(),
            stderr_terminal,
            color,
            bars: MultiProgress::with_draw_target(target),
            said: Mutex::new(Vec::new()),
        }
    }

    /// Whether a person reads the data.
    pub fn stdout_is_terminal(&self) -> bool {
        self.stdout_terminal
    }

    /// Whether questions can be asked: somebody sits at the terminal.
    pub fn can_ask(&self) -> bool {
        self.stderr_terminal && io::stdin().is_terminal()
    }

    /// Whether data on the terminal may be coloured.
    pub fn color(&self) -> bool {
        self.stdout_terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
    }

    /// The width of the terminal that the data goes to.
    pub fn width(&self) -> Option<usize> {
        if !self.stdout_terminal {
            return None;
        }
        terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0))
    }

    /// Whether only errors are said.
    pub fn is_quiet(&self) -> bool {
        self.level == Level::Quiet
    }

    /// Where progress bars are drawn; hidden where nobody sees them.
    pub fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// Whether progress is shown.
    pub fn shows_progress(&self) -> bool {
        !self.bars.is_hidden()
    }

    /// Where data goes: a file that appears whole or not at all, or stdout.
    pub fn sink(&self, output: Option<&Path>) -> Result<Sink, CliError> {
        match output.filter(|path| *path != Path::new("-")) {
            Some(path) => {
                let file =
                    AtomicFile::create(path).map_err(|e| CliError::failed(format!("cannot write {e}")))?;
                Ok(Sink { file: Some(file), name: path.display().to_string() })
            }
            None => Ok(Sink { file: None, name: "standard output".to_owned() }),
        }
    }

    /// Prints a text to stdout as it is: for completions, tokens and the like.
    pub fn data(&self, text: &[u8]) -> Result<(), CliError> {
        let mut out = io::stdout().lock();
        out.write_all(text).and_then(|()| out.flush()).map_err(|e| CliError::output("standard output", &e))
    }

    /// Prints a line to stdout.
    pub fn line(&self, text: &str) -> Result<(), CliError> {
        self.data(format!("{text}\n").as_bytes())
    }

    /// Something to know.
    pub fn note(&self, text: &str) {
        if self.level > Level::Quiet {
            self.say(&[text.to_owned()]);
        }
    }

    /// Something that may not be as meant.
    pub fn warn(&self, text: &str) {
        if self.level > Level::Quiet {
            self.say(&[format!("{} {text}", self.label("warning:", "33"))]);
        }
    }

    /// A warning that is given once however often it applies.
    pub fn warn_once(&self, text: &str) {
        let first = match self.said.lock() {
            Ok(mut said) => {
                let first = !said.iter().any(|s| s == text);
                if first {
                    said.push(text.to_owned());
                }
                first
            }
            Err(_) => true,
        };
        if first {
            self.warn(text);
        }
    }

    /// What went wrong and what to do next. Always said.
    pub fn error(&self, error: &CliError) {
        if error.silent {
            return;
        }
        let mut lines = vec![format!("{} {error}", self.label("error:", "31"))];
        if let Some(hint) = &error.hint {
            lines.push(format!("{} {hint}", self.label("hint:", "36")));
        }
        self.say(&lines);
    }

    fn label(&self, word: &str, color: &str) -> String {
        if self.color { format!("\x1b[1;{color}m{word}\x1b[0m") } else { word.to_owned() }
    }

    fn say(&self, lines: &[String]) {
        // Whoever closed stderr does not want to read it.
        self.bars.suspend(|| {
            let mut err = io::stderr().lock();
            for line in lines {
                let _ = writeln!(err, "{line}");
            }
        });
    }

    /// Asks for a secret without showing it; `None` where nobody can be asked.
    pub fn ask_secret(&self, what: &str) -> Result<Option<secrecy::SecretString>, CliError> {
        if !self.can_ask() {
            return Ok(None);
        }
        let text = rpassword::prompt_password(format!("{what}: "))
            .map_err(|e| CliError::failed(format!("the {what} could not be read: {e}")))?;
        Ok((!text.is_empty()).then(|| text.into()))
    }

    /// Asks for a line; an empty one is `None`.
    pub fn ask(&self, what: &str) -> Result<Option<String>, CliError> {
        if !self.can_ask() {
            return Ok(None);
        }
        let mut err = io::stderr().lock();
        let _ = write!(err, "{what}: ").and_then(|()| err.flush());
        let mut line = String::new();
        io::stdin()
            .read_line(&mut line)
            .map_err(|e| CliError::failed(format!("the {what} could not be read: {e}")))?;
        let line = line.trim();
        Ok((!line.is_empty()).then(|| line.to_owned()))
    }

    /// Starts the log on stderr, for our own crates only: what others log may hold what we keep secret.
    pub fn start_log(&self) {
        let Level::Verbose(times) = self.level else { return };
        let level = match times {
            1 => "info",
            2 => "debug",
            _ => "trace",
        };
        let ours = ["totalcloud", "totalcloud_api", "totalcloud_cli", "totalcloud_sim", "totalcloud_table"];
        let filter = ours.map(|name| format!("{name}={level}")).join(",");
        let bars = self.bars.clone();
        // Only one subscriber can be set in a process; a second one, in tests, is not needed.
        let _ = tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
            .with_ansi(self.color)
            .with_writer(move || LogLine { bars: bars.clone(), text: Vec::new() })
            .try_init();
    }
}

/// The first line of standard input, which is where `--password-stdin`, and a flag that names - as its file, has its
/// secret.
pub fn secret_from_stdin() -> Result<secrecy::SecretString, CliError> {
    let mut line = String::new();
    io::stdin()
        .read_line(&mut line)
        .map_err(|e| CliError::failed(format!("standard input cannot be read: {e}")))?;
    let line = line.trim_end_matches(['\n', '\r']);
    if line.is_empty() {
        return Err(CliError::usage("a secret is to be read from standard input, which is empty"));
    }
    Ok(line.into())
}

struct LogLine {
    bars: MultiProgress,
    text: Vec<u8>,
}

impl Write for LogLine {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for LogLine {
    fn drop(&mut self) {
        self.bars.suspend(|| {
            let _ = io::stderr().write_all(&self.text);
        });
    }
}

/// Where the data of one command goes.
pub struct Sink {
    file: Option<AtomicFile>,
    name: String,
}

impl Sink {
    /// What to write through.
    pub fn writer(&self) -> Result<Box<dyn Write + Send>, CliError> {
        let out: Box<dyn Write + Send> = match &self.file {
            Some(file) => file.writer().map_err(|e| CliError::output(&self.name, &e))?,
            None => Box::new(io::stdout()),
        };
        Ok(Box::new(io::BufWriter::with_capacity(BUFFER, out)))
    }

    /// What messages call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether somebody may be reading while it is written.
    pub fn is_stream(&self) -> bool {
        self.file.is_none()
    }

    /// Puts a file in its place. What came only in part goes to a place of its own beside it, which is
    /// returned: nobody should take it for the whole.
    pub fn commit_partial(self) -> Result<Option<String>, CliError> {
        let Some(file) = self.file else { return Ok(None) };
        let mut path = file.path().as_os_str().to_owned();
        path.push(".partial");
        let shown = path.to_string_lossy().into_owned();
        file.commit_as(&path).map_err(|e| CliError::output(&shown, &e))?;
        Ok(Some(shown))
    }

    /// Puts a file in its place.
    pub fn commit(self) -> Result<(), CliError> {
        match self.file {
            Some(file) => file.commit().map_err(|e| CliError::output(&self.name, &e)),
            None => Ok(()),
        }
    }
}
