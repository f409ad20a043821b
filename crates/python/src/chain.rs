//! Listings read one after the other, the next ones while the last is being looked at.

use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use totalcloud::{Client, Completeness, Error, ErrorKind, PageOptions, PageStream, PartReport, Shortfall};
use totalcloud_api::operation::Request;

/// A listing of the chain.
pub(crate) struct Part {
    pub(crate) request: Request,
    /// What the rows are of, in words.
    pub(crate) label: String,
    /// What stands in front of its rows.
    pub(crate) lead: Vec<String>,
}

/// A page, and what stands in front of its rows.
pub(crate) struct Came {
    pub(crate) rows: Vec<Bytes>,
    pub(crate) lead: Arc<Vec<String>>,
}

/// How far the reading has come.
#[derive(Clone, Default)]
pub(crate) struct Far {
    pub(crate) report: Completeness,
    pub(crate) parts: Vec<Piece>,
}

/// What became of a part of a listing, or of one of several.
#[derive(Clone)]
pub(crate) struct Piece {
    pub(crate) part: String,
    pub(crate) total: Option<u64>,
    pub(crate) received: u64,
    pub(crate) shortfall: Option<Shortfall>,
    pub(crate) error: Option<String>,
}

fn far(stream: &PageStream, ended: bool) -> Far {
    let parts = if ended { stream.parts() } else { &[] };
    let piece = |p: &PartReport| Piece {
        part: p.part.clone(),
        total: p.total,
        received: p.received,
        shortfall: p.shortfall,
        error: p.error.as_ref().map(ToString::to_string),
    };
    Far { report: *stream.report(), parts: parts.iter().map(piece).collect() }
}

struct Sent {
    page: Option<Result<Vec<Bytes>, Error>>,
    far: Far,
}

/// A listing on its way: a task reads it, so that the next page comes while Python is busy with the last.
struct Running {
    pages: mpsc::Receiver<Sent>,
    task: AbortHandle,
    label: String,
    lead: Arc<Vec<String>>,
    far: Far,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) struct Chain {
    client: Client,
    options: PageOptions,
    waiting: VecDeque<Part>,
    open: VecDeque<Running>,
    /// Listings that are read at the same time.
    ahead: usize,
    many: bool,
    ended: bool,
    closed: Vec<(String, Far, Option<Error>)>,
    given: u64,
}

impl Chain {
    /// A chain of these parts; no call is made yet.
    pub(crate) fn new(client: Client, options: PageOptions, parts: Vec<Part>, ahead: usize) -> Chain {
        Chain {
            client,
            // With a limit nothing is asked for that may not be needed.
            ahead: if options.limit.is_some() { 1 } else { ahead.max(1) },
            options,
            many: parts.len() > 1,
            waiting: parts.into(),
            open: VecDeque::new(),
            ended: false,
            closed: Vec::new(),
            given: 0,
        }
    }

    fn open(&mut self, part: Part) -> Result<Running, Error> {
        let mut options = self.options.clone();
        options.limit = options.limit.map(|limit| limit.saturating_sub(self.given));
        let mut stream = self.client.pages(part.request, options)?;
        let (send, pages) = mpsc::channel(1);
        let task = tokio::spawn(async move {
            loop {
                let page = stream.next_page().await.map(|page| page.map(|page| page.rows));
                let ended = !matches!(page, Some(Ok(_)));
                if send.send(Sent { page, far: far(&stream, ended) }).await.is_err() || ended {
                    return;
                }
            }
        });
        Ok(Running {
            pages,
            task: task.abort_handle(),
            label: part.label,
            lead: Arc::new(part.lead),
            far: Far::default(),
        })
    }

    /// The next page. What is wrong with one listing of several is told when all have been read, unless it would
    /// befall the others as well.
    pub(crate) async fn next(&mut self) -> Result<Option<Came>, Error> {
        loop {
            if self.ended {
                return Ok(None);
            }
            if self.options.limit.is_some_and(|limit| self.given >= limit) && self.open.is_empty() {
                return self.verdict();
            }
            while self.open.len() < self.ahead
                && let Some(part) = self.waiting.pop_front()
            {
                match self.open(part) {
                    Ok(running) => self.open.push_back(running),
                    Err(e) => {
                        self.ended = true;
                        return Err(e);
                    }
                }
            }
            let Some(front) = self.open.front_mut() else { return self.verdict() };
            match front.pages.recv().await {
                Some(Sent { page: Some(Ok(rows)), far }) => {
                    front.far = far;
                    self.given += rows.len() as u64;
                    return Ok(Some(Came { rows, lead: Arc::clone(&front.lead) }));
                }
                Some(Sent { page: Some(Err(e)), far }) => {
                    front.far = far;
                    self.close(Some(e))?;
                }
                Some(Sent { page: None, far }) => {
                    front.far = far;
                    self.close(None)?;
                }
                // Rows that are not read must never look like rows that are not there.
                None => self.close(Some(Error::new(ErrorKind::Failed, "the reading of pages broke off")))?,
            }
        }
    }

    fn close(&mut self, error: Option<Error>) -> Result<(), Error> {
        let Some(mut part) = self.open.pop_front() else { return Ok(()) };
        let fine = self.closed.iter().any(|(_, _, e)| e.is_none());
        let goes_on = error.as_ref().is_none_or(|e| {
            self.many
                && match e.kind() {
                    ErrorKind::Partial | ErrorKind::PastWall | ErrorKind::NotFound => true,
                    // Without any permission the next one fares no better.
                    ErrorKind::Forbidden => fine,
                    _ => false,
                }
        });
        self.closed.push((std::mem::take(&mut part.label), std::mem::take(&mut part.far), error.clone()));
        match error.filter(|_| !goes_on) {
            None => Ok(()),
            Some(e) => {
                self.ended = true;
                self.open.clear();
                Err(e)
            }
        }
    }

    fn verdict(&mut self) -> Result<Option<Came>, Error> {
        self.ended = true;
        let wrong: Vec<(&str, &Error)> =
            self.closed.iter().filter_map(|(label, _, e)| Some((label.as_str(), e.as_ref()?))).collect();
        match wrong[..] {
            [] => Ok(None),
            [(_, e)] if self.closed.len() == 1 => Err(e.clone()),
            _ => {
                let lines: String =
                    wrong.iter().map(|(label, e)| format!("\n  {label}: {}", e.message())).collect();
                let (some, all) = (wrong.len(), self.closed.len());
                Err(Error::new(
                    ErrorKind::Partial,
                    format!("rows are missing in {some} of {all} listings:{lines}"),
                ))
            }
        }
    }

    /// How far all of it has come.
    pub(crate) fn far(&self) -> Far {
        let closed = self.closed.iter().map(|(label, far, e)| (label, far, e.as_ref()));
        let open = self.open.iter().map(|running| (&running.label, &running.far, None));
        let all: Vec<_> = closed.chain(open).collect();
        if let ([(_, far, _)], false) = (&all[..], self.many) {
            return (*far).clone();
        }
        let mut sum = Far::default();
        let report = &mut sum.report;
        report.finished = self.ended && self.waiting.is_empty();
        let add = |a: Option<u64>, b: Option<u64>| Some(a? + b?);
        (report.total, report.expected) = (Some(0), Some(0));
        for (label, far, error) in all {
            let part = &far.report;
            report.received += part.received;
            report.total = add(report.total, part.total);
            report.expected = add(report.expected, part.expected);
            report.pages += part.pages;
            report.shrank |= part.shrank;
            report.repeated_pages += part.repeated_pages;
            report.parts += part.parts;
            report.part |= part.part;
            report.finished &= part.finished;
            report.shortfall = report.shortfall.or(part.shortfall);
            sum.parts.push(Piece {
                part: label.clone(),
                total: part.total,
                received: part.received,
                shortfall: part.shortfall,
                error: error.map(ToString::to_string),
            });
        }
        if !self.waiting.is_empty() {
            (report.total, report.expected) = (None, None);
        }
        sum
    }
}
