//! `totalcloud query`

mod complete;
mod edit;
pub(super) mod live;
mod rows;
mod shell;

use crate::context::Context;
use crate::error::CliError;
use crate::filter::placed;
use crate::{as_of, estate};
use jiff::Timestamp;
pub use rows::ResultArgs;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use totalcloud_estate::read::{AsOf, Snapshot};
use totalcloud_estate::sql::{self, Params, Plan, Session, SqlError};

/// Ask the estate in SQL.
#[derive(clap::Args)]
pub struct Query {
    /// The query; without it, it comes from --file or standard input, and at a terminal line by line
    #[arg(value_name = "SQL")]
    sql: Option<String>,

    /// File with the query; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "sql")]
    file: Option<PathBuf>,

    #[command(flatten)]
    asking: Asking,

    /// Show how the query would run, and for live tables what the service would be asked; do not run it
    #[arg(long)]
    explain: bool,

    #[command(flatten)]
    output: ResultArgs,
}

/// How the estate is asked.
#[derive(clap::Args, Clone, Debug)]
pub struct Asking {
    /// Value of a parameter, which the query calls $NAME or $1; can be repeated
    #[arg(long = "param", value_name = "NAME=VALUE")]
    params: Vec<String>,

    /// State to ask: number of a run, an instant, a date, yesterday, or a span to go back such as 7d [default: the newest]
    #[arg(long, value_name = "TIME|VERSION")]
    as_of: Option<String>,

    /// Memory a query may use before it goes on on disk, such as 512MiB or 4GiB
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = size)]
    memory: usize,

    /// Agree to what a query of live tables costs
    #[arg(long)]
    pub(super) yes: bool,
}

/// Reads a number of bytes.
fn size(text: &str) -> Result<usize, String> {
    let wanted = || "it wants a size such as 512MiB or 4GiB, 16MiB at least".to_owned();
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: usize = number.parse().map_err(|_| wanted())?;
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "mib" | "mb" | "m" => 20,
        "gib" | "gb" | "g" => 30,
        "kib" | "kb" | "k" => 10,
        "" | "b" => 0,
        _ => return Err(wanted()),
    };
    let bytes = number.checked_mul(1 << shift).ok_or_else(wanted)?;
    if bytes < 16 << 20 { Err(wanted()) } else { Ok(bytes) }
}

impl Asking {
    /// The parameters.
    pub(super) fn params(&self) -> Result<Params, CliError> {
        let mut params = Params::new();
        for given in &self.params {
            params.read(given).map_err(CliError::usage)?;
        }
        Ok(params)
    }

    /// The session over the state that is asked for. Queries of live tables alone need no estate.
    pub(super) async fn open(&self, context: &Context, needs_estate: bool) -> Result<Session, CliError> {
        let settings = estate::settings(context)?;
        let state = match &self.as_of {
            Some(text) => as_of::parse(text, Timestamp::now()).map_err(CliError::usage)?,
            None => AsOf::Latest,
        };
        let options = sql::Options { memory: self.memory, ..sql::Options::default() };
        let snapshot = async {
            let estate = estate::open(&settings).await?;
            Snapshot::of(&estate, state).await.map_err(CliError::from)
        };
        let snapshot = match snapshot.await {
            Ok(snapshot) => Some(snapshot),
            Err(e) if needs_estate || self.as_of.is_some() => return Err(e),
            Err(_) => None,
        };
        Ok(Session::open(snapshot.as_ref(), &options)?)
    }
}

/// Whether a query names tables of the service itself, and whether it names others.
pub(super) fn names(text: &str) -> (bool, bool) {
    let tables = sql::tables_of(text);
    let is_live = |table: &String| table.to_ascii_lowercase().starts_with("live.");
    (tables.iter().any(is_live), tables.is_empty() || !tables.iter().all(is_live))
}

/// The error of a query, with carets under its place.
pub(super) fn told(e: SqlError) -> CliError {
    let said = e.to_string();
    let caret = e.caret().map(str::to_owned);
    let mut error = CliError::from(e.into_error());
    error.message = match caret {
        Some(caret) => placed(&said, &caret),
        None if error.message.is_empty() => said,
        None => error.message,
    };
    error
}

impl Query {
    /// Runs it.
    ///
    /// # Errors
    /// If the query is wrong, cannot be answered, or the output cannot be written.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let _ = context.on_all_cores();
        let text = match (&self.sql, &self.file) {
            (Some(sql), _) if sql != "-" => sql.clone(),
            (Some(_), _) => read(Path::new("-"))?,
            (None, Some(file)) => read(file)?,
            (None, None) if std::io::stdin().is_terminal() => {
                return shell::run(&self.asking, &self.output, context);
            }
            (None, None) => read(Path::new("-"))?,
        };
        self.output.check(&context.printer)?;
        let params = self.asking.params()?;
        context.block_on(async {
            let (live_ones, stored) = names(&text);
            let session = self.asking.open(context, stored).await?;
            let live = live_ones.then(|| live::add(context, &session, self.asking.yes)).transpose()?;
            let done = async {
                let plan = session.plan(&text, &params).await.map_err(told)?;
                if self.explain {
                    explain(&plan, context).await
                } else {
                    answer(plan, &self.output, context).await.map(drop)
                }
            };
            let done = done.await;
            if let Some(live) = live {
                live.end();
            }
            done
        })
    }
}

fn read(file: &Path) -> Result<String, CliError> {
    if file == Path::new("-") {
        let mut text = String::new();
        let read = std::io::stdin().read_to_string(&mut text);
        return read
            .map(|_| text)
            .map_err(|e| CliError::failed(format!("standard input cannot be read: {e}")));
    }
    std::fs::read_to_string(file)
        .map_err(|e| CliError::usage(format!("the query cannot be read from {}: {e}", file.display())))
}

/// Shows how a query would run.
pub(super) async fn explain(plan: &Plan, context: &Context) -> Result<(), CliError> {
    let cost = totalcloud_estate::live::estimate(plan.steps()).await?;
    context.printer.data(plan.explain().as_bytes())?;
    if let Some(cost) = cost {
        context.printer.note(&format!("the query costs {cost}"));
    }
    Ok(())
}

/// Runs a query and prints its rows; says how many.
pub(super) async fn answer(plan: Plan, output: &ResultArgs, context: &Context) -> Result<u64, CliError> {
    totalcloud_estate::live::admit(plan.steps()).await?;
    let mut out = rows::Output::open(&context.printer, output, &plan)?;
    let mut rows = plan.run().map_err(told)?;
    loop {
        match rows.next().await {
            Some(Ok(batch)) => out.put(&batch)?,
            Some(Err(e)) => {
                out.abort()?;
                return Err(told(e));
            }
            None => return out.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        assert_eq!(size("512MiB"), Ok(512 << 20));
        assert_eq!(size("4g"), Ok(4 << 30));
        for text in ["", "1", "1GiBs", "-1GiB", "8MiB", "99999999999999999999", "1.5GiB"] {
            assert!(size(text).unwrap_err().contains("512MiB"), "{text}");
        }
    }

    #[test]
    fn the_service_is_signed_in_to_only_where_a_query_names_it() {
        assert_eq!(names("select * from aws_vpc"), (false, true));
        assert_eq!(names("select * from LIVE.aws_vpc"), (true, false));
        assert_eq!(names("select 1 from live.aws_vpc join aws_vpc using (name)"), (true, true));
        assert_eq!(names("this is no SQL"), (false, true));
    }
}
