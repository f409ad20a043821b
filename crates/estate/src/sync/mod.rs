//! `totalcloud sync`: what the service has, into the estate, reading no more than may have changed.
//!
//! [`plan`] decides, without a call, what is read and how; [`sync`] does it in one run of the store, so that all of
//! it becomes visible at once. A reading that is short, fails or is not permitted never ends a row and never counts
//! as a reading. See `docs/design/how-does-a-sync-read-only-what-changed.md`.

mod details;
mod engine;
mod evaluations;
pub mod forecast;
mod inventory;
mod known;
pub mod plan;
mod reading;
mod report;
mod stop;
mod vulnerabilities;

pub use engine::sync;
pub use forecast::{Forecast, Price, forecast};
pub use known::{Last, Readings};
pub use plan::Rhythm;
pub use report::{Report, TableReport};
pub use stop::{Stop, Stopper};

use crate::place::Wait;
use std::sync::Arc;
use totalcloud::InventoryApi;
use totalcloud::clock::Clock;
use totalcloud::subscription::{Choice, Depth, Family};

/// What is asked for.
#[derive(Clone)]
pub struct Ask {
    /// Which families, of [`totalcloud::subscription::Menu::SYNC`].
    pub choice: Choice,
    /// When what is held is read again.
    pub rhythm: Rhythm,
    /// Calls at the same time, at most.
    pub concurrency: usize,
    /// Which operation lists resources.
    pub inventory_api: InventoryApi,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// How long another writer is waited for.
    pub wait: Wait,
}

/// Looks on while a sync runs. Nothing of it may block.
pub trait Watch: Send + Sync {
    /// More tables are to come.
    fn planned(&self, _tables: usize) {}
    /// A table was begun.
    fn begun(&self, _table: &str) {}
    /// The service says that a table has so many more rows.
    fn expects(&self, _table: &str, _rows: u64) {}
    /// Rows of a table came.
    fn came(&self, _table: &str, _rows: u64) {}
    /// A table came to its end.
    fn ended(&self, _report: &TableReport) {}
    /// Something to know at once.
    fn note(&self, _text: &str) {}
    /// Calls made so far.
    fn calls(&self) -> u64 {
        0
    }
}

/// The families that are read, those included that nobody asked for but that go with what was chosen.
#[derive(Debug, Clone)]
struct Families {
    /// All of them.
    choice: Choice,
    /// Whether the results on resources were asked for; otherwise they are read where that fits the quota.
    evaluations_asked: bool,
    /// The same for details.
    details_asked: bool,
}

impl Families {
    fn of(asked: &Choice) -> Families {
        let (evaluations_asked, details_asked) = (asked.depth().is_some(), asked.asks_for_details());
        let mut choice = asked.clone();
        if !evaluations_asked
            && asked.implies(Family::ResourceEvaluations)
            && asked.wants_some(Family::AccountEvaluations, None)
        {
            choice = choice.with_evaluations(Depth::Failing);
        }
        if !details_asked && asked.implies(Family::Details) && asked.wants_some(Family::Inventory, None) {
            choice = choice.with_details();
        }
        Families { choice, evaluations_asked, details_asked }
    }
}
