//! What rules and actions of alerts have in common.

use crate::context::Context;
use crate::error::CliError;
use crate::session::Session;
use crate::write::id_in;
use bytes::Bytes;
use serde_json::{Value, json};
use totalcloud_api::Operation;
use totalcloud_api::operation::Args;

/// The ids of what is called so in a list.
///
/// # Errors
/// Those of the calls.
pub(super) async fn ids_of(
    session: &Session,
    list: &'static Operation,
    args: Args,
    name: &str,
) -> Result<Vec<String>, CliError> {
    let rows = session.all_rows(list, args).await?;
    let same = |row: &&Bytes| id_in(row, &["name"]).is_some_and(|n| n == name);
    Ok(rows.iter().filter(same).filter_map(|row| id_in(row, &["id"])).collect())
}

/// Whether a value says something.
pub(super) fn said(value: &Value) -> bool {
    !(value.is_null() || *value == json!("") || *value == json!([]))
}

/// Warns of what is stored and cannot go along with a change, for which the service takes the whole.
pub(super) fn warn_of_loss(context: &Context, noun: &str, lost: &[String]) {
    if !lost.is_empty() {
        context.printer.warn(&format!(
            "the {noun} has values that the service does not take with a change, so it may lose them: {}",
            lost.join(", ")
        ));
    }
}
