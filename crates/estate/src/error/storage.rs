//! Errors of disks, Parquet, Delta and DataFusion, told apart by what the user can do.

use super::bucket::inside;
use super::{Error, Kind};
use datafusion::error::DataFusionError;
use deltalake::DeltaTableError;
use parquet::errors::ParquetError;
use std::io;

impl From<io::Error> for Error {
    fn from(e: io::Error) -> Error {
        let (kind, hint) = match e.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                (Kind::Full, "make room and run the same again: nothing was lost")
            }
            io::ErrorKind::PermissionDenied => (Kind::Forbidden, "check who owns the folder"),
            io::ErrorKind::ReadOnlyFilesystem => (Kind::ReadOnly, "choose a place that can be written"),
            io::ErrorKind::NotFound => (Kind::Missing, "check the address of the estate"),
            _ => (Kind::Failed, ""),
        };
        let error = Error::new(kind, e.to_string());
        if hint.is_empty() { error } else { error.hint(hint) }
    }
}

impl From<ParquetError> for Error {
    fn from(e: ParquetError) -> Error {
        if let ParquetError::External(inner) = &e
            && let Some(e) = inside(inner.as_ref())
        {
            return e;
        }
        Error::new(Kind::Broken, e.to_string()).hint("totalcloud estate check says what is broken")
    }
}

impl From<DeltaTableError> for Error {
    fn from(e: DeltaTableError) -> Error {
        match e {
            DeltaTableError::ObjectStore { source } => source.into(),
            DeltaTableError::Io { source } => source.into(),
            DeltaTableError::NotATable(what) => Error::new(Kind::Missing, what),
            DeltaTableError::VersionAlreadyExists(version) => {
                Error::new(Kind::Busy, format!("version {version} was written by another"))
            }
            other => match inside(&other) {
                Some(e) => e,
                None => Error::new(Kind::Broken, other.to_string()),
            },
        }
    }
}

/// An error of our own that went through the engine, or a data file that a query could not read.
fn known(e: &(dyn std::error::Error + 'static)) -> Option<Error> {
    let own = std::iter::successors(Some(e), |e| e.source()).find_map(|e| e.downcast_ref::<Error>().cloned());
    own.or_else(|| {
        // The reader of footers keeps only the words of what happened to it.
        let text = e.to_string();
        let (path, why) = text.split_once("Failed to fetch metadata for file ")?.1.split_once(": ")?;
        let (kind, what) = match why.contains("Object at location") && why.contains(" not found") {
            true => (Kind::Missing, "is missing".to_owned()),
            false if why.contains("Out of range of file") => (Kind::Broken, "was cut short".to_owned()),
            false if why.contains("Object Store error") => return None,
            false => (Kind::Broken, format!("cannot be read: {why}")),
        };
        let error = Error::new(kind, format!("the data file {path} {what}"));
        Some(error.hint("totalcloud estate check says what else is wrong, and what to do"))
    })
}

impl From<DataFusionError> for Error {
    fn from(e: DataFusionError) -> Error {
        if let Some(known) = known(&e) {
            return known;
        }
        match e {
            DataFusionError::ObjectStore(e) => (*e).into(),
            DataFusionError::IoError(e) => e.into(),
            DataFusionError::ParquetError(e) => (*e).into(),
            DataFusionError::ResourcesExhausted(what) => {
                Error::new(Kind::Exhausted, what).hint("allow more with --memory")
            }
            other => match inside(&other) {
                Some(e) => e,
                None => Error::new(Kind::Failed, other.strip_backtrace()),
            },
        }
    }
}
