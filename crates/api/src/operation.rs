//! An operation of the service as data, and the request that comes out of it.
//!
//! Each operation is declared once, in a file of [`crate::endpoints`]. The declaration yields a typed
//! request struct and an [`Operation`] value, which drives the client, the simulator's routing, the
//! command's `api` and the reference page.

use crate::provider::{Provider, Spelling, Spellings};
use crate::resources::Confidence;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use std::fmt;

/// HTTP methods the service uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// `GET`, `POST`, …
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

/// Which of the three host kinds answers an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Host {
    /// The base (portal) host with Basic, or the gateway with a bearer token: both serve the path.
    Either,
    /// The gateway only, with a bearer token.
    Gateway,
    /// The API server only, with Basic.
    ApiServer,
}

/// How an operation signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Auth {
    /// With the session: Basic on the base host, a bearer token on the gateway.
    Session,
    /// With Basic always.
    Basic,
    /// It is the sign-in itself: credentials travel as parameters.
    None,
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The page envelope with `content`.
    Page,
    /// `{"control": […], "warning": {…}?}`.
    Controls,
    /// `{"count": n, "data": […]}`.
    CountData,
    /// A bare JSON array of rows.
    Array,
    /// One JSON object.
    Object,
    /// Bare text, with or without quotes.
    Text,
    /// A file.
    File,
    /// An XML document.
    Xml,
}

/// Page rules of a paged operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    /// The number of the first page, by default.
    pub first: u32,
    /// The page size the service uses when none is asked for.
    pub default_size: u32,
    /// The largest page size that a client was seen to get.
    pub largest_seen: u32,
    /// The number of rows that one query can reach, where there is such a wall.
    pub wall: Option<u64>,
}

/// Where a parameter travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// A segment of the path.
    Path,
    /// The query string.
    Query,
    /// A request header.
    Header,
    /// A field of a JSON body.
    Body,
    /// A field of a form body.
    Form,
}

/// What a parameter takes; values are checked before any call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParamKind {
    /// Any text.
    Text,
    /// Text that must not be shown.
    Secret,
    /// A whole number from this on.
    Int(i64),
    /// `true` or `false`.
    Bool,
    /// A UUID in its standard 36-character form.
    Uuid,
    /// A provider, spelled as the family of the endpoint wants it.
    Provider(Spelling),
    /// An API type name, `[A-Z0-9_]+`.
    TypeName,
    /// An instant `YYYY-MM-DDThh:mm:ssZ`.
    InstantZ,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A QQL query.
    Qql,
    /// A report name: letters, digits, space and `_ - ' ( )`.
    ReportName,
    /// A list of UUIDs.
    Uuids,
    /// A list of words.
    Words,
}

/// One parameter of an operation.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Param {
    /// The name on the wire.
    pub name: &'static str,
    /// Where it travels.
    pub place: Place,
    /// What it takes.
    pub kind: ParamKind,
    /// Whether a request must carry it.
    pub required: bool,
    /// What it means.
    pub doc: &'static str,
}

impl Param {
    #[doc(hidden)]
    pub const fn new(
        name: &'static str,
        place: Place,
        kind: ParamKind,
        required: bool,
        doc: &'static str,
    ) -> Param {
        Param { name, place, kind, required, doc }
    }
}

/// An operation, as data.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Operation {
    /// The name it is called by: `resources.list`.
    pub id: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// Row of the endpoint index of the fidelity page.
    pub row: u16,
    /// HTTP method.
    pub method: Method,
    /// Full path with `{placeholders}`.
    pub path: &'static str,
    /// Who answers.
    pub host: Host,
    /// How it signs in.
    pub auth: Auth,
    /// The form of the answer.
    pub answer: Answer,
    /// Page rules, if it has pages.
    pub paging: Option<Paging>,
    /// Operations of one class share a quota.
    pub limit_class: &'static str,
    /// Whether the request can be repeated without harm.
    pub repeatable: bool,
    /// Parameters.
    pub params: &'static [Param],
    /// Providers that have it.
    pub providers: &'static [Provider],
    /// The model of a row or of the answer, where one is declared.
    pub shape: Option<&'static crate::model::Shape>,
    /// Decodes a row, or the answer where there are no rows, and names what did not fit; the error says why
    /// it is not one JSON object.
    pub check: fn(&[u8]) -> Result<Vec<crate::model::Misfit>, serde_json::Error>,
    /// Another path that serves the same, for reads answered with 404.
    pub other_path: Option<&'static str>,
    /// Source keys.
    pub source: &'static str,
    /// How sure the operation is.
    pub confidence: Confidence,
    /// What is peculiar about it, in words, for the reference page.
    pub quirks: &'static [&'static str],
}

impl PartialEq for Operation {
    fn eq(&self, other: &Operation) -> bool {
        self.id == other.id
    }
}

impl Eq for Operation {}

/// A body of a request.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Body {
    /// None.
    Empty,
    /// JSON.
    Json(Value),
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(&'static str, String)>),
}

/// A request as a plain value: nothing is sent by making one.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Request {
    /// The operation it is of.
    pub operation: &'static Operation,
    /// The path with its parameters filled in and encoded.
    pub path: String,
    /// Query parameters, not encoded.
    pub query: Vec<(&'static str, String)>,
    /// Headers that are parameters.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Body,
}

/// Bodies, headers and query values may hold secrets, so only their names are shown.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query: Vec<&str> = self.query.iter().map(|(k, _)| *k).collect();
        f.debug_struct("Request")
            .field("operation", &self.operation.id)
            .field("path", &self.path)
            .field("query", &query)
            .finish_non_exhaustive()
    }
}

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Request {
    /// The path with the encoded query string behind it.
    pub fn target(&self) -> String {
        let mut target = self.path.clone();
        for (i, (name, value)) in self.query.iter().enumerate() {
            target.push(if i == 0 { '?' } else { '&' });
            target.push_str(name);
            target.push('=');
            target.extend(utf8_percent_encode(value, SEGMENT));
        }
        target
    }

    /// Sets or replaces a query parameter.
    pub fn set_query(&mut self, name: &'static str, value: impl Into<String>) {
        let value = value.into();
        match self.query.iter_mut().find(|(n, _)| *n == name) {
            Some(slot) => slot.1 = value,
            None => self.query.push((name, value)),
        }
    }

    /// The value of a query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str())
    }

    /// The same request on the operation's other path, if it has one.
    pub fn on_other_path(&self, args: &Args, spellings: &Spellings) -> Option<Request> {
        let other = self.operation.other_path?;
        let path = fill(self.operation, other, args, spellings).ok()?;
        Some(Request { path, ..self.clone() })
    }
}

/// Arguments of an operation by wire name.
pub type Args = Map<String, Value>;

/// An argument was refused before any call was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {reason}")]
pub struct BadArgument {
    /// The operation.
    pub operation: &'static str,
    /// The parameter, where one is at fault.
    pub parameter: Option<String>,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl Operation {
    /// Makes the request, checking every argument first.
    ///
    /// # Errors
    /// If an argument is missing, unknown or does not fit its parameter.
    pub fn request(&'static self, args: &Args, spellings: &Spellings) -> Result<Request, BadArgument> {
        for name in args.keys() {
            if !self.params.iter().any(|p| p.name == name) {
                let known: Vec<&str> = self.params.iter().map(|p| p.name).collect();
                return Err(
                    self.refuse(name, format!("it has no parameter '{name}'; it takes {}", known.join(", ")))
                );
            }
        }
        let mut request = Request {
            operation: self,
            path: fill(self, self.path, args, spellings)?,
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::Empty,
        };
        let mut json = Map::new();
        let mut form = Vec::new();
        for param in self.params {
            let Some(value) = present(args, param) else {
                if param.required {
                    return Err(self
                        .refuse(param.name, format!("'{}' is required: {}", param.name, param.doc.trim())));
                }
                continue;
            };
            let value = self.check(param, value, spellings)?;
            match param.place {
                Place::Path => {}
                Place::Query => request.query.push((param.name, plain(&value))),
                Place::Header => request.headers.push((param.name, plain(&value))),
                Place::Form => form.push((param.name, plain(&value))),
                Place::Body => {
                    json.insert(param.name.to_owned(), value);
                }
            }
        }
        if self.params.iter().any(|p| p.place == Place::Form) {
            request.body = Body::Form(form);
        } else if self.params.iter().any(|p| p.place == Place::Body) {
            request.body = Body::Json(Value::Object(json));
        }
        Ok(request)
    }

    fn refuse(&self, parameter: &str, reason: String) -> BadArgument {
        BadArgument { operation: self.id, parameter: Some(parameter.to_owned()), reason }
    }

    /// Checks a value against its parameter and gives it the form of the wire.
    fn check(&self, param: &Param, value: &Value, spellings: &Spellings) -> Result<Value, BadArgument> {
        let bad = |wanted: &str| {
            let shown = if param.kind == ParamKind::Secret { "…".to_owned() } else { plain(value) };
            Err(self.refuse(param.name, format!("'{}' wants {wanted}, not '{shown}'", param.name)))
        };
        let text = plain(value);
        match param.kind {
            ParamKind::Text | ParamKind::Qql | ParamKind::Secret => match value {
                Value::Array(_) | Value::Object(_) => bad("text"),
                _ => Ok(Value::String(text)),
            },
            ParamKind::Int(from) => match text.trim().parse::<i64>() {
                Ok(n) if n >= from => Ok(n.into()),
                _ => bad(&format!("a whole number from {from} on")),
            },
            ParamKind::Bool => match text.as_str() {
                "true" => Ok(true.into()),
                "false" => Ok(false.into()),
                _ => bad("true or false"),
            },
            ParamKind::Uuid if is_uuid(&text) => Ok(Value::String(text)),
            ParamKind::Uuid => bad("a UUID of 36 characters"),
            ParamKind::Provider(place) => match text.parse::<Provider>() {
                Ok(p) if self.providers.contains(&p) => Ok(p.spelled(place, spellings).into()),
                Ok(p) => {
                    let has: Vec<&str> = self.providers.iter().map(|p| p.as_str()).collect();
                    Err(self.refuse(
                        param.name,
                        format!("the service does not offer it for {p}, only for {}", has.join(", ")),
                    ))
                }
                Err(e) => Err(self.refuse(param.name, e.to_string())),
            },
            ParamKind::TypeName if crate::resources::is_type_name(&text) => Ok(Value::String(text)),
            ParamKind::TypeName => bad("an API type name such as EC2_INSTANCE"),
            ParamKind::InstantZ if is_instant_z(&text) => Ok(Value::String(text)),
            ParamKind::InstantZ => bad("an instant in the form 2026-01-31T00:00:00Z"),
            ParamKind::OneOf(words) if words.contains(&text.as_str()) => Ok(Value::String(text)),
            ParamKind::OneOf(words) => bad(&format!("one of {}", words.join(", "))),
            ParamKind::ReportName => {
                let fine =
                    |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '-' | '\'' | '(' | ')');
                if !text.trim().is_empty() && text.chars().all(fine) {
                    Ok(Value::String(text))
                } else {
                    bad("letters, digits, spaces and _ - ' ( )")
                }
            }
            ParamKind::Uuids | ParamKind::Words => {
                let items: Vec<String> = match value {
                    Value::Array(items) => items.iter().map(plain).collect(),
                    Value::String(s) => {
                        s.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect()
                    }
                    _ => return bad("a list"),
                };
                if param.kind == ParamKind::Uuids
                    && let Some(wrong) = items.iter().find(|i| !is_uuid(i))
                {
                    return bad(&format!("UUIDs of 36 characters ('{wrong}' is none)"));
                }
                Ok(items.into())
            }
        }
    }

    /// The values of the path parameters, if the path is one of this operation.
    pub fn match_path<'p>(&self, path: &'p str) -> Option<Vec<(&'static str, std::borrow::Cow<'p, str>)>> {
        match_template(self.path, path)
            .or_else(|| self.other_path.and_then(|other| match_template(other, path)))
    }

    /// The parameter of this wire name.
    pub fn param(&self, name: &str) -> Option<&'static Param> {
        self.params.iter().find(|p| p.name == name)
    }

    /// Whether the class of plain retries applies: the call only reads.
    pub fn is_read(&self) -> bool {
        self.method == Method::Get
    }
}

fn present<'a>(args: &'a Args, param: &Param) -> Option<&'a Value> {
    args.get(param.name).filter(|v| !v.is_null())
}

fn fill(
    op: &'static Operation,
    template: &'static str,
    args: &Args,
    spellings: &Spellings,
) -> Result<String, BadArgument> {
    let mut path = String::with_capacity(template.len() + 40);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let close = rest[open..].find('}').map_or(rest.len(), |c| open + c);
        path.push_str(&rest[..open]);
        let name = &rest[open + 1..close];
        let Some(param) = op.param(name) else {
            return Err(op.refuse(name, format!("the path names '{name}', which is no parameter")));
        };
        let Some(value) = present(args, param) else {
            return Err(op.refuse(name, format!("'{name}' is required: {}", param.doc.trim())));
        };
        let text = plain(&op.check(param, value, spellings)?);
        if text.is_empty() || text == "." || text == ".." {
            return Err(op.refuse(name, format!("'{name}' must not be '{text}'")));
        }
        path.extend(utf8_percent_encode(&text, SEGMENT));
        rest = &rest[(close + 1).min(rest.len())..];
    }
    path.push_str(rest);
    Ok(path)
}

fn match_template<'p>(
    template: &'static str,
    path: &'p str,
) -> Option<Vec<(&'static str, std::borrow::Cow<'p, str>)>> {
    let mut found = Vec::new();
    let mut wanted = template.split('/');
    let mut given = path.split('/');
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(found),
            (Some(w), Some(g)) => {
                if let Some(name) = w.strip_prefix('{').and_then(|w| w.strip_suffix('}')) {
                    if g.is_empty() {
                        return None;
                    }
                    found.push((name, percent_encoding::percent_decode_str(g).decode_utf8_lossy()));
                } else if w != g {
                    return None;
                }
            }
            _ => return None,
        }
    }
}

/// A value as text, without quotes.
fn plain(value: &Value) -> String {
    match value {
        Value::String(s) => s.clone(),
        other => other.to_string(),
    }
}

/// Whether the text is a UUID in its standard 36-character form.
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// Whether the text is an instant `YYYY-MM-DDThh:mm:ssZ` and nothing else.
pub fn is_instant_z(text: &str) -> bool {
    use crate::time::{OffsetForm, Time, TimeForm};
    text.len() == 20
        && Time::parse(text).is_some_and(|t| {
            matches!(t.form(), TimeForm::Iso { digits: 0, offset: OffsetForm::Zulu }) && text.ends_with('Z')
        })
}

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

into_arg!(i64, u32, bool, Vec<String>);

impl<T: IntoArg> IntoArg for Option<T> {
    fn to_arg(&self) -> Option<Value> {
        self.as_ref().and_then(IntoArg::to_arg)
    }
}

/// Declares an operation: the request struct, its builder methods and the [`Operation`] value.
///
/// Fields are `/// meaning`, the place, then `rust_name = "wireName": kind;`, where a leading `?` before
/// the kind makes the parameter optional. Required fields are the arguments of `new`.
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
            use $crate::operation::{Answer, Auth, Host, Method, Operation, Param, Paging, ParamKind, Place};

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

impl Operation {
    #[doc(hidden)]
    #[allow(clippy::too_many_arguments)]
    pub const fn __new(
        id: &'static str,
        doc: &'static str,
        row: u16,
        method: Method,
        path: &'static str,
        source: &'static str,
        confidence: Confidence,
        params: &'static [Param],
    ) -> Operation {
        Operation {
            id,
            doc,
            row,
            method,
            path,
            host: Host::Either,
            auth: Auth::Session,
            answer: Answer::Object,
            paging: None,
            limit_class: "",
            repeatable: matches!(method, Method::Get),
            params,
            providers: &Provider::ALL,
            shape: None,
            check: <Value as crate::model::RowValue>::check,
            other_path: None,
            source,
            confidence,
            quirks: &[],
        }
    }
}
