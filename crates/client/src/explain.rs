//! From a verdict or a break of the way to an error that says what to do.

use crate::auth::Way;
use crate::error::{Error, ErrorKind};
use crate::limiter::words;
use crate::transport::{Fault, TransportError};
use secrecy::{ExposeSecret, SecretString};
use totalcloud_api::fault::{ServiceFault, Verdict};
use totalcloud_api::operation::{Answer as Form, Auth, Host, Request};

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
    let (kind, hint) = match e.fault {
        Fault::Dns => (ErrorKind::Network, Some("check the platform's name, the network and the proxy")),
        Fault::Connect => {
            (ErrorKind::Network, Some("check the network and the proxy (HTTPS_PROXY, NO_PROXY)"))
        }
        Fault::Untrusted => (
            ErrorKind::Tls,
            Some(
                "if a proxy of your company inspects TLS, give its certificate by TOTALCLOUD_CA_BUNDLE; \
                 otherwise something is between you and the service",
            ),
        ),
        Fault::Tls => (ErrorKind::Tls, None),
        Fault::Broken | Fault::Cut => (ErrorKind::Network, None),
        Fault::ConnectTimeout | Fault::ReadTimeout | Fault::Stalled | Fault::TotalTimeout => {
            (ErrorKind::Timeout, None)
        }
        Fault::TooLarge => (ErrorKind::Decode, None),
        Fault::Request => (ErrorKind::Usage, None),
    };
    let error = Error::new(kind, format!("{host}: {e}")).with_operation(request.operation.id);
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
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
pub(crate) fn odd_body(form: Form, body: &[u8]) -> Option<String> {
    let html = || totalcloud_api::fault::not_json(body).filter(|why| why.contains("HTML"));
    match form {
        Form::Object if body.iter().all(u8::is_ascii_whitespace) => None,
        Form::Object => totalcloud_api::fault::not_json(body).or_else(|| {
            let e = serde_json::from_slice::<serde::de::IgnoredAny>(body).err()?;
            Some(if e.is_eof() { "it ends too early".to_owned() } else { "it is not valid JSON".to_owned() })
        }),
        Form::Text | Form::File => html(),
        _ => None,
    }
}

/// Takes secrets out of a text that others wrote: those that are known, what looks like a token, and what
/// stands behind the name of a sign-in scheme. `None` if there is nothing to take out.
pub(crate) fn redact(text: &str, secrets: &[SecretString]) -> Option<String> {
    let mut out = text.to_owned();
    for secret in secrets.iter().map(ExposeSecret::expose_secret) {
        // Shorter ones would blot out ordinary words.
        if secret.len() >= SHORTEST {
            out = out.replace(secret, "…");
            // Long messages are cut, which may leave the beginning of a secret at their end.
            if let Some(body) = out.strip_suffix('…')
                && let Some(cut) = cut_secret(body, secret)
            {
                out = format!("{}…", &body[..cut]);
            }
        }
    }
    let out = without_tokens(&out);
    (out != text).then_some(out)
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
}
