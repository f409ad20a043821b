//! `totalcloud policies`

use crate::args::{ListArgs, OutputArgs, ProviderArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::listing::{self, Part};
use crate::rows::Fields;
use crate::{single, targets};
use futures_util::stream;
use serde_json::Value;
use totalcloud::Exit;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::policies::{Policy, PolicyV1};
use totalcloud_api::model::Model;
use totalcloud_api::operation::{Args, is_uuid};

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// List the policies
    List(List),
    /// Show one policy
    Get(Get),
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

/// `policies get`
#[derive(clap::Args)]
pub struct Get {
    /// Id of the policy, the uuid of the list
    #[arg(value_name = "UUID")]
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
        Verb::List(args) => list(args, context),
        Verb::Get(get) => get.run(context),
    }
}

impl Get {
    /// There is no operation for one policy: it is looked for in the list.
    fn run(self, context: &Context) -> Result<(), CliError> {
        if !is_uuid(&self.id) {
            return Err(CliError::usage(format!(
                "a policy goes by a UUID of 36 characters, not '{}'",
                self.id
            ))
            .hint("'totalcloud policies list --columns uuid,title' shows them"));
        }
        let operation = OperationId::PoliciesList.operation();
        let wanted = |row: &Value| {
            row.get("uuid").and_then(Value::as_str).is_some_and(|id| id.eq_ignore_ascii_case(&self.id))
        };
        let (session, progress) = context.session()?;
        let found = context.block_on(session.find_row(operation, Args::new(), wanted))?;
        progress.end();
        let policy = found.ok_or_else(|| {
            CliError::new(Exit::NotFound, format!("there is no policy '{}'", self.id))
                .operation(operation.id)
                .hint("'totalcloud policies list --columns uuid,title' shows them")
        })?;
        single::print(context, &self.output, &Fields::Of(Policy::SHAPE), &policy, "policy")
    }
}

fn list(args: List, context: &Context) -> Result<(), CliError> {
    let (parts, fields) = if args.api_version == 1 {
        let operation = OperationId::PoliciesListV1.operation();
        let parts = targets::providers(operation, &args.provider)?
            .into_iter()
            .map(|p| {
                let mut part = Part::new(operation, &args.list, p.as_str())?.with("cloudType", p.as_str());
                part.cut_at = Some((100, "--api-version 2 lists all there are"));
                Ok(part)
            })
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
