//! From a verdict or a break of the way to an error that says what to do.

use crate::auth::Way;
use crate::error::{Error, ErrorKind};
use crate::limiter::words;
use crate::transport::{Fault, TransportError};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use totalcloud_api::fault::{ServiceFault, Verdict};
use totalcloud_api::operation::{Answer as Form, Auth, Effect, Host, Request};

/// Everything an error message is made of.
pub(crate) struct Scene<'a> {
    pub(crate) request: &'a Request,
    pub(crate) host: &'a str,
    pub(crate) way: Way,
    pub(crate) fault: &'a ServiceFault,
}

/// The error that a verdict stands for.
pub(crate) fn refusal(verdict: Verdict, scene: &Scene<'_>) -> Error {
    let Scene { request, host, way, fault } = scene;
    let op = request.operation;
    let said = if fault.code.is_some() || fault.message.is_some() {
        format!(": {fault}")
    } else {
        format!(" (status {})", fault.status)
    };
    let (kind, message, hint) = match verdict {
        // What refuses a sign-in refuses the credentials, whatever status it chooses for it.
        Verdict::Refused | Verdict::Forbidden if op.auth == Auth::None => (
            ErrorKind::Unauthenticated,
            format!("{host} refused the credentials{said}"),
            Some("check user name, password or client, and the address that gives tokens".to_owned()),
        ),
        Verdict::Unauthenticated => (
            ErrorKind::Unauthenticated,
            match way {
                Way::Basic => format!("{host} refused the user name and the password{said}"),
                Way::Bearer => format!("{host} refused the token{said}"),
                Way::Nothing => format!("{host} refused the credentials{said}"),
            },
            match way {
                Way::Bearer => Some(
                    "if other operations work, the user lacks the permission for this one; \
                     otherwise sign in again"
                        .to_owned(),
                ),
                _ => Some("check user name, password and platform".to_owned()),
            },
        ),
        Verdict::Forbidden => (
            ErrorKind::Forbidden,
            format!("the user may not do this{said}"),
            Some(
                "the user needs the TotalCloud (CloudView) module, API access, and the permission of the area"
                    .to_owned(),
            ),
        ),
        Verdict::NotFound => (ErrorKind::NotFound, format!("there is no such thing{said}"), None),
        Verdict::NoSuchPath => (
            ErrorKind::WrongHost,
            format!("{host} does not serve {}{said}", request.path),
            Some(if op.id.starts_with("resources.") {
                "check the resource type and the spelling of the provider, or the platform and its addresses"
                    .to_owned()
            } else {
                let variable = match op.host {
                    Host::Either => "TOTALCLOUD_BASE_URL or TOTALCLOUD_GATEWAY_URL",
                    Host::Gateway => "TOTALCLOUD_GATEWAY_URL",
                    Host::ApiServer => "TOTALCLOUD_API_URL",
                };
                format!("check TOTALCLOUD_PLATFORM, or {variable}")
            }),
        ),
        Verdict::Refused => (
            ErrorKind::Refused,
            format!("the service refused the request{said}"),
            request.query("filter").map(|_| "check the filter: the service refuses tokens it does not know".to_owned()),
        ),
        Verdict::Conflict => {
            (ErrorKind::Conflict, format!("it contradicts the state of the service{said}"), None)
        }
        Verdict::PastWall => (
            ErrorKind::PastWall,
            "the page lies past the rows that one query can reach".to_owned(),
            Some("narrow the query by a filter, such as one account, region or time range".to_owned()),
        ),
        Verdict::Throttled { wait } => (
            ErrorKind::RateLimited,
            match wait {
                Some(wait) => format!("the quota refused the call for {}{said}", words(wait)),
                None => format!("the quota refused the call{said}"),
            },
            Some("try again later, with fewer calls at once".to_owned()),
        ),
        Verdict::Transient => (ErrorKind::Unavailable, format!("the service failed{said}"), None),
        _ if (300..400).contains(&fault.status) => (
            ErrorKind::WrongHost,
            format!("{host} answered with a redirect (status {}), which is not followed", fault.status),
            Some("the platform or an address is wrong, or a sign-in page stands in between".to_owned()),
        ),
        _ => (ErrorKind::Unavailable, format!("{host} answered in an unexpected way{said}"), None),
    };
    let wait = match verdict {
        Verdict::Throttled { wait } => wait,
        _ => None,
    };
    let mut error = Error::new(kind, message)
        .with_operation(op.id)
        .with_status(fault.status)
        .with_code(fault.code.clone())
        .with_retry_after(wait);
    if let Some(hint) = hint {
        error = error.with_hint(hint);
    }
    error
}

/// The error that a break of the way stands for.
pub(crate) fn broken(e: &TransportError, request: &Request, host: &str) -> Error {
    let error = Error::new(e.kind(), format!("{host}: {e}")).with_operation(request.operation.id);
    match e.advice() {
        Some(advice) => error.with_hint(advice),
        None => error,
    }
}

const fn kind_of(fault: Fault) -> ErrorKind {
    match fault {
        Fault::Dns | Fault::Connect | Fault::Refused | Fault::Broken | Fault::Cut => ErrorKind::Network,
        Fault::Proxy | Fault::ProxyLogin | Fault::ProxyRefused => ErrorKind::Network,
        Fault::Untrusted | Fault::WrongName | Fault::Expired => ErrorKind::Tls,
        Fault::TlsVersion | Fault::ClientCertificate | Fault::Tls => ErrorKind::Tls,
        Fault::ConnectTimeout | Fault::ReadTimeout | Fault::Stalled | Fault::TotalTimeout => {
            ErrorKind::Timeout
        }
        Fault::TooLarge => ErrorKind::Decode,
        Fault::Request => ErrorKind::Usage,
    }
}

impl TransportError {
    /// The kind of error that it becomes.
    pub const fn kind(&self) -> ErrorKind {
        kind_of(self.fault)
    }

    /// What to do about it.
    pub fn advice(&self) -> Option<String> {
        let proxied = self.proxy.is_some();
        let text = match self.fault {
            Fault::Dns => {
                "check the platform's name and the network; where names are resolved by a proxy only, \
                           name it by --proxy or TOTALCLOUD_PROXY"
            }
            Fault::Connect | Fault::ConnectTimeout if proxied => {
                "check the proxy's address (--proxy, TOTALCLOUD_PROXY or HTTPS_PROXY), or name the host in NO_PROXY \
                 to reach it directly"
            }
            Fault::Connect | Fault::ConnectTimeout => {
                "check the network; if hosts outside are reached through a proxy here, name it by --proxy or \
                 TOTALCLOUD_PROXY"
            }
            Fault::Refused => "check the address and its port, and whether a proxy is needed (--proxy)",
            Fault::Proxy => {
                "check the proxy's address (--proxy, TOTALCLOUD_PROXY or HTTPS_PROXY), or name the host in NO_PROXY \
                 to reach it directly"
            }
            Fault::ProxyLogin => {
                "give http://NAME@HOST:PORT by --proxy or TOTALCLOUD_PROXY, and the password by \
                 TOTALCLOUD_PROXY_PASSWORD"
            }
            Fault::ProxyRefused => {
                "the proxy's rules may forbid the host, or the proxy cannot reach it: ask those who run it to allow \
                 it, or name the host in NO_PROXY to reach it directly"
            }
            Fault::Untrusted => return Some(self.interception()),
            Fault::WrongName => {
                "check the address; if it is right, something between you and the service answers in its place"
            }
            Fault::Expired => {
                "check this machine's clock; if it is right, whoever runs the host (or the proxy that inspects TLS) \
                 must renew its certificate"
            }
            Fault::TlsVersion => {
                "nothing older than TLS 1.2 is spoken here: check the address, or the proxy that inspects TLS"
            }
            Fault::ClientCertificate => {
                "give your certificate by --client-cert FILE (and --client-key FILE), in PEM"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }

    fn interception(&self) -> String {
        let who =
            self.certificate.as_ref().map(|c| format!(" (by '{}', it seems)", c.issuer)).unwrap_or_default();
        format!(
            "if your company's network inspects TLS{who}, that is an interception you must allow: save the \
             certificate of its authority as a PEM file and name it by --ca-bundle FILE or TOTALCLOUD_CA_BUNDLE; \
             otherwise somebody stands between you and the service"
        )
    }
}

/// The error for an answer that is not what it should be.
pub(crate) fn unreadable(reason: &str, request: &Request, host: &str) -> Error {
    let error = Error::new(ErrorKind::Decode, format!("the answer of {host} cannot be read: {reason}"))
        .with_operation(request.operation.id);
    if reason.contains("HTML") {
        return error.with_hint(
            "a sign-in page or a proxy seems to have answered: check the platform, the addresses and the proxy",
        );
    }
    error
}

/// Why the body of an answer that is no listing is not what it should be.
pub(crate) fn odd_body(form: Form, effect: Effect, body: &[u8]) -> Option<String> {
    let html = || totalcloud_api::fault::not_json(body).filter(|why| why.contains("HTML"));
    match form {
        Form::Object if body.iter().all(u8::is_ascii_whitespace) => None,
        // The answers to many writes are not described; a word such as OK is one as well.
        Form::Object if effect != Effect::Read && !looks_like_json(body) => {
            totalcloud_api::fault::not_json(body)
        }
        Form::Object => totalcloud_api::fault::not_json(body).or_else(|| {
            let e = serde_json::from_slice::<serde::de::IgnoredAny>(body).err()?;
            Some(if e.is_eof() { "it ends too early".to_owned() } else { "it is not valid JSON".to_owned() })
        }),
        Form::Text | Form::File => html(),
        _ => None,
    }
}

fn looks_like_json(body: &[u8]) -> bool {
    matches!(body.trim_ascii().first(), Some(b'{' | b'['))
}

/// Takes secrets out of a text that others wrote: those that are known, in every form in which they travel, what
/// looks like a token, and what stands behind the name of a sign-in scheme. `None` if there is nothing to take out.
pub(crate) fn redact(text: &str, secrets: &[SecretString]) -> Option<String> {
    let mut out = text.to_owned();
    // Shorter ones would blot out ordinary words.
    for secret in secrets.iter().map(ExposeSecret::expose_secret).filter(|s| s.len() >= SHORTEST) {
        for form in forms(secret) {
            let form = form.expose_secret();
            out = out.replace(form, "…");
            // Long messages are cut, which may leave the beginning of a secret at their end.
            if let Some(body) = out.strip_suffix('…')
                && let Some(cut) = cut_secret(body, form)
            {
                out = format!("{}…", &body[..cut]);
            }
        }
    }
    let out = without_tokens(&out);
    (out != text).then_some(out)
}

/// The secrets that a request carries.
pub(crate) fn secrets_of(request: &Request) -> Vec<SecretString> {
    request.secrets().into_iter().map(SecretString::from).collect()
}

/// A secret as it is, and as JSON, addresses, forms and Basic carry it; the longest first.
fn forms(secret: &str) -> Vec<SecretString> {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
    let json = Value::from(secret).to_string();
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let percent: String = secret.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
        out
    });
    let mut all = vec![
        secret.to_owned(),
        json[1..json.len() - 1].to_owned(),
        percent.to_lowercase(),
        percent,
        form,
        STANDARD.encode(secret),
        URL_SAFE.encode(secret),
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
    ];
    all.sort_by_key(|form| std::cmp::Reverse(form.len()));
    all.dedup();
    all.into_iter().map(SecretString::from).collect()
}

const SHORTEST: usize = 4;

/// Where the beginning of a secret starts that a text ends with.
fn cut_secret(text: &str, secret: &str) -> Option<usize> {
    (SHORTEST..secret.len())
        .rev()
        .filter_map(|n| secret.get(..n))
        .find(|start| text.ends_with(start))
        .map(|start| text.len() - start.len())
}

fn without_tokens(text: &str) -> String {
    let of_word = |c: char| c.is_ascii_alphanumeric() || "._~+/=-".contains(c);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut scheme = false;
    while !rest.is_empty() {
        let word = &rest[..rest.find(|c| !of_word(c)).unwrap_or(rest.len())];
        let behind = &rest[word.len()..];
        let gap = &behind[..behind.find(of_word).unwrap_or(behind.len())];
        let token = word.starts_with("eyJ") && word.len() > 12 || scheme && word.len() > 7;
        out.push_str(if token { "…" } else { word });
        out.push_str(gap);
        scheme = word.eq_ignore_ascii_case("basic") || word.eq_ignore_ascii_case("bearer");
        rest = &behind[gap.len()..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_taken_out_of_what_others_wrote() {
        let secrets = ["hunter22".into(), "abc".into()];
        for (text, clean) in [
            ("password 'hunter22' is wrong", Some("password '…' is wrong")),
            ("Bearer opaque-token-1 refused", Some("Bearer … refused")),
            ("sent eyJhbGciOiJub25lIn0.eyJ9.x!", Some("sent …!")),
            ("cut in the middle: hunte…", Some("cut in the middle: …")),
            ("Basic sign-in is off, abc", None),
            ("", None),
            ("größer – ünïcode", None),
        ] {
            assert_eq!(redact(text, &secrets).as_deref(), clean, "{text}");
        }
    }

    #[test]
    fn secrets_are_taken_out_in_every_form_in_which_they_travel() {
        let secrets = ["p\"ss w/rd&é".into()];
        for text in [
            "raw p\"ss w/rd&é end",
            r#"json p\"ss w/rd&é end"#,
            "query p%22ss%20w%2Frd%26%C3%A9 end",
            "form p%22ss+w%2Frd%26%C3%A9 end",
            "base64 cCJzcyB3L3JkJsOp end",
        ] {
            let (word, _) = text.split_once(' ').unwrap();
            assert_eq!(redact(text, &secrets).as_deref(), Some(format!("{word} … end").as_str()), "{text}");
        }
    }

    #[test]
    fn secrets_of_a_request_are_those_declared_and_those_named_so_at_any_depth() {
        use totalcloud_api::endpoints::OperationId;
        let operation = OperationId::AuthOidc.operation();
        let body = serde_json::json!({
            "name": "open", "authenticationKey": "k1", "list": [{"clientSecret": {"value": "k2"}, "id": "open"}],
            "webhookUrl": "k3", "port": 1,
        });
        let args = totalcloud_api::operation::Args::from_iter(
            [("clientId", "open"), ("clientSecret", "k5")].map(|(k, v)| (k.to_owned(), v.into())),
        );
        let mut request = operation.request(&args, &Default::default()).unwrap();
        request.query = vec![("access_token", "k4".to_owned()), ("filter", "open".to_owned())];
        request.body = totalcloud_api::operation::Body::Json(body);
        let mut found: Vec<String> =
            secrets_of(&request).iter().map(|s| s.expose_secret().to_owned()).collect();
        found.sort();
        assert_eq!(found, ["k1", "k2", "k3", "k4", "k5"]);
    }

    #[test]
    fn every_break_of_the_way_that_a_user_can_mend_has_its_advice() {
        use Fault::*;
        let faults = [
            (Dns, "--proxy"),
            (Connect, "--proxy"),
            (Refused, "port"),
            (Proxy, "NO_PROXY"),
            (ProxyLogin, "TOTALCLOUD_PROXY_PASSWORD"),
            (ProxyRefused, "allow"),
            (Untrusted, "TOTALCLOUD_CA_BUNDLE"),
            (WrongName, "address"),
            (Expired, "clock"),
            (TlsVersion, "TLS 1.2"),
            (ClientCertificate, "--client-cert"),
            (ConnectTimeout, "network"),
        ];
        let mut said = std::collections::HashSet::new();
        for (fault, word) in faults {
            let e = TransportError::new(fault, "");
            let advice = e.advice().unwrap();
            assert!(advice.contains(word), "{fault:?}: {advice}");
            said.insert(e.to_string());
        }
        assert_eq!(said.len(), faults.len(), "each has a message of its own");
    }
}
