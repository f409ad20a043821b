use super::*;
use crate::samples::{Inner, Thing, rows};
use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use proptest::prelude::*;
use totalcloud_api::model::Model;

fn batch(rows: &[Bytes], raw: bool) -> RecordBatch {
    let mut builder = BatchBuilder::new(Thing::SHAPE, raw);
    for row in rows {
        builder.push(row).unwrap();
    }
    builder.finish().unwrap()
}

#[test]
fn the_schema_follows_the_shape() {
    let said: Vec<String> = schema(Thing::SHAPE, true)
        .fields()
        .iter()
        .map(|f| format!("{}: {}{}", f.name(), f.data_type(), if f.is_nullable() { "" } else { " not null" }))
        .collect();
    insta::assert_snapshot!(said.join("\n"), @r###"
    id: Utf8
    count: Int64
    ratio: Float64
    on: Boolean
    flag: Boolean
    account: Utf8
    at: Timestamp(µs, "UTC")
    policy: Utf8
    tags: List(Struct("key": Utf8, metadata: {"comment": "Key."}, "value": Utf8, metadata: {"comment": "Value."}), field: 'element')
    inner: Struct("n": Int64, metadata: {"comment": "A number."}, "at": Timestamp(µs, "UTC"), metadata: {"comment": "When."})
    open: Utf8
    key: Utf8
    extra: Utf8
    raw: Utf8
    "###);
    let schema = schema(Thing::SHAPE, false);
    assert_eq!(schema.field_with_name("count").unwrap().metadata()["comment"], "How many.");
    assert!(schema.field_with_name("raw").is_err());
    let DataType::Struct(fields) = schema.field_with_name("inner").unwrap().data_type().clone() else {
        panic!("a known shape is a struct")
    };
    assert_eq!(fields[0].metadata()["comment"], Inner::SHAPE.own[0].doc.trim());
}

#[test]
fn values_are_typed_and_missing_is_null() {
    let batch = batch(&rows(), false);
    let counts: Vec<Option<i64>> = batch["count"].as_primitive::<Int64Type>().iter().collect();
    assert_eq!(counts, [Some(3), None, None, Some(0), Some(7), None, None, None]);
    let ratios: Vec<Option<f64>> = batch["ratio"].as_primitive::<Float64Type>().iter().take(4).collect();
    assert_eq!(ratios, [Some(1.5), None, None, Some(0.0)]);
    let flags: Vec<Option<bool>> = batch["flag"].as_boolean().iter().take(4).collect();
    assert_eq!(flags, [Some(false), None, None, None]);
    let at = batch["at"].as_primitive::<TimestampMicrosecondType>();
    assert_eq!(at.value(0), 1_704_129_852_500_000);
    assert_eq!(at.data_type(), &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
    let texts = |name: &str| -> Vec<Option<String>> {
        batch[name].as_string::<i32>().iter().take(5).map(|t| t.map(str::to_owned)).collect()
    };
    assert_eq!(texts("account")[0].as_deref(), Some("001234567890"));
    assert_eq!(texts("id")[..4], [Some("i-1".into()), None, None, Some(String::new())]);
    assert_eq!(texts("open")[..4], [Some(r#"{"z": 1.10}"#.into()), None, None, Some("\"\"".into())]);
    assert_eq!(texts("policy")[0].as_deref(), Some(r#"{"a":1}"#));
    let tags = batch["tags"].as_list::<i32>();
    assert!(tags.is_null(1) && tags.is_null(2) && tags.is_valid(3));
    assert_eq!((tags.value(0).len(), tags.value(3).len(), tags.value(5).len()), (1, 0, 1));
    let inner = batch["inner"].as_struct();
    assert!(inner.is_null(1) && inner.is_valid(3) && inner.is_valid(5));
    assert!(inner.column(0).is_null(5));
}

#[test]
fn what_has_no_column_is_in_extra() {
    let batch = batch(&rows(), true);
    let extra: Vec<Option<&str>> = batch["extra"].as_string::<i32>().iter().collect();
    assert_eq!(extra[..5], [None; 5]);
    assert_eq!(
        extra[5],
        Some(
            r#"{"unknown":{"b":1.50,"a":2},"id":{"x":1},"count":"many","at":"soon","tags[0].new":1,"inner.n":"x","inner.later":[1.50]}"#
        )
    );
    assert_eq!(extra[6..], [Some("[1]"), Some(r#""{\"id\":\"cut""#)]);
}

#[test]
fn raw_is_the_row_as_it_came() {
    let rows = rows();
    let batch = batch(&rows, true);
    let raw = batch["raw"].as_string::<i32>();
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(raw.value(i).as_bytes(), &row[..]);
    }
}

#[test]
fn a_builder_goes_on_after_a_batch() {
    let mut builder = BatchBuilder::new(Thing::SHAPE, false);
    builder.push(&rows()[0]).unwrap();
    assert_eq!((builder.rows(), builder.bytes()), (1, rows()[0].len()));
    assert_eq!(builder.finish().unwrap().num_rows(), 1);
    assert_eq!(builder.finish().unwrap().num_rows(), 0);
    let issues = builder.push(&rows()[6]).unwrap();
    assert_eq!(issues[0].row, 1);
    assert_eq!(builder.finish().unwrap().num_rows(), 1);
}

#[test]
fn columns_are_chosen_and_come_in_that_order() {
    let rows = rows();
    let mut builder = BatchBuilder::of(&crate::Columns::of(Thing::SHAPE).select(["raw", "count"]).unwrap());
    builder.push(&rows[0]).unwrap();
    let chosen = builder.finish().unwrap();
    let names: Vec<&str> = chosen.schema_ref().fields().iter().map(|f| f.name().as_str()).collect();
    assert_eq!(names, ["raw", "count"]);
    let all = batch(&rows[..1], true);
    assert_eq!(chosen.columns(), [all["raw"].clone(), all["count"].clone()]);
}

proptest! {
    /// A row with a line break in it is cut first and its values read after that; one without is read on the way.
    #[test]
    fn a_row_is_read_alike_on_the_way_and_after(
        rows in proptest::collection::vec(
            proptest::collection::vec((0..NAMES.len(), 0..VALUES.len()), 0..14), 1..6
        ),
        chosen in any::<bool>(),
    ) {
        let columns = Columns::of(Thing::SHAPE);
        let new = || match chosen {
            true => BatchBuilder::of(&columns.clone().select(["count", "tags.key", "inner.n", "inner", "tags"]).unwrap()),
            false => BatchBuilder::new(Thing::SHAPE, false),
        };
        let (mut on_the_way, mut after) = (new(), new());
        for row in &rows {
            let fields: Vec<String> =
                row.iter().map(|(name, value)| format!("\"{}\":{}", NAMES[*name], VALUES[*value])).collect();
            let text = format!("{{{}}}", fields.join(","));
            let issues = on_the_way.push(&Bytes::from(text.clone())).unwrap();
            prop_assert_eq!(issues, after.push(&Bytes::from(text.replacen('{', "{\n", 1))).unwrap());
        }
        prop_assert_eq!(on_the_way.finish().unwrap(), after.finish().unwrap());
    }
}

const NAMES: [&str; 15] = [
    "id", "count", "ratio", "on", "flag", "account", "at", "policy", "tags", "inner", "open", "key",
    "unknown", "a b", "tags",
];

const VALUES: [&str; 18] = [
    "null",
    "7",
    "-0.5",
    "true",
    "\"false\"",
    "\"012345678901\"",
    "\"a\\\"b\"",
    "\"\"",
    "\"2024-01-01T22:54:12.5+0530\"",
    "1703001007000",
    "[]",
    "{}",
    r#"[{"key":"a","value":"b"},{"value":"c"}]"#,
    r#"[{"key":"a","value":1},null,{"other":[1]}]"#,
    r#"{"n":1,"at":"2024-01-01T22:54:12Z"}"#,
    r#"{"n":"x","later":[1.50]}"#,
    r#"{"key":"k"}"#,
    r#"[[1],"é"]"#,
];
