//! The service itself as tables: schema `live`, asked without a sync.
//!
//! A live table has the columns of the stored one of the same name, without what only syncs know. Its scan reads
//! the listings of the service page by page: predicates that the service is known to evaluate go into its filter,
//! and every row that comes is tested again, so that an answer is right whatever the service makes of the filter.
//! Columns that are not asked for are not decoded, a limit ends the paging, and rows are counted by the service
//! where that is known to be the same. A listing that does not come whole is an error.

mod cost;
mod parts;
mod proof;
mod push;
mod read;
mod rows;
mod scan;
mod table;
mod view;

/// For whoever makes a [`Guard`].
pub use async_trait::async_trait;
pub use cost::{Allow, Calls, Cost, Guard, Refuse, admit, estimate};
pub use scan::LiveScan;

use crate::tables::{self, TableSpec};
use crate::{Error, Kind, Result};
use cost::Meter;
use datafusion::catalog::{MemorySchemaProvider, SchemaProvider, TableProvider};
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use std::fmt;
use std::sync::Arc;
use table::LiveTable;
use totalcloud::{Client, InventoryApi};

/// The name of the schema.
pub const SCHEMA: &str = "live";

/// The share of a window's quota up to which nobody is asked.
pub const SHARE: f64 = 0.25;

/// How live tables ask.
#[derive(Clone)]
#[non_exhaustive]
pub struct Options {
    /// The share of a window's quota up to which nobody is asked.
    pub share: f64,
    /// Who is asked beyond it.
    pub guard: Arc<dyn Guard>,
    /// Which operation lists resources.
    pub inventory: InventoryApi,
}

impl Default for Options {
    fn default() -> Options {
        Options { share: SHARE, guard: Arc::new(Refuse), inventory: InventoryApi::V1 }
    }
}

impl Options {
    /// Sets the share of a window's quota up to which nobody is asked.
    #[must_use]
    pub fn share(mut self, share: f64) -> Options {
        self.share = share;
        self
    }

    /// Sets who is asked beyond it.
    #[must_use]
    pub fn guard(mut self, guard: Arc<dyn Guard>) -> Options {
        self.guard = guard;
        self
    }

    /// Sets which operation lists resources.
    #[must_use]
    pub fn inventory(mut self, inventory: InventoryApi) -> Options {
        self.inventory = inventory;
        self
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("share", &self.share).finish_non_exhaustive()
    }
}

/// The schema `live` over a client. Making it costs no call.
///
/// # Errors
/// If the tables cannot be put together, which is a defect.
pub fn schema(client: &Client, options: &Options) -> Result<Arc<dyn SchemaProvider>> {
    let meter = Arc::new(Meter::new(client.clone(), options.share, Arc::clone(&options.guard)));
    let live = MemorySchemaProvider::new();
    let failed = |e: DataFusionError| Error::new(Kind::Failed, e.strip_backtrace());
    let table = |table: &'static TableSpec| -> Arc<dyn TableProvider> {
        Arc::new(LiveTable::new(table, client, &meter, options.inventory))
    };
    for spec in tables::all().iter().filter(|t| parts::is_listed(t)) {
        live.register_table(spec.name.clone(), table(spec)).map_err(failed)?;
    }
    live.register_table("resources".to_owned(), view::resources(table)?).map_err(failed)?;
    Ok(Arc::new(live))
}

/// Adds the schema `live` to the default catalog of a session. Making it costs no call.
///
/// # Errors
/// If the session has no catalog.
pub fn register(ctx: &SessionContext, client: &Client, options: &Options) -> Result<()> {
    let name = ctx.state().config_options().catalog.default_catalog.clone();
    let catalog = ctx
        .catalog(&name)
        .ok_or_else(|| Error::new(Kind::Failed, format!("the session has no catalog {name}")))?;
    let failed = |e: DataFusionError| Error::new(Kind::Failed, e.strip_backtrace());
    catalog.register_schema(SCHEMA, schema(client, options)?).map_err(failed)?;
    Ok(())
}
