//! `totalcloud iac`

mod found;
mod gate;
mod scan;

use crate::args::{ListArgs, OutputArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::filter;
use crate::listing::{self, Part};
use crate::rows::Fields;
use found::{Found, ResultOutput};
use futures_util::stream;
use gate::FailOn;
use scan::{Scan, Wait};
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::iac::IacScan;
use totalcloud_api::model::Model;

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Scan a folder of templates, a template or a ready archive, wait, and show what failed
    Scan(Box<Scan>),
    /// List the scans
    List(List),
    /// Show what a scan found
    Result(Show),
}

/// `iac list`
#[derive(clap::Args)]
pub struct List {
    /// Only the scan of this id
    #[arg(long, value_name = "ID")]
    scan: Option<String>,
    /// Only scans that are SUBMITTED, PROCESSING, FINISHED or ERROR
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// `iac result`
#[derive(clap::Args)]
#[command(
    mut_arg("poll", |arg| arg.requires("wait")),
    mut_arg("scan_timeout", |arg| arg.requires("wait")),
)]
pub struct Show {
    /// Id of the scan
    #[arg(value_name = "ID")]
    id: String,
    /// Wait until the scan is finished
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    waiting: Wait,
    #[command(flatten)]
    fail_on: FailOn,
    /// Ask at the place that only one client was seen to use
    #[arg(long)]
    result_path: bool,
    #[command(flatten)]
    output: ResultOutput,
}

/// Runs a verb.
///
/// # Errors
/// Those of the calls and of the output, and that a gate matched.
pub fn run(verb: Verb, context: &Context) -> Result<(), CliError> {
    match verb {
        Verb::Scan(scan) => scan.run(context),
        Verb::List(list) => list.run(context),
        Verb::Result(show) => show.run(context),
    }
}

impl List {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let mut part = Part::new(OperationId::IacList.operation(), &self.list, "scans")?;
        for (token, value) in [("scanUuid", self.scan), ("status", self.status.map(|s| s.to_uppercase()))] {
            if let Some(value) = value {
                let before = part.args.get("filter").and_then(|f| f.as_str()).map(str::to_owned);
                part = part.with("filter", filter::and(before.as_deref(), &filter::any_of(token, &[value])));
            }
        }
        listing::run(context, &self.list, &self.output, Fields::Of(IacScan::SHAPE), &[], "scans", |_| {
            stream::iter([Ok(part)])
        })
    }
}

impl Show {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let document = self.output.document(context, self.result_path)?;
        let (session, progress) = context.session()?;
        let poll = self.waiting.policy(&progress);
        let found = context.block_on(async {
            if self.wait {
                session.client.wait_for_iac_scan(&self.id, &poll).await?;
            }
            Found::read(&session.client, &self.id, document).await
        })?;
        progress.end();
        found.show(context, &self.output, &self.fail_on)
    }
}
