//! What observers and the log are told of calls, waits, retries and hosts.

use crate::circuit::{Circuit, Sign};
use crate::engine::Engine;
use crate::error::Error;
use crate::limiter::{Permit, Quota};
use crate::observe::{CallEvent, CircuitEvent, RetryEvent, WaitEvent, WaitReason};
use std::time::Duration;
use totalcloud_api::fault::RateHeaders;
use totalcloud_api::operation::Operation;

/// A call as observers are told of it.
#[derive(Default)]
pub(crate) struct Call {
    pub(crate) attempt: u32,
    pub(crate) status: Option<u16>,
    pub(crate) bytes: usize,
    pub(crate) took: Duration,
    pub(crate) rate: RateHeaders,
    pub(crate) refused: bool,
}

impl Engine {
    pub(crate) fn tell_call(&self, op: &Operation, call: Call, permit: Option<&Permit>) {
        let Call { attempt, status, bytes, took, rate, refused } = call;
        tracing::debug!(
            operation = op.id,
            attempt,
            status,
            bytes,
            took_ms = took.as_millis() as u64,
            "answered"
        );
        self.observer.on_call(&CallEvent {
            operation: op.id,
            attempt,
            status,
            bytes,
            took,
            rate,
            limit_class: op.limit_class,
            quota: permit.map(Permit::quota),
            refused,
        });
    }

    pub(crate) fn tell_circuit(&self, host: &str, sign: Option<Sign>) {
        let Some((circuit, rest)) = sign.and_then(|sign| self.circuits.note(host, sign)) else { return };
        match circuit {
            Circuit::Open => tracing::warn!(host, rest_s = rest.as_secs(), "the host is down"),
            Circuit::Closed => tracing::info!(host, "the host answers again"),
        }
        let until = self.clock.now().checked_add(rest).unwrap_or(jiff::Timestamp::MAX);
        self.observer.on_circuit(&CircuitEvent { host: host.to_owned(), circuit, rest, until });
    }

    pub(crate) fn tell_retry(&self, op: &Operation, attempt: u32, error: &Error, wait: Duration) {
        let error = self.clean(error.clone());
        let message = error.message().to_owned();
        tracing::info!(operation = op.id, attempt, kind = %error.kind(), wait_ms = wait.as_millis() as u64, "{message}");
        self.observer.on_retry(&RetryEvent { operation: op.id, attempt, kind: error.kind(), message, wait });
    }

    pub(crate) fn tell_wait(&self, op: &Operation, reason: WaitReason, wait: Duration, quota: Option<Quota>) {
        let until = self.clock.now().checked_add(wait).unwrap_or(jiff::Timestamp::MAX);
        self.observer.on_wait(&WaitEvent {
            operation: op.id,
            limit_class: op.limit_class,
            reason,
            wait,
            until,
            quota,
        });
    }
}
