//! What a row is and whether it changed: its key, its account, and a hash of its content.
//!
//! The hash does not depend on the order of fields, on white space, on fields that are null, or on volatile
//! fields at any depth. It is stored, so it must never change: XXH3 over the bytes of names and values.

use crate::tables::TableSpec;
use std::borrow::Cow;
use totalcloud_api::model::{Flag, Kind, Shape};
use totalcloud_api::scan::{DEEPEST, Scan};
use twox_hash::XxHash3_64;

/// Names that no shape has and that are kept in memory: rows used as dictionaries must not make a million.
const MOST_UNKNOWN: usize = 4096;

/// Reads the rows of one table.
#[derive(Debug)]
pub struct Digester {
    levels: Levels,
    /// Values of the fields that are wanted as text; they keep their places from row to row.
    found: Vec<Option<(usize, usize)>>,
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

/// What is known of the names of fields, object by object; the first level is the row.
#[derive(Debug)]
struct Levels {
    levels: Vec<Level>,
    unknown: usize,
}

/// The names of one object.
#[derive(Debug, Default)]
struct Level {
    names: Vec<Name>,
    /// The names in the order of the object before, which the next one mostly follows.
    order: Vec<usize>,
}

#[derive(Debug)]
struct Name {
    text: Box<[u8]>,
    hash: u64,
    volatile: bool,
    /// The shape of the objects in it.
    shape: Option<&'static Shape>,
    /// The level of the objects in it, once there was one.
    inside: Option<usize>,
    wanted: Option<usize>,
}

impl Name {
    fn new(text: &[u8]) -> Name {
        let hash = XxHash3_64::oneshot(text);
        Name { text: text.into(), hash, volatile: false, shape: None, inside: None, wanted: None }
    }
}

impl Level {
    fn of(shape: &Shape) -> Level {
        let names = shape.columns().into_iter().map(|column| {
            let volatile = column.is(Flag::Volatile);
            let shape = object(&column.kind).filter(|_| !volatile);
            Name { volatile, shape, ..Name::new(column.wire.as_bytes()) }
        });
        Level { names: names.collect(), order: Vec::new() }
    }

    fn find(&self, text: &[u8]) -> Option<usize> {
        self.names.iter().position(|n| *n.text == *text)
    }
}

fn object(kind: &Kind) -> Option<&'static Shape> {
    match kind {
        Kind::Object(shape) => Some(shape),
        Kind::List(inner) => object(inner),
        _ => None,
    }
}

impl Levels {
    /// The place of a name that comes at a position of an object; none where too many are kept.
    fn place(&mut self, level: usize, position: usize, text: &[u8]) -> Option<usize> {
        let known = &mut self.levels[level];
        let guess = known.order.get(position).copied();
        if let Some(at) = guess.filter(|at| *known.names[*at].text == *text) {
            return Some(at);
        }
        let at = match known.find(text) {
            Some(at) => at,
            None if self.unknown >= MOST_UNKNOWN => return None,
            None => {
                self.unknown += 1;
                known.names.push(Name::new(text));
                known.names.len() - 1
            }
        };
        if position < MOST_UNKNOWN {
            let length = known.order.len().max(position + 1);
            known.order.resize(length, at);
            known.order[position] = at;
        }
        Some(at)
    }

    /// The level of the objects in a field.
    fn inside(&mut self, level: usize, name: usize) -> usize {
        if let Some(inside) = self.levels[level].names[name].inside {
            return inside;
        }
        let inside = self.levels.len();
        let name = &mut self.levels[level].names[name];
        name.inside = Some(inside);
        let new = name.shape.map(Level::of).unwrap_or_default();
        self.levels.push(new);
        inside
    }
}

impl Digester {
    /// For the rows of a table.
    pub fn of(table: &TableSpec) -> Digester {
        let mut row = Level::of(table.shape);
        let mut wanted = 0;
        let mut at = |text: &'static str| {
            let at = row.find(text.as_bytes()).unwrap_or_else(|| {
                row.names.push(Name::new(text.as_bytes()));
                row.names.len() - 1
            });
            *row.names[at].wanted.get_or_insert_with(|| {
                wanted += 1;
                wanted - 1
            })
        };
        let keys = table.keys.iter().map(|key| key.iter().map(|n| at(n)).collect()).collect();
        let accounts = table.accounts.iter().map(|n| at(n)).collect();
        Digester {
            levels: Levels { levels: vec![row], unknown: 0 },
            found: vec![None; wanted],
            keys,
            accounts,
            key_in_scope: table.key_in_scope,
        }
    }

    /// Reads a row that was read in a scope.
    pub fn read<'a>(&mut self, scope: &str, row: &'a [u8]) -> Digest<'a> {
        self.found.fill(None);
        let mut scan = Scan::new(row);
        let mut walk = Walk { levels: &mut self.levels, found: &mut self.found };
        let hash = walk.object(&mut scan, Some(0), 0).filter(|_| scan.ended());
        let hash = hash.unwrap_or_else(|| XxHash3_64::oneshot(row.trim_ascii()));
        let text = |at: &usize| {
            let (from, to) = (*self.found.get(*at)?)?;
            text(row.get(from..to)?)
        };
        let mut key = String::new();
        if self.key_in_scope {
            escaped(scope, &mut key);
            key.push('|');
        }
        let whole = self.keys.iter().find_map(|key| key.iter().map(text).collect::<Option<Vec<_>>>());
        match whole {
            Some(fields) => {
                for (i, value) in fields.iter().enumerate() {
                    if i > 0 {
                        key.push('|');
                    }
                    escaped(value, &mut key);
                }
            }
            // Two rows of the same content are then one row, which loses nothing.
            None => key.push_str(&format!("#{hash:016x}")),
        }
        let account = self.accounts.iter().find_map(text);
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

/// Hashes the values of a row. Anything that is no JSON ends it with `None`.
struct Walk<'w> {
    levels: &'w mut Levels,
    found: &'w mut [Option<(usize, usize)>],
}

impl Walk<'_> {
    fn object(&mut self, scan: &mut Scan<'_>, level: Option<usize>, depth: usize) -> Option<u64> {
        let mut sum = 0x9e37_79b9_7f4a_7c15_u64;
        let mut position = 0;
        scan.object(|scan, text| {
            let place = level.and_then(|level| Some((level, self.levels.place(level, position, text)?)));
            position += 1;
            let start = scan.at();
            let value = self.value(scan, place, depth + 1)?;
            let json = scan.between(start, scan.at())?;
            let (volatile, hash) = match place {
                Some((level, at)) => {
                    let name = &self.levels.levels[level].names[at];
                    if let Some(wanted) = name.wanted {
                        self.found[wanted] = Some((start, scan.at()));
                    }
                    (name.volatile, name.hash)
                }
                None => (false, XxHash3_64::oneshot(text)),
            };
            // A field that is null is as good as one that is not there.
            if !volatile && json != b"null" {
                sum = sum.wrapping_add(mix(hash ^ value.rotate_left(17)));
            }
            Some(())
        })?;
        // The hash of an object without fields was never mixed, and stays so.
        Some(if position == 0 { sum } else { mix(sum) })
    }

    fn array(&mut self, scan: &mut Scan<'_>, place: Option<(usize, usize)>, depth: usize) -> Option<u64> {
        let mut hash = 0xc2b2_ae3d_27d4_eb4f_u64;
        scan.array(|scan| {
            let value = self.value(scan, place, depth + 1)?;
            hash = mix(hash.rotate_left(5) ^ value);
            Some(())
        })?;
        Some(hash)
    }

    /// The value of a field, or an item of the list in it.
    fn value(&mut self, scan: &mut Scan<'_>, place: Option<(usize, usize)>, depth: usize) -> Option<u64> {
        let start = scan.at();
        match scan.peek()? {
            b'{' | b'[' if depth > DEEPEST => Some(XxHash3_64::oneshot(scan.brackets()?)),
            b'{' => {
                let level = place.map(|(level, name)| self.levels.inside(level, name));
                self.object(scan, level, depth)
            }
            b'[' => self.array(scan, place, depth),
            b'"' => {
                scan.string()?;
                Some(XxHash3_64::oneshot(scan.between(start, scan.at())?))
            }
            _ => Some(XxHash3_64::oneshot(scan.scalar()?)),
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
        let mut digest = Digester::of(tables::get("aws_ec2_instance").unwrap());
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
        let mut of = Digester::of(tables::get("account_evaluations").unwrap());
        assert_eq!(of.read("aws/1", br#"{"controlId":"52"}"#).key, "aws/1|52");
    }

    #[test]
    fn names_without_end_are_read_and_not_kept() {
        let mut digest = Digester::of(tables::get("aws_ec2_instance").unwrap());
        for n in 0..3 * MOST_UNKNOWN {
            let row = format!(r#"{{"uuid":"u","lastUpdated":{n},"inner":{{"k{n}":{{"x":1}}}},"n{n}":1}}"#);
            let digest = digest.read("", row.as_bytes());
            assert_eq!((digest.key, digest.account.map(Cow::into_owned), digest.hash), read(&row));
        }
        let names: usize = digest.levels.levels.iter().map(|l| l.names.len().max(l.order.len())).sum();
        assert!(names < 2 * MOST_UNKNOWN, "{names}");
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
        fn rows_before_change_nothing(
            rows in proptest::collection::vec(
                "(\\{(\"(uuid|lastUpdated|tags|b)\":(1|null|\"x\"|\\[\\{\"(key|a)\":2\\}\\]|\\{\"b\":1\\}),){0,3}\"z\":0\\})|[{}\":,a1]{0,9}",
                0..8,
            )
        ) {
            let mut digest = Digester::of(tables::get("aws_ec2_instance").unwrap());
            for row in &rows {
                let digest = digest.read("", row.as_bytes());
                prop_assert_eq!((digest.key, digest.account.map(Cow::into_owned), digest.hash), read(row));
            }
        }

        #[test]
        fn nothing_makes_it_fail(text in "[\\[\\]{}\",:\\\\ntul0-9 ]{0,60}") {
            let (key, _, hash) = read(&text);
            prop_assert!(!key.is_empty());
            prop_assert_eq!(hash, read(&text).2);
        }
    }
}
