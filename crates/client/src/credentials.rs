//! Ways to sign in.

use crate::error::{Error, ErrorKind};
use secrecy::SecretString;
use std::fmt;
use std::str::FromStr;

/// A way to sign in, by the word that settings use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthKind {
    /// User name and password with every call, on the base host.
    Basic,
    /// User name and password once, exchanged for a token of the gateway.
    Jwt,
    /// A client of the service, exchanged for a token.
    Oidc,
    /// The customer's own identity provider.
    Idp,
    /// A token that is there already.
    Token,
    /// A command that prints a token.
    Command,
}

impl AuthKind {
    /// All of them.
    pub const ALL: [AuthKind; 6] =
        [AuthKind::Basic, AuthKind::Jwt, AuthKind::Oidc, AuthKind::Idp, AuthKind::Token, AuthKind::Command];

    /// The word of settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            AuthKind::Basic => "basic",
            AuthKind::Jwt => "jwt",
            AuthKind::Oidc => "oidc",
            AuthKind::Idp => "idp",
            AuthKind::Token => "token",
            AuthKind::Command => "command",
        }
    }
}

impl fmt::Display for AuthKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for AuthKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<AuthKind, Error> {
        let wanted = text.trim();
        AuthKind::ALL.into_iter().find(|k| k.as_str().eq_ignore_ascii_case(wanted)).ok_or_else(|| {
            let all: Vec<&str> = AuthKind::ALL.iter().map(|k| k.as_str()).collect();
            Error::new(
                ErrorKind::Config,
                format!("there is no way to sign in called '{wanted}'; there are {}", all.join(", ")),
            )
        })
    }
}

/// How the customer's identity provider is asked for a token.
#[derive(Clone)]
#[non_exhaustive]
pub enum Grant {
    /// Resource owner password.
    Password {
        /// User name at the identity provider.
        username: String,
        /// Password at the identity provider.
        password: SecretString,
    },
    /// Client credentials.
    ClientCredentials,
}

/// The customer's own identity provider.
#[derive(Clone)]
#[non_exhaustive]
pub struct IdpConfig {
    /// The address that gives tokens.
    pub token_url: String,
    /// How it is asked.
    pub grant: Grant,
    /// Client id.
    pub client_id: String,
    /// Client secret.
    pub client_secret: Option<SecretString>,
    /// Scope.
    pub scope: Option<String>,
    /// Audience.
    pub audience: Option<String>,
}

impl IdpConfig {
    /// An identity provider that is asked with the credentials of a client.
    pub fn client_credentials(
        token_url: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<SecretString>,
    ) -> IdpConfig {
        IdpConfig {
            token_url: token_url.into(),
            grant: Grant::ClientCredentials,
            client_id: client_id.into(),
            client_secret: Some(client_secret.into()),
            scope: None,
            audience: None,
        }
    }

    /// An identity provider that is asked with the password of a user.
    pub fn password(
        token_url: impl Into<String>,
        client_id: impl Into<String>,
        username: impl Into<String>,
        password: impl Into<SecretString>,
    ) -> IdpConfig {
        IdpConfig {
            token_url: token_url.into(),
            grant: Grant::Password { username: username.into(), password: password.into() },
            client_id: client_id.into(),
            client_secret: None,
            scope: None,
            audience: None,
        }
    }
}

/// What to sign in with. `Debug` shows no secret.
#[derive(Clone)]
#[non_exhaustive]
pub enum Credentials {
    /// User name and password with every call, on the base host.
    Basic {
        /// User name.
        username: String,
        /// Password.
        password: SecretString,
    },
    /// User name and password, exchanged at the gateway for a token.
    Gateway {
        /// User name.
        username: String,
        /// Password.
        password: SecretString,
    },
    /// A client of the service, exchanged at the gateway for a token.
    Oidc {
        /// Client id.
        client_id: String,
        /// Client secret.
        client_secret: SecretString,
    },
    /// The customer's own identity provider.
    Idp(IdpConfig),
    /// A token that is there already.
    Token(SecretString),
    /// A command for the shell that prints a token.
    Command(String),
}

impl Credentials {
    /// User name and password with every call.
    pub fn basic(username: impl Into<String>, password: impl Into<SecretString>) -> Credentials {
        Credentials::Basic { username: username.into(), password: password.into() }
    }

    /// User name and password, exchanged at the gateway for a token.
    pub fn gateway(username: impl Into<String>, password: impl Into<SecretString>) -> Credentials {
        Credentials::Gateway { username: username.into(), password: password.into() }
    }

    /// A client of the service.
    pub fn oidc(client_id: impl Into<String>, client_secret: impl Into<SecretString>) -> Credentials {
        Credentials::Oidc { client_id: client_id.into(), client_secret: client_secret.into() }
    }

    /// A token that is there already.
    pub fn token(token: impl Into<SecretString>) -> Credentials {
        Credentials::Token(token.into())
    }

    /// The kind of sign-in.
    pub fn kind(&self) -> AuthKind {
        match self {
            Credentials::Basic { .. } => AuthKind::Basic,
            Credentials::Gateway { .. } => AuthKind::Jwt,
            Credentials::Oidc { .. } => AuthKind::Oidc,
            Credentials::Idp(_) => AuthKind::Idp,
            Credentials::Token(_) => AuthKind::Token,
            Credentials::Command(_) => AuthKind::Command,
        }
    }

    /// The user name at the service, where there is one.
    pub fn username(&self) -> Option<&str> {
        match self {
            Credentials::Basic { username, .. } | Credentials::Gateway { username, .. } => Some(username),
            _ => None,
        }
    }

    /// User name and password at the service, where there are some.
    pub(crate) fn password(&self) -> Option<(&str, &SecretString)> {
        match self {
            Credentials::Basic { username, password } | Credentials::Gateway { username, password } => {
                Some((username, password))
            }
            _ => None,
        }
    }
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Grant::Password { .. } => "Password",
            Grant::ClientCredentials => "ClientCredentials",
        })
    }
}

impl fmt::Debug for IdpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdpConfig").field("grant", &self.grant).finish_non_exhaustive()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.kind())
    }
}
