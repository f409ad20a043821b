//! Writes that nothing reads back: what the service answers is all there is to know.

use super::{ended, may_be_done, output_is_sound};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::rows::Fields as Columns;
use crate::single;
use bytes::Bytes;
use serde_json::{Value, json};
use totalcloud_api::Operation;
use totalcloud_api::operation::Args;

/// Sends a write once and prints what the service says of it; `done` is what is printed where it says nothing. The
/// answer comes back.
///
/// # Errors
/// Those of the write. One whose answer was lost is not sent again.
pub fn once(
    context: &Context,
    output: &OutputArgs,
    operation: &'static Operation,
    args: &Args,
    columns: &Columns,
    done: &str,
) -> Result<Bytes, CliError> {
    output_is_sound(context, output, columns)?;
    let (session, progress) = context.session()?;
    let request = session.request(operation, args)?;
    let sent = std::cell::Cell::new(false);
    let answer = context.block_on(async {
        sent.set(true);
        session.client.send(&request).await.map_err(|e| {
            let lost = e.may_have_arrived();
            let mut e = CliError::from(e);
            if lost {
                e.hint = Some("it may have arrived, and the service does not show whether it did".to_owned());
            }
            e
        })
    });
    progress.end();
    let answer = answer.map_err(|e| may_be_done(e, operation, sent.get()))?;
    let printed = match serde_json::from_slice::<Value>(&answer.body) {
        Ok(Value::Object(map)) if !map.is_empty() => {
            single::print(context, output, columns, &answer.body, operation.id)
        }
        read => {
            // Status 304 of a write: it was so before.
            let outcome = if answer.status == 304 { "unchanged" } else { done };
            let said = read.ok().filter(|v| !v.is_null() && *v != json!({}));
            let row = match said {
                Some(said) => json!({"outcome": outcome, "answer": said}),
                None => json!({"outcome": outcome}),
            };
            let fields: &[&str] =
                if row.get("answer").is_some() { &["outcome", "answer"] } else { &["outcome"] };
            single::own(context, output, fields, [row], operation.id)
        }
    };
    ended(Ok(()), printed)?;
    Ok(answer.body)
}
