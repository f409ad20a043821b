//! What each operation answers. The one match over all operations is exhaustive, so that an operation that
//! is declared and not answered does not compile.

mod actions;
mod activities;
mod assessments;
mod connectors;
mod connectors_write;
mod controls;
mod csv;
mod evaluations;
mod exceptions;
mod findings;
mod groups;
mod iac;
mod neighbours;
mod policies;
mod portal;
mod remediation;
mod reports;
mod resources;
mod rules;
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
        OperationId::ConnectorsCreateAws => connectors_write::create_aws(call),
        OperationId::ConnectorsCreateAzure => connectors_write::create_azure(call),
        OperationId::ConnectorsCreateGcp => connectors_write::create_gcp(call),
        OperationId::ConnectorsUpdateAws => connectors_write::update_aws(call),
        OperationId::ConnectorsUpdateAzure => connectors_write::update_azure(call),
        OperationId::ConnectorsUpdateGcp => connectors_write::update_gcp(call),
        OperationId::ConnectorsDelete => connectors_write::delete(call),
        OperationId::ConnectorsRun => connectors_write::run(call),
        OperationId::ConnectorsEnable => connectors_write::enable(call),
        OperationId::ConnectorsDisable => connectors_write::disable(call),
        OperationId::RulesList => rules::list(call),
        OperationId::RulesGet => rules::get(call),
        OperationId::RulesCreate => rules::create(call),
        OperationId::RulesUpdate => rules::update(call),
        OperationId::RulesEnable => rules::enable(call),
        OperationId::RulesDisable => rules::disable(call),
        OperationId::RulesDelete => rules::delete(call),
        OperationId::ActionsList => actions::list(call),
        OperationId::ActionsTypes => actions::types(call),
        OperationId::ActionsGet => actions::get(call),
        OperationId::ActionsCreateEmail => actions::create_email(call),
        OperationId::ActionsCreateSlack => actions::create_slack(call),
        OperationId::ActionsCreatePagerduty => actions::create_pagerduty(call),
        OperationId::ActionsUpdateEmail => actions::update_email(call),
        OperationId::ActionsUpdateSlack => actions::update_slack(call),
        OperationId::ActionsUpdatePagerduty => actions::update_pagerduty(call),
        OperationId::ActionsTestSlack => actions::test_slack(call),
        OperationId::ActionsTestPagerduty => actions::test_pagerduty(call),
        OperationId::ActionsDelete => actions::delete(call),
        OperationId::ActivitiesList => activities::list(call),
        OperationId::ActivitiesGet => activities::get(call),
        OperationId::ConnectorsManaged => neighbours::managed(call),
        OperationId::ConnectorsRegisterApplication => neighbours::register_application(call),
        OperationId::GroupsList => groups::list(call),
        OperationId::GroupsGet => groups::get(call),
        OperationId::GroupsCreate => groups::create(call),
        OperationId::GroupsAssign => groups::assign(call),
        OperationId::UsersScope => groups::scope(call),
        OperationId::UsersSetScope => groups::set_scope(call),
        OperationId::UsersSetGroups => groups::set_groups(call),
        OperationId::SnapshotScannerRun => neighbours::register_scanner_run(call),
        OperationId::SnapshotServiceAccount => neighbours::register_service_account(call),
        OperationId::FlexScanRegister => neighbours::flexscan(call),
        OperationId::PortalSearch => portal::search(call),
        OperationId::PortalGet => portal::get(call),
        OperationId::PortalCreate => portal::create(call),
        OperationId::PortalUpdate => portal::update(call),
        OperationId::PortalDelete => portal::delete(call),
        OperationId::PortalRun => portal::run(call),
        OperationId::TagsSearch => portal::tags(call),
        OperationId::EvaluationsResourcesV2 => evaluations::resources_v2(call),
        OperationId::ReportsList => reports::list(call),
        OperationId::ReportsCreate => reports::create(call),
        OperationId::ReportsGet => reports::get(call),
        OperationId::ReportsUpdate => reports::update(call),
        OperationId::ReportsDelete => reports::delete(call),
        OperationId::ReportsData => reports::data(call),
        OperationId::ExceptionsList => exceptions::list(call),
        OperationId::ExceptionsDelete => exceptions::delete(call),
        OperationId::RemediationList => remediation::list(call),
        OperationId::IacScan => iac::scan(call),
        OperationId::IacList => iac::list(call),
        OperationId::IacResult => iac::result(call),
        OperationId::IacResultByPath => iac::result_by_path(call),
        OperationId::FindingsList => findings::list(call),
    };
    answer.unwrap_or_else(|refusal| refusal)
}
