//! The one error of the SDK, and the one table from its kinds to exit codes and Python exceptions.

use std::fmt;
use std::time::Duration;

/// How a run of the command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Failed for another reason than those below.
    Failed = 1,
    /// Wrong arguments or settings, or a request that the service refused as wrong.
    Usage = 2,
    /// Not signed in, or not allowed.
    NotAuthorised = 3,
    /// There is no such thing.
    NotFound = 4,
    /// The quota is used up.
    RateLimited = 5,
    /// Some of the data could not be had.
    Partial = 6,
    /// A gate that the user set was matched.
    Gate = 7,
    /// Interrupted.
    Interrupted = 130,
}

impl Exit {
    /// All of them.
    pub const ALL: [Exit; 9] = [
        Exit::Done,
        Exit::Failed,
        Exit::Usage,
        Exit::NotAuthorised,
        Exit::NotFound,
        Exit::RateLimited,
        Exit::Partial,
        Exit::Gate,
        Exit::Interrupted,
    ];

    /// The number the process ends with.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What it means, for the reference page.
    pub const fn doc(self) -> &'static str {
        match self {
            Exit::Done => "done",
            Exit::Failed => "failed",
            Exit::Usage => "usage: wrong arguments or settings, or a request the service refused as wrong",
            Exit::NotAuthorised => "not authorised: not signed in, or not allowed",
            Exit::NotFound => "not found",
            Exit::RateLimited => "rate limited: the quota is used up",
            Exit::Partial => "partial: some of the data could not be had",
            Exit::Gate => "a gate matched",
            Exit::Interrupted => "interrupted",
        }
    }
}

macro_rules! kinds {
    ($($name:ident $word:literal $exit:ident $python:literal $doc:literal;)+) => {
        /// What kind of thing went wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $(#[doc = $doc] $name,)+
        }

        impl ErrorKind {
            /// All kinds, in the order of the reference page.
            pub const ALL: &'static [ErrorKind] = &[$(ErrorKind::$name),+];

            /// The kind as a word, for machine-readable messages.
            pub const fn as_str(self) -> &'static str {
                match self { $(ErrorKind::$name => $word,)+ }
            }

            /// How a command that meets it ends.
            pub const fn exit(self) -> Exit {
                match self { $(ErrorKind::$name => Exit::$exit,)+ }
            }

            /// The name of the exception in Python.
            pub const fn python_exception(self) -> &'static str {
                match self { $(ErrorKind::$name => $python,)+ }
            }

            /// The usual cause and what to do.
            pub const fn doc(self) -> &'static str {
                match self { $(ErrorKind::$name => $doc,)+ }
            }
        }
    };
}

kinds! {
    Usage "usage" Usage "UsageError" "An argument does not fit; nothing was sent.";
    Config "config" Usage "ConfigError" "A setting is missing or wrong; nothing was sent.";
    Unauthenticated "unauthenticated" NotAuthorised "AuthenticationError" "The credentials were refused, or there are none for this operation.";
    Forbidden "forbidden" NotAuthorised "PermissionDeniedError" "The user is known but may not do this: the module, the API access or the permission is missing.";
    NotFound "not-found" NotFound "NotFoundError" "There is no such thing under this id.";
    WrongHost "wrong-host" Usage "WrongHostError" "The host does not serve this path: the platform or the address is wrong.";
    Refused "refused" Usage "RefusedError" "The service refused the request as wrong, such as a filter it does not know.";
    Conflict "conflict" Failed "ConflictError" "The request contradicts the state of the service.";
    RateLimited "rate-limited" RateLimited "RateLimitError" "The quota is used up, and the wait is longer than the policy allows.";
    Deadline "deadline" RateLimited "DeadlineError" "The deadline was reached; what came until then can be resumed.";
    Unavailable "unavailable" Failed "UnavailableError" "The service failed, and trying again did not help.";
    Timeout "timeout" Failed "TimeoutError" "No answer came in time.";
    Network "network" Failed "NetworkError" "The host could not be reached or the connection broke.";
    Tls "tls" Failed "TlsError" "The TLS connection could not be made, mostly because the certificate is not trusted.";
    Decode "decode" Failed "DecodeError" "The answer is not what the operation should answer.";
    Partial "partial" Partial "PartialError" "Fewer rows came than the service promised.";
    PastWall "past-wall" Partial "PastWallError" "The query matches more rows than one query can reach.";
    Failed "failed" Failed "TotalCloudError" "The service reports that what was asked for failed.";
    Io "io" Failed "IoError" "A file or a process could not be used.";
    Interrupted "interrupted" Interrupted "InterruptedError" "The run was interrupted.";
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What went wrong, with which operation, and what to do next.
///
/// Bodies, headers and query values of requests never get into it; of an answer only the message that the
/// service meant to be read.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    operation: Option<&'static str>,
    status: Option<u16>,
    code: Option<String>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    attempts: u32,
    hint: Option<String>,
    may_have_arrived: bool,
}

impl Error {
    /// An error of a kind with a message. The message must not hold a secret.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error(Box::new(Inner {
            kind,
            message: message.into(),
            operation: None,
            status: None,
            code: None,
            request_id: None,
            retry_after: None,
            attempts: 0,
            hint: None,
            may_have_arrived: false,
        }))
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What happened, without operation and hint.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The operation it happened to, such as `resources.list`.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The HTTP status of the last answer, if one came.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The service's own code for the error, if it gave one.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The id under which the service's support finds the call, if the service gave one.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long to wait before trying again, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How many times it was tried; 0 if nothing was sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// Whether a write may have reached the service although no answer says so. Look before sending it again.
    pub fn may_have_arrived(&self) -> bool {
        self.0.may_have_arrived
    }

    /// Whether the same may succeed later, without anything being changed.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::RateLimited
                | ErrorKind::Deadline
                | ErrorKind::Unavailable
                | ErrorKind::Timeout
                | ErrorKind::Network
                | ErrorKind::Interrupted
        )
    }

    /// The code a command that meets this error ends with.
    pub fn exit_code(&self) -> u8 {
        self.0.kind.exit().code()
    }

    /// Names the operation, unless a more exact one is named already.
    #[must_use]
    pub fn with_operation(mut self, operation: &'static str) -> Error {
        self.0.operation.get_or_insert(operation);
        self
    }

    /// Adds a hint behind those that are there.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Error {
        let hint = hint.into();
        self.0.hint = Some(match self.0.hint.take() {
            Some(first) => format!("{first}\n{hint}"),
            None => hint,
        });
        self
    }

    /// Marks the failure of a write that may have reached the service.
    pub(crate) fn maybe_arrived(mut self) -> Error {
        self.0.may_have_arrived = true;
        self.with_hint("it is not sent again, because it may have arrived: look before trying again")
    }

    /// The same without secrets in what others wrote.
    pub(crate) fn redacted(mut self, secrets: &[secrecy::SecretString]) -> Error {
        if let Some(clean) = crate::explain::redact(&self.0.message, secrets) {
            self.0.message = clean;
        }
        for text in [&mut self.0.code, &mut self.0.request_id, &mut self.0.hint].into_iter().flatten() {
            if let Some(clean) = crate::explain::redact(text, secrets) {
                *text = clean;
            }
        }
        self
    }

    /// The same circumstances, seen as another kind of error.
    pub(crate) fn turned_into(mut self, kind: ErrorKind, message: String) -> Error {
        self.0.kind = kind;
        self.0.message = message;
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Error {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_code(mut self, code: Option<String>) -> Error {
        self.0.code = code;
        self
    }

    pub(crate) fn with_request_id(mut self, id: Option<String>) -> Error {
        self.0.request_id = id;
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Option<Duration>) -> Error {
        self.0.retry_after = wait;
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Error {
        self.0.attempts = attempts;
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.0.operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(&self.0.message)?;
        if self.0.attempts > 1 {
            write!(f, " (tried {} times)", self.0.attempts)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let i = &self.0;
        f.debug_struct("Error")
            .field("kind", &i.kind)
            .field("operation", &i.operation)
            .field("message", &i.message)
            .field("status", &i.status)
            .field("request_id", &i.request_id)
            .field("retry_after", &i.retry_after)
            .field("attempts", &i.attempts)
            .field("hint", &i.hint)
            .finish()
    }
}

impl std::error::Error for Error {}

impl From<totalcloud_api::operation::BadArgument> for Error {
    fn from(bad: totalcloud_api::operation::BadArgument) -> Error {
        Error::new(ErrorKind::Usage, bad.reason).with_operation(bad.operation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_exceptions_of_kinds_are_distinct() {
        for (i, a) in ErrorKind::ALL.iter().enumerate() {
            for b in &ErrorKind::ALL[i + 1..] {
                assert_ne!(a.as_str(), b.as_str());
                assert_ne!(a.python_exception(), b.python_exception());
            }
        }
    }

    #[test]
    fn exit_codes_are_the_documented_ones() {
        let codes: Vec<u8> = Exit::ALL.iter().map(|e| e.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 130]);
        for (kind, code) in [
            (ErrorKind::Network, 1),
            (ErrorKind::Usage, 2),
            (ErrorKind::Forbidden, 3),
            (ErrorKind::NotFound, 4),
            (ErrorKind::RateLimited, 5),
            (ErrorKind::PastWall, 6),
            (ErrorKind::Interrupted, 130),
        ] {
            assert_eq!(kind.exit().code(), code, "{kind}");
        }
    }

    #[test]
    fn the_message_names_operation_and_tries_and_keeps_hints_apart() {
        let e = Error::new(ErrorKind::Timeout, "no answer within 3 s")
            .with_operation("resources.list")
            .with_operation("other")
            .with_attempts(3)
            .with_hint("a")
            .with_hint("b");
        assert_eq!(e.to_string(), "resources.list: no answer within 3 s (tried 3 times)");
        assert_eq!(e.hint(), Some("a\nb"));
    }
}
