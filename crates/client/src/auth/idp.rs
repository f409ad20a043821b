//! A token from the customer's own identity provider (OAuth 2.0, RFC 6749 §4.3 and §4.4).

use crate::auth::{Fetched, command::clean};
use crate::credentials::{Grant, IdpConfig};
use crate::error::{Error, ErrorKind};
use crate::hosts;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::time::Duration;
use totalcloud_api::operation::{Answer, Auth, Body, Host, Method, Operation, Request};
use totalcloud_api::resources::Confidence;
use url::Url;

/// Asking the identity provider, as an operation: it is not one of the service.
pub(crate) static IDP_OPERATION: Operation = {
    let mut op = Operation::__new(
        "auth.idp",
        "Asks the customer's identity provider for a token.",
        0,
        Method::Post,
        "",
        "RFC 6749",
        Confidence::Documented,
        &[],
    );
    op.host = Host::Gateway;
    op.auth = Auth::None;
    op.answer = Answer::Text;
    op.limit_class = "auth";
    op.repeatable = true;
    op
};

/// The identity provider, checked.
pub(crate) struct Idp {
    pub(crate) url: Url,
    config: IdpConfig,
}

impl Idp {
    pub(crate) fn new(config: &IdpConfig, allow_http: bool) -> Result<Idp, Error> {
        let url = Url::parse(config.token_url.trim())
            .map_err(|e| Error::new(ErrorKind::Config, format!("the token URL cannot be read: {e}")))?;
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some()
        {
            return Err(Error::new(
                ErrorKind::Config,
                "the token URL must begin with https:// and hold no user name or password",
            ));
        }
        hosts::check_scheme(&url, allow_http)?;
        if config.client_id.trim().is_empty() {
            return Err(Error::new(ErrorKind::Config, "the identity provider needs a client id"));
        }
        if matches!(config.grant, Grant::ClientCredentials) && config.client_secret.is_none() {
            return Err(Error::new(ErrorKind::Config, "the client credentials grant needs a client secret"));
        }
        Ok(Idp { url, config: config.clone() })
    }

    /// The request for a token.
    pub(crate) fn request(&self) -> Result<Request, Error> {
        let c = &self.config;
        let mut form: Vec<(&'static str, String)> = Vec::new();
        match &c.grant {
            Grant::Password { username, password } => {
                form.push(("grant_type", "password".into()));
                form.push(("username", username.clone()));
                form.push(("password", password.expose_secret().to_owned()));
            }
            Grant::ClientCredentials => form.push(("grant_type", "client_credentials".into())),
        }
        form.push(("client_id", c.client_id.clone()));
        if let Some(secret) = &c.client_secret {
            form.push(("client_secret", secret.expose_secret().to_owned()));
        }
        for (name, value) in [("scope", &c.scope), ("audience", &c.audience)] {
            if let Some(value) = value {
                form.push((name, value.clone()));
            }
        }
        let mut request = IDP_OPERATION.request(&Default::default(), &Default::default())?;
        request.body = Body::Form(form);
        Ok(request)
    }
}

#[derive(Deserialize)]
struct Wire {
    access_token: Option<String>,
    expires_in: Option<serde_json::Value>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Reads the answer, which may be an error whatever the status is.
pub(crate) fn read(body: &[u8]) -> Result<Fetched, Error> {
    let refused = |what: String| Error::new(ErrorKind::Unauthenticated, what);
    let wire: Wire = serde_json::from_slice(body).map_err(|_| {
        Error::new(ErrorKind::Decode, "the identity provider's answer is no JSON object")
            .with_hint("check the token URL")
    })?;
    if let Some(error) = wire.error {
        let description = wire.error_description.map(|d| format!(": {}", short(&d))).unwrap_or_default();
        return Err(refused(format!("the identity provider refused: {}{description}", short(&error))));
    }
    let token = wire
        .access_token
        .map(SecretString::from)
        .and_then(|t| clean(&t))
        .ok_or_else(|| refused("the identity provider's answer holds no access_token".to_owned()))?;
    let secs = wire.expires_in.and_then(|v| v.as_u64().or_else(|| v.as_str()?.trim().parse().ok()));
    Ok(Fetched { token, lifetime: Some(Duration::from_secs(secs.unwrap_or(3_600))) })
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_token_or_an_error_that_leaks_nothing() {
        let f = read(br#"{"access_token":"opaque","expires_in":"120","id_token":"x"}"#).unwrap();
        assert_eq!((f.token.expose_secret(), f.lifetime), ("opaque", Some(Duration::from_secs(120))));
        for (body, word) in [
            (
                r#"{"error":"invalid_grant","error_description":"Bad user","access_token":"canary"}"#,
                "invalid_grant: Bad user",
            ),
            (r#"{"access_tokn":"canary"}"#, "no access_token"),
            ("<html>canary", "no JSON"),
            (r#"["canary"]"#, "no JSON"),
        ] {
            let e = read(body.as_bytes()).err().unwrap();
            assert!(e.to_string().contains(word), "{e}");
            assert!(!format!("{e:?}").contains("canary"));
        }
    }

    #[test]
    fn the_form_follows_the_grant() {
        let names = |config: IdpConfig| -> Vec<&'static str> {
            match Idp::new(&config, false).unwrap().request().unwrap().body {
                Body::Form(form) => form.into_iter().map(|(n, _)| n).collect(),
                _ => vec![],
            }
        };
        let mut client = IdpConfig::client_credentials("https://idp.example.com/token", "c", "s");
        client.audience = Some("qualys".into());
        assert_eq!(names(client), ["grant_type", "client_id", "client_secret", "audience"]);
        let mut user = IdpConfig::password("https://idp.example.com/token", "c", "u", "p");
        user.scope = Some("openid".into());
        assert_eq!(names(user), ["grant_type", "username", "password", "client_id", "scope"]);
    }

    #[test]
    fn addresses_that_would_leak_are_refused() {
        for bad in ["http://idp.example.com/t", "ftp://x", "nothing", "https://u:canary@x/t"] {
            let e = Idp::new(&IdpConfig::client_credentials(bad, "c", "s"), false).err().unwrap();
            assert_eq!(e.kind(), ErrorKind::Config);
            assert!(!e.to_string().contains("canary"));
        }
    }
}
