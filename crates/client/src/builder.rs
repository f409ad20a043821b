//! Making a client.

use crate::auth::{Idp, TokenCache, TokenInfo};
use crate::circuit::Circuits;
use crate::client::Client;
use crate::clock::{Clock, SystemClock};
use crate::credentials::Credentials;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind};
use crate::hosts::Hosts;
use crate::limiter::Limiter;
use crate::memory::Memory;
use crate::observe::{NoObserver, Observer};
use crate::retry::{Budget, Dice, RetryPolicy};
use crate::state::SharedState;
use crate::transport::{ProxyChoice, RealTransport, Timeouts, Transport, TransportOptions};
use http::HeaderValue;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use totalcloud_api::provider::Spellings;

/// Calls in flight at the same time, where nothing else is said. The service's own bound goes first.
pub(crate) const CONCURRENCY: usize = 5;

/// Makes a [`Client`].
#[must_use]
pub struct ClientBuilder {
    hosts: Hosts,
    credentials: Option<Credentials>,
    options: TransportOptions,
    retry: RetryPolicy,
    concurrency: usize,
    spellings: Spellings,
    user_agent: String,
    observer: Arc<dyn Observer>,
    transport: Option<Arc<dyn Transport>>,
    clock: Arc<dyn Clock>,
    limiter: Option<Arc<Limiter>>,
    memory: Option<Arc<Memory>>,
    state_dir: Option<PathBuf>,
    deadline: Option<Timestamp>,
    seed: Option<u64>,
}

impl ClientBuilder {
    pub(crate) fn new(hosts: Hosts) -> ClientBuilder {
        ClientBuilder {
            hosts,
            credentials: None,
            options: TransportOptions::default(),
            retry: RetryPolicy::default(),
            concurrency: CONCURRENCY,
            spellings: Spellings::default(),
            user_agent: concat!("totalcloud/", env!("CARGO_PKG_VERSION")).to_owned(),
            observer: Arc::new(NoObserver),
            transport: None,
            clock: Arc::new(SystemClock::default()),
            limiter: None,
            memory: None,
            state_dir: None,
            deadline: None,
            seed: None,
        }
    }

    /// What to sign in with.
    pub fn credentials(mut self, credentials: Credentials) -> ClientBuilder {
        self.credentials = Some(credentials);
        self
    }

    /// Certificates, proxy, timeouts and HTTP version in one.
    pub fn network(mut self, options: TransportOptions) -> ClientBuilder {
        self.options = options;
        self
    }

    /// Certificates (PEM) of authorities to trust besides those of the system.
    pub fn ca_bundle(mut self, pem: impl Into<Vec<u8>>) -> ClientBuilder {
        self.options.ca_bundle = Some(pem.into());
        self
    }

    /// Certificate and key (PEM, both in one) to present.
    pub fn client_identity(mut self, pem: impl Into<Vec<u8>>) -> ClientBuilder {
        self.options.client_identity = Some(SecretSlice::from(pem.into()));
        self
    }

    /// The proxy to go through; by default the one that the environment names.
    pub fn proxy(mut self, proxy: ProxyChoice) -> ClientBuilder {
        self.options.proxy = proxy;
        self
    }

    /// How long each part of a call may take.
    pub fn timeouts(mut self, timeouts: Timeouts) -> ClientBuilder {
        self.options.timeouts = timeouts;
        self
    }

    /// Whether HTTP/2 is used where the host offers it, as it is by default; otherwise HTTP/1.1 over as many kept
    /// connections as there are calls at once.
    pub fn http2(mut self, http2: bool) -> ClientBuilder {
        self.options.http2 = http2;
        self
    }

    /// When a call is tried again.
    pub fn retry(mut self, policy: RetryPolicy) -> ClientBuilder {
        self.retry = policy;
        self
    }

    /// Calls in flight at the same time, at most.
    pub fn concurrency(mut self, calls: usize) -> ClientBuilder {
        self.concurrency = calls.max(1);
        self
    }

    /// How the inventory paths spell the providers whose spelling sources disagree on.
    pub fn spellings(mut self, spellings: Spellings) -> ClientBuilder {
        self.spellings = spellings;
        self
    }

    /// The `User-Agent`; nothing else about the caller is sent.
    pub fn user_agent(mut self, name: impl Into<String>) -> ClientBuilder {
        self.user_agent = name.into();
        self
    }

    /// Who is told of calls, waits, retries and pages.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> ClientBuilder {
        self.observer = observer;
        self
    }

    /// Another way to the service than the network. Certificates, proxy and timeouts do not apply to it.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> ClientBuilder {
        self.transport = Some(transport);
        self
    }

    /// Another clock than the machine's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> ClientBuilder {
        self.clock = clock;
        self
    }

    /// The folder where processes of one user share what they know of a subscription: the state of its quota
    /// and what [`Client::memory`] remembers. It is made where it is missing. Without it, or where it cannot
    /// be used, every client learns for itself.
    ///
    /// The file holds no secret, and its name tells neither the user nor the platform. With a token whose
    /// owner is not known nothing is shared.
    pub fn state_dir(mut self, dir: impl Into<PathBuf>) -> ClientBuilder {
        self.state_dir = Some(dir.into());
        self
    }

    /// Nothing is begun or waited for past this instant, by the client's clock. What is cut off by it fails
    /// with [`ErrorKind::Deadline`].
    pub fn deadline(mut self, at: Timestamp) -> ClientBuilder {
        self.deadline = Some(at);
        self
    }

    /// What is remembered of the subscription from earlier runs.
    pub fn memory(mut self, memory: Arc<Memory>) -> ClientBuilder {
        self.memory = Some(memory);
        self
    }

    /// A limiter shared with other clients of the same subscription.
    pub fn limiter(mut self, limiter: Arc<Limiter>) -> ClientBuilder {
        self.limiter = Some(limiter);
        self
    }

    /// The seed of the random part of waits.
    pub fn random_seed(mut self, seed: u64) -> ClientBuilder {
        self.seed = Some(seed);
        self
    }

    /// Makes the client. Nothing is sent.
    ///
    /// # Errors
    /// If there are no credentials, or an address, a certificate or another setting is wrong.
    pub fn build(mut self) -> Result<Client, Error> {
        self.hosts.check()?;
        let Some(credentials) = self.credentials else {
            return Err(Error::new(ErrorKind::Config, "there are no credentials").with_hint(
                "set TOTALCLOUD_USERNAME and TOTALCLOUD_PASSWORD, or run 'totalcloud auth login'",
            ));
        };
        check_credentials(&credentials)?;
        let idp = match &credentials {
            Credentials::Idp(config) => Some(Idp::new(config, self.hosts.allows_http())?),
            _ => None,
        };
        let user_agent = HeaderValue::try_from(self.user_agent).map_err(|_| {
            Error::new(ErrorKind::Config, "the user agent holds characters that a header cannot carry")
        })?;
        let shared = self.state_dir.as_ref().and_then(|dir| {
            let who = owner(&credentials)?;
            match SharedState::open(dir, &self.hosts, &who) {
                Ok(state) => Some(Arc::new(state)),
                Err(e) => {
                    tracing::warn!("what is known of the quota is not shared: {}: {e}", dir.display());
                    None
                }
            }
        });
        let limiter = self.limiter.unwrap_or_else(|| {
            let limiter = Limiter::new(self.concurrency, Arc::clone(&self.clock));
            Arc::new(match &shared {
                Some(state) => limiter.shared(Arc::clone(state)),
                None => limiter,
            })
        });
        let memory = self.memory.unwrap_or_else(|| {
            Arc::new(match shared {
                Some(state) => Memory::kept(state, Arc::clone(&self.clock)),
                None => Memory::new(),
            })
        });
        let attempt_limit = self.options.timeouts.total;
        // So many failures in a row mean that every call in flight has failed as often as it may.
        let at_once = u32::try_from(self.concurrency).unwrap_or(u32::MAX);
        let failures = self.retry.attempts.saturating_mul(at_once);
        let deadline = self.deadline.map(|at| {
            let left = Duration::try_from(at.duration_since(self.clock.now())).unwrap_or_default();
            self.clock.ticks() + left
        });
        self.options.idle_connections = self.options.idle_connections.max(self.concurrency);
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(RealTransport::new(&self.options)?),
        };
        Ok(Client::of(Engine {
            hosts: self.hosts,
            credentials,
            idp,
            transport,
            observer: self.observer,
            budget: Budget::new(self.retry.budget),
            retry: self.retry,
            limiter,
            dice: Dice::new(self.seed),
            tokens: TokenCache::new(Arc::clone(&self.clock)),
            spellings: self.spellings,
            user_agent,
            concurrency: self.concurrency,
            memory,
            circuits: Circuits::new(Arc::clone(&self.clock), failures, attempt_limit),
            attempt_limit,
            deadline,
            clock: self.clock,
            accounts: tokio::sync::Mutex::default(),
        }))
    }
}

impl std::fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("hosts", &self.hosts)
            .field("credentials", &self.credentials)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// Whose subscription it is, as far as the credentials tell.
fn owner(credentials: &Credentials) -> Option<String> {
    match credentials {
        Credentials::Oidc { client_id, .. } => Some(client_id.clone()),
        Credentials::Idp(config) => Some(config.client_id.clone()),
        Credentials::Token(token) => TokenInfo::of(token).subject,
        Credentials::Command(command) => Some(command.clone()),
        other => other.username().map(str::to_owned),
    }
}

/// Catches what would only be told by a refusal, or leak.
fn check_credentials(credentials: &Credentials) -> Result<(), Error> {
    let config = |what: &str| Err(Error::new(ErrorKind::Config, what.to_owned()));
    let empty = |secret: &SecretString| secret.expose_secret().trim().is_empty();
    match credentials {
        Credentials::Basic { username, password } | Credentials::Gateway { username, password } => {
            if username.trim().is_empty() {
                return config("the user name is empty");
            }
            if empty(password) {
                return config("the password is empty");
            }
            if username.contains(':') && matches!(credentials, Credentials::Basic { .. }) {
                return config("a user name for Basic must not hold a colon");
            }
        }
        Credentials::Oidc { client_id, client_secret }
            if client_id.trim().is_empty() || empty(client_secret) =>
        {
            return config("the client id or the client secret is empty");
        }
        Credentials::Token(token) if empty(token) => return config("the token is empty"),
        Credentials::Command(command) if command.trim().is_empty() => {
            return config("the token command is empty");
        }
        _ => {}
    }
    Ok(())
}
