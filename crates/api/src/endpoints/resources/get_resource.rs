use crate::endpoint;
use crate::provider::{Provider, Spelling};

endpoint! {
    /// Reads one resource with all its details.
    GetResource = "resources.get";
    GET "/cloudview-api/rest/v1/resource/{type}/uuid/{uuid}/{provider}";
    row 17, Documented "RN2.16, QCLI" -> serde_json::Value;
    .limit_class = "resource";
    .quirks = &["takes the uuid of the resource, not its resourceId", "the query parameters of the list are accepted and ignored"];
    must {
        /// API name of the type, such as `EC2_INSTANCE`.
        Path resource_type = "type": String as ParamKind::TypeName;
        /// The `uuid` of the resource.
        Path uuid = "uuid": String as ParamKind::Text;
        /// Provider.
        Path provider = "provider": Provider as ParamKind::Provider(Spelling::Inventory);
    }
    may {
        /// Accepted and ignored.
        Query page_no = "pageNo": u32 as ParamKind::Int(0);
        /// Accepted and ignored.
        Query page_size = "pageSize": u32 as ParamKind::Int(1);
        /// Accepted and ignored.
        Query filter = "filter": String as ParamKind::Qql;
        /// Accepted and ignored.
        Query sort = "sort": String as ParamKind::Text;
        /// Accepted and ignored.
        Query updated = "updated": String as ParamKind::Text;
    }
}
