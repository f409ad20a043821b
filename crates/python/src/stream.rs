//! Record batches by Arrow's C stream interface.

use crate::aio;
use crate::arguments::usage;
use crate::cells;
use crate::chain::Came;
use crate::errors;
use crate::pages::Source;
use crate::runtime::{Home, Own, own};
use arrow::array::{
    Array, ArrayRef, RecordBatch, RecordBatchIterator, RecordBatchReader, StringArray, StructArray,
};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema, to_ffi};
use arrow::ffi_stream::FFI_ArrowArrayStream;
use futures_util::future::BoxFuture;
use pyo3::exceptions::PyStopAsyncIteration;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyList};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use totalcloud::ErrorKind;
use totalcloud_table::BatchBuilder;

/// Why batches stopped coming.
pub(crate) enum Failure {
    Client(totalcloud::Error),
    Estate(totalcloud_estate::Error),
}

impl Failure {
    pub(crate) fn raise(&self, py: Python<'_>) -> PyErr {
        match self {
            Failure::Client(e) => errors::of_client(py, e),
            Failure::Estate(e) => errors::of_estate(py, e),
        }
    }
}

/// Where batches come from, one after the other. After an error nothing more comes.
pub(crate) trait Batches: Send {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<RecordBatch>, Failure>>;
}

/// Record batches, read once, by whoever takes Arrow's C stream interface: polars, pyarrow, pandas, duckdb.
#[pyclass(frozen, module = "totalcloud._native")]
pub(crate) struct ArrowStream {
    schema: SchemaRef,
    source: Arc<tokio::sync::Mutex<Option<Box<dyn Batches>>>>,
    failed: Arc<Mutex<Option<Py<PyAny>>>>,
    home: Home,
}

impl ArrowStream {
    pub(crate) fn new(schema: SchemaRef, source: Box<dyn Batches>) -> ArrowStream {
        let source = Arc::new(tokio::sync::Mutex::new(Some(source)));
        ArrowStream { schema, source, failed: Arc::default(), home: Home::here() }
    }

    fn take(&self, py: Python<'_>) -> PyResult<Box<dyn Batches>> {
        self.home.check(py, "stream")?;
        let taken = self.source.try_lock().ok().and_then(|mut source| source.take());
        taken.ok_or_else(|| usage(py, "the batches were read already, and are read once; ask again for more"))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[pymethods]
impl ArrowStream {
    /// The stream, for those who read it.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // The interface lets a producer keep to its own schema.
        drop(requested_schema);
        let source = self.take(py)?;
        let (schema, failed) = (Arc::clone(&self.schema), Arc::clone(&self.failed));
        let reader = Reader { schema, source, failed, own: own(py)? };
        let stream = FFI_ArrowArrayStream::new(Box::new(reader));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }

    /// The schema, for those who read it.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.schema)
    }

    /// The exception that ended the stream, where one did. Whoever reads it raises one of its own, with the text.
    #[getter]
    fn error(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        locked(&self.failed).as_ref().map(|e| e.clone_ref(py))
    }

    /// The names of the columns.
    #[getter]
    fn columns(&self) -> Vec<String> {
        self.schema.fields().iter().map(|f| f.name().clone()).collect()
    }

    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<ArrowBatch>> {
        self.home.check(py, "stream")?;
        let source = Arc::clone(&self.source);
        let next = crate::runtime::wait(py, async move { next(&source).await })?;
        next.map(|batch| batch.map(ArrowBatch)).map_err(|e| e.raise(py))
    }

    fn __aiter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __anext__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.home.check(py, "stream")?;
        let source = Arc::clone(&self.source);
        aio::future(py, async move { next(&source).await }, |py, next| match next {
            Ok(Some(batch)) => Ok(Bound::new(py, ArrowBatch(batch))?.into_any()),
            Ok(None) => Err(PyStopAsyncIteration::new_err(())),
            Err(e) => Err(e.raise(py)),
        })
    }

    fn __repr__(&self) -> String {
        format!("<totalcloud.ArrowStream of {} columns>", self.schema.fields().len())
    }
}

async fn next(source: &tokio::sync::Mutex<Option<Box<dyn Batches>>>) -> Result<Option<RecordBatch>, Failure> {
    let mut source = source.lock().await;
    let Some(batches) = source.as_mut() else { return Ok(None) };
    let next = batches.next().await;
    if !matches!(next, Ok(Some(_))) {
        *source = None;
    }
    next
}

/// One record batch.
#[pyclass(frozen, module = "totalcloud._native")]
pub(crate) struct ArrowBatch(RecordBatch);

#[pymethods]
impl ArrowBatch {
    /// The batch as a struct array with its schema, for those who read it.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        drop(requested_schema);
        let array = StructArray::from(self.0.clone()).into_data();
        let (array, _) = to_ffi(&array).map_err(|e| broken(py, &e))?;
        let array: FFI_ArrowArray = array;
        Ok((schema_capsule(py, &self.0.schema())?, PyCapsule::new_with_value(py, array, c"arrow_array")?))
    }

    /// The batch as a stream of one, for those who read it.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        drop(requested_schema);
        let reader = RecordBatchIterator::new([Ok(self.0.clone())], self.0.schema());
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), c"arrow_array_stream")
    }

    /// The schema, for those who read it.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.0.schema())
    }

    /// The rows, each a dict by column. Instants are datetimes in UTC.
    fn rows<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        cells::rows(py, &self.0)
    }

    /// How many rows.
    #[getter]
    fn num_rows(&self) -> usize {
        self.0.num_rows()
    }

    fn __len__(&self) -> usize {
        self.0.num_rows()
    }

    fn __repr__(&self) -> String {
        format!("<totalcloud.ArrowBatch of {} rows>", self.0.num_rows())
    }
}

fn schema_capsule<'py>(py: Python<'py>, schema: &SchemaRef) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(schema.as_ref()).map_err(|e| broken(py, &e))?;
    PyCapsule::new_with_value(py, schema, c"arrow_schema")
}

fn broken(py: Python<'_>, e: &ArrowError) -> PyErr {
    errors::new(py, ErrorKind::Failed, &format!("the batch cannot be handed over: {e}"))
}

/// What reads on behalf of the C interface, from whichever thread calls it.
struct Reader {
    schema: SchemaRef,
    source: Box<dyn Batches>,
    failed: Arc<Mutex<Option<Py<PyAny>>>>,
    own: &'static Own,
}

impl Iterator for Reader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        // The caller may hold Python's lock or not; while it waits it holds it for nobody.
        let next = self.own.attach(|py, pass| {
            // It may take long, and looks for Python's end itself.
            drop(pass);
            let source = &mut self.source;
            let next = crate::runtime::wait(py, async move { source.next().await });
            next.and_then(|next| next.map_err(|e| e.raise(py))).map_err(|e| {
                let text = e.value(py).to_string();
                let class = e.get_type(py).name().map(|n| n.to_string()).unwrap_or_default();
                // The reader raises an error of its own, interrupted or not: what is raised on top of that would get
                // into whatever handles it.
                *locked(&self.failed) = Some(e.into_value(py).into_any());
                ArrowError::ExternalError(format!("{class}: {text}").into())
            })
        });
        match next {
            None => Some(Err(ArrowError::ExternalError("Python is coming to its end".into()))),
            Some(next) => next.transpose(),
        }
    }
}

impl RecordBatchReader for Reader {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

/// The rows of pages as batches.
pub(crate) struct PageBatches {
    pages: Source,
    builder: BatchBuilder,
    schema: SchemaRef,
    /// Rows of a batch.
    most: usize,
    strict: bool,
    /// What ends the stream, behind the rows before it.
    failed: Option<Failure>,
    ended: bool,
    /// The page that is being looked at.
    page: Option<Came>,
    at: usize,
    /// What the rows in the builder are of.
    lead: Arc<Vec<String>>,
}

/// Bytes of the rows of a batch at most, as they came.
const BATCH_BYTES: usize = 32 << 20;

impl PageBatches {
    pub(crate) fn new(
        pages: Source,
        builder: BatchBuilder,
        schema: SchemaRef,
        most: usize,
        strict: bool,
    ) -> PageBatches {
        PageBatches {
            pages,
            builder,
            schema,
            most,
            strict,
            failed: None,
            ended: false,
            page: None,
            at: 0,
            lead: Arc::default(),
        }
    }

    fn is_full(&self) -> bool {
        self.builder.rows() >= self.most || self.builder.bytes() >= BATCH_BYTES
    }

    async fn fill(&mut self) -> Result<Option<RecordBatch>, Failure> {
        loop {
            let fits = self.take_rows();
            if self.builder.rows() > 0 && (!fits || self.is_full() || self.ended || self.failed.is_some()) {
                return self.batch().map(Some);
            }
            if let Some(e) = self.failed.take() {
                self.ended = true;
                return Err(e);
            }
            if self.ended {
                return Ok(None);
            }
            match self.pages.next().await {
                Ok(Some(page)) => (self.page, self.at) = (Some(page), 0),
                Ok(None) => self.ended = true,
                Err(e) => self.failed = Some(Failure::Client(e)),
            }
        }
    }

    /// Takes rows of the page into the builder. False where the rest of it belongs into another batch.
    fn take_rows(&mut self) -> bool {
        let Some(page) = self.page.take() else { return true };
        if page.lead != self.lead {
            if self.builder.rows() > 0 {
                self.page = Some(page);
                return false;
            }
            self.lead = Arc::clone(&page.lead);
        }
        while self.failed.is_none() && !self.is_full() {
            let Some(row) = page.rows.get(self.at) else { return true };
            self.at += 1;
            self.take_row(row);
        }
        if self.failed.is_none() {
            self.page = Some(page);
        }
        true
    }

    fn take_row(&mut self, row: &bytes::Bytes) {
        match self.builder.push(row) {
            Ok(issues) => {
                if let (true, Some(issue)) = (self.strict, issues.first()) {
                    let e = totalcloud::Error::new(ErrorKind::Decode, issue.to_string());
                    self.failed = Some(Failure::Client(e.with_operation(self.pages.operation().id)));
                }
            }
            Err(e) => self.failed = Some(Failure::Estate(e.into())),
        }
    }

    fn batch(&mut self) -> Result<RecordBatch, Failure> {
        let failed = |e: ArrowError| Failure::Estate(e.into());
        let batch = self.builder.finish().map_err(|e| Failure::Estate(e.into()))?;
        if batch.num_columns() == self.schema.fields().len() {
            return RecordBatch::try_new(Arc::clone(&self.schema), batch.columns().to_vec()).map_err(failed);
        }
        let own = |name: &&String| batch.schema().field_with_name(name).is_err();
        let names = self.pages.lead().iter().enumerate().filter(|(_, name)| own(name));
        let lead = names.map(|(at, _)| {
            let value = self.lead.get(at).map(String::as_str);
            Arc::new(StringArray::from(vec![value; batch.num_rows()])) as ArrayRef
        });
        let columns = lead.chain(batch.columns().iter().cloned()).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(failed)
    }
}

impl Batches for PageBatches {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<RecordBatch>, Failure>> {
        Box::pin(self.fill())
    }
}
