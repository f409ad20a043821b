//! What a scan found, on its way out: as rows, as the service wrote it, or as SARIF.

use super::gate::{FailOn, Level, failed, parsing_errors};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::printer::Printer;
use crate::{rows, single, write};
use bytes::Bytes;
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::path::PathBuf;
use std::str::FromStr;
use totalcloud::{Client, IacDocument};
use totalcloud_api::endpoints::iac::{IacCheck, IacResult};
use totalcloud_table::Format;

/// A form of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// SARIF, as the service gives it.
    Sarif,
    /// One of the formats of rows; JSON is the service's own document.
    Rows(Format),
}

impl FromStr for Form {
    type Err = String;

    fn from_str(text: &str) -> Result<Form, String> {
        if text.eq_ignore_ascii_case("sarif") {
            return Ok(Form::Sarif);
        }
        text.parse().map(Form::Rows).map_err(|e: totalcloud_table::UnknownFormat| format!("{e}, or sarif"))
    }
}

/// Where the result goes and how it looks.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub(super) struct ResultOutput {
    /// sarif, json (both as the service gives them), table, ndjson, csv, tsv, xlsx, parquet, arrow or markdown
    /// [default: table on a terminal, ndjson otherwise]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Form>,
    /// Rows for what passed as well
    #[arg(long)]
    pub all: bool,
    /// Columns, in this order
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// File to write, whole or not at all; its ending says the format
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

const COLUMNS: [&str; 7] =
    ["criticality", "checkId", "checkName", "filePath", "resource", "remediation", "checkType"];

impl ResultOutput {
    fn is_sarif(&self) -> bool {
        let ending = self.output.as_deref().and_then(|p| p.extension()).and_then(|e| e.to_str());
        match self.format {
            Some(form) => form == Form::Sarif,
            None => ending.is_some_and(|e| e.eq_ignore_ascii_case("sarif")),
        }
    }

    pub(super) fn rows(&self) -> OutputArgs {
        let format = match self.format {
            Some(Form::Rows(format)) => Some(format),
            _ => None,
        };
        OutputArgs {
            format,
            columns: self.columns.clone(),
            output: self.output.clone(),
            ..OutputArgs::default()
        }
    }

    /// Which document of the service is shown. What cannot be had is refused before any call.
    pub(super) fn document(&self, context: &Context, by_path: bool) -> Result<IacDocument, CliError> {
        let printer = &context.printer;
        let mut document = IacDocument::default();
        document.by_path = by_path;
        document.sarif = self.is_sarif();
        let whole = document.sarif || rows::format(&self.rows(), printer)? == Format::Json;
        if whole && (!self.columns.is_empty() || self.all) {
            let flag = if self.all { "--all" } else { "--columns" };
            return Err(CliError::usage(format!(
                "{flag} is for rows, and this format is the service's own document"
            ))
            .hint("choose another format, such as ndjson or csv"));
        }
        let mut args = self.rows();
        if whole {
            args.format = Some(Format::Json);
        }
        let columns: Vec<&str> = ["result"].into_iter().chain(COLUMNS).collect();
        write::own_output_is_sound(context, &args, &columns)?;
        Ok(document)
    }
}

/// What a scan found.
pub(super) struct Found {
    /// The document that is shown.
    shown: Bytes,
    /// What it says.
    result: Result<IacResult, CliError>,
}

impl Found {
    /// Reads what is shown, and the service's own form beside SARIF, which says nothing of files that could not be
    /// read.
    pub(super) async fn read(client: &Client, id: &str, document: IacDocument) -> Result<Found, CliError> {
        let shown = client.iac_document(id, document).await?;
        let plain = if document.sarif {
            let mut plain = document;
            plain.sarif = false;
            client.iac_document(id, plain).await.map_err(CliError::from)
        } else {
            Ok(shown.clone())
        };
        let result = plain.and_then(|plain| {
            serde_json::from_slice(&plain)
                .map_err(|e| CliError::failed(format!("the result of the scan {id} cannot be read: {e}")))
        });
        Ok(Found { shown, result })
    }

    /// Prints it, and then says what the gate makes of it.
    pub(super) fn show(
        self,
        context: &Context,
        output: &ResultOutput,
        fail_on: &FailOn,
    ) -> Result<(), CliError> {
        let args = output.rows();
        let whole = output.is_sarif() || rows::format(&args, &context.printer)? == Format::Json;
        if whole {
            let mut text = self.shown.trim_ascii().to_vec();
            text.push(b'\n');
            single::file(context, output.output.as_deref(), &text.into())?;
        }
        let result = self.result?;
        if !whole {
            let all = output.all;
            let mut columns = COLUMNS.to_vec();
            if all {
                columns.insert(0, "result");
            }
            single::own(context, &args, &columns, table(&result, all), "checks")?;
        }
        tell(&context.printer, &result);
        // The gate goes first: what came is enough for it.
        fail_on.verdict(&result)?;
        complete(&result)
    }
}

/// The checks as rows, the worst first.
fn table(result: &IacResult, all: bool) -> Vec<Value> {
    let mut found: Vec<(&IacCheck, &str)> = Vec::new();
    for group in result.result.iter().flatten() {
        let kind = group.check_type.as_deref().unwrap_or_default();
        let Some(results) = &group.results else { continue };
        let passed = results.passed_checks.iter().flatten().filter(|_| all);
        found.extend(results.failed_checks.iter().flatten().chain(passed).map(|check| (check, kind)));
    }
    let outcome = |check: &IacCheck| check.check_result.as_ref().and_then(|r| r.result.clone());
    found.sort_by_key(|(check, _)| {
        let passed = outcome(check).as_deref() == Some("PASSED");
        let place = (check.file_path.clone(), check.resource.clone(), check.check_id.clone());
        (passed, Reverse(Level::of(check)), place)
    });
    let row = |(check, kind): (&IacCheck, &str)| {
        json!({
            "result": outcome(check),
            "criticality": check.criticality,
            "checkId": check.check_id,
            "checkName": check.check_name,
            "filePath": check.file_path,
            "resource": check.resource,
            "remediation": check.remediation,
            "checkType": kind,
        })
    };
    found.into_iter().map(row).collect()
}

/// Says on stderr what there is in all.
fn tell(printer: &Printer, result: &IacResult) {
    for file in parsing_errors(result) {
        printer.warn(&format!("the service could not read {file}; it was not checked"));
    }
    let groups = result.result.as_deref().unwrap_or_default();
    if groups.is_empty() {
        printer.note("the scan has nothing to report: nothing in the templates is known to the service");
        return;
    }
    let count = |level| failed(result).filter(|c| Level::of(c) == level).count();
    let mut levels = vec![
        format!("{} high", count(Level::High)),
        format!("{} medium", count(Level::Medium)),
        format!("{} low", count(Level::Low)),
    ];
    if count(Level::Unknown) > 0 {
        levels.push(format!("{} of other words", count(Level::Unknown)));
    }
    let passed: i64 = groups.iter().filter_map(|g| g.summary.as_ref()?.passed).sum();
    printer.note(&format!("{} failed ({}), {passed} passed", failed(result).count(), levels.join(", ")));
}

/// Whether as many failures are listed as are counted.
fn complete(result: &IacResult) -> Result<(), CliError> {
    for group in result.result.iter().flatten() {
        let listed = group.results.as_ref().and_then(|r| r.failed_checks.as_ref()).map_or(0, Vec::len);
        let counted = group.summary.as_ref().and_then(|s| s.failed).unwrap_or(listed as i64);
        if counted != listed as i64 {
            let kind = group.check_type.as_deref().unwrap_or("templates");
            return Err(CliError::partial(format!(
                "the service counts {counted} failures for {kind} and lists {listed}"
            )));
        }
    }
    Ok(())
}
