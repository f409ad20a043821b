//! An Excel workbook.

use super::{Head, Out, Sheet, buffered};
use crate::cell::Value;
use crate::{Error, Issue, Result, WriteOptions};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use std::borrow::Cow;
use std::io::{self, BufWriter, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use totalcloud_api::Time;
use totalcloud_api::model::Kind;

/// Rows of a sheet, the header included.
const MOST_ROWS: u32 = 1_048_576;
/// What a cell holds, in UTF-16 units.
const MOST_TEXT: usize = 32_767;
/// Beyond this a number of Excel is no longer exact.
const EXACT: u64 = 1 << 53;

/// A workbook with typed cells: numbers, booleans, dates in UTC, text that is never a formula. The header
/// row stays in view and filters. Rows beyond the limit of a sheet go on to a next one; text beyond the
/// limit of a cell is cut and reported. Empty text is an empty cell, as is what is missing: Excel does not
/// tell them apart. Rows wait in a temporary file, so that memory does not grow with them.
pub(super) struct Xlsx {
    out: BufWriter<Out>,
    book: Workbook,
    name: String,
    header: Vec<String>,
    widths: Vec<f64>,
    bold: Format,
    date: Format,
    most_rows: u32,
    sheets: usize,
    /// The next row of the sheet.
    next: u32,
}

impl Xlsx {
    pub(super) fn new(heads: &[Head], options: &WriteOptions, out: Out) -> Result<Xlsx> {
        let header: Vec<String> = heads.iter().map(|c| c.name.clone()).collect();
        let widths = heads
            .iter()
            .map(|c| {
                let usual = match c.kind {
                    Kind::Time => 20.0,
                    Kind::Int | Kind::Num | Kind::Bool | Kind::BoolText => 10.0,
                    _ => 24.0,
                };
                (c.name.chars().count() as f64 + 4.0).clamp(usual, 40.0)
            })
            .collect();
        let mut xlsx = Xlsx {
            out: buffered(out),
            book: Workbook::new(),
            name: sheet_name(options.name.as_deref()),
            header,
            widths,
            bold: Format::new().set_bold(),
            date: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            most_rows: MOST_ROWS,
            sheets: 0,
            next: 0,
        };
        xlsx.guarded(Xlsx::open_sheet)?;
        Ok(xlsx)
    }

    /// The library panics where its temporary file cannot be written.
    fn guarded<T>(&mut self, work: impl FnOnce(&mut Xlsx) -> Result<T, XlsxError>) -> Result<T> {
        match catch_unwind(AssertUnwindSafe(|| work(self))) {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(e)) => Err(failed(e)),
            Err(_) => {
                let message =
                    format!("no temporary file in {}: is the disk full?", std::env::temp_dir().display());
                Err(Error::Encode { format: "XLSX", message })
            }
        }
    }

    fn open_sheet(&mut self) -> Result<(), XlsxError> {
        self.close_sheet()?;
        self.sheets += 1;
        let name =
            if self.sheets == 1 { self.name.clone() } else { format!("{} ({})", self.name, self.sheets) };
        let sheet = self.book.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?.set_freeze_panes(1, 0)?;
        for (at, (header, width)) in self.header.iter().zip(&self.widths).enumerate() {
            sheet.set_column_width(at as u16, *width)?;
            sheet.write_string_with_format(0, at as u16, limited(header).0, &self.bold)?;
        }
        self.next = 1;
        Ok(())
    }

    fn close_sheet(&mut self) -> Result<(), XlsxError> {
        if let Some(last) = self.sheets.checked_sub(1)
            && let Some(column) = self.header.len().checked_sub(1)
        {
            let end = self.next.saturating_sub(1);
            self.book.worksheet_from_index(last)?.autofilter(0, 0, end, column as u16)?;
        }
        Ok(())
    }

    fn write(&mut self, values: &[Value<'_>]) -> Result<(), XlsxError> {
        if self.next >= self.most_rows {
            self.open_sheet()?;
        }
        let sheet = self.book.worksheet_from_index(self.sheets - 1)?;
        for (at, value) in values.iter().enumerate() {
            write(sheet, self.next, at as u16, value, &self.date)?;
        }
        self.next += 1;
        Ok(())
    }
}

fn write(
    sheet: &mut Worksheet,
    row: u32,
    at: u16,
    value: &Value<'_>,
    date: &Format,
) -> Result<(), XlsxError> {
    match value {
        Value::Missing => return Ok(()),
        Value::Int(n) if n.unsigned_abs() <= EXACT => sheet.write_number(row, at, *n as f64),
        Value::Num(n, _) if n.is_finite() => sheet.write_number(row, at, *n),
        Value::Bool(b) => sheet.write_boolean(row, at, *b),
        Value::Time(time) => match serial(*time) {
            Some(days) => sheet.write_number_with_format(row, at, days, date),
            None => sheet.write_string(row, at, value.text()),
        },
        other => sheet.write_string(row, at, limited(&other.text()).0),
    }?;
    Ok(())
}

/// Days as Excel counts them. `None` for dates that it has not, or has wrong (before March 1900).
fn serial(time: Time) -> Option<f64> {
    let days = time.instant().as_millisecond() as f64 / 86_400_000.0 + 25_569.0;
    (61.0..2_958_466.0).contains(&days).then_some(days)
}

/// Text that fits a cell, and its length if it had to be cut.
fn limited(text: &str) -> (Cow<'_, str>, Option<usize>) {
    // No text has more UTF-16 units than bytes.
    if text.len() <= MOST_TEXT {
        return (text.into(), None);
    }
    let length = text.encode_utf16().count();
    if length <= MOST_TEXT {
        return (text.into(), None);
    }
    let mut units = 0;
    let cut: String = text
        .chars()
        .take_while(|c| {
            units += c.len_utf16();
            units < MOST_TEXT
        })
        .collect();
    ((cut + "…").into(), Some(length))
}

/// A name that Excel takes: up to 31 characters, with room for a number, none of `[]:*?/\`.
fn sheet_name(wanted: Option<&str>) -> String {
    let clean: String = wanted
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control())
        .map(|c| if "[]:*?/\\'".contains(c) { '_' } else { c })
        .take(24)
        .collect();
    if clean.trim().is_empty() { "rows".to_owned() } else { clean.trim().to_owned() }
}

fn failed(e: XlsxError) -> Error {
    match e {
        XlsxError::IoError(e) => e.into(),
        other => Error::encode("XLSX", other),
    }
}

/// Remembers what the output said, because the library passes on only its text.
struct Watched<'o> {
    out: &'o mut BufWriter<Out>,
    error: Option<io::Error>,
}

impl Watched<'_> {
    fn note<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|e| {
            let copy = io::Error::new(e.kind(), e.to_string());
            self.error.get_or_insert(e);
            copy
        })
    }
}

impl Write for Watched<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let result = self.out.write(buf);
        self.note(result)
    }
    fn flush(&mut self) -> io::Result<()> {
        let result = self.out.flush();
        self.note(result)
    }
}

impl Sheet for Xlsx {
    fn cells(&mut self, index: u64, values: &[Value<'_>], issues: &mut Vec<Issue>) -> Result<()> {
        for (value, name) in values.iter().zip(&self.header) {
            if let Value::Text(text) | Value::Json(text) = value
                && let (_, Some(length)) = limited(text)
            {
                issues.push(Issue {
                    row: index,
                    path: format!("$.{name}"),
                    reason: format!(
                        "text of {length} characters was cut to the {MOST_TEXT} that a cell holds"
                    ),
                    unreadable: false,
                });
            }
        }
        self.guarded(|xlsx| xlsx.write(values))
    }

    /// Nothing: a workbook is written at its end.
    fn flush(&mut self) -> Result<()> {
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        self.guarded(|xlsx| {
            xlsx.close_sheet()?;
            let mut watched = Watched { out: &mut xlsx.out, error: None };
            match (xlsx.book.save_to_writer(&mut watched), watched.error) {
                (Err(_), Some(e)) => Err(XlsxError::IoError(e)),
                (saved, _) => saved,
            }
        })?;
        Ok(self.out.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AtomicFile;
    use calamine::{Reader as _, Xlsx as Book, open_workbook};

    #[test]
    fn rows_beyond_a_sheet_go_on_to_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.xlsx");
        let file = AtomicFile::create(&path).unwrap();
        let options = WriteOptions { name: Some("tags/all".into()), ..WriteOptions::default() };
        let heads = [Head { name: "key".into(), kind: Kind::Text }];
        let mut xlsx = Xlsx::new(&heads, &options, file.writer().unwrap()).unwrap();
        xlsx.most_rows = 3;
        for i in 0..5 {
            let row = [Value::Text(format!("k{i}").into())];
            xlsx.cells(i, &row, &mut Vec::new()).unwrap();
        }
        xlsx.close().unwrap();
        file.commit().unwrap();
        let mut book: Book<_> = open_workbook(&path).unwrap();
        assert_eq!(book.sheet_names(), ["tags_all", "tags_all (2)", "tags_all (3)"]);
        let rows: Vec<Vec<String>> = book
            .worksheets()
            .into_iter()
            .map(|(_, range)| range.rows().map(|r| r[0].to_string()).collect())
            .collect();
        assert_eq!(rows, [vec!["key", "k0", "k1"], vec!["key", "k2", "k3"], vec!["key", "k4"]]);
    }

    #[test]
    fn long_text_is_cut_within_a_character() {
        assert_eq!(limited(&"a".repeat(MOST_TEXT)).1, None);
        let clefs = "𝄞".repeat(MOST_TEXT);
        let (cut, length) = limited(&clefs);
        assert_eq!((cut.encode_utf16().count(), length), (MOST_TEXT, Some(2 * MOST_TEXT)));
        let letters = "a".repeat(MOST_TEXT + 1);
        let (cut, _) = limited(&letters);
        assert!(cut.ends_with("a…"));
        assert_eq!(cut.encode_utf16().count(), MOST_TEXT);
    }

    #[test]
    fn days_are_those_of_excel() {
        let days = |text: &str| serial(Time::parse(text).unwrap());
        assert_eq!(days("2024-01-01T12:00:00Z"), Some(45292.5));
        assert_eq!(days("1900-03-01"), Some(61.0));
        assert_eq!(days("1900-02-28"), None);
    }
}
