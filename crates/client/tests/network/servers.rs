//! Hosts and proxies as small as they can be.

use crate::certs::{Authority, Leaf};
use base64::Engine as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A host that speaks TLS and answers with the version of HTTP, and with a certificate of the client if it wants one.
pub(crate) async fn tls_host(
    addr: &str,
    leaf: &Leaf,
    clients: Option<&Authority>,
    alpn: &[&str],
) -> SocketAddr {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = rustls::RootCertStore::empty();
            roots.add(authority.der.clone()).unwrap();
            let verifier =
                rustls::server::WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let mut config = builder.with_single_cert(vec![leaf.der.clone()], leaf.key()).unwrap();
    config.alpn_protocols = alpn.iter().map(|p| p.as_bytes().to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(addr).await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(tcp).await else { return };
                let service =
                    hyper::service::service_fn(|request: http::Request<hyper::body::Incoming>| async move {
                        let version = format!("{:?}", request.version());
                        Ok::<_, std::convert::Infallible>(http::Response::new(version))
                    });
                let _ = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    at
}

/// A host that reads the first bytes and answers with these.
pub(crate) async fn raw_host(answer: Vec<u8>) -> (SocketAddr, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let first = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (mut tcp, _) = listener.accept().await.unwrap();
            let mut buffer = vec![0; 4096];
            let n = tcp.read(&mut buffer).await.unwrap();
            first.lock().unwrap().extend_from_slice(&buffer[..n]);
            let _ = tcp.write_all(&answer).await;
            // Until the other side has read it: a reset would take it away.
            let _ = tcp.read(&mut buffer).await;
        }
    });
    (at, seen)
}

/// What a proxy was asked for.
pub(crate) type Seen = Arc<Mutex<Vec<String>>>;

/// A proxy for CONNECT and plain http. It asks for a login if it has one, and refuses hosts that are forbidden.
pub(crate) async fn http_proxy(login: Option<&str>) -> (SocketAddr, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let wanted = login.map(|l| format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(l)));
    let seen = Seen::default();
    let told = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            tokio::spawn(serve_http(tcp, wanted.clone(), Arc::clone(&told)));
        }
    });
    (at, seen)
}

async fn serve_http(mut tcp: TcpStream, wanted: Option<String>, seen: Seen) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match tcp.read_u8().await {
            Ok(b) => head.push(b),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let mut words = head.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap().to_owned());
    seen.lock().unwrap().push(format!("{method} {target}"));
    let given = head.lines().find_map(|l| {
        let (name, value) = l.split_once(": ")?;
        name.eq_ignore_ascii_case("proxy-authorization").then(|| value.to_owned())
    });
    let answer = if given != wanted {
        // Some proxies repeat what they were sent.
        format!("HTTP/1.1 407 No\r\nContent-Length: 6\r\nX-Sent: {}\r\n\r\ncanary", given.unwrap_or_default())
    } else if target.contains("forbidden") {
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n".to_owned()
    } else if method == "CONNECT" {
        let Ok(mut upstream) = TcpStream::connect(&target).await else {
            let _ = tcp.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await;
            return;
        };
        tcp.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut tcp, &mut upstream).await;
        return;
    } else {
        "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nproxied".to_owned()
    };
    let _ = tcp.write_all(answer.as_bytes()).await;
}

/// A SOCKS5 proxy (RFC 1928, RFC 1929).
pub(crate) async fn socks_proxy(login: Option<(&'static str, &'static str)>) -> (SocketAddr, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let seen = Seen::default();
    let told = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            let told = Arc::clone(&told);
            tokio::spawn(async move { serve_socks(tcp, login, told).await });
        }
    });
    (at, seen)
}

async fn serve_socks(mut tcp: TcpStream, login: Option<(&str, &str)>, seen: Seen) -> Option<()> {
    async fn text(tcp: &mut TcpStream) -> Option<String> {
        let mut bytes = vec![0; tcp.read_u8().await.ok()?.into()];
        tcp.read_exact(&mut bytes).await.ok()?;
        String::from_utf8(bytes).ok()
    }
    tcp.read_u8().await.ok()?;
    let mut methods = vec![0; tcp.read_u8().await.ok()?.into()];
    tcp.read_exact(&mut methods).await.ok()?;
    let method = if login.is_some() { 2 } else { 0 };
    if !methods.contains(&method) {
        tcp.write_all(&[5, 0xff]).await.ok()?;
        return None;
    }
    tcp.write_all(&[5, method]).await.ok()?;
    if let Some((name, password)) = login {
        tcp.read_u8().await.ok()?;
        let good = text(&mut tcp).await? == name && text(&mut tcp).await? == password;
        tcp.write_all(&[1, u8::from(!good)]).await.ok()?;
        if !good {
            return None;
        }
    }
    let mut head = [0; 4];
    tcp.read_exact(&mut head).await.ok()?;
    let host = match head[3] {
        1 => std::net::Ipv4Addr::from(tcp.read_u32().await.ok()?).to_string(),
        3 => text(&mut tcp).await?,
        _ => return None,
    };
    let port = tcp.read_u16().await.ok()?;
    seen.lock().unwrap().push(format!("{} {host}:{port}", if head[3] == 3 { "name" } else { "address" }));
    let upstream = TcpStream::connect((host.as_str(), port)).await;
    let code = u8::from(upstream.is_err()) * 5;
    tcp.write_all(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0]).await.ok()?;
    let _ = tokio::io::copy_bidirectional(&mut tcp, &mut upstream.ok()?).await;
    Some(())
}
