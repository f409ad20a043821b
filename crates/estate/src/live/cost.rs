//! What a query costs in calls, and the guard that is asked before it costs much.

use super::scan::LiveScan;
use crate::{Error, Kind, Result};
use async_trait::async_trait;
use datafusion::physical_plan::ExecutionPlan;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use totalcloud::Client;
use totalcloud::limiter::Quota;

/// The quota where the service tells none: what the vendor's sheet says of a standard subscription.
const DOCUMENTED: (u64, Duration) = (300, Duration::from_secs(3_600));

/// How many calls something takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calls {
    /// At least so many.
    pub least: u64,
    /// At most so many, if that is known.
    pub most: Option<u64>,
    /// Whether the numbers follow from others that are like them.
    pub about: bool,
}

impl Calls {
    /// Exactly so many.
    pub const fn exactly(calls: u64) -> Calls {
        Calls { least: calls, most: Some(calls), about: false }
    }

    /// What is reckoned with.
    pub fn expected(&self) -> u64 {
        self.most.unwrap_or(self.least)
    }
}

impl std::ops::Add for Calls {
    type Output = Calls;

    fn add(self, other: Calls) -> Calls {
        Calls {
            least: self.least + other.least,
            most: self.most.zip(other.most).map(|(a, b)| a + b),
            about: self.about || other.about,
        }
    }
}

impl fmt::Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = if self.about { "about " } else { "" };
        match self.most {
            None => write!(f, "unknown, at least {}", self.least),
            Some(most) if most == self.least => write!(f, "{about}{most}"),
            Some(most) => write!(f, "{} to {about}{most}", self.least),
        }
    }
}

/// What a query costs.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Cost {
    /// Calls to the service.
    pub calls: Calls,
    /// The part of a window's quota that they are, where operations have quotas of their own the largest.
    pub share: f64,
    /// The quota that this is a share of: calls a window.
    pub limit: u64,
    /// Its window.
    pub window: Duration,
    /// Whether the service told the quota; otherwise it is what the vendor documents.
    pub known: bool,
    /// The share from which is asked.
    pub allowed: f64,
}

impl Cost {
    /// Whether the guard is asked. A call or two are never much, however small the quota is.
    pub fn is_much(&self) -> bool {
        self.share > self.allowed && self.calls.expected() > 2
    }
}

/// In one line: `about 120 calls, 40 % of 300 calls in 60 min`.
impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = (self.share * 1_000.0).round() / 10.0;
        let noun = if self.calls.expected() == 1 { "call" } else { "calls" };
        write!(f, "{} {noun}, {share} % of {} calls in {}", self.calls, self.limit, span(self.window))?;
        if self.known { Ok(()) } else { f.write_str(" (as documented)") }
    }
}

fn span(window: Duration) -> String {
    match window.as_secs() {
        secs @ 0..=119 => format!("{secs} s"),
        secs @ 120..=7_199 => format!("{} min", secs / 60),
        secs => format!("{} h", secs / 3_600),
    }
}

/// Who is asked before a query that costs more than the share that is allowed.
#[async_trait]
pub trait Guard: Send + Sync {
    /// Whether the query may go on.
    async fn allow(&self, cost: &Cost) -> bool;
}

/// Refuses: the guard where nobody can be asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Refuse;

#[async_trait]
impl Guard for Refuse {
    async fn allow(&self, _cost: &Cost) -> bool {
        false
    }
}

/// Allows everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Allow;

#[async_trait]
impl Guard for Allow {
    async fn allow(&self, _cost: &Cost) -> bool {
        true
    }
}

/// Calls of a scan by the class of their quota.
pub(super) type Need = (&'static str, Calls);

/// What the scans that run together need, and whether somebody agreed to it.
pub(super) struct Meter {
    client: Client,
    allowed: f64,
    guard: Arc<dyn Guard>,
    state: Mutex<State>,
    /// One question at a time.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    next: u64,
    needs: BTreeMap<u64, Need>,
    agreed: bool,
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

impl Meter {
    pub(super) fn new(client: Client, allowed: f64, guard: Arc<dyn Guard>) -> Meter {
        let (state, asking) = (Mutex::default(), tokio::sync::Mutex::default());
        Meter { client, allowed, guard, state, asking }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A scan begins. What it needs counts until the mark is dropped.
    pub(super) fn begin(self: &Arc<Meter>) -> Mark {
        let mut state = self.lock();
        state.next += 1;
        Mark { meter: Arc::clone(self), id: state.next }
    }

    fn quota(&self, class: &'static str) -> (u64, Duration, bool) {
        let Quota { limit, window, .. } = self.client.limiter().quota(class);
        match limit.filter(|n| *n > 0) {
            Some(limit) => (limit, window.unwrap_or(DOCUMENTED.1), true),
            None => (DOCUMENTED.0, DOCUMENTED.1, false),
        }
    }

    /// Asks the guard if what runs is too much and nobody agreed to it yet.
    pub(super) async fn check(&self) -> Result<()> {
        let _one = self.asking.lock().await;
        let cost = {
            let state = self.lock();
            if state.agreed {
                return Ok(());
            }
            self.cost(state.needs.values())
        };
        if !cost.is_much() {
            return Ok(());
        }
        if self.guard.allow(&cost).await {
            self.lock().agreed = true;
            return Ok(());
        }
        Err(refused(&cost))
    }

    /// The cost of needs together.
    fn cost<'n>(&self, needs: impl Iterator<Item = &'n Need>) -> Cost {
        let none = Calls::exactly(0);
        let mut classes: BTreeMap<&'static str, Calls> = BTreeMap::new();
        for (class, calls) in needs {
            let sum = classes.entry(class).or_insert(none);
            *sum = *sum + *calls;
        }
        let calls = classes.values().fold(none, |a, b| a + *b);
        let (limit, window, known) = (DOCUMENTED.0, DOCUMENTED.1, false);
        let mut cost = Cost { calls, share: 0.0, limit, window, known, allowed: self.allowed };
        for (class, calls) in &classes {
            let (limit, window, known) = self.quota(class);
            let share = calls.expected() as f64 / limit as f64;
            if share >= cost.share {
                (cost.share, cost.limit, cost.window, cost.known) = (share, limit, window, known);
            }
        }
        cost
    }
}

/// A scan that runs.
#[derive(Debug)]
pub(super) struct Mark {
    meter: Arc<Meter>,
    id: u64,
}

impl Mark {
    /// Takes note of what the scan needs in all.
    pub(super) fn note(&self, need: Need) {
        self.meter.lock().needs.insert(self.id, need);
    }

    /// Asks the guard if all that runs together is too much and nobody agreed yet.
    ///
    /// # Errors
    /// If the guard does not agree.
    pub(super) async fn check(&self) -> Result<()> {
        self.meter.check().await
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        let mut state = self.meter.lock();
        state.needs.remove(&self.id);
        // What was agreed to was agreed to for these scans.
        if state.needs.is_empty() {
            state.agreed = false;
        }
    }
}

fn refused(cost: &Cost) -> Error {
    let allowed = (cost.allowed * 100.0).round();
    Error::new(
        Kind::Input,
        format!("the query would cost {cost}; more than {allowed} % of the quota is used after asking only"),
    )
    .hint("narrow it by WHERE or LIMIT, agree with --yes, or sync and ask the tables without live")
}

/// The live scans of a plan.
fn scans<'p>(plan: &'p Arc<dyn ExecutionPlan>, found: &mut Vec<&'p LiveScan>) {
    found.extend(plan.downcast_ref::<LiveScan>());
    for child in plan.children() {
        scans(child, found);
    }
}

/// What a plan costs; `None` where it asks the service for nothing. Each live scan is begun, so that its first
/// page says how many there are; that page is not asked for again when the plan runs, and the plan's display says
/// the number from then on.
///
/// # Errors
/// If the service cannot be asked.
pub async fn estimate(plan: &Arc<dyn ExecutionPlan>) -> Result<Option<Cost>> {
    let mut found = Vec::new();
    scans(plan, &mut found);
    let Some(first) = found.first() else { return Ok(None) };
    let mut needs = Vec::new();
    for scan in &found {
        needs.push(scan.prepare().await?);
    }
    Ok(Some(first.meter().cost(needs.iter())))
}

/// As [`estimate`], and asks the guard once for the whole plan where it costs much. Without it the guard is asked
/// while the plan runs, as soon as what runs is too much.
///
/// # Errors
/// If the service cannot be asked, or the guard does not agree.
pub async fn admit(plan: &Arc<dyn ExecutionPlan>) -> Result<Option<Cost>> {
    let cost = estimate(plan).await?;
    let mut found = Vec::new();
    scans(plan, &mut found);
    if let Some(first) = found.first() {
        first.meter().check().await?;
    }
    Ok(cost)
}
