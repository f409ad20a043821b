//! Which command shows an operation, with an example of each. An operation that nobody thought of does not compile.

use totalcloud_api::endpoints::OperationId;

/// How an operation is reached by a noun and a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The command, without `totalcloud`.
    pub command: &'static str,
    /// A whole command, words parted by single spaces.
    pub example: &'static str,
}

const fn show(command: &'static str, example: &'static str) -> Shown {
    Shown { command, example }
}

/// The command that shows an operation, besides `api`.
pub fn shown(id: OperationId) -> Shown {
    match id {
        OperationId::AuthGateway => show("auth token", "auth token"),
        OperationId::AuthOidc => show("auth token", "auth token"),
        OperationId::AuthCheck => show("auth status", "auth status"),
        OperationId::ConnectorsList => show("connectors list", "connectors list --filter state:ERROR"),
        OperationId::ConnectorsGet => {
            show("connectors get", "connectors get 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2")
        }
        OperationId::ConnectorsErrors => {
            show("connectors errors", "connectors errors 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2")
        }
        OperationId::ConnectorsBaseAccount => show("connectors base-account", "connectors base-account"),
        OperationId::ConnectorsTemplate => {
            show("connectors template", "connectors template --external-id 123456789012 --output role.json")
        }
        OperationId::ResourcesList => show("resources list", "resources list --type ec2 --provider aws"),
        OperationId::ResourcesListV2 => {
            show("resources list", "resources list --type ec2 --inventory-api v2")
        }
        OperationId::ResourcesGet => {
            show("resources get", "resources get 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2 --type ec2")
        }
        OperationId::ControlsList => show("controls list", "controls list --filter control.criticality:HIGH"),
        OperationId::EvaluationsAccount => {
            show("evaluations account", "evaluations account --account 123456789012")
        }
        OperationId::EvaluationsOci => {
            show("evaluations account", "evaluations account --account ocid1.tenancy.oc1..a")
        }
        OperationId::EvaluationsResources => {
            show("evaluations resources", "evaluations resources --account 123456789012 --control 1")
        }
        OperationId::EvaluationsStats => show(
            "evaluations stats",
            "evaluations stats --control 1 --connector 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2 --resource i-1",
        ),
        OperationId::PoliciesListV1 => show("policies list", "policies list --api-version 1"),
        OperationId::PoliciesList => show("policies list", "policies list --provider aws"),
        OperationId::MandatesListV1 => show("mandates list", "mandates list --api-version 1"),
        OperationId::MandatesList => show("mandates list", "mandates list"),
        OperationId::AssessmentsCreateV1 => show(
            "assessments create",
            "assessments create --api-version 1 --report-name Q1 --provider aws --policy-ids 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2 --connector 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2 --start-date 2026-01-01T00:00:00Z --end-date 2026-04-01T00:00:00Z",
        ),
        OperationId::AssessmentsCreate => show(
            "assessments create",
            "assessments create --report-name Q1 --provider aws --policy-ids 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2 --connector 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2 --start-date 2026-01-01T00:00:00Z --end-date 2026-04-01T00:00:00Z --wait --output q1.csv",
        ),
        OperationId::AssessmentsList => show("assessments list", "assessments list"),
        OperationId::AssessmentsDownload => show(
            "assessments download",
            "assessments download 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2 --output q1.csv",
        ),
        OperationId::AssessmentsRerun => {
            show("assessments rerun", "assessments rerun 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2")
        }
        OperationId::RemediationList => show("remediation list", "remediation list --provider aws"),
        OperationId::ConnectorsCreateAws => show(
            "connectors create aws",
            "connectors create aws --name shop --arn arn:aws:iam::123456789012:role/qualys --external-id 123456789012",
        ),
        OperationId::ConnectorsCreateAzure => show(
            "connectors create azure",
            "connectors create azure --name shop --application-id 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2 --directory-id 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2 --subscription-id 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2 --authentication-key-file azure.key",
        ),
        OperationId::ConnectorsCreateGcp => show(
            "connectors create gcp",
            "connectors create gcp --name shop --project-id shop-1 --config-file service-account.json",
        ),
        OperationId::ConnectorsUpdateAws => show(
            "connectors update aws",
            "connectors update aws 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2 --polling-frequency-hours 6",
        ),
        OperationId::ConnectorsUpdateAzure => show(
            "connectors update azure",
            "connectors update azure 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2 --name billing",
        ),
        OperationId::ConnectorsUpdateGcp => show(
            "connectors update gcp",
            "connectors update gcp 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2 --name billing --config-file service-account.json",
        ),
        OperationId::ConnectorsDelete => {
            show("connectors delete", "connectors delete 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2 --yes")
        }
        OperationId::ConnectorsRun => {
            show("connectors run", "connectors run 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2 --wait")
        }
        OperationId::ConnectorsEnable => {
            show("connectors enable", "connectors enable 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2")
        }
        OperationId::ConnectorsDisable => {
            show("connectors disable", "connectors disable 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2")
        }
        OperationId::ConnectorsManaged => show("connectors list", "connectors list --provider oci"),
        OperationId::ConnectorsRegisterApplication => {
            show("connectors register-application", "connectors register-application --from application.yaml")
        }
        OperationId::GroupsList => show("groups list", "groups list"),
        OperationId::GroupsGet => show("groups get", "groups get 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2"),
        OperationId::GroupsCreate => show("groups create", "groups create --group-name production"),
        OperationId::GroupsAssign => show(
            "groups assign",
            "groups assign --provider aws --account-identifiers 123456789012 --add-group-ids 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2",
        ),
        OperationId::UsersScope => show("users scope", "users scope quays_ab1"),
        OperationId::UsersSetScope => show(
            "users set-scope",
            "users set-scope quays_ab1 --provider aws --add-account-identifiers 123456789012",
        ),
        OperationId::UsersSetGroups => show(
            "users set-groups",
            "users set-groups quays_ab1 --add-groups-ids 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2",
        ),
        OperationId::SnapshotScannerRun => {
            show("snapshot register-scanner-run", "snapshot register-scanner-run --from run.json")
        }
        OperationId::SnapshotServiceAccount => {
            show("snapshot register-service-account", "snapshot register-service-account --from account.json")
        }
        OperationId::FlexScanRegister => {
            show("flexscan register", "flexscan register --account-id 123456789012 --cloud-type AWS")
        }
        OperationId::PortalSearch => {
            show("portal-connectors list", "portal-connectors list --provider aws --joined")
        }
        OperationId::PortalGet => show("portal-connectors get", "portal-connectors get 17 --provider aws"),
        OperationId::PortalCreate => {
            show("portal-connectors create", "portal-connectors create --provider aws --data @connector.json")
        }
        OperationId::PortalUpdate => {
            show("portal-connectors update", "portal-connectors update 17 --provider aws --data @change.json")
        }
        OperationId::PortalDelete => {
            show("portal-connectors delete", "portal-connectors delete 17 --provider aws --yes")
        }
        OperationId::PortalRun => show("portal-connectors run", "portal-connectors run 17 --provider aws"),
        OperationId::TagsSearch => show("tags search", "tags search --name production"),
        OperationId::EvaluationsResourcesV2 => show(
            "evaluations resources",
            "evaluations resources --account 123456789012 --control 1 --api-version 2",
        ),
        OperationId::ReportsList => show("reports list", "reports list"),
        OperationId::ReportsCreate => show(
            "reports create",
            "reports create --provider aws --type POLICY --title Q1 --connector-ids 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2 --policy 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2",
        ),
        OperationId::ReportsGet => show("reports get", "reports get 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2"),
        OperationId::ReportsUpdate => {
            show("reports update", "reports update 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2 --title Q2")
        }
        OperationId::ReportsDelete => {
            show("reports delete", "reports delete 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2 --yes")
        }
        OperationId::ReportsData => show("reports data", "reports data 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2"),
        OperationId::ExceptionsList => {
            show("exceptions list", "exceptions list --filter exception.provider:AWS")
        }
        OperationId::ExceptionsDelete => {
            show("exceptions delete", "exceptions delete 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2 --yes")
        }
        OperationId::RulesList => show("rules list", "rules list --provider aws"),
        OperationId::RulesGet => show("rules get", "rules get 17"),
        OperationId::RulesCreate => show(
            "rules create",
            "rules create --provider aws --rule-type simple_alert --name high --qql control.criticality:HIGH --action-requests actionId=17,actionType=slack,slackChannel=#ops",
        ),
        OperationId::RulesUpdate => show("rules update", "rules update 17 --from rule.yaml"),
        OperationId::RulesEnable => show("rules enable", "rules enable 17"),
        OperationId::RulesDisable => show("rules disable", "rules disable 17"),
        OperationId::RulesDelete => show("rules delete", "rules delete 17 --yes"),
        OperationId::ActionsList => show("actions list", "actions list"),
        OperationId::ActionsTypes => show("actions types", "actions types"),
        OperationId::ActionsGet => show("actions get", "actions get 17"),
        OperationId::ActionsCreateEmail => show(
            "actions create email",
            "actions create email --action-name ops --recipients ops@example.com --subject Findings",
        ),
        OperationId::ActionsCreateSlack => show(
            "actions create slack",
            "actions create slack --action-name ops --channel=#ops --webhook-uri-file webhook",
        ),
        OperationId::ActionsCreatePagerduty => show(
            "actions create pagerduty",
            "actions create pagerduty --action-name ops --service-key-file key --subject-line Findings",
        ),
        OperationId::ActionsUpdateEmail => {
            show("actions update email", "actions update email 17 --from action.yaml")
        }
        OperationId::ActionsUpdateSlack => {
            show("actions update slack", "actions update slack 17 --from action.yaml")
        }
        OperationId::ActionsUpdatePagerduty => {
            show("actions update pagerduty", "actions update pagerduty 17 --from action.yaml")
        }
        OperationId::ActionsTestSlack => {
            show("actions test slack", "actions test slack --channel=#ops --webhook-uri-file webhook")
        }
        OperationId::ActionsTestPagerduty => {
            show("actions test pagerduty", "actions test pagerduty --service-key-file key")
        }
        OperationId::ActionsDelete => show("actions delete", "actions delete 17 --yes"),
        OperationId::ActivitiesList => show("activities list", "activities list --provider aws"),
        OperationId::ActivitiesGet => show("activities get", "activities get 17"),
        OperationId::IacScan => show("iac scan", "iac scan templates --fail-on high"),
        OperationId::IacList => show("iac list", "iac list"),
        OperationId::IacResult => {
            show("iac result", "iac result 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2 --format sarif")
        }
        OperationId::IacResultByPath => {
            show("iac result", "iac result 3f0c1a52-8a4e-4a65-9a59-0a6a54e3f1b2 --result-path")
        }
        OperationId::FindingsList => show("findings list", "findings list --last 24h"),
    }
}

/// The command that shows an operation, without an example.
pub fn shown_by(id: OperationId) -> &'static str {
    shown(id).command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::{CommandFactory, Parser};

    #[test]
    fn every_example_is_a_command_of_the_operation_that_it_shows() {
        let mut wrong = Vec::new();
        for id in OperationId::ALL {
            let (op, shown) = (id.operation(), shown(*id));
            if !shown.example.starts_with(shown.command) {
                wrong.push(format!("{}: '{}' is no example of '{}'", op.id, shown.example, shown.command));
            }
            let words = std::iter::once("totalcloud").chain(shown.example.split(' '));
            if let Err(e) = Cli::try_parse_from(words) {
                wrong.push(format!("{}: {}: {e}", op.id, shown.example));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn every_operation_is_shown_by_a_command_that_is_there() {
        let root = Cli::command();
        for id in OperationId::ALL {
            let path = shown_by(*id);
            let found = path.split(' ').try_fold(&root, |at, name| at.find_subcommand(name));
            assert!(found.is_some(), "{}: there is no '{path}'", id.operation().id);
        }
    }
}
