use super::*;
use crate::BatchBuilder;
use crate::samples::{Shared, Thing, rows};
use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Decimal128Array, DictionaryArray, Float64Array, Int32Array,
    Int64Array, ListArray, MapBuilder, StringArray, StringBuilder, StringViewArray, StructArray,
    TimestampMicrosecondArray, TimestampNanosecondArray, UInt64Array,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{Field, Fields, Int32Type};
use bytes::Bytes;
use calamine::{Data, Reader as _, Xlsx};
use proptest::prelude::*;
use std::io::Cursor;
use totalcloud_api::model::Model;

fn written(format: Format, options: WriteOptions, batches: &[RecordBatch]) -> (Vec<u8>, Summary) {
    let out = Shared::default();
    let mut writer =
        BatchWriter::create(format, &batches[0].schema(), options, Box::new(out.clone())).unwrap();
    for batch in batches {
        writer.push(batch).unwrap();
    }
    let summary = writer.finish().unwrap();
    (out.bytes(), summary)
}

fn text(format: Format, batch: &RecordBatch) -> String {
    let (bytes, summary) = written(format, WriteOptions::default(), std::slice::from_ref(batch));
    assert_eq!(summary.rows, batch.num_rows() as u64);
    String::from_utf8(bytes).unwrap()
}

/// The rows of the samples that are objects, as a batch.
fn things() -> RecordBatch {
    let mut builder = BatchBuilder::new(Thing::SHAPE, false);
    for row in &rows()[..6] {
        builder.push(row).unwrap();
    }
    builder.finish().unwrap()
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let columns = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

#[test]
fn text_formats_look_as_they_do_for_rows() {
    let wanted = ["id", "count", "flag", "account", "at", "tags", "inner", "open", "extra"];
    let things = things();
    let indices: Vec<usize> = wanted.iter().map(|n| things.schema().index_of(n).unwrap()).collect();
    let things = things.project(&indices).unwrap();
    insta::assert_snapshot!(text(Format::Csv, &things).replace('\u{1b}', "\\x1b"), @r###"
    id,count,flag,account,at,tags,inner,open,extra
    i-1,3,false,001234567890,2024-01-01T17:24:12.5Z,"[{""key"":""env"",""value"":""prod""}]","{""n"":1,""at"":""2023-12-19T15:50:07Z""}","{""z"": 1.10}",
    ,,,,,,,,
    ,,,,,,,,
    "",0,,000000000000,,[],{},"",
    "=1+1, ""q""
    |x|\x1b[31m 日本	tab",7,,,,,,"[1,""a|b""]",
    ,,,,,"[{""key"":""k"",""value"":""2""}]",{},,"{""unknown"":{""b"":1.50,""a"":2},""id"":{""x"":1},""count"":""many"",""at"":""soon"",""tags[0].new"":1,""inner.n"":""x"",""inner.later"":[1.50]}"
    "###);
    let options = WriteOptions { width: Some(100), ..WriteOptions::default() };
    let (table, _) = written(Format::Table, options, std::slice::from_ref(&things));
    insta::assert_snapshot!(String::from_utf8(table).unwrap(), @r###"
    id          count  flag   account     at                    tags      inner       open    extra
    i-1             3  false  001234567…  2024-01-01T17:24:12Z  env=prod  at=2023-1…  z=1.1


                    0         000000000…                        0 items
    =1+1, "q"…      7                                                                 1, a|b
                                                                k=2                           at=soon, …
    "###);
    insta::assert_snapshot!(text(Format::Markdown, &things), @r###"
    | id | count | flag | account | at | tags | inner | open | extra |
    | --- | ---: | --- | --- | --- | --- | --- | --- | --- |
    | i-1 | 3 | false | 001234567890 | 2024-01-01T17:24:12Z | env=prod | at=2023-12-19T15:50:07Z, n=1 | z=1.1 |  |
    |  |  |  |  |  |  |  |  |  |
    |  |  |  |  |  |  |  |  |  |
    |  | 0 |  | 000000000000 |  | 0 items |  |  |  |
    | =1+1, "q" \|x\|\\u{1b}\[31m 日本 tab | 7 |  |  |  |  |  | 1, a\|b |  |
    |  |  |  |  |  | k=2 |  |  | at=soon, count=many, id={1}, inner.later=\[1\], inner.n=x, … |
    "###);
    insta::assert_snapshot!(text(Format::Ndjson, &things), @r###"
    {"id":"i-1","count":3,"flag":false,"account":"001234567890","at":"2024-01-01T17:24:12.5Z","tags":[{"key":"env","value":"prod"}],"inner":{"n":1,"at":"2023-12-19T15:50:07Z"},"open":{"z": 1.10},"extra":null}
    {"id":null,"count":null,"flag":null,"account":null,"at":null,"tags":null,"inner":null,"open":null,"extra":null}
    {"id":null,"count":null,"flag":null,"account":null,"at":null,"tags":null,"inner":null,"open":null,"extra":null}
    {"id":"","count":0,"flag":null,"account":"000000000000","at":null,"tags":[],"inner":{},"open":"","extra":null}
    {"id":"=1+1, \"q\"\n|x|\u001b[31m 日本\ttab","count":7,"flag":null,"account":null,"at":null,"tags":null,"inner":null,"open":[1,"a|b"],"extra":null}
    {"id":null,"count":null,"flag":null,"account":null,"at":null,"tags":[{"key":"k","value":"2"}],"inner":{},"open":null,"extra":{"unknown":{"b":1.50,"a":2},"id":{"x":1},"count":"many","at":"soon","tags[0].new":1,"inner.n":"x","inner.later":[1.50]}}
    "###);
}

#[test]
fn json_is_one_array() {
    let one = batch(vec![("n", Arc::new(Int64Array::from(vec![i64::MAX, i64::MIN])))]);
    assert_eq!(
        text(Format::Json, &one),
        "[\n{\"n\":9223372036854775807},\n{\"n\":-9223372036854775808}\n]\n"
    );
    assert_eq!(text(Format::Json, &one.slice(0, 0)), "[]\n");
}

#[test]
fn values_of_every_type_have_a_text() {
    let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    map.keys().append_value("a\"b");
    map.values().append_value("x");
    map.append(true).unwrap();
    map.append(false).unwrap();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("u", Arc::new(UInt64Array::from(vec![Some(u64::MAX), None]))),
        (
            "d",
            Arc::new(Decimal128Array::from(vec![Some(-1250), None]).with_precision_and_scale(38, 2).unwrap()),
        ),
        ("f", Arc::new(Float64Array::from(vec![1.0, f64::NEG_INFINITY]))),
        ("v", Arc::new(StringViewArray::from(vec![Some("a view that is longer than twelve"), None]))),
        ("e", Arc::new(DictionaryArray::<Int32Type>::from_iter([Some("word"), None]))),
        ("b", Arc::new(BinaryArray::from_opt_vec(vec![Some(&[0, 255]), None]))),
        ("day", Arc::new(arrow::array::Date32Array::from(vec![Some(19_723), None]))),
        ("zoneless", Arc::new(TimestampNanosecondArray::from(vec![Some(1_500_000_000), None]))),
        ("late", Arc::new(TimestampMicrosecondArray::from(vec![Some(i64::MAX), None]))),
        ("m", Arc::new(map.finish())),
        ("nothing", arrow::array::new_null_array(&DataType::Null, 2)),
    ];
    let all = batch(columns);
    insta::assert_snapshot!(text(Format::Csv, &all), @r###"
    u,d,f,v,e,b,day,zoneless,late,m,nothing
    18446744073709551615,-12.50,1.0,a view that is longer than twelve,word,00ff,2024-01-01,1970-01-01T00:00:01.5Z,9223372036854775807 us since 1970-01-01T00:00:00Z,"{""a\""b"":""x""}",
    ,,-Infinity,,,,,,,,
    "###);
    insta::assert_snapshot!(text(Format::Ndjson, &all), @r###"
    {"u":18446744073709551615,"d":-12.50,"f":1.0,"v":"a view that is longer than twelve","e":"word","b":"00ff","day":"2024-01-01","zoneless":"1970-01-01T00:00:01.5Z","late":"9223372036854775807 us since 1970-01-01T00:00:00Z","m":{"a\"b":"x"},"nothing":null}
    {"u":null,"d":null,"f":"-Infinity","v":null,"e":null,"b":null,"day":null,"zoneless":null,"late":null,"m":null,"nothing":null}
    "###);
}

#[test]
fn columns_of_one_name_are_told_apart() {
    let n = |n: i64| -> ArrayRef { Arc::new(Int64Array::from(vec![n])) };
    let twins = batch(vec![("a", n(1)), ("a", n(2)), ("a_2", n(3)), ("a", n(4))]);
    assert_eq!(text(Format::Csv, &twins), "a,a_3,a_2,a_4\n1,2,3,4\n");
    assert_eq!(text(Format::Ndjson, &twins), "{\"a\":1,\"a_3\":2,\"a_2\":3,\"a_4\":4}\n");
}

#[test]
fn a_batch_without_columns_or_of_other_columns() {
    let options = RecordBatchOptions::new().with_row_count(Some(2));
    let bare = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), vec![], &options).unwrap();
    assert_eq!(text(Format::Ndjson, &bare), "{}\n{}\n");
    let one = batch(vec![("n", Arc::new(Int64Array::from(vec![1])))]);
    let out = Shared::default();
    let mut writer =
        BatchWriter::create(Format::Csv, &one.schema(), WriteOptions::default(), Box::new(out)).unwrap();
    let said = writer.push(&bare).unwrap_err().to_string();
    assert!(said.contains("0 columns where 1 were announced"), "{said}");
}

#[test]
fn a_table_keeps_its_widths_from_batch_to_batch() {
    let words = |words: Vec<&str>| batch(vec![("word", Arc::new(StringArray::from(words)) as ArrayRef)]);
    let options = WriteOptions { width: Some(6), batch_rows: 2, ..WriteOptions::default() };
    let (bytes, _) = written(Format::Table, options, &[words(vec!["a", "bb"]), words(vec!["a-longer-one"])]);
    assert_eq!(String::from_utf8(bytes).unwrap(), "word\na\nbb\na-lon…\n");
}

#[test]
fn xlsx_cells_have_types_and_cuts_are_told() {
    let long = "x".repeat(40_000);
    let all = batch(vec![
        ("t", Arc::new(StringArray::from(vec!["=1+1", &long]))),
        ("n", Arc::new(Int64Array::from(vec![Some(3), None]))),
        ("at", Arc::new(TimestampMicrosecondArray::from(vec![0, 86_400_000_000]).with_timezone("UTC"))),
    ]);
    let out = Shared::default();
    let mut writer =
        BatchWriter::create(Format::Xlsx, &all.schema(), WriteOptions::default(), Box::new(out.clone()))
            .unwrap();
    writer.push(&all.slice(0, 1)).unwrap();
    let said = writer.push(&all.slice(1, 1)).unwrap().issues;
    assert_eq!(
        said[0].to_string(),
        "row 1, $.t: text of 40000 characters was cut to the 32767 that a cell holds"
    );
    assert_eq!(writer.finish().unwrap().issue_count, 1);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(out.bytes())).unwrap();
    let range = book.worksheet_range("rows").unwrap();
    let cell = |row: u32, column: u32| range.get_value((row, column)).cloned().unwrap_or_default();
    assert_eq!((cell(1, 0), cell(1, 1)), (Data::String("=1+1".into()), Data::Float(3.0)));
    assert_eq!(cell(2, 1), Data::Empty);
    assert!(matches!(cell(2, 2), Data::DateTime(d) if d.as_f64() == 25_570.0), "{:?}", cell(2, 2));
}

#[test]
fn text_that_is_marked_as_json_is_shown_as_such() {
    let values = vec![Some("{\"a\":\n1.10}"), Some("\"x\""), Some("no json"), None];
    let field =
        Field::new("open", DataType::Utf8, true).with_metadata([(JSON_MARK.into(), "true".into())].into());
    let open = RecordBatch::try_new(
        Arc::new(Schema::new(vec![field])),
        vec![Arc::new(StringArray::from(values)) as ArrayRef],
    )
    .unwrap();
    assert_eq!(
        text(Format::Ndjson, &open),
        "{\"open\":{\"a\":1.10}}\n{\"open\":\"x\"}\n{\"open\":\"no json\"}\n{\"open\":null}\n"
    );
    assert_eq!(text(Format::Csv, &open), "open\n\"{\"\"a\"\":1.10}\"\nx\nno json\n\"\"\n");
}

#[test]
fn a_closed_pipe_is_told_apart_in_every_format() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for format in Format::ALL {
        let run = || -> Result<Summary> {
            let things = things();
            let options = WriteOptions::default();
            let mut writer = BatchWriter::create(*format, &things.schema(), options, Box::new(Closed))?;
            writer.push(&things)?;
            writer.finish()
        };
        let error = run().unwrap_err();
        assert!(error.is_broken_pipe(), "{format}: {error:?}");
    }
}

fn parquet_back(bytes: Vec<u8>) -> RecordBatch {
    let builder =
        parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes)).unwrap();
    let schema = builder.schema().clone();
    let batches: Vec<RecordBatch> = builder.build().unwrap().map(Result::unwrap).collect();
    arrow::compute::concat_batches(&schema, &batches).unwrap()
}

fn arrow_back(bytes: Vec<u8>) -> RecordBatch {
    let reader = arrow::ipc::reader::FileReader::try_new(Cursor::new(bytes), None).unwrap();
    let schema = reader.schema();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    arrow::compute::concat_batches(&schema, &batches).unwrap()
}

/// One row of a batch: number, text, flag, time, and a list of numbers inside a struct.
type Row = (Option<i64>, Option<String>, Option<f64>, Option<bool>, Option<i64>, Option<Vec<Option<i64>>>);

fn any_row() -> impl Strategy<Value = Row> {
    (
        any::<Option<i64>>(),
        proptest::option::of(any::<String>()),
        proptest::option::of(proptest::num::f64::NORMAL | proptest::num::f64::ZERO),
        any::<Option<bool>>(),
        proptest::option::of(-62_135_596_800_000_000..253_402_300_000_000_000i64),
        proptest::option::of(prop::collection::vec(any::<Option<i64>>(), 0..4)),
    )
}

fn of_rows(rows: &[Row]) -> RecordBatch {
    let lists: Vec<Option<Vec<Option<i64>>>> = rows.iter().map(|r| r.5.clone()).collect();
    let offsets = OffsetBuffer::from_lengths(lists.iter().map(|l| l.as_ref().map_or(0, Vec::len)));
    let items: Int64Array = lists.iter().flatten().flatten().copied().collect();
    let nulls = arrow::buffer::NullBuffer::from_iter(lists.iter().map(Option::is_some));
    let item = Arc::new(Field::new("element", DataType::Int64, true));
    let list = ListArray::new(item, offsets, Arc::new(items), Some(nulls.clone()));
    let fields = Fields::from(vec![Field::new("n", list.data_type().clone(), true)]);
    let nested = StructArray::new(fields, vec![Arc::new(list)], Some(nulls));
    batch(vec![
        ("n", Arc::new(rows.iter().map(|r| r.0).collect::<Int64Array>())),
        ("t", Arc::new(rows.iter().map(|r| r.1.clone()).collect::<StringArray>())),
        ("f", Arc::new(rows.iter().map(|r| r.2).collect::<Float64Array>())),
        ("b", Arc::new(rows.iter().map(|r| r.3).collect::<BooleanArray>())),
        (
            "at",
            Arc::new(rows.iter().map(|r| r.4).collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
        ),
        ("s", Arc::new(nested)),
        ("small", Arc::new(rows.iter().map(|r| r.0.map(|n| n as i32)).collect::<Int32Array>())),
    ])
}

proptest! {
    #[test]
    fn values_survive(rows in prop::collection::vec(any_row(), 1..20), batch_rows in 1..8usize, cut in 0..20usize) {
        let whole = of_rows(&rows);
        let cut = cut.min(rows.len());
        let parts = [whole.slice(0, cut), whole.slice(cut, rows.len() - cut)];
        let options = WriteOptions { batch_rows, ..WriteOptions::default() };
        for (format, back) in [(Format::Parquet, parquet_back as fn(Vec<u8>) -> RecordBatch), (Format::Arrow, arrow_back)] {
            let (bytes, summary) = written(format, options.clone(), &parts);
            prop_assert_eq!(summary.rows, rows.len() as u64);
            let back = back(bytes);
            prop_assert_eq!(back.columns(), whole.columns());
        }

        let (bytes, _) = written(Format::Ndjson, options.clone(), &parts);
        let json = String::from_utf8(bytes).unwrap();
        for (row, line) in rows.iter().zip(json.lines()) {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let at = line["at"].as_str().map(|t| t.parse::<jiff::Timestamp>().unwrap().as_microsecond());
            let items = line["s"]["n"].as_array().map(|l| l.iter().map(serde_json::Value::as_i64).collect());
            let text = line["t"].as_str().map(str::to_owned);
            prop_assert_eq!(&(line["n"].as_i64(), text, line["f"].as_f64(), line["b"].as_bool(), at, items), row);
        }
        prop_assert_eq!(json.lines().count(), rows.len());

        let (bytes, _) = written(Format::Csv, options, &parts);
        let mut reader = csv::ReaderBuilder::new().from_reader(bytes.as_slice());
        for (row, record) in rows.iter().zip(reader.records()) {
            let record = record.unwrap();
            prop_assert_eq!(record[0].parse::<i64>().ok(), row.0);
            prop_assert_eq!(&record[1], row.1.as_deref().unwrap_or_default());
            prop_assert_eq!(record[2].parse::<f64>().ok(), row.2);
            prop_assert_eq!(record[3].parse::<bool>().ok(), row.3);
            prop_assert_eq!(record[4].parse::<jiff::Timestamp>().ok().map(|t| t.as_microsecond()), row.4);
            let nested = serde_json::from_str::<serde_json::Value>(&record[5]).ok();
            prop_assert_eq!(nested, row.5.as_ref().map(|n| serde_json::json!({ "n": n })));
        }
    }
}
