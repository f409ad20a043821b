//! The reading by a shape is the reading by the model.

use super::codec::ReadItem;
use super::*;
use crate::endpoints::connectors::Connector;
use crate::resources::AwsBase;
use proptest::prelude::*;
use serde_json::json;

fn agree<T: Model + serde::de::DeserializeOwned + serde::Serialize>(row: &Value) {
    let typed: T = from_slice(row.to_string().as_bytes()).unwrap();
    let kind = Kind::Object(T::SHAPE);
    let Cell::Fits(datum) = kind.read(&row.to_string()).unwrap() else { panic!("{row} is an object") };
    assert_eq!(kind.to_json(&datum), serde_json::to_value(&typed).unwrap(), "{row}");
    let mut said = Vec::new();
    datum.visit_extra(&kind, &mut "$".to_owned(), &mut |path, json, column| {
        said.extend(column.map(|c| Misfit::of(path, &c.kind, json).to_string()));
    });
    let mut expected: Vec<String> = typed.misfits().iter().map(Misfit::to_string).collect();
    said.sort();
    expected.sort();
    assert_eq!(said, expected, "{row}");
}

#[test]
fn odd_values_are_read_as_the_model_reads_them() {
    for value in [
        json!(null),
        json!(""),
        json!(" "),
        json!("x"),
        json!("7"),
        json!("true"),
        json!(0),
        json!(1.5),
        json!(u64::MAX),
        json!(false),
        json!([]),
        json!([null]),
        json!(["a", 1]),
        json!([["a"], "b"]),
        json!([[{"key": "k"}], {"value": 1}]),
        json!([{"key": {"n": 1}, "new": 2}, 5]),
        json!({}),
        json!({"key": "k", "later": {"b": 1, "a": 2.0}}),
        json!({"hours": "x", "minutes": "5"}),
        json!("2024-01-01T22:54:12+0000"),
        json!(1_703_001_007_000i64),
    ] {
        for column in AwsBase::SHAPE.columns() {
            agree::<AwsBase>(&json!({"first": value, column.wire: value}));
        }
        for column in Connector::SHAPE.columns() {
            agree::<Connector>(&json!({column.wire: value}));
        }
    }
}

#[test]
fn of_a_field_that_comes_twice_the_last_one_counts() {
    for row in [
        r#"{"created":"soon","created":"2024-01-01"}"#,
        r#"{"created":"soon","created":null}"#,
        r#"{"created":"soon","created":"later"}"#,
        r#"{"created":"2024-01-01","created":"soon"}"#,
    ] {
        let typed: AwsBase = from_slice(row.as_bytes()).unwrap();
        let kind = Kind::Object(AwsBase::SHAPE);
        let Cell::Fits(datum) = kind.read(row).unwrap() else { panic!("{row} is an object") };
        let mut said = Vec::new();
        datum.visit_extra(&kind, &mut "$".to_owned(), &mut |path, json, column| {
            said.extend(column.map(|c| Misfit::of(path, &c.kind, json)));
        });
        assert_eq!(said, typed.misfits(), "{row}");
    }
}

#[test]
fn open_values_stay_as_they_came() {
    let text = r#"{"z": 1.50, "a": 123456789012345678901234567890}"#;
    assert_eq!(Kind::Open.read(text).unwrap(), Cell::Fits(Datum::Open(text.to_owned())));
    assert_eq!(Kind::Open.read("null").unwrap(), Cell::Empty);
    assert!(Kind::Open.read("{").is_err());
    assert!(Kind::Int.read("1 2").is_err());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        let key = prop_oneof![Just("key".to_owned()), Just("value".to_owned()), "[a-c]{1,2}"];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((key, inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_value_is_read_as_the_model_reads_it(value in any_json(), column in 0..AwsBase::SHAPE.columns().len()) {
        agree::<AwsBase>(&json!({AwsBase::SHAPE.columns()[column].wire: value}));
    }
}
