//! A connector's run, from its start to its end.

use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::poll::{Awaited, Look, PollPolicy};
use jiff::Timestamp;
use std::time::Duration;
use totalcloud_api::Time;
use totalcloud_api::endpoints::connectors::{Connector, GetConnector};
use totalcloud_api::operation::Endpoint;
use totalcloud_api::provider::Provider;

impl Client {
    /// Waits until a connector has run, after it was told to or was made. `before` is how it was before that.
    ///
    /// A run that ended in the state `ERROR` is an end as well: ask [`Connector::state`] and
    /// [`Connector::error`](Connector).
    ///
    /// # Errors
    /// If there is no such connector, it does not end in time, or the service fails for good.
    pub async fn wait_for_connector(
        &self,
        provider: Provider,
        connector_id: &str,
        before: Option<&Connector>,
        policy: &PollPolicy,
    ) -> Result<Connector, Error> {
        let operation = GetConnector::OPERATION;
        let awaited = Awaited {
            operation,
            noun: "run of the connector",
            id: connector_id,
            later: format!("it goes on: look again with 'totalcloud connectors get {connector_id}'"),
        };
        let request = GetConnector::new(provider, connector_id);
        let clock = &self.engine().clock;
        let started = clock.ticks();
        let mut run = Run::after(before);
        self.wait_until(&awaited, policy, async || {
            let Some(connector) = self.get(&request).await? else {
                let message = format!("there is no connector {connector_id}");
                return Err(Error::new(ErrorKind::NotFound, message).with_operation(operation.id));
            };
            Ok(if run.is_over(&connector, clock.ticks().saturating_sub(started)) {
                Look::Done(connector)
            } else {
                Look::Running(connector.state.clone())
            })
        })
        .await
    }
}

/// How long a connector that stood at an error may stay there before that is taken for the end of the new run.
const GRACE: Duration = Duration::from_secs(120);

/// A run as it is watched.
struct Run {
    /// End of the last run before it.
    last: Option<Timestamp>,
    /// Whether the error of the run before may still be shown.
    old_error: bool,
}

impl Run {
    fn after(before: Option<&Connector>) -> Run {
        Run {
            last: before.and_then(|c| c.last_synced_on.as_ref()).map(Time::instant),
            old_error: before.is_some_and(|c| c.state.as_deref() == Some("ERROR")),
        }
    }

    /// The states of a run that goes on are those whose names say so; a word that is new is an end once the date of
    /// the last run has moved. A run that failed need not move the date.
    fn is_over(&mut self, now: &Connector, waited: Duration) -> bool {
        let state = now.state.as_deref().unwrap_or_default();
        if matches!(state, "PENDING" | "REGIONS_DISCOVERED" | "QUEUED" | "RUNNING" | "PROCESSING") {
            self.old_error = false;
            return false;
        }
        let moved = now.last_synced_on.as_ref().map(Time::instant) != self.last;
        moved || state == "ERROR" && (!self.old_error || waited >= GRACE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(state: &str, time: Option<&str>) -> Connector {
        let mut connector = Connector::default();
        connector.state = Some(state.to_owned());
        connector.last_synced_on = time.and_then(Time::parse);
        connector
    }

    const OLD: Option<&str> = Some("2026-01-01T00:00:00Z");
    const NEW: Option<&str> = Some("2026-01-02T00:00:00Z");

    #[test]
    fn a_run_is_over_when_its_date_has_moved_and_its_state_is_none_of_a_run() {
        for (state, time, over) in [
            ("PENDING", NEW, false),
            ("REGIONS_DISCOVERED", NEW, false),
            ("SUCCESS", OLD, false),
            ("SUCCESS", NEW, true),
            ("ERROR", OLD, true),
            ("A_NEW_WORD", NEW, true),
        ] {
            let mut run = Run::after(Some(&at("SUCCESS", OLD)));
            assert_eq!(run.is_over(&at(state, time), Duration::ZERO), over, "{state} {time:?}");
        }
        assert!(!Run::after(None).is_over(&at("SUCCESS", None), Duration::ZERO));
    }

    #[test]
    fn the_error_of_the_run_before_is_not_the_end_of_this_one() {
        let mut run = Run::after(Some(&at("ERROR", OLD)));
        assert!(!run.is_over(&at("ERROR", OLD), Duration::ZERO), "the run has not begun");
        assert!(run.is_over(&at("ERROR", OLD), GRACE), "it will hardly begin any more");
        assert!(!run.is_over(&at("PENDING", OLD), Duration::ZERO));
        assert!(run.is_over(&at("ERROR", OLD), Duration::ZERO), "it began and failed");
        assert!(Run::after(Some(&at("ERROR", OLD))).is_over(&at("ERROR", NEW), Duration::ZERO));
    }
}
