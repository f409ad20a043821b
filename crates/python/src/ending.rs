//! Python's end, while threads of ours are about.
//!
//! A thread that asks for Python's lock while Python comes to its end is ended by Python in the middle of our frames,
//! which aborts the process. So the last thing that runs before that end closes a gate: who is inside is waited for,
//! and nobody comes in any more.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

/// How long Python's end waits for those inside, who hold the lock for a few calls unless a handler of logs takes
/// long; and how long others wait for that end.
const PATIENCE: Duration = Duration::from_secs(10);

/// The gate before Python's lock.
#[derive(Default)]
pub(crate) struct Gate {
    inside: AtomicUsize,
    /// The thread that ends Python, once it does.
    ending: OnceLock<ThreadId>,
}

/// Somebody inside.
pub(crate) struct Pass<'a>(&'a AtomicUsize);

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

impl Gate {
    /// Lets a thread in that wants Python's lock, unless Python comes to its end.
    pub(crate) fn enter(&self) -> Option<Pass<'_>> {
        // First inside, then the look: whoever closes the gate meanwhile sees the one or is seen by the other.
        self.inside.fetch_add(1, SeqCst);
        let pass = Pass(&self.inside);
        match self.ending.get() {
            Some(thread) if *thread != std::thread::current().id() => None,
            _ => Some(pass),
        }
    }

    /// Lets a thread back in that owes its caller an answer. It stays here once Python comes to its end, as it would
    /// in Python 3.14 and later; but if that end does not come, somebody waits for this very thread.
    pub(crate) fn enter_or_stay(&self) -> Option<Pass<'_>> {
        let pass = self.enter();
        if pass.is_none() {
            let begun = Instant::now();
            while let Some(rest) = PATIENCE.checked_sub(begun.elapsed()) {
                std::thread::park_timeout(rest);
            }
        }
        pass
    }

    /// Closes the gate for all threads but this one and waits for those inside, without Python's lock.
    pub(crate) fn close(&self) {
        let _ = self.ending.set(std::thread::current().id());
        let begun = Instant::now();
        while self.inside.load(SeqCst) > 0 && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::mpsc;

    #[test]
    fn who_is_inside_is_waited_for_and_nobody_follows() {
        let gate = Arc::new(Gate::default());
        let pass = gate.enter().expect("the gate is open");
        let (send, closed) = mpsc::channel();
        let other = Arc::clone(&gate);
        let closer = std::thread::spawn(move || {
            other.close();
            assert!(other.enter().is_some(), "who closed it may go on");
            send.send(()).expect("somebody listens");
        });
        while gate.ending.get().is_none() {
            std::thread::yield_now();
        }
        assert!(closed.try_recv().is_err());
        assert!(gate.enter().is_none());
        drop(pass);
        closed.recv().expect("it closes");
        closer.join().expect("it ends");
    }
}
