//! Writes, done with care: what is sent is checked and can be looked at first, what came of it is read back, and a
//! write that may have arrived is never sent again.

mod batch;
mod ended;
mod fields;
mod input;
mod listed;
mod once;
pub mod secrecy;

pub use batch::{Batch, Item, Outcome, batch_output_is_sound, confirm};
pub use ended::{ended, output_is_sound, own_output_is_sound};
pub use fields::{Fields, forget, object};
pub use input::{arguments, parse};
pub use listed::Deletion;
pub use once::once;

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::hidden;
use crate::progress::Progress;
use crate::rows::Fields as Columns;
use crate::session::{self, Session};
use crate::single;
use bytes::Bytes;
use serde_json::Value;
use std::sync::Arc;
use totalcloud::{Exit, Hosts};
use totalcloud_api::Operation;
use totalcloud_api::operation::{Args, Auth, Effect, Host, ParamKind, Place, Preview, Request};

/// Flags that every write has.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Safety")]
pub struct WriteArgs {
    /// Print the request with its secrets hidden, and write nothing; what it is about may be looked up
    #[arg(long)]
    pub dry_run: bool,
}

/// Flags of a write that cannot be taken back.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Safety")]
pub struct DeleteArgs {
    /// Delete without asking
    #[arg(short, long)]
    pub yes: bool,
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Prints what would be sent. No secret is needed for it, and none is shown.
///
/// # Errors
/// If an argument does not fit, or the output cannot be written.
pub fn preview(context: &Context, requests: &[Request]) -> Result<(), CliError> {
    preview_and_note(context, requests, "nothing was sent")
}

/// As [`preview`], with what is said at its end: where things were looked up before, calls were made.
fn preview_and_note(context: &Context, requests: &[Request], note: &str) -> Result<(), CliError> {
    let settings = context.settings()?;
    let hosts = session::hosts(&settings)?;
    let basic = matches!(settings.auth_kind()?, None | Some(totalcloud::AuthKind::Basic));
    for (at, request) in requests.iter().enumerate() {
        if at > 0 {
            context.printer.line("")?;
        }
        context.printer.line(&shown(request.operation, &request.preview(), &hosts, basic))?;
    }
    context.printer.note(note);
    Ok(())
}

fn shown(op: &Operation, preview: &Preview, hosts: &Hosts, basic: bool) -> String {
    let url = match (op.auth, op.host) {
        (_, Host::ApiServer) => hosts.api(),
        (Auth::Session, Host::Either) if basic => hosts.base(),
        _ => hosts.gateway(),
    };
    let mut text = format!("{} {}{}", preview.method, url.as_str().trim_end_matches('/'), preview.target);
    if op.auth != Auth::None {
        text.push_str("\nauthorization: …");
    }
    for (name, value) in &preview.headers {
        text.push_str(&format!("\n{name}: {value}"));
    }
    if let Some(content_type) = preview.content_type {
        text.push_str(&format!("\ncontent-type: {content_type}"));
    }
    if let Some(body) = &preview.body {
        text.push_str(&format!("\n\n{}", serde_json::to_string_pretty(body).unwrap_or_default()));
    }
    text
}

/// What a write is, for [`Write::run`].
pub struct Write<'c> {
    /// The context.
    pub context: &'c Context,
    /// Where and how what the service stored is printed.
    pub output: &'c OutputArgs,
    /// The operation.
    pub operation: &'static Operation,
    /// Its arguments.
    pub args: Args,
    /// The columns of what the service stored.
    pub columns: Columns,
    /// What it is called, such as `connector`.
    pub noun: &'static str,
}

impl Write<'_> {
    /// Sends the request, reads back what the service stored, and prints it.
    ///
    /// `read` gets the answer to the write, or nothing where none came. It brings back what is stored now, if there
    /// is something.
    ///
    /// # Errors
    /// Those of the write. Where the answer was lost, the error says what was found afterwards; the write is not sent
    /// again.
    pub fn run(
        self,
        read: impl AsyncFnOnce(&Session, Option<Bytes>) -> Result<Option<Bytes>, CliError>,
    ) -> Result<(), CliError> {
        self.run_after(async |_| Ok(()), async |session, (), answer| read(session, answer).await)
    }

    /// As [`run`](Write::run), with a look before, so that what was made by this write is told from what was there
    /// already. Where the look fails, nothing is sent.
    ///
    /// # Errors
    /// As [`run`](Write::run).
    pub fn run_after<T>(
        self,
        before: impl AsyncFnOnce(&Session) -> Result<T, CliError>,
        read: impl AsyncFnOnce(&Session, T, Option<Bytes>) -> Result<Option<Bytes>, CliError>,
    ) -> Result<(), CliError> {
        output_is_sound(self.context, self.output, &self.columns)?;
        let opened = self.context.session()?;
        self.go(opened, before, read)
    }

    /// As [`run_after`](Write::run_after), in a session that is open already.
    ///
    /// # Errors
    /// As [`run`](Write::run).
    pub fn run_in<T>(
        self,
        opened: (Session, Arc<Progress>),
        before: impl AsyncFnOnce(&Session) -> Result<T, CliError>,
        read: impl AsyncFnOnce(&Session, T, Option<Bytes>) -> Result<Option<Bytes>, CliError>,
    ) -> Result<(), CliError> {
        output_is_sound(self.context, self.output, &self.columns)?;
        self.go(opened, before, read)
    }

    fn go<T>(
        self,
        (session, progress): (Session, Arc<Progress>),
        before: impl AsyncFnOnce(&Session) -> Result<T, CliError>,
        read: impl AsyncFnOnce(&Session, T, Option<Bytes>) -> Result<Option<Bytes>, CliError>,
    ) -> Result<(), CliError> {
        let Write { context, output, operation, args, columns, noun } = self;
        let request = session.request(operation, &args)?;
        let sent = std::cell::Cell::new(false);
        let done = context.block_on(async {
            let known = before(&session).await?;
            sent.set(true);
            match session.client.send(&request).await {
                Ok(answer) => {
                    let stored = read(&session, known, Some(answer.body.clone())).await;
                    Ok((answer.body, stored))
                }
                Err(e) if e.may_have_arrived() => {
                    let found = read(&session, known, None).await;
                    Err(after_loss(e.into(), noun, found, &args, operation))
                }
                Err(e) => Err(e.into()),
            }
        });
        progress.end();
        let (answer, stored) = done.map_err(|e| may_be_done(e, operation, sent.get()))?;
        match stored {
            Ok(Some(stored)) => {
                let other = compared(&args, operation, &stored).other;
                let verdict = if other.is_empty() { Ok(()) } else { Err(not_as_sent(&other, operation)) };
                ended(verdict, single::print(context, output, &columns, &stored, noun))
            }
            Ok(None) => {
                context.printer.warn(&format!(
                    "the service took it, but does not show the {noun} yet; its answer follows"
                ));
                ended(Ok(()), answered(context, output, &answer, noun))
            }
            Err(e) => {
                context.printer.warn(&format!(
                    "the service took it, but the {noun} could not be read back: {e}; its answer follows"
                ));
                ended(Ok(()), answered(context, output, &answer, noun))
            }
        }
    }
}

/// The error of a write that the service took, and stored otherwise than it was sent.
fn not_as_sent(other: &[String], operation: &Operation) -> CliError {
    let fields = other.join(", ");
    CliError::failed(format!("the service took it, but shows another value for {fields} than was sent"))
        .operation(operation.id)
        .hint("what it shows was printed; sending the same again will hardly change that")
}

/// Prints the answer to a write, where there is nothing better to show.
///
/// # Errors
/// If the output cannot be written.
pub fn answered(context: &Context, output: &OutputArgs, answer: &Bytes, noun: &str) -> Result<(), CliError> {
    if answer.trim_ascii().is_empty() {
        return Ok(());
    }
    match serde_json::from_slice::<Value>(answer) {
        Ok(Value::Object(_)) => single::print(context, output, &Columns::Any, answer, noun),
        _ => context.printer.line(&single::bare(&hidden::hide(answer))),
    }
}

/// The error of a write whose answer was lost, with what was found afterwards.
fn after_loss(
    mut e: CliError,
    noun: &str,
    found: Result<Option<Bytes>, CliError>,
    args: &Args,
    operation: &Operation,
) -> CliError {
    let state = match found {
        Ok(Some(found)) => {
            let shown: String = String::from_utf8_lossy(&hidden::hide(&found)).chars().take(400).collect();
            let fields = compared(args, operation, &found);
            match (operation.effect, &fields.other[..]) {
                // What is changed was there before, so that it is there says nothing.
                (Effect::Update, []) if fields.same == 0 => {
                    format!("looked afterwards: compare it before you send it again: {shown}")
                }
                (Effect::Update, []) => {
                    format!(
                        "looked afterwards: the {noun} is as it should be, so do not send it again: {shown}"
                    )
                }
                (Effect::Update, other) => format!(
                    "looked afterwards: the {noun} has another value for {}, so the change has not arrived, or not \
                     yet: {shown}",
                    other.join(", ")
                ),
                _ => {
                    format!(
                        "looked afterwards: the service has this {noun} now, so do not send it again: {shown}"
                    )
                }
            }
        }
        Ok(None) => format!("looked afterwards: the service shows no such {noun}"),
        Err(e) => format!("looked afterwards, but that failed as well: {e}"),
    };
    e.hint = Some(state);
    e
}

/// An interrupted write may be done.
fn may_be_done(mut e: CliError, operation: &'static Operation, sent: bool) -> CliError {
    if sent && e.exit == Exit::Interrupted && e.hint.is_none() {
        e.operation = Some(operation.id);
        e.hint = Some("it may have arrived: look before sending it again".to_owned());
    }
    e
}

/// An argument, which may be written in one or nested.
fn given<'a>(args: &'a Args, name: &str) -> Option<&'a Value> {
    args.get(name).or_else(|| {
        let (first, rest) = name.split_once('.')?;
        given(args.get(first)?.as_object()?, rest)
    })
}

/// What was sent against what is stored.
#[derive(Debug, Default, PartialEq, Eq)]
struct Compared {
    /// How many fields have the value that was sent.
    same: usize,
    /// The fields that have another.
    other: Vec<String>,
}

/// Compares the fields that were sent with those that are stored. What the service does not show is left out.
fn compared(args: &Args, operation: &Operation, stored: &Bytes) -> Compared {
    let mut found = Compared::default();
    let Ok(stored) = serde_json::from_slice::<Value>(stored) else { return found };
    let text = |value: &Value| match value {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    for param in operation.params {
        let kind = param.kind;
        // One instant has many forms.
        let comparable =
            !kind.is_secret() && !kind.is_list() && param.place != Place::Path && kind != ParamKind::InstantZ;
        let Some(sent @ (Value::String(_) | Value::Number(_) | Value::Bool(_))) =
            given(args, param.name).filter(|_| comparable)
        else {
            continue;
        };
        match param.name.split('.').try_fold(&stored, |at, step| at.get(step)) {
            None | Some(Value::Object(_)) => {}
            Some(shown) if text(shown).eq_ignore_ascii_case(&text(sent)) => found.same += 1,
            Some(_) => found.other.push(param.name.to_owned()),
        }
    }
    found
}

/// The id in the answer to a write, under one of these names.
pub fn id_in(answer: &Bytes, names: &[&str]) -> Option<String> {
    let value: Value = serde_json::from_slice(answer).ok()?;
    let at = |value: &Value| {
        names.iter().find_map(|name| match value.get(name)? {
            Value::String(id) if !id.is_empty() => Some(id.clone()),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        })
    };
    // Some answers wrap the object in `body`, as an object or as text.
    at(&value).or_else(|| match value.get("body")? {
        Value::String(text) => serde_json::from_str(text)
            .ok()
            .as_ref()
            .and_then(at)
            .or_else(|| totalcloud_api::operation::is_uuid(text).then(|| text.clone())),
        inner => at(inner),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use totalcloud_api::endpoints::OperationId;

    #[test]
    fn only_values_that_are_shown_and_differ_are_told() {
        let Value::Object(args) = json!({
            "name": "a", "description": "new", "pollingFrequency.hours": 4, "remediationEnabled": true,
            "externalId": "123456789",
        }) else {
            panic!("an object")
        };
        let stored = json!({"name": "a", "description": "old", "pollingFrequency": {"hours": "4"}, "remediationEnabled": "true"});
        let op = OperationId::ConnectorsUpdateAws.operation();
        let stored = Bytes::from(stored.to_string());
        let found = compared(&args, op, &stored);
        assert_eq!(found, Compared { same: 3, other: vec!["description".to_owned()] });
        let Value::Object(nested) = json!({"pollingFrequency": {"hours": 5}}) else { panic!("an object") };
        let found = compared(&nested, op, &stored);
        assert_eq!(found, Compared { same: 0, other: vec!["pollingFrequency.hours".to_owned()] });
    }

    #[test]
    fn an_id_is_found_in_each_form_of_answer() {
        let id = |text: &'static str| id_in(&Bytes::from_static(text.as_bytes()), &["id", "ruleId"]);
        assert_eq!(id(r#"{"id":"a"}"#).as_deref(), Some("a"));
        assert_eq!(id(r#"{"body":{"ruleId":7}}"#).as_deref(), Some("7"));
        assert_eq!(id(r#"{"body":"{\"id\":\"b\"}"}"#).as_deref(), Some("b"));
        assert_eq!(id(r#"{"body":null}"#), None);
        assert_eq!(id(""), None);
    }
}
