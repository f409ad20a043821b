//! Errors of disks, object stores, Parquet, Delta and DataFusion, told apart by what the user can do.

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

impl From<object_store::Error> for Error {
    fn from(e: object_store::Error) -> Error {
        match e {
            object_store::Error::NotFound { path, .. } => {
                Error::new(Kind::Missing, format!("{path} is not there"))
            }
            object_store::Error::PermissionDenied { path, .. }
            | object_store::Error::Unauthenticated { path, .. } => {
                Error::new(Kind::Forbidden, format!("{path} may not be used"))
            }
            other => match io_inside(&other) {
                Some(e) => e,
                None => Error::new(Kind::Lost, other.to_string()),
            },
        }
    }
}

/// The error of the system that an error was made of.
fn io_inside(e: &(dyn std::error::Error + 'static)) -> Option<Error> {
    let mut next = Some(e);
    while let Some(e) = next {
        if let Some(io) = e.downcast_ref::<io::Error>() {
            return Some(io::Error::new(io.kind(), io.to_string()).into());
        }
        next = e.source();
    }
    None
}

impl From<ParquetError> for Error {
    fn from(e: ParquetError) -> Error {
        if let ParquetError::External(inner) = &e
            && let Some(e) = io_inside(inner.as_ref())
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
            other => match io_inside(&other) {
                Some(e) => e,
                None => Error::new(Kind::Broken, other.to_string()),
            },
        }
    }
}

impl From<DataFusionError> for Error {
    fn from(e: DataFusionError) -> Error {
        match e {
            DataFusionError::ObjectStore(e) => (*e).into(),
            DataFusionError::IoError(e) => e.into(),
            DataFusionError::ParquetError(e) => (*e).into(),
            DataFusionError::ResourcesExhausted(what) => {
                Error::new(Kind::Exhausted, what).hint("allow more with --memory")
            }
            other => match io_inside(&other) {
                Some(e) => e,
                None => Error::new(Kind::Failed, other.strip_backtrace()),
            },
        }
    }
}
