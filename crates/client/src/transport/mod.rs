//! The one narrow way to the network.

mod memory;
mod real;

pub use memory::{MemoryTransport, Script};
pub use real::{ProxyChoice, RealTransport, TransportOptions};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use std::fmt;
use std::time::Duration;

/// Sends one request and brings back the whole answer. It neither retries nor follows redirects nor signs in.
pub trait Transport: Send + Sync + 'static {
    /// Sends one request.
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>>;
}

/// Where the way to the service broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The name of the host could not be resolved.
    Dns,
    /// No connection could be made.
    Connect,
    /// The certificate of the host is not trusted.
    Untrusted,
    /// TLS failed for another reason.
    Tls,
    /// The connection broke before the answer was whole.
    Broken,
    /// The answer ended before it was whole, or is damaged.
    Cut,
    /// No connection in time.
    ConnectTimeout,
    /// No answer in time.
    ReadTimeout,
    /// The answer began and then stood still.
    Stalled,
    /// The answer as a whole took too long.
    TotalTimeout,
    /// The answer is larger than the client takes.
    TooLarge,
    /// The request could not be made.
    Request,
}

/// The way to the service broke.
#[derive(Clone)]
#[non_exhaustive]
pub struct TransportError {
    /// Where.
    pub fault: Fault,
    /// Details, without addresses that could hold a secret.
    pub detail: String,
    /// The limit that was passed, for the timeouts.
    pub limit: Option<Duration>,
}

impl TransportError {
    /// An error of this kind.
    pub fn new(fault: Fault, detail: impl Into<String>) -> TransportError {
        TransportError { fault, detail: detail.into(), limit: None }
    }

    pub(crate) fn timeout(fault: Fault, limit: Duration) -> TransportError {
        TransportError { fault, detail: String::new(), limit: Some(limit) }
    }

    /// Whether the service certainly has not seen the request.
    pub fn never_sent(&self) -> bool {
        matches!(
            self.fault,
            Fault::Dns
                | Fault::Connect
                | Fault::Untrusted
                | Fault::Tls
                | Fault::ConnectTimeout
                | Fault::Request
        )
    }

    /// Whether sending the same request again can help.
    pub fn is_retryable(&self) -> bool {
        !matches!(self.fault, Fault::Untrusted | Fault::TooLarge | Fault::Request)
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.fault {
            Fault::Dns => "the name of the host could not be resolved",
            Fault::Connect => "no connection could be made",
            Fault::Untrusted => "the certificate of the host is not trusted",
            Fault::Tls => "TLS failed",
            Fault::Broken => "the connection broke before the answer was whole",
            Fault::Cut => "the answer was cut short or damaged",
            Fault::ConnectTimeout => "no connection was made",
            Fault::ReadTimeout => "no answer came",
            Fault::Stalled => "the answer began and then stood still",
            Fault::TotalTimeout => "the answer was not whole",
            Fault::TooLarge => "the answer is too large",
            Fault::Request => "the request could not be made",
        };
        f.write_str(what)?;
        if let Some(limit) = self.limit {
            let preposition = if self.fault == Fault::Stalled { "for" } else { "within" };
            write!(f, " {preposition} {} s", limit.as_secs_f64())?;
        }
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TransportError({:?}: {self})", self.fault)
    }
}

impl std::error::Error for TransportError {}

/// How long each part of a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// Until there is a connection.
    pub connect: Duration,
    /// From sending until the head of the answer.
    pub read: Duration,
    /// Between two pieces of the body.
    pub stall: Duration,
    /// For one call as a whole.
    pub total: Duration,
}

impl Timeouts {
    /// Sets the time until there is a connection.
    #[must_use]
    pub fn connect(mut self, limit: Duration) -> Timeouts {
        self.connect = limit;
        self
    }

    /// Sets the time from sending until the head of the answer.
    #[must_use]
    pub fn read(mut self, limit: Duration) -> Timeouts {
        self.read = limit;
        self
    }

    /// Sets the time between two pieces of the body.
    #[must_use]
    pub fn stall(mut self, limit: Duration) -> Timeouts {
        self.stall = limit;
        self
    }

    /// Sets the time of one call as a whole.
    #[must_use]
    pub fn total(mut self, limit: Duration) -> Timeouts {
        self.total = limit;
        self
    }
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts {
            connect: Duration::from_secs(10),
            // Unfiltered report lists were seen to take a minute and more.
            read: Duration::from_secs(120),
            stall: Duration::from_secs(30),
            total: Duration::from_secs(300),
        }
    }
}
