//! Tokens of the simulated gateway: JWTs with a real header and real claims, signed with a key that every
//! simulator draws anew, so that no token can be made elsewhere.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// Seconds for which a token is good, by the service's documentation.
pub(crate) const LIFETIME: i64 = 4 * 3600;

/// What is wrong with a bearer token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadToken {
    /// It is no JWT at all.
    Malformed,
    /// It is one, but expired, forged or of someone else.
    Refused,
}

/// Makes and checks tokens.
pub(crate) struct Tokens {
    key: hmac::Key,
    seed: [u8; 16],
    /// Tokens with a smaller serial are refused.
    revoked: AtomicU64,
}

impl Tokens {
    /// A signer with a random key; `None` if the machine has no randomness.
    pub(crate) fn new() -> Option<Tokens> {
        let rng = ring::rand::SystemRandom::new();
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &rng).ok()?;
        let seed = ring::rand::generate::<[u8; 16]>(&rng).ok()?.expose();
        Some(Tokens { key, seed, revoked: AtomicU64::new(0) })
    }

    /// A token for `subject` issued now (seconds since the epoch).
    pub(crate) fn issue(&self, subject: &str, now: i64, serial: u64) -> String {
        let header = json!({ "typ": "JWT", "alg": "HS256" });
        let id: String = hmac::sign(&self.key, &[&self.seed[..], &serial.to_be_bytes()].concat()).as_ref()
            [..8]
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        let claims = json!({
            "jti": format!("{id}{serial:016x}"),
            "iss": "qualys-gateway-simulator",
            "sub": subject,
            "moduleApps": ["CLOUDVIEW"],
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
        });
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let tag = hmac::sign(&self.key, signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    /// Refuses all tokens with a smaller serial from now on.
    pub(crate) fn revoke_before(&self, serial: u64) {
        self.revoked.fetch_max(serial, Ordering::SeqCst);
    }

    /// Checks a token at `now` (seconds since the epoch).
    pub(crate) fn check(&self, token: &str, now: i64) -> Result<(), BadToken> {
        let (signed, tag) = token.rsplit_once('.').ok_or(BadToken::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(BadToken::Malformed)?;
        let part = |text: &str| -> Result<Value, BadToken> {
            let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| BadToken::Malformed)?;
            let value: Value = serde_json::from_slice(&bytes).map_err(|_| BadToken::Malformed)?;
            if value.is_object() { Ok(value) } else { Err(BadToken::Malformed) }
        };
        let tag = URL_SAFE_NO_PAD.decode(tag).map_err(|_| BadToken::Malformed)?;
        if hmac::verify(&self.key, signed.as_bytes(), &tag).is_err() {
            // Only a token that parses is refused as unknown.
            part(header)?;
            part(claims)?;
            return Err(BadToken::Refused);
        }
        let claims = part(claims)?;
        let serial = claims.get("jti").and_then(Value::as_str).and_then(|id| id.get(16..));
        let serial = serial.and_then(|hex| u64::from_str_radix(hex, 16).ok());
        let revoked = serial.is_none_or(|serial| serial < self.revoked.load(Ordering::SeqCst));
        match claims.get("exp").and_then(Value::as_i64) {
            Some(exp) if now < exp && !revoked => Ok(()),
            _ => Err(BadToken::Refused),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_four_hours_and_where_it_was_made() {
        let (tokens, other) = (Tokens::new().unwrap(), Tokens::new().unwrap());
        let token = tokens.issue("jane", 1_000, 1);
        assert_eq!(token.split('.').count(), 3);
        assert_eq!(tokens.check(&token, 1_000), Ok(()));
        assert_eq!(tokens.check(&token, 1_000 + LIFETIME - 1), Ok(()));
        assert_eq!(tokens.check(&token, 1_000 + LIFETIME), Err(BadToken::Refused));
        assert_eq!(other.check(&token, 1_000), Err(BadToken::Refused));
    }

    #[test]
    fn revoked_tokens_are_refused_and_later_ones_are_not() {
        let tokens = Tokens::new().unwrap();
        let (old, new) = (tokens.issue("jane", 1_000, 7), tokens.issue("jane", 1_000, 8));
        tokens.revoke_before(8);
        assert_eq!(tokens.check(&old, 1_000), Err(BadToken::Refused));
        assert_eq!(tokens.check(&new, 1_000), Ok(()));
    }

    #[test]
    fn changed_claims_are_refused_and_rubbish_is_malformed() {
        let tokens = Tokens::new().unwrap();
        let token = tokens.issue("jane", 1_000, 1);
        let parts: Vec<&str> = token.split('.').collect();
        let claims = URL_SAFE_NO_PAD.encode(r#"{"sub":"jane","exp":99999999999}"#);
        let forged = format!("{}.{claims}.{}", parts[0], parts[2]);
        assert_eq!(tokens.check(&forged, 1_000), Err(BadToken::Refused));
        for rubbish in ["", "a", "a.b", "a.b.c", "e30.e30", "e30.e30.!", "a.b.c.d"] {
            assert_eq!(tokens.check(rubbish, 1_000), Err(BadToken::Malformed), "{rubbish}");
        }
    }
}
