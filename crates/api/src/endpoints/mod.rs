//! The operations of the service, one file each, and the one list of all of them.

pub mod assessments;
pub mod auth;
pub mod connectors;
pub mod controls;
pub mod evaluations;
pub mod policies;
pub mod remediation;
pub mod resources;

use crate::operation::{Endpoint, Operation};

macro_rules! operations {
    ($($(#[doc = $doc:literal])+ $name:ident => $endpoint:ty;)+) => {
        /// Every operation. An exhaustive match over it is how the simulator and the command prove that they
        /// forgot none.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum OperationId {
            $($(#[doc = $doc])+ $name,)+
        }

        impl OperationId {
            /// All of them, in the order of the reference page.
            pub const ALL: &'static [OperationId] = &[$(OperationId::$name),+];

            /// Its declaration.
            pub fn operation(self) -> &'static Operation {
                match self {
                    $(OperationId::$name => <$endpoint as Endpoint>::OPERATION,)+
                }
            }
        }
    };
}

operations! {
    /// `POST /auth`
    AuthGateway => auth::GatewayToken;
    /// `POST /auth/oidc`
    AuthOidc => auth::OidcToken;
    /// `GET /msp/about.php`
    AuthCheck => auth::LoginCheck;
    /// `GET …/{p}/connectors`
    ConnectorsList => connectors::ListConnectors;
    /// `GET …/{p}/connectors/{connectorId}`
    ConnectorsGet => connectors::GetConnector;
    /// `GET …/{p}/connectors/{connectorId}/errors`
    ConnectorsErrors => connectors::ListConnectorErrors;
    /// `GET …/aws/connectors/awsBaseAccountId`
    ConnectorsBaseAccount => connectors::GetBaseAccount;
    /// `GET …/aws/connectors/aws/download`
    ConnectorsTemplate => connectors::DownloadTemplate;
    /// `GET …/resource/{TYPE}/{P}`
    ResourcesList => resources::ListResources;
    /// `GET …/v2/resource/{TYPE}/{P}`
    ResourcesListV2 => resources::ListResourcesV2;
    /// `GET …/resource/{TYPE}/uuid/{uuid}/{P}`
    ResourcesGet => resources::GetResource;
    /// `GET …/controls/metadata/list`
    ControlsList => controls::ListControls;
    /// `GET …/{p}/evaluations/{account}`
    EvaluationsAccount => evaluations::ListAccountEvaluations;
    /// `GET …/{p}/evaluations/{account}/resources/{controlId}`
    EvaluationsResources => evaluations::ListResourceEvaluations;
    /// `GET …/{p}/evaluations/stats/{controlId}/{connectorId}`
    EvaluationsStats => evaluations::GetEvaluationStats;
    /// `GET …/oci/evaluations/`
    EvaluationsOci => evaluations::ListOciEvaluations;
    /// `GET …/v1/reports/policies`
    PoliciesListV1 => policies::ListPoliciesV1;
    /// `GET …/v2/policies`
    PoliciesList => policies::ListPolicies;
    /// `GET …/v1/reports/mandates`
    MandatesListV1 => policies::ListMandatesV1;
    /// `GET …/v1/mandates`
    MandatesList => policies::ListMandates;
    /// `POST …/v1/report/assessment/create`
    AssessmentsCreateV1 => assessments::CreateAssessmentV1;
    /// `POST …/v2/report/assessment/create`
    AssessmentsCreate => assessments::CreateAssessment;
    /// `GET …/report/assessment/list`
    AssessmentsList => assessments::ListAssessments;
    /// `GET …/report/assessment/{reportId}/download`
    AssessmentsDownload => assessments::DownloadAssessment;
    /// `POST …/report/assessment/{reportId}/rerun`
    AssessmentsRerun => assessments::RerunAssessment;
    /// `GET …/remediation/activity`
    RemediationList => remediation::ListRemediation;
}

/// The operation of this id, such as `resources.list`.
pub fn by_id(id: &str) -> Option<OperationId> {
    OperationId::ALL.iter().copied().find(|o| o.operation().id == id)
}

#[cfg(test)]
mod tests;
