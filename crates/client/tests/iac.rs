//! A scan of templates from the upload to its result, with client and simulator on one clock that does not wait.
#![allow(clippy::unwrap_used)]

use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use totalcloud::api::operation::Upload;
use totalcloud::transport::{Transport, TransportError};
use totalcloud::{ErrorKind, IacDocument, IacOptions, IacUpload, PollPolicy};
use totalcloud_testkit::{InProcessTransport, client_of, in_process};

const OPEN: &str = "resource \"aws_s3_bucket\" \"logs\" {\n  acl = \"public-read\"\n}\n";
const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

fn upload(name: &str, bytes: &[u8]) -> IacUpload {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    IacUpload::of(path).unwrap()
}

/// The way to a simulator on which some addresses become others.
struct Rewriting<F>(InProcessTransport, F);

impl<F: Fn(&str) -> String + Send + Sync + 'static> Transport for Rewriting<F> {
    fn send(
        &self,
        mut request: http::Request<bytes::Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<bytes::Bytes>, TransportError>> {
        *request.uri_mut() = (self.1)(&request.uri().to_string()).parse().unwrap();
        self.0.send(request)
    }
}

#[tokio::test(start_paused = true)]
async fn a_scan_is_sent_waited_for_and_read_in_both_forms() {
    let sim = in_process(|_| {});
    let client = client_of(&sim).build().unwrap();
    let mut options = IacOptions::default();
    options.tags = vec![("env".to_owned(), "prod".to_owned())];
    options.branch = Some("main".to_owned());
    let id = client.scan_iac(&upload("open.tf", OPEN.as_bytes()), &options).await.unwrap();

    // Before it is finished there is no result, in neither form.
    for document in [IacDocument::default(), IacDocument::SARIF] {
        let early = client.iac_document(&id, document).await.unwrap_err();
        assert_eq!(early.kind(), ErrorKind::Conflict, "{early}");
        assert!(early.message().contains("SUBMITTED"), "{early}");
    }
    let scan = client.wait_for_iac_scan(&id, &PollPolicy::default()).await.unwrap();
    assert_eq!((scan.name.as_deref(), scan.status.as_deref()), (Some("open.tf"), Some("FINISHED")));
    let result = client.iac_result(&id).await.unwrap();
    let failed = result.result.unwrap().remove(0).results.unwrap().failed_checks.unwrap();
    let ids: Vec<&str> = failed.iter().filter_map(|c| c.check_id.as_deref()).collect();
    assert_eq!(ids, ["52001", "52007"]);
    let sarif = client.iac_document(&id, IacDocument::SARIF).await.unwrap();
    let sarif: serde_json::Value = serde_json::from_slice(&sarif).unwrap();
    assert_eq!(sarif["version"], "2.1.0");

    let sent = sim.journal().of("iac.scan").next().unwrap().body.clone().unwrap();
    assert_eq!((&sent["tags"], &sent["branch"]), (&"[{\"env\":\"prod\"}]".into(), &"main".into()));
    assert_eq!(sent["file"]["fileName"], "open.tf");
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_with_the_scan_or_with_its_time() {
    let sim = in_process(|_| {});
    let client = client_of(&sim).build().unwrap();
    let poll = PollPolicy::default();
    let began = tokio::time::Instant::now();
    let missing = client.wait_for_iac_scan(UNKNOWN, &poll).await.unwrap_err();
    assert_eq!((missing.kind(), began.elapsed()), (ErrorKind::NotFound, Duration::from_secs(60)));

    let mut broken = upload("open.tf", OPEN.as_bytes());
    broken.file = Upload::new("x.tgz", b"no".as_slice());
    let broken = client.scan_iac(&broken, &IacOptions::default()).await.unwrap();
    let failed = client.wait_for_iac_scan(&broken, &poll).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Failed);
    assert!(failed.message().contains("The archive cannot be read"), "{failed}");

    let slow = client.scan_iac(&upload("open.tf", OPEN.as_bytes()), &IacOptions::default()).await.unwrap();
    let short = PollPolicy::default().first(Duration::from_millis(300)).total(Duration::from_secs(1));
    let late = client.wait_for_iac_scan(&slow, &short).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Timeout);
    assert!(late.hint().unwrap().contains(&format!("totalcloud iac result {slow}")), "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn the_other_place_of_a_result_is_tried_where_the_documented_one_has_nothing() {
    let sim = in_process(|config| config.faults.push("op=iac.result,do=status:404".parse().unwrap()));
    let client = client_of(&sim).build().unwrap();
    let id = client.scan_iac(&upload("open.tf", OPEN.as_bytes()), &IacOptions::default()).await.unwrap();
    client.wait_for_iac_scan(&id, &PollPolicy::default()).await.unwrap();
    assert!(client.iac_result(&id).await.unwrap().result.is_some());
    assert_eq!(sim.journal().calls("iac.result-by-path"), 1);
    let unknown = client.iac_result(UNKNOWN).await.unwrap_err();
    assert_eq!((unknown.kind(), unknown.operation()), (ErrorKind::NotFound, Some("iac.result")));
}

#[tokio::test(start_paused = true)]
async fn a_result_is_read_where_the_documented_place_is_not_served() {
    let sim = in_process(|_| {});
    let gone = |uri: &str| uri.replace("/iac/scanResult?", "/iac/nothing-here?");
    let client =
        client_of(&sim).transport(Arc::new(Rewriting(InProcessTransport::new(&sim), gone))).build().unwrap();
    let id = client.scan_iac(&upload("open.tf", OPEN.as_bytes()), &IacOptions::default()).await.unwrap();
    client.wait_for_new_iac_scan(&id, &PollPolicy::default()).await.unwrap();
    assert!(client.iac_result(&id).await.unwrap().result.is_some());
    let sarif = client.iac_document(&id, IacDocument::SARIF).await.unwrap();
    assert!(sarif.starts_with(b"{"));
    let unknown = client.iac_result(UNKNOWN).await.unwrap_err();
    assert_eq!((unknown.kind(), unknown.operation()), (ErrorKind::NotFound, Some("iac.result-by-path")));

    let gone = |uri: &str| uri.replace("/iac/scanResult?", "/no/").replace("/iac/getScanResult/", "/no/");
    let client =
        client_of(&sim).transport(Arc::new(Rewriting(InProcessTransport::new(&sim), gone))).build().unwrap();
    let neither = client.iac_result(&id).await.unwrap_err();
    assert_eq!((neither.kind(), neither.operation()), (ErrorKind::WrongHost, Some("iac.result")));
}

#[tokio::test(start_paused = true)]
async fn a_scan_that_was_just_sent_is_waited_for_although_the_list_misses_it() {
    let sim = in_process(|_| {});
    let hidden = |looks: u32| {
        let seen = AtomicU32::new(0);
        move |uri: &str| match uri.contains("getScanList") && seen.fetch_add(1, Ordering::SeqCst) < looks {
            true => format!("{}?filter=scanUuid%3A{UNKNOWN}", uri.split('?').next().unwrap()),
            false => uri.to_owned(),
        }
    };
    let client = |looks| {
        let transport = Rewriting(InProcessTransport::new(&sim), hidden(looks));
        client_of(&sim).transport(Arc::new(transport)).build().unwrap()
    };
    let sent = client(8);
    let id = sent.scan_iac(&upload("open.tf", OPEN.as_bytes()), &IacOptions::default()).await.unwrap();
    let scan = sent.wait_for_new_iac_scan(&id, &PollPolicy::default()).await.unwrap();
    assert_eq!(scan.scan_uuid.as_deref(), Some(id.as_str()));
    // One whose id was given is waited for by time, however often it is looked at.
    let often = PollPolicy::default().first(Duration::from_secs(2)).longest(Duration::from_secs(2));
    assert!(client(25).wait_for_iac_scan(&id, &often).await.is_ok());
    let began = tokio::time::Instant::now();
    let missing = client(40).wait_for_iac_scan(&id, &often).await.unwrap_err();
    assert_eq!((missing.kind(), began.elapsed()), (ErrorKind::NotFound, Duration::from_secs(60)));
    let short = PollPolicy::default().total(Duration::from_secs(20));
    let late = client(40).wait_for_new_iac_scan(&id, &short).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Timeout);
    assert!(late.message().contains("not shown yet"), "{late}");
}
