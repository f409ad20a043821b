//! `totalcloud remediation`

use crate::args::{ListArgs, OutputArgs, ProviderArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::listing::{self, Part};
use crate::rows::Fields;
use crate::targets;
use futures_util::stream;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::remediation::RemediationActivity;
use totalcloud_api::model::Model;

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// List what was remediated
    List(List),
}

/// `remediation list`
#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    provider: ProviderArgs,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs a verb.
///
/// # Errors
/// Those of the calls and of the output.
pub fn run(verb: Verb, context: &Context) -> Result<(), CliError> {
    let Verb::List(args) = verb;
    let operation = OperationId::RemediationList.operation();
    let parts: Vec<Part> = targets::providers(operation, &args.provider)?
        .into_iter()
        .map(|p| Ok(Part::new(operation, &args.list, p.as_str())?.with("cloudType", p.as_str())))
        .collect::<Result<_, CliError>>()?;
    listing::run(
        context,
        &args.list,
        &args.output,
        Fields::Of(RemediationActivity::SHAPE),
        &[],
        "remediation",
        |_| stream::iter(parts.into_iter().map(Ok)),
    )
}
