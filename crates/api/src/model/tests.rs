#![allow(unreachable_pub)]

use super::*;
use serde_json::json;

crate::model! {
    /// Shared.
    pub struct Base {
        /// Key.
        [Id, Shown] uuid = "uuid": text;
        /// When.
        at = "at": time;
    }
}

crate::model! {
    /// Inner.
    pub struct Inner {
        /// Count.
        n = "n": int;
    }
}

crate::model! {
    /// Outer.
    pub struct Outer: Base {
        /// Flag.
        flag = "flag": sbool;
        /// Size.
        size = "size": sint;
        /// One.
        inner = "inner": Inner;
        /// Many.
        inners = "inners": [Inner];
        /// Words.
        words = "words": [text];
        /// Policy.
        policy = "policy": jstr;
        /// A field named type.
        [Shown] r#type = "type": text;
    }
}

fn read(value: Value) -> Outer {
    from_slice(value.to_string().as_bytes()).unwrap()
}

#[test]
fn a_sound_row_is_written_back_as_it_came() {
    let row = json!({"uuid":"u","at":"2024-01-01T22:54:12+0000","flag":"true","size":"8","inner":{"n":1,"new":[1]},
        "inners":[{"n":2}],"words":["a","b"],"policy":"{\"a\":1}","type":"t","later":{"x":null}});
    let outer = read(row.clone());
    assert_eq!(outer.uuid.as_deref(), Some("u"));
    assert_eq!(outer.flag, Some(true));
    assert_eq!(outer.inner.as_ref().unwrap().extra["new"], json!([1]));
    assert_eq!(outer.policy.as_ref().unwrap().parse().unwrap(), json!({"a":1}));
    assert!(outer.misfits().is_empty());
    assert_eq!(serde_json::to_value(&outer).unwrap(), row);
}

#[test]
fn lenient_forms_are_read() {
    let outer =
        read(json!({"uuid":7,"at":1703001007000i64,"flag":false,"size":8,"inner":"","inners":{"n":"3"},
        "words":"one","policy":null,"type":true}));
    assert_eq!(outer.uuid.as_deref(), Some("7"));
    assert_eq!(outer.size.as_deref(), Some("8"));
    assert_eq!(outer.flag, Some(false));
    assert_eq!(outer.inner, None);
    assert_eq!(outer.inners.as_ref().unwrap()[0].n, Some(3));
    assert_eq!(outer.words, Some(vec!["one".to_owned()]));
    assert!(outer.misfits().is_empty(), "{:?}", outer.misfits());
}

#[test]
fn a_misfit_is_named_and_kept() {
    let row = json!({"uuid":"u","at":"soon","flag":"maybe","inner":{"n":{}},"inners":[{"n":1},{"n":[]},5],"words":["a",{"b":1}]});
    let outer = read(row.clone());
    let said: Vec<String> = outer.misfits().iter().map(Misfit::to_string).collect();
    assert_eq!(
        said,
        [
            "$.at: expected a time, found a string",
            "$.flag: expected a boolean as text, found a string",
            "$.inners: expected a list of: an object (Inner), found a list",
            "$.words: expected a list of: text, found a list",
            "$.inner.n: expected a whole number, found an object",
        ]
    );
    assert_eq!(serde_json::to_value(&outer).unwrap(), row);
    let deep = read(json!({"inners":[{"n":1},{"n":{}}]})).misfits();
    assert_eq!(deep[0].path, "$.inners[1].n");
}

#[test]
fn a_list_in_a_list_is_flattened() {
    let outer = read(json!({"inners":[[{"n":1},{"n":2}]]}));
    assert_eq!(outer.inners.unwrap().len(), 2);
}

#[test]
fn a_list_that_does_not_fit_is_kept_as_it_came() {
    for row in [
        json!({"inners":[null,{"n":1},[{"n":2}],[5]]}),
        json!({"inners":[[{"n":1}],"x",{"n":2},null]}),
        json!({"words":[["a"],null,"b",{"c":1}]}),
    ] {
        assert_eq!(serde_json::to_value(read(row.clone())).unwrap(), row);
    }
}

#[test]
fn of_a_field_that_comes_twice_the_last_one_counts() {
    let row = |text: &str| serde_json::to_string(&from_slice::<Outer>(text.as_bytes()).unwrap()).unwrap();
    assert_eq!(row(r#"{"uuid":"a","uuid":"b"}"#), r#"{"uuid":"b"}"#);
    assert_eq!(row(r#"{"at":"soon","at":5}"#), r#"{"at":5}"#);
    assert_eq!(row(r#"{"at":5,"at":"soon"}"#), r#"{"at":"soon"}"#);
    assert_eq!(row(r#"{"inner":7,"x":1,"inner":{"n":{},"n":1},"x":2}"#), r#"{"inner":{"n":1},"x":2}"#);
}

#[test]
fn the_shape_lists_base_columns_first() {
    let names: Vec<&str> = Outer::SHAPE.columns().iter().map(|c| c.wire).collect();
    assert_eq!(names, ["uuid", "at", "flag", "size", "inner", "inners", "words", "policy", "type"]);
    assert_eq!(Outer::SHAPE.shown().iter().map(|c| c.wire).collect::<Vec<_>>(), ["uuid", "type"]);
    assert_eq!(Outer::SHAPE.column("inners").unwrap().kind, Kind::List(&Kind::Object(Inner::SHAPE)));
}

#[test]
fn percent_encoded_json_text_is_decoded() {
    assert_eq!(JsonText("%7B%22a%22%3A1%7D".into()).parse().unwrap(), json!({"a":1}));
}

#[test]
fn not_an_object_is_an_error() {
    assert!(from_slice::<Outer>(b"[]").is_err());
    assert!(from_slice::<Outer>(b"{\"uuid\":").is_err());
    let said = from_slice::<Outer>(b"{\"uuid\":\"\xff\"}").unwrap_err().to_string();
    assert!(said.contains("column 10"), "{said}");
}
