//! Every typed field of every type is read from its documented form and written back as it came.

use crate::rows::{rewritten, sample};
use serde_json::{Value, json};
use totalcloud_api::model::{JsonText, Kind, Shape};
use totalcloud_api::resources::{all, get, *};
use totalcloud_api::{Provider, model};

/// The columns that the value does not fill, by path; a column of a list counts if any element fills it.
fn unfilled(shape: &'static Shape, values: &[&Value], path: &str, into: &mut Vec<String>) {
    for column in shape.columns() {
        let found: Vec<&Value> =
            values.iter().filter_map(|v| v.get(column.wire)).filter(|v| !v.is_null()).collect();
        let path = format!("{path}.{}", column.wire);
        let elements: Vec<&Value> = match column.kind {
            Kind::List(_) => found.iter().filter_map(|v| v.as_array()).flatten().collect(),
            _ => found,
        };
        if elements.is_empty() {
            into.push(path);
        } else if let Some(nested) = column.kind.shape() {
            unfilled(nested, &elements, &path, into);
        }
    }
}

#[test]
fn sample_rows_fill_every_column_fit_and_come_back_equal() {
    let mut columns = 0;
    for t in all() {
        let row = Value::Object(sample(t));
        let mut missing = Vec::new();
        unfilled(t.shape, &[&row], "$", &mut missing);
        assert!(missing.is_empty(), "the sample of {} lacks {missing:?}", t.key());
        let misfits = t.check(row.to_string().as_bytes()).unwrap();
        assert!(misfits.is_empty(), "{}: {misfits:?}", t.key());
        assert_eq!(Value::Object(rewritten(t, &row)), row, "{}", t.key());
        columns += t.shape.columns().len();
    }
    assert!(columns > 1_000);
}

#[test]
fn sample_rows_have_no_field_without_a_column() {
    fn strays(shape: &'static Shape, value: &Value, path: &str, into: &mut Vec<String>) {
        for (key, value) in value.as_object().into_iter().flatten() {
            let path = format!("{path}.{key}");
            let Some(column) = shape.column(key) else {
                into.push(path);
                continue;
            };
            let Some(nested) = column.kind.shape() else { continue };
            match value {
                Value::Array(items) => items.iter().for_each(|v| strays(nested, v, &path, into)),
                one => strays(nested, one, &path, into),
            }
        }
    }
    for t in all() {
        let mut found = Vec::new();
        strays(t.shape, &Value::Object(sample(t)), "$", &mut found);
        assert!(found.is_empty(), "{} has no column for {found:?}", t.key());
    }
}

fn row<T: model::Model + serde::de::DeserializeOwned>(provider: Provider, name: &str) -> T {
    let t = get(provider, name).unwrap();
    model::from_slice(Value::Object(sample(t)).to_string().as_bytes()).unwrap()
}

#[test]
fn fields_are_reached_through_all_base_levels() {
    let mut role: AwsIamRole = row(Provider::Aws, "IAM_ROLE");
    assert_eq!(role.display_name, role.base.display_name);
    assert_eq!(role.cloud_account_id, role.base.base.cloud_account_id);
    assert_eq!(role.cloud_account_id.as_deref(), Some("012345678901"), "the leading zero stays");
    role.region = Some("eu-west-1".into());
    assert_eq!(role.base.base.region.as_deref(), Some("eu-west-1"));
    let account: AzureStorageAccount = row(Provider::Azure, "STORAGE_ACCOUNT");
    assert_eq!(account.resource_group_name.as_deref(), Some("shop"));
    assert_eq!(account.hns_enabled, Some(false));
}

#[test]
fn policies_are_decoded_on_demand_percent_encoded_or_not() {
    let role: AwsIamRole = row(Provider::Aws, "IAM_ROLE");
    let statement = |text: &JsonText| text.parse().unwrap()["Statement"].clone();
    assert!(statement(role.assume_role_policy_document.as_ref().unwrap()).is_array());
    let profiles = role.instance_profile_list.unwrap();
    let entry = &profiles[0].roles.as_ref().unwrap()[0];
    let encoded = entry.assume_role_policy_document.as_ref().unwrap();
    assert!(encoded.as_str().starts_with("%7B"));
    assert_eq!(statement(encoded)["Action"], "sts:AssumeRole", "a single statement stays an object");
}

#[test]
fn epochs_are_told_apart_by_size() {
    let user: AwsIamUser = row(Provider::Aws, "IAM_USER");
    let role: AwsIamRole = row(Provider::Aws, "IAM_ROLE");
    let created = user.user_dto.unwrap().created_date.unwrap();
    let made = role.instance_profile_list.unwrap()[0].create_date.unwrap();
    assert_eq!(created, made, "milliseconds and seconds name the same instant");
}

#[test]
fn origins_in_a_list_in_a_list_are_read() {
    let cdn = json!({"origins": [[{"Id": "a", "ConnectionTimeout": "10"}, {"Id": "b"}]]});
    let cdn: AwsCloudfrontDistribution = model::from_slice(cdn.to_string().as_bytes()).unwrap();
    let origins = cdn.origins.as_deref().unwrap();
    assert_eq!(origins.len(), 2);
    assert_eq!(origins[0].connection_timeout, Some(10));
}
