use crate::Provider;
use crate::{endpoint, model};

model! {
    /// The accounts from which AWS connectors are reached.
    pub struct BaseAccount {
        /// Account of the service in AWS.
        [Shown] global_account_id = "globalAccountId": sint;
        /// Account of the service in AWS China.
        [Shown] china_account_id = "chinaAccountId": sint;
        /// Account of the service in AWS GovCloud.
        [Shown] gov_account_id = "govAccountId": sint;
        /// Whether the global account is the customer's own.
        customer_global_account = "customerGlobalAccount": sbool;
        /// Whether the China account is the customer's own.
        customer_china_account = "customerChinaAccount": sbool;
        /// Whether the GovCloud account is the customer's own.
        customer_gov_account = "customerGovAccount": sbool;
    }
}

endpoint! {
    /// Reads the accounts from which AWS connectors are reached.
    GetBaseAccount = "connectors.base-account";
    GET "/cloudview-api/rest/v1/aws/connectors/awsBaseAccountId";
    row 12, Documented "SW21, SEED-SDK" -> BaseAccount;
    .limit_class = "connectors";
    .providers = &[Provider::Aws];
    .quirks = &["every value is a string, booleans included"];
    must {}
    may {}
}
