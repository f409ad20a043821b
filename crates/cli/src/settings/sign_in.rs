//! Which way to sign in the settings ask for, and with what.

use super::{Form, Key, Layer, Origin, Settings, Value};
use crate::error::CliError;
use secrecy::SecretString;
use std::io::Read as _;
use std::time::Duration;
use totalcloud::{AuthKind, Credentials, IdpConfig};

/// In words.
pub fn describe(kind: AuthKind) -> &'static str {
    match kind {
        AuthKind::Basic => "user name and password with every call (Basic)",
        AuthKind::Jwt => "a gateway token for user name and password",
        AuthKind::Oidc => "a service token for client id and secret",
        AuthKind::Idp => "a token of your identity provider",
        AuthKind::Token => "a ready token",
        AuthKind::Command => "a command that prints a token",
        _ => kind.as_str(),
    }
}

/// The settings a way to sign in uses.
fn uses(kind: AuthKind) -> &'static [Key] {
    use Key::*;
    match kind {
        AuthKind::Basic | AuthKind::Jwt => &[Username, Password, PasswordCommand],
        AuthKind::Oidc => &[ClientId, ClientSecret, ClientSecretCommand],
        AuthKind::Idp => &[
            TokenUrl,
            ClientId,
            ClientSecret,
            ClientSecretCommand,
            Username,
            Password,
            PasswordCommand,
            Scope,
            Audience,
        ],
        AuthKind::Token => &[Token],
        AuthKind::Command => &[TokenCommand],
        _ => &[],
    }
}

/// The secret that a way to sign in needs.
pub fn secret_of(kind: AuthKind, with_username: bool) -> Option<Key> {
    match kind {
        AuthKind::Basic | AuthKind::Jwt => Some(Key::Password),
        AuthKind::Idp if with_username => Some(Key::Password),
        AuthKind::Oidc | AuthKind::Idp => Some(Key::ClientSecret),
        AuthKind::Token => Some(Key::Token),
        _ => None,
    }
}

/// The ways to sign in that the values of a layer speak for.
fn evidence(layer: &Layer) -> Vec<AuthKind> {
    let any = |keys: &[Key]| keys.iter().any(|k| layer.has(*k));
    let mut kinds = Vec::new();
    if layer.has(Key::Token) {
        kinds.push(AuthKind::Token);
    }
    if layer.has(Key::TokenCommand) {
        kinds.push(AuthKind::Command);
    }
    if layer.has(Key::TokenUrl) {
        kinds.push(AuthKind::Idp);
        return kinds;
    }
    if any(&[Key::ClientId, Key::ClientSecret, Key::ClientSecretCommand]) {
        kinds.push(AuthKind::Oidc);
    }
    if any(&[Key::Username, Key::Password, Key::PasswordCommand]) {
        kinds.push(AuthKind::Basic);
    }
    kinds
}

impl Settings {
    /// The way to sign in: the one asked for, or the one that the highest layer with credentials speaks for.
    ///
    /// # Errors
    /// If one layer speaks for several.
    pub fn auth_kind(&self) -> Result<Option<AuthKind>, CliError> {
        let mut spoken: Option<Vec<AuthKind>> = None;
        for layer in self.layers() {
            let seen = evidence(layer);
            if let Some(word) = layer.0.get(&Key::Auth).map(|s| s.value.shown()) {
                let asked = AuthKind::ALL.into_iter().find(|k| k.as_str() == word);
                let fits = |asked: AuthKind| {
                    spoken.as_ref().is_none_or(|kinds| {
                        kinds.iter().any(|k| *k == asked || uses(*k).iter().all(|u| uses(asked).contains(u)))
                    })
                };
                if let Some(asked) = asked.filter(|a| fits(*a)) {
                    return Ok(Some(asked));
                }
            }
            if spoken.is_none() && !seen.is_empty() {
                spoken = Some(seen);
            }
        }
        match spoken.as_deref() {
            None => Ok(None),
            Some([one]) => Ok(Some(*one)),
            Some(many) => {
                let words: Vec<&str> = many.iter().map(|k| k.as_str()).collect();
                Err(CliError::usage(format!(
                    "the settings contradict each other: they hold credentials for {}",
                    words.join(" and for ")
                ))
                .hint(format!("say which with --auth or TOTALCLOUD_AUTH ({})", words.join(", "))))
            }
        }
    }

    /// What to sign in with; secrets are fetched now, from wherever they are.
    ///
    /// # Errors
    /// If something is missing, or a secret cannot be fetched.
    pub fn credentials(
        &mut self,
        ask: &dyn Fn(&str) -> Result<Option<SecretString>, CliError>,
    ) -> Result<Credentials, CliError> {
        let Some(kind) = self.auth_kind()? else {
            return Err(CliError::usage("no credentials are given").hint(
                "run 'totalcloud auth login', or set TOTALCLOUD_USERNAME and TOTALCLOUD_PASSWORD; \
                 to try without an account: totalcloud sim",
            ));
        };
        Ok(match kind {
            AuthKind::Jwt => {
                let username = self.need(Key::Username, kind)?;
                Credentials::gateway(username, self.need_secret(Key::Password, kind, ask)?)
            }
            AuthKind::Oidc => {
                let client_id = self.need(Key::ClientId, kind)?;
                Credentials::oidc(client_id, self.need_secret(Key::ClientSecret, kind, ask)?)
            }
            AuthKind::Idp => {
                let token_url = self.need(Key::TokenUrl, kind)?;
                let client_id = self.need(Key::ClientId, kind)?;
                let mut idp = match self.text(Key::Username).map(str::to_owned) {
                    Some(user) => {
                        let password = self.need_secret(Key::Password, kind, ask)?;
                        let mut idp = IdpConfig::password(token_url, client_id, user, password);
                        idp.client_secret = self.secret(Key::ClientSecret)?;
                        idp
                    }
                    None => {
                        let secret = self.need_secret(Key::ClientSecret, kind, ask)?;
                        IdpConfig::client_credentials(token_url, client_id, secret)
                    }
                };
                idp.scope = self.text(Key::Scope).map(str::to_owned);
                idp.audience = self.text(Key::Audience).map(str::to_owned);
                Credentials::Idp(idp)
            }
            AuthKind::Token => Credentials::token(self.need_secret(Key::Token, kind, ask)?),
            AuthKind::Command => Credentials::Command(self.need(Key::TokenCommand, kind)?),
            _ => {
                let username = self.need(Key::Username, kind)?;
                Credentials::basic(username, self.need_secret(Key::Password, kind, ask)?)
            }
        })
    }

    fn need(&self, key: Key, kind: AuthKind) -> Result<String, CliError> {
        self.text(key).map(str::to_owned).ok_or_else(|| missing(key, kind))
    }

    fn need_secret(
        &mut self,
        key: Key,
        kind: AuthKind,
        ask: &dyn Fn(&str) -> Result<Option<SecretString>, CliError>,
    ) -> Result<SecretString, CliError> {
        if let Some(secret) = self.secret(key)? {
            return Ok(secret);
        }
        match ask(key.setting().doc)? {
            Some(secret) => {
                self.set(key, Value::Secret(secret.clone()), Origin::Prompt);
                Ok(secret)
            }
            None => Err(missing(key, kind)),
        }
    }

    /// A secret from the settings, a command of the profile or the keyring.
    pub(crate) fn secret(&mut self, key: Key) -> Result<Option<SecretString>, CliError> {
        if let Some(Value::Secret(secret)) = self.values.get(&key).map(|s| &s.value) {
            return Ok(Some(secret.clone()));
        }
        let command = match key {
            Key::Password => Some(Key::PasswordCommand),
            Key::ClientSecret => Some(Key::ClientSecretCommand),
            Key::ProxyPassword => Some(Key::ProxyPasswordCommand),
            _ => None,
        };
        let found = if let Some((key, line)) = command.and_then(|k| Some((k, self.text(k)?))) {
            Some((run(key.setting().name(), line)?, Origin::Command(key.setting().name())))
        } else if self.text(Key::SecretStore) == Some("keyring") {
            super::keyring::load(self.profile_name(), key)
                .map_err(|e| {
                    CliError::failed(format!(
                        "the keyring did not give the {}: {e}",
                        key.setting().doc.to_lowercase()
                    ))
                    .hint("unlock it, or run 'totalcloud auth login' again")
                })?
                .map(|secret| (secret, Origin::Keyring))
        } else {
            None
        };
        Ok(found.map(|(secret, origin)| {
            self.set(key, Value::Secret(secret.clone()), origin);
            secret
        }))
    }
}

fn missing(key: Key, kind: AuthKind) -> CliError {
    let setting = key.setting();
    let mut ways = Vec::new();
    if let Some(env) = setting.env {
        ways.push(format!("set {env}"));
    }
    match setting.flag {
        Some(flag) => ways.push(format!("give --{flag}")),
        None if setting.form == Form::Secret => ways.push("give --password-stdin".to_owned()),
        None => {}
    }
    ways.push("run 'totalcloud auth login'".to_owned());
    CliError::usage(format!(
        "signing in by {kind} needs {}, which is not set",
        setting.name().replace('_', " ")
    ))
    .hint(ways.join(", or "))
}

/// How long a command that prints a secret may take.
const COMMAND_TIME: Duration = Duration::from_secs(60);

/// The first line a command prints. What it says on stderr goes to the terminal.
fn run(name: &str, line: &str) -> Result<SecretString, CliError> {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let failed =
        |e: std::io::Error| CliError::failed(format!("the command in {name} cannot be started: {e}"));
    let mut child = std::process::Command::new(shell)
        .args([flag, line])
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::inherit())
        .spawn()
        .map_err(failed)?;
    let mut out = child.stdout.take();
    let (done, printed) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = out.as_mut().map_or(Ok(0), |out| out.read_to_end(&mut bytes));
        let _ = done.send(read.map(|_| bytes));
    });
    // A vault that cannot be reached must not hold everything up.
    let Ok(bytes) = printed.recv_timeout(COMMAND_TIME) else {
        let _ = child.kill();
        let secs = COMMAND_TIME.as_secs();
        return Err(CliError::failed(format!("the command in {name} did not end within {secs} s")));
    };
    let bytes = bytes.map_err(failed)?;
    let status = child.wait().map_err(failed)?;
    if !status.success() {
        return Err(CliError::failed(format!("the command in {name} failed ({status})")));
    }
    let text = String::from_utf8_lossy(&bytes);
    match text.lines().next().map(str::trim).filter(|l| !l.is_empty()) {
        Some(secret) => Ok(secret.into()),
        None => Err(CliError::failed(format!("the command in {name} printed nothing"))),
    }
}
