//! What every command is run with.

use crate::error::CliError;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::session::{self, Session};
use crate::settings::{Key, Layer, Settings};
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use totalcloud::Exit;

/// How long work that was told of its deadline may take to come to its end.
const GRACE: Duration = Duration::from_secs(10);

/// The printer, and the settings as far as flags gave them.
pub struct Context {
    /// All output.
    pub printer: Arc<Printer>,
    /// The settings given as flags.
    pub flags: Layer,
    /// Whether standard input has the secret.
    pub password_stdin: bool,
    /// When the process was started.
    started: Instant,
    /// How long it may run from then on, once the settings said so.
    deadline: OnceLock<Duration>,
    /// Whether the work is to be done on all cores.
    wide: AtomicBool,
}

impl Context {
    /// The context of a command that starts now.
    pub fn new(printer: Arc<Printer>, flags: Layer, password_stdin: bool) -> Context {
        Context {
            printer,
            flags,
            password_stdin,
            started: Instant::now(),
            deadline: OnceLock::new(),
            wide: AtomicBool::new(false),
        }
    }

    /// Has the work that follows done on all cores: for what computes and does not only wait.
    #[must_use]
    pub fn on_all_cores(&self) -> &Context {
        self.wide.store(true, Relaxed);
        self
    }

    fn runtime(&self) -> Result<tokio::runtime::Runtime, CliError> {
        // One thread is enough for what waits on the network, and cheapest.
        let mut builder = match self.wide.load(Relaxed) {
            true => tokio::runtime::Builder::new_multi_thread(),
            false => tokio::runtime::Builder::new_current_thread(),
        };
        let runtime = builder.enable_all().build();
        runtime.map_err(|e| CliError::failed(format!("the runtime cannot be started: {e}")))
    }

    /// The merged settings.
    ///
    /// # Errors
    /// See [`Settings::load`].
    pub fn settings(&self) -> Result<Settings, CliError> {
        let settings = Settings::load(self.flags.clone(), &|name| std::env::var(name).ok(), false)?;
        if let Some(text) = settings.text(Key::Deadline) {
            let left = crate::duration::until(text, jiff::Timestamp::now());
            // Checked when it was loaded.
            let left = left.map_err(CliError::usage)?;
            let _ = self.deadline.set(left);
        }
        Ok(settings)
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

    /// Waits until the deadline, if there is one.
    async fn deadline(&self) {
        match self.deadline.get() {
            Some(at) => tokio::time::sleep(at.saturating_sub(self.started.elapsed())).await,
            None => std::future::pending().await,
        }
    }

    /// Runs what needs the network and has something to bring to an end when it is interrupted or its deadline
    /// is reached. A second Ctrl-C ends it at once.
    ///
    /// # Errors
    /// Those of the work, or that it was interrupted.
    pub fn block_on_until<T, F: Future<Output = Result<T, CliError>>>(
        &self,
        work: impl FnOnce(Stop) -> F,
    ) -> Result<T, CliError> {
        let runtime = self.runtime()?;
        let result = runtime.block_on(async {
            let mut signals = Signals::listen()?;
            let (ask, stop) = watch::channel(None);
            let work = work(Stop(stop));
            tokio::pin!(work);
            let why = tokio::select! {
                biased;
                done = &mut work => return done,
                why = signals.next() => why,
                () = self.deadline() => Stopped::Deadline,
            };
            let _ = ask.send(Some(why));
            let grace = async {
                match why {
                    Stopped::Deadline => tokio::time::sleep(GRACE).await,
                    _ => std::future::pending().await,
                }
            };
            tokio::select! {
                done = &mut work => done.map_err(|e| why.told(e)),
                _ = signals.next() => Err(CliError::interrupted()),
                () = grace => Err(why.told(CliError::interrupted())),
            }
        });
        // Calls on their way are given up, name look-ups on other threads as well.
        runtime.shutdown_background();
        result
    }
}

/// Why a run was asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Ctrl-C.
    Interrupted,
    /// The signal by which services are ended.
    Terminated,
    /// The time that was given is over.
    Deadline,
}

impl Stopped {
    /// The error of work that gave up when it was asked to. Work that could say how far it got has hinted at
    /// it.
    fn told(self, e: CliError) -> CliError {
        if e.exit != Exit::Interrupted || self != Stopped::Deadline {
            return e;
        }
        let exit = if e.hint.is_some() { Exit::Partial } else { Exit::RateLimited };
        let more = "give it longer with --deadline to have the rest";
        let hint = e.hint.map_or_else(|| more.to_owned(), |hint| format!("{hint}\n{more}"));
        CliError::new(exit, "the deadline was reached").hint(hint)
    }
}

/// Whether the run was asked to stop.
#[derive(Clone)]
pub struct Stop(watch::Receiver<Option<Stopped>>);

impl Stop {
    /// Waits until it is.
    pub async fn asked(&mut self) {
        if self.0.wait_for(Option::is_some).await.is_err() {
            // The other end is gone only when the run is over.
            std::future::pending().await
        }
    }

    /// Whether it is.
    pub fn is_asked(&self) -> bool {
        self.why().is_some()
    }

    /// Why it is, if it is.
    pub fn why(&self) -> Option<Stopped> {
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
    pub async fn next(&mut self) -> Stopped {
        #[cfg(unix)]
        {
            let [interrupt, terminate] = &mut self.signals;
            tokio::select! {
                _ = interrupt.recv() => Stopped::Interrupted,
                _ = terminate.recv() => Stopped::Terminated,
            }
        }
        #[cfg(not(unix))]
        match tokio::signal::ctrl_c().await {
            Ok(()) => Stopped::Interrupted,
            Err(_) => std::future::pending().await,
        }
    }
}
