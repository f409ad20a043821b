//! `totalcloud auth login`

use crate::context::Context;
use crate::error::CliError;
use crate::network;
use crate::session;
use crate::settings::profile::{ConfigFile, Entry, config_path};
use crate::settings::{Key, Origin, SETTINGS, Settings, Value, keyring, secret_of};
use secrecy::ExposeSecret;
use totalcloud::{AuthKind, ErrorKind};

/// `auth login`: takes the settings from flags, environment and questions, checks them against the service, and
/// keeps them in the profile. The secret goes into the keyring, or where there is none into the config file,
/// readable by its owner only.
#[derive(clap::Args)]
pub struct Login {
    /// Where to keep the secret: keyring or file [default: the keyring if there is one]
    #[arg(long, value_name = "PLACE", value_parser = ["keyring", "file"])]
    store: Option<String>,
}

impl Login {
    pub(super) fn run(self, context: &Context) -> Result<(), CliError> {
        let env = |name: &str| std::env::var(name).ok();
        let mut settings = Settings::load(context.flags.clone(), &env, true)?;
        ask_for_what_is_missing(&mut settings, context)?;
        if context.password_stdin {
            session::take_secret_from_stdin(&mut settings)?;
        }
        // From here on the settings hold their secret, wherever it came from.
        settings.credentials(&|what| context.printer.ask_secret(what))?;
        let mut settings = checked(settings, context)?;
        network::part_password(&mut settings);
        self.keep(&settings, context)
    }

    fn keep(&self, settings: &Settings, context: &Context) -> Result<(), CliError> {
        let env = |name: &str| std::env::var(name).ok();
        let name = settings.profile_name().to_owned();
        let kind = settings.auth_kind()?.unwrap_or(AuthKind::Basic);
        let mut file = ConfigFile::read(config_path(env)?)?;
        let mut changes: Vec<(Key, Option<Entry>)> = Vec::new();
        for setting in SETTINGS.iter().filter(|s| s.profile.is_some() && !s.is_secret()) {
            let kept = settings.values.get(&setting.key).filter(|s| s.origin != Origin::Default);
            changes.push((
                setting.key,
                kept.map(|s| match &s.value {
                    Value::List(items) => Entry::List(items.clone()),
                    Value::Text(text) => Entry::Text(text.clone()),
                    Value::Proxy(address) => Entry::Text(address.expose_secret().to_owned()),
                    Value::Secret(_) => Entry::Text(String::new()),
                }),
            ));
        }
        changes.push((Key::Auth, Some(Entry::Text(kind.as_str().to_owned()))));
        // Secrets of an earlier login do not stay behind in the file.
        changes.extend(SETTINGS.iter().filter(|s| s.is_secret()).map(|s| (s.key, None)));
        let mut place = None;
        for setting in SETTINGS.iter().filter(|s| s.is_secret()) {
            let Some(sourced) = settings.values.get(&setting.key) else { continue };
            // A command of the profile gives it again whenever it is needed.
            if matches!(sourced.origin, Origin::Command(_)) || !belongs(setting.key, kind, settings) {
                continue;
            }
            let Value::Secret(secret) = &sourced.value else { continue };
            let in_keyring = match self.store.as_deref() {
                Some("file") => false,
                asked => match keyring::store(&name, setting.key, secret) {
                    Ok(()) => true,
                    Err(e) if asked.is_some() => {
                        return Err(CliError::failed(format!("the keyring did not take the secret: {e}"))
                            .hint("--store file keeps it in the config file, readable by you only"));
                    }
                    Err(e) => {
                        context.printer.note(&format!(
                            "no keyring takes the secret ({e}); it is kept in {}, readable by you only",
                            file.path.display()
                        ));
                        false
                    }
                },
            };
            if !in_keyring {
                changes.push((setting.key, Some(Entry::Text(secret.expose_secret().to_owned()))));
            }
            place = Some(if in_keyring { "keyring" } else { "file" });
        }
        changes.push((Key::SecretStore, place.map(|p| Entry::Text(p.to_owned()))));
        file.set(&name, &changes);
        file.write()?;
        context
            .printer
            .note(&format!("signed in by {kind}; profile {name} is kept in {}", file.path.display()));
        if name != "default" && file.default_profile() != Some(name.as_str()) {
            context.printer.note(&format!("use it with --profile {name} or TOTALCLOUD_PROFILE={name}"));
        }
        Ok(())
    }
}

/// Whether a secret is one that this way to sign in uses, or the proxy's.
fn belongs(key: Key, kind: AuthKind, settings: &Settings) -> bool {
    let needed = secret_of(kind, settings.text(Key::Username).is_some());
    needed == Some(key) || key == Key::ProxyPassword || (kind == AuthKind::Idp && key == Key::ClientSecret)
}

fn ask_for_what_is_missing(settings: &mut Settings, context: &Context) -> Result<(), CliError> {
    let placed = [Key::Platform, Key::Url, Key::BaseUrl, Key::GatewayUrl, Key::ApiUrl];
    if placed.iter().all(|k| settings.text(*k).is_none()) {
        ask(settings, context, Key::Platform, "Platform, such as qg3 or eu1")?;
    }
    let kind = settings.auth_kind()?;
    let mut ask = |key, what| ask(settings, context, key, what);
    match kind {
        None | Some(AuthKind::Basic | AuthKind::Jwt) => ask(Key::Username, "User name"),
        Some(AuthKind::Oidc) => ask(Key::ClientId, "Client id"),
        Some(AuthKind::Idp) => {
            ask(Key::TokenUrl, "Token address").and_then(|()| ask(Key::ClientId, "Client id"))
        }
        Some(AuthKind::Command) => ask(Key::TokenCommand, "Command that prints a token"),
        Some(_) => Ok(()),
    }
}

fn ask(settings: &mut Settings, context: &Context, key: Key, what: &str) -> Result<(), CliError> {
    if settings.text(key).is_none()
        && let Some(text) = context.printer.ask(what)?
    {
        settings.set(key, Value::Text(text), Origin::Prompt);
    }
    Ok(())
}

/// Checks the settings against the service. Where Basic is refused and the gateway works, it offers the switch.
fn checked(mut settings: Settings, context: &Context) -> Result<Settings, CliError> {
    let basic = settings.auth_kind()? == Some(AuthKind::Basic);
    let error = match check(&mut settings, context)? {
        Ok(()) => return Ok(settings),
        Err(e) => e,
    };
    if basic && error.kind() == ErrorKind::Unauthenticated && context.printer.can_ask() {
        settings.set(Key::Auth, Value::Text("jwt".to_owned()), Origin::Prompt);
        if check(&mut settings, context)?.is_ok() {
            context.printer.warn("the service refuses Basic, and accepts the same user at its gateway");
            let answer = context.printer.ask("Sign in at the gateway (jwt) from now on? [Y/n]")?;
            if answer.is_none_or(|a| a.eq_ignore_ascii_case("y") || a.eq_ignore_ascii_case("yes")) {
                return Ok(settings);
            }
        }
    }
    Err(error.into())
}

fn check(settings: &mut Settings, context: &Context) -> Result<Result<(), totalcloud::Error>, CliError> {
    let session = session::open(settings.clone(), &context.printer, false, None)?;
    context.block_on(async {
        match session.client.check().await {
            Ok(sign_in) => match sign_in.module {
                Ok(()) => Ok(Ok(())),
                Err(e) if e.kind() == ErrorKind::Unauthenticated => Ok(Err(e)),
                // Who one is has been accepted; what one may do is another matter.
                Err(e) => {
                    context.printer.warn(&format!("signed in, but {}", CliError::from(e)));
                    Ok(Ok(()))
                }
            },
            Err(e) => Ok(Err(e)),
        }
    })
}
