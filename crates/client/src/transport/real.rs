//! The transport over reqwest and rustls.

use super::proxy::Proxies;
use super::{Fault, ProxyChoice, Timeouts, Transport, TransportError, faults, tls};
use crate::error::{Error, ErrorKind};
use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use secrecy::{SecretSlice, SecretString};
use std::time::Duration;

/// Over one connection of HTTP/2 go all calls: that it is dead must not be found out by each of them alone.
const ALIVE: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(20));

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
            http2: true,
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
            .field("http2", &self.http2)
            .finish_non_exhaustive()
    }
}

impl TransportOptions {
    pub(crate) fn tls(&self) -> Result<rustls::ClientConfig, Error> {
        tls::config(self.ca_bundle.as_deref(), self.client_identity.as_ref(), self.http2)
    }
}

/// reqwest over rustls, with the trust store of the system.
#[derive(Clone)]
pub struct RealTransport {
    http: reqwest::Client,
    proxies: Proxies,
    timeouts: Timeouts,
    largest_body: usize,
}

impl RealTransport {
    /// Makes the transport.
    ///
    /// # Errors
    /// If a certificate, a key or the proxy's address cannot be read.
    pub fn new(options: &TransportOptions) -> Result<RealTransport, Error> {
        let proxies = Proxies::new(&options.proxy)?;
        let mut http = reqwest::Client::builder()
            .tls_backend_preconfigured(options.tls()?)
            .proxy(proxies.rules())
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .connect_timeout(options.timeouts.connect)
            .pool_max_idle_per_host(options.idle_connections)
            .tcp_nodelay(true);
        if options.http2 {
            http = http
                .http2_adaptive_window(true)
                .http2_keep_alive_interval(ALIVE.0)
                .http2_keep_alive_timeout(ALIVE.1);
        } else {
            http = http.http1_only();
        }
        let http = http.build().map_err(|e| {
            let detail = faults::innermost(&e.without_url());
            Error::new(ErrorKind::Config, format!("the connection to the service cannot be set up: {detail}"))
        })?;
        Ok(RealTransport { http, proxies, timeouts: options.timeouts, largest_body: options.largest_body })
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let proxy = self.proxies.of(request.uri());
        let fault = |e, in_body| faults::of(e, in_body, proxy.as_ref(), self.timeouts.connect);
        let request = reqwest::Request::try_from(request.map(reqwest::Body::from))
            .map_err(|_| TransportError::new(Fault::Request, "the address cannot be read"))?;
        let limits = &self.timeouts;
        let mut answer = tokio::time::timeout(limits.read, self.http.execute(request))
            .await
            .map_err(|_| TransportError::timeout(Fault::ReadTimeout, limits.read))?
            .map_err(|e| fault(e, false))?;

        // The service never says so; it is the proxy that plain http went through.
        if answer.status() == http::StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            return Err(faults::proxy_login(proxy.as_ref()));
        }
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
                .map_err(|e| fault(e, true))?;
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

    fn secrets(&self, address: &http::Uri) -> Vec<SecretString> {
        self.proxies.of(address).map(|proxy| proxy.secrets()).unwrap_or_default()
    }
}

impl std::fmt::Debug for RealTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RealTransport").field("timeouts", &self.timeouts).finish_non_exhaustive()
    }
}
