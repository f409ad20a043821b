//! What the command says when something goes wrong, and the exit codes.

use std::fmt;
use totalcloud::{ErrorKind, Exit};

/// An error as it is shown: what happened, in which operation, and what to do next.
#[derive(Debug)]
pub struct CliError {
    /// What happened.
    pub message: String,
    /// The operation it happened to.
    pub operation: Option<&'static str>,
    /// What to do next.
    pub hint: Option<String>,
    /// How the process ends.
    pub exit: Exit,
    /// Nothing is shown: whoever read the output closed it, which is no error.
    pub silent: bool,
}

impl CliError {
    /// An error that ends the process so.
    pub fn new(exit: Exit, message: impl Into<String>) -> CliError {
        CliError { message: message.into(), operation: None, hint: None, exit, silent: false }
    }

    /// Something failed.
    pub fn failed(message: impl Into<String>) -> CliError {
        CliError::new(Exit::Failed, message)
    }

    /// The command was used wrongly.
    pub fn usage(message: impl Into<String>) -> CliError {
        CliError::new(Exit::Usage, message)
    }

    /// Less came than there is.
    pub fn partial(message: impl Into<String>) -> CliError {
        CliError::new(Exit::Partial, message)
    }

    /// Ctrl-C.
    pub fn interrupted() -> CliError {
        CliError::new(Exit::Interrupted, "interrupted")
    }

    /// Whoever read the output closed it.
    pub fn closed_pipe() -> CliError {
        CliError { silent: true, ..CliError::new(Exit::Done, "the output was closed") }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> CliError {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the operation.
    #[must_use]
    pub fn operation(mut self, id: &'static str) -> CliError {
        self.operation = Some(id);
        self
    }

    /// An error of writing to `place`.
    pub fn output(place: &str, e: &std::io::Error) -> CliError {
        use std::io::ErrorKind;
        match e.kind() {
            ErrorKind::BrokenPipe => CliError::closed_pipe(),
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                CliError::failed(format!("{place} cannot be written: no space is left ({e})"))
                    .hint("free some space, or write somewhere else with --output")
            }
            _ => CliError::failed(format!("{place} cannot be written: {e}")),
        }
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match self.operation {
            // The errors of the client name their operation themselves.
            Some(op) if !self.message.contains(op) => write!(f, " ({op})"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for CliError {}

impl From<totalcloud::Error> for CliError {
    fn from(e: totalcloud::Error) -> CliError {
        let mut message = e.message().to_owned();
        if e.attempts() > 1 {
            message.push_str(&format!(" (tried {} times)", e.attempts()));
        }
        let mut hints: Vec<String> = e.hint().map(str::to_owned).into_iter().collect();
        if let Some(id) = e.request_id() {
            hints.push(format!("the service's support finds the call under {id}"));
        }
        if hints.is_empty()
            && let Some(hint) = general_hint(e.kind())
        {
            hints.push(hint.to_owned());
        }
        CliError {
            message,
            operation: e.operation(),
            hint: (!hints.is_empty()).then(|| hints.join("\n")),
            exit: e.kind().exit(),
            silent: false,
        }
    }
}

/// What helps mostly, for errors that bring no advice of their own.
fn general_hint(kind: ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::Unauthenticated => {
            "check the user name, the password and the platform; 'totalcloud auth status' shows what is used"
        }
        ErrorKind::Forbidden => {
            "the user needs the TotalCloud module, API access and the permission for this"
        }
        ErrorKind::NotFound => "check the id; the matching list command shows the ids there are",
        ErrorKind::WrongHost => "check the platform or the address with 'totalcloud config show --origin'",
        ErrorKind::RateLimited => "wait and try again, or ask for fewer calls with --page-size and --limit",
        ErrorKind::Tls => "name your own certificate authority with --ca-bundle or TOTALCLOUD_CA_BUNDLE",
        ErrorKind::Network | ErrorKind::Timeout => "check the address and the connection, then try again",
        ErrorKind::Unavailable => "try again later",
        ErrorKind::PastWall => "narrow the query with --filter or --updated",
        _ => return None,
    })
}
