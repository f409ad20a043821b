//! `totalcloud findings`

use crate::args::{ListArgs, OutputArgs};
use crate::context::Context;
use crate::duration;
use crate::error::CliError;
use crate::listing::{self, Part};
use crate::rows::Fields;
use futures_util::stream;
use jiff::Timestamp;
use std::time::Duration;
use totalcloud_api::Provider;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::findings::Finding;
use totalcloud_api::model::Model;

/// The verbs.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// List the threat findings of a period
    List(List),
}

/// `findings list`
#[derive(clap::Args)]
pub struct List {
    /// Begin of the period: 2026-01-31T00:00:00Z, or a date
    #[arg(long, value_name = "INSTANT", value_parser = instant, required_unless_present = "last", conflicts_with = "last")]
    from: Option<Timestamp>,
    /// End of the period [default: now]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    to: Option<Timestamp>,
    /// A period of this length, up to --to: 24h, 7d
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    last: Option<Duration>,
    /// Only findings that match (QQL); tokens begin with tc.findings.
    #[arg(long, value_name = "QQL", conflicts_with = "filter")]
    query: Option<String>,
    /// Only findings this bad, 1 to 5
    #[arg(long, value_name = "1-5", value_parser = clap::value_parser!(u8).range(1..=5))]
    severity: Option<u8>,
    /// Only findings of one cloud
    #[arg(long, value_name = "PROVIDER")]
    provider: Option<Provider>,
    /// Only findings of one account, subscription or project
    #[arg(long, value_name = "ID")]
    cloud_account: Option<String>,
    /// Only findings of one category, such as Malware
    #[arg(long, value_name = "NAME")]
    category: Option<String>,
    /// Only findings on one type of resources, such as EC2_INSTANCE
    #[arg(long, value_name = "TYPE")]
    resource_type: Option<String>,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// An instant, or a date for its first second.
fn instant(text: &str) -> Result<Timestamp, String> {
    let read = duration::first_second(text).as_deref().unwrap_or(text).parse::<Timestamp>();
    read.map_err(|_| "it wants an instant such as 2026-01-31T00:00:00Z, or a date".to_owned())
}

/// The form of the service: whole seconds, UTC.
fn sent(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Runs a verb.
///
/// # Errors
/// Those of the calls and of the output.
pub fn run(verb: Verb, context: &Context) -> Result<(), CliError> {
    let Verb::List(list) = verb;
    list.run(context)
}

impl List {
    /// The period that is asked for.
    fn period(&self, now: Timestamp) -> Result<(Timestamp, Timestamp), CliError> {
        let to = self.to.unwrap_or(now);
        let from = match (self.from, self.last) {
            (Some(from), _) => from,
            (None, Some(last)) => {
                to.checked_sub(last).map_err(|_| CliError::usage("--last reaches back beyond all time"))?
            }
            (None, None) => return Err(CliError::usage("--from or --last says where the period begins")),
        };
        if to < from {
            return Err(CliError::usage(format!(
                "the period ends ({}) before it begins ({})",
                sent(to),
                sent(from)
            )));
        }
        Ok((from, to))
    }

    fn run(mut self, context: &Context) -> Result<(), CliError> {
        let (from, to) = self.period(Timestamp::now())?;
        self.list.filter = self.list.filter.take().or(self.query.take());
        let label = format!("{} to {}", sent(from), sent(to));
        let mut part = Part::new(OperationId::FindingsList.operation(), &self.list, label)?
            .with("startAt", sent(from))
            .with("endAt", sent(to));
        for (wire, value) in [
            ("severity", self.severity.map(|s| s.to_string())),
            ("cloudProvider", self.provider.map(|p| p.as_str().to_uppercase())),
            ("cloudAccount", self.cloud_account),
            ("category", self.category),
            ("resourceType", self.resource_type),
        ] {
            if let Some(value) = value {
                part = part.with(wire, value);
            }
        }
        listing::run(context, &self.list, &self.output, Fields::Of(Finding::SHAPE), &[], "findings", |_| {
            stream::iter([Ok(part)])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_ends_now_unless_said_otherwise() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            list: List,
        }
        let now = instant("2026-01-15T12:00:00Z").unwrap();
        let period = |line: &str| {
            let line: Line = clap::Parser::parse_from(line.split(' '));
            line.list.period(now).map(|(from, to)| (sent(from), sent(to))).map_err(|e| e.message)
        };
        let days = |from: &str, to: &str| Ok((from.to_owned(), to.to_owned()));
        assert_eq!(period("x --last 24h"), days("2026-01-14T12:00:00Z", "2026-01-15T12:00:00Z"));
        assert_eq!(period("x --from 2026-01-01"), days("2026-01-01T00:00:00Z", "2026-01-15T12:00:00Z"));
        assert_eq!(
            period("x --last 1d --to 2026-01-02T00:00:00.999+01:00"),
            days("2025-12-31T23:00:00Z", "2026-01-01T23:00:00Z")
        );
        assert!(period("x --from 2026-02-01").unwrap_err().contains("before it begins"));
        assert!(instant("yesterday").is_err());
    }
}
