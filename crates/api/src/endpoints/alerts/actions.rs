//! Actions: how an alert is told, by mail, Slack or PagerDuty.

use super::Wrapped;
use crate::{endpoint, model};
use serde_json::Value;

const BETA: &str = "marked as beta by the service's Swagger file";

model! {
    /// An action.
    pub struct Action {
        /// Id of the action.
        [Id, Shown] id = "id": text;
        /// Name.
        [Shown] name = "name": text;
        /// `qemail`, `slack` or `pagerduty`.
        [Shown] action_type = "actionType": text;
        /// Description.
        description = "description": text;
        /// Text of the alert.
        alert = "alert": text;
        /// Subject.
        subject = "subject": text;
        /// Rules that are on and use it.
        [Shown] active_rules = "activeRules": int;
        /// Rules that are off and use it.
        [Shown] disabled_rules = "disabledRules": int;
        /// Who gets mail.
        [Sensitive] email_recipients = "emailRecipients": [text];
        /// Sender of the mail.
        [Sensitive] email_from_address = "emailFromAddress": text;
        /// Where answers to the mail go.
        [Sensitive] email_reply_to = "emailReplyTo": text;
        /// Mail server.
        smtp_host = "smtpHost": text;
        /// Port of the mail server.
        smtp_port = "smtpPort": int;
        /// User at the mail server.
        [Sensitive] smtp_user_name = "smtpUserName": text;
        /// Password at the mail server.
        [Secret] smtp_password = "smtpPassword": text;
        /// Channel at Slack.
        slack_channel = "slackChannel": text;
        /// Address of the webhook at Slack.
        [Secret] slack_webhook_uri = "slackWebhookUri": text;
        /// Client at PagerDuty.
        pagerduty_client = "pagerdutyClient": text;
        /// Kind of event at PagerDuty.
        pagerduty_event_type = "pagerdutyEventType": text;
        /// Service key at PagerDuty.
        [Secret] pagerduty_service_key = "pagerdutyServiceKey": text;
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
    }
}

endpoint! {
    /// Lists the actions.
    ListActions = "actions.list";
    GET "/cloudview-api/rest/v1/actions";
    row 33, Documented "SW21" -> Action;
    .answer = Answer::ArrayPage;
    .paging = Some(Paging::NUMBERED);
    .limit_class = "actions";
    .quirks = &[BETA, "the answer is a bare list without a total", "answers carry the secrets of actions"];
    must {}
    may {
        /// QQL.
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
    /// Lists the kinds of actions.
    ListActionTypes = "actions.types";
    GET "/cloudview-api/rest/v1/actions/types";
    row 33, Documented "SW21" -> Value;
    .limit_class = "actions";
    .quirks = &[BETA, "the answer is a list of words"];
    must {}
    may {}
}

endpoint! {
    /// Reads one action.
    GetAction = "actions.get";
    GET "/cloudview-api/rest/v1/actions/{id}";
    row 33, Documented "SW21" -> Action;
    .limit_class = "actions";
    .quirks = &[BETA, "answers carry the secrets of actions"];
    must {
        /// Id of the action.
        Path id = "id": String as ParamKind::Text;
    }
    may {}
}

macro_rules! write_action {
    (
        $(#[doc = $doc:literal])+
        $name:ident = $id:literal;
        $method:ident $path:literal;
        { $($first:tt)* }
        must { $($must:tt)* }
        may { $($may:tt)* }
    ) => {
        endpoint! {
            $(#[doc = $doc])+
            $name = $id;
            $method $path;
            row 33, Documented "SW21" -> Wrapped;
            .limit_class = "actions";
            .quirks = &[BETA];
            must {
                $($first)*
                /// Name.
                Body action_name = "actionName": String as ParamKind::Filled;
                $($must)*
            }
            may {
                /// Description.
                Body action_description = "actionDescription": String as ParamKind::Text;
                $($may)*
            }
        }
    };
}

macro_rules! by_mail {
    ($(#[doc = $doc:literal])+ $name:ident = $id:literal; $method:ident $path:literal; { $($first:tt)* }) => {
        write_action! {
            $(#[doc = $doc])+
            $name = $id;
            $method $path;
            { $($first)* }
            must {
                /// Who gets the mail.
                Body recipients = "recipients": Vec<String> as ParamKind::Emails;
                /// Subject of the mail.
                Body subject = "subject": String as ParamKind::Filled;
            }
            may {}
        }
    };
}

macro_rules! by_slack {
    ($(#[doc = $doc:literal])+ $name:ident = $id:literal; $method:ident $path:literal; { $($first:tt)* }) => {
        write_action! {
            $(#[doc = $doc])+
            $name = $id;
            $method $path;
            { $($first)* }
            must {
                /// Channel.
                Body channel = "channel": String as ParamKind::Filled;
                /// Address of the webhook; who has it can post, so it is kept as a secret.
                Body webhook_uri = "webhookUri": String as ParamKind::SecretUrl;
            }
            may {}
        }
    };
}

macro_rules! by_pagerduty {
    ($(#[doc = $doc:literal])+ $name:ident = $id:literal; $method:ident $path:literal; { $($first:tt)* }) => {
        write_action! {
            $(#[doc = $doc])+
            $name = $id;
            $method $path;
            { $($first)* }
            must {
                /// Key of the service.
                Body service_key = "serviceKey": String as ParamKind::Secret;
                /// Subject.
                Body subject_line = "subjectLine": String as ParamKind::Filled;
            }
            may {
                /// Client.
                Body client = "client": String as ParamKind::Text;
            }
        }
    };
}

by_mail! {
    /// Makes an action that sends mail.
    CreateEmailAction = "actions.create-email";
    POST "/cloudview-api/rest/v1/actions/email";
    {}
}

by_slack! {
    /// Makes an action that posts to Slack.
    CreateSlackAction = "actions.create-slack";
    POST "/cloudview-api/rest/v1/actions/slack";
    {}
}

by_pagerduty! {
    /// Makes an action that tells PagerDuty.
    CreatePagerdutyAction = "actions.create-pagerduty";
    POST "/cloudview-api/rest/v1/actions/pagerduty";
    {}
}

by_mail! {
    /// Changes an action that sends mail.
    UpdateEmailAction = "actions.update-email";
    PUT "/cloudview-api/rest/v1/actions/email/{id}";
    {
        /// Id of the action.
        Path id = "id": String as ParamKind::Text;
    }
}

by_slack! {
    /// Changes an action that posts to Slack.
    UpdateSlackAction = "actions.update-slack";
    PUT "/cloudview-api/rest/v1/actions/slack/{id}";
    {
        /// Id of the action.
        Path id = "id": String as ParamKind::Text;
    }
}

by_pagerduty! {
    /// Changes an action that tells PagerDuty.
    UpdatePagerdutyAction = "actions.update-pagerduty";
    PUT "/cloudview-api/rest/v1/actions/pagerduty/{id}";
    {
        /// Id of the action.
        Path id = "id": String as ParamKind::Text;
    }
}

endpoint! {
    /// Tries out a webhook of Slack.
    TestSlackAction = "actions.test-slack";
    POST "/cloudview-api/rest/v1/actions/slack/test";
    row 33, Documented "SW21" -> Value;
    .limit_class = "actions";
    .effect = Effect::Act;
    .quirks = &[BETA, "it posts to the channel"];
    must {
        /// Channel.
        Body channel = "channel": String as ParamKind::Filled;
        /// Address of the webhook.
        Body webhook_uri = "webhookUri": String as ParamKind::SecretUrl;
    }
    may {}
}

endpoint! {
    /// Tries out a service key of PagerDuty.
    TestPagerdutyAction = "actions.test-pagerduty";
    POST "/cloudview-api/rest/v1/actions/pagerduty/test";
    row 33, Documented "SW21" -> Value;
    .limit_class = "actions";
    .effect = Effect::Act;
    .quirks = &[BETA, "it raises an incident"];
    must {
        /// Key of the service.
        Body service_key = "serviceKey": String as ParamKind::Secret;
    }
    may {}
}

endpoint! {
    /// Deletes actions.
    DeleteActions = "actions.delete";
    POST "/cloudview-api/rest/v1/actions/delete";
    row 33, Documented "SW21" -> Value;
    .limit_class = "actions";
    .effect = Effect::Delete;
    .quirks = &[BETA, "the answer maps each id to a word"];
    must {
        /// Ids of the actions.
        Body ids = "ids": Vec<String> as ParamKind::Words;
    }
    may {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::from_slice;

    #[test]
    fn secrets_of_an_action_are_kept_and_not_shown() {
        let text = br#"{"id":"1","slackWebhookUri":"canary","smtpPassword":"canary","smtpPort":25,"pagerdutyServiceKey":"canary"}"#;
        let action: Action = from_slice(text).unwrap();
        let shown = format!("{action:?} {:?}", [Some(&action)]);
        assert!(!shown.contains("canary") && shown.contains("smtp_port: Some(25)"), "{shown}");
        assert_eq!(action.slack_webhook_uri.as_deref(), Some("canary"));
        assert_eq!(serde_json::to_string(&action).unwrap().matches("canary").count(), 3);
    }
}
