//! The envelope of the older API family (`/qps/rest`): `ServiceRequest` and `ServiceResponse`.

use crate::fault::ServiceFault;
use crate::page::{Page, PageError, describe};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The field of a search that holds its criteria.
pub const CRITERIA: &str = "ServiceRequest.filters.Criteria";

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, rename = "ServiceResponse")]
    response: Option<Response<'a>>,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(rename = "responseCode")]
    code: Option<Value>,
    count: Option<Value>,
    #[serde(rename = "hasMoreRecords")]
    more: Option<Value>,
    #[serde(rename = "lastId")]
    last_id: Option<Value>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

/// A row under the name of its kind.
type Named<'a> = BTreeMap<String, &'a RawValue>;

/// The row inside an object that names its kind; an object that does not is the row itself.
fn inside(raw: &RawValue) -> &RawValue {
    match serde_json::from_str::<Named<'_>>(raw.get()) {
        Ok(map) if map.len() == 1 => {
            map.into_values().next().filter(|v| v.get().starts_with('{')).unwrap_or(raw)
        }
        _ => raw,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.trim().to_owned()).filter(|s| !s.is_empty()),
        Value::Number(n) => Some(n.to_string()),
        Value::Bool(b) => Some(b.to_string()),
        _ => None,
    }
}

/// Reads a `ServiceResponse`. Each row is the object inside the one that names its kind.
pub(crate) fn page(body: &Bytes) -> Result<Page, PageError> {
    let wrong = |reason: String| PageError::NotAPage { expected: "ServiceResponse", reason };
    let envelope: Envelope<'_> = serde_json::from_slice(body)
        .map_err(|e| wrong(format!("{} (after {} bytes)", describe(&e), body.len())))?;
    let Some(response) = envelope.response else {
        if let Some(fault) = crate::fault::fault_inside(body) {
            return Err(PageError::Service(fault));
        }
        return Err(wrong("it is an object without a ServiceResponse".to_owned()));
    };
    let code = response.code.as_ref().and_then(text);
    if code.as_deref().is_some_and(|code| !code.eq_ignore_ascii_case("SUCCESS")) {
        return Err(PageError::Service(fault(body)));
    }
    let rows = match response.data.map(RawValue::get) {
        None | Some("null") => Ok(Vec::new()),
        Some(one) if one.starts_with('{') => serde_json::from_str::<&RawValue>(one).map(|raw| vec![raw]),
        Some(many) => serde_json::from_str::<Vec<&RawValue>>(many),
    };
    let rows = rows.map_err(|e| wrong(describe(&e)))?;
    let rows: Vec<Bytes> = rows.into_iter().map(|raw| body.slice_ref(inside(raw).get().as_bytes())).collect();
    let more = response.more.as_ref().and_then(text).map(|word| word.eq_ignore_ascii_case("true"));
    Ok(Page {
        last: Some(!more.unwrap_or(false)),
        count: response.count.as_ref().and_then(text).and_then(|n| n.parse().ok()),
        marker: response.last_id.as_ref().and_then(text),
        rows,
        ..Page::default()
    })
}

/// What a `ServiceResponse` that is no success says.
pub(crate) fn fault(body: &[u8]) -> ServiceFault {
    let mut fault = ServiceFault { status: 200, ..ServiceFault::default() };
    let read: Option<Value> = serde_json::from_slice(body).ok();
    let Some(response) = read.as_ref().and_then(|v| v.get("ServiceResponse")) else { return fault };
    fault.code = response.get("responseCode").and_then(text);
    let detail = |name: &str| response.get("responseErrorDetails")?.get(name).and_then(text);
    fault.message = match (detail("errorMessage"), detail("errorResolution")) {
        (Some(message), Some(resolution)) => Some(format!("{message}; {resolution}")),
        (message, resolution) => message.or(resolution),
    };
    fault
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Answer;
    use crate::page::decode;

    fn read(text: &str) -> Result<Page, PageError> {
        decode(Answer::ServiceResponse, &Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn rows_are_taken_out_of_the_objects_that_name_their_kind() {
        let page = read(
            r#"{"ServiceResponse":{"count":2,"responseCode":"SUCCESS","hasMoreRecords":"true","lastId":"17",
               "data":[{"AwsAssetDataConnector":{"id":16}},{"AwsAssetDataConnector":{"id": 17}}]}}"#,
        )
        .unwrap();
        assert_eq!(page.rows, [Bytes::from_static(br#"{"id":16}"#), Bytes::from_static(br#"{"id": 17}"#)]);
        assert_eq!((page.last, page.count, page.marker.as_deref()), (Some(false), Some(2), Some("17")));
        assert_eq!(page.total, None, "the count of a page is no total");
    }

    #[test]
    fn an_answer_without_data_is_an_empty_last_page() {
        let page = read(r#"{"ServiceResponse":{"responseCode":"SUCCESS","hasMoreRecords":false}}"#).unwrap();
        assert_eq!((page.rows.len(), page.last), (0, Some(true)));
        let one = read(r#"{"ServiceResponse":{"responseCode":"SUCCESS","data":{"Tag":{"id":1}}}}"#).unwrap();
        assert_eq!(one.rows.len(), 1);
        let bare =
            read(r#"{"ServiceResponse":{"responseCode":"SUCCESS","data":[{"id":1,"name":"a"}]}}"#).unwrap();
        assert_eq!(bare.rows, [Bytes::from_static(br#"{"id":1,"name":"a"}"#)]);
    }

    #[test]
    fn a_code_other_than_success_is_an_error_with_what_to_do() {
        let e = read(
            r#"{"ServiceResponse":{"responseCode":"INVALID_REQUEST","responseErrorDetails":
               {"errorMessage":"Invalid criteria","errorResolution":"Use a known field"}}}"#,
        )
        .unwrap_err();
        let PageError::Service(fault) = e else { panic!("{e:?}") };
        assert_eq!(fault.code.as_deref(), Some("INVALID_REQUEST"));
        assert_eq!(fault.message.as_deref(), Some("Invalid criteria; Use a known field"));
        assert!(read("{}").is_err() && read(r#"{"ServiceResponse":7}"#).is_err());
    }
}
