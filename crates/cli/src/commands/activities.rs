//! `totalcloud activities`: the alerts that were told.

use super::connectors::args;
use super::rules::by_cloud;
use crate::args::{ListArgs, OutputArgs, ProviderArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::listing;
use crate::rows::Fields as Columns;
use crate::single;
use futures_util::stream;
use serde_json::json;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::alerts::Activity;
use totalcloud_api::model::Model;

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// List the alerts that were told, of all clouds
    List(List),
    /// Show one alert that was told
    Get(Get),
}

/// `activities list`
#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    provider: ProviderArgs,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// `activities get`
#[derive(clap::Args)]
pub struct Get {
    /// Id of the activity
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs a verb.
///
/// # Errors
/// Those of the calls and of the output.
pub fn run(verb: Verb, context: &Context) -> Result<(), CliError> {
    match verb {
        Verb::List(List { provider, list, output }) => {
            let parts = by_cloud(OperationId::ActivitiesList, &provider, &list)?;
            listing::run(context, &list, &output, Columns::Of(Activity::SHAPE), &[], "activities", |_| {
                stream::iter(parts.into_iter().map(Ok))
            })
        }
        Verb::Get(Get { id, output }) => {
            let (session, progress) = context.session()?;
            let operation = OperationId::ActivitiesGet.operation();
            let activity = context.block_on(session.body(operation, args([("id", json!(id))])))?;
            progress.end();
            single::print(context, &output, &Columns::Of(Activity::SHAPE), &activity, "activity")
        }
    }
}
