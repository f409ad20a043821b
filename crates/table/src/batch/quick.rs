//! Values that are written just as their columns say, which nearly all are: they are read without a copy.
//!
//! Whatever is otherwise in any way, such as a number as text or an object with an unknown field, is left to
//! [`Kind::read`], which knows what to do about it.

use std::ops::Range;
use totalcloud_api::Time;
use totalcloud_api::model::{Kind, Shape};
use totalcloud_api::scan::Scan;

/// A value. Objects and lists have theirs in [`Quick::slots`], texts are places in the JSON.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Slot {
    Null,
    Text {
        from: usize,
        to: usize,
    },
    Int(i64),
    Num(f64),
    Bool(bool),
    /// Microseconds since 1970.
    Time(i64),
    Object {
        first: usize,
    },
    List {
        first: usize,
        count: usize,
    },
}

/// Reads the values of one row after the other; keeps its memory.
#[derive(Debug, Default)]
pub(super) struct Quick {
    slots: Vec<Slot>,
    /// Items of lists that are not read to their end.
    items: Vec<Slot>,
}

impl Quick {
    /// Another row begins: the values of the one before are forgotten.
    pub(super) fn begin(&mut self) {
        self.slots.clear();
    }

    /// The value, if it is just as a column of this kind says.
    pub(super) fn read(&mut self, kind: &Kind, json: &str) -> Option<Slot> {
        let mut scan = Scan::new(json.as_bytes());
        let slot = self.pass(&mut scan, json, kind)?;
        scan.ended().then_some(slot)
    }

    /// The value that a way through a text has come to, if it is just as a column of this kind says; it is passed then.
    pub(super) fn pass(&mut self, scan: &mut Scan<'_>, text: &str, kind: &Kind) -> Option<Slot> {
        let (before, kept) = (scan.clone(), self.slots.len());
        let slot = self.value(scan, text, kind);
        if slot.is_none() {
            *scan = before;
            self.slots.truncate(kept);
            self.items.clear();
        }
        slot
    }

    /// The fields of an object or the items of a list.
    pub(super) fn slots(&self, first: usize, count: usize) -> &[Slot] {
        self.slots.get(first..first + count).unwrap_or_default()
    }

    fn value(&mut self, scan: &mut Scan<'_>, json: &str, kind: &Kind) -> Option<Slot> {
        let first = scan.peek()?;
        if first == b'n' {
            return (scan.scalar()? == b"null").then_some(Slot::Null);
        }
        match (kind, first) {
            (Kind::Text | Kind::IntText | Kind::JsonText, b'"') => {
                let text = plain(scan)?;
                Some(Slot::Text { from: text.start, to: text.end })
            }
            (Kind::Open, _) => {
                let from = scan.at();
                let text = scan.value()?;
                Some(Slot::Text { from, to: from + text.len() })
            }
            (Kind::Time, b'"') => match json.get(plain(scan)?)? {
                "" => Some(Slot::Null),
                text => Time::parse(text).map(|time| Slot::Time(time.instant().as_microsecond())),
            },
            (Kind::Int, b'-' | b'0'..=b'9') => int(scan.scalar()?).map(Slot::Int),
            // Zero has a sign among floats.
            (Kind::Num, b'-' | b'0'..=b'9') => {
                int(scan.scalar()?).filter(|n| *n != 0 || first == b'0').map(|n| Slot::Num(n as f64))
            }
            (Kind::Bool | Kind::BoolText, b't' | b'f') => Some(Slot::Bool(scan.scalar()? == b"true")),
            (Kind::Bool | Kind::BoolText, b'"') => match scan.string()? {
                b"true" => Some(Slot::Bool(true)),
                b"false" => Some(Slot::Bool(false)),
                _ => None,
            },
            (Kind::Object(shape), b'{') => self.object(scan, json, shape),
            (Kind::List(item), b'[') => self.list(scan, json, item),
            _ => None,
        }
    }

    fn object(&mut self, scan: &mut Scan<'_>, json: &str, shape: &Shape) -> Option<Slot> {
        if shape.base.is_some() || shape.own.is_empty() {
            return None;
        }
        let first = self.slots.len();
        self.slots.resize(first + shape.own.len(), Slot::Null);
        // Fields mostly come in the order of the columns.
        let mut next = 0;
        scan.object(|scan, name| {
            let is = |at: &usize| shape.own.get(*at).is_some_and(|c| c.wire.as_bytes() == name);
            let at = Some(next).filter(is).or_else(|| (0..shape.own.len()).find(is))?;
            next = at + 1;
            self.slots[first + at] = self.value(scan, json, &shape.own[at].kind)?;
            Some(())
        })?;
        Some(Slot::Object { first })
    }

    fn list(&mut self, scan: &mut Scan<'_>, json: &str, item: &Kind) -> Option<Slot> {
        let waiting = self.items.len();
        scan.array(|scan| {
            let slot = self.value(scan, json, item)?;
            // An item that is no value is none.
            (slot != Slot::Null).then(|| self.items.push(slot))
        })?;
        let (first, count) = (self.slots.len(), self.items.len() - waiting);
        self.slots.extend(self.items.drain(waiting..));
        Some(Slot::List { first, count })
    }
}

/// Where a text without escapes is.
fn plain(scan: &mut Scan<'_>) -> Option<Range<usize>> {
    let length = scan.plain()?.len();
    let end = scan.at() - 1;
    Some(end - length..end)
}

fn int(number: &[u8]) -> Option<i64> {
    let digits = number.strip_prefix(b"-").unwrap_or(number);
    // More may be too large.
    if digits.len() > 18 {
        return std::str::from_utf8(number).ok()?.parse().ok();
    }
    let add = |sum: i64, digit: &u8| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0'));
    let sum = digits.iter().try_fold(0, add)?;
    Some(if digits.len() < number.len() { -sum } else { sum })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Inner, ROWS, Thing};
    use proptest::prelude::*;
    use totalcloud_api::model::{Cell, Datum, Model};

    /// What was read quickly, as it is read otherwise.
    fn datum(quick: &Quick, slot: Slot, kind: &Kind, json: &str) -> Option<Datum> {
        Some(match (slot, kind) {
            (Slot::Null, _) => return None,
            (Slot::Text { from, to }, Kind::Open) => Datum::Open(json[from..to].to_owned()),
            (Slot::Text { from, to }, Kind::JsonText) => {
                Datum::JsonText(totalcloud_api::model::JsonText(json[from..to].to_owned()))
            }
            (Slot::Text { from, to }, _) => Datum::Text(json[from..to].to_owned()),
            (Slot::Int(n), _) => Datum::Int(n),
            (Slot::Num(n), _) => Datum::Num(n),
            (Slot::Bool(b), _) => Datum::Bool(b),
            (Slot::Time(_), _) => match Kind::Time.read(json).unwrap() {
                Cell::Fits(datum) => datum,
                other => panic!("{other:?}"),
            },
            (Slot::Object { first }, Kind::Object(shape)) => {
                let slots = quick.slots(first, shape.own.len());
                let cells = slots.iter().zip(shape.own).map(|(s, c)| datum(quick, *s, &c.kind, json));
                let mut record = totalcloud_api::model::Record::default();
                record.cells = cells.collect();
                Datum::Object(record)
            }
            (Slot::List { first, count }, Kind::List(item)) => {
                let slots = quick.slots(first, count).iter();
                Datum::List(slots.filter_map(|slot| datum(quick, *slot, item, json)).collect())
            }
            (slot, kind) => panic!("{slot:?} of {kind:?}"),
        })
    }

    /// Whether it was read quickly, and then as otherwise. Times inside of others are compared elsewhere.
    fn alike(kind: &Kind, json: &str) -> bool {
        let mut quick = Quick::default();
        let Some(slot) = quick.read(kind, json) else { return false };
        let expected = match kind.read(json) {
            Ok(Cell::Fits(datum)) => Some(datum),
            Ok(Cell::Empty) => None,
            other => panic!("{json} is {other:?}"),
        };
        if let (Slot::Time(micros), Some(Datum::Time(time))) = (slot, &expected) {
            assert_eq!(micros, time.instant().as_microsecond(), "{json}");
        }
        assert_eq!(datum(&quick, slot, kind, json), expected, "{json} as {kind:?}");
        true
    }

    const KINDS: [Kind; 9] = [
        Kind::Text,
        Kind::Int,
        Kind::Num,
        Kind::Bool,
        Kind::BoolText,
        Kind::IntText,
        Kind::Time,
        Kind::JsonText,
        Kind::Open,
    ];

    #[test]
    fn what_is_as_it_should_be_is_read_quickly() {
        let tags = Thing::SHAPE.column("tags").unwrap().kind;
        for (kind, json) in [
            (Kind::Text, r#""a b""#),
            (Kind::Int, "-12"),
            (Kind::Num, "3"),
            (Kind::Bool, "true"),
            (Kind::BoolText, r#""false""#),
            (Kind::Time, r#""2024-01-01T22:54:12.5+0530""#),
            (Kind::Time, r#""""#),
            (Kind::Open, r#"{"z": [1.10]}"#),
            (Kind::Int, "null"),
            (tags, "[]"),
            (tags, r#"[{"key":"a","value":"b"},{"value":null}]"#),
            (Kind::Object(Inner::SHAPE), r#"{"n":1,"n":2}"#),
            (Kind::List(&Kind::List(&Kind::Text)), r#"[["a","b"],[]]"#),
        ] {
            assert!(alike(&kind, json), "{json} as {kind:?}");
        }
    }

    #[test]
    fn what_is_otherwise_is_left_to_others() {
        let tags = Thing::SHAPE.column("tags").unwrap().kind;
        for (kind, json) in [
            (Kind::Text, r#""a\n""#),
            (Kind::Text, "1"),
            (Kind::Int, r#""1""#),
            (Kind::Int, "1.0"),
            (Kind::Int, "9223372036854775808"),
            (Kind::Num, "-0"),
            (Kind::Num, "1.5"),
            (Kind::Bool, r#""yes""#),
            (Kind::Time, r#""soon""#),
            (tags, r#"{"key":"a"}"#),
            (tags, r#"[{"key":"a"},null]"#),
            (tags, r#"[[{"key":"a"}]]"#),
            (tags, r#"[{"other":1}]"#),
            (Kind::Text, r#""a" "b""#),
        ] {
            assert!(!alike(&kind, json), "{json} as {kind:?}");
        }
    }

    #[test]
    fn rows_with_everything_that_is_odd_are_read_alike() {
        for row in ROWS {
            let Ok(serde_json::Value::Object(row)) = serde_json::from_str(row) else { continue };
            for (name, value) in &row {
                let Some(column) = Thing::SHAPE.column(name) else { continue };
                // The time inside would be looked for in the whole value.
                if column.wire != "inner" {
                    alike(&column.kind, &value.to_string());
                }
            }
        }
    }

    proptest! {
        #[test]
        fn scalars_are_read_alike(
            kind in 0..KINDS.len(),
            json in "(-?[0-9]{1,20}(\\.[0-9]{1,3})?)|true|false|null|(\"[ -!#-\\[\\]-~]{0,12}\")|(\"20[0-9]{2}-0[1-9]-[12][0-9](T[01][0-9]:[0-5][0-9]:[0-5][0-9]Z)?\")|\\[\\]|\\{\\}",
        ) {
            if serde_json::from_str::<serde_json::Value>(&json).is_ok() {
                alike(&KINDS[kind], &json);
            }
        }

        #[test]
        fn lists_of_objects_are_read_alike(
            tags in proptest::collection::vec((0..4usize, 0..4usize, "[a-z\\\\\"]{0,3}"), 0..4)
        ) {
            let names = ["key", "value", "other", "key"];
            let values = |i: usize, text: &str| [text.into(), serde_json::Value::Null, 1.into(), "x".into()][i].clone();
            let items: Vec<String> = tags.iter().map(|(name, value, text)| {
                format!("{{\"key\":\"k\",\"{}\":{}}}", names[*name], values(*value, text))
            }).collect();
            let kind = Thing::SHAPE.column("tags").unwrap().kind;
            alike(&kind, &format!("[{}]", items.join(", ")));
        }
    }
}
