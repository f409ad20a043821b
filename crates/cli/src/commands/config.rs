//! `totalcloud config`

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::settings::SETTINGS;
use crate::single;
use serde_json::{Value, json};

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Show the settings in force; secrets are shown as (set)
    Show(Show),
}

/// `config show`
#[derive(clap::Args)]
pub struct Show {
    /// Show where each value comes from, and where it could be set
    #[arg(long)]
    origin: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs a verb.
///
/// # Errors
/// If the settings do not fit together, or the output cannot be written.
pub fn run(verb: Verb, context: &Context) -> Result<(), CliError> {
    let Verb::Show(show) = verb;
    let settings = context.settings()?;
    let rows = SETTINGS.iter().filter_map(|setting| {
        let sourced = settings.values.get(&setting.key);
        if sourced.is_none() && !show.origin {
            return None;
        }
        let mut row = json!({ "setting": setting.name(), "value": sourced.map(|s| s.value.shown()) });
        if show.origin {
            row["origin"] = sourced.map_or(Value::Null, |s| s.origin.to_string().into());
            row["flag"] = setting.flag.map_or(Value::Null, |f| format!("--{f}").into());
            row["variable"] = setting.env.map_or(Value::Null, Value::from);
        }
        Some(row)
    });
    let columns: &[&str] =
        if show.origin { &["setting", "value", "origin", "flag", "variable"] } else { &["setting", "value"] };
    single::own(context, &show.output, columns, rows, "settings")
}
