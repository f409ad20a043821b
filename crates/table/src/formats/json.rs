//! Rows as they came: a JSON array, or one row a line.

use super::{Out, Sink, buffered};
use crate::plan::{From, Reader, object, unreadable};
use crate::{Format, Issue, Result};
use bytes::Bytes;
use std::borrow::Cow;
use std::io::{BufWriter, Write};
use totalcloud_api::page::one_line;

/// `Json` is one array with a row a line, `Ndjson` the rows alone.
///
/// Rows are not parsed. Chosen columns make a new object of the values as they came: nested ones under their
/// dotted name, and none for a field that the row does not have.
pub(super) struct Json {
    lines: Lines,
    reader: Option<Reader>,
}

/// JSON values one a line, alone or as one array.
pub(crate) struct Lines {
    out: BufWriter<Out>,
    array: bool,
    written: bool,
}

impl Lines {
    pub(crate) fn new(format: Format, out: Out) -> Lines {
        Lines { out: buffered(out), array: format == Format::Json, written: false }
    }

    pub(crate) fn line(&mut self, text: &[u8]) -> Result<()> {
        if self.array {
            self.out.write_all(if self.written { b",\n" } else { b"[\n" })?;
            self.out.write_all(text)?;
        } else {
            self.out.write_all(text)?;
            self.out.write_all(b"\n")?;
        }
        self.written = true;
        Ok(())
    }

    pub(crate) fn flush(&mut self) -> Result<()> {
        Ok(self.out.flush()?)
    }

    pub(crate) fn close(&mut self) -> Result<()> {
        if self.array {
            self.out.write_all(if self.written { b"\n]\n" } else { b"[]\n" })?;
        }
        self.flush()
    }
}

impl Json {
    pub(super) fn new(reader: Option<Reader>, format: Format, out: Out) -> Json {
        Json { lines: Lines::new(format, out), reader }
    }

    fn line(&mut self, text: &[u8]) -> Result<()> {
        self.lines.line(text)
    }

    /// A row that is no object is passed on all the same if it is JSON; text that is none would break the
    /// output for every other row, and becomes a string.
    fn unreadable(&mut self, row: &Bytes) -> Result<()> {
        match serde_json::from_slice::<&serde_json::value::RawValue>(row) {
            Ok(json) => self.line(json.get().as_bytes()),
            Err(_) => self.line(serde_json::Value::from(String::from_utf8_lossy(row)).to_string().as_bytes()),
        }
    }
}

impl Sink for Json {
    fn row(&mut self, index: u64, row: &Bytes, issues: &mut Vec<Issue>) -> Result<()> {
        let row = &one_line(row);
        let Some(reader) = &mut self.reader else {
            let bare = row.trim_ascii();
            if bare.first() == Some(&b'{') {
                return self.line(bare);
            }
            issues.push(unreadable(index, &String::from_utf8_lossy(bare)));
            return self.unreadable(row);
        };
        let before = issues.len();
        let fields = reader.read(index, row, issues);
        if issues.len() > before {
            return self.unreadable(row);
        }
        let extra = fields.extra(&[]);
        let mut chosen: Vec<(&str, Cow<'_, str>)> = Vec::with_capacity(reader.plan.columns.len());
        for column in &reader.plan.columns {
            let json = match column.from {
                From::Extra => extra.as_deref().map(Cow::Borrowed),
                _ => fields.json(column),
            };
            chosen.extend(json.map(|json| (column.name.as_str(), json)));
        }
        let text = object(chosen.iter().map(|(name, json)| (*name, json.as_ref())));
        self.line(text.as_bytes())
    }

    fn flush(&mut self) -> Result<()> {
        self.lines.flush()
    }

    fn close(&mut self, _complete: bool) -> Result<()> {
        self.lines.close()
    }
}
