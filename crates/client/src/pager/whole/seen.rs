//! Which rows came already, told apart by their `uuid`.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Rows by their `uuid`, of which only the number is kept.
#[derive(Debug, Default)]
pub(super) struct Rows(HashSet<u128>);

impl Rows {
    /// Whether it is new. A row without an id is always new: leaving it out could lose it.
    pub(super) fn is_new(&mut self, id: Option<u128>) -> bool {
        id.is_none_or(|id| self.0.insert(id))
    }
}

#[derive(Deserialize)]
struct Id<'r> {
    #[serde(borrow)]
    uuid: Option<&'r RawValue>,
}

/// The id of a row as a number: a UUID is one, another id becomes one.
pub(super) fn id(row: &Bytes) -> Option<u128> {
    let raw = serde_json::from_slice::<Id<'_>>(row).ok()?.uuid?.get();
    if matches!(raw, "null" | "\"\"") {
        return None;
    }
    Some(uuid(raw.trim_matches('"')).unwrap_or_else(|| {
        let half = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (salt, raw).hash(&mut hasher);
            u128::from(hasher.finish())
        };
        half(0) << 64 | half(1)
    }))
}

/// A UUID in its form of 36 characters.
fn uuid(text: &str) -> Option<u128> {
    let bytes = text.as_bytes();
    if bytes.len() != 36 {
        return None;
    }
    let mut number = 0;
    for (i, byte) in bytes.iter().enumerate() {
        if matches!(i, 8 | 13 | 18 | 23) {
            if *byte != b'-' {
                return None;
            }
            continue;
        }
        number = number << 4 | u128::from(char::from(*byte).to_digit(16)?);
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(row: &'static str) -> Option<u128> {
        id(&Bytes::from_static(row.as_bytes()))
    }

    #[test]
    fn rows_are_told_apart_by_their_uuid_alone() {
        let a = of(r#"{"x":1,"uuid":"8f14e45f-ceea-467f-a0e6-000000000001"}"#);
        assert_eq!(a, Some(0x8f14_e45f_ceea_467f_a0e6_0000_0000_0001));
        assert_eq!(a, of(r#"{"uuid":"8F14E45F-CEEA-467F-A0E6-000000000001","x":2}"#));
        assert_ne!(of(r#"{"uuid":"one"}"#), of(r#"{"uuid":"two"}"#));
        assert_ne!(of(r#"{"uuid":1}"#), of(r#"{"uuid":2}"#));
        for none in [r#"{"x":1}"#, r#"{"uuid":null}"#, r#"{"uuid":""}"#, "3", "{"] {
            assert_eq!(of(none), None, "{none}");
        }
    }

    #[test]
    fn what_has_no_id_is_always_new() {
        let mut rows = Rows::default();
        assert!(rows.is_new(Some(1)) && !rows.is_new(Some(1)));
        assert!(rows.is_new(None) && rows.is_new(None));
    }
}
