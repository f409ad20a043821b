//! `totalcloud estate`: what there is in the estate, whether it is whole, and its housekeeping.

use crate::args::OutputArgs;
use crate::context::Context;
use crate::duration;
use crate::error::CliError;
use crate::{estate, single};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::time::Duration;
use totalcloud_estate::read::check::check;
use totalcloud_estate::read::info::{Info, info};
use totalcloud_estate::store::Run;
use totalcloud_estate::store::compact::{self, Optimized, Options};

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Show tables, rows, versions, size and freshness of the estate
    Info(Show),
    /// Verify logs, files, keys and counts of the estate
    Check(Check),
    /// Fold what syncs added into sorted files, forget old history, remove files that nobody needs
    Optimize(Optimize),
}

/// `estate info`
#[derive(clap::Args)]
pub struct Show {
    /// Show the runs instead of the tables
    #[arg(long)]
    runs: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// `estate check`
#[derive(clap::Args)]
pub struct Check {
    /// Read all data as well, not only keys and footers
    #[arg(long)]
    deep: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// `estate optimize`
#[derive(clap::Args)]
pub struct Optimize {
    /// Keep row versions that hold no more for this long; later, they cannot be asked for with --as-of
    #[arg(long, value_name = "SPAN", default_value = "400d", value_parser = duration::parse)]
    keep_history: Duration,

    /// Keep files that no run needs any more for this long, for queries that still read them
    #[arg(long, value_name = "SPAN", default_value = "7d", value_parser = duration::parse)]
    keep_files: Duration,

    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    output: OutputArgs,
}

/// Runs a verb.
///
/// # Errors
/// If there is no estate, something is wrong with it, or the output cannot be written.
pub fn run(verb: Verb, context: &Context) -> Result<(), CliError> {
    match verb {
        Verb::Info(show) => show.run(context),
        Verb::Check(check) => check.run(context),
        Verb::Optimize(optimize) => optimize.run(context),
    }
}

impl Show {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let settings = estate::settings(context)?;
        let info = context.block_on(async { Ok(info(&estate::open(&settings).await?).await?) })?;
        if self.runs {
            let columns = [
                "run", "kind", "started", "finished", "complete", "calls", "rowsRead", "appeared", "changed",
                "vanished", "bytes",
            ];
            single::own(context, &self.output, &columns, info.runs.iter().map(run_row), "runs")?;
        } else {
            let columns =
                ["table", "rows", "versions", "recent", "files", "bytes", "readAt", "complete", "assumed"];
            let rows = info.tables.iter().filter_map(|t| serde_json::to_value(t).ok());
            single::own(context, &self.output, &columns, rows, "estate")?;
        }
        context.printer.note(&summary(&estate::place(&settings)?.to_string(), &info));
        Ok(())
    }
}

fn run_row(run: &Run) -> Value {
    let mut row = serde_json::to_value(run).unwrap_or_default();
    if let Some(row) = row.as_object_mut() {
        row.remove("tables");
    }
    row
}

fn summary(place: &str, info: &Info) -> String {
    let Some(newest) = info.runs.last() else {
        return format!("{place}: no sync was finished yet; fill it with: totalcloud sync");
    };
    let bytes: u64 = info.tables.iter().map(|t| t.bytes).sum();
    let waiting: u64 = info.tables.iter().map(|t| t.recent).sum();
    format!(
        "{place}: {} tables, {}, run {} of {}; --as-of reaches back to run {}; {waiting} row versions since the last compaction",
        info.tables.len(),
        size(bytes),
        newest.run,
        newest.finished.strftime("%Y-%m-%d %H:%M UTC"),
        newest.oldest,
    )
}

/// Bytes for people.
fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["bytes", "KiB", "MiB", "GiB"] {
        if value < 1024.0 {
            return if unit == "bytes" { format!("{bytes} bytes") } else { format!("{value:.1} {unit}") };
        }
        value /= 1024.0;
    }
    format!("{value:.1} TiB")
}

impl Check {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let settings = estate::settings(context)?;
        let done =
            context.block_on(async { Ok(check(&estate::open(&settings).await?, self.deep).await?) })?;
        for note in &done.notes {
            context.printer.note(note);
        }
        let looked =
            format!("{} tables, {} files, {}, {} rows", done.tables, done.files, size(done.bytes), done.rows);
        if done.problems.is_empty() {
            let row = json!({"tables": done.tables, "files": done.files, "bytes": done.bytes, "rows": done.rows, "problems": 0});
            single::own(
                context,
                &self.output,
                &["tables", "files", "bytes", "rows", "problems"],
                [row],
                "check",
            )?;
            context.printer.note(&format!("all is well: {looked}"));
            return Ok(());
        }
        let rows = done.problems.iter().filter_map(|p| serde_json::to_value(p).ok());
        single::own(context, &self.output, &["table", "problem", "advice"], rows, "check")?;
        let many = if done.problems.len() == 1 { "problem" } else { "problems" };
        Err(CliError::failed(format!("{} {many} in the estate ({looked})", done.problems.len()))
            .hint("the advice stands beside each of them; what is whole can be queried as before"))
    }
}

impl Optimize {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let settings = estate::settings(context)?;
        let span = |span: Duration| SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX);
        let options = Options {
            keep_history: span(self.keep_history),
            keep_files: span(self.keep_files),
            dry_run: self.dry_run,
            ..Options::default()
        };
        let done = context.block_on(async {
            Ok(compact::optimize(&estate::open(&settings).await?, &options, Timestamp::now()).await?)
        })?;
        let rows = done.tables.iter().map(
            |due| json!({"table": due.table, "files": due.files, "recent": due.recent, "base": due.base}),
        );
        single::own(context, &self.output, &["table", "files", "recent", "base"], rows, "optimize")?;
        context.printer.note(&told(&done, self.dry_run));
        Ok(())
    }
}

fn told(done: &Optimized, dry_run: bool) -> String {
    let files = format!("{} files ({})", done.removed, size(done.freed));
    let oldest = format!("--as-of reaches back to run {}", done.oldest);
    if dry_run {
        return format!("would fold {} tables and remove {files}; {oldest}", done.tables.len());
    }
    match &done.run {
        Some(run) => {
            let written = size(u64::try_from(run.bytes).unwrap_or_default());
            format!(
                "run {}: folded {} tables into {written}, removed {files}; {oldest}",
                run.run,
                done.tables.len()
            )
        }
        None => format!("nothing was to be folded; removed {files}; {oldest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_for_people() {
        assert_eq!(size(0), "0 bytes");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(size(5 << 40), "5.0 TiB");
    }
}
