//! The way to a host step by step, for those who want to know where it breaks.

use super::proxy::{Proxies, Proxy};
use super::{Certificate, Fault, TransportError, TransportOptions, faults};
use crate::error::Error;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use rustls::pki_types::ServerName;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tower_service::Service as _;
use url::Url;

/// A step of the way to a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// The name is resolved: of the host, or of the proxy in between.
    Dns,
    /// A connection is made: to the host, or to the proxy in between.
    Tcp,
    /// The proxy connects to the host.
    Proxy,
    /// TLS.
    Tls,
}

/// What became of a step.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Step {
    /// Which.
    pub stage: Stage,
    /// How long it took.
    pub took: Duration,
    /// What was found, or where it broke.
    pub outcome: Result<String, TransportError>,
}

/// The way to a host as far as it goes.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Probe {
    /// The proxy in between, without user and password.
    pub proxy: Option<String>,
    /// The steps, in their order; only the last can have failed.
    pub steps: Vec<Step>,
    /// The certificate that the host showed, trusted or not.
    pub certificate: Option<Certificate>,
}

impl Probe {
    async fn step<T>(
        &mut self,
        stage: Stage,
        limit: Duration,
        work: impl Future<Output = Result<(T, String), TransportError>>,
    ) -> Option<T> {
        let started = Instant::now();
        let done = timeout(limit, work).await;
        let done = done.unwrap_or_else(|_| {
            let late = TransportError::timeout(Fault::ConnectTimeout, limit);
            Err(TransportError { proxy: self.proxy.clone(), ..late })
        });
        let (value, outcome) = match done {
            Ok((value, found)) => (Some(value), Ok(found)),
            Err(e) => {
                self.certificate = self.certificate.take().or_else(|| e.certificate.as_deref().cloned());
                (None, Err(e))
            }
        };
        self.steps.push(Step { stage, took: started.elapsed(), outcome });
        value
    }
}

impl TransportOptions {
    /// Goes the way to a host step by step: name, connection, proxy, TLS. Each step is given up after the time
    /// for connecting. No request is sent.
    ///
    /// # Errors
    /// If a certificate, a key or the proxy's address cannot be read.
    pub async fn probe(&self, url: &Url) -> Result<Probe, Error> {
        let limit = self.timeouts.connect;
        let tls = self.tls()?;
        let proxies = Proxies::new(&self.proxy)?;
        let uri = url.as_str().parse::<http::Uri>().ok();
        let proxy = uri.as_ref().and_then(|uri| proxies.of(uri));
        let mut probe =
            Probe { proxy: proxy.as_ref().map(Proxy::to_string), steps: Vec::new(), certificate: None };
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = url.port_or_known_default().unwrap_or(443);
        let (to, at) = match &proxy {
            Some(proxy) => (proxy.host().to_owned(), proxy.port()),
            None => (host.clone(), port),
        };
        let addresses = resolve(&to, at, proxy.as_ref());
        let Some(addresses) = probe.step(Stage::Dns, limit, addresses).await else { return Ok(probe) };
        let Some(tcp) = probe.step(Stage::Tcp, limit, connect(&addresses, proxy.as_ref())).await else {
            return Ok(probe);
        };
        let secure = url.scheme() == "https";
        match (proxy, uri) {
            // Whoever sends plain http through a proxy sends it to the proxy.
            (Some(proxy), Some(uri)) if secure || proxy.is_socks() => {
                // The handshakes of the library want to connect by themselves.
                drop(tcp);
                let through = through(&proxy, uri, &self.timeouts.connect, &tls);
                let Some(stream) = probe.step(Stage::Proxy, limit, through).await else { return Ok(probe) };
                if secure {
                    shake(&mut probe, limit, tls, &host, stream).await;
                }
            }
            (None, _) if secure => shake(&mut probe, limit, tls, &host, Box::new(tcp)).await,
            _ => {}
        }
        Ok(probe)
    }
}

async fn resolve(
    host: &str,
    port: u16,
    proxy: Option<&Proxy>,
) -> Result<(Vec<std::net::SocketAddr>, String), TransportError> {
    let fault = if proxy.is_some() { Fault::Proxy } else { Fault::Dns };
    let failed = |detail: String| {
        let error = TransportError::new(fault, detail);
        TransportError { proxy: proxy.map(ToString::to_string), ..error }
    };
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok((vec![(ip, port).into()], "an address, no name".to_owned()));
    }
    let found: Vec<_> = lookup_host((host, port)).await.map_err(|e| failed(e.to_string()))?.collect();
    let mut shown: Vec<String> = found.iter().map(|a| a.ip().to_string()).collect();
    shown.dedup();
    if found.is_empty() { Err(failed("it has no address".to_owned())) } else { Ok((found, shown.join(", "))) }
}

async fn connect(
    addresses: &[std::net::SocketAddr],
    proxy: Option<&Proxy>,
) -> Result<(TcpStream, String), TransportError> {
    match TcpStream::connect(addresses).await {
        Ok(tcp) => {
            let at = tcp.peer_addr().map(|a| a.to_string()).unwrap_or_default();
            Ok((tcp, at))
        }
        Err(e) => {
            let mut error = faults::read(&e, proxy);
            if error.fault == Fault::Broken {
                error.fault = if proxy.is_some() { Fault::Proxy } else { Fault::Connect };
            }
            Err(error)
        }
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

async fn through(
    proxy: &Proxy,
    target: http::Uri,
    limit: &Duration,
    tls: &rustls::ClientConfig,
) -> Result<(Box<dyn Stream>, String), TransportError> {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_connect_timeout(Some(*limit));
    let address = proxy.0.uri().clone();
    let failed = |e: &(dyn std::error::Error + 'static)| {
        let mut error = faults::read(e, Some(proxy));
        if error.fault == Fault::Broken {
            error.fault = Fault::Proxy;
        }
        error
    };
    let stream: Box<dyn Stream> = if proxy.is_socks() {
        let mut socks = SocksV5::new(address, http).local_dns(proxy.resolves_here());
        if let Some((name, password)) = proxy.0.raw_auth() {
            socks = socks.with_auth(name.to_owned(), password.to_owned());
        }
        Box::new(socks.call(target).await.map_err(|e| failed(&e))?.into_inner())
    } else {
        let login = proxy.0.basic_auth().cloned();
        // A proxy that is spoken to in TLS itself offers no HTTP/2 for CONNECT.
        let mut tls = tls.clone();
        tls.alpn_protocols.clear();
        let https = hyper_rustls::HttpsConnector::from((http, tls));
        let mut tunnel = Tunnel::new(address, https);
        if let Some(login) = login {
            tunnel = tunnel.with_auth(login);
        }
        Box::new(hyper_util::rt::TokioIo::new(tunnel.call(target).await.map_err(|e| failed(&e))?))
    };
    Ok((stream, "it connects to the host".to_owned()))
}

async fn shake(
    probe: &mut Probe,
    limit: Duration,
    tls: rustls::ClientConfig,
    host: &str,
    stream: Box<dyn Stream>,
) {
    let work = async {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| TransportError::new(Fault::Tls, "the name of the host is none for TLS"))?;
        let stream = tokio_rustls::TlsConnector::from(Arc::new(tls)).connect(name, stream).await;
        let stream = stream.map_err(|e| {
            let mut error = faults::read(&e, None);
            if error.fault == Fault::Broken || error.fault == Fault::Cut {
                error.fault = Fault::Tls;
            }
            error
        })?;
        let session = stream.get_ref().1;
        let version =
            session.protocol_version().and_then(|v| v.as_str()).unwrap_or("TLS").replace("v1_", " 1.");
        let http = if session.alpn_protocol() == Some(b"h2") { "HTTP/2" } else { "HTTP/1.1" };
        let chain = session.peer_certificates().unwrap_or_default();
        let leaf = chain.first().and_then(|der| Certificate::read(der));
        Ok((leaf, format!("{version}, {http}")))
    };
    if let Some(leaf) = probe.step(Stage::Tls, limit, work).await {
        probe.certificate = leaf;
    }
}
