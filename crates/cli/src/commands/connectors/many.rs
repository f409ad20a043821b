//! What is done to many connectors at once: deleting, running, switching.

use super::args;
use super::write::stored;
use crate::args::{OutputArgs, ProviderArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::session::Session;
use crate::targets;
use crate::write::{Batch, DeleteArgs, Item, Outcome, WriteArgs, batch_output_is_sound};
use futures_util::future::join_all;
use serde_json::json;
use std::time::Duration;
use totalcloud::PollPolicy;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::connectors::Connector;
use totalcloud_api::model::from_slice;
use totalcloud_api::operation::Request;
use totalcloud_api::{Operation, Provider};

/// Up to so many connectors are read one by one; more are found in the lists, which is fewer calls.
const ONE_BY_ONE: usize = 3;

/// Which connectors.
#[derive(clap::Args)]
pub(super) struct Which {
    /// Ids of the connectors
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    provider: ProviderArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// `connectors delete`
#[derive(clap::Args)]
pub struct Delete {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    delete: DeleteArgs,
}

/// `connectors run`
#[derive(clap::Args)]
pub struct RunNow {
    #[command(flatten)]
    which: Which,
    /// Wait until they have run
    #[arg(long)]
    wait: bool,
    /// Longest wait for each
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = crate::duration::parse)]
    timeout: Duration,
    #[command(flatten)]
    write: WriteArgs,
}

/// `connectors enable` and `disable`
#[derive(clap::Args)]
pub struct Switch {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    write: WriteArgs,
}

/// A connector before the write.
struct Before {
    provider: Option<Provider>,
    item: Item,
    connector: Option<Connector>,
}

impl Delete {
    /// Deletes connectors.
    ///
    /// # Errors
    /// Those of the write, or if not all of them are gone.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let dry_run = self.delete.write.dry_run;
        let work = Work::open(context, self.which, OperationId::ConnectorsDelete, dry_run)?;
        work.run(context, dry_run, Some(self.delete), async |now: Option<&Connector>, _| match now {
            None => Outcome::Done("deleted".to_owned()),
            Some(_) => Outcome::Not("it is still there".to_owned()),
        })
    }
}

impl Switch {
    /// Switches connectors on or off.
    ///
    /// # Errors
    /// Those of the write, or if not all of them are as they should be.
    pub fn run(self, context: &Context, id: OperationId) -> Result<(), CliError> {
        let disabled = id == OperationId::ConnectorsDisable;
        let dry_run = self.write.dry_run;
        let work = Work::open(context, self.which, id, dry_run)?;
        work.run(context, dry_run, None, async |now: Option<&Connector>, _| {
            match now.map(|c| c.is_disabled) {
                Some(Some(is)) if is == disabled => {
                    Outcome::Done(if disabled { "disabled" } else { "enabled" }.to_owned())
                }
                Some(Some(_)) => Outcome::Not("the service shows it as before".to_owned()),
                Some(None) => Outcome::Not("the service does not show whether it is".to_owned()),
                None => Outcome::Not("it is gone".to_owned()),
            }
        })
    }
}

impl RunNow {
    /// Runs connectors, and waits for them if that is asked.
    ///
    /// # Errors
    /// Those of the write, or if not all of them run.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let dry_run = self.write.dry_run;
        let work = Work::open(context, self.which, OperationId::ConnectorsRun, dry_run)?;
        let printer = &context.printer;
        let (wait, timeout) = (self.wait, self.timeout);
        work.run(context, dry_run, None, async |now: Option<&Connector>, at: Place<'_>| {
            let Some(now) = now else { return Outcome::Not("it is gone".to_owned()) };
            let state = now.state.clone().unwrap_or_default();
            if at.refused {
                return Outcome::Not(format!("its state is {state}"));
            }
            if !wait {
                return Outcome::Asked(format!("asked to run, {state}"));
            }
            let poll = PollPolicy::default().total(timeout);
            let id = at.before.item.id.as_str();
            printer.note(&format!("waiting for the run of {id}"));
            let Some(provider) = at.before.provider else {
                return Outcome::Not("it is not known".to_owned());
            };
            match at
                .session
                .client
                .wait_for_connector(provider, id, at.before.connector.as_ref(), &poll)
                .await
            {
                Ok(done) if done.state.as_deref() == Some("ERROR") => {
                    Outcome::Not(format!("it ended with an error: {}", done.error.unwrap_or_default()))
                }
                Ok(done) => Outcome::Done(format!(
                    "ran, {}, {} resources",
                    done.state.unwrap_or_default(),
                    done.total_assets.unwrap_or_default()
                )),
                Err(e) => Outcome::Not(e.message().to_owned()),
            }
        })
    }
}

/// One of the connectors, when it is looked at after the write.
struct Place<'a> {
    session: &'a Session,
    before: &'a Before,
    /// Whether what was asked for it certainly did not arrive, or was refused.
    refused: bool,
}

/// The connectors as they were, and the requests for them.
struct Work {
    session: Session,
    output: OutputArgs,
    before: Vec<Before>,
    requests: Vec<(Request, Vec<usize>)>,
}

impl Work {
    fn open(context: &Context, which: Which, id: OperationId, dry_run: bool) -> Result<Work, CliError> {
        let operation = id.operation();
        let providers = targets::providers(operation, &which.provider)?;
        let mut ids: Vec<String> = Vec::new();
        for id in which.ids {
            // Checked before the first call.
            let check = args([("provider", json!(providers[0].as_str())), ("ids", json!([id]))]);
            operation.request(&check, &Default::default())?;
            if !ids.iter().any(|known| known.eq_ignore_ascii_case(&id)) {
                ids.push(id);
            }
        }
        if !dry_run {
            batch_output_is_sound(context, &which.output)?;
        }
        let (session, progress) = context.session()?;
        let before = match providers[..] {
            // A look before would cost calls and nobody is to be asked.
            [provider] if dry_run => ids
                .into_iter()
                .map(|id| Before { provider: Some(provider), item: Item::new(id), connector: None })
                .collect(),
            _ => context.block_on(look(&session, &providers, &ids))?,
        };
        progress.end();
        let mut requests = Vec::new();
        for provider in providers {
            let places: Vec<usize> =
                (0..before.len()).filter(|at| before[*at].provider == Some(provider)).collect();
            if places.is_empty() {
                continue;
            }
            let ids: Vec<&str> = places.iter().map(|at| before[*at].item.id.as_str()).collect();
            let args = args([("provider", json!(provider.as_str())), ("ids", json!(ids))]);
            requests.push((session.request(operation, &args)?, places));
        }
        if requests.is_empty() {
            return Err(CliError::new(
                totalcloud::Exit::NotFound,
                "no provider has a connector with these ids",
            )
            .operation(operation.id)
            .hint("'totalcloud connectors list' shows the ids there are"));
        }
        Ok(Work { session, output: which.output, before, requests })
    }

    fn run(
        self,
        context: &Context,
        dry_run: bool,
        delete: Option<DeleteArgs>,
        judge: impl AsyncFn(Option<&Connector>, Place<'_>) -> Outcome,
    ) -> Result<(), CliError> {
        let Work { session, output, before, requests } = self;
        let items: Vec<Item> = before.iter().map(|b| b.item.clone()).collect();
        let batch = Batch { context, output: &output, noun: "connector", items, requests, dry_run, delete };
        batch.run(&session, async |session, items| {
            let now = after(session, &before).await;
            // Those that are waited for are waited for at the same time.
            let outcomes = before.iter().zip(&now).zip(items).map(async |((before, now), item)| {
                match (before.provider, now) {
                    (None, _) => Outcome::Not("there is no such connector".to_owned()),
                    (Some(_), Err(why)) => Outcome::Unseen(why.clone()),
                    (Some(_), Ok(now)) => {
                        judge(now.as_ref(), Place { session, before, refused: item.refused }).await
                    }
                }
            });
            Ok(join_all(outcomes).await)
        })
    }
}

/// The connectors before the write, in the order of the ids.
async fn look(session: &Session, providers: &[Provider], ids: &[String]) -> Result<Vec<Before>, CliError> {
    let mut found: Vec<(Provider, Connector)> = Vec::new();
    for provider in providers {
        let open: Vec<&str> =
            ids.iter().map(String::as_str).filter(|id| !found.iter().any(|(_, c)| is(c, id))).collect();
        found.extend(read(session, *provider, &open).await?.into_iter().map(|c| (*provider, c)));
    }
    let before = |id: &String| {
        let known = found.iter().find(|(_, c)| is(c, id));
        Before {
            provider: known.map(|(provider, _)| *provider),
            item: Item {
                id: id.clone(),
                name: known.and_then(|(_, c)| c.name.clone()),
                kind: known.map(|(provider, _)| provider.to_string()),
                known: known.is_some(),
                ..Item::default()
            },
            connector: known.map(|(_, c)| c.clone()),
        }
    };
    Ok(ids.iter().map(before).collect())
}

/// The connectors after the write, in the same order; where one could not be looked at, why.
async fn after(session: &Session, before: &[Before]) -> Vec<Result<Option<Connector>, String>> {
    let mut now: Vec<Result<Option<Connector>, String>> = before.iter().map(|_| Ok(None)).collect();
    for provider in Provider::ALL {
        let places: Vec<usize> =
            (0..before.len()).filter(|at| before[*at].provider == Some(provider)).collect();
        let at_once = if places.len() <= ONE_BY_ONE { 1 } else { places.len() };
        for places in places.chunks(at_once) {
            let ids: Vec<&str> = places.iter().map(|at| before[*at].item.id.as_str()).collect();
            let found = read(session, provider, &ids).await.map_err(|e| e.to_string());
            for at in places {
                now[*at] = match &found {
                    Ok(found) => Ok(found.iter().find(|c| is(c, &before[*at].item.id)).cloned()),
                    Err(why) => Err(why.clone()),
                };
            }
        }
    }
    now
}

/// Those of the connectors that a provider has.
async fn read(session: &Session, provider: Provider, ids: &[&str]) -> Result<Vec<Connector>, CliError> {
    let mut found = Vec::new();
    if ids.len() <= ONE_BY_ONE {
        for id in ids {
            let Some(row) = stored(session, provider, id).await? else { continue };
            // An answer that cannot be read is no sign that there is no connector.
            found.push(from_slice::<Connector>(&row).map_err(|e| {
                CliError::failed(format!("the answer cannot be read: {e}"))
                    .operation(OperationId::ConnectorsGet.operation().id)
            })?);
        }
        return Ok(found);
    }
    let operation: &'static Operation = OperationId::ConnectorsList.operation();
    let rows = session.all_rows(operation, args([("provider", json!(provider.as_str()))])).await?;
    found.extend(rows.iter().filter_map(|row| from_slice::<Connector>(row).ok()));
    found.retain(|c| ids.iter().any(|id| is(c, id)));
    Ok(found)
}

fn is(connector: &Connector, id: &str) -> bool {
    connector.connector_id.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(id))
}
