//! Rules, actions and activities that are there from the start.

use super::table::{Row, Table, row, text};
use super::uuid;
use crate::reply::iso;
use crate::world::{Size, World};
use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use totalcloud_api::Provider;

/// Who made what is there from the start.
pub(crate) const AUTHOR: &str = "acme_ab1";

/// What tells somebody of a finding, when it does so, and what it told.
#[derive(Debug)]
pub(crate) struct Alerts {
    pub(crate) actions: Table,
    pub(crate) rules: Table,
    pub(crate) activities: Table,
}

/// When and by whom a row was made and changed.
pub(crate) fn authored(row: &mut Row, at: Timestamp, by: &str, by_id: &str) {
    for (when, who, id) in [("created", "createdBy", "createdById"), ("updated", "updatedBy", "updatedById")]
    {
        row.insert(when.into(), iso(at).into());
        row.insert(who.into(), by.into());
        row.insert(id.into(), by_id.into());
    }
}

/// What a rule shows of one of its actions.
pub(crate) fn rule_action(action: &Row, recipients: &[String], subject: &str, channel: &str) -> Value {
    json!({
        "id": action["id"],
        "name": action["name"],
        "actionType": action["actionType"],
        "alert": action["alert"],
        "subject": subject,
        "emailRecipients": recipients,
        "slackChannel": channel,
        "bodyParameters": [],
        "subjectParameters": [],
    })
}

/// An action with all its fields, empty but for these.
pub(crate) fn action(id: String, fields: Value) -> Row {
    let mut made = row(json!({
        "alert": "A finding meets the rule",
        "subject": "",
        "emailRecipients": [],
        "emailFromAddress": null,
        "emailReplyTo": null,
        "smtpHost": null,
        "smtpPort": null,
        "smtpUserName": null,
        "smtpPassword": null,
        "slackChannel": null,
        "slackWebhookUri": null,
        "pagerdutyClient": null,
        "pagerdutyEventType": null,
        "pagerdutyServiceKey": null,
    }));
    made.insert("id".into(), id.into());
    made.extend(row(fields));
    made
}

fn secret(ids: &mut StdRng) -> String {
    format!("{:032x}", ids.random::<u128>())
}

fn actions(ids: &mut StdRng) -> Vec<Row> {
    let key = secret(ids);
    let hook = format!("https://hooks.slack.example/services/T0000/B0000/{}", &secret(ids)[..24]);
    vec![
        action(
            uuid(ids),
            json!({
                "name": "Mail to the cloud team", "description": "Whoever is on duty", "actionType": "qemail",
                "subject": "Cloud finding", "emailRecipients": ["cloud-team@acme.example"],
                "emailFromAddress": "noreply@acme.example", "emailReplyTo": "cloud-team@acme.example",
                "smtpHost": "smtp.acme.example", "smtpPort": 587, "smtpUserName": "alerts",
                "smtpPassword": secret(ids),
            }),
        ),
        action(
            uuid(ids),
            json!({
                "name": "Security channel", "description": "All findings", "actionType": "slack",
                "slackChannel": "#cloud-security", "slackWebhookUri": hook,
            }),
        ),
        action(
            uuid(ids),
            json!({
                "name": "On call", "description": "Wakes somebody", "actionType": "pagerduty",
                "subject": "Cloud finding", "pagerdutyClient": "TotalCloud", "pagerdutyEventType": "trigger",
                "pagerdutyServiceKey": key,
            }),
        ),
    ]
}

/// Name, type of rule, QQL, the actions used, whether it is on.
type RuleSketch = (&'static str, &'static str, &'static str, &'static [usize], bool);

const RULES: [RuleSketch; 4] = [
    ("High findings", "simple_alert", "control.criticality:HIGH AND control.result:FAIL", &[0, 1], true),
    ("Night watch", "time_window_schedule_alert", "control.criticality:HIGH", &[2], true),
    ("Medium findings", "simple_alert", "control.criticality:MEDIUM AND control.result:FAIL", &[1], true),
    ("Everything", "simple_alert", "control.result:FAIL", &[0], false),
];

fn rules(ids: &mut StdRng, world: &World, actions: &[Row]) -> Vec<Row> {
    let mut rules = Vec::new();
    for provider in [Provider::Aws, Provider::Azure, Provider::Gcp] {
        if world.registrations(provider) == 0 {
            continue;
        }
        for (name, kind, qql, used, on) in RULES {
            let used: Vec<Value> = used
                .iter()
                .map(|at| {
                    let action = &actions[*at];
                    let recipients: Vec<String> = super::table::texts(action, "emailRecipients")
                        .into_iter()
                        .map(str::to_owned)
                        .collect();
                    rule_action(action, &recipients, text(action, "subject"), text(action, "slackChannel"))
                })
                .collect();
            let windowed = kind == "time_window_schedule_alert";
            rules.push(row(json!({
                "id": uuid(ids),
                "name": format!("{name} of {}", provider.upper()),
                "description": format!("Tells of {}", name.to_lowercase()),
                "cloudType": provider.upper(),
                "ruleType": kind,
                "ruleState": if on { "ENABLED" } else { "DISABLED" },
                "qql": qql,
                "actions": used,
                "aggregate": windowed,
                "aggregationKey": windowed.then_some("control.id"),
                "days": if windowed { vec![1, 2, 3, 4, 5] } else { Vec::new() },
                "durationHour": windowed.then_some(8),
                "fromHourInUTC": windowed.then_some(20),
                "fromMinuteInUTC": windowed.then_some(0),
                "lastRun": iso(world.now()),
                "triggerDescription": if windowed { "in a window of time" } else { "at every match" },
            })));
        }
    }
    rules
}

fn activities(ids: &mut StdRng, world: &World, rules: &[Row]) -> Vec<Row> {
    let each = match world.size() {
        Size::Tiny => 2,
        Size::Small => 25,
        _ => 60,
    };
    let mut activities = Vec::new();
    for rule in rules.iter().filter(|r| text(r, "ruleState") == "ENABLED") {
        for action in rule["actions"].as_array().into_iter().flatten() {
            for turn in 0..each {
                let ago = turn * 3 * 3600 + ids.random_range(60..3600);
                let at = world.now().checked_sub(SignedDuration::from_secs(ago)).unwrap_or(world.now());
                let failed = ids.random_range(0..10) == 0;
                activities.push(row(json!({
                    "id": uuid(ids),
                    "ruleId": rule["id"],
                    "ruleName": rule["name"],
                    "ruleDescription": rule["description"],
                    "isRuleDeleted": false,
                    "actionId": action["id"],
                    "actionName": action["name"],
                    "actionType": action["actionType"],
                    "aggregate": rule["aggregate"],
                    "alert": action["alert"],
                    "cloudType": rule["cloudType"],
                    "createdBy": AUTHOR,
                    "createdById": world.author_id(),
                    "emailRecipients": action["emailRecipients"],
                    "slackChannel": action["slackChannel"],
                    "subject": action["subject"],
                    "status": if failed { "FAILED" } else { "SUCCESS" },
                    "statusDate": at.as_millisecond(),
                    "statusMessage": if failed { "The receiver did not answer" } else { "Sent" },
                })));
            }
        }
    }
    activities.sort_by_key(|a| std::cmp::Reverse(a["statusDate"].as_i64()));
    activities
}

impl Alerts {
    pub(crate) fn new(ids: &mut StdRng, world: &World) -> Alerts {
        let mut actions = actions(ids);
        let mut rules = rules(ids, world, &actions);
        let made = world.now().checked_sub(SignedDuration::from_hours(24 * 90)).unwrap_or(world.now());
        for row in actions.iter_mut().chain(&mut rules) {
            authored(row, made, AUTHOR, &world.author_id());
        }
        let activities = activities(ids, world, &rules);
        Alerts {
            actions: Table::new("id", actions),
            rules: Table::new("id", rules),
            activities: Table::new("id", activities),
        }
    }

    /// An action with the rules that use it counted.
    pub(crate) fn counted(&self, mut action: Row) -> Row {
        let id = text(&action, "id").to_owned();
        let users: Vec<Row> = self.rules.rows().into_iter().filter(|rule| uses(rule, &id)).collect();
        let on = users.iter().filter(|rule| text(rule, "ruleState") == "ENABLED").count();
        action.insert("activeRules".into(), on.into());
        action.insert("disabledRules".into(), (users.len() - on).into());
        action
    }
}

/// Whether a rule uses an action.
pub(crate) fn uses(rule: &Row, action: &str) -> bool {
    let actions = rule["actions"].as_array();
    actions.into_iter().flatten().any(|a| a["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(action)))
}
