//! What callers, logs and panics get to see of secrets: nothing, in no level of no library underneath.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use totalcloud::api::Provider;
use totalcloud::api::endpoints::connectors::ListConnectors;
use totalcloud::transport::ProxyChoice;
use totalcloud::{Client, Credentials, Hosts, IdpConfig, PageOptions, RetryPolicy};

const MARK: &str = "cAn4ry/K7&marker";

#[track_caller]
fn clean(what: &str, text: &str) {
    // Itself, encoded, in JSON, and in Base64 behind nothing, 'u:' and 'jane:'.
    let pieces = [
        MARK,
        "cAn4ry%2FK7%26",
        "cAn4ry\\/K7",
        "Y0FuNHJ5L0s3Jm1hc",
        "pjQW40cnkvSzcmbWFya2Vy",
        "OmNBbjRyeS9LNyZtYXJrZX",
    ];
    for piece in pieces {
        assert!(!text.contains(piece), "{what} holds {piece}: {text}");
    }
}

#[derive(Clone, Default)]
struct Record(Arc<Mutex<Vec<u8>>>);

impl Record {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Record {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What libraries say that know no spans.
impl log::Log for Record {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        writeln!(self.clone(), "{} {}", record.target(), record.args()).unwrap();
    }

    fn flush(&self) {}
}

fn credentials() -> Vec<Credentials> {
    let mut idp = IdpConfig::password("https://127.0.0.1:1/token", "c", "u", MARK);
    idp.client_secret = Some(MARK.into());
    vec![
        Credentials::basic("u", MARK),
        Credentials::gateway("u", MARK),
        Credentials::oidc("c", MARK),
        Credentials::Idp(idp),
        Credentials::token(MARK),
        Credentials::Command(format!("echo '{MARK}'")),
    ]
}

#[tokio::test]
async fn no_log_of_any_library_holds_a_secret() {
    let record = Record::default();
    log::set_boxed_logger(Box::new(record.clone())).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let spans = record.clone();
    // Not by init, which wants the log for itself where another crate of the build lets it.
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || spans.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let sim = totalcloud_testkit::sim(|c| {
        c.tls = true;
        c.username = "u".into();
        c.password = MARK.into();
        c.client_id = "c".into();
        c.client_secret = MARK.into();
    });
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let proxy = format!("http://jane:cAn4ry%2FK7%26marker@{gone}");
    for http2 in [true, false] {
        for (way, credentials) in credentials().into_iter().enumerate() {
            for proxy in [ProxyChoice::Direct, ProxyChoice::Url(proxy.as_str().into())] {
                let direct = matches!(proxy, ProxyChoice::Direct);
                let client = Client::builder(Hosts::single(sim.url()).unwrap())
                    .credentials(credentials.clone())
                    .ca_bundle(sim.ca_pem().unwrap())
                    .http2(http2)
                    .proxy(proxy)
                    .retry(RetryPolicy::never())
                    .build()
                    .unwrap();
                let pages = client.pages(
                    client.request(&ListConnectors::new(Provider::Aws)).unwrap(),
                    PageOptions::default(),
                );
                let outcome = pages.unwrap().collect_rows().await;
                assert_eq!(outcome.is_ok(), direct && way < 3, "{way}: {outcome:?}");
                if let Err(e) = outcome {
                    clean("error", &format!("{e} {e:?} {e:#?} {:?}", e.hint()));
                }
                // A token is a secret too.
                if direct && way == 1 {
                    use totalcloud::ExposeSecret as _;
                    let (token, _) = client.token().await.unwrap();
                    assert!(!record.text().contains(token.expose_secret()));
                }
            }
        }
    }
    let said = record.text();
    for library in ["totalcloud::telling", "h2::", "rustls::", "hyper_util::", "reqwest::connect"] {
        assert!(said.contains(library), "{library} is listened to");
    }
    clean("log", &said);
    clean("journal", &format!("{:?}", sim.journal()));
}

#[test]
fn neither_debug_nor_panics_show_a_secret() {
    for credentials in credentials() {
        let builder = Client::builder(Hosts::platform("qg3").unwrap())
            .credentials(credentials.clone())
            .proxy(ProxyChoice::Except { url: format!("http://jane:{MARK}@h").into(), direct: String::new() })
            .client_identity(MARK.as_bytes());
        clean("builder", &format!("{builder:?} {builder:#?}"));
        let options = Client::builder(Hosts::platform("qg3").unwrap());
        let client = options.credentials(credentials.clone()).proxy(ProxyChoice::Direct).build().unwrap();
        clean("client", &format!("{client:?} {client:#?} {:?}", client.hosts()));
        let outcome =
            catch_unwind(AssertUnwindSafe(|| panic!("{client:?} {credentials:?} {credentials:#?}")));
        let said = outcome.unwrap_err().downcast::<String>().unwrap();
        assert!(said.contains("Client"), "{said}");
        clean("panic", &said);
    }
    let e = Client::builder(Hosts::platform("qg3").unwrap())
        .credentials(Credentials::token("t"))
        .proxy(ProxyChoice::Url(format!("http://jane:{MARK}@h").into()))
        .client_identity(MARK.as_bytes())
        .build()
        .unwrap_err();
    clean("error", &format!("{e} {e:?}"));
}
