//! A sync: what the service has, into an estate.

use crate::answers::loads;
use crate::arguments::usage;
use crate::client::Client;
use crate::errors;
use crate::estate::Estate;
use crate::runtime::{Own, own};
use crate::watch::{self, Watcher};
use jiff::{SignedDuration, Timestamp};
use pyo3::prelude::*;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;
use totalcloud::clock::SystemClock;
use totalcloud::subscription::{Choice, Menu};
use totalcloud::{ErrorKind, InventoryApi};
use totalcloud_estate::place::Wait;
use totalcloud_estate::store::{self, compact};
use totalcloud_estate::sync::{Ask, Rhythm, Stopper, TableReport, Watch, forecast, sync};
use totalcloud_estate::{Error, Kind};

/// How often a sync looks for signals and tells how far it is.
const TICK: Duration = Duration::from_millis(50);

/// What is to be told: the word of the event, a table, and a number.
type Event = (&'static str, String, u64);

/// Keeps what happens until Python is told.
struct Looking {
    watcher: Arc<Watcher>,
    before: u64,
    events: Mutex<Vec<Event>>,
}

impl Looking {
    fn new(client: &Client) -> Looking {
        let watcher = Arc::clone(&client.watcher);
        Looking { before: watcher.calls(), watcher, events: Mutex::default() }
    }

    fn tell(&self, event: Event) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        // Rows of one table that come between two looks are one event.
        match events.last_mut() {
            Some((word, table, rows)) if *word == event.0 && *table == event.1 && event.0 == "rows" => {
                *rows += event.2
            }
            _ => events.push(event),
        }
    }

    fn take(&self) -> Vec<Event> {
        std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Watch for Looking {
    fn planned(&self, tables: usize) {
        self.tell(("planned", String::new(), tables as u64));
    }

    fn begun(&self, table: &str) {
        self.tell(("begun", table.to_owned(), 0));
    }

    fn expects(&self, table: &str, rows: u64) {
        self.tell(("expects", table.to_owned(), rows));
    }

    fn came(&self, table: &str, rows: u64) {
        self.tell(("rows", table.to_owned(), rows));
    }

    fn ended(&self, report: &TableReport) {
        self.tell(("ended", report.table.clone(), report.rows));
    }

    fn note(&self, text: &str) {
        watch::note(text.to_owned());
    }

    fn calls(&self) -> u64 {
        self.watcher.calls() - self.before
    }
}

/// What is asked for, as the command takes it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Asked {
    only: Vec<String>,
    skip: Vec<String>,
    #[pyo3(item("with_"))]
    with: Vec<String>,
    full: bool,
    reconcile_after: Option<f64>,
    recheck_after: Option<f64>,
    wait: f64,
    concurrency: usize,
}

impl Asked {
    fn ask(&self, py: Python<'_>) -> PyResult<Ask> {
        let usual = Rhythm::default();
        let span = |name: &str, seconds: Option<f64>, usual: SignedDuration| match seconds {
            None => Ok(usual),
            Some(seconds) => SignedDuration::try_from_secs_f64(seconds)
                .map_err(|_| usage(py, &format!("'{name}' is a span of time"))),
        };
        let rhythm = Rhythm {
            full: self.full,
            reconcile_after: span("reconcile_after", self.reconcile_after, usual.reconcile_after)?,
            recheck_after: span("recheck_after", self.recheck_after, usual.recheck_after)?,
        };
        let limit =
            Duration::try_from_secs_f64(self.wait).map_err(|_| usage(py, "'wait' is a number of seconds"))?;
        let told = |holder: Option<&totalcloud_estate::place::Holder>| {
            let who = holder.map_or_else(|| "another program".to_owned(), ToString::to_string);
            watch::note(format!("the estate is being written by {who}; waiting for it to end"));
        };
        Ok(Ask {
            choice: Choice::of(Menu::SYNC, &self.only, &self.skip, &self.with).map_err(|e| usage(py, &e))?,
            rhythm,
            concurrency: self.concurrency,
            inventory_api: InventoryApi::V1,
            clock: Arc::new(SystemClock::default()),
            wait: Wait::UpTo { limit, told: Arc::new(told) },
        })
    }
}

/// Syncs the service into an estate and gives the report. `tell` gets events as they come: `planned`, `begun`,
/// `expects`, `rows` and `ended`, each with a table and a number; `stopped` says whether to come to an end.
#[pyfunction]
#[pyo3(signature = (client, estate, asked, tell, stopped, /))]
pub(crate) fn sync_estate<'py>(
    py: Python<'py>,
    client: PyRef<'py, Client>,
    estate: PyRef<'py, Estate>,
    asked: Asked,
    tell: Option<Bound<'py, PyAny>>,
    stopped: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let asked = asked.ask(py)?;
    let service = client.patient(py)?.clone();
    let place = estate.place.clone();
    let (stopper, stop) = Stopper::new();
    let looking = Arc::new(Looking::new(&client));
    let seen = Arc::clone(&looking);
    let work = Aside::start(py, async move || {
        let opened = store::Estate::create_or_open(&place, Timestamp::now()).await?;
        let report = sync(&service, &opened, &asked, &*seen, stop).await?;
        // What was synced is safe in any case.
        if report.run.is_some()
            && report.stopped.is_none()
            && let Err(e) =
                compact::optimize(&opened, &compact::Options::after_sync(), Timestamp::now()).await
        {
            watch::note(format!("the files of the estate were not put together: {e}"));
        }
        Ok(report)
    })?;
    let mut raised: Option<PyErr> = None;
    let done = loop {
        let done = work.look(py);
        let looked = watch::log(py).and_then(|()| {
            for event in looking.take() {
                if let Some(tell) = tell.as_ref().filter(|_| raised.is_none()) {
                    tell.call1(event)?;
                }
            }
            if let Some(stopped) = stopped.as_ref().filter(|_| raised.is_none())
                && stopped.call0()?.is_truthy()?
            {
                return Err(errors::new(
                    py,
                    ErrorKind::Interrupted,
                    "the sync was stopped; what came is kept",
                ));
            }
            py.check_signals()
        });
        if let Err(e) = looked {
            // What was read is committed first; whoever asks again does not wait for that.
            if raised.is_some() {
                return Err(e);
            }
            stopper.stop("interrupted");
            raised = Some(e);
        }
        if let Some(done) = done {
            break done;
        }
    };
    if let Some(e) = raised {
        return Err(e);
    }
    json(py, &serde_json::to_vec(&done.map_err(|e| errors::of_estate(py, &e))?))
}

/// Work of the estate in a thread of its own, for it is bound to the thread that it began in.
struct Aside<T> {
    own: &'static Own,
    done: Mutex<mpsc::Receiver<Result<T, Error>>>,
}

impl<T: Send + 'static> Aside<T> {
    fn start<F>(py: Python<'_>, work: F) -> PyResult<Aside<T>>
    where
        F: AsyncFnOnce() -> Result<T, Error> + Send + 'static,
    {
        let own = own(py)?;
        let (send, done) = mpsc::channel();
        let thread = std::thread::Builder::new().name("totalcloud".to_owned()).stack_size(8 << 20);
        thread.spawn(move || {
            let _ = send.send(own.runtime.block_on(work()));
        })?;
        Ok(Aside { own, done: Mutex::new(done) })
    }

    /// Its end, if that comes soon.
    fn look(&self, py: Python<'_>) -> Option<Result<T, Error>> {
        let done = &self.done;
        self.own.detach(py, || match done.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(TICK) {
            Ok(done) => Some(done),
            Err(mpsc::RecvTimeoutError::Timeout) => None,
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                Some(Err(Error::new(Kind::Failed, "the work on the estate broke off")))
            }
        })
    }
}

/// What a sync would read and what that costs in calls. Nothing is written.
#[pyfunction]
#[pyo3(signature = (client, estate, asked, /))]
pub(crate) fn sync_plan<'py>(
    py: Python<'py>,
    client: PyRef<'py, Client>,
    estate: PyRef<'py, Estate>,
    asked: Asked,
) -> PyResult<Bound<'py, PyAny>> {
    let asked = asked.ask(py)?;
    let service = client.patient(py)?.clone();
    let looking = Looking::new(&client);
    let place = estate.place.clone();
    let work = Aside::start(py, async move || {
        let opened = match store::Estate::open(&place).await {
            Ok(estate) => Some(estate),
            Err(e) if e.kind() == Kind::Missing => None,
            Err(e) => return Err(e),
        };
        forecast(&service, opened.as_ref(), &asked, &looking).await
    })?;
    let forecast = loop {
        let done = work.look(py);
        watch::log(py)?;
        py.check_signals()?;
        if let Some(done) = done {
            break done.map_err(|e| errors::of_estate(py, &e))?;
        }
    };
    json(py, &serde_json::to_vec(&forecast))
}

fn json<'py>(py: Python<'py>, report: &serde_json::Result<Vec<u8>>) -> PyResult<Bound<'py, PyAny>> {
    match report {
        Ok(json) => loads(py, json),
        Err(e) => Err(errors::new(py, ErrorKind::Failed, &format!("the report cannot be written: {e}"))),
    }
}
