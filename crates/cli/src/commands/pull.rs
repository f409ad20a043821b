//! `totalcloud pull`

use crate::args::ProviderArgs;
use crate::context::{Context, Stop};
use crate::error::CliError;
use crate::printer::Printer;
use crate::pull::bars::Bars;
use crate::pull::report::{Report, Verdict, count, seconds};
use crate::pull::state::Asked;
use crate::pull::{Ask, Choice, Folder, pull};
use crate::session;
use crate::settings::Key;
use std::path::{Path, PathBuf};
use totalcloud::Exit;
use totalcloud_api::Provider;
use totalcloud_table::Format;

/// `pull`: a whole subscription into a folder, a file a table. What is missing at the end is said, and ends
/// with exit code 6.
#[derive(clap::Args)]
#[command(after_help = "\
Families: connectors, controls, account-evaluations, inventory; on request resource-evaluations and details. \
Where a family is taken, a provider, a resource type, a table or PROVIDER/TYPE is taken as well.")]
pub struct Pull {
    /// Folder to write, one file a table; made if it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Format of the tables: parquet, ndjson or csv
    #[arg(long, value_name = "FORMAT", default_value = "parquet", value_parser = format)]
    format: Format,
    #[command(flatten)]
    clouds: ProviderArgs,
    #[command(flatten)]
    families: Families,
}

/// Which families are pulled.
#[derive(clap::Args, Default)]
pub struct Families {
    /// Only these families
    #[arg(long, value_name = "FAMILY", value_delimiter = ',', num_args = 1..)]
    pub only: Vec<String>,
    /// All but these families; a profile names them under skip
    #[arg(long, value_name = "FAMILY", value_delimiter = ',', num_args = 1..)]
    pub skip: Vec<String>,
    /// In addition: resource-evaluations[=failing|all] (a call and more per control and account), details (a
    /// call per instance)
    #[arg(long, value_name = "FAMILY", value_delimiter = ',', num_args = 1..)]
    pub with: Vec<String>,
}

/// A format that tables are pulled in.
pub(super) fn format(text: &str) -> Result<Format, String> {
    match text.parse::<Format>() {
        Ok(format @ (Format::Parquet | Format::Ndjson | Format::Csv)) => Ok(format),
        _ => Err("choose parquet, ndjson or csv".to_owned()),
    }
}

impl Families {
    /// The choice, with what the profile leaves out, and the same as typed.
    pub(super) fn choice(self, profile: &[String], format: Format) -> Result<(Choice, Asked), CliError> {
        let mut skip = self.skip;
        skip.extend(profile.iter().cloned());
        let choice = Choice::new(&self.only, &skip, &self.with).map_err(CliError::usage)?;
        Ok((choice, Asked { format: format.name().to_owned(), only: self.only, skip, with: self.with }))
    }
}

impl Pull {
    /// Pulls.
    ///
    /// # Errors
    /// If nobody can sign in or the folder cannot be written; if anything is missing at the end.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let printer = &context.printer;
        let settings = context.settings()?;
        let wanted = &self.clouds.provider;
        let others = Provider::ALL.iter().filter(|p| !wanted.is_empty() && !wanted.contains(p));
        let skip: Vec<String> =
            settings.list(Key::Skip).iter().cloned().chain(others.map(Provider::to_string)).collect();
        let (choice, asked) = self.families.choice(&skip, self.format)?;
        let bars = Bars::start(printer, true);
        let session = session::open(settings, printer, context.password_stdin, Some(bars.clone()))?;
        let folder = Folder::open(&self.out)?;
        let ask = Ask {
            format: self.format,
            choice,
            asked,
            concurrency: session.concurrency,
            now: jiff::Timestamp::now,
        };
        let report = context.block_on_until(async |stop: Stop| {
            pull(&session.client, &ask, &folder, &*bars, stop).await.map_err(|e| in_folder(e, &self.out))
        });
        bars.end();
        let report = report?;
        tell(printer, &report, &self.out)?;
        verdict(&report, &self.out)
    }
}

/// Prints what became of the pull.
pub(super) fn tell(printer: &Printer, report: &Report, out: &Path) -> Result<(), CliError> {
    for t in report.tables.iter().filter(|t| t.issues > 0 || t.unreadable > 0) {
        let mut odd = Vec::new();
        if t.issues > 0 {
            odd.push(count(t.issues, "value does not fit its column", "values do not fit their columns"));
        }
        if t.unreadable > 0 {
            odd.push(count(t.unreadable, "row is no object", "rows are no objects"));
        }
        printer.warn(&format!(
            "{}: {}; all were kept. The first: {}",
            t.table,
            odd.join(", "),
            t.first_issues.join("; ")
        ));
    }
    for note in &report.notes {
        printer.note(&format!("note: {note}"));
    }
    if printer.is_quiet() {
        return Ok(());
    }
    printer.data(report.render(printer.width()).as_bytes())?;
    printer.line(&format!(
        "{}, {}, {}, {} → {}",
        count(report.tables.iter().filter(|t| t.file.is_some()).count() as u64, "table", "tables"),
        count(report.rows, "row", "rows"),
        count(report.calls, "call", "calls"),
        seconds(report.took()),
        out.display()
    ))
}

/// How the command ends.
pub(super) fn verdict(report: &Report, out: &Path) -> Result<(), CliError> {
    if report.interrupted {
        let whole = report.tables.iter().filter(|t| t.verdict.is_complete() && t.file.is_some()).count();
        return Err(CliError::new(
            Exit::Interrupted,
            format!(
                "interrupted; {} of {} are complete in {}",
                whole,
                count(report.tables.len() as u64, "table", "tables"),
                out.display()
            ),
        )
        .hint("start it again to have the rest"));
    }
    if report.complete {
        return Ok(());
    }
    let mut short = Vec::new();
    let mut denied = Vec::new();
    for t in report.incomplete() {
        match t.verdict {
            Verdict::NotAvailable { .. } => denied.push(t),
            _ => short.push(t),
        }
    }
    let names = |tables: &[&crate::pull::TableReport]| {
        let mut names: Vec<&str> = tables.iter().take(5).map(|t| t.table.as_str()).collect();
        if tables.len() > 5 {
            names.push("…");
        }
        names.join(", ")
    };
    let mut said = Vec::new();
    if !short.is_empty() {
        said.push(format!(
            "{} short ({})",
            count(short.len() as u64, "table is", "tables are"),
            names(&short)
        ));
    }
    if !denied.is_empty() {
        said.push(format!(
            "{} not available ({})",
            count(denied.len() as u64, "table is", "tables are"),
            names(&denied)
        ));
    }
    let error = CliError::partial(format!("the pull is not complete: {}", said.join("; ")));
    Err(match (&short[..], &denied[..]) {
        ([], denied) => {
            let mut families: Vec<&str> = denied.iter().map(|t| t.family.as_str()).collect();
            families.dedup();
            error.hint(format!(
                "if you do without it, leave it out: --skip {} (a family, provider or table; or skip in the profile)",
                families.join(",")
            ))
        }
        _ => error.hint(format!(
            "the table above and {}/.totalcloud/summary.json say what is missing and why",
            out.display()
        )),
    })
}

/// Advice that fits a folder.
pub(super) fn in_folder(mut e: CliError, out: &Path) -> CliError {
    if e.hint.as_deref().is_some_and(|h| h.contains("--output")) {
        e.hint = Some(format!(
            "free some space, or pull into another folder with --out; whole tables are in {}, none is there in part",
            out.display()
        ));
    }
    e
}
