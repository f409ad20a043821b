//! Waiting for something that the service does in its own time.

use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::limiter::words;
use crate::observe::WaitReason;
use std::sync::Arc;
use std::time::Duration;
use totalcloud_api::Operation;

/// How far something is that is waited for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PollProgress {
    /// Its id.
    pub id: String,
    /// The service's word for its state; `None` before the service shows it.
    pub status: Option<String>,
    /// Since it is waited for.
    pub waited: Duration,
}

/// Is told how far it is.
type Tell = Arc<dyn Fn(&PollProgress) + Send + Sync>;

/// How something is waited for.
#[derive(Clone)]
#[non_exhaustive]
pub struct PollPolicy {
    /// The first wait between two looks; it doubles up to `longest`.
    pub first: Duration,
    /// The longest wait between two looks.
    pub longest: Duration,
    /// How long it is waited for as a whole.
    pub total: Duration,
    /// Is told after each look.
    pub progress: Option<Tell>,
}

impl Default for PollPolicy {
    fn default() -> PollPolicy {
        PollPolicy {
            first: Duration::from_secs(2),
            longest: Duration::from_secs(30),
            total: Duration::from_secs(3_600),
            progress: None,
        }
    }
}

impl PollPolicy {
    /// Sets the first wait between two looks.
    #[must_use]
    pub fn first(mut self, wait: Duration) -> PollPolicy {
        self.first = wait;
        self
    }

    /// Sets the longest wait between two looks.
    #[must_use]
    pub fn longest(mut self, wait: Duration) -> PollPolicy {
        self.longest = wait;
        self
    }

    /// Sets how long it is waited for as a whole.
    #[must_use]
    pub fn total(mut self, wait: Duration) -> PollPolicy {
        self.total = wait;
        self
    }

    /// Sets who is told after each look.
    #[must_use]
    pub fn progress(mut self, tell: impl Fn(&PollProgress) + Send + Sync + 'static) -> PollPolicy {
        self.progress = Some(Arc::new(tell));
        self
    }
}

impl std::fmt::Debug for PollPolicy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PollPolicy")
            .field("first", &self.first)
            .field("longest", &self.longest)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

/// No two looks follow each other sooner.
const SHORTEST: Duration = Duration::from_millis(50);

/// What a look found.
pub(crate) enum Look<T> {
    /// It is finished.
    Done(T),
    /// It goes on; the service's word for its state.
    Running(Option<String>),
}

/// What is waited for, for messages.
pub(crate) struct Awaited<'a> {
    /// The operation that looks.
    pub(crate) operation: &'static Operation,
    /// What kind of thing it is: `report`, `run`, `scan`.
    pub(crate) noun: &'static str,
    pub(crate) id: &'a str,
    /// What to do where the time is over.
    pub(crate) later: String,
}

impl Client {
    /// Looks until it is finished or the time is over.
    pub(crate) async fn wait_until<T>(
        &self,
        awaited: &Awaited<'_>,
        policy: &PollPolicy,
        mut look: impl AsyncFnMut() -> Result<Look<T>, Error>,
    ) -> Result<T, Error> {
        let clock = &self.engine().clock;
        let started = clock.ticks();
        let mut wait = policy.first.max(SHORTEST);
        loop {
            let looked = look().await?;
            let waited = clock.ticks().saturating_sub(started);
            let status = match looked {
                Look::Done(done) => return Ok(done),
                Look::Running(status) => status,
            };
            if let Some(tell) = &policy.progress {
                tell(&PollProgress { id: awaited.id.to_owned(), status: status.clone(), waited });
            }
            if waited.saturating_add(wait) > policy.total {
                let word = status.as_deref().unwrap_or("not shown yet");
                let message =
                    format!("the {} {} is still {word} after {}", awaited.noun, awaited.id, words(waited));
                return Err(Error::new(ErrorKind::Timeout, message)
                    .with_operation(awaited.operation.id)
                    .with_hint(awaited.later.clone()));
            }
            self.engine().tell_wait(awaited.operation, WaitReason::Progress, wait, None);
            self.engine().pause(awaited.operation, wait).await?;
            wait = wait.saturating_mul(2).min(policy.longest).max(SHORTEST);
        }
    }
}
