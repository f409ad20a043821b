use super::AccountEvaluation;
use crate::Provider;
use crate::endpoint;

endpoint! {
    /// Lists the results of all controls in one OCI tenancy.
    ListOciEvaluations = "evaluations.oci-account";
    GET "/cloudview-api/rest/v1/oci/evaluations/";
    row 22, Seen "QLEY (not exercised)" -> AccountEvaluation;
    .host = Host::Gateway;
    .answer = Answer::Page;
    .paging = Some(Paging { default_size: 300, largest_seen: 300, ..Paging::NUMBERED });
    .limit_class = "evaluations";
    .providers = &[Provider::Oci];
    .quirks = &["the tenancy is a query parameter; row shape and paging are taken from the other clouds (guess)"];
    must {
        /// OCID of the tenancy.
        Query tenant_id = "tenantId": String as ParamKind::Text;
    }
    may {
        /// Number of the first page to read, from 0.
        Query page_no = "pageNo": u32 as ParamKind::Int(0);
        /// Rows a page.
        Query page_size = "pageSize": u32 as ParamKind::Int(1);
        /// QQL over posture.
        Query filter = "filter": String as ParamKind::Qql;
    }
}
