//! `totalcloud portal-connectors`: connectors by the Connector API v3, which has numbers of its own for them.

mod criteria;
mod joined;
mod write;

pub use criteria::Criteria;

use super::connectors::args;
use crate::args::{ListArgs, OutputArgs, ProviderArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::listing::{self, Part};
use crate::rows::Fields as Columns;
use crate::session::Session;
use crate::{single, targets};
use bytes::Bytes;
use futures_util::stream;
use serde_json::json;
use totalcloud::Exit;
use totalcloud_api::Provider;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::portal::PortalConnector;
use totalcloud_api::model::Model;

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// List the connectors; with --joined, beside what CloudView knows of them
    List(List),
    /// Show one connector
    Get(Get),
    /// Make a connector; its fields go out as given
    Create(write::Create),
    /// Change a connector; its fields go out as given
    Update(write::Update),
    /// Delete connectors
    Delete(write::Delete),
    /// Run connectors now
    Run(write::RunNow),
}

/// `portal-connectors list`
#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    provider: ProviderArgs,
    #[command(flatten)]
    criteria: Criteria,
    /// Put the id, the state, the last run and the resources of the same connector in CloudView beside each
    #[arg(long)]
    joined: bool,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// `portal-connectors get`
#[derive(clap::Args)]
pub struct Get {
    /// Number of the connector
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    provider: ProviderArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs a verb.
///
/// # Errors
/// Those of the calls and of the output.
pub fn run(verb: Verb, context: &Context) -> Result<(), CliError> {
    match verb {
        Verb::List(list) => list.run(context),
        Verb::Get(get) => get.run(context),
        Verb::Create(create) => create.run(context),
        Verb::Update(update) => update.run(context),
        Verb::Delete(delete) => delete.run(context),
        Verb::Run(run) => run.run(context),
    }
}

impl List {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let List { provider, criteria, joined, list, output } = self;
        let operation = OperationId::PortalSearch.operation();
        let providers = targets::providers(operation, &provider)?;
        let mut parts = Vec::new();
        for provider in &providers {
            let part = Part::new(operation, &list, provider.as_str())?.with("provider", provider.as_str());
            let part = criteria.narrow(part)?;
            // The number of a connector leads nowhere without its cloud.
            parts.push((
                *provider,
                if providers.len() > 1 { part.lead("provider", provider.as_str()) } else { part },
            ));
        }
        if joined {
            let narrowed = !criteria.is_empty() || list.limit.is_some() || list.pages.is_some();
            return joined::run(context, &list, &output, parts, narrowed);
        }
        let columns = Columns::AtLeast(PortalConnector::SHAPE);
        let lead: &[&str] = if providers.len() > 1 { &["provider"] } else { &[] };
        listing::run(context, &list, &output, columns, lead, "portal_connectors", |_| {
            stream::iter(parts.into_iter().map(|(_, part)| Ok(part)))
        })
    }
}

impl Get {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let providers = targets::providers(OperationId::PortalGet.operation(), &self.provider)?;
        let (session, progress) = context.session()?;
        let found = context.block_on(find(&session, &providers, &self.id))?;
        progress.end();
        let Some((_, connector)) = found else { return Err(unknown(&self.id)) };
        let columns = Columns::AtLeast(PortalConnector::SHAPE);
        single::print(context, &self.output, &columns, &connector, "portal_connector")
    }
}

fn unknown(id: &str) -> CliError {
    CliError::new(Exit::NotFound, format!("no provider has a connector with the number '{id}'"))
        .operation(OperationId::PortalGet.operation().id)
        .hint("'totalcloud portal-connectors list' shows the numbers there are")
}

/// A connector of one cloud as it is now; nothing if the cloud has none of this number.
async fn stored(session: &Session, provider: Provider, id: &str) -> Result<Option<Bytes>, CliError> {
    let args = args([("provider", json!(provider.as_str())), ("id", json!(id))]);
    match session.seen(OperationId::PortalGet.operation(), args).await? {
        Some(answer) => single::inner(&answer),
        None => Ok(None),
    }
}

/// The connector of a number, which does not say its cloud.
async fn find(
    session: &Session,
    providers: &[Provider],
    id: &str,
) -> Result<Option<(Provider, Bytes)>, CliError> {
    for provider in providers {
        // The number is typed, and is none of most clouds.
        let args = args([("provider", json!(provider.as_str())), ("id", json!(id))]);
        if let Some(answer) = session.sought(OperationId::PortalGet.operation(), args).await?
            && let Some(found) = single::inner(&answer)?
        {
            return Ok(Some((*provider, found)));
        }
    }
    Ok(None)
}
