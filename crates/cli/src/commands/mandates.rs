//! `totalcloud mandates`

use crate::args::{ListArgs, OutputArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::listing::{self, Part};
use crate::rows::Fields;
use futures_util::stream;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::policies::Mandate;
use totalcloud_api::model::Model;

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// List the mandates
    List(List),
}

/// `mandates list`
#[derive(clap::Args)]
pub struct List {
    /// Place of the operation: 2 is the newer one, 1 the older, deprecated one
    #[arg(long, value_name = "1|2", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=2))]
    api_version: u8,
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
    let id = if args.api_version == 1 { OperationId::MandatesListV1 } else { OperationId::MandatesList };
    let part = Part::new(id.operation(), &args.list, "mandates")?;
    listing::run(context, &args.list, &args.output, Fields::Of(Mandate::SHAPE), &[], "mandates", |_| {
        stream::iter([Ok(part)])
    })
}
