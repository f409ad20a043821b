//! Record batches as rows of Python values, for those who have no package that takes Arrow.

use crate::values::instant;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType, UInt64Type,
};
use arrow::error::ArrowError;
use jiff::Timestamp;
use pyo3::PyTypeInfo;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDate, PyDict, PyList, PyString};

/// The rows, each a dict by column.
pub(crate) fn rows<'py>(py: Python<'py>, batch: &RecordBatch) -> PyResult<Bound<'py, PyList>> {
    let schema = batch.schema();
    let names: Vec<_> = schema.fields().iter().map(|f| PyString::new(py, f.name())).collect();
    let columns: Vec<_> = batch.columns().iter().map(|c| values(py, c)).collect::<PyResult<_>>()?;
    let rows = PyList::empty(py);
    for at in 0..batch.num_rows() {
        let row = PyDict::new(py);
        for (name, column) in names.iter().zip(&columns) {
            row.set_item(name, column.get(at))?;
        }
        rows.append(row)?;
    }
    Ok(rows)
}

fn broken(e: &ArrowError) -> PyErr {
    PyValueError::new_err(e.to_string())
}

/// The values of a column.
fn values<'py>(py: Python<'py>, array: &ArrayRef) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let none = || py.None().into_bound(py);
    let each = |get: &dyn Fn(usize) -> PyResult<Bound<'py, PyAny>>| {
        (0..array.len()).map(|at| if array.is_null(at) { Ok(none()) } else { get(at) }).collect()
    };
    let as_type = |data_type: &DataType| cast(array, data_type).map_err(|e| broken(&e));
    match array.data_type() {
        DataType::Null => Ok((0..array.len()).map(|_| none()).collect()),
        DataType::Utf8 => {
            let texts = array.as_string::<i32>();
            each(&|at| Ok(PyString::new(py, texts.value(at)).into_any()))
        }
        DataType::Boolean => {
            let truths = array.as_boolean();
            each(&|at| Ok(truths.value(at).into_pyobject(py)?.to_owned().into_any()))
        }
        DataType::Int64 => {
            let numbers = array.as_primitive::<Int64Type>();
            each(&|at| Ok(numbers.value(at).into_pyobject(py)?.into_any()))
        }
        DataType::UInt64 => {
            let numbers = array.as_primitive::<UInt64Type>();
            each(&|at| Ok(numbers.value(at).into_pyobject(py)?.into_any()))
        }
        DataType::Int8 | DataType::Int16 | DataType::Int32 => values(py, &as_type(&DataType::Int64)?),
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => values(py, &as_type(&DataType::UInt64)?),
        DataType::Float64 => {
            let numbers = array.as_primitive::<Float64Type>();
            each(&|at| Ok(numbers.value(at).into_pyobject(py)?.into_any()))
        }
        DataType::Float16 | DataType::Float32 => values(py, &as_type(&DataType::Float64)?),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            let times = array.as_primitive::<TimestampMicrosecondType>();
            each(&|at| {
                let time = Timestamp::from_microsecond(times.value(at)).ok();
                match time.map(|time| instant(py, time)).transpose()?.flatten() {
                    Some(time) => Ok(time.into_any()),
                    None => Err(PyValueError::new_err("an instant that no datetime of Python reaches")),
                }
            })
        }
        DataType::Timestamp(_, zone) => {
            values(py, &as_type(&DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?)
        }
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>();
            each(&|at| {
                let ordinal = days.value(at).saturating_add(EPOCH);
                PyDate::type_object(py).call_method1("fromordinal", (ordinal,))
            })
        }
        DataType::Binary => {
            let bytes = array.as_binary::<i32>();
            each(&|at| Ok(PyBytes::new(py, bytes.value(at)).into_any()))
        }
        DataType::LargeBinary | DataType::BinaryView => values(py, &as_type(&DataType::Binary)?),
        DataType::List(_) => {
            let lists = array.as_list::<i32>();
            each(&|at| Ok(PyList::new(py, values(py, &lists.value(at))?)?.into_any()))
        }
        DataType::LargeList(item) | DataType::ListView(item) | DataType::FixedSizeList(item, _) => {
            values(py, &as_type(&DataType::List(item.clone()))?)
        }
        DataType::Struct(fields) => {
            let parts = array.as_struct();
            let columns: Vec<_> = parts.columns().iter().map(|c| values(py, c)).collect::<PyResult<_>>()?;
            each(&|at| {
                let dict = PyDict::new(py);
                for (field, column) in fields.iter().zip(&columns) {
                    dict.set_item(field.name(), column.get(at))?;
                }
                Ok(dict.into_any())
            })
        }
        DataType::Dictionary(_, inner) => values(py, &as_type(inner)?),
        DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => {
            let class = py.import("decimal")?.getattr("Decimal")?;
            values(py, &as_type(&DataType::Utf8)?)?
                .into_iter()
                .map(|text| if text.is_none() { Ok(text) } else { class.call1((text,)) })
                .collect()
        }
        // Texts of other layouts, and what Python has no type for, as text.
        _ => values(py, &as_type(&DataType::Utf8)?),
    }
}

/// The first day of 1970, as Python counts days.
const EPOCH: i32 = 719_163;
