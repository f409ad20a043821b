use super::EvaluationStats;
use crate::provider::{Provider, Spelling};
use crate::{endpoint, model};

model! {
    /// What a control looked at.
    pub struct Evidence {
        /// Setting.
        setting_name = "settingName": text;
        /// Its value when it was evaluated.
        [Sensitive] actual_value = "actualValue": text;
    }
}

model! {
    /// The result of one control on one resource.
    pub struct ResourceEvaluation {
        /// Id of the resource in the cloud.
        [Id, Shown] resource_id = "resourceId": text;
        /// API name of its type; types outside the inventory occur.
        [Shown] resource_type = "resourceType": text;
        /// Region.
        [Shown] region = "region": text;
        /// AWS account (AWS).
        [Shown] account_id = "accountId": sint;
        /// Subscription (Azure).
        [Shown] subscription_id = "subscriptionId": text;
        /// Project (GCP).
        [Shown] project_id = "projectId": text;
        /// Connector (AWS).
        connector_id = "connectorId": text;
        /// When it was evaluated.
        [Shown, Volatile] evaluated_on = "evaluatedOn": time;
        /// What was looked at.
        evidences = "evidences": [Evidence];
        /// `PASS`, `FAIL`, or `PASSE` for a pass by an exception.
        [Shown] result = "result": text;
        /// First and last evaluation, reopening and fix.
        evaluation_dates = "evaluationDates": EvaluationStats;
    }
}

endpoint! {
    /// Lists the results of one control for each resource of an account.
    ListResourceEvaluations = "evaluations.resources";
    GET "/cloudview-api/rest/v1/{provider}/evaluations/{account}/resources/{controlId}";
    row 20, Documented "SW21" -> ResourceEvaluation;
    .answer = Answer::Page;
    .paging = Some(Paging { default_size: 50, largest_seen: 100, ..Paging::NUMBERED });
    .limit_class = "evaluations";
    .providers = super::WITH_EVALUATIONS;
    .quirks = &["a filter result:FAIL is accepted and matches nothing; resource.result:FAIL works (QCLI, live)"];
    must {
        /// Provider.
        Path provider = "provider": Provider as ParamKind::Provider(Spelling::Lower);
        /// AWS account, Azure subscription or GCP project.
        Path account = "account": String as ParamKind::Text;
        /// Control.
        Path control_id = "controlId": u32 as ParamKind::Int(0);
    }
    may {
        /// Number of the first page to read, from 0.
        Query page_no = "pageNo": u32 as ParamKind::Int(0);
        /// Rows a page.
        Query page_size = "pageSize": u32 as ParamKind::Int(1);
        /// QQL over posture, such as `resource.result:FAIL`.
        Query filter = "filter": String as ParamKind::Qql;
    }
}

endpoint! {
    /// Lists the results of one control for each resource of an account, by the second version.
    ListResourceEvaluationsV2 = "evaluations.resources-v2";
    GET "/cloudview-api/rest/v2/{provider}/evaluations/{account}/resources/{controlId}";
    row 45, Seen "NEL" -> ResourceEvaluation;
    .host = Host::Gateway;
    .answer = Answer::Page;
    .paging = Some(Paging { default_size: 50, largest_seen: 100, ..Paging::NUMBERED });
    .limit_class = "evaluations";
    .providers = super::WITH_EVALUATIONS;
    .quirks = &["named by one client only; it answers content, the parameters are taken from the first version"];
    must {
        /// Provider.
        Path provider = "provider": Provider as ParamKind::Provider(Spelling::Lower);
        /// AWS account, Azure subscription or GCP project.
        Path account = "account": String as ParamKind::Text;
        /// Control.
        Path control_id = "controlId": u32 as ParamKind::Int(0);
    }
    may {
        /// Number of the first page to read, from 0.
        Query page_no = "pageNo": u32 as ParamKind::Int(0);
        /// Rows a page.
        Query page_size = "pageSize": u32 as ParamKind::Int(1);
        /// QQL over posture, such as `resource.result:FAIL`.
        Query filter = "filter": String as ParamKind::Qql;
    }
}
