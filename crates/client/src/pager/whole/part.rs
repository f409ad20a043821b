//! A part of a listing: what narrows the query to it.

use jiff::Timestamp;
use jiff::tz::Offset;
use std::fmt;
use totalcloud_api::operation::Request;
use totalcloud_api::qql::{Query, Updated};

/// What a listing can be split by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    Accounts,
    Regions,
    Updated,
}

impl Kind {
    /// The token of the filter.
    pub(super) const fn token(self) -> &'static str {
        match self {
            Kind::Accounts => "account.id",
            Kind::Regions => "region",
            Kind::Updated => "updated",
        }
    }
}

/// How a choice between values is written. Both are used by others; which of them a tenant takes is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Form {
    /// `token in (A, B)`
    Set,
    /// `token:A OR token:B`
    Either,
}

impl Form {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Form::Set => "set",
            Form::Either => "or",
        }
    }
}

/// Which values of a field belong to a part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Picked {
    #[default]
    Any,
    OneOf(Vec<String>, Form),
    NoneOf(Vec<String>, Form),
}

impl Picked {
    fn query(&self, token: &str) -> Query {
        let any_of = |values: &[String], form: &Form| match (values, form) {
            ([one], _) => Query::term(token, one),
            (_, Form::Set) => Query::any_of(token, values),
            (_, Form::Either) => {
                values.iter().fold(Query::nothing(), |query, value| query.or(Query::term(token, value)))
            }
        };
        match self {
            Picked::Any => Query::all(),
            Picked::OneOf(values, form) => any_of(values, form),
            Picked::NoneOf(values, form) => any_of(values, form).not(),
        }
    }
}

/// Seconds since the epoch, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: i64,
    pub(super) to: i64,
}

const DAY: i64 = 86_400;

impl Span {
    /// From before there were clouds to long after: 1970-01-01 to 2199-12-31.
    pub(super) const ALL: Span = Span { from: 0, to: 7_258_118_399 };

    /// Whether it is made of whole days.
    pub(super) const fn is_days(self) -> bool {
        self.from % DAY == 0 && (self.to + 1) % DAY == 0
    }

    /// Cuts it in two near `at`: between days as long as there are several.
    pub(super) fn cut(self, at: i64) -> Option<[Span; 2]> {
        if self.from >= self.to {
            return None;
        }
        let unit = if self.is_days() && self.to - self.from >= DAY { DAY } else { 1 };
        // The second half begins here.
        let start = (at / unit * unit).clamp(self.from + unit, self.to + 1 - unit);
        Some([Span { from: self.from, to: start - 1 }, Span { from: start, to: self.to }])
    }

    fn value(self) -> Updated {
        let at = |secs| Timestamp::from_second(secs).unwrap_or(Timestamp::MAX);
        if self.is_days() {
            let day = |secs| Offset::UTC.to_datetime(at(secs)).date().to_string();
            Updated::between(day(self.from), day(self.to))
        } else {
            Updated::between(at(self.from).to_string(), at(self.to).to_string())
        }
    }
}

/// A part of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Part {
    pub(super) accounts: Picked,
    pub(super) regions: Picked,
    pub(super) updated: Option<Span>,
}

impl Part {
    pub(super) fn picked(&self, kind: Kind) -> &Picked {
        match kind {
            Kind::Regions => &self.regions,
            _ => &self.accounts,
        }
    }

    /// The same with other values of a field.
    pub(super) fn with(&self, kind: Kind, picked: Picked) -> Part {
        let mut part = self.clone();
        match kind {
            Kind::Regions => part.regions = picked,
            _ => part.accounts = picked,
        }
        part
    }

    /// The same within a time.
    pub(super) fn within(&self, span: Span) -> Part {
        Part { updated: Some(span), ..self.clone() }
    }

    /// The request of the whole listing, narrowed to this part. What the caller typed stays as typed.
    pub(super) fn narrow(&self, whole: &Request) -> Request {
        let mut request = whole.clone();
        let mut query =
            self.accounts.query(Kind::Accounts.token()).and(self.regions.query(Kind::Regions.token()));
        if let Some(span) = self.updated {
            // The parameter has no token and is documented, but it can be given once only.
            if whole.query("updated").is_some() {
                query = query.and(span.value().on(Kind::Updated.token()));
            } else {
                request.set_query("updated", span.value().to_string());
            }
        }
        let own = query.to_string();
        match whole.query("filter").map(str::trim).filter(|f| !f.is_empty()) {
            _ if own.is_empty() => {}
            // Both in parentheses: neither may take hold of an end of the other.
            Some(typed) => request.set_query("filter", format!("({typed}) AND ({own})")),
            None => request.set_query("filter", own),
        }
        request
    }

    /// Whether everything belongs to it.
    pub(super) fn is_whole(&self) -> bool {
        *self == Part::default()
    }
}

/// In words, for people.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_whole() {
            return f.write_str("all");
        }
        let mut first = true;
        let mut next = |f: &mut fmt::Formatter<'_>, text: String| {
            let comma = if std::mem::take(&mut first) { "" } else { ", " };
            write!(f, "{comma}{text}")
        };
        for (kind, one, many) in
            [(Kind::Accounts, "account", "accounts"), (Kind::Regions, "region", "regions")]
        {
            match self.picked(kind) {
                Picked::Any => {}
                Picked::OneOf(values, _) => match &values[..] {
                    [value] => next(f, format!("{one} {value}"))?,
                    [first, .., last] => next(f, format!("{} {many} {first} to {last}", values.len()))?,
                    [] => next(f, format!("no {one}"))?,
                },
                Picked::NoneOf(values, _) => {
                    next(f, format!("{many} other than {} known ones", values.len()))?
                }
            }
        }
        if let Some(span) = self.updated {
            next(f, format!("updated {}", span.value()))?;
        }
        Ok(())
    }
}
