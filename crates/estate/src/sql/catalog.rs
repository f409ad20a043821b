//! The tables `tables` and `columns`, which describe everything that can be asked.

use super::missing::family;
use crate::layout::{CHANGES, FRESHNESS, SYNC_RUNS};
use crate::schema;
use crate::tables::{self, TableSpec};
use arrow::array::{
    ArrayRef, BooleanBuilder, Int64Builder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{MemTable, Session, TableProvider};
use datafusion::common::Result;
use datafusion::datasource::TableType;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The table of tables.
pub const TABLES: &str = "tables";
/// The table of columns.
pub const COLUMNS: &str = "columns";

/// What is known of a table besides what it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Status {
    /// Rows of its current state.
    pub rows: Option<i64>,
    /// When a run last read it, in microseconds since 1970.
    pub synced: Option<i64>,
    /// Whether that came whole.
    pub complete: Option<bool>,
}

/// A table as the catalog shows it.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) schema: String,
    pub(super) table: String,
    pub(super) columns: SchemaRef,
}

/// What a table is for, in one line.
pub(super) fn doc(table: &str) -> &'static str {
    match table {
        "resources" => "All resources of all types: the columns they share.",
        "findings" => "What controls found on resources, what became of it, and when.",
        TABLES => "The tables there are.",
        COLUMNS => "The columns there are.",
        SYNC_RUNS => "The runs of sync: each is a version of the estate.",
        CHANGES => "What appeared, vanished, changed, failed, was fixed, reopened or excepted, and when.",
        FRESHNESS => "What each run read, and what it assumed.",
        other => tables::get(other).map_or("", |spec| spec.doc.trim()),
    }
}

fn plain(fields: Vec<(&str, DataType, &str)>) -> SchemaRef {
    let field = |(name, data_type, doc): (&str, DataType, &str)| {
        Field::new(name, data_type, true)
            .with_metadata(HashMap::from([("comment".to_owned(), doc.to_owned())]))
    };
    Arc::new(Schema::new(fields.into_iter().map(field).collect::<Vec<_>>()))
}

fn tables_schema() -> SchemaRef {
    plain(vec![
        (
            "schema",
            DataType::Utf8,
            "Schema: estate is the default, history has all versions, live asks the service.",
        ),
        ("table", DataType::Utf8, "Name of the table."),
        ("rows", DataType::Int64, "Rows; null where it was never synced, or is not counted."),
        ("doc", DataType::Utf8, "What a row is."),
        ("family", DataType::Utf8, "Family, as sync takes it with --only, --skip and --with."),
        ("syncedAt", schema::time(), "When a run last read it (UTC); null where it was never synced."),
        ("complete", DataType::Boolean, "Whether that reading came whole."),
    ])
}

fn columns_schema() -> SchemaRef {
    plain(vec![
        ("schema", DataType::Utf8, "Schema of the table."),
        ("table", DataType::Utf8, "Name of the table."),
        ("column", DataType::Utf8, "Name of the column."),
        ("type", DataType::Utf8, "What it holds."),
        ("doc", DataType::Utf8, "What it means."),
        ("sensitive", DataType::Boolean, "Whether it may hold secrets or personal data."),
    ])
}

/// A table whose few rows are made when it is asked.
#[derive(Debug)]
pub(super) struct Made {
    schema: SchemaRef,
    what: What,
    listed: Arc<Vec<Listed>>,
    status: Arc<BTreeMap<String, Status>>,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Tables,
    Columns,
}

/// The two tables over what is listed.
pub(super) fn made(listed: Vec<Listed>, status: BTreeMap<String, Status>) -> [(&'static str, Arc<Made>); 2] {
    let (listed, status) = (Arc::new(with_unsynced(listed)), Arc::new(status));
    let made = |schema, what| Arc::new(Made { schema, what, listed: listed.clone(), status: status.clone() });
    [(TABLES, made(tables_schema(), What::Tables)), (COLUMNS, made(columns_schema(), What::Columns))]
}

/// The tables that are there, those that a sync could bring, and the two of this file.
fn with_unsynced(mut listed: Vec<Listed>) -> Vec<Listed> {
    let estate = "estate";
    for (table, columns) in [(TABLES, tables_schema()), (COLUMNS, columns_schema())] {
        listed.retain(|l| l.schema != estate || l.table != table);
        listed.push(Listed { schema: estate.to_owned(), table: table.to_owned(), columns });
    }
    for spec in tables::all() {
        if !listed.iter().any(|l| l.schema == estate && l.table == spec.name) {
            let (schema, table) = (estate.to_owned(), spec.name.clone());
            listed.push(Listed { schema, table, columns: schema::user_schema(spec) });
        }
    }
    listed.sort_by(|a, b| (&a.schema, &a.table).cmp(&(&b.schema, &b.table)));
    listed
}

impl Made {
    fn batch(&self) -> Result<RecordBatch> {
        let columns = match self.what {
            What::Tables => self.tables(),
            What::Columns => self.columns(),
        };
        Ok(RecordBatch::try_new(self.schema.clone(), columns)?)
    }

    fn tables(&self) -> Vec<ArrayRef> {
        let [mut schema, mut table, mut docs, mut families] = [(); 4].map(|()| StringBuilder::new());
        let mut rows = Int64Builder::new();
        let mut synced = TimestampMicrosecondBuilder::new().with_data_type(schema::time());
        let mut complete = BooleanBuilder::new();
        for listed in self.listed.iter() {
            let stored = listed.schema == "estate";
            let status = self.status.get(&listed.table).filter(|_| stored).copied().unwrap_or_default();
            schema.append_value(&listed.schema);
            table.append_value(&listed.table);
            rows.append_option(status.rows);
            docs.append_value(doc(&listed.table));
            let kind = tables::get(&listed.table).map(|spec| spec.kind).or_else(|| family(&listed.table));
            families.append_option(kind.map(|kind| kind.family()));
            synced.append_option(status.synced);
            complete.append_option(status.complete);
        }
        vec![
            Arc::new(schema.finish()),
            Arc::new(table.finish()),
            Arc::new(rows.finish()),
            Arc::new(docs.finish()),
            Arc::new(families.finish()),
            Arc::new(synced.finish()),
            Arc::new(complete.finish()),
        ]
    }

    fn columns(&self) -> Vec<ArrayRef> {
        let [mut schema, mut table, mut column, mut types, mut docs] = [(); 5].map(|()| StringBuilder::new());
        let mut sensitive = BooleanBuilder::new();
        for listed in self.listed.iter() {
            let spec = tables::get(&listed.table);
            for field in listed.columns.fields() {
                schema.append_value(&listed.schema);
                table.append_value(&listed.table);
                column.append_value(field.name());
                types.append_value(type_name(field.data_type()));
                docs.append_option(field.metadata().get("comment").map(|doc| doc.trim()));
                sensitive.append_value(spec.is_some_and(|spec| is_sensitive(spec, field.name())));
            }
        }
        vec![
            Arc::new(schema.finish()),
            Arc::new(table.finish()),
            Arc::new(column.finish()),
            Arc::new(types.finish()),
            Arc::new(docs.finish()),
            Arc::new(sensitive.finish()),
        ]
    }
}

/// Whether a column, or a field inside it, may hold what is not for everybody. The row as it came may.
fn is_sensitive(spec: &TableSpec, column: &str) -> bool {
    match spec.shape.column(column) {
        Some(column) => column.has_sensitive(),
        None => {
            (column == crate::layout::RAW || column == crate::layout::EXTRA) && spec.shape.has_sensitive()
        }
    }
}

/// A type in few words, as people say it.
pub fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text".to_owned(),
        t if t.is_integer() => "int".to_owned(),
        DataType::Float16 | DataType::Float32 | DataType::Float64 => "float".to_owned(),
        DataType::Boolean => "bool".to_owned(),
        DataType::Timestamp(..) => "time".to_owned(),
        DataType::List(item) | DataType::LargeList(item) => {
            format!("list of {}", type_name(item.data_type()))
        }
        DataType::Struct(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|f| format!("{} {}", f.name(), type_name(f.data_type()))).collect();
            format!("({})", fields.join(", "))
        }
        other => other.to_string().to_lowercase(),
    }
}

#[async_trait]
impl TableProvider for Made {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let table = MemTable::try_new(self.schema.clone(), vec![vec![self.batch()?]])?;
        table.scan(state, projection, filters, limit).await
    }
}
