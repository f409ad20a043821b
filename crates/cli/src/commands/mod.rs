//! Nouns and their verbs, one file each, and the proof that every operation is shown by one of them.

pub mod api;
pub mod assessments;
pub mod auth;
pub mod completions;
pub mod config;
pub mod connectors;
pub mod controls;
pub mod demo;
pub mod doctor;
pub mod evaluations;
pub mod findings;
pub mod flexscan;
pub mod groups;
pub mod exceptions;
pub mod iac;
pub mod mandates;
pub mod policies;
pub mod portal_connectors;
pub mod pull;
pub mod qql;
pub mod remediation;
pub mod reports;
pub mod resources;
pub mod sim;
pub mod snapshot;
pub mod tags;
pub mod users;

use crate::context::Context;
use crate::error::CliError;
use totalcloud_api::endpoints::OperationId;

/// What to do.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Sign in, see who is signed in, sign out
    #[command(subcommand)]
    Auth(auth::Verb),
    /// Cloud accounts registered with the service
    #[command(subcommand)]
    Connectors(connectors::Verb),
    /// Connectors by the Connector API v3, which has numbers of its own for them
    #[command(subcommand)]
    PortalConnectors(portal_connectors::Verb),
    /// Groups of connectors
    #[command(subcommand)]
    Groups(groups::Verb),
    /// What users may see
    #[command(subcommand)]
    Users(users::Verb),
    /// Tags, whose numbers reports take
    #[command(subcommand)]
    Tags(tags::Verb),
    /// Registrations for snapshot scanning
    #[command(subcommand)]
    Snapshot(snapshot::Verb),
    /// Registrations for FlexScan
    #[command(subcommand)]
    Flexscan(flexscan::Verb),
    /// The inventory: what there is in the clouds
    #[command(subcommand)]
    Resources(resources::Verb),
    /// The checks of the service
    #[command(subcommand)]
    Controls(controls::Verb),
    /// Posture: the results of controls, per account and per resource
    #[command(subcommand)]
    Evaluations(evaluations::Verb),
    /// Assessment reports
    #[command(subcommand)]
    Assessments(assessments::Verb),
    /// Report configurations: what policies and mandates say, in numbers
    #[command(subcommand)]
    Reports(reports::Verb),
    /// Exceptions: results that are accepted for a while
    #[command(subcommand)]
    Exceptions(exceptions::Verb),
    /// The remediation log
    #[command(subcommand)]
    Remediation(remediation::Verb),
    /// Policies: groups of controls
    #[command(subcommand)]
    Policies(policies::Verb),
    /// Mandates: what laws and standards demand
    #[command(subcommand)]
    Mandates(mandates::Verb),
    /// Infrastructure as code: scan templates and see what failed
    #[command(subcommand)]
    Iac(iac::Verb),
    /// Threat findings (CDR)
    #[command(subcommand)]
    Findings(findings::Verb),
    /// Pull the whole subscription into a folder, a file a table
    Pull(pull::Pull),
    /// See all of it at work on a simulated company; no account needed
    Demo(demo::Demo),
    /// Check settings, network, sign-in, clock, limits and disk, and say what to do
    Doctor(doctor::Doctor),
    /// Any operation of the service by its name
    Api(api::Api),
    /// Check, explain and complete filters in the service's query language; makes no call
    #[command(subcommand)]
    Qql(qql::Verb),
    /// The service simulated, for trials and tests
    Sim(Box<sim::Sim>),
    /// The settings and where they come from
    #[command(subcommand)]
    Config(config::Verb),
    /// Completions for a shell
    Completions(completions::Completions),
}

/// Runs a command.
///
/// # Errors
/// What is to be said and how the process ends.
pub fn run(command: Command, context: &Context) -> Result<(), CliError> {
    match command {
        Command::Auth(verb) => auth::run(verb, context),
        Command::Connectors(verb) => connectors::run(verb, context),
        Command::PortalConnectors(verb) => portal_connectors::run(verb, context),
        Command::Groups(verb) => groups::run(verb, context),
        Command::Users(verb) => users::run(verb, context),
        Command::Tags(verb) => tags::run(verb, context),
        Command::Snapshot(verb) => snapshot::run(verb, context),
        Command::Flexscan(verb) => flexscan::run(verb, context),
        Command::Resources(verb) => resources::run(verb, context),
        Command::Controls(verb) => controls::run(verb, context),
        Command::Evaluations(verb) => evaluations::run(verb, context),
        Command::Assessments(verb) => assessments::run(verb, context),
        Command::Reports(verb) => reports::run(verb, context),
        Command::Exceptions(verb) => exceptions::run(verb, context),
        Command::Remediation(verb) => remediation::run(verb, context),
        Command::Policies(verb) => policies::run(verb, context),
        Command::Mandates(verb) => mandates::run(verb, context),
        Command::Iac(verb) => iac::run(verb, context),
        Command::Findings(verb) => findings::run(verb, context),
        Command::Pull(pull) => pull.run(context),
        Command::Demo(demo) => demo.run(context),
        Command::Doctor(doctor) => doctor.run(context),
        Command::Api(api) => api.run(context),
        Command::Qql(verb) => qql::run(verb, context),
        Command::Sim(sim) => sim.run(context),
        Command::Config(verb) => config::run(verb, context),
        Command::Completions(completions) => completions.run(context),
    }
}

/// The command that shows an operation, besides `api`. An operation that nobody thought of does not compile.
pub fn shown_by(id: OperationId) -> &'static str {
    match id {
        OperationId::AuthGateway | OperationId::AuthOidc => "auth token",
        OperationId::AuthCheck => "auth status",
        OperationId::ConnectorsList => "connectors list",
        OperationId::ConnectorsGet => "connectors get",
        OperationId::ConnectorsErrors => "connectors errors",
        OperationId::ConnectorsBaseAccount => "connectors base-account",
        OperationId::ConnectorsTemplate => "connectors template",
        OperationId::ResourcesList | OperationId::ResourcesListV2 => "resources list",
        OperationId::ResourcesGet => "resources get",
        OperationId::ControlsList => "controls list",
        OperationId::EvaluationsAccount | OperationId::EvaluationsOci => "evaluations account",
        OperationId::EvaluationsResources => "evaluations resources",
        OperationId::EvaluationsStats => "evaluations stats",
        OperationId::PoliciesListV1 | OperationId::PoliciesList => "policies list",
        OperationId::MandatesListV1 | OperationId::MandatesList => "mandates list",
        OperationId::AssessmentsCreateV1 | OperationId::AssessmentsCreate => "assessments create",
        OperationId::AssessmentsList => "assessments list",
        OperationId::AssessmentsDownload => "assessments download",
        OperationId::AssessmentsRerun => "assessments rerun",
        OperationId::RemediationList => "remediation list",
        OperationId::ConnectorsCreateAws => "connectors create aws",
        OperationId::ConnectorsCreateAzure => "connectors create azure",
        OperationId::ConnectorsCreateGcp => "connectors create gcp",
        OperationId::ConnectorsUpdateAws => "connectors update aws",
        OperationId::ConnectorsUpdateAzure => "connectors update azure",
        OperationId::ConnectorsUpdateGcp => "connectors update gcp",
        OperationId::ConnectorsDelete => "connectors delete",
        OperationId::ConnectorsRun => "connectors run",
        OperationId::ConnectorsEnable => "connectors enable",
        OperationId::ConnectorsDisable => "connectors disable",
        OperationId::ConnectorsManaged => "connectors list",
        OperationId::ConnectorsRegisterApplication => "connectors register-application",
        OperationId::GroupsList => "groups list",
        OperationId::GroupsGet => "groups get",
        OperationId::GroupsCreate => "groups create",
        OperationId::GroupsAssign => "groups assign",
        OperationId::UsersScope => "users scope",
        OperationId::UsersSetScope => "users set-scope",
        OperationId::UsersSetGroups => "users set-groups",
        OperationId::SnapshotScannerRun => "snapshot register-scanner-run",
        OperationId::SnapshotServiceAccount => "snapshot register-service-account",
        OperationId::FlexScanRegister => "flexscan register",
        OperationId::PortalSearch => "portal-connectors list",
        OperationId::PortalGet => "portal-connectors get",
        OperationId::PortalCreate => "portal-connectors create",
        OperationId::PortalUpdate => "portal-connectors update",
        OperationId::PortalDelete => "portal-connectors delete",
        OperationId::PortalRun => "portal-connectors run",
        OperationId::TagsSearch => "tags search",
        OperationId::EvaluationsResourcesV2 => "evaluations resources",
        OperationId::ReportsList => "reports list",
        OperationId::ReportsCreate => "reports create",
        OperationId::ReportsGet => "reports get",
        OperationId::ReportsUpdate => "reports update",
        OperationId::ReportsDelete => "reports delete",
        OperationId::ReportsData => "reports data",
        OperationId::ExceptionsList => "exceptions list",
        OperationId::ExceptionsDelete => "exceptions delete",
        OperationId::RulesList => "rules list",
        OperationId::RulesGet => "rules get",
        OperationId::RulesCreate => "rules create",
        OperationId::RulesUpdate => "rules update",
        OperationId::RulesEnable => "rules enable",
        OperationId::RulesDisable => "rules disable",
        OperationId::RulesDelete => "rules delete",
        OperationId::ActionsList => "actions list",
        OperationId::ActionsTypes => "actions types",
        OperationId::ActionsGet => "actions get",
        OperationId::ActionsCreateEmail => "actions create email",
        OperationId::ActionsCreateSlack => "actions create slack",
        OperationId::ActionsCreatePagerduty => "actions create pagerduty",
        OperationId::ActionsUpdateEmail => "actions update email",
        OperationId::ActionsUpdateSlack => "actions update slack",
        OperationId::ActionsUpdatePagerduty => "actions update pagerduty",
        OperationId::ActionsTestSlack => "actions test slack",
        OperationId::ActionsTestPagerduty => "actions test pagerduty",
        OperationId::ActionsDelete => "actions delete",
        OperationId::ActivitiesList => "activities list",
        OperationId::ActivitiesGet => "activities get",
        OperationId::IacScan => "iac scan",
        OperationId::IacList => "iac list",
        OperationId::IacResult => "iac result",
        OperationId::IacResultByPath => "iac result",
        OperationId::FindingsList => "findings list",
    }
}
