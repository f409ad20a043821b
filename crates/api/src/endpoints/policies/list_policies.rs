use crate::provider::{Provider, Spelling};
use crate::{endpoint, model};

model! {
    /// A policy as v1 lists it.
    pub struct PolicyV1 {
        /// Id of the policy.
        [Id, Shown] id = "id": text;
        /// Title.
        [Shown] title = "title": text;
        /// Cloud.
        [Shown] cloud_type = "cloudType": text;
        /// Groups it is assigned to.
        group_ids = "groupIds": [text];
    }
}

model! {
    /// A policy.
    pub struct Policy {
        /// Id of the policy.
        [Id, Shown] uuid = "uuid": text;
        /// Title.
        [Shown] title = "title": text;
        /// Cloud.
        [Shown] cloud_type = "cloudType": text;
        /// Version, such as `1.0`.
        [Shown] version = "version": text;
        /// Who made it.
        [Sensitive] created_by = "createdBy": text;
        /// Who changed it last.
        [Sensitive] modified_by = "modifiedBy": text;
        /// When it was made.
        created_date = "createdDate": time;
        /// When it was changed last.
        modified_date = "modifiedDate": time;
        /// Header.
        header = "header": text;
        /// Steps.
        steps = "steps": [open];
        /// Footer.
        footer = "footer": text;
        /// Whether a customer made it.
        customer_created = "customerCreated": bool;
        /// Type, such as `SYSTEM_DEFINED_POLICY`.
        [Shown] r#type = "type": text;
        /// Scope, such as `GLOBAL`.
        scope = "scope": text;
        /// Controls in it.
        control_ids = "controlIds": [int];
    }
}

endpoint! {
    /// Lists the policies of one cloud, at most 100 of them.
    ListPoliciesV1 = "policies.list-v1";
    GET "/cloudview-api/rest/v1/reports/policies";
    row 23, Documented "SW21, RN2.25" -> PolicyV1;
    .answer = Answer::Array;
    .limit_class = "policies";
    .quirks = &["returns 100 rows at most, without pages; v2 lifts that"];
    must {
        /// Provider.
        Query cloud_type = "cloudType": Provider as ParamKind::Provider(Spelling::Upper);
    }
    may {}
}

endpoint! {
    /// Lists the policies, with pages.
    ListPolicies = "policies.list";
    GET "/cloudview-api/rest/v2/policies";
    row 24, Documented "RN2.25" -> Policy;
    .host = Host::Gateway;
    .answer = Answer::Page;
    .paging = Some(Paging::NUMBERED);
    .limit_class = "policies";
    must {}
    may {
        /// Number of the first page to read, from 0.
        Query page_no = "pageNo": u32 as ParamKind::Int(0);
        /// Rows a page.
        Query page_size = "pageSize": u32 as ParamKind::Int(1);
    }
}
