//! From a wire name to its column, without comparing all names.

use super::Shape;

const SLOTS: usize = 256;

/// A hash table of the columns of a shape and its bases, made at compile time.
#[doc(hidden)]
#[derive(Debug)]
pub struct Index {
    /// Column number plus one; 0 for none.
    slots: [u8; SLOTS],
}

impl Index {
    /// The table of a shape. Columns are numbered own ones first, then those of the base.
    pub const fn of(shape: &Shape) -> Index {
        let mut slots = [0; SLOTS];
        let (mut level, mut number, mut i) = (shape, 0, 0);
        loop {
            if i < level.own.len() {
                number += 1;
                // Half full at most, so that a search soon meets an empty slot.
                assert!(number <= SLOTS / 2, "too many columns");
                let mut slot = hash(level.own[i].wire.as_bytes());
                while slots[slot] != 0 {
                    slot = (slot + 1) % SLOTS;
                }
                slots[slot] = number as u8;
                i += 1;
            } else if let Some(base) = level.base {
                (level, i) = (base, 0);
            } else {
                return Index { slots };
            }
        }
    }

    /// The number of the column of this wire name in the shape the table was made of.
    pub fn locate(&self, shape: &Shape, key: &str) -> Option<usize> {
        let mut slot = hash(key.as_bytes());
        loop {
            let number = usize::from(self.slots[slot]).checked_sub(1)?;
            if shape.located(number).is_some_and(|column| column.wire == key) {
                return Some(number);
            }
            slot = (slot + 1) % SLOTS;
        }
    }
}

/// Length and four letters tell most names of one shape apart.
const fn hash(key: &[u8]) -> usize {
    let n = key.len();
    if n == 0 {
        return 0;
    }
    let letters = u32::from_le_bytes([key[0], key[n / 4], key[n / 2], key[n - 1]]);
    (letters.wrapping_add(n as u32).wrapping_mul(0x9E37_79B1) >> 24) as usize % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;
    use crate::resources::{AwsEc2Instance, AwsIamRole, all};

    #[test]
    fn every_column_of_every_type_is_located() {
        for t in all() {
            let index = Index::of(t.shape);
            let mut found = Vec::new();
            for column in t.shape.columns() {
                let at = index.locate(t.shape, column.wire).unwrap();
                assert_eq!(t.shape.located(at), Some(column), "{}", t.key());
                found.push(at);
            }
            found.sort_unstable();
            assert!(found.into_iter().eq(0..t.shape.columns().len()), "{}", t.key());
            for key in ["", "x", "ResourceId", "resourceId ", "日本語"] {
                assert_eq!(index.locate(t.shape, key), None);
            }
        }
        assert_eq!(AwsIamRole::locate("roleId"), Some(0), "own columns come first");
        assert_eq!(AwsEc2Instance::locate("instanceId"), Some(0));
    }

    #[test]
    fn names_seldom_collide() {
        let mut longest = 0;
        for t in all() {
            let index = Index::of(t.shape);
            for column in t.shape.columns() {
                let number = index.locate(t.shape, column.wire).unwrap() + 1;
                let at = index.slots.iter().position(|s| usize::from(*s) == number).unwrap();
                longest = longest.max((at + SLOTS - hash(column.wire.as_bytes())) % SLOTS);
            }
        }
        assert!(longest <= 4, "a search takes {longest} steps");
    }
}
