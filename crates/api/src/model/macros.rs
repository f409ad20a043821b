//! The declaration of a model.

/// Declares a model: the struct, its lenient reader, its writer and its [`Shape`](crate::model::Shape).
///
/// Each field is `/// meaning`, optional marks, `rust_name = "wireName": kind;` with a kind of `text`,
/// `int`, `num`, `bool`, `sbool` (boolean as text), `sint` (digits as text), `time`, `jstr` (JSON in a
/// string), `open` (any JSON), the name of another model, or any of these in brackets for a list.
///
/// ```
/// totalcloud_api::model! {
///     /// A pet.
///     pub struct Pet {
///         /// What it is called.
///         [Id, Shown] name = "petName": text;
///         /// Its legs.
///         legs = "legs": int;
///         /// Other names.
///         names = "names": [text];
///     }
/// }
/// let pet: Pet = totalcloud_api::model::from_slice(br#"{"petName":"Rex","legs":"4","names":"R","new":1}"#).unwrap();
/// assert_eq!((pet.legs, pet.names.as_deref()), (Some(4), Some(&["R".to_owned()][..])));
/// assert_eq!(pet.extra["new"], 1);
/// ```
#[macro_export]
macro_rules! model {
    // A model with a base: its columns are read and written on the same level.
    (
        $(#[doc = $doc:literal])+
        pub struct $name:ident : $base:ident {
            $( $(#[doc = $fdoc:literal])+ $([$($flag:ident),+])? $field:ident = $wire:literal : $kind:tt ; )*
        }
    ) => {
        $crate::model!(@struct $(#[doc = $doc])+ $name [
            /// The columns shared by all types of the provider.
            pub base: $base,
        ] { $( $(#[doc = $fdoc])+ $field : $kind; )* });
        impl std::ops::Deref for $name {
            type Target = $base;
            fn deref(&self) -> &$base { &self.base }
        }
        impl std::ops::DerefMut for $name {
            fn deref_mut(&mut self) -> &mut $base { &mut self.base }
        }
        $crate::model!(@impl $name (concat!($($doc),+)) (Some($base)) { $( $($fdoc),+; [$($($flag),+)?] $field = $wire : $kind ; )* });
    };
    (
        $(#[doc = $doc:literal])+
        pub struct $name:ident {
            $( $(#[doc = $fdoc:literal])+ $([$($flag:ident),+])? $field:ident = $wire:literal : $kind:tt ; )*
        }
    ) => {
        $crate::model!(@struct $(#[doc = $doc])+ $name [] { $( $(#[doc = $fdoc])+ $field : $kind; )* });
        $crate::model!(@impl $name (concat!($($doc),+)) (None) { $( $($fdoc),+; [$($($flag),+)?] $field = $wire : $kind ; )* });
    };

    (@struct $(#[doc = $doc:literal])+ $name:ident [$($base:tt)*] { $( $(#[doc = $fdoc:literal])+ $field:ident : $kind:tt; )* }) => {
        $(#[doc = $doc])+
        #[derive(Clone, PartialEq, Default)]
        #[non_exhaustive]
        pub struct $name {
            $($base)*
            $( $(#[doc = $fdoc])+ pub $field: Option<$crate::model!(@type $kind)>, )*
            /// Fields without a column here, and values that did not fit theirs, by wire name.
            pub extra: $crate::model::Extra,
        }
    };

    (@impl $name:ident ($doc:expr) ($($base:tt)*) { $( $($fdoc:literal),+; [$($flag:ident),*] $field:ident = $wire:literal : $kind:tt ; )* }) => {
        const _: () = {
            #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
            #[repr(usize)]
            enum Col { $($field,)* __Count }

            static SHAPE: $crate::model::Shape = $crate::model::Shape::new(
                stringify!($name),
                $doc,
                $crate::model!(@base_shape $($base)*),
                &[$(
                    $crate::model::Column::new(
                        $wire,
                        stringify!($field),
                        <$crate::model!(@codec $kind) as $crate::model::Codec>::KIND,
                        concat!($($fdoc),+),
                        &[$($crate::model::Flag::$flag),*],
                    ),
                )*],
            );

            static INDEX: $crate::model::__private::Index = $crate::model::__private::Index::of(&SHAPE);

            impl $crate::model::Model for $name {
                const SHAPE: &'static $crate::model::Shape = &SHAPE;

                fn locate(key: &str) -> Option<usize> {
                    INDEX.locate(&SHAPE, key)
                }

                #[allow(unused_variables)]
                fn read<'de, A: $crate::model::__private::MapAccess<'de>>(
                    &mut self,
                    column: usize,
                    map: &mut A,
                    extra: &mut $crate::model::Extra,
                ) -> Result<(), A::Error> {
                    $(
                        if column == Col::$field as usize {
                            self.$field = $crate::model::__private::field::<$crate::model!(@codec $kind), A>(map, $wire, extra)?;
                            return Ok(());
                        }
                    )*
                    $crate::model!(@base_read self, column - Col::__Count as usize, map, extra, $($base)*)
                }

                #[allow(unused_variables)]
                fn write<M: $crate::model::__private::SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
                    $crate::model!(@base_write self, map, $($base)*);
                    $(
                        if let Some(value) = &self.$field {
                            map.serialize_entry($wire, &$crate::model::__private::Wire::<$crate::model!(@codec $kind)>(value))?;
                        }
                    )*
                    Ok(())
                }

                #[allow(unused_variables)]
                fn nested_misfits(&self, path: &mut Vec<$crate::model::__private::Step>, into: &mut Vec<$crate::model::Misfit>) {
                    $crate::model!(@base_misfits self, path, into, $($base)*);
                    $(
                        if let Some(value) = &self.$field {
                            path.push($crate::model::__private::Step::Field($wire));
                            <$crate::model!(@codec $kind) as $crate::model::Codec>::misfits(value, path, into);
                            path.pop();
                        }
                    )*
                }

                fn extra(&self) -> &$crate::model::Extra {
                    &self.extra
                }

                fn extra_mut(&mut self) -> Option<&mut $crate::model::Extra> {
                    Some(&mut self.extra)
                }
            }

            /// Secrets are not shown.
            impl std::fmt::Debug for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    let mut out = f.debug_struct(stringify!($name));
                    $crate::model!(@base_debug self, out, $($base)*);
                    $(
                        let hidden = SHAPE.own[Col::$field as usize].is($crate::model::Flag::Secret);
                        if hidden && self.$field.is_some() {
                            out.field(stringify!($field), &"…");
                        } else {
                            out.field(stringify!($field), &self.$field);
                        }
                    )*
                    out.field("extra", &$crate::model::__private::hidden(&SHAPE, &self.extra)).finish()
                }
            }

            impl<'de> $crate::model::__private::Deserialize<'de> for $name {
                fn deserialize<D: $crate::model::__private::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    $crate::model::deserialize(deserializer)
                }
            }

            impl $crate::model::__private::Serialize for $name {
                fn serialize<S: $crate::model::__private::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    $crate::model::__private::serialize_model(self, serializer)
                }
            }
        };
    };

    (@base_shape None) => { None };
    (@base_shape Some($base:ident)) => { Some(<$base as $crate::model::Model>::SHAPE) };
    (@base_read $self:ident, $column:expr, $map:ident, $extra:ident, None) => { Ok(()) };
    (@base_read $self:ident, $column:expr, $map:ident, $extra:ident, Some($base:ident)) => {
        $crate::model::Model::read(&mut $self.base, $column, $map, $extra)
    };
    (@base_write $self:ident, $map:ident, None) => {};
    (@base_write $self:ident, $map:ident, Some($base:ident)) => { $crate::model::Model::write(&$self.base, $map)? };
    (@base_debug $self:ident, $out:ident, None) => {};
    (@base_debug $self:ident, $out:ident, Some($base:ident)) => { $out.field("base", &$self.base); };
    (@base_misfits $self:ident, $path:ident, $into:ident, None) => {};
    (@base_misfits $self:ident, $path:ident, $into:ident, Some($base:ident)) => {
        $crate::model::Model::nested_misfits(&$self.base, $path, $into)
    };

    (@type [$kind:tt]) => { Vec<$crate::model!(@type $kind)> };
    (@type text) => { String };
    (@type int) => { i64 };
    (@type num) => { f64 };
    (@type bool) => { bool };
    (@type sbool) => { bool };
    (@type sint) => { String };
    (@type time) => { $crate::time::Time };
    (@type jstr) => { $crate::model::JsonText };
    (@type open) => { $crate::model::__private::Value };
    (@type $model:ident) => { $model };

    (@codec [$kind:tt]) => { $crate::model::codecs::List<$crate::model!(@codec $kind)> };
    (@codec text) => { $crate::model::codecs::Text };
    (@codec int) => { $crate::model::codecs::Int };
    (@codec num) => { $crate::model::codecs::Num };
    (@codec bool) => { $crate::model::codecs::Bool };
    (@codec sbool) => { $crate::model::codecs::BoolText };
    (@codec sint) => { $crate::model::codecs::IntText };
    (@codec time) => { $crate::model::codecs::Instant };
    (@codec jstr) => { $crate::model::codecs::Json };
    (@codec open) => { $crate::model::codecs::Open };
    (@codec $model:ident) => { $crate::model::codecs::Nested<$model> };
}
