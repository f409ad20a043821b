//! Rows with what identifies them, for places that want a key.

use crate::digest::Digester;
use crate::layout::{ACCOUNT, CONTROL, KEY, PROVIDER, RAW};
use crate::store::Scope;
use crate::tables::TableSpec;
use crate::{Error, Kind, Result};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use std::collections::HashMap;
use std::sync::Arc;

/// Adds the key of each row, which is the one that the estate itself knows it by.
#[derive(Debug)]
pub struct Keys {
    digester: Digester,
    in_scope: bool,
    control: bool,
}

impl Keys {
    /// For the rows of a table.
    pub fn of(table: &TableSpec) -> Keys {
        Keys { digester: Digester::of(table), in_scope: table.key_in_scope, control: table.control }
    }

    /// The columns with the key before them.
    pub fn schema(schema: &Schema) -> SchemaRef {
        let doc = HashMap::from([("comment".to_owned(), "What identifies the row in its table.".to_owned())]);
        let key: FieldRef = Arc::new(Field::new(KEY, DataType::Utf8, true).with_metadata(doc));
        let fields: Vec<FieldRef> = [key].into_iter().chain(schema.fields().iter().cloned()).collect();
        Arc::new(Schema::new(fields))
    }

    /// The rows with their keys before them. Their column `raw` must be there.
    ///
    /// # Errors
    /// If a column is missing that the key is made of.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        let raw = text(batch, RAW)?;
        let scopes = if self.in_scope {
            let control = if self.control { Some(text(batch, CONTROL)?) } else { None };
            Some((text(batch, PROVIDER)?, text(batch, ACCOUNT)?, control))
        } else {
            None
        };
        let value =
            |column: &StringArray, row: usize| (!column.is_null(row)).then(|| column.value(row).to_owned());
        let keys: StringArray = (0..batch.num_rows())
            .map(|row| {
                let scope = scopes.as_ref().map(|(provider, account, control)| Scope {
                    provider: value(provider, row).and_then(|p| p.parse().ok()),
                    account: value(account, row),
                    control: control.as_ref().and_then(|c| value(c, row)),
                });
                let scope = scope.unwrap_or_default().to_string();
                Some(self.digester.read(&scope, raw.value(row).as_bytes()).key)
            })
            .collect();
        let columns: Vec<ArrayRef> =
            [Arc::new(keys) as ArrayRef].into_iter().chain(batch.columns().iter().cloned()).collect();
        Ok(RecordBatch::try_new(Keys::schema(batch.schema_ref()), columns)?)
    }
}

fn text(batch: &RecordBatch, name: &str) -> Result<StringArray> {
    let column = batch.column_by_name(name);
    let column = column.ok_or_else(|| Error::new(Kind::Failed, format!("the rows came without {name}")))?;
    Ok(cast(column, &DataType::Utf8)?.as_string::<i32>().clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables;

    fn batch(columns: &[(&str, &[&str])]) -> RecordBatch {
        let columns = columns
            .iter()
            .map(|(name, values)| (*name, Arc::new(StringArray::from(values.to_vec())) as ArrayRef));
        RecordBatch::try_from_iter(columns).unwrap()
    }

    fn keys(table: &str, batch: &RecordBatch) -> Vec<String> {
        let out = Keys::of(tables::get(table).unwrap()).add(batch).unwrap();
        assert_eq!(out.schema().field(0).name(), KEY);
        assert_eq!(out.num_columns(), batch.num_columns() + 1);
        out.column(0).as_string::<i32>().iter().map(|k| k.unwrap().to_owned()).collect()
    }

    #[test]
    fn keys_are_those_of_the_estate() {
        let instances =
            batch(&[("raw", &[r#"{"uuid":"u-1","resourceId":"i-1"}"#, r#"{"resourceId":"i|2"}"#])]);
        assert_eq!(keys("aws_ec2_instance", &instances), ["u-1", "i\\|2"]);
        let evaluations = batch(&[
            ("provider", &["aws", "azure"]),
            ("account", &["012345678901", "s/1"]),
            ("controlId", &["52", "7"]),
            ("raw", &[r#"{"resourceId":"a","resourceType":"B","region":"r"}"#, r#"{"resourceId":"b"}"#]),
        ]);
        assert_eq!(
            keys("resource_evaluations", &evaluations),
            ["aws/012345678901/52|a|B|r", "azure/s%2F1/7|b"]
        );
        let mut table = Keys::of(tables::get("policies").unwrap());
        assert!(table.add(&batch(&[("title", &["x"])])).unwrap_err().message().contains("without raw"));
    }
}
