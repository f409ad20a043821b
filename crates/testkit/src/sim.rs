//! A simulator that runs in threads of its own, so that blocking tests can call it as well as async ones.

use jiff::Timestamp;
use std::ops::Deref;
use std::sync::mpsc;
use tokio::runtime::{Builder, Runtime};
use totalcloud_sim::{Sim, SimConfig, Size, WorldConfig};

/// The instant of the worlds of tests, so that what is asserted does not depend on the day.
pub const NOW: &str = "2026-01-15T12:00:00Z";

/// A running simulator. It stops when it is dropped.
pub struct SimHandle {
    sim: Option<Sim>,
    runtime: Option<Runtime>,
}

/// Starts a simulator of a tiny world with seed 1 that stands at [`NOW`], after `edit` had a look at its
/// configuration. Works inside and outside of a runtime.
///
/// # Panics
/// If it cannot start.
pub fn sim(edit: impl FnOnce(&mut SimConfig)) -> SimHandle {
    let now: Timestamp = NOW.parse().unwrap_or_else(|e| panic!("{NOW} is no instant: {e}"));
    let mut config = SimConfig { world: WorldConfig::new(1, now, Size::Tiny), ..SimConfig::default() };
    edit(&mut config);
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("simulator")
        .enable_all()
        .build()
        .unwrap_or_else(|e| panic!("no runtime for the simulator: {e}"));
    let (sender, receiver) = mpsc::channel();
    runtime.spawn(async move {
        // Nobody listens only if the test is gone already.
        let _ = sender.send(Sim::start(config).await);
    });
    let started = receiver.recv().unwrap_or_else(|_| panic!("the simulator died on its start"));
    let sim = started.unwrap_or_else(|e| panic!("the simulator does not start: {e}"));
    SimHandle { sim: Some(sim), runtime: Some(runtime) }
}

impl SimHandle {
    /// How many calls of this operation it got.
    pub fn calls(&self, operation: &str) -> usize {
        self.journal().calls(operation)
    }

    /// The environment with which the command reaches it by Basic sign-in.
    pub fn env(&self) -> Vec<(&'static str, String)> {
        let (username, password) = self.login();
        let mut env = vec![
            ("TOTALCLOUD_URL", self.url().to_owned()),
            ("TOTALCLOUD_AUTH", "basic".to_owned()),
            ("TOTALCLOUD_USERNAME", username.to_owned()),
            ("TOTALCLOUD_PASSWORD", password.to_owned()),
        ];
        if let Some(ca) = self.ca_path() {
            env.push(("TOTALCLOUD_CA_BUNDLE", ca.display().to_string()));
        }
        env
    }
}

impl Deref for SimHandle {
    type Target = Sim;

    fn deref(&self) -> &Sim {
        match &self.sim {
            Some(sim) => sim,
            None => unreachable!("the simulator is taken out on drop only"),
        }
    }
}

impl Drop for SimHandle {
    fn drop(&mut self) {
        drop(self.sim.take());
        if let Some(runtime) = self.runtime.take() {
            // A runtime must not be waited for inside another one.
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blocking_test_gets_a_simulator_that_answers_while_it_blocks() {
        use std::io::{Read, Write};
        let sim = sim(|config| config.username = "jane".into());
        assert_eq!(sim.login().0, "jane");
        let address = sim.url().trim_start_matches("http://").to_owned();
        let mut socket = std::net::TcpStream::connect(address).unwrap();
        let path = "/cloudview-api/rest/v1/aws/connectors";
        write!(socket, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
        assert_eq!(sim.calls("connectors.list"), 1);
        assert_eq!(sim.journal().of("connectors.list").next().unwrap().path, path);
    }

    #[tokio::test]
    async fn an_async_test_can_start_and_drop_one_too() {
        let sim = sim(|config| config.tls = true);
        let ca = sim.ca_path().unwrap().to_owned();
        let env = sim.env();
        assert!(env.contains(&("TOTALCLOUD_URL", sim.url().to_owned())));
        assert!(env.contains(&("TOTALCLOUD_CA_BUNDLE", ca.display().to_string())));
        drop(sim);
        assert!(!ca.exists());
    }
}
