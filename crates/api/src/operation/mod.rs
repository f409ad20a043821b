//! An operation of the service as data, and the request that comes out of it.
//!
//! Each operation is declared once, in a file of [`crate::endpoints`]. The declaration yields a typed
//! request struct and an [`Operation`] value, which drives the client, the simulator's routing, the
//! command's `api` and the reference page.

mod check;
mod endpoint;
mod multipart;
mod preview;
mod request;
mod values;

pub use check::{Args, BadArgument};
pub use endpoint::{Endpoint, IntoArg};
pub use multipart::{Part, Upload};
pub use preview::{Preview, sounds_secret};
pub use request::{Body, Request};
pub use values::{is_instant_z, is_uuid};

use crate::provider::{Provider, Spelling};
use crate::resources::Confidence;
use serde_json::Value;

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
    /// A bare JSON array that is one page of a listing: its length says nothing of the whole.
    ArrayPage,
    /// `{"ServiceResponse": {"responseCode", "count", "hasMoreRecords", "lastId", "data": […]}}`, in which each
    /// row stands in an object under the name of its kind.
    ServiceResponse,
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
    /// How the next page is asked for.
    pub style: PageStyle,
    /// The parameter that says which page.
    pub page: &'static str,
    /// The parameter that says how many rows.
    pub size: &'static str,
    /// Another number of the first page, where sources disagree on it.
    pub other_first: Option<u32>,
}

impl Paging {
    /// What most listings share: numbered pages by `pageNo` and `pageSize`, from 0, 50 rows each.
    pub const NUMBERED: Paging = Paging {
        first: 0,
        default_size: 50,
        largest_seen: 50,
        wall: None,
        style: PageStyle::Numbered,
        page: "pageNo",
        size: "pageSize",
        other_first: None,
    };

    /// The rules with the first page that is asked for where sources disagree on it.
    #[must_use]
    pub fn chosen(mut self, spellings: &crate::provider::Spellings) -> Paging {
        if let Some(other) = self.other_first.filter(|_| spellings.other_first_pages) {
            self.first = other;
        }
        self
    }

    /// Where a page begins among all rows.
    pub fn offset(&self, number: u64, size: u64) -> u64 {
        number.saturating_sub(u64::from(self.first)).saturating_mul(size)
    }
}

/// How the next page is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PageStyle {
    /// By the number of the page.
    Numbered,
    /// By the number of rows before it.
    Offset,
    /// By the id of the last row before it, as a criterion.
    Marker,
}

/// What a call does to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It reads.
    Read,
    /// It makes something.
    Create,
    /// It changes something.
    Update,
    /// It deletes something for good.
    Delete,
    /// It starts something, or tries it out.
    Act,
}

impl Effect {
    /// `reads`, `creates`, …
    pub const fn as_str(self) -> &'static str {
        match self {
            Effect::Read => "reads",
            Effect::Create => "creates",
            Effect::Update => "changes",
            Effect::Delete => "deletes",
            Effect::Act => "acts",
        }
    }
}

/// A second form of a body, for operations on whose body the sources disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherBody {
    /// Which choice of [`Spellings`](crate::provider::Spellings) asks for it.
    pub family: BodyFamily,
    /// The field of an object that holds the ids in that form.
    pub field: &'static str,
    /// Parameters that must go with that form.
    pub needs: &'static [&'static str],
}

/// Operations whose bodies the sources disagree on in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BodyFamily {
    /// Deleting connectors: a bare array (SW21, MEHOWQ) or `{"connectorIds": […]}` (F3, SJ).
    ConnectorIds,
    /// Enabling, disabling and deleting rules: `{"ids": […]}` (SW21) or `{"ruleIds": […]}` (QCLI).
    RuleIds,
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
    /// A field of a JSON body; dots lead into objects.
    Body,
    /// The JSON body as a whole.
    Whole,
    /// A field of a form body.
    Form,
    /// A part of a multipart body.
    Part,
}

/// What a parameter takes; values are checked before any call is made.
#[derive(Debug, Clone, Copy, PartialEq)]
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
    /// A whole number in this range.
    Range(i64, i64),
    /// Text of at most this many characters, and not empty.
    Name(usize),
    /// Text that is not empty.
    Filled,
    /// Digits only, this many at least and at most.
    Digits(usize, usize),
    /// The ARN of an IAM role.
    RoleArn,
    /// Mail addresses, one at least.
    Emails,
    /// An https address that is itself a secret.
    SecretUrl,
    /// Any JSON.
    Json,
    /// A list of objects of this shape, one at least.
    Objects(&'static crate::model::Shape),
    /// A file, see [`Upload`].
    File,
}

impl ParamKind {
    /// Whether values must not be shown.
    pub const fn is_secret(self) -> bool {
        matches!(self, ParamKind::Secret | ParamKind::SecretUrl)
    }

    /// Whether values may hold secrets besides what can be shown.
    pub fn holds_secrets(self) -> bool {
        match self {
            ParamKind::Json => true,
            ParamKind::Objects(shape) => shape.columns().iter().any(|c| c.is(crate::model::Flag::Secret)),
            other => other.is_secret(),
        }
    }

    /// Whether it takes several values.
    pub const fn is_list(self) -> bool {
        matches!(self, ParamKind::Uuids | ParamKind::Words | ParamKind::Emails | ParamKind::Objects(_))
    }
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

/// What several parameters must fulfil together: gives the parameter at fault and what is wrong with it.
pub type Rule = fn(&Args) -> Result<(), (&'static str, String)>;

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
    /// What it does to the service.
    pub effect: Effect,
    /// What several of its parameters must fulfil together.
    pub rule: Option<Rule>,
    /// The second form of its body, where sources disagree.
    pub other_body: Option<OtherBody>,
    /// The name of its request struct, with the module.
    pub rust: &'static str,
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

impl Operation {
    /// The path of its request struct, such as `totalcloud_api::endpoints::groups::ListGroups`.
    pub fn rust_path(&self) -> String {
        // Files below the module of an area are private; the area gives out what they declare.
        let mut steps: Vec<&str> = self.rust.split("::").collect();
        if let (true, Some(name)) = (steps.len() > 4, steps.last().copied()) {
            steps.truncate(3);
            steps.push(name);
        }
        steps.join("::")
    }
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
            effect: match method {
                Method::Get => Effect::Read,
                Method::Post => Effect::Create,
                Method::Put | Method::Patch => Effect::Update,
                Method::Delete => Effect::Delete,
            },
            rule: None,
            other_body: None,
            rust: "",
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
