//! What changed between two versions of a row.

use super::rows::FieldChange;
use crate::tables::{Label, TableSpec};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use totalcloud_api::model::Flag;

/// The fields of a row, as they came.
type Fields<'a> = BTreeMap<std::borrow::Cow<'a, str>, &'a RawValue>;

fn fields(row: &[u8]) -> Option<Fields<'_>> {
    serde_json::from_slice(row).ok()
}

/// The fields that differ, volatile ones left out.
pub(crate) fn fields_changed(table: &TableSpec, before: &[u8], after: &[u8]) -> Vec<FieldChange> {
    let (Some(before), Some(after)) = (fields(before), fields(after)) else { return Vec::new() };
    let mut names: Vec<&str> = before.keys().chain(after.keys()).map(AsRef::as_ref).collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .filter(|name| !table.shape.column(name).is_some_and(|c| c.is(Flag::Volatile)))
        .filter_map(|name| {
            let of = |fields: &Fields<'_>| {
                fields.get(name).map(|v| v.get()).filter(|v| *v != "null").map(str::to_owned)
            };
            let (before, after) = (of(&before), of(&after));
            let same = before == after || (value(before.as_deref()) == value(after.as_deref()));
            (!same).then(|| FieldChange { field: name.to_owned(), before, after })
        })
        .collect()
}

fn value(json: Option<&str>) -> Option<Value> {
    json.and_then(|json| serde_json::from_str(json).ok())
}

/// What the table of changes says of a row.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    pub(crate) region: Option<String>,
    pub(crate) resource_type: Option<String>,
    pub(crate) resource_id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) control: Option<String>,
    /// The result, of findings.
    pub(crate) result: Option<String>,
    pub(crate) provider: Option<String>,
    pub(crate) account: Option<String>,
}

/// Reads the labels of a row.
pub(crate) fn labels(table: &TableSpec, row: &[u8]) -> Labels {
    let Some(fields) = fields(row) else { return Labels::default() };
    let text = |names: &[&str]| {
        names.iter().find_map(|name| match value(fields.get(*name).map(|v| v.get()))? {
            Value::String(text) if !text.is_empty() => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
    };
    Labels {
        region: text(table.label(Label::Region)),
        resource_type: text(table.label(Label::ResourceType))
            .or_else(|| table.of.map(|of| of.name.to_owned())),
        resource_id: text(table.label(Label::ResourceId)),
        name: text(table.label(Label::Name)),
        control: text(table.label(Label::Control)),
        result: text(&["result"]),
        provider: text(&["provider"]).map(|p| p.to_lowercase()),
        account: text(&["account"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables;

    #[test]
    fn fields_that_differ_are_told_with_their_values() {
        let table = tables::get("aws_ec2_instance").unwrap();
        let before = br#"{"uuid":"u","imageId":"a","lastUpdated":"1","tags":[{"key":"a","value":"b"}],"gone":1,"n":null}"#;
        let after =
            br#"{"uuid":"u","imageId":"b","lastUpdated":"2","tags":[{"value":"b","key":"a"}],"new":true}"#;
        let told: Vec<String> = fields_changed(table, before, after)
            .into_iter()
            .map(|c| format!("{} {:?} {:?}", c.field, c.before, c.after))
            .collect();
        assert_eq!(
            told,
            ["gone Some(\"1\") None", r#"imageId Some("\"a\"") Some("\"b\"")"#, "new None Some(\"true\")"]
        );
    }
}
