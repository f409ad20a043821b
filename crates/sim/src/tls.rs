//! The certificates of a simulator: a CA of its own and a leaf that the CA signed for the loopback names,
//! with the key identifiers that strict clients ask for.

use crate::SimError;
use crate::config::TlsFault;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyIdMethod, KeyPair, KeyUsagePurpose, SanType,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// A CA and a server configuration with a leaf signed by it.
pub(crate) struct Chain {
    pub(crate) ca_pem: String,
    pub(crate) acceptor: TlsAcceptor,
}

impl Chain {
    /// Makes a chain; `extra` is the address the simulator listens on.
    pub(crate) fn new(extra: IpAddr, fault: TlsFault) -> Result<Chain, SimError> {
        let made = |e: rcgen::Error| SimError::Tls(e.to_string());
        let ca_key = KeyPair::generate().map_err(made)?;
        let mut ca = params("totalcloud simulator CA");
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca_cert = ca.self_signed(&ca_key).map_err(made)?;

        let leaf_key = KeyPair::generate().map_err(made)?;
        let mut leaf = params("totalcloud simulator");
        leaf.use_authority_key_identifier_extension = true;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let mut addresses: Vec<IpAddr> = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        if !extra.is_unspecified() && !addresses.contains(&extra) {
            addresses.push(extra);
        }
        leaf.subject_alt_names = addresses.into_iter().map(SanType::IpAddress).collect();
        leaf.subject_alt_names.push(SanType::DnsName("localhost".try_into().map_err(made)?));
        match fault {
            TlsFault::WrongName => {
                leaf.subject_alt_names =
                    vec![SanType::DnsName("elsewhere.simulator.invalid".try_into().map_err(made)?)];
            }
            TlsFault::Expired => {
                leaf.not_before = rcgen::date_time_ymd(2020, 1, 1);
                leaf.not_after = rcgen::date_time_ymd(2021, 1, 1);
            }
            TlsFault::None | TlsFault::Refuse => {}
        }
        // The leaf's own key identifier; rcgen writes it for end entities only when asked.
        leaf.is_ca = IsCa::ExplicitNoCa;
        let issuer = Issuer::from_params(&ca, &ca_key);
        let leaf_cert = leaf.signed_by(&leaf_key, &issuer).map_err(made)?;

        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
        let certs: Vec<CertificateDer<'static>> = vec![leaf_cert.der().clone(), ca_cert.der().clone()];
        let bad = |e: rustls::Error| SimError::Tls(e.to_string());
        let mut config =
            rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(bad)?
                .with_no_client_auth()
                .with_single_cert(certs, key)
                .map_err(bad)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config.ticketer = rustls::crypto::ring::Ticketer::new().map_err(bad)?;
        Ok(Chain { ca_pem: ca_cert.pem(), acceptor: TlsAcceptor::from(Arc::new(config)) })
    }
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    subject.push(DnType::OrganizationName, "totalcloud");
    params.distinguished_name = subject;
    params.key_identifier_method = KeyIdMethod::Sha256;
    params
}
