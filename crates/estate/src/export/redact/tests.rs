use super::*;
use crate::schema::user_schema;
use crate::tables;
use arrow::array::{BooleanArray, ListArray, builder::StringBuilder};
use arrow::buffer::OffsetBuffer;
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use totalcloud_table::BatchBuilder;

/// A user with what names a person, a policy, and fields that nobody declared.
const USER: &str = r#"{"resourceId":"r-1","name":"jane","user":"jane","userDto":{"username":"jane","mfaActive":"true","accessKeys":[{"accessKeyId":"AKIA","status":"Active"}],"odd":1},"userInlinePolicies":[{"policyName":"p","policyDocument":"{\"Secret\":1}"}],"additionalDetails":{"x":1},"controlsFailed":1.50,"tags":[{"key":"env","value":"prod"}],"unknown":{"b":"hush"},"region":{"odd":"shape"}}"#;

/// The table of IAM users as queries see it, with one row.
fn users() -> RecordBatch {
    let table = tables::get("aws_iam_user").unwrap();
    let schema = user_schema(table);
    let mut builder = BatchBuilder::new(table.shape, true);
    builder.push(&bytes::Bytes::from_static(USER.as_bytes())).unwrap();
    let row = builder.finish().unwrap();
    let columns = schema
        .fields()
        .iter()
        .map(|f| row.column_by_name(f.name()).cloned().unwrap_or_else(|| new_null_array(f.data_type(), 1)))
        .collect();
    RecordBatch::try_new(schema, columns).unwrap()
}

fn changes() -> RecordBatch {
    let schema = crate::schema::changes();
    let field = schema.field_with_name("fields").unwrap().clone();
    let DataType::List(item) = field.data_type() else { panic!("{field}") };
    let DataType::Struct(fields) = item.data_type() else { panic!("{item}") };
    let column = |texts: [&str; 3]| -> ArrayRef { Arc::new(StringArray::from(texts.to_vec())) };
    let items = StructArray::new(
        fields.clone(),
        vec![
            column(["region", "user", "neverDeclared"]),
            column(["\"a\"", "\"jane\"", "\"x\""]),
            column(["\"b\"", "\"john\"", "\"y\""]),
        ],
        None,
    );
    let list = ListArray::new(item.clone(), OffsetBuffer::from_lengths([3]), Arc::new(items), None);
    let columns = schema
        .fields()
        .iter()
        .map(|f| match f.name().as_str() {
            "fields" => Arc::new(list.clone()) as ArrayRef,
            _ => new_null_array(f.data_type(), 1),
        })
        .collect();
    RecordBatch::try_new(schema, columns).unwrap()
}

/// The result of a query, redacted, as JSON.
async fn redacted(query: &str) -> serde_json::Value {
    let context = SessionContext::new();
    let mut settings = context.copied_config();
    settings.options_mut().sql_parser.enable_ident_normalization = false;
    let context = SessionContext::new_with_config(settings);
    for (name, batch) in [("aws_iam_user", users()), ("changes", changes())] {
        let table = MemTable::try_new(batch.schema(), vec![vec![batch]]).unwrap();
        context.register_table(name, Arc::new(table)).unwrap();
    }
    let found = context.sql(query).await.unwrap();
    let redactor = Redactor::of_plan(found.logical_plan());
    let batches = found.collect().await.unwrap();
    let out = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let schema = redactor.schema(&batches[0].schema());
    let options = totalcloud_table::WriteOptions::default();
    let format = totalcloud_table::Format::Json;
    let mut writer =
        totalcloud_table::BatchWriter::create(format, &schema, options, Box::new(Shared(out.clone())))
            .unwrap();
    for batch in &batches {
        writer.push(&redactor.apply(batch).unwrap()).unwrap();
    }
    writer.finish().unwrap();
    let text = out.lock().unwrap().clone();
    let mut rows: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
    rows.remove(0)
}

struct Shared(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
impl std::io::Write for Shared {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(buf);
        Ok(buf.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_table_is_hidden_column_by_column_and_inside() {
    let row = redacted("SELECT * FROM aws_iam_user").await;
    assert_eq!(row["user"], HIDDEN);
    assert_eq!(row["additionalDetails"], HIDDEN);
    assert_eq!((&row["name"], &row["tags"][0]["value"]), (&"jane".into(), &"prod".into()));
    let dto = &row["userDto"];
    assert_eq!((&dto["username"], &dto["mfaActive"]), (&HIDDEN.into(), &true.into()));
    assert_eq!(dto["accessKeys"][0], serde_json::json!({"accessKeyId": HIDDEN, "status": "Active"}));
    let policy = &row["userInlinePolicies"][0];
    assert_eq!(*policy, serde_json::json!({"policyName": "p", "policyDocument": HIDDEN}));
    let expected = serde_json::json!({
        "resourceId": "r-1", "name": "jane", "user": HIDDEN,
        "userDto": {"username": HIDDEN, "mfaActive": "true", "accessKeys": [{"accessKeyId": HIDDEN, "status": "Active"}], "odd": HIDDEN},
        "userInlinePolicies": [{"policyName": "p", "policyDocument": HIDDEN}],
        "additionalDetails": HIDDEN, "controlsFailed": 1.5, "tags": [{"key": "env", "value": "prod"}],
        "unknown": HIDDEN, "region": HIDDEN
    });
    assert_eq!(row["raw"], expected);
    let extra = &row["extra"];
    assert_eq!(
        (&extra["unknown"], &extra["userDto.odd"], &extra["region"]),
        (&HIDDEN.into(), &HIDDEN.into(), &HIDDEN.into())
    );
    for secret in ["AKIA", "Secret", "hush"] {
        assert!(!row.to_string().contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn what_is_made_of_a_sensitive_column_is_hidden_whatever_its_name() {
    let hidden = [
        "SELECT upper(\"user\") AS x FROM aws_iam_user",
        "SELECT x FROM (SELECT \"user\" || '!' AS x FROM aws_iam_user) AS t",
        "WITH t AS (SELECT \"user\" AS x FROM aws_iam_user) SELECT max(x) AS x FROM t GROUP BY x",
        "SELECT (SELECT max(\"user\") FROM aws_iam_user) AS x",
        "SELECT name AS x FROM aws_iam_user UNION ALL SELECT \"user\" FROM aws_iam_user",
        "SELECT b.\"user\" AS x FROM aws_iam_user a JOIN aws_iam_user b ON a.name = b.name",
        "SELECT \"userDto\"['username'] AS x FROM aws_iam_user",
        "SELECT \"userInlinePolicies\"[1]['policyDocument'] AS x FROM aws_iam_user",
        "SELECT first_value(\"user\") OVER (ORDER BY name) AS x FROM aws_iam_user",
        "SELECT CASE WHEN \"user\" = 'jane' THEN 'yes' ELSE 'no' END AS x FROM aws_iam_user",
        "SELECT substr(raw, 1, 50) AS x FROM aws_iam_user",
        "SELECT u['accessKeyId'] AS x FROM (SELECT unnest(\"userDto\"['accessKeys']) AS u FROM aws_iam_user) AS t",
        "SELECT fields[1]['before'] AS x FROM changes",
    ];
    for query in hidden {
        assert_eq!(redacted(query).await["x"], HIDDEN, "{query}");
    }
    let nothing = [
        "SELECT \"user\" LIKE 'j%' AS x FROM aws_iam_user",
        "SELECT length(\"user\") AS x FROM aws_iam_user",
    ];
    for query in nothing {
        assert_eq!(redacted(query).await["x"], serde_json::Value::Null, "{query}");
    }
}

#[tokio::test]
async fn what_is_harmless_stays() {
    for (query, expected) in [
        ("SELECT name AS x FROM aws_iam_user", serde_json::json!("jane")),
        ("SELECT count(\"user\") AS x FROM aws_iam_user", 1.into()),
        ("SELECT \"user\" IS NULL AS x FROM aws_iam_user", false.into()),
        ("SELECT \"userDto\"['mfaActive'] AS x FROM aws_iam_user", true.into()),
        (
            "SELECT name AS x FROM aws_iam_user WHERE \"user\" = 'jane' ORDER BY \"user\" LIMIT 1",
            "jane".into(),
        ),
        ("SELECT upper(name) AS x FROM aws_iam_user GROUP BY name, \"user\"", "JANE".into()),
        (
            "SELECT a.name AS x FROM aws_iam_user a WHERE EXISTS (SELECT 1 FROM aws_iam_user b WHERE b.\"user\" = a.\"user\")",
            "jane".into(),
        ),
        (
            "SELECT u['status'] AS x FROM (SELECT unnest(\"userDto\"['accessKeys']) AS u FROM aws_iam_user) AS t",
            "Active".into(),
        ),
        ("SELECT fields[2]['field'] AS x FROM changes", "user".into()),
    ] {
        assert_eq!(redacted(query).await["x"], expected, "{query}");
    }
}

#[tokio::test]
async fn changes_hide_the_values_of_sensitive_fields() {
    let row = redacted("SELECT * FROM changes").await;
    let expected = serde_json::json!([
        {"field": "region", "before": "\"a\"", "after": "\"b\""},
        {"field": "user", "before": HIDDEN, "after": HIDDEN},
        {"field": "neverDeclared", "before": HIDDEN, "after": HIDDEN},
    ]);
    assert_eq!(row["fields"], expected);
}

#[test]
fn a_stored_column_of_another_type_is_hidden_all_the_same() {
    let table = tables::get("aws_iam_user").unwrap();
    let mut text = StringBuilder::new();
    text.append_value("{\"username\":\"jane\"}");
    text.append_null();
    let columns: Vec<(&str, ArrayRef)> =
        vec![("userDto", Arc::new(text.finish())), ("user", Arc::new(BooleanArray::from(vec![true, false])))];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let redactor = Redactor::of_table(table, &batch.schema());
    let out = redactor.apply(&batch).unwrap();
    let dto = out.column(0).as_string::<i32>();
    assert_eq!((dto.value(0), dto.is_null(1)), (HIDDEN, true));
    assert_eq!(out.column(1).null_count(), 2);
    assert_eq!(redactor.touched().collect::<Vec<_>>(), [0, 1]);
    assert!(redactor.apply(&batch.project(&[0]).unwrap()).is_err());
}

#[test]
fn rows_keep_what_is_harmless_to_the_last_digit() {
    let shape = tables::get("aws_iam_user").unwrap().shape;
    for (json, expected) in [
        (r#"{"controlsFailed":1.50,"name":"é\u0041"}"#, r#"{"controlsFailed":1.50,"name":"é\u0041"}"#),
        (
            r#"{"user":null,"userDto":[],"userInlinePolicies":{"policyName":"p"}}"#,
            r#"{"user":null,"userDto":[],"userInlinePolicies":{"policyName":"p"}}"#,
        ),
        (
            r#"{"tags":["jane@example.com"],"userPolicies":["a",{"b":1}]}"#,
            r#"{"tags":["[redacted]"],"userPolicies":["a","[redacted]"]}"#,
        ),
        ("[1]", "\"[redacted]\""),
        ("no json", "\"[redacted]\""),
    ] {
        assert_eq!(json::row(json, shape), expected);
    }
    let extra = r#"{"controlsFailed":"many","tags[0].value":7,"tags[0].new":1,"userDto.username":3}"#;
    let expected = r#"{"controlsFailed":"many","tags[0].value":7,"tags[0].new":"[redacted]","userDto.username":"[redacted]"}"#;
    assert_eq!(json::extra(extra, shape), expected);
}
