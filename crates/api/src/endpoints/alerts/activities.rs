//! Activities: the alerts that were told.

use crate::provider::{Provider, Spelling};
use crate::{endpoint, model};

model! {
    /// An alert that was told.
    pub struct Activity {
        /// Id of the activity.
        [Id, Shown] id = "id": text;
        /// Rule.
        rule_id = "ruleId": text;
        /// Name of the rule.
        [Shown] rule_name = "ruleName": text;
        /// Description of the rule.
        rule_description = "ruleDescription": text;
        /// Whether the rule is gone.
        is_rule_deleted = "isRuleDeleted": bool;
        /// Action.
        action_id = "actionId": text;
        /// Name of the action.
        [Shown] action_name = "actionName": text;
        /// Kind of the action.
        [Shown] action_type = "actionType": text;
        /// Whether alerts were put together.
        aggregate = "aggregate": bool;
        /// Text of the alert.
        alert = "alert": text;
        /// Cloud.
        [Shown] cloud_type = "cloudType": text;
        /// Who made the rule.
        [Sensitive] created_by = "createdBy": text;
        /// Id of who made the rule.
        created_by_id = "createdById": text;
        /// Who got mail.
        [Sensitive] email_recipients = "emailRecipients": [text];
        /// Channel at Slack.
        slack_channel = "slackChannel": text;
        /// Subject.
        subject = "subject": text;
        /// How it went.
        [Shown] status = "status": text;
        /// When.
        [Shown] status_date = "statusDate": time;
        /// More on how it went.
        status_message = "statusMessage": text;
    }
}

endpoint! {
    /// Lists the alerts that were told, of one cloud.
    ListActivities = "activities.list";
    GET "/cloudview-api/rest/v1/activities";
    row 34, Documented "SW21" -> Activity;
    .answer = Answer::ArrayPage;
    .paging = Some(Paging::NUMBERED);
    .limit_class = "activities";
    .quirks = &["marked as beta by the service's Swagger file", "the answer is a bare list without a total"];
    must {
        /// Provider.
        Query cloud_type = "cloudType": Provider as ParamKind::Provider(Spelling::Upper);
    }
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
    /// Reads one alert that was told.
    GetActivity = "activities.get";
    GET "/cloudview-api/rest/v1/activities/{id}";
    row 34, Documented "SW21" -> Activity;
    .limit_class = "activities";
    must {
        /// Id of the activity.
        Path id = "id": String as ParamKind::Text;
    }
    may {}
}
