//! From the errors of the libraries to where the way broke.

use super::proxy::Proxy;
use super::tls::RefusedCertificate;
use super::{Fault, TransportError};
use rustls::{AlertDescription, CertificateError};
use std::error::Error as StdError;
use std::io;
use std::time::Duration;

/// What an error of reqwest stands for.
pub(super) fn of(
    e: reqwest::Error,
    in_body: bool,
    proxy: Option<&Proxy>,
    connect_limit: Duration,
) -> TransportError {
    let connecting = e.is_connect();
    if e.is_timeout() && connecting {
        let fault = TransportError::timeout(Fault::ConnectTimeout, connect_limit);
        return TransportError { proxy: proxy.map(ToString::to_string), ..fault };
    }
    let (damaged, request) = (e.is_decode(), e.is_builder());
    let mut error = read(&e.without_url(), proxy);
    error.fault = match error.fault {
        Fault::Broken if connecting && proxy.is_some() => Fault::Proxy,
        Fault::Broken if connecting => Fault::Connect,
        Fault::Broken if request => Fault::Request,
        Fault::Broken if damaged && in_body => Fault::Cut,
        known => known,
    };
    error
}

/// The proxy wants to know who asks.
pub(super) fn proxy_login(proxy: Option<&Proxy>) -> TransportError {
    let given = if proxy.is_some_and(Proxy::has_login) { "it refused those given" } else { "none are given" };
    let error = TransportError::new(Fault::ProxyLogin, given);
    TransportError { proxy: proxy.map(ToString::to_string), ..error }
}

/// The innermost cause.
pub(super) fn innermost(e: &(dyn StdError + 'static)) -> String {
    let mut last = e.to_string();
    walk(e, &mut |e| {
        last = e.to_string();
        false
    });
    last
}

/// From the outside in, until somebody has seen enough.
fn walk<'e>(e: &'e (dyn StdError + 'static), see: &mut dyn FnMut(&'e (dyn StdError + 'static)) -> bool) {
    let mut next = Some(e);
    while let Some(e) = next {
        if see(e) {
            return;
        }
        // An io::Error gives as its source not what it wraps, but the source of that.
        next = match e.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => e.source(),
        };
    }
}

/// What an error stands for, by the first cause that is a known one; [`Fault::Broken`] where none is.
pub(super) fn read(e: &(dyn StdError + 'static), proxy: Option<&Proxy>) -> TransportError {
    let mut found: Option<TransportError> = None;
    let mut detail = String::new();
    walk(e, &mut |e| {
        detail = e.to_string();
        if let Some(tls) = e.downcast_ref::<rustls::Error>() {
            found = Some(of_tls(tls));
            return true;
        }
        // The library wants names for TLS behind a proxy, and takes brackets for a part of one.
        if detail == "Invalid Server Name" {
            let why = "an address of IPv6 cannot be reached through a proxy; give the host's name, or go around \
                       the proxy with NO_PROXY";
            found = Some(TransportError::new(Fault::Request, why));
            return true;
        }
        let fault = by_words(&detail, proxy).or_else(|| {
            let io = e.downcast_ref::<io::Error>()?;
            match io.kind() {
                io::ErrorKind::ConnectionRefused if proxy.is_some() => Some(Fault::Proxy),
                io::ErrorKind::ConnectionRefused => Some(Fault::Refused),
                io::ErrorKind::UnexpectedEof => Some(Fault::Cut),
                _ => None,
            }
        });
        if let Some(fault) = fault {
            found.get_or_insert_with(|| TransportError::new(fault, ""));
        }
        false
    });
    let mut error = found.unwrap_or_else(|| TransportError::new(Fault::Broken, ""));
    if error.fault == Fault::ProxyLogin {
        return proxy_login(proxy);
    }
    if error.detail.is_empty() {
        error.detail = detail;
    }
    TransportError { proxy: proxy.map(ToString::to_string), ..error }
}

/// The causes whose types are nobody's to see.
fn by_words(text: &str, proxy: Option<&Proxy>) -> Option<Fault> {
    let here = proxy.is_none_or(Proxy::resolves_here);
    Some(match text {
        "dns error" if proxy.is_none() => Fault::Dns,
        "dns error" => Fault::Proxy,
        "error resolving for socks proxy" if here => Fault::Dns,
        "tunnel error: proxy authorization required" => Fault::ProxyLogin,
        "tunnel error: unsuccessful"
        | "tunnel error: unexpected end of file"
        | "tunnel error: proxy response headers too long" => Fault::ProxyRefused,
        "tunnel error: failed to create underlying connection"
        | "SOCKS error: failed to create underlying connection"
        | "SOCKS error: io error during SOCKS handshake"
        | "SOCKS error: failed parsing server response" => Fault::Proxy,
        "SOCKS error: credentials not accepted"
        | "SOCKS error: server does not support user/pass authentication" => Fault::ProxyLogin,
        _ if text.starts_with("SOCKS error: ") => Fault::ProxyRefused,
        _ => return None,
    })
}

/// What TLS did not like.
pub(super) fn of_tls(e: &rustls::Error) -> TransportError {
    use AlertDescription as Alert;
    use rustls::Error as Tls;
    match e {
        Tls::InvalidCertificate(CertificateError::Other(other)) => {
            match other.0.downcast_ref::<RefusedCertificate>() {
                Some(refused) => {
                    let error = TransportError::new(of_certificate(&refused.cause), refused.to_string());
                    TransportError { certificate: refused.certificate.clone().map(Box::new), ..error }
                }
                None => TransportError::new(Fault::Untrusted, e.to_string()),
            }
        }
        Tls::InvalidCertificate(cause) => TransportError::new(of_certificate(cause), e.to_string()),
        Tls::PeerIncompatible(_) | Tls::AlertReceived(Alert::ProtocolVersion) => {
            TransportError::new(Fault::TlsVersion, e.to_string())
        }
        Tls::AlertReceived(
            Alert::CertificateRequired
            | Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied,
        ) => TransportError::new(Fault::ClientCertificate, e.to_string()),
        Tls::InvalidMessage(_) => {
            TransportError::new(Fault::Tls, "what answers there does not speak TLS; is it plain http?")
        }
        _ => TransportError::new(Fault::Tls, e.to_string()),
    }
}

fn of_certificate(cause: &CertificateError) -> Fault {
    use CertificateError::*;
    match cause {
        Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. } => Fault::Expired,
        NotValidForName | NotValidForNameContext { .. } => Fault::WrongName,
        _ => Fault::Untrusted,
    }
}
