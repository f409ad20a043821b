//! The pages of a listing, or of several one after the other.

use crate::aio;
use crate::answers;
use crate::arguments::usage;
use crate::chain::{Came, Chain, Far};
use crate::errors;
use crate::runtime::{Home, wait};
use crate::stream::{ArrowStream, PageBatches};
use arrow::datatypes::{DataType, Field, Schema};
use pyo3::exceptions::PyStopAsyncIteration;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use totalcloud::Error;
use totalcloud_api::Operation;
use totalcloud_api::model::Shape;
use totalcloud_table::{BatchBuilder, Columns};

/// Rows of a batch, where nothing else is said.
const BATCH_ROWS: usize = 8_192;

/// Pages on their way, shared by those who read them.
#[derive(Clone)]
pub(crate) struct Source(Arc<Inner>);

struct Inner {
    operation: &'static Operation,
    /// What is told of the part that rows are of, in front of them.
    lead: Vec<String>,
    chain: tokio::sync::Mutex<Chain>,
    far: Mutex<Far>,
}

impl Source {
    pub(crate) fn new(operation: &'static Operation, lead: Vec<String>, chain: Chain) -> Source {
        let far = Mutex::new(Far::default());
        Source(Arc::new(Inner { operation, lead, chain: tokio::sync::Mutex::new(chain), far }))
    }

    pub(crate) fn operation(&self) -> &'static Operation {
        self.0.operation
    }

    pub(crate) fn lead(&self) -> &[String] {
        &self.0.lead
    }

    fn far(&self) -> MutexGuard<'_, Far> {
        self.0.far.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next page. An error comes once, behind all rows before it.
    pub(crate) async fn next(&self) -> Result<Option<Came>, Error> {
        let mut chain = self.0.chain.lock().await;
        let next = chain.next().await;
        *self.far() = chain.far();
        next
    }
}

/// An iterator over the pages of a listing: lists of rows, each the bytes of one JSON value as it came.
#[pyclass(frozen, module = "totalcloud._native")]
pub(crate) struct Pages {
    source: Source,
    shape: Option<&'static Shape>,
    strict: bool,
    home: Home,
    lead: Mutex<Arc<Vec<String>>>,
}

impl Pages {
    pub(crate) fn new(source: Source, shape: Option<&'static Shape>, strict: bool) -> Pages {
        Pages { source, shape, strict, home: Home::here(), lead: Mutex::default() }
    }

    fn give<'py>(&self, py: Python<'py>, page: &Came) -> PyResult<Bound<'py, PyList>> {
        *self.lead.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&page.lead);
        answers::rows(py, &page.rows)
    }
}

#[pymethods]
impl Pages {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        self.home.check(py, "listing")?;
        let page = wait(py, self.source.next())?.map_err(|e| errors::of_client(py, &e))?;
        page.map(|page| self.give(py, &page)).transpose()
    }

    fn __aiter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __anext__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        slf.get().home.check(py, "listing")?;
        let source = slf.get().source.clone();
        let this = slf.clone().unbind();
        aio::future(py, async move { source.next().await }, move |py, page| match page {
            Ok(Some(page)) => this.get().give(py, &page).map(Bound::into_any),
            Ok(None) => Err(PyStopAsyncIteration::new_err(())),
            Err(e) => Err(errors::of_client(py, &e)),
        })
    }

    /// What the last page that was given is of, where rows do not say it: such as provider and account.
    #[getter]
    fn lead<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let values = Arc::clone(&self.lead.lock().unwrap_or_else(PoisonError::into_inner));
        let dict = PyDict::new(py);
        for (name, value) in self.source.lead().iter().zip(values.iter()) {
            dict.set_item(name, value)?;
        }
        Ok(dict)
    }

    /// How many rows came, of how many. Final once the pages have ended.
    #[getter]
    fn report<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let far = self.source.far();
        answers::report(py, &far.report, &far.parts)
    }

    /// The operation.
    #[getter]
    fn operation(&self) -> &'static str {
        self.source.operation().id
    }

    /// The rows that are still to come as record batches: of all columns, or of those chosen; `raw` adds the row
    /// as it came.
    #[pyo3(signature = (columns=None, *, raw=false, batch_rows=None))]
    fn arrow(
        &self,
        py: Python<'_>,
        columns: Option<Vec<String>>,
        raw: bool,
        batch_rows: Option<usize>,
    ) -> PyResult<ArrowStream> {
        self.home.check(py, "listing")?;
        let builder = match (self.shape, columns) {
            (Some(shape), None) => BatchBuilder::new(shape, raw),
            (shape, columns) => {
                let names = columns.unwrap_or_default();
                // Rows of unknown shape have one column that is certain.
                let raw = if raw || names.is_empty() { &["raw"][..] } else { &[] };
                let all = names.iter().map(String::as_str).chain(raw.iter().copied());
                let columns = shape.map_or_else(Columns::untyped, Columns::of).select(all);
                BatchBuilder::of(&columns.map_err(|e| usage(py, &e.to_string()))?)
            }
        };
        // A column of the same name says the same.
        let own = |name: &&String| builder.schema().field_with_name(name).is_err();
        let lead = self.source.lead().iter().filter(own).map(|name| Field::new(name, DataType::Utf8, true));
        let fields = lead.chain(builder.schema().fields().iter().map(|f| f.as_ref().clone()));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let rows = batch_rows.unwrap_or(BATCH_ROWS).max(1);
        let batches = PageBatches::new(self.source.clone(), builder, Arc::clone(&schema), rows, self.strict);
        Ok(ArrowStream::new(schema, Box::new(batches)))
    }

    fn __repr__(&self) -> String {
        let far = self.source.far();
        format!("<totalcloud pages of {}: {} rows so far>", self.source.operation().id, far.report.received)
    }
}
