//! Making, changing, deleting and running connectors by the Connector API v3.

use super::criteria::criterion;
use super::{find, stored, unknown};
use crate::args::{OutputArgs, ProviderArgs};
use crate::commands::connectors::args;
use crate::context::Context;
use crate::error::CliError;
use crate::rows::Fields as Columns;
use crate::session::Session;
use crate::write::{
    Batch, DeleteArgs, Fields, Item, Outcome, Write, WriteArgs, batch_output_is_sound, id_in,
};
use crate::{single, targets};
use bytes::Bytes;
use serde_json::{Value, json};
use totalcloud_api::Provider;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::portal::{CreatePortalConnector, PortalConnector, UpdatePortalConnector};
use totalcloud_api::model::Model;
use totalcloud_api::operation::{Args, Request};
use totalcloud_api::portal::CRITERIA;

/// The field that holds the connector.
const DATA: &str = "ServiceRequest.data";

/// `portal-connectors create`
#[derive(clap::Args)]
pub struct Create {
    /// Cloud: aws, azure or gcp
    #[arg(long, value_name = "PROVIDER")]
    provider: Provider,
    #[command(flatten)]
    fields: Fields<CreatePortalConnector>,
    #[command(flatten)]
    output: OutputArgs,
}

/// `portal-connectors update`
#[derive(clap::Args)]
pub struct Update {
    /// Number of the connector
    #[arg(value_name = "ID")]
    id: String,
    /// Cloud: aws, azure or gcp
    #[arg(long, value_name = "PROVIDER")]
    provider: Provider,
    #[command(flatten)]
    fields: Fields<UpdatePortalConnector>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Which connectors.
#[derive(clap::Args)]
pub(super) struct Which {
    /// Numbers of the connectors
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    provider: ProviderArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// `portal-connectors delete`
#[derive(clap::Args)]
pub struct Delete {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    delete: DeleteArgs,
}

/// `portal-connectors run`
#[derive(clap::Args)]
pub struct RunNow {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    write: WriteArgs,
}

/// The name under which the data of a request stands.
fn kind(provider: Provider) -> &'static str {
    match provider {
        Provider::Azure => "AzureAssetDataConnector",
        Provider::Gcp => "GcpAssetDataConnector",
        _ => "AwsAssetDataConnector",
    }
}

/// The data of a connector, under the name of its kind whether that was given or not.
fn named(data: &mut Args, provider: Provider) -> Result<(), CliError> {
    let kinds = [Provider::Aws, Provider::Azure, Provider::Gcp].map(kind);
    let fields = match data.get_mut(DATA) {
        Some(Value::Object(fields)) => fields,
        _ => match data.get_mut("ServiceRequest").and_then(|r| r.get_mut("data")) {
            Some(Value::Object(fields)) => fields,
            _ => return Ok(()),
        },
    };
    match fields.keys().find(|name| kinds.contains(&name.as_str())) {
        Some(given) if given != kind(provider) => Err(CliError::usage(format!(
            "the data is of {given}, and --provider {provider} wants {}",
            kind(provider)
        ))),
        Some(_) => Ok(()),
        None => {
            let inner = std::mem::take(fields);
            fields.insert(kind(provider).to_owned(), Value::Object(inner));
            Ok(())
        }
    }
}

/// The name of the connector in the data of a request.
fn name_in(request: &Request, provider: Provider) -> Option<String> {
    Some(request.value(DATA)?.get(kind(provider))?.get("name")?.as_str()?.to_owned())
}

impl Create {
    /// Makes the connector and shows what the service stored.
    ///
    /// # Errors
    /// Those of the write.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let provider = self.provider;
        let operation = OperationId::PortalCreate.operation();
        let prepared = self.fields.prepare_for(operation, context, |data| {
            data.insert("provider".to_owned(), provider.as_str().into());
            named(data, provider)
        })?;
        let Some(args) = prepared else { return Ok(()) };
        let name = name_in(&operation.request(&args, &Default::default())?, provider);
        let write = Write {
            context,
            output: &self.output,
            operation,
            args,
            columns: Columns::AtLeast(PortalConnector::SHAPE),
            noun: "connector",
        };
        write.run_after(
            // By which what this write made is told from what was there, should its answer get lost.
            async |session| ids_of(session, provider, name.as_deref()).await,
            async |session, before, answer| {
                let made = answer.and_then(|a| single::inner(&a).ok().flatten());
                match made.and_then(|made| id_in(&made, &["id"])) {
                    Some(id) => stored(session, provider, &id).await,
                    None => {
                        let now = ids_of(session, provider, name.as_deref()).await?;
                        match now.iter().find(|id| !before.contains(id)) {
                            Some(id) => stored(session, provider, id).await,
                            None => Ok(None),
                        }
                    }
                }
            },
        )
    }
}

/// The numbers of the connectors of this name.
async fn ids_of(session: &Session, provider: Provider, name: Option<&str>) -> Result<Vec<String>, CliError> {
    let Some(name) = name else { return Ok(Vec::new()) };
    let operation = OperationId::PortalSearch.operation();
    let args = args([
        ("provider", json!(provider.as_str())),
        (CRITERIA, json!([criterion("name", "EQUALS", name)])),
    ]);
    let rows = session.all_rows(operation, args).await?;
    Ok(rows.iter().filter_map(|row| id_in(row, &["id"])).collect())
}

impl Update {
    /// Changes the connector and shows what the service stored.
    ///
    /// # Errors
    /// Those of the write.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let (provider, id) = (self.provider, self.id);
        let operation = OperationId::PortalUpdate.operation();
        if self.fields.is_idle() {
            return Err(CliError::usage("nothing is given that would change").operation(operation.id));
        }
        let prepared = self.fields.prepare_for(operation, context, |data| {
            data.insert("provider".to_owned(), provider.as_str().into());
            data.insert("id".to_owned(), id.as_str().into());
            named(data, provider)
        })?;
        let Some(args) = prepared else { return Ok(()) };
        let write = Write {
            context,
            output: &self.output,
            operation,
            args,
            columns: Columns::AtLeast(PortalConnector::SHAPE),
            noun: "connector",
        };
        write.run(async |session, _| stored(session, provider, &id).await)
    }
}

impl Delete {
    /// Deletes connectors.
    ///
    /// # Errors
    /// Those of the write, or if not all of them are gone.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let dry_run = self.delete.write.dry_run;
        let work = Work::open(context, self.which, OperationId::PortalDelete, dry_run)?;
        work.run(context, dry_run, Some(self.delete), |_, now| match now {
            None => Outcome::Done("deleted".to_owned()),
            Some(_) => Outcome::Not("it is still there".to_owned()),
        })
    }
}

impl RunNow {
    /// Runs connectors.
    ///
    /// # Errors
    /// Those of the write, or if not all of them run.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let dry_run = self.write.dry_run;
        let work = Work::open(context, self.which, OperationId::PortalRun, dry_run)?;
        work.run(context, dry_run, None, |_, now| match now {
            None => Outcome::Not("it is gone".to_owned()),
            Some(now) => {
                let state = now["connectorState"].as_str().unwrap_or("its state is not shown");
                Outcome::Asked(format!("asked to run, {state}"))
            }
        })
    }
}

/// A connector before the write: its cloud and itself, where it is known.
type Before = Option<(Provider, Value)>;

/// The connectors as they were, and the requests for them.
struct Work {
    session: Session,
    output: OutputArgs,
    items: Vec<Item>,
    before: Vec<Before>,
    requests: Vec<(Request, Vec<usize>)>,
}

impl Work {
    fn open(context: &Context, which: Which, id: OperationId, dry_run: bool) -> Result<Work, CliError> {
        let operation = id.operation();
        let providers = targets::providers(operation, &which.provider)?;
        let of =
            |provider: Provider, id: &str| args([("provider", json!(provider.as_str())), ("id", json!(id))]);
        let mut ids: Vec<String> = Vec::new();
        for id in which.ids {
            // Checked before the first call.
            operation.request(&of(providers[0], &id), &Default::default())?;
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        if !dry_run {
            batch_output_is_sound(context, &which.output)?;
        }
        let (session, progress) = context.session()?;
        let (mut items, mut before, mut requests) = (Vec::new(), Vec::new(), Vec::new());
        for (at, id) in ids.into_iter().enumerate() {
            let found: Before = match providers[..] {
                // A look before would cost calls, and nobody is to be asked.
                [provider] if dry_run => Some((provider, Value::Null)),
                _ => context
                    .block_on(find(&session, &providers, &id))?
                    .map(|(provider, row)| (provider, serde_json::from_slice(&row).unwrap_or_default())),
            };
            if let Some((provider, _)) = &found {
                requests.push((session.request(operation, &of(*provider, &id))?, vec![at]));
            }
            items.push(Item {
                name: found.as_ref().and_then(|(_, row)| row["name"].as_str()).map(str::to_owned),
                kind: found.as_ref().map(|(provider, _)| provider.to_string()),
                known: found.is_some(),
                ..Item::new(id)
            });
            before.push(found);
        }
        progress.end();
        if requests.is_empty() {
            let ids: Vec<&str> = items.iter().map(|i| i.id.as_str()).collect();
            return Err(unknown(&ids.join(", ")));
        }
        Ok(Work { session, output: which.output, items, before, requests })
    }

    fn run(
        self,
        context: &Context,
        dry_run: bool,
        delete: Option<DeleteArgs>,
        judge: impl Fn(&Value, Option<&Value>) -> Outcome,
    ) -> Result<(), CliError> {
        let Work { session, output, items, before, requests } = self;
        let batch = Batch { context, output: &output, noun: "connector", items, requests, dry_run, delete };
        batch.run(&session, async |session, items| {
            let mut outcomes = Vec::new();
            for (item, before) in items.iter().zip(&before) {
                let Some((provider, before)) = before else {
                    outcomes.push(Outcome::Not("there is no such connector".to_owned()));
                    continue;
                };
                let now: Option<Bytes> = stored(session, *provider, &item.id).await?;
                let now: Option<Value> = now.map(|row| serde_json::from_slice(&row).unwrap_or_default());
                outcomes.push(judge(before, now.as_ref()));
            }
            Ok(outcomes)
        })
    }
}
