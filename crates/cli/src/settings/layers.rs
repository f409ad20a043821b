//! From flags, environment, profile and defaults to one set of values with their origins.

use super::profile::Profile;
use super::table::{Form, Key, SETTINGS, Setting};
use crate::error::CliError;
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag of this command line.
    Flag(&'static str),
    /// An environment variable.
    Env(&'static str),
    /// A profile of the config file.
    Profile {
        /// The config file.
        path: PathBuf,
        /// The profile.
        name: String,
    },
    /// The first line of standard input.
    Stdin,
    /// What was typed at a prompt.
    Prompt,
    /// The keyring of the operating system.
    Keyring,
    /// A command that printed it.
    Command(&'static str),
    /// The default.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag(flag) => write!(f, "flag --{flag}"),
            Origin::Env(name) => write!(f, "environment {name}"),
            Origin::Profile { path, name } => write!(f, "profile {name} in {}", path.display()),
            Origin::Stdin => f.write_str("standard input"),
            Origin::Prompt => f.write_str("prompt"),
            Origin::Keyring => f.write_str("keyring"),
            Origin::Command(key) => write!(f, "command in {key}"),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// A value. `Debug` shows what `config show` does.
#[derive(Clone)]
pub enum Value {
    /// Text.
    Text(String),
    /// A secret.
    Secret(SecretString),
    /// The address of a proxy, which may hold a password.
    Proxy(SecretString),
    /// A list of words.
    List(Vec<String>),
}

impl Value {
    /// How `config show` prints it.
    pub fn shown(&self) -> String {
        match self {
            Value::Text(text) => without_login(text),
            Value::Secret(_) => "(set)".to_owned(),
            Value::Proxy(address) => proxy_shown(address),
            Value::List(items) => items.join(", "),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

/// Where a proxy is, and nobody's name or password.
fn proxy_shown(address: &SecretString) -> String {
    if address.expose_secret() == crate::network::NO_PROXY {
        return crate::network::NO_PROXY.to_owned();
    }
    match totalcloud::transport::proxy_address(address) {
        Ok(url) => {
            let login = if url.username().is_empty() && url.password().is_none() { "" } else { "…@" };
            let port = url.port().map(|p| format!(":{p}")).unwrap_or_default();
            format!("{}://{login}{}{port}", url.scheme(), url.host_str().unwrap_or_default())
        }
        Err(_) => "(set)".to_owned(),
    }
}

/// An address may hold a user name and a password, although none should.
fn without_login(text: &str) -> String {
    match text.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            match rest[..end].rfind('@') {
                Some(at) => format!("{scheme}://…@{}", &rest[at + 1..]),
                None => text.to_owned(),
            }
        }
        None => text.to_owned(),
    }
}

/// A value and where it came from.
#[derive(Debug, Clone)]
pub struct Sourced {
    /// The value.
    pub value: Value,
    /// Where it came from.
    pub origin: Origin,
}

/// The values of one source, such as the flags.
#[derive(Debug, Clone, Default)]
pub struct Layer(pub BTreeMap<Key, Sourced>);

impl Layer {
    /// Checks the text of a setting and takes it in.
    pub fn put(&mut self, setting: &'static Setting, text: String, origin: Origin) -> Result<(), CliError> {
        let value = check(setting, text, &origin)?;
        self.0.insert(setting.key, Sourced { value, origin });
        Ok(())
    }

    /// The layer of the environment. Variables that are empty count as not set.
    pub fn from_env(get: impl Fn(&str) -> Option<String>) -> Result<Layer, CliError> {
        let mut layer = Layer::default();
        for setting in SETTINGS {
            if let Some(name) = setting.env
                && let Some(text) = get(name).filter(|t| !t.is_empty())
            {
                layer.put(setting, text, Origin::Env(name))?;
            }
        }
        Ok(layer)
    }

    /// The layer of a profile.
    pub fn from_profile(profile: &Profile) -> Result<Layer, CliError> {
        let mut layer = Layer::default();
        for (key, value) in &profile.values {
            let origin = Origin::Profile { path: profile.path.clone(), name: profile.name.clone() };
            match value {
                super::profile::Entry::List(items) => {
                    layer.0.insert(*key, Sourced { value: Value::List(items.clone()), origin });
                }
                super::profile::Entry::Text(text) => layer.put(key.setting(), text.clone(), origin)?,
            }
        }
        Ok(layer)
    }

    fn defaults() -> Layer {
        let mut layer = Layer::default();
        for setting in SETTINGS {
            if let Some(text) = setting.default {
                let value = Value::Text(text.to_owned());
                layer.0.insert(setting.key, Sourced { value, origin: Origin::Default });
            }
        }
        layer
    }

    pub(super) fn has(&self, key: Key) -> bool {
        self.0.contains_key(&key)
    }
}

fn check(setting: &'static Setting, text: String, origin: &Origin) -> Result<Value, CliError> {
    let wrong = |wanted: String| {
        CliError::usage(format!("{} wants {wanted}, not '{text}' ({origin})", setting.name()))
    };
    match setting.form {
        Form::Secret => Ok(Value::Secret(text.into())),
        Form::Proxy => proxy(text.into(), origin),
        Form::Text => Ok(Value::Text(text)),
        Form::Switch if text == "true" || text == "false" => Ok(Value::Text(text)),
        Form::Switch => Err(wrong("true or false".to_owned())),
        Form::Number => match text.parse::<u32>() {
            Ok(n) if n > 0 => Ok(Value::Text(text)),
            _ => Err(wrong("a whole number from 1 on".to_owned())),
        },
        Form::Duration => crate::duration::parse(&text).map_err(wrong).map(|_| Value::Text(text.clone())),
        Form::Moment => crate::duration::until(&text, jiff::Timestamp::now())
            .map_err(wrong)
            .map(|_| Value::Text(text.clone())),
        Form::Word(words) => match words.iter().find(|w| **w == text) {
            Some(word) => Ok(Value::Text((*word).to_owned())),
            // Case decides between the spellings of a provider, and nowhere else.
            None => match words.iter().find(|w| w.eq_ignore_ascii_case(&text)) {
                Some(word) => Ok(Value::Text((*word).to_owned())),
                None => Err(wrong(format!("one of {}", words.join(", ")))),
            },
        },
        Form::List => Ok(Value::List(text.split(',').map(|w| w.trim().to_owned()).collect())),
    }
}

/// Checks the address of a proxy.
///
/// # Errors
/// If it is none, or a flag holds a password: others could read it in the list of processes.
pub(crate) fn proxy(address: SecretString, origin: &Origin) -> Result<Value, CliError> {
    if address.expose_secret() == crate::network::NO_PROXY {
        return Ok(Value::Proxy(address));
    }
    let url = totalcloud::transport::proxy_address(&address).map_err(|e| {
        let error = CliError::usage(format!("{} ({origin})", e.message()));
        match e.hint() {
            Some(hint) => error.hint(hint),
            None => error,
        }
    })?;
    if url.password().is_some() && matches!(origin, Origin::Flag(_)) {
        return Err(CliError::usage(
            "--proxy must hold no password: others could read it in the list of processes",
        )
        .hint(
            "give --proxy http://NAME@HOST:PORT and set TOTALCLOUD_PROXY_PASSWORD, or set TOTALCLOUD_PROXY",
        ));
    }
    Ok(Value::Proxy(address))
}

/// The address settings; a choice made in a higher layer hides the addresses of the lower ones.
const ADDRESS: [Key; 5] = [Key::Platform, Key::Url, Key::BaseUrl, Key::GatewayUrl, Key::ApiUrl];

/// Puts the layers together, highest first.
///
/// # Errors
/// If one layer contradicts itself.
pub(super) fn merge(layers: &[&Layer]) -> Result<BTreeMap<Key, Sourced>, CliError> {
    let mut merged = BTreeMap::new();
    let mut addresses_chosen = false;
    for layer in layers {
        contradiction(layer)?;
        for (key, sourced) in &layer.0 {
            if addresses_chosen && ADDRESS.contains(key) {
                continue;
            }
            merged.entry(*key).or_insert_with(|| sourced.clone());
        }
        addresses_chosen |= layer.has(Key::Platform) || layer.has(Key::Url);
    }
    for (key, sourced) in Layer::defaults().0 {
        merged.entry(key).or_insert(sourced);
    }
    Ok(merged)
}

fn contradiction(layer: &Layer) -> Result<(), CliError> {
    let pairs = [
        (Key::Url, Key::Platform),
        (Key::Url, Key::BaseUrl),
        (Key::Url, Key::GatewayUrl),
        (Key::Url, Key::ApiUrl),
        (Key::Password, Key::PasswordCommand),
        (Key::ClientSecret, Key::ClientSecretCommand),
        (Key::ProxyPassword, Key::ProxyPasswordCommand),
    ];
    for (one, other) in pairs {
        if let (Some(a), Some(b)) = (layer.0.get(&one), layer.0.get(&other)) {
            return Err(CliError::usage(format!(
                "{} and {} contradict each other ({}; {})",
                one.setting().name(),
                other.setting().name(),
                a.origin,
                b.origin
            ))
            .hint("set only one of the two"));
        }
    }
    Ok(())
}
