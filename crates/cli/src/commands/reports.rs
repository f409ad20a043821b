//! `totalcloud reports`

use crate::args::{ListArgs, OutputArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::listing::{self, Part};
use crate::rows::Fields as Columns;
use crate::session::{self, Session};
use crate::single;
use crate::write::{DeleteArgs, Deletion, Fields, Write, id_in};
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Map, Value, json};
use totalcloud_api::Provider;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::reports::{CreateReport, ReportConfig, ReportData, UpdateReport};
use totalcloud_api::model::{Model, Shape};
use totalcloud_api::operation::Args;
use totalcloud_api::provider::{Spelling, Spellings};
use totalcloud_table::Format;

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// List the report configurations
    List(List),
    /// Show one report configuration
    Get(Get),
    /// Make a report configuration: what policies or a mandate say of some connectors
    Create(Box<Create>),
    /// Change a report configuration
    Update(Box<Update>),
    /// Delete report configurations
    Delete(Delete),
    /// Show the numbers of a report: how much passed, and of what
    Data(Get),
}

/// `reports list`
#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// `reports get` and `reports data`
#[derive(clap::Args)]
pub struct Get {
    /// Id of the report
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    output: OutputArgs,
}

/// `reports create`
#[derive(clap::Args)]
#[command(
    mut_arg("executionType", |arg| arg.hide(true)),
    mut_arg("connectorIds", |arg| arg.visible_alias("connector")),
    mut_arg("groupIds", |arg| arg.visible_alias("group")),
)]
pub struct Create {
    /// Policy by its uuid, of the cloud of --provider; can be repeated
    #[arg(long = "policy", value_name = "UUID", conflicts_with = "policies")]
    policy: Vec<String>,
    #[command(flatten)]
    fields: Fields<CreateReport>,
    #[command(flatten)]
    output: OutputArgs,
}

/// `reports update`
#[derive(clap::Args)]
#[command(
    mut_arg("connectorIds", |arg| arg.visible_alias("connector")),
    mut_arg("groupIds", |arg| arg.visible_alias("group")),
)]
pub struct Update {
    /// Id of the report
    #[arg(value_name = "ID")]
    id: String,
    /// Policy by its uuid, of the cloud of --provider; can be repeated
    #[arg(long = "policy", value_name = "UUID", conflicts_with = "policies")]
    policy: Vec<String>,
    #[command(flatten)]
    fields: Fields<UpdateReport>,
    #[command(flatten)]
    output: OutputArgs,
}

/// `reports delete`
#[derive(clap::Args)]
pub struct Delete {
    /// Ids of the reports
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    delete: DeleteArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs a verb.
///
/// # Errors
/// Those of the calls and of the output.
pub fn run(verb: Verb, context: &Context) -> Result<(), CliError> {
    match verb {
        Verb::List(List { list, output }) => {
            let part = Part::new(OperationId::ReportsList.operation(), &list, "reports")?;
            listing::run(context, &list, &output, Columns::Of(ReportConfig::SHAPE), &[], "reports", |_| {
                stream::iter([Ok(part)])
            })
        }
        Verb::Get(get) => {
            let object = read(context, OperationId::ReportsGet, &get.id)?;
            single::print(context, &get.output, &Columns::Of(ReportConfig::SHAPE), &object, "report")
        }
        Verb::Create(create) => create.run(context),
        Verb::Update(update) => update.run(context),
        Verb::Delete(Delete { ids, delete, output }) => {
            let deletion = Deletion {
                context,
                output: &output,
                delete,
                noun: "report",
                operation: (OperationId::ReportsDelete.operation(), "ids"),
                list: (OperationId::ReportsList.operation(), "reportId", "title"),
                ids,
            };
            deletion.run()
        }
        Verb::Data(get) => get.data(context),
    }
}

/// The object that is found under the id of a report.
fn read(context: &Context, id: OperationId, report: &str) -> Result<Bytes, CliError> {
    let (session, progress) = context.session()?;
    let object = context.block_on(session.body(id.operation(), which(report)))?;
    progress.end();
    Ok(object)
}

fn which(report: &str) -> Args {
    Args::from_iter([("reportId".to_owned(), json!(report))])
}

impl Create {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let operation = OperationId::ReportsCreate.operation();
        let spellings = session::spellings(&context.settings()?);
        let args = self.fields.prepare_for(operation, context, |args| {
            // The service takes no other word, and does not go without it.
            args.insert("executionType".to_owned(), json!("RUN_TIME"));
            policies(args, &self.policy, &spellings)
        })?;
        let Some(args) = args else { return Ok(()) };
        let title = args.get("title").cloned().unwrap_or_default();
        let list = OperationId::ReportsList.operation();
        let same = |row: &Value| row.get("title") == Some(&title);
        let write = Write {
            context,
            output: &self.output,
            operation,
            args,
            columns: Columns::Of(ReportConfig::SHAPE),
            noun: "report",
        };
        write.run_after(
            // Titles need not be unique, so what is there already is no sign of what came of a lost answer.
            async |session| Ok(ids(&session.all_rows(list, Args::new()).await?)),
            async |session, before, answer| match answer.and_then(|answer| id_in(&answer, &["reportId"])) {
                Some(id) => stored(session, &id).await.map(Some),
                None => {
                    let new = |row: &Value| same(row) && id_of(row).is_some_and(|id| !before.contains(&id));
                    session.find_row(list, Args::new(), new).await
                }
            },
        )
    }
}

impl Update {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let operation = OperationId::ReportsUpdate.operation();
        if self.fields.is_idle() && self.policy.is_empty() {
            return Err(CliError::usage("nothing is given that would change").operation(operation.id));
        }
        let spellings = session::spellings(&context.settings()?);
        let id = self.id;
        let args = self.fields.prepare_for(operation, context, |args| {
            args.extend(which(&id));
            policies(args, &self.policy, &spellings)
        })?;
        let Some(args) = args else { return Ok(()) };
        let write = Write {
            context,
            output: &self.output,
            operation,
            args,
            columns: Columns::Of(ReportConfig::SHAPE),
            noun: "report",
        };
        write.run(async |session, _| stored(session, &id).await.map(Some))
    }
}

/// A report configuration as the service has it.
async fn stored(session: &Session, id: &str) -> Result<Bytes, CliError> {
    session.body(OperationId::ReportsGet.operation(), which(id)).await
}

fn id_of(row: &Value) -> Option<String> {
    row.get("reportId").and_then(Value::as_str).map(str::to_owned)
}

fn ids(rows: &[Bytes]) -> Vec<String> {
    rows.iter().filter_map(|row| id_of(&serde_json::from_slice(row).ok()?)).collect()
}

/// Puts in the policies that are named by their ids alone; their cloud is that of the report.
fn policies(args: &mut Args, ids: &[String], spellings: &Spellings) -> Result<(), CliError> {
    if ids.is_empty() {
        return Ok(());
    }
    let Some(cloud) = args.get("cloudType").and_then(Value::as_str) else {
        return Err(CliError::usage("--policy needs the cloud of the policies")
            .hint("give it with --provider, or write each with --policies cloudType=AWS,policyId=UUID"));
    };
    let provider: Provider = cloud.parse().map_err(|e| CliError::usage(format!("{e}")))?;
    let cloud = provider.spelled(Spelling::Report, spellings);
    for id in ids {
        if !totalcloud_api::operation::is_uuid(id) {
            return Err(CliError::usage(format!("--policy wants a UUID of 36 characters, not '{id}'"))
                .hint("'totalcloud policies list' shows them as uuid"));
        }
    }
    let objects: Vec<Value> = ids.iter().map(|id| json!({ "cloudType": cloud, "policyId": id })).collect();
    args.insert("policies".to_owned(), objects.into());
    Ok(())
}

impl Get {
    fn data(self, context: &Context) -> Result<(), CliError> {
        let object = read(context, OperationId::ReportsData, &self.id)?;
        let view = crate::rows::format(&self.output, &context.printer)? == Format::Table;
        match serde_json::from_slice::<Value>(&object) {
            Ok(Value::Object(data)) if view && self.output.columns.is_empty() => {
                let rows =
                    flat(data).into_iter().map(|(field, value)| json!({"field": field, "value": value}));
                single::own(context, &self.output, &["field", "value"], rows, "report_data")
            }
            _ => {
                single::print(context, &self.output, &Columns::Of(ReportData::SHAPE), &object, "report_data")
            }
        }
    }
}

/// The numbers of a report line by line: `stats.passCount`, and one line for each account and group.
fn flat(data: Map<String, Value>) -> Vec<(String, Value)> {
    let mut lines = Vec::new();
    for (section, shape, value) in in_order(Some(ReportData::SHAPE), data) {
        let Value::Object(fields) = value else {
            lines.push((section, value));
            continue;
        };
        for (field, _, value) in in_order(shape, fields) {
            let name = format!("{section}.{field}");
            match value {
                Value::Array(items) => lines.extend(items.iter().map(|item| (name.clone(), named(item)))),
                other => lines.push((name, other)),
            }
        }
    }
    lines
}

/// The fields of a shape in its order, then the others.
fn in_order(
    shape: Option<&'static Shape>,
    mut map: Map<String, Value>,
) -> Vec<(String, Option<&'static Shape>, Value)> {
    let columns = shape.map(Shape::columns).unwrap_or_default();
    let known = columns.iter().filter_map(|column| {
        let (name, value) = map.remove_entry(column.wire)?;
        Some((name, column.kind.shape(), value))
    });
    let mut fields: Vec<_> = known.collect();
    fields.extend(map.into_iter().map(|(name, value)| (name, None, value)));
    fields
}

/// An account or a group in a line.
fn named(item: &Value) -> Value {
    let text = |field: &str| item.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    match (text("name").or_else(|| text("groupName")), text("accountId").or_else(|| text("groupUuid"))) {
        (Some(name), Some(id)) => format!("{name} ({id})").into(),
        (Some(one), None) | (None, Some(one)) => one.into(),
        (None, None) => item.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_line_by_line() {
        let Value::Object(data) = json!({
            "stats": {"passCount": 9, "failPercent": 10.0},
            "summary": {
                "accounts": [{"id": "1", "name": "prod", "accountId": "123456789012"}, {"id": "2"}],
                "groups": [{"groupName": "Ops", "groupUuid": "u"}], "mandateName": null,
            },
            "note": "x",
        }) else {
            panic!("an object")
        };
        let lines: Vec<String> = flat(data).iter().map(|(f, v)| format!("{f}={v}")).collect();
        assert_eq!(
            lines,
            [
                "stats.passCount=9",
                "stats.failPercent=10.0",
                "summary.accounts=\"prod (123456789012)\"",
                "summary.accounts={\"id\":\"2\"}",
                "summary.groups=\"Ops (u)\"",
                "summary.mandateName=null",
                "note=\"x\"",
            ]
        );
    }

    #[test]
    fn policies_take_the_cloud_of_the_report() {
        let id = "3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2".to_owned();
        let mut args = Args::from_iter([("cloudType".to_owned(), json!("azure"))]);
        policies(&mut args, std::slice::from_ref(&id), &Spellings::default()).unwrap();
        assert_eq!(args["policies"], json!([{"cloudType": "Azure", "policyId": id}]));
        for (mut args, ids) in [(Args::new(), vec![id]), (args, vec!["17".to_owned()])] {
            assert_eq!(
                policies(&mut args, &ids, &Spellings::default()).unwrap_err().exit,
                totalcloud::Exit::Usage
            );
        }
    }
}
