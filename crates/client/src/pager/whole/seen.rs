//! Which rows came already, told apart by their `uuid`.

use crate::numbers::Numbers;
use bytes::Bytes;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use totalcloud_api::scan::Scan;

/// Rows by their `uuid`, of which 64 bits are kept, because a million rows must not cost much memory.
///
/// Two rows with the same 64 bits are one in thirty million for a million rows, and not silent: the sum falls
/// short of the count then.
#[derive(Debug, Default)]
pub(super) struct Rows(Numbers<()>);

impl Rows {
    /// Whether it is new.
    pub(super) fn is_new(&mut self, id: u128) -> bool {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        self.0.insert(hasher.finish(), ()).is_none()
    }
}

/// The text of the `uuid` of a row. What comes behind it is not looked at.
fn find(row: &[u8]) -> Option<&[u8]> {
    let mut found = None;
    let _ = Scan::new(row).object(|scan, name| {
        if name == b"uuid" || (name.contains(&b'\\') && unescaped(name).is_some_and(|name| name == "uuid")) {
            found = scan.value();
            return None;
        }
        match scan.peek()? {
            b'{' | b'[' => scan.brackets().map(drop),
            _ => scan.value().map(drop),
        }
    });
    found
}

/// A name that is written with escapes.
fn unescaped(name: &[u8]) -> Option<String> {
    serde_json::from_slice(&[b"\"", name, b"\""].concat()).ok()
}

/// The id of a row as a number: a UUID is one, another id becomes one.
pub(super) fn id(row: &Bytes) -> Option<u128> {
    let raw = std::str::from_utf8(find(row)?).ok()?;
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

/// A number for a row without an id: what stands in it, and how many like it came before in the same reading.
pub(super) fn likeness(row: &Bytes, before: &mut HashMap<u64, u32>) -> u128 {
    let mut hasher = DefaultHasher::new();
    row.hash(&mut hasher);
    let hash = hasher.finish();
    let nth = before.entry(hash).or_default();
    *nth += 1;
    u128::from(hash) << 64 | u128::from(*nth)
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
        assert_eq!(of(r#"{"\n":1,"\u0075uid":7}"#), of(r#"{"uuid":7}"#));
        for none in [r#"{"x":1}"#, r#"{"uuid":null}"#, r#"{"uuid":""}"#, "3", "{"] {
            assert_eq!(of(none), None, "{none}");
        }
    }

    #[test]
    fn rows_without_an_id_are_all_kept_and_known_again_in_the_next_reading() {
        let row = Bytes::from_static(b"{\"x\":1}");
        let mut rows = Rows::default();
        let reading = |rows: &mut Rows| {
            let mut before = HashMap::new();
            (0..3).filter(|_| rows.is_new(likeness(&row, &mut before))).count()
        };
        assert_eq!((reading(&mut rows), reading(&mut rows)), (3, 0));
    }
}
