//! One call from outside in: span, retry, limiter, sign-in, headers, transport.

use crate::answer::{Answer, request_id};
use crate::auth::{self, Idp, Route, TokenCache, Used, Way};
use crate::circuit::{Circuits, Sign};
use crate::clock::Clock;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::explain::{self, Scene};
use crate::hosts::{self, Hosts};
use crate::limiter::{Limiter, Patience, Permit, Refusal, refusal};
use crate::memory::Memory;
use crate::observe::{Observer, WaitReason};
use crate::retry::{Budget, Dice, RetryPolicy};
use crate::telling::Call;
use crate::transport::{Fault, Transport, TransportError};
use bytes::Bytes;
use futures_util::future::{Either, select};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use secrecy::SecretString;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use totalcloud_api::fault::{self, RateHeaders, ServiceFault, Verdict};
use totalcloud_api::operation::{Answer as Form, Method, Operation, Request};
use totalcloud_api::page::{self, PageError};
use totalcloud_api::provider::{Provider, Spellings};
use tracing::Instrument as _;

/// Sign-in calls do not count against any quota.
const UNLIMITED: &str = "auth";

pub(crate) struct Engine {
    pub(crate) hosts: Hosts,
    pub(crate) credentials: Credentials,
    pub(crate) idp: Option<Idp>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) retry: RetryPolicy,
    pub(crate) limiter: Arc<Limiter>,
    pub(crate) budget: Budget,
    pub(crate) dice: Dice,
    pub(crate) tokens: TokenCache,
    pub(crate) spellings: Spellings,
    pub(crate) user_agent: HeaderValue,
    pub(crate) concurrency: usize,
    pub(crate) memory: Arc<Memory>,
    pub(crate) circuits: Circuits,
    /// One call from sending to the last byte, whatever the transport does.
    pub(crate) attempt_limit: Duration,
    /// Nothing is begun or waited for past this time.
    pub(crate) deadline: Option<Duration>,
    /// Accounts that have connectors, for splitting listings.
    pub(crate) accounts: tokio::sync::Mutex<HashMap<Provider, Vec<String>>>,
}

/// What the body of an answer was found to be.
pub(crate) enum Content {
    /// Not a listing.
    Other,
    /// A page of a listing.
    Page(page::Page),
    /// A listing without a byte in it.
    Empty,
}

/// What can be done about a failure.
enum Remedy {
    None,
    /// The token is given up and the call sent again with a new one.
    NewToken(u64),
    /// It may pass. `safe` says that a write can be repeated, `tries` that fewer tries than usual make sense.
    Again {
        safe: bool,
        tries: Option<u32>,
    },
    /// The quota opens again.
    Wait {
        wait: Option<Duration>,
        safe: bool,
        /// The gate of the quota knows about it; this long it stays closed.
        at_gate: Option<Duration>,
    },
}

struct Failure {
    error: Error,
    remedy: Remedy,
}

impl Failure {
    fn final_(error: Error) -> Failure {
        Failure { error, remedy: Remedy::None }
    }
}

impl Engine {
    /// Sends a request until it succeeds or there is no point in trying on.
    pub(crate) async fn run(&self, request: &Request) -> Result<(Answer, Content), Error> {
        let span = tracing::debug_span!("call", operation = request.operation.id);
        let work = async {
            let outcome = self.tries(request).await;
            let gone = |e: &Error| matches!(e.kind(), ErrorKind::NotFound | ErrorKind::WrongHost);
            match outcome {
                // The service has some reads in two places.
                Err(e) if gone(&e) => match self.on_other_path(request) {
                    Some(other) => match self.tries(&other).await {
                        Err(second) if gone(&second) => Err(e),
                        outcome => outcome,
                    },
                    None => Err(e),
                },
                outcome => outcome,
            }
        };
        self.in_time(request.operation, work).instrument(span).await.map_err(|e| self.clean(e))
    }

    /// Does some work unless the deadline is reached, and no longer than until then.
    pub(crate) async fn in_time<T>(
        &self,
        op: &Operation,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let Some(left) = self.time_left() else { return work.await };
        let reached = |what: &str| Error::new(ErrorKind::Deadline, what.to_owned()).with_operation(op.id);
        if left.is_zero() {
            return Err(reached("the deadline is reached; nothing was sent"));
        }
        let work = std::pin::pin!(work);
        match select(work, self.clock.sleep(left)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) if op.repeatable => Err(reached("the deadline came before the answer")),
            Either::Right(_) => Err(reached("the deadline came before the answer").maybe_arrived()),
        }
    }

    /// The time left until the deadline, if there is one.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        self.deadline.map(|at| at.saturating_sub(self.clock.ticks()))
    }

    /// Whether a wait would end after the deadline.
    fn too_late(&self, wait: Duration) -> bool {
        self.time_left().is_some_and(|left| wait > left)
    }

    /// Waits, but not past the deadline.
    pub(crate) async fn pause(&self, op: &Operation, wait: Duration) -> Result<(), Error> {
        if self.too_late(wait) {
            return Err(Error::new(ErrorKind::Deadline, "the deadline comes before the wait is over")
                .with_operation(op.id)
                .with_retry_after(Some(wait)));
        }
        self.clock.sleep(wait).await;
        Ok(())
    }

    fn on_other_path(&self, request: &Request) -> Option<Request> {
        let op = request.operation;
        op.other_path.filter(|_| op.is_read())?;
        let args = op.match_path(&request.path)?;
        let args =
            args.into_iter().map(|(name, value)| (name.to_owned(), value.into_owned().into())).collect();
        request.on_other_path(&args, &self.spellings).filter(|other| other.path != request.path)
    }

    pub(crate) async fn tries(&self, request: &Request) -> Result<(Answer, Content), Error> {
        let op = request.operation;
        let policy = &self.retry;
        let started = self.clock.ticks();
        let mut ordered = Duration::ZERO;
        let (mut attempt, mut failed, mut throttled, mut renewed) = (0u32, 0u32, 0u32, false);
        // Failures in a row that more tries than these will not mend.
        let mut stubborn = 0u32;
        loop {
            attempt += 1;
            let failure = match self.attempt(request, attempt, &mut ordered).await {
                Ok((mut answer, content)) => {
                    self.budget.succeeded();
                    answer.attempts = attempt;
                    return Ok((answer, content));
                }
                Err(failure) => failure,
            };
            let error = failure.error.with_attempts(attempt).with_operation(op.id);
            let error = error.redacted(&explain::secrets_of(request));
            let may_repeat = |safe: bool| op.repeatable || safe;
            match failure.remedy {
                Remedy::None => return Err(error),
                Remedy::NewToken(generation) => {
                    if renewed {
                        return Err(error);
                    }
                    renewed = true;
                    self.tokens.give_up(generation);
                }
                Remedy::Again { safe, tries } => {
                    if !may_repeat(safe) {
                        return Err(error.maybe_arrived());
                    }
                    failed += 1;
                    let spent = self.clock.ticks().saturating_sub(started + ordered);
                    let wait = policy.backoff(failed, self.dice.roll());
                    stubborn = if tries.is_some() { stubborn + 1 } else { 0 };
                    let enough = failed >= policy.attempts || tries.is_some_and(|tries| stubborn >= tries);
                    if enough || spent + wait > policy.total {
                        return Err(error);
                    }
                    if !self.budget.take() {
                        return Err(error.with_hint("too many calls fail, so none is tried again for now"));
                    }
                    if self.too_late(wait) {
                        return Err(late(error, wait));
                    }
                    self.tell_retry(op, attempt, &error, wait);
                    self.tell_wait(op, WaitReason::Retry, wait, None);
                    self.clock.sleep(wait).await;
                }
                Remedy::Wait { wait, safe, at_gate } => {
                    throttled += 1;
                    // A little more than was asked keeps those who wait from starting all at once.
                    let own = || policy.backoff(if wait.is_some() { 1 } else { throttled }, self.dice.roll());
                    let wait = at_gate.unwrap_or_else(|| wait.unwrap_or_default() + own());
                    let error = if wait.is_zero() { error } else { error.with_retry_after(Some(wait)) };
                    if !may_repeat(safe) {
                        return Err(error.maybe_arrived());
                    }
                    if throttled >= policy.throttled_attempts || wait > policy.max_wait {
                        return Err(error);
                    }
                    if self.too_late(wait) {
                        return Err(late(error, wait));
                    }
                    self.tell_retry(op, attempt, &error, wait);
                    if at_gate.is_none() {
                        self.tell_wait(op, WaitReason::Quota, wait, None);
                        ordered += wait;
                        self.clock.sleep(wait).await;
                    }
                }
            }
        }
    }

    /// One call. Time spent waiting for the quota is added to `ordered`.
    async fn attempt(
        &self,
        request: &Request,
        attempt: u32,
        ordered: &mut Duration,
    ) -> Result<(Answer, Content), Failure> {
        let op = request.operation;
        let route = auth::route(op, &self.credentials).map_err(Failure::final_)?;
        let permit = self.permit(op, ordered).await.map_err(Failure::final_)?;
        let permit = permit.as_ref();
        let prepared = async {
            let token = match route.way {
                Way::Bearer => Some(self.token().await?),
                _ => None,
            };
            let (wire, host) = self.wire(request, route, token.as_ref())?;
            self.circuits.enter(&host)?;
            Ok((wire, host, token))
        };
        let (wire, host, token) = match prepared.await {
            Ok(prepared) => prepared,
            Err(e) => {
                permit.inspect(|p| p.unsent());
                return Err(Failure::final_(e));
            }
        };
        let sent = self.clock.ticks();
        let outcome = match select(self.transport.send(wire), self.clock.sleep(self.attempt_limit)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Err(TransportError::timeout(Fault::TotalTimeout, self.attempt_limit)),
        };
        let took = self.clock.ticks().saturating_sub(sent);
        let response = match outcome {
            Ok(response) => response,
            Err(e) => {
                let safe = e.never_sent();
                permit.filter(|_| safe).inspect(|p| p.unsent());
                if e.is_retryable() {
                    self.tell_circuit(&host, Some(Sign::Down));
                }
                self.tell_call(op, Call { attempt, took, ..Call::default() }, permit);
                let error = explain::broken(&e, request, &host);
                let remedy =
                    if e.is_retryable() { Remedy::Again { safe, tries: None } } else { Remedy::None };
                return Err(Failure { error, remedy });
            }
        };
        let (parts, body) = response.into_parts();
        let status = parts.status.as_u16();
        let rate = RateHeaders::read(|name| parts.headers.get(name)?.to_str().ok(), self.clock.now());
        let bytes = body.len();
        let answer = Answer {
            operation: op.id,
            status,
            request_id: request_id(&parts.headers),
            headers: parts.headers,
            body,
            rate,
            attempts: attempt,
            took,
        };
        let found: Found = match fault::classify(request, status, &rate, &answer.body) {
            Verdict::Success => self.read(request, &answer, &host).map_err(|odd| match odd {
                Odd::Failure(failure) => Err(*failure),
                Odd::Fault(fault) => Ok((fault::classify_inside(request, &fault), fault)),
            }),
            verdict => Err(Ok((verdict, ServiceFault::from_body(status, &answer.body)))),
        };
        // The gate hears of every answer before anything else is done with it.
        let refused = match &found {
            Err(Ok((Verdict::Throttled { wait }, fault))) => {
                Some(throttled(permit, status, *wait, &rate, fault))
            }
            _ => None,
        };
        if let (Some(permit), None) = (permit, refused) {
            permit.answered(op.id, took, &rate);
        }
        self.tell_circuit(&host, sign(op, &found, status));
        let call = Call { attempt, status: Some(status), bytes, took, rate, refused: refused.is_some() };
        self.tell_call(op, call, permit);
        let (verdict, fault) = match found {
            Ok(content) => return Ok((answer, content)),
            Err(Err(failure)) => return Err(failure),
            Err(Ok(found)) => found,
        };
        let scene = Scene { request, host: &host, way: route.way, fault: &fault };
        // A token that was given up meanwhile is still one.
        let spent: Vec<SecretString> = token.iter().map(|used| used.token.clone()).collect();
        let mut error = explain::refusal(verdict, &scene)
            .with_status(status)
            .with_request_id(answer.request_id)
            .redacted(&spent);
        let remedy = match verdict {
            Verdict::Transient => Remedy::Again { safe: false, tries: None },
            // Only these two certainly did not do what was asked.
            Verdict::Throttled { wait } => {
                Remedy::Wait { wait, safe: matches!(status, 409 | 429), at_gate: refused.flatten() }
            }
            Verdict::Unauthenticated => {
                error = self.against_user_name(error);
                match (route.way, token) {
                    (Way::Bearer, Some(used)) if self.can_renew() => Remedy::NewToken(used.generation),
                    (Way::Basic, _) if matches!(self.credentials, Credentials::Basic { .. }) => {
                        error = self.explain_basic(error, &host).await;
                        Remedy::None
                    }
                    _ => Remedy::None,
                }
            }
            Verdict::NoSuchPath => {
                error = self.against_user_name(error);
                Remedy::None
            }
            _ => Remedy::None,
        };
        Err(Failure { error, remedy })
    }

    /// Waits until the quota allows the call.
    async fn permit(&self, op: &Operation, ordered: &mut Duration) -> Result<Option<Permit>, Error> {
        if op.limit_class == UNLIMITED {
            return Ok(None);
        }
        let came = self.clock.ticks();
        let patience = Patience { longest: self.retry.max_wait, latest: self.deadline };
        let told = |wait, quota| self.tell_wait(op, WaitReason::Quota, wait, Some(quota));
        let permit = self.limiter.enter(op.limit_class, patience, told).await;
        *ordered += self.clock.ticks().saturating_sub(came);
        permit.map(Some)
    }

    /// The request as it goes out, and the name of the host for messages.
    fn wire(
        &self,
        request: &Request,
        route: Route,
        token: Option<&Used>,
    ) -> Result<(http::Request<Bytes>, String), Error> {
        let op = request.operation;
        // The identity provider is no host of the service, and its address is given as a whole.
        let idp = self.idp.as_ref().filter(|_| op.path.is_empty());
        let url = idp.map_or_else(|| self.hosts.of_kind(route.host), |idp| &idp.url);
        let uri = match idp {
            Some(idp) => idp
                .url
                .as_str()
                .parse()
                .map_err(|_| Error::new(ErrorKind::Config, "the token URL cannot be used"))?,
            None => hosts::join(url, &request.target())?,
        };
        let (content_type, body) = request.body.encode().unzip();
        let mut wire = http::Request::new(body.unwrap_or_default());
        *wire.method_mut() = method(op.method);
        *wire.uri_mut() = uri;
        let headers = wire.headers_mut();
        headers.insert(USER_AGENT, self.user_agent.clone());
        headers.insert(ACCEPT, HeaderValue::from_static(accept(op.answer)));
        headers.insert("x-requested-with", HeaderValue::from_static("totalcloud"));
        if let Some(value) = content_type.and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(CONTENT_TYPE, value);
        }
        for (name, value) in &request.headers {
            let bad = || {
                Error::new(ErrorKind::Usage, format!("'{name}' holds characters that a header cannot carry"))
                    .with_operation(op.id)
            };
            let name_ = HeaderName::try_from(*name).map_err(|_| bad())?;
            let mut value = HeaderValue::try_from(value).map_err(|_| bad())?;
            value.set_sensitive(true);
            headers.insert(name_, value);
        }
        match (route.way, token, self.credentials.password()) {
            (Way::Basic, _, Some((username, password))) => {
                headers.insert(AUTHORIZATION, auth::basic_header(username, password)?);
            }
            (Way::Bearer, Some(used), _) => {
                headers.insert(AUTHORIZATION, auth::bearer_header(&used.token)?);
            }
            _ => {}
        }
        Ok((wire, url.origin().ascii_serialization()))
    }

    /// Looks whether the body of a success is what it should be.
    fn read(&self, request: &Request, answer: &Answer, host: &str) -> Result<Content, Odd> {
        let form = request.operation.answer;
        let odd = |reason: &str| {
            // What is cut may be whole the next time; what is something else mostly stays so.
            let tries = if reason.contains("too early") { None } else { Some(2) };
            let error = explain::unreadable(reason, request, host)
                .with_status(answer.status)
                .with_request_id(answer.request_id.clone());
            Odd::Failure(Box::new(Failure { error, remedy: Remedy::Again { safe: false, tries } }))
        };
        match form {
            Form::Page
            | Form::Controls
            | Form::CountData
            | Form::Array
            | Form::ArrayPage
            | Form::ServiceResponse => match page::decode(form, &answer.body) {
                Ok(page) => Ok(Content::Page(page)),
                Err(PageError::Empty) => Ok(Content::Empty),
                Err(PageError::Service(fault)) => {
                    Err(Odd::Fault(fault::fault_inside(&answer.body).unwrap_or(fault)))
                }
                Err(PageError::NotAPage { reason, .. }) => Err(odd(&reason)),
                Err(e) => Err(odd(&e.to_string())),
            },
            _ => {
                let op = request.operation;
                if let Some(reason) = explain::odd_body(form, op.effect, &answer.body) {
                    return Err(odd(&reason));
                }
                // Rows have many fields, errors few; a row may have a field 'error' of its own.
                let small = answer.body.len() < 16 << 10 && form != Form::Xml;
                // Writes are answered in a wrapper that may hold a refusal.
                if let Some(fault) = fault::wrapped_fault(&answer.body).filter(|_| small) {
                    return Err(Odd::Fault(fault));
                }
                match fault::fault_inside(&answer.body).filter(|_| small) {
                    Some(fault) if looks_like_an_error(&answer.body) => Err(Odd::Fault(fault)),
                    _ => Ok(Content::Other),
                }
            }
        }
    }

    /// Takes secrets out of what the service said.
    pub(crate) fn clean(&self, error: Error) -> Error {
        error.redacted(&self.secrets())
    }

    fn secrets(&self) -> Vec<SecretString> {
        let mut all: Vec<SecretString> = Vec::new();
        if let Some((username, password)) = self.credentials.password() {
            all.push(password.clone());
            if let Ok(header) = auth::basic_header(username, password)
                && let Some(pair) = header.to_str().ok().and_then(|h| h.strip_prefix("Basic "))
            {
                all.push(pair.into());
            }
        }
        match &self.credentials {
            Credentials::Oidc { client_secret, .. } => all.push(client_secret.clone()),
            Credentials::Idp(config) => {
                all.extend(config.client_secret.clone());
                if let crate::credentials::Grant::Password { password, .. } = &config.grant {
                    all.push(password.clone());
                }
            }
            Credentials::Token(token) => all.push(token.clone()),
            _ => {}
        }
        all.extend(self.tokens.peek());
        let hosts = [self.hosts.base(), self.hosts.gateway(), self.hosts.api()];
        for url in hosts.into_iter().chain(self.idp.as_ref().map(|idp| &idp.url)) {
            all.extend(url.as_str().parse().map(|uri| self.transport.secrets(&uri)).unwrap_or_default());
        }
        all
    }
}

/// The error for a call whose next try would come after the deadline.
fn late(error: Error, wait: Duration) -> Error {
    let message = format!("the deadline comes before another try: {}", error.message());
    error.turned_into(ErrorKind::Deadline, message).with_retry_after(Some(wait))
}

/// What an answer was found to be: its content, a failure, or a verdict with what the service said.
type Found = Result<Content, Result<(Verdict, ServiceFault), Failure>>;

/// What an answer says about its host.
fn sign(op: &Operation, found: &Found, status: u16) -> Option<Sign> {
    let failed = matches!(found, Err(Ok((Verdict::Transient | Verdict::Throttled { .. }, _))));
    match status {
        500 if failed => Some(Sign::Failed(op.id)),
        501.. if failed => Some(Sign::Down),
        408 | 425 => None,
        _ => Some(Sign::Alive),
    }
}

/// Tells the gate of a refusal. Gives how long the gate stays closed, if there is a gate.
fn throttled(
    permit: Option<&Permit>,
    status: u16,
    wait: Option<Duration>,
    rate: &RateHeaders,
    fault: &ServiceFault,
) -> Option<Duration> {
    let permit = permit?;
    if matches!(status, 408 | 425 | 500..) {
        let wait = wait.unwrap_or_default();
        permit.hold(wait);
        return Some(wait);
    }
    let (about, said) = refusal::read(fault);
    let mut rate = *rate;
    rate.retry_after = rate.retry_after.or(said);
    Some(permit.refused(&Refusal { rate: &rate, about }))
}

/// A body that is not what a success should carry.
enum Odd {
    Failure(Box<Failure>),
    Fault(ServiceFault),
}

/// The fields of the two error shapes and no others.
fn looks_like_an_error(body: &[u8]) -> bool {
    const KNOWN: [&str; 9] = [
        "errorCode",
        "code",
        "message",
        "timestamp",
        "status",
        "error",
        "error_description",
        "path",
        "trace",
    ];
    serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(body)
        .is_ok_and(|map| map.keys().all(|key| KNOWN.contains(&key.as_str())))
}

fn method(method: Method) -> http::Method {
    match method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Patch => http::Method::PATCH,
        Method::Delete => http::Method::DELETE,
    }
}

const fn accept(form: Form) -> &'static str {
    match form {
        Form::Page
        | Form::Controls
        | Form::CountData
        | Form::Array
        | Form::ArrayPage
        | Form::ServiceResponse
        | Form::Object => "application/json",
        Form::Text => "application/json, text/plain, */*",
        Form::File => "*/*",
        Form::Xml => "application/xml, text/xml, */*",
    }
}
