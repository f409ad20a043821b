//! The transport over reqwest and rustls.

use super::{Fault, Timeouts, Transport, TransportError};
use crate::error::{Error, ErrorKind};
use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use std::error::Error as StdError;
use std::time::Duration;

/// The proxy to go through.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum ProxyChoice {
    /// The one that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`).
    #[default]
    System,
    /// None, whatever the environment says.
    Direct,
    /// This one, by address (`http://`, `https://`, `socks5://`, `socks5h://`), which may hold a user name
    /// and a password.
    Url(SecretString),
}

impl std::fmt::Debug for ProxyChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ProxyChoice::System => "System",
            ProxyChoice::Direct => "Direct",
            ProxyChoice::Url(_) => "Url",
        })
    }
}

/// What a [`RealTransport`] is made with.
#[derive(Clone)]
#[non_exhaustive]
pub struct TransportOptions {
    /// Certificates (PEM) of authorities to trust besides those of the system.
    pub ca_bundle: Option<Vec<u8>>,
    /// Certificate and key (PEM) to present.
    pub client_identity: Option<SecretSlice<u8>>,
    /// Proxy.
    pub proxy: ProxyChoice,
    /// Timeouts.
    pub timeouts: Timeouts,
    /// Whether HTTP/2 is used where the host offers it.
    pub http2: bool,
    /// Connections kept open for each host.
    pub idle_connections: usize,
    /// The largest body taken.
    pub largest_body: usize,
}

impl Default for TransportOptions {
    fn default() -> TransportOptions {
        TransportOptions {
            ca_bundle: None,
            client_identity: None,
            proxy: ProxyChoice::System,
            timeouts: Timeouts::default(),
            http2: false,
            idle_connections: 16,
            largest_body: 1 << 30,
        }
    }
}

impl std::fmt::Debug for TransportOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TransportOptions")
            .field("ca_bundle", &self.ca_bundle.is_some())
            .field("client_identity", &self.client_identity.is_some())
            .field("proxy", &self.proxy)
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}

/// reqwest over rustls, with the trust store of the system.
#[derive(Clone)]
pub struct RealTransport {
    http: reqwest::Client,
    timeouts: Timeouts,
    largest_body: usize,
}

impl RealTransport {
    /// Makes the transport.
    ///
    /// # Errors
    /// If a certificate, a key or the proxy's address cannot be read.
    pub fn new(options: &TransportOptions) -> Result<RealTransport, Error> {
        // One provider for the process, whoever comes first; another library may have chosen already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = |what: &str| Error::new(ErrorKind::Config, what.to_owned());
        let mut http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .tls_version_min(reqwest::tls::Version::TLS_1_2)
            .connect_timeout(options.timeouts.connect)
            .pool_max_idle_per_host(options.idle_connections)
            .tcp_nodelay(true);
        if options.http2 {
            http = http.http2_adaptive_window(true);
        } else {
            http = http.http1_only();
        }
        if let Some(pem) = &options.ca_bundle {
            let certificates = reqwest::Certificate::from_pem_bundle(pem)
                .map_err(|_| config("the CA bundle holds no certificates that can be read"))?;
            if certificates.is_empty() {
                return Err(config("the CA bundle holds no certificate")
                    .with_hint("it must be a PEM file with '-----BEGIN CERTIFICATE-----'"));
            }
            http = http.tls_certs_merge(certificates);
        }
        if let Some(pem) = &options.client_identity {
            let identity = reqwest::Identity::from_pem(pem.expose_secret()).map_err(|_| {
                config("the client certificate and its key cannot be read")
                    .with_hint("both belong into one PEM file, the key without a pass phrase")
            })?;
            http = http.identity(identity);
        }
        match &options.proxy {
            ProxyChoice::System => {}
            ProxyChoice::Direct => http = http.no_proxy(),
            ProxyChoice::Url(url) => {
                let proxy = reqwest::Proxy::all(url.expose_secret())
                    .map_err(|_| config("the address of the proxy cannot be read"))?;
                http = http.proxy(proxy);
            }
        }
        let http = http.build().map_err(|e| {
            let (_, detail) = explain(&e.without_url());
            config(&format!("the connection to the service cannot be set up: {detail}"))
        })?;
        Ok(RealTransport { http, timeouts: options.timeouts, largest_body: options.largest_body })
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let request = reqwest::Request::try_from(request.map(reqwest::Body::from))
            .map_err(|_| TransportError::new(Fault::Request, "the address cannot be read"))?;
        let limits = &self.timeouts;
        let mut answer = tokio::time::timeout(limits.read, self.http.execute(request))
            .await
            .map_err(|_| TransportError::timeout(Fault::ReadTimeout, limits.read))?
            .map_err(|e| self.fault(e, false))?;

        let too_large =
            || TransportError::new(Fault::TooLarge, format!("more than {} MiB", self.largest_body >> 20));
        let promised = answer.content_length().and_then(|n| usize::try_from(n).ok());
        if promised.is_some_and(|n| n > self.largest_body) {
            return Err(too_large());
        }
        // The promise is trusted for a moderate reservation only.
        let mut body = BytesMut::with_capacity(promised.unwrap_or(16 << 10).min(4 << 20));
        loop {
            let piece = tokio::time::timeout(limits.stall, answer.chunk())
                .await
                .map_err(|_| TransportError::timeout(Fault::Stalled, limits.stall))?
                .map_err(|e| self.fault(e, true))?;
            let Some(piece) = piece else { break };
            if body.len() + piece.len() > self.largest_body {
                return Err(too_large());
            }
            body.extend_from_slice(&piece);
        }
        let mut response = http::Response::new(body.freeze());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }

    fn fault(&self, e: reqwest::Error, in_body: bool) -> TransportError {
        let connecting = e.is_connect();
        let timeout = e.is_timeout();
        let damaged = e.is_decode();
        let request = e.is_builder();
        let (found, detail) = explain(&e.without_url());
        if timeout && connecting {
            return TransportError::timeout(Fault::ConnectTimeout, self.timeouts.connect);
        }
        let fault = match found {
            Some(fault) => fault,
            None if connecting => Fault::Connect,
            None if request => Fault::Request,
            None if damaged && in_body => Fault::Cut,
            None => Fault::Broken,
        };
        TransportError::new(fault, detail)
    }
}

impl Transport for RealTransport {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        let total: Duration = self.timeouts.total;
        Box::pin(async move {
            tokio::time::timeout(total, self.exchange(request))
                .await
                .map_err(|_| TransportError::timeout(Fault::TotalTimeout, total))?
        })
    }
}

impl std::fmt::Debug for RealTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RealTransport").field("timeouts", &self.timeouts).finish_non_exhaustive()
    }
}

/// The innermost cause of an error, and the fault it stands for where the cause is a known one.
fn explain(e: &(dyn StdError + 'static)) -> (Option<Fault>, String) {
    let mut fault = None;
    let mut last = e.to_string();
    let mut next = Some(e);
    while let Some(e) = next {
        last = e.to_string();
        if let Some(tls) = e.downcast_ref::<rustls::Error>() {
            let untrusted = matches!(tls, rustls::Error::InvalidCertificate(_));
            return (Some(if untrusted { Fault::Untrusted } else { Fault::Tls }), last);
        }
        if last.contains("dns error") {
            fault = Some(Fault::Dns);
        }
        let io = e.downcast_ref::<std::io::Error>();
        if fault.is_none() && io.is_some_and(|io| io.kind() == std::io::ErrorKind::UnexpectedEof) {
            fault = Some(Fault::Cut);
        }
        // An io::Error gives as its source not what it wraps, but the source of that.
        next = match io.and_then(std::io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => e.source(),
        };
    }
    (fault, last)
}
