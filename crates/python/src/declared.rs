//! What is declared of the service: operations, resource types, models and kinds of errors.

use crate::arguments::usage;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::sync::{Mutex, PoisonError};
use totalcloud::ErrorKind;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::endpoints::connectors::Connector;
use totalcloud_api::model::{Column, Flag, Shape};
use totalcloud_api::operation::{Answer, Args};
use totalcloud_api::resources::{self, Listed};
use totalcloud_api::{Operation, Provider};

/// The shape of the rows of an operation: for resources it is that of their type.
pub(crate) fn shape_of(operation: &'static Operation, args: &Args) -> Option<&'static Shape> {
    let text = |name: &str| args.get(name).and_then(serde_json::Value::as_str);
    if let (Some(kind), Some(provider)) = (text("type"), text("provider"))
        && operation.id.starts_with("resources.")
        && let Ok(provider) = provider.parse::<Provider>()
    {
        let listed = resources::get(provider, kind);
        return Some(listed.map_or_else(|| resources::base_shape(provider), |t| t.shape));
    }
    operation.shape
}

/// The shape that the rows of all these requests have.
pub(crate) fn common_shape(operation: &'static Operation, parts: &[Args]) -> Option<&'static Shape> {
    let mut shapes: Vec<&'static Shape> = Vec::new();
    for args in parts {
        let shape = shape_of(operation, args)?;
        if !shapes.contains(&shape) {
            shapes.push(shape);
        }
    }
    match shapes[..] {
        [] => operation.shape,
        [one] => Some(one),
        _ => Some(union(&shapes)),
    }
}

/// The columns of several shapes as one. What they disagree on has no column: it goes to `extra`.
fn union(shapes: &[&'static Shape]) -> &'static Shape {
    type Known = (Vec<&'static str>, &'static Shape);
    static KNOWN: Mutex<Vec<Known>> = Mutex::new(Vec::new());
    let names: Vec<&'static str> = shapes.iter().map(|s| s.name).collect();
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, shape)) = known.iter().find(|(n, _)| *n == names) {
        return shape;
    }
    let mut columns: Vec<Column> = Vec::new();
    for column in shapes.iter().flat_map(|s| s.columns()) {
        let agreed =
            |s: &&&'static Shape| s.column(column.wire).is_none_or(|other| other.kind == column.kind);
        if columns.iter().all(|c| c.wire != column.wire)
            && shapes.iter().filter(agreed).count() == shapes.len()
        {
            columns.push(*column);
        }
    }
    // Made once for each choice of types, and needed as long as its batches.
    let columns: &'static [Column] = Box::leak(columns.into_boxed_slice());
    let shape: &'static Shape =
        Box::leak(Box::new(Shape::new("Resource", "A resource of one of several types.", None, columns)));
    known.push((names, shape));
    shape
}

/// The resource types that are known: provider, names, table and columns.
#[pyfunction]
pub(crate) fn registry(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let all = resources::all().map(|kind| {
        let dict = PyDict::new(py);
        dict.set_item("provider", kind.provider.as_str())?;
        dict.set_item("api_name", kind.name)?;
        dict.set_item("title", kind.title)?;
        dict.set_item("aliases", kind.aliases)?;
        dict.set_item("table", kind.table())?;
        dict.set_item("model", kind.shape.name)?;
        dict.set_item("columns", columns(py, kind.shape)?)?;
        Ok(dict)
    });
    PyList::new(py, all.collect::<PyResult<Vec<_>>>()?)
}

/// The API name of a resource type, by any of its names. What is not listed passes where `unlisted` says so.
#[pyfunction]
#[pyo3(signature = (provider, name, /, *, unlisted=false))]
pub(crate) fn resource_type(py: Python<'_>, provider: &str, name: &str, unlisted: bool) -> PyResult<String> {
    let provider = cloud(py, provider)?;
    match resources::find(provider, name, unlisted) {
        Ok(Listed::Type(listed)) => Ok(listed.name.to_owned()),
        Ok(Listed::Unlisted(name)) => Ok(name),
        Err(e) => {
            let near = if e.nearest.is_empty() {
                String::new()
            } else {
                format!("; nearest: {}", e.nearest.join(", "))
            };
            let let_through = match e.well_formed {
                true => ". If the service has this type, let it through with unlisted_type=True",
                false => "",
            };
            Err(usage(py, &format!("{} has no resource type '{}'{near}{let_through}", e.provider, e.name)))
        }
    }
}

fn cloud(py: Python<'_>, provider: &str) -> PyResult<Provider> {
    provider.parse().map_err(|_| {
        let all: Vec<&str> = Provider::ALL.iter().map(|p| p.as_str()).collect();
        usage(py, &format!("there is no provider '{provider}'; there are {}", all.join(", ")))
    })
}

fn every_shape() -> Vec<(String, &'static Shape)> {
    let mut all: Vec<(String, &'static Shape)> = Vec::new();
    let mut add = |name: String, shape: &'static Shape| {
        if !all.iter().any(|(n, _)| *n == name) {
            all.push((name, shape));
        }
    };
    for id in OperationId::ALL {
        let operation = id.operation();
        if let Some(shape) = operation.shape {
            add(operation.id.to_owned(), shape);
            add(shape.name.to_owned(), shape);
        }
    }
    for kind in resources::all() {
        add(kind.shape.name.to_owned(), kind.shape);
        add(kind.table(), kind.shape);
    }
    all
}

/// The columns of a model, by its name (`Connector`), its operation (`connectors.list`) or its table
/// (`aws_ec2_instance`).
#[pyfunction]
#[pyo3(signature = (name, /))]
pub(crate) fn shape<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyList>> {
    let all = every_shape();
    let found = all
        .iter()
        .find(|(n, _)| n == name)
        .or_else(|| all.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)));
    let Some((_, shape)) = found else {
        let known: Vec<String> = all.iter().map(|(n, _)| n.clone()).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let near = totalcloud_api::nearest::nearest(name, &known).join(" or ");
        let hint = if near.is_empty() { String::new() } else { format!("; did you mean {near}?") };
        return Err(usage(py, &format!("there is no model '{name}'{hint}")));
    };
    columns(py, shape)
}

/// The names that `shape` takes.
#[pyfunction]
pub(crate) fn shapes() -> Vec<String> {
    every_shape().into_iter().map(|(name, _)| name).collect()
}

fn columns<'py>(py: Python<'py>, shape: &'static Shape) -> PyResult<Bound<'py, PyList>> {
    let all = shape.columns().into_iter().map(|c| column(py, c)).collect::<PyResult<Vec<_>>>()?;
    PyList::new(py, all)
}

fn column<'py>(py: Python<'py>, column: &'static Column) -> PyResult<Bound<'py, PyDict>> {
    use totalcloud_api::model::Kind;
    let dict = PyDict::new(py);
    let word = |kind: &Kind| match kind {
        Kind::Text => "text",
        Kind::Int => "int",
        Kind::Num => "float",
        Kind::Bool => "bool",
        Kind::BoolText => "bool_text",
        Kind::IntText => "digits",
        Kind::Time => "time",
        Kind::JsonText => "json_text",
        Kind::Object(_) => "object",
        _ => "json",
    };
    dict.set_item("wire", column.wire)?;
    dict.set_item("kind", word(column.kind.item()))?;
    dict.set_item("list", matches!(column.kind, Kind::List(_)))?;
    dict.set_item("doc", column.doc.trim())?;
    dict.set_item("volatile", column.is(Flag::Volatile))?;
    dict.set_item("sensitive", column.is_sensitive())?;
    dict.set_item("secret", column.is(Flag::Secret))?;
    dict.set_item("id", column.is(Flag::Id))?;
    dict.set_item("shown", column.is(Flag::Shown))?;
    dict.set_item("details", column.is(Flag::Details))?;
    dict.set_item("model", column.kind.shape().map(|s| s.name))?;
    let nested = match column.kind.shape() {
        Some(shape) => columns(py, shape)?,
        None => PyList::empty(py),
    };
    dict.set_item("nested", nested)?;
    Ok(dict)
}

/// The operations of the service, with their parameters.
#[pyfunction]
pub(crate) fn operations(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let all = OperationId::ALL.iter().map(|id| {
        let op = id.operation();
        let dict = PyDict::new(py);
        dict.set_item("name", op.id)?;
        dict.set_item("doc", op.doc.trim())?;
        dict.set_item("method", op.method.as_str())?;
        dict.set_item("path", op.path)?;
        dict.set_item("effect", op.effect.as_str())?;
        dict.set_item("answer", answer(op.answer))?;
        dict.set_item("paged", op.paging.is_some())?;
        dict.set_item("providers", op.providers.iter().map(|p| p.as_str()).collect::<Vec<_>>())?;
        dict.set_item("model", op.shape.map(|s| s.name))?;
        let params = op.params.iter().map(|p| {
            let param = PyDict::new(py);
            param.set_item("name", p.name)?;
            param.set_item("required", p.required)?;
            param.set_item("secret", p.kind.is_secret())?;
            param.set_item("list", p.kind.is_list())?;
            param.set_item("doc", p.doc.trim())?;
            Ok(param)
        });
        dict.set_item("params", params.collect::<PyResult<Vec<_>>>()?)?;
        Ok(dict)
    });
    PyList::new(py, all.collect::<PyResult<Vec<_>>>()?)
}

fn answer(answer: Answer) -> &'static str {
    match answer {
        Answer::Page
        | Answer::Controls
        | Answer::CountData
        | Answer::Array
        | Answer::ArrayPage
        | Answer::ServiceResponse => "rows",
        Answer::Object => "object",
        Answer::Text => "text",
        Answer::File => "file",
        Answer::Xml => "xml",
    }
}

/// The kinds of errors, each with the name of its exception and what it means.
#[pyfunction]
pub(crate) fn error_kinds() -> Vec<(&'static str, &'static str, &'static str)> {
    ErrorKind::ALL.iter().map(|k| (k.as_str(), k.python_exception(), k.doc())).collect()
}

/// The variables that a client reads, by the argument each stands for.
#[pyfunction]
pub(crate) fn variables() -> Vec<(&'static str, &'static str)> {
    crate::settings::VARIABLES.to_vec()
}

/// The account of a connector, from its row.
#[pyfunction]
#[pyo3(signature = (row, /))]
pub(crate) fn account_of(row: &[u8]) -> Option<String> {
    let connector = totalcloud_api::model::from_slice::<Connector>(row).ok()?;
    connector.account().map(str::to_owned)
}
