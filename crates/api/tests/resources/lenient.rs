//! Rows bent out of shape: never an error, never a panic, and nothing lost.

use crate::kept::{kept, kept_all};
use crate::rows::{rewritten, sample};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use totalcloud_api::model::{Kind, Shape};
use totalcloud_api::resources::{ResourceType, all};

/// The pointers to all places of a row that have a column; of a list, the list and its first element.
fn places(shape: &'static Shape, value: &Value, pointer: &str, into: &mut Vec<String>) {
    for column in shape.columns() {
        let Some(found) = value.get(column.wire) else { continue };
        let pointer = format!("{pointer}/{}", column.wire.replace('~', "~0").replace('/', "~1"));
        into.push(pointer.clone());
        match (column.kind, found) {
            (Kind::Object(nested), found) => places(nested, found, &pointer, into),
            (Kind::List(item), Value::Array(items)) if !items.is_empty() => {
                let first = format!("{pointer}/0");
                into.push(first.clone());
                if let Kind::Object(nested) = item {
                    places(nested, &items[0], &first, into);
                }
            }
            _ => {}
        }
    }
}

/// Everything a field was seen or feared to become.
fn bent(value: &Value) -> Vec<Value> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut all = vec![
        Value::Null,
        json!(text),
        json!([value]),
        json!([[value]]),
        json!([value, null, value]),
        json!([value, "x", {"y": 1}, 7, true, ["z"]]),
        json!(""),
        json!(" "),
        json!("x"),
        json!("TRUE"),
        json!("5"),
        json!("0.5"),
        json!("-"),
        json!(0),
        json!(1),
        json!(-7),
        json!(5.0),
        json!(0.1),
        json!(1.7e300),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1_703_001_007_000i64),
        json!(true),
        json!([]),
        json!({}),
        json!([null]),
        json!([[]]),
        json!([{}]),
        json!({"later": {"x": [null, 1]}}),
    ];
    match value {
        Value::Array(items) => all.extend(items.first().cloned()),
        Value::Object(fields) => {
            let mut more = fields.clone();
            more.insert("later".into(), json!({"x": [null, 1]}));
            all.push(Value::Object(more));
        }
        _ => {}
    }
    all
}

fn assert_kept(t: &ResourceType, row: &Value, what: &str) {
    let back = rewritten(t, row);
    assert!(
        kept_all(t.shape, row.as_object().unwrap(), &back),
        "{} {what}: {}",
        t.key(),
        difference(t.shape, row.as_object().unwrap(), &back)
    );
    let again = rewritten(t, &Value::Object(back.clone()));
    assert_eq!(again, back, "{} {what}: what is written is read the same", t.key());
    let misfits = t.check(row.to_string().as_bytes()).unwrap();
    for misfit in misfits {
        assert!(misfit.path.starts_with("$."), "{misfit}");
    }
}

fn difference(shape: &Shape, came: &Map<String, Value>, back: &Map<String, Value>) -> String {
    let lost: Vec<String> = came
        .iter()
        .filter(|(key, value)| match shape.column(key) {
            Some(column) => !kept(&column.kind, value, back.get(*key)),
            None => back.get(*key) != Some(value),
        })
        .map(|(key, value)| format!("{key}: {value} became {:?}", back.get(key).map(Value::to_string)))
        .collect();
    lost.join("; ")
}

#[test]
fn a_field_of_any_form_costs_nothing_but_itself() {
    let mut rows = 0;
    let mut bases = std::collections::BTreeSet::new();
    for t in all() {
        let row = Value::Object(sample(t));
        let mut found = Vec::new();
        places(t.shape, &row, "", &mut found);
        // The columns that types share are bent in one type of each payload generation only.
        let first = bases.insert((t.provider, t.newer));
        found.retain(|p| first || t.shape.own.iter().any(|c| p.split('/').nth(1) == Some(c.wire)));
        for place in found {
            // The field alone, so that every form of every field can be tried.
            let key = place.split('/').nth(1).unwrap();
            let alone = json!({ key: row[key] });
            for form in bent(alone.pointer(&place).unwrap()) {
                let mut bent = alone.clone();
                let what = format!("{place} = {form}");
                *bent.pointer_mut(&place).unwrap() = form;
                assert_kept(t, &bent, &what);
                rows += 1;
            }
        }
    }
    assert!(rows > 10_000, "{rows}");
}

#[test]
fn a_wrong_form_is_named_where_it_stands() {
    for t in all() {
        let mut row = Value::Object(sample(t));
        row["controlsFailed"] = json!({"secret": "s3"});
        let said: Vec<String> =
            t.check(row.to_string().as_bytes()).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(said, ["$.controlsFailed: expected a whole number, found an object"], "{}", t.key());
    }
}

#[test]
fn an_absent_field_is_no_misfit() {
    for t in all() {
        let row = Value::Object(sample(t));
        for key in row.as_object().unwrap().keys() {
            let mut less = row.clone();
            less.as_object_mut().unwrap().remove(key);
            assert!(t.check(less.to_string().as_bytes()).unwrap().is_empty(), "{} without {key}", t.key());
        }
        assert!(t.check(b"{}").unwrap().is_empty());
        assert!(t.check(b"[]").is_err() && t.check(b"{\"name\":").is_err(), "broken JSON stays an error");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "[0-9]{1,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-zA-Z]{1,6}", inner, 0..4)
                .prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_json_in_any_places_is_kept(
        which in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any_json()), 1..6),
        unknown in any_json(),
    ) {
        let types: Vec<&ResourceType> = all().collect();
        let t = which.get(&types);
        let mut row = Value::Object(sample(t));
        let mut found = Vec::new();
        places(t.shape, &row, "", &mut found);
        for (place, value) in changes {
            // A place may be gone because an earlier change took what it was in.
            if let Some(slot) = row.pointer_mut(place.get::<String>(&found)) {
                *slot = value;
            }
        }
        row["fieldOfTomorrow"] = unknown;
        assert_kept(t, &row, "with changes");
    }
}
