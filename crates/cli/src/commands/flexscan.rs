//! `totalcloud flexscan`

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::rows::Fields as Columns;
use crate::write::{Fields, once};
use serde_json::Value;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::neighbours::{FlexScanAnswer, RegisterFlexScan};
use totalcloud_api::model::Model;

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Register a service account for FlexScan
    Register(Register),
}

/// `flexscan register`
#[derive(clap::Args)]
pub struct Register {
    #[command(flatten)]
    fields: Fields<RegisterFlexScan>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs a verb.
///
/// # Errors
/// Those of the call and of the output, or what the answer says went wrong.
pub fn run(verb: Verb, context: &Context) -> Result<(), CliError> {
    let Verb::Register(Register { fields, output }) = verb;
    let Some(args) = fields.prepare(context, [])? else { return Ok(()) };
    let operation = OperationId::FlexScanRegister.operation();
    let columns = Columns::AtLeast(FlexScanAnswer::SHAPE);
    let answer = once(context, &output, operation, &args, &columns, "registered")?;
    let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
    match answer["errors"].as_array() {
        Some(errors) if !errors.is_empty() => {
            let count = errors.len();
            Err(CliError::failed(format!("the service tells of {count} errors")).operation(operation.id))
        }
        _ => Ok(()),
    }
}
