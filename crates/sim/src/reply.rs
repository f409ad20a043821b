//! Answers as plain values, and the error bodies of the service.

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) const JSON: &str = "application/json";
pub(crate) const XML: &str = "application/xml;charset=UTF-8";
pub(crate) const TEXT: &str = "text/plain;charset=UTF-8";
pub(crate) const HTML: &str = "text/html;charset=UTF-8";

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'static str,
    pub(crate) body: Bytes,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

/// What a handler returns; both sides are sent.
pub(crate) type Answer = Result<Reply, Reply>;

impl Reply {
    pub(crate) fn new(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
        Reply { status, content_type, body: body.into(), headers: Vec::new() }
    }

    pub(crate) fn json(body: impl Into<Bytes>) -> Reply {
        Reply::new(StatusCode::OK, JSON, body)
    }

    pub(crate) fn value(value: &Value) -> Reply {
        Reply::json(value.to_string())
    }

    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Reply {
        self.headers.push((name, value));
        self
    }
}

/// Makes error bodies for one request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Errors<'a> {
    pub(crate) now: Timestamp,
    pub(crate) path: &'a str,
}

impl Errors<'_> {
    /// Shape A, the facade's: code, message, epoch milliseconds.
    pub(crate) fn facade(&self, status: StatusCode, code: &str, message: &str) -> Reply {
        let body = json!({ "errorCode": code, "message": message, "timestamp": self.now.as_millisecond() });
        Reply { status, ..Reply::value(&body) }
    }

    /// Shape B, Spring's default.
    pub(crate) fn spring(&self, status: StatusCode, message: &str) -> Reply {
        let body = json!({
            "timestamp": iso_millis(self.now),
            "status": status.as_u16(),
            "error": status.canonical_reason().unwrap_or_default(),
            "message": message,
            "path": self.path,
        });
        Reply { status, ..Reply::value(&body) }
    }

    /// 400 as the live service words it.
    pub(crate) fn bad_parameter(&self, name: &str) -> Reply {
        self.bad_request(&format!("Parameter {name} has invalid value"))
    }

    pub(crate) fn bad_request(&self, message: &str) -> Reply {
        self.facade(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
    }

    /// 400 for an id that is no UUID.
    pub(crate) fn bad_uuid(&self) -> Reply {
        self.bad_request("UUID has to be represented by standard 36-char representation")
    }

    /// 404 for a path without a handler.
    pub(crate) fn no_such_path(&self) -> Reply {
        let path = self.path.trim_start_matches('/');
        let inside = path.strip_prefix("cloudview-api/").unwrap_or(path);
        self.spring(StatusCode::NOT_FOUND, &format!("No static resource {inside}."))
    }

    /// 404 for an id that nothing has.
    pub(crate) fn not_found(&self, what: &str, id: &str) -> Reply {
        self.spring(StatusCode::NOT_FOUND, &format!("{what} not found: {id}"))
    }

    pub(crate) fn method_not_allowed(&self, method: &Method, allowed: &[&'static str]) -> Reply {
        let reply =
            self.spring(StatusCode::METHOD_NOT_ALLOWED, &format!("Method '{method}' is not supported."));
        match HeaderValue::from_str(&allowed.join(", ")) {
            Ok(value) => reply.with(http::header::ALLOW, value),
            Err(_) => reply,
        }
    }

    pub(crate) fn unauthorised(&self, message: &str) -> Reply {
        self.facade(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message)
    }

    /// What the wall answers.
    pub(crate) fn past_wall(&self) -> Reply {
        self.facade(
            StatusCode::BAD_GATEWAY,
            "INTERNAL_SERVER_ERROR",
            "Error while communicating with a downstream service",
        )
    }

    /// The body that belongs to a status where nothing more is known of the cause.
    pub(crate) fn plain(&self, status: StatusCode) -> Reply {
        let reason = status.canonical_reason().unwrap_or("Error");
        match status.as_u16() {
            200..=299 => Reply { status, ..Reply::json("{}") },
            401 => self.unauthorised("Authentication failed"),
            409 | 429 => self.facade(status, "LIMIT_EXCEEDED", "API limit exceeded"),
            400..=499 => self.facade(status, &reason.to_uppercase().replace(' ', "_"), reason),
            502..=504 => html(status, reason),
            _ => self.spring(status, reason),
        }
    }
}

/// A page of a proxy or of the web server in front.
pub(crate) fn html(status: StatusCode, title: &str) -> Reply {
    let body = format!(
        "<!DOCTYPE html>\n<html><head><title>{0} {title}</title></head><body><h1>{title}</h1></body></html>\n",
        status.as_u16()
    );
    Reply::new(status, HTML, body)
}

/// The old API's error document.
pub(crate) fn simple_return(status: StatusCode, now: Timestamp, code: u32, text: &str) -> Reply {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<SIMPLE_RETURN>\n  <RESPONSE>\n    \
         <DATETIME>{}</DATETIME>\n    <CODE>{code}</CODE>\n    <TEXT>{text}</TEXT>\n  </RESPONSE>\n\
         </SIMPLE_RETURN>\n",
        now.strftime("%Y-%m-%dT%H:%M:%SZ")
    );
    Reply::new(status, XML, body)
}

/// `2021-07-06T12:50:34.526+00:00`
pub(crate) fn iso_millis(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%S%.3f+00:00").to_string()
}

/// `2024-01-01T22:54:12+0000`
pub(crate) fn iso(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}
