//! From Python's arguments to those of an operation.

use crate::errors;
use jiff::Timestamp;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDate, PyDateTime, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet,
    PyString, PyTuple,
};
use serde_json::Value;
use std::path::PathBuf;
use totalcloud::ErrorKind;
use totalcloud_api::Operation;
use totalcloud_api::endpoints::{OperationId, by_id};
use totalcloud_api::nearest::{folded, nearest};
use totalcloud_api::operation::{Args, Param, ParamKind, Upload};

/// The operation of a name such as `resources.list`.
pub(crate) fn operation(py: Python<'_>, name: &str) -> PyResult<&'static Operation> {
    if let Some(id) = by_id(name) {
        return Ok(id.operation());
    }
    let known: Vec<&'static str> = OperationId::ALL.iter().map(|id| id.operation().id).collect();
    let near = nearest(name, &known);
    let hint = match near.is_empty() {
        true => "; totalcloud.operations() lists them".to_owned(),
        false => format!("; did you mean {}?", near.join(" or ")),
    };
    Err(usage(py, &format!("there is no operation '{name}'{hint}")))
}

/// The arguments of an operation. Names are those of the wire, and those in Python's way of writing (`page_no`).
/// What is `None` is not given.
pub(crate) fn args(operation: &'static Operation, given: &Bound<'_, PyDict>) -> PyResult<Args> {
    let py = given.py();
    let mut args = Args::new();
    for (key, value) in given.iter() {
        if value.is_none() {
            continue;
        }
        let key: String = key.extract()?;
        let param = named(operation, &key);
        let name = param.map_or(key, |p| p.name.to_owned());
        let value = match param.filter(|p| p.kind == ParamKind::File) {
            Some(param) => file(param, &value)?,
            None => json(&name, &value)?,
        };
        if args.insert(name.clone(), value).is_some() {
            return Err(usage(py, &format!("{}: '{name}' is given twice", operation.id)));
        }
    }
    Ok(args)
}

fn named(operation: &'static Operation, key: &str) -> Option<&'static Param> {
    operation.param(key).or_else(|| {
        let wanted = folded(key);
        let mut found = operation.params.iter().filter(|p| folded(p.name) == wanted);
        found.next().filter(|_| found.next().is_none())
    })
}

/// A file to send: its bytes, a pair of name and bytes, or a path.
fn file(param: &Param, value: &Bound<'_, PyAny>) -> PyResult<Value> {
    let py = value.py();
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(Upload::new("file", bytes.as_bytes().to_vec()).to_value());
    }
    if let Ok((name, bytes)) = value.extract::<(String, Vec<u8>)>() {
        return Ok(Upload::new(name, bytes).to_value());
    }
    let path: PathBuf = value.extract().map_err(|_| {
        usage(py, &format!("'{}' is a file: give a path, bytes, or (name, bytes)", param.name))
    })?;
    let unreadable = |e| {
        let said = format!("'{}': {} cannot be read: {e}", param.name, path.display());
        errors::new(py, ErrorKind::Io, &said)
    };
    let bytes = std::fs::read(&path).map_err(|e: std::io::Error| unreadable(e))?;
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("file");
    Ok(Upload::new(name, bytes).to_value())
}

/// A value as JSON. Instants are written as the service takes them, in UTC.
pub(crate) fn json(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Value> {
    let py = value.py();
    if value.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(truth) = value.cast::<PyBool>() {
        return Ok(Value::Bool(truth.is_true()));
    }
    if value.is_instance_of::<PyInt>() {
        let number = value.extract::<i64>().map(Value::from);
        return number.or_else(|_| value.extract::<u64>().map(Value::from));
    }
    if value.is_instance_of::<PyFloat>() {
        return Ok(Value::from(value.extract::<f64>()?));
    }
    if value.is_instance_of::<PyString>() {
        return Ok(Value::String(value.extract()?));
    }
    if value.is_instance_of::<PyDateTime>() {
        return instant(name, value).map(|at| Value::String(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()));
    }
    if value.is_instance_of::<PyDate>() {
        return Ok(Value::String(value.call_method0(intern!(py, "isoformat"))?.extract()?));
    }
    if let Ok(map) = value.cast::<PyDict>() {
        let mut object = serde_json::Map::new();
        for (key, value) in map.iter() {
            object.insert(key.extract()?, json(name, &value)?);
        }
        return Ok(Value::Object(object));
    }
    let listed = value.is_instance_of::<PyList>()
        || value.is_instance_of::<PyTuple>()
        || value.is_instance_of::<PySet>()
        || value.is_instance_of::<PyFrozenSet>();
    if listed {
        let items = value.try_iter()?.map(|item| json(name, &item?)).collect::<PyResult<Vec<_>>>()?;
        return Ok(Value::Array(items));
    }
    if value.is_instance_of::<PyBytes>() || value.is_instance_of::<PyByteArray>() {
        return Err(usage(py, &format!("'{name}' is no file, and takes no bytes")));
    }
    let class = value.get_type().name()?.to_string();
    if class == "UUID" {
        return Ok(Value::String(value.str()?.extract()?));
    }
    Err(usage(py, &format!("'{name}' cannot be sent: it is of the class {class}")))
}

/// An instant. Without a zone it could be one of many, so it is refused.
pub(crate) fn instant(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Timestamp> {
    let py = value.py();
    if value.getattr(intern!(py, "tzinfo"))?.is_none() {
        return Err(usage(
            py,
            &format!("'{name}' is a time without a zone; say which, such as timezone.utc"),
        ));
    }
    let text: String = value.call_method0(intern!(py, "isoformat"))?.extract()?;
    text.parse().map_err(|_| usage(py, &format!("'{name}' is no time: {text}")))
}

pub(crate) fn usage(py: Python<'_>, message: &str) -> PyErr {
    errors::new(py, ErrorKind::Usage, message)
}
