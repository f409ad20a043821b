//! `totalcloud evaluations`

use super::connectors::args;
use crate::args::{ListArgs, OutputArgs, ProviderArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::listing::{self, Part};
use crate::rows::Fields;
use crate::session::Session;
use crate::{single, targets};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::{Value, json};
use std::sync::Arc;
use totalcloud::Exit;
use totalcloud_api::Provider;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::evaluations::{AccountEvaluation, EvaluationStats, ResourceEvaluation};
use totalcloud_api::model::Model;

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// List the results of all controls in an account; without --account, in all accounts that have a connector
    Account(Account),
    /// List the results of a control for each resource of an account; without --control, of all controls with resources
    Resources(Resources),
    /// Show when a control was first and last evaluated on a resource, fixed and reopened
    Stats(Stats),
}

/// Which accounts.
#[derive(clap::Args)]
pub struct Accounts {
    /// AWS account, Azure subscription, GCP project or OCI tenancy; can be repeated
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    account: Vec<String>,
    #[command(flatten)]
    provider: ProviderArgs,
}

/// `evaluations account`
#[derive(clap::Args)]
pub struct Account {
    #[command(flatten)]
    accounts: Accounts,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// `evaluations resources`
#[derive(clap::Args)]
pub struct Resources {
    #[command(flatten)]
    accounts: Accounts,
    /// Id of the control; can be repeated
    #[arg(long, value_name = "CID", value_delimiter = ',')]
    control: Vec<u32>,
    /// Version of the operation: 1 is documented, 2 was seen in one client only
    #[arg(long, value_name = "1|2", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    api_version: u8,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// `evaluations stats`
#[derive(clap::Args)]
pub struct Stats {
    /// Id of the control
    #[arg(long, value_name = "CID")]
    control: u32,
    /// Id of the connector, as in connectorUuid of the resource
    #[arg(long, value_name = "ID")]
    connector: String,
    /// The resourceId of the resource
    #[arg(long, value_name = "RESOURCE_ID")]
    resource: String,
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
        Verb::Account(account) => account.run(context),
        Verb::Resources(resources) => resources.run(context),
        Verb::Stats(stats) => stats.run(context),
    }
}

/// An account of a provider.
type Place = (Provider, String);

impl Accounts {
    /// The accounts that were named, each with its provider.
    fn named(&self) -> Result<Vec<Place>, CliError> {
        let asked = &self.provider.provider;
        let place = |account: &String| {
            let provider = if let [one] = asked[..] { one } else { targets::provider_of_account(account) };
            if asked.is_empty() || asked.contains(&provider) {
                Ok((provider, account.clone()))
            } else {
                Err(CliError::usage(format!(
                    "'{account}' has the form of an account of {provider}, which --provider leaves out"
                )))
            }
        };
        self.account.iter().map(place).collect()
    }

    /// The accounts that were named, or those of all connectors.
    async fn all(self, session: &Session, named: Vec<Place>) -> Result<Vec<Place>, CliError> {
        if !named.is_empty() {
            return Ok(named);
        }
        let with = OperationId::ConnectorsList.operation().providers;
        let asked = &self.provider.provider;
        let providers: Vec<Provider> =
            with.iter().copied().filter(|p| asked.is_empty() || asked.contains(p)).collect();
        session.accounts(&providers).await
    }

    /// OCI has no connectors at the service, so its accounts cannot be found there.
    fn check_oci(&self, named: &[Place]) -> Result<(), CliError> {
        if named.is_empty() && self.provider.provider[..] == [Provider::Oci] {
            return Err(CliError::usage("the service does not list the tenancies of OCI")
                .hint("name one with --account, by its OCID"));
        }
        Ok(())
    }
}

impl Account {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let named = self.accounts.named()?;
        self.accounts.check_oci(&named)?;
        // Flags that do not fit are refused before any call.
        part(&self.list, &(Provider::Aws, String::new()))?;
        let many = named.len() != 1;
        let lead: &[&'static str] = if many { &["provider", "account"] } else { &[] };
        let (list, accounts) = (self.list.clone(), self.accounts);
        let fields = Fields::Of(AccountEvaluation::SHAPE);
        listing::run(context, &self.list, &self.output, fields, lead, "account_evaluations", move |session| {
            stream::once(async move { accounts.all(&session, named).await })
                .map_ok(move |places| stream::iter(places.into_iter().map(Ok)))
                .try_flatten()
                .and_then(move |place| {
                    let part = part(&list, &place).map(|p| if many { lead_with(p, &place) } else { p });
                    async move { part }
                })
        })
    }
}

fn lead_with(part: Part, (provider, account): &Place) -> Part {
    part.lead("provider", provider.as_str()).lead("account", account.as_str())
}

fn part(list: &ListArgs, (provider, account): &Place) -> Result<Part, CliError> {
    let label = format!("{provider} account {account}");
    let mut part = if *provider == Provider::Oci {
        Part::new(OperationId::EvaluationsOci.operation(), list, label)?.with("tenantId", account.as_str())
    } else {
        Part::new(OperationId::EvaluationsAccount.operation(), list, label)?
            .with("provider", provider.as_str())
            .with("account", account.as_str())
    };
    if list.filter.is_none() {
        part.if_empty = Some("it has no evaluations: posture management may not be active on its connector");
    }
    Ok(part)
}

impl Resources {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let id = if self.api_version == 2 {
            OperationId::EvaluationsResourcesV2
        } else {
            OperationId::EvaluationsResources
        };
        let operation = id.operation();
        let named = self.accounts.named()?;
        let offered = |p: Provider| operation.providers.contains(&p);
        if named.iter().any(|(p, _)| !offered(*p))
            || self.accounts.provider.provider.iter().any(|p| !offered(*p))
        {
            return Err(CliError::usage("the service does not offer results per resource for oci")
                .hint("'totalcloud evaluations account' has the results per account"));
        }
        Part::new(operation, &self.list, "")?;
        let many = named.len() != 1 || self.control.len() != 1;
        let lead: &[&'static str] = if many { &["provider", "account", "controlId"] } else { &[] };
        let (list, accounts, controls) = (self.list.clone(), self.accounts, self.control);
        let fields = Fields::Of(ResourceEvaluation::SHAPE);
        listing::run(
            context,
            &self.list,
            &self.output,
            fields,
            lead,
            "resource_evaluations",
            move |session: Arc<Session>| {
                let first = Arc::clone(&session);
                stream::once(async move { accounts.all(&first, named).await })
                    .map_ok(|places| stream::iter(places.into_iter().map(Ok::<Place, CliError>)))
                    .try_flatten()
                    .and_then(move |place| {
                        let (session, controls) = (Arc::clone(&session), controls.clone());
                        async move {
                            let ids: Vec<String> = if controls.is_empty() {
                                controls_with_resources(&session, &place).await?
                            } else {
                                controls.iter().map(u32::to_string).collect()
                            };
                            Ok((place, ids))
                        }
                    })
                    .map_ok(move |(place, ids)| {
                        let list = list.clone();
                        let parts = ids.into_iter().map(move |id| {
                            let label = format!("{} account {}, control {id}", place.0, place.1);
                            let part = Part::new(operation, &list, label)?
                                .with("provider", place.0.as_str())
                                .with("account", place.1.as_str())
                                .with("controlId", id.as_str());
                            Ok(if many { lead_with(part, &place).lead("controlId", id) } else { part })
                        });
                        stream::iter(parts)
                    })
                    .try_flatten()
                    .boxed_local()
            },
        )
    }
}

/// The controls of an account that looked at a resource at all.
async fn controls_with_resources(session: &Session, place: &Place) -> Result<Vec<String>, CliError> {
    let part = part(&ListArgs::default(), place)?;
    let rows = session.all_rows(part.operation, part.args).await?;
    Ok(rows
        .iter()
        .filter_map(|row| {
            let row: Value = serde_json::from_slice(row).ok()?;
            let counts = ["passedResources", "failedResources", "passWithExceptionResources"];
            // A count that is missing says nothing, so the control is asked for.
            let looked = counts.iter().any(|c| row.get(c).and_then(Value::as_u64).is_none_or(|n| n > 0));
            let id = row.get("controlId")?;
            looked.then(|| id.as_str().map_or_else(|| id.to_string(), str::to_owned))
        })
        .collect())
}

impl Stats {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let operation = OperationId::EvaluationsStats.operation();
        let providers = targets::providers(operation, &self.provider)?;
        let (session, progress) = context.session()?;
        let object = context.block_on(async {
            let provider = match providers[..] {
                [one] => one,
                // A provider that does not know the pair answers as if it had never been evaluated.
                _ => session.provider_of_connector(&providers, &self.connector).await?,
            };
            let args = args([
                ("provider", json!(provider.as_str())),
                ("controlId", json!(self.control)),
                ("connectorId", json!(self.connector)),
                ("resourceId", json!(self.resource)),
            ]);
            session.body(operation, args).await
        })?;
        progress.end();
        let empty = serde_json::from_slice::<Value>(&object)
            .is_ok_and(|v| v.is_null() || v.as_object().is_some_and(serde_json::Map::is_empty));
        if empty || object.is_empty() {
            let message =
                format!("control {} was never evaluated on resource '{}'", self.control, self.resource);
            return Err(CliError::new(Exit::NotFound, message).operation(operation.id).hint(
                "the resource goes by its resourceId, the connector by the connectorUuid of the resource",
            ));
        }
        single::print(context, &self.output, &Fields::Of(EvaluationStats::SHAPE), &object, "evaluation_stats")
    }
}
