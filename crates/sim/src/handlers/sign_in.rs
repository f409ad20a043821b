//! The sign-in calls and the login check.

use crate::call::{Call, Query};
use crate::reply::{Answer, Reply, TEXT, XML};
use http::StatusCode;
use std::sync::atomic::Ordering;

fn refused() -> Reply {
    Reply::new(StatusCode::UNAUTHORIZED, TEXT, "Bad credentials")
}

/// The bare token, without a newline: one client puts the text into its header as it came.
fn token(call: &Call<'_>, status: StatusCode, subject: &str) -> Reply {
    let serial = call.service.serial.fetch_add(1, Ordering::Relaxed);
    Reply::new(status, TEXT, call.service.keys.tokens.issue(subject, call.now.as_second(), serial))
}

/// `POST /auth`: a form with user name and password.
pub(super) fn gateway(call: &Call<'_>) -> Answer {
    let form = std::str::from_utf8(call.body).unwrap_or_default();
    let form = Query::parse(form);
    let keys = &call.service.keys;
    let right = form.get("username") == Some(keys.username.as_str())
        && form.get("password") == Some(keys.password.as_str());
    if right { Ok(token(call, StatusCode::CREATED, &keys.username)) } else { Err(refused()) }
}

/// `POST /auth/oidc`: client id and secret in headers, no body.
pub(super) fn oidc(call: &Call<'_>) -> Answer {
    let header = |name: &str| call.headers.get(name).map(|v| v.as_bytes());
    let keys = &call.service.keys;
    let right = header("clientid") == Some(keys.client_id.as_bytes())
        && header("clientsecret") == Some(keys.client_secret.as_bytes());
    if right { Ok(token(call, StatusCode::OK, &keys.client_id)) } else { Err(refused()) }
}

/// `GET /msp/about.php`: the about document, for a client that only wants the status and the headers.
pub(super) fn about(_call: &Call<'_>) -> Answer {
    Ok(Reply::new(
        StatusCode::OK,
        XML,
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<ABOUT>\n  <API-VERSION MAJOR=\"1\" MINOR=\"4\" />\n  \
         <WEB-VERSION>10.28.0.0-1</WEB-VERSION>\n  <SCANNER-VERSION>12.18.54-1</SCANNER-VERSION>\n  \
         <VULNSIGS-VERSION>2.6.0-1</VULNSIGS-VERSION>\n</ABOUT>\n",
    ))
}
