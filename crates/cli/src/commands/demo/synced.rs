//! The demo with an estate: a sync, a day that passes, another sync, what changed, and three questions.

use super::{CONCURRENCY, Company, Demo};
use crate::commands::diff::{ORDER, line};
use crate::commands::query::{ResultArgs, answer, told};
use crate::commands::sync::{Looking, bridge};
use crate::context::{Context, Stop};
use crate::error::CliError;
use crate::printer::Printer;
use crate::pull::bars::Bars;
use crate::pull::report::{count, number, seconds};
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use totalcloud::clock::{Clock, SystemClock};
use totalcloud::subscription::{Choice, Menu};
use totalcloud_estate::diff::between;
use totalcloud_estate::place::{Place, Wait};
use totalcloud_estate::read::{AsOf, Snapshot};
use totalcloud_estate::sql::{self, Options, Params, Session};
use totalcloud_estate::store::Estate;
use totalcloud_estate::sync::{Ask, Report, Rhythm, Stopper, sync};

/// How much of the company changes in its day.
const CHANGE: f64 = 0.02;
/// What is asked at the end.
const QUESTIONS: [&str; 3] = ["accounts-by-failure-rate", "public-buckets", "users-without-mfa"];
/// Changes of a kind that are shown.
const SHOWN: usize = 2;
/// Rows of an answer that are shown.
const ROWS: usize = 5;

/// A clock that shows another time of day.
struct Shifted {
    clock: SystemClock,
    by: SignedDuration,
}

impl Clock for Shifted {
    fn now(&self) -> Timestamp {
        self.clock.now().checked_add(self.by).unwrap_or_else(|_| self.clock.now())
    }

    fn ticks(&self) -> Duration {
        self.clock.ticks()
    }

    fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()> {
        self.clock.sleep(wait)
    }
}

/// Shows it.
pub(super) fn run(demo: &Demo, context: &Context, out: &Path) -> Result<(), CliError> {
    let printer = &context.printer;
    let day = SignedDuration::from_hours(24);
    let yesterday = demo.now.unwrap_or_else(Timestamp::now).checked_sub(day);
    let yesterday = yesterday.map_err(|e| CliError::usage(format!("--now is too early: {e}")))?;
    let company = Company::start(demo.config(yesterday))?;
    let place = Place::local(out)?;
    let mut syncing = Syncing { demo, context, company: &company, place: &place, versions: 0 };
    printer.note(&format!(
        "a simulated company (size {}, seed {}) answers on this machine; signing in and syncing all of it",
        demo.size, demo.seed
    ));
    syncing.sync(-day)?;
    company.advance(24.0, CHANGE);
    printer.note("a day passes: things come and go, change, fail and are fixed; syncing again");
    syncing.sync(SignedDuration::ZERO)?;
    context.on_all_cores().block_on(async {
        let estate = Estate::open(&place).await?;
        changes(printer, &estate).await?;
        let snapshot = Snapshot::of(&estate, AsOf::Latest).await?;
        let session = Session::open(Some(&snapshot), &Options::default())?;
        for name in QUESTIONS {
            let question = sql::question(name).map_err(told)?;
            let query =
                format!("SELECT * FROM (\n{}\n) LIMIT {ROWS}", question.sql.trim_end().trim_end_matches(';'));
            let params = question.params(&Params::default()).map_err(told)?;
            printer.line(&format!("\n{} (totalcloud ask run {name})", question.title))?;
            let plan = session.plan(&query, &params).await.map_err(told)?;
            answer(plan, &ResultArgs::table(), context).await?;
        }
        Ok(())
    })?;
    let place = out.display();
    printer.data(
        format!(
            "\nGo on asking:\n  \
             totalcloud ask list\n  \
             totalcloud query --estate {place} \"SELECT * FROM findings LIMIT 5\"\n  \
             totalcloud diff --estate {place} --from 1\n\n\
             With your own account:\n  \
             totalcloud auth login --platform qg3 --username YOU\n  \
             totalcloud sync\n"
        )
        .as_bytes(),
    )
}

struct Syncing<'a> {
    demo: &'a Demo,
    context: &'a Context,
    company: &'a Company,
    place: &'a Place,
    versions: i64,
}

impl Syncing<'_> {
    fn sync(&mut self, by: SignedDuration) -> Result<(), CliError> {
        let bars = Bars::start(&self.context.printer, false);
        let client = self.company.client(&bars)?;
        let looking = Looking(Arc::clone(&bars));
        let clock = Arc::new(Shifted { clock: SystemClock::default(), by: by + self.demo.offset() });
        let ask = Ask {
            choice: Choice::of(Menu::SYNC, &[], &[], &[]).map_err(CliError::usage)?,
            rhythm: Rhythm::default(),
            concurrency: CONCURRENCY,
            inventory_api: totalcloud::InventoryApi::V1,
            clock: clock.clone(),
            wait: Wait::quietly(Duration::ZERO),
        };
        let report = self.context.on_all_cores().block_on_until(async |stop: Stop| {
            let estate = Estate::create_or_open(self.place, clock.now()).await?;
            let (stopper, told) = Stopper::new();
            tokio::select! {
                done = sync(&client, &estate, &ask, &looking, told) => Ok(done?),
                never = bridge(stop, &stopper) => match never {},
            }
        });
        bars.end();
        self.versions += 1;
        said(&self.context.printer, &report?)
    }
}

fn said(printer: &Printer, report: &Report) -> Result<(), CliError> {
    if let Some(short) = report.incomplete().next() {
        return Err(CliError::partial(format!("{}: {}", short.table, short.verdict)));
    }
    let run = report.run.unwrap_or_default();
    let took = Duration::try_from(report.finished.duration_since(report.started)).unwrap_or_default();
    printer.line(&format!(
        "version {run}: {} of {} read and checked against the service's counts, {} new, {} changed, {} gone; {} in {}",
        count(report.rows_read, "row", "rows"),
        count(report.tables.len() as u64, "table", "tables"),
        number(report.appeared),
        number(report.changed),
        number(report.vanished),
        count(report.calls, "call", "calls"),
        seconds(took),
    ))
}

/// What changed, a few of each kind.
async fn changes(printer: &Printer, estate: &Estate) -> Result<(), CliError> {
    let difference = between(estate, AsOf::Run(1), AsOf::Latest, &[]).await?;
    printer.line("\nWhat changed since yesterday (totalcloud diff)")?;
    for (kind, title) in ORDER {
        let mut of_kind: Vec<_> = difference.changes.iter().filter(|c| c.kind == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        of_kind.sort_by(|a, b| (&a.table, &a.key).cmp(&(&b.table, &b.key)));
        printer.line(&format!("{:>5} {title}", number(of_kind.len() as u64)))?;
        for change in of_kind.iter().take(SHOWN) {
            let text = format!("        {}: {}", change.table, line(change));
            let room = printer.width().unwrap_or(100).max(60);
            let cut: String = text.chars().take(room - 1).collect();
            printer.line(&if cut.len() < text.len() { format!("{cut}…") } else { text })?;
        }
    }
    Ok(())
}
