//! From the arguments of a client and the environment to the client.
//!
//! What is given goes before the environment. Of the environment the same variables count as for the command:
//! addresses where none is given, and credentials where none are; those of a kind may be completed by it.

use crate::arguments::{instant, usage};
use crate::errors;
use crate::watch::Watcher;
use jiff::Timestamp;
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyDict};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use totalcloud::observe::Observer;
use totalcloud::transport::{ProxyChoice, TransportOptions};
use totalcloud::{AuthKind, Client, Credentials, Error, ErrorKind, Hosts, IdpConfig, RetryPolicy, Timeouts};

/// The variables that are read, and the argument that stands for each.
pub(crate) const VARIABLES: &[(&str, &str)] = &[
    ("platform", "TOTALCLOUD_PLATFORM"),
    ("url", "TOTALCLOUD_URL"),
    ("base", "TOTALCLOUD_BASE_URL"),
    ("gateway", "TOTALCLOUD_GATEWAY_URL"),
    ("api", "TOTALCLOUD_API_URL"),
    ("ca_bundle", "TOTALCLOUD_CA_BUNDLE"),
    ("proxy", "TOTALCLOUD_PROXY"),
    ("proxy_password", "TOTALCLOUD_PROXY_PASSWORD"),
    ("no_proxy", "TOTALCLOUD_NO_PROXY"),
    ("client_cert", "TOTALCLOUD_CLIENT_CERT"),
    ("client_key", "TOTALCLOUD_CLIENT_KEY"),
    ("auth", "TOTALCLOUD_AUTH"),
    ("username", "TOTALCLOUD_USERNAME"),
    ("password", "TOTALCLOUD_PASSWORD"),
    ("client_id", "TOTALCLOUD_CLIENT_ID"),
    ("client_secret", "TOTALCLOUD_CLIENT_SECRET"),
    ("token", "TOTALCLOUD_TOKEN"),
    ("token_command", "TOTALCLOUD_TOKEN_COMMAND"),
    ("token_url", "TOTALCLOUD_TOKEN_URL"),
    ("scope", "TOTALCLOUD_SCOPE"),
    ("audience", "TOTALCLOUD_AUDIENCE"),
    ("state_dir", "TOTALCLOUD_STATE_DIR"),
];

/// The arguments that say where the service is.
const PLACES: &[&str] = &["platform", "url", "base", "gateway", "api"];

/// The arguments that say how to sign in.
const SIGN_IN: &[&str] = &[
    "username",
    "password",
    "client_id",
    "client_secret",
    "token",
    "token_command",
    "token_url",
    "scope",
    "audience",
];

/// The longest single wait for the quota of work over many windows: longer than any window that is known.
const LONGEST_WAIT: Duration = Duration::from_secs(48 * 3600);

/// What was given, by name. Nobody prints it.
pub(crate) struct Given<'py> {
    py: Python<'py>,
    dict: Bound<'py, PyDict>,
    env: bool,
}

impl<'py> Given<'py> {
    /// The arguments, with what is grouped taken apart.
    pub(crate) fn new(py: Python<'py>, given: &Bound<'py, PyDict>) -> PyResult<Given<'py>> {
        let dict = PyDict::new(py);
        let group = |name: &str, value: &Bound<'py, PyAny>, known: &[&str]| -> PyResult<()> {
            let parts = value.cast::<PyDict>();
            let parts =
                parts.map_err(|_| usage(py, &format!("'{name}' is a dict of {}", known.join(", "))))?;
            for (key, value) in parts.iter() {
                let key: String = key.extract()?;
                if !known.contains(&key.as_str()) {
                    return Err(usage(py, &format!("'{name}' has no '{key}'; it has {}", known.join(", "))));
                }
                dict.set_item(key, value)?;
            }
            Ok(())
        };
        for (key, value) in given.iter() {
            let key: String = key.extract()?;
            match key.as_str() {
                _ if value.is_none() => {}
                "hosts" => group("hosts", &value, &["base", "gateway", "api"])?,
                "idp" => group(
                    "idp",
                    &value,
                    &["token_url", "scope", "audience", "client_id", "client_secret", "username", "password"],
                )?,
                _ => dict.set_item(key, value)?,
            }
        }
        Ok(Given { py, dict, env: true })
    }

    fn any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.dict.contains(*name).unwrap_or_default())
    }

    fn value(&self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.dict.get_item(name)
    }

    /// The text of a setting: what is given, or the variable. Variables that are empty count as not set.
    fn text(&self, name: &str) -> PyResult<Option<String>> {
        if let Some(value) = self.value(name)? {
            if let Ok(path) = value.extract::<PathBuf>() {
                return Ok(path.to_str().map(str::to_owned));
            }
            let class = value.get_type().name()?;
            return Err(usage(
                self.py,
                &format!("'{name}' is a text, and what is given is of the class {class}"),
            ));
        }
        let variable = VARIABLES.iter().find(|(n, _)| *n == name).filter(|_| self.env);
        Ok(variable.and_then(|(_, v)| std::env::var(v).ok()).filter(|text| !text.is_empty()))
    }

    fn seconds(&self, name: &str) -> PyResult<Option<Duration>> {
        let Some(value) = self.value(name)? else { return Ok(None) };
        // `datetime.timedelta` says it itself.
        let number = match value.call_method0("total_seconds") {
            Ok(number) => number.extract::<f64>(),
            Err(_) => value.extract::<f64>(),
        };
        let span = number.ok().and_then(|n| Duration::try_from_secs_f64(n).ok()).filter(|d| !d.is_zero());
        let wrong = || usage(self.py, &format!("'{name}' is a number of seconds above 0"));
        span.map(Some).ok_or_else(wrong)
    }

    fn raise(&self, e: &Error) -> PyErr {
        errors::of_client(self.py, e)
    }

    fn config(&self, message: &str) -> PyErr {
        errors::new(self.py, ErrorKind::Config, message)
    }

    fn hosts(&mut self) -> PyResult<Hosts> {
        // A place that is given as an argument is not mixed with one of the environment.
        self.env = !self.any(PLACES);
        let [platform, url, base, gateway, api] =
            ["platform", "url", "base", "gateway", "api"].map(|n| self.text(n));
        let (platform, url) = (platform?, url?);
        let parts = [base?, gateway?, api?];
        self.env = true;
        let hosts = match (&url, &platform, &parts) {
            (Some(url), _, _) => Hosts::single(url),
            // A platform's name has no dot, the domain of a private cloud has.
            (None, Some(name), _) if name.contains('.') => Hosts::private(name),
            (None, Some(name), _) => Hosts::platform(name),
            (None, None, [Some(base), Some(_), Some(_)]) => Hosts::single(base),
            _ => {
                return Err(self.config(
                    "no platform is given: pass platform='qg3' (it stands in the address of the Qualys pages you \
                     sign in to) or url=…, or set TOTALCLOUD_PLATFORM",
                ));
            }
        };
        let [base, gateway, api] = parts;
        let hosts = hosts
            .and_then(|h| base.map_or(Ok(h.clone()), |url| h.with_base(&url)))
            .and_then(|h| gateway.map_or(Ok(h.clone()), |url| h.with_gateway(&url)))
            .and_then(|h| api.map_or(Ok(h.clone()), |url| h.with_api(&url)));
        let allow = self.value("allow_http")?.map(|v| v.is_truthy()).transpose()?.unwrap_or_default();
        hosts.map(|h| h.allow_http(allow)).map_err(|e| self.raise(&e))
    }

    fn auth_kind(&self) -> PyResult<AuthKind> {
        let has = |name: &str| self.text(name).map(|text| text.is_some());
        if let Some(word) = self.text("auth")? {
            // The gateway's way has two names.
            let word = if word.eq_ignore_ascii_case("gateway") { "jwt".to_owned() } else { word };
            return word.parse().map_err(|e| self.raise(&e));
        }
        let mut kinds = Vec::new();
        if has("token")? {
            kinds.push(AuthKind::Token);
        }
        if has("token_command")? {
            kinds.push(AuthKind::Command);
        }
        if has("token_url")? {
            kinds.push(AuthKind::Idp);
        } else {
            if has("client_id")? || has("client_secret")? {
                kinds.push(AuthKind::Oidc);
            }
            if has("username")? || has("password")? {
                kinds.push(AuthKind::Basic);
            }
        }
        match kinds[..] {
            [kind] => Ok(kind),
            [] => Err(self.config(
                "no credentials are given: pass username=… and password=…, or set TOTALCLOUD_USERNAME and \
                 TOTALCLOUD_PASSWORD; to try without an account: totalcloud sim",
            )),
            _ => {
                let words: Vec<&str> = kinds.iter().map(|k| k.as_str()).collect();
                Err(self.config(&format!(
                    "there are credentials for {}; say which with auth=… or TOTALCLOUD_AUTH",
                    words.join(" and for ")
                )))
            }
        }
    }

    fn need(&self, name: &str, kind: AuthKind) -> PyResult<String> {
        let missing = || self.config(&format!("signing in by {kind} wants '{name}'"));
        self.text(name)?.ok_or_else(missing)
    }

    fn credentials(&mut self) -> PyResult<Credentials> {
        if self.any(SIGN_IN) {
            // What is given says which way; the environment may only add to that way.
            self.env = false;
            let kind = self.auth_kind();
            self.env = true;
            let kind = kind?;
            return self.credentials_of(kind);
        }
        let kind = self.auth_kind()?;
        self.credentials_of(kind)
    }

    fn credentials_of(&self, kind: AuthKind) -> PyResult<Credentials> {
        let secret = |name: &str| self.need(name, kind).map(SecretString::from);
        Ok(match kind {
            AuthKind::Basic => Credentials::basic(self.need("username", kind)?, secret("password")?),
            AuthKind::Jwt => Credentials::gateway(self.need("username", kind)?, secret("password")?),
            AuthKind::Oidc => Credentials::oidc(self.need("client_id", kind)?, secret("client_secret")?),
            AuthKind::Token => Credentials::token(secret("token")?),
            AuthKind::Command => Credentials::Command(self.need("token_command", kind)?),
            AuthKind::Idp => {
                let (url, id) = (self.need("token_url", kind)?, self.need("client_id", kind)?);
                let mut idp = match self.text("username")? {
                    Some(user) => IdpConfig::password(url, id, user, secret("password")?),
                    None => IdpConfig::client_credentials(url, id, secret("client_secret")?),
                };
                idp.client_secret = self.text("client_secret")?.map(SecretString::from);
                idp.scope = self.text("scope")?;
                idp.audience = self.text("audience")?;
                Credentials::Idp(idp)
            }
            _ => return Err(self.config(&format!("signing in by {kind} is not for Python"))),
        })
    }

    fn read(&self, path: &str, what: &str) -> PyResult<Vec<u8>> {
        std::fs::read(path).map_err(|e| self.config(&format!("{what} {path} cannot be read: {e}")))
    }

    fn pem(&self, name: &str, what: &str) -> PyResult<Option<Vec<u8>>> {
        let pem = |text: &[u8]| text.starts_with(b"-----BEGIN");
        if let Some(bytes) = self.value(name)?.and_then(|v| v.extract::<Vec<u8>>().ok()) {
            return Ok(Some(bytes));
        }
        match self.text(name)? {
            Some(text) if pem(text.trim_start().as_bytes()) => Ok(Some(text.into_bytes())),
            Some(path) => self.read(&path, what).map(Some),
            None => Ok(None),
        }
    }

    fn network(&self) -> PyResult<TransportOptions> {
        let mut options = TransportOptions::default();
        options.ca_bundle = self.pem("ca_bundle", "the CA bundle")?;
        // Scripts around requests say it by this one.
        if let (None, Ok(path)) = (&options.ca_bundle, std::env::var("REQUESTS_CA_BUNDLE"))
            && !path.is_empty()
        {
            options.ca_bundle = Some(self.read(&path, "the CA bundle of REQUESTS_CA_BUNDLE")?);
        }
        if let Some(mut cert) = self.pem("client_cert", "the client certificate")? {
            if let Some(key) = self.pem("client_key", "the key of the client certificate")? {
                cert.push(b'\n');
                cert.extend(key);
            }
            options.client_identity = Some(SecretSlice::from(cert));
        }
        options.proxy = self.proxy()?;
        if let Some(limit) = self.seconds("timeout")? {
            let usual = Timeouts::default();
            options.timeouts = Timeouts::default()
                .connect(usual.connect.min(limit))
                .read(usual.read.min(limit))
                .stall(usual.stall.min(limit))
                .total(limit);
        }
        if let Some(http2) = self.value("http2")? {
            options.http2 = http2.is_truthy()?;
        }
        Ok(options)
    }

    fn proxy(&self) -> PyResult<ProxyChoice> {
        let Some(address) = self.text("proxy")?.map(SecretString::from) else {
            return Ok(ProxyChoice::System);
        };
        if address.expose_secret() == "none" {
            return Ok(ProxyChoice::Direct);
        }
        let mut url = totalcloud::transport::proxy_address(&address).map_err(|e| self.raise(&e))?;
        if !url.username().is_empty()
            && url.password().is_none()
            && let Some(password) = self.text("proxy_password")?
        {
            // Percent signs are the one thing that is not encoded there.
            let encoded = SecretString::from(password.replace('%', "%25"));
            if url.set_password(Some(encoded.expose_secret())).is_err() {
                return Err(self.config("the address of the proxy takes no password"));
            }
        }
        let url = SecretString::from(String::from(url));
        Ok(match self.text("no_proxy")? {
            Some(direct) => ProxyChoice::Except { url, direct },
            None => ProxyChoice::Url(url),
        })
    }

    fn retry(&self, patient: bool) -> PyResult<RetryPolicy> {
        let mut policy = RetryPolicy::default();
        if patient {
            policy = policy.max_wait(LONGEST_WAIT);
        }
        let Some(value) = self.value("retry")? else { return Ok(policy) };
        if let Ok(false) = value.extract::<bool>() {
            return Ok(RetryPolicy::never());
        }
        if let Ok(parts) = value.cast::<PyDict>() {
            let parts = Given { py: self.py, dict: parts.clone(), env: false };
            for key in parts.dict.keys().iter() {
                let name: String = key.extract()?;
                match name.as_str() {
                    "attempts" => policy = policy.attempts(parts.count(&name)?),
                    "throttled_attempts" => policy = policy.throttled_attempts(parts.count(&name)?),
                    "budget" => policy.budget = parts.count(&name)?,
                    "base" | "cap" | "total" | "max_wait" => {
                        let span = parts.seconds(&name)?.unwrap_or_default();
                        match name.as_str() {
                            "base" => policy.base = span,
                            "cap" => policy.cap = span,
                            "total" => policy.total = span,
                            _ => policy.max_wait = span,
                        }
                    }
                    _ => {
                        return Err(usage(
                            self.py,
                            &format!(
                                "'retry' has no '{name}'; it has attempts, throttled_attempts, base, cap, total, \
                                 max_wait and budget"
                            ),
                        ));
                    }
                }
            }
            return Ok(policy);
        }
        Ok(policy.attempts(self.count("retry")?))
    }

    fn count(&self, name: &str) -> PyResult<u32> {
        let number = self.value(name)?.and_then(|v| v.extract::<u32>().ok()).filter(|n| *n > 0);
        number.ok_or_else(|| usage(self.py, &format!("'{name}' is a whole number from 1 on")))
    }

    fn deadline(&self) -> PyResult<Option<Timestamp>> {
        let Some(value) = self.value("deadline")? else { return Ok(None) };
        if value.is_instance_of::<PyDateTime>() {
            return instant("deadline", &value).map(Some);
        }
        let wrong = || usage(self.py, "'deadline' is a number of seconds or a time");
        let left = self.seconds("deadline")?.unwrap_or_default();
        Timestamp::now().checked_add(left).map(Some).map_err(|_| wrong())
    }

    /// Where processes share what they know of the quota: the folder of the command.
    fn state_dir(&self) -> PyResult<Option<PathBuf>> {
        use etcetera::BaseStrategy as _;
        Ok(match self.text("state_dir")?.as_deref() {
            Some("none") => None,
            Some(dir) => Some(dir.into()),
            None => etcetera::choose_base_strategy()
                .ok()
                .map(|dirs| dirs.state_dir().unwrap_or_else(|| dirs.data_dir()).join("totalcloud")),
        })
    }

    /// Makes the client. Nothing is sent. Beside another one of the same settings it shares what that knows, and
    /// waits longer.
    pub(crate) fn client(mut self, watcher: &Arc<Watcher>, beside: Option<&Client>) -> PyResult<Client> {
        let hosts = self.hosts()?;
        let credentials = self.credentials()?;
        let mut builder = Client::builder(hosts)
            .credentials(credentials)
            .network(self.network()?)
            .retry(self.retry(beside.is_some())?)
            .observer(Arc::clone(watcher) as Arc<dyn Observer>)
            .user_agent(concat!("totalcloud-python/", env!("CARGO_PKG_VERSION")));
        if self.value("concurrency")?.is_some() {
            builder = builder.concurrency(self.count("concurrency")? as usize);
        }
        let deadline = match beside.and_then(Client::time_left) {
            Some(left) => Timestamp::now().checked_add(left).ok(),
            None => self.deadline()?,
        };
        if let Some(at) = deadline {
            builder = builder.deadline(at);
        }
        match beside {
            Some(other) => builder = builder.limiter(other.limiter()).memory(other.memory()),
            None => {
                if let Some(dir) = self.state_dir()? {
                    builder = builder.state_dir(dir);
                }
            }
        }
        builder.build().map_err(|e| self.raise(&e))
    }
}
