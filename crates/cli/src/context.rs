//! What every command is run with.

use crate::error::CliError;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::session::{self, Session};
use crate::settings::{Layer, Settings};
use std::future::Future;
use std::sync::Arc;
use tokio::sync::watch;

/// The printer, and the settings as far as flags gave them.
pub struct Context {
    /// All output.
    pub printer: Arc<Printer>,
    /// The settings given as flags.
    pub flags: Layer,
    /// Whether standard input has the secret.
    pub password_stdin: bool,
}

impl Context {
    /// The merged settings.
    ///
    /// # Errors
    /// See [`Settings::load`].
    pub fn settings(&self) -> Result<Settings, CliError> {
        Settings::load(self.flags.clone(), &|name| std::env::var(name).ok(), false)
    }

    /// A client, and the progress of what it does.
    ///
    /// # Errors
    /// See [`session::open`].
    pub fn session(&self) -> Result<(Session, Arc<Progress>), CliError> {
        let settings = self.settings()?;
        let progress = Progress::start(&self.printer);
        let session = session::open(settings, &self.printer, self.password_stdin, Some(progress.clone()))?;
        Ok((session, progress))
    }

    /// Runs what needs the network. Ctrl-C ends it.
    ///
    /// # Errors
    /// Those of the work, or that it was interrupted.
    pub fn block_on<T>(&self, work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
        self.block_on_until(|mut stop| async move {
            tokio::select! {
                done = work => done,
                () = stop.asked() => Err(CliError::interrupted()),
            }
        })
    }

    /// Runs what needs the network and has something to bring to an end when it is interrupted. A second
    /// Ctrl-C ends it at once.
    ///
    /// # Errors
    /// Those of the work, or that it was interrupted.
    pub fn block_on_until<T, F: Future<Output = Result<T, CliError>>>(
        &self,
        work: impl FnOnce(Stop) -> F,
    ) -> Result<T, CliError> {
        // One thread is enough for what waits on the network, and cheapest.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| CliError::failed(format!("the runtime cannot be started: {e}")))?;
        let result = runtime.block_on(async {
            let mut signals = Signals::listen()?;
            let (ask, stop) = watch::channel(false);
            let work = work(Stop(stop));
            tokio::pin!(work);
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = signals.next() => {}
            }
            let _ = ask.send(true);
            tokio::select! {
                done = &mut work => done,
                () = signals.next() => Err(CliError::interrupted()),
            }
        });
        // Calls on their way are given up, name look-ups on other threads as well.
        runtime.shutdown_background();
        result
    }
}

/// Whether the run was asked to stop.
#[derive(Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Waits until it is.
    pub async fn asked(&mut self) {
        if self.0.wait_for(|asked| *asked).await.is_err() {
            // The other end is gone only when the run is over.
            std::future::pending().await
        }
    }

    /// Whether it is.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }
}

/// The signals by which a run is stopped: Ctrl-C, and the one by which services are.
pub struct Signals {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
}

impl Signals {
    /// Listens from now on. Needs a runtime.
    ///
    /// # Errors
    /// If the system does not allow it.
    pub fn listen() -> Result<Signals, CliError> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let one =
                |kind| signal(kind).map_err(|e| CliError::failed(format!("signals cannot be awaited: {e}")));
            Ok(Signals { signals: [one(SignalKind::interrupt())?, one(SignalKind::terminate())?] })
        }
        #[cfg(not(unix))]
        Ok(Signals {})
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        {
            let [interrupt, terminate] = &mut self.signals;
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
