//! One writer at a time.

use super::lease::Lease;
use crate::error::{Error, Kind, Result};
use jiff::Timestamp;
use object_store::ObjectStore;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::{File, TryLockError};
use std::io::{self, Seek, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use totalcloud::clock::Clock;

/// The file that is locked, in a folder.
pub(super) const FILE: &str = ".lock";
/// How often a folder is looked at again.
const LOOK: Duration = Duration::from_millis(250);

/// Who writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// What the writer called itself.
    pub who: String,
    /// Since when.
    pub since: Timestamp,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} since {}", self.who, self.since.strftime("%Y-%m-%d %H:%M:%S UTC"))
    }
}

/// Is told once for each writer that is waited for.
pub type Told = Arc<dyn Fn(Option<&Holder>) + Send + Sync>;

/// What to do while somebody else writes.
#[derive(Clone)]
pub enum Wait {
    /// Fail at once.
    Never,
    /// Wait this long.
    UpTo {
        /// How long.
        limit: Duration,
        /// Who is told that there is something to wait for.
        told: Told,
    },
}

impl Wait {
    /// Waits this long without a word.
    #[must_use]
    pub fn quietly(limit: Duration) -> Wait {
        Wait::UpTo { limit, told: Arc::new(|_| {}) }
    }

    pub(super) fn limit(&self) -> Duration {
        match self {
            Wait::Never => Duration::ZERO,
            Wait::UpTo { limit, .. } => *limit,
        }
    }

    pub(super) fn tell(&self, holder: Option<&Holder>) {
        if let Wait::UpTo { told, .. } = self {
            told(holder);
        }
    }
}

/// Keeps other writers away as long as it lives.
#[derive(Debug)]
pub struct Guard(Held);

#[derive(Debug)]
enum Held {
    /// The system ends the lock with the file, however the process ends.
    File {
        _file: File,
    },
    Lease(Lease),
}

impl Guard {
    /// Makes sure that nobody else has become the writer, as may happen where a process was asleep or cut off for
    /// longer than its lease. To be asked right before a commit.
    ///
    /// # Errors
    /// [`Kind::Busy`] if another has taken over; or what the store says.
    pub async fn still_held(&self) -> Result<()> {
        match &self.0 {
            Held::File { .. } => Ok(()),
            Held::Lease(lease) => lease.renew().await,
        }
    }

    /// Lets the next one in. Dropping the guard does the same, but on an object store only in the background, so that
    /// the next one may have to wait until the lease runs out.
    ///
    /// # Errors
    /// What the store says; the lease then runs out by itself.
    pub async fn release(self) -> Result<()> {
        match self.0 {
            Held::File { .. } => Ok(()),
            Held::Lease(lease) => lease.release().await,
        }
    }
}

/// The error of one who does not wait longer.
pub(super) fn busy(place: &str, holder: Option<&Holder>) -> Error {
    let who = holder.map_or_else(|| "somebody else".to_owned(), Holder::to_string);
    Error::new(Kind::Busy, format!("the estate {place} is being written: {who}"))
        .hint("wait until it has ended and run the same again; readers need not wait")
}

/// Locks a folder.
pub(super) async fn file(folder: &Path, wait: Wait, who: &str, clock: &Arc<dyn Clock>) -> Result<Guard> {
    let at = folder.join(FILE);
    let failed = |e: io::Error| Error::from(e).about(at.display());
    let mut file =
        File::options().create(true).truncate(false).read(true).write(true).open(&at).map_err(failed)?;
    let until = clock.ticks() + wait.limit();
    let mut told = None;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            // Some network file systems have no locks. Delta's own log still lets only one of two commits in.
            Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => break,
            Err(TryLockError::Error(e)) => return Err(failed(e)),
            Err(TryLockError::WouldBlock) => {
                let holder = std::fs::read(&at).ok().and_then(|text| serde_json::from_slice(&text).ok());
                if clock.ticks() >= until {
                    return Err(busy(&folder.display().to_string(), holder.as_ref()));
                }
                if told.as_ref() != Some(&holder) {
                    wait.tell(holder.as_ref());
                    told = Some(holder);
                }
                clock.sleep(LOOK).await;
            }
        }
    }
    let holder = serde_json::to_vec(&Holder { who: who.to_owned(), since: clock.now() })?;
    let mut note = || -> io::Result<()> {
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(&holder)
    };
    note().map_err(failed)?;
    Ok(Guard(Held::File { _file: file }))
}

/// Takes the lease of an object store.
pub(super) async fn lease(
    store: Arc<dyn ObjectStore>,
    place: &str,
    wait: Wait,
    who: &str,
    clock: &Arc<dyn Clock>,
) -> Result<Guard> {
    Lease::take(store, place, wait, who, clock).await.map(|lease| Guard(Held::Lease(lease)))
}
