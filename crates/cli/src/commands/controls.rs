//! `totalcloud controls`

use super::connectors::args;
use crate::args::{ListArgs, OutputArgs, ProviderArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::listing::{self, Part};
use crate::rows::Fields;
use crate::single;
use futures_util::stream;
use serde_json::{Value, json};
use totalcloud::Exit;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::controls::Control;
use totalcloud_api::model::Model;

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// List the controls the service checks
    List(List),
    /// Show one control
    Get(Get),
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

/// `controls get`
#[derive(clap::Args)]
pub struct Get {
    /// Id of the control
    #[arg(value_name = "CID")]
    id: u32,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs a verb.
///
/// # Errors
/// Those of the calls and of the output.
pub fn run(verb: Verb, context: &Context) -> Result<(), CliError> {
    match verb {
        Verb::List(args) => list(args, context),
        Verb::Get(get) => get.run(context),
    }
}

impl Get {
    /// There is no operation for one control: the list is narrowed to it.
    fn run(self, context: &Context) -> Result<(), CliError> {
        let operation = OperationId::ControlsList.operation();
        let args = args([("filter", json!(format!("cid:{}", self.id)))]);
        // A service that takes no notice of the filter shows others as well.
        let wanted = |row: &Value| match row.get("cid") {
            Some(Value::String(cid)) => cid.parse() == Ok(self.id),
            cid => cid.and_then(Value::as_u64) == Some(self.id.into()),
        };
        let (session, progress) = context.session()?;
        let found = context.block_on(session.find_row(operation, args, wanted))?;
        progress.end();
        let control = found.ok_or_else(|| {
            CliError::new(Exit::NotFound, format!("there is no control {}", self.id))
                .operation(operation.id)
                .hint("'totalcloud controls list --columns cid,controlName' shows them")
        })?;
        single::print(context, &self.output, &Fields::Of(Control::SHAPE), &control, "control")
    }
}

fn list(args: List, context: &Context) -> Result<(), CliError> {
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
