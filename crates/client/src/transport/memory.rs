//! A transport without a network: a function answers.

use super::{Fault, Transport, TransportError};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

type Answer = Result<http::Response<Bytes>, TransportError>;
type Answering = dyn Fn(http::Request<Bytes>) -> BoxFuture<'static, Answer> + Send + Sync;

/// Answers every request by a function. For tests, and for running client and simulator in one process.
#[derive(Clone)]
pub struct MemoryTransport {
    answering: Arc<Answering>,
}

impl MemoryTransport {
    /// Answers by an asynchronous function.
    pub fn new<F, A>(answering: F) -> MemoryTransport
    where
        F: Fn(http::Request<Bytes>) -> A + Send + Sync + 'static,
        A: Future<Output = Answer> + Send + 'static,
    {
        MemoryTransport { answering: Arc::new(move |request| Box::pin(answering(request))) }
    }

    /// Answers by a function that takes no time.
    pub fn at_once<F>(answering: F) -> MemoryTransport
    where
        F: Fn(&http::Request<Bytes>) -> Answer + Send + Sync + 'static,
    {
        MemoryTransport::new(move |request| std::future::ready(answering(&request)))
    }
}

impl Transport for MemoryTransport {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Answer> {
        (self.answering)(request)
    }
}

impl std::fmt::Debug for MemoryTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemoryTransport")
    }
}

/// A list of answers that are given one after the other; the requests are kept for looking at.
#[derive(Clone, Default)]
pub struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    seen: Arc<Mutex<Vec<http::Request<Bytes>>>>,
}

impl Script {
    /// An empty script.
    pub fn new() -> Script {
        Script::default()
    }

    /// Adds an answer with a status, headers and a body.
    #[must_use]
    pub fn then(self, status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Script {
        let mut builder = http::Response::builder().status(status);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let answer = builder
            .body(body.into())
            .map_err(|_| TransportError::new(Fault::Request, "the script holds no sound answer"));
        self.push(answer)
    }

    /// Adds a break of the way.
    #[must_use]
    pub fn then_break(self, fault: Fault) -> Script {
        self.push(Err(TransportError::new(fault, "")))
    }

    fn push(self, answer: Answer) -> Script {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).push_back(answer);
        self
    }

    /// The requests that came, in their order.
    pub fn seen(&self) -> Vec<http::Request<Bytes>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Answers that nobody has asked for yet.
    pub fn left(&self) -> usize {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Transport for Script {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Answer> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let answer = self.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let answer =
            answer.unwrap_or_else(|| Err(TransportError::new(Fault::Request, "the script is at its end")));
        Box::pin(std::future::ready(answer))
    }
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Script").field("left", &self.left()).finish_non_exhaustive()
    }
}
