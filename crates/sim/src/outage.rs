//! Times in which nobody can connect.

use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Until when something is out of order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    Then(Instant),
    Ever,
}

impl Until {
    fn after(length: Option<Duration>) -> Until {
        length.map_or(Until::Ever, |length| Until::Then(Instant::now() + length))
    }

    fn lasts(self) -> bool {
        match self {
            Until::Then(at) => Instant::now() < at,
            Until::Ever => true,
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    down: Option<Until>,
    no_tls: Option<Until>,
}

/// Whether the ports are closed and handshakes refused.
#[derive(Debug)]
pub(crate) struct Outage(watch::Sender<State>);

impl Default for Outage {
    fn default() -> Outage {
        Outage(watch::Sender::new(State::default()))
    }
}

impl Outage {
    /// Closes the ports.
    pub(crate) fn go_down(&self, length: Option<Duration>) {
        self.0.send_modify(|state| state.down = Some(Until::after(length)));
    }

    /// Refuses TLS handshakes.
    pub(crate) fn refuse_tls(&self, length: Option<Duration>) {
        self.0.send_modify(|state| state.no_tls = Some(Until::after(length)));
    }

    pub(crate) fn is_down(&self) -> bool {
        self.0.borrow().down.is_some_and(Until::lasts)
    }

    pub(crate) fn is_without_tls(&self) -> bool {
        self.0.borrow().no_tls.is_some_and(Until::lasts)
    }

    /// Comes back once the ports are to be closed.
    pub(crate) async fn begins(&self) {
        let mut watching = self.0.subscribe();
        // The sender lives as long as we do.
        let _ = watching.wait_for(|state| state.down.is_some_and(Until::lasts)).await;
    }

    /// Comes back once the ports may be open.
    pub(crate) async fn ends(&self) {
        let down = self.0.borrow().down;
        match down {
            Some(Until::Then(at)) => tokio::time::sleep_until(at).await,
            Some(Until::Ever) => std::future::pending().await,
            None => {}
        }
    }
}
