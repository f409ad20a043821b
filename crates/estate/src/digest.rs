//! What a row is and whether it changed: its key, its account, and a hash of its content.
//!
//! The hash does not depend on the order of fields, on white space, on fields that are null, or on volatile
//! fields at any depth. It is stored, so it must never change: XXH3 over the bytes of names and values.

use crate::tables::TableSpec;
use std::borrow::Cow;
use totalcloud_api::model::{Flag, Kind, Shape};
use twox_hash::XxHash3_64;

/// Values nested deeper are hashed as the text they are.
const DEEPEST: usize = 64;

/// Reads the rows of one table.
#[derive(Debug)]
pub struct Digester {
    marks: Marks,
    /// Fields that are wanted as text, by wire name.
    wanted: Vec<&'static str>,
    keys: Vec<Vec<usize>>,
    accounts: Vec<usize>,
    key_in_scope: bool,
}

/// What a row is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest<'a> {
    /// What identifies it in its table.
    pub key: String,
    /// The account the row itself names.
    pub account: Option<Cow<'a, str>>,
    /// Its content.
    pub hash: u64,
}

/// Volatile fields of an object, and of the objects in it.
#[derive(Debug, Default)]
struct Marks {
    volatile: Vec<&'static str>,
    nested: Vec<(&'static str, Marks)>,
}

impl Marks {
    fn of(shape: &Shape) -> Marks {
        let mut marks = Marks::default();
        for column in shape.columns() {
            if column.is(Flag::Volatile) {
                marks.volatile.push(column.wire);
            } else if let Some(nested) = object(&column.kind) {
                let nested = Marks::of(nested);
                if !nested.volatile.is_empty() || !nested.nested.is_empty() {
                    marks.nested.push((column.wire, nested));
                }
            }
        }
        marks
    }

    fn within(&self, name: &[u8]) -> Option<&Marks> {
        self.nested.iter().find(|(n, _)| n.as_bytes() == name).map(|(_, marks)| marks)
    }
}

fn object(kind: &Kind) -> Option<&'static Shape> {
    match kind {
        Kind::Object(shape) => Some(shape),
        Kind::List(inner) => object(inner),
        _ => None,
    }
}

impl Digester {
    /// For the rows of a table.
    pub fn of(table: &TableSpec) -> Digester {
        let mut wanted: Vec<&'static str> = Vec::new();
        let mut at = |name: &'static str| match wanted.iter().position(|w| *w == name) {
            Some(at) => at,
            None => {
                wanted.push(name);
                wanted.len() - 1
            }
        };
        let keys = table.keys.iter().map(|key| key.iter().map(|n| at(n)).collect()).collect();
        let accounts = table.accounts.iter().map(|n| at(n)).collect();
        let marks = Marks::of(table.shape);
        Digester { marks, wanted, keys, accounts, key_in_scope: table.key_in_scope }
    }

    /// Reads a row that was read in a scope.
    pub fn read<'a>(&self, scope: &str, row: &'a [u8]) -> Digest<'a> {
        let mut walk = Walk { text: row, at: 0, wanted: &self.wanted, found: vec![None; self.wanted.len()] };
        let hash = walk.row(&self.marks).unwrap_or_else(|| XxHash3_64::oneshot(row.trim_ascii()));
        let found = walk.found;
        let text = |at: &usize| found.get(*at).and_then(Option::as_ref);
        let mut key = String::new();
        if self.key_in_scope {
            escaped(scope, &mut key);
            key.push('|');
        }
        let whole = self.keys.iter().find(|key| key.iter().all(|at| text(at).is_some()));
        match whole {
            Some(fields) => {
                for (i, value) in fields.iter().filter_map(text).enumerate() {
                    if i > 0 {
                        key.push('|');
                    }
                    escaped(value, &mut key);
                }
            }
            // Two rows of the same content are then one row, which loses nothing.
            None => key.push_str(&format!("#{hash:016x}")),
        }
        let account = self.accounts.iter().find_map(|at| text(at).cloned());
        Digest { key, account, hash }
    }
}

/// Appends a part of a key so that the bars between parts stay the only ones.
fn escaped(part: &str, into: &mut String) {
    if !part.contains(['|', '\\']) {
        return into.push_str(part);
    }
    for c in part.chars() {
        if matches!(c, '|' | '\\') {
            into.push('\\');
        }
        into.push(c);
    }
}

/// A key as 64 bits, for sets of keys.
pub fn key_hash(key: &str) -> u64 {
    XxHash3_64::oneshot(key.as_bytes())
}

/// A way through the text of a row. Anything that is no JSON ends it with `None`.
struct Walk<'a, 'w> {
    text: &'a [u8],
    at: usize,
    wanted: &'w [&'static str],
    found: Vec<Option<Cow<'a, str>>>,
}

impl<'a> Walk<'a, '_> {
    fn space(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn next(&mut self) -> Option<u8> {
        self.space();
        self.text.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then(|| self.at += 1)
    }

    /// The row: an object and nothing behind it.
    fn row(&mut self, marks: &Marks) -> Option<u64> {
        let hash = self.object(Some(marks), 0, true)?;
        self.space();
        (self.at == self.text.len()).then_some(hash)
    }

    fn object(&mut self, marks: Option<&Marks>, depth: usize, top: bool) -> Option<u64> {
        self.expect(b'{')?;
        let mut sum = 0x9e37_79b9_7f4a_7c15_u64;
        if self.next()? == b'}' {
            self.at += 1;
            return Some(sum);
        }
        loop {
            self.space();
            let name = self.string()?;
            self.expect(b':')?;
            self.space();
            let volatile = marks.is_some_and(|m| m.volatile.iter().any(|v| v.as_bytes() == name));
            let nested = marks.and_then(|m| m.within(name));
            let start = self.at;
            let value = self.value(nested, depth + 1)?;
            let json = self.text.get(start..self.at)?;
            if top && let Some(at) = self.wanted.iter().position(|w| w.as_bytes() == name) {
                self.found[at] = text(json);
            }
            // A field that is null is as good as one that is not there.
            if !volatile && json != b"null" {
                sum = sum.wrapping_add(mix(XxHash3_64::oneshot(name) ^ value.rotate_left(17)));
            }
            match self.next()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Some(mix(sum));
                }
                _ => return None,
            }
        }
    }

    fn array(&mut self, marks: Option<&Marks>, depth: usize) -> Option<u64> {
        self.expect(b'[')?;
        let mut hash = 0xc2b2_ae3d_27d4_eb4f_u64;
        if self.next()? == b']' {
            self.at += 1;
            return Some(hash);
        }
        loop {
            self.space();
            let value = self.value(marks, depth + 1)?;
            hash = mix(hash.rotate_left(5) ^ value);
            match self.next()? {
                b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    return Some(hash);
                }
                _ => return None,
            }
        }
    }

    fn value(&mut self, marks: Option<&Marks>, depth: usize) -> Option<u64> {
        let start = self.at;
        match *self.text.get(self.at)? {
            b'{' | b'[' if depth > DEEPEST => {
                self.skip()?;
                Some(XxHash3_64::oneshot(self.text.get(start..self.at)?))
            }
            b'{' => self.object(marks, depth, false),
            b'[' => self.array(marks, depth),
            b'"' => {
                self.string()?;
                Some(XxHash3_64::oneshot(self.text.get(start..self.at)?))
            }
            _ => {
                let rest = &self.text[start..];
                let ends = |b: &u8| matches!(b, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
                self.at += rest.iter().position(ends).unwrap_or(rest.len());
                (self.at > start).then(|| XxHash3_64::oneshot(&self.text[start..self.at]))
            }
        }
    }

    /// The text between the quotes, as it is written.
    fn string(&mut self) -> Option<&'a [u8]> {
        if *self.text.get(self.at)? != b'"' {
            return None;
        }
        let start = self.at + 1;
        let mut at = start;
        loop {
            at += memchr::memchr2(b'"', b'\\', self.text.get(at..)?)?;
            if self.text[at] == b'"' {
                self.at = at + 1;
                return self.text.get(start..at);
            }
            at += 2;
        }
    }

    /// Goes past a nested value without going down into it.
    fn skip(&mut self) -> Option<()> {
        let mut open = 0usize;
        loop {
            match *self.text.get(self.at)? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' => open = open.checked_sub(1)?,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return Some(());
            }
        }
    }
}

/// The value as text: of a string what it says, of others as they are written; nothing of null and empty text.
fn text(json: &[u8]) -> Option<Cow<'_, str>> {
    let text = std::str::from_utf8(json).ok()?;
    if text == "null" || text == "\"\"" {
        return None;
    }
    match text.strip_prefix('"') {
        Some(inner) if memchr::memchr(b'\\', json).is_none() => inner.strip_suffix('"').map(Cow::Borrowed),
        Some(_) => serde_json::from_str(text).ok().map(Cow::Owned),
        None => Some(Cow::Borrowed(text)),
    }
}

/// Spreads the bits of a number over all of it.
fn mix(mut x: u64) -> u64 {
    x ^= x >> 33;
    x = x.wrapping_mul(0xff51_afd7_ed55_8ccd);
    x ^= x >> 33;
    x = x.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ (x >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables;
    use proptest::prelude::*;

    fn read(row: &str) -> (String, Option<String>, u64) {
        let digest = Digester::of(tables::get("aws_ec2_instance").unwrap());
        let read = digest.read("", row.as_bytes());
        (read.key, read.account.map(Cow::into_owned), read.hash)
    }

    fn hash(row: &str) -> u64 {
        read(row).2
    }

    #[test]
    fn the_hash_is_the_one_of_the_files_that_are_there() {
        assert_eq!(
            hash(r#"{"uuid":"u-1","instanceId":"i-1","tags":[{"key":"env"}]}"#),
            7_001_599_430_491_208_812
        );
    }

    #[test]
    fn what_does_not_count_changes_nothing() {
        let row = r#"{"uuid":"u","resourceId":"i","vulnerabilities":[{"qid":1,"lastFound":"a"}],"x":null}"#;
        let same = [
            r#"{"resourceId":"i" , "uuid":"u","vulnerabilities":[ {"lastFound":"b","qid":1}]}"#,
            r#"{"lastUpdated":"2026","uuid":"u","resourceId":"i","vulnerabilities":[{"qid":1}]}"#,
        ];
        for other in same {
            assert_eq!(hash(row), hash(other), "{other}");
        }
        let others = [
            r#"{"uuid":"u","resourceId":"i","vulnerabilities":[{"qid":2}]}"#,
            r#"{"uuid":"u","resourceId":"i","vulnerabilities":[]}"#,
            r#"{"uuid":"u","resourceId":"i","vulnerabilities":[{"qid":1}],"x":0}"#,
            r#"{"uuid":"i","resourceId":"u","vulnerabilities":[{"qid":1}]}"#,
            // Volatile is said of the top field, not of one of that name elsewhere.
            r#"{"uuid":"u","resourceId":"i","vulnerabilities":[{"qid":1,"lastUpdated":"a"}]}"#,
        ];
        for other in others {
            assert_ne!(hash(row), hash(other), "{other}");
        }
    }

    #[test]
    fn a_row_is_known_by_its_id() {
        let (key, account, _) = read(r#"{"uuid":"u\"1","cloudAccountId":"012345678901"}"#);
        assert_eq!((key.as_str(), account.as_deref()), ("u\"1", Some("012345678901")));
        assert_eq!(read(r#"{"uuid":null,"resourceId":"a|b"}"#).0, r"a\|b");
        assert_eq!(read(r#"{"cloudAccountId":12}"#).1.as_deref(), Some("12"));
        assert!(read(r#"{"name":"x"}"#).0.starts_with('#'));
        assert_ne!(read(r#"{"name":"x"}"#).0, read(r#"{"name":"y"}"#).0);
        let of = Digester::of(tables::get("account_evaluations").unwrap());
        assert_eq!(of.read("aws/1", br#"{"controlId":"52"}"#).key, "aws/1|52");
    }

    #[test]
    fn what_is_no_object_is_still_something() {
        for odd in
            ["", "null", "[]", "{", r#"{"a"#, r#"{"a":}"#, r#"{"a":1}x"#, r#"{"a":1,}"#, "\"\\", "{\"\\"]
        {
            assert!(read(odd).0.starts_with('#'), "{odd}");
        }
        let deep = format!(r#"{{"uuid":"u","a":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(read(&deep).0, "u");
    }

    proptest! {
        #[test]
        fn the_order_of_fields_does_not_matter(
            mut fields in proptest::collection::btree_map("[a-z]{1,6}", "[ -~]{0,9}", 0..9), turn in 0usize..9
        ) {
            fields.remove("uuid");
            let json = |fields: &[(&String, &String)]| {
                let fields: Vec<String> = fields.iter().map(|(k, v)| {
                    format!("{}:{}", serde_json::json!(k), serde_json::json!(v))
                }).collect();
                format!("{{{}}}", fields.join(","))
            };
            let mut list: Vec<_> = fields.iter().collect();
            let before = hash(&json(&list));
            if !list.is_empty() { let by = turn % list.len(); list.rotate_left(by); }
            prop_assert_eq!(before, hash(&json(&list)));
        }

        #[test]
        fn nothing_makes_it_fail(text in "[\\[\\]{}\",:\\\\ntul0-9 ]{0,60}") {
            let (key, _, hash) = read(&text);
            prop_assert!(!key.is_empty());
            prop_assert_eq!(hash, read(&text).2);
        }
    }
}
