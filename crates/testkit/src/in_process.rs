//! A simulator in the same process and on the clock of the runtime: with
//! `#[tokio::test(start_paused = true)]` hours of quota pass at once, always in the same order.

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use http_body_util::BodyExt;
use jiff::Timestamp;
use std::sync::Arc;
use tokio::time::timeout;
use totalcloud::clock::RuntimeClock;
use totalcloud::transport::{Fault, Transport, TransportError};
use totalcloud::{Client, ClientBuilder, Credentials, Hosts, Timeouts};
use totalcloud_sim::{Broken, Clock, InProcess, SimConfig, Size, WorldConfig};

/// Makes a simulator of a tiny world with seed 1 whose world and clock stand at [`NOW`](crate::NOW), after
/// `edit` had a look at its configuration.
///
/// # Panics
/// If it cannot be made.
pub fn in_process(edit: impl FnOnce(&mut SimConfig)) -> InProcess {
    let now: Timestamp = crate::NOW.parse().unwrap_or_else(|e| panic!("{} is no instant: {e}", crate::NOW));
    let mut config = SimConfig {
        world: WorldConfig::new(1, now, Size::Tiny),
        clock: Clock::runtime(now),
        ..SimConfig::default()
    };
    edit(&mut config);
    InProcess::new(config).unwrap_or_else(|e| panic!("the simulator cannot be made: {e}"))
}

/// A client of this simulator on the same clock, signed in by Basic; everything can still be changed.
///
/// # Panics
/// If the client refuses the addresses of the simulator.
pub fn client_of(sim: &InProcess) -> ClientBuilder {
    let urls = sim.urls();
    let hosts = Hosts::single(&urls.base)
        .and_then(|h| h.with_gateway(&urls.gateway))
        .and_then(|h| h.with_api(&urls.api))
        .unwrap_or_else(|e| panic!("the simulator has bad addresses: {e}"));
    let (username, password) = sim.login();
    Client::builder(hosts)
        .credentials(Credentials::basic(username, password))
        .transport(Arc::new(InProcessTransport::new(sim)))
        .clock(Arc::new(RuntimeClock::starting_at(sim.clock().now())))
        .random_seed(1)
}

/// The way to a simulator in the same process, with the timeouts of a real one.
#[derive(Debug, Clone)]
pub struct InProcessTransport {
    sim: InProcess,
    timeouts: Timeouts,
}

impl InProcessTransport {
    /// The way to this simulator, with the client's own timeouts.
    pub fn new(sim: &InProcess) -> InProcessTransport {
        InProcessTransport { sim: sim.clone(), timeouts: Timeouts::default() }
    }

    /// Sets the timeouts.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> InProcessTransport {
        self.timeouts = timeouts;
        self
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let late = |fault, limit| {
            let mut error = TransportError::new(fault, "");
            error.limit = Some(limit);
            error
        };
        let broken = |broken: Broken| {
            let fault = match broken {
                Broken::Cut => Fault::Cut,
                Broken::Refused => Fault::Connect,
                Broken::Tls => Fault::Tls,
                _ => Fault::Broken,
            };
            TransportError::new(fault, broken.to_string())
        };
        let (read, stall) = (self.timeouts.read, self.timeouts.stall);
        let answer = timeout(read, self.sim.send(request)).await;
        let answer = answer.map_err(|_| late(Fault::ReadTimeout, read))?.map_err(broken)?;
        let (head, mut rest) = answer.into_parts();
        let mut body = BytesMut::new();
        while let Some(frame) = timeout(stall, rest.frame()).await.map_err(|_| late(Fault::Stalled, stall))? {
            let frame = frame.map_err(|_| broken(Broken::Cut))?;
            body.extend_from_slice(frame.data_ref().unwrap_or(&Bytes::new()));
        }
        Ok(http::Response::from_parts(head, body.freeze()))
    }
}

impl Transport for InProcessTransport {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let total = self.timeouts.total;
            timeout(total, self.exchange(request)).await.unwrap_or_else(|_| {
                let mut error = TransportError::new(Fault::TotalTimeout, "");
                error.limit = Some(total);
                Err(error)
            })
        })
    }
}
