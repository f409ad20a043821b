use crate::provider::{Provider, Spelling};
use crate::{endpoint, model};

model! {
    /// One remediation.
    pub struct RemediationActivity {
        /// Resource.
        [Shown] resource_id = "resourceId": text;
        /// Control.
        [Shown] control_id = "controlId": int;
        /// Cloud.
        cloud_type = "cloudType": text;
        /// Account.
        [Shown] account_id = "accountId": sint;
        /// Region.
        region = "region": text;
        /// Status.
        [Shown] status = "status": text;
        /// API name of the type.
        [Shown] resource_type = "resourceType": text;
        /// What was done.
        [Shown] remediation_action = "remediationAction": text;
        /// Connector.
        connector_name = "connectorName": text;
        /// Policy (one source).
        policy_name = "policyName": text;
        /// Policies (another source).
        policy_names = "policyNames": [text];
        /// Name of the control.
        control_name = "controlName": text;
        /// When it was started.
        [Shown] triggered_on = "triggeredOn": time;
        /// Errors; the service writes the name with a capital.
        errors = "Errors": open;
        /// Who started it.
        [Sensitive] triggered_by = "triggeredBy": text;
        /// Why.
        remediation_reason = "remediationReason": text;
    }
}

endpoint! {
    /// Lists what was remediated.
    ListRemediation = "remediation.list";
    GET "/cloudview-api/rest/v1/remediation/activity";
    row 31, Documented "SW21, SDK" -> RemediationActivity;
    .answer = Answer::Page;
    .paging = Some(Paging::NUMBERED);
    .limit_class = "remediation";
    .providers = crate::endpoints::evaluations::WITH_EVALUATIONS;
    .quirks = &["an error may come with status 200", "the author of the one client that reads it never saw a real answer"];
    must {
        /// Provider.
        Query cloud_type = "cloudType": Provider as ParamKind::Provider(Spelling::Upper);
    }
    may {
        /// QQL; the tokens are not documented.
        Query filter = "filter": String as ParamKind::Qql;
        /// Number of the first page to read, from 0.
        Query page_no = "pageNo": u32 as ParamKind::Int(0);
        /// Rows a page.
        Query page_size = "pageSize": u32 as ParamKind::Int(1);
    }
}
