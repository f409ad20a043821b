//! The Arrow schemas of the tables, and how a stored schema and the one of today become one.

use crate::layout::*;
use crate::tables::TableSpec;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::collections::HashMap;
use std::sync::Arc;

/// Instants: microseconds in UTC.
pub fn time() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn field(name: &str, data_type: DataType, doc: &str) -> Field {
    Field::new(name, data_type, true).with_metadata(HashMap::from([("comment".to_owned(), doc.to_owned())]))
}

/// The columns of a table of row versions that are not of its shape, in their order.
pub fn system_fields(table: &TableSpec) -> Vec<Field> {
    let mut fields = vec![
        field(KEY, DataType::Utf8, "What identifies the row in its table."),
        field(RUN, DataType::Int64, "The sync run that wrote this version."),
        field(GONE, DataType::Boolean, "Whether this version says that the row is gone."),
        field(TO, DataType::Int64, "The sync run from which this version no longer holds."),
        field(HASH, DataType::Int64, "The content without volatile fields, hashed."),
        field(SCOPE, DataType::Utf8, "What was read when the row was read."),
    ];
    fields.extend(derived_fields(table));
    fields.push(field(FIRST_SEEN, time(), "When a sync first saw the row (UTC)."));
    if table.findings {
        fields.extend(finding_fields());
    }
    fields
}

/// The columns that say where a row is from.
pub fn derived_fields(table: &TableSpec) -> Vec<Field> {
    let mut fields = Vec::new();
    if table.derives_provider() {
        fields.push(field(PROVIDER, DataType::Utf8, "Cloud: aws, azure, gcp or oci."));
    }
    if table.has_account() {
        fields.push(field(ACCOUNT, DataType::Utf8, "Account, subscription, project or tenancy."));
    }
    if table.control {
        fields.push(field(CONTROL, DataType::Utf8, "Control, as in the path of the request."));
    }
    fields
}

/// The columns that say what became of a finding.
pub fn finding_fields() -> Vec<Field> {
    vec![
        field(FAILED_SINCE, time(), "Since when it fails, as far as syncs saw it (UTC)."),
        field(FIXED_ON, time(), "When a sync first saw it fixed (UTC)."),
        field(REOPENED_ON, time(), "When a sync last saw it fail again (UTC)."),
        field(TIMES_REOPENED, DataType::Int64, "How often it failed again after it was fixed."),
    ]
}

/// What users see of a table, without `raw` columns of the layout: where it is from, the shape, when it was
/// seen, what became of it, `extra` and `raw`.
pub fn user_schema(table: &TableSpec) -> SchemaRef {
    let mut fields = derived_fields(table);
    let (shape, rest) = shape_fields(table);
    fields.extend(shape);
    fields.push(field(FIRST_SEEN, time(), "When a sync first saw the row (UTC)."));
    fields.push(field(LAST_SEEN, time(), "When a reading last confirmed the row (UTC)."));
    if table.findings {
        fields.extend(finding_fields());
    }
    fields.extend(rest);
    Arc::new(Schema::new(fields))
}

/// The columns of the shape; and `extra` and `raw` apart.
pub fn shape_fields(table: &TableSpec) -> (Vec<Field>, Vec<Field>) {
    let schema = totalcloud_table::schema(table.shape, true);
    let all: Vec<Field> = schema.fields().iter().map(|f| f.as_ref().clone()).collect();
    let (mut shape, mut rest) = (all, Vec::new());
    while rest.len() < 2
        && let Some(last) = shape.pop()
    {
        let name = if rest.is_empty() { RAW } else { EXTRA };
        rest.insert(0, last.with_name(name));
    }
    (shape, rest)
}

/// The columns as they are stored, but for the partition column.
pub fn stored_schema(table: &TableSpec) -> SchemaRef {
    let mut fields = system_fields(table);
    let (shape, rest) = shape_fields(table);
    fields.extend(shape);
    fields.extend(rest);
    Arc::new(Schema::new(fields))
}

/// A stored schema with the columns of today's that it lacks. Where a column has another type today, the
/// stored type stays: values that do not fit it are null in the column, and whole in `raw`.
pub fn merged(stored: &Schema, today: &Schema) -> SchemaRef {
    let mut fields: Vec<Arc<Field>> = stored.fields().iter().cloned().collect();
    for field in today.fields() {
        match fields.iter_mut().find(|f| f.name() == field.name()) {
            None => fields.push(field.clone()),
            Some(known) => *known = Arc::new(merged_field(known, field)),
        }
    }
    Arc::new(Schema::new(fields))
}

/// Objects grow by fields as tables grow by columns.
fn merged_field(stored: &Field, today: &Field) -> Field {
    let data_type = match (stored.data_type(), today.data_type()) {
        (DataType::Struct(a), DataType::Struct(b)) => {
            let both = merged(&Schema::new(a.clone()), &Schema::new(b.clone()));
            DataType::Struct(both.fields().clone())
        }
        (DataType::List(a), DataType::List(b)) => DataType::List(Arc::new(merged_field(a, b))),
        (kept, _) => kept.clone(),
    };
    stored.clone().with_data_type(data_type)
}

/// The columns of a run, `sync_runs`.
pub fn sync_runs() -> SchemaRef {
    let table = vec![
        field("table", DataType::Utf8, "Name of the table."),
        field("version", DataType::Int64, "Delta version of the table that belongs to the run."),
        field("rows", DataType::Int64, "Rows of the table's current state, if known."),
        field("rowsRead", DataType::Int64, "Rows the service gave in this run."),
        field("appeared", DataType::Int64, "Rows that were new."),
        field("changed", DataType::Int64, "Rows that had changed."),
        field("vanished", DataType::Int64, "Rows that were gone."),
        field("complete", DataType::Boolean, "Whether what was read came whole."),
        field("how", DataType::Utf8, "How it was read: whole, updated, failing, assumed or not."),
        field("reason", DataType::Utf8, "Why it is not complete."),
    ];
    let item = Field::new("element", DataType::Struct(table.into()), true);
    let text = Field::new("element", DataType::Utf8, true);
    Arc::new(Schema::new(vec![
        field("run", DataType::Int64, "Number of the run; the version of the estate."),
        field("kind", DataType::Utf8, "sync or optimize."),
        field("started", time(), "When it began (UTC)."),
        field("finished", time(), "When it ended (UTC)."),
        field("complete", DataType::Boolean, "Whether all that was asked for came whole."),
        field("calls", DataType::Int64, "Calls to the service."),
        field("rowsRead", DataType::Int64, "Rows the service gave."),
        field("appeared", DataType::Int64, "Rows that were new."),
        field("changed", DataType::Int64, "Rows that had changed."),
        field("vanished", DataType::Int64, "Rows that were gone."),
        field("bytes", DataType::Int64, "Bytes of data written."),
        field("oldest", DataType::Int64, "The oldest run that can still be asked for."),
        field("program", DataType::Utf8, "Version of the program."),
        field("assumed", DataType::List(Arc::new(text)), "What was taken for granted and not read."),
        field("tables", DataType::List(Arc::new(item)), "All tables with their Delta versions."),
    ]))
}

/// The columns of `changes`.
pub fn changes() -> SchemaRef {
    let change = vec![
        field("field", DataType::Utf8, "Name of the field."),
        field("before", DataType::Utf8, "Its value before, as JSON; null if it was not there."),
        field("after", DataType::Utf8, "Its value after, as JSON; null if it is not there."),
    ];
    let item = Field::new("element", DataType::Struct(change.into()), true);
    Arc::new(Schema::new(vec![
        field("run", DataType::Int64, "The run that saw it."),
        field("at", time(), "When that run began (UTC)."),
        field(
            "kind",
            DataType::Utf8,
            "appeared, vanished, changed, newly_failed, fixed, reopened or excepted.",
        ),
        field("table", DataType::Utf8, "The table of the row."),
        field(PROVIDER, DataType::Utf8, "Cloud."),
        field(ACCOUNT, DataType::Utf8, "Account, subscription, project or tenancy."),
        field("region", DataType::Utf8, "Region."),
        field("resourceType", DataType::Utf8, "API name of the type."),
        field("resourceId", DataType::Utf8, "Id in the cloud."),
        field("name", DataType::Utf8, "Name."),
        field(CONTROL, DataType::Utf8, "Control."),
        field("key", DataType::Utf8, "What identifies the row in its table."),
        field("fields", DataType::List(Arc::new(item)), "What changed, volatile fields left out."),
    ]))
}

/// The columns of `freshness`.
pub fn freshness() -> SchemaRef {
    Arc::new(Schema::new(vec![
        field("run", DataType::Int64, "The run that read it."),
        field("table", DataType::Utf8, "The table."),
        field("scope", DataType::Utf8, "What was read: empty for all, else provider/account[/control]."),
        field(PROVIDER, DataType::Utf8, "Cloud."),
        field(ACCOUNT, DataType::Utf8, "Account, subscription, project or tenancy."),
        field(CONTROL, DataType::Utf8, "Control."),
        field("readAt", time(), "When the reading began (UTC)."),
        field("rows", DataType::Int64, "Rows that came."),
        field("complete", DataType::Boolean, "Whether it came whole."),
        field("how", DataType::Utf8, "whole, updated, failing or assumed."),
        field("note", DataType::Utf8, "What was assumed, or why it is not whole."),
    ]))
}

/// The columns of a plain table, if it is one.
pub fn plain(table: &str) -> Option<SchemaRef> {
    match table {
        SYNC_RUNS => Some(sync_runs()),
        CHANGES => Some(changes()),
        FRESHNESS => Some(freshness()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables;
    use std::collections::BTreeSet;

    #[test]
    fn no_column_stands_twice_whatever_its_letter_case() {
        for table in tables::all() {
            for schema in [stored_schema(table), user_schema(table)] {
                let mut names = BTreeSet::new();
                for field in schema.fields() {
                    assert!(names.insert(field.name().to_lowercase()), "{}: {}", table.name, field.name());
                }
                assert_eq!(schema.fields().last().unwrap().name(), RAW);
            }
        }
    }

    #[test]
    fn a_stored_schema_grows_and_keeps_its_types() {
        let table = tables::get("aws_ec2_instance").unwrap();
        let today = stored_schema(table);
        let fewer: Vec<Field> = today
            .fields()
            .iter()
            .filter(|f| f.name() != "imageId")
            .map(|f| match f.name().as_str() {
                "controlsFailed" => f.as_ref().clone().with_data_type(DataType::Utf8),
                _ => f.as_ref().clone(),
            })
            .collect();
        let merged = merged(&Schema::new(fewer), &today);
        assert!(merged.field_with_name("imageId").is_ok());
        assert_eq!(merged.field_with_name("controlsFailed").unwrap().data_type(), &DataType::Utf8);
    }
}
