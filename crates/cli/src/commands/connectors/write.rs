//! Making and changing connectors.

use super::args;
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::rows::Fields as Columns;
use crate::session::Session;
use crate::write::{Fields, Write, id_in, once};
use bytes::Bytes;
use serde_json::json;
use totalcloud_api::Provider;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::connectors::{
    Connector, CreateAwsConnector, CreateAzureConnector, CreateGcpConnector, RegisterSecondaryApplication,
    UpdateAwsConnector, UpdateAzureConnector, UpdateGcpConnector,
};
use totalcloud_api::model::{Model, from_slice};
use totalcloud_api::operation::Endpoint;
use totalcloud_api::qql::Query;

/// `connectors create`
#[derive(clap::Subcommand)]
pub enum Create {
    /// Make an AWS connector
    Aws(New<CreateAwsConnector>),
    /// Make an Azure connector
    Azure(New<CreateAzureConnector>),
    /// Make a GCP connector
    Gcp(New<CreateGcpConnector>),
}

/// What a new connector is made of.
#[derive(clap::Args)]
pub struct New<E: Endpoint> {
    #[command(flatten)]
    fields: Fields<E>,
    #[command(flatten)]
    output: OutputArgs,
}

/// `connectors update`
#[derive(clap::Subcommand)]
pub enum Update {
    /// Change an AWS connector
    Aws(Changed<UpdateAwsConnector>),
    /// Change an Azure connector
    Azure(Changed<UpdateAzureConnector>),
    /// Change a GCP connector
    Gcp(Changed<UpdateGcpConnector>),
}

/// What changes in a connector.
#[derive(clap::Args)]
pub struct Changed<E: Endpoint> {
    /// Id of the connector
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    fields: Fields<E>,
    #[command(flatten)]
    output: OutputArgs,
}

/// `connectors register-application`
#[derive(clap::Args)]
pub struct Register {
    #[command(flatten)]
    fields: Fields<RegisterSecondaryApplication>,
    #[command(flatten)]
    output: OutputArgs,
}

impl Create {
    /// Makes the connector and shows what the service stored.
    ///
    /// # Errors
    /// Those of the write.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        match self {
            Create::Aws(new) => new.run(context, Provider::Aws),
            Create::Azure(new) => new.run(context, Provider::Azure),
            Create::Gcp(new) => new.run(context, Provider::Gcp),
        }
    }
}

impl<E: Endpoint> New<E> {
    fn run(self, context: &Context, provider: Provider) -> Result<(), CliError> {
        let Some(args) = self.fields.prepare(context, [])? else { return Ok(()) };
        let name = args.get("name").and_then(|v| v.as_str()).unwrap_or_default().to_owned();
        let write = Write {
            context,
            output: &self.output,
            operation: E::OPERATION,
            args,
            columns: Columns::Of(Connector::SHAPE),
            noun: "connector",
        };
        write.run_after(
            // Names need not be unique, so one that is there already is no sign of what came of a lost answer.
            async |session| named(session, provider, &name).await,
            async |session, before, answer| match answer.and_then(|a| id_in(&a, &["connectorId"])) {
                Some(id) => stored(session, provider, &id).await,
                None => {
                    let now = named(session, provider, &name).await?;
                    Ok(now
                        .into_iter()
                        .find(|(id, _)| !before.iter().any(|(known, _)| known == id))
                        .map(|(_, row)| row))
                }
            },
        )
    }
}

impl Update {
    /// Changes the connector and shows what the service stored.
    ///
    /// # Errors
    /// Those of the write.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        match self {
            Update::Aws(changed) => changed.run(context, Provider::Aws),
            Update::Azure(changed) => changed.run(context, Provider::Azure),
            Update::Gcp(changed) => {
                let without_file = !changed.fields.has("configFile");
                if without_file && changed.fields.has_spaces() {
                    context.printer.warn(
                        "without --config-file the service was seen to leave values with spaces as they were",
                    );
                }
                changed.run(context, Provider::Gcp)
            }
        }
    }
}

impl<E: Endpoint> Changed<E> {
    fn run(self, context: &Context, provider: Provider) -> Result<(), CliError> {
        if self.fields.is_idle() {
            return Err(CliError::usage("nothing is given that would change").operation(E::OPERATION.id));
        }
        let Some(args) = self.fields.prepare(context, [("connectorId", json!(self.id))])? else {
            return Ok(());
        };
        let write = Write {
            context,
            output: &self.output,
            operation: E::OPERATION,
            args,
            columns: Columns::Of(Connector::SHAPE),
            noun: "connector",
        };
        write.run(async |session, _| stored(session, provider, &self.id).await)
    }
}

impl Register {
    /// Registers the application. The service has no operation that would read it back.
    ///
    /// # Errors
    /// Those of the write.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let Some(args) = self.fields.prepare(context, [])? else { return Ok(()) };
        let operation = OperationId::ConnectorsRegisterApplication.operation();
        once(context, &self.output, operation, &args, &Columns::Any, "registered").map(drop)
    }
}

/// The connector as the service shows it; nothing if it has none of this id.
pub(super) async fn stored(
    session: &Session,
    provider: Provider,
    id: &str,
) -> Result<Option<Bytes>, CliError> {
    let args = args([("provider", json!(provider.as_str())), ("connectorId", json!(id))]);
    let request = session.request(OperationId::ConnectorsGet.operation(), &args)?;
    match session.client.send(&request).await {
        Ok(answer) => Ok(Some(answer.body)),
        Err(e) if e.kind() == totalcloud::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// The connectors of this name, with their ids.
async fn named(session: &Session, provider: Provider, name: &str) -> Result<Vec<(String, Bytes)>, CliError> {
    let operation = OperationId::ConnectorsList.operation();
    let filter = Query::term("name", name).to_string();
    let args = args([("provider", json!(provider.as_str())), ("filter", json!(filter))]);
    let rows = session.all_rows(operation, args).await?;
    // The filter finds names that contain the words.
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let connector = from_slice::<Connector>(&row).ok()?;
            let id = connector.connector_id.filter(|_| connector.name.as_deref() == Some(name))?;
            Some((id, row))
        })
        .collect())
}
