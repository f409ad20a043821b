//! What clients made, changed and deleted in a running simulator. It is kept in memory, bounded, and begins anew
//! with every simulator.

pub(crate) mod alerts;
pub(crate) mod connectors;
pub(crate) mod table;

use crate::world::World;
use alerts::Alerts;
use connectors::Connectors;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::sync::Mutex;

/// Everything that can be changed.
#[derive(Debug)]
pub(crate) struct State {
    ids: Mutex<StdRng>,
    /// Id of the user who signs in.
    pub(crate) user: String,
    pub(crate) connectors: Connectors,
    pub(crate) alerts: Alerts,
}

impl State {
    pub(crate) fn new(seed: u64, world: &World) -> State {
        let mut ids = StdRng::seed_from_u64(seed ^ 0x0073_7461_7465);
        State {
            user: uuid(&mut ids),
            connectors: Connectors::default(),
            alerts: Alerts::new(&mut ids, world),
            ids: Mutex::new(ids),
        }
    }

    /// A new UUID (version 4).
    pub(crate) fn uuid(&self) -> String {
        uuid(&mut self.ids.lock().unwrap_or_else(|e| e.into_inner()))
    }
}

/// The next UUID (version 4) of a source of randomness.
pub(crate) fn uuid(ids: &mut StdRng) -> String {
    let bits: u128 = ids.random();
    let h = format!("{bits:032x}");
    format!("{}-{}-4{}-a{}-{}", &h[..8], &h[8..12], &h[13..16], &h[17..20], &h[20..])
}
