//! What a token says about itself. Nothing is verified: that is the service's task.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// What a token says about itself, as far as it can be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct TokenInfo {
    /// Whether it has the three parts of a JWT.
    pub is_jwt: bool,
    /// Since when it is good.
    pub issued: Option<Timestamp>,
    /// Until when it is good.
    pub expires: Option<Timestamp>,
    /// For whom it was made.
    pub subject: Option<String>,
    /// Who made it.
    pub issuer: Option<String>,
}

impl TokenInfo {
    /// Reads a token. What cannot be read is left out.
    pub fn of(token: &SecretString) -> TokenInfo {
        let token = token.expose_secret().trim();
        let parts: Vec<&str> = token.split('.').collect();
        let [_, claims, _] = parts[..] else { return TokenInfo::default() };
        let is_jwt = parts.iter().all(|part| !part.is_empty());
        let claims: Value = URL_SAFE_NO_PAD
            .decode(claims.trim_end_matches('='))
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok())
            .unwrap_or_default();
        let at = |name: &str| {
            let value = claims.get(name)?;
            let secs = value
                .as_i64()
                .or_else(|| value.as_f64().map(|f| f as i64))
                .or_else(|| value.as_str()?.trim().parse().ok())?;
            // Some makers write milliseconds.
            let secs = if secs > 100_000_000_000 { secs / 1_000 } else { secs };
            Timestamp::from_second(secs).ok()
        };
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        TokenInfo { is_jwt, issued: at("iat"), expires: at("exp"), subject: text("sub"), issuer: text("iss") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> SecretString {
        format!("eyJ9.{}.sig", URL_SAFE_NO_PAD.encode(claims)).into()
    }

    #[test]
    fn claims_are_read_in_any_form_and_their_absence_is_no_error() {
        let at = |s: &str| TokenInfo::of(&token(s)).expires.map(|t| t.as_second());
        assert_eq!(at(r#"{"exp":1700000000}"#), Some(1_700_000_000));
        assert_eq!(at(r#"{"exp":1700000000.5}"#), Some(1_700_000_000));
        assert_eq!(at(r#"{"exp":"1700000000"}"#), Some(1_700_000_000));
        assert_eq!(at(r#"{"exp":1700000000000}"#), Some(1_700_000_000));
        for odd in ["{}", "[]", "no json", r#"{"exp":null}"#, r#"{"exp":1e300}"#] {
            assert_eq!(at(odd), None, "{odd}");
            assert!(TokenInfo::of(&token(odd)).is_jwt);
        }
        for opaque in ["", "abc", "a.b", "a.b.c.d", "..", "a..c"] {
            assert!(!TokenInfo::of(&opaque.into()).is_jwt, "{opaque}");
        }
    }
}
