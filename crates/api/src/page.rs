//! From the body of a listing to its rows, without touching what is inside a row.
//!
//! Rows are slices of the body that came, so that nothing is lost or rewritten on the way; typed decoding
//! is a second step ([`crate::model::from_slice`], [`crate::ResourceType::check`]).

use crate::fault::ServiceFault;
use crate::operation::Answer;
use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

/// One page of a listing. Without its rows it can be written down and read again.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Page {
    /// The rows, each one JSON value as it came.
    #[serde(skip)]
    pub rows: Vec<Bytes>,
    /// Whether the service says that this is the last page.
    pub last: Option<bool>,
    /// Whether the service says that there are more rows (control metadata only).
    pub more: Option<bool>,
    /// Whether the service says that the page is empty.
    pub empty: Option<bool>,
    /// Rows of the whole query, by the service's count.
    pub total: Option<u64>,
    /// Pages of the whole query, by the service's count.
    pub total_pages: Option<u64>,
    /// Number of this page, from 0.
    pub number: Option<u64>,
    /// Page size that was used, which may be smaller than the one asked for.
    pub size: Option<u64>,
    /// Rows in this page, by the service's count.
    pub count: Option<u64>,
    /// The id of the last row, from which the next page goes on (Connector API v3 only).
    pub marker: Option<String>,
    /// Whether the page was a bare list, which says nothing of the whole.
    pub bare: bool,
}

/// Why a body is no page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// The body has no bytes. Past the end of an inventory the service was seen to answer so.
    #[error("the answer is empty")]
    Empty,
    /// The body is an error although the status was not.
    #[error("{0}")]
    Service(ServiceFault),
    /// The body is not the JSON it should be.
    #[error("the answer is no {expected}: {reason}")]
    NotAPage {
        /// What was expected.
        expected: &'static str,
        /// What came, without its contents.
        reason: String,
    },
}

/// Reads the body of a listing.
///
/// # Errors
/// If the body is empty, an error, cut, doubled, or no JSON of a known form.
pub fn decode(answer: Answer, body: &Bytes) -> Result<Page, PageError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(PageError::Empty);
    }
    if let Some(reason) = crate::fault::not_json(body) {
        return Err(PageError::NotAPage { expected: "page of JSON", reason });
    }
    if answer == Answer::ServiceResponse {
        return crate::portal::page(body);
    }
    let wire: Wire<'_> = serde_json::from_slice(body).map_err(|e| PageError::NotAPage {
        expected: "page of JSON",
        reason: format!("{} (after {} bytes)", describe(&e), body.len()),
    })?;
    let envelope = match wire {
        Wire::Bare(rows) => {
            let rows: Vec<Bytes> = rows.into_iter().map(|r| r.bytes(body)).collect();
            // Only where a listing has no pages is a bare list the whole of it.
            if answer != Answer::Array {
                return Ok(Page { rows, bare: true, ..Page::default() });
            }
            let total = rows.len() as u64;
            return Ok(Page { rows, last: Some(true), total: Some(total), ..Page::default() });
        }
        Wire::Envelope(envelope) => envelope,
    };
    let rows = match answer {
        Answer::Controls => envelope.control.or(envelope.content),
        Answer::CountData => envelope.data.or(envelope.content),
        _ => envelope.content.or(envelope.data).or(envelope.control),
    };
    let Some(rows) = rows else {
        if envelope.is_error {
            return Err(PageError::Service(ServiceFault::from_body(200, body)));
        }
        if envelope.fields == 0 && answer == Answer::Controls {
            return Err(PageError::Empty);
        }
        return Err(PageError::NotAPage {
            expected: "page",
            reason: "it is an object without a list of rows".to_owned(),
        });
    };
    let more = (answer == Answer::Controls).then_some(envelope.warning);
    Ok(Page {
        rows: rows.into_iter().map(|r| r.bytes(body)).collect(),
        last: envelope.last,
        more,
        empty: envelope.empty,
        total: envelope.total,
        total_pages: envelope.total_pages,
        number: envelope.number,
        size: envelope.size,
        count: envelope.count,
        marker: None,
        bare: false,
    })
}

/// The message of a JSON error without a piece of the text, which may be confidential.
pub(crate) fn describe(e: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let what = match e.classify() {
        Category::Eof => "it ends too early",
        Category::Syntax => "it is not valid JSON",
        Category::Data => "it does not have the form of a page",
        Category::Io => "it could not be read",
    };
    format!("{what} at line {} column {}", e.line(), e.column())
}

enum Wire<'a> {
    Bare(Vec<RowSource<'a>>),
    Envelope(Envelope<'a>),
}

enum RowSource<'a> {
    Slice(&'a RawValue),
    Single(Value),
}

impl RowSource<'_> {
    fn bytes(self, body: &Bytes) -> Bytes {
        match self {
            RowSource::Slice(raw) => body.slice_ref(raw.get().as_bytes()),
            RowSource::Single(value) => Bytes::from(value.to_string()),
        }
    }
}

#[derive(Default)]
struct Envelope<'a> {
    content: Option<Vec<RowSource<'a>>>,
    control: Option<Vec<RowSource<'a>>>,
    data: Option<Vec<RowSource<'a>>>,
    last: Option<bool>,
    empty: Option<bool>,
    warning: bool,
    total: Option<u64>,
    total_pages: Option<u64>,
    number: Option<u64>,
    size: Option<u64>,
    count: Option<u64>,
    is_error: bool,
    fields: usize,
}

/// Numbers are read from their text as well; anything else is no number rather than an error.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn boolean(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.trim().parse().ok())
}

impl<'de: 'a, 'a> Deserialize<'de> for Wire<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Wire<'a>, D::Error> {
        struct WireVisitor;
        impl<'de> Visitor<'de> for WireVisitor {
            type Value = Wire<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a page or a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Wire<'de>, A::Error> {
                read_rows(seq).map(Wire::Bare)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Wire<'de>, A::Error> {
                let mut e = Envelope::default();
                while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                    e.fields += 1;
                    match key.as_ref() {
                        "content" => e.content = map.next_value::<Rows<'de>>()?.0,
                        "control" => e.control = map.next_value::<Rows<'de>>()?.0,
                        "data" => e.data = map.next_value::<Rows<'de>>()?.0,
                        "last" => e.last = boolean(&map.next_value()?),
                        "empty" => e.empty = boolean(&map.next_value()?),
                        "totalElements" | "count" | "totalHits" => {
                            e.total = number(&map.next_value()?).or(e.total);
                        }
                        "totalPages" => e.total_pages = number(&map.next_value()?),
                        "number" => e.number = number(&map.next_value()?),
                        "size" => e.size = number(&map.next_value()?),
                        "numberOfElements" => e.count = number(&map.next_value()?),
                        "warning" => e.warning = !map.next_value::<Value>()?.is_null(),
                        "errorCode" | "error" => {
                            e.is_error |= !map.next_value::<Value>()?.is_null();
                        }
                        _ => {
                            map.next_value::<serde::de::IgnoredAny>()?;
                        }
                    }
                }
                Ok(Wire::Envelope(e))
            }
        }
        deserializer.deserialize_any(WireVisitor)
    }
}

/// The rows of a list; a single object where a list belongs is one row, `null` is none.
struct Rows<'a>(Option<Vec<RowSource<'a>>>);

impl<'de: 'a, 'a> Deserialize<'de> for Rows<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Rows<'a>, D::Error> {
        struct RowsVisitor;
        impl<'de> Visitor<'de> for RowsVisitor {
            type Value = Rows<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of rows")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Rows<'de>, A::Error> {
                read_rows(seq).map(|rows| Rows(Some(rows)))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Rows<'de>, A::Error> {
                let value = Value::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(Rows(Some(vec![RowSource::Single(value)])))
            }
            fn visit_unit<E>(self) -> Result<Rows<'de>, E> {
                Ok(Rows(Some(Vec::new())))
            }
        }
        deserializer.deserialize_any(RowsVisitor)
    }
}

fn read_rows<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<Vec<RowSource<'de>>, A::Error> {
    let mut rows = Vec::new();
    while let Some(raw) = seq.next_element::<&'de RawValue>()? {
        rows.push(RowSource::Slice(raw));
    }
    Ok(rows)
}

/// The row on one line: JSON never holds a raw line break inside a value, so breaks are white space.
pub fn one_line(row: &Bytes) -> Bytes {
    if memchr::memchr2(b'\n', b'\r', row).is_none() {
        return row.clone();
    }
    row.iter().copied().filter(|b| !matches!(b, b'\n' | b'\r')).collect::<Vec<u8>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn page(text: &str) -> Result<Page, PageError> {
        decode(Answer::Page, &Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn a_page_gives_its_rows_as_they_came() {
        let p = page(r#"{"content":[{"a": 1},{"b":"x\n"}],"last":false,"totalElements":7,"size":2,"number":0,"later":{"x":[1]}}"#).unwrap();
        assert_eq!(p.rows, [Bytes::from_static(br#"{"a": 1}"#), Bytes::from_static(br#"{"b":"x\n"}"#)]);
        assert_eq!((p.last, p.total, p.size), (Some(false), Some(7), Some(2)));
    }

    #[test]
    fn odd_pages_are_read() {
        assert_eq!(page(r#"{"content":{"a":1}}"#).unwrap().rows.len(), 1);
        assert_eq!(page(r#"{"content":null,"empty":"true"}"#).unwrap().empty, Some(true));
        assert_eq!(page(r#"{"content":[],"totalElements":"12"}"#).unwrap().total, Some(12));
        assert_eq!(page("[1,2]").unwrap().rows.len(), 2);
        let controls =
            decode(Answer::Controls, &Bytes::from_static(br#"{"control":[{}],"warning":{"url":"x"}}"#));
        assert_eq!(controls.unwrap().more, Some(true));
    }

    #[test]
    fn an_array_that_is_one_page_says_nothing_of_the_whole() {
        let read = |answer| decode(answer, &Bytes::from_static(b"[{},{}]")).unwrap();
        assert_eq!((read(Answer::Array).total, read(Answer::Array).last), (Some(2), Some(true)));
        for paged in [Answer::ArrayPage, Answer::Page] {
            let page = read(paged);
            assert_eq!((page.total, page.last, page.bare, page.rows.len()), (None, None, true, 2));
        }
    }

    #[test]
    fn what_is_no_page_says_why_without_showing_it() {
        assert_eq!(page(" \n").unwrap_err(), PageError::Empty);
        for (text, word) in [
            (r#"{"content":[{"secret":"s3"#, "ends too early"),
            (r#"{"content":[]}{"content":[]}"#, "not valid JSON"),
            ("<html>s3</html>", "HTML"),
            ("<?xml version=\"1.0\"?><a>s3</a>", "XML"),
            (r#"{"s3":1}"#, "without a list"),
            (r#""s3""#, "form of a page"),
        ] {
            let said = page(text).unwrap_err().to_string();
            assert!(said.contains(word), "{text}: {said}");
            assert!(!said.contains("s3"), "{said}");
        }
        let said =
            page(r#"{"errorCode":"E1","message":"no such account","timestamp":1700000000000}"#).unwrap_err();
        assert!(matches!(said, PageError::Service(_)), "{said:?}");
    }

    #[test]
    fn a_row_over_several_lines_becomes_one() {
        let p = page("{\"content\":[{\n\"a\":\r\n 1}]}").unwrap();
        assert_eq!(one_line(&p.rows[0]), Bytes::from_static(b"{\"a\": 1}"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(Answer::Page, &Bytes::from(bytes));
        }

        #[test]
        fn a_cut_page_is_never_taken_for_a_whole_one(cut in 1usize..60) {
            let whole = r#"{"content":[{"a":1},{"b":2}],"last":true,"totalElements":2,"x":1}"#;
            let part = &whole[..whole.len() - cut.min(whole.len() - 1)];
            prop_assert!(page(part).is_err());
        }
    }
}
