//! What was found out about a subscription and is worth remembering: page sizes that an endpoint takes,
//! filters that it accepts.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What was found out about one subscription, as words under words.
///
/// Nothing in it is secret, and nothing in it must be right: whoever reads from it copes with a word that is
/// wrong or missing.
#[derive(Debug, Default)]
pub struct Memory {
    facts: Mutex<BTreeMap<String, String>>,
}

impl Memory {
    /// A memory that knows nothing and ends with the process.
    pub fn new() -> Memory {
        Memory::default()
    }

    /// What is remembered under a name.
    pub fn get(&self, name: &str) -> Option<String> {
        self.lock().get(name).cloned()
    }

    /// Remembers something under a name, in place of what was there.
    pub fn set(&self, name: &str, word: &str) {
        self.lock().insert(name.to_owned(), word.to_owned());
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
