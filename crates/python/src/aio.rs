//! Work of the runtime as futures of `asyncio`.

use crate::runtime::own;
use crate::watch;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyCFunction, PyDict, PyTuple};
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

/// How often what is worth a line in the log is handed over.
const TICK: Duration = Duration::from_secs(1);

/// A future of the running event loop for this work. Cancelling it stops the work.
pub(crate) fn future<'py, F, T>(
    py: Python<'py>,
    work: F,
    finish: impl for<'a> FnOnce(Python<'a>, T) -> PyResult<Bound<'a, PyAny>> + Send + 'static,
) -> PyResult<Bound<'py, PyAny>>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    static RUNNING: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let event_loop = RUNNING.import(py, "asyncio", "get_running_loop")?.call0()?;
    let future = event_loop.call_method0("create_future")?;
    let (to_loop, to_future) = (event_loop.unbind(), future.clone().unbind());
    let own = own(py)?;
    let task = own.runtime.spawn(async move {
        let mut work = pin!(work);
        let done = loop {
            match tokio::time::timeout(TICK, work.as_mut()).await {
                Ok(done) => break done,
                // Python's lock is waited for where that holds up nobody.
                Err(_) if watch::is_waiting() => {
                    drop(tokio::task::spawn_blocking(|| own.attach(|py, _pass| watch::log(py).ok())));
                }
                Err(_) => {}
            }
        };
        // Nobody is told any more when Python comes to its end.
        let _ = own.attach(|py, _pass| {
            let _ = watch::log(py);
            let settle = match finish(py, done) {
                Ok(value) => (to_future.clone_ref(py), py.None(), value.unbind()),
                Err(e) => (to_future.clone_ref(py), e.into_value(py).into_any(), py.None()),
            };
            // A loop that was closed takes nothing, and wants nothing.
            let tell = settler(py).and_then(|s| {
                to_loop.call_method1(py, "call_soon_threadsafe", (s, settle.0, settle.1, settle.2))
            });
            drop(tell);
        });
    });
    let stop = PyCFunction::new_closure(
        py,
        None,
        None,
        move |args: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| -> PyResult<()> {
            if args.get_item(0)?.call_method0("cancelled")?.is_truthy()? {
                task.abort();
            }
            Ok(())
        },
    )?;
    future.call_method1("add_done_callback", (stop,))?;
    Ok(future)
}

/// Gives a future its result, unless it has been cancelled meanwhile.
fn settler(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static SETTLE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    SETTLE.import(py, "totalcloud._aio", "settle")
}
