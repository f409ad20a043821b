//! `totalcloud rules`: when an alert is raised.

mod many;
mod write;

use super::connectors::args;
use crate::args::{ListArgs, OutputArgs, ProviderArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::listing::{self, Part};
use crate::rows::Fields as Columns;
use crate::{single, targets};
use futures_util::stream;
use serde_json::json;
use totalcloud_api::Provider;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::alerts::Rule;
use totalcloud_api::model::Model;

/// The types of rules, each of which has a list of its own.
const TYPES: [&str; 2] = ["simple_alert", "time_window_schedule_alert"];

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// List the rules of all clouds and types
    List(List),
    /// Show one rule
    Get(Get),
    /// Make a rule
    Create(write::Create),
    /// Change a rule; what is not given goes along as it is, as far as the service takes it
    Update(write::Update),
    /// Switch rules on
    Enable(many::Switch),
    /// Switch rules off
    Disable(many::Switch),
    /// Delete rules
    Delete(many::Delete),
}

/// `rules list`
#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    provider: ProviderArgs,
    /// Type of the rules; can be repeated [default: both]
    #[arg(long, value_name = "TYPE", value_delimiter = ',', value_parser = TYPES)]
    rule_type: Vec<String>,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// `rules get`
#[derive(clap::Args)]
pub struct Get {
    /// Id of the rule
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
        Verb::List(list) => list.run(context),
        Verb::Get(Get { id, output }) => {
            let (session, progress) = context.session()?;
            let operation = OperationId::RulesGet.operation();
            let rule = context.block_on(session.body(operation, args([("ruleId", json!(id))])))?;
            progress.end();
            single::print(context, &output, &Columns::Of(Rule::SHAPE), &rule, "rule")
        }
        Verb::Create(create) => create.run(context),
        Verb::Update(update) => update.run(context),
        Verb::Enable(switch) => switch.run(context, OperationId::RulesEnable),
        Verb::Disable(switch) => switch.run(context, OperationId::RulesDisable),
        Verb::Delete(delete) => delete.run(context),
    }
}

/// The queries of a list that is asked for cloud by cloud.
///
/// # Errors
/// If a flag was given that the operation has no use for.
pub fn by_cloud(id: OperationId, asked: &ProviderArgs, list: &ListArgs) -> Result<Vec<Part>, CliError> {
    let operation = id.operation();
    let mut parts = Vec::new();
    for provider in targets::providers(operation, asked)? {
        let mut part = Part::new(operation, list, provider.as_str())?.with("cloudType", provider.as_str());
        // The sources that know of OCI here are fewer than those that do not.
        if provider == Provider::Oci && asked.provider.is_empty() {
            part.if_refused = Some("alerts are documented for aws, azure and gcp only");
        }
        parts.push(part);
    }
    Ok(parts)
}

impl List {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let List { provider, rule_type, list, output } = self;
        let mut parts = Vec::new();
        for part in by_cloud(OperationId::RulesList, &provider, &list)? {
            for kind in TYPES {
                if rule_type.is_empty() || rule_type.iter().any(|asked| asked == kind) {
                    let mut part = part.clone().with("ruleType", kind);
                    part.label = format!("{}/{kind}", part.label);
                    parts.push(part);
                }
            }
        }
        listing::run(context, &list, &output, Columns::Of(Rule::SHAPE), &[], "rules", |_| {
            stream::iter(parts.into_iter().map(Ok))
        })
    }
}
