//! `totalcloud users`

use super::connectors::args;
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::rows::Fields as Columns;
use crate::single;
use crate::write::{Fields, Write};
use serde_json::json;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::groups::{SetUserGroups, SetUserScope};
use totalcloud_api::operation::Endpoint;

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Show what a user may see
    Scope(Scope),
    /// Change which accounts and regions a user may see
    SetScope(Change<SetUserScope>),
    /// Change which groups of connectors a user may see
    SetGroups(Change<SetUserGroups>),
}

/// `users scope`
#[derive(clap::Args)]
pub struct Scope {
    /// User name
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    output: OutputArgs,
}

/// What changes for a user.
#[derive(clap::Args)]
pub struct Change<E: Endpoint> {
    /// User name
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    fields: Fields<E>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs a verb.
///
/// # Errors
/// Those of the calls and of the output.
pub fn run(verb: Verb, context: &Context) -> Result<(), CliError> {
    match verb {
        Verb::Scope(Scope { user, output }) => {
            let (session, progress) = context.session()?;
            let operation = OperationId::UsersScope.operation();
            let scope = context.block_on(session.body(operation, args([("userName", json!(user))])))?;
            progress.end();
            single::print(context, &output, &Columns::Any, &scope, "scope")
        }
        Verb::SetScope(change) => change.run(context),
        Verb::SetGroups(change) => change.run(context),
    }
}

impl<E: Endpoint> Change<E> {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let user = json!(self.user);
        let Some(changes) = self.fields.prepare(context, [("userName", user.clone())])? else {
            return Ok(());
        };
        let write = Write {
            context,
            output: &self.output,
            operation: E::OPERATION,
            args: changes,
            columns: Columns::Any,
            noun: "scope",
        };
        write.run(async |session, _| {
            session.seen(OperationId::UsersScope.operation(), args([("userName", user)])).await
        })
    }
}
