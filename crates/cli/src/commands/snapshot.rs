//! `totalcloud snapshot`

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::rows::Fields as Columns;
use crate::write::{Fields, once};
use totalcloud_api::endpoints::neighbours::{RegisterScannerRun, RegisterServiceAccount};
use totalcloud_api::operation::Endpoint;

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Register a run of a snapshot scanner; the body is not documented and goes out as given
    RegisterScannerRun(Register<RegisterScannerRun>),
    /// Register a service account for snapshot scanning; the body is not documented and goes out as given
    RegisterServiceAccount(Register<RegisterServiceAccount>),
}

/// What is registered.
#[derive(clap::Args)]
pub struct Register<E: Endpoint> {
    #[command(flatten)]
    fields: Fields<E>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs a verb.
///
/// # Errors
/// Those of the call and of the output.
pub fn run(verb: Verb, context: &Context) -> Result<(), CliError> {
    match verb {
        Verb::RegisterScannerRun(register) => register.run(context),
        Verb::RegisterServiceAccount(register) => register.run(context),
    }
}

impl<E: Endpoint> Register<E> {
    fn run(self, context: &Context) -> Result<(), CliError> {
        let Some(args) = self.fields.prepare(context, [])? else { return Ok(()) };
        once(context, &self.output, E::OPERATION, &args, &Columns::Any, "registered").map(drop)
    }
}
