//! Vulnerabilities as rows of their own: the details of an instance hold them as a list.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};
use totalcloud_api::Provider;

/// What is looked at of a row of the inventory.
#[derive(Deserialize)]
struct Counted {
    #[serde(rename = "sev3Sev4Sev5VulnCount")]
    severe: Option<Value>,
    #[serde(rename = "vulnerabilityStats")]
    stats: Option<Value>,
}

/// Whether a row of the inventory counts any vulnerability.
pub(super) fn is_vulnerable(row: &[u8]) -> bool {
    let Ok(Counted { severe, stats }) = serde_json::from_slice(row) else { return false };
    severe.iter().chain(&stats).any(counts_some)
}

fn counts_some(value: &Value) -> bool {
    match value {
        Value::Number(n) => n.as_f64().is_some_and(|n| n > 0.0),
        Value::String(s) => s.trim().parse::<f64>().is_ok_and(|n| n > 0.0),
        Value::Object(fields) => fields.values().any(counts_some),
        Value::Array(items) => items.iter().any(counts_some),
        _ => false,
    }
}

/// The rows of the vulnerabilities in the details of an instance: each as it came, and before it which instance it
/// is of.
pub(super) fn flattened(provider: Provider, account: &str, details: &[u8]) -> Vec<Bytes> {
    let Ok(Value::Object(mut details)) = serde_json::from_slice(details) else { return Vec::new() };
    let listed = match details.remove("vulnerabilities") {
        Some(Value::Array(listed)) => listed,
        // One thing may come without its list.
        Some(one @ Value::Object(_)) => vec![one],
        _ => return Vec::new(),
    };
    let mut instance = Map::new();
    instance.insert("provider".to_owned(), provider.as_str().into());
    instance.insert("account".to_owned(), account.into());
    for (name, from) in [
        ("resourceType", "resourceType"),
        ("resourceId", "resourceId"),
        ("resourceUuid", "uuid"),
        ("resourceName", "name"),
        ("region", "region"),
    ] {
        if let Some(value) = details.remove(from) {
            instance.insert(name.to_owned(), value);
        }
    }
    let row = |vulnerability: Value| {
        let Value::Object(fields) = vulnerability else { return None };
        let mut row = fields;
        row.extend(instance.clone());
        serde_json::to_vec(&row).ok().map(Bytes::from)
    };
    listed.into_iter().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn counts_are_read_in_every_form_they_come_in() {
        for (row, expected) in [
            (json!({"sev3Sev4Sev5VulnCount": 2}), true),
            (
                json!({"sev3Sev4Sev5VulnCount": 0, "vulnerabilityStats": {"severity": {"1": 0, "2": "3"}}}),
                true,
            ),
            (json!({"vulnerabilityStats": {"totalVulnerability": 0, "severity": {"5": 0}}}), false),
            (json!({"vulnerabilityStats": null}), false),
            (json!({}), false),
            (json!([]), false),
        ] {
            assert_eq!(is_vulnerable(row.to_string().as_bytes()), expected, "{row}");
        }
    }

    #[test]
    fn each_vulnerability_says_which_instance_it_is_of() {
        let details = json!({
            "uuid": "u-1", "resourceId": "i-1", "resourceType": "EC2_INSTANCE", "name": "web", "region": "eu-west-1",
            "vulnerabilities": [{"qid": 38173, "severity": 5, "port": 443}, {"qid": 9, "odd": [1]}, "no object"],
        });
        let rows = flattened(Provider::Aws, "123", details.to_string().as_bytes());
        let rows: Vec<Value> = rows.iter().map(|r| serde_json::from_slice(r).unwrap()).collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(
            rows[0],
            json!({
                "provider": "aws", "account": "123", "resourceType": "EC2_INSTANCE", "resourceId": "i-1",
                "resourceUuid": "u-1", "resourceName": "web", "region": "eu-west-1",
                "qid": 38173, "severity": 5, "port": 443,
            })
        );
        assert_eq!(rows[1]["odd"], json!([1]));
        let one = json!({"uuid": "u", "vulnerabilities": {"qid": 1}}).to_string();
        assert_eq!(flattened(Provider::Aws, "1", one.as_bytes()).len(), 1);
        for none in ["{}", "[]", "{\"vulnerabilities\":null}", ""] {
            assert!(flattened(Provider::Aws, "1", none.as_bytes()).is_empty(), "{none}");
        }
    }
}
