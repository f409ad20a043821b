//! `totalcloud groups`

use super::connectors::args;
use crate::args::{ListArgs, OutputArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::listing::{self, Part};
use crate::rows::Fields as Columns;
use crate::session::Session;
use crate::single;
use crate::write::{Batch, Fields, Item, Outcome, Write, id_in};
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};
use std::cell::RefCell;
use totalcloud_api::Provider;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::connectors::Connector;
use totalcloud_api::endpoints::groups::{AssignGroups, CreateGroup, Group};
use totalcloud_api::model::{Model, from_slice};
use totalcloud_api::operation::Args;

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// List the groups of connectors
    List(List),
    /// Show one group
    Get(Get),
    /// Make a group
    Create(Create),
    /// Put accounts into groups and take them out
    Assign(Assign),
}

/// `groups list`
#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// `groups get`
#[derive(clap::Args)]
pub struct Get {
    /// Id of the group
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    output: OutputArgs,
}

/// `groups create`
#[derive(clap::Args)]
pub struct Create {
    #[command(flatten)]
    fields: Fields<CreateGroup>,
    #[command(flatten)]
    output: OutputArgs,
}

/// `groups assign`
#[derive(clap::Args)]
pub struct Assign {
    #[command(flatten)]
    fields: Fields<AssignGroups>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs a verb.
///
/// # Errors
/// Those of the calls and of the output.
pub fn run(verb: Verb, context: &Context) -> Result<(), CliError> {
    match verb {
        Verb::List(List { list, output }) => {
            let part = Part::new(OperationId::GroupsList.operation(), &list, "groups")?;
            listing::run(context, &list, &output, Columns::Of(Group::SHAPE), &[], "groups", |_| {
                stream::iter([Ok(part)])
            })
        }
        Verb::Get(Get { id, output }) => {
            let (session, progress) = context.session()?;
            let operation = OperationId::GroupsGet.operation();
            let group = context.block_on(session.body(operation, args([("groupUuid", json!(id))])))?;
            progress.end();
            single::print(context, &output, &Columns::Of(Group::SHAPE), &group, "group")
        }
        Verb::Create(create) => create.run(context),
        Verb::Assign(assign) => assign.run(context),
    }
}

impl Create {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let Some(args) = self.fields.prepare(context, [])? else { return Ok(()) };
        let name = args.get("groupName").and_then(Value::as_str).unwrap_or_default().trim().to_owned();
        let operation = OperationId::GroupsCreate.operation();
        let write = Write {
            context,
            output: &self.output,
            operation,
            args,
            columns: Columns::Of(Group::SHAPE),
            noun: "group",
        };
        let refused = RefCell::new(None);
        let ran = write.run(async |session, answer| {
            refused.replace(answer.as_ref().and_then(error_in));
            match answer.and_then(|a| id_in(&a, &["groupId", "groupUuid"])) {
                Some(id) => session.seen(OperationId::GroupsGet.operation(), one("groupUuid", &id)).await,
                None => named(session, &name).await,
            }
        });
        match refused.into_inner() {
            // The answer has a place for what went wrong, beside the id. Whether it was printed makes that no better.
            Some(error) => {
                Err(CliError::failed(format!("the service says: {error}")).operation(operation.id))
            }
            None => ran,
        }
    }
}

fn one(name: &str, value: &str) -> Args {
    args([(name, json!(value))])
}

/// What the answer says went wrong.
fn error_in(answer: &Bytes) -> Option<String> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let error = answer.get("error")?;
    let text = error.as_str().map_or_else(|| error.to_string(), str::to_owned);
    (!matches!(text.as_str(), "" | "null" | "false")).then_some(text)
}

/// The group of this name, for a write whose answer was lost.
async fn named(session: &Session, name: &str) -> Result<Option<Bytes>, CliError> {
    let is = |row: &Value| row["groupName"].as_str().is_some_and(|n| n.eq_ignore_ascii_case(name));
    session.find_row(OperationId::GroupsList.operation(), Args::new(), is).await
}

impl Assign {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let Some(args) = self.fields.prepare(context, [])? else { return Ok(()) };
        let operation = OperationId::GroupsAssign.operation();
        let (session, progress) = context.session()?;
        let request = session.request(operation, &args)?;
        let words = |name: &str| -> Vec<String> {
            let sent = request.value(name).and_then(Value::as_array).cloned().unwrap_or_default();
            sent.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let (add, remove) = (words("add.groupIds"), words("remove.groupIds"));
        let items: Vec<Item> = words("accountIdentifiers").into_iter().map(Item::new).collect();
        let provider = request.query("cloudType").and_then(|p| p.parse::<Provider>().ok());
        let places = (0..items.len()).collect();
        let batch = Batch {
            context,
            output: &self.output,
            noun: "account",
            items,
            requests: vec![(request, places)],
            dry_run: false,
            delete: None,
        };
        batch.run(&session, async |session, items| {
            let connectors = connectors(session, provider).await?;
            progress.end();
            Ok(items.iter().map(|item| judge(item, connectors.as_deref(), &add, &remove)).collect())
        })
    }
}

/// The connectors of the provider, which show their groups; nothing where they cannot be listed.
async fn connectors(
    session: &Session,
    provider: Option<Provider>,
) -> Result<Option<Vec<Connector>>, CliError> {
    let operation = OperationId::ConnectorsList.operation();
    let Some(provider) = provider.filter(|p| operation.providers.contains(p)) else { return Ok(None) };
    let rows = session.all_rows(operation, one("provider", provider.as_str())).await?;
    Ok(Some(rows.iter().filter_map(|row| from_slice(row).ok()).collect()))
}

/// Whether the connectors of an account are in the groups as they should be.
fn judge(item: &Item, connectors: Option<&[Connector]>, add: &[String], remove: &[String]) -> Outcome {
    let Some(connectors) = connectors else {
        return Outcome::Asked("asked for; the groups of this cloud cannot be looked at".to_owned());
    };
    let of_account = |c: &&Connector| c.account().is_some_and(|a| a.eq_ignore_ascii_case(&item.id));
    let mut shown = connectors.iter().filter(of_account).peekable();
    if shown.peek().is_none() {
        return Outcome::Not("no connector has this account".to_owned());
    }
    for connector in shown {
        let is_in = |id: &String| {
            let groups = connector.groups.iter().flatten();
            groups.filter_map(|g| g.uuid.as_deref()).any(|uuid| uuid.eq_ignore_ascii_case(id))
        };
        if let Some(missing) = add.iter().find(|id| !is_in(id)) {
            return Outcome::Not(format!("it is not shown in the group {missing}"));
        }
        if let Some(left) = remove.iter().find(|id| !add.contains(id) && is_in(id)) {
            return Outcome::Not(format!("it is still shown in the group {left}"));
        }
    }
    Outcome::Done("assigned".to_owned())
}
