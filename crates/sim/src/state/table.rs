//! Rows that can be changed: JSON objects with an id, in the order in which they were made.

use serde_json::{Map, Value};
use std::sync::Mutex;

/// One row.
pub(crate) type Row = Map<String, Value>;

/// How many rows a table takes.
pub(crate) const MOST: usize = 10_000;
/// Bytes that one row may have.
pub(crate) const LARGEST: usize = 256 << 10;
/// Bytes that a table takes.
const MOST_BYTES: usize = 64 << 20;

/// What there is no room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// One more row.
    Rows,
    /// A row of this size.
    Row,
    /// So much in one table.
    Table,
}

/// The bytes of a row as it is sent.
pub(crate) fn size(row: &Row) -> usize {
    serde_json::to_vec(row).map_or(0, |text| text.len())
}

/// A JSON value as a row; anything but an object makes an empty one.
pub(crate) fn row(value: Value) -> Row {
    match value {
        Value::Object(map) => map,
        _ => Row::new(),
    }
}

/// The text of a field, empty where there is none.
pub(crate) fn text<'r>(row: &'r Row, field: &str) -> &'r str {
    row.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// The texts of a list.
pub(crate) fn texts<'r>(row: &'r Row, field: &str) -> Vec<&'r str> {
    let items = row.get(field).and_then(Value::as_array);
    items.map(|items| items.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

/// A table, found by the text of one field. Case does not count, as with UUIDs.
#[derive(Debug)]
pub(crate) struct Table {
    id: &'static str,
    rows: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    rows: Vec<Row>,
    /// Bytes of the rows.
    weight: usize,
}

impl Kept {
    /// Whether there is room for a row of this size in place of one of the other.
    fn room(&self, size: usize, before: usize) -> Result<usize, Full> {
        let weight = self.weight - before.min(self.weight) + size;
        match () {
            // What was big from the start may stay as big.
            () if size > LARGEST && size > before => Err(Full::Row),
            () if weight > MOST_BYTES && size > before => Err(Full::Table),
            () => Ok(weight),
        }
    }
}

impl Table {
    pub(crate) fn new(id: &'static str, rows: Vec<Row>) -> Table {
        let weight = rows.iter().map(size).sum();
        Table { id, rows: Mutex::new(Kept { rows, weight }) }
    }

    fn kept<T>(&self, with: impl FnOnce(&mut Kept) -> T) -> T {
        with(&mut self.rows.lock().unwrap_or_else(|e| e.into_inner()))
    }

    fn locked<T>(&self, with: impl FnOnce(&mut Vec<Row>) -> T) -> T {
        self.kept(|kept| with(&mut kept.rows))
    }

    fn place(&self, rows: &[Row], id: &str) -> Option<usize> {
        rows.iter().position(|r| text(r, self.id).eq_ignore_ascii_case(id))
    }

    /// All rows.
    pub(crate) fn rows(&self) -> Vec<Row> {
        self.locked(|rows| rows.clone())
    }

    pub(crate) fn len(&self) -> usize {
        self.locked(|rows| rows.len())
    }

    pub(crate) fn get(&self, id: &str) -> Option<Row> {
        self.locked(|rows| self.place(rows, id).map(|at| rows[at].clone()))
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.locked(|rows| self.place(rows, id).is_some())
    }

    /// The first of these ids that no row has.
    pub(crate) fn unknown<'i>(&self, ids: &'i [String]) -> Option<&'i str> {
        ids.iter().map(String::as_str).find(|id| !self.has(id))
    }

    pub(crate) fn add(&self, row: Row) -> Result<(), Full> {
        let size = size(&row);
        self.kept(|kept| {
            if kept.rows.len() >= MOST {
                return Err(Full::Rows);
            }
            kept.weight = kept.room(size, 0)?;
            kept.rows.push(row);
            Ok(())
        })
    }

    /// Changes a row; gives it as it is then, or nothing where it is not there.
    pub(crate) fn change(&self, id: &str, change: impl FnOnce(&mut Row)) -> Result<Option<Row>, Full> {
        self.kept(|kept| {
            let Some(at) = self.place(&kept.rows, id) else { return Ok(None) };
            let mut changed = kept.rows[at].clone();
            change(&mut changed);
            kept.weight = kept.room(size(&changed), size(&kept.rows[at]))?;
            kept.rows[at] = changed.clone();
            Ok(Some(changed))
        })
    }

    /// Changes all rows.
    pub(crate) fn change_all(&self, mut change: impl FnMut(&mut Row)) {
        self.locked(|rows| rows.iter_mut().for_each(&mut change));
    }

    pub(crate) fn remove(&self, id: &str) -> Option<Row> {
        self.kept(|kept| {
            let at = self.place(&kept.rows, id)?;
            let removed = kept.rows.remove(at);
            kept.weight = kept.weight.saturating_sub(size(&removed));
            Some(removed)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rows_are_made_found_changed_and_removed_by_their_id() {
        let table = Table::new("id", vec![row(json!({"id": "A1", "n": 1}))]);
        assert_eq!(table.add(row(json!({"id": "b2", "n": 2}))), Ok(()));
        assert_eq!(table.get("a1"), Some(row(json!({"id": "A1", "n": 1}))));
        assert_eq!(table.unknown(&["B2".into(), "c3".into()]), Some("c3"));
        let changed = table.change("b2", |r| {
            r.insert("n".into(), 3.into());
        });
        assert_eq!(changed, Ok(Some(row(json!({"id": "b2", "n": 3})))));
        assert_eq!(table.remove("A1").map(|r| r["n"].clone()), Some(json!(1)));
        assert_eq!(table.rows(), [row(json!({"id": "b2", "n": 3}))]);
        assert_eq!((table.change("a1", |_| ()), table.remove("a1")), (Ok(None), None));
    }

    #[test]
    fn a_table_is_bounded() {
        let table = Table::new("id", vec![Row::new(); MOST]);
        assert_eq!(table.add(Row::new()), Err(Full::Rows));
        assert_eq!(table.rows().len(), MOST);
    }

    #[test]
    fn a_table_takes_no_more_bytes_than_it_may() {
        let table = Table::new("id", Vec::new());
        let of = |id: usize, bytes: usize| row(json!({"id": id.to_string(), "text": "x".repeat(bytes)}));
        assert_eq!(table.add(of(0, LARGEST)), Err(Full::Row));
        let added = (0..MOST).take_while(|id| table.add(of(*id, LARGEST - 64)).is_ok()).count();
        assert_eq!(added, MOST_BYTES / (LARGEST - 40));
        assert_eq!(table.add(of(added, LARGEST - 64)), Err(Full::Table));
        let grow = |row: &mut Row| drop(row.insert("more".into(), "x".repeat(100).into()));
        assert_eq!(table.change("0", grow), Err(Full::Row));
        assert_eq!(table.get("0").map(|row| row.contains_key("more")), Some(false));
        assert!(table.remove("0").is_some());
        assert_eq!(table.add(of(added, LARGEST - 64)), Ok(()));
    }
}
