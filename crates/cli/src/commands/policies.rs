//! `totalcloud policies`

use crate::args::{ListArgs, OutputArgs, ProviderArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::listing::{self, Part};
use crate::rows::Fields;
use crate::targets;
use futures_util::stream;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::policies::{Policy, PolicyV1};
use totalcloud_api::model::Model;

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// List the policies
    List(List),
}

/// `policies list`
#[derive(clap::Args)]
pub struct List {
    /// Version of the operation: 2 has pages and more fields, 1 returns at most 100 policies of each cloud
    #[arg(long, value_name = "1|2", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=2))]
    api_version: u8,
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
    let (parts, fields) = if args.api_version == 1 {
        let operation = OperationId::PoliciesListV1.operation();
        let parts = targets::providers(operation, &args.provider)?
            .into_iter()
            .map(|p| Ok(Part::new(operation, &args.list, p.as_str())?.with("cloudType", p.as_str())))
            .collect::<Result<Vec<_>, CliError>>()?;
        (parts, Fields::Of(PolicyV1::SHAPE))
    } else {
        let operation = OperationId::PoliciesList.operation();
        let mut part = Part::new(operation, &args.list, "policies")?;
        // The operation cannot be narrowed to a provider, its rows can.
        part.only = args.provider.provider.iter().map(|p| ("cloudType", p.upper().to_owned())).collect();
        (vec![part], Fields::Of(Policy::SHAPE))
    };
    listing::run(context, &args.list, &args.output, fields, &[], "policies", |_| {
        stream::iter(parts.into_iter().map(Ok))
    })
}
