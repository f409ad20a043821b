//! The one narrow way to the network.

mod faults;
mod memory;
mod probe;
mod proxy;
mod real;
mod tls;

pub use memory::{MemoryTransport, Script};
pub use probe::{Probe, Stage, Step};
pub use proxy::{ProxyChoice, proxy_address};
pub use real::{RealTransport, TransportOptions};
pub use tls::{Certificate, install_tls_provider};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use secrecy::SecretString;
use std::fmt;
use std::time::Duration;

/// Sends one request and brings back the whole answer. It neither retries nor follows redirects nor signs in.
pub trait Transport: Send + Sync + 'static {
    /// Sends one request.
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>>;

    /// What calls to this address carry by themselves and no message may show, such as a proxy's password.
    fn secrets(&self, _address: &http::Uri) -> Vec<SecretString> {
        Vec::new()
    }
}

/// Where the way to the service broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The name of the host could not be resolved.
    Dns,
    /// No connection could be made.
    Connect,
    /// The host refused the connection: nothing listens there.
    Refused,
    /// The proxy could not be reached.
    Proxy,
    /// The proxy wants a user name and a password, or refuses those given.
    ProxyLogin,
    /// The proxy did not connect to the host.
    ProxyRefused,
    /// Nobody who is trusted has issued the certificate of the host.
    Untrusted,
    /// The certificate is of another host.
    WrongName,
    /// The certificate of the host is not good any more, or not yet.
    Expired,
    /// The host does not speak a version of TLS that is safe.
    TlsVersion,
    /// The host wants a certificate of the client, or refuses the one presented.
    ClientCertificate,
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
    /// The proxy in between, without user and password.
    pub proxy: Option<String>,
    /// The certificate that was refused.
    pub certificate: Option<Box<Certificate>>,
}

impl TransportError {
    /// An error of this kind.
    pub fn new(fault: Fault, detail: impl Into<String>) -> TransportError {
        TransportError { fault, detail: detail.into(), limit: None, proxy: None, certificate: None }
    }

    pub(crate) fn timeout(fault: Fault, limit: Duration) -> TransportError {
        TransportError { limit: Some(limit), ..TransportError::new(fault, "") }
    }

    /// Whether the service certainly has not seen the request.
    pub fn never_sent(&self) -> bool {
        use Fault::*;
        match self.fault {
            Dns | Connect | Refused | Proxy | ProxyLogin | ProxyRefused | ConnectTimeout | Request => true,
            Untrusted | WrongName | Expired | TlsVersion | ClientCertificate | Tls => true,
            Broken | Cut | ReadTimeout | Stalled | TotalTimeout | TooLarge => false,
        }
    }

    /// Whether sending the same request again can help.
    pub fn is_retryable(&self) -> bool {
        use Fault::*;
        !matches!(
            self.fault,
            Untrusted
                | WrongName
                | Expired
                | TlsVersion
                | ClientCertificate
                | ProxyLogin
                | TooLarge
                | Request
        )
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.fault {
            Fault::Dns => "the name of the host could not be resolved",
            Fault::Connect => "no connection could be made",
            Fault::Refused => "the host refused the connection: nothing listens at this address",
            Fault::Proxy => "the proxy could not be reached",
            Fault::ProxyLogin => "the proxy wants a user name and a password, or refuses those given",
            Fault::ProxyRefused => "the proxy did not connect to the host",
            Fault::Untrusted => "the certificate of the host is not trusted",
            Fault::WrongName => "the certificate is one of another host",
            Fault::Expired => "the certificate of the host is not good at this time",
            Fault::TlsVersion => "the host does not speak TLS 1.2 or newer",
            Fault::ClientCertificate => {
                "the host wants a certificate of the client, or refuses the one presented"
            }
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
        if let Some(proxy) = &self.proxy {
            write!(f, " (proxy {proxy})")?;
        }
        if let Some(cert) = &self.certificate {
            match self.fault {
                Fault::WrongName if !cert.names.is_empty() => {
                    let names: Vec<&str> = cert.names.iter().take(4).map(String::as_str).collect();
                    write!(f, ": it is for {}", names.join(", "))?;
                }
                Fault::Expired => write!(f, ": from {} to {}", cert.not_before, cert.not_after)?,
                Fault::Untrusted if cert.self_signed => f.write_str(": it vouches for itself")?,
                _ => {}
            }
            write!(f, "; issued by '{}'", cert.issuer)?;
        } else if !self.detail.is_empty() {
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
