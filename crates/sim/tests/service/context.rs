//! A simulator and a small client.

use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use std::sync::Once;
use totalcloud_sim::{Sim, SimConfig, Size, WorldConfig};

pub(crate) const V1: &str = "/cloudview-api/rest/v1";

pub(crate) struct Context {
    pub(crate) sim: Sim,
    pub(crate) http: Client,
}

/// A client that trusts `ca` only, or speaks without TLS.
pub(crate) fn client(ca: Option<&str>) -> reqwest::ClientBuilder {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Only the first one counts; another test binary's threads do not reach here.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let certs = ca.map(|pem| reqwest::Certificate::from_pem(pem.as_bytes()).unwrap());
    Client::builder().no_proxy().tls_certs_only(certs)
}

/// The world of the tests: tiny, at a fixed instant.
pub(crate) fn config() -> SimConfig {
    SimConfig {
        world: WorldConfig::new(1, "2026-01-15T12:00:00Z".parse().unwrap(), Size::Tiny),
        ..SimConfig::default()
    }
}

pub(crate) async fn start(config: SimConfig) -> Context {
    let sim = Sim::start(config).await.unwrap();
    let http = client(sim.ca_pem()).build().unwrap();
    Context { sim, http }
}

impl Context {
    /// A GET with the right Basic credentials.
    pub(crate) fn get(&self, target: &str) -> RequestBuilder {
        let (username, password) = self.sim.login();
        self.http
            .get(format!("{}{target}", self.sim.url()))
            .header("accept", "application/json")
            .basic_auth(username, Some(password))
    }

    pub(crate) fn post(&self, target: &str, body: &Value) -> RequestBuilder {
        let (username, password) = self.sim.login();
        self.http.post(format!("{}{target}", self.sim.url())).basic_auth(username, Some(password)).json(body)
    }

    /// A request with a JSON body and the right Basic credentials; status and JSON of its answer, null where that
    /// has no body.
    pub(crate) async fn send(&self, method: &str, target: &str, body: &Value) -> (u16, Value) {
        let (username, password) = self.sim.login();
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, format!("{}{target}", self.sim.url()));
        let request =
            request.basic_auth(username, Some(password)).header("accept", "application/json").json(body);
        read(request.send().await.unwrap()).await
    }

    /// The same with a token of the gateway.
    pub(crate) async fn by_token(&self, method: &str, target: &str, body: &Value) -> (u16, Value) {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, format!("{}{target}", self.sim.urls().gateway));
        read(request.bearer_auth(self.token().await).json(body).send().await.unwrap()).await
    }

    pub(crate) async fn status(&self, target: &str) -> u16 {
        self.get(target).send().await.unwrap().status().as_u16()
    }

    /// The JSON of a good answer.
    pub(crate) async fn json(&self, target: &str) -> Value {
        json(self.get(target).send().await.unwrap()).await
    }

    /// Status and JSON of an answer.
    pub(crate) async fn answer(&self, target: &str) -> (u16, Value) {
        let answer = self.get(target).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// A token of the gateway.
    pub(crate) async fn token(&self) -> String {
        let (username, password) = self.sim.login();
        let form = [("username", username), ("password", password), ("token", "true")];
        let url = format!("{}/auth", self.sim.urls().gateway);
        let answer = self.http.post(url).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        answer.text().await.unwrap()
    }
}

async fn read(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    let body = answer.bytes().await.unwrap();
    (status, if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() })
}

pub(crate) async fn json(answer: Response) -> Value {
    assert_eq!(answer.status(), 200);
    assert!(header(&answer, "content-type").unwrap().starts_with("application/json"));
    answer.json().await.unwrap()
}

pub(crate) fn header<'r>(answer: &'r Response, name: &str) -> Option<&'r str> {
    answer.headers().get(name).map(|v| v.to_str().unwrap())
}

pub(crate) fn number(answer: &Response, name: &str) -> Option<u64> {
    header(answer, name).map(|v| v.parse().unwrap())
}
