//! Rows that can be changed: JSON objects with an id, in the order in which they were made.

use serde_json::{Map, Value};
use std::sync::Mutex;

/// One row.
pub(crate) type Row = Map<String, Value>;

/// How many rows a table takes.
pub(crate) const MOST: usize = 10_000;

/// The table takes no more rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

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
    rows: Mutex<Vec<Row>>,
}

impl Table {
    pub(crate) fn new(id: &'static str, rows: Vec<Row>) -> Table {
        Table { id, rows: Mutex::new(rows) }
    }

    fn locked<T>(&self, with: impl FnOnce(&mut Vec<Row>) -> T) -> T {
        with(&mut self.rows.lock().unwrap_or_else(|e| e.into_inner()))
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
        self.locked(|rows| {
            if rows.len() >= MOST {
                return Err(Full);
            }
            rows.push(row);
            Ok(())
        })
    }

    /// Changes a row; gives it as it is then.
    pub(crate) fn change(&self, id: &str, change: impl FnOnce(&mut Row)) -> Option<Row> {
        self.locked(|rows| {
            let at = self.place(rows, id)?;
            change(&mut rows[at]);
            Some(rows[at].clone())
        })
    }

    /// Changes all rows.
    pub(crate) fn change_all(&self, mut change: impl FnMut(&mut Row)) {
        self.locked(|rows| rows.iter_mut().for_each(&mut change));
    }

    pub(crate) fn remove(&self, id: &str) -> Option<Row> {
        self.locked(|rows| self.place(rows, id).map(|at| rows.remove(at)))
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
        assert_eq!(changed, Some(row(json!({"id": "b2", "n": 3}))));
        assert_eq!(table.remove("A1").map(|r| r["n"].clone()), Some(json!(1)));
        assert_eq!(table.rows(), [row(json!({"id": "b2", "n": 3}))]);
        assert_eq!((table.change("a1", |_| ()), table.remove("a1")), (None, None));
    }

    #[test]
    fn a_table_is_bounded() {
        let table = Table::new("id", vec![Row::new(); MOST]);
        assert_eq!(table.add(Row::new()), Err(Full));
        assert_eq!(table.rows().len(), MOST);
    }
}
