//! Live tables against the simulated service, over real sockets.

mod answers;
mod calls;
mod guard;

use arrow::array::{RecordBatch, StringArray};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use bytes::Bytes;
use datafusion::arrow;
use datafusion::catalog::{MemorySchemaProvider, SchemaProvider};
use datafusion::datasource::MemTable;
use datafusion::physical_plan::{displayable, execute_stream};
use datafusion::prelude::{SessionConfig, SessionContext};
use futures_util::TryStreamExt;
use std::sync::Arc;
use std::time::Duration;
use totalcloud::transport::ProxyChoice;
use totalcloud::{Client, Credentials, Hosts, PageOptions, RetryPolicy};
use totalcloud_api::operation::Request;
use totalcloud_estate::live::{self, Allow, Options};
use totalcloud_estate::{Error, tables};
use totalcloud_table::BatchBuilder;
use totalcloud_testkit::SimHandle;

fn client(sim: &SimHandle) -> Client {
    let urls = sim.urls();
    let hosts = Hosts::single(&urls.base).unwrap();
    let hosts = hosts.with_gateway(&urls.gateway).unwrap().with_api(&urls.api).unwrap();
    let (user, password) = sim.login();
    Client::builder(hosts)
        .credentials(Credentials::basic(user, password))
        .proxy(ProxyChoice::Direct)
        // Waits of the client's own are not what is tested here.
        .retry(RetryPolicy::default().base(Duration::from_millis(2)))
        .random_seed(1)
        .build()
        .unwrap()
}

/// A session with the schema `live`, whose guard allows everything.
fn session(client: &Client) -> SessionContext {
    session_with(client, &Options::default().guard(Arc::new(Allow)))
}

fn session_with(client: &Client, options: &Options) -> SessionContext {
    let mut config = SessionConfig::new().with_target_partitions(2);
    config.options_mut().sql_parser.enable_ident_normalization = false;
    config.options_mut().execution.time_zone = Some("UTC".to_owned());
    let ctx = SessionContext::new_with_config(config);
    live::register(&ctx, client, options).unwrap();
    ctx
}

async fn asked(
    ctx: &SessionContext,
    sql: &str,
) -> Result<Vec<RecordBatch>, datafusion::error::DataFusionError> {
    ctx.sql(sql).await?.collect().await
}

/// The rows of an answer as text.
async fn rows(ctx: &SessionContext, sql: &str) -> Vec<String> {
    let batches = asked(ctx, sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    batches.iter().flat_map(texts).collect()
}

fn texts(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::default().with_null("∅");
    let columns: Vec<_> =
        batch.columns().iter().map(|c| ArrayFormatter::try_new(c.as_ref(), &options).unwrap()).collect();
    let row = |row: usize| columns.iter().map(|c| c.value(row).to_string()).collect::<Vec<_>>().join("|");
    (0..batch.num_rows()).map(row).collect()
}

/// The error of a query, as this crate made it.
async fn refused(ctx: &SessionContext, sql: &str) -> Error {
    let e = asked(ctx, sql).await.expect_err(sql);
    let found = e.find_root();
    let datafusion::error::DataFusionError::External(e) = found else { panic!("{sql}: {found}") };
    e.downcast_ref::<Error>().unwrap_or_else(|| panic!("{sql}: {e}")).clone()
}

/// The physical plan of a query as EXPLAIN shows it, after its cost was estimated where that is wanted.
async fn plan(ctx: &SessionContext, sql: &str, estimate: bool) -> String {
    let plan = ctx.sql(sql).await.unwrap().create_physical_plan().await.unwrap();
    if estimate {
        live::estimate(&plan).await.unwrap();
    }
    displayable(plan.as_ref()).indent(false).to_string()
}

/// Runs a query and lets go of it after the first batch.
async fn first_batch(ctx: &SessionContext, sql: &str) -> RecordBatch {
    let plan = ctx.sql(sql).await.unwrap().create_physical_plan().await.unwrap();
    execute_stream(plan, ctx.task_ctx()).unwrap().try_next().await.unwrap().unwrap()
}

/// All rows of listings as a table of memory, put together without the code under test.
struct Kept {
    schema: MemorySchemaProvider,
    client: Client,
}

impl Kept {
    fn new(client: &Client) -> Kept {
        Kept { schema: MemorySchemaProvider::new(), client: client.clone() }
    }

    async fn rows(&self, request: Request) -> Vec<Bytes> {
        self.client.pages(request, PageOptions::default()).unwrap().collect_rows().await.unwrap()
    }

    /// Registers a table of these listings; each says which columns are the same in all its rows, or come from
    /// another column.
    async fn add(&self, name: &str, listings: Vec<(Request, Vec<(&str, String)>)>) {
        let table = tables::get(name).unwrap();
        let ctx = SessionContext::new();
        live::register(&ctx, &self.client, &Options::default()).unwrap();
        let schema = ctx.table_provider(format!("live.{name}")).await.unwrap().schema();
        let mut batches = Vec::new();
        for (request, said) in listings {
            let mut builder = BatchBuilder::new(table.shape, true);
            for row in self.rows(request).await {
                builder.push(&row).unwrap();
            }
            let batch = builder.finish().unwrap();
            let column =
                |field: &Arc<arrow::datatypes::Field>| match said.iter().find(|(c, _)| c == field.name()) {
                    Some((_, from)) if from.starts_with('@') => batch[&from[1..]].clone(),
                    Some((_, text)) => {
                        Arc::new(StringArray::from(vec![text.as_str(); batch.num_rows()])) as Arc<_>
                    }
                    None if batch.schema().field_with_name(field.name()).is_err() => {
                        arrow::array::new_null_array(field.data_type(), batch.num_rows())
                    }
                    None => batch[field.name().as_str()].clone(),
                };
            let columns = schema.fields().iter().map(column).collect();
            batches.push(RecordBatch::try_new(schema.clone(), columns).unwrap());
        }
        let table = MemTable::try_new(schema, vec![batches]).unwrap();
        self.schema.register_table(name.to_owned(), Arc::new(table)).unwrap();
    }

    /// Registers the schema as `kept`.
    fn into(self, ctx: &SessionContext) {
        ctx.catalog("datafusion").unwrap().register_schema("kept", Arc::new(self.schema)).unwrap();
    }
}
