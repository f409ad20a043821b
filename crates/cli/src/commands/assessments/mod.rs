//! `totalcloud assessments`

mod file;
mod order;

use crate::args::{ListArgs, OutputArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::listing::{self, Part};
use crate::rows::Fields;
use futures_util::stream;
use std::path::PathBuf;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::assessments::AssessmentReport;
use totalcloud_api::model::Model;

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Start a report; with --wait, wait until it is made, and download it with --output
    Create(Box<order::Create>),
    /// List the reports
    List(List),
    /// Download a report
    Download(Download),
    /// Run a report again; with --wait, wait until it is made, and download it with --output
    Rerun(order::Rerun),
}

/// `assessments list`
#[derive(clap::Args)]
pub struct List {
    /// Who asked for it
    #[arg(long, value_name = "USER")]
    created_by: Option<String>,
    /// Name of the report
    #[arg(long, value_name = "NAME")]
    report_name: Option<String>,
    /// Accepted, Completed, Failed, Generated or Processing
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    /// createdOn, status or reportName
    #[arg(long, value_name = "FIELD", conflicts_with = "sort")]
    sort_by: Option<String>,
    /// Id of the report
    #[arg(long, visible_alias = "report-id", value_name = "ID")]
    report: Option<String>,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Which report.
#[derive(clap::Args)]
pub struct Which {
    /// Id of the report
    #[arg(value_name = "ID", required_unless_present = "report", conflicts_with = "report")]
    id: Option<String>,
    /// Id of the report
    #[arg(long, visible_alias = "report-id", value_name = "ID")]
    report: Option<String>,
}

impl Which {
    fn id(&self) -> String {
        self.id.clone().or_else(|| self.report.clone()).unwrap_or_default()
    }
}

/// `assessments download`
#[derive(clap::Args)]
pub struct Download {
    #[command(flatten)]
    which: Which,
    /// csv or pdf [default: by the ending of the file, else csv]
    #[arg(long, alias = "format", value_name = "FORMAT", ignore_case = true, value_parser = ["csv", "pdf"])]
    report_format: Option<String>,
    /// File to write, whole or not at all
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs a verb.
///
/// # Errors
/// Those of the calls and of the output.
pub fn run(verb: Verb, context: &Context) -> Result<(), CliError> {
    match verb {
        Verb::Create(create) => create.run(context),
        Verb::List(list) => list.run(context),
        Verb::Download(download) => download.run(context),
        Verb::Rerun(rerun) => rerun.run(context),
    }
}

impl List {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let operation = OperationId::AssessmentsList.operation();
        let mut part = Part::new(operation, &self.list, "reports")?;
        for (wire, value) in [
            ("createdBy", self.created_by),
            ("reportName", self.report_name),
            ("status", self.status),
            ("sortBy", self.sort_by),
            ("reportId", self.report),
        ] {
            if let Some(value) = value {
                part = part.with(wire, value);
            }
        }
        listing::run(
            context,
            &self.list,
            &self.output,
            Fields::Of(AssessmentReport::SHAPE),
            &[],
            "assessments",
            |_| stream::iter([Ok(part)]),
        )
    }
}

impl Download {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let format = file::format(self.report_format.as_deref(), self.output.as_deref())?;
        let id = self.which.id();
        let sink = context.printer.sink(self.output.as_deref())?;
        let (session, progress) = context.session()?;
        let done = context.block_on(file::download(context, &session, &id, format.as_deref(), sink));
        progress.end();
        done
    }
}
