//! `totalcloud connectors`

mod many;
mod write;

use crate::args::{ListArgs, OutputArgs, ProviderArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::listing::{self, Part};
use crate::rows::Fields;
use crate::{single, targets};
use futures_util::stream;
use serde_json::json;
use std::path::PathBuf;
use totalcloud_api::Provider;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::connectors::{BaseAccount, Connector, ConnectorError, ManagedConnector};
use totalcloud_api::model::Model;
use totalcloud_api::operation::Args;

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// List the connectors; tenancies of OCI, which another API knows, with --provider oci
    List(List),
    /// Show one connector
    Get(Get),
    /// List the errors of a connector's runs
    Errors(Errors),
    /// Show the accounts from which AWS connectors are reached
    BaseAccount(BaseAccountArgs),
    /// Download the CloudFormation template for a new AWS connector
    Template(Template),
    /// Make a connector
    #[command(subcommand)]
    Create(write::Create),
    /// Change a connector
    #[command(subcommand)]
    Update(write::Update),
    /// Delete connectors
    Delete(many::Delete),
    /// Run connectors now
    Run(many::RunNow),
    /// Switch connectors on
    Enable(many::Switch),
    /// Switch connectors off
    Disable(many::Switch),
    /// Register a second Azure application for connectors
    RegisterApplication(write::Register),
}

/// `connectors list`
#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    provider: ProviderArgs,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Which connector.
#[derive(clap::Args, Clone)]
pub struct Which {
    /// Id of the connector
    #[arg(value_name = "ID", required_unless_present = "connector", conflicts_with = "connector")]
    id: Option<String>,
    /// Id of the connector
    #[arg(long, value_name = "ID")]
    connector: Option<String>,
}

impl Which {
    fn id(&self) -> String {
        self.id.clone().or_else(|| self.connector.clone()).unwrap_or_default()
    }
}

/// `connectors get`
#[derive(clap::Args)]
pub struct Get {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    provider: ProviderArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// `connectors errors`
#[derive(clap::Args)]
pub struct Errors {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    provider: ProviderArgs,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// `connectors base-account`
#[derive(clap::Args)]
pub struct BaseAccountArgs {
    #[command(flatten)]
    output: OutputArgs,
}

/// `connectors template`
#[derive(clap::Args)]
pub struct Template {
    /// Which AWS
    #[arg(long, value_name = "KIND", default_value = "Global", ignore_case = true, value_parser = ["Global", "China", "Gov"])]
    aws_cloud: String,
    /// External id of the role: 9 to 90 digits
    #[arg(long, value_name = "DIGITS")]
    external_id: String,
    /// File to write, whole or not at all
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs a verb.
///
/// # Errors
/// Those of the calls and of the output.
pub fn run(verb: Verb, context: &Context) -> Result<(), CliError> {
    match verb {
        Verb::List(list) => list.run(context),
        Verb::Get(get) => get.run(context),
        Verb::Errors(errors) => errors.run(context),
        Verb::BaseAccount(args) => {
            let operation = OperationId::ConnectorsBaseAccount.operation();
            let (session, progress) = context.session()?;
            let object = context.block_on(session.body(operation, Args::new()))?;
            progress.end();
            single::print(context, &args.output, &Fields::Of(BaseAccount::SHAPE), &object, "base_account")
        }
        Verb::Template(template) => template.run(context),
        Verb::Create(create) => create.run(context),
        Verb::Update(update) => update.run(context),
        Verb::Delete(delete) => delete.run(context),
        Verb::Run(run) => run.run(context),
        Verb::Enable(switch) => switch.run(context, OperationId::ConnectorsEnable),
        Verb::Disable(switch) => switch.run(context, OperationId::ConnectorsDisable),
        Verb::RegisterApplication(register) => register.run(context),
    }
}

impl List {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let list = self.list;
        let mut asked = self.provider;
        // Tenancies of OCI are known to another API only, so they are listed when they are asked for.
        let oci = asked.provider.contains(&Provider::Oci);
        asked.provider.retain(|p| *p != Provider::Oci);
        let operation = OperationId::ConnectorsList.operation();
        let mut parts: Vec<Part> = Vec::new();
        if !(oci && asked.provider.is_empty()) {
            for p in targets::providers(operation, &asked)? {
                parts.push(Part::new(operation, &list, p.as_str())?.with("provider", p.as_str()));
            }
        }
        if oci {
            let operation = OperationId::ConnectorsManaged.operation();
            parts.push(Part::new(operation, &list, "oci")?.with("provider", "oci"));
        }
        let fields = match (oci, parts.len()) {
            (true, 1) => Fields::AtLeast(ManagedConnector::SHAPE),
            (true, _) => Fields::AtLeast(crate::rows::union(&[Connector::SHAPE, ManagedConnector::SHAPE])),
            _ => Fields::Of(Connector::SHAPE),
        };
        listing::run(context, &list, &self.output, fields, &[], "connectors", |_| {
            stream::iter(parts.into_iter().map(Ok))
        })
    }
}

impl Get {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let operation = OperationId::ConnectorsGet.operation();
        let id = self.which.id();
        let tries: Vec<Args> = targets::providers(operation, &self.provider)?
            .into_iter()
            .map(|p| args([("provider", json!(p.as_str())), ("connectorId", json!(id))]))
            .collect();
        let (session, progress) = context.session()?;
        let object = context.block_on(session.first_found(operation, tries))?;
        progress.end();
        single::print(context, &self.output, &Fields::Of(Connector::SHAPE), &object, "connector")
    }
}

impl Errors {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let operation = OperationId::ConnectorsErrors.operation();
        let id = self.which.id();
        let providers = targets::providers(operation, &self.provider)?;
        let list = self.list;
        let base = Part::new(operation, &list, "errors")?.with("connectorId", id.as_str());
        listing::run(
            context,
            &list,
            &self.output,
            Fields::Of(ConnectorError::SHAPE),
            &[],
            "connector_errors",
            |session| {
                stream::once(async move {
                    let provider = if let [one] = providers[..] {
                        one
                    } else {
                        // The id does not say its provider, and each has a path of its own.
                        session.provider_of_connector(&providers, &id).await?
                    };
                    Ok(base.with("provider", provider.as_str()))
                })
            },
        )
    }
}

impl Template {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let operation = OperationId::ConnectorsTemplate.operation();
        let (session, progress) = context.session()?;
        let kinds = ["Global", "China", "Gov"];
        let kind = kinds.iter().find(|k| k.eq_ignore_ascii_case(&self.aws_cloud));
        let args = args([("awsCloudType", json!(kind)), ("externalId", json!(self.external_id))]);
        let file = context.block_on(session.body(operation, args))?;
        progress.end();
        single::file(context, self.output.as_deref(), &file)
    }
}

/// Arguments by wire name.
pub fn args<const N: usize>(pairs: [(&str, serde_json::Value); N]) -> Args {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
