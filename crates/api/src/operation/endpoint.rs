//! The declaration of an operation, and the typed requests that come out of it.

use super::{Args, BadArgument, Operation, Request};
use crate::provider::{Provider, Spellings};
use serde_json::Value;

/// A typed request. Implemented by [`endpoint!`](crate::endpoint) only.
pub trait Endpoint {
    /// The operation.
    const OPERATION: &'static Operation;

    /// What a row, or the answer where there are no rows, decodes into.
    type Row: crate::model::RowValue + Send + 'static;

    /// The arguments by wire name.
    fn args(&self) -> Args;

    /// The request with its arguments checked.
    ///
    /// # Errors
    /// If an argument does not fit its parameter.
    fn request(&self, spellings: &Spellings) -> Result<Request, BadArgument> {
        Self::OPERATION.request(&self.args(), spellings)
    }
}

/// Turns the value of a request field into an argument.
pub trait IntoArg {
    /// `None` where there is no value.
    fn to_arg(&self) -> Option<Value>;
}

impl IntoArg for String {
    fn to_arg(&self) -> Option<Value> {
        Some(Value::String(self.clone()))
    }
}

impl IntoArg for Provider {
    fn to_arg(&self) -> Option<Value> {
        Some(self.as_str().into())
    }
}

macro_rules! into_arg {
    ($($t:ty),*) => { $(impl IntoArg for $t {
        fn to_arg(&self) -> Option<Value> { Some(Value::from(self.clone())) }
    })* };
}

into_arg!(i64, u32, bool, Vec<String>, Value);

impl<T: crate::model::Model + serde::Serialize> IntoArg for Vec<T> {
    fn to_arg(&self) -> Option<Value> {
        serde_json::to_value(self).ok()
    }
}

impl<T: IntoArg> IntoArg for Option<T> {
    fn to_arg(&self) -> Option<Value> {
        self.as_ref().and_then(IntoArg::to_arg)
    }
}

/// Declares an operation: the request struct, its builder methods and the [`Operation`] value.
///
/// Parameters are `/// meaning`, the place, then `rust_name = "wireName": Type as kind;`. Those under `must` are
/// required and the arguments of `new`, those under `may` are set by methods of their names. Lines that begin with a
/// dot set fields of the [`Operation`].
#[macro_export]
macro_rules! endpoint {
    (
        $(#[doc = $doc:literal])+
        $name:ident = $id:literal;
        $method:ident $path:literal;
        row $row:literal, $confidence:ident $source:literal -> $row_type:ty;
        $(. $key:ident = $value:expr;)*
        must { $( $(#[doc = $mdoc:literal])+ $mplace:ident $mfield:ident = $mwire:literal : $mtype:ty as $mkind:expr; )* }
        may { $( $(#[doc = $odoc:literal])+ $oplace:ident $ofield:ident = $owire:literal : $otype:ty as $okind:expr; )* }
    ) => {
        $(#[doc = $doc])+
        #[doc = ""]
        #[doc = concat!("`", stringify!($method), " ", $path, "` (source: ", $source, ")")]
        #[derive(Clone, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $( $(#[doc = $mdoc])+ pub $mfield: $mtype, )*
            $( $(#[doc = $odoc])+ pub $ofield: Option<$otype>, )*
        }

        impl $name {
            /// A request with its required parameters; the others are set by the methods of their names.
            #[allow(clippy::new_without_default, clippy::too_many_arguments)]
            pub fn new($($mfield: impl Into<$mtype>),*) -> $name {
                $name { $($mfield: $mfield.into(),)* $($ofield: None,)* }
            }

            $(
                $(#[doc = $odoc])+
                #[must_use]
                pub fn $ofield(mut self, value: impl Into<$otype>) -> $name {
                    self.$ofield = Some(value.into());
                    self
                }
            )*
        }

        /// Values may be confidential; only the operation is shown.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }

        const _: () = {
            #[allow(unused_imports)]
            use $crate::operation::{
                Answer, Auth, BodyFamily, Effect, Host, Method, Operation, OtherBody, PageStyle, Paging, Param,
                ParamKind, Place,
            };

            static OPERATION: Operation = {
                #[allow(unused_mut)]
                let mut op = Operation::__new(
                    $id,
                    concat!($($doc),+),
                    $row,
                    $crate::endpoint!(@method $method),
                    $path,
                    $source,
                    $crate::resources::Confidence::$confidence,
                    &[
                        $( Param::new($mwire, Place::$mplace, $mkind, true, concat!($($mdoc),+)), )*
                        $( Param::new($owire, Place::$oplace, $okind, false, concat!($($odoc),+)), )*
                    ],
                );
                op.rust = concat!(module_path!(), "::", stringify!($name));
                op.shape = <$row_type as $crate::model::RowValue>::ROW_SHAPE;
                op.check = <$row_type as $crate::model::RowValue>::check;
                $( op.$key = $value; )*
                op
            };

            impl $crate::operation::Endpoint for $name {
                const OPERATION: &'static Operation = &OPERATION;
                type Row = $row_type;

                #[allow(unused_mut)]
                fn args(&self) -> $crate::operation::Args {
                    let mut args = $crate::operation::Args::new();
                    $( if let Some(value) = $crate::operation::IntoArg::to_arg(&self.$mfield) { args.insert($mwire.to_owned(), value); } )*
                    $( if let Some(value) = $crate::operation::IntoArg::to_arg(&self.$ofield) { args.insert($owire.to_owned(), value); } )*
                    args
                }
            }
        };
    };
    (@method GET) => { Method::Get };
    (@method POST) => { Method::Post };
    (@method PUT) => { Method::Put };
    (@method PATCH) => { Method::Patch };
    (@method DELETE) => { Method::Delete };
}
