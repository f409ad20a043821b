//! Reading and writing one value, leniently: one codec a [`Kind`].

use super::{JsonText, Kind, Misfit, Model, ModelVisitor, Step, collect_misfits};
use crate::time::Time;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::fmt;
use std::marker::PhantomData;

/// What became of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<T> {
    /// It fits.
    Fits(T),
    /// There is none: `null`, or empty text where text is no value.
    Empty,
    /// It does not fit and is kept as it came.
    Misfit(Value),
}

impl<T> Cell<T> {
    /// Changes the value that fits.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Cell<U> {
        match self {
            Cell::Fits(value) => Cell::Fits(f(value)),
            Cell::Empty => Cell::Empty,
            Cell::Misfit(value) => Cell::Misfit(value),
        }
    }
}

/// How a [`Kind`] is read into and written from its Rust type.
pub trait Codec {
    /// The Rust type of the value.
    type Rust;
    /// The kind.
    const KIND: Kind;

    /// Reads a value. Fails only where the JSON itself is broken.
    ///
    /// # Errors
    /// Those of the deserializer.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cell<Self::Rust>, D::Error>;

    /// Writes a value in the form of the wire.
    ///
    /// # Errors
    /// Those of the serializer.
    fn write<S: Serializer>(value: &Self::Rust, serializer: S) -> Result<S::Ok, S::Error>;

    /// Collects what did not fit inside a nested value.
    #[doc(hidden)]
    fn misfits(_value: &Self::Rust, _path: &mut Vec<Step>, _into: &mut Vec<Misfit>) {}
}

/// A scalar as it arrives from any JSON scalar. `None` is a misfit.
trait Scalar: Sized {
    fn text(text: &str) -> Option<Cell<Self>>;
    fn owned(text: String) -> Option<Cell<Self>> {
        Self::text(&text)
    }
    fn int(_: i64) -> Option<Self> {
        None
    }
    fn float(_: f64) -> Option<Self> {
        None
    }
    fn boolean(_: bool) -> Option<Self> {
        None
    }
}

impl Scalar for String {
    fn text(text: &str) -> Option<Cell<String>> {
        Some(Cell::Fits(text.to_owned()))
    }
    fn owned(text: String) -> Option<Cell<String>> {
        Some(Cell::Fits(text))
    }
    fn int(n: i64) -> Option<String> {
        Some(n.to_string())
    }
    fn float(n: f64) -> Option<String> {
        serde_json::Number::from_f64(n).map(|n| n.to_string())
    }
    fn boolean(b: bool) -> Option<String> {
        Some(b.to_string())
    }
}

/// Empty text stands for "no value" where the column is no text.
fn unless_empty<T>(text: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<Cell<T>> {
    let text = text.trim();
    if text.is_empty() { Some(Cell::Empty) } else { parse(text).map(Cell::Fits) }
}

impl Scalar for i64 {
    fn text(text: &str) -> Option<Cell<i64>> {
        unless_empty(text, |t| t.parse().ok().or_else(|| i64::float(t.parse().ok()?)))
    }
    fn int(n: i64) -> Option<i64> {
        Some(n)
    }
    fn float(n: f64) -> Option<i64> {
        // Beyond 2^53 a float no longer names one whole number.
        (n.fract() == 0.0 && n.abs() <= 9_007_199_254_740_992.0).then_some(n as i64)
    }
}

impl Scalar for f64 {
    fn text(text: &str) -> Option<Cell<f64>> {
        unless_empty(text, |t| t.parse().ok().filter(|n: &f64| n.is_finite()))
    }
    fn int(n: i64) -> Option<f64> {
        Some(n as f64)
    }
    fn float(n: f64) -> Option<f64> {
        Some(n)
    }
}

impl Scalar for bool {
    fn text(text: &str) -> Option<Cell<bool>> {
        unless_empty(text, |t| {
            if t.eq_ignore_ascii_case("true") {
                Some(true)
            } else if t.eq_ignore_ascii_case("false") {
                Some(false)
            } else {
                None
            }
        })
    }
    fn int(n: i64) -> Option<bool> {
        match n {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
    fn boolean(b: bool) -> Option<bool> {
        Some(b)
    }
}

impl Scalar for Time {
    fn text(text: &str) -> Option<Cell<Time>> {
        unless_empty(text, Time::parse)
    }
    fn int(n: i64) -> Option<Time> {
        Time::from_number(n)
    }
    fn float(n: f64) -> Option<Time> {
        i64::float(n).and_then(Time::from_number)
    }
}

impl Scalar for JsonText {
    fn text(text: &str) -> Option<Cell<JsonText>> {
        Some(Cell::Fits(JsonText(text.to_owned())))
    }
    fn owned(text: String) -> Option<Cell<JsonText>> {
        Some(Cell::Fits(JsonText(text)))
    }
}

struct ScalarVisitor<T>(PhantomData<T>);

impl<'de, T: Scalar> Visitor<'de> for ScalarVisitor<T> {
    type Value = Cell<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_str<E>(self, v: &str) -> Result<Cell<T>, E> {
        Ok(T::text(v).unwrap_or_else(|| Cell::Misfit(Value::String(v.to_owned()))))
    }
    fn visit_string<E>(self, v: String) -> Result<Cell<T>, E> {
        // Only text keeps the owned string; for the others a copy is made in the rare misfit.
        match T::text(&v) {
            None => Ok(Cell::Misfit(Value::String(v))),
            Some(_) => Ok(T::owned(v).unwrap_or(Cell::Empty)),
        }
    }
    fn visit_i64<E>(self, v: i64) -> Result<Cell<T>, E> {
        Ok(T::int(v).map_or_else(|| Cell::Misfit(v.into()), Cell::Fits))
    }
    fn visit_u64<E>(self, v: u64) -> Result<Cell<T>, E> {
        let small = i64::try_from(v).ok();
        Ok(small.and_then(T::int).map_or_else(|| Cell::Misfit(v.into()), Cell::Fits))
    }
    fn visit_f64<E>(self, v: f64) -> Result<Cell<T>, E> {
        Ok(T::float(v).map_or_else(|| Cell::Misfit(v.into()), Cell::Fits))
    }
    fn visit_bool<E>(self, v: bool) -> Result<Cell<T>, E> {
        Ok(T::boolean(v).map_or(Cell::Misfit(Value::Bool(v)), Cell::Fits))
    }
    fn visit_unit<E>(self) -> Result<Cell<T>, E> {
        Ok(Cell::Empty)
    }
    fn visit_none<E>(self) -> Result<Cell<T>, E> {
        Ok(Cell::Empty)
    }
    fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<Cell<T>, D::Error> {
        d.deserialize_any(self)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Cell<T>, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(seq)).map(Cell::Misfit)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Cell<T>, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(map)).map(Cell::Misfit)
    }
}

/// The codecs by the names that declarations use.
pub mod codecs {
    use super::*;

    macro_rules! scalar {
        ($(#[$doc:meta])* $name:ident, $rust:ty, $kind:ident, |$value:ident, $s:ident| $write:expr) => {
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $name;
            impl Codec for $name {
                type Rust = $rust;
                const KIND: Kind = Kind::$kind;
                fn read<'de, D: Deserializer<'de>>(d: D) -> Result<Cell<$rust>, D::Error> {
                    d.deserialize_any(ScalarVisitor::<$rust>(PhantomData))
                }
                fn write<S: Serializer>($value: &$rust, $s: S) -> Result<S::Ok, S::Error> {
                    $write
                }
            }
        };
    }

    scalar!(/** Text. */ Text, String, Text, |v, s| s.serialize_str(v));
    scalar!(/** A whole number. */ Int, i64, Int, |v, s| s.serialize_i64(*v));
    scalar!(/** A number. */ Num, f64, Num, |v, s| s.serialize_f64(*v));
    scalar!(/** A boolean. */ Bool, bool, Bool, |v, s| s.serialize_bool(*v));
    scalar!(/** A boolean as text. */ BoolText, bool, BoolText, |v, s| s.collect_str(v));
    scalar!(/** Digits as text. */ IntText, String, IntText, |v, s| s.serialize_str(v));
    scalar!(/** An instant. */ Instant, Time, Time, |v, s| v.serialize(s));
    scalar!(/** JSON in a string. */ Json, JsonText, JsonText, |v, s| s.serialize_str(&v.0));

    /// JSON of open shape.
    #[derive(Debug)]
    pub struct Open;

    impl Codec for Open {
        type Rust = Value;
        const KIND: Kind = Kind::Open;
        fn read<'de, D: Deserializer<'de>>(d: D) -> Result<Cell<Value>, D::Error> {
            Ok(match Value::deserialize(d)? {
                Value::Null => Cell::Empty,
                value => Cell::Fits(value),
            })
        }
        fn write<S: Serializer>(v: &Value, s: S) -> Result<S::Ok, S::Error> {
            v.serialize(s)
        }
    }

    /// An object of known shape.
    #[derive(Debug)]
    pub struct Nested<T>(PhantomData<T>);

    impl<T: Model> Codec for Nested<T> {
        type Rust = T;
        const KIND: Kind = Kind::Object(T::SHAPE);
        fn read<'de, D: Deserializer<'de>>(d: D) -> Result<Cell<T>, D::Error> {
            d.deserialize_any(NestedVisitor(Typed::<T>(PhantomData)))
        }
        fn write<S: Serializer>(v: &T, s: S) -> Result<S::Ok, S::Error> {
            write_model(v, s)
        }
        fn misfits(value: &T, path: &mut Vec<Step>, into: &mut Vec<Misfit>) {
            collect_misfits(value, path, into);
        }
    }

    /// A list.
    #[derive(Debug)]
    pub struct List<C>(PhantomData<C>);

    impl<C: Codec> Codec for List<C> {
        type Rust = Vec<C::Rust>;
        const KIND: Kind = Kind::List(&C::KIND);
        fn read<'de, D: Deserializer<'de>>(d: D) -> Result<Cell<Vec<C::Rust>>, D::Error> {
            d.deserialize_any(ListVisitor(Typed::<C>(PhantomData)))
        }
        fn write<S: Serializer>(v: &Vec<C::Rust>, s: S) -> Result<S::Ok, S::Error> {
            let mut seq = s.serialize_seq(Some(v.len()))?;
            for item in v {
                seq.serialize_element(&Wire::<C>(item))?;
            }
            seq.end()
        }
        fn misfits(value: &Vec<C::Rust>, path: &mut Vec<Step>, into: &mut Vec<Misfit>) {
            for (i, item) in value.iter().enumerate() {
                path.push(Step::Element(i));
                C::misfits(item, path, into);
                path.pop();
            }
        }
    }
}

/// Writes a model as a JSON object: its columns, then what it kept beside them.
pub(super) fn write_model<T: Model, S: Serializer>(model: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    model.write(&mut map)?;
    for (key, value) in model.extra() {
        map.serialize_entry(key, value)?;
    }
    map.end()
}

#[doc(hidden)]
pub fn serialize_model<T: Model, S: Serializer>(model: &T, serializer: S) -> Result<S::Ok, S::Error> {
    write_model(model, serializer)
}

/// A value that serializes through its codec.
#[doc(hidden)]
pub struct Wire<'a, C: Codec>(pub &'a C::Rust);

impl<C: Codec> Serialize for Wire<'_, C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        C::write(self.0, serializer)
    }
}

/// How an item is read: by the codec of its type, or by a [`Kind`] known only at run time. The lenient
/// rules for objects and lists are the same for both.
pub(super) trait ReadItem: Copy {
    type Rust;
    fn read_item<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<Cell<Self::Rust>, D::Error>;
    /// The item as JSON again.
    fn to_json(self, item: &Self::Rust) -> Value;
}

/// How the fields of an object are read.
pub(super) trait ReadObject {
    type Rust;
    fn read_map<'de, A: MapAccess<'de>>(self, map: A) -> Result<Self::Rust, A::Error>;
}

struct Typed<T>(PhantomData<T>);

impl<T> Clone for Typed<T> {
    fn clone(&self) -> Typed<T> {
        *self
    }
}

impl<T> Copy for Typed<T> {}

impl<C: Codec> ReadItem for Typed<C> {
    type Rust = C::Rust;
    fn read_item<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<Cell<C::Rust>, D::Error> {
        C::read(deserializer)
    }
    fn to_json(self, item: &C::Rust) -> Value {
        serde_json::to_value(Wire::<C>(item)).unwrap_or(Value::Null)
    }
}

impl<T: Model> ReadObject for Typed<T> {
    type Rust = T;
    fn read_map<'de, A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        ModelVisitor(PhantomData).visit_map(map)
    }
}

pub(super) struct NestedVisitor<R>(pub(super) R);

impl<'de, R: ReadObject> Visitor<'de> for NestedVisitor<R> {
    type Value = Cell<R::Rust>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        self.0.read_map(map).map(Cell::Fits)
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Cell::Empty)
    }
    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(Cell::Empty)
    }
    fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
        d.deserialize_any(self)
    }
    // `""` and `[]` were seen where an object is empty.
    fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
        Ok(if v.trim().is_empty() { Cell::Empty } else { Cell::Misfit(Value::String(v.to_owned())) })
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        let items = Vec::<Value>::deserialize(SeqAccessDeserializer::new(seq))?;
        Ok(if items.is_empty() { Cell::Empty } else { Cell::Misfit(Value::Array(items)) })
    }
    fn visit_i64<E>(self, v: i64) -> Result<Self::Value, E> {
        Ok(Cell::Misfit(v.into()))
    }
    fn visit_u64<E>(self, v: u64) -> Result<Self::Value, E> {
        Ok(Cell::Misfit(v.into()))
    }
    fn visit_f64<E>(self, v: f64) -> Result<Self::Value, E> {
        Ok(Cell::Misfit(v.into()))
    }
    fn visit_bool<E>(self, v: bool) -> Result<Self::Value, E> {
        Ok(Cell::Misfit(Value::Bool(v)))
    }
}

pub(super) struct ListVisitor<R>(pub(super) R);

/// Reads one element the way of the list.
pub(super) struct Element<R>(pub(super) R);

impl<'de, R: ReadItem> DeserializeSeed<'de> for Element<R> {
    type Value = Cell<R::Rust>;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Cell<R::Rust>, D::Error> {
        self.0.read_item(d)
    }
}

impl<R: ReadItem> ListVisitor<R> {
    fn single(self, value: Value) -> Cell<Vec<R::Rust>> {
        match self.0.read_item(value.clone()) {
            Ok(Cell::Fits(item)) => Cell::Fits(vec![item]),
            Ok(Cell::Empty) => Cell::Fits(Vec::new()),
            Ok(Cell::Misfit(_)) | Err(_) => Cell::Misfit(value),
        }
    }
}

impl<R: ReadItem> ListVisitor<R> {
    /// The items of a list inside the list, if all of them fit.
    fn flat(&self, inner: &[Value]) -> Option<Vec<R::Rust>> {
        let mut items = Vec::with_capacity(inner.len());
        for value in inner {
            match self.0.read_item(value.clone()) {
                Ok(Cell::Fits(item)) => items.push(item),
                Ok(Cell::Empty) => {}
                Ok(Cell::Misfit(_)) | Err(_) => return None,
            }
        }
        Some(items)
    }
}

impl<'de, R: ReadItem> Visitor<'de> for ListVisitor<R> {
    type Value = Cell<Vec<R::Rust>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        // The list as JSON again, kept from the first element on that is not simply an item: if a later one
        // does not fit at all, the whole list is kept as it came.
        let mut came: Option<Vec<Value>> = None;
        while let Some(cell) = seq.next_element_seed(Element(self.0))? {
            let value = match cell {
                Cell::Fits(item) => {
                    if let Some(came) = &mut came {
                        came.push(self.0.to_json(&item));
                    }
                    items.push(item);
                    continue;
                }
                Cell::Empty => Value::Null,
                Cell::Misfit(value) => value,
            };
            let came = came.get_or_insert_with(|| items.iter().map(|i| self.0.to_json(i)).collect());
            let inner = match &value {
                Value::Null => Some(Vec::new()),
                // A list inside the list (seen for CloudFront origins) is flattened.
                Value::Array(inner) => self.flat(inner),
                _ => None,
            };
            came.push(value);
            let Some(inner) = inner else {
                while let Some(value) = seq.next_element::<Value>()? {
                    came.push(value);
                }
                return Ok(Cell::Misfit(Value::Array(std::mem::take(came))));
            };
            items.extend(inner);
        }
        Ok(Cell::Fits(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let value = Value::deserialize(MapAccessDeserializer::new(map))?;
        if value.as_object().is_some_and(serde_json::Map::is_empty) {
            return Ok(Cell::Fits(Vec::new()));
        }
        Ok(self.single(value))
    }
    fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
        Ok(if v.is_empty() { Cell::Fits(Vec::new()) } else { self.single(Value::String(v.to_owned())) })
    }
    fn visit_i64<E>(self, v: i64) -> Result<Self::Value, E> {
        Ok(self.single(v.into()))
    }
    fn visit_u64<E>(self, v: u64) -> Result<Self::Value, E> {
        Ok(self.single(v.into()))
    }
    fn visit_f64<E>(self, v: f64) -> Result<Self::Value, E> {
        Ok(self.single(v.into()))
    }
    fn visit_bool<E>(self, v: bool) -> Result<Self::Value, E> {
        Ok(self.single(Value::Bool(v)))
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Cell::Empty)
    }
    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(Cell::Empty)
    }
    fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
        d.deserialize_any(self)
    }
}
