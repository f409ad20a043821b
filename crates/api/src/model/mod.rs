//! Typed rows that survive what the service adds tomorrow.
//!
//! A model is declared once with [`model!`](crate::model!): every field with its wire name, kind and
//! meaning. The declaration yields the struct, a lenient reader, a writer and the [`Shape`] from which
//! tables, schemas and reference pages are made.
//!
//! Reading never fails on a field: unknown fields and values that do not fit their kind are kept in
//! `extra` and written back; [`Model::misfits`] names the latter with their JSON path and reason.

mod codec;
mod datum;
mod index;
mod macros;
mod shape;

pub use codec::{Cell, Codec, codecs};
pub use datum::{Datum, Record};
pub use shape::{Column, Flag, Kind, Leaf, Shape};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde_json::Value;
use std::fmt;
use std::marker::PhantomData;

/// The fields of a row that no declared column took, by their wire names.
pub type Extra = serde_json::Map<String, Value>;

/// JSON text inside a JSON string, kept as it came and decoded on demand.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct JsonText(pub String);

impl JsonText {
    /// The JSON inside; percent-decoded first where the service encoded it.
    ///
    /// # Errors
    /// If the text is not JSON.
    pub fn parse(&self) -> Result<Value, serde_json::Error> {
        let text = self.0.trim();
        if text.get(..3).is_some_and(|p| p.eq_ignore_ascii_case("%7b") || p.eq_ignore_ascii_case("%5b")) {
            let decoded = percent_encoding::percent_decode_str(text).decode_utf8_lossy();
            return serde_json::from_str(&decoded);
        }
        serde_json::from_str(text)
    }

    /// The text as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A value that did not fit the column it came under.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Misfit {
    /// JSON path inside the row, such as `$.vulnerabilityStats.totalVulnerability`.
    pub path: String,
    /// What the column holds.
    pub expected: String,
    /// What kind of JSON came instead. The value itself is not shown: it may be confidential.
    pub found: &'static str,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, found {}", self.path, self.expected, self.found)
    }
}

/// The name of the JSON kind of a value.
pub fn json_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A declared struct. Implemented by [`model!`](crate::model!) only.
pub trait Model: Default + Sized + 'static {
    /// The columns and where they come from.
    const SHAPE: &'static Shape;

    /// The number of the column of this wire name, base columns last.
    #[doc(hidden)]
    fn locate(key: &str) -> Option<usize>;

    /// Reads the value of a column. What does not fit goes to `extra`.
    #[doc(hidden)]
    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        column: usize,
        map: &mut A,
        extra: &mut Extra,
    ) -> Result<(), A::Error>;

    /// Writes the columns that have a value.
    #[doc(hidden)]
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;

    /// Collects the misfits of nested models.
    #[doc(hidden)]
    fn nested_misfits(&self, path: &mut Vec<Step>, into: &mut Vec<Misfit>);

    /// Fields without a column, and values that did not fit theirs.
    fn extra(&self) -> &Extra;

    #[doc(hidden)]
    fn extra_mut(&mut self) -> Option<&mut Extra>;

    /// The values that did not fit their columns, nested ones included. Empty for a sound row.
    fn misfits(&self) -> Vec<Misfit> {
        let mut found = Vec::new();
        collect_misfits(self, &mut Vec::new(), &mut found);
        found
    }
}

/// What a row of a listing may decode into: a model, or JSON as it came.
pub trait RowValue: serde::de::DeserializeOwned {
    /// The columns, where they are declared.
    const ROW_SHAPE: Option<&'static Shape>;

    /// The values that did not fit their columns; none where there are no declared columns.
    fn row_misfits(&self) -> Vec<Misfit>;

    /// Decodes a row and names what did not fit.
    ///
    /// # Errors
    /// If the row is not one JSON object.
    fn check(json: &[u8]) -> Result<Vec<Misfit>, serde_json::Error>;
}

impl<T: Model + serde::de::DeserializeOwned> RowValue for T {
    const ROW_SHAPE: Option<&'static Shape> = Some(<T as Model>::SHAPE);

    fn row_misfits(&self) -> Vec<Misfit> {
        self.misfits()
    }

    fn check(json: &[u8]) -> Result<Vec<Misfit>, serde_json::Error> {
        from_slice::<T>(json).map(|row| row.misfits())
    }
}

impl RowValue for Value {
    const ROW_SHAPE: Option<&'static Shape> = None;

    fn row_misfits(&self) -> Vec<Misfit> {
        Vec::new()
    }

    fn check(json: &[u8]) -> Result<Vec<Misfit>, serde_json::Error> {
        serde_json::from_slice::<Extra>(json).map(|_| Vec::new())
    }
}

/// A step of a JSON path.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// To the field of this name.
    Field(&'static str),
    /// To the element of this number.
    Element(usize),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Field(name) => write!(f, ".{name}"),
            Step::Element(at) => write!(f, "[{at}]"),
        }
    }
}

#[doc(hidden)]
pub fn collect_misfits<T: Model>(model: &T, path: &mut Vec<Step>, into: &mut Vec<Misfit>) {
    for (key, value) in model.extra() {
        if let Some(column) = T::SHAPE.column(key) {
            into.push(Misfit {
                path: path.iter().fold("$".to_owned(), |path, step| path + &step.to_string()) + "." + key,
                expected: column.kind.describe(),
                found: json_kind(value),
            });
        }
    }
    model.nested_misfits(path, into);
}

#[doc(hidden)]
pub fn deserialize<'de, T: Model, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_map(ModelVisitor(PhantomData))
}

#[doc(hidden)]
pub struct ModelVisitor<T>(pub PhantomData<T>);

impl<'de, T: Model> Visitor<'de> for ModelVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object ({})", T::SHAPE.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut model = T::default();
        let mut extra = Extra::new();
        let mut misfits = false;
        while let Some(key) = map.next_key_seed(KeySeed::<T>(PhantomData))? {
            match key {
                Key::Column(column) => {
                    // If a field comes twice the last one counts, also over a misfit put aside before.
                    if misfits && let Some(column) = T::SHAPE.located(column) {
                        extra.remove(column.wire);
                    }
                    let before = extra.len();
                    model.read(column, &mut map, &mut extra)?;
                    misfits |= extra.len() > before;
                }
                Key::Other(name) => {
                    let value = map.next_value::<Value>()?;
                    extra.insert(name, value);
                }
            }
        }
        if let Some(slot) = model.extra_mut() {
            *slot = extra;
        }
        Ok(model)
    }
}

enum Key {
    Column(usize),
    Other(String),
}

struct KeySeed<T>(PhantomData<T>);

impl<'de, T: Model> DeserializeSeed<'de> for KeySeed<T> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<T: Model> Visitor<'_> for KeySeed<T> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Key, E> {
        Ok(T::locate(name).map_or_else(|| Key::Other(name.to_owned()), Key::Column))
    }
}

/// What the expansion of [`model!`](crate::model!) names. Not for callers.
#[doc(hidden)]
pub mod __private {
    pub use super::codec::{Wire, serialize_model};
    pub use super::index::Index;
    pub use serde::de::{Deserialize, Deserializer, MapAccess};
    pub use serde::ser::{Serialize, SerializeMap, Serializer};
    pub use serde_json::Value;

    pub use super::Step;

    use super::{Cell, Codec, Extra, Flag, Shape};

    /// Fields without a column for `Debug`, secrets hidden.
    pub fn hidden(shape: &'static Shape, extra: &Extra) -> Extra {
        let secret = |name: &str| {
            shape.column(name).is_some_and(|c| c.is(Flag::Secret)) || crate::operation::sounds_secret(name)
        };
        let shown = |(name, value): (&String, &Value)| {
            (name.clone(), if secret(name) { Value::from("…") } else { value.clone() })
        };
        extra.iter().map(shown).collect()
    }

    struct Seed<C>(std::marker::PhantomData<C>);

    impl<'de, C: Codec> serde::de::DeserializeSeed<'de> for Seed<C> {
        type Value = Cell<C::Rust>;
        fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cell<C::Rust>, D::Error> {
            C::read(deserializer)
        }
    }

    /// Reads the value of one field; what does not fit is put aside under its wire name.
    pub fn field<'de, C: Codec, A: MapAccess<'de>>(
        map: &mut A,
        wire: &'static str,
        extra: &mut Extra,
    ) -> Result<Option<C::Rust>, A::Error> {
        match map.next_value_seed(Seed::<C>(std::marker::PhantomData))? {
            Cell::Fits(value) => Ok(Some(value)),
            Cell::Empty => Ok(None),
            Cell::Misfit(value) => {
                extra.insert(wire.to_owned(), value);
                Ok(None)
            }
        }
    }
}

/// Where text that is not UTF-8 is broken.
fn not_text(json: &[u8]) -> serde_json::Error {
    let read: Result<Value, serde_json::Error> = serde_json::from_slice(json);
    read.err().unwrap_or_else(|| serde::de::Error::custom("the text is not UTF-8"))
}

/// Reads one row.
///
/// # Errors
/// If the text is not one JSON object. Values that do not fit are no error, see [`Model::misfits`].
pub fn from_slice<T: Model + for<'de> Deserialize<'de>>(json: &[u8]) -> Result<T, serde_json::Error> {
    // Checking the whole text at once is faster than string by string, and tells nothing else apart.
    match std::str::from_utf8(json) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => Err(not_text(json)),
    }
}

#[cfg(test)]
mod datum_tests;
#[cfg(test)]
mod tests;
