//! Who may call what, and where: the three host kinds and the two kinds of credentials.

use crate::reply::{self, Errors, Reply};
use crate::token::{BadToken, Tokens};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use totalcloud_api::Operation;
use totalcloud_api::operation::Host;

/// Which of the service's hosts a port stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HostKind {
    /// All three at one address.
    Any,
    /// The base (portal) host.
    Base,
    /// The gateway.
    Gateway,
    /// The API server.
    Api,
}

impl HostKind {
    /// The word of the journal.
    pub const fn as_str(self) -> &'static str {
        match self {
            HostKind::Any => "any",
            HostKind::Base => "base",
            HostKind::Gateway => "gateway",
            HostKind::Api => "api",
        }
    }
}

/// What a request brought along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credentials {
    Missing,
    Basic { right: bool },
    Bearer(Result<(), BadToken>),
}

impl Credentials {
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Credentials::Missing => "none",
            Credentials::Basic { .. } => "basic",
            Credentials::Bearer(_) => "bearer",
        }
    }
}

/// The accounts of the simulated subscription.
pub(crate) struct Keys {
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) tokens: Tokens,
    /// What most clients send, so that nothing is decoded for them.
    basic: String,
}

impl Keys {
    pub(crate) fn new(
        username: String,
        password: String,
        client_id: String,
        client_secret: String,
        tokens: Tokens,
    ) -> Keys {
        let basic = format!("Basic {}", STANDARD.encode(format!("{username}:{password}")));
        Keys { username, password, client_id, client_secret, tokens, basic }
    }

    /// Reads the `Authorization` header. `now` is in seconds.
    pub(crate) fn read(&self, headers: &HeaderMap, now: i64) -> Credentials {
        let Some(value) = headers.get(AUTHORIZATION) else { return Credentials::Missing };
        if value.as_bytes() == self.basic.as_bytes() {
            return Credentials::Basic { right: true };
        }
        let Ok(text) = value.to_str() else { return Credentials::Missing };
        let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
        let rest = rest.trim_start();
        if scheme.eq_ignore_ascii_case("basic") {
            let decoded = STANDARD.decode(rest).or_else(|_| STANDARD_NO_PAD.decode(rest)).unwrap_or_default();
            let right = decoded == format!("{}:{}", self.username, self.password).as_bytes();
            return Credentials::Basic { right };
        }
        if scheme.eq_ignore_ascii_case("bearer") {
            return Credentials::Bearer(self.tokens.check(rest, now));
        }
        Credentials::Missing
    }
}

/// The part of the service a path belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Area {
    /// `/auth…`
    Auth,
    /// `/msp/…`
    Msp,
    /// `/cloudview-api/…`
    Facade,
    /// `/qps/…`
    Portal,
    /// Other services behind the gateway.
    Neighbour,
    /// Nothing that is simulated.
    Outside,
}

const NEIGHBOURS: [&str; 4] = ["/connectors/v1.0/", "/conn/snapshot/", "/flexscan-api/", "/cdr-api/"];

impl Area {
    pub(crate) fn of(path: &str) -> Area {
        if path == "/auth" || path.starts_with("/auth/") {
            Area::Auth
        } else if path.starts_with("/msp/") {
            Area::Msp
        } else if path.starts_with("/cloudview-api/") {
            Area::Facade
        } else if path.starts_with("/qps/") {
            Area::Portal
        } else if NEIGHBOURS.iter().any(|start| path.starts_with(start)) {
            Area::Neighbour
        } else {
            Area::Outside
        }
    }
}

/// Says whether a request may go on, by `platforms.md` §1:
/// the base host takes Basic, the gateway bearer tokens, the API server Basic and no `/cloudview-api` at all. The
/// neighbours are behind the gateway only.
///
/// What the base host and the gateway answer to each other's sign-in paths is not known; they answer as the
/// API server does, with a 404 page (guess).
pub(crate) fn admit(
    host: HostKind,
    area: Area,
    operation: Option<&Operation>,
    credentials: Credentials,
    errors: &Errors<'_>,
) -> Result<(), Reply> {
    let page = || reply::html(StatusCode::NOT_FOUND, "Not Found");
    match (area, host) {
        (Area::Outside, _)
        | (Area::Facade | Area::Auth, HostKind::Api)
        | (Area::Auth, HostKind::Base)
        | (Area::Msp | Area::Portal, HostKind::Base | HostKind::Gateway)
        | (Area::Neighbour, HostKind::Base | HostKind::Api) => Err(page()),
        (Area::Auth, _) => Ok(()),
        (Area::Msp | Area::Portal, _) => match credentials {
            Credentials::Basic { right: true } => Ok(()),
            _ => Err(reply::simple_return(StatusCode::UNAUTHORIZED, errors.now, 2000, "Bad Login/Password")),
        },
        (Area::Facade | Area::Neighbour, _) => {
            let gateway_only =
                area == Area::Neighbour || operation.is_some_and(|op| op.host == Host::Gateway);
            match credentials {
                Credentials::Missing => {
                    Err(errors.unauthorised("Full authentication is required to access this resource"))
                }
                Credentials::Basic { .. } if host == HostKind::Gateway => {
                    Err(errors.unauthorised("Basic authentication is not accepted here"))
                }
                Credentials::Basic { right: false } => Err(errors.unauthorised("Bad credentials")),
                Credentials::Basic { right: true } if gateway_only && host == HostKind::Base => {
                    Err(errors.no_such_path())
                }
                Credentials::Basic { right: true } if gateway_only => {
                    Err(errors.unauthorised("Basic authentication is not accepted here"))
                }
                Credentials::Basic { right: true } => Ok(()),
                Credentials::Bearer(_) if host == HostKind::Base => {
                    Err(errors.unauthorised("Bearer authentication is not accepted here"))
                }
                Credentials::Bearer(Ok(())) => Ok(()),
                Credentials::Bearer(Err(BadToken::Malformed)) => {
                    Err(errors.spring(StatusCode::INTERNAL_SERVER_ERROR, "JWT parsing failed"))
                }
                Credentials::Bearer(Err(BadToken::Refused)) => {
                    Err(errors.unauthorised("The token is expired or not known"))
                }
            }
        }
    }
}
