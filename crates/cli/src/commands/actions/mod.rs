//! `totalcloud actions`: how an alert is told. Answers carry the secrets of actions, which are not shown.

mod write;

use super::connectors::args;
use crate::args::{ListArgs, OutputArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::listing::{self, Part};
use crate::rows::Fields as Columns;
use crate::single;
use crate::write::{DeleteArgs, Deletion};
use futures_util::stream;
use serde_json::{Value, json};
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::alerts::Action;
use totalcloud_api::model::Model;
use totalcloud_api::operation::Args;

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// List the actions
    List(List),
    /// List the kinds of actions
    Types(Types),
    /// Show one action
    Get(Get),
    /// Make an action
    #[command(subcommand)]
    Create(write::Create),
    /// Change an action; what is not given goes along as it is, as far as the service takes it, but for secrets
    #[command(subcommand)]
    Update(write::Update),
    /// Try out a webhook or a key: posts for real
    #[command(subcommand)]
    Test(write::Test),
    /// Delete actions
    Delete(Delete),
}

/// `actions list`
#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// `actions types`
#[derive(clap::Args)]
pub struct Types {
    #[command(flatten)]
    output: OutputArgs,
}

/// `actions get`
#[derive(clap::Args)]
pub struct Get {
    /// Id of the action
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    output: OutputArgs,
}

/// `actions delete`
#[derive(clap::Args)]
pub struct Delete {
    /// Ids of the actions
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    delete: DeleteArgs,
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
            let part = Part::new(OperationId::ActionsList.operation(), &list, "actions")?;
            listing::run(context, &list, &output, Columns::Of(Action::SHAPE), &[], "actions", |_| {
                stream::iter([Ok(part)])
            })
        }
        Verb::Types(types) => types.run(context),
        Verb::Get(Get { id, output }) => {
            let (session, progress) = context.session()?;
            let operation = OperationId::ActionsGet.operation();
            let action = context.block_on(session.body(operation, args([("id", json!(id))])))?;
            progress.end();
            single::print(context, &output, &Columns::Of(Action::SHAPE), &action, "action")
        }
        Verb::Create(create) => create.run(context),
        Verb::Update(update) => update.run(context),
        Verb::Test(test) => test.run(context),
        Verb::Delete(Delete { ids, delete, output }) => Deletion {
            context,
            output: &output,
            delete,
            noun: "action",
            operation: (OperationId::ActionsDelete.operation(), "ids"),
            list: (OperationId::ActionsList.operation(), "id", "name"),
            ids,
        }
        .run(),
    }
}

impl Types {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let (session, progress) = context.session()?;
        let operation = OperationId::ActionsTypes.operation();
        let answer = context.block_on(session.body(operation, Args::new()))?;
        progress.end();
        let Ok(types) = serde_json::from_slice::<Vec<Value>>(&answer) else {
            return Err(CliError::failed("the answer is no list of words").operation(operation.id));
        };
        let rows = types.into_iter().map(|word| json!({ "type": word }));
        single::own(context, &self.output, &["type"], rows, "action_types")
    }
}
