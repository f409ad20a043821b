//! A Markdown table.

use super::words::short;
use super::{Head, Out, Sheet, buffered};
use crate::cell::Value;
use crate::{Issue, Result};
use std::io::{BufWriter, Write};
use totalcloud_api::model::Kind;

/// A table in the Markdown of GitHub, whose cells are the words of the text table: nothing in them is taken
/// for markup, links or HTML.
pub(super) struct Markdown {
    out: BufWriter<Out>,
}

impl Markdown {
    pub(super) fn new(heads: &[Head], out: Out) -> Result<Markdown> {
        let mut out = buffered(out);
        let mut header = String::from("|");
        let mut rule = String::from("|");
        for column in heads {
            header.push_str(&format!(" {} |", escape(&column.name)));
            rule.push_str(if matches!(column.kind, Kind::Int | Kind::Num) { " ---: |" } else { " --- |" });
        }
        writeln!(out, "{header}\n{rule}")?;
        Ok(Markdown { out })
    }
}

fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '|' | '\\' | '`' | '*' | '[' | ']' | '~' | '$' => {
                safe.push('\\');
                safe.push(c);
            }
            // Inside a word an underscore is no markup.
            '_' if !before.is_alphanumeric() || !chars.peek().is_some_and(|n| n.is_alphanumeric()) => {
                safe.push_str("\\_");
            }
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            c => safe.push(c),
        }
        before = c;
    }
    safe
}

impl Sheet for Markdown {
    fn cells(&mut self, _: u64, values: &[Value<'_>], _: &mut Vec<Issue>) -> Result<()> {
        let mut line = String::from("|");
        for value in values {
            line.push(' ');
            line.push_str(&escape(&short(value)));
            line.push_str(" |");
        }
        writeln!(self.out, "{line}")?;
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(self.out.flush()?)
    }

    fn close(&mut self) -> Result<()> {
        self.flush()
    }
}
