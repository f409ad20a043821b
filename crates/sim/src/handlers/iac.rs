//! Scans of infrastructure as code.

use crate::call::Call;
use crate::iac::{Kind, LIMIT, Order};
use crate::listing::Tokens;
use crate::reply::{Answer, Reply};
use crate::state::table::Row;
use http::StatusCode;
use serde_json::{Value, json};
use totalcloud_api::operation::is_uuid;

const TOKENS: Tokens = Tokens { aliases: &[], times: &["scanDate"] };

/// Bytes of the tags of a scan.
const LONGEST_TAGS: usize = 64 << 10;

/// `POST …/scan`: takes the file and answers with the id of the scan.
pub(super) fn scan(call: &Call<'_>) -> Answer {
    let errors = &call.errors;
    let form = call.form()?;
    let part = form.part("file").ok_or_else(|| errors.bad_parameter("file"))?;
    let file_name = part.file_name.as_deref().unwrap_or_default();
    // Whether a file without a name is a template nobody can tell.
    Kind::of(file_name).ok_or_else(|| errors.bad_request("File type is not supported"))?;
    if part.bytes.is_empty() {
        return Err(errors.bad_parameter("file"));
    }
    // The vendor's scanner does not send what is this big; what the service would answer is a guess.
    if part.bytes.len() > LIMIT {
        return Err(errors.facade(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PAYLOAD_TOO_LARGE",
            "File size exceeds the limit of 10 MB",
        ));
    }
    let name = form.text("name").map(str::trim).filter(|n| !n.is_empty() && n.chars().count() <= 255);
    let name = name.ok_or_else(|| errors.bad_parameter("name"))?;
    let only_failed = match form.text("showOnlyFailedControls").map(str::to_ascii_lowercase).as_deref() {
        // Clients in Python send `True` and `False`.
        None | Some("" | "false") => false,
        Some("true") => true,
        Some(_) => return Err(errors.bad_parameter("showOnlyFailedControls")),
    };
    let tags = form.text("tags").filter(|t| !t.trim().is_empty());
    if tags.is_some_and(|tags| tags.len() > LONGEST_TAGS) {
        return Err(errors.bad_parameter("tags"));
    }
    let tags = tags.map_or(Some(Vec::new()), read_tags).ok_or_else(|| errors.bad_parameter("tags"))?;
    let order = Order { name: name.to_owned(), only_failed, tags };
    let looked = call.looked.clone().ok_or_else(|| errors.bad_parameter("file"))?;
    let id = call.service.scans.add(order, looked, call.now.as_millisecond());
    Ok(Reply::value(&json!({ "scanUuid": id })))
}

/// `[{"env": "prod"}, …]`, each with one name.
fn read_tags(text: &str) -> Option<Vec<(String, String)>> {
    let tags: Vec<std::collections::BTreeMap<String, Value>> = serde_json::from_str(text).ok()?;
    let read = |(name, value): (String, Value)| match value {
        Value::String(value) => Some((name, value)),
        Value::Number(value) => Some((name, value.to_string())),
        Value::Bool(value) => Some((name, value.to_string())),
        _ => None,
    };
    tags.into_iter().flatten().map(read).collect()
}

/// `GET …/getScanList`
pub(super) fn list(call: &Call<'_>) -> Answer {
    let now = call.now.as_millisecond();
    let rows: Vec<Row> = call.service.scans.all().iter().map(|scan| scan.row(now)).collect();
    call.page_of(&call.filtered(rows, &TOKENS)?)
}

/// `GET …/scanResult?scanUuid=`
pub(super) fn result(call: &Call<'_>) -> Answer {
    let id = call.query.get("scanUuid").ok_or_else(|| call.errors.bad_parameter("scanUuid"))?;
    if !is_uuid(id) {
        return Err(call.errors.bad_uuid());
    }
    found(call, id)
}

/// `GET …/getScanResult/{scanUuid}`
pub(super) fn result_by_path(call: &Call<'_>) -> Answer {
    found(call, call.uuid("scanUuid")?)
}

fn found(call: &Call<'_>, id: &str) -> Answer {
    let scan = call.service.scans.get(id).ok_or_else(|| call.errors.not_found("Scan", id))?;
    let asked = call.headers.get("responseFormat").and_then(|v| v.to_str().ok());
    let sarif = asked.is_some_and(|f| f.eq_ignore_ascii_case("sarif"));
    Ok(Reply::value(&scan.result(sarif, call.now.as_millisecond())))
}
