//! The module `totalcloud._native`: the SDK, the estate and Arrow streams for Python.
//!
//! What is pleasant to use is written in Python, over the few classes and functions here. Whatever waits lets go
//! of Python's lock and looks for signals ([`runtime::wait`]); data leaves as bytes or through Arrow's C stream
//! interface, so that no package is needed to take it.

mod aio;
mod answers;
mod arguments;
mod cells;
mod chain;
mod client;
mod declared;
mod ending;
mod errors;
mod estate;
mod filters;
mod pages;
mod runtime;
mod settings;
mod stream;
mod sync;
mod values;
mod watch;

use pyo3::prelude::*;

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::client::Client;
    #[pymodule_export]
    use super::declared::{
        account_of, error_kinds, operations, registry, resource_type, shape, shapes, variables,
    };
    #[pymodule_export]
    use super::estate::{Estate, questions};
    #[pymodule_export]
    use super::pages::Pages;
    #[pymodule_export]
    use super::runtime::ending;
    #[pymodule_export]
    use super::stream::{ArrowBatch, ArrowStream};
    #[pymodule_export]
    use super::sync::{sync_estate, sync_plan};
    #[pymodule_export]
    use super::values::{read_bool, read_int, read_timestamp};
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.py().import("atexit")?.call_method1("register", (module.getattr("ending")?,))?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
