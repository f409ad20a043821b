//! Sockets: the accept loop and one task a connection.

use crate::access::HostKind;
use crate::service::{Incoming, Outcome, Service};
use crate::wire::{AnswerBody, Switch, Wire};
use http::header::{CONTENT_TYPE, HeaderMap};
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming as HyperBody;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Bytes of a request's body that are read at most.
const LARGEST_BODY: usize = 1 << 20;
/// The same of a form with files: the largest upload that is refused in words, and what is around it.
const LARGEST_FORM: usize = 16 << 20;

/// One port and what it stands for.
pub(crate) struct Port {
    pub(crate) listener: TcpListener,
    pub(crate) host: HostKind,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) service: Arc<Service>,
}

impl Port {
    /// Accepts until it is dropped; its connections end with it.
    pub(crate) async fn serve(mut self) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = self.service.outage.begins() => {
                    connections.shutdown().await;
                    self = match self.closed().await {
                        Some(open) => open,
                        None => return,
                    };
                }
                accepted = self.listener.accept() => match accepted {
                    Ok((tcp, _)) => {
                        let (service, tls, host) = (Arc::clone(&self.service), self.tls.clone(), self.host);
                        connections.spawn(async move {
                            // How a connection ends is the peer's affair.
                            let _ = connection(service, host, tls, tcp).await;
                        });
                    }
                    // Out of file handles, or the peer was gone before it was accepted: both pass.
                    Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }

    /// Waits for the end of an outage with the port closed, and opens it again.
    async fn closed(self) -> Option<Port> {
        let Port { listener, host, tls, service } = self;
        let addr = listener.local_addr().ok()?;
        drop(listener);
        loop {
            service.outage.ends().await;
            match TcpListener::bind(addr).await {
                Ok(listener) => return Some(Port { listener, host, tls, service }),
                // Someone else may have it for a moment.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }
}

/// The alert `handshake_failure`, fatal.
const HANDSHAKE_FAILURE: [u8; 7] = [21, 3, 3, 0, 2, 2, 40];

async fn connection(
    service: Arc<Service>,
    host: HostKind,
    tls: Option<TlsAcceptor>,
    tcp: TcpStream,
) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let switch = Switch::default();
    let wire = Wire::new(tcp, Arc::clone(&switch));
    match tls {
        None => speak(service, host, false, false, wire, switch).await,
        Some(_) if service.refuses_tls() => {
            let mut wire = wire;
            // The greeting is read first: closing over unread bytes would be a reset.
            let _ = wire.read(&mut [0; 4096]).await?;
            wire.write_all(&HANDSHAKE_FAILURE).await?;
            wire.shutdown().await
        }
        Some(acceptor) => {
            let stream = acceptor.accept(wire).await?;
            let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            speak(service, host, true, http2, stream, switch).await
        }
    }
}

async fn speak<S>(
    service: Arc<Service>,
    host: HostKind,
    tls: bool,
    http2: bool,
    stream: S,
    switch: Switch,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let handler = service_fn(move |request: Request<HyperBody>| {
        let (service, switch) = (Arc::clone(&service), Arc::clone(&switch));
        async move { respond(&service, host, tls, request, &switch).await }
    });
    let io = TokioIo::new(stream);
    if http2 {
        hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .serve_connection(io, handler)
            .await
            .map_err(io::Error::other)
    } else {
        hyper::server::conn::http1::Builder::new()
            .serve_connection(io, handler)
            .await
            .map_err(io::Error::other)
    }
}

/// How much of a body is read.
fn largest(headers: &HeaderMap) -> usize {
    let given = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let is_form = given.to_ascii_lowercase().starts_with("multipart/form-data");
    if is_form { LARGEST_FORM } else { LARGEST_BODY }
}

async fn respond(
    service: &Service,
    host: HostKind,
    tls: bool,
    request: Request<HyperBody>,
    switch: &Switch,
) -> io::Result<Response<AnswerBody>> {
    let (parts, body) = request.into_parts();
    // A body on GET is sent by the service's own samples and ignored.
    let body = match parts.method {
        Method::GET | Method::HEAD => bytes::Bytes::new(),
        _ => {
            Limited::new(body, largest(&parts.headers)).collect().await.map_err(io::Error::other)?.to_bytes()
        }
    };
    let incoming =
        Incoming { host, tls, method: &parts.method, uri: &parts.uri, headers: &parts.headers, body };
    match service.answer(incoming).await {
        Outcome::Answer { reply, headers, sending, permit } => {
            let mut response =
                Response::new(AnswerBody::new(reply.body, sending, permit, Some(Arc::clone(switch))));
            *response.status_mut() = reply.status;
            *response.headers_mut() = headers;
            Ok(response)
        }
        Outcome::Reset => {
            switch.store(true, Ordering::SeqCst);
            Err(io::ErrorKind::ConnectionReset.into())
        }
        Outcome::Silence => std::future::pending().await,
    }
}
