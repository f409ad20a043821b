//! What is worth saying of a filter before it is sent.

use pyo3::exceptions::PyUserWarning;
use pyo3::prelude::*;
use serde_json::Value;
use std::ffi::CString;
use totalcloud_api::Operation;
use totalcloud_api::operation::{Args, ParamKind};
use totalcloud_api::qql::{self, Finding, Level, Rule};

/// Looks at the filters among the arguments and gives what is to be said. A token that guides print and the service
/// does not know is put right; all else is sent as it was given.
pub(crate) fn look(operation: &Operation, args: &mut Args) -> Vec<String> {
    let mut said = Vec::new();
    for param in operation.params.iter().filter(|p| p.kind == ParamKind::Qql || p.name == "updated") {
        let Some(Value::String(text)) = args.get_mut(param.name) else { continue };
        let checked = match (param.name, qql::family_of(operation.id, param.name)) {
            ("updated", _) => qql::check_updated(text),
            (_, Some(family)) => qql::check(family, text),
            (_, None) => continue,
        };
        for finding in checked.findings().iter().filter(|f| f.level >= Level::Warning) {
            said.push(format!(
                "{}, {finding}\n  {}",
                param.name,
                finding.caret(checked.text()).replace('\n', "\n  ")
            ));
        }
        if let Some(right) = checked.put_right(|f: &Finding| f.rule == Rule::Renamed) {
            *text = right;
        }
    }
    said
}

/// A warning of Python.
pub(crate) fn warn(py: Python<'_>, text: &str) -> PyResult<()> {
    let text = CString::new(text.replace('\0', " ")).unwrap_or_default();
    PyErr::warn(py, &py.get_type::<PyUserWarning>(), &text, 2)
}
