//! From the columns that are wanted to the fields of a row.

use crate::columns::{Chosen, Source};
use crate::{Columns, Format, Issue, WriteOptions};
use bytes::Bytes;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use totalcloud_api::model::{JsonText, Kind, json_kind};
use totalcloud_api::scan::{Scan, has_control};

/// Columns that are made of undeclared fields; a row used as a dictionary must not make a million.
const MOST_DISCOVERED: usize = 2000;

/// The columns of an output and where their values are.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) columns: Vec<PlanColumn>,
    /// Known top-level fields, those included that no column shows.
    fields: HashMap<String, usize>,
    names: Vec<String>,
}

/// One column.
#[derive(Debug, Clone)]
pub(crate) struct PlanColumn {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) doc: &'static str,
    pub(crate) secret: bool,
    pub(crate) from: From,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum From {
    Field { field: usize, rest: Vec<String> },
    Extra,
    Raw,
}

impl Plan {
    /// The columns of an output. `first` are the rows that decide about columns no shape declares.
    pub(crate) fn new(columns: &Columns, format: Format, options: &WriteOptions, first: &[Bytes]) -> Plan {
        let declared = columns.shape.map(|s| s.columns()).unwrap_or_default();
        if let Some(chosen) = &columns.chosen {
            return Plan::of(chosen.clone(), &declared);
        }
        let view = format.is_view() && !columns.wide;
        let shown = columns.shape.map(|s| s.shown()).unwrap_or_default();
        if view && !shown.is_empty() {
            return Plan::of(shown.into_iter().map(Chosen::top).collect(), &declared);
        }
        let mut all: Vec<Chosen> = declared.iter().map(|c| Chosen::top(c)).collect();
        if columns.open {
            discover(&mut all, first, format.is_arrow());
        }
        let taken: Vec<String> = all.iter().map(|c| c.name.to_lowercase()).collect();
        let taken = |name: &str| taken.iter().any(|t| t == name);
        if !view {
            all.push(Chosen::extra(taken));
        }
        if options.raw && format.is_arrow() {
            all.push(Chosen::raw(taken));
        }
        Plan::of(all, &declared)
    }

    fn of(chosen: Vec<Chosen>, declared: &[&'static totalcloud_api::model::Column]) -> Plan {
        let mut plan = Plan { columns: Vec::new(), fields: HashMap::new(), names: Vec::new() };
        for column in declared {
            plan.field(column.wire);
        }
        for c in chosen {
            let from = match c.source {
                Source::Field { top, rest } => From::Field { field: plan.field(&top), rest },
                Source::Extra => From::Extra,
                Source::Raw => From::Raw,
            };
            plan.columns.push(PlanColumn { name: c.name, kind: c.kind, doc: c.doc, secret: c.secret, from });
        }
        plan
    }

    fn field(&mut self, name: &str) -> usize {
        if let Some(at) = self.fields.get(name) {
            return *at;
        }
        self.fields.insert(name.to_owned(), self.names.len());
        self.names.push(name.to_owned());
        self.names.len() - 1
    }

    /// The first column of each field that shows all of it, and its kind.
    pub(crate) fn straight(&self) -> Vec<Option<(usize, Kind)>> {
        let mut of = vec![None; self.names.len()];
        for (at, column) in self.columns.iter().enumerate().rev() {
            if let From::Field { field, rest } = &column.from
                && rest.is_empty()
            {
                of[*field] = Some((at, column.kind));
            }
        }
        of
    }

    /// Whether there is a column for fields that have none.
    pub(crate) fn keeps_extra(&self) -> bool {
        self.columns.iter().any(|c| c.from == From::Extra)
    }
}

/// Adds the fields of the rows that are not there yet.
fn discover(all: &mut Vec<Chosen>, rows: &[Bytes], typed: bool) {
    let declared = all.len();
    let mut at: HashMap<String, usize> = all.iter().enumerate().map(|(i, c)| (c.name.clone(), i)).collect();
    let mut kinds: Vec<Option<Kind>> = Vec::new();
    for row in rows {
        let Ok(text) = std::str::from_utf8(row) else { continue };
        // A row that cannot be read is reported when it is written.
        let _ = each_field(text, |key, json| {
            let i = match at.get(key.as_ref()) {
                Some(i) if *i < declared => return,
                Some(i) => *i - declared,
                None if kinds.len() >= MOST_DISCOVERED => return,
                None => {
                    at.insert(key.to_string(), all.len());
                    all.push(Chosen::field(&key, Kind::Open));
                    kinds.push(None);
                    kinds.len() - 1
                }
            };
            kinds[i] = join(kinds[i], kind_of(json));
        });
    }
    if typed {
        for (column, kind) in all[declared..].iter_mut().zip(kinds) {
            column.kind = kind.unwrap_or(Kind::Open);
        }
    }
}

fn kind_of(json: &str) -> Option<Kind> {
    match json.as_bytes().first()? {
        b'n' => None,
        b'"' => Some(Kind::Text),
        b't' | b'f' => Some(Kind::Bool),
        b'{' | b'[' => Some(Kind::Open),
        _ if json.parse::<i64>().is_ok() => Some(Kind::Int),
        _ => Some(Kind::Num),
    }
}

fn join(a: Option<Kind>, b: Option<Kind>) -> Option<Kind> {
    match (a, b) {
        (None, k) | (k, None) => k,
        (Some(a), Some(b)) if a == b => Some(a),
        (Some(Kind::Int | Kind::Num), Some(Kind::Int | Kind::Num)) => Some(Kind::Num),
        _ => Some(Kind::Open),
    }
}

/// A row cut into its top-level fields, each still the text that came.
#[derive(Debug, Default)]
pub(crate) struct Fields<'a> {
    /// The row without white space around it, if it could be cut.
    pub(crate) text: &'a str,
    /// Where the known fields are in it.
    known: Vec<Option<(usize, usize)>>,
    unknown: Vec<(String, &'a str)>,
    /// The row, if it could not be cut.
    whole: Option<Cow<'a, str>>,
    raw: Cow<'a, str>,
    /// Whether all known fields were shown to who reads them on the way.
    pub(crate) shown: bool,
}

/// Cuts rows.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) plan: Plan,
    keeps_extra: bool,
    /// Fields in the order of the row before, which the next row mostly follows.
    order: Vec<usize>,
    spare: Vec<Option<(usize, usize)>>,
}

const UNKNOWN: usize = usize::MAX;

impl Reader {
    pub(crate) fn new(plan: Plan) -> Reader {
        let keeps_extra = plan.keeps_extra();
        Reader { plan, keeps_extra, order: Vec::new(), spare: Vec::new() }
    }

    /// Cuts a row. If it is no object, its columns are empty, the row itself goes to `extra`, and the issue
    /// says so.
    pub(crate) fn read<'a>(&mut self, index: u64, row: &'a [u8], issues: &mut Vec<Issue>) -> Fields<'a> {
        self.read_along(index, row, issues, &mut |_, _, _| false)
    }

    /// Cuts a row, and shows the values of known fields on the way to who passes them if it can and says whether it
    /// did. What it sees is in vain unless [`Fields::shown`] is said.
    pub(crate) fn read_along<'a>(
        &mut self,
        index: u64,
        row: &'a [u8],
        issues: &mut Vec<Issue>,
        pass: &mut impl FnMut(&mut Scan<'a>, &'a str, usize) -> bool,
    ) -> Fields<'a> {
        let whole = match simdutf8::basic::from_utf8(row) {
            Ok(text) => text,
            Err(_) => {
                let text = String::from_utf8_lossy(row);
                issues
                    .push(Issue { reason: "the row is not valid UTF-8".to_owned(), ..unreadable(index, "") });
                let whole = serde_json::Value::from(text.as_ref()).to_string();
                return self.unread(Cow::Owned(whole), text);
            }
        };
        let text = whole.trim_ascii();
        let known = self.unfound();
        let mut fields = Fields { text, known, raw: Cow::Borrowed(whole), ..Fields::default() };
        if self.cut(text, &mut fields, pass).is_some() {
            fields.shown = true;
            return fields;
        }
        // What is odd or broken is read by those who know all of JSON.
        fields.known.fill(None);
        fields.unknown.clear();
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let cut = Cut { reader: self, fields: &mut fields };
        match deserializer.deserialize_any(cut).and_then(|()| deserializer.end()) {
            Ok(()) => fields,
            Err(_) => {
                issues.push(unreadable(index, text));
                let json = match serde_json::from_str::<&RawValue>(text) {
                    Ok(_) => Cow::Borrowed(text),
                    Err(_) => Cow::Owned(serde_json::Value::from(text).to_string()),
                };
                self.unread(json, Cow::Borrowed(whole))
            }
        }
    }

    /// Cuts a row on one line whose names are written without escapes.
    fn cut<'a>(
        &mut self,
        text: &'a str,
        fields: &mut Fields<'a>,
        pass: &mut impl FnMut(&mut Scan<'a>, &'a str, usize) -> bool,
    ) -> Option<()> {
        if has_control(text.as_bytes()) {
            return None;
        }
        let mut scan = Scan::new(text.as_bytes());
        let mut position = 0;
        scan.object(|scan, name| {
            let known = self.place(position, name)?;
            position += 1;
            let from = scan.at();
            if !known.is_some_and(|field| pass(scan, text, field)) {
                scan.value()?;
            }
            let json = text.get(from..scan.at())?;
            match known {
                Some(at) => fields.known[at] = Some((from, scan.at())),
                None if self.keeps_extra => {
                    fields.unknown.push((String::from_utf8_lossy(name).into_owned(), json));
                }
                None => {}
            }
            Some(())
        })?;
        scan.ended().then_some(())
    }

    /// The known field of a name that comes at a position.
    fn place(&mut self, position: usize, name: &[u8]) -> Option<Option<usize>> {
        let guess = self.order.get(position).copied().unwrap_or(UNKNOWN);
        if self.plan.names.get(guess).is_some_and(|n| n.as_bytes() == name) {
            return Some(Some(guess));
        }
        if memchr::memchr(b'\\', name).is_some() {
            return None;
        }
        let at = self.plan.fields.get(std::str::from_utf8(name).ok()?).copied();
        match self.order.get_mut(position) {
            Some(slot) => *slot = at.unwrap_or(UNKNOWN),
            None => self.order.push(at.unwrap_or(UNKNOWN)),
        }
        Some(at)
    }

    fn unread<'a>(&mut self, whole: Cow<'a, str>, raw: Cow<'a, str>) -> Fields<'a> {
        Fields { known: self.unfound(), whole: Some(whole), raw, ..Fields::default() }
    }

    /// Known fields that are not found yet.
    fn unfound(&mut self) -> Vec<Option<(usize, usize)>> {
        let mut known = std::mem::take(&mut self.spare);
        known.clear();
        known.resize(self.plan.names.len(), None);
        known
    }

    /// Keeps the memory of a row for the next one.
    pub(crate) fn reuse(&mut self, fields: Fields<'_>) {
        self.spare = fields.known;
    }
}

/// The issue of a row that is no JSON object, without a piece of its text.
pub(crate) fn unreadable(row: u64, text: &str) -> Issue {
    let reason = match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) => format!("expected an object, found {}", json_kind(&value)),
        Err(e) if e.is_eof() => "the row ends too early to be JSON".to_owned(),
        Err(e) => format!("the row is not valid JSON at line {} column {}", e.line(), e.column()),
    };
    Issue { row, path: "$".to_owned(), reason, unreadable: true }
}

impl<'a> Fields<'a> {
    /// The JSON text of a column; `None` if the row does not have it.
    pub(crate) fn json(&self, column: &PlanColumn) -> Option<Cow<'a, str>> {
        match &column.from {
            From::Field { field, rest } => {
                let (from, to) = (*self.known.get(*field)?)?;
                let top = self.text.get(from..to)?;
                if rest.is_empty() { Some(Cow::Borrowed(top)) } else { descend(top, rest) }
            }
            From::Raw => Some(match (&self.whole, &self.raw) {
                (Some(json), _) => json.clone(),
                (None, Cow::Borrowed(text)) => Cow::Borrowed(text.trim_ascii()),
                (None, Cow::Owned(text)) => Cow::Owned(text.trim_ascii().to_owned()),
            }),
            From::Extra => None,
        }
    }

    /// The row as it came.
    pub(crate) fn raw(&self) -> &str {
        &self.raw
    }

    /// The `extra` column: the fields without a column and what did not fit.
    pub(crate) fn extra(&self, misfits: &[(String, String)]) -> Option<String> {
        if let Some(whole) = &self.whole {
            return Some(whole.to_string());
        }
        if self.unknown.is_empty() && misfits.is_empty() {
            return None;
        }
        let unknown = self.unknown.iter().map(|(k, v)| (k.as_str(), *v));
        let misfits = misfits.iter().map(|(k, v)| (k.as_str(), v.as_str()));
        Some(object(unknown.chain(misfits)))
    }
}

/// A JSON object of values that are JSON text already.
pub(crate) fn object<'t>(fields: impl Iterator<Item = (&'t str, &'t str)>) -> String {
    let mut text = String::from("{");
    for (i, (key, json)) in fields.enumerate() {
        if i > 0 {
            text.push(',');
        }
        text.push_str(&serde_json::Value::from(key).to_string());
        text.push(':');
        text.push_str(json);
    }
    text.push('}');
    text
}

struct Cut<'r, 'f, 'a> {
    reader: &'r Reader,
    fields: &'f mut Fields<'a>,
}

impl<'a> Visitor<'a> for Cut<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        let Cut { reader, fields } = self;
        while let Some(name) = map.next_key::<Cow<'a, str>>()? {
            match reader.plan.fields.get(name.as_ref()) {
                Some(at) => {
                    let json = map.next_value::<&'a RawValue>()?.get();
                    let from = json.as_ptr() as usize - fields.text.as_ptr() as usize;
                    fields.known[*at] = Some((from, from + json.len()));
                }
                None if reader.keeps_extra => {
                    fields.unknown.push((name.into_owned(), map.next_value::<&'a RawValue>()?.get()));
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Calls with every field of an object.
fn each_field<'a>(text: &'a str, call: impl FnMut(Cow<'a, str>, &'a str)) -> serde_json::Result<()> {
    struct Each<F>(F);
    impl<'a, F: FnMut(Cow<'a, str>, &'a str)> Visitor<'a> for Each<F> {
        type Value = ();
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> std::result::Result<(), A::Error> {
            while let Some((key, value)) = map.next_entry::<Cow<'a, str>, &'a RawValue>()? {
                (self.0)(key, value.get());
            }
            Ok(())
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer.deserialize_map(Each(call))
}

/// The value at the end of a path, as JSON text. A list on the way gives the list of what its items have.
fn descend<'a>(json: &'a str, path: &[String]) -> Option<Cow<'a, str>> {
    let Some((step, rest)) = path.split_first() else { return Some(Cow::Borrowed(json)) };
    match json.as_bytes().first()? {
        b'{' => {
            let mut found = None;
            each_field(json, |key, value| {
                if key == step.as_str() {
                    found = Some(value);
                }
            })
            .ok()?;
            match found {
                Some(value) => descend(value, rest),
                // A single object where a list belongs is its first item.
                None if step == "0" => descend(json, rest),
                None => None,
            }
        }
        b'[' => {
            let items: Vec<&'a RawValue> = serde_json::from_str(json).ok()?;
            if let Ok(n) = step.parse::<usize>() {
                return descend(items.get(n)?.get(), rest);
            }
            let mut all: Vec<Cow<'a, str>> = Vec::new();
            for found in items.into_iter().filter_map(|item| descend(item.get(), path)) {
                if found.starts_with('[') {
                    let inner: Vec<Box<RawValue>> = serde_json::from_str(&found).ok()?;
                    all.extend(inner.iter().map(|v| Cow::Owned(v.get().to_owned())));
                } else if found != "null" {
                    all.push(found);
                }
            }
            Some(Cow::Owned(format!("[{}]", all.join(","))))
        }
        b'"' => {
            let text: String = serde_json::from_str(json).ok()?;
            let inside = JsonText(text).parse().ok().filter(|v| v.is_object() || v.is_array())?.to_string();
            descend(&inside, path).map(|found| Cow::Owned(found.into_owned()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_through_objects_lists_and_json_in_text() {
        let row = r#"{"a":{"b":1},"l":[{"k":"x","m":[1,2]},{"k":null},{"k":"y","m":[3]}],"t":"{\"p\":{\"q\":[5]}}","s":{"k":"z"}}"#;
        for (path, expected) in [
            ("a.b", Some("1")),
            ("a.c", None),
            ("a.b.c", None),
            ("l.k", Some(r#"["x","y"]"#)),
            ("l.m", Some("[1,2,3]")),
            ("l.2.k", Some(r#""y""#)),
            ("l.7.k", None),
            ("s.0.k", Some(r#""z""#)),
            ("t.p.q", Some("[5]")),
        ] {
            let path: Vec<String> = path.split('.').map(str::to_owned).collect();
            assert_eq!(descend(row, &path).as_deref(), expected, "{path:?}");
        }
    }

    #[test]
    fn kinds_of_discovered_columns_hold_all_values_seen() {
        let rows: Vec<Bytes> = [
            r#"{"i":1,"n":1,"t":"a","m":"a","o":{},"z":null,"b":true}"#,
            r#"{"i":2,"n":1.5,"t":"b","m":1}"#,
            "[]",
        ]
        .into_iter()
        .map(Bytes::from_static_str)
        .collect();
        let mut all = Vec::new();
        discover(&mut all, &rows, true);
        let said: Vec<(String, Kind)> = all.into_iter().map(|c| (c.name, c.kind)).collect();
        let expected = [
            ("i", Kind::Int),
            ("n", Kind::Num),
            ("t", Kind::Text),
            ("m", Kind::Open),
            ("o", Kind::Open),
            ("z", Kind::Open),
            ("b", Kind::Bool),
        ];
        assert_eq!(said, expected.map(|(n, k)| (n.to_owned(), k)));
    }

    trait FromStaticStr {
        fn from_static_str(text: &'static str) -> Bytes;
    }
    impl FromStaticStr for Bytes {
        fn from_static_str(text: &'static str) -> Bytes {
            Bytes::from_static(text.as_bytes())
        }
    }
}
