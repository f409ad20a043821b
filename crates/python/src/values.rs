//! The lenient readers of single values, for those who read rows themselves.

use jiff::Timestamp;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDateTime, PyFloat, PyInt, PyString, PyTzInfo};
use serde_json::Value;
use totalcloud_api::model::{Cell, Datum, Kind};

/// An instant in any form the service was seen to write, in UTC. `None` for what is no instant.
#[pyfunction]
#[pyo3(signature = (value, /))]
pub(crate) fn read_timestamp<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyDateTime>>> {
    match read(Kind::Time, value)? {
        Some(Datum::Time(time)) => instant(value.py(), time.instant()),
        _ => Ok(None),
    }
}

/// An instant of Python, in UTC. `None` for what is out of its reach.
pub(crate) fn instant(py: Python<'_>, at: Timestamp) -> PyResult<Option<Bound<'_, PyDateTime>>> {
    let civil = jiff::tz::Offset::UTC.to_datetime(at);
    // Python counts years from 1 on and has no finer fraction than this.
    let year = i32::from(civil.year());
    if year < 1 {
        return Ok(None);
    }
    let part = |n: i8| u8::try_from(n).unwrap_or_default();
    PyDateTime::new(
        py,
        year,
        part(civil.month()),
        part(civil.day()),
        part(civil.hour()),
        part(civil.minute()),
        part(civil.second()),
        u32::try_from(civil.subsec_nanosecond() / 1000).unwrap_or_default(),
        Some(&*PyTzInfo::utc(py)?),
    )
    .map(Some)
}

/// A boolean, also from `"true"`, `"False"`, 0 and 1. `None` for anything else.
#[pyfunction]
#[pyo3(signature = (value, /))]
pub(crate) fn read_bool(value: &Bound<'_, PyAny>) -> PyResult<Option<bool>> {
    Ok(match read(Kind::Bool, value)? {
        Some(Datum::Bool(value)) => Some(value),
        _ => None,
    })
}

/// A whole number, also from digits in a text. `None` for anything else.
#[pyfunction]
#[pyo3(signature = (value, /))]
pub(crate) fn read_int(value: &Bound<'_, PyAny>) -> PyResult<Option<i64>> {
    Ok(match read(Kind::Int, value)? {
        Some(Datum::Int(value)) => Some(value),
        _ => None,
    })
}

fn read(kind: Kind, value: &Bound<'_, PyAny>) -> PyResult<Option<Datum>> {
    let json = if let Ok(truth) = value.cast::<PyBool>() {
        Value::Bool(truth.is_true())
    } else if value.is_instance_of::<PyInt>() {
        value.extract::<i64>().map_or(Value::Null, Value::from)
    } else if value.is_instance_of::<PyFloat>() {
        Value::from(value.extract::<f64>()?)
    } else if value.is_instance_of::<PyString>() {
        Value::String(value.extract()?)
    } else {
        return Ok(None);
    };
    Ok(match kind.read(&json.to_string()) {
        Ok(Cell::Fits(datum)) => Some(datum),
        _ => None,
    })
}
