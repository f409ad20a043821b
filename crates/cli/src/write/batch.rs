//! Writes on many things at once: what each of them was, what became of it, and a question before what cannot be
//! taken back.

use super::{DeleteArgs, may_be_done, preview};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::session::Session;
use crate::single;
use serde_json::{Value, json};
use totalcloud::Exit;
use totalcloud_api::operation::Request;

/// One thing of a batch.
#[derive(Debug, Clone, Default)]
pub struct Item {
    /// Its id.
    pub id: String,
    /// Its name, where it is known.
    pub name: Option<String>,
    /// What kind it is of where that matters, such as the provider.
    pub kind: Option<String>,
    /// Whether it was there before.
    pub known: bool,
}

impl Item {
    /// A thing of which only the id is known.
    pub fn new(id: impl Into<String>) -> Item {
        Item { id: id.into(), known: true, ..Item::default() }
    }

    fn shown(&self) -> String {
        match &self.name {
            Some(name) => format!("{} ({name})", self.id),
            None => self.id.clone(),
        }
    }
}

/// What became of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is as it should be, in a word such as `deleted`.
    Done(String),
    /// Nothing shows whether it is; that the service took the request has to do.
    Asked(String),
    /// It is not, and why.
    Not(String),
}

/// Asks before things are deleted: on a terminal by a question, elsewhere by wanting `--yes`.
///
/// # Errors
/// If nobody agrees.
pub fn confirm(context: &Context, delete: &DeleteArgs, items: &[Item], noun: &str) -> Result<(), CliError> {
    if delete.yes {
        return Ok(());
    }
    let what = match items {
        [one] => format!("the {noun} {}", one.shown()),
        many => format!("{} {noun}s", many.len()),
    };
    if !context.printer.can_ask() {
        return Err(CliError::usage(format!("{what} would be deleted for good, and nobody can be asked"))
            .hint("add --yes if that is meant; --dry-run shows what would be sent"));
    }
    if items.len() > 1 {
        for item in items.iter().take(20) {
            context.printer.note(&format!("  {}", item.shown()));
        }
        if items.len() > 20 {
            context.printer.note(&format!("  and {} more", items.len() - 20));
        }
    }
    let answer = context.printer.ask(&format!("Delete {what} for good? [y/N]"))?.unwrap_or_default();
    if matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(CliError::new(Exit::Interrupted, "nothing was deleted"))
}

/// A write on many things.
pub struct Batch<'c> {
    /// The context.
    pub context: &'c Context,
    /// Where and how the outcomes are printed.
    pub output: &'c OutputArgs,
    /// What the things are called, such as `connector`.
    pub noun: &'static str,
    /// The things.
    pub items: Vec<Item>,
    /// The requests, each with the places of its things among all.
    pub requests: Vec<(Request, Vec<usize>)>,
    /// Only look at what would be sent.
    pub dry_run: bool,
    /// Asked before anything is sent, where the write deletes.
    pub delete: Option<DeleteArgs>,
}

impl Batch<'_> {
    /// Sends the requests, looks at each thing afterwards and prints what became of it.
    ///
    /// `look` says of each thing, in the order given, what became of it.
    ///
    /// # Errors
    /// If nothing could be sent, or not all is as it should be.
    pub fn run(
        self,
        session: &Session,
        look: impl AsyncFnOnce(&Session, &[Item]) -> Result<Vec<Outcome>, CliError>,
    ) -> Result<(), CliError> {
        let Batch { context, output, noun, items, requests, dry_run, delete } = self;
        if dry_run {
            let requests: Vec<Request> = requests.into_iter().map(|(request, _)| request).collect();
            return preview(context, &requests);
        }
        let Some(operation) = requests.first().map(|(request, _)| request.operation) else {
            return Err(CliError::new(Exit::NotFound, format!("there is no such {noun}"))
                .hint("check the id; the matching list command shows the ids there are"));
        };
        if let Some(delete) = &delete {
            let known: Vec<Item> = items.iter().filter(|item| item.known).cloned().collect();
            confirm(context, delete, &known, noun)?;
        }
        let sent = std::cell::Cell::new(false);
        let mut failures: Vec<Option<CliError>> = items.iter().map(|_| None).collect();
        let outcomes = context.block_on(async {
            let mut some = false;
            for (request, places) in &requests {
                sent.set(true);
                let Err(e) = session.client.send(request).await else {
                    some = true;
                    continue;
                };
                some |= e.may_have_arrived();
                let e = CliError::from(e);
                for at in places {
                    let mut copy = CliError::new(e.exit, e.to_string()).operation(operation.id);
                    copy.hint.clone_from(&e.hint);
                    failures[*at] = Some(copy);
                }
                // What was refused is refused again. Where something is done already, each thing is looked at.
                if !some && e.exit == Exit::NotAuthorised {
                    return Err(e);
                }
            }
            look(session, &items).await
        });
        let outcomes = outcomes.map_err(|e| may_be_done(e, operation, sent.get()))?;
        let mut wrong = 0;
        let mut rows: Vec<Value> = Vec::new();
        for ((item, outcome), failure) in items.iter().zip(&outcomes).zip(&failures) {
            let (word, detail) = match (outcome, failure) {
                _ if !item.known => ("not found", None),
                (Outcome::Done(word), _) | (Outcome::Asked(word), None) => (word.as_str(), None),
                (Outcome::Asked(word), Some(e)) => ("not done", Some(format!("{e}; {word}"))),
                (Outcome::Not(why), None) => ("not done", Some(why.clone())),
                (Outcome::Not(why), Some(e)) => ("not done", Some(format!("{e}; {why}"))),
            };
            if matches!(word, "not found" | "not done") {
                wrong += 1;
            }
            rows.push(json!({
                "id": item.id, "name": item.name, "kind": item.kind, "outcome": word, "detail": detail,
            }));
        }
        let with = |field: &str| rows.iter().any(|row| !row[field].is_null());
        let columns: Vec<&str> = ["id", "name", "kind", "outcome", "detail"]
            .into_iter()
            .filter(|field| matches!(*field, "id" | "outcome") || with(field))
            .collect();
        single::own(context, output, &columns, rows, noun)?;
        if wrong == 0 {
            return Ok(());
        }
        let first = failures.into_iter().flatten().next();
        let all = wrong == items.len();
        let unknown = items.iter().all(|item| !item.known);
        let exit = match &first {
            _ if unknown => Exit::NotFound,
            Some(e) if all => e.exit,
            _ => Exit::Partial,
        };
        let mut message = format!("{wrong} of {} {noun}s are not as they should be", items.len());
        if let Some(e) = &first {
            message.push_str(&format!(": {e}"));
        }
        let message = if unknown { format!("there is no such {noun}") } else { message };
        let mut error = CliError::new(exit, message).operation(operation.id);
        error.hint = first.and_then(|e| e.hint);
        Err(error)
    }
}
