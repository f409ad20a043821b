//! The lease of one writer, as an object that is only ever replaced by who has read what is in it.
//!
//! Clocks of machines differ, so that a date in the object alone does not say that a lease has run out: whoever waits
//! watches the object instead, and takes over when it has not changed for as long as a lease lasts. The holder writes
//! it anew three times in that time.

use super::lock::{Holder, Wait, busy};
use crate::error::{Error, Kind, Result};
use bytes::Bytes;
use jiff::Timestamp;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, UpdateVersion};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use totalcloud::clock::Clock;
use uuid::Uuid;

/// The object.
pub(super) const OBJECT: &str = "lease.json";
/// How long a lease lasts without being renewed.
pub(super) const LASTS: Duration = Duration::from_secs(30);
/// How often it is renewed.
const RENEW: Duration = Duration::from_secs(10);
/// How often one who waits looks.
const LOOK: Duration = Duration::from_secs(2);
/// Clocks of machines that a store lets in do not differ by more; a lease that is older was left by a killed process.
const SURELY_OVER: jiff::SignedDuration = jiff::SignedDuration::from_mins(20);

/// What is in the object.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    /// The one taking of the lease that this is.
    id: Uuid,
    #[serde(flatten)]
    holder: Holder,
    /// By the holder's clock.
    renewed: Timestamp,
    /// Whether the holder has ended.
    released: bool,
}

/// A lease that was read: what it says and which version of the object says so.
type Read = (Note, UpdateVersion);

#[derive(Debug, Clone)]
struct Object {
    store: Arc<dyn ObjectStore>,
    path: ObjectPath,
}

impl Object {
    async fn read(&self) -> Result<Option<(Option<Note>, UpdateVersion)>> {
        match self.store.get(&self.path).await {
            Ok(found) => {
                let version =
                    UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
                let bytes = found.bytes().await?;
                Ok(Some((serde_json::from_slice(&bytes).ok(), version)))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// Writes the object if it is still what was read. `None` where another has taken the lease.
    async fn write(&self, note: &Note, before: Option<UpdateVersion>) -> Result<Option<UpdateVersion>> {
        let text = Bytes::from(serde_json::to_vec(note)?);
        let mut mode = before.map_or(PutMode::Create, PutMode::Update);
        // Only the holder of an id writes it, one at a time: the second round is the last one.
        loop {
            match self.store.put_opts(&self.path, text.clone().into(), mode.into()).await {
                Ok(put) => return Ok(Some(put.into())),
                Err(
                    object_store::Error::AlreadyExists { .. }
                    | object_store::Error::Precondition { .. }
                    | object_store::Error::NotFound { .. },
                ) => match self.read().await? {
                    // A request that was sent twice is refused the second time though the first one was taken.
                    Some((Some(found), version)) if found.id == note.id => {
                        if found.renewed == note.renewed && found.released == note.released {
                            return Ok(Some(version));
                        }
                        mode = PutMode::Update(version);
                    }
                    _ => return Ok(None),
                },
                Err(object_store::Error::NotImplemented { .. }) => {
                    return Err(Error::new(
                        Kind::Input,
                        "the object store does not write objects on conditions, which keeps two writers apart",
                    )
                    .hint(
                        "use a store that knows If-Match and If-None-Match, and do not set \
                         AWS_CONDITIONAL_PUT=disabled",
                    ));
                }
                Err(e) => return Err(e.into()),
            }
        }
    }
}

/// A lease that is held, and renewed until it is dropped.
#[derive(Debug)]
pub(super) struct Lease {
    state: Arc<State>,
    renewing: tokio::task::JoinHandle<()>,
    released: bool,
}

struct State {
    object: Object,
    place: String,
    clock: Arc<dyn Clock>,
    /// What was last written; `None` once another has taken over. Held while the object is written, so that the
    /// background and a caller do not refuse each other.
    last: Mutex<Option<Read>>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Lease {
    /// Takes the lease, or waits for it.
    pub(super) async fn take(
        store: Arc<dyn ObjectStore>,
        place: &str,
        wait: Wait,
        who: &str,
        clock: &Arc<dyn Clock>,
    ) -> Result<Lease> {
        let object = Object { store, path: ObjectPath::from(OBJECT) };
        let until = clock.ticks() + wait.limit();
        let mut watched: Option<(UpdateVersion, Duration)> = None;
        let mut told = None;
        let id = Uuid::new_v4();
        loop {
            let now = clock.now();
            let found = object.read().await?;
            let (holder, before) = match found {
                None => (None, None),
                Some((note, version)) => {
                    let over = note
                        .as_ref()
                        .is_some_and(|n| n.released || now.duration_since(n.renewed) > SURELY_OVER);
                    // The version of an object is not comparable, but it prints as what it is.
                    let seen = match &watched {
                        Some((seen, since))
                            if seen.e_tag == version.e_tag && seen.version == version.version =>
                        {
                            *since
                        }
                        _ => clock.ticks(),
                    };
                    watched = Some((version.clone(), seen));
                    let silent = clock.ticks().saturating_sub(seen) >= LASTS;
                    if over || silent {
                        (None, Some(version))
                    } else {
                        (Some(note.map(|n| n.holder)), Some(version))
                    }
                }
            };
            let Some(holder) = holder else {
                let note = Note {
                    id,
                    holder: Holder { who: who.to_owned(), since: now },
                    renewed: now,
                    released: false,
                };
                if let Some(version) = object.write(&note, before).await? {
                    return Ok(Lease::start(object, place, clock, (note, version)));
                }
                // Somebody else was faster.
                continue;
            };
            if clock.ticks() >= until {
                return Err(busy(place, holder.as_ref()));
            }
            if told.as_ref() != Some(&holder) {
                wait.tell(holder.as_ref());
                told = Some(holder);
            }
            clock.sleep(LOOK).await;
        }
    }

    fn start(object: Object, place: &str, clock: &Arc<dyn Clock>, read: Read) -> Lease {
        let state = Arc::new(State {
            object,
            place: place.to_owned(),
            clock: Arc::clone(clock),
            last: Mutex::new(Some(read)),
        });
        let renewed = Arc::clone(&state);
        let renewing = tokio::spawn(async move {
            loop {
                renewed.clock.sleep(RENEW).await;
                match renewed.write(false).await {
                    Err(e) if e.kind() == Kind::Busy => return,
                    // A store that is away for a moment: the next time may do, and before a commit it is asked again.
                    Err(e) => tracing::debug!(error = %e, "the lease of the estate could not be renewed"),
                    Ok(()) => {}
                }
            }
        });
        Lease { state, renewing, released: false }
    }

    pub(super) async fn renew(&self) -> Result<()> {
        self.state.write(false).await
    }

    pub(super) async fn release(mut self) -> Result<()> {
        self.released = true;
        self.renewing.abort();
        self.state.write(true).await
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewing.abort();
        if self.released {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let state = Arc::clone(&self.state);
            // Where this does not run any more, the lease runs out.
            runtime.spawn(async move { state.write(true).await });
        }
    }
}

impl State {
    async fn write(&self, released: bool) -> Result<()> {
        let mut last = self.last.lock().await;
        let Some((note, version)) = last.clone() else { return Err(self.lost()) };
        let next = Note { renewed: self.clock.now(), released, ..note };
        // Where this is cut off here, the object may be newer than what is remembered; the next writing finds out.
        match self.object.write(&next, Some(version)).await? {
            Some(version) => {
                *last = Some((next, version));
                Ok(())
            }
            None => {
                *last = None;
                Err(self.lost())
            }
        }
    }

    fn lost(&self) -> Error {
        Error::new(
            Kind::Busy,
            format!(
                "another writer has taken over the estate {} while this one was cut off or asleep",
                self.place
            ),
        )
        .hint("nothing of this run was recorded; run the same again")
    }
}
