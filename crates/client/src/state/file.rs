//! The file: found by a hash, locked while it is read and written, replaced as a whole.

use super::data::{LARGEST, State, decode, encode};
use crate::hosts::Hosts;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Tries to get the lock, a millisecond apart. Others hold it for a fraction of one, and one that was stopped
/// while it held it must not stop us.
const TRIES: u32 = 20;

/// Failures in a row after which the file is left alone.
const FAILURES: u32 = 5;

/// The state file of one subscription, as one process uses it.
#[derive(Debug)]
pub struct SharedState {
    path: PathBuf,
    lock: Mutex<File>,
    me: String,
    failures: AtomicU32,
}

impl SharedState {
    /// The state of the subscription that `who` (a user name or a client id) has at these hosts, in a folder
    /// that is made where it is missing. The name of the file tells neither.
    ///
    /// # Errors
    /// If the folder or the lock file cannot be made.
    pub fn open(dir: &Path, hosts: &Hosts, who: &str) -> io::Result<SharedState> {
        let mut text = String::new();
        for host in [hosts.base(), hosts.gateway(), hosts.api()] {
            text.push_str(host.as_str());
            text.push('\n');
        }
        text.push_str(who);
        let hash = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
        let name: String = hash.as_ref()[..16].iter().map(|b| format!("{b:02x}")).collect();
        make_dir(dir)?;
        sweep(dir);
        let lock = private().create(true).truncate(false).open(dir.join(format!("{name}.lock")))?;
        Ok(SharedState {
            path: dir.join(format!("{name}.json")),
            lock: Mutex::new(lock),
            me: format!("{:016x}", rand::random::<u64>()),
            failures: AtomicU32::new(0),
        })
    }

    /// The random name of this process in the file.
    pub(crate) fn me(&self) -> &str {
        &self.me
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the file says now.
    pub fn read(&self) -> State {
        self.load().unwrap_or_default()
    }

    /// Changes the state while no other process can. `None` if it cannot be had, which is no error: then
    /// nothing is shared for now.
    pub(crate) fn update<R>(&self, now: i64, change: impl FnOnce(&mut State) -> R) -> Option<R> {
        if self.failures.load(Ordering::Relaxed) >= FAILURES {
            return None;
        }
        let lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        take(&lock)?;
        let mut state = self.load().unwrap_or_default();
        state.tidy(now);
        let before = state.clone();
        let result = change(&mut state);
        let saved = if state == before { Ok(()) } else { self.save(&state) };
        let _ = lock.unlock();
        match saved {
            Ok(()) => self.failures.store(0, Ordering::Relaxed),
            Err(e) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                tracing::debug!("the shared state cannot be written: {e}");
            }
        }
        Some(result)
    }

    fn load(&self) -> io::Result<State> {
        let mut bytes = Vec::new();
        // One byte more than is taken, so that too much is noticed.
        File::open(&self.path)?.take(LARGEST as u64 + 1).read_to_end(&mut bytes)?;
        Ok(decode(&bytes))
    }

    fn save(&self, state: &State) -> io::Result<()> {
        let new = self.path.with_extension(format!("{}.new", self.me));
        let written = private()
            .create(true)
            .truncate(true)
            .open(&new)
            .and_then(|mut file| file.write_all(&encode(state)))
            .and_then(|()| std::fs::rename(&new, &self.path));
        if written.is_err() {
            let _ = std::fs::remove_file(&new);
        }
        written
    }
}

fn take(lock: &File) -> Option<()> {
    for _ in 0..TRIES {
        match lock.try_lock() {
            Ok(()) => return Some(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
            Err(TryLockError::Error(_)) => return None,
        }
    }
    None
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

/// Files of subscriptions that have not been used for so long are removed.
const UNUSED: Duration = Duration::from_secs(60 * 86_400);

/// Removes what was left by subscriptions that are no longer used, such as simulators.
fn sweep(dir: &Path) {
    let old = |path: &Path| {
        let changed = std::fs::metadata(path).and_then(|m| m.modified()).ok()?;
        changed.elapsed().ok().filter(|age| *age > UNUSED)
    };
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let ours = path.file_stem().is_some_and(|stem| {
            let stem = stem.as_encoded_bytes();
            stem.len() == 32 && stem.iter().all(u8::is_ascii_hexdigit)
        });
        if ours && path.extension().is_some_and(|e| e == "json") && old(&path).is_some() {
            let _ = std::fs::remove_file(path.with_extension("lock"));
            let _ = std::fs::remove_file(path);
        }
    }
}

fn make_dir(dir: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(dir)
}

#[cfg(test)]
mod tests {
    use super::super::data::Fact;
    use super::*;

    const NOW: i64 = 1_767_225_600_000;

    fn dir() -> (tempfile::TempDir, Hosts) {
        (tempfile::tempdir().unwrap(), Hosts::single("https://base.test").unwrap())
    }

    fn add(state: &SharedState, name: &str) {
        let fact = Fact { word: "x".to_owned(), at: NOW };
        state.update(NOW, |s| s.facts.insert(name.to_owned(), fact)).unwrap();
    }

    #[test]
    fn two_handles_see_what_each_other_wrote() {
        let (dir, hosts) = dir();
        let a = SharedState::open(dir.path(), &hosts, "jane").unwrap();
        let b = SharedState::open(dir.path(), &hosts, "jane").unwrap();
        let other = SharedState::open(dir.path(), &hosts, "joe").unwrap();
        add(&a, "one");
        add(&b, "two");
        assert_eq!(a.read().facts.len(), 2);
        assert!(other.read().facts.is_empty());
        assert!(!a.path().to_string_lossy().contains("jane"));
    }

    #[test]
    fn many_at_once_lose_nothing() {
        let (dir, hosts) = dir();
        let threads: Vec<_> = (0..4)
            .map(|t| {
                let state = SharedState::open(dir.path(), &hosts, "jane").unwrap();
                std::thread::spawn(move || {
                    (0..25).for_each(|n| {
                        // A crowded lock may be missed; then it is tried again.
                        let fact = || Fact { word: "x".to_owned(), at: NOW };
                        while state.update(NOW, |s| s.facts.insert(format!("{t}/{n}"), fact())).is_none() {}
                    });
                })
            })
            .collect();
        threads.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(SharedState::open(dir.path(), &hosts, "jane").unwrap().read().facts.len(), 100);
        let left = std::fs::read_dir(dir.path()).unwrap().count();
        assert_eq!(left, 2, "the file and its lock");
    }

    #[test]
    fn a_damaged_file_is_replaced_and_a_held_lock_stops_nobody() {
        let (dir, hosts) = dir();
        let a = SharedState::open(dir.path(), &hosts, "jane").unwrap();
        std::fs::write(a.path(), b"\0\0garbage").unwrap();
        assert_eq!(a.read(), State::default());
        add(&a, "one");
        assert_eq!(a.read().facts.len(), 1);
        let b = SharedState::open(dir.path(), &hosts, "jane").unwrap();
        b.lock.lock().unwrap().lock().unwrap();
        assert!(a.update(NOW, |_| ()).is_none());
        b.lock.lock().unwrap().unlock().unwrap();
        assert!(a.update(NOW, |_| ()).is_some());
    }

    #[test]
    fn files_of_subscriptions_long_unused_are_swept_away() {
        let (dir, hosts) = dir();
        let a = SharedState::open(dir.path(), &hosts, "jane").unwrap();
        add(&a, "one");
        let foreign = dir.path().join("notes.json");
        std::fs::write(&foreign, "mine").unwrap();
        let long_ago = std::time::SystemTime::now() - UNUSED * 2;
        for path in [a.path(), &foreign] {
            File::options().write(true).open(path).unwrap().set_modified(long_ago).unwrap();
        }
        let b = SharedState::open(dir.path(), &hosts, "joe").unwrap();
        assert!(!a.path().exists() && foreign.exists());
        add(&b, "two");
        SharedState::open(dir.path(), &hosts, "jim").unwrap();
        assert_eq!(b.read().facts.len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let (dir, hosts) = dir();
        let folder = dir.path().join("new");
        let a = SharedState::open(&folder, &hosts, "jane").unwrap();
        add(&a, "one");
        let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(a.path())), (0o700, 0o600));
    }
}
