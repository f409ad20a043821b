//! From settings to the way to the service: proxy, certificates, HTTP version.

use crate::error::CliError;
use crate::private;
use crate::settings::{Key, Settings, Value};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use std::path::Path;
use totalcloud::transport::{ProxyChoice, TransportOptions, proxy_address};

/// The word that stands for no proxy, whatever the environment says.
pub const NO_PROXY: &str = "none";

/// How the service is reached. The proxy's password is fetched now, from wherever it is.
///
/// # Errors
/// If a file cannot be read or is not its owner's alone, or a password is missing.
pub fn options(
    settings: &mut Settings,
    ask: &dyn Fn(&str) -> Result<Option<SecretString>, CliError>,
) -> Result<TransportOptions, CliError> {
    let mut options = TransportOptions::default();
    options.proxy = proxy(settings, ask)?;
    options.ca_bundle = settings.text(Key::CaBundle).map(|path| read(path, "the CA bundle")).transpose()?;
    options.client_identity = identity(settings)?;
    options.http2 = settings.text(Key::Http2) != Some("off");
    Ok(options)
}

/// Takes the password out of the proxy's address and makes it a secret of its own, to be kept where secrets are.
pub fn part_password(settings: &mut Settings) {
    let Some(sourced) = settings.values.get(&Key::Proxy).cloned() else { return };
    let Value::Proxy(address) = &sourced.value else { return };
    let Ok(mut url) = proxy_address(address) else { return };
    let Some(password) = url.password() else { return };
    let password = SecretString::from(percent_decoded(password));
    if url.set_password(None).is_ok() {
        let address = SecretString::from(String::from(url));
        settings.set(Key::Proxy, Value::Proxy(address), sourced.origin.clone());
        settings.set(Key::ProxyPassword, Value::Secret(password), sourced.origin);
    }
}

fn percent_decoded(text: &str) -> String {
    // A plus sign is itself in an address, and a space in a form.
    let text = text.replace('+', "%2B");
    let pair = format!("={text}");
    url::form_urlencoded::parse(pair.as_bytes())
        .map(|(_, value)| value.into_owned())
        .next()
        .unwrap_or_default()
}

fn proxy(
    settings: &mut Settings,
    ask: &dyn Fn(&str) -> Result<Option<SecretString>, CliError>,
) -> Result<ProxyChoice, CliError> {
    let Some(Value::Proxy(address)) = settings.values.get(&Key::Proxy).map(|s| s.value.clone()) else {
        if settings.text(Key::NoProxy).is_some() {
            return Err(CliError::usage("no_proxy is set, and no proxy")
                .hint("give --proxy as well; for the proxy of the environment set NO_PROXY"));
        }
        return Ok(ProxyChoice::System);
    };
    if address.expose_secret() == NO_PROXY {
        return Ok(ProxyChoice::Direct);
    }
    let mut url = proxy_address(&address)?;
    if !url.username().is_empty() && url.password().is_none() {
        let password = match settings.secret(Key::ProxyPassword)? {
            Some(password) => Some(password),
            None => ask("Password of the proxy")?,
        };
        // Some proxies take a name alone. Percent signs are the one thing that is not encoded there.
        if let Some(password) = password {
            let encoded = SecretString::from(password.expose_secret().replace('%', "%25"));
            let set = url.set_password(Some(encoded.expose_secret()));
            set.map_err(|()| CliError::usage("the address of the proxy takes no password"))?;
        }
    }
    let url = SecretString::from(String::from(url));
    Ok(match settings.text(Key::NoProxy) {
        Some(direct) => ProxyChoice::Except { url, direct: direct.to_owned() },
        None => ProxyChoice::Url(url),
    })
}

/// Certificate and key in one, as the client takes them.
fn identity(settings: &Settings) -> Result<Option<SecretSlice<u8>>, CliError> {
    let (cert, key) = (settings.text(Key::ClientCert), settings.text(Key::ClientKey));
    let Some(cert) = cert else {
        if key.is_some() {
            return Err(CliError::usage("client_key is set, and no client certificate")
                .hint("give the certificate with --client-cert, and the key with --client-key"));
        }
        return Ok(None);
    };
    private::check(Path::new(key.unwrap_or(cert)), "the key of the client certificate")?;
    let mut pem = read(cert, "the client certificate")?;
    if let Some(key) = key {
        pem.push(b'\n');
        pem.extend(read(key, "the key of the client certificate")?);
    }
    Ok(Some(SecretSlice::from(pem)))
}

fn read(path: &str, what: &str) -> Result<Vec<u8>, CliError> {
    std::fs::read(path).map_err(|e| CliError::usage(format!("{what} {path} cannot be read: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_of_addresses_are_decoded_as_they_were_meant() {
        for (written, meant) in [("plain", "plain"), ("a%40b%2Fc+d%25", "a@b/c+d%"), ("p&q=r", "p&q=r")] {
            assert_eq!(percent_decoded(&written.replace('&', "%26")), meant);
        }
    }
}
