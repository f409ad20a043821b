//! One call from outside in, over scripted answers.

mod waits;

use crate::clock::{Clock, RuntimeClock};
use crate::observe::{CallEvent, CircuitEvent, Observer, RetryEvent, WaitEvent};
use crate::transport::{Fault, MemoryTransport, Script, Transport};
use crate::{Client, Credentials, Error, ErrorKind, Hosts, IdpConfig, RetryPolicy};
use jiff::Timestamp;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use totalcloud_api::Provider;
use totalcloud_api::endpoints::assessments::{DownloadAssessment, RerunAssessment};
use totalcloud_api::endpoints::auth::LoginCheck;
use totalcloud_api::endpoints::connectors::{GetBaseAccount, GetConnector, ListConnectors};
use totalcloud_api::endpoints::evaluations::GetEvaluationStats;
use totalcloud_api::endpoints::policies::{ListMandates, ListPolicies};
use totalcloud_api::endpoints::resources::ListResources;

const JWT: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYW5hcnkifQ.canary-signature";
const UUID: &str = "0f0e0d0c-1111-2222-3333-444455556666";
const PAGE: &str = r#"{"content":[],"totalElements":0,"last":true}"#;

#[derive(Default)]
struct Ear(Mutex<Vec<String>>);

impl Observer for Ear {
    fn on_call(&self, e: &CallEvent) {
        self.0.lock().unwrap().push(format!("call {} {:?}", e.attempt, e.status));
    }
    fn on_wait(&self, e: &WaitEvent) {
        self.0.lock().unwrap().push(format!("wait {:?} {}", e.reason, e.wait.as_secs_f64().round()));
    }
    fn on_circuit(&self, e: &CircuitEvent) {
        self.0.lock().unwrap().push(format!("circuit {:?} {}", e.circuit, e.rest.as_secs()));
    }
    fn on_retry(&self, e: &RetryEvent) {
        self.0.lock().unwrap().push(format!("retry {} {} {}", e.attempt, e.kind, e.message));
    }
}

struct Stage {
    client: Client,
    script: Script,
    clock: Arc<RuntimeClock>,
    ear: Arc<Ear>,
}

impl Stage {
    fn heard(&self) -> Vec<String> {
        self.ear.0.lock().unwrap().clone()
    }

    /// Method, address without the scheme and `Authorization` of each request.
    fn sent(&self) -> Vec<String> {
        let show = |r: &http::Request<bytes::Bytes>| {
            let auth = r.headers().get("authorization").map(|v| v.to_str().unwrap().to_owned());
            let uri = r.uri();
            format!("{} {}{} {}", r.method(), uri.host().unwrap(), uri.path(), auth.unwrap_or_default())
        };
        self.script.seen().iter().map(show).map(|s| s.trim().to_owned()).collect()
    }

    fn elapsed(&self) -> u64 {
        self.clock.ticks().as_secs()
    }
}

fn stage_with(credentials: Credentials, script: Script, policy: RetryPolicy) -> Stage {
    let stage = stage_over(credentials, Arc::new(script.clone()), policy);
    Stage { script, ..stage }
}

fn stage_over(credentials: Credentials, transport: Arc<dyn Transport>, policy: RetryPolicy) -> Stage {
    let hosts = Hosts::single("https://base.test").unwrap();
    let hosts = hosts.with_gateway("https://gateway.test").unwrap().with_api("https://api.test").unwrap();
    let clock = Arc::new(RuntimeClock::starting_at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap()));
    let ear = Arc::new(Ear::default());
    let client = Client::builder(hosts)
        .credentials(credentials)
        .transport(transport)
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .observer(Arc::clone(&ear) as Arc<dyn Observer>)
        .retry(policy)
        .random_seed(3)
        .build()
        .unwrap();
    Stage { client, script: Script::new(), clock, ear }
}

fn stage(credentials: Credentials, script: Script) -> Stage {
    stage_with(credentials, script, RetryPolicy::default())
}

fn basic() -> Credentials {
    Credentials::basic("quays3ab1", "canary-password")
}

fn gateway() -> Credentials {
    Credentials::gateway("quays3ab1", "canary-password")
}

fn list() -> ListConnectors {
    ListConnectors::new(Provider::Aws)
}

#[tokio::test(start_paused = true)]
async fn basic_goes_to_the_base_host_with_the_headers_the_service_wants() {
    let s = stage(basic(), Script::new().then(200, &[("X-Request-Id", "r1")], PAGE));
    let answer = s.client.call(&list()).await.unwrap();
    assert_eq!((answer.request_id.as_deref(), answer.attempts), (Some("r1"), 1));
    let path = "/cloudview-api/rest/v1/aws/connectors";
    assert_eq!(s.sent(), [format!("GET base.test{path} Basic cXVheXMzYWIxOmNhbmFyeS1wYXNzd29yZA==")]);
    let request = &s.script.seen()[0];
    assert_eq!(request.headers()["accept"], "application/json");
    assert!(request.headers()["user-agent"].to_str().unwrap().starts_with("totalcloud/"));
    assert!(request.headers().contains_key("x-requested-with"));
}

#[tokio::test(start_paused = true)]
async fn a_token_is_fetched_once_and_basic_users_get_one_for_operations_of_the_gateway() {
    let script =
        || Script::new().then(201, &[], format!("{JWT}\n")).then(200, &[], PAGE).then(200, &[], PAGE);
    let bearer = format!("Bearer {JWT}");
    for credentials in [gateway(), basic()] {
        let s = stage(credentials, script());
        s.client.call(&ListPolicies::new()).await.unwrap();
        s.client.call(&ListPolicies::new()).await.unwrap();
        let path = "/cloudview-api/rest/v2/policies";
        let call = format!("GET gateway.test{path} {bearer}");
        assert_eq!(s.sent(), ["POST gateway.test/auth".to_owned(), call.clone(), call]);
        let form = String::from_utf8(s.script.seen()[0].body().to_vec()).unwrap();
        assert_eq!(form, "username=quays3ab1&password=canary-password&token=true");
    }
}

#[tokio::test(start_paused = true)]
async fn clients_of_the_service_and_of_identity_providers_get_tokens_their_way() {
    let s = stage(
        Credentials::oidc("id", "canary-secret"),
        Script::new().then(200, &[], format!("\"{JWT}\"")).then(200, &[], PAGE),
    );
    s.client.call(&list()).await.unwrap();
    let request = &s.script.seen()[0];
    assert_eq!(
        (request.uri().path(), &request.headers()["clientsecret"]),
        ("/auth/oidc", &"canary-secret".parse().unwrap())
    );

    let idp = IdpConfig::client_credentials("https://idp.test/t?x=1", "id", "canary-secret");
    let token = r#"{"access_token":"opaque","expires_in":3600,"token_type":"Bearer"}"#;
    let s = stage(Credentials::Idp(idp), Script::new().then(200, &[], token).then(200, &[], PAGE));
    s.client.call(&list()).await.unwrap();
    assert_eq!(s.sent()[0], "POST idp.test/t");
    assert!(s.sent()[1].ends_with("Bearer opaque"));
}

#[tokio::test(start_paused = true)]
async fn an_identity_provider_that_refuses_is_no_wrong_request() {
    for status in [200, 400, 401] {
        let body = r#"{"error":"invalid_grant","error_description":"Bad canary-secret"}"#;
        let idp = IdpConfig::client_credentials("https://idp.test/t", "id", "canary-secret");
        let s = stage(Credentials::Idp(idp), Script::new().then(status, &[], body));
        let e = s.client.call(&list()).await.unwrap_err();
        assert_eq!((e.kind(), e.operation()), (ErrorKind::Unauthenticated, Some("auth.idp")), "{e}");
        assert!(e.to_string().contains("Bad …"), "{e}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_once() {
    let s = stage(
        gateway(),
        Script::new().then(201, &[], JWT).then(401, &[], "").then(201, &[], JWT).then(200, &[], PAGE),
    );
    s.client.call(&list()).await.unwrap();
    let s = stage(
        gateway(),
        Script::new().then(201, &[], JWT).then(401, &[], "").then(201, &[], JWT).then(401, &[], ""),
    );
    let e = s.client.call(&list()).await.unwrap_err();
    assert_eq!((e.kind(), s.script.left()), (ErrorKind::Unauthenticated, 0));
    // A token that is given cannot be renewed.
    let s = stage(Credentials::token(JWT), Script::new().then(401, &[], ""));
    assert_eq!(s.client.call(&list()).await.unwrap_err().attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_token_is_never_sent() {
    for body in ["", "not a token", "two.parts", "<html></html>", "{}", "a.b.c d"] {
        let s = stage_with(gateway(), Script::new().then(201, &[], body), RetryPolicy::never());
        let e = s.client.call(&list()).await.unwrap_err();
        assert_eq!((e.kind(), e.operation()), (ErrorKind::Decode, Some("auth.gateway")), "{body}: {e}");
        assert_eq!(s.sent().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn refused_basic_says_whether_the_gateway_would_do() {
    let s = stage(basic(), Script::new().then(401, &[], "").then(201, &[], JWT));
    let e = s.client.call(&list()).await.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Unauthenticated);
    assert!(e.to_string().contains("the gateway accepts"), "{e}");
    assert!(e.hint().unwrap().contains("TOTALCLOUD_AUTH=jwt"));

    let s = stage(basic(), Script::new().then(401, &[], "").then(401, &[], "").then(401, &[], ""));
    for _ in 0..2 {
        let e = s.client.call(&list()).await.unwrap_err();
        assert!(e.to_string().contains("refused the user name and the password"), "{e}");
    }
    let tries = s.sent().iter().filter(|r| r.contains("/auth")).count();
    assert_eq!(tries, 1, "a wrong password is not tried again and again");
}

#[tokio::test(start_paused = true)]
async fn each_refusal_has_its_kind_and_exit_code() {
    let spring = r#"{"status":404,"message":"No static resource x."}"#;
    for (status, body, kind, exit) in [
        (403, "", ErrorKind::Forbidden, 3),
        (404, r#"{"errorCode":"NOT_FOUND","message":"no such connector"}"#, ErrorKind::NotFound, 4),
        (404, spring, ErrorKind::WrongHost, 2),
        (404, "<html></html>", ErrorKind::WrongHost, 2),
        (302, "", ErrorKind::WrongHost, 2),
        (400, r#"{"message":"Parameter filter has invalid value"}"#, ErrorKind::Refused, 2),
        (409, "", ErrorKind::Conflict, 1),
        (200, r#"{"errorCode":"BAD_REQUEST","message":"x"}"#, ErrorKind::Refused, 2),
        (200, r#"{"errorCode":"ACCESS_DENIED","message":"x"}"#, ErrorKind::Forbidden, 3),
        (418, "", ErrorKind::Unavailable, 1),
    ] {
        for object in [false, true] {
            let s = stage(basic(), Script::new().then(status, &[], body));
            let outcome = match object {
                false => s.client.call(&list()).await,
                true => s.client.call(&GetConnector::new(Provider::Aws, UUID)).await,
            };
            let e = outcome.unwrap_err();
            assert_eq!((e.kind(), e.exit_code(), e.attempts()), (kind, exit, 1), "{status} {body}: {e}");
            assert_eq!(e.status(), Some(status), "{e}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn objects_without_content_are_none_and_odd_ones_are_told() {
    let stats = GetEvaluationStats::new(Provider::Aws, 1u32, UUID, "i-1");
    for body in ["", "{}", "null", " { } \n"] {
        let s = stage(basic(), Script::new().then(200, &[], body));
        assert!(s.client.get(&stats).await.unwrap().is_none(), "{body}");
    }
    let s = stage(
        basic(),
        Script::new().then(200, &[], r#"{"globalAwsAccountId":"#).then(200, &[], r#"{"x":"1"}"#),
    );
    assert!(s.client.get(&GetBaseAccount::new()).await.unwrap().is_some());
    for body in ["<html></html>", "[1]", "5"] {
        let s = stage(basic(), Script::new().then(200, &[], body).then(200, &[], body));
        let e = s.client.get(&stats).await.unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Decode, "{body}: {e}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_second_place_is_tried_where_the_first_has_nothing() {
    let zip = &b"PK\x03\x04canary"[..];
    let s = stage(
        basic(),
        Script::new().then(404, &[], "{}").then(
            200,
            &[("Content-Disposition", "attachment; filename=r.zip")],
            zip,
        ),
    );
    let file = s.client.download(&DownloadAssessment::new(UUID).report_format("csv")).await.unwrap();
    assert_eq!((file.kind, file.name.as_deref()), (crate::FileKind::Zip, Some("r.zip")));
    let prefix = "GET base.test/cloudview-api/rest/v1/report/assessment";
    let sent = s.sent();
    assert!(sent[0].starts_with(&format!("{prefix}/{UUID}/download")), "{sent:?}");
    assert!(sent[1].starts_with(&format!("{prefix}/download/{UUID}")), "{sent:?}");

    let s = stage(basic(), Script::new().then(404, &[], "{}").then(200, &[], "[]"));
    s.client.call(&ListMandates::new()).await.unwrap();
    let s = stage(basic(), Script::new().then(404, &[], r#"{"message":"first"}"#).then(404, &[], "{}"));
    let e = s.client.call(&ListMandates::new()).await.unwrap_err();
    assert!(e.to_string().contains("first"), "{e}");
}

#[tokio::test(start_paused = true)]
async fn the_login_check_takes_a_password_only() {
    let s = stage(gateway(), Script::new().then(200, &[], "<ABOUT/>"));
    s.client.call(&LoginCheck::new()).await.unwrap();
    assert!(s.sent()[0].starts_with("GET api.test/msp/about.php Basic "));
    let s = stage(Credentials::token(JWT), Script::new());
    let e = s.client.call(&LoginCheck::new()).await.unwrap_err();
    assert_eq!((e.kind(), e.attempts()), (ErrorKind::Unauthenticated, 1));
    assert!(s.sent().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_check_tells_a_wrong_password_from_a_missing_module() {
    let s = stage(basic(), Script::new().then(401, &[], "").then(401, &[], "").then(200, &[], "<ABOUT/>"));
    let status = s.client.check().await.unwrap();
    assert_eq!(status.module.unwrap_err().kind(), ErrorKind::Unauthenticated);
    let s = stage(
        basic(),
        Script::new().then(401, &[], "").then(401, &[], "").then(401, &[], "").then(401, &[], ""),
    );
    assert_eq!(s.client.check().await.unwrap_err().kind(), ErrorKind::Unauthenticated);
    let s = stage(gateway(), Script::new().then(201, &[], JWT).then(200, &[], PAGE));
    let status = s.client.check().await.unwrap();
    assert!(status.module.is_ok() && status.token.unwrap().is_jwt);
}

#[tokio::test(start_paused = true)]
async fn a_user_of_another_platform_is_told_when_refused() {
    let script = Script::new().then(401, &[], "").then(401, &[], "");
    let client = Client::builder(Hosts::platform("qg2").unwrap())
        .credentials(basic())
        .transport(Arc::new(script))
        .build()
        .unwrap();
    assert!(client.hints()[0].contains("qg3"));
    let e = client.call(&list()).await.unwrap_err();
    assert!(e.hint().unwrap().contains("TOTALCLOUD_PLATFORM=qg3"), "{e:?}");
}

/// Answers every call with all that it was sent, in the message of an error.
fn parrot(status: u16, signed_in: bool) -> MemoryTransport {
    MemoryTransport::at_once(move |request| {
        let path = request.uri().path();
        let signs_in = path.starts_with("/auth") || path == "/t";
        let response = http::Response::builder();
        if signs_in && signed_in {
            let token = if path == "/t" { format!(r#"{{"access_token":"{JWT}"}}"#) } else { JWT.to_owned() };
            return Ok(response.status(201).body(token.into()).unwrap());
        }
        let mut said: Vec<String> =
            request.headers().values().map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned()).collect();
        said.extend(url::form_urlencoded::parse(request.body()).map(|(_, v)| v.into_owned()));
        let id = said.iter().find(|s| s.contains("canary")).cloned().unwrap_or_default();
        let body = serde_json::json!({ "message": said.join(" "), "errorCode": said.join("+") });
        Ok(response.status(status).header("x-request-id", id).body(body.to_string().into()).unwrap())
    })
}

/// Every way an error can come about, with a service that repeats what it was sent.
#[tokio::test(start_paused = true)]
async fn no_secret_gets_into_any_error_event_or_debug() {
    let every = [
        basic(),
        gateway(),
        Credentials::oidc("id", "canary-secret"),
        Credentials::Idp(IdpConfig::password("https://idp.test/t", "id", "u", "canary-password")),
        Credentials::Idp(IdpConfig::client_credentials("https://idp.test/t", "id", "canary-secret")),
        Credentials::token(JWT),
        Credentials::Command("echo canary-x; exit 1".into()),
    ];
    let secret = ["canary", "Y2FuYXJ5", "cXVheXMz", "eyJhbGci"];
    let check = |what: String| assert!(!secret.iter().any(|s| what.contains(s)), "{what}");
    let policy = RetryPolicy::default().attempts(2).throttled_attempts(2);
    for credentials in every {
        check(format!("{credentials:?}"));
        for status in [200, 201, 302, 400, 401, 403, 404, 409, 422, 429, 500, 503] {
            for signed_in in [false, true] {
                let s = stage_over(credentials.clone(), Arc::new(parrot(status, signed_in)), policy);
                check(format!("{:?}", s.client));
                let outcome = s.client.call(&ListResources::new("EBS", Provider::Aws)).await;
                let e = outcome.err().unwrap_or_else(|| panic!("{credentials:?} {status}"));
                check(format!("{e} {e:?} {:?}", e.hint()));
                s.heard().into_iter().for_each(check);
                if let Err(e) = s.client.check().await {
                    check(format!("{e} {e:?}"));
                }
            }
        }
    }
}

#[test]
fn handles_can_go_to_other_tasks() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    fn sent<T: Send + 'static>() {}
    shared::<Client>();
    shared::<Error>();
    sent::<crate::PageStream>();
    sent::<crate::RowStream<serde_json::Value>>();
}

#[test]
fn settings_that_cannot_work_are_refused_before_any_call() {
    let build = |c: Credentials| -> Result<Client, Error> {
        Client::builder(Hosts::single("https://x.test")?).credentials(c).build()
    };
    for wrong in [
        Credentials::basic("", "p"),
        Credentials::basic("u", " "),
        Credentials::basic("u:v", "p"),
        Credentials::oidc("", "s"),
        Credentials::token(""),
        Credentials::Command(" ".into()),
    ] {
        assert_eq!(build(wrong).unwrap_err().kind(), ErrorKind::Config);
    }
    let none = Client::builder(Hosts::single("https://x.test").unwrap()).build();
    assert_eq!(none.unwrap_err().kind(), ErrorKind::Config);
    let bad_ca =
        Client::builder(Hosts::single("https://x.test").unwrap()).credentials(basic()).ca_bundle("nothing");
    assert_eq!(bad_ca.build().unwrap_err().kind(), ErrorKind::Config);
    let http = Client::builder(Hosts::single("http://x.test").unwrap()).credentials(basic());
    assert_eq!(http.build().unwrap_err().kind(), ErrorKind::Config);
}
