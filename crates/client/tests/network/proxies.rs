use crate::certs::Authority;
use crate::servers::{http_proxy, socks_proxy, tls_host};
use crate::{fault, get, options};
use totalcloud::transport::{Fault, ProxyChoice, Stage, TransportOptions};

fn through(proxy: &str, direct: &str, authority: &Authority) -> TransportOptions {
    options(|o| {
        o.proxy = ProxyChoice::Except { url: proxy.into(), direct: direct.to_owned() };
        o.ca_bundle = Some(authority.pem.clone().into_bytes());
    })
}

#[tokio::test]
async fn http_proxies_are_gone_through_with_and_without_login() {
    let authority = Authority::new("test authority");
    let leaf = authority.leaf(&["localhost", "127.0.0.1"], (2020, 2090));
    let host = tls_host("127.0.0.1:0", &leaf, None, &["h2", "http/1.1"]).await;
    let url = format!("https://127.0.0.1:{}/", host.port());

    let (open, seen) = http_proxy(None).await;
    let answer = get(&through(&format!("http://{open}"), "", &authority), &url).await.unwrap();
    assert_eq!(answer, (200, "HTTP/2.0".to_owned()));
    assert_eq!(*seen.lock().unwrap(), [format!("CONNECT {host}")]);
    // Plain http is not tunnelled.
    let answer = get(&through(&format!("http://{open}"), "", &authority), "http://x.invalid/").await.unwrap();
    assert_eq!(answer, (200, "proxied".to_owned()));

    let (closed, seen) = http_proxy(Some("jane:can%ary/@")).await;
    let right = format!("http://jane:can%25ary%2F%40@{closed}");
    assert_eq!(get(&through(&right, "", &authority), &url).await.unwrap().0, 200);
    assert_eq!(get(&through(&right, "", &authority), "http://x.invalid/").await.unwrap().0, 200);
    assert_eq!(seen.lock().unwrap().len(), 2);
    for (login, said) in [("", "none are given"), ("jane:canary@", "refused those given")] {
        let proxy = format!("http://{login}{closed}");
        for url in [url.as_str(), "http://x.invalid/"] {
            let (fault, words) = fault(get(&through(&proxy, "", &authority), url).await);
            assert_eq!(fault, Fault::ProxyLogin);
            assert!(words.contains(said) && words.contains(&closed.to_string()), "{words}");
            assert!(words.contains("TOTALCLOUD_PROXY_PASSWORD"), "{words}");
        }
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_or_refuses_is_named() {
    let authority = Authority::new("test authority");
    let (proxy, _) = http_proxy(None).await;
    let refused =
        get(&through(&format!("http://{proxy}"), "", &authority), "https://forbidden.invalid/").await;
    let (found, words) = fault(refused);
    assert_eq!(found, Fault::ProxyRefused);
    assert!(words.contains(&proxy.to_string()), "{words}");
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for url in [format!("http://jane:canary@{gone}"), format!("socks5h://jane:canary@{gone}")] {
        let (found, words) = fault(get(&through(&url, "", &authority), "https://x.invalid/").await);
        assert_eq!(found, Fault::Proxy, "{words}");
        assert!(words.contains(&gone.to_string()) && words.contains("NO_PROXY"), "{words}");
    }
    let nowhere = "http://jane:canary@proxy.invalid:3128";
    let (found, words) = fault(get(&through(nowhere, "", &authority), "https://x.invalid/").await);
    assert_eq!(found, Fault::Proxy);
    assert!(words.contains("proxy.invalid:3128"), "{words}");
}

#[tokio::test]
async fn socks_proxies_are_gone_through_with_and_without_login() {
    let authority = Authority::new("test authority");
    let leaf = authority.leaf(&["localhost", "127.0.0.1"], (2020, 2090));
    let host = tls_host("127.0.0.1:0", &leaf, None, &[]).await;
    let url = format!("https://localhost:{}/", host.port());
    let (open, seen) = socks_proxy(None).await;
    assert_eq!(get(&through(&format!("socks5h://{open}"), "", &authority), &url).await.unwrap().0, 200);
    assert_eq!(*seen.lock().unwrap(), [format!("name localhost:{}", host.port())]);

    let (closed, _) = socks_proxy(Some(("jane", "can@ry"))).await;
    let right = format!("socks5h://jane:can%40ry@{closed}");
    assert_eq!(get(&through(&right, "", &authority), &url).await.unwrap().0, 200);
    let wrong = format!("socks5h://jane:canary@{closed}");
    let (found, words) = fault(get(&through(&wrong, "", &authority), &url).await);
    assert_eq!(found, Fault::ProxyLogin, "{words}");
    let closed_port =
        tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let dead = format!("https://localhost:{closed_port}/");
    let (found, words) = fault(get(&through(&format!("socks5h://{open}"), "", &authority), &dead).await);
    assert_eq!(found, Fault::ProxyRefused, "{words}");
}

#[tokio::test]
async fn hosts_of_the_list_are_reached_without_the_proxy() {
    let authority = Authority::new("test authority");
    let leaf = authority.leaf(&["127.0.0.1"], (2020, 2090));
    let host = tls_host("127.0.0.1:0", &leaf, None, &[]).await;
    let (proxy, seen) = http_proxy(None).await;
    let direct = through(&format!("http://{proxy}"), "127.0.0.0/8", &authority);
    assert_eq!(get(&direct, &format!("https://{host}/")).await.unwrap().0, 200);
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_address_of_ipv6_through_a_proxy_is_refused_with_what_to_do() {
    let authority = Authority::new("test authority");
    let leaf = authority.leaf(&["::1"], (2020, 2090));
    let host = tls_host("[::1]:0", &leaf, None, &[]).await;
    let (proxy, _) = http_proxy(None).await;
    let outcome =
        get(&through(&format!("http://{proxy}"), "", &authority), &format!("https://{host}/")).await;
    let (found, words) = fault(outcome);
    assert_eq!(found, Fault::Request, "{words}");
    assert!(words.contains("IPv6") && words.contains("name"), "{words}");
}

#[tokio::test]
async fn a_probe_names_the_step_that_fails() {
    let authority = Authority::new("test authority");
    let leaf = authority.leaf(&["127.0.0.1"], (2020, 2090));
    let host = tls_host("127.0.0.1:0", &leaf, None, &["h2"]).await;
    let url = url::Url::parse(&format!("https://{host}/")).unwrap();
    let (open, _) = http_proxy(None).await;
    let (closed, _) = http_proxy(Some("jane:canary-right")).await;
    let (socks, _) = socks_proxy(Some(("jane", "canary"))).await;
    let stages = |probe: &totalcloud::transport::Probe| {
        probe.steps.iter().map(|s| (s.stage, s.outcome.is_ok())).collect::<Vec<_>>()
    };
    let whole = [(Stage::Dns, true), (Stage::Tcp, true), (Stage::Proxy, true), (Stage::Tls, true)];
    for proxy in [format!("http://{open}"), format!("socks5://jane:canary@{socks}")] {
        let probe = through(&proxy, "", &authority).probe(&url).await.unwrap();
        assert_eq!(stages(&probe), whole, "{probe:?}");
        assert_eq!(probe.certificate.as_ref().unwrap().issuer, "test authority");
        assert!(!format!("{probe:?}").contains("canary"));
    }
    let probe = through(&format!("http://jane:canary@{closed}"), "", &authority).probe(&url).await.unwrap();
    assert_eq!(stages(&probe)[2..], [(Stage::Proxy, false)]);
    assert_eq!(probe.steps[2].outcome.as_ref().unwrap_err().fault, Fault::ProxyLogin);
    assert!(!format!("{probe:?}").contains("canary"));
    let probe = options(|_| {}).probe(&url).await.unwrap();
    assert_eq!(stages(&probe), [(Stage::Dns, true), (Stage::Tcp, true), (Stage::Tls, false)]);
    assert_eq!(probe.certificate.unwrap().issuer, "test authority");
    let nowhere = url::Url::parse("https://host.invalid/").unwrap();
    let probe = options(|_| {}).probe(&nowhere).await.unwrap();
    assert_eq!(stages(&probe), [(Stage::Dns, false)]);
}
