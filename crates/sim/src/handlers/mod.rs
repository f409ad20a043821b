//! What each operation answers. The one match over all operations is exhaustive, so that an operation that
//! is declared and not answered does not compile.

mod assessments;
mod connectors;
mod connectors_write;
mod controls;
mod csv;
mod evaluations;
mod policies;
mod remediation;
mod resources;
mod sign_in;

use crate::call::Call;
use crate::reply::Reply;
use totalcloud_api::endpoints::OperationId;

/// Answers a call that was let in.
pub(crate) fn answer(call: &Call<'_>) -> Reply {
    let answer = match call.id {
        OperationId::AuthGateway => sign_in::gateway(call),
        OperationId::AuthOidc => sign_in::oidc(call),
        OperationId::AuthCheck => sign_in::about(call),
        OperationId::ConnectorsList => connectors::list(call),
        OperationId::ConnectorsGet => connectors::get(call),
        OperationId::ConnectorsErrors => connectors::errors(call),
        OperationId::ConnectorsBaseAccount => connectors::base_account(call),
        OperationId::ConnectorsTemplate => connectors::template(call),
        OperationId::ResourcesList => resources::list(call),
        OperationId::ResourcesListV2 => resources::list_v2(call),
        OperationId::ResourcesGet => resources::get(call),
        OperationId::ControlsList => controls::list(call),
        OperationId::EvaluationsAccount => evaluations::account(call),
        OperationId::EvaluationsResources => evaluations::resources(call),
        OperationId::EvaluationsStats => evaluations::stats(call),
        OperationId::EvaluationsOci => evaluations::oci(call),
        OperationId::PoliciesListV1 => policies::list_v1(call),
        OperationId::PoliciesList => policies::list(call),
        OperationId::MandatesListV1 | OperationId::MandatesList => policies::mandates(call),
        OperationId::AssessmentsCreateV1 | OperationId::AssessmentsCreate => assessments::create(call),
        OperationId::AssessmentsList => assessments::list(call),
        OperationId::AssessmentsDownload => assessments::download(call),
        OperationId::AssessmentsRerun => assessments::rerun(call),
        OperationId::RemediationList => remediation::list(call),
        OperationId::ConnectorsCreateAws
        | OperationId::ConnectorsCreateAzure
        | OperationId::ConnectorsCreateGcp
        | OperationId::ConnectorsUpdateAws
        | OperationId::ConnectorsUpdateAzure
        | OperationId::ConnectorsUpdateGcp
        | OperationId::ConnectorsDelete
        | OperationId::ConnectorsRun
        | OperationId::ConnectorsEnable
        | OperationId::ConnectorsDisable
        | OperationId::ConnectorsManaged
        | OperationId::ConnectorsRegisterApplication
        | OperationId::GroupsList
        | OperationId::GroupsGet
        | OperationId::GroupsCreate
        | OperationId::GroupsAssign
        | OperationId::UsersScope
        | OperationId::UsersSetScope
        | OperationId::UsersSetGroups
        | OperationId::SnapshotScannerRun
        | OperationId::SnapshotServiceAccount
        | OperationId::FlexScanRegister
        | OperationId::PortalSearch
        | OperationId::PortalGet
        | OperationId::PortalCreate
        | OperationId::PortalUpdate
        | OperationId::PortalDelete
        | OperationId::PortalRun
        | OperationId::TagsSearch
        | OperationId::EvaluationsResourcesV2
        | OperationId::ReportsList
        | OperationId::ReportsCreate
        | OperationId::ReportsGet
        | OperationId::ReportsUpdate
        | OperationId::ReportsDelete
        | OperationId::ReportsData
        | OperationId::ExceptionsList
        | OperationId::ExceptionsDelete
        | OperationId::RulesList
        | OperationId::RulesGet
        | OperationId::RulesCreate
        | OperationId::RulesUpdate
        | OperationId::RulesEnable
        | OperationId::RulesDisable
        | OperationId::RulesDelete
        | OperationId::ActionsList
        | OperationId::ActionsTypes
        | OperationId::ActionsGet
        | OperationId::ActionsCreateEmail
        | OperationId::ActionsCreateSlack
        | OperationId::ActionsCreatePagerduty
        | OperationId::ActionsUpdateEmail
        | OperationId::ActionsUpdateSlack
        | OperationId::ActionsUpdatePagerduty
        | OperationId::ActionsTestSlack
        | OperationId::ActionsTestPagerduty
        | OperationId::ActionsDelete
        | OperationId::ActivitiesList
        | OperationId::ActivitiesGet
        | OperationId::IacScan
        | OperationId::IacList
        | OperationId::IacResult
        | OperationId::IacResultByPath
        | OperationId::FindingsList => Err(call.errors.no_such_path()),
    };
    answer.unwrap_or_else(|refusal| refusal)
}
