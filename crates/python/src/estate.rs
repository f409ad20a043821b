//! Estates: asked in SQL, compared, and synced.

use crate::answers::loads;
use crate::arguments::{instant, usage};
use crate::client::Client;
use crate::errors;
use crate::runtime::wait;
use crate::stream::{ArrowStream, Batches, Failure};
use arrow::array::RecordBatch;
use futures_util::future::BoxFuture;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDateTime, PyDict, PyFloat, PyInt, PyList};
use std::path::PathBuf;
use std::sync::Arc;
use totalcloud_estate::live::{self, Cost, Guard, async_trait};
use totalcloud_estate::place::Place;
use totalcloud_estate::read::{AsOf, Snapshot};
use totalcloud_estate::sql::{self, Params, Plan, Rows, Session, SqlError};
use totalcloud_estate::{diff, store};

/// An estate: everything that was synced of a subscription. It is opened by each question anew, so that one sees
/// what was synced meanwhile.
#[pyclass(subclass, frozen, module = "totalcloud._native")]
pub(crate) struct Estate {
    pub(crate) place: Place,
}

/// What a question is asked with.
struct Asked {
    place: Place,
    text: Text,
    params: Params,
    as_of: Option<AsOf>,
    options: sql::Options,
    live: Option<(totalcloud::Client, bool)>,
}

enum Text {
    Sql(String),
    Question(&'static sql::Question),
}

impl Asked {
    async fn plan(self) -> Result<Plan, SqlError> {
        let text = match &self.text {
            Text::Sql(text) => text.as_str(),
            Text::Question(question) => question.sql,
        };
        let tables = sql::tables_of(text);
        let is_live = |table: &String| table.to_ascii_lowercase().starts_with("live.");
        let snapshot = async {
            let estate = store::Estate::open(&self.place).await?;
            Snapshot::of(&estate, self.as_of.unwrap_or(AsOf::Latest)).await
        };
        // Questions to the service alone need no estate.
        let stored = tables.is_empty() || !tables.iter().all(is_live) || self.as_of.is_some();
        let snapshot = match snapshot.await {
            Ok(snapshot) => Some(snapshot),
            Err(e) if stored => return Err(e.into()),
            Err(_) => None,
        };
        let session = Session::open(snapshot.as_ref(), &self.options)?;
        if let Some((client, agree)) = &self.live {
            let mut options = live::Options::default();
            if *agree {
                options = options.guard(Arc::new(Agree));
            }
            live::register(session.context(), client, &options)?;
        }
        match &self.text {
            Text::Sql(text) => session.plan(text, &self.params).await,
            Text::Question(question) => question.plan(&session, &self.params).await,
        }
    }

    async fn run(self) -> Result<Rows, SqlError> {
        let plan = self.plan().await?;
        live::admit(plan.steps()).await?;
        plan.run()
    }
}

/// Agrees to every cost.
struct Agree;

#[async_trait]
impl Guard for Agree {
    async fn allow(&self, _: &Cost) -> bool {
        true
    }
}

struct Answer(Rows);

impl Batches for Answer {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<RecordBatch>, Failure>> {
        Box::pin(async { self.0.next().await.transpose().map_err(|e| Failure::Estate(e.into_error())) })
    }
}

/// The exception of a query, with carets under its place.
fn told(py: Python<'_>, e: SqlError) -> PyErr {
    let caret = e.caret().map(str::to_owned);
    let said = e.to_string();
    let error = e.into_error();
    let raised = errors::of_estate(py, &error);
    // Where the service was the trouble, its error says it all.
    if error.service().is_none() {
        let text = caret.map_or(said.clone(), |caret| format!("{said}\n{caret}"));
        let _ = raised.value(py).setattr("args", (text,));
    }
    raised
}

fn as_of(py: Python<'_>, value: Option<&Bound<'_, PyAny>>) -> PyResult<Option<AsOf>> {
    let Some(value) = value else { return Ok(None) };
    if value.is_instance_of::<PyInt>() && !value.is_instance_of::<PyBool>() {
        return Ok(Some(AsOf::Run(value.extract()?)));
    }
    if value.is_instance_of::<PyDateTime>() {
        return instant("as_of", value).map(|at| Some(AsOf::Time(at)));
    }
    Err(usage(py, "a state of the estate is the number of a sync, or a time"))
}

/// Parameters of a query, as the text in which the engine reads them.
fn params(given: Option<&Bound<'_, PyAny>>) -> PyResult<Params> {
    let mut params = Params::new();
    let Some(given) = given else { return Ok(params) };
    let py = given.py();
    let text = |value: Bound<'_, PyAny>| -> PyResult<String> {
        if let Ok(truth) = value.cast::<PyBool>() {
            return Ok(truth.is_true().to_string());
        }
        if value.is_instance_of::<PyDateTime>() {
            return instant("params", &value).map(|at| at.to_string());
        }
        if value.is_none() || value.is_instance_of::<PyDict>() || value.is_instance_of::<PyList>() {
            return Err(usage(py, "a parameter of a query is a text, a number, a boolean or a time"));
        }
        if value.is_instance_of::<PyFloat>() {
            return Ok(value.repr()?.to_string());
        }
        Ok(value.str()?.to_string())
    };
    if let Ok(named) = given.cast::<PyDict>() {
        for (name, value) in named.iter() {
            let name: String = name.str()?.extract()?;
            params.set(name.trim_start_matches('$'), text(value)?);
        }
    } else {
        for (at, value) in given.try_iter()?.enumerate() {
            params.set((at + 1).to_string(), text(value?)?);
        }
    }
    Ok(params)
}

impl Estate {
    #[allow(clippy::too_many_arguments)]
    fn asked(
        &self,
        py: Python<'_>,
        text: Text,
        given: Option<&Bound<'_, PyAny>>,
        at: Option<&Bound<'_, PyAny>>,
        memory: Option<usize>,
        client: Option<&Client>,
        allow_cost: bool,
    ) -> PyResult<Asked> {
        let mut options = sql::Options::default();
        if let Some(memory) = memory {
            options.memory = memory;
        }
        if let Some(client) = client {
            client.home.check(py, "client")?;
        }
        Ok(Asked {
            place: self.place.clone(),
            text,
            params: params(given)?,
            as_of: as_of(py, at)?,
            options,
            live: client.map(|c| (c.client.clone(), allow_cost)),
        })
    }

    fn stream(py: Python<'_>, asked: Asked) -> PyResult<ArrowStream> {
        let rows = wait(py, asked.run())?.map_err(|e| told(py, e))?;
        Ok(ArrowStream::new(rows.schema(), Box::new(Answer(rows))))
    }
}

#[pymethods]
impl Estate {
    #[new]
    #[pyo3(signature = (path, /))]
    fn new(py: Python<'_>, path: PathBuf) -> PyResult<Estate> {
        let text = path.to_str().ok_or_else(|| usage(py, "the path of the estate is no text"))?;
        let place = Place::parse(text).map_err(|e| errors::of_estate(py, &e))?;
        Ok(Estate { place })
    }

    /// Where it is.
    #[getter]
    fn path(&self) -> String {
        self.place.to_string()
    }

    #[pyo3(signature = (sql, params=None, *, as_of=None, memory=None, client=None, allow_cost=false))]
    #[allow(clippy::too_many_arguments)]
    fn _query(
        &self,
        py: Python<'_>,
        sql: String,
        params: Option<&Bound<'_, PyAny>>,
        as_of: Option<&Bound<'_, PyAny>>,
        memory: Option<usize>,
        client: Option<PyRef<'_, Client>>,
        allow_cost: bool,
    ) -> PyResult<ArrowStream> {
        let asked = self.asked(py, Text::Sql(sql), params, as_of, memory, client.as_deref(), allow_cost)?;
        Estate::stream(py, asked)
    }

    /// How a query would run: the steps, and for live tables what the service would be asked.
    #[pyo3(signature = (sql, params=None, *, as_of=None, client=None))]
    fn explain(
        &self,
        py: Python<'_>,
        sql: String,
        params: Option<&Bound<'_, PyAny>>,
        as_of: Option<&Bound<'_, PyAny>>,
        client: Option<PyRef<'_, Client>>,
    ) -> PyResult<String> {
        let asked = self.asked(py, Text::Sql(sql), params, as_of, None, client.as_deref(), false)?;
        let plan = wait(py, asked.plan())?.map_err(|e| told(py, e))?;
        let cost = wait(py, live::estimate(plan.steps()))?.map_err(|e| errors::of_estate(py, &e))?;
        Ok(cost.map_or_else(|| plan.explain(), |cost| format!("{}costs {cost}\n", plan.explain())))
    }

    #[pyo3(signature = (name, params=None, *, as_of=None, memory=None))]
    fn _ask(
        &self,
        py: Python<'_>,
        name: &str,
        params: Option<&Bound<'_, PyAny>>,
        as_of: Option<&Bound<'_, PyAny>>,
        memory: Option<usize>,
    ) -> PyResult<ArrowStream> {
        let question = sql::question(name).map_err(|e| told(py, e))?;
        let asked = self.asked(py, Text::Question(question), params, as_of, memory, None, false)?;
        question.params(&asked.params).map_err(|e| told(py, e))?;
        Estate::stream(py, asked)
    }

    #[pyo3(signature = (before, after, tables))]
    fn _diff<'py>(
        &self,
        py: Python<'py>,
        before: Option<&Bound<'py, PyAny>>,
        after: Option<&Bound<'py, PyAny>>,
        tables: Vec<String>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let yesterday = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24);
        let from = as_of(py, before)?.unwrap_or(AsOf::Time(yesterday));
        let to = as_of(py, after)?.unwrap_or(AsOf::Latest);
        let found = wait(py, async {
            let estate = store::Estate::open(&self.place).await?;
            diff::between(&estate, from, to, &tables).await
        })?
        .map_err(|e| errors::of_estate(py, &e))?;
        let dict = PyDict::new(py);
        for (name, run) in [("before", &found.from), ("after", &found.to)] {
            dict.set_item(name, run.run)?;
            dict.set_item(format!("{name}_at"), run.finished.to_string())?;
        }
        dict.set_item("incomplete", &found.incomplete)?;
        let rows = found.changes.iter().map(|change| loads(py, &diff::row(change)));
        dict.set_item("changes", rows.collect::<PyResult<Vec<_>>>()?)?;
        Ok(dict)
    }

    /// An estate is its path.
    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<(Py<PyAny>, (String,))> {
        Ok((slf.get_type().into_any().unbind(), (slf.get().path(),)))
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        Ok(format!("<totalcloud.Estate at {}>", slf.get().place))
    }
}

/// The ready questions: name, title, what they tell, parameters, tables and SQL.
#[pyfunction]
pub(crate) fn questions(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let all = sql::questions().iter().map(|question| {
        let dict = PyDict::new(py);
        dict.set_item("name", question.name)?;
        dict.set_item("title", question.title)?;
        dict.set_item("tells", question.tells)?;
        dict.set_item("tables", question.tables())?;
        dict.set_item("sql", question.sql)?;
        let params = question.params.iter().map(|param| {
            let dict = PyDict::new(py);
            dict.set_item("name", param.name)?;
            dict.set_item("default", param.default)?;
            dict.set_item("doc", param.doc)?;
            Ok(dict)
        });
        dict.set_item("params", params.collect::<PyResult<Vec<_>>>()?)?;
        Ok(dict)
    });
    PyList::new(py, all.collect::<PyResult<Vec<_>>>()?)
}
