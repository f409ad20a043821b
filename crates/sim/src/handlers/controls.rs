//! The control library, in JSON and in XML.

use crate::call::{Call, PageAsk};
use crate::config::AnyAccept;
use crate::reply::{Answer, Reply, XML, iso_millis};
use crate::world::{Ask, Collection, Selection, View};
use http::StatusCode;
use http::header::ACCEPT;
use serde_json::{Map, Value};

pub(super) fn list(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let ask = Ask { filter: call.query.get("filter"), ..Ask::default() };
    let rows = call.select(&Collection::Controls, &ask)?;
    let more = page.offset().saturating_add(page.size) < rows.total();
    let warning = more.then(|| Warning {
        text: format!("{} of {} controls are shown; use the url for more.", page.size, rows.total()),
        // The service forgets the filter here.
        url: format!("{}{}?pageNo={}&pageSize={}", call.origin, call.errors.path, page.number + 1, page.size),
    });
    if wants_xml(call) {
        xml(call, &rows, page, warning.as_ref())
    } else {
        json(call, &rows, page, warning.as_ref())
    }
}

struct Warning {
    text: String,
    url: String,
}

/// JSON where `Accept` names it, XML where it names that; what a client that names neither gets is a setting.
fn wants_xml(call: &Call<'_>) -> bool {
    let accept = call.headers.get_all(ACCEPT);
    let named = |what: &str| {
        accept.iter().any(|v| String::from_utf8_lossy(v.as_bytes()).to_ascii_lowercase().contains(what))
    };
    match (named("json"), named("xml")) {
        (true, _) => false,
        (false, true) => true,
        (false, false) => call.service.any_accept == AnyAccept::Xml,
    }
}

fn json(call: &Call<'_>, rows: &Selection, page: PageAsk, warning: Option<&Warning>) -> Answer {
    let mut out = Vec::with_capacity(64 * 1024);
    out.extend_from_slice(b"{\"control\":[");
    for (i, row) in rows.page(page.offset(), page.size).enumerate() {
        if i > 0 {
            out.push(b',');
        }
        call.world.write(&Collection::Controls, row, View::List, &mut out);
    }
    out.push(b']');
    if let Some(warning) = warning {
        let value = serde_json::json!({ "code": "1980", "text": warning.text, "url": warning.url });
        out.extend_from_slice(b",\"warning\":");
        out.extend_from_slice(value.to_string().as_bytes());
    }
    out.push(b'}');
    Ok(Reply::json(out))
}

fn xml(call: &Call<'_>, rows: &Selection, page: PageAsk, warning: Option<&Warning>) -> Answer {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CONTROL_LIST_OUTPUT>");
    element(&mut out, "DATETIME", &iso_millis(call.now));
    out.push_str("<CONTROL_LIST>");
    let mut row_bytes = Vec::new();
    for row in rows.page(page.offset(), page.size) {
        row_bytes.clear();
        call.world.write(&Collection::Controls, row, View::List, &mut row_bytes);
        out.push_str("<CONTROL>");
        if let Ok(control) = serde_json::from_slice::<Map<String, Value>>(&row_bytes) {
            control_xml(&mut out, &control);
        }
        out.push_str("</CONTROL>");
    }
    out.push_str("</CONTROL_LIST>");
    if let Some(warning) = warning {
        out.push_str("<WARNING>");
        element(&mut out, "CODE", "1980");
        element(&mut out, "TEXT", &warning.text);
        element(&mut out, "URL", &warning.url);
        out.push_str("</WARNING>");
    }
    out.push_str("</CONTROL_LIST_OUTPUT>\n");
    Ok(Reply::new(StatusCode::OK, XML, out))
}

/// The order of the one sample; the fields behind `EVALUATION` are a guess.
const ORDER: [&str; 10] = [
    "cid",
    "controlName",
    "created",
    "modified",
    "controlType",
    "provider",
    "isCustomizable",
    "serviceType",
    "criticality",
    "evaluation",
];

fn control_xml(out: &mut String, control: &Map<String, Value>) {
    let rest = control.keys().map(String::as_str).filter(|k| !ORDER.contains(k));
    for key in ORDER.into_iter().chain(rest) {
        let Some(value) = control.get(key) else { continue };
        match (key, value) {
            ("serviceType", Value::String(text)) => {
                out.push_str("<SERVICE_TYPE><![CDATA[");
                out.push_str(&text.replace("]]>", "]]]]><![CDATA[>"));
                out.push_str("]]></SERVICE_TYPE>");
            }
            _ => value_xml(out, &upper_snake(key), value),
        }
    }
}

fn value_xml(out: &mut String, name: &str, value: &Value) {
    match value {
        Value::Null => {
            out.push_str(&format!("<{name}/>"));
        }
        Value::String(text) => element(out, name, text),
        Value::Bool(_) | Value::Number(_) => element(out, name, &value.to_string()),
        Value::Array(items) => {
            out.push_str(&format!("<{name}>"));
            for item in items {
                value_xml(out, name.strip_suffix('S').unwrap_or("ITEM"), item);
            }
            out.push_str(&format!("</{name}>"));
        }
        Value::Object(map) => {
            out.push_str(&format!("<{name}>"));
            for (key, value) in map {
                value_xml(out, &upper_snake(key), value);
            }
            out.push_str(&format!("</{name}>"));
        }
    }
}

fn element(out: &mut String, name: &str, text: &str) {
    out.push_str(&format!("<{name}>"));
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if c.is_control() && !matches!(c, '\n' | '\t' | '\r') => {}
            c => out.push(c),
        }
    }
    out.push_str(&format!("</{name}>"));
}

/// `isCustomizable` → `IS_CUSTOMIZABLE`
fn upper_snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_uppercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_is_written_in_the_order_of_the_sample() {
        let control = serde_json::json!({
            "provider": "AWS", "serviceType": "A]]>B", "cid": 7, "policyNames": ["x & y"], "rationale": null
        });
        let mut out = String::new();
        control_xml(&mut out, control.as_object().unwrap());
        assert_eq!(
            out,
            "<CID>7</CID><PROVIDER>AWS</PROVIDER><SERVICE_TYPE><![CDATA[A]]]]><![CDATA[>B]]></SERVICE_TYPE>\
             <POLICY_NAMES><POLICY_NAME>x &amp; y</POLICY_NAME></POLICY_NAMES><RATIONALE/>"
        );
    }
}
