//! The handle that callers hold.

use crate::answer::{Answer, Download};
use crate::auth::TokenInfo;
use crate::builder::ClientBuilder;
use crate::credentials::{AuthKind, Credentials};
use crate::engine::{Content, Engine};
use crate::error::{Error, ErrorKind};
use crate::hosts::Hosts;
use crate::limiter::{Limiter, Quota};
use crate::memory::Memory;
use crate::pager::{self, ListingPlan, PageOptions, PageStore, PageStream};
use crate::rows::RowStream;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use totalcloud_api::endpoints::auth::LoginCheck;
use totalcloud_api::endpoints::connectors::{Connector, ListConnectors};
use totalcloud_api::model::{RowValue, from_slice};
use totalcloud_api::operation::{Answer as Form, Effect, Endpoint, Request};
use totalcloud_api::provider::{Provider, Spellings};

/// A client of one subscription. Clones share sign-in, quota and connections.
#[derive(Clone)]
pub struct Client(Arc<Engine>);

/// What became of a check of the sign-in.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SignIn {
    /// The way of signing in.
    pub kind: AuthKind,
    /// The user name, where there is one.
    pub username: Option<String>,
    /// The host that was asked.
    pub host: String,
    /// What the token says about itself, where there is one.
    pub token: Option<TokenInfo>,
    /// Whether the API of the module answered, or why not.
    pub module: Result<(), Error>,
    /// What is known of the quota, by class of operations.
    pub quotas: Vec<(&'static str, Quota)>,
    /// What looks wrong without being an error.
    pub hints: Vec<String>,
}

impl Client {
    /// Begins to make a client for these hosts.
    pub fn builder(hosts: Hosts) -> ClientBuilder {
        ClientBuilder::new(hosts)
    }

    pub(crate) fn of(engine: Engine) -> Client {
        Client(Arc::new(engine))
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0
    }

    /// The hosts it talks to.
    pub fn hosts(&self) -> &Hosts {
        &self.0.hosts
    }

    /// How it spells providers.
    pub fn spellings(&self) -> &Spellings {
        &self.0.spellings
    }

    /// How it signs in.
    pub fn auth_kind(&self) -> AuthKind {
        self.0.credentials.kind()
    }

    /// The limiter, for sharing it with other clients of the same subscription.
    pub fn limiter(&self) -> Arc<Limiter> {
        Arc::clone(&self.0.limiter)
    }

    /// What is remembered of the subscription.
    pub fn memory(&self) -> Arc<Memory> {
        Arc::clone(&self.0.memory)
    }

    /// The time left until the deadline, if there is one.
    pub fn time_left(&self) -> Option<std::time::Duration> {
        self.0.time_left()
    }

    /// What looks wrong without being an error, such as a user name of another platform.
    pub fn hints(&self) -> Vec<String> {
        let user = self.0.credentials.username();
        user.and_then(|user| self.0.hosts.contradiction(user)).into_iter().collect()
    }

    /// Sends a request and brings back the answer as it came.
    ///
    /// # Errors
    /// If it fails for good, see [`ErrorKind`].
    pub async fn send(&self, request: &Request) -> Result<Answer, Error> {
        self.0.run(request).await.map(|(answer, _)| answer)
    }

    /// Sends a typed request and brings back the answer as it came.
    ///
    /// # Errors
    /// If an argument does not fit, or the call fails for good.
    pub async fn call<E: Endpoint>(&self, endpoint: &E) -> Result<Answer, Error> {
        self.send(&self.request(endpoint)?).await
    }

    /// The request of a typed endpoint, with its arguments checked.
    ///
    /// # Errors
    /// If an argument does not fit.
    pub fn request<E: Endpoint>(&self, endpoint: &E) -> Result<Request, Error> {
        Ok(endpoint.request(&self.0.spellings)?)
    }

    /// Reads one object. `None` where the service answers with nothing, `null` or an object without fields.
    ///
    /// # Errors
    /// If the call fails for good, or the answer is no such object.
    pub async fn get<E: Endpoint>(&self, endpoint: &E) -> Result<Option<E::Row>, Error> {
        self.get_as(&self.request(endpoint)?).await
    }

    /// As [`Client::get`], with the type of the caller's choice.
    ///
    /// # Errors
    /// If the call fails for good, or the answer is no such object.
    pub async fn get_as<T: DeserializeOwned>(&self, request: &Request) -> Result<Option<T>, Error> {
        let (answer, content) = self.0.run(request).await?;
        // A ServiceResponse wraps its object.
        let inner = match content {
            Content::Page(page) if request.operation.answer == Form::ServiceResponse => {
                page.rows.into_iter().next()
            }
            _ => Some(answer.body.clone()),
        };
        let Some(inner) = inner else { return Ok(None) };
        let body = inner.trim_ascii();
        if body.is_empty() || body == b"null" || is_empty_object(body) {
            return Ok(None);
        }
        serde_json::from_slice(body).map(Some).map_err(|e| {
            let reason =
                format!("it does not have the form of the answer at line {} column {}", e.line(), e.column());
            let error = Error::new(ErrorKind::Decode, format!("the answer cannot be read: {reason}"))
                .with_operation(answer.operation)
                .with_status(answer.status)
                .with_request_id(answer.request_id.clone());
            // What was answered was done.
            if request.operation.effect == Effect::Read { error } else { error.maybe_arrived() }
        })
    }

    /// The pages of a listing. An operation that answers with one object gives one page with one row.
    ///
    /// # Errors
    /// If the operation has no rows, or an option does not fit.
    pub fn pages(&self, request: Request, options: PageOptions) -> Result<PageStream, Error> {
        PageStream::new(self.clone(), request, options)
    }

    /// What reading a listing would take, at the price of a call for each part it has to be split into.
    ///
    /// # Errors
    /// If an argument or an option does not fit, or a call fails for good.
    pub async fn plan(&self, request: Request, options: PageOptions) -> Result<ListingPlan, Error> {
        pager::plan(self.clone(), request, options).await
    }

    /// The accounts of a provider that have connectors, each once. They are asked for once.
    pub(crate) async fn accounts(
        &self,
        provider: Provider,
        store: Option<Arc<dyn PageStore>>,
    ) -> Result<Vec<String>, Error> {
        let mut known = self.0.accounts.lock().await;
        if let Some(accounts) = known.get(&provider) {
            return Ok(accounts.clone());
        }
        let mut accounts: Vec<String> = Vec::new();
        if ListConnectors::OPERATION.providers.contains(&provider) {
            let mut options = PageOptions::default().tolerate_shortfall(true);
            options.store = store;
            let request = self.request(&ListConnectors::new(provider))?;
            for row in self.pages(request, options)?.collect_rows().await? {
                let account = from_slice::<Connector>(&row).ok().and_then(|c| c.account().map(str::to_owned));
                accounts.extend(account);
            }
            accounts.sort_unstable();
            accounts.dedup();
        }
        known.insert(provider, accounts.clone());
        Ok(accounts)
    }

    /// The rows of a listing, typed.
    ///
    /// # Errors
    /// If an argument or an option does not fit.
    pub fn rows<E: Endpoint>(&self, endpoint: &E, options: PageOptions) -> Result<RowStream<E::Row>, Error> {
        self.rows_as(self.request(endpoint)?, options)
    }

    /// The rows of a listing as the type of the caller's choice, such as
    /// a resource type of [`totalcloud_api::resources`].
    ///
    /// # Errors
    /// If the operation has no rows, or an option does not fit.
    pub fn rows_as<T: RowValue>(
        &self,
        request: Request,
        options: PageOptions,
    ) -> Result<RowStream<T>, Error> {
        let strict = options.strict;
        Ok(RowStream::new(self.pages(request, options)?, strict))
    }

    /// Reads an answer that is one text, without white space and quotes around it.
    ///
    /// # Errors
    /// If the call fails for good, or the answer is no text.
    pub async fn text<E: Endpoint>(&self, endpoint: &E) -> Result<String, Error> {
        let answer = self.call(endpoint).await?;
        let text = std::str::from_utf8(&answer.body).map_err(|_| {
            Error::new(ErrorKind::Decode, "the answer is no text").with_operation(answer.operation)
        })?;
        Ok(text.trim().trim_matches('"').to_owned())
    }

    /// Downloads a file; where the operation has a second place, it is tried if the first has nothing.
    ///
    /// # Errors
    /// If the call fails for good.
    pub async fn download<E: Endpoint>(&self, endpoint: &E) -> Result<Download, Error> {
        self.call(endpoint).await.map(Download::of)
    }

    /// The token that calls carry, and what it says about itself. With Basic it is asked from the gateway.
    ///
    /// # Errors
    /// If none can be had.
    pub async fn token(&self) -> Result<(SecretString, TokenInfo), Error> {
        let op = totalcloud_api::endpoints::auth::GatewayToken::OPERATION;
        let used = self.0.in_time(op, self.0.token()).await.map_err(|e| self.0.clean(e))?;
        let info = TokenInfo::of(&used.token);
        Ok((used.token, info))
    }

    /// Checks the sign-in at the cost of one or two calls.
    ///
    /// # Errors
    /// If the credentials are refused or the service cannot be reached. That the module does not answer is
    /// no error here, see [`SignIn::module`].
    pub async fn check(&self) -> Result<SignIn, Error> {
        let engine = self.engine();
        let basic = matches!(engine.credentials, Credentials::Basic { .. });
        let token = if basic { None } else { Some(self.token().await?.1) };
        let mut probe = self.request(&ListConnectors::new(Provider::Aws).page_size(1u32))?;
        probe.set_query("pageNo", "0");
        let module = match self.send(&probe).await {
            Ok(_) => Ok(()),
            Err(e) => match e.kind() {
                ErrorKind::Forbidden | ErrorKind::RateLimited => Err(e),
                // A missing module answers 401 too, so another witness says whether the sign-in itself is good.
                ErrorKind::Unauthenticated if self.is_known().await => Err(e),
                _ => return Err(e),
            },
        };
        let host = if basic { engine.hosts.base() } else { engine.hosts.gateway() };
        Ok(SignIn {
            kind: self.auth_kind(),
            username: engine.credentials.username().map(str::to_owned),
            host: host.origin().ascii_serialization(),
            token,
            module,
            quotas: engine.limiter.quotas(),
            hints: self.hints(),
        })
    }

    /// Whether something other than the API of the module accepts the credentials.
    async fn is_known(&self) -> bool {
        match self.engine().credentials {
            Credentials::Basic { .. } => self.call(&LoginCheck::new()).await.is_ok(),
            // The gateway has just given a token for them.
            Credentials::Gateway { .. } | Credentials::Oidc { .. } => true,
            _ => false,
        }
    }

    /// Whether an operation answers with rows, so that [`Client::pages`] takes it.
    pub fn has_rows(operation: &totalcloud_api::Operation) -> bool {
        operation.effect == Effect::Read && !matches!(operation.answer, Form::Text | Form::File | Form::Xml)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("hosts", &self.0.hosts)
            .field("auth", &self.auth_kind())
            .finish_non_exhaustive()
    }
}

fn is_empty_object(body: &[u8]) -> bool {
    matches!(body, [b'{', inner @ .., b'}'] if inner.iter().all(u8::is_ascii_whitespace))
}
