//! The service apart from sockets: a request goes in, an answer or the lack of one comes out.

use crate::access::{self, Area, Credentials, HostKind, Keys};
use crate::call::{Call, Query};
use crate::clock::Clock;
use crate::config::{AnyAccept, InventoryV2, Oversize, SimConfig, TlsFault};
use crate::fault::{self, FaultAction, Faults, RefuseAs};
use crate::filters::FilterRule;
use crate::iac::Scans;
use crate::journal::{self, JournalEntry, Recorder};
use crate::outage::Outage;
use crate::page::{Memory, SelectionKey, Turn};
use crate::quota::{Limits, Permit, RateHeaders, Refusal, Refuse, Standing};
use crate::reply::{self, Errors, Reply};
use crate::reports::{Report, Reports};
use crate::route::{Found, Router};
use crate::state::State;
use crate::token::Tokens;
use crate::world::{Selection, World};
use crate::{SimError, admin, handlers};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use http::{Method, StatusCode, Uri};
use jiff::Timestamp;
use serde_json::Value;
use std::borrow::Cow;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{RwLock, RwLockReadGuard};
use std::time::Duration;
use tokio::time::Instant;
use totalcloud_api::Provider;
use totalcloud_api::endpoints::OperationId;

/// Bytes of rendered pages that are remembered.
const PAGES: usize = 32 << 20;
/// Rows of selections that are remembered; a row is four bytes.
const SELECTED: usize = 4 << 20;

/// A request, its body read.
pub(crate) struct Incoming<'a> {
    pub(crate) host: HostKind,
    pub(crate) tls: bool,
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: Bytes,
}

/// What comes of a request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// An answer, its headers, and how its body is sent. The permit counts the call as running until the
    /// body is gone.
    Answer { reply: Reply, headers: HeaderMap, sending: Sending, permit: Option<Permit> },
    /// The connection is reset.
    Reset,
    /// Nothing, ever.
    Silence,
}

/// How a body is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sending {
    Whole,
    /// So many bytes a second.
    Drip(u32),
    /// Half of it, then the connection ends.
    Cut,
    /// Half of it, then the connection is reset.
    Reset,
    /// Half of it, then nothing.
    Stalled,
}

/// The simulated service.
pub(crate) struct Service {
    pub(crate) clock: Clock,
    pub(crate) keys: Keys,
    pub(crate) max_page_size: Option<u32>,
    pub(crate) oversize: Oversize,
    pub(crate) any_accept: AnyAccept,
    pub(crate) inventory_v2: InventoryV2,
    pub(crate) filters: Vec<FilterRule>,
    pub(crate) pages: Memory<String, Bytes>,
    pub(crate) selections: Memory<SelectionKey, Selection>,
    pub(crate) reports: Reports,
    pub(crate) scans: Scans,
    pub(crate) state: State,
    pub(crate) recorder: Recorder,
    pub(crate) outage: Outage,
    pub(crate) serial: AtomicU64,
    world: RwLock<World>,
    /// The running clock when the world last moved, in ms.
    moved: AtomicI64,
    router: Router,
    limits: Limits,
    faults: Faults,
    refuse: Refuse,
    rate_headers: RateHeaders,
    latency: Duration,
}

impl Service {
    pub(crate) fn new(config: SimConfig) -> Result<Service, SimError> {
        let seed = config.world.seed;
        let world = World::new(config.world)?;
        let tokens = Tokens::new().ok_or(SimError::Randomness)?;
        let outage = Outage::default();
        if config.tls_fault == TlsFault::Refuse {
            outage.refuse_tls(None);
        }
        let state = State::new(seed, &world, &config.username);
        let reports = Reports::new(seed);
        if let Some(report) = Report::finished(&world, state.uuid(), config.clock.millis()) {
            reports.add(report);
        }
        Ok(Service {
            keys: Keys::new(config.username, config.password, config.client_id, config.client_secret, tokens),
            max_page_size: config.max_page_size,
            oversize: config.oversize,
            any_accept: config.any_accept,
            inventory_v2: config.inventory_v2,
            filters: config.filters,
            pages: Memory::new(PAGES),
            selections: Memory::new(SELECTED),
            reports,
            scans: Scans::new(seed, config.clock.millis()),
            state,
            recorder: Recorder::default(),
            outage,
            serial: AtomicU64::new(0),
            world: RwLock::new(world),
            moved: AtomicI64::new(config.clock.millis()),
            router: Router::new(),
            limits: Limits::new(config.quota, config.quota_scope),
            faults: Faults::new(config.faults, seed),
            refuse: config.refuse,
            rate_headers: config.headers,
            latency: config.latency,
            clock: config.clock,
        })
    }

    pub(crate) fn world(&self) -> RwLockReadGuard<'_, World> {
        self.world.read().unwrap_or_else(|e| e.into_inner())
    }

    /// The world's clock, running on from where the world stands.
    pub(crate) fn world_now(&self, world: &World) -> Timestamp {
        let ran = self.clock.millis() - self.moved.load(Ordering::SeqCst);
        // Whole seconds, so that a query relative to now can be remembered from page to page.
        let ran = jiff::SignedDuration::from_secs(ran.max(0) / 1000);
        world.now().checked_add(ran).unwrap_or_else(|_| world.now())
    }

    /// Moves the world on. What was remembered of it is forgotten while no request is looking.
    pub(crate) fn advance(&self, hours: f64, change: f64) {
        let mut world = self.world.write().unwrap_or_else(|e| e.into_inner());
        world.advance(hours, change);
        self.moved.store(self.clock.millis(), Ordering::SeqCst);
        self.pages.clear();
        self.selections.clear();
    }

    /// Lets the world know of connectors whose runs are over.
    fn settle(&self) {
        let now = self.clock.millis();
        let finished = self.state.connectors.finished(now);
        if finished.is_empty() {
            return;
        }
        let mut world = self.world.write().unwrap_or_else(|e| e.into_inner());
        let mut changed = false;
        for (provider, id) in finished {
            if let Some(connector) = self.state.connectors.get(&world, provider, &id, now) {
                changed |= world.seat(provider, connector.account(), connector.id());
            }
        }
        if changed {
            self.pages.clear();
            self.selections.clear();
        }
    }

    /// The true counts of everything: what the world computes, and what lies over it.
    pub(crate) fn true_counts(&self) -> Value {
        let world = self.world();
        let mut counts = world.true_counts();
        let now = self.clock.millis();
        for provider in Provider::ALL.into_iter().filter(|p| self.state.connectors.touched(*p)) {
            let connectors = self.state.connectors.all(&world, provider, now).len();
            counts["providers"][provider.as_str()]["connectors"] = connectors.into();
        }
        self.state.count(&world, &mut counts);
        counts["assessments"] = self.reports.all(now).len().into();
        counts
    }

    /// Whether handshakes are refused at the moment.
    pub(crate) fn refuses_tls(&self) -> bool {
        self.outage.is_without_tls()
    }

    /// Answers a request.
    pub(crate) async fn answer(&self, incoming: Incoming<'_>) -> Outcome {
        let path = incoming.uri.path();
        if path.starts_with("/_sim/") {
            let reply = admin::answer(self, incoming.method, path, &incoming.body);
            let headers = head(&reply);
            return Outcome::Answer { reply, headers, sending: Sending::Whole, permit: None };
        }
        let started = Instant::now();
        let came = self.clock.now();
        let found = self.router.find(incoming.method, path);
        let id = match &found {
            Found::Operation { id, .. } => Some(*id),
            _ => None,
        };
        // Faults sit in front of everything, as a failing proxy does: what they hit costs no quota.
        let hits = id.map(|id| self.faults.hit(id.operation().id)).unwrap_or_default();
        let mut now = came;
        for hit in &hits {
            match hit {
                FaultAction::Skew(by) => {
                    now = now.checked_add(jiff::SignedDuration::from_secs(*by)).unwrap_or(now);
                }
                FaultAction::RevokeTokens => {
                    self.keys.tokens.revoke_before(self.serial.load(Ordering::SeqCst))
                }
                _ => {}
            }
        }
        let credentials = self.keys.read(incoming.headers, now.as_second());
        let mut outcome = self.decide(&incoming, found, credentials, now, &hits).await;
        if let Outcome::Answer { headers, .. } = &mut outcome {
            headers.insert(DATE, fault::http_date(now));
        }
        self.record(&incoming, id, credentials, came, started, &outcome);
        outcome
    }

    async fn decide(
        &self,
        incoming: &Incoming<'_>,
        found: Found<'_>,
        credentials: Credentials,
        now: Timestamp,
        hits: &[&FaultAction],
    ) -> Outcome {
        let path = incoming.uri.path();
        let errors = Errors { now, path };
        let area = Area::of(path);
        let operation = match &found {
            Found::Operation { id, .. } => Some(id.operation()),
            _ => None,
        };
        let mut wait = self.latency;
        for hit in hits {
            if let FaultAction::Delay(by) = hit {
                wait += *by;
            }
        }
        if let Some(outcome) = self.instead(hits, wait, area, now, &errors).await {
            return outcome;
        }
        if let Err(reply) = access::admit(incoming.host, area, operation, credentials, &errors) {
            pause(wait).await;
            return whole(reply);
        }
        let (id, other_path, params) = match found {
            Found::Operation { id, other, params } => (id, other, params),
            Found::OtherMethods(allowed) => {
                pause(wait).await;
                return whole(errors.method_not_allowed(incoming.method, &allowed));
            }
            Found::Nothing => {
                pause(wait).await;
                let reply = match area {
                    Area::Facade => errors.no_such_path(),
                    _ => reply::html(StatusCode::NOT_FOUND, "Not Found"),
                };
                return whole(reply);
            }
        };
        // Sign-in does not count.
        let entered =
            (area != Area::Auth).then(|| self.limits.enter(id.operation().limit_class, self.clock.millis()));
        let (standing, permit) = match entered {
            None => (None, None),
            Some((standing, Ok(permit))) => (Some(standing), Some(permit)),
            Some((standing, Err(refusal))) => {
                pause(wait).await;
                return self.refused(area, refusal, standing, now, &errors);
            }
        };
        pause(wait).await;
        self.settle();
        let looked = match id {
            OperationId::IacScan => self.scans.look(incoming.headers, &incoming.body).await,
            _ => None,
        };
        let mut reply = {
            let world = self.world();
            let call = Call {
                service: self,
                world: &world,
                id,
                other_path,
                params,
                query: Query::parse(incoming.uri.query().unwrap_or_default()),
                headers: incoming.headers,
                body: &incoming.body,
                looked,
                errors,
                target: incoming.uri.path_and_query().map_or(path, |t| t.as_str()),
                origin: origin(incoming),
                now,
                world_now: self.world_now(&world),
                turn: Turn::of(hits),
            };
            handlers::answer(&call)
        };
        let mut sending = Sending::Whole;
        for hit in hits {
            match hit {
                FaultAction::Cut => sending = Sending::Cut,
                FaultAction::ResetBody => sending = Sending::Reset,
                FaultAction::StallBody => sending = Sending::Stalled,
                FaultAction::Drip(rate) => sending = Sending::Drip(*rate),
                other => fault::spoil(&mut reply, other, &errors),
            }
        }
        let mut headers = head(&reply);
        if let Some(standing) = standing {
            match self.rate_headers {
                RateHeaders::All => standing.write(&mut headers),
                RateHeaders::None | RateHeaders::BlockedOnly => {}
            }
            // The login check carries the two limits whatever is set: clients read them from there.
            if id == OperationId::AuthCheck {
                standing.write_limits(&mut headers);
            }
        }
        Outcome::Answer { reply, headers, sending, permit }
    }

    /// What comes instead of an answer, where a fault says so.
    async fn instead(
        &self,
        hits: &[&FaultAction],
        wait: Duration,
        area: Area,
        now: Timestamp,
        errors: &Errors<'_>,
    ) -> Option<Outcome> {
        for hit in hits {
            let (reply, told, refusal) = match hit {
                FaultAction::Reset => return Some(Outcome::Reset),
                FaultAction::Stall => return Some(Outcome::Silence),
                FaultAction::Down(length) => {
                    self.outage.go_down(*length);
                    return Some(Outcome::Reset);
                }
                FaultAction::NoTls(length) => {
                    self.outage.refuse_tls(*length);
                    return Some(Outcome::Reset);
                }
                FaultAction::Status(code, told) => {
                    let status = StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                    (errors.plain(status), *told, Refusal::Rate)
                }
                FaultAction::Refuse(kind, told) => {
                    let (status, refusal) = match kind {
                        RefuseAs::Rate => (Refuse::Conflict, Refusal::Rate),
                        RefuseAs::Concurrency => (Refuse::Conflict, Refusal::Concurrency),
                        RefuseAs::TooMany => (Refuse::TooManyRequests, Refusal::Rate),
                    };
                    let seconds = told.to_wait.or(told.retry_after).or(told.retry_date).unwrap_or_default();
                    (refusal_body(area, status, refusal, seconds, now, errors), *told, refusal)
                }
                FaultAction::Conflict => {
                    let message = "The request conflicts with the current state of the resource";
                    (
                        errors.facade(StatusCode::CONFLICT, "CONFLICT", message),
                        Default::default(),
                        Refusal::Rate,
                    )
                }
                _ => continue,
            };
            pause(wait).await;
            let mut headers = head(&reply);
            told.write(&mut headers, self.limits.at_refusal(refusal), now);
            return Some(Outcome::Answer { reply, headers, sending: Sending::Whole, permit: None });
        }
        None
    }

    /// A refusal by the quota.
    fn refused(
        &self,
        area: Area,
        refusal: Refusal,
        standing: Standing,
        now: Timestamp,
        errors: &Errors<'_>,
    ) -> Outcome {
        let wait = standing.to_wait;
        let reply = refusal_body(area, self.refuse, refusal, wait, now, errors);
        let mut headers = head(&reply);
        if self.rate_headers != RateHeaders::None {
            standing.write(&mut headers);
            if reply.status == StatusCode::TOO_MANY_REQUESTS && refusal == Refusal::Rate {
                headers.insert(RETRY_AFTER, HeaderValue::from(wait.max(1)));
            }
        }
        Outcome::Answer { reply, headers, sending: Sending::Whole, permit: None }
    }

    fn record(
        &self,
        incoming: &Incoming<'_>,
        id: Option<OperationId>,
        credentials: Credentials,
        now: Timestamp,
        started: Instant,
        outcome: &Outcome,
    ) {
        let (status, bytes) = match outcome {
            Outcome::Answer { reply, .. } => (reply.status.as_u16(), reply.body.len() as u64),
            Outcome::Reset | Outcome::Silence => (0, 0),
        };
        // The form of the sign-in is nothing but secrets.
        let kept = id.is_some_and(|id| id.operation().limit_class != "auth") && !incoming.body.is_empty();
        let body = kept.then(|| journal::kept(incoming.headers, &incoming.body)).flatten();
        self.recorder.push(JournalEntry {
            seq: 0,
            at: now.as_millisecond(),
            host: incoming.host.as_str().to_owned(),
            method: incoming.method.as_str().to_owned(),
            path: incoming.uri.path().to_owned(),
            query: journal::clean_query(incoming.uri.query().unwrap_or_default()),
            operation: id.map(|id| id.operation().id.to_owned()),
            auth: credentials.kind().to_owned(),
            status,
            ms: started.elapsed().as_secs_f64() * 1e3,
            bytes,
            body,
        });
    }
}

/// The body of a refusal. The API server has its own document and always 409.
fn refusal_body(
    area: Area,
    refuse: Refuse,
    refusal: Refusal,
    wait: u64,
    now: Timestamp,
    errors: &Errors<'_>,
) -> Reply {
    let (code, text) = match refusal {
        Refusal::Rate => (1965, format!("This API cannot be run again for another {wait} seconds.")),
        Refusal::Concurrency => {
            let text =
                "This API cannot be run again until one of the currently running instances has finished.";
            (1960, text.to_owned())
        }
    };
    if matches!(area, Area::Msp | Area::Portal) {
        return reply::simple_return(StatusCode::CONFLICT, now, code, &text);
    }
    let status = match refuse {
        Refuse::Conflict => StatusCode::CONFLICT,
        Refuse::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
    };
    let (code, message) = match refusal {
        Refusal::Rate => ("RATE_LIMIT_EXCEEDED", "API rate limit exceeded"),
        Refusal::Concurrency => ("CONCURRENCY_LIMIT_EXCEEDED", "API concurrency limit exceeded"),
    };
    errors.facade(status, code, message)
}

fn whole(reply: Reply) -> Outcome {
    let headers = head(&reply);
    Outcome::Answer { reply, headers, sending: Sending::Whole, permit: None }
}

fn head(reply: &Reply) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(12);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    for (name, value) in &reply.headers {
        headers.insert(name.clone(), value.clone());
    }
    headers
}

async fn pause(wait: Duration) {
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}

/// Scheme and host as the client named them.
fn origin(incoming: &Incoming<'_>) -> String {
    let authority = incoming
        .uri
        .authority()
        .map(|a| Cow::Borrowed(a.as_str()))
        .or_else(|| incoming.headers.get(http::header::HOST).map(|h| String::from_utf8_lossy(h.as_bytes())))
        .unwrap_or_default();
    format!("{}://{authority}", if incoming.tls { "https" } else { "http" })
}
