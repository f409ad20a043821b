//! What object stores and disks say, told in words.
//!
//! What a store says is never passed on as it came: answers to wrong signatures quote what was signed, addresses may
//! hold tokens. Words and codes that are known are looked for in it, and the rest is left out.

use super::{Error, Kind};
use object_store::client::{HttpError, HttpErrorKind};
use std::io;

/// Codes of stores that say that the credentials are not right.
const REFUSED: &[&str] = &[
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "TokenRefreshRequired",
    "InvalidToken",
    "InvalidSecurity",
    "AuthenticationFailed",
    "InvalidAuthenticationInfo",
    "RequestTimeTooSkewed",
    "invalid_grant",
    "invalid_client",
];
/// Codes of stores that say that there is no such bucket.
const NO_BUCKET: &[&str] =
    &["NoSuchBucket", "ContainerNotFound", "FilesystemNotFound", "bucket does not exist"];
/// Where machines in a cloud ask for their own credentials, which is the last thing tried.
const OF_THE_MACHINE: &[&str] = &["169.254.169.254", "169.254.170.2", "metadata.google.internal"];
/// What to do without credentials.
const SIGN_IN: &str = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (aws configure export-credentials --format \
                       env prints them), AZURE_STORAGE_ACCOUNT_KEY or GOOGLE_APPLICATION_CREDENTIALS";
const REACH: &str = "check the network, the proxy and the endpoint (AWS_ENDPOINT_URL), and run the same again: what \
                     was not committed is not seen by anyone";

impl From<object_store::Error> for Error {
    fn from(e: object_store::Error) -> Error {
        use object_store::Error as E;
        let text = chain(&e);
        match &e {
            E::NotFound { .. } if has(&text, NO_BUCKET).is_some() => no_bucket(),
            E::NotFound { path, .. } => Error::new(Kind::Missing, format!("{path} is not there")),
            E::Unauthenticated { .. } => credentials(has(&text, REFUSED)),
            E::PermissionDenied { path, .. } => match (has(&text, REFUSED), system(&e)) {
                (Some(code), _) => credentials(Some(code)),
                (None, Some(error)) => error.about(path),
                (None, None) => Error::new(Kind::Forbidden, format!("the object store refuses {path}")).hint(
                    "the credentials must be allowed to list, read, write and delete below the estate's prefix",
                ),
            },
            // The store of the disk names the file and holds no secret.
            E::Generic { store: "LocalFileSystem", source } => {
                let known = system(&e).unwrap_or_else(|| Error::new(Kind::Failed, ""));
                Error { message: source.to_string(), ..known }
            }
            _ => inside(&e).unwrap_or_else(|| unknown(&text)),
        }
    }
}

/// What an error is made of, where that is known: a disk's or an object store's trouble.
pub(super) fn inside(e: &(dyn std::error::Error + 'static)) -> Option<Error> {
    let text = chain(e);
    let http = links(e).find_map(|e| e.downcast_ref::<HttpError>());
    if http.is_none() && !text.contains("Error performing ") {
        return system(e);
    }
    let host = host(&text).map_or_else(String::new, |host| format!(" {host}"));
    if has(&text, OF_THE_MACHINE).is_some() {
        let what = "there are no credentials for the object store, and this machine has none of its own";
        return Some(Error::new(Kind::Forbidden, what).hint(SIGN_IN));
    }
    if let Some(code) = has(&text, REFUSED) {
        return Some(credentials(Some(code)));
    }
    if has(&text, NO_BUCKET).is_some() {
        return Some(no_bucket());
    }
    if text.contains("incorrectly configured region") || text.contains("PermanentRedirect") {
        return Some(Error::new(Kind::Input, "the bucket is in another region").hint("set AWS_REGION"));
    }
    if text.contains("URL scheme is not allowed") {
        let what = "the endpoint of the object store is not encrypted";
        return Some(
            Error::new(Kind::Input, what).hint("use https://, or allow http:// (AWS_ALLOW_HTTP=true)"),
        );
    }
    if let Some(status) = status(&text) {
        let what = format!("the object store{host} answers {status}");
        return Some(Error::new(Kind::Lost, what).hint("run the same again in a while; nothing was lost"));
    }
    let what = match http.map(HttpError::kind) {
        Some(HttpErrorKind::Timeout) => format!("the object store{host} does not answer in time"),
        Some(HttpErrorKind::Interrupted | HttpErrorKind::Decode) => {
            format!("the connection to the object store{host} broke")
        }
        _ => format!("the object store{host} cannot be reached"),
    };
    Some(Error::new(Kind::Lost, what).hint(REACH))
}

/// The error of the system that an error was made of.
fn system(e: &(dyn std::error::Error + 'static)) -> Option<Error> {
    let io = links(e).find_map(|e| e.downcast_ref::<io::Error>())?;
    Some(io::Error::new(io.kind(), io.to_string()).into())
}

fn credentials(code: Option<&str>) -> Error {
    let what = "the object store does not take these credentials";
    let what = code.map_or_else(|| what.to_owned(), |code| format!("{what} ({code})"));
    let hint = match code {
        Some("RequestTimeTooSkewed") => "set the clock of this machine",
        Some("ExpiredToken" | "TokenRefreshRequired") => "get new ones: these have expired",
        _ => SIGN_IN,
    };
    Error::new(Kind::Forbidden, what).hint(hint)
}

fn no_bucket() -> Error {
    Error::new(Kind::Missing, "the bucket or container of the estate is not there")
        .hint("check the URL (--estate), the endpoint and the region; a bucket has to be made before")
}

fn unknown(text: &str) -> Error {
    let status = status(text).map_or_else(String::new, |status| format!(" ({status})"));
    Error::new(Kind::Lost, format!("the object store failed{status}")).hint(REACH)
}

fn links<'a>(
    e: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(e), |e| e.source())
}

/// All that an error and what it is made of say; to look for words in, not to be shown.
fn chain(e: &(dyn std::error::Error + 'static)) -> String {
    links(e).map(|e| e.to_string()).collect::<Vec<_>>().join(" / ")
}

fn has(text: &str, words: &[&'static str]) -> Option<&'static str> {
    words.iter().copied().find(|word| text.contains(word))
}

/// The status of an answer.
fn status(text: &str) -> Option<&str> {
    let (_, after) = text.split_once("status code: ")?;
    after.get(..3).filter(|code| code.bytes().all(|b| b.is_ascii_digit()))
}

/// The host that was called, without path and query.
fn host(text: &str) -> Option<&str> {
    let (_, after) = text.split_once("Error performing ")?;
    let (_, after) = after.split_once("://")?;
    let host = after.split(['/', '?', ' ', '"', ')']).next()?;
    // What stands before an '@' may be a password.
    Some(host.rsplit('@').next().unwrap_or(host)).filter(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use object_store::Error as Store;

    fn generic(text: &str) -> Error {
        Store::Generic { store: "S3", source: text.into() }.into()
    }

    const CALL: &str =
        "Error performing GET https://bucket.s3.amazonaws.com/estate.json?sig=very-secret in 3ms";

    #[test]
    fn troubles_are_told_apart_without_what_the_store_said() {
        let body =
            "<Error><Code>SignatureDoesNotMatch</Code><StringToSign>very-secret</StringToSign></Error>";
        let cases: [(Error, Kind, &str); 8] = [
            (
                Store::PermissionDenied { path: "estate.json".into(), source: body.into() }.into(),
                Kind::Forbidden,
                "does not take these credentials (SignatureDoesNotMatch)",
            ),
            (
                Store::PermissionDenied {
                    path: "estate.json".into(),
                    source: "<Code>AccessDenied</Code>".into(),
                }
                .into(),
                Kind::Forbidden,
                "refuses estate.json",
            ),
            (
                Store::NotFound { path: "estate.json".into(), source: "<Code>NoSuchBucket</Code>".into() }
                    .into(),
                Kind::Missing,
                "bucket or container",
            ),
            (
                Store::NotFound { path: "estate.json".into(), source: "<Code>NoSuchKey</Code>".into() }
                    .into(),
                Kind::Missing,
                "estate.json is not there",
            ),
            (
                generic(&format!("{CALL} - Server returned non-2xx status code: 503 SlowDown: very-secret")),
                Kind::Lost,
                "amazonaws.com answers 503",
            ),
            (
                generic(&format!("{CALL} - error sending request")),
                Kind::Lost,
                "bucket.s3.amazonaws.com cannot be reached",
            ),
            (
                generic("Error performing PUT http://169.254.169.254/latest/api/token in 1s - error"),
                Kind::Forbidden,
                "no credentials",
            ),
            (
                generic(&format!(
                    "{CALL} - Received redirect without LOCATION, this normally indicates an incorrectly configured region"
                )),
                Kind::Input,
                "another region",
            ),
        ];
        for (error, kind, text) in cases {
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.message().contains(text), "{error}");
            let all = format!("{error} {:?}", error.advice());
            assert!(!all.contains("very-secret"), "{all}");
        }
    }

    #[test]
    fn a_disk_says_which_file() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let error = Error::from(Store::Generic { store: "LocalFileSystem", source: Box::new(full) });
        assert_eq!(error.kind(), Kind::Full);
        assert!(error.advice().is_some_and(|hint| hint.contains("make room")), "{error:?}");
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let path = "tables/controls".to_owned();
        let error = Error::from(Store::PermissionDenied { path, source: Box::new(denied) });
        assert_eq!(error.kind(), Kind::Forbidden);
        assert!(error.message().starts_with("tables/controls: "), "{error}");
    }
}
