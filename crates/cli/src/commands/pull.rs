//! `totalcloud pull`

use crate::args::ProviderArgs;
use crate::context::{Context, Stop};
use crate::error::CliError;
use crate::filter;
use crate::printer::Printer;
use crate::pull::bars::Bars;
use crate::pull::engine::Watch;
use crate::pull::forecast::Pricing;
use crate::pull::report::{Report, Verdict, count, seconds};
use crate::pull::state::{Asked, Ended};
use crate::pull::{Ask, Choice, Family, Folder, Resume, TableReport, pull};
use crate::session::{self, Session};
use crate::settings::{Form, Key, Settings, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use totalcloud::{AuthKind, Exit, RetryPolicy, TokenInfo};
use totalcloud_api::Provider;
use totalcloud_api::endpoints::OperationId;
use totalcloud_table::Format;

/// The longest single wait for the quota: longer than any window that is known, so that a pull over many
/// windows goes on by itself.
const LONGEST_WAIT: Duration = Duration::from_secs(48 * 3600);

/// `pull`: a whole subscription into a folder, a file a table. What is missing at the end is said, and ends
/// with exit code 6.
#[derive(clap::Args)]
#[command(after_help = "\
Families: connectors, controls, account-evaluations, inventory; on request resource-evaluations and details. \
Where a family is taken, a provider, a resource type, a table or PROVIDER/TYPE is taken as well.")]
pub struct Pull {
    /// Folder to write, one file a table; made if it is not there
    #[arg(long, value_name = "DIR", required_unless_present = "plan")]
    out: Option<PathBuf>,
    /// Say what the pull would cost in calls and time, and pull nothing; as a table or as json
    #[arg(long, value_name = "FORM", num_args = 0..=1, require_equals = true, default_missing_value = "table", value_parser = ["table", "json"])]
    plan: Option<String>,
    /// Format of the tables: parquet, ndjson or csv
    #[arg(long, value_name = "FORMAT", default_value = "parquet", value_parser = format)]
    format: Format,
    /// Begin anew, also where an unfinished pull of the same could be resumed
    #[arg(long)]
    restart: bool,
    #[command(flatten)]
    clouds: ProviderArgs,
    #[command(flatten)]
    families: Families,
}

/// Which families are pulled.
#[derive(clap::Args, Clone, Default)]
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
    /// The same as --with resource-evaluations=failing
    #[arg(long)]
    pub only_failing: bool,
    /// Only resources updated then: a date or a range, such as "[now-1d .. now]"
    #[arg(long, value_name = "RANGE")]
    pub updated: Option<String>,
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
    pub(super) fn choice(
        mut self,
        profile: &[String],
        format: Format,
        source: String,
    ) -> Result<(Choice, Asked), CliError> {
        let mut skip = self.skip;
        skip.extend(profile.iter().cloned());
        if self.only_failing {
            self.with.push("resource-evaluations=failing".to_owned());
        }
        let choice = Choice::new(&self.only, &skip, &self.with).map_err(CliError::usage)?;
        let format = format.name().to_owned();
        Ok((choice, Asked { format, only: self.only, skip, with: self.with, updated: self.updated, source }))
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
        if let Some(range) = &self.families.updated {
            filter::warn(OperationId::ResourcesList.operation(), "updated", range, printer);
        }
        let wanted = &self.clouds.provider;
        let others = Provider::ALL.iter().filter(|p| !wanted.is_empty() && !wanted.contains(p));
        let skip: Vec<String> =
            settings.list(Key::Skip).iter().cloned().chain(others.map(Provider::to_string)).collect();
        if let Some(form) = &self.plan {
            return self.plan(context, settings, &skip, form);
        }
        // The parser sees to it.
        let Some(out) = self.out.clone() else { return Err(CliError::usage("give a folder with --out")) };
        let again = self.again(context, &out);
        let source = source(&settings)?;
        let (choice, asked) = self.families.choice(&skip, self.format, source)?;
        let bars = Bars::start(printer, true);
        let session = patient(context, settings, &bars)?;
        let folder = Folder::open(&out)?;
        let ask = Ask {
            format: self.format,
            choice,
            asked,
            resume: if self.restart { Resume::Anew } else { Resume::Auto },
            concurrency: session.concurrency,
            inventory_api: session.inventory_api(),
            now: jiff::Timestamp::now,
        };
        let report = context.block_on_until(async |stop: Stop| {
            pull(&session.client, &ask, &folder, &*bars, stop).await.map_err(|e| in_folder(e, &out))
        });
        bars.end();
        let report = report?;
        // A reader of the report that goes away does not make an incomplete pull a good one.
        let told = tell(printer, &report, &out);
        verdict(&report, &out, &again)?;
        told
    }

    /// Says what the pull would cost.
    fn plan(
        &self,
        context: &Context,
        settings: Settings,
        skip: &[String],
        form: &str,
    ) -> Result<(), CliError> {
        let printer = &context.printer;
        let families = || self.families.clone();
        let (choice, _) = families().choice(skip, self.format, String::new())?;
        let mut with_all = families();
        with_all.with.extend(["resource-evaluations", "details"].map(str::to_owned));
        with_all.only_failing = false;
        let (all, _) = with_all.choice(skip, self.format, String::new())?;
        let bars = Bars::start(printer, false);
        let session = patient(context, settings, &bars)?;
        let pricing = Pricing {
            client: &session.client,
            choice: &choice,
            all: &all,
            updated: self.families.updated.as_deref(),
            concurrency: session.concurrency,
        };
        let forecast = context.block_on(pricing.forecast(|| bars.calls()));
        bars.end();
        let forecast = forecast?;
        if form == "json" {
            let text = serde_json::to_string_pretty(&forecast);
            return printer
                .line(&text.map_err(|e| CliError::failed(format!("the plan cannot be written: {e}")))?);
        }
        printer.data(forecast.render().as_bytes())
    }

    /// The command that goes on with this pull.
    fn again(&self, context: &Context, out: &Path) -> String {
        let mut words = vec!["totalcloud".to_owned(), "pull".to_owned()];
        for (key, sourced) in &context.flags.0 {
            let setting = key.setting();
            let mut value = sourced.value.shown();
            // An instant that is over would end the next run at once.
            if *key == Key::Deadline && value.trim().parse::<jiff::Timestamp>().is_ok() {
                continue;
            }
            // A command may hold a secret, which is not to be repeated where a log is kept.
            if *key == Key::TokenCommand {
                "YOUR COMMAND".clone_into(&mut value);
            }
            match (setting.flag, setting.form) {
                (Some(flag), Form::Switch) => words.push(format!("--{flag}")),
                (Some(flag), _) => words.extend([format!("--{flag}"), quoted(&value)]),
                (None, _) => {}
            }
        }
        if context.password_stdin {
            words.push("--password-stdin".to_owned());
        }
        words.extend(["--out".to_owned(), quoted(&out.display().to_string())]);
        if self.format != Format::Parquet {
            words.extend(["--format".to_owned(), self.format.name().to_owned()]);
        }
        let families = &self.families;
        let providers: Vec<String> = self.clouds.provider.iter().map(Provider::to_string).collect();
        for (flag, values) in [
            ("provider", &providers),
            ("only", &families.only),
            ("skip", &families.skip),
            ("with", &families.with),
        ] {
            if !values.is_empty() {
                words.extend([format!("--{flag}"), quoted(&values.join(","))]);
            }
        }
        if families.only_failing {
            words.push("--only-failing".to_owned());
        }
        if let Some(range) = &families.updated {
            words.extend(["--updated".to_owned(), quoted(range)]);
        }
        words.join(" ")
    }
}

/// A session that waits for the quota as long as it takes.
pub(super) fn patient(context: &Context, settings: Settings, bars: &Arc<Bars>) -> Result<Session, CliError> {
    let policy = RetryPolicy::default().max_wait(LONGEST_WAIT);
    session::open_with(settings, &context.printer, context.password_stdin, Some(bars.clone()), policy)
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+…".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Which subscription is pulled, so that pages of one never get among those of another.
fn source(settings: &Settings) -> Result<String, CliError> {
    let hosts = session::hosts(settings)?;
    let mut source = [hosts.base(), hosts.gateway(), hosts.api()].map(ToString::to_string).to_vec();
    source.dedup();
    let who = match settings.auth_kind()?.unwrap_or(AuthKind::Basic) {
        AuthKind::Basic | AuthKind::Jwt => settings.text(Key::Username),
        AuthKind::Oidc | AuthKind::Idp => settings.text(Key::ClientId).or(settings.text(Key::Username)),
        // Most tokens say whose they are.
        AuthKind::Token => match settings.values.get(&Key::Token).map(|sourced| &sourced.value) {
            Some(Value::Secret(token)) => {
                let info = TokenInfo::of(token);
                source.extend(info.issuer);
                source.extend(info.subject);
                Some(settings.profile_name())
            }
            _ => Some(settings.profile_name()),
        },
        // The token of a command is not known before it is run.
        _ => Some(settings.profile_name()),
    };
    source.extend(who.map(str::to_owned));
    Ok(source.join(" "))
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
pub(super) fn verdict(report: &Report, out: &Path, again: &str) -> Result<(), CliError> {
    let stopped = match report.ended {
        Some(Ended::Interrupted) => Some((Exit::Interrupted, "interrupted")),
        Some(Ended::Deadline) if report.rows == 0 && report.pages_kept == 0 => {
            Some((Exit::RateLimited, "the deadline was reached"))
        }
        Some(Ended::Deadline) => Some((Exit::Partial, "the deadline was reached")),
        Some(Ended::Failed) | None => None,
    };
    if let Some((exit, why)) = stopped {
        let whole = report.tables.iter().filter(|t| t.verdict.is_complete() && t.file.is_some()).count();
        let begun = match report.tables.len() {
            0 => "no table was begun".to_owned(),
            n => format!(
                "{whole} of {} complete in {}",
                count(n as u64, "table is", "tables are"),
                out.display()
            ),
        };
        return Err(CliError::new(exit, format!("{why}; {begun}"))
            .hint(format!("what came is kept; to go on: {again}")));
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
            // The name of a table of details would leave out the table it is of as well.
            let name = |t: &&TableReport| match t.family {
                Family::Details => t.family.as_str().to_owned(),
                _ => t.table.clone(),
            };
            let mut tables: Vec<String> = denied.iter().map(name).collect();
            tables.dedup();
            error.hint(format!(
                "if you do without it, leave it out: --skip {} (a family, provider or table; or skip in the profile)",
                tables.join(",")
            ))
        }
        _ => {
            let mut hint = format!(
                "the table above and {}/.totalcloud/summary.json say what is missing and why",
                out.display()
            );
            if report.ended.is_some() {
                hint.push_str(&format!("\nwhat came is kept; to go on: {again}"));
            }
            error.hint(hint)
        }
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
