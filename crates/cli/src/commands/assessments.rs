//! `totalcloud assessments`

use super::connectors::args;
use crate::args::{ListArgs, OutputArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::filter;
use crate::listing::{self, Part};
use crate::rows::Fields;
use crate::single;
use futures_util::stream;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use totalcloud::{AssessmentRequest, Exit, PollPolicy};
use totalcloud_api::Provider;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::assessments::{AssessmentReport, CreateAssessment, CreateAssessmentV1};
use totalcloud_api::model::Model;

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Start a report; with --wait, wait until it is made, and download it with --output
    Create(Box<Create>),
    /// List the reports
    List(List),
    /// Download a report
    Download(Download),
    /// Run a report again
    Rerun(Rerun),
}

/// `assessments create`
#[derive(clap::Args)]
pub struct Create {
    /// Version of the operation; both take the same
    #[arg(long, value_name = "1|2", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=2))]
    api_version: u8,
    /// Name of the report: letters, digits, spaces and _ - ' ( )
    #[arg(long, visible_alias = "name", value_name = "NAME")]
    report_name: String,
    /// Description
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Cloud the report is about
    #[arg(long, visible_alias = "cloud-type", value_name = "PROVIDER")]
    provider: Provider,
    /// Query over posture (QQL); may be empty
    #[arg(long, value_name = "QQL", default_value = "")]
    query: String,
    /// Start of the period: 2026-01-31T00:00:00Z, or a date
    #[arg(long, visible_alias = "start", value_name = "INSTANT")]
    start_date: String,
    /// End of the period: 2026-01-31T00:00:00Z, or a date
    #[arg(long, visible_alias = "end", value_name = "INSTANT")]
    end_date: String,
    /// RUN_TIME, BUILD_TIME or SCHEDULED
    #[arg(long, value_name = "TYPE", default_value = "RUN_TIME")]
    execution_type: String,
    /// Policies, by their uuid
    #[arg(long, visible_alias = "policy", value_name = "UUID,…", value_delimiter = ',', required = true)]
    policy_ids: Vec<String>,
    /// Connectors, by their uuid
    #[arg(long, visible_alias = "connector", value_name = "UUID,…", value_delimiter = ',', required = true)]
    connector_ids: Vec<String>,
    /// Tags
    #[arg(long, visible_alias = "tag", value_name = "ID,…", value_delimiter = ',')]
    tag_ids: Vec<String>,
    /// Groups, by their uuid
    #[arg(long, visible_alias = "group", value_name = "UUID,…", value_delimiter = ',')]
    group_ids: Vec<String>,
    /// csv, or pdf for exactly one policy
    #[arg(long, alias = "format", value_name = "FORMAT", default_value = "csv", ignore_case = true, value_parser = ["csv", "pdf"])]
    report_format: String,
    /// Results to include: PASS, FAIL, PASSE
    #[arg(long, value_name = "RESULT,…", value_delimiter = ',')]
    resource_results: Vec<String>,
    /// Whether to include the summary per resource
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    resource_summary_include: Option<bool>,
    /// Whether to include ARNs (AWS only)
    #[arg(long = "include-resource-arn", value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    include_resource_arn: Option<bool>,
    /// Results of infrastructure as code to include
    #[arg(long, value_name = "RESULT,…", value_delimiter = ',')]
    iac_resource_results: Vec<String>,
    /// Wait until the report is made
    #[arg(long)]
    wait: bool,
    /// Give up waiting after so many minutes
    #[arg(long, value_name = "MINUTES", default_value_t = 60, requires = "wait")]
    wait_minutes: u64,
    /// File to download the report to, whole or not at all
    #[arg(short, long, value_name = "FILE", requires = "wait")]
    output: Option<PathBuf>,
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
    fn id(self) -> String {
        self.id.or(self.report).unwrap_or_default()
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

/// `assessments rerun`
#[derive(clap::Args)]
pub struct Rerun {
    #[command(flatten)]
    which: Which,
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
        Verb::Rerun(rerun) => {
            let operation = OperationId::AssessmentsRerun.operation();
            let args = args([("reportId", json!(rerun.which.id()))]);
            let (session, progress) = context.session()?;
            let answer = context.block_on(session.body(operation, args))?;
            progress.end();
            context.printer.line(&single::bare(&answer))
        }
    }
}

/// A date stands for its first second.
fn instant(text: &str) -> String {
    match text.parse::<jiff::civil::Date>() {
        Ok(date) if text.len() == 10 => format!("{date}T00:00:00Z"),
        _ => text.to_owned(),
    }
}

impl Create {
    /// The order, by either version: both take the same.
    fn order(self) -> AssessmentRequest {
        // Lower case for one, upper case for the other is what the service wants.
        let format = if self.is_pdf() { "PDF" } else { "csv" };
        macro_rules! order {
            ($order:ident) => {{
                let mut order = $order::new(
                    self.report_name,
                    self.provider,
                    self.query,
                    instant(&self.start_date),
                    instant(&self.end_date),
                    self.execution_type.to_uppercase(),
                    self.policy_ids,
                    self.connector_ids,
                    format,
                );
                order.description = self.description;
                order.tag_ids = some(self.tag_ids);
                order.group_ids = some(self.group_ids);
                order.resource_results = some(self.resource_results);
                order.resource_summary_include = self.resource_summary_include;
                order.include_resource_arn = self.include_resource_arn;
                order.iac_resource_results = some(self.iac_resource_results);
                order.into()
            }};
        }
        if self.api_version == 1 { order!(CreateAssessmentV1) } else { order!(CreateAssessment) }
    }

    fn is_pdf(&self) -> bool {
        self.report_format.eq_ignore_ascii_case("pdf")
    }

    fn run(self: Box<Self>, context: &Context) -> Result<(), CliError> {
        if self.is_pdf() && self.policy_ids.len() != 1 {
            return Err(CliError::usage("a pdf report takes exactly one policy")
                .hint("name one, or make the report with --report-format csv"));
        }
        filter::warn(OperationId::AssessmentsCreate.operation(), "query", &self.query, &context.printer);
        let (session, progress) = context.session()?;
        let poll = PollPolicy::default().total(Duration::from_secs(self.wait_minutes.saturating_mul(60)));
        let shown = Arc::clone(&progress);
        let poll = poll.progress(move |report| {
            shown.doing(&format!("report is {}", report.status.as_deref().unwrap_or("not listed yet")));
        });
        let (wait, output) = (self.wait, self.output.clone());
        let format = self.report_format.to_lowercase();
        context.block_on(async {
            let id = session.client.create_assessment(self.order()).await?;
            // The id is known from here on, whatever becomes of the rest.
            context.printer.line(&id)?;
            if wait {
                session.client.wait_for_assessment(&id, &poll).await?;
                if let Some(path) = &output {
                    let file = session.client.download_assessment(&id, Some(&format)).await?;
                    single::file(context, Some(path), &file.bytes)?;
                }
            }
            progress.end();
            Ok(())
        })
    }
}

fn some(items: Vec<String>) -> Option<Vec<String>> {
    (!items.is_empty()).then_some(items)
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
        let ending = |path: &Path| path.extension().and_then(|e| e.to_str()).map(str::to_lowercase);
        let by_ending = self.output.as_deref().and_then(ending).filter(|e| e == "csv" || e == "pdf");
        let format = self.report_format.map(|f| f.to_lowercase()).or(by_ending);
        let id = self.which.id();
        let (session, progress) = context.session()?;
        let file = context.block_on(async {
            Ok(session.client.download_assessment(&id, format.as_deref()).await?.bytes)
        })?;
        progress.end();
        if file.is_empty() {
            return Err(CliError::new(Exit::Failed, format!("the report {id} is empty"))
                .hint("'totalcloud assessments list' says whether it is finished"));
        }
        single::file(context, self.output.as_deref(), &file)
    }
}
