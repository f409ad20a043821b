use super::*;
use crate::samples::{ROWS, Shared, Thing, rows, written};
use arrow::array::{Array, RecordBatch};
use calamine::{Data, Reader as _, Xlsx};
use proptest::prelude::*;
use std::io::Cursor;
use totalcloud_api::model::Model;

fn text(format: Format, columns: &Columns, options: WriteOptions) -> String {
    let (bytes, _, summary) = written(format, columns, options, &rows()).unwrap();
    assert_eq!((summary.rows, summary.unreadable), (8, 2), "{format}");
    // Snapshots hold no escapes themselves.
    String::from_utf8(bytes).unwrap().replace('\u{1b}', "\\x1b")
}

fn thing() -> Columns {
    Columns::of(Thing::SHAPE)
}

fn chosen(names: &str) -> Columns {
    thing().select([names]).unwrap()
}

#[test]
fn ndjson_is_the_row_as_it_came_on_one_line() {
    let (bytes, said, summary) =
        written(Format::Ndjson, &thing(), WriteOptions::default(), &rows()[..7]).unwrap();
    let out = String::from_utf8(bytes).unwrap();
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines, ROWS[..7].iter().map(|row| row.replace('\n', "")).collect::<Vec<_>>());
    assert_eq!(said, ["row 6, $: expected an object, found a list"]);
    assert_eq!((summary.rows, summary.unreadable), (7, 1));
}

#[test]
fn json_is_an_array_of_the_rows_as_they_came() {
    let whole = rows();
    let (bytes, said, _) = written(Format::Json, &thing(), WriteOptions::default(), &whole[..7]).unwrap();
    let out = String::from_utf8(bytes).unwrap();
    let back: Vec<&serde_json::value::RawValue> = serde_json::from_str(&out).unwrap();
    let back: Vec<String> = back.iter().map(|r| r.get().to_owned()).collect();
    assert_eq!(back, ROWS[..7].iter().map(|r| r.replace('\n', "")).collect::<Vec<_>>());
    assert_eq!(said, ["row 6, $: expected an object, found a list"]);
    let (bytes, ..) = written(Format::Json, &thing(), WriteOptions::default(), &[]).unwrap();
    assert_eq!(bytes, b"[]\n");
}

#[test]
fn json_is_well_formed_when_a_page_failed() {
    for (count, expected) in [(0, "[]\n"), (2, "[\n{},\n{}\n]\n")] {
        let out = Shared::default();
        let mut writer =
            Writer::create(Format::Json, &thing(), WriteOptions::default(), Box::new(out.clone())).unwrap();
        for _ in 0..count {
            writer.push(&Bytes::from_static(b"{}")).unwrap();
        }
        assert_eq!(writer.abort().unwrap().rows, count);
        assert_eq!(String::from_utf8(out.bytes()).unwrap(), expected);
    }
}

#[test]
fn chosen_columns_make_smaller_json_rows() {
    let out = text(Format::Ndjson, &chosen("count,tags.key,open,inner.n,extra"), WriteOptions::default());
    insta::assert_snapshot!(out, @r###"
    {"count":3,"tags.key":["env"],"open":{"z": 1.10},"inner.n":1}
    {"count":null,"open":null}
    {}
    {"count":0,"tags.key":[],"open":""}
    {"count":"7","open":[1,"a|b"]}
    {"count":"many","tags.key":"k","inner.n":"x","extra":{"unknown":{"b":1.50,"a":2}}}
    [1]
    "{\"id\":\"cut"
    "###);
}

#[test]
fn csv() {
    insta::assert_snapshot!(text(Format::Csv, &thing(), WriteOptions::default()), @r###"
    id,count,ratio,on,flag,account,at,policy,tags,inner,open,key,extra
    i-1,3,1.50,true,false,001234567890,2024-01-01T17:24:12.5Z,"{""a"":1}","[{""key"":""env"",""value"":""prod""}]","{""n"":1,""at"":1703001007000}","{""z"": 1.10}",s3cr3t,
    ,,,,,,,,,,,,
    ,,,,,,,,,,,,
    "",0,0,false,,000000000000,,"",[],{},"","",
    "=1+1, ""q""
    |x|\x1b[31m 日本	tab",7,,,,,,,,,"[1,""a|b""]",,
    ,,,,,,,,"[{""key"":""k"",""value"":2,""new"":1}]","{""n"":""x"",""later"":[1.50]}",,,"{""unknown"":{""b"":1.50,""a"":2},""id"":{""x"":1},""count"":""many"",""at"":""soon""}"
    ,,,,,,,,,,,,[1]
    ,,,,,,,,,,,,"""{\""id\"":\""cut"""
    "###);
}

#[test]
fn tsv_of_chosen_columns_keeps_misfits_in_place() {
    let options = WriteOptions { header: false, guard_formulas: true, ..WriteOptions::default() };
    insta::assert_snapshot!(text(Format::Tsv, &chosen("id,count,tags.key,inner.at"), options), @r###"
    i-1	3	"[""env""]"	2023-12-19T15:50:07Z
    			
    			
    ""	0	[]	
    "'=1+1, ""q""
    |x|\x1b[31m 日本	tab"	7		
    "{""x"":1}"	many	"[""k""]"
    "###);
}

#[test]
fn misfits_are_reported_by_row_path_and_reason() {
    for (format, expected) in [
        (
            Format::Csv,
            vec![
                "row 5, $.id: expected text, found an object",
                "row 5, $.count: expected a whole number, found a string",
                "row 5, $.at: expected a time, found a string",
                "row 6, $: expected an object, found a list",
                "row 7, $: the row ends too early to be JSON",
            ],
        ),
        (
            Format::Parquet,
            vec![
                "row 5, $.id: expected text, found an object",
                "row 5, $.count: expected a whole number, found a string",
                "row 5, $.at: expected a time, found a string",
                "row 5, $.inner.n: expected a whole number, found a string",
                "row 6, $: expected an object, found a list",
                "row 7, $: the row ends too early to be JSON",
            ],
        ),
    ] {
        let (_, said, summary) = written(format, &thing(), WriteOptions::default(), &rows()).unwrap();
        assert_eq!(said, expected, "{format}");
        assert_eq!(summary.issue_count, said.len() as u64, "{format}");
    }
}

#[test]
fn table_for_a_terminal() {
    let options = WriteOptions { width: Some(90), ..WriteOptions::default() };
    let out = text(Format::Table, &thing(), options);
    insta::assert_snapshot!(out, @r###"
    id         count  flag   account       at                    tags      inner      key
    i-1            3  false  001234567890  2024-01-01T17:24:12Z  env=prod  at=17030…  (hidden)


                   0         000000000000                        0 items              (hidden)
    =1+1, "q…      7
    x=1         many                       soon                  1 item    later=[1…
    "###);
    assert!(out.lines().all(|l| unicode_width::UnicodeWidthStr::width(l) <= 90));
    assert!(!out.contains("\\x1b") && !out.contains("s3cr3t"));
}

#[test]
fn a_table_keeps_its_widths_from_batch_to_batch() {
    let rows: Vec<Bytes> =
        ["a", "bb", "a-longer-one"].iter().map(|id| format!(r#"{{"id":"{id}","count":1}}"#).into()).collect();
    let options = WriteOptions { width: Some(20), batch_rows: 2, ..WriteOptions::default() };
    let columns = chosen("id,count,account");
    let (bytes, ..) = written(Format::Table, &columns, options.clone(), &rows).unwrap();
    insta::assert_snapshot!(String::from_utf8(bytes).unwrap(), @r###"
    id  count  account
    a       1
    bb      1
    a…      1
    "###);
    // Without a terminal nothing is cut.
    let options = WriteOptions { width: None, ..options };
    let (bytes, ..) = written(Format::Table, &columns, options, &rows).unwrap();
    assert!(String::from_utf8(bytes).unwrap().contains("a-longer-one"));
}

#[test]
fn markdown() {
    insta::assert_snapshot!(text(Format::Markdown, &thing(), WriteOptions::default()), @r###"
    | id | count | flag | account | at | tags | inner | key |
    | --- | ---: | --- | --- | --- | --- | --- | --- |
    | i-1 | 3 | false | 001234567890 | 2024-01-01T17:24:12Z | env=prod | at=1703001007000, n=1 | (hidden) |
    |  |  |  |  |  |  |  |  |
    |  |  |  |  |  |  |  |  |
    |  | 0 |  | 000000000000 |  | 0 items |  | (hidden) |
    | =1+1, "q" \|x\|\\u{1b}\[31m 日本 tab | 7 |  |  |  |  |  |  |
    | x=1 | many |  |  | soon | 1 item | later=\[1\], n=x |  |
    |  |  |  |  |  |  |  |  |
    |  |  |  |  |  |  |  |  |
    "###);
}

#[test]
fn columns_of_untyped_rows_are_those_of_the_first_rows() {
    let rows: Vec<Bytes> = [r#"{"b":1,"a":"x"}"#, r#"{"a":null,"c":{"d":[1]}}"#, r#"{"a":"y","later":1.50}"#]
        .iter()
        .map(|r| Bytes::from_static(r.as_bytes()))
        .collect();
    let options = WriteOptions { batch_rows: 2, ..WriteOptions::default() };
    let (bytes, said, _) = written(Format::Csv, &Columns::untyped(), options.clone(), &rows).unwrap();
    insta::assert_snapshot!(String::from_utf8(bytes).unwrap(), @r###"
    b,a,c,extra
    1,x,,
    ,,"{""d"":[1]}",
    ,y,,"{""later"":1.50}"
    "###);
    assert!(said.is_empty(), "{said:?}");
    let open = Columns::of(totalcloud_api::resources::Tag::SHAPE).discover();
    let (bytes, ..) = written(Format::Csv, &open, options, &rows[..1]).unwrap();
    assert_eq!(String::from_utf8(bytes).unwrap(), "key,value,b,a,extra\n,,1,x,\n");
}

#[test]
fn xlsx_cells_have_types() {
    let long = Bytes::from(format!(r#"{{"id":"{}","count":9007199254740993}}"#, "x".repeat(40_000)));
    let mut rows = rows();
    rows.push(long);
    let columns = chosen("id,count,ratio,on,account,at,tags");
    let (bytes, said, _) = written(Format::Xlsx, &columns, WriteOptions::default(), &rows).unwrap();
    assert_eq!(
        said.last().map(String::as_str),
        Some("row 8, $.id: text of 40000 characters was cut to the 32767 that a cell holds")
    );
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let range = book.worksheet_range("rows").unwrap();
    assert_eq!(range.height(), 10);
    let cell = |row: u32, column: u32| range.get_value((row, column)).cloned().unwrap_or_default();
    assert_eq!(cell(0, 4), Data::String("account".into()));
    assert_eq!(cell(1, 1), Data::Float(3.0));
    assert_eq!(cell(1, 3), Data::Bool(true));
    assert_eq!(cell(1, 4), Data::String("001234567890".into()));
    assert!(
        matches!(cell(1, 5), Data::DateTime(d) if (d.as_f64() - 45_292.725_144_675_92).abs() < 1e-9),
        "{:?}",
        cell(1, 5)
    );
    assert_eq!(cell(1, 6), Data::String(r#"[{"key":"env","value":"prod"}]"#.into()));
    assert_eq!((cell(2, 1), cell(3, 1), cell(4, 1)), (Data::Empty, Data::Empty, Data::Float(0.0)));
    assert_eq!(cell(5, 0), Data::String("=1+1, \"q\"\n|x|\u{1b}[31m 日本\ttab".into()));
    assert_eq!(cell(9, 1), Data::String("9007199254740993".into()));
}

fn parquet_batches(bytes: Vec<u8>) -> (RecordBatch, Vec<(String, Option<String>)>) {
    let builder =
        parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes)).unwrap();
    let metadata = builder.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
    let schema = builder.schema().clone();
    let batches: Vec<RecordBatch> = builder.build().unwrap().map(Result::unwrap).collect();
    let metadata = metadata.into_iter().map(|kv| (kv.key, kv.value)).collect();
    (arrow::compute::concat_batches(&schema, &batches).unwrap(), metadata)
}

fn expected_batch(rows: &[Bytes], raw: bool) -> RecordBatch {
    let mut builder = crate::BatchBuilder::new(Thing::SHAPE, raw);
    for row in rows {
        builder.push(row).unwrap();
    }
    builder.finish().unwrap()
}

#[test]
fn parquet_and_arrow_read_back_equal() {
    let expected = expected_batch(&rows(), true);
    for batch_rows in [3, 4096] {
        let options = WriteOptions {
            raw: true,
            batch_rows,
            name: Some("things".into()),
            metadata: vec![("totalcloud.source".into(), "test".into())],
            ..WriteOptions::default()
        };
        let (bytes, ..) = written(Format::Parquet, &thing(), options.clone(), &rows()).unwrap();
        let (batch, metadata) = parquet_batches(bytes);
        assert_eq!(batch.columns(), expected.columns());
        assert_eq!(batch.schema().fields(), expected.schema().fields());
        for (key, value) in [("totalcloud.table", "things"), ("totalcloud.source", "test")] {
            assert!(metadata.contains(&(key.into(), Some(value.into()))), "{metadata:?}");
        }

        let (bytes, ..) = written(Format::Arrow, &thing(), options.clone(), &rows()).unwrap();
        let reader = arrow::ipc::reader::FileReader::try_new(Cursor::new(bytes), None).unwrap();
        let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
        let batch = arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap();
        assert_eq!(batch.columns(), expected.columns());
        assert_eq!(batch.schema().metadata()["totalcloud.table"], "things");

        let options = WriteOptions { stream: true, ..options };
        let (bytes, ..) = written(Format::Arrow, &thing(), options, &rows()).unwrap();
        let reader = arrow::ipc::reader::StreamReader::try_new(Cursor::new(bytes), None).unwrap();
        assert_eq!(reader.map(|b| b.unwrap().num_rows()).sum::<usize>(), 8);
    }
}

#[test]
fn an_aborted_parquet_file_is_readable_and_says_so() {
    let out = Shared::default();
    let mut writer =
        Writer::create(Format::Parquet, &thing(), WriteOptions::default(), Box::new(out.clone())).unwrap();
    writer.push(&Bytes::from_static(b"{}")).unwrap();
    writer.abort().unwrap();
    let (batch, metadata) = parquet_batches(out.bytes());
    assert_eq!(batch.num_rows(), 1);
    assert!(metadata.contains(&("totalcloud.incomplete".into(), Some("true".into()))));
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
            let mut writer = Writer::create(*format, &thing(), WriteOptions::default(), Box::new(Closed))?;
            for row in rows() {
                writer.push(&row)?;
            }
            writer.finish()
        };
        let error = run().unwrap_err();
        assert!(error.is_broken_pipe(), "{format}: {error:?}");
    }
}

fn any_row() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<u64>().prop_map(|n| n.to_string()),
        "-?[1-9][0-9]{0,30}\\.[0-9]{1,20}(e[0-9]{1,3})?",
        "\\PC{0,12}".prop_map(|s| serde_json::Value::from(s).to_string()),
        Just(r#""2024-01-01T22:54:12+0000""#.to_owned()),
    ];
    let names: Vec<&'static str> = Thing::SHAPE.columns().iter().map(|c| c.wire).collect();
    let value = leaf.prop_recursive(3, 16, 4, |inner| {
        let key = prop::sample::select(vec!["n", "at", "key", "value", "x"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|v| format!("[{}]", v.join(","))),
            prop::collection::vec((key, inner), 0..4).prop_map(|fields| {
                let fields: Vec<String> = fields.into_iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
                format!("{{{}}}", fields.join(", "))
            }),
        ]
    });
    let key = prop_oneof![prop::sample::select(names).prop_map(str::to_owned), "\\PC{0,5}"];
    let fields = prop::collection::vec((key, value.clone()), 0..8).prop_map(|fields| {
        let fields: Vec<String> =
            fields.into_iter().map(|(k, v)| format!("{}: {v}", serde_json::Value::from(k))).collect();
        format!("{{{}}}", fields.join(","))
    });
    prop_oneof![9 => fields, 1 => value]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_row_stays_a_row_in_every_format(rows in prop::collection::vec(any_row(), 0..6), open: bool, wide: bool) {
        let rows: Vec<Bytes> = rows.into_iter().map(Bytes::from).collect();
        let columns = if open { thing().discover() } else { thing() }.wide(wide);
        let options = WriteOptions { raw: true, width: Some(100), batch_rows: 3, ..WriteOptions::default() };
        for format in Format::ALL {
            let (bytes, said, summary) = written(*format, &columns, options.clone(), &rows).unwrap();
            prop_assert_eq!(summary.rows, rows.len() as u64);
            prop_assert_eq!(summary.issue_count, said.len() as u64);
            let count = match format {
                Format::Ndjson => bytes.iter().filter(|b| **b == b'\n').count(),
                Format::Table => bytes.iter().filter(|b| **b == b'\n').count() - 1,
                Format::Markdown => bytes.iter().filter(|b| **b == b'\n').count() - 2,
                Format::Json => serde_json::from_slice::<Vec<&serde_json::value::RawValue>>(&bytes).unwrap().len(),
                Format::Csv | Format::Tsv => {
                    let delimiter = if *format == Format::Tsv { b'\t' } else { b',' };
                    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(&bytes[..]);
                    reader.byte_records().collect::<std::result::Result<Vec<_>, _>>().unwrap().len()
                }
                // Rows without a value at the end are no part of the range that is read.
                Format::Xlsx => {
                    Xlsx::new(Cursor::new(bytes)).unwrap();
                    rows.len()
                }
                Format::Parquet => {
                    let (batch, _) = parquet_batches(bytes);
                    let raw = batch.column_by_name("raw").unwrap();
                    let raw = raw.as_any().downcast_ref::<arrow::array::StringArray>().unwrap();
                    for (i, row) in rows.iter().enumerate() {
                        prop_assert_eq!(raw.value(i).as_bytes(), &row[..]);
                    }
                    batch.num_rows()
                }
                Format::Arrow => {
                    let reader = arrow::ipc::reader::FileReader::try_new(Cursor::new(bytes), None).unwrap();
                    reader.map(|b| b.unwrap().num_rows()).sum()
                }
            };
            prop_assert_eq!(count, rows.len(), "{}", format);
        }
    }
}
