//! `totalcloud sync`

use super::pull::patient;
use crate::args::ProviderArgs;
use crate::context::{Context, Stop, Stopped};
use crate::duration;
use crate::error::CliError;
use crate::estate;
use crate::printer::Printer;
use crate::pull::bars::Bars;
use crate::pull::engine::Watch as _;
use crate::pull::report::{TableReport as Pulled, count, number, seconds, wrap};
use crate::settings::{Key, Settings};
use jiff::{SignedDuration, Timestamp};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use totalcloud::Exit;
use totalcloud::clock::SystemClock;
use totalcloud::subscription::{Choice, Family, Menu, Verdict};
use totalcloud_api::Provider;
use totalcloud_estate::Kind;
use totalcloud_estate::place::{Place, Wait};
use totalcloud_estate::store::{Estate, How, compact};
use totalcloud_estate::sync::{
    Ask, Forecast, Report, Rhythm, Stopper, TableReport, Watch, forecast as priced, sync,
};

/// How long another sync of the same estate is waited for.
const OTHERS: Duration = Duration::from_secs(30 * 60);

/// `sync`: what the service has, into the estate. Only what may have changed is read; what is taken for granted is
/// said. What is missing at the end is said as well, and ends with exit code 6.
#[derive(clap::Args)]
#[command(after_help = "\
Families: connectors, controls, policies, exceptions, remediation-activity, account-evaluations, inventory, \
resource-evaluations and details. The last two cost a call per control and instance: failing evaluations, and details \
of instances with vulnerabilities, are read by themselves where that fits one window of the quota, and otherwise with \
--with. Where a family is taken, a provider, a resource type, a table or PROVIDER/TYPE is taken as well.")]
pub struct Sync {
    /// Only these families
    #[arg(long, value_name = "FAMILY", value_delimiter = ',', num_args = 1..)]
    only: Vec<String>,
    /// All but these families; a profile names them under skip
    #[arg(long, value_name = "FAMILY", value_delimiter = ',', num_args = 1..)]
    skip: Vec<String>,
    /// In any case: resource-evaluations[=failing|all] (a call and more per control and account), details (a call
    /// per instance)
    #[arg(long, value_name = "FAMILY", value_delimiter = ',', num_args = 1..)]
    with: Vec<String>,
    /// Read everything, however fresh it is
    #[arg(long)]
    full: bool,
    /// Read a resource type whole when that was last done so long ago
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = span)]
    reconcile_after: SignedDuration,
    /// Read controls and details that show no change when they were last read so long ago
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = span)]
    recheck_after: SignedDuration,
    /// Say what would be read and what it costs in calls, and write nothing
    #[arg(long)]
    plan: bool,
    /// Print the report as table or json
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = ["table", "json"])]
    format: String,
    #[command(flatten)]
    clouds: ProviderArgs,
}

fn span(text: &str) -> Result<SignedDuration, String> {
    let read = duration::parse(text)?;
    SignedDuration::try_from(read).map_err(|_| "a span of time such as 12h or 7d".to_owned())
}

/// Shows a sync as a pull is shown.
pub(super) struct Looking(pub(super) Arc<Bars>);

impl Watch for Looking {
    fn planned(&self, tables: usize) {
        self.0.planned(tables);
    }

    fn begun(&self, table: &str) {
        self.0.begun(table);
    }

    fn expects(&self, table: &str, rows: u64) {
        self.0.expects(table, rows);
    }

    fn came(&self, table: &str, rows: u64) {
        self.0.wrote(table, rows);
    }

    fn ended(&self, report: &TableReport) {
        self.0.ended(&Pulled {
            table: report.table.clone(),
            family: Family::Inventory,
            provider: None,
            rows: report.rows_read,
            total: report.total,
            verdict: report.verdict.clone(),
            file: None,
            bytes: 0,
            issues: 0,
            unreadable: 0,
            first_issues: Vec::new(),
            note: None,
        });
    }

    fn note(&self, text: &str) {
        self.0.note(text);
    }

    fn calls(&self) -> u64 {
        self.0.calls()
    }
}

impl Sync {
    /// Syncs.
    ///
    /// # Errors
    /// If nobody can sign in or the estate cannot be written; if anything is missing at the end.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let printer = &context.printer;
        let settings = estate::settings(context)?;
        let choice = self.choice(&settings)?;
        let place = estate::place(&settings)?;
        let bars = Bars::start(printer, !self.plan);
        let session = patient(context, settings, &bars)?;
        let looking = Looking(Arc::clone(&bars));
        let ask = Ask {
            choice,
            rhythm: Rhythm {
                full: self.full,
                reconcile_after: self.reconcile_after,
                recheck_after: self.recheck_after,
            },
            concurrency: session.concurrency,
            inventory_api: session.inventory_api(),
            clock: Arc::new(SystemClock::default()),
            wait: waiting(printer),
        };
        if self.plan {
            let forecast = context.block_on(async {
                let opened = there(&place).await?;
                Ok(priced(&session.client, opened.as_ref(), &ask, &looking).await?)
            });
            bars.end();
            return self.tell_plan(printer, &forecast?);
        }
        let done = context.block_on_until(async |stop: Stop| {
            let opened = Estate::create_or_open(&place, Timestamp::now()).await?;
            let (stopper, told) = Stopper::new();
            let work = sync(&session.client, &opened, &ask, &looking, told);
            let report = tokio::select! {
                done = work => done?,
                never = bridge(stop.clone(), &stopper) => match never {},
            };
            let folded = match report.run {
                Some(_) if report.stopped.is_none() => folded(&opened, stop).await,
                _ => None,
            };
            Ok((report, folded))
        });
        bars.end();
        let (report, folded) = done?;
        let told = self.tell(printer, &report);
        if let Some(folded) = folded {
            printer.note(&folded);
        }
        verdict(&report)?;
        told
    }

    fn choice(&self, settings: &Settings) -> Result<Choice, CliError> {
        let wanted = &self.clouds.provider;
        let others = Provider::ALL.iter().filter(|p| !wanted.is_empty() && !wanted.contains(p));
        let skip: Vec<String> = self
            .skip
            .iter()
            .cloned()
            .chain(settings.list(Key::Skip).iter().cloned())
            .chain(others.map(Provider::to_string))
            .collect();
        Choice::of(Menu::SYNC, &self.only, &skip, &self.with).map_err(CliError::usage)
    }

    fn tell(&self, printer: &Printer, report: &Report) -> Result<(), CliError> {
        if self.format == "json" {
            return json(printer, report);
        }
        for note in &report.notes {
            printer.note(&format!("note: {note}"));
        }
        if printer.is_quiet() {
            return Ok(());
        }
        printer.data(table(report, printer.width()).as_bytes())?;
        for assumed in &report.assumed {
            printer.line(&format!("assumed: {assumed}"))?;
        }
        let run = report.run.map_or_else(|| "nothing was written".to_owned(), |run| format!("version {run}"));
        printer.line(&format!(
            "{run}: {} new, {} changed, {} gone; {}, {}, {} written, {} → {}",
            number(report.appeared),
            number(report.changed),
            number(report.vanished),
            count(report.rows_read, "row read", "rows read"),
            count(report.calls, "call", "calls"),
            bytes(report.bytes),
            seconds(Duration::try_from(report.finished.duration_since(report.started)).unwrap_or_default()),
            report.estate
        ))
    }

    fn tell_plan(&self, printer: &Printer, forecast: &Forecast) -> Result<(), CliError> {
        if self.format == "json" {
            return json(printer, forecast);
        }
        for note in &forecast.notes {
            printer.note(&format!("note: {note}"));
        }
        let about = |about: bool, n: u64| if about { format!("about {}", number(n)) } else { number(n) };
        let mut lines = vec![["table", "how", "calls", "rows", ""].map(str::to_owned)];
        lines.extend(forecast.tables.iter().map(|t| {
            [
                t.table.clone(),
                t.how.to_owned(),
                about(t.about, t.calls),
                t.rows.map_or_else(|| "-".to_owned(), |n| about(t.about, n)),
                t.note.clone().unwrap_or_default(),
            ]
        }));
        let [a, b, c, d] =
            [0, 1, 2, 3].map(|i| lines.iter().map(|l| l[i].chars().count()).max().unwrap_or(0));
        let mut out = String::new();
        for [table, how, calls, rows, note] in &lines {
            let line = format!("{table:<a$}  {how:<b$}  {calls:>c$}  {rows:>d$}  {note}");
            out.push_str(&format!("{}\n", line.trim_end()));
        }
        printer.data(out.as_bytes())?;
        printer.line(&format!(
            "in all {}; one window of the quota has {}{}; planning took {}",
            if forecast.calls == 1 {
                "1 call".to_owned()
            } else {
                format!("{} calls", about(forecast.about, forecast.calls))
            },
            count(forecast.window, "call", "calls"),
            if forecast.window_known { "" } else { " (none is known, so that is assumed)" },
            count(forecast.planning_calls, "call", "calls"),
        ))
    }
}

/// Puts the files of the estate together where that is due, and says so. What was synced is safe in any case.
async fn folded(opened: &Estate, mut stop: Stop) -> Option<String> {
    let options = compact::Options::after_sync();
    let done = tokio::select! {
        biased;
        () = stop.asked() => return None,
        done = compact::optimize(opened, &options, Timestamp::now()) => done,
    };
    match done {
        Ok(done) => done.run.map(|run| {
            let tables = count(done.tables.len() as u64, "table was", "tables were");
            format!("{tables} folded (version {}), so that reading stays cheap", run.run)
        }),
        Err(e) => Some(format!(
            "the files of the estate were not put together: {e}; totalcloud estate optimize tries again"
        )),
    }
}

/// The estate, if there is one.
async fn there(place: &Place) -> Result<Option<Estate>, CliError> {
    match Estate::open(place).await {
        Ok(estate) => Ok(Some(estate)),
        Err(e) if e.kind() == Kind::Missing => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// Waits for another sync, and says so.
fn waiting(printer: &Arc<Printer>) -> Wait {
    let printer = Arc::clone(printer);
    Wait::UpTo {
        limit: OTHERS,
        told: Arc::new(move |holder| {
            let who = holder.map_or_else(|| "another program".to_owned(), ToString::to_string);
            printer.note(&format!("the estate is being written by {who}; waiting for it to end"));
        }),
    }
}

/// Tells the sync when the command is to stop.
pub(super) async fn bridge(mut stop: Stop, stopper: &Stopper) -> Infallible {
    stop.asked().await;
    stopper.stop(match stop.why() {
        Some(Stopped::Deadline) => DEADLINE,
        _ => INTERRUPTED,
    });
    std::future::pending().await
}

const DEADLINE: &str = "the deadline was reached";
const INTERRUPTED: &str = "interrupted";

fn json(printer: &Printer, value: &impl serde::Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(value);
    printer.line(&text.map_err(|e| CliError::failed(format!("the report cannot be written: {e}")))?)
}

/// Bytes as people read them.
fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} B"),
        1_000..1_000_000 => format!("{:.1} kB", n as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.1} GB", n as f64 / 1e9),
    }
}

/// How a table was read, in a word or two.
fn how(how: How) -> &'static str {
    match how {
        How::Whole => "all",
        How::Updated => "updates",
        How::Failing => "what fails",
        How::Assumed => "assumed",
        How::Not => "-",
    }
}

/// The table for people: rows read, and what became of them.
fn table(report: &Report, width: Option<usize>) -> String {
    let head = ["table", "read", "new", "changed", "gone", "rows", "how", "verdict"].map(str::to_owned);
    let mut lines = vec![head];
    for t in &report.tables {
        let read = match t.verdict {
            Verdict::NotAvailable { .. } => "-".to_owned(),
            _ => number(t.rows_read),
        };
        lines.push([
            t.table.clone(),
            read,
            number(t.appeared),
            number(t.changed),
            number(t.vanished),
            number(t.rows),
            how(t.how).to_owned(),
            t.verdict.to_string(),
        ]);
    }
    let widest = |i: usize| lines.iter().map(|l| l[i].chars().count()).max().unwrap_or(0);
    let w: Vec<usize> = (0..7).map(widest).collect();
    let indent: usize = w.iter().sum::<usize>() + 14;
    let mut out = String::new();
    for [table, read, new, changed, gone, rows, how, verdict] in &lines {
        let room = width.map_or(usize::MAX, |w| w.saturating_sub(indent).max(24));
        for (i, piece) in wrap(verdict, room).iter().enumerate() {
            if i > 0 {
                out.push_str(&format!("{:indent$}{piece}\n", ""));
                continue;
            }
            let numbers = format!(
                "{read:>b$}  {new:>c$}  {changed:>d$}  {gone:>e$}  {rows:>f$}",
                b = w[1],
                c = w[2],
                d = w[3],
                e = w[4],
                f = w[5]
            );
            out.push_str(&format!("{table:<a$}  {numbers}  {how:<g$}  {piece}\n", a = w[0], g = w[6]));
        }
    }
    out
}

/// How the command ends.
fn verdict(report: &Report) -> Result<(), CliError> {
    let again = "what came is kept; the same command goes on";
    if let Some(why) = &report.stopped {
        let exit = if why == INTERRUPTED { Exit::Interrupted } else { Exit::Partial };
        let whole = report.tables.iter().filter(|t| t.verdict.is_complete()).count() as u64;
        let kept = match report.run {
            Some(run) => format!(
                "version {run} has {}, of {}",
                count(whole, "whole table", "whole tables"),
                number(report.tables.len() as u64)
            ),
            None => "nothing was written".to_owned(),
        };
        return Err(CliError::new(exit, format!("{why}; {kept}")).hint(again));
    }
    if report.complete {
        return Ok(());
    }
    let names = |denied: bool| {
        let of = |t: &&TableReport| matches!(t.verdict, Verdict::NotAvailable { .. }) == denied;
        report.incomplete().filter(of).map(|t| t.table.as_str()).collect::<Vec<_>>()
    };
    let (short, denied) = (names(false), names(true));
    let listed = |names: &[&str]| {
        let more = if names.len() > 5 { ", …" } else { "" };
        format!("{}{more}", names.iter().take(5).copied().collect::<Vec<_>>().join(", "))
    };
    let mut said = Vec::new();
    if !short.is_empty() {
        said.push(format!(
            "{} short ({})",
            count(short.len() as u64, "table is", "tables are"),
            listed(&short)
        ));
    }
    if !denied.is_empty() {
        let tables = count(denied.len() as u64, "table is", "tables are");
        said.push(format!("{tables} not available ({})", listed(&denied)));
    }
    let error = CliError::partial(format!("the sync is not complete: {}", said.join("; ")));
    Err(match short.is_empty() {
        true => error.hint(format!("if you do without it, leave it out: --skip {}", denied.join(","))),
        false => error.hint(format!("nothing was taken for gone in these; {again}")),
    })
}
