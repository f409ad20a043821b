//! Settings: flags, then environment, then profile, then defaults.

pub mod keyring;
mod layers;
pub mod profile;
mod sign_in;
mod table;

pub(crate) use layers::proxy;
pub use layers::{Layer, Origin, Sourced, Value};
pub use sign_in::{describe, secret_of};
pub use table::{AUTH_WORDS, CONFIG_ENV, Form, Key, SETTINGS, Setting};

use crate::error::CliError;
use crate::nearest::nearest;
use profile::{ConfigFile, Profile};
use std::collections::BTreeMap;

/// Where the rest of the settings come from: a function, so that tests need no process environment.
pub type Env<'e> = &'e dyn Fn(&str) -> Option<String>;

/// The merged settings. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Every setting that has a value.
    pub values: BTreeMap<Key, Sourced>,
    /// Whether the selected profile exists.
    pub profile_exists: bool,
    flags: Layer,
    env: Layer,
    profile: Layer,
}

impl Settings {
    /// Puts the settings together.
    ///
    /// # Errors
    /// If a value is malformed, the config file is, settings contradict each other, or the profile that was
    /// asked for is not there (unless it `may_be_missing`).
    pub fn load(flags: Layer, env: Env<'_>, may_be_missing: bool) -> Result<Settings, CliError> {
        let env_layer = Layer::from_env(env)?;
        let file = ConfigFile::read(profile::config_path(env)?)?;
        let asked = flags.0.get(&Key::Profile).or_else(|| env_layer.0.get(&Key::Profile)).cloned();
        let mut profile_layer = Layer::default();
        let asked_name = asked.as_ref().map(|s| s.value.shown());
        let name = match (&asked_name, file.default_profile()) {
            (Some(name), _) => name.clone(),
            (None, Some(name)) => {
                let origin = Origin::Profile { path: file.path.clone(), name: "default_profile".to_owned() };
                let value = Value::Text(name.to_owned());
                profile_layer.0.insert(Key::Profile, Sourced { value, origin });
                name.to_owned()
            }
            (None, None) => "default".to_owned(),
        };
        let profile: Option<Profile> = file.profile(&name);
        let profile_exists = profile.is_some();
        match &profile {
            Some(profile) => profile_layer.0.extend(Layer::from_profile(profile)?.0),
            None if may_be_missing => {}
            None if asked.is_some() || file.default_profile().is_some() => return Err(file.no_profile(&name)),
            None => {}
        }
        let values = layers::merge(&[&flags, &env_layer, &profile_layer])?;
        Ok(Settings { values, profile_exists, flags, env: env_layer, profile: profile_layer })
    }

    /// The text of a setting; `None` where it is not set or a secret.
    pub fn text(&self, key: Key) -> Option<&str> {
        match &self.values.get(&key)?.value {
            Value::Text(text) => Some(text),
            Value::Secret(_) | Value::Proxy(_) | Value::List(_) => None,
        }
    }

    /// A list of words.
    pub fn list(&self, key: Key) -> &[String] {
        match self.values.get(&key).map(|s| &s.value) {
            Some(Value::List(items)) => items,
            _ => &[],
        }
    }

    /// Whether a switch is on.
    pub fn switch(&self, key: Key) -> bool {
        self.text(key) == Some("true")
    }

    /// The name of the profile.
    pub fn profile_name(&self) -> &str {
        self.text(Key::Profile).unwrap_or("default")
    }

    /// Takes in a value that was asked for later, such as at a prompt.
    pub fn set(&mut self, key: Key, value: Value, origin: Origin) {
        self.values.insert(key, Sourced { value: value.clone(), origin: origin.clone() });
        self.flags.0.insert(key, Sourced { value, origin });
    }

    /// The layers, highest first.
    fn layers(&self) -> [&Layer; 3] {
        [&self.flags, &self.env, &self.profile]
    }
}

/// Variables of our prefix that are no settings but look as if they were meant to be one.
pub fn mistyped_variables(names: impl Iterator<Item = String>) -> Vec<(String, &'static str)> {
    let known: Vec<&'static str> = SETTINGS.iter().filter_map(|s| s.env).collect();
    names
        .filter(|n| n.starts_with("TOTALCLOUD_") && n != CONFIG_ENV && !known.contains(&n.as_str()))
        .filter_map(|n| {
            let tails: Vec<&'static str> = known.iter().map(|k| &k["TOTALCLOUD_".len()..]).collect();
            let near = *nearest(&n["TOTALCLOUD_".len()..], &tails).first()?;
            let full = known.iter().find(|k| k.ends_with(&format!("TOTALCLOUD_{near}")))?;
            Some((n, *full))
        })
        .collect()
}

#[cfg(test)]
mod tests;
