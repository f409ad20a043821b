//! Secrets in the keyring of the operating system.
//!
//! A keyring may ask its owner to unlock it, or never answer where nobody sits. Each step runs on a thread
//! of its own and is given up after a while.

use super::table::Key;
use secrecy::{ExposeSecret, SecretString};
use std::sync::mpsc;
use std::time::Duration;

const SERVICE: &str = "totalcloud";
const PATIENCE: Duration = Duration::from_secs(60);

fn entry(profile: &str, key: Key) -> keyring::Result<keyring::Entry> {
    keyring::Entry::new(SERVICE, &format!("{profile}/{}", key.setting().name()))
}

fn patiently<T: Send + 'static>(
    work: impl FnOnce() -> keyring::Result<T> + Send + 'static,
) -> Result<T, String> {
    let (tx, rx) = mpsc::channel();
    std::thread::spawn(move || {
        let _ = tx.send(work());
    });
    match rx.recv_timeout(PATIENCE) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(e)) => Err(e.to_string()),
        Err(_) => Err(format!("it did not answer within {} seconds", PATIENCE.as_secs())),
    }
}

/// Puts a secret into the keyring.
pub fn store(profile: &str, key: Key, secret: &SecretString) -> Result<(), String> {
    let (profile, secret) = (profile.to_owned(), secret.clone());
    patiently(move || entry(&profile, key)?.set_password(secret.expose_secret()))
}

/// Reads a secret; `None` where the keyring has none.
pub fn load(profile: &str, key: Key) -> Result<Option<SecretString>, String> {
    let profile = profile.to_owned();
    patiently(move || match entry(&profile, key)?.get_password() {
        Ok(text) => Ok(Some(text.into())),
        Err(keyring::Error::NoEntry) => Ok(None),
        Err(e) => Err(e),
    })
}

/// Removes a secret; whether there was one.
pub fn remove(profile: &str, key: Key) -> Result<bool, String> {
    let profile = profile.to_owned();
    patiently(move || match entry(&profile, key)?.delete_credential() {
        Ok(()) => Ok(true),
        Err(keyring::Error::NoEntry) => Ok(false),
        Err(e) => Err(e),
    })
}
