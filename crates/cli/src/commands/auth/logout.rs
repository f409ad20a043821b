//! `totalcloud auth logout`

use crate::context::Context;
use crate::error::CliError;
use crate::settings::profile::{ConfigFile, config_path};
use crate::settings::{Key, SETTINGS, Settings, keyring};

/// `auth logout`
#[derive(clap::Args)]
pub struct Logout {}

impl Logout {
    /// Removes the secrets of the profile; its other settings stay.
    pub(super) fn run(self, context: &Context) -> Result<(), CliError> {
        let env = |name: &str| std::env::var(name).ok();
        let settings = Settings::load(context.flags.clone(), &env, false)?;
        let name = settings.profile_name().to_owned();
        let mut file = ConfigFile::read(config_path(env)?)?;
        let mut removed = false;
        if settings.text(Key::SecretStore) == Some("keyring") {
            for setting in SETTINGS.iter().filter(|s| s.is_secret()) {
                removed |= keyring::remove(&name, setting.key).map_err(|e| {
                    CliError::failed(format!("the keyring did not remove the {}: {e}", setting.name()))
                })?;
            }
        }
        if let Some(profile) = file.profile(&name) {
            let secrets: Vec<_> = profile
                .values
                .iter()
                .filter(|(k, _)| k.setting().is_secret())
                .map(|(k, _)| (*k, None))
                .collect();
            removed |= !secrets.is_empty();
            let mut changes = secrets;
            changes.push((Key::SecretStore, None));
            if profile.values.iter().any(|(k, _)| changes.iter().any(|(c, _)| c == k)) {
                file.set(&name, &changes);
                file.write()?;
            }
        }
        context.printer.note(&if removed {
            format!(
                "the secrets of profile {name} are removed; its other settings stay in {}",
                file.path.display()
            )
        } else {
            format!("profile {name} holds no secret")
        });
        for setting in SETTINGS.iter().filter(|s| s.is_secret()) {
            if let Some(variable) = setting.env.filter(|v| env(v).is_some_and(|t| !t.is_empty())) {
                context.printer.warn(&format!("{variable} is still set in the environment"));
            }
        }
        Ok(())
    }
}
