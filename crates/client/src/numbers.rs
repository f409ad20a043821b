//! Values by numbers that are spread evenly over 64 bits, such as hashes, for millions of them.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Maps among which the numbers are shared out.
const MAPS: u64 = 80;

/// Values by numbers that are spread evenly.
///
/// They are in many maps, each of which is small: a map that grows holds its values twice for a while, and large pieces
/// of memory that come and go make allocators keep more than is used.
///
/// ```
/// let mut numbers = totalcloud::numbers::Numbers::default();
/// assert_eq!(numbers.insert(u64::MAX, "first"), None);
/// assert_eq!(numbers.insert(u64::MAX, "second"), Some("first"));
/// assert_eq!(numbers.get(u64::MAX), Some(&"second"));
/// assert_eq!(numbers.get(0), None);
/// ```
#[derive(Debug)]
pub struct Numbers<V>(Vec<HashMap<u64, V, BuildHasherDefault<AsIs>>>);

impl<V> Default for Numbers<V> {
    fn default() -> Numbers<V> {
        Numbers((0..MAPS).map(|_| HashMap::default()).collect())
    }
}

impl<V> Numbers<V> {
    /// The map of a number, by bits that a map itself does not look at.
    fn place(number: u64) -> usize {
        (((number >> 24) & 0xffff_ffff) % MAPS) as usize
    }

    /// The value of a number.
    pub fn get(&self, number: u64) -> Option<&V> {
        self.0.get(Self::place(number))?.get(&number)
    }

    /// Sets the value of a number. Gives the one it had.
    pub fn insert(&mut self, number: u64, value: V) -> Option<V> {
        self.0.get_mut(Self::place(number))?.insert(number, value)
    }
}

/// Takes numbers that are hashes already as they are: a hash needs no hashing.
#[derive(Debug, Default)]
pub struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn write_u128(&mut self, number: u128) {
        self.0 = number as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::{DefaultHasher, Hash};

    fn hash(n: u64) -> u64 {
        let mut hasher = DefaultHasher::new();
        n.hash(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn all_are_found_again_and_no_map_has_many_more_than_others() {
        let mut numbers = Numbers::default();
        for n in 0..80_000 {
            assert_eq!(numbers.insert(hash(n), n), None);
        }
        for n in 0..80_000 {
            assert_eq!(numbers.get(hash(n)), Some(&n));
            assert_eq!(numbers.get(hash(n + 80_000)), None);
        }
        let most = numbers.0.iter().map(HashMap::len).max();
        assert!(most < Some(1_300), "{most:?}");
    }
}
