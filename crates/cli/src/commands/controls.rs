//! `totalcloud controls`

use crate::args::{ListArgs, OutputArgs, ProviderArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::listing::{self, Part};
use crate::rows::Fields;
use futures_util::stream;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::controls::Control;
use totalcloud_api::model::Model;

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// List the controls the service checks
    List(List),
}

/// `controls list`
#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    provider: ProviderArgs,
    /// Id of a control; can be repeated
    #[arg(long, value_name = "CID", value_delimiter = ',')]
    control: Vec<u32>,
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
    let operation = OperationId::ControlsList.operation();
    let mut list = args.list;
    // The operation takes neither; both can be said in its filter.
    if !args.control.is_empty() {
        let ids: Vec<String> = args.control.iter().map(u32::to_string).collect();
        let term =
            if let [one] = &ids[..] { format!("cid:{one}") } else { format!("cid in ({})", ids.join(", ")) };
        list.narrow(&term);
    }
    let mut parts = Vec::new();
    if args.provider.provider.is_empty() {
        parts.push(Part::new(operation, &list, "controls")?);
    }
    for provider in &args.provider.provider {
        let mut list = list.clone();
        list.narrow(&format!("provider:{}", provider.upper()));
        parts.push(Part::new(operation, &list, provider.as_str())?);
    }
    listing::run(context, &list, &args.output, Fields::Of(Control::SHAPE), &[], "controls", |_| {
        stream::iter(parts.into_iter().map(Ok))
    })
}
