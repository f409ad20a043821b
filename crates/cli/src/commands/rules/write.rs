//! Making and changing rules.

use crate::args::OutputArgs;
use crate::commands::alerts;
use crate::commands::connectors::args;
use crate::context::Context;
use crate::error::CliError;
use crate::rows::Fields as Columns;
use crate::session::Session;
use crate::write::{Fields, Write, id_in};
use bytes::Bytes;
use serde_json::{Map, Value, json};
use totalcloud::Exit;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::alerts::{CreateRule, Rule, UpdateRule};
use totalcloud_api::model::Model;
use totalcloud_api::operation::Args;

/// `rules create`
#[derive(clap::Args)]
pub struct Create {
    #[command(flatten)]
    fields: Fields<CreateRule>,
    #[command(flatten)]
    output: OutputArgs,
}

/// `rules update`
#[derive(clap::Args)]
pub struct Update {
    /// Id of the rule
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    fields: Fields<UpdateRule>,
    #[command(flatten)]
    output: OutputArgs,
}

/// A rule as the service shows it; nothing if there is none of this id.
pub(super) async fn stored(session: &Session, id: &str) -> Result<Option<Bytes>, CliError> {
    session.seen(OperationId::RulesGet.operation(), args([("ruleId", json!(id))])).await
}

/// As [`stored`], for an id that was typed and may be none.
pub(super) async fn sought(session: &Session, id: &str) -> Result<Option<Bytes>, CliError> {
    session.sought(OperationId::RulesGet.operation(), args([("ruleId", json!(id))])).await
}

impl Create {
    /// Makes the rule and shows what the service stored.
    ///
    /// # Errors
    /// Those of the write.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let Some(given) = self.fields.prepare(context, [])? else { return Ok(()) };
        let of = |name: &str| given.get(name).cloned().unwrap_or_default();
        let place = args([("cloudType", of("cloudType")), ("ruleType", of("ruleType"))]);
        let name = of("name").as_str().unwrap_or_default().to_owned();
        let write = Write {
            context,
            output: &self.output,
            operation: OperationId::RulesCreate.operation(),
            args: given,
            columns: Columns::Of(Rule::SHAPE),
            noun: "rule",
        };
        write.run_after(
            // By which the rule that this write made is told from others of the name, should its answer get lost.
            async |session| ids_of(session, &place, &name).await,
            async |session, before, answer| {
                let id = match answer.and_then(|a| id_in(&a, &["id", "ruleId"])) {
                    Some(id) => Some(id),
                    None => {
                        let now = ids_of(session, &place, &name).await?;
                        now.into_iter().find(|id| !before.contains(id))
                    }
                };
                match id {
                    Some(id) => stored(session, &id).await,
                    None => Ok(None),
                }
            },
        )
    }
}

/// The ids of the rules of this name, of one cloud and type.
async fn ids_of(session: &Session, place: &Args, name: &str) -> Result<Vec<String>, CliError> {
    alerts::ids_of(session, OperationId::RulesList.operation(), place.clone(), name).await
}

impl Update {
    /// Changes the rule and shows what the service stored.
    ///
    /// # Errors
    /// Those of the write, or if there is no such rule.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let operation = OperationId::RulesUpdate.operation();
        if self.fields.is_idle() {
            return Err(CliError::usage("nothing is given that would change").operation(operation.id));
        }
        let id = self.id;
        let mut opened = None;
        let prepared = self.fields.prepare_for(operation, context, |given| {
            if given.is_empty() {
                return Err(CliError::usage("nothing is given that would change").operation(operation.id));
            }
            // The service takes the whole rule, so what is not given goes along as it is.
            let session = context.session()?;
            let rule = context.block_on(sought(&session.0, &id))?;
            opened = Some(session);
            let Some(rule) = rule.and_then(|rule| serde_json::from_slice(&rule).ok()) else {
                return Err(CliError::new(Exit::NotFound, format!("there is no rule {id}"))
                    .operation(operation.id)
                    .hint("'totalcloud rules list' shows the ids there are"));
            };
            alerts::warn_of_loss(context, "rule", &lost(&rule, given));
            for (name, value) in as_asked_for(&rule) {
                given.entry(name).or_insert(value);
            }
            given.insert("ruleId".to_owned(), id.as_str().into());
            Ok(())
        })?;
        let (Some(args), Some(opened)) = (prepared, opened) else { return Ok(()) };
        let write = Write {
            context,
            output: &self.output,
            operation,
            args,
            columns: Columns::Of(Rule::SHAPE),
            noun: "rule",
        };
        write.run_in(opened, async |_| Ok(()), async |session, (), _| stored(session, &id).await)
    }
}

/// What a rule is shown with, and a change of it cannot say.
fn lost(rule: &Map<String, Value>, given: &Args) -> Vec<String> {
    let days = rule.get("days").filter(|days| alerts::said(days)).map(|days| format!("days {days}"));
    let actions = rule.get("actions").and_then(Value::as_array).into_iter().flatten();
    let kept =
        actions.filter(|action| !given.contains_key("actionRequests") && alerts::said(&action["alert"]));
    let id = |action: &Value| action["id"].as_str().unwrap_or("without an id").to_owned();
    days.into_iter().chain(kept.map(|action| format!("alert of the action {}", id(action)))).collect()
}

/// A rule as it is shown, as a rule that is asked for.
fn as_asked_for(rule: &Map<String, Value>) -> Args {
    const SAME: [&str; 9] = [
        "ruleType",
        "name",
        "description",
        "qql",
        "aggregate",
        "aggregationKey",
        "durationHour",
        "fromHourInUTC",
        "fromMinuteInUTC",
    ];
    let said = |value: &&Value| alerts::said(value);
    let mut args = Args::new();
    for name in SAME {
        if let Some(value) = rule.get(name).filter(said) {
            args.insert(name.to_owned(), value.clone());
        }
    }
    let actions = rule.get("actions").and_then(Value::as_array);
    let actions: Vec<Value> = actions
        .into_iter()
        .flatten()
        .map(|action| {
            let subject = match action["actionType"].as_str() {
                Some("pagerduty") => "pagerSubjectLine",
                Some("slack") => "",
                _ => "emailSubject",
            };
            let pairs = [
                ("actionId", "id"),
                ("actionType", "actionType"),
                ("emailRecipients", "emailRecipients"),
                (subject, "subject"),
                ("slackChannel", "slackChannel"),
            ];
            let fields =
                pairs.into_iter().filter(|(asked, _)| !asked.is_empty()).filter_map(|(asked, shown)| {
                    Some((asked.to_owned(), action.get(shown).filter(said)?.clone()))
                });
            Value::Object(fields.collect())
        })
        .collect();
    if !actions.is_empty() {
        args.insert("actionRequests".to_owned(), actions.into());
    }
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_is_shown_is_asked_for_again_as_it_is() {
        let rule = json!({
            "id": "r", "name": "n", "description": "", "cloudType": "AWS", "ruleType": "simple_alert",
            "ruleState": "ENABLED", "qql": "control.result:FAIL", "aggregate": false, "durationHour": null,
            "actions": [
                {"id": "1", "actionType": "qemail", "subject": "s", "emailRecipients": ["a@b.c"], "slackChannel": ""},
                {"id": "2", "actionType": "slack", "subject": "", "emailRecipients": [], "slackChannel": "#x"},
                {"id": "3", "actionType": "pagerduty", "subject": "p", "alert": "text"},
            ],
        });
        let expected = json!({
            "name": "n", "ruleType": "simple_alert", "qql": "control.result:FAIL", "aggregate": false,
            "actionRequests": [
                {"actionId": "1", "actionType": "qemail", "emailSubject": "s", "emailRecipients": ["a@b.c"]},
                {"actionId": "2", "actionType": "slack", "slackChannel": "#x"},
                {"actionId": "3", "actionType": "pagerduty", "pagerSubjectLine": "p"},
            ],
        });
        let Value::Object(mut rule) = rule else { panic!("an object") };
        assert_eq!(lost(&rule, &Args::new()), ["alert of the action 3"]);
        rule.insert("days".into(), json!([1, 2]));
        let Value::Object(given) = json!({"actionRequests": []}) else { panic!("an object") };
        assert_eq!(lost(&rule, &given), ["days [1,2]"]);
        let mut args = as_asked_for(&rule);
        assert_eq!(Value::Object(args.clone()), expected);
        args.insert("ruleId".into(), "r".into());
        let operation = OperationId::RulesUpdate.operation();
        assert!(operation.request(&args, &Default::default()).is_ok(), "and fits");
    }
}
