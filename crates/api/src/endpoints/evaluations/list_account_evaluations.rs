use crate::provider::{Provider, Spelling};
use crate::{endpoint, model};

model! {
    /// The result of one control in one account.
    pub struct AccountEvaluation {
        /// Control, as text.
        [Id, Shown] control_id = "controlId": sint;
        /// Name of the control.
        [Shown] control_name = "controlName": text;
        /// `HIGH`, `MEDIUM` or `LOW`.
        [Shown] criticality = "criticality": text;
        /// Policies that name the control.
        policy_names = "policyNames": [text];
        /// Service the control is about.
        [Shown] service = "service": text;
        /// `PASS`, `FAIL` or `NOT_EVALUATED`.
        [Shown] result = "result": text;
        /// Resources that pass.
        [Shown] passed_resources = "passedResources": int;
        /// Resources that fail.
        [Shown] failed_resources = "failedResources": int;
        /// Resources that pass by an exception.
        [Shown] pass_with_exception_resources = "passWithExceptionResources": int;
    }
}

endpoint! {
    /// Lists the results of all controls in one account.
    ListAccountEvaluations = "evaluations.account";
    GET "/cloudview-api/rest/v1/{provider}/evaluations/{account}";
    row 19, Documented "SW21" -> AccountEvaluation;
    .answer = Answer::Page;
    .paging = Some(Paging { default_size: 300, largest_seen: 500, ..Paging::NUMBERED });
    .limit_class = "evaluations";
    .providers = super::WITH_EVALUATIONS;
    .quirks = &[
        "controlId is text here",
        "no rows: posture management is not active on the connector; all NOT_EVALUATED: it has not run yet",
    ];
    must {
        /// Provider.
        Path provider = "provider": Provider as ParamKind::Provider(Spelling::Lower);
        /// AWS account, Azure subscription or GCP project.
        Path account = "account": String as ParamKind::Text;
    }
    may {
        /// Number of the first page to read, from 0.
        Query page_no = "pageNo": u32 as ParamKind::Int(0);
        /// Rows a page.
        Query page_size = "pageSize": u32 as ParamKind::Int(1);
        /// QQL over posture, such as `control.result:FAIL`.
        Query filter = "filter": String as ParamKind::Qql;
    }
}
