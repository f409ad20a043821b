//! From errors of the crates to the exceptions of `totalcloud.errors`.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};
use totalcloud::{Error, ErrorKind};
use totalcloud_estate::Kind;

/// The exception of an error of the client.
pub(crate) fn of_client(py: Python<'_>, e: &Error) -> PyErr {
    raise(py, e.kind().python_exception(), e.kind().as_str(), &e.to_string(), |more| {
        more.set_item("status", e.status())?;
        more.set_item("code", e.code())?;
        more.set_item("operation", e.operation())?;
        more.set_item("request_id", e.request_id())?;
        more.set_item("retry_after", e.retry_after().map(|wait| wait.as_secs_f64()))?;
        more.set_item("attempts", e.attempts())?;
        more.set_item("hint", e.hint())?;
        more.set_item("may_have_arrived", e.may_have_arrived())
    })
}

/// The exception of an error of an estate: that of the service, where the service was the trouble.
pub(crate) fn of_estate(py: Python<'_>, e: &totalcloud_estate::Error) -> PyErr {
    if let Some(service) = e.service() {
        return of_client(py, service);
    }
    let kind = kind_of(e.kind());
    raise(py, kind.python_exception(), kind.as_str(), e.message(), |more| more.set_item("hint", e.advice()))
}

/// The kind of the one table that an error of an estate is.
fn kind_of(kind: Kind) -> ErrorKind {
    match kind {
        Kind::Missing => ErrorKind::NotFound,
        Kind::Input => ErrorKind::Usage,
        Kind::Forbidden | Kind::ReadOnly => ErrorKind::Forbidden,
        Kind::Busy => ErrorKind::Conflict,
        Kind::Full | Kind::Lost | Kind::Exhausted => ErrorKind::Io,
        Kind::Broken | Kind::Newer => ErrorKind::Decode,
        _ => ErrorKind::Failed,
    }
}

/// The exception of a kind with a message of our own.
pub(crate) fn new(py: Python<'_>, kind: ErrorKind, message: &str) -> PyErr {
    raise(py, kind.python_exception(), kind.as_str(), message, |_| Ok(()))
}

fn raise(
    py: Python<'_>,
    class: &str,
    kind: &str,
    message: &str,
    fill: impl FnOnce(&Bound<'_, PyDict>) -> PyResult<()>,
) -> PyErr {
    let make = || -> PyResult<PyErr> {
        let class = py.import("totalcloud.errors")?.getattr(class)?.cast_into::<PyType>()?;
        let more = PyDict::new(py);
        more.set_item("kind", kind)?;
        fill(&more)?;
        Ok(PyErr::from_value(class.call((message,), Some(&more))?))
    };
    make().unwrap_or_else(|e| e)
}
