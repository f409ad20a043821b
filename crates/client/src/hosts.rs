//! The three addresses of a platform.

use crate::error::{Error, ErrorKind};
use std::fmt;
use totalcloud_api::operation::Host;
use totalcloud_api::platform::Platform;
use url::Url;

/// The addresses of the three host kinds.
///
/// ```
/// let hosts = totalcloud::Hosts::platform("us3")?.with_base("https://proxy.example.com/qualys")?;
/// assert_eq!(hosts.gateway().as_str(), "https://gateway.qg3.apps.qualys.com/");
/// assert!(totalcloud::Hosts::single("http://192.0.2.1")?.check().is_err());
/// # Ok::<(), totalcloud::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Hosts {
    base: Url,
    gateway: Url,
    api: Url,
    platform: Option<&'static Platform>,
    allow_http: bool,
}

impl Hosts {
    /// The hosts of a shared platform, by name or synonym: `qg3`, `us3`, `eu1`, …
    ///
    /// # Errors
    /// If there is no such platform.
    pub fn platform(name: &str) -> Result<Hosts, Error> {
        let p = Platform::find(name).map_err(|e| Error::new(ErrorKind::Config, e.to_string()))?;
        Hosts::of([p.base, p.gateway, p.api], Some(p))
    }

    /// The hosts of a private cloud platform, from the customer's part of the name (`cloud.example.com`).
    ///
    /// # Errors
    /// If the name makes no address.
    pub fn private(domain: &str) -> Result<Hosts, Error> {
        let [base, gateway, api] = Platform::private_hosts(domain);
        Hosts::of([&base, &gateway, &api], None)
    }

    /// One address for all three kinds.
    ///
    /// # Errors
    /// If the text is no address.
    pub fn single(url: &str) -> Result<Hosts, Error> {
        Hosts::of([url, url, url], None)
    }

    fn of(hosts: [&str; 3], platform: Option<&'static Platform>) -> Result<Hosts, Error> {
        let [base, gateway, api] = hosts;
        Ok(Hosts { base: read(base)?, gateway: read(gateway)?, api: read(api)?, platform, allow_http: false })
    }

    /// The same with another base (portal) host.
    ///
    /// # Errors
    /// If the text is no address.
    pub fn with_base(mut self, url: &str) -> Result<Hosts, Error> {
        self.base = read(url)?;
        Ok(self)
    }

    /// The same with another gateway.
    ///
    /// # Errors
    /// If the text is no address.
    pub fn with_gateway(mut self, url: &str) -> Result<Hosts, Error> {
        self.gateway = read(url)?;
        Ok(self)
    }

    /// The same with another API server.
    ///
    /// # Errors
    /// If the text is no address.
    pub fn with_api(mut self, url: &str) -> Result<Hosts, Error> {
        self.api = read(url)?;
        Ok(self)
    }

    /// Allows plain http to hosts other than this machine. Credentials then travel in the clear.
    #[must_use]
    pub fn allow_http(mut self, allow: bool) -> Hosts {
        self.allow_http = allow;
        self
    }

    /// The base (portal) host.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The gateway.
    pub fn gateway(&self) -> &Url {
        &self.gateway
    }

    /// The API server.
    pub fn api(&self) -> &Url {
        &self.api
    }

    /// The platform they are of, if they were named by one.
    pub fn platform_name(&self) -> Option<&'static str> {
        self.platform.map(|p| p.name)
    }

    pub(crate) fn allows_http(&self) -> bool {
        self.allow_http
    }

    /// The address of a host kind; `Either` is the base host.
    pub fn of_kind(&self, kind: Host) -> &Url {
        match kind {
            Host::Either => &self.base,
            Host::Gateway => &self.gateway,
            Host::ApiServer => &self.api,
        }
    }

    /// Checks that credentials would not travel in the clear.
    ///
    /// # Errors
    /// If one of the addresses is plain http to another machine and that is not allowed.
    pub fn check(&self) -> Result<(), Error> {
        for url in [&self.base, &self.gateway, &self.api] {
            check_scheme(url, self.allow_http)?;
        }
        Ok(())
    }

    /// What a user name says against these hosts: names of shared platforms carry a sign of the platform.
    pub fn contradiction(&self, user: &str) -> Option<String> {
        let here = self.platform?;
        let there = Platform::of_user(user)?;
        (here.name != there.name).then(|| {
            format!(
                "the user name looks like one of platform {}, but the platform chosen is {}; \
                 try TOTALCLOUD_PLATFORM={}",
                there.name, here.name, there.name
            )
        })
    }
}

impl fmt::Debug for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hosts")
            .field("base", &self.base.as_str())
            .field("gateway", &self.gateway.as_str())
            .field("api", &self.api.as_str())
            .finish_non_exhaustive()
    }
}

/// Reads an address; without a scheme it is https.
pub(crate) fn read(text: &str) -> Result<Url, Error> {
    let text = text.trim();
    let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    // The text itself is not repeated: it may hold a password.
    let bad = |why: &str| Error::new(ErrorKind::Config, format!("an address of the service {why}"));
    let mut url = Url::parse(&full).map_err(|e| bad(&format!("cannot be read: {e}")))?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(bad("must begin with https://"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(bad("has no host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("must not hold a user name or a password")
            .with_hint("give them by TOTALCLOUD_USERNAME and TOTALCLOUD_PASSWORD"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("must not have a query or a fragment"));
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

pub(crate) fn check_scheme(url: &Url, allow_http: bool) -> Result<(), Error> {
    if url.scheme() == "https" || allow_http || is_loopback(url) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Config,
        format!(
            "{} is plain http, so credentials would travel in the clear",
            url.origin().ascii_serialization()
        ),
    )
    .with_hint("use https; plain http is for this machine only, unless it is allowed explicitly"))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// The address of a path (with query) on a host, keeping the path that the host's address has itself.
pub(crate) fn join(host: &Url, target: &str) -> Result<http::Uri, Error> {
    let prefix = host.as_str().trim_end_matches('/');
    format!("{prefix}{target}")
        .parse()
        .map_err(|_| Error::new(ErrorKind::Usage, "the parameters make no address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_is_for_this_machine_only() {
        for fine in ["http://127.0.0.1:80", "http://localhost:8", "http://[::1]:9", "https://a.b", "a.b/c"] {
            Hosts::single(fine).unwrap().check().unwrap();
        }
        for bad in ["http://10.0.0.1", "http://localhost.example.com"] {
            let e = Hosts::single(bad).unwrap().check().unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Config);
            Hosts::single(bad).unwrap().allow_http(true).check().unwrap();
        }
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        for bad in
            ["", "ftp://a.b", "https://", "https://u:canary@a.b", "https://a.b/?canary=1", "https://a b"]
        {
            let e = Hosts::single(bad).unwrap_err();
            assert!(!format!("{e} {e:?}").contains("canary"), "{e}");
        }
    }

    #[test]
    fn a_path_in_the_address_is_kept() {
        let url = read("https://p.example.com/qualys").unwrap();
        assert_eq!(join(&url, "/auth?x=1").unwrap().to_string(), "https://p.example.com/qualys/auth?x=1");
    }

    #[test]
    fn a_user_of_another_platform_is_noticed() {
        let hosts = Hosts::platform("qg2").unwrap();
        assert!(hosts.contradiction("quays3ab1").unwrap().contains("qg3"));
        assert_eq!(hosts.contradiction("quays2ab1"), None);
        assert_eq!(Hosts::single("https://x.y").unwrap().contradiction("quays3ab1"), None);
    }
}
