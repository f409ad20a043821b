//! Reports that are asked for, once or again: the order, what the service lists of it, the wait, the file.

use super::super::connectors::args;
use super::{Which, file};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::duration::first_second;
use crate::error::CliError;
use crate::filter;
use crate::printer::Sink;
use crate::rows::Fields as Columns;
use crate::session::Session;
use crate::single;
use crate::write::{Fields, Write, WriteArgs, id_in, preview};
use bytes::Bytes;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use totalcloud::{Exit, PollPolicy};
use totalcloud_api::Operation;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::assessments::{AssessmentReport, CreateAssessment};
use totalcloud_api::model::Model;
use totalcloud_api::operation::{Args, is_uuid};
use totalcloud_table::Format;

/// `assessments create`
#[derive(clap::Args)]
#[command(
    mut_arg("reportName", |arg| arg.visible_alias("name")),
    mut_arg("cloudType", |arg| arg.visible_alias("cloud-type")),
    mut_arg("query", |arg| arg.help("QQL over posture [default: all]")),
    mut_arg("startDate", |arg| arg.visible_alias("start").help(
        "Start of the period: 2026-01-31T00:00:00Z, or a date for its first second [required]")),
    mut_arg("endDate", |arg| arg.visible_alias("end").help(
        "End of the period: 2026-01-31T00:00:00Z, or a date for its first second [required]")),
    mut_arg("executionType", |arg| arg.ignore_case(true).help(
        "RUN_TIME, BUILD_TIME or SCHEDULED [default: RUN_TIME]")),
    mut_arg("policyIds", |arg| arg.visible_alias("policy")),
    mut_arg("connectorIds", |arg| arg.visible_alias("connector")),
    mut_arg("tagIds", |arg| arg.visible_alias("tag")),
    mut_arg("groupIds", |arg| arg.visible_alias("group")),
    mut_arg("report_format", |arg| arg.ignore_case(true).help(
        "csv, or PDF for exactly one policy [default: by the ending of the file, else csv]")),
)]
pub struct Create {
    /// Version of the operation; both take the same
    #[arg(long, value_name = "1|2", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=2))]
    api_version: u8,
    #[command(flatten)]
    fields: Fields<CreateAssessment>,
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    shown: Shown,
}

/// `assessments rerun`
#[derive(clap::Args)]
pub struct Rerun {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    shown: Shown,
    #[command(flatten)]
    write: WriteArgs,
}

/// How a report is waited for.
#[derive(clap::Args)]
#[command(next_help_heading = "Waiting")]
struct Waiting {
    /// Wait until the report is made
    #[arg(long)]
    wait: bool,
    /// Longest wait
    #[arg(long, value_name = "DURATION", default_value = "1h", requires = "wait", value_parser = crate::duration::parse)]
    timeout: Duration,
    /// File to download the report to, whole or not at all
    #[arg(short, long, value_name = "FILE", requires = "wait")]
    output: Option<PathBuf>,
}

/// How the report is shown as the service lists it.
#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
struct Shown {
    /// Format of what is printed of the report: table, json, ndjson, csv, … [default: table on a terminal, ndjson
    /// otherwise]; the format of the report itself is --report-format
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Columns of what is printed, in this order
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    columns: Vec<String>,
}

impl Create {
    /// Orders a report.
    ///
    /// # Errors
    /// Those of the order, the wait and the download.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let id = if self.api_version == 1 {
            OperationId::AssessmentsCreateV1
        } else {
            OperationId::AssessmentsCreate
        };
        let output = self.waiting.output.clone();
        let prepared = self.fields.prepare_for(id.operation(), context, |args| {
            let given = args.get("format").and_then(Value::as_str);
            if let Some(format) = file::format(given, output.as_deref())? {
                args.insert("format".to_owned(), format.into());
            }
            complete(args);
            Ok(())
        })?;
        let Some(args) = prepared else { return Ok(()) };
        let given = |name: &str| args.get(name).and_then(Value::as_str);
        filter::warn(id.operation(), "query", given("query").unwrap_or_default(), &context.printer);
        let name = given("reportName").unwrap_or_default().to_owned();
        let format = given("format").map(str::to_lowercase);
        let order =
            Order { operation: id.operation(), args, format, waiting: self.waiting, shown: self.shown };
        order.run(
            context,
            "report",
            // Names need not be unique, so what is there already is no sign of what came of a lost answer.
            async |session| named(session, &name).await,
            async |session, before| {
                let known = ids(before);
                let new = |row: &&Bytes| !known.iter().any(|id| is(row, id));
                Ok(named(session, &name).await?.iter().find(new).cloned())
            },
        )
    }
}

impl Rerun {
    /// Runs a report again.
    ///
    /// # Errors
    /// Those of the order, the wait and the download.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let operation = OperationId::AssessmentsRerun.operation();
        let id = self.which.id();
        let args = args([("reportId", json!(id))]);
        if self.write.dry_run {
            let settings = context.settings()?;
            return preview(context, &[operation.request(&args, &crate::session::spellings(&settings))?]);
        }
        let format = file::format(None, self.waiting.output.as_deref())?;
        let wanted = format.clone();
        let order = Order { operation, args, format, waiting: self.waiting, shown: self.shown };
        order.run(
            context,
            "new run of the report",
            async |session| {
                let listed = listed(session, &id).await?;
                if let Some(row) = &listed {
                    same_format(row, &id, wanted.as_deref())?;
                }
                Ok(listed.into_iter().collect())
            },
            // A run that began shows in the list.
            async |session, before| Ok(listed(session, &id).await?.filter(|now| !before.contains(now))),
        )
    }
}

/// A report that is run again has the format it had.
fn same_format(row: &Bytes, id: &str, wanted: Option<&str>) -> Result<(), CliError> {
    let row = parsed(row).unwrap_or_default();
    match (text(&row, "fileFormat"), wanted) {
        (Some(is), Some(wanted)) if !is.eq_ignore_ascii_case(wanted) => {
            let is = is.to_lowercase();
            Err(CliError::usage(format!("the report {id} is {is}, not {wanted}; it was not run again"))
                .hint(format!("give a file that ends in .{is}")))
        }
        _ => Ok(()),
    }
}

/// What the service wants and what goes without saying; dates stand for their first second.
fn complete(args: &mut Args) {
    for (name, value) in [("query", ""), ("executionType", "RUN_TIME"), ("format", "csv")] {
        args.entry(name).or_insert_with(|| value.into());
    }
    for (name, value) in args.iter_mut() {
        let Value::String(text) = value else { continue };
        match name.as_str() {
            "startDate" | "endDate" => {
                *text = first_second(text).unwrap_or_else(|| text.clone());
            }
            "executionType" => *text = text.to_uppercase(),
            // Lower case for one, upper case for the other is what the service wants.
            "format" if text.eq_ignore_ascii_case("csv") => *text = "csv".to_owned(),
            "format" if text.eq_ignore_ascii_case("pdf") => *text = "PDF".to_owned(),
            _ => {}
        }
    }
}

/// A report that is asked for.
struct Order {
    operation: &'static Operation,
    args: Args,
    /// The format of the file, where it is known.
    format: Option<String>,
    waiting: Waiting,
    shown: Shown,
}

impl Order {
    /// Sends the order once, follows the report as far as is asked, and prints it as the service lists it.
    /// `before` gives the reports that could be taken for this one, `find` what came of an order whose answer was lost.
    fn run(
        self,
        context: &Context,
        noun: &'static str,
        before: impl AsyncFnOnce(&Session) -> Result<Vec<Bytes>, CliError>,
        find: impl AsyncFnOnce(&Session, &[Bytes]) -> Result<Option<Bytes>, CliError>,
    ) -> Result<(), CliError> {
        let Order { operation, args, format, waiting, shown } = self;
        let output = OutputArgs { format: shown.format, columns: shown.columns, ..OutputArgs::default() };
        // A file that cannot be written is told before anything is sent, and not after an hour.
        let sink = waiting.output.as_deref().map(|path| context.printer.sink(Some(path))).transpose()?;
        // A report that is run again keeps its id, whatever the answer says.
        let given = args.get("reportId").and_then(Value::as_str).map(str::to_owned);
        let write = Write {
            context,
            output: &output,
            operation,
            args,
            columns: Columns::Of(AssessmentReport::SHAPE),
            noun,
        };
        let opened = context.session()?;
        let progress = Arc::clone(&opened.1);
        let poll = PollPolicy::default().total(waiting.timeout).progress(move |report| {
            progress.doing(&format!("report is {}", report.status.as_deref().unwrap_or("not listed yet")));
        });
        let known: RefCell<Option<String>> = RefCell::new(None);
        let ended: RefCell<Result<(), CliError>> = RefCell::new(Ok(()));
        let done = write.run_in(opened, before, async |session, earlier, answer| {
            let Some(answer) = answer else { return find(session, &earlier).await };
            let Some(id) = id_of(&answer).or(given) else {
                if waiting.wait {
                    let e = CliError::failed(
                        "the service took the order, but its answer holds no id of a report",
                    );
                    let e = e.operation(operation.id).hint("look for it with 'totalcloud assessments list'");
                    *ended.borrow_mut() = Err(e);
                }
                return Ok(None);
            };
            *known.borrow_mut() = Some(id.clone());
            if waiting.wait {
                context.printer.note(&format!("waiting for the report {id}"));
                let earlier = earlier.iter().find(|row| is(row, &id));
                let followed = follow(context, session, &id, earlier, &poll, sink, format.as_deref());
                if let Err(e) = followed.await {
                    *ended.borrow_mut() = Err(e);
                }
            }
            listed(session, &id).await
        });
        done.map_err(|e| match (e.exit, known.take()) {
            // The report goes on without us.
            (Exit::Interrupted, Some(id)) => e.hint(format!(
                "the report goes on: 'totalcloud assessments download {id}' has it once it is made"
            )),
            _ => e,
        })?;
        ended.into_inner()
    }
}

/// Waits for a report, and downloads it to where it should go, if it should. `earlier` is how it was listed before it was run again.
async fn follow(
    context: &Context,
    session: &Session,
    id: &str,
    earlier: Option<&Bytes>,
    poll: &PollPolicy,
    sink: Option<Sink>,
    format: Option<&str>,
) -> Result<(), CliError> {
    if let Some(earlier) = earlier
        && !began(session, id, earlier).await?
    {
        context.printer.warn("the service lists the report as before; what it has may be of the earlier run");
    }
    session.client.wait_for_assessment(id, poll).await?;
    match sink {
        Some(sink) => file::download(context, session, id, format, sink).await,
        None => Ok(()),
    }
}

/// Waits a little until a report is listed otherwise than before.
async fn began(session: &Session, id: &str, earlier: &Bytes) -> Result<bool, CliError> {
    for wait in [1, 2, 4, 8, 16] {
        if listed(session, id).await?.as_ref() != Some(earlier) {
            return Ok(true);
        }
        tokio::time::sleep(Duration::from_secs(wait)).await;
    }
    Ok(listed(session, id).await?.as_ref() != Some(earlier))
}

/// The id in the answer to an order: bare, in quotes, or in an object.
fn id_of(answer: &Bytes) -> Option<String> {
    id_in(answer, &["reportId", "id"]).or_else(|| Some(single::bare(answer)).filter(|text| is_uuid(text)))
}

/// A report as the service lists it.
async fn listed(session: &Session, id: &str) -> Result<Option<Bytes>, CliError> {
    let list = OperationId::AssessmentsList.operation();
    // The parameter is newer than the operation: a service that does not know it lists all reports.
    let wanted = |row: &Value| text(row, "reportId").is_some_and(|found| found.eq_ignore_ascii_case(id));
    session.find_row(list, args([("reportId", json!(id))]), wanted).await
}

/// The reports of this name.
async fn named(session: &Session, name: &str) -> Result<Vec<Bytes>, CliError> {
    let list = OperationId::AssessmentsList.operation();
    let mut rows = session.all_rows(list, args([("reportName", json!(name))])).await?;
    rows.retain(|row| parsed(row).is_some_and(|row| text(&row, "reportName") == Some(name)));
    Ok(rows)
}

fn parsed(row: &Bytes) -> Option<Value> {
    serde_json::from_slice(row).ok()
}

fn text<'v>(row: &'v Value, field: &str) -> Option<&'v str> {
    row.get(field).and_then(Value::as_str)
}

fn ids(rows: &[Bytes]) -> Vec<String> {
    rows.iter().filter_map(|row| text(&parsed(row)?, "reportId").map(str::to_owned)).collect()
}

fn is(row: &Bytes, id: &str) -> bool {
    parsed(row).is_some_and(|row| text(&row, "reportId") == Some(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_without_saying_is_filled_in_and_words_get_their_form() {
        let Value::Object(mut given) = json!({"startDate": "2026-01-01", "endDate": "2026-01-31T12:00:00Z", "format": "Pdf", "reportName": "pdf"})
        else {
            panic!("an object")
        };
        complete(&mut given);
        let filled = json!({
            "startDate": "2026-01-01T00:00:00Z", "endDate": "2026-01-31T12:00:00Z", "format": "PDF",
            "reportName": "pdf", "query": "", "executionType": "RUN_TIME",
        });
        assert_eq!(Value::Object(given), filled);
        let Value::Object(mut given) = json!({"startDate": "yesterday"}) else { panic!("an object") };
        complete(&mut given);
        assert_eq!(given["startDate"], "yesterday");
    }

    #[test]
    fn an_id_is_read_in_each_form() {
        let id = "0f0e0d0c-1111-4222-8333-444455556666";
        for body in [id.to_owned(), format!("\"{id}\"\n"), format!(r#"{{"reportId":"{id}"}}"#)] {
            assert_eq!(id_of(&Bytes::from(body)).as_deref(), Some(id));
        }
        for odd in ["", "{}", "<html>", "two words", "null"] {
            assert_eq!(id_of(&Bytes::from_static(odd.as_bytes())), None, "{odd}");
        }
    }
}
