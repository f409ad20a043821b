//! CSV and TSV.

use super::{Head, Out, Sheet};
use crate::cell::Value;
use crate::{Format, Issue, Result, WriteOptions};
use std::borrow::Cow;

/// Comma- or tab-separated values by RFC 4180, lines ending in a line feed.
///
/// The header has the names of the wire. Missing and null are nothing at all, empty text is `""`; only in
/// an output of one column a missing value is `""` too, because a blank line would be no row. Nested values
/// are their JSON, instants ISO-8601 in UTC.
///
/// Text is written as it is, even if a spreadsheet would take it for a formula: a prefix would change names
/// and ids for every other reader. `guard_formulas` puts a `'` before text that starts with `=`, `+`, `-`,
/// `@`, a tab or a carriage return; XLSX is safe without.
pub(super) struct Delimited {
    out: csv::Writer<Out>,
    delimiter: u8,
    guard: bool,
}

impl Delimited {
    pub(super) fn new(heads: &[Head], format: Format, options: &WriteOptions, out: Out) -> Result<Delimited> {
        let delimiter = if format == Format::Tsv { b'\t' } else { b',' };
        // Quotes are set here, because the library cannot quote one empty field and not the next.
        let out = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .quote_style(csv::QuoteStyle::Never)
            .buffer_capacity(64 << 10)
            .from_writer(out);
        let mut delimited = Delimited { out, delimiter, guard: options.guard_formulas };
        if options.header {
            for head in heads {
                delimited.field(&head.name)?;
            }
            delimited.end()?;
        }
        Ok(delimited)
    }

    fn field(&mut self, text: &str) -> Result<()> {
        let special = |b: u8| b == self.delimiter || matches!(b, b'"' | b'\n' | b'\r');
        let blank = text.is_empty() || text.starts_with(' ') || text.ends_with(' ');
        let text = if blank || text.bytes().any(special) {
            Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
        } else {
            Cow::Borrowed(text)
        };
        self.out.write_field(text.as_bytes()).map_err(failed)
    }

    fn end(&mut self) -> Result<()> {
        self.out.write_record(None::<&[u8]>).map_err(failed)
    }
}

fn failed(e: csv::Error) -> crate::Error {
    match e.into_kind() {
        csv::ErrorKind::Io(e) => e.into(),
        other => crate::Error::Encode { format: "CSV", message: format!("{other:?}") },
    }
}

impl Sheet for Delimited {
    fn cells(&mut self, _: u64, values: &[Value<'_>], _: &mut Vec<Issue>) -> Result<()> {
        for value in values {
            match value {
                Value::Missing => self.out.write_field(b"").map_err(failed)?,
                Value::Text(text) if self.guard && text.starts_with(['=', '+', '-', '@', '\t', '\r']) => {
                    self.field(&format!("'{text}"))?;
                }
                value => self.field(&value.text())?,
            }
        }
        self.end()
    }

    fn flush(&mut self) -> Result<()> {
        Ok(self.out.flush()?)
    }

    fn close(&mut self) -> Result<()> {
        self.flush()
    }
}
