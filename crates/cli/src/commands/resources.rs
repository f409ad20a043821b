//! `totalcloud resources`

use super::connectors::args;
use crate::args::{ListArgs, OutputArgs, ProviderArgs, TypeArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::filter;
use crate::listing::{self, Part};
use crate::pull::forecast::waits;
use crate::pull::report::{count, seconds};
use crate::rows::{Fields, union};
use crate::single;
use crate::targets::{self, Target};
use futures_util::stream;
use serde_json::json;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::operation::Args;
use totalcloud_api::resources::{self, Listed};
use totalcloud_api::{Operation, Provider, ResourceType};

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// List the resource types and their aliases; makes no call
    Types(Types),
    /// List resources; without --type, those of all types
    List(List),
    /// Show one resource with all its details
    Get(Get),
}

/// `resources types`
#[derive(clap::Args)]
pub struct Types {
    #[command(flatten)]
    provider: ProviderArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// `resources list`
#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    provider: ProviderArgs,
    #[command(flatten)]
    types: TypeArgs,
    /// Only those of this AWS account, Azure subscription, GCP project or OCI tenancy; can be repeated
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    account: Vec<String>,
    /// Only those with this resourceId; can be repeated
    #[arg(long, value_name = "RESOURCE_ID", value_delimiter = ',')]
    resource: Vec<String>,
    /// Print into which parts the listing would be split, with rows and calls, and read nothing
    #[arg(long, conflicts_with_all = ["limit", "pages", "start_page"])]
    plan: bool,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// `resources get`
#[derive(clap::Args)]
pub struct Get {
    /// The uuid of the resource (not its resourceId)
    #[arg(value_name = "UUID", required_unless_present = "resource", conflicts_with = "resource")]
    id: Option<String>,
    /// The uuid of the resource (not its resourceId)
    #[arg(long, value_name = "UUID")]
    resource: Option<String>,
    #[command(flatten)]
    provider: ProviderArgs,
    #[command(flatten)]
    types: TypeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs a verb.
///
/// # Errors
/// Those of the calls and of the output.
pub fn run(verb: Verb, context: &Context) -> Result<(), CliError> {
    match verb {
        Verb::Types(types) => types.run(context),
        Verb::List(list) => list.run(context),
        Verb::Get(get) => get.run(context),
    }
}

impl Types {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let wanted = |t: &&ResourceType| {
            self.provider.provider.is_empty() || self.provider.provider.contains(&t.provider)
        };
        let rows = resources::all().filter(wanted).map(|t| {
            json!({
                "provider": t.provider.as_str(),
                "type": t.name,
                "title": t.title,
                "aliases": t.aliases,
                "table": t.table(),
                "columns": t.shape.columns().len(),
                "confidence": t.confidence.as_str(),
            })
        });
        let shown = &["provider", "type", "title", "aliases"];
        let all = &["provider", "type", "title", "aliases", "table", "columns", "confidence"];
        let view = crate::rows::format(&self.output, &context.printer)?.is_view() && !self.output.wide;
        single::own(context, &self.output, if view { shown } else { all }, rows, "resource_types")
    }
}

/// What the rows of these types have.
pub fn fields(targets: &[Target]) -> Fields {
    if let [one] = targets {
        return match &one.listed {
            Listed::Type(t) => Fields::Of(t.shape),
            Listed::Unlisted(_) => Fields::AtLeast(resources::base_shape(one.provider)),
        };
    }
    let mut providers: Vec<Provider> = targets.iter().map(|t| t.provider).collect();
    providers.sort();
    providers.dedup();
    match providers[..] {
        [one] => Fields::Of(resources::base_shape(one)),
        _ => Fields::Of(union(&providers.into_iter().map(resources::base_shape).collect::<Vec<_>>())),
    }
}

/// The provider and the type in arguments by wire name.
fn of_args(args: &Args) -> Option<(Provider, &str)> {
    let text = |name: &str| args.get(name).and_then(serde_json::Value::as_str);
    Some((text("provider")?.parse().ok()?, text("type")?))
}

/// What the rows of a query by wire arguments have.
pub fn fields_of_args(args: &Args) -> Fields {
    match of_args(args).map(|(provider, name)| (provider, resources::get(provider, name))) {
        Some((_, Some(listed))) => Fields::Of(listed.shape),
        Some((provider, None)) => Fields::AtLeast(resources::base_shape(provider)),
        None => Fields::Any,
    }
}

/// The type of the registry that a query by wire arguments asks for.
pub fn listed_of_args(operation: &Operation, args: &Args) -> Option<&'static ResourceType> {
    if operation.id != OperationId::ResourcesList.operation().id {
        return None;
    }
    of_args(args).and_then(|(provider, name)| resources::get(provider, name))
}

impl List {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let operation = OperationId::ResourcesList.operation();
        let mut providers = targets::providers(operation, &self.provider)?;
        if self.provider.provider.is_empty() && !self.account.is_empty() {
            // The form of an account says its cloud, so the others need not be asked.
            let clouds: Vec<Provider> =
                self.account.iter().map(|a| targets::provider_of_account(a)).collect();
            providers.retain(|p| clouds.contains(p));
        }
        let targets = targets::types(&providers, &self.types)?;
        let mut list = self.list;
        for (token, values) in [("account.id", &self.account), ("resource.id", &self.resource)] {
            if !values.is_empty() {
                list.narrow(&filter::any_of(token, values));
            }
        }
        let parts: Vec<Part> = targets
            .iter()
            .map(|t| {
                let mut part = Part::new(operation, &list, t.key())?;
                if let Listed::Type(listed) = t.listed {
                    part.listed = Some(listed);
                }
                Ok(part.with("type", t.listed.name()).with("provider", t.provider.as_str()))
            })
            .collect::<Result<_, CliError>>()?;
        if self.plan {
            return plan(context, &list, &self.output, parts);
        }
        let name = match &targets[..] {
            [one] => one.key().to_lowercase().replace('/', "_"),
            _ => "resources".to_owned(),
        };
        // Where types are mixed, a table says which each row is of.
        let lead: &[&str] = if targets.len() > 1 { &["resourceType"] } else { &[] };
        listing::run(context, &list, &self.output, fields(&targets), lead, &name, |_| {
            stream::iter(parts.into_iter().map(Ok))
        })
    }
}

/// Prints what a listing would take, without reading it.
fn plan(context: &Context, list: &ListArgs, output: &OutputArgs, parts: Vec<Part>) -> Result<(), CliError> {
    let (session, progress) = context.session()?;
    let (mut rows, mut total, mut calls, mut asked) = (Vec::new(), Some(0), 0, 0);
    let started = std::time::Instant::now();
    for part in parts {
        progress.doing(&part.label);
        part.said.iter().for_each(|said| context.printer.warn_once(said));
        let request = session.request(part.operation, &part.args)?;
        let options = listing::page_options(list, None).inventory_api(session.inventory_api());
        let plan =
            context.block_on(async { Ok::<_, CliError>(session.client.plan(request, options).await?) })?;
        for p in &plan.parts {
            rows.push(json!({
                "type": part.label,
                "part": p.part,
                "rows": p.rows,
                "calls": p.calls,
                "outOfReach": p.out_of_reach,
            }));
        }
        total = total.zip(plan.rows).map(|(a, b)| a + b);
        calls += plan.calls;
        asked += plan.asked;
    }
    progress.end();
    let parts = rows.len() as u64;
    let lost: u64 = rows.iter().filter_map(|r| r["outOfReach"].as_u64()).sum();
    let columns: &[&str] = match lost {
        0 => &["type", "part", "rows", "calls"],
        _ => &["type", "part", "rows", "calls", "outOfReach"],
    };
    single::own(context, output, columns, rows, "plan")?;
    let class = OperationId::ResourcesList.operation().limit_class;
    let quota = session.client.limiter().quota(class);
    let at_once = quota.concurrency.clamp(1, session.concurrency.max(1));
    let a_call = started.elapsed().div_f64(asked.max(1) as f64);
    let time = waits(calls, &quota) + a_call.mul_f64(calls as f64 / at_once as f64);
    let quota = if quota.limit.is_some() { " under the quota that is known" } else { "; no quota is known" };
    let rows = total.map_or_else(|| "an unknown number of rows".to_owned(), |n| count(n, "row", "rows"));
    context.printer.note(&format!(
        "{rows} in {}: {}, about {}{quota}\nplanning it took {}",
        count(parts, "part", "parts"),
        count(calls, "call", "calls"),
        seconds(time),
        count(asked, "call", "calls"),
    ));
    if lost > 0 {
        context.printer.warn(&format!(
            "{} cannot be reached by any filter that the service takes",
            count(lost, "row", "rows")
        ));
    }
    Ok(())
}

impl Get {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let operation = OperationId::ResourcesGet.operation();
        let uuid = self.id.or(self.resource).unwrap_or_default();
        if self.types.types.is_empty() {
            return Err(CliError::usage("which type? The service finds a resource only under its type")
                .hint("give --type; 'totalcloud resources types' lists them"));
        }
        let providers = targets::providers(operation, &self.provider)?;
        let targets = targets::types(&providers, &self.types)?;
        let tries: Vec<Args> = targets
            .iter()
            .map(|t| {
                args([
                    ("type", json!(t.listed.name())),
                    ("uuid", json!(uuid)),
                    ("provider", json!(t.provider.as_str())),
                ])
            })
            .collect();
        let (session, progress) = context.session()?;
        let object = context.block_on(session.first_found(operation, tries))?;
        progress.end();
        single::print(context, &self.output, &fields(&targets), &object, "resource")
    }
}
