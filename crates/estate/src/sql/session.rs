//! A session: the engine with its memory bounded, and the tables it may read.

use super::catalog::Described;
use super::error::{Result, SqlError, external, told};
use super::names::{self, Known};
use super::params::Params;
use super::text::{self, Asked, Text};
use super::{functions, missing};
use crate::pool::{self, SplitPool};
use crate::read::Snapshot;
use crate::{Error, Kind};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::{CatalogProvider, MemorySchemaProvider, SchemaProvider};
use datafusion::execution::context::SQLOptions;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::TrackConsumersPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SendableRecordBatchStream, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, displayable, execute_stream};
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::Statement;
use futures_util::{FutureExt, StreamExt};
use std::any::Any;
use std::future::Future;
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;

/// The catalog that has all schemas.
const CATALOG: &str = "datafusion";
/// The schema of tables that are named without one.
pub const ESTATE: &str = "estate";

/// How a session works.
#[derive(Debug, Clone)]
pub struct Options {
    /// Bytes that queries may use before they go on on disk.
    pub memory: usize,
    /// Queries are cut into so many parts; without it, one a core.
    pub partitions: Option<usize>,
    /// Where what does not fit into memory goes; without it, the system's folder for temporary files.
    pub spill: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Options {
        Options { memory: 1 << 30, partitions: None, spill: None }
    }
}

/// The engine and its tables.
pub struct Session {
    context: SessionContext,
}

impl Session {
    /// A session without tables.
    ///
    /// # Errors
    /// If there is no place for what does not fit into memory.
    pub fn new(options: &Options) -> crate::Result<Session> {
        let disk = match &options.spill {
            Some(folder) => DiskManagerMode::Directories(vec![folder.clone()]),
            None => DiskManagerMode::OsTmpDirectory,
        };
        let most = NonZeroUsize::new(3).unwrap_or(NonZeroUsize::MIN);
        let pool = TrackConsumersPool::new(SplitPool::new(options.memory.max(1 << 20)), most);
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(pool))
            .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(disk))
            .build_arc()
            .map_err(Error::from)?;
        let mut config = SessionConfig::new()
            .with_default_catalog_and_schema(CATALOG, ESTATE)
            .with_information_schema(false)
            .with_create_default_catalog_and_schema(true);
        if let Some(partitions) = options.partitions {
            config = config.with_target_partitions(partitions.max(1));
        }
        let settings = config.options_mut();
        // The session puts known spellings in itself: the columns have capitals.
        settings.sql_parser.enable_ident_normalization = false;
        settings.sql_parser.collect_spans = true;
        settings.execution.time_zone = Some("UTC".to_owned());
        pool::tell(&mut settings.execution);
        // The files of an estate have none.
        settings.execution.parquet.bloom_filter_on_read = false;
        // Constant columns of views are known never to be null where the table says that they may be.
        settings.execution.skip_physical_aggregate_schema_check = true;
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(runtime)
            .with_default_features()
            .build();
        let context = SessionContext::new_with_state(state);
        for function in functions::all() {
            context.register_udf(function);
        }
        Ok(Session { context })
    }

    /// The engine, to register tables with.
    pub fn context(&self) -> &SessionContext {
        &self.context
    }

    /// A schema, made if it is not there.
    ///
    /// # Errors
    /// If the engine refuses it.
    pub fn schema(&self, name: &str) -> crate::Result<Arc<dyn SchemaProvider>> {
        let catalog = self.catalog()?;
        if let Some(schema) = catalog.schema(name) {
            return Ok(schema);
        }
        let schema: Arc<dyn SchemaProvider> = Arc::new(MemorySchemaProvider::new());
        catalog.register_schema(name, schema.clone()).map_err(Error::from)?;
        Ok(schema)
    }

    fn catalog(&self) -> crate::Result<Arc<dyn CatalogProvider>> {
        self.context.catalog(CATALOG).ok_or_else(|| Error::new(Kind::Failed, "the engine has no catalog"))
    }

    /// A session over a state of an estate, with the tables `tables` and `columns`, which describe all that there
    /// are whenever they are asked.
    ///
    /// # Errors
    /// As [`Session::new`], or if the engine refuses the tables.
    pub fn open(snapshot: Option<&Snapshot>, options: &Options) -> crate::Result<Session> {
        let session = Session::new(options)?;
        if let Some(snapshot) = snapshot {
            snapshot.register(&session.context)?;
        }
        session.describe(snapshot.cloned())?;
        Ok(session)
    }

    /// Adds the tables `tables` and `columns` to the default schema.
    pub(super) fn describe(&self, snapshot: Option<Snapshot>) -> crate::Result<()> {
        let catalog = self.catalog()?;
        let described = Described::new(self.schema(ESTATE)?, &catalog, snapshot);
        catalog.register_schema(ESTATE, Arc::new(described)).map_err(Error::from)?;
        Ok(())
    }

    /// Which tables there are, by schema; those of the default schema come without it.
    pub fn table_names(&self) -> Vec<String> {
        let known = self.known();
        let mut names = Vec::new();
        for (schema, tables) in &known.schemas {
            let short = *schema == known.default;
            names.extend(tables.iter().map(|t| if short { t.clone() } else { format!("{schema}.{t}") }));
        }
        names
    }

    /// The columns of a table that is named in any letter case, with or without its schema.
    pub async fn columns(&self, table: &str) -> Option<SchemaRef> {
        use datafusion::sql::sqlparser::ast::{Ident, ObjectName};
        let name = ObjectName::from(table.split('.').map(Ident::new).collect::<Vec<_>>());
        let (schema, table) = self.known().find(&name)?;
        let provider = self.context.catalog(CATALOG)?.schema(&schema)?;
        provider.table(&table).await.ok().flatten().map(|t| t.schema())
    }

    fn known(&self) -> Known {
        let mut known = Known { default: ESTATE.to_owned(), ..Known::default() };
        let Some(catalog) = self.context.catalog(CATALOG) else { return known };
        for name in catalog.schema_names() {
            if let Some(schema) = catalog.schema(&name) {
                known.schemas.insert(name, schema.table_names().into_iter().collect());
            }
        }
        known
    }

    /// Reads and plans a query; nothing runs yet.
    ///
    /// # Errors
    /// If the text is no query, names what is not there, or cannot be planned.
    pub async fn plan(&self, query: &str, params: &Params) -> Result<Plan> {
        let shown = Text::new(query);
        let logical = guarded(self.logical(query, params)).await??;
        let state = self.context.state();
        let physical = guarded(state.create_physical_plan(&logical)).await?.map_err(|e| told(e, &shown))?;
        Ok(Plan { logical, physical, context: self.context.clone() })
    }

    async fn logical(&self, query: &str, params: &Params) -> Result<LogicalPlan> {
        let shown = Text::new(query);
        match text::parse(query)? {
            Asked::Query(statement) => self.bound(statement, params, &shown).await,
            Asked::Tables => {
                self.own(
                    r#"SELECT "table", rows, "syncedAt", doc FROM tables
                    WHERE schema = 'estate' ORDER BY "syncedAt" IS NULL, 1"#,
                )
                .await
            }
            Asked::Columns(name) => {
                let known = self.known();
                let Some((schema, table)) = known.find(&name) else {
                    return Err(missing::table(&name, &known, &[], &shown));
                };
                self.own(&format!(
                    r#"SELECT "column", type, doc FROM columns WHERE schema = '{}' AND "table" = '{}'"#,
                    schema.replace('\'', "''"),
                    table.replace('\'', "''")
                ))
                .await
            }
        }
    }

    /// Plans a query of our own making.
    async fn own(&self, query: &str) -> Result<LogicalPlan> {
        match text::parse(query)? {
            Asked::Query(statement) => self.bound(statement, &Params::new(), &Text::new(query)).await,
            _ => Err(SqlError::input("there is no query")),
        }
    }

    async fn bound(
        &self,
        mut statement: Statement,
        params: &Params,
        shown: &Text<'_>,
    ) -> Result<LogicalPlan> {
        let known = self.known_to(&mut statement).await?;
        names::put_in(&mut statement, &known, shown)?;
        let state = self.context.state();
        let plan = state.statement_to_plan(statement).await.map_err(|e| told(e, shown))?;
        // Looked at once more, in the form in which it would run.
        let options =
            SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        options.verify_plan(&plan).map_err(|e| told(e, shown))?;
        params.bind(plan, shown)
    }

    /// What can be named, with the columns of the tables that the query names.
    async fn known_to(&self, statement: &mut Statement) -> Result<Known> {
        let mut known = self.known();
        let Some(catalog) = self.context.catalog(CATALOG) else { return Ok(known) };
        for name in names::relations(statement) {
            let Some((schema, table)) = known.find(&name) else { continue };
            let Some(provider) = catalog.schema(&schema) else { continue };
            if let Some(found) = provider.table(&table).await.map_err(external)? {
                known.columns.insert((schema, table), found.schema());
            }
        }
        Ok(known)
    }

    /// Runs a query.
    ///
    /// # Errors
    /// As [`Session::plan`], or if reading cannot begin.
    pub async fn query(&self, query: &str, params: &Params) -> Result<Rows> {
        self.plan(query, params).await?.run()
    }
}

/// A query that is ready to run.
pub struct Plan {
    logical: LogicalPlan,
    physical: Arc<dyn ExecutionPlan>,
    context: SessionContext,
}

impl Plan {
    /// The columns of the rows.
    pub fn schema(&self) -> SchemaRef {
        self.physical.schema()
    }

    /// What is done for it, step by step, and for live tables what the service is asked and in how many calls.
    pub fn explain(&self) -> String {
        displayable(self.physical.as_ref()).indent(false).to_string()
    }

    /// What is asked, of which columns.
    pub fn logical(&self) -> &LogicalPlan {
        &self.logical
    }

    /// The steps themselves.
    pub fn steps(&self) -> &Arc<dyn ExecutionPlan> {
        &self.physical
    }

    /// Starts it.
    ///
    /// # Errors
    /// If reading cannot begin.
    pub fn run(self) -> Result<Rows> {
        let stream = execute_stream(self.physical, self.context.task_ctx()).map_err(external)?;
        Ok(Rows(stream))
    }
}

/// The rows of a query, as they come.
pub struct Rows(SendableRecordBatchStream);

impl Rows {
    /// The columns.
    pub fn schema(&self) -> SchemaRef {
        self.0.schema()
    }

    /// The next rows.
    ///
    /// # Errors
    /// If they cannot be had; there are none after that.
    pub async fn next(&mut self) -> Option<Result<RecordBatch>> {
        match guarded(self.0.next()).await {
            Ok(Some(Ok(batch))) => Some(Ok(batch)),
            Ok(Some(Err(e))) => Some(Err(external(e).into())),
            Ok(None) => None,
            Err(e) => Some(Err(e)),
        }
    }

    /// All rows, for results that are known to be small.
    ///
    /// # Errors
    /// As [`Rows::next`].
    pub async fn collect(mut self) -> Result<Vec<RecordBatch>> {
        let mut all = Vec::new();
        while let Some(batch) = self.next().await {
            all.push(batch?);
        }
        Ok(all)
    }

    /// The stream of the engine.
    pub fn into_stream(self) -> SendableRecordBatchStream {
        self.0
    }
}

/// A fault of the engine costs the query, not the process.
async fn guarded<T>(work: impl Future<Output = T>) -> Result<T> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|panic| {
        SqlError::new(Kind::Failed, format!("the engine failed on this query: {}", cause(panic.as_ref())))
            .hint("put it another way; a simpler query says which part it is")
    })
}

fn cause(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("it gives no reason")
}
