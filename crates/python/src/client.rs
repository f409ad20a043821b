//! The client.

use crate::answers;
use crate::arguments::{self, usage};
use crate::chain::{Chain, Part};
use crate::errors;
use crate::filters;
use crate::pages::{Pages, Source};
use crate::runtime::{Home, wait};
use crate::settings::Given;
use crate::watch::Watcher;
use crate::{aio, declared};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::sync::{Arc, OnceLock};
use totalcloud::{Error, InventoryApi, PageOptions};
use totalcloud_api::Operation;
use totalcloud_api::model::Shape;
use totalcloud_api::operation::{Args, PageStyle, Request};

/// Listings that are read at the same time, where one asks for several.
const LISTINGS_AHEAD: usize = 4;

/// The names that `Client` takes; all of them are optional and by keyword.
const NAMES: &[&str] = &[
    "platform",
    "url",
    "hosts",
    "auth",
    "username",
    "password",
    "client_id",
    "client_secret",
    "token",
    "token_command",
    "idp",
    "ca_bundle",
    "client_cert",
    "client_key",
    "proxy",
    "no_proxy",
    "timeout",
    "concurrency",
    "deadline",
    "state_dir",
    "strict",
    "retry",
    "http2",
    "allow_http",
];

/// A client of one subscription. What is not given comes from the variables TOTALCLOUD_*. Nothing is sent before
/// the first call. It may be used from several threads at once.
#[pyclass(subclass, frozen, module = "totalcloud._native")]
pub(crate) struct Client {
    pub(crate) client: totalcloud::Client,
    pub(crate) strict: bool,
    pub(crate) home: Home,
    pub(crate) watcher: Arc<Watcher>,
    /// What it was made of, for the client of a sync.
    settings: Py<PyDict>,
    patient: OnceLock<totalcloud::Client>,
}

impl Client {
    /// The same client, waiting for the quota as long as it takes: for work over many windows.
    pub(crate) fn patient(&self, py: Python<'_>) -> PyResult<&totalcloud::Client> {
        self.home.check(py, "client")?;
        if let Some(client) = self.patient.get() {
            return Ok(client);
        }
        let client = Given::new(py, self.settings.bind(py))?.client(&self.watcher, Some(&self.client))?;
        Ok(self.patient.get_or_init(|| client))
    }

    /// The request of an operation, with what is worth saying of its filters said.
    fn request(&self, operation: &'static Operation, mut args: Args, py: Python<'_>) -> PyResult<Request> {
        self.home.check(py, "client")?;
        for said in filters::look(operation, &mut args) {
            filters::warn(py, &said)?;
        }
        let request = operation.request(&args, self.client.spellings());
        request.map_err(|e| errors::of_client(py, &e.into()))
    }

    /// The pages of listings of one operation, with what the arguments say about pages.
    fn open(
        &self,
        py: Python<'_>,
        operation: &'static Operation,
        mut parts: Vec<Args>,
        mut options: PageOptions,
        lead: Vec<String>,
        ahead: usize,
    ) -> PyResult<(Source, Option<&'static Shape>)> {
        if !totalcloud::Client::has_rows(operation) {
            return Err(usage(py, &format!("{} has no rows; call() gives what it answers", operation.id)));
        }
        for args in &mut parts {
            page_arguments(py, operation, args, &mut options)?;
        }
        let shape = declared::common_shape(operation, &parts);
        let mut chain = Vec::new();
        for args in parts {
            let text = |name: &String| match args.get(name) {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => String::new(),
            };
            let lead: Vec<String> = lead.iter().map(text).collect();
            let label = if lead.is_empty() { operation.id.to_owned() } else { lead.join(" ") };
            chain.push(Part { request: self.request(operation, args, py)?, label, lead });
        }
        let chain = Chain::new(self.client.clone(), options, chain, ahead);
        Ok((Source::new(operation, lead, chain), shape))
    }

    fn options(&self) -> PageOptions {
        PageOptions::default().strict(self.strict)
    }
}

/// Takes what arguments say about pages out of them.
fn page_arguments(
    py: Python<'_>,
    operation: &'static Operation,
    args: &mut Args,
    options: &mut PageOptions,
) -> PyResult<()> {
    let Some(paging) = operation.paging else { return Ok(()) };
    let mut number = |name: &str| {
        let Some(value) = args.remove(name) else { return Ok(None) };
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let wrong = |_| usage(py, &format!("{}: '{name}' is a whole number, not '{text}'", operation.id));
        text.parse::<u32>().map(Some).map_err(wrong)
    };
    // Offsets and markers are set by the pages that are read.
    if paging.style == PageStyle::Numbered
        && let Some(first) = number(paging.page)?
    {
        options.start_page = options.start_page.or(Some(first.into()));
    }
    if let Some(size) = number(paging.size)? {
        options.page_size = options.page_size.or(Some(size));
    }
    Ok(())
}

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (**settings))]
    fn new(py: Python<'_>, settings: Option<&Bound<'_, PyDict>>) -> PyResult<Client> {
        let none = PyDict::new(py);
        let settings = settings.unwrap_or(&none);
        for name in settings.keys().iter() {
            let name: String = name.extract()?;
            if !NAMES.contains(&name.as_str()) {
                let near = totalcloud_api::nearest::nearest(&name, NAMES);
                let hint = if near.is_empty() {
                    String::new()
                } else {
                    format!("; did you mean {}?", near.join(" or "))
                };
                return Err(PyTypeError::new_err(format!("Client() takes no argument '{name}'{hint}")));
            }
        }
        let strict = match settings.get_item("strict")? {
            Some(strict) => strict.is_truthy()?,
            None => false,
        };
        let watcher = Arc::new(Watcher::default());
        let client = Given::new(py, settings)?.client(&watcher, None)?;
        for hint in client.hints() {
            filters::warn(py, &hint)?;
        }
        let settings = settings.copy()?.unbind();
        Ok(Client { client, strict, home: Home::here(), watcher, settings, patient: OnceLock::new() })
    }

    /// The pages of a listing: an iterator over lists of rows as they came. Several listings, one for each dict of
    /// a list of parameters, come one after the other; `lead` names the parameters that say which one it is.
    #[pyo3(signature = (
        operation, params=None, *, lead=None, page_count=None, page_no=None, page_size=None, limit=None, concurrency=None,
        one_query=false, tolerate_shortfall=false, inventory_api=None
    ))]
    #[allow(clippy::too_many_arguments)]
    fn _pages(
        &self,
        py: Python<'_>,
        operation: &str,
        params: Option<&Bound<'_, PyAny>>,
        lead: Option<Vec<String>>,
        page_count: Option<u64>,
        page_no: Option<u64>,
        page_size: Option<u32>,
        limit: Option<u64>,
        concurrency: Option<usize>,
        one_query: bool,
        tolerate_shortfall: bool,
        inventory_api: Option<&str>,
    ) -> PyResult<Pages> {
        let operation = arguments::operation(py, operation)?;
        let parts = match params {
            None => vec![Args::new()],
            Some(params) => match params.cast::<PyDict>() {
                Ok(one) => vec![arguments::args(operation, one)?],
                Err(_) => params
                    .try_iter()?
                    .map(|part| arguments::args(operation, part?.cast::<PyDict>()?))
                    .collect::<PyResult<Vec<_>>>()?,
            },
        };
        let mut options =
            self.options().one_query(one_query).tolerate_shortfall(tolerate_shortfall).inventory_api(
                match inventory_api {
                    None | Some("v1") => InventoryApi::V1,
                    Some("v2") => InventoryApi::V2,
                    Some("auto") => InventoryApi::Auto,
                    Some(_) => return Err(usage(py, "'inventory_api' is v1, v2 or auto")),
                },
            );
        options.start_page = page_no;
        options.page_size = page_size;
        options.limit = limit;
        options.concurrency = concurrency;
        if let Some(count) = page_count {
            options.pages = totalcloud::Pages::Count(count);
        }
        let ahead = concurrency.unwrap_or(LISTINGS_AHEAD);
        let (source, shape) = self.open(py, operation, parts, options, lead.unwrap_or_default(), ahead)?;
        Ok(Pages::new(source, shape, self.strict))
    }

    /// Calls any operation of the service. A listing gives all its rows, each a dict; anything else what was
    /// answered: an object, a text, or the bytes of a file. With `raw` it is one call, and its body as it came.
    #[pyo3(signature = (operation, /, params=None, *, raw=false, **more))]
    fn call<'py>(
        &self,
        py: Python<'py>,
        operation: &str,
        params: Option<&Bound<'py, PyDict>>,
        raw: bool,
        more: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (operation, args) = together(py, operation, params, more)?;
        if is_list(operation) && !raw {
            let (source, _) = self.open(py, operation, vec![args], self.options(), Vec::new(), 1)?;
            let rows = wait(py, all(source))?.map_err(|e| errors::of_client(py, &e))?;
            return listed(py, &rows);
        }
        let request = self.request(operation, args, py)?;
        let answer = wait(py, self.client.send(&request))?.map_err(|e| errors::of_client(py, &e))?;
        answered(py, operation, &answer.body, raw)
    }

    /// As `call`, for event loops.
    #[pyo3(signature = (operation, /, params=None, *, raw=false, **more))]
    fn _call_async<'py>(
        &self,
        py: Python<'py>,
        operation: &str,
        params: Option<&Bound<'py, PyDict>>,
        raw: bool,
        more: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (operation, args) = together(py, operation, params, more)?;
        if is_list(operation) && !raw {
            let (source, _) = self.open(py, operation, vec![args], self.options(), Vec::new(), 1)?;
            return aio::future(py, all(source), |py, rows| match rows {
                Ok(rows) => listed(py, &rows),
                Err(e) => Err(errors::of_client(py, &e)),
            });
        }
        let request = self.request(operation, args, py)?;
        let client = self.client.clone();
        aio::future(py, async move { client.send(&request).await }, move |py, answer| match answer {
            Ok(answer) => answered(py, operation, &answer.body, raw),
            Err(e) => Err(errors::of_client(py, &e)),
        })
    }

    /// Checks the sign-in at the cost of one or two calls. `module` is None where the API of the module answers,
    /// and otherwise what it said.
    fn check<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.home.check(py, "client")?;
        let found = wait(py, self.client.check())?.map_err(|e| errors::of_client(py, &e))?;
        let dict = PyDict::new(py);
        dict.set_item("auth", found.kind.as_str())?;
        dict.set_item("username", found.username)?;
        dict.set_item("host", found.host)?;
        dict.set_item("module", found.module.as_ref().err().map(Error::to_string))?;
        dict.set_item("hints", found.hints)?;
        Ok(dict)
    }

    /// The bearer token that calls carry; with Basic it is asked from the gateway. It is a secret.
    fn token(&self, py: Python<'_>) -> PyResult<String> {
        self.home.check(py, "client")?;
        let (token, _) = wait(py, self.client.token())?.map_err(|e| errors::of_client(py, &e))?;
        Ok(token.expose_secret().to_owned())
    }

    /// What is known of the quotas, by class of operations; a class is known from its first call on.
    fn quota<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let all = PyDict::new(py);
        for (class, quota) in self.client.limiter().quotas() {
            let dict = PyDict::new(py);
            dict.set_item("limit", quota.limit)?;
            dict.set_item("window", quota.window.map(|w| w.as_secs_f64()))?;
            dict.set_item("remaining", quota.remaining)?;
            dict.set_item("used", quota.used)?;
            dict.set_item("concurrency", quota.concurrency)?;
            dict.set_item("running", quota.running)?;
            dict.set_item("opens_in", quota.opens_in.map(|w| w.as_secs_f64()))?;
            dict.set_item("stated", quota.stated)?;
            all.set_item(class, dict)?;
        }
        Ok(all)
    }

    /// Calls made so far, repeated ones included.
    #[getter]
    fn calls(&self) -> u64 {
        self.watcher.calls()
    }

    /// How it signs in.
    #[getter]
    fn auth(&self) -> &'static str {
        self.client.auth_kind().as_str()
    }

    /// The address of the base host.
    #[getter]
    fn url(&self) -> &str {
        self.client.hosts().base().as_str()
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let this = slf.get();
        let name = slf.get_type().name()?;
        Ok(format!("<totalcloud.{name} of {} by {}>", this.client.hosts().base(), this.client.auth_kind()))
    }

    /// A sign-in is no data.
    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a client holds a sign-in and connections and is not pickled; make one where it is needed",
        ))
    }
}

fn together(
    py: Python<'_>,
    operation: &str,
    params: Option<&Bound<'_, PyDict>>,
    more: Option<&Bound<'_, PyDict>>,
) -> PyResult<(&'static Operation, Args)> {
    let operation = arguments::operation(py, operation)?;
    let all = PyDict::new(py);
    for given in [params, more].into_iter().flatten() {
        for (name, value) in given.iter() {
            if all.contains(&name)? {
                return Err(usage(py, &format!("{}: '{name}' is given twice", operation.id)));
            }
            all.set_item(name, value)?;
        }
    }
    Ok((operation, arguments::args(operation, &all)?))
}

/// Whether an operation answers with rows, of which there may be many pages.
fn is_list(operation: &Operation) -> bool {
    use totalcloud_api::operation::Answer::*;
    operation.is_read()
        && matches!(operation.answer, Page | Controls | CountData | Array | ArrayPage | ServiceResponse)
}

async fn all(source: Source) -> Result<Vec<bytes::Bytes>, Error> {
    let mut rows = Vec::new();
    while let Some(page) = source.next().await? {
        rows.extend(page.rows);
    }
    Ok(rows)
}

fn listed<'py>(py: Python<'py>, rows: &[bytes::Bytes]) -> PyResult<Bound<'py, PyAny>> {
    let rows = rows.iter().map(|row| answers::loads(py, row)).collect::<PyResult<Vec<_>>>()?;
    PyList::new(py, rows).map(Bound::into_any)
}

fn answered<'py>(
    py: Python<'py>,
    operation: &'static Operation,
    body: &[u8],
    raw: bool,
) -> PyResult<Bound<'py, PyAny>> {
    match raw {
        true => Ok(pyo3::types::PyBytes::new(py, body).into_any()),
        false => answers::single(py, operation, body),
    }
}
