//! The service without sockets, for a client in the same process: no port, no TLS, and no time but that of
//! the runtime, so that hours of quota pass at once where it is paused.

use crate::access::HostKind;
use crate::config::SimConfig;
use crate::inspect::Inspector;
use crate::service::{Incoming, Outcome, Service};
use crate::wire::AnswerBody;
use crate::{SimError, Urls};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response};
use http_body_util::BodyExt;
use std::ops::Deref;
use std::sync::Arc;

/// Where an exchange ended instead of in an answer. A silent service is none of these: there the future
/// stays pending until it is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// The connection was refused.
    #[error("the connection was refused")]
    Refused,
    /// The TLS handshake was refused.
    #[error("the TLS handshake was refused")]
    Tls,
    /// The connection was reset before an answer.
    #[error("the connection was reset before an answer")]
    Reset,
    /// The answer ended in the middle of its body.
    #[error("the answer ended in the middle of its body")]
    Cut,
}

/// A simulator that is called by function. Its addresses are names that nothing resolves.
///
/// The address to listen on and TLS of the configuration do not apply. With
/// [`Clock::runtime`](crate::Clock::runtime) it shares the time of the runtime with its client.
#[derive(Debug, Clone)]
pub struct InProcess {
    inspector: Inspector,
    urls: Arc<Urls>,
}

const BASE: &str = "portal.simulator.invalid";
const GATEWAY: &str = "gateway.simulator.invalid";
const API: &str = "api.simulator.invalid";

impl InProcess {
    /// Lays out the world.
    ///
    /// # Errors
    /// If the world cannot be made.
    pub fn new(config: SimConfig) -> Result<InProcess, SimError> {
        let url = |host: &str| format!("https://{host}");
        let urls = if config.strict_hosts {
            Urls { base: url(BASE), gateway: url(GATEWAY), api: url(API) }
        } else {
            Urls { base: url(BASE), gateway: url(BASE), api: url(BASE) }
        };
        let service = Arc::new(Service::new(config)?);
        Ok(InProcess { inspector: Inspector(service), urls: Arc::new(urls) })
    }

    /// The address; of the base host where the three are apart.
    pub fn url(&self) -> &str {
        &self.urls.base
    }

    /// The addresses of the three host kinds.
    pub fn urls(&self) -> &Urls {
        &self.urls
    }

    fn host(&self, request: &Request<Bytes>) -> HostKind {
        if self.urls.base == self.urls.gateway {
            return HostKind::Any;
        }
        match request.uri().host() {
            Some(GATEWAY) => HostKind::Gateway,
            Some(API) => HostKind::Api,
            _ => HostKind::Base,
        }
    }

    /// Answers a request with the head of the answer and a body still to be read. The call counts as running
    /// until the body is dropped.
    ///
    /// # Errors
    /// If the simulator was told to break the connection.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<AnswerBody>, Broken> {
        if self.inspector.0.outage.is_down() {
            return Err(Broken::Refused);
        }
        if self.inspector.0.refuses_tls() {
            return Err(Broken::Tls);
        }
        let host = self.host(&request);
        let (parts, body) = request.into_parts();
        let body = match parts.method {
            Method::GET | Method::HEAD => Bytes::new(),
            _ => body,
        };
        let incoming = Incoming {
            host,
            tls: true,
            method: &parts.method,
            uri: &parts.uri,
            headers: &parts.headers,
            body,
        };
        match self.inspector.0.answer(incoming).await {
            Outcome::Answer { reply, mut headers, sending, permit } => {
                headers.insert(http::header::CONTENT_LENGTH, HeaderValue::from(reply.body.len()));
                let mut response = Response::new(AnswerBody::new(reply.body, sending, permit, None));
                *response.status_mut() = reply.status;
                *response.headers_mut() = headers;
                Ok(response)
            }
            Outcome::Reset => Err(Broken::Reset),
            Outcome::Silence => std::future::pending().await,
        }
    }

    /// Answers a request whole. The call counts as running until this is done or dropped.
    ///
    /// # Errors
    /// If the simulator was told to break the connection.
    pub async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Broken> {
        let (parts, body) = self.send(request).await?.into_parts();
        let body = body.collect().await.map_err(|_| Broken::Cut)?.to_bytes();
        Ok(Response::from_parts(parts, body))
    }
}

/// What both kinds of simulator tell.
impl Deref for InProcess {
    type Target = Inspector;

    fn deref(&self) -> &Inspector {
        &self.inspector
    }
}
