//! A running simulator.

use crate::access::HostKind;
use crate::config::SimConfig;
use crate::inspect::Inspector;
use crate::server::Port;
use crate::service::Service;
use crate::tls::Chain;
use crate::world::BadConfig;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::net::SocketAddr;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempPath;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// A simulator could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimError {
    /// The address is taken or not this machine's.
    #[error("cannot listen on {addr}: {source}")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The CA certificate could not be written.
    #[error("cannot write the CA certificate to {}: {source}", path.display())]
    CaFile {
        /// Where to.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The certificates could not be made.
    #[error("cannot make the certificates: {0}")]
    Tls(String),
    /// The world could not be made.
    #[error(transparent)]
    World(#[from] BadConfig),
    /// The machine has no randomness for the key of the tokens.
    #[error("the machine gives no random numbers")]
    Randomness,
}

/// The addresses of the three host kinds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Urls {
    /// The base (portal) host.
    pub base: String,
    /// The gateway.
    pub gateway: String,
    /// The API server.
    pub api: String,
}

/// A running simulator. It stops when it is dropped.
pub struct Sim {
    inspector: Inspector,
    urls: Urls,
    ca_pem: Option<String>,
    ca_path: Option<PathBuf>,
    seed: u64,
    /// Removes the certificate's file where it is a temporary one.
    _ca_file: Option<TempPath>,
    ports: JoinSet<()>,
}

/// What both kinds of simulator tell.
impl Deref for Sim {
    type Target = Inspector;

    fn deref(&self) -> &Inspector {
        &self.inspector
    }
}

/// Secrets are not shown.
impl fmt::Debug for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sim").field("urls", &self.urls).field("seed", &self.seed).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Ready<'a> {
    url: &'a str,
    urls: &'a Urls,
    username: &'a str,
    password: &'a str,
    client_id: &'a str,
    client_secret: &'a str,
    ca: Option<&'a Path>,
    seed: u64,
    totals: BTreeMap<String, u64>,
}

impl Sim {
    /// Lays out the world, listens, and serves until [`shutdown`](Sim::shutdown) or drop.
    ///
    /// # Errors
    /// If the world cannot be made, the address cannot be listened on or the certificate cannot be written.
    pub async fn start(config: SimConfig) -> Result<Sim, SimError> {
        let (addr, seed, strict) = (config.addr, config.world.seed, config.strict_hosts);
        let ca_out = config.ca_out.clone();
        let chain = if config.tls { Some(Chain::new(addr.ip(), config.tls_fault)?) } else { None };
        let service = Arc::new(Service::new(config)?);
        let free = SocketAddr::new(addr.ip(), 0);
        let kinds: &[(HostKind, SocketAddr)] = if strict {
            &[(HostKind::Base, addr), (HostKind::Gateway, free), (HostKind::Api, free)]
        } else {
            &[(HostKind::Any, addr)]
        };
        let scheme = if chain.is_some() { "https" } else { "http" };
        let mut ports = JoinSet::new();
        let mut urls = Vec::new();
        for (host, addr) in kinds {
            let listen = |source| SimError::Listen { addr: *addr, source };
            let listener = TcpListener::bind(addr).await.map_err(listen)?;
            let mut bound = listener.local_addr().map_err(listen)?;
            if bound.ip().is_unspecified() {
                // Everywhere is no address to call; the certificate is made for the loopback.
                bound.set_ip(match bound.ip() {
                    std::net::IpAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
                    std::net::IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
                });
            }
            urls.push(format!("{scheme}://{bound}"));
            let tls = chain.as_ref().map(|c| c.acceptor.clone());
            let port = Port { listener, host: *host, tls, service: Arc::clone(&service) };
            ports.spawn(port.serve());
        }
        // Only now, so that a start that fails does not overwrite the certificate of another simulator.
        let (ca_path, ca_file) = match &chain {
            None => (None, None),
            Some(chain) => {
                let (path, temporary) = write_ca(&chain.ca_pem, ca_out.as_deref())?;
                (Some(path), temporary)
            }
        };
        let at = |i: usize| urls.get(i).or_else(|| urls.first()).cloned().unwrap_or_default();
        Ok(Sim {
            inspector: Inspector(service),
            urls: Urls { base: at(0), gateway: at(1), api: at(2) },
            ca_pem: chain.map(|c| c.ca_pem),
            ca_path,
            seed,
            _ca_file: ca_file,
            ports,
        })
    }

    /// The one line of JSON that `totalcloud sim` prints when it is ready.
    pub fn ready_line(&self) -> String {
        let keys = &self.inspector.0.keys;
        let ready = Ready {
            url: self.url(),
            urls: &self.urls,
            username: &keys.username,
            password: &keys.password,
            client_id: &keys.client_id,
            client_secret: &keys.client_secret,
            ca: self.ca_path(),
            seed: self.seed,
            totals: self.totals(),
        };
        // Only a path that is no Unicode cannot be written; it is left out then.
        serde_json::to_string(&ready)
            .or_else(|_| serde_json::to_string(&Ready { ca: None, ..ready }))
            .unwrap_or_default()
    }

    /// The address; of the base host where the three are apart.
    pub fn url(&self) -> &str {
        &self.urls.base
    }

    /// The addresses of the three host kinds.
    pub fn urls(&self) -> &Urls {
        &self.urls
    }

    /// The CA certificate, where it speaks TLS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// The absolute path of the CA certificate.
    pub fn ca_path(&self) -> Option<&Path> {
        self.ca_path.as_deref()
    }

    /// Stops serving, closes all connections and removes a temporary certificate.
    pub async fn shutdown(mut self) {
        self.ports.shutdown().await;
    }
}

fn write_ca(pem: &str, out: Option<&Path>) -> Result<(PathBuf, Option<TempPath>), SimError> {
    match out {
        Some(path) => {
            let failed = |source| SimError::CaFile { path: path.to_owned(), source };
            std::fs::write(path, pem).map_err(failed)?;
            Ok((std::path::absolute(path).map_err(failed)?, None))
        }
        None => {
            let failed = |source| SimError::CaFile { path: std::env::temp_dir(), source };
            let mut file = tempfile::Builder::new()
                .prefix("totalcloud-sim-ca-")
                .suffix(".pem")
                .tempfile()
                .map_err(failed)?;
            file.write_all(pem.as_bytes()).map_err(failed)?;
            let path = file.into_temp_path();
            Ok((std::path::absolute(&path).map_err(failed)?, Some(path)))
        }
    }
}
