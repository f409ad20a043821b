//! The envelope of the API server's `/qps` interfaces: `ServiceRequest` and `ServiceResponse`, in XML unless JSON
//! is asked for.

use crate::call::Call;
use crate::reply::{Answer, Reply, XML};
use crate::state::table::{Row, row};
use http::StatusCode;
use http::header::ACCEPT;
use quick_xml::Reader;
use quick_xml::escape::{escape, resolve_predefined_entity, unescape};
use quick_xml::events::{BytesStart, Event};
use serde_json::{Value, json};

/// Rows of a page where nothing is said, and at most.
const ROWS: (usize, usize) = (100, 1000);

/// A field that searches take, and the path of its value in a row.
pub(crate) type Field = (&'static str, &'static str);

impl Call<'_> {
    /// The `ServiceRequest` of the body; empty where there is no body.
    pub(crate) fn service_request(&self) -> Result<Row, Reply> {
        let text = std::str::from_utf8(self.body).unwrap_or_default().trim();
        let read = match text.chars().next() {
            None => return Ok(Row::new()),
            Some('<') => from_xml(text),
            Some(_) => serde_json::from_str(text).ok(),
        };
        match read.as_ref().and_then(|v| v.get("ServiceRequest")) {
            Some(Value::Object(request)) => Ok(request.clone()),
            // An element with nothing inside.
            Some(Value::String(empty)) if empty.trim().is_empty() => Ok(Row::new()),
            _ => Err(self.invalid_request("The body is no ServiceRequest")),
        }
    }

    /// An answer of this kind of object.
    pub(crate) fn objects(&self, kind: &str, objects: Vec<Row>) -> Reply {
        self.service_response(
            StatusCode::OK,
            row(json!({
                "responseCode": "SUCCESS",
                "count": objects.len(),
                "data": objects.into_iter().map(|o| json!({ kind: o })).collect::<Vec<_>>(),
            })),
        )
    }

    /// A refusal. That its status is no 200 is a guess.
    fn service_error(&self, status: StatusCode, code: &str, message: &str, resolution: &str) -> Reply {
        self.service_response(
            status,
            row(json!({
                "responseCode": code,
                "responseErrorDetails": { "errorMessage": message, "errorResolution": resolution },
            })),
        )
    }

    pub(crate) fn invalid_request(&self, message: &str) -> Reply {
        let resolution = "Please correct the request and send it again.";
        self.service_error(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message, resolution)
    }

    pub(crate) fn no_object(&self, kind: &str, id: &str) -> Reply {
        let message = format!("{kind} with id {id} does not exist");
        self.service_error(
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
            &message,
            "Please use the id of an object that exists.",
        )
    }

    /// Words a refusal of the facade as this interface does.
    pub(crate) fn as_service_error(&self, refusal: &Reply) -> Reply {
        let body: Value = serde_json::from_slice(&refusal.body).unwrap_or_default();
        self.invalid_request(body["message"].as_str().unwrap_or("The request is not valid"))
    }

    fn service_response(&self, status: StatusCode, response: Row) -> Reply {
        let accept = self.headers.get_all(ACCEPT);
        let json = accept.iter().any(|v| String::from_utf8_lossy(v.as_bytes()).contains("json"));
        if json {
            return Reply { status, ..Reply::value(&json!({ "ServiceResponse": response })) };
        }
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ServiceResponse>");
        const ORDER: [&str; 6] =
            ["responseCode", "responseErrorDetails", "count", "hasMoreRecords", "lastId", "data"];
        for name in ORDER {
            if let Some(value) = response.get(name) {
                to_xml(&mut out, name, value);
            }
        }
        out.push_str("</ServiceResponse>\n");
        Reply::new(status, XML, out)
    }

    /// Answers a search: those rows that meet all criteria, a page of them by their ids.
    pub(crate) fn search(&self, kind: &str, mut rows: Vec<Row>, fields: &[Field]) -> Answer {
        let request = self.service_request()?;
        for criterion in criteria(&request) {
            let (Some(field), Some(operator)) = (word(&criterion["field"]), word(&criterion["operator"]))
            else {
                return Err(self.invalid_request("A criterion has a field, an operator and a value"));
            };
            let known = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(&field));
            let Some((_, path)) = known else {
                return Err(self.invalid_request(&format!("'{field}' is no field to search by")));
            };
            let value = word(&criterion["value"]).unwrap_or_default();
            let meets = |row: &Row| meets(at(row, path), &operator, &value);
            if rows.iter().any(|row| meets(row).is_none()) {
                let message =
                    format!("The operator '{operator}' or its value does not fit the field '{field}'");
                return Err(self.invalid_request(&message));
            }
            rows.retain(|row| meets(row) == Some(true));
        }
        let number = |name: &str, or: usize| match request.get("preferences").and_then(|p| word(&p[name])) {
            None => Ok(or),
            Some(text) => text.parse().map_err(|_| self.invalid_request(&format!("{name} is no number"))),
        };
        let limit = number("limitResults", ROWS.0)?;
        if !(1..=ROWS.1).contains(&limit) {
            return Err(self.invalid_request("limitResults is between 1 and 1000"));
        }
        let id = |row: &Row| row["id"].as_u64().unwrap_or_default();
        rows.sort_by_key(id);
        let first = number("startFromId", 0)? as u64;
        rows.retain(|row| id(row) >= first);
        // Counted from 1.
        let skipped = number("startFromOffset", 1)?.saturating_sub(1);
        let total = rows.len();
        let page: Vec<Row> = rows.into_iter().skip(skipped).take(limit).collect();
        let more = skipped + page.len() < total;
        let mut response = row(json!({
            "responseCode": "SUCCESS",
            "count": page.len(),
            "hasMoreRecords": more.to_string(),
        }));
        if let (true, Some(last)) = (more, page.last()) {
            response.insert("lastId".into(), id(last).into());
        }
        let data: Vec<Value> = page.into_iter().map(|o| json!({ kind: o })).collect();
        response.insert("data".into(), data.into());
        Ok(self.service_response(StatusCode::OK, response))
    }
}

/// The criteria of a request, one or a list.
fn criteria(request: &Row) -> Vec<Value> {
    match request.get("filters").map(|f| &f["Criteria"]) {
        Some(Value::Array(items)) => items.clone(),
        Some(one @ Value::Object(_)) => vec![one.clone()],
        _ => Vec::new(),
    }
}

/// A scalar as text; JSON clients send numbers as such or in quotes.
pub(crate) fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

fn at<'r>(row: &'r Row, path: &str) -> &'r Value {
    let mut parts = path.split('.');
    let first = parts.next().and_then(|name| row.get(name)).unwrap_or(&Value::Null);
    parts.fold(first, |value, name| value.get(name).unwrap_or(&Value::Null))
}

/// Whether a value meets a criterion; `None` where that cannot be asked.
fn meets(value: &Value, operator: &str, wanted: &str) -> Option<bool> {
    if let Value::Number(number) = value {
        let (number, read) = (number.as_i64()?, |text: &str| text.trim().parse::<i64>().ok());
        return match operator {
            "EQUALS" => Some(number == read(wanted)?),
            "NOT EQUALS" => Some(number != read(wanted)?),
            "GREATER" => Some(number > read(wanted)?),
            "LESSER" => Some(number < read(wanted)?),
            "IN" => Some(wanted.split(',').map(read).collect::<Option<Vec<_>>>()?.contains(&number)),
            _ => None,
        };
    }
    let text = word(value).unwrap_or_default();
    match operator {
        "EQUALS" => Some(text.eq_ignore_ascii_case(wanted)),
        "NOT EQUALS" => Some(!text.eq_ignore_ascii_case(wanted)),
        "CONTAINS" => Some(text.to_lowercase().contains(&wanted.to_lowercase())),
        "IN" => Some(wanted.split(',').any(|w| text.eq_ignore_ascii_case(w.trim()))),
        _ => None,
    }
}

/// Writes a value as an element. The items of a list are objects that name their own elements.
fn to_xml(out: &mut String, name: &str, value: &Value) {
    out.push_str(&format!("<{name}>"));
    match value {
        Value::Null => {}
        Value::Object(fields) => fields.iter().for_each(|(name, value)| to_xml(out, name, value)),
        Value::Array(items) => {
            for (name, value) in items.iter().filter_map(Value::as_object).flatten() {
                to_xml(out, name, value);
            }
        }
        Value::String(text) => out.push_str(&escape(text.as_str())),
        other => out.push_str(&other.to_string()),
    }
    out.push_str(&format!("</{name}>"));
}

/// An element that is being read: its name, its attributes and children, its text.
struct Open {
    name: String,
    fields: Row,
    text: String,
}

impl Open {
    fn new(start: &BytesStart<'_>) -> Option<Open> {
        let name = start.local_name().as_ref().to_owned();
        let mut fields = Row::new();
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let key = attribute.key.local_name().as_ref().to_owned();
            fields.insert(key, unescape(&attribute.value).ok()?.into_owned().into());
        }
        Some(Open { name, fields, text: String::new() })
    }

    /// An element is its text, or an object of what is inside; text beside attributes is its `value`.
    fn value(mut self) -> Value {
        if self.fields.is_empty() {
            return Value::String(self.text);
        }
        if !self.text.trim().is_empty() {
            self.fields.insert("value".into(), self.text.into());
        }
        Value::Object(self.fields)
    }
}

/// Reads XML as the JSON that means the same: elements that come twice are a list.
fn from_xml(text: &str) -> Option<Value> {
    const DEEPEST: usize = 32;
    let mut reader = Reader::from_str(text);
    let mut open = vec![Open { name: String::new(), fields: Row::new(), text: String::new() }];
    let close = |open: &mut Vec<Open>| -> Option<()> {
        let done = open.pop()?;
        let name = done.name.clone();
        let value = done.value();
        let parent = &mut open.last_mut()?.fields;
        match parent.get_mut(&name) {
            None => drop(parent.insert(name, value)),
            Some(Value::Array(items)) => items.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
        }
        Some(())
    };
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) if open.len() < DEEPEST => open.push(Open::new(&start)?),
            Event::Empty(start) => {
                open.push(Open::new(&start)?);
                close(&mut open)?;
            }
            Event::End(_) => close(&mut open)?,
            Event::Text(text) => open.last_mut()?.text.push_str(&text),
            Event::CData(text) => open.last_mut()?.text.push_str(&text),
            Event::GeneralRef(entity) => {
                let place = &mut open.last_mut()?.text;
                match entity.resolve_char_ref().ok()? {
                    Some(c) => place.push(c),
                    None => place.push_str(resolve_predefined_entity(&entity)?),
                }
            }
            Event::Eof => break,
            Event::Start(_) => return None,
            _ => {}
        }
    }
    (open.len() == 1).then(|| open.remove(0)).map(|root| Value::Object(root.fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_means_the_same_as_json() {
        let text = r#"<?xml version="1.0"?><ServiceRequest><filters>
            <Criteria field="name" operator="CONTAINS">a &amp; b &#x43;</Criteria>
            <Criteria field="id" operator="GREATER">7</Criteria></filters>
            <preferences><limitResults>5</limitResults></preferences>
            <data><Tag><name><![CDATA[<x>]]></name><set/></Tag></data></ServiceRequest>"#;
        assert_eq!(
            from_xml(text).unwrap(),
            json!({"ServiceRequest": {
                "filters": {"Criteria": [
                    {"field": "name", "operator": "CONTAINS", "value": "a & b C"},
                    {"field": "id", "operator": "GREATER", "value": "7"},
                ]},
                "preferences": {"limitResults": "5"},
                "data": {"Tag": {"name": "<x>", "set": ""}},
            }})
        );
        for bad in ["<a>", "<a></b>", "</a>", "<a>&unknown;</a>", &"<a>".repeat(99)] {
            assert_eq!(from_xml(bad), None, "{bad}");
        }
    }

    #[test]
    fn objects_are_written_as_elements() {
        let mut out = String::new();
        let tags = json!({"list": [{"Tag": {"id": 1}}, {"Tag": {"id": 2, "name": "a<b"}}], "none": null});
        to_xml(&mut out, "tags", &tags);
        assert_eq!(
            out,
            "<tags><list><Tag><id>1</id></Tag><Tag><id>2</id><name>a&lt;b</name></Tag></list><none></none></tags>"
        );
    }

    #[test]
    fn criteria_are_asked_by_the_kind_of_the_value() {
        let n = json!(7);
        assert_eq!(meets(&n, "GREATER", "6"), Some(true));
        assert_eq!(meets(&n, "IN", "1, 7"), Some(true));
        assert_eq!((meets(&n, "GREATER", "x"), meets(&n, "CONTAINS", "7")), (None, None));
        assert_eq!(meets(&json!("Prod One"), "CONTAINS", "one"), Some(true));
        assert_eq!(meets(&json!("Prod"), "EQUALS", "Pro"), Some(false));
        assert_eq!(meets(&json!("Prod"), "GREATER", "A"), None);
    }
}
