//! From what the service answered to values of Python.

use crate::chain::Piece;
use crate::errors;
use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};
use totalcloud::{Completeness, ErrorKind};
use totalcloud_api::Operation;
use totalcloud_api::operation::Answer;

/// JSON as Python reads it.
pub(crate) fn loads<'py>(py: Python<'py>, json: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    static LOADS: pyo3::sync::PyOnceLock<Py<PyAny>> = pyo3::sync::PyOnceLock::new();
    LOADS.import(py, "json", "loads")?.call1((PyBytes::new(py, json),))
}

/// The rows of a page, each the JSON text that came.
pub(crate) fn rows<'py>(py: Python<'py>, rows: &[Bytes]) -> PyResult<Bound<'py, PyList>> {
    PyList::new(py, rows.iter().map(|row| PyBytes::new(py, row)))
}

/// A single answer: an object, a text or the bytes of a file. `None` where the service said nothing.
pub(crate) fn single<'py>(
    py: Python<'py>,
    operation: &'static Operation,
    body: &[u8],
) -> PyResult<Bound<'py, PyAny>> {
    let text = |bytes: &[u8]| PyString::new(py, &String::from_utf8_lossy(bytes)).into_any();
    match operation.answer {
        Answer::File => return Ok(PyBytes::new(py, body).into_any()),
        Answer::Xml => return Ok(text(body)),
        Answer::Text => {
            let body = String::from_utf8_lossy(body);
            return Ok(PyString::new(py, body.trim().trim_matches('"')).into_any());
        }
        _ => {}
    }
    let body = body.trim_ascii();
    if body.is_empty() {
        return Ok(py.None().into_bound(py));
    }
    // What was done is told, in whatever form.
    match loads(py, body) {
        Ok(value) => Ok(value),
        Err(_) if !operation.is_read() => Ok(text(body)),
        Err(e) => {
            let error =
                errors::new(py, ErrorKind::Decode, &format!("{}: the answer is no JSON", operation.id));
            error.set_cause(py, Some(e));
            Err(error)
        }
    }
}

/// How many rows came, of how many.
pub(crate) fn report<'py>(
    py: Python<'py>,
    report: &Completeness,
    parts: &[Piece],
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("complete", report.is_complete())?;
    dict.set_item("received", report.received)?;
    dict.set_item("total", report.total)?;
    dict.set_item("expected", report.expected)?;
    dict.set_item("pages", report.pages)?;
    dict.set_item("finished", report.finished)?;
    dict.set_item("missing", report.shortfall.and_then(|s| s.missing))?;
    dict.set_item("reason", report.shortfall.map(|s| s.reason.as_str()))?;
    dict.set_item("total_was", report.total_was)?;
    dict.set_item("shrank", report.shrank)?;
    dict.set_item("repeated_pages", report.repeated_pages)?;
    dict.set_item("part", report.part)?;
    dict.set_item("queries", report.parts)?;
    let split = parts.iter().map(|part| {
        let of = PyDict::new(py);
        of.set_item("part", &part.part)?;
        of.set_item("total", part.total)?;
        of.set_item("received", part.received)?;
        of.set_item("missing", part.shortfall.and_then(|s| s.missing))?;
        of.set_item("reason", part.shortfall.map(|s| s.reason.as_str()))?;
        of.set_item("error", &part.error)?;
        Ok(of)
    });
    dict.set_item("split", split.collect::<PyResult<Vec<_>>>()?)?;
    Ok(dict)
}
