//! The assessment reports of a running simulator and their life.

use crate::state::alerts::AUTHOR;
use crate::state::table::MOST;
use crate::state::{sample, uuid};
use crate::world::World;
use jiff::{SignedDuration, Timestamp};
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::sync::Mutex;
use totalcloud_api::Provider;

/// Days after which a report is deleted.
pub(crate) const DAYS: i64 = 7;

/// One report, as it was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) cloud: Provider,
    pub(crate) pdf: bool,
    pub(crate) policies: Vec<String>,
    pub(crate) connectors: Vec<String>,
    pub(crate) query: String,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// Results to include, upper case, all spellings of a pass by exception as `PASSE`; all where empty.
    pub(crate) results: Vec<String>,
    pub(crate) created_by: String,
    /// Epoch milliseconds of the running clock of the last run.
    pub(crate) created: i64,
}

impl Report {
    /// A report that somebody had made the day before `now` and that is there from the start.
    pub(crate) fn finished(world: &World, id: String, now: i64) -> Option<Report> {
        let (connector, policy, title) = sample(world)?;
        let month = SignedDuration::from_hours(24 * 30);
        Some(Report {
            id,
            name: format!("Last month - {}", title.replace(|c: char| !c.is_ascii_alphanumeric(), " ")),
            cloud: connector.provider,
            pdf: false,
            policies: vec![policy],
            connectors: vec![connector.id().to_owned()],
            query: String::new(),
            from: world.now().checked_sub(month).unwrap_or(world.now()),
            to: world.now(),
            results: Vec::new(),
            created_by: AUTHOR.to_owned(),
            created: now - 86_400_000,
        })
    }

    /// Where the report is in its life. It takes a second and a half of the running clock; the order of the
    /// states is inferred (guess).
    pub(crate) fn status(&self, now: i64) -> &'static str {
        match now - self.created {
            ..300 => "ACCEPTED",
            300..600 => "QUEUED",
            600..1500 => "PROCESSING",
            _ => "COMPLETED",
        }
    }

    pub(crate) fn is_done(&self, now: i64) -> bool {
        self.status(now) == "COMPLETED"
    }

    /// Epoch milliseconds of its deletion.
    pub(crate) fn expires(&self) -> i64 {
        self.created + DAYS * 86_400_000
    }
}

/// All reports, oldest first.
#[derive(Debug)]
pub(crate) struct Reports(Mutex<(StdRng, Vec<Report>)>);

impl Reports {
    pub(crate) fn new(seed: u64) -> Reports {
        Reports(Mutex::new((StdRng::seed_from_u64(seed ^ 0x7265_706f_7274), Vec::new())))
    }

    /// Adds a report, giving it an id where it has none.
    pub(crate) fn add(&self, mut report: Report) -> String {
        let mut state = self.0.lock().unwrap_or_else(|e| e.into_inner());
        if report.id.is_empty() {
            report.id = uuid(&mut state.0);
        }
        let id = report.id.clone();
        // The oldest makes room.
        if state.1.len() >= MOST {
            state.1.remove(0);
        }
        state.1.push(report);
        id
    }

    /// Those that are not deleted yet.
    pub(crate) fn all(&self, now: i64) -> Vec<Report> {
        let mut state = self.0.lock().unwrap_or_else(|e| e.into_inner());
        state.1.retain(|r| now < r.expires());
        state.1.clone()
    }

    pub(crate) fn get(&self, id: &str, now: i64) -> Option<Report> {
        self.all(now).into_iter().find(|r| r.id.eq_ignore_ascii_case(id))
    }

    /// Starts a report again under its id; `false` if there is none.
    pub(crate) fn rerun(&self, id: &str, now: i64) -> bool {
        let mut state = self.0.lock().unwrap_or_else(|e| e.into_inner());
        match state.1.iter_mut().find(|r| r.id.eq_ignore_ascii_case(id) && now < r.expires()) {
            Some(report) => {
                report.created = now;
                true
            }
            None => false,
        }
    }
}
