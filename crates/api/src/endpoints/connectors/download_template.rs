use crate::Provider;
use crate::endpoint;

endpoint! {
    /// Downloads the CloudFormation template for a new AWS connector.
    DownloadTemplate = "connectors.template";
    GET "/cloudview-api/rest/v1/aws/connectors/aws/download";
    row 13, Documented "SW21" -> serde_json::Value;
    .answer = Answer::File;
    .limit_class = "connectors";
    .providers = &[Provider::Aws];
    must {
        /// Which AWS: `Global`, `China` or `Gov`.
        Query aws_cloud_type = "awsCloudType": String as ParamKind::OneOf(&["Global", "China", "Gov"]);
        /// External id of the role: digits, 9 to 90 of them.
        Query external_id = "externalId": String as ParamKind::Digits(9, 90);
    }
    may {}
}
