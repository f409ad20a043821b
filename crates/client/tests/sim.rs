//! The client against the simulated service, over real sockets.
#![allow(clippy::unwrap_used)]

use futures_util::TryStreamExt as _;
use std::time::Duration;
use totalcloud::api::Provider;
use totalcloud::api::endpoints::assessments::{CreateAssessment, CreateAssessmentV1};
use totalcloud::api::endpoints::auth::LoginCheck;
use totalcloud::api::endpoints::connectors::{
    DownloadTemplate, GetBaseAccount, GetConnector, ListConnectors,
};
use totalcloud::api::endpoints::controls::ListControls;
use totalcloud::api::endpoints::evaluations::{ListAccountEvaluations, ListResourceEvaluations};
use totalcloud::api::endpoints::policies::ListPolicies;
use totalcloud::api::endpoints::resources::ListResources;
use totalcloud::clock::SystemClock;
use totalcloud::limiter::Limiter;
use totalcloud::transport::ProxyChoice;
use totalcloud::{
    Client, ClientBuilder, Credentials, ErrorKind, FileKind, Hosts, PageOptions, PollPolicy, RetryPolicy,
    Timeouts,
};
use totalcloud_testkit::{SimHandle, sim};

fn hosts(sim: &SimHandle) -> Hosts {
    let urls = sim.urls();
    Hosts::single(&urls.base).unwrap().with_gateway(&urls.gateway).unwrap().with_api(&urls.api).unwrap()
}

fn builder(sim: &SimHandle, credentials: Credentials) -> ClientBuilder {
    let mut builder = Client::builder(hosts(sim))
        .credentials(credentials)
        .proxy(ProxyChoice::Direct)
        // Waits of our own are not what is tested here.
        .retry(RetryPolicy::default().base(Duration::from_millis(2)))
        .random_seed(1);
    if let Some(ca) = sim.ca_pem() {
        builder = builder.ca_bundle(ca);
    }
    builder
}

fn client(sim: &SimHandle) -> Client {
    let (user, password) = sim.login();
    builder(sim, Credentials::basic(user, password)).build().unwrap()
}

fn total(sim: &SimHandle, key: &str) -> u64 {
    sim.totals()[key]
}

async fn count(client: &Client, type_name: &str, options: PageOptions) -> u64 {
    let request = client.request(&ListResources::new(type_name, Provider::Aws)).unwrap();
    let mut pages = client.pages(request, options).unwrap();
    while let Some(page) = pages.try_next().await.unwrap() {
        assert!(!page.rows.is_empty() || page.total == Some(0));
    }
    assert!(pages.report().is_complete());
    pages.report().received
}

#[tokio::test]
async fn every_way_of_signing_in_reaches_the_service_over_tls_with_strict_hosts() {
    let sim = sim(|c| {
        c.tls = true;
        c.strict_hosts = true;
    });
    let (user, password) = sim.login();
    let (id, secret) = sim.client();
    let (token, info) =
        builder(&sim, Credentials::gateway(user, password)).build().unwrap().token().await.unwrap();
    assert!(info.is_jwt && info.expires.is_some());
    for credentials in [
        Credentials::basic(user, password),
        Credentials::gateway(user, password),
        Credentials::oidc(id, secret),
        Credentials::Token(token),
    ] {
        let client = builder(&sim, credentials).build().unwrap();
        let mut rows = client.rows(&ListConnectors::new(Provider::Aws), PageOptions::default()).unwrap();
        let first = rows.try_next().await.unwrap().unwrap();
        assert!(first.misfits.is_empty());
        // An operation of the gateway takes a token, whatever the sign-in is.
        client.call(&ListPolicies::new()).await.unwrap();
        let status = client.check().await.unwrap();
        assert!(status.module.is_ok());
    }
    client(&sim).call(&LoginCheck::new()).await.unwrap();
}

#[tokio::test]
async fn http2_is_spoken_where_it_is_wanted() {
    let sim = sim(|c| c.tls = true);
    let (user, password) = sim.login();
    let client = builder(&sim, Credentials::basic(user, password)).http2(true).build().unwrap();
    assert_eq!(count(&client, "EC2_INSTANCE", PageOptions::default()).await, total(&sim, "aws/EC2_INSTANCE"));
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for_is_refused_with_advice() {
    let sim = sim(|c| c.tls = true);
    let client = Client::builder(hosts(&sim))
        .credentials(Credentials::basic("u", "p"))
        .proxy(ProxyChoice::Direct)
        .build()
        .unwrap();
    let e = client.call(&LoginCheck::new()).await.unwrap_err();
    assert_eq!((e.kind(), e.attempts()), (ErrorKind::Tls, 1), "{e}");
    assert!(e.hint().unwrap().contains("TOTALCLOUD_CA_BUNDLE"));
}

#[tokio::test]
async fn wrong_credentials_and_wrong_hosts_say_so() {
    let sim = sim(|c| c.strict_hosts = true);
    let (user, _) = sim.login();
    for credentials in [Credentials::basic(user, "wrong-word"), Credentials::gateway(user, "wrong-word")] {
        let e = builder(&sim, credentials).build().unwrap().check().await.unwrap_err();
        assert_eq!((e.kind(), e.exit_code()), (ErrorKind::Unauthenticated, 3), "{e}");
    }
    let (user, password) = sim.login();
    let swapped = Hosts::single(&sim.urls().api).unwrap();
    let e = Client::builder(swapped)
        .credentials(Credentials::basic(user, password))
        .proxy(ProxyChoice::Direct)
        .build()
        .unwrap()
        .call(&ListConnectors::new(Provider::Aws))
        .await
        .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::WrongHost, "{e}");
}

#[tokio::test]
async fn the_whole_inventory_comes_at_any_page_size_and_a_limit_saves_calls() {
    let sim = sim(|c| c.world.rows.push((Provider::Aws, "EBS".to_owned(), 730)));
    let client = client(&sim);
    for size in [None, Some(7), Some(50), Some(1_000)] {
        let mut options = PageOptions::default();
        options.page_size = size;
        assert_eq!(count(&client, "EBS", options).await, 730, "{size:?}");
    }
    let before = sim.calls("resources.list");
    assert_eq!(count(&client, "EBS", PageOptions::default().page_size(50).limit(101)).await, 101);
    assert_eq!(sim.calls("resources.list") - before, 3);
}

#[tokio::test]
async fn one_query_past_the_wall_brings_what_can_be_had_and_tells_the_rest() {
    let sim = sim(|c| c.world.rows.push((Provider::Aws, "EBS".to_owned(), 10_050)));
    let client = client(&sim);
    let request = client.request(&ListResources::new("EBS", Provider::Aws)).unwrap();
    let mut pages = client.pages(request, PageOptions::default().one_query(true)).unwrap();
    let mut rows = 0;
    let error = loop {
        match pages.try_next().await {
            Ok(Some(page)) => rows += page.rows.len(),
            Ok(None) => panic!("the end came without a word"),
            Err(e) => break e,
        }
    };
    assert_eq!((rows, error.kind()), (10_000, ErrorKind::PastWall), "{error}");
    assert_eq!(pages.report().shortfall.unwrap().missing, Some(50));
}

#[tokio::test]
async fn typed_rows_of_each_listing_fit() {
    let sim = sim(|_| {});
    let client = client(&sim);
    let mut account = None;
    for provider in [Provider::Aws, Provider::Azure, Provider::Gcp] {
        let mut rows =
            client.rows(&ListConnectors::new(provider), PageOptions::default().strict(true)).unwrap();
        while let Some(row) = rows.try_next().await.unwrap() {
            assert_eq!(row.misfits, []);
            let raw: serde_json::Value = serde_json::from_slice(&row.raw).unwrap();
            if provider == Provider::Aws {
                account = raw["awsAccountId"].as_str().map(str::to_owned).or(account);
                let id = raw["connectorId"].as_str().unwrap();
                let one = client.get(&GetConnector::new(provider, id)).await.unwrap();
                assert!(one.is_some());
            }
        }
    }
    let account = account.expect("an AWS connector has an account");
    let options = || PageOptions::default().strict(true);
    let mut failing = None;
    let list = ListAccountEvaluations::new(Provider::Aws, account.as_str());
    let mut rows = client.rows(&list, options()).unwrap();
    while let Some(row) = rows.try_next().await.unwrap() {
        let raw: serde_json::Value = serde_json::from_slice(&row.raw).unwrap();
        failing = raw["controlId"].as_str().and_then(|id| id.parse::<u32>().ok()).or(failing);
    }
    let list = ListResourceEvaluations::new(Provider::Aws, account.as_str(), failing.unwrap());
    let found: Vec<_> = client.rows(&list, options()).unwrap().try_collect().await.unwrap();
    assert!(!found.is_empty());
    let controls: Vec<_> = client.rows(&ListControls::new(), options()).unwrap().try_collect().await.unwrap();
    assert!(!controls.is_empty());
    assert!(client.get(&GetBaseAccount::new()).await.unwrap().is_some());
    let template = DownloadTemplate::new("STANDARD", "123456789012");
    if let Ok(file) = client.download(&template).await {
        assert!(!file.bytes.is_empty());
    }
    let unknown = GetConnector::new(Provider::Aws, "0f0e0d0c-1111-2222-3333-444455556666");
    assert_eq!(client.get(&unknown).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn faults_on_the_way_cost_no_row() {
    let faults = [
        "op=resources.list,nth=2,do=status:503",
        "op=resources.list,nth=4,do=reset",
        "op=resources.list,nth=6,do=cut",
        "op=resources.list,nth=8,do=html",
        "op=resources.list,nth=10,do=empty",
        "op=resources.list,nth=12,do=stall",
        "op=resources.list,nth=14,do=stall-body",
        "op=resources.list,nth=16,do=error-in-200",
    ];
    let sim = sim(|c| {
        c.world.rows.push((Provider::Aws, "EBS".to_owned(), 500));
        c.faults = faults.iter().map(|f| f.parse().unwrap()).collect();
    });
    let (user, password) = sim.login();
    let short = Duration::from_millis(400);
    let client = builder(&sim, Credentials::basic(user, password))
        .timeouts(Timeouts::default().read(short).stall(short))
        .build()
        .unwrap();
    assert_eq!(count(&client, "EBS", PageOptions::default().page_size(20)).await, 500);
}

#[tokio::test]
async fn a_small_quota_is_kept_and_everything_comes() {
    let sim = sim(|c| {
        c.world.rows.push((Provider::Aws, "EBS".to_owned(), 600));
        c.quota = "20/1/2".parse().unwrap();
    });
    let client = client(&sim);
    assert_eq!(count(&client, "EBS", PageOptions::default().page_size(20)).await, 600);
    let journal = sim.journal();
    let refused = journal.of("resources.list").filter(|r| matches!(r.status, 409 | 429)).count();
    assert!(refused <= 1, "{refused} of {} calls were refused", journal.count);
}

#[tokio::test]
async fn a_quota_that_is_used_up_for_long_is_an_error_that_says_when_to_come_back() {
    let sim = sim(|c| c.quota = "3/3600/1".parse().unwrap());
    let client = client(&sim);
    let mut last = None;
    for _ in 0..6 {
        if let Err(e) = client.call(&ListConnectors::new(Provider::Aws)).await {
            last = Some(e);
            break;
        }
    }
    let e = last.expect("three calls an hour are allowed");
    assert_eq!((e.kind(), e.exit_code()), (ErrorKind::RateLimited, 5), "{e}");
    assert!(e.retry_after().unwrap() > Duration::from_secs(3_000));
}

#[tokio::test]
async fn clients_of_one_subscription_share_what_they_know_of_its_quota() {
    let sim = sim(|c| c.quota = "3/3600/1".parse().unwrap());
    let limiter = std::sync::Arc::new(Limiter::new(5, std::sync::Arc::new(SystemClock::default())));
    let (user, password) = sim.login();
    let both = [0, 1].map(|_| {
        builder(&sim, Credentials::basic(user, password))
            .limiter(std::sync::Arc::clone(&limiter))
            .build()
            .unwrap()
    });
    for i in 0..3 {
        both[i % 2].call(&ListConnectors::new(Provider::Aws)).await.unwrap();
    }
    for client in &both {
        let e = client.call(&ListConnectors::new(Provider::Aws)).await.unwrap_err();
        assert_eq!(e.kind(), ErrorKind::RateLimited);
    }
    assert_eq!(sim.calls("connectors.list"), 3);
}

#[tokio::test]
async fn a_report_is_ordered_awaited_and_downloaded() {
    let sim = sim(|_| {});
    let (user, password) = sim.login();
    let client = builder(&sim, Credentials::gateway(user, password)).build().unwrap();
    let mut policies = client.rows(&ListPolicies::new(), PageOptions::default()).unwrap();
    let mut policy = None;
    while let Some(row) = policies.try_next().await.unwrap() {
        if row.value.cloud_type.as_deref().is_some_and(|c| c.eq_ignore_ascii_case("aws")) {
            policy = row.value.uuid;
            break;
        }
    }
    let mut connectors = client.rows(&ListConnectors::new(Provider::Aws), PageOptions::default()).unwrap();
    let raw = connectors.try_next().await.unwrap().unwrap().raw;
    let raw: serde_json::Value = serde_json::from_slice(&raw).unwrap();
    let (policies, connectors) =
        (vec![policy.unwrap()], vec![raw["connectorId"].as_str().unwrap().to_owned()]);
    let poll = PollPolicy::default().first(Duration::from_millis(50)).longest(Duration::from_millis(500));
    macro_rules! order {
        ($version:ident, $format:literal) => {
            $version::new(
                "Weekly",
                Provider::Aws,
                "",
                "2026-01-01T00:00:00Z",
                "2026-01-14T00:00:00Z",
                "RUN_TIME",
                policies.clone(),
                connectors.clone(),
                $format,
            )
        };
    }
    let (report, file) =
        client.create_and_download_assessment(order!(CreateAssessment, "csv"), &poll).await.unwrap();
    assert!(report.report_id.is_some());
    assert!(matches!(file.kind, FileKind::Text | FileKind::Zip) && !file.bytes.is_empty());
    let (_, file) =
        client.create_and_download_assessment(order!(CreateAssessmentV1, "PDF"), &poll).await.unwrap();
    assert!(!file.bytes.is_empty());
    // What the service would refuse is refused before it is sent.
    let before = sim.journal().count;
    let e = client.create_assessment(order!(CreateAssessment, "CSV")).await.unwrap_err();
    assert_eq!((e.kind(), sim.journal().count), (ErrorKind::Usage, before));
}

#[derive(Clone, Default)]
struct Paper(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_gets_into_a_log_of_any_level() {
    let sim = sim(|c| {
        c.tls = true;
        c.password = "canary-password".to_owned();
        c.client_secret = "canary-secret".to_owned();
        c.faults = vec!["op=connectors.list,nth=1,do=status:503".parse().unwrap()];
    });
    let paper = Paper::default();
    let writer = paper.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let (user, password) = sim.login();
    let (id, secret) = sim.client();
    let mut tokens = Vec::new();
    for http2 in [false, true] {
        for credentials in [
            Credentials::basic(user, password),
            Credentials::gateway(user, password),
            Credentials::oidc(id, secret),
        ] {
            let client = builder(&sim, credentials).http2(http2).build().unwrap();
            client.call(&ListConnectors::new(Provider::Aws)).await.unwrap();
            tokens.push(client.token().await.unwrap().0);
        }
        let wrong = builder(&sim, Credentials::basic(user, "canary-wrong")).http2(http2).build().unwrap();
        wrong.call(&ListConnectors::new(Provider::Aws)).await.unwrap_err();
    }
    let log = String::from_utf8_lossy(&paper.0.lock().unwrap()).into_owned();
    assert!(log.contains("connectors.list"), "the log is not empty");
    assert!(!log.contains("canary"), "a password is in the log");
    assert!(!log.contains("Y2FuYXJ5") && !log.contains("Basic "), "a header is in the log");
    for token in tokens {
        assert!(!log.contains(totalcloud::ExposeSecret::expose_secret(&token)), "a token is in the log");
    }
}
