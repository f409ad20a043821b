use crate::endpoint;
use crate::provider::{Provider, Spelling};

endpoint! {
    /// Lists the resources of one type of one provider by the newer path, which one client was seen to call.
    ListResourcesV2 = "resources.list-v2";
    GET "/cloudview-api/rest/v2/resource/{type}/{provider}";
    row 44, Seen "NEL, MCP" -> serde_json::Value;
    .host = Host::Gateway;
    .answer = Answer::Page;
    .paging = Some(Paging { default_size: 100, largest_seen: 100, wall: Some(10_000), ..Paging::NUMBERED });
    .limit_class = "resource";
    .quirks = &[
        "unconfirmed: one client calls it; its parameters, its page sizes and the wall are taken from v1 (guess)",
        "answers content and totalHits, without the rest of the page envelope",
        "paging by a marker and a provider in lower case were mentioned and not shown",
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
