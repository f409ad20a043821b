//! Writes on many things at once: what each of them was, what became of it, and a question before what cannot be
//! taken back.

use super::{DeleteArgs, ended, may_be_done, own_output_is_sound, preview_and_note};
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
    /// Whether what was asked for it certainly did not arrive, or was refused; known when it is looked at afterwards.
    pub refused: bool,
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
    /// It could not be looked at, and why.
    Unseen(String),
}

/// The columns of what becomes of the things.
const COLUMNS: [&str; 5] = ["id", "name", "kind", "outcome", "detail"];

/// Looks whether the outcomes of a batch could be printed.
///
/// # Errors
/// If the format, the columns or the destination cannot be had.
pub fn batch_output_is_sound(context: &Context, output: &OutputArgs) -> Result<(), CliError> {
    own_output_is_sound(context, output, &COLUMNS)
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
        let Batch { context, output, noun, mut items, requests, dry_run, delete } = self;
        if dry_run {
            let requests: Vec<Request> = requests.into_iter().map(|(request, _)| request).collect();
            return preview_and_note(context, &requests, "nothing was written");
        }
        let Some(operation) = requests.first().map(|(request, _)| request.operation) else {
            return Err(CliError::new(Exit::NotFound, format!("there is no such {noun}"))
                .hint("check the id; the matching list command shows the ids there are"));
        };
        batch_output_is_sound(context, output)?;
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
                let refused = !e.may_have_arrived();
                some |= !refused;
                let e = CliError::from(e);
                for at in places {
                    let mut copy = CliError::new(e.exit, e.to_string()).operation(operation.id);
                    copy.hint.clone_from(&e.hint);
                    failures[*at] = Some(copy);
                    items[*at].refused = refused;
                }
                // What was refused is refused again. Where something is done already, each thing is looked at.
                if !some && e.exit == Exit::NotAuthorised {
                    return Err(e);
                }
            }
            match look(session, &items).await {
                Err(e) if e.exit == Exit::Interrupted => Err(e),
                // What was sent is told all the same.
                Err(e) => Ok(items.iter().map(|_| Outcome::Unseen(e.to_string())).collect()),
                seen => seen,
            }
        });
        let outcomes = outcomes.map_err(|e| may_be_done(e, operation, sent.get()))?;
        let told: Vec<Told> = items
            .iter()
            .zip(&outcomes)
            .zip(&failures)
            .map(|((item, outcome), failure)| Told::of(item, outcome, failure.as_ref()))
            .collect();
        let verdict = verdict(noun, &items, &told, failures).map_err(|e| e.operation(operation.id));
        let rows: Vec<Value> = items.iter().zip(&told).map(|(item, told)| told.row(item)).collect();
        let with = |field: &str| rows.iter().any(|row| !row[field].is_null());
        let columns: Vec<&str> =
            COLUMNS.into_iter().filter(|field| matches!(*field, "id" | "outcome") || with(field)).collect();
        ended(verdict, single::own(context, output, &columns, rows, noun))
    }
}

/// What is told of one thing.
struct Told {
    state: State,
    word: String,
    detail: Option<String>,
}

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// As it should be.
    Done,
    /// Nobody knows.
    Unsure,
    /// Not as it should be.
    Wrong,
}

impl Told {
    fn of(item: &Item, outcome: &Outcome, failure: Option<&CliError>) -> Told {
        let told = |state, word: &str, detail| Told { state, word: word.to_owned(), detail };
        let unseen = |why: &str| format!("it could not be looked at: {why}");
        match (outcome, failure) {
            _ if !item.known => told(State::Wrong, "not found", None),
            (Outcome::Done(word), _) | (Outcome::Asked(word), None) => told(State::Done, word, None),
            (Outcome::Not(why), None) => told(State::Wrong, "not done", Some(why.clone())),
            (Outcome::Asked(why) | Outcome::Not(why), Some(e)) => {
                told(State::Wrong, "not done", Some(format!("{e}; {why}")))
            }
            (Outcome::Unseen(why), None) => told(State::Unsure, "sent", Some(unseen(why))),
            (Outcome::Unseen(why), Some(e)) => {
                let detail = Some(format!("{e}; {}", unseen(why)));
                if item.refused {
                    told(State::Wrong, "not done", detail)
                } else {
                    told(State::Unsure, "not known", detail)
                }
            }
        }
    }

    fn row(&self, item: &Item) -> Value {
        json!({
            "id": item.id, "name": item.name, "kind": item.kind, "outcome": self.word, "detail": self.detail,
        })
    }
}

/// How the batch ends.
fn verdict(
    noun: &str,
    items: &[Item],
    told: &[Told],
    failures: Vec<Option<CliError>>,
) -> Result<(), CliError> {
    let count = |state: State| told.iter().filter(|told| told.state == state).count();
    let (unsure, wrong) = (count(State::Unsure), count(State::Wrong));
    if unsure + wrong == 0 {
        return Ok(());
    }
    if items.iter().all(|item| !item.known) {
        return Err(CliError::new(Exit::NotFound, format!("there is no such {noun}")));
    }
    let all_failed = items.iter().zip(&failures).all(|(item, failure)| !item.known || failure.is_some());
    let first = failures.into_iter().flatten().next();
    let exit = match &first {
        Some(e) if all_failed && unsure + wrong == told.len() => e.exit,
        Some(e) if wrong == told.len() => e.exit,
        None if wrong == told.len() => Exit::Failed,
        _ => Exit::Partial,
    };
    let all = told.len();
    let mut message = if wrong == 0 {
        format!("what became of {unsure} of {all} {noun}s is not known")
    } else if unsure == 0 {
        format!("{wrong} of {all} {noun}s are not as they should be")
    } else {
        format!(
            "{wrong} of {all} {noun}s are not as they should be, and what became of {unsure} is not known"
        )
    };
    if let Some(e) = &first {
        message.push_str(&format!(": {e}"));
    }
    let mut error = CliError::new(exit, message);
    error.hint = match first.and_then(|e| e.hint) {
        None if unsure > 0 => Some("look at them before you send it again".to_owned()),
        hint => hint,
    };
    Err(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(outcomes: &[(Outcome, Option<Exit>)]) -> Option<Exit> {
        let items: Vec<Item> = outcomes.iter().map(|_| Item { refused: true, ..Item::new("a") }).collect();
        let failures: Vec<Option<CliError>> =
            outcomes.iter().map(|(_, exit)| exit.map(|exit| CliError::new(exit, "refused"))).collect();
        let told: Vec<Told> = items
            .iter()
            .zip(outcomes)
            .zip(&failures)
            .map(|((item, (outcome, _)), failure)| Told::of(item, outcome, failure.as_ref()))
            .collect();
        verdict("thing", &items, &told, failures).err().map(|e| e.exit)
    }

    #[test]
    fn a_batch_is_partial_only_where_it_is_a_mixture() {
        let done = || (Outcome::Done("deleted".to_owned()), None);
        let not = |exit| (Outcome::Not("it is still there".to_owned()), exit);
        let unseen = |exit| (Outcome::Unseen("refused".to_owned()), exit);
        assert_eq!(ends(&[done(), done()]), None);
        assert_eq!(ends(&[not(None)]), Some(Exit::Failed));
        assert_eq!(ends(&[not(None), not(None)]), Some(Exit::Failed));
        assert_eq!(ends(&[not(Some(Exit::NotAuthorised)), not(None)]), Some(Exit::NotAuthorised));
        assert_eq!(ends(&[done(), not(Some(Exit::NotAuthorised))]), Some(Exit::Partial));
        assert_eq!(ends(&[unseen(None)]), Some(Exit::Partial));
        assert_eq!(ends(&[unseen(None), not(Some(Exit::Failed))]), Some(Exit::Partial));
        assert_eq!(ends(&[unseen(Some(Exit::RateLimited))]), Some(Exit::RateLimited));
    }
}
