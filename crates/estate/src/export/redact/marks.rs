//! What of a column is sensitive.

use crate::layout::{CHANGES, EXTRA, RAW};
use crate::tables::{self, TableSpec};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use totalcloud_api::model::{Column, Shape};

/// The field of a change that names what changed; the others hold its values.
pub(super) const CHANGED: &str = "field";
/// The column of `changes` with what changed.
const FIELDS: &str = "fields";

/// What of a column is sensitive. Lists are looked through.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// Nothing.
    Clear,
    /// All of it.
    Hidden,
    /// What these fields of the objects in it hold.
    Fields(BTreeMap<&'static str, Mark>),
    /// It is rows of this shape as they came.
    Row(&'static Shape),
    /// It is what had no column in rows of this shape.
    Extra(&'static Shape),
    /// It is changes of fields.
    Changes,
}

impl Mark {
    /// Whether nothing is sensitive.
    pub fn is_clear(&self) -> bool {
        matches!(self, Mark::Clear)
    }

    /// The mark of a field inside.
    pub(super) fn inside(&self, name: &str) -> Mark {
        match self {
            Mark::Clear => Mark::Clear,
            Mark::Fields(fields) => fields.get(name).cloned().unwrap_or(Mark::Clear),
            Mark::Changes if name == CHANGED => Mark::Clear,
            _ => Mark::Hidden,
        }
    }

    /// What is made of the whole value: it cannot be told apart any more.
    pub(super) fn mixed(self) -> Mark {
        if self.is_clear() { Mark::Clear } else { Mark::Hidden }
    }

    /// The mark of values of which some carry this mark and others that one.
    pub(super) fn or(self, other: Mark) -> Mark {
        match (self, other) {
            (a, b) if a == b => a,
            (Mark::Clear, b) => b,
            (a, Mark::Clear) => a,
            (Mark::Fields(mut a), Mark::Fields(b)) => {
                for (name, mark) in b {
                    let both = a.remove(name).map_or(mark.clone(), |known| known.or(mark));
                    a.insert(name, both);
                }
                Mark::Fields(a)
            }
            _ => Mark::Hidden,
        }
    }

    fn of(column: &Column) -> Mark {
        if column.is_sensitive() {
            return Mark::Hidden;
        }
        column.kind.shape().map_or(Mark::Clear, Mark::of_shape)
    }

    fn of_shape(shape: &Shape) -> Mark {
        let marks = shape.columns().into_iter().map(|c| (c.wire, Mark::of(c)));
        let marks: BTreeMap<_, _> = marks.filter(|(_, mark)| !mark.is_clear()).collect();
        if marks.is_empty() { Mark::Clear } else { Mark::Fields(marks) }
    }
}

/// The mark of a column of a table of row versions; or, where the table is none, of all columns of that name.
pub(super) fn of_column(table: Option<&TableSpec>, name: &str) -> Mark {
    match table {
        Some(table) => match table.shape.column(name) {
            Some(column) => Mark::of(column),
            None if name == RAW => Mark::Row(table.shape),
            None if name == EXTRA => Mark::Extra(table.shape),
            None => Mark::Clear,
        },
        None => names().get(name).cloned().unwrap_or(Mark::Clear),
    }
}

/// The mark of a column of the table of this name, whether it is one of row versions, a view or another.
pub(super) fn of_named(table: &str, column: &str) -> Mark {
    if table == CHANGES && column == FIELDS {
        return Mark::Changes;
    }
    of_column(tables::get(table), column)
}

/// The marks of all columns of all tables, by name alone.
fn names() -> &'static BTreeMap<&'static str, Mark> {
    static NAMES: OnceLock<BTreeMap<&'static str, Mark>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let mut names: BTreeMap<&'static str, Mark> =
            [(RAW, Mark::Hidden), (EXTRA, Mark::Hidden)].into_iter().collect();
        for column in tables::all().iter().flat_map(|table| table.shape.columns()) {
            let mark = Mark::of(column);
            let known = names.remove(column.wire).unwrap_or(Mark::Clear);
            names.insert(column.wire, known.or(mark));
        }
        names
    })
}

/// Whether the values of a field that changed may be shown: its column is declared somewhere, and nothing in it is
/// sensitive anywhere.
pub(super) fn is_open(field: &str) -> bool {
    let top = field.split(['.', '[']).next().unwrap_or(field);
    let shown = |name: &str| names().get(name).is_some_and(Mark::is_clear);
    // The service has fields with dots in their own names.
    shown(field) || shown(top)
}
