//! The tables `tables` and `columns`, which describe everything that can be asked.

use super::missing::family;
use crate::layout::{CHANGES, FRESHNESS, SYNC_RUNS};
use crate::read::Snapshot;
use crate::schema;
use crate::sql::session::ESTATE;
use crate::store::How;
use crate::tables::{self, TableSpec};
use arrow::array::{
    ArrayRef, BooleanBuilder, Int64Builder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, MemTable, SchemaProvider, Session, TableProvider};
use datafusion::common::Result;
use datafusion::datasource::TableType;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Weak};

/// The table of tables.
pub const TABLES: &str = "tables";
/// The table of columns.
pub const COLUMNS: &str = "columns";

/// A table as the catalog shows it.
#[derive(Debug, Clone)]
struct Listed {
    schema: String,
    table: String,
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

/// A schema with the two tables of this file.
pub(super) struct Described {
    inner: Arc<dyn SchemaProvider>,
    made: [Arc<Made>; 2],
}

impl Described {
    /// Adds them to a schema of this catalog; what they list is looked up when they are asked.
    pub(super) fn new(
        inner: Arc<dyn SchemaProvider>,
        catalog: &Arc<dyn CatalogProvider>,
        snapshot: Option<Snapshot>,
    ) -> Described {
        let made = |schema, what| {
            Arc::new(Made { schema, what, catalog: Arc::downgrade(catalog), snapshot: snapshot.clone() })
        };
        let made = [made(tables_schema(), What::Tables), made(columns_schema(), What::Columns)];
        Described { inner, made }
    }
}

impl fmt::Debug for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl SchemaProvider for Described {
    fn table_names(&self) -> Vec<String> {
        let mut names = self.inner.table_names();
        names.retain(|name| name != TABLES && name != COLUMNS);
        names.extend([TABLES.to_owned(), COLUMNS.to_owned()]);
        names
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        match name {
            TABLES => Ok(Some(Arc::clone(&self.made[0]) as _)),
            COLUMNS => Ok(Some(Arc::clone(&self.made[1]) as _)),
            other => self.inner.table(other).await,
        }
    }

    fn register_table(
        &self,
        name: String,
        table: Arc<dyn TableProvider>,
    ) -> Result<Option<Arc<dyn TableProvider>>> {
        self.inner.register_table(name, table)
    }

    fn table_exist(&self, name: &str) -> bool {
        name == TABLES || name == COLUMNS || self.inner.table_exist(name)
    }
}

/// A table whose few rows are made when it is asked.
struct Made {
    schema: SchemaRef,
    what: What,
    catalog: Weak<dyn CatalogProvider>,
    snapshot: Option<Snapshot>,
}

impl fmt::Debug for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.what.fmt(f)
    }
}

#[derive(Debug, Clone, Copy)]
enum What {
    Tables,
    Columns,
}

impl Made {
    /// The tables that are there, and those that a sync could bring.
    fn listed(&self) -> Vec<Listed> {
        let mut listed = BTreeSet::new();
        if let Some(catalog) = self.catalog.upgrade() {
            for schema in catalog.schema_names() {
                let tables = catalog.schema(&schema).map(|s| s.table_names()).unwrap_or_default();
                listed.extend(tables.into_iter().map(|table| (schema.clone(), table)));
            }
        }
        listed.extend(tables::all().iter().map(|spec| (ESTATE.to_owned(), spec.name.clone())));
        listed.into_iter().map(|(schema, table)| Listed { schema, table }).collect()
    }

    async fn batch(&self) -> Result<RecordBatch> {
        let columns = match self.what {
            What::Tables => self.tables().await?,
            What::Columns => self.columns().await?,
        };
        Ok(RecordBatch::try_new(self.schema.clone(), columns)?)
    }

    /// When each table was last read.
    async fn synced(&self) -> Result<BTreeMap<String, i64>> {
        let mut synced = BTreeMap::new();
        let Some(snapshot) = &self.snapshot else { return Ok(synced) };
        let mut runs = snapshot.estate().runs().await?;
        runs.retain(|run| run.run <= snapshot.run().run);
        runs.sort_by_key(|run| run.run);
        for run in &runs {
            for table in run.tables.iter().filter(|t| t.how != How::Not) {
                synced.insert(table.table.clone(), run.started.as_microsecond());
            }
        }
        Ok(synced)
    }

    async fn tables(&self) -> Result<Vec<ArrayRef>> {
        let when = self.synced().await?;
        let [mut schema, mut table, mut docs, mut families] = [(); 4].map(|()| StringBuilder::new());
        let mut rows = Int64Builder::new();
        let mut synced = TimestampMicrosecondBuilder::new().with_data_type(schema::time());
        let mut complete = BooleanBuilder::new();
        for listed in self.listed() {
            let stored = (listed.schema == ESTATE).then_some(self.snapshot.as_ref()).flatten();
            let status = stored.and_then(|snapshot| snapshot.run().table(&listed.table));
            schema.append_value(&listed.schema);
            table.append_value(&listed.table);
            rows.append_option(status.and_then(|status| status.rows));
            docs.append_value(doc(&listed.table));
            families.append_option(family(&listed.table).map(|kind| kind.family()));
            synced.append_option(status.and_then(|_| when.get(&listed.table).copied()));
            complete.append_option(status.map(|status| status.complete));
        }
        Ok(vec![
            Arc::new(schema.finish()),
            Arc::new(table.finish()),
            Arc::new(rows.finish()),
            Arc::new(docs.finish()),
            Arc::new(families.finish()),
            Arc::new(synced.finish()),
            Arc::new(complete.finish()),
        ])
    }

    async fn columns_of(&self, listed: &Listed) -> Result<Option<SchemaRef>> {
        if listed.schema == ESTATE && (listed.table == TABLES || listed.table == COLUMNS) {
            return Ok(Some(if listed.table == TABLES { tables_schema() } else { columns_schema() }));
        }
        let schema = self.catalog.upgrade().and_then(|catalog| catalog.schema(&listed.schema));
        if let Some(schema) = schema
            && let Some(table) = schema.table(&listed.table).await?
        {
            return Ok(Some(table.schema()));
        }
        Ok(tables::get(&listed.table).map(schema::user_schema))
    }

    async fn columns(&self) -> Result<Vec<ArrayRef>> {
        let [mut schema, mut table, mut column, mut types, mut docs] = [(); 5].map(|()| StringBuilder::new());
        let mut sensitive = BooleanBuilder::new();
        for listed in self.listed() {
            let spec = tables::get(&listed.table);
            let Some(columns) = self.columns_of(&listed).await? else { continue };
            for field in columns.fields() {
                schema.append_value(&listed.schema);
                table.append_value(&listed.table);
                column.append_value(field.name());
                types.append_value(type_name(field.data_type()));
                docs.append_option(field.metadata().get("comment").map(|doc| doc.trim()));
                sensitive.append_value(spec.is_some_and(|spec| is_sensitive(spec, field.name())));
            }
        }
        Ok(vec![
            Arc::new(schema.finish()),
            Arc::new(table.finish()),
            Arc::new(column.finish()),
            Arc::new(types.finish()),
            Arc::new(docs.finish()),
            Arc::new(sensitive.finish()),
        ])
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
        let table = MemTable::try_new(self.schema.clone(), vec![vec![self.batch().await?]])?;
        table.scan(state, projection, filters, limit).await
    }
}
