//! Deleting things by their ids where one listing shows them all: they are looked up before, so that what is unknown
//! is told from what is deleted, and afterwards, so that what is told is what is so.

use super::{Batch, DeleteArgs, Item, Outcome, batch_output_is_sound, preview};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::session::{self, Session};
use serde_json::{Value, json};
use totalcloud::Exit;
use totalcloud_api::Operation;
use totalcloud_api::operation::{Args, Request};

/// What is deleted, and where it is listed.
pub struct Deletion<'c> {
    /// The context.
    pub context: &'c Context,
    /// Where and how the outcomes are printed.
    pub output: &'c OutputArgs,
    /// What was agreed to.
    pub delete: DeleteArgs,
    /// What one of the things is called, such as `report`.
    pub noun: &'static str,
    /// The operation that deletes, and its parameter for the ids.
    pub operation: (&'static Operation, &'static str),
    /// The operation that lists, and the fields of its rows with the id and the name.
    pub list: (&'static Operation, &'static str, &'static str),
    /// The ids.
    pub ids: Vec<String>,
}

impl Deletion<'_> {
    /// Deletes the things and prints what became of each.
    ///
    /// # Errors
    /// If an id does not fit, nobody agrees, a call fails, or not all is deleted.
    pub fn run(self) -> Result<(), CliError> {
        let Deletion { context, output, delete, noun, operation, list, ids } = self;
        let mut distinct: Vec<String> = Vec::new();
        for id in ids {
            if !distinct.iter().any(|known| known.eq_ignore_ascii_case(&id)) {
                distinct.push(id);
            }
        }
        let settings = context.settings()?;
        let spellings = session::spellings(&settings);
        let request = |ids: &[&str]| -> Result<Request, CliError> {
            let args = Args::from_iter([(operation.1.to_owned(), json!(ids))]);
            Ok(operation.0.request(&args, &spellings)?)
        };
        // Ids that do not fit are refused before any call.
        let whole = request(&distinct.iter().map(String::as_str).collect::<Vec<_>>())?;
        if delete.write.dry_run {
            return preview(context, &[whole]);
        }
        batch_output_is_sound(context, output)?;
        let (session, progress) = context.session()?;
        let there = context.block_on(listed(&session, list))?;
        progress.end();
        let items: Vec<Item> = distinct
            .into_iter()
            .map(|id| {
                let found = there.iter().find(|(known, _)| known.eq_ignore_ascii_case(&id));
                let name = found.and_then(|(_, name)| name.clone());
                Item { name, known: found.is_some(), ..Item::new(id) }
            })
            .collect();
        let places: Vec<usize> = (0..items.len()).filter(|at| items[*at].known).collect();
        let known: Vec<&str> = places.iter().map(|at| items[*at].id.as_str()).collect();
        if known.is_empty() {
            return Err(CliError::new(Exit::NotFound, format!("there is no such {noun}"))
                .operation(operation.0.id)
                .hint(format!("'totalcloud {noun}s list' shows the ids there are")));
        }
        // One id that nothing has may spoil the call for all others.
        let requests = vec![(request(&known)?, places)];
        let batch = Batch { context, output, noun, items, requests, dry_run: false, delete: Some(delete) };
        batch.run(&session, async |session, items| {
            let left = listed(session, list).await?;
            let gone = |item: &Item| !left.iter().any(|(id, _)| id.eq_ignore_ascii_case(&item.id));
            let outcome = |item: &Item| {
                if gone(item) {
                    Outcome::Done("deleted".to_owned())
                } else {
                    Outcome::Not("it is still listed".to_owned())
                }
            };
            Ok(items.iter().map(outcome).collect())
        })
    }
}

/// The ids and names of all that is listed.
async fn listed(
    session: &Session,
    (operation, id, name): (&'static Operation, &'static str, &'static str),
) -> Result<Vec<(String, Option<String>)>, CliError> {
    let rows = session.all_rows(operation, Args::new()).await?;
    let text = |row: &Value, field: &str| row.get(field).and_then(Value::as_str).map(str::to_owned);
    let pair = |row: &bytes::Bytes| {
        let row: Value = serde_json::from_slice(row).ok()?;
        Some((text(&row, id)?, text(&row, name)))
    };
    Ok(rows.iter().filter_map(pair).collect())
}
