use crate::certs::Authority;
use crate::servers::{raw_host, tls_host};
use crate::{fault, get, options};
use secrecy::SecretSlice;
use totalcloud::transport::Fault;

#[tokio::test]
async fn http_2_is_spoken_where_it_is_offered_and_wanted() {
    let authority = Authority::new("test authority");
    let leaf = authority.leaf(&["127.0.0.1"], (2020, 2090));
    for (alpn, http2, spoken) in [
        (&["h2", "http/1.1"][..], true, "HTTP/2.0"),
        (&["http/1.1"], true, "HTTP/1.1"),
        (&["h2", "http/1.1"], false, "HTTP/1.1"),
    ] {
        let host = tls_host("127.0.0.1:0", &leaf, None, alpn).await;
        let options = options(|o| {
            o.ca_bundle = Some(authority.pem.clone().into_bytes());
            o.http2 = http2;
        });
        let answer = get(&options, &format!("https://{host}/")).await.unwrap();
        assert_eq!(answer, (200, spoken.to_owned()), "{alpn:?}");
    }
}

#[tokio::test]
async fn hosts_may_be_addresses_of_ipv6() {
    let authority = Authority::new("test authority");
    let leaf = authority.leaf(&["::1"], (2020, 2090));
    let host = tls_host("[::1]:0", &leaf, None, &[]).await;
    let options = options(|o| o.ca_bundle = Some(authority.pem.clone().into_bytes()));
    assert_eq!(get(&options, &format!("https://{host}/")).await.unwrap().0, 200);
    let probe = options.probe(&url::Url::parse(&format!("https://{host}/")).unwrap()).await.unwrap();
    assert!(probe.steps.iter().all(|s| s.outcome.is_ok()), "{probe:?}");
}

#[tokio::test]
async fn a_certificate_that_is_refused_is_told_with_its_issuer_and_the_reason() {
    let (ours, theirs) = (Authority::new("our authority"), Authority::new("Inspecting Proxy CA"));
    let years = (2020, 2090);
    for (leaf, wanted, words) in [
        (theirs.leaf(&["127.0.0.1"], years), Fault::Untrusted, ["interception", "TOTALCLOUD_CA_BUNDLE"]),
        (ours.leaf(&["other.example.com"], years), Fault::WrongName, ["other.example.com", "our authority"]),
        (ours.leaf(&["127.0.0.1"], (2020, 2021)), Fault::Expired, ["2021-01-01", "clock"]),
        (ours.leaf(&["127.0.0.1"], (2089, 2090)), Fault::Expired, ["2089-01-01", "clock"]),
    ] {
        let host = tls_host("127.0.0.1:0", &leaf, None, &[]).await;
        let options = options(|o| o.ca_bundle = Some(ours.pem.clone().into_bytes()));
        let (found, said) = fault(get(&options, &format!("https://{host}/")).await);
        assert_eq!(found, wanted, "{said}");
        for word in words {
            assert!(said.contains(word), "{said}");
        }
        if wanted == Fault::Untrusted {
            assert!(said.contains("issued by 'Inspecting Proxy CA'"), "{said}");
        }
    }
}

#[tokio::test]
async fn a_certificate_of_the_client_is_presented_where_it_is_wanted() {
    let authority = Authority::new("test authority");
    let leaf = authority.leaf(&["127.0.0.1"], (2020, 2090));
    let client = authority.leaf(&["client"], (2020, 2090));
    let host = tls_host("127.0.0.1:0", &leaf, Some(&authority), &[]).await;
    let url = format!("https://{host}/");
    let with = |pem: Option<String>| {
        options(|o| {
            o.ca_bundle = Some(authority.pem.clone().into_bytes());
            o.client_identity = pem.map(|pem| SecretSlice::from(pem.into_bytes()));
        })
    };
    let identity = format!("{}{}", client.pem, client.key_pem);
    assert_eq!(get(&with(Some(identity)), &url).await.unwrap().0, 200);
    let (found, said) = fault(get(&with(None), &url).await);
    assert_eq!(found, Fault::ClientCertificate, "{said}");
    assert!(said.contains("--client-cert"), "{said}");
    let other = authority.leaf(&["other"], (2020, 2090));
    let mixed = with(Some(format!("{}{}", client.pem, other.key_pem)));
    let e = totalcloud::transport::RealTransport::new(&mixed).unwrap_err();
    assert!(e.to_string().contains("do not belong together"), "{e}");
}

/// The versions that a ClientHello offers (RFC 8446 §4.2.1).
fn offered(hello: &[u8]) -> Vec<u16> {
    let at = hello.windows(5).position(|w| w[..2] == [0, 43] && w[2] == 0 && w[3] == w[4] + 1).unwrap();
    let length = usize::from(hello[at + 4]);
    hello[at + 5..at + 5 + length].chunks(2).map(|v| u16::from_be_bytes([v[0], v[1]])).collect()
}

#[tokio::test]
async fn nothing_older_than_tls_1_2_is_offered_or_taken() {
    // A fatal alert: protocol_version.
    let (alerting, hello) = raw_host(vec![21, 3, 1, 0, 2, 2, 70]).await;
    // A ServerHello of TLS 1.1 with a cipher suite of that time.
    let mut body = vec![3, 2];
    body.extend([7; 32]);
    body.extend([0, 0, 0x2f, 0]);
    let mut record = vec![22, 3, 2, 0, u8::try_from(body.len() + 4).unwrap(), 2, 0, 0];
    record.push(u8::try_from(body.len()).unwrap());
    record.extend(body);
    let (old, _) = raw_host(record).await;
    for host in [alerting, old] {
        let (found, said) = fault(get(&options(|_| {}), &format!("https://{host}/")).await);
        assert_eq!(found, Fault::TlsVersion, "{said}");
        assert!(said.contains("TLS 1.2"), "{said}");
    }
    assert_eq!(offered(&hello.lock().unwrap()), [0x0304, 0x0303]);
}

#[tokio::test]
async fn hosts_that_are_not_there_or_speak_something_else_are_told_apart() {
    let plain = raw_host(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()).await.0;
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for (url, wanted, word) in [
        (format!("https://{plain}/"), Fault::Tls, "plain http"),
        (format!("https://{gone}/"), Fault::Refused, "nothing listens"),
        ("https://host.invalid/".to_owned(), Fault::Dns, "could not be resolved"),
    ] {
        let (found, said) = fault(get(&options(|_| {}), &url).await);
        assert_eq!(found, wanted, "{said}");
        assert!(said.contains(word), "{said}");
    }
}
