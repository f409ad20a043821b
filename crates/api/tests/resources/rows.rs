//! The sample rows: one full row a type, written by hand from the reference.

use serde_json::{Map, Value};
use std::path::PathBuf;
use totalcloud_api::resources::ResourceType;

fn read(provider: &str, name: &str) -> Option<Map<String, Value>> {
    let path: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "tests", "samples", provider, &format!("{name}.json")].iter().collect();
    let text = std::fs::read_to_string(path).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_else(|e| panic!("{provider}/{name}: {e}")))
}

/// The full row of a type: the fields all types share, those of its payload generation, its own.
pub(crate) fn sample(t: &ResourceType) -> Map<String, Value> {
    let provider = t.provider.as_str();
    let mut row = read(provider, "base").unwrap();
    if t.newer {
        row.extend(read(provider, "newer").unwrap());
    }
    row.extend(read(provider, t.name).unwrap_or_default());
    row.insert("resourceType".into(), t.name.into());
    row
}

/// Decodes a row as its type and writes it back.
pub(crate) fn rewritten(t: &ResourceType, row: &Value) -> Map<String, Value> {
    let text = row.to_string();
    let back = t.rewrite(text.as_bytes()).unwrap_or_else(|e| panic!("{}: {e}: {text}", t.key()));
    serde_json::from_slice(&back).unwrap_or_else(|e| panic!("{}: {e}", t.key()))
}
