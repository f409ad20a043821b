use crate::endpoint;
use crate::provider::{Provider, Spelling};

endpoint! {
    /// Lists the resources of one type of one provider.
    ListResources = "resources.list";
    GET "/cloudview-api/rest/v1/resource/{type}/{provider}";
    row 16, Documented "RN2.16, QCLI" -> serde_json::Value;
    .answer = Answer::Page;
    .paging = Some(Paging { default_size: 100, largest_seen: 100, wall: Some(10_000), ..Paging::NUMBERED });
    .limit_class = "resource";
    .quirks = &[
        "a query reaches 10,000 rows at most; past them the answer is 502 with INTERNAL_SERVER_ERROR in the body",
        "past the end: an empty page, an empty body, 400 or 404",
        "the provider is spelled AWS, Azure or AZURE, GCP, oci or OCI; another spelling answers 404",
        "vulnerabilities is empty in lists and filled by the details call",
    ];
    must {
        /// API name of the type, such as `EC2_INSTANCE`.
        Path resource_type = "type": String as ParamKind::TypeName;
        /// Provider.
        Path provider = "provider": Provider as ParamKind::Provider(Spelling::Inventory);
    }
    may {
        /// Number of the first page to read, from 0.
        Query page_no = "pageNo": u32 as ParamKind::Int(0);
        /// Rows a page.
        Query page_size = "pageSize": u32 as ParamKind::Int(1);
        /// QQL over the resource.
        Query filter = "filter": String as ParamKind::Qql;
        /// `lastSyncedOn:asc` or `lastSyncedOn:desc`.
        Query sort = "sort": String as ParamKind::Text;
        /// A date or range without a token, such as `[now-30d .. now]`.
        Query updated = "updated": String as ParamKind::Text;
    }
}
