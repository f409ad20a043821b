//! The command `totalcloud`: raw arguments ([`args`]), merged [`settings`], and [`commands`], with all output
//! in one [`printer`].

pub mod allowance;
pub mod args;
#[cfg(feature = "estate")]
pub mod as_of;
pub mod check;
pub mod commands;
pub mod context;
pub mod duration;
pub mod error;
#[cfg(feature = "estate")]
pub mod estate;
pub mod filter;
pub mod hidden;
pub mod listing;
pub mod network;
pub mod printer;
pub mod private;
pub mod progress;
pub mod pull;
pub mod reference;
pub mod rows;
pub mod session;
pub mod settings;
pub mod single;
pub mod targets;
pub mod write;

pub use totalcloud_api::nearest;

use args::Cli;
use clap::{CommandFactory, FromArgMatches};
use context::Context;
use error::CliError;
use printer::{Level, Printer};
use std::process::ExitCode;
use std::sync::Arc;
use totalcloud::Exit;

/// The whole command, from the arguments of the process to its exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::command().try_get_matches().and_then(|m| Cli::from_arg_matches(&m)) {
        Ok(cli) => cli,
        Err(e) => return usage(&e),
    };
    let level = match (cli.talk.quiet, cli.talk.verbose) {
        (true, _) => Level::Quiet,
        (false, 0) => Level::Normal,
        (false, times) => Level::Verbose(times),
    };
    let printer = Arc::new(Printer::new(level));
    printer.start_log();
    for (typed, meant) in
        settings::mistyped_variables(std::env::vars_os().filter_map(|(k, _)| k.into_string().ok()))
    {
        printer.warn(&format!("{typed} is no setting; did you mean {meant}?"));
    }
    let context = Context::new(Arc::clone(&printer), cli.given.0, cli.talk.password_stdin);
    match commands::run(cli.command, &context) {
        Ok(()) => ExitCode::from(Exit::Done.code()),
        Err(e) => {
            printer.error(&e);
            ExitCode::from(e.exit.code())
        }
    }
}

/// Help and version go to stdout and end well; everything else is said on stderr.
fn usage(e: &clap::Error) -> ExitCode {
    // A closed pipe under --help is no error either.
    let _ = e.print();
    if e.use_stderr() { ExitCode::from(Exit::Usage.code()) } else { ExitCode::from(Exit::Done.code()) }
}

/// The same table of exit codes for errors of every origin.
impl From<totalcloud_api::operation::BadArgument> for CliError {
    fn from(bad: totalcloud_api::operation::BadArgument) -> CliError {
        CliError::usage(bad.reason).operation(bad.operation)
    }
}
