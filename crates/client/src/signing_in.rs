//! How a client comes by the token that its calls carry, and what a refused sign-in is told with.

use crate::auth::{self, Fetched, TokenInfo, Used};
use crate::credentials::Credentials;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind};
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use totalcloud_api::endpoints::auth::{GatewayToken, OidcToken};
use totalcloud_api::operation::{Endpoint, Request};

impl Engine {
    /// The token that calls carry.
    pub(crate) async fn token(&self) -> Result<Used, Error> {
        self.tokens.get(|| self.fetch_token()).await
    }

    /// Whether a refused token can be replaced by another one.
    pub(crate) fn can_renew(&self) -> bool {
        !matches!(self.credentials, Credentials::Token(_))
    }

    fn fetch_token(&self) -> BoxFuture<'_, Result<Fetched, Error>> {
        Box::pin(async move {
            match &self.credentials {
                Credentials::Basic { username, password } | Credentials::Gateway { username, password } => {
                    let request = GatewayToken::new(username.as_str(), password.expose_secret())
                        .token(true)
                        .request(&self.spellings)?;
                    self.exchange(&request, Duration::from_secs(4 * 3_600)).await
                }
                Credentials::Oidc { client_id, client_secret } => {
                    let request = OidcToken::new(client_id.as_str(), client_secret.expose_secret())
                        .request(&self.spellings)?;
                    self.exchange(&request, Duration::from_secs(3_600)).await
                }
                Credentials::Idp(_) => {
                    let Some(idp) = &self.idp else {
                        return Err(Error::new(ErrorKind::Config, "there is no identity provider"));
                    };
                    let request = idp.request()?;
                    let (answer, _) = self.tries(&request).await?;
                    auth::read_idp(&answer.body).map_err(|e| e.with_operation(request.operation.id))
                }
                Credentials::Token(token) => {
                    let token = auth::clean(token).ok_or_else(|| {
                        Error::new(ErrorKind::Unauthenticated, "the token is empty or has white space in it")
                    })?;
                    Ok(Fetched { token, lifetime: None })
                }
                Credentials::Command(command) => {
                    let token = auth::run_command(command).await?;
                    // Without any word on its lifetime it is asked for again now and then.
                    Ok(Fetched { token, lifetime: Some(Duration::from_secs(3_600)) })
                }
            }
        })
    }

    /// Exchanges credentials at the gateway for a token.
    async fn exchange(&self, request: &Request, lifetime: Duration) -> Result<Fetched, Error> {
        let op = request.operation;
        let (answer, _) = self.tries(request).await?;
        let odd = || {
            Error::new(ErrorKind::Decode, "the gateway's answer is no token")
                .with_operation(op.id)
                .with_status(answer.status)
                .with_hint("check TOTALCLOUD_GATEWAY_URL")
        };
        let text = SecretString::from(std::str::from_utf8(&answer.body).map_err(|_| odd())?);
        // One client expects an object here, though all others saw bare text.
        let token = match serde_json::from_str::<serde_json::Value>(text.expose_secret()) {
            Ok(serde_json::Value::Object(map)) => ["access_token", "token", "jwt"]
                .iter()
                .find_map(|name| map.get(*name)?.as_str())
                .map(SecretString::from)
                .and_then(|t| auth::clean(&t)),
            _ => auth::clean(&text),
        };
        // A malformed token makes some services answer 500 instead of 401.
        let token = token.filter(|t| TokenInfo::of(t).is_jwt).ok_or_else(odd)?;
        Ok(Fetched { token, lifetime: Some(lifetime) })
    }

    /// Some tenants refuse Basic although the password is right.
    pub(crate) async fn explain_basic(&self, error: Error, host: &str) -> Error {
        match self.token().await {
            Ok(_) => Error::new(
                ErrorKind::Unauthenticated,
                format!(
                    "{host} refused Basic sign-in, but the gateway accepts the same user name and password"
                ),
            )
            .with_status(401)
            .with_request_id(error.request_id().map(str::to_owned))
            .with_hint("switch to a token of the gateway: TOTALCLOUD_AUTH=jwt"),
            Err(_) => error,
        }
    }

    pub(crate) fn against_user_name(&self, error: Error) -> Error {
        match self.credentials.username().and_then(|user| self.hosts.contradiction(user)) {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}
