//! The rows of a listing as typed values.

use crate::error::{Error, ErrorKind};
use crate::pager::{Completeness, Page, PageStream};
use bytes::Bytes;
use futures_util::Stream;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use totalcloud_api::model::{Misfit, RowValue};

/// One row. `Debug` shows the decoded row without its secrets, and not the row as it came.
#[derive(Clone)]
#[non_exhaustive]
pub struct Row<T> {
    /// The row, decoded.
    pub value: T,
    /// Where it stands among the rows of the stream, from 0.
    pub index: u64,
    /// Values that did not fit their columns; the row has them in `extra`.
    pub misfits: Vec<Misfit>,
    /// The row as it came.
    pub raw: Bytes,
}

impl<T: std::fmt::Debug> std::fmt::Debug for Row<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Row")
            .field("value", &self.value)
            .field("index", &self.index)
            .field("misfits", &self.misfits)
            .finish_non_exhaustive()
    }
}

/// A row that could not be read at all.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowProblem {
    /// Where it stands among the rows of the stream, from 0.
    pub index: u64,
    /// JSON path inside the row.
    pub path: String,
    /// Why it could not be read.
    pub reason: String,
}

impl std::fmt::Display for RowProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "row {}, {}: {}", self.index, self.path, self.reason)
    }
}

/// Problems that are kept; all are counted.
const KEPT: usize = 1_000;

/// The rows of a listing as typed values.
///
/// A row that cannot be read costs that row: it is left out, counted and kept among the
/// [problems](RowStream::problems). With [`PageOptions::strict`](crate::PageOptions::strict) it is an error.
pub struct RowStream<T> {
    pages: PageStream,
    rows: std::vec::IntoIter<Bytes>,
    index: u64,
    strict: bool,
    problems: Vec<RowProblem>,
    unreadable: u64,
    row: PhantomData<fn() -> T>,
}

impl<T: RowValue> RowStream<T> {
    pub(crate) fn new(pages: PageStream, strict: bool) -> RowStream<T> {
        RowStream {
            pages,
            rows: Vec::new().into_iter(),
            index: 0,
            strict,
            problems: Vec::new(),
            unreadable: 0,
            row: PhantomData,
        }
    }

    /// How many rows came, of how many. Final once the stream has ended.
    pub fn report(&self) -> &Completeness {
        self.pages.report()
    }

    /// The number of the page being read, for going on from here: rows may come twice, and none is skipped.
    pub fn cursor(&self) -> u64 {
        let next = self.pages.cursor();
        if self.rows.len() == 0 { next } else { next.saturating_sub(1) }
    }

    /// The first thousand rows that could not be read.
    pub fn problems(&self) -> &[RowProblem] {
        &self.problems
    }

    /// How many rows could not be read.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    fn decode(&mut self, raw: Bytes) -> Option<Result<Row<T>, Error>> {
        let index = self.index;
        self.index += 1;
        let value: T = match serde_json::from_slice(&raw) {
            Ok(value) => value,
            Err(e) => {
                let reason = if e.is_data() {
                    "it does not have the form of a row".to_owned()
                } else {
                    format!("it is not valid JSON at line {} column {}", e.line(), e.column())
                };
                let problem = RowProblem { index, path: "$".to_owned(), reason };
                self.unreadable += 1;
                if self.strict {
                    return Some(Err(self.refuse(&problem)));
                }
                tracing::warn!(operation = self.pages.operation().id, "{problem}");
                if self.problems.len() < KEPT {
                    self.problems.push(problem);
                }
                return None;
            }
        };
        let misfits = value.row_misfits();
        if self.strict
            && let Some(misfit) = misfits.first()
        {
            let reason = format!("expected {}, found {}", misfit.expected, misfit.found);
            let problem = RowProblem { index, path: misfit.path.clone(), reason };
            return Some(Err(self.refuse(&problem)));
        }
        Some(Ok(Row { value, index, misfits, raw }))
    }

    fn refuse(&self, problem: &RowProblem) -> Error {
        Error::new(ErrorKind::Decode, problem.to_string()).with_operation(self.pages.operation().id)
    }
}

impl<T: RowValue> Stream for RowStream<T> {
    type Item = Result<Row<T>, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(raw) = this.rows.next() {
                match this.decode(raw) {
                    Some(row) => return Poll::Ready(Some(row)),
                    None => continue,
                }
            }
            match ready!(Pin::new(&mut this.pages).poll_next(cx)) {
                Some(Ok(Page { rows, .. })) => this.rows = rows.into_iter(),
                Some(Err(e)) => return Poll::Ready(Some(Err(e))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<T> std::fmt::Debug for RowStream<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowStream")
            .field("pages", &self.pages)
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}
