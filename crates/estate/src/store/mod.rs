//! The tables on disk or in a bucket: opened, read file by file, and changed a run at a time.

mod changes;
pub mod compact;
mod encode;
pub mod file;
mod index;
pub mod log;
mod news;
pub(crate) mod record;
mod repeats;
pub mod rows;
pub mod runs;
mod scope;
mod sink;
mod table;
mod transaction;
mod vacuum;

pub use log::{Change, DataFile, Log, What};
pub use rows::{ChangeKind, ChangeRow, FieldChange, FreshRow};
pub use runs::{How, Run, RunKind, RunTable};
pub use scope::Scope;
pub use table::{TableWriter, Written};
pub use transaction::{Fresh, Outcome, Reading, Transaction, newest};

use crate::layout::{FORMAT, MARKER, SYNC_RUNS};
use crate::place::Place;
use crate::{Error, Kind, Result};
use jiff::Timestamp;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStoreExt, PutMode};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An estate. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Estate {
    place: Arc<Place>,
}

/// What makes a folder an estate.
#[derive(Serialize, Deserialize)]
struct Marker {
    format: u32,
    created: Timestamp,
    program: String,
}

impl Estate {
    /// Opens an estate that is there.
    ///
    /// # Errors
    /// [`Kind::Missing`] where none is, [`Kind::Newer`] where a newer program made it.
    pub async fn open(place: &Place) -> Result<Estate> {
        let path = ObjectPath::from(MARKER);
        let bytes = match place.store().get(&path).await {
            Ok(got) => got.bytes().await?,
            Err(object_store::Error::NotFound { .. }) => {
                return Err(Error::new(Kind::Missing, format!("there is no estate at {place}")).hint(
                    "make one with: totalcloud sync --estate …, or check --estate (TOTALCLOUD_ESTATE)",
                ));
            }
            Err(e) => return Err(Error::from(e).about(format_args!("estate {place}"))),
        };
        let marker: Marker = serde_json::from_slice(&bytes).map_err(|_| {
            Error::new(Kind::Broken, format!("{MARKER} of the estate at {place} cannot be read"))
                .hint("restore that file from a backup; the tables are as they were")
        })?;
        if marker.format > FORMAT {
            let what = format!(
                "the estate at {place} was written by totalcloud {} in a newer form ({})",
                marker.program, marker.format
            );
            return Err(Error::new(Kind::Newer, what).hint("use that version of totalcloud, or a newer one"));
        }
        Ok(Estate { place: Arc::new(place.clone()) })
    }

    /// Opens an estate, and makes it where none is.
    ///
    /// # Errors
    /// As [`Estate::open`]; or if it cannot be made.
    pub async fn create_or_open(place: &Place, now: Timestamp) -> Result<Estate> {
        match Estate::open(place).await {
            Err(e) if e.kind() == Kind::Missing => {}
            other => return other,
        }
        place.create()?;
        let program = env!("CARGO_PKG_VERSION").to_owned();
        let marker = serde_json::to_vec(&Marker { format: FORMAT, created: now, program })?;
        let path = ObjectPath::from(MARKER);
        match place.store().put_opts(&path, marker.into(), PutMode::Create.into()).await {
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Estate::open(place).await,
            Err(e) => Err(Error::from(e).about(format_args!("estate {place}"))),
        }
    }

    /// Where it is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// A version of a table, the newest by default; nothing where there is no such table.
    ///
    /// # Errors
    /// If its log cannot be read.
    pub async fn log(&self, table: &str, version: Option<i64>) -> Result<Option<Log>> {
        Log::load(&self.place, table, version).await
    }

    /// All runs, the oldest first.
    ///
    /// # Errors
    /// If they cannot be read.
    pub async fn runs(&self) -> Result<Vec<Run>> {
        let Some(log) = self.log(SYNC_RUNS, None).await? else { return Ok(Vec::new()) };
        let mut runs: Vec<Run> = file::read_plain(&self.place, &log, &log.files).await?;
        runs.sort_by_key(|r| r.run);
        Ok(runs)
    }

    /// The newest run.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn latest(&self) -> Result<Option<Run>> {
        let Some(log) = self.log(SYNC_RUNS, None).await? else { return Ok(None) };
        // Files are written a run each, and put together only by a later one.
        let newest = |f: &&DataFile| f.stats.as_deref().and_then(greatest_run);
        let Some(file) = log.files.iter().max_by_key(newest).cloned() else { return Ok(None) };
        let runs: Vec<Run> = file::read_plain(&self.place, &log, &[file]).await?;
        Ok(runs.into_iter().max_by_key(|r| r.run))
    }
}

/// The greatest run of a file, by its statistics.
fn greatest_run(stats: &str) -> Option<i64> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Stats {
        max_values: Values,
    }
    #[derive(Deserialize)]
    struct Values {
        run: i64,
    }
    serde_json::from_str::<Stats>(stats).ok().map(|s| s.max_values.run)
}
