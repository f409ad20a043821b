//! The operations of the service, one file each, and the one list of all of them.

pub mod alerts;
pub mod assessments;
pub mod auth;
pub mod connectors;
pub mod controls;
pub mod evaluations;
pub mod exceptions;
pub mod findings;
pub mod groups;
pub mod iac;
pub mod neighbours;
pub mod policies;
pub mod portal;
pub mod remediation;
pub mod reports;
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
    /// `POST …/aws/connectors`
    ConnectorsCreateAws => connectors::CreateAwsConnector;
    /// `POST …/azure/connectors`
    ConnectorsCreateAzure => connectors::CreateAzureConnector;
    /// `POST …/gcp/connectors`
    ConnectorsCreateGcp => connectors::CreateGcpConnector;
    /// `PUT …/aws/connectors/{connectorId}`
    ConnectorsUpdateAws => connectors::UpdateAwsConnector;
    /// `PUT …/azure/connectors/{connectorId}`
    ConnectorsUpdateAzure => connectors::UpdateAzureConnector;
    /// `PUT …/gcp/connectors/{connectorId}`
    ConnectorsUpdateGcp => connectors::UpdateGcpConnector;
    /// `DELETE …/{p}/connectors`
    ConnectorsDelete => connectors::DeleteConnectors;
    /// `POST …/{p}/connectors/run`
    ConnectorsRun => connectors::RunConnectors;
    /// `PATCH …/{p}/connectors/connectors/enable`
    ConnectorsEnable => connectors::EnableConnectors;
    /// `PATCH …/{p}/connectors/connectors/disable`
    ConnectorsDisable => connectors::DisableConnectors;
    /// `GET /connectors/v1.0/{P}/list`
    ConnectorsManaged => connectors::ListManagedConnectors;
    /// `POST /connectors/v1.0/azure/registerSecondaryApplication`
    ConnectorsRegisterApplication => connectors::RegisterSecondaryApplication;
    /// `GET …/groups`
    GroupsList => groups::ListGroups;
    /// `GET …/groups/{groupUuid}`
    GroupsGet => groups::GetGroup;
    /// `POST …/groups`
    GroupsCreate => groups::CreateGroup;
    /// `POST …/groups/connectors`
    GroupsAssign => groups::AssignGroups;
    /// `GET …/users/{userName}/scope`
    UsersScope => groups::GetUserScope;
    /// `POST …/users/{userName}/scope`
    UsersSetScope => groups::SetUserScope;
    /// `POST …/users/{userName}/groupScope`
    UsersSetGroups => groups::SetUserGroups;
    /// `POST /conn/snapshot/v1.0/register-scanner-run`
    SnapshotScannerRun => neighbours::RegisterScannerRun;
    /// `POST /conn/snapshot/v1.0/register-service-account`
    SnapshotServiceAccount => neighbours::RegisterServiceAccount;
    /// `POST /flexscan-api/rest/v1/service-accounts/register`
    FlexScanRegister => neighbours::RegisterFlexScan;
    /// `POST /qps/rest/3.0/search/am/{kind}`
    PortalSearch => portal::SearchPortalConnectors;
    /// `GET /qps/rest/3.0/get/am/{kind}/{id}`
    PortalGet => portal::GetPortalConnector;
    /// `POST /qps/rest/3.0/create/am/{kind}`
    PortalCreate => portal::CreatePortalConnector;
    /// `POST /qps/rest/3.0/update/am/{kind}/{id}`
    PortalUpdate => portal::UpdatePortalConnector;
    /// `POST /qps/rest/3.0/delete/am/{kind}/{id}`
    PortalDelete => portal::DeletePortalConnector;
    /// `POST /qps/rest/3.0/run/am/{kind}/{id}`
    PortalRun => portal::RunPortalConnector;
    /// `POST /qps/rest/2.0/search/am/tag`
    TagsSearch => portal::SearchTags;
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
    /// `GET …/v2/{p}/evaluations/{account}/resources/{controlId}`
    EvaluationsResourcesV2 => evaluations::ListResourceEvaluationsV2;
    /// `GET …/reports`
    ReportsList => reports::ListReports;
    /// `POST …/reports`
    ReportsCreate => reports::CreateReport;
    /// `GET …/reports/{reportId}`
    ReportsGet => reports::GetReport;
    /// `PATCH …/reports/{reportId}`
    ReportsUpdate => reports::UpdateReport;
    /// `DELETE …/reports`
    ReportsDelete => reports::DeleteReports;
    /// `GET …/reports/report_data/{reportId}`
    ReportsData => reports::GetReportData;
    /// `GET …/exceptions/list`
    ExceptionsList => exceptions::ListExceptions;
    /// `POST …/exceptions/delete`
    ExceptionsDelete => exceptions::DeleteExceptions;
    /// `GET …/rules`
    RulesList => alerts::ListRules;
    /// `GET …/rules/{ruleId}`
    RulesGet => alerts::GetRule;
    /// `POST …/rules`
    RulesCreate => alerts::CreateRule;
    /// `PUT …/rules/{ruleId}`
    RulesUpdate => alerts::UpdateRule;
    /// `POST …/rules/enable`
    RulesEnable => alerts::EnableRules;
    /// `POST …/rules/disable`
    RulesDisable => alerts::DisableRules;
    /// `POST …/rules/delete`
    RulesDelete => alerts::DeleteRules;
    /// `GET …/actions`
    ActionsList => alerts::ListActions;
    /// `GET …/actions/types`
    ActionsTypes => alerts::ListActionTypes;
    /// `GET …/actions/{id}`
    ActionsGet => alerts::GetAction;
    /// `POST …/actions/email`
    ActionsCreateEmail => alerts::CreateEmailAction;
    /// `POST …/actions/slack`
    ActionsCreateSlack => alerts::CreateSlackAction;
    /// `POST …/actions/pagerduty`
    ActionsCreatePagerduty => alerts::CreatePagerdutyAction;
    /// `PUT …/actions/email/{id}`
    ActionsUpdateEmail => alerts::UpdateEmailAction;
    /// `PUT …/actions/slack/{id}`
    ActionsUpdateSlack => alerts::UpdateSlackAction;
    /// `PUT …/actions/pagerduty/{id}`
    ActionsUpdatePagerduty => alerts::UpdatePagerdutyAction;
    /// `POST …/actions/slack/test`
    ActionsTestSlack => alerts::TestSlackAction;
    /// `POST …/actions/pagerduty/test`
    ActionsTestPagerduty => alerts::TestPagerdutyAction;
    /// `POST …/actions/delete`
    ActionsDelete => alerts::DeleteActions;
    /// `GET …/activities`
    ActivitiesList => alerts::ListActivities;
    /// `GET …/activities/{id}`
    ActivitiesGet => alerts::GetActivity;
    /// `POST …/iac/scan`
    IacScan => iac::ScanIac;
    /// `GET …/iac/getScanList`
    IacList => iac::ListIacScans;
    /// `GET …/iac/scanResult`
    IacResult => iac::GetIacResult;
    /// `GET …/iac/getScanResult/{scanUuid}`
    IacResultByPath => iac::GetIacResultByPath;
    /// `GET /cdr-api/rest/v1/findings/`
    FindingsList => findings::ListFindings;
}

/// The operation of this id, such as `resources.list`.
pub fn by_id(id: &str) -> Option<OperationId> {
    OperationId::ALL.iter().copied().find(|o| o.operation().id == id)
}

#[cfg(test)]
mod tests;
