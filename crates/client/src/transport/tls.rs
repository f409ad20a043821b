//! TLS: what is trusted, what is presented, and what is told of a certificate that is refused.

use crate::error::{Error, ErrorKind};
use jiff::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, SignatureScheme};
use secrecy::{ExposeSecret, SecretSlice};
use std::fmt;
use std::sync::Arc;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate, X509Name};

/// Versions of TLS that are spoken; 1.2 is the lowest.
const VERSIONS: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS13, &rustls::version::TLS12];

/// What a certificate says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Certificate {
    /// Whom it is for.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// The names and addresses it is for.
    pub names: Vec<String>,
    /// From when it is good.
    pub not_before: Timestamp,
    /// Until when it is good.
    pub not_after: Timestamp,
    /// Whether it vouches for itself.
    pub self_signed: bool,
}

impl Certificate {
    /// Reads a certificate (DER). `None` if it is none.
    pub(crate) fn read(der: &[u8]) -> Option<Certificate> {
        let (_, cert) = X509Certificate::from_der(der).ok()?;
        let instant = |t: i64| Timestamp::from_second(t).unwrap_or(Timestamp::MAX);
        let names = cert.subject_alternative_name().ok().flatten();
        let names = names.map(|names| names.value.general_names.iter().filter_map(name).collect());
        Some(Certificate {
            subject: short(cert.subject()),
            issuer: short(cert.issuer()),
            names: names.unwrap_or_default(),
            not_before: instant(cert.validity().not_before.timestamp()),
            not_after: instant(cert.validity().not_after.timestamp()),
            self_signed: cert.subject() == cert.issuer(),
        })
    }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(printable(name)),
        GeneralName::IPAddress(bytes) => match <[u8; 4]>::try_from(*bytes) {
            Ok(v4) => Some(std::net::Ipv4Addr::from(v4).to_string()),
            Err(_) => <[u8; 16]>::try_from(*bytes).ok().map(|v6| std::net::Ipv6Addr::from(v6).to_string()),
        },
        _ => None,
    }
}

/// The common name and the organisation, which is what people know an authority by.
fn short(name: &X509Name<'_>) -> String {
    let common = name.iter_common_name().find_map(|n| n.as_str().ok());
    let company = name.iter_organization().find_map(|n| n.as_str().ok());
    printable(&match (common, company) {
        (Some(common), Some(company)) if common != company => format!("{common}, {company}"),
        (Some(one), _) | (None, Some(one)) => one.to_owned(),
        (None, None) => name.to_string(),
    })
}

/// Whoever made the certificate chose the text, and it is shown on terminals.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// A certificate was refused: why, and which it was.
#[derive(Debug)]
pub(crate) struct RefusedCertificate {
    pub(crate) cause: CertificateError,
    pub(crate) certificate: Option<Certificate>,
}

impl fmt::Display for RefusedCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.cause)
    }
}

impl std::error::Error for RefusedCertificate {}

/// Verifies as the system does, and puts what was refused into the error: without it nobody could say who
/// stands in between.
#[derive(Debug)]
struct Telling(rustls_platform_verifier::Verifier);

impl ServerCertVerifier for Telling {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now).map_err(|e| {
            let rustls::Error::InvalidCertificate(cause) = e else { return e };
            let certificate = Certificate::read(end_entity);
            let told = RefusedCertificate { cause, certificate };
            rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(told))))
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// Chooses the provider of cryptography for the process, unless another library has chosen already, and gives the one
/// that holds. Whoever speaks TLS in the same process by other means calls this first, so that all use the same.
pub fn install_tls_provider() -> Arc<CryptoProvider> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    CryptoProvider::get_default()
        .map(Arc::clone)
        .unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()))
}

/// What a connection trusts, presents and offers.
pub(crate) fn config(
    ca_bundle: Option<&[u8]>,
    identity: Option<&SecretSlice<u8>>,
    http2: bool,
) -> Result<ClientConfig, Error> {
    let provider = install_tls_provider();
    let extra = ca_bundle.map(authorities).transpose()?.unwrap_or_default();
    let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(extra, Arc::clone(&provider))
        .map_err(|_| {
            wrong("the certificate authorities to trust cannot be used")
                .with_hint("check the CA bundle, and whether the system has certificates (ca-certificates)")
        })?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(VERSIONS)
        .map_err(|_| wrong("TLS 1.2 and 1.3 cannot be set up"))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Telling(verifier)));
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(pem) => {
            let (chain, key) = identity_of(pem)?;
            builder.with_client_auth_cert(chain, key).map_err(|_| {
                wrong("the client certificate and its key do not belong together")
                    .with_hint("give the key that the certificate was made for")
            })?
        }
    };
    config.alpn_protocols = if http2 { vec![b"h2".to_vec(), b"http/1.1".to_vec()] } else { Vec::new() };
    Ok(config)
}

fn wrong(what: &str) -> Error {
    Error::new(ErrorKind::Config, what.to_owned())
}

fn authorities(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|_| wrong("the CA bundle holds no certificates that can be read"))?;
    if found.is_empty() || !found.iter().all(|der| X509Certificate::from_der(der).is_ok()) {
        return Err(wrong("the CA bundle holds no certificate that can be read")
            .with_hint("it must be a PEM file with '-----BEGIN CERTIFICATE-----'"));
    }
    Ok(found)
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn identity_of(pem: &SecretSlice<u8>) -> Result<Identity, Error> {
    let pem = pem.expose_secret();
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|_| wrong("the client certificate cannot be read"))?;
    if chain.is_empty() {
        return Err(wrong("the client certificate is missing")
            .with_hint("it must be a PEM file with '-----BEGIN CERTIFICATE-----'"));
    }
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
        wrong("the key of the client certificate is missing or cannot be read").with_hint(
            "it must be a PEM file with '-----BEGIN PRIVATE KEY-----' and without a pass phrase; \
             openssl pkey -in KEY -out NEW takes one off",
        )
    })?;
    Ok((chain, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_1_2_is_the_lowest_version() {
        let versions: Vec<u16> = VERSIONS.iter().map(|v| u16::from(v.version)).collect();
        assert_eq!(versions, [0x0304, 0x0303]);
    }

    #[test]
    fn http_2_is_offered_unless_it_is_off() {
        assert_eq!(config(None, None, true).unwrap().alpn_protocols, [b"h2".to_vec(), b"http/1.1".to_vec()]);
        assert!(config(None, None, false).unwrap().alpn_protocols.is_empty());
    }

    #[test]
    fn files_that_hold_something_else_are_refused_without_repeating_it() {
        let key = b"-----BEGIN PRIVATE KEY-----\nY2FuYXJ5LWNhbmFyeQ==\n-----END PRIVATE KEY-----\n";
        let odd = b"-----BEGIN CERTIFICATE-----\nY2FuYXJ5LWNhbmFyeQ==\n-----END CERTIFICATE-----\n";
        for bundle in [&b"canary"[..], key, odd] {
            let e = config(Some(bundle), None, true).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Config);
            assert!(!format!("{e} {e:?}").contains("canary"), "{e:?}");
        }
        let both = [&odd[..], key].concat();
        for (pem, word) in
            [(&key[..], "certificate is missing"), (odd, "key of the client certificate"), (&both, "client")]
        {
            let e = config(None, Some(&SecretSlice::from(pem.to_vec())), true).unwrap_err();
            assert!(e.to_string().contains(word), "{e}");
            assert!(!format!("{e} {e:?}").contains("canary"), "{e:?}");
        }
    }
}
