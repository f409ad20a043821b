//! Values by columns known only at run time: the same reading as the models do, driven by a [`Shape`].

use super::codec::{Cell, Codec, ListVisitor, NestedVisitor, ReadItem, ReadObject, codecs};
use super::{Column, JsonText, Kind, Misfit, Shape, json_kind};
use crate::time::Time;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

/// A value read as its [`Kind`] says.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Datum {
    /// Text, and digits kept as text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A number.
    Num(f64),
    /// A boolean.
    Bool(bool),
    /// An instant.
    Time(Time),
    /// JSON inside a string.
    JsonText(JsonText),
    /// JSON of open shape, as it came.
    Open(String),
    /// An object of known shape.
    Object(Record),
    /// A list.
    List(Vec<Datum>),
}

/// An object read by its shape.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Record {
    /// The values, in the order of [`Shape::columns`].
    pub cells: Vec<Option<Datum>>,
    /// Fields without a column, and values that did not fit theirs, as JSON text by wire name.
    pub extra: Vec<(String, String)>,
}

impl Kind {
    /// Reads a value as a column of this kind does.
    ///
    /// # Errors
    /// If the text is not one JSON value. A value that does not fit is a [`Cell::Misfit`].
    pub fn read(&self, json: &str) -> Result<Cell<Datum>, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let cell = self.read_item(&mut deserializer)?;
        deserializer.end()?;
        Ok(cell)
    }
}

impl Datum {
    /// Whether everything inside has a column and fits it.
    fn is_sound(&self) -> bool {
        match self {
            Datum::Object(record) => {
                record.extra.is_empty() && record.cells.iter().flatten().all(Datum::is_sound)
            }
            Datum::List(items) => items.iter().all(Datum::is_sound),
            _ => true,
        }
    }

    /// Names what did not fit inside, and every field inside that no column took. `path` is the JSON path of
    /// the value itself; `extra` is called with the path and the JSON text of each.
    pub fn visit_extra(
        &self,
        kind: &Kind,
        path: &mut String,
        extra: &mut dyn FnMut(&str, &str, Option<&'static Column>),
    ) {
        if self.is_sound() {
            return;
        }
        let length = path.len();
        match (self, kind) {
            (Datum::Object(record), Kind::Object(shape)) => {
                for (key, json) in &record.extra {
                    path.push('.');
                    path.push_str(key);
                    extra(path, json, shape.column(key));
                    path.truncate(length);
                }
                for (column, cell) in shape.columns().into_iter().zip(&record.cells) {
                    if let Some(cell) = cell.as_ref().filter(|c| !c.is_sound()) {
                        path.push('.');
                        path.push_str(column.wire);
                        cell.visit_extra(&column.kind, path, extra);
                        path.truncate(length);
                    }
                }
            }
            (Datum::List(items), Kind::List(kind)) => {
                for (i, item) in items.iter().enumerate().filter(|(_, item)| !item.is_sound()) {
                    path.push('[');
                    path.push_str(&i.to_string());
                    path.push(']');
                    item.visit_extra(kind, path, extra);
                    path.truncate(length);
                }
            }
            _ => {}
        }
    }
}

impl Misfit {
    /// The misfit of a value, given as JSON text, under a column.
    pub fn of(path: &str, kind: &Kind, json: &str) -> Misfit {
        let found = match json.trim_start().as_bytes().first() {
            Some(b'"') => json_kind(&Value::String(String::new())),
            Some(b'{') => json_kind(&Value::Object(serde_json::Map::new())),
            Some(b'[') => json_kind(&Value::Array(Vec::new())),
            Some(b't' | b'f') => json_kind(&Value::Bool(true)),
            Some(b'n') => json_kind(&Value::Null),
            _ => json_kind(&Value::from(0)),
        };
        Misfit { path: path.to_owned(), expected: kind.describe(), found }
    }
}

impl ReadItem for Kind {
    type Rust = Datum;

    fn read_item<'de, D: Deserializer<'de>>(self, d: D) -> Result<Cell<Datum>, D::Error> {
        Ok(match self {
            Kind::Text => codecs::Text::read(d)?.map(Datum::Text),
            Kind::IntText => codecs::IntText::read(d)?.map(Datum::Text),
            Kind::Int => codecs::Int::read(d)?.map(Datum::Int),
            Kind::Num => codecs::Num::read(d)?.map(Datum::Num),
            Kind::Bool => codecs::Bool::read(d)?.map(Datum::Bool),
            Kind::BoolText => codecs::BoolText::read(d)?.map(Datum::Bool),
            Kind::Time => codecs::Instant::read(d)?.map(Datum::Time),
            Kind::JsonText => codecs::Json::read(d)?.map(Datum::JsonText),
            Kind::Open => open(d)?,
            Kind::Object(shape) => d.deserialize_any(NestedVisitor(shape))?.map(Datum::Object),
            Kind::List(item) => d.deserialize_any(ListVisitor(*item))?.map(Datum::List),
        })
    }

    fn to_json(self, datum: &Datum) -> Value {
        let json = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
        match (datum, self) {
            (Datum::Text(text) | Datum::JsonText(JsonText(text)), _) => Value::from(text.as_str()),
            (Datum::Int(n), _) => Value::from(*n),
            (Datum::Num(n), _) => Value::from(*n),
            (Datum::Bool(b), Kind::BoolText) => Value::from(b.to_string()),
            (Datum::Bool(b), _) => Value::from(*b),
            (Datum::Time(time), _) => serde_json::to_value(time).unwrap_or(Value::Null),
            (Datum::Open(text), _) => json(text),
            (Datum::Object(record), Kind::Object(shape)) => {
                let columns = shape.columns();
                let cells = columns.iter().zip(&record.cells);
                let fields = cells.filter_map(|(column, cell)| {
                    Some((column.wire.to_owned(), column.kind.to_json(cell.as_ref()?)))
                });
                let extra = record.extra.iter().map(|(key, text)| (key.clone(), json(text)));
                Value::Object(fields.chain(extra).collect())
            }
            (Datum::List(items), Kind::List(kind)) => items.iter().map(|item| kind.to_json(item)).collect(),
            (Datum::Object(_) | Datum::List(_), _) => Value::Null,
        }
    }
}

/// The text is kept, so that numbers and the order of keys stay as they came.
fn open<'de, D: Deserializer<'de>>(d: D) -> Result<Cell<Datum>, D::Error> {
    use serde::Deserialize;
    let raw = Box::<RawValue>::deserialize(d)?;
    Ok(match raw.get() {
        "null" => Cell::Empty,
        text => Cell::Fits(Datum::Open(text.to_owned())),
    })
}

impl ReadObject for &'static Shape {
    type Rust = Record;

    fn read_map<'de, A: MapAccess<'de>>(self, mut map: A) -> Result<Record, A::Error> {
        // Nested shapes mostly have no base, and need no list of columns made for every object.
        let based = self.base.map(|_| self.columns());
        let column = |at: usize| match &based {
            Some(columns) => columns.get(at).copied(),
            None => self.own.get(at),
        };
        let count = based.as_ref().map_or(self.own.len(), Vec::len);
        let mut record = Record { cells: vec![None; count], extra: Vec::new() };
        // Fields mostly come in the order of the columns.
        let mut next = 0;
        let mut misfits = false;
        while let Some(key) = map.next_key_seed(Place { column: &column, count, next })? {
            let at = match key {
                Ok(at) => at,
                Err(name) => {
                    let raw = map.next_value::<Box<RawValue>>()?;
                    record.extra.push((name, raw.get().to_owned()));
                    continue;
                }
            };
            next = at + 1;
            let (Some(column), Some(cell)) = (column(at), record.cells.get_mut(at)) else { continue };
            *cell = None;
            // If a field comes twice the last one counts, also over a misfit put aside before.
            if misfits {
                record.extra.retain(|(name, _)| name != column.wire);
            }
            match map.next_value_seed(super::codec::Element(column.kind))? {
                Cell::Fits(datum) => *cell = Some(datum),
                Cell::Empty => {}
                Cell::Misfit(value) => {
                    misfits = true;
                    record.extra.push((column.wire.to_owned(), value.to_string()));
                }
            }
        }
        Ok(record)
    }
}

/// Finds the column of a key without keeping the key.
struct Place<'c, F> {
    column: &'c F,
    count: usize,
    next: usize,
}

impl<'de, F: Fn(usize) -> Option<&'static Column>> DeserializeSeed<'de> for Place<'_, F> {
    type Value = Result<usize, String>;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
        d.deserialize_str(self)
    }
}

impl<F: Fn(usize) -> Option<&'static Column>> Visitor<'_> for Place<'_, F> {
    type Value = Result<usize, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        let is = |at: &usize| (self.column)(*at).is_some_and(|c| c.wire == name);
        let found = Some(self.next).filter(is).or_else(|| (0..self.count).find(is));
        Ok(found.ok_or_else(|| name.to_owned()))
    }
}
