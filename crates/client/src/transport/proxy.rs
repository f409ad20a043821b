//! Which proxy a call goes through.

use crate::error::{Error, ErrorKind};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use url::Url;

/// The proxy to go through.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum ProxyChoice {
    /// The one that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`), but for the hosts of
    /// `NO_PROXY`.
    #[default]
    System,
    /// None, whatever the environment says.
    Direct,
    /// This one, but for the hosts of `NO_PROXY`.
    Url(SecretString),
    /// This one, but for the hosts of a list such as `NO_PROXY` has.
    Except {
        /// The proxy's address.
        url: SecretString,
        /// Names, addresses and networks, with commas in between; `*` is all.
        direct: String,
    },
}

impl fmt::Debug for ProxyChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ProxyChoice::System => "System",
            ProxyChoice::Direct => "Direct",
            ProxyChoice::Url(_) | ProxyChoice::Except { .. } => "Url",
        })
    }
}

/// Schemes of proxies. With `socks5` this machine resolves names, with `socks5h` the proxy does.
const SCHEMES: &[&str] = &["http", "https", "socks5", "socks5h"];

/// Reads the address of a proxy; without a scheme it is http. What is refused is not repeated, for it may hold a
/// password.
///
/// # Errors
/// If it is no address of a proxy.
pub fn proxy_address(text: &SecretString) -> Result<Url, Error> {
    let text = text.expose_secret().trim();
    let wrong = |what: &str| {
        Error::new(ErrorKind::Config, format!("the address of the proxy {what}")).with_hint(
            "it looks like http://proxy.example.com:3128 or socks5h://proxy.example.com:1080, with \
             NAME:PASSWORD@ before the host where the proxy asks for it (encode special characters as %40)",
        )
    };
    let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let mut url = Url::parse(&full).map_err(|e| wrong(&format!("cannot be read: {e}")))?;
    if !SCHEMES.contains(&url.scheme()) {
        return Err(wrong(&format!("must begin with one of {}", SCHEMES.join("://, ") + "://")));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(wrong("has no host"));
    }
    if url.port().is_none() && url.scheme().starts_with("socks") {
        let _ = url.set_port(Some(1080));
    }
    Ok(url)
}

/// The decision for each address.
#[derive(Clone, Debug)]
pub(crate) struct Proxies(std::sync::Arc<Matcher>);

impl Proxies {
    pub(crate) fn new(choice: &ProxyChoice) -> Result<Proxies, Error> {
        let matcher = match choice {
            ProxyChoice::System => Matcher::from_system(),
            ProxyChoice::Direct => Matcher::builder().build(),
            ProxyChoice::Url(url) => {
                let direct = ["NO_PROXY", "no_proxy"].iter().find_map(|n| std::env::var(n).ok());
                explicit(url, direct.unwrap_or_default())?
            }
            ProxyChoice::Except { url, direct } => explicit(url, direct.clone())?,
        };
        Ok(Proxies(std::sync::Arc::new(matcher)))
    }

    /// The proxy for an address; `None` where there is none in between.
    pub(crate) fn of(&self, address: &http::Uri) -> Option<Proxy> {
        self.0.intercept(address).map(Proxy)
    }

    /// The same rules for reqwest. The matcher is ours, so that messages speak of the proxy that was used.
    pub(crate) fn rules(&self) -> reqwest::Proxy {
        let proxies = self.clone();
        reqwest::Proxy::custom(move |url| proxies.of(&url.as_str().parse().ok()?)?.address())
    }
}

fn explicit(url: &SecretString, direct: String) -> Result<Matcher, Error> {
    let url = proxy_address(url)?;
    Ok(Matcher::builder().all(url.as_str()).no(direct).build())
}

/// A proxy in between. `Debug` and `Display` show neither its user nor its password.
#[derive(Debug)]
pub(crate) struct Proxy(pub(crate) Intercept);

impl Proxy {
    pub(crate) fn is_socks(&self) -> bool {
        self.0.uri().scheme_str().is_some_and(|s| s.starts_with("socks"))
    }

    /// Whether the names of hosts are resolved on this machine all the same.
    pub(crate) fn resolves_here(&self) -> bool {
        matches!(self.0.uri().scheme_str(), Some("socks5" | "socks4"))
    }

    pub(crate) fn host(&self) -> &str {
        self.0.uri().host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
    }

    pub(crate) fn port(&self) -> u16 {
        let uri = self.0.uri();
        uri.port_u16().unwrap_or(match uri.scheme_str() {
            Some("https") => 443,
            Some("http") => 80,
            _ => 1080,
        })
    }

    /// Name and password, and the form in which Basic carries them.
    pub(crate) fn secrets(&self) -> Vec<SecretString> {
        let mut all = Vec::new();
        if let Some((_, password)) = self.0.raw_auth() {
            all.push(password.into());
        }
        if let Some((_, password)) = self.basic() {
            all.push(password);
        }
        if let Some(pair) = self.0.basic_auth().and_then(|h| h.to_str().ok()?.strip_prefix("Basic ")) {
            all.push(pair.into());
        }
        all
    }

    fn basic(&self) -> Option<(String, SecretString)> {
        use base64::Engine as _;
        let pair = self.0.basic_auth()?.to_str().ok()?.strip_prefix("Basic ")?;
        let pair = base64::engine::general_purpose::STANDARD.decode(pair).ok()?;
        let pair = String::from_utf8(pair).ok()?;
        let (name, password) = pair.split_once(':')?;
        Some((name.to_owned(), password.into()))
    }

    /// The address with name and password, as reqwest takes it.
    fn address(&self) -> Option<Url> {
        let mut url = Url::parse(&self.0.uri().to_string()).ok()?;
        let login = self.0.raw_auth().map(|(n, p)| (n.to_owned(), p.into())).or_else(|| self.basic());
        if let Some((name, password)) = login {
            // Percent signs are the one thing that is not encoded there.
            let encoded = |text: &str| text.replace('%', "%25");
            url.set_username(&encoded(&name)).ok()?;
            let password = SecretString::from(encoded(password.expose_secret()));
            let password = password.expose_secret();
            url.set_password((!password.is_empty()).then_some(password)).ok()?;
        }
        Some(url)
    }

    pub(crate) fn has_login(&self) -> bool {
        self.0.basic_auth().is_some() || self.0.raw_auth().is_some()
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let uri = self.0.uri();
        write!(f, "{}://{}:{}", uri.scheme_str().unwrap_or("http"), uri.host().unwrap_or("?"), self.port())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(choice: &ProxyChoice, address: &str) -> Option<String> {
        Proxies::new(choice).unwrap().of(&address.parse().unwrap()).map(|p| p.to_string())
    }

    #[test]
    fn the_hosts_of_the_list_are_reached_directly() {
        let choice = ProxyChoice::Except {
            url: "proxy.example.com:3128".into(),
            direct: "127.0.0.1, .corp.example.com,10.0.0.0/8,::1".into(),
        };
        assert_eq!(of(&choice, "https://a.b").as_deref(), Some("http://proxy.example.com:3128"));
        for direct in
            ["https://127.0.0.1:8", "https://x.corp.example.com", "http://10.9.8.7", "https://[::1]:1"]
        {
            assert_eq!(of(&choice, direct), None, "{direct}");
        }
        let all = ProxyChoice::Except { url: "http://p".into(), direct: "*".into() };
        assert_eq!(of(&all, "https://a.b"), None);
        assert_eq!(of(&ProxyChoice::Direct, "https://a.b"), None);
    }

    #[test]
    fn names_and_passwords_of_proxies_reach_reqwest_and_nobody_else() {
        for scheme in ["http", "socks5h"] {
            let choice = ProxyChoice::Except {
                url: format!("{scheme}://u%40corp:can%2F%2541ary@[::1]:99").into(),
                direct: String::new(),
            };
            let proxies = Proxies::new(&choice).unwrap();
            let proxy = proxies.of(&"https://a.b".parse().unwrap()).unwrap();
            let url = proxy.address().unwrap();
            assert_eq!((url.username(), url.password()), ("u%40corp", Some("can%2F%2541ary")));
            assert_eq!((proxy.host(), proxy.port()), ("::1", 99));
            assert!(proxy.secrets().iter().any(|s| s.expose_secret() == "can/%41ary"));
            let shown = format!("{proxy} {proxy:?} {proxies:?} {choice:?} {:?}", proxies.rules());
            assert!(!shown.contains("ary") && !shown.contains("dUBjb3Jw"), "{shown}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_proxy_is_refused_without_repeating_it() {
        for bad in ["", "ftp://u:canary@h", "http://u:canary@", "http://u:canary@h:port", "socks9://canary"] {
            let e = proxy_address(&bad.into()).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Config);
            assert!(!format!("{e} {e:?}").contains("canary"), "{e:?}");
        }
        assert_eq!(proxy_address(&"socks5://h".into()).unwrap().port(), Some(1080));
    }
}
