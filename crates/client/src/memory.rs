//! What was found out about a subscription and is worth remembering: page sizes that an endpoint takes,
//! filters that it accepts.

use crate::clock::Clock;
use crate::state::{Fact, SharedState};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What was found out about one subscription, as words under words.
///
/// Nothing in it is secret, and nothing in it must be right: whoever reads from it copes with a word that is
/// wrong or missing.
#[derive(Default)]
pub struct Memory {
    facts: Mutex<BTreeMap<String, String>>,
    kept: Option<(Arc<SharedState>, Arc<dyn Clock>)>,
}

impl Memory {
    /// A memory that knows nothing and ends with the process.
    pub fn new() -> Memory {
        Memory::default()
    }

    /// A memory that is kept in the shared state, and begins with what is there.
    pub fn kept(state: Arc<SharedState>, clock: Arc<dyn Clock>) -> Memory {
        let mut read = state.read();
        read.tidy(clock.now().as_millisecond());
        let facts = read.facts.into_iter().map(|(name, fact)| (name, fact.word)).collect();
        Memory { facts: Mutex::new(facts), kept: Some((state, clock)) }
    }

    /// What is remembered under a name.
    pub fn get(&self, name: &str) -> Option<String> {
        self.lock().get(name).cloned()
    }

    /// Remembers something under a name, in place of what was there.
    pub fn set(&self, name: &str, word: &str) {
        self.lock().insert(name.to_owned(), word.to_owned());
        if let Some((state, clock)) = &self.kept {
            let at = clock.now().as_millisecond();
            let fact = Fact { word: word.to_owned(), at };
            // Where it cannot be kept, it ends with the process.
            state.update(at, |state| state.facts.insert(name.to_owned(), fact));
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.lock().iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Hosts;
    use crate::clock::SystemClock;

    #[test]
    fn what_is_kept_is_there_in_the_next_run_and_processes_do_not_undo_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let memory = || {
            let hosts = Hosts::single("https://base.test").unwrap();
            let state = SharedState::open(dir.path(), &hosts, "jane").unwrap();
            Memory::kept(Arc::new(state), Arc::new(SystemClock::default()))
        };
        let (a, b) = (memory(), memory());
        a.set("page", "200");
        b.set("filter", "yes");
        a.set("page", "100");
        let c = memory();
        assert_eq!((c.get("page").as_deref(), c.get("filter").as_deref()), (Some("100"), Some("yes")));
        assert_eq!(c.get("other"), None);
    }
}
