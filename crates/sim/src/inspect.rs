//! What a test asks a simulator, whichever way its requests come.

use crate::clock::Clock;
use crate::journal::Journal;
use crate::service::Service;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Logins, journal and true counts of a simulator.
#[derive(Clone)]
pub struct Inspector(pub(crate) Arc<Service>);

/// Secrets are not shown.
impl fmt::Debug for Inspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspector").finish_non_exhaustive()
    }
}

impl Inspector {
    /// User name and password.
    pub fn login(&self) -> (&str, &str) {
        (&self.0.keys.username, &self.0.keys.password)
    }

    /// Client id and client secret.
    pub fn client(&self) -> (&str, &str) {
        (&self.0.keys.client_id, &self.0.keys.client_secret)
    }

    /// The running clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The requests so far, without those to `/_sim`.
    pub fn journal(&self) -> Journal {
        self.0.recorder.snapshot()
    }

    /// Resources of each type, under keys such as `aws/EC2_INSTANCE`.
    pub fn totals(&self) -> BTreeMap<String, u64> {
        self.0.world().totals()
    }

    /// The true counts of everything, as `GET /_sim/totals` gives them.
    pub fn true_counts(&self) -> serde_json::Value {
        self.0.true_counts()
    }

    /// Moves the world on, as `POST /_sim/advance` does.
    pub fn advance(&self, hours: f64, change: f64) {
        self.0.advance(hours, change);
    }
}
