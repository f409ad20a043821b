//! Signing in: where a call goes and what it carries, and the token that calls share.

mod claims;
mod command;
mod idp;
mod token;

pub use claims::TokenInfo;
pub(crate) use command::{clean, run as run_command};
pub(crate) use idp::{Idp, read as read_idp};
pub(crate) use token::{Fetched, TokenCache, Used};

use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use totalcloud_api::operation::{Auth, Host, Operation};

/// Where a call goes and how it signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) host: Host,
    pub(crate) way: Way,
}

/// What a call carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Nothing,
    Basic,
    Bearer,
}

/// Decides by the operation and the kind of credentials alone.
pub(crate) fn route(operation: &Operation, credentials: &Credentials) -> Result<Route, Error> {
    let basic = matches!(credentials, Credentials::Basic { .. });
    match (operation.auth, operation.host) {
        (Auth::None, host) => Ok(Route { host, way: Way::Nothing }),
        (Auth::Basic, host) | (Auth::Session, host @ Host::ApiServer) => match credentials.password() {
            Some(_) => Ok(Route { host, way: Way::Basic }),
            None => Err(Error::new(
                ErrorKind::Unauthenticated,
                format!("it takes a user name and a password, but the sign-in is '{}'", credentials.kind()),
            )
            .with_operation(operation.id)
            .with_hint("sign in with TOTALCLOUD_AUTH=basic or jwt for this operation")),
        },
        (Auth::Session, Host::Either) if basic => Ok(Route { host: Host::Either, way: Way::Basic }),
        // The gateway takes tokens only; a user name and a password are exchanged for one.
        (Auth::Session, _) => Ok(Route { host: Host::Gateway, way: Way::Bearer }),
    }
}

/// The value of an `Authorization` header, marked as confidential.
pub(crate) fn basic_header(username: &str, password: &SecretString) -> Result<HeaderValue, Error> {
    let pair = SecretString::from(format!("{username}:{}", password.expose_secret()));
    header("Basic ", &STANDARD.encode(pair.expose_secret()))
}

pub(crate) fn bearer_header(token: &SecretString) -> Result<HeaderValue, Error> {
    header("Bearer ", token.expose_secret())
}

fn header(scheme: &str, value: &str) -> Result<HeaderValue, Error> {
    let mut header = HeaderValue::try_from(format!("{scheme}{value}")).map_err(|_| {
        Error::new(ErrorKind::Unauthenticated, "the token holds characters that a header cannot carry")
    })?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;
    use totalcloud_api::endpoints::OperationId;

    #[test]
    fn each_operation_goes_where_its_credentials_are_taken() {
        let basic = Credentials::basic("u", "p");
        let jwt = Credentials::gateway("u", "p");
        let token = Credentials::token("t");
        let at = |op: OperationId, c: &Credentials| route(op.operation(), c).map(|r| (r.host, r.way));
        use OperationId::*;
        assert_eq!(at(ResourcesList, &basic).unwrap(), (Host::Either, Way::Basic));
        assert_eq!(at(ResourcesList, &jwt).unwrap(), (Host::Gateway, Way::Bearer));
        assert_eq!(at(ResourcesList, &token).unwrap(), (Host::Gateway, Way::Bearer));
        assert_eq!(at(PoliciesList, &basic).unwrap(), (Host::Gateway, Way::Bearer));
        assert_eq!(at(AuthCheck, &jwt).unwrap(), (Host::ApiServer, Way::Basic));
        assert_eq!(at(AuthGateway, &basic).unwrap(), (Host::Gateway, Way::Nothing));
        assert_eq!(at(AuthCheck, &token).unwrap_err().kind(), ErrorKind::Unauthenticated);
    }

    #[test]
    fn headers_do_not_show_what_they_carry() {
        let header = basic_header("u", &"canary".into()).unwrap();
        assert_eq!(header.as_bytes(), b"Basic dTpjYW5hcnk=");
        assert_eq!(format!("{header:?}"), "Sensitive");
        let e = bearer_header(&"canary\n".into()).unwrap_err();
        assert!(!format!("{e:?}{e}").contains("canary"));
    }
}
