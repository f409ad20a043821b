//! Rules: when an alert is raised.

use super::Wrapped;
use crate::operation::{Args, ParamKind};
use crate::provider::{Provider, Spelling};
use crate::{endpoint, model};
use serde_json::Value;

const RULE_TYPE: ParamKind = ParamKind::OneOf(&["simple_alert", "time_window_schedule_alert"]);
const BETA: &str = "marked as beta by the service's Swagger file";

model! {
    /// What a rule does, as it is asked for.
    pub struct ActionRequest {
        /// Id of the action.
        [Id] action_id = "actionId": text;
        /// `qemail`, `slack` or `pagerduty`.
        [Id] action_type = "actionType": text;
        /// Who gets mail.
        [Sensitive] email_recipients = "emailRecipients": [text];
        /// Subject of the mail.
        email_subject = "emailSubject": text;
        /// Subject at PagerDuty.
        pager_subject_line = "pagerSubjectLine": text;
        /// Channel at Slack.
        slack_channel = "slackChannel": text;
    }
}

model! {
    /// What a rule does, as the service shows it.
    pub struct RuleAction {
        /// Id of the action.
        id = "id": text;
        /// Name.
        name = "name": text;
        /// Kind.
        action_type = "actionType": text;
        /// Text of the alert.
        alert = "alert": text;
        /// Subject.
        subject = "subject": text;
        /// Who gets mail.
        [Sensitive] email_recipients = "emailRecipients": [text];
        /// Channel at Slack.
        slack_channel = "slackChannel": text;
        /// Parameters of the body.
        body_parameters = "bodyParameters": [open];
        /// Parameters of the subject.
        subject_parameters = "subjectParameters": [open];
    }
}

model! {
    /// A rule.
    pub struct Rule {
        /// Id of the rule.
        [Id, Shown] id = "id": text;
        /// Name.
        [Shown] name = "name": text;
        /// Description.
        description = "description": text;
        /// Cloud.
        [Shown] cloud_type = "cloudType": text;
        /// `simple_alert` or `time_window_schedule_alert`.
        [Shown] rule_type = "ruleType": text;
        /// State.
        [Shown] rule_state = "ruleState": text;
        /// Which findings raise an alert.
        [Shown] qql = "qql": text;
        /// What it does.
        actions = "actions": [RuleAction];
        /// Whether alerts are put together.
        aggregate = "aggregate": bool;
        /// By what they are put together.
        aggregation_key = "aggregationKey": text;
        /// Days of the week.
        days = "days": [int];
        /// Length of the window in hours.
        duration_hour = "durationHour": int;
        /// Hour at which the window begins, UTC.
        from_hour_in_utc = "fromHourInUTC": int;
        /// Minute at which the window begins, UTC.
        from_minute_in_utc = "fromMinuteInUTC": int;
        /// When it was made.
        created = "created": time;
        /// Who made it.
        [Sensitive] created_by = "createdBy": text;
        /// Id of who made it.
        created_by_id = "createdById": text;
        /// When it was changed last.
        updated = "updated": time;
        /// Who changed it last.
        [Sensitive] updated_by = "updatedBy": text;
        /// Id of who changed it last.
        updated_by_id = "updatedById": text;
        /// When it ran last.
        [Volatile] last_run = "lastRun": time;
        /// What triggers it, in words.
        trigger_description = "triggerDescription": text;
    }
}

/// Actions are of a known kind. What else a kind needs, no source says: the action has it itself.
fn actions(args: &Args) -> Result<(), (&'static str, String)> {
    let list = args.get("actionRequests").and_then(Value::as_array);
    for (at, action) in list.into_iter().flatten().enumerate() {
        let kind = action.get("actionType").and_then(Value::as_str).unwrap_or_default();
        if !matches!(kind, "qemail" | "slack" | "pagerduty") {
            let said =
                format!("'actionRequests'[{at}]: actionType is qemail, slack or pagerduty, not '{kind}'");
            return Err(("actionRequests", said));
        }
    }
    Ok(())
}

endpoint! {
    /// Lists the rules of one cloud and type.
    ListRules = "rules.list";
    GET "/cloudview-api/rest/v1/rules";
    row 32, Documented "SW21" -> Rule;
    .answer = Answer::ArrayPage;
    .paging = Some(Paging::NUMBERED);
    .limit_class = "rules";
    .quirks = &[BETA, "the answer is a bare list without a total"];
    must {
        /// Provider.
        Query cloud_type = "cloudType": Provider as ParamKind::Provider(Spelling::Upper);
        /// `simple_alert` or `time_window_schedule_alert`.
        Query rule_type = "ruleType": String as RULE_TYPE;
    }
    may {
        /// QQL over `ruleName`, `ruleState`.
        Query filter = "filter": String as ParamKind::Qql;
        /// Field to sort by.
        Query sort_field = "sortField": String as ParamKind::Text;
        /// `asc` or `desc`.
        Query sort_order = "sortOrder": String as ParamKind::OneOf(&["asc", "desc"]);
        /// Number of the first page to read, from 0.
        Query page_no = "pageNo": u32 as ParamKind::Int(0);
        /// Rows a page.
        Query page_size = "pageSize": u32 as ParamKind::Int(1);
    }
}

endpoint! {
    /// Reads one rule.
    GetRule = "rules.get";
    GET "/cloudview-api/rest/v1/rules/{ruleId}";
    row 32, Documented "SW21" -> Rule;
    .limit_class = "rules";
    .quirks = &[BETA];
    must {
        /// Id of the rule.
        Path rule_id = "ruleId": String as ParamKind::Text;
    }
    may {}
}

macro_rules! write_rule {
    (
        $(#[doc = $doc:literal])+
        $name:ident = $id:literal;
        $method:ident $path:literal;
        must { $($must:tt)* }
        may { $($may:tt)* }
    ) => {
        endpoint! {
            $(#[doc = $doc])+
            $name = $id;
            $method $path;
            row 32, Documented "SW21" -> Wrapped;
            .limit_class = "rules";
            .rule = Some(actions);
            .quirks = &[BETA];
            must {
                $($must)*
                /// `simple_alert` or `time_window_schedule_alert`.
                Query rule_type = "ruleType": String as RULE_TYPE;
                /// Name.
                Body name = "name": String as ParamKind::Filled;
                /// Which findings raise an alert.
                Body qql = "qql": String as ParamKind::Qql;
                /// What it does.
                Body action_requests = "actionRequests": Vec<ActionRequest> as ParamKind::Objects(<ActionRequest as crate::model::Model>::SHAPE);
            }
            may {
                $($may)*
                /// Description.
                Body description = "description": String as ParamKind::Text;
                /// Whether alerts are put together.
                Body aggregate = "aggregate": bool as ParamKind::Bool;
                /// By what they are put together.
                Body aggregation_key = "aggregationKey": String as ParamKind::Text;
                /// Length of the window in hours, for `time_window_schedule_alert`.
                Body duration_hour = "durationHour": u32 as ParamKind::Int(1);
                /// Hour at which the window begins, UTC.
                Body from_hour = "fromHourInUTC": u32 as ParamKind::Range(0, 23);
                /// Minute at which the window begins, UTC.
                Body from_minute = "fromMinuteInUTC": u32 as ParamKind::Range(0, 59);
            }
        }
    };
}

write_rule! {
    /// Makes a rule.
    CreateRule = "rules.create";
    POST "/cloudview-api/rest/v1/rules";
    must {
        /// Provider.
        Query cloud_type = "cloudType": Provider as ParamKind::Provider(Spelling::Upper);
    }
    may {}
}

write_rule! {
    /// Changes a rule.
    UpdateRule = "rules.update";
    PUT "/cloudview-api/rest/v1/rules/{ruleId}";
    must {
        /// Id of the rule.
        Path rule_id = "ruleId": String as ParamKind::Text;
    }
    may {
        /// Provider.
        Query cloud_type = "cloudType": Provider as ParamKind::Provider(Spelling::Upper);
    }
}

macro_rules! act {
    ($(#[doc = $doc:literal])+ $name:ident = $id:literal; $path:literal; $effect:ident) => {
        endpoint! {
            $(#[doc = $doc])+
            $name = $id;
            POST $path;
            row 32, Documented "SW21; QCLI for the other body" -> Value;
            .limit_class = "rules";
            .effect = Effect::$effect;
            .other_body = Some(OtherBody {
                family: BodyFamily::RuleIds,
                field: "ruleIds",
                needs: &["cloudType", "ruleType"],
            });
            .quirks = &[
                BETA,
                "the body is {\"ids\": […]}; the vendor's command line tool sends ruleIds with cloudType and ruleType (setting rule_ids)",
                "the answer maps each id to a word",
            ];
            must {
                /// Ids of the rules.
                Body ids = "ids": Vec<String> as ParamKind::Words;
            }
            may {
                /// Provider, which goes with the other body.
                Query cloud_type = "cloudType": Provider as ParamKind::Provider(Spelling::Upper);
                /// `simple_alert` or `time_window_schedule_alert`, which goes with the other body.
                Query rule_type = "ruleType": String as RULE_TYPE;
            }
        }
    };
}

act! {
    /// Switches rules on.
    EnableRules = "rules.enable"; "/cloudview-api/rest/v1/rules/enable"; Update
}

act! {
    /// Switches rules off.
    DisableRules = "rules.disable"; "/cloudview-api/rest/v1/rules/disable"; Update
}

act! {
    /// Deletes rules.
    DeleteRules = "rules.delete"; "/cloudview-api/rest/v1/rules/delete"; Delete
}
