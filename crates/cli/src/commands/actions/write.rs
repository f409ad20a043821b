//! Making, changing and trying out actions.

use crate::args::OutputArgs;
use crate::commands::alerts;
use crate::commands::connectors::args;
use crate::context::Context;
use crate::error::CliError;
use crate::rows::Fields as Columns;
use crate::session::Session;
use crate::write::{Fields, Write, id_in, once};
use bytes::Bytes;
use serde_json::{Value, json};
use totalcloud::Exit;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::alerts::{
    Action, CreateEmailAction, CreatePagerdutyAction, CreateSlackAction, TestPagerdutyAction,
    TestSlackAction, UpdateEmailAction, UpdatePagerdutyAction, UpdateSlackAction,
};
use totalcloud_api::model::Model;
use totalcloud_api::operation::{Args, Endpoint};

/// `actions create`
#[derive(clap::Subcommand)]
pub enum Create {
    /// Make an action that sends mail
    Email(New<CreateEmailAction>),
    /// Make an action that posts to Slack
    Slack(New<CreateSlackAction>),
    /// Make an action that tells PagerDuty
    Pagerduty(New<CreatePagerdutyAction>),
}

/// `actions update`
#[derive(clap::Subcommand)]
pub enum Update {
    /// Change an action that sends mail
    Email(Changed<UpdateEmailAction>),
    /// Change an action that posts to Slack; the webhook must be given again
    Slack(Changed<UpdateSlackAction>),
    /// Change an action that tells PagerDuty; the key must be given again
    Pagerduty(Changed<UpdatePagerdutyAction>),
}

/// `actions test`
#[derive(clap::Subcommand)]
pub enum Test {
    /// Post to a channel of Slack
    Slack(New<TestSlackAction>),
    /// Raise an incident at PagerDuty
    Pagerduty(New<TestPagerdutyAction>),
}

/// What is given for an action.
#[derive(clap::Args)]
pub struct New<E: Endpoint> {
    #[command(flatten)]
    fields: Fields<E>,
    #[command(flatten)]
    output: OutputArgs,
}

/// What changes in an action.
#[derive(clap::Args)]
pub struct Changed<E: Endpoint> {
    /// Id of the action
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    fields: Fields<E>,
    #[command(flatten)]
    output: OutputArgs,
}

impl Create {
    /// Makes the action and shows what the service stored.
    ///
    /// # Errors
    /// Those of the write.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        match self {
            Create::Email(new) => new.create(context),
            Create::Slack(new) => new.create(context),
            Create::Pagerduty(new) => new.create(context),
        }
    }
}

impl Update {
    /// Changes the action and shows what the service stored.
    ///
    /// # Errors
    /// Those of the write, or if there is no such action.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        match self {
            Update::Email(changed) => changed.run(context, "qemail"),
            Update::Slack(changed) => changed.run(context, "slack"),
            Update::Pagerduty(changed) => changed.run(context, "pagerduty"),
        }
    }
}

impl Test {
    /// Posts, and shows what the service says of it.
    ///
    /// # Errors
    /// Those of the call.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        match self {
            Test::Slack(new) => new.test(context),
            Test::Pagerduty(new) => new.test(context),
        }
    }
}

/// An action as the service shows it; nothing if there is none of this id.
async fn stored(session: &Session, id: &str) -> Result<Option<Bytes>, CliError> {
    session.seen(OperationId::ActionsGet.operation(), args([("id", json!(id))])).await
}

/// The ids of the actions of this name.
async fn ids_of(session: &Session, name: &str) -> Result<Vec<String>, CliError> {
    alerts::ids_of(session, OperationId::ActionsList.operation(), Args::new(), name).await
}

impl<E: Endpoint> New<E> {
    fn create(self, context: &Context) -> Result<(), CliError> {
        let Some(given) = self.fields.prepare(context, [])? else { return Ok(()) };
        let name = given.get("actionName").and_then(Value::as_str).unwrap_or_default().to_owned();
        let write = Write {
            context,
            output: &self.output,
            operation: E::OPERATION,
            args: given,
            columns: Columns::Of(Action::SHAPE),
            noun: "action",
        };
        write.run_after(
            // By which the action that this write made is told from others of the name, should its answer get lost.
            async |session| ids_of(session, &name).await,
            async |session, before, answer| {
                let id = match answer.and_then(|a| id_in(&a, &["id", "actionId"])) {
                    Some(id) => Some(id),
                    None => ids_of(session, &name).await?.into_iter().find(|id| !before.contains(id)),
                };
                match id {
                    Some(id) => stored(session, &id).await,
                    None => Ok(None),
                }
            },
        )
    }

    fn test(self, context: &Context) -> Result<(), CliError> {
        let Some(given) = self.fields.prepare(context, [])? else { return Ok(()) };
        once(context, &self.output, E::OPERATION, &given, &Columns::Any, "posted").map(drop)
    }
}

/// The fields of a change, and where the action shows them. Secrets are not among them: what is shown of them may
/// not be what they are.
const SHOWN_AS: [(&str, &str); 7] = [
    ("actionName", "name"),
    ("actionDescription", "description"),
    ("recipients", "emailRecipients"),
    ("subject", "subject"),
    ("channel", "slackChannel"),
    ("client", "pagerdutyClient"),
    ("subjectLine", "subject"),
];

impl<E: Endpoint> Changed<E> {
    fn run(self, context: &Context, kind: &str) -> Result<(), CliError> {
        let operation = E::OPERATION;
        if self.fields.is_idle() {
            return Err(CliError::usage("nothing is given that would change").operation(operation.id));
        }
        let id = self.id;
        let mut opened = None;
        let prepared = self.fields.prepare_for(operation, context, |given| {
            if given.is_empty() {
                return Err(CliError::usage("nothing is given that would change").operation(operation.id));
            }
            // The service takes the whole action, so what is not given goes along as it is.
            let session = context.session()?;
            let by_id = args([("id", json!(id))]);
            let action = context.block_on(session.0.sought(OperationId::ActionsGet.operation(), by_id))?;
            opened = Some(session);
            let Some(action) = action.and_then(|a| serde_json::from_slice::<Value>(&a).ok()) else {
                return Err(CliError::new(Exit::NotFound, format!("there is no action {id}"))
                    .operation(operation.id)
                    .hint("'totalcloud actions list' shows the ids there are"));
            };
            if let Some(is) = action["actionType"].as_str().filter(|is| !is.eq_ignore_ascii_case(kind)) {
                return Err(CliError::usage(format!("the action {id} is of the kind {is}, not {kind}"))
                    .operation(operation.id));
            }
            for (field, shown) in SHOWN_AS {
                let value = &action[shown];
                if operation.param(field).is_some() && alerts::said(value) {
                    given.entry(field).or_insert_with(|| value.clone());
                }
            }
            let lost =
                ["alert", "pagerdutyEventType"].into_iter().filter(|name| alerts::said(&action[*name]));
            alerts::warn_of_loss(context, "action", &lost.map(str::to_owned).collect::<Vec<_>>());
            given.insert("id".to_owned(), id.as_str().into());
            Ok(())
        })?;
        let (Some(args), Some(opened)) = (prepared, opened) else { return Ok(()) };
        let write = Write {
            context,
            output: &self.output,
            operation,
            args,
            columns: Columns::Of(Action::SHAPE),
            noun: "action",
        };
        write.run_in(opened, async |_| Ok(()), async |session, (), _| stored(session, &id).await)
    }
}
