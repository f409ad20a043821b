//! What is done to many rules at once: switching them on and off, deleting them.

use super::write::{sought, stored};
use crate::args::OutputArgs;
use crate::commands::connectors::args;
use crate::context::Context;
use crate::error::CliError;
use crate::session;
use crate::write::{Batch, DeleteArgs, Item, Outcome, WriteArgs, batch_output_is_sound, preview};
use serde_json::json;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::alerts::Rule;
use totalcloud_api::model::from_slice;
use totalcloud_api::operation::Request;

/// Which rules.
#[derive(clap::Args)]
pub(super) struct Which {
    /// Ids of the rules
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    output: OutputArgs,
}

/// `rules enable` and `disable`
#[derive(clap::Args)]
pub struct Switch {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    write: WriteArgs,
}

/// `rules delete`
#[derive(clap::Args)]
pub struct Delete {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    delete: DeleteArgs,
}

impl Switch {
    /// Switches rules on or off.
    ///
    /// # Errors
    /// Those of the write, or if not all of them are as they should be.
    pub fn run(self, context: &Context, id: OperationId) -> Result<(), CliError> {
        let on = id == OperationId::RulesEnable;
        let word = if on { "enabled" } else { "disabled" };
        act(context, self.which, id, self.write.dry_run, None, |before, now| match now {
            Some(now) => {
                let state = now.rule_state.as_deref().unwrap_or_default();
                match is_on(state) {
                    Some(is) if is == on => Outcome::Done(word.to_owned()),
                    Some(_) => Outcome::Not(format!("its state is {state}")),
                    None if now.rule_state != before.rule_state => Outcome::Done(format!("{word}, {state}")),
                    None => Outcome::Asked(format!("asked for; its state is {state}")),
                }
            }
            None => Outcome::Not("it is gone".to_owned()),
        })
    }
}

/// Whether a state is one of a rule that is on; which words there are is not documented.
fn is_on(state: &str) -> Option<bool> {
    let state = state.to_ascii_lowercase();
    if state.contains("disable") || state.contains("inactive") {
        Some(false)
    } else if state.contains("enable") || state.contains("active") {
        Some(true)
    } else {
        None
    }
}

impl Delete {
    /// Deletes rules.
    ///
    /// # Errors
    /// Those of the write, or if not all of them are gone.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let dry_run = self.delete.write.dry_run;
        act(context, self.which, OperationId::RulesDelete, dry_run, Some(self.delete), |_, now| match now {
            None => Outcome::Done("deleted".to_owned()),
            Some(_) => Outcome::Not("it is still there".to_owned()),
        })
    }
}

fn act(
    context: &Context,
    which: Which,
    id: OperationId,
    dry_run: bool,
    delete: Option<DeleteArgs>,
    judge: impl Fn(&Rule, Option<&Rule>) -> Outcome,
) -> Result<(), CliError> {
    let operation = id.operation();
    let spellings = session::spellings(&context.settings()?);
    let mut ids: Vec<String> = Vec::new();
    for id in which.ids {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let request = |ids: &[&str], place: Option<&Place>| -> Result<Request, CliError> {
        let mut args = args([("ids", json!(ids))]);
        if let Some((cloud, kind)) = place {
            args.insert("cloudType".to_owned(), json!(cloud));
            args.insert("ruleType".to_owned(), json!(kind));
        }
        Ok(operation.request(&args, &spellings)?)
    };
    // Cloud and type of the rules go along with one of the two forms of the body, and only there.
    let by_place = operation.body_family().is_some_and(|family| spellings.other_bodies.contains(&family));
    if !by_place {
        let whole = request(&ids.iter().map(String::as_str).collect::<Vec<_>>(), None)?;
        if dry_run {
            return preview(context, &[whole]);
        }
    }
    if !dry_run {
        batch_output_is_sound(context, &which.output)?;
    }
    let (session, progress) = context.session()?;
    let mut before: Vec<Option<Rule>> = Vec::new();
    for id in &ids {
        let row = context.block_on(sought(&session, id))?;
        before.push(row.and_then(|row| from_slice(&row).ok()));
    }
    progress.end();
    let mut requests = Vec::new();
    for (place, at) in grouped(&before, by_place) {
        let ids: Vec<&str> = at.iter().map(|at| ids[*at].as_str()).collect();
        requests.push((request(&ids, place.as_ref())?, at));
    }
    let items = ids.into_iter().zip(&before).map(|(id, rule)| Item {
        name: rule.as_ref().and_then(|r| r.name.clone()),
        kind: rule.as_ref().and_then(|r| r.cloud_type.clone()),
        known: rule.is_some(),
        ..Item::new(id)
    });
    let items = items.collect();
    let batch = Batch { context, output: &which.output, noun: "rule", items, requests, dry_run, delete };
    batch.run(&session, async |session, items| {
        let mut outcomes = Vec::new();
        for (item, before) in items.iter().zip(&before) {
            let Some(before) = before else {
                outcomes.push(Outcome::Not("there is no such rule".to_owned()));
                continue;
            };
            let now: Option<Rule> = stored(session, &item.id).await?.and_then(|row| from_slice(&row).ok());
            outcomes.push(judge(before, now.as_ref()));
        }
        Ok(outcomes)
    })
}

/// Cloud and type of a rule.
type Place = (Option<String>, Option<String>);

/// The places of the rules that are known, by cloud and type where that is wanted.
fn grouped(rules: &[Option<Rule>], by_place: bool) -> Vec<(Option<Place>, Vec<usize>)> {
    let mut groups: Vec<(Option<Place>, Vec<usize>)> = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        let Some(rule) = rule else { continue };
        let place = by_place.then(|| (rule.cloud_type.clone(), rule.rule_type.clone()));
        match groups.iter_mut().find(|(known, _)| *known == place) {
            Some((_, places)) => places.push(at),
            None => groups.push((place, vec![at])),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_states_are_read_leniently() {
        for (state, on) in [
            ("ENABLED", Some(true)),
            ("Disabled", Some(false)),
            ("ACTIVE", Some(true)),
            ("INACTIVE", Some(false)),
            ("PAUSED", None),
        ] {
            assert_eq!(is_on(state), on, "{state}");
        }
    }
}
