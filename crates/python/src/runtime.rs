//! The runtime of a process, and waiting for it in a way that Python can interrupt.

use crate::ending::{Gate, Pass};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::future::Future;
use std::pin::pin;
use std::sync::OnceLock;
use std::time::Duration;
use tokio::runtime::Runtime;

/// How often a wait looks for signals.
const TICK: Duration = Duration::from_millis(50);

/// The threads of one process. A child made by `fork` has none of those of its parent, so it gets its own, behind
/// those of the parent.
pub(crate) struct Own {
    process: u32,
    pub(crate) runtime: Runtime,
    gate: Gate,
    child: OnceLock<Box<Own>>,
}

impl Own {
    /// Takes Python's lock in a thread that Python does not know. None where Python comes to its end, which waits
    /// until the pass is dropped.
    pub(crate) fn attach<R>(&self, act: impl FnOnce(Python<'_>, Pass<'_>) -> R) -> Option<R> {
        let pass = self.gate.enter()?;
        Python::try_attach(|py| act(py, pass))
    }

    /// Waits without Python's lock.
    pub(crate) fn detach<R: Send>(&self, py: Python<'_>, wait: impl FnOnce() -> R + Send) -> R {
        let (done, pass) = py.detach(|| (wait(), self.gate.enter_or_stay()));
        drop(pass);
        done
    }
}

static FIRST: OnceLock<Option<Box<Own>>> = OnceLock::new();

/// The threads of this process. They are made with Python's lock held, so no fork can come in between.
pub(crate) fn own(_: Python<'_>) -> PyResult<&'static Own> {
    let failed = || PyRuntimeError::new_err("the threads that make calls cannot be started");
    let process = std::process::id();
    let mut own = FIRST.get_or_init(|| start(process)).as_ref().ok_or_else(failed)?;
    while own.process != process {
        own = match own.child.get() {
            Some(child) => child,
            None => {
                let made = start(process).ok_or_else(failed)?;
                own.child.get_or_init(|| made)
            }
        };
    }
    Ok(own)
}

/// What Python runs last before its end.
#[pyfunction]
pub(crate) fn ending(py: Python<'_>) -> PyResult<()> {
    // Where nothing was ever waited for, there is nobody to wait for.
    if FIRST.get().is_some() {
        let own = own(py)?;
        py.detach(|| own.gate.close());
    }
    Ok(())
}

fn start(process: u32) -> Option<Box<Own>> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    // Plans of queries are walked recursively; Python's own threads have as much.
    let runtime = builder.enable_all().thread_name("totalcloud").thread_stack_size(8 << 20).build().ok()?;
    Some(Box::new(Own { process, runtime, gate: Gate::default(), child: OnceLock::new() }))
}

/// Waits without Python's lock, and ends with what a signal raises.
pub(crate) fn wait<F>(py: Python<'_>, work: F) -> PyResult<F::Output>
where
    F: Future + Send,
    F::Output: Send,
{
    let own = own(py)?;
    let mut work = pin!(work);
    loop {
        let part = work.as_mut();
        let done =
            own.detach(py, || own.runtime.block_on(async { tokio::time::timeout(TICK, part).await.ok() }));
        // A signal that came with the result must not cost the result: it is raised by the next step of Python.
        crate::watch::log(py)?;
        match done {
            Some(done) => return Ok(done),
            None => py.check_signals()?,
        }
    }
}

/// What belongs to the process it was made in: connections and threads do not outlive a fork.
#[derive(Clone, Copy)]
pub(crate) struct Home(u32);

impl Home {
    pub(crate) fn here() -> Home {
        Home(std::process::id())
    }

    /// Refuses work in a child process.
    pub(crate) fn check(self, py: Python<'_>, what: &str) -> PyResult<()> {
        if self.0 == std::process::id() {
            return Ok(());
        }
        let said = format!(
            "this {what} was made before the process was forked, and its connections did not come along; \
             make a new one in the child process"
        );
        Err(crate::arguments::usage(py, &said))
    }
}
