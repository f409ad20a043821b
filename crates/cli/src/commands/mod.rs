//! Nouns and their verbs, one file each, and the proof that every operation is shown by one of them.

pub mod actions;
pub mod activities;
mod alerts;
pub mod api;
#[cfg(feature = "estate")]
pub mod ask;
pub mod assessments;
pub mod auth;
pub mod completions;
pub mod config;
pub mod connectors;
pub mod controls;
pub mod demo;
#[cfg(feature = "estate")]
pub mod diff;
pub mod doctor;
#[cfg(feature = "estate")]
pub mod estate;
pub mod evaluations;
pub mod exceptions;
#[cfg(feature = "estate")]
pub mod export;
pub mod findings;
pub mod flexscan;
pub mod groups;
pub mod iac;
pub mod mandates;
pub mod policies;
pub mod portal_connectors;
pub mod pull;
pub mod qql;
#[cfg(feature = "estate")]
pub mod query;
pub mod remediation;
pub mod reports;
pub mod resources;
pub mod rules;
mod shown;
pub mod sim;
pub mod snapshot;
#[cfg(feature = "estate")]
pub mod sync;
pub mod tags;
pub mod users;

pub use shown::{Shown, shown, shown_by};

use crate::context::Context;
use crate::error::CliError;

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
    /// Rules: when an alert is raised
    #[command(subcommand)]
    Rules(rules::Verb),
    /// Actions: how an alert is told, by mail, Slack or PagerDuty
    #[command(subcommand)]
    Actions(actions::Verb),
    /// Activities: the alerts that were told
    #[command(subcommand)]
    Activities(activities::Verb),
    /// Pull the whole subscription into a folder, a file a table
    Pull(pull::Pull),
    /// Sync the subscription into the estate, which keeps its history and answers SQL
    #[cfg(feature = "estate")]
    Sync(sync::Sync),
    /// See what changed between two syncs
    #[cfg(feature = "estate")]
    Diff(diff::Diff),
    /// Ask the estate, or the service itself, in SQL; line by line at a terminal
    #[cfg(feature = "estate")]
    Query(Box<query::Query>),
    /// Ready questions to the estate
    #[cfg(feature = "estate")]
    #[command(subcommand)]
    Ask(Box<ask::Verb>),
    /// Take tables and answers out of the estate: into files, PostgreSQL, or events for a SIEM
    #[cfg(feature = "estate")]
    Export(Box<export::Export>),
    /// The store that syncs fill: what there is, whether it is whole, its housekeeping
    #[cfg(feature = "estate")]
    #[command(subcommand)]
    Estate(estate::Verb),
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
        Command::Rules(verb) => rules::run(verb, context),
        Command::Actions(verb) => actions::run(verb, context),
        Command::Activities(verb) => activities::run(verb, context),
        Command::Pull(pull) => pull.run(context),
        #[cfg(feature = "estate")]
        Command::Sync(sync) => sync.run(context),
        #[cfg(feature = "estate")]
        Command::Diff(diff) => diff.run(context),
        #[cfg(feature = "estate")]
        Command::Query(query) => query.run(context),
        #[cfg(feature = "estate")]
        Command::Ask(verb) => ask::run(*verb, context),
        #[cfg(feature = "estate")]
        Command::Export(export) => export.run(context),
        #[cfg(feature = "estate")]
        Command::Estate(verb) => estate::run(verb, context),
        Command::Demo(demo) => demo.run(context),
        Command::Doctor(doctor) => doctor.run(context),
        Command::Api(api) => api.run(context),
        Command::Qql(verb) => qql::run(verb, context),
        Command::Sim(sim) => sim.run(context),
        Command::Config(verb) => config::run(verb, context),
        Command::Completions(completions) => completions.run(context),
    }
}
