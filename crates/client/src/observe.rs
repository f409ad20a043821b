//! What the client tells whoever wants to know: calls, waits, retries and pages as they happen.

pub use crate::circuit::Circuit;
use crate::error::ErrorKind;
use crate::limiter::Quota;
use jiff::Timestamp;
use std::time::Duration;
use totalcloud_api::fault::RateHeaders;

/// Why the client waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WaitReason {
    /// The service refused a call and said how long to wait, or the quota of the window is used up.
    Quota,
    /// A call failed for now and is tried again.
    Retry,
    /// Something that the service does in its own time is not ready yet: a report, a run, a scan.
    Progress,
}

/// An answer came, or a call failed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CallEvent {
    /// The operation.
    pub operation: &'static str,
    /// Which try it was, from 1.
    pub attempt: u32,
    /// The HTTP status, if an answer came.
    pub status: Option<u16>,
    /// Bytes of the body.
    pub bytes: usize,
    /// From sending to the last byte.
    pub took: Duration,
    /// What the rate headers said.
    pub rate: RateHeaders,
    /// The quota it belongs to.
    pub limit_class: &'static str,
    /// What is known of that quota now: calls used and left, and at the same time. Sign-in has none.
    pub quota: Option<Quota>,
    /// Whether the quota refused it.
    pub refused: bool,
}

/// The client is about to wait.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WaitEvent {
    /// The operation that waits.
    pub operation: &'static str,
    /// The quota it belongs to.
    pub limit_class: &'static str,
    /// Why.
    pub reason: WaitReason,
    /// How long.
    pub wait: Duration,
    /// Until when.
    pub until: Timestamp,
    /// What is known of the quota, where it is waited for.
    pub quota: Option<Quota>,
}

/// A call is tried again.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RetryEvent {
    /// The operation.
    pub operation: &'static str,
    /// The try that failed, from 1.
    pub attempt: u32,
    /// What went wrong.
    pub kind: ErrorKind,
    /// What went wrong, in words.
    pub message: String,
    /// The wait before the next try.
    pub wait: Duration,
}

/// A host was found to be down, or to answer again.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CircuitEvent {
    /// The host.
    pub host: String,
    /// Whether calls to it are let through now.
    pub circuit: Circuit,
    /// How long it is left alone, if it is down.
    pub rest: Duration,
    /// When it is tried again, if it is down.
    pub until: Timestamp,
}

/// A page of a listing was delivered.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PageEvent {
    /// The operation.
    pub operation: &'static str,
    /// The number of the page.
    pub number: u64,
    /// Rows in it.
    pub rows: u64,
    /// Rows delivered so far.
    pub received: u64,
    /// Rows the service promises, as far as it says.
    pub total: Option<u64>,
}

/// Looks on. Every method may be called from several tasks at once and must not block.
pub trait Observer: Send + Sync + 'static {
    /// An answer came, or a call failed.
    fn on_call(&self, _event: &CallEvent) {}
    /// The client is about to wait.
    fn on_wait(&self, _event: &WaitEvent) {}
    /// A call is tried again.
    fn on_retry(&self, _event: &RetryEvent) {}
    /// A host was found to be down, or to answer again.
    fn on_circuit(&self, _event: &CircuitEvent) {}
    /// A page was delivered.
    fn on_page(&self, _event: &PageEvent) {}
}

/// Nobody looks on.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl Observer for NoObserver {}
