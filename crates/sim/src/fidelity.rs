//! How true the answers of the simulator are, operation by operation.

use totalcloud_api::endpoints::OperationId;

/// How true the answers to an operation are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fidelity {
    /// Fields, rules and refusals are those of the sources; rows are computed from the simulated company.
    Computed,
    /// As computed, and what is made, changed or deleted stays so.
    Kept,
    /// The operation was seen or documented, but some of its fields or rules here are guesses.
    Guessed,
    /// Only the envelope is known; what is inside is kept and given back.
    Envelope,
}

impl Fidelity {
    /// It in words, for the reference page.
    pub const fn as_str(self) -> &'static str {
        match self {
            Fidelity::Computed => "computed",
            Fidelity::Kept => "kept",
            Fidelity::Guessed => "in part guessed",
            Fidelity::Envelope => "envelope",
        }
    }
}

/// How true the answers to an operation are. An operation that nobody judged does not compile.
pub fn fidelity(id: OperationId) -> Fidelity {
    use Fidelity::{Computed, Envelope, Guessed, Kept};
    match id {
        OperationId::AuthGateway
        | OperationId::AuthOidc
        | OperationId::AuthCheck
        | OperationId::ConnectorsErrors
        | OperationId::ConnectorsBaseAccount
        | OperationId::ConnectorsTemplate
        | OperationId::ResourcesList
        | OperationId::ResourcesGet
        | OperationId::ControlsList
        | OperationId::EvaluationsAccount
        | OperationId::EvaluationsResources
        | OperationId::EvaluationsStats
        | OperationId::PoliciesListV1
        | OperationId::PoliciesList
        | OperationId::MandatesListV1
        | OperationId::RemediationList
        | OperationId::ReportsData
        | OperationId::ActionsTypes
        | OperationId::ActivitiesList
        | OperationId::ActivitiesGet => Computed,
        OperationId::ConnectorsList
        | OperationId::ConnectorsGet
        | OperationId::ConnectorsCreateAws
        | OperationId::ConnectorsCreateAzure
        | OperationId::ConnectorsCreateGcp
        | OperationId::ConnectorsUpdateAws
        | OperationId::ConnectorsUpdateAzure
        | OperationId::ConnectorsUpdateGcp
        | OperationId::ConnectorsDelete
        | OperationId::ConnectorsRun
        | OperationId::ConnectorsEnable
        | OperationId::ConnectorsDisable
        | OperationId::GroupsList
        | OperationId::GroupsGet
        | OperationId::GroupsCreate
        | OperationId::GroupsAssign
        | OperationId::AssessmentsCreateV1
        | OperationId::AssessmentsCreate
        | OperationId::AssessmentsList
        | OperationId::AssessmentsDownload
        | OperationId::AssessmentsRerun
        | OperationId::ReportsList
        | OperationId::ReportsCreate
        | OperationId::ReportsGet
        | OperationId::ReportsUpdate
        | OperationId::ReportsDelete
        | OperationId::RulesList
        | OperationId::RulesGet
        | OperationId::RulesCreate
        | OperationId::RulesUpdate
        | OperationId::RulesEnable
        | OperationId::RulesDisable
        | OperationId::RulesDelete
        | OperationId::ActionsList
        | OperationId::ActionsGet
        | OperationId::ActionsCreateEmail
        | OperationId::ActionsCreateSlack
        | OperationId::ActionsCreatePagerduty
        | OperationId::ActionsUpdateEmail
        | OperationId::ActionsUpdateSlack
        | OperationId::ActionsUpdatePagerduty
        | OperationId::ActionsDelete
        | OperationId::IacScan
        | OperationId::IacList
        | OperationId::IacResult => Kept,
        OperationId::ConnectorsManaged
        | OperationId::ResourcesListV2
        | OperationId::EvaluationsOci
        | OperationId::EvaluationsResourcesV2
        | OperationId::MandatesList
        | OperationId::ActionsTestSlack
        | OperationId::ActionsTestPagerduty
        | OperationId::ExceptionsList
        | OperationId::ExceptionsDelete
        | OperationId::UsersScope
        | OperationId::UsersSetScope
        | OperationId::UsersSetGroups
        | OperationId::PortalSearch
        | OperationId::PortalGet
        | OperationId::PortalCreate
        | OperationId::PortalUpdate
        | OperationId::PortalDelete
        | OperationId::PortalRun
        | OperationId::TagsSearch
        | OperationId::FlexScanRegister
        | OperationId::IacResultByPath
        | OperationId::FindingsList => Guessed,
        OperationId::ConnectorsRegisterApplication
        | OperationId::SnapshotScannerRun
        | OperationId::SnapshotServiceAccount => Envelope,
    }
}
