//! Where the database is.

use super::tls;
use crate::{Error, Kind, Result};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;
use url::Url;

/// How long the way to the server may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A database: `postgres://USER@HOST:PORT/DATABASE?sslmode=…`. Its password is never printed.
///
/// The words of `sslmode` are those of libpq: `disable`, `prefer`, `require` (encrypted, but whoever answers is
/// believed), `verify-full`; `verify-ca` is taken for `verify-full`. Without it, servers on this machine are asked by
/// `prefer` and all others by `verify-full`. `sslrootcert` is a file of certificates to trust instead of the
/// system's.
#[derive(Debug, Clone)]
pub struct Target {
    user: Option<String>,
    password: Option<SecretString>,
    host: String,
    port: u16,
    database: Option<String>,
    mode: Mode,
    roots: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Disable,
    Prefer,
    Require,
    Verify,
}

impl Target {
    /// Reads an address.
    ///
    /// # Errors
    /// If it is none, or says something that is not known.
    pub fn parse(address: &str) -> Result<Target> {
        let wrong = |message: String| {
            Error::new(Kind::Input, message)
                .hint("write postgres://USER@HOST:PORT/DATABASE?sslmode=verify-full")
        };
        // The address itself is never repeated: it may hold the password.
        let url = Url::parse(address).map_err(|e| wrong(format!("the address of the database: {e}")))?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(wrong(format!("{}:// is no address of a PostgreSQL database", url.scheme())));
        }
        let text = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
        let some = |part: &str| (!part.is_empty()).then(|| text(part));
        let mut target = Target {
            user: some(url.username()),
            password: url.password().map(|p| SecretString::from(text(p))),
            host: url.host_str().map(text).unwrap_or_default(),
            port: url.port().unwrap_or(5432),
            database: some(url.path().trim_start_matches('/')),
            mode: Mode::Prefer,
            roots: None,
        };
        let mut mode = None;
        for (name, value) in url.query_pairs() {
            match (name.as_ref(), value.as_ref()) {
                ("sslmode", "disable") => mode = Some(Mode::Disable),
                ("sslmode", "prefer") => mode = Some(Mode::Prefer),
                ("sslmode", "require") => mode = Some(Mode::Require),
                ("sslmode", "verify-ca" | "verify-full") => mode = Some(Mode::Verify),
                ("sslmode", _) => {
                    let message = "sslmode is disable, prefer, require or verify-full";
                    return Err(wrong(message.to_owned()));
                }
                ("sslrootcert", "system") => {}
                ("sslrootcert", path) => target.roots = Some(path.into()),
                ("host", host) => target.host = host.to_owned(),
                ("port", port) => {
                    target.port = port.parse().map_err(|_| wrong("the port is no number".to_owned()))?;
                }
                ("user", user) => target.user = Some(user.to_owned()),
                ("password", password) => target.password = Some(password.to_owned().into()),
                ("dbname", name) => target.database = Some(name.to_owned()),
                (other, _) => return Err(wrong(format!("{other:?} in the address is not known"))),
            }
        }
        if target.host.is_empty() {
            return Err(wrong("the address of the database names no host".to_owned()));
        }
        if target.roots.is_some() && mode.is_none() {
            mode = Some(Mode::Verify);
        }
        target.mode = mode.unwrap_or(if target.is_here() { Mode::Prefer } else { Mode::Verify });
        Ok(target)
    }

    /// Whether the address held a password.
    pub fn has_password(&self) -> bool {
        self.password.is_some()
    }

    /// Gives the password, unless the address did.
    #[must_use]
    pub fn with_password(mut self, password: Option<SecretString>) -> Target {
        self.password = self.password.or(password);
        self
    }

    /// Whether the server is on this machine.
    fn is_here(&self) -> bool {
        let host = self.host.trim_matches(['[', ']']);
        let loopback = host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        loopback || host.eq_ignore_ascii_case("localhost") || self.is_socket()
    }

    fn is_socket(&self) -> bool {
        self.host.starts_with('/')
    }

    pub(super) fn config(&self) -> Result<tokio_postgres::Config> {
        let mut config = tokio_postgres::Config::new();
        config.application_name("totalcloud").connect_timeout(PATIENCE).port(self.port);
        config.host(self.host.trim_matches(['[', ']']));
        config.ssl_mode(match self.mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            Mode::Require | Mode::Verify => SslMode::Require,
        });
        let user = self.user.clone().or_else(|| std::env::var("PGUSER").ok());
        if let Some(user) = &user {
            config.user(user);
        }
        if let Some(name) = &self.database {
            config.dbname(name);
        }
        if let Some(password) = &self.password {
            config.password(password.expose_secret());
        }
        Ok(config)
    }

    pub(super) fn tls(&self) -> Result<MakeRustlsConnect> {
        tls::connector(self.mode == Mode::Verify, self.roots.as_deref())
    }
}

/// The address without the password.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        write!(f, "{}:{}", self.host, self.port)?;
        self.database.as_ref().map_or(Ok(()), |name| write!(f, "/{name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(address: &str) -> Target {
        Target::parse(address).unwrap()
    }

    #[test]
    fn an_address_is_read_and_told_without_its_password() {
        let target = parse("postgres://me:s%40cret@db.example.com/estate?sslmode=require");
        assert_eq!(target.to_string(), "postgres://me@db.example.com:5432/estate");
        assert!(target.has_password() && !format!("{target:?}").contains("s@cret"));
        assert_eq!(target.password.as_ref().unwrap().expose_secret(), "s@cret");
        assert_eq!(target.mode, Mode::Require);
        let target =
            parse("postgresql://db/estate?password=p").with_password(Some("other".to_owned().into()));
        assert_eq!(target.password.unwrap().expose_secret(), "p");
    }

    #[test]
    fn only_servers_on_this_machine_are_believed_without_a_certificate() {
        for (address, mode) in [
            ("postgres://db.example.com/x", Mode::Verify),
            ("postgres://127.0.0.1:6000/x", Mode::Prefer),
            ("postgres://[::1]/x", Mode::Prefer),
            ("postgres://localhost/x", Mode::Prefer),
            ("postgres:///x?host=/run/postgresql", Mode::Prefer),
            ("postgres://localhost/x?sslrootcert=/ca.pem", Mode::Verify),
            ("postgres://10.0.0.1/x?sslmode=verify-ca", Mode::Verify),
            ("postgres://10.0.0.1/x?sslmode=disable", Mode::Disable),
        ] {
            assert_eq!(parse(address).mode, mode, "{address}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused_without_repeating_the_address() {
        for (address, expected) in [
            ("mysql://me:canary@db/x", "mysql:// is no address of a PostgreSQL database"),
            ("postgres:///x", "the address of the database names no host"),
            ("postgres://me:canary@db/x?sslmode=maybe", "sslmode is disable, prefer, require or verify-full"),
            ("postgres://me:canary@db/x?ssl=canary", "\"ssl\" in the address is not known"),
            ("db/x:canary", "the address of the database: relative URL without a base"),
        ] {
            let error = Target::parse(address).unwrap_err();
            assert_eq!(error.message(), expected);
            assert!(!format!("{error:?}").contains("canary"), "{address}");
        }
    }
}
