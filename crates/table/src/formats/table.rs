//! Aligned columns for people.

use super::words::short;
use super::{Head, Out, Sheet, buffered};
use crate::cell::Value;
use crate::{Issue, Result, WriteOptions};
use std::io::{BufWriter, Write};
use totalcloud_api::model::Kind;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Between two columns.
const GAP: usize = 2;
/// A column is never narrower than this, unless all it holds is.
const LEAST: usize = 6;
/// Rows that decide about the widths.
const MOST_ROWS: usize = 1000;

/// A table without lines, as wide as the terminal at most.
///
/// The first rows decide about the widths, the others follow: memory does not grow with the rows. What does
/// not fit its column ends in `…`, numbers and dates last. If there are more columns than fit even so, lines run over the edge
/// rather than lose one. Numbers stand right, what is missing is blank, nested values are told in few
/// words.
pub(super) struct Table {
    out: BufWriter<Out>,
    names: Vec<String>,
    width: Option<usize>,
    color: bool,
    header: bool,
    batch_rows: usize,
    right: Vec<bool>,
    /// Columns that are cut last.
    firm: Vec<bool>,
    /// Rows that wait for the widths.
    waiting: Vec<Vec<String>>,
    widths: Option<Vec<usize>>,
}

impl Table {
    pub(super) fn new(heads: &[Head], options: &WriteOptions, out: Out) -> Table {
        Table {
            out: buffered(out),
            right: heads.iter().map(|c| matches!(c.kind, Kind::Int | Kind::Num)).collect(),
            firm: heads.iter().map(|c| is_firm(&c.kind)).collect(),
            names: heads.iter().map(|c| c.name.clone()).collect(),
            width: options.width,
            color: options.color,
            header: options.header,
            batch_rows: options.batch_rows.clamp(1, MOST_ROWS),
            waiting: Vec::new(),
            widths: None,
        }
    }

    /// Decides about the widths and writes what waited for them.
    fn start(&mut self) -> Result<()> {
        let mut widths: Vec<usize> =
            self.names.iter().map(|n| if self.header { n.width() } else { 0 }).collect();
        for row in &self.waiting {
            for (width, text) in widths.iter_mut().zip(row) {
                *width = (*width).max(text.width());
            }
        }
        if let Some(available) = self.width {
            let available = available.saturating_sub(GAP * widths.len().saturating_sub(1));
            widths = fit(&widths, &self.firm, available);
        }
        self.widths = Some(widths);
        if self.header && !self.names.is_empty() {
            let (before, after) = if self.color { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
            let line = self.line(&self.names);
            writeln!(self.out, "{before}{line}{after}")?;
        }
        for row in std::mem::take(&mut self.waiting) {
            let line = self.line(&row);
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    fn line(&self, row: &[String]) -> String {
        let widths = self.widths.as_deref().unwrap_or_default();
        let mut line = String::new();
        let mut at = 0;
        for (i, ((text, width), right)) in row.iter().zip(widths).zip(&self.right).enumerate() {
            // Without a terminal nothing is cut, and the last column has the rest of the line.
            let room = match self.width {
                None => usize::MAX,
                Some(edge) if i + 1 == widths.len() => (*width).max(edge.saturating_sub(at)),
                Some(_) => *width,
            };
            let text = cut(text, room);
            let pad = width.saturating_sub(text.width());
            if *right {
                line.extend(std::iter::repeat_n(' ', pad));
            }
            line.push_str(&text);
            if i + 1 < widths.len() {
                let after = if *right { 0 } else { pad };
                line.extend(std::iter::repeat_n(' ', after + GAP));
            }
            at += width + GAP;
        }
        line.truncate(line.trim_end().len());
        line
    }
}

fn is_firm(kind: &Kind) -> bool {
    matches!(kind, Kind::Int | Kind::Num | Kind::Bool | Kind::BoolText | Kind::IntText | Kind::Time)
}

/// Narrows columns until all fit: the widest first, and numbers and dates, which say nothing when cut, last.
fn fit(natural: &[usize], firm: &[bool], available: usize) -> Vec<usize> {
    let kept: usize = natural.iter().zip(firm).filter(|(_, firm)| **firm).map(|(w, _)| w).sum();
    let soft: Vec<usize> = natural.iter().zip(firm).filter(|(_, firm)| !**firm).map(|(w, _)| *w).collect();
    if kept + soft.iter().map(|w| (*w).min(LEAST)).sum::<usize>() > available {
        return narrow(natural, available);
    }
    let mut narrowed = narrow(&soft, available - kept).into_iter();
    natural.iter().zip(firm).map(|(w, firm)| if *firm { *w } else { narrowed.next().unwrap_or(*w) }).collect()
}

fn narrow(natural: &[usize], available: usize) -> Vec<usize> {
    let total = |cap: usize| natural.iter().map(|w| (*w).min(cap)).sum::<usize>();
    let mut cap = natural.iter().copied().max().unwrap_or(0);
    while cap > LEAST && total(cap) > available {
        cap -= 1;
    }
    let mut widths: Vec<usize> = natural.iter().map(|w| (*w).min(cap)).collect();
    // What the last step left over goes to the first columns that want it.
    let mut spare = available.saturating_sub(widths.iter().sum());
    for (width, wanted) in widths.iter_mut().zip(natural) {
        if spare > 0 && *width < *wanted {
            *width += 1;
            spare -= 1;
        }
    }
    widths
}

/// Cuts text to a width, the mark of the cut included.
fn cut(text: &str, room: usize) -> std::borrow::Cow<'_, str> {
    if text.width() <= room {
        return text.into();
    }
    let mut end = 0;
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used + 1 > room {
            break;
        }
        end = at + c.len_utf8();
    }
    format!("{}…", &text[..end]).into()
}

impl Sheet for Table {
    fn cells(&mut self, _: u64, values: &[Value<'_>], _: &mut Vec<Issue>) -> Result<()> {
        let cells: Vec<String> = values.iter().map(short).collect();
        if self.widths.is_some() {
            let line = self.line(&cells);
            writeln!(self.out, "{line}")?;
            return Ok(());
        }
        self.waiting.push(cells);
        if self.waiting.len() >= self.batch_rows { self.start() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        Ok(self.out.flush()?)
    }

    fn close(&mut self) -> Result<()> {
        if self.widths.is_none() {
            self.start()?;
        }
        self.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_columns_give_way() {
        let soft = [false; 3];
        assert_eq!(fit(&[3, 50, 20], &soft, 100), [3, 50, 20]);
        assert_eq!(fit(&[3, 50, 20], &soft, 44), [3, 21, 20]);
        assert_eq!(fit(&[3, 50, 20], &soft, 36), [3, 17, 16]);
        assert_eq!(fit(&[3, 50, 20], &[false, false, true], 36), [3, 13, 20]);
        assert_eq!(fit(&[3, 50, 20], &[false, false, true], 28), [3, 13, 12]);
        assert_eq!(fit(&[10; 30], &[false; 30], 80), [LEAST; 30]);
    }

    #[test]
    fn text_is_cut_by_the_columns_it_takes() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("日本語日本語", 6), "日本…");
        assert_eq!(cut("abc", 0), "…");
    }
}
