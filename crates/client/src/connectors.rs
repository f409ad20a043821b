//! A connector's run, from its start to its end.

use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::poll::{Awaited, Look, PollPolicy};
use totalcloud_api::Time;
use totalcloud_api::endpoints::connectors::{Connector, GetConnector};
use totalcloud_api::operation::Endpoint;
use totalcloud_api::provider::Provider;

impl Client {
    /// Waits until a connector has run, after it was told to or was made. `before` is its `lastSyncedOn` from before
    /// that, if it had run already.
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
        before: Option<&Time>,
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
        self.wait_until(&awaited, policy, async || {
            let Some(connector) = self.get(&request).await? else {
                let message = format!("there is no connector {connector_id}");
                return Err(Error::new(ErrorKind::NotFound, message).with_operation(operation.id));
            };
            Ok(if has_run(&connector, before) {
                Look::Done(connector)
            } else {
                Look::Running(connector.state.clone())
            })
        })
        .await
    }
}

/// The states of a run that goes on are those whose names say so; a word that is new is an end once the date of the
/// last run has moved.
fn has_run(connector: &Connector, before: Option<&Time>) -> bool {
    let state = connector.state.as_deref().unwrap_or_default();
    if matches!(state, "PENDING" | "REGIONS_DISCOVERED" | "QUEUED" | "RUNNING" | "PROCESSING") {
        return false;
    }
    // A run that failed need not move the date.
    let moved = connector.last_synced_on.as_ref().map(Time::instant) != before.map(Time::instant);
    moved || state == "ERROR"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_over_when_its_date_has_moved_and_its_state_is_none_of_a_run() {
        let at = |state: &str, time: Option<&str>| {
            let mut connector = Connector::default();
            connector.state = Some(state.to_owned());
            connector.last_synced_on = time.and_then(Time::parse);
            connector
        };
        let before = Time::parse("2026-01-01T00:00:00Z");
        let (old, new) = (Some("2026-01-01T00:00:00Z"), Some("2026-01-02T00:00:00Z"));
        for (state, time, over) in [
            ("PENDING", new, false),
            ("REGIONS_DISCOVERED", new, false),
            ("SUCCESS", old, false),
            ("SUCCESS", new, true),
            ("ERROR", old, true),
            ("A_NEW_WORD", new, true),
        ] {
            assert_eq!(has_run(&at(state, time), before.as_ref()), over, "{state} {time:?}");
        }
        assert!(!has_run(&at("SUCCESS", None), None));
    }
}
