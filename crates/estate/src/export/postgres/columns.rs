//! Columns and their types.

use crate::{Error, Kind, Result};
use arrow::datatypes::{DataType, Field};
use totalcloud_table::JSON_MARK;

/// A column of a table in PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    /// The type, as the server names it.
    pub(super) data_type: &'static str,
    doc: Option<String>,
    /// The column there is of text and takes everything.
    as_text: bool,
}

impl Column {
    pub(super) fn of(field: &Field) -> Column {
        let json = field.metadata().get(JSON_MARK).is_some_and(|v| v == "true");
        let doc = field.metadata().get("comment").map(|doc| doc.trim().to_owned());
        let doc = doc.filter(|doc| !doc.is_empty());
        Column {
            name: field.name().clone(),
            data_type: data_type(field.data_type(), json),
            doc,
            as_text: false,
        }
    }

    pub(super) fn is_json(&self) -> bool {
        self.data_type == "jsonb"
    }

    /// The column as it is declared.
    pub(super) fn definition(&self) -> String {
        format!("{} {}", quoted(&self.name), self.data_type)
    }

    /// The statement that says what it means.
    pub(super) fn comment(&self, table: &str) -> String {
        match &self.doc {
            Some(doc) => format!("COMMENT ON COLUMN {table}.{} IS {};", quoted(&self.name), literal(doc)),
            None => String::new(),
        }
    }

    /// Its value, as the table takes it.
    pub(super) fn value(&self) -> String {
        let cast = if self.as_text { "::text" } else { "" };
        format!("{}{cast}", quoted(&self.name))
    }

    /// Looks whether the column that is there takes the values.
    pub(super) fn fit(&mut self, there: &str, table: &str) -> Result<()> {
        self.as_text = there == "text" || there.starts_with("character varying");
        if there == self.data_type || self.as_text {
            return Ok(());
        }
        let (name, wanted) = (quoted(&self.name), self.data_type);
        let message = format!("the column {name} in the database is of type {there}, and {wanted} is needed");
        Err(Error::new(Kind::Input, message).hint(format!(
            "run ALTER TABLE {table} ALTER COLUMN {name} TYPE {wanted} USING {name}::text::{wanted}, or drop the column"
        )))
    }
}

fn data_type(data_type: &DataType, json: bool) -> &'static str {
    match data_type {
        _ if json => "jsonb",
        DataType::Boolean => "boolean",
        DataType::UInt64 => "numeric",
        t if t.is_integer() => "bigint",
        DataType::Float16 | DataType::Float32 | DataType::Float64 => "double precision",
        t if t.is_decimal() => "numeric",
        DataType::Timestamp(..) => "timestamp with time zone",
        DataType::Date32 | DataType::Date64 => "date",
        DataType::Dictionary(_, values) => self::data_type(values, false),
        t if t.is_nested() => "jsonb",
        _ => "text",
    }
}

/// A name as it is, whatever is in it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Text as a constant, whatever the server takes backslashes for.
pub(super) fn literal(text: &str) -> String {
    let text = text.replace('\0', "").replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", text.replace('\\', "\\\\")) } else { format!("'{text}'") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{schema::user_schema, tables};

    #[test]
    fn columns_follow_the_registry() {
        let schema = user_schema(tables::get("aws_ec2_instance").unwrap());
        let column = |name: &str| Column::of(schema.field_with_name(name).unwrap());
        for (name, expected) in [
            ("resourceId", "text"),
            ("controlsFailed", "bigint"),
            ("isSnapshotScanEnabled", "boolean"),
            ("lastSeen", "timestamp with time zone"),
            ("tags", "jsonb"),
            ("additionalDetails", "jsonb"),
            ("extra", "jsonb"),
        ] {
            assert_eq!(column(name).data_type, expected, "{name}");
        }
        assert_eq!(
            column("resourceId").comment("t"),
            "COMMENT ON COLUMN t.\"resourceId\" IS 'Id or name of the resource in the cloud.';"
        );
        let at = Field::new("day", DataType::Date32, true);
        assert_eq!(Column::of(&at).definition(), "\"day\" date");
        assert_eq!(Column::of(&at).comment("t"), "");
    }

    #[test]
    fn nothing_in_a_name_or_a_text_ends_it() {
        assert_eq!(quoted("a\"; DROP TABLE x; --"), "\"a\"\"; DROP TABLE x; --\"");
        assert_eq!(literal("it's \\ '"), "E'it''s \\\\ '''");
        assert_eq!(literal("plain"), "'plain'");
    }

    #[test]
    fn a_column_of_another_type_is_refused_with_what_to_do_unless_it_is_text() {
        let mut column = Column::of(&Field::new("n", DataType::Int64, true));
        column.fit("bigint", "t").unwrap();
        assert_eq!(column.value(), "\"n\"");
        column.fit("text", "t").unwrap();
        assert_eq!(column.value(), "\"n\"::text");
        let e = column.fit("boolean", "\"s\".\"t\"").unwrap_err();
        assert_eq!(e.message(), "the column \"n\" in the database is of type boolean, and bigint is needed");
        assert!(e.advice().unwrap().contains("ALTER TABLE \"s\".\"t\" ALTER COLUMN \"n\" TYPE bigint"));
    }
}
