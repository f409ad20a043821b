//! The pages of one query, in their order, to its end.

use super::plan::{Plan, Step};
use super::{Completeness, Page, PageOptions, PageStore, Pages};
use crate::answer::Answer;
use crate::client::Client;
use crate::engine::Content;
use crate::error::{Error, ErrorKind};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::task::JoinHandle;
use totalcloud_api::operation::{Answer as Form, Effect, Operation, PageStyle, Paging, Request};
use totalcloud_api::page as api;

/// The pages of one query, in their order.
///
/// The first page tells how many there are; the others are fetched several at a time and delivered in their
/// order. If fewer rows came than the service promised, the last item is an error.
pub(super) struct Query {
    client: Client,
    request: Request,
    plan: Plan,
    ahead: usize,
    store: Option<Arc<dyn PageStore>>,
    fetching: VecDeque<Fetching>,
    /// Whether the page size had to be made smaller.
    shrunk: bool,
    /// The count on the last page that was kept.
    kept_total: Option<u64>,
    /// The id of the last row that came, where the next page is asked for by it.
    marker: Option<String>,
    done: bool,
}

struct Fetching {
    number: u64,
    again: bool,
    way: Fetch,
}

enum Fetch {
    /// It was kept by an earlier reading.
    Kept(Option<api::Page>),
    Asked(JoinHandle<Result<Option<api::Page>, Error>>),
}

impl Drop for Fetching {
    fn drop(&mut self) {
        if let Fetch::Asked(task) = &self.way {
            task.abort();
        }
    }
}

impl Query {
    pub(super) fn new(client: Client, request: Request, options: PageOptions) -> Result<Query, Error> {
        let op = request.operation;
        if matches!(op.answer, Form::Text | Form::File | Form::Xml) {
            return Err(Error::new(ErrorKind::Usage, "it has no rows").with_operation(op.id));
        }
        // A page that looks wrong is asked for again, which a write must never be.
        if op.effect != Effect::Read {
            return Err(Error::new(ErrorKind::Usage, "it is a write, and has no pages")
                .with_operation(op.id)
                .with_hint("send it, and read its one answer"));
        }
        for (name, value) in
            [("page size", options.page_size.map(u64::from)), ("number of pages", count(options.pages))]
        {
            if value == Some(0) {
                return Err(Error::new(ErrorKind::Usage, format!("the {name} must be at least 1"))
                    .with_operation(op.id));
            }
        }
        if op.paging.is_some_and(|p| p.style == PageStyle::Marker) && options.start_page.is_some() {
            return Err(Error::new(
                ErrorKind::Usage,
                "its pages have no numbers, so that it cannot begin with one of them",
            )
            .with_operation(op.id)
            .with_hint("give a condition on id instead"));
        }
        if let Some(paging) = op.paging.filter(|p| p.style == PageStyle::Offset)
            && request.query(paging.page).is_some()
        {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("'{}' is set by the pages that are read: say which by the start page", paging.page),
            )
            .with_operation(op.id));
        }
        let known =
            client.engine().memory.get(&size_name(op)).and_then(|n| n.parse().ok()).filter(|n| *n > 0);
        let paging = op.paging.map(|p| p.chosen(client.spellings()));
        let plan = Plan::new(&request, paging, &options, known);
        // The limiter bounds the calls in flight; a few more pages ahead keep it busy while one is slow.
        let ahead = options.concurrency.unwrap_or(client.engine().concurrency * 2).max(1);
        let store = options.store.clone();
        Ok(Query {
            client,
            request,
            plan,
            ahead,
            store,
            fetching: VecDeque::new(),
            shrunk: false,
            kept_total: None,
            marker: None,
            done: false,
        })
    }

    /// How many rows came, of how many. Final once the stream has ended.
    pub(super) fn report(&self) -> &Completeness {
        self.plan.report()
    }

    /// The number of the page to begin with to go on from here: pages before it were delivered.
    pub(super) fn cursor(&self) -> u64 {
        self.plan.cursor()
    }

    /// The page size in use, which is the one the service echoes where it echoes one.
    pub(super) fn page_size(&self) -> Option<u64> {
        self.plan.size()
    }

    /// Pages that are asked for or wait to be given out.
    pub(super) fn in_flight(&self) -> usize {
        self.fetching.len()
    }

    /// Asks for pages ahead, as long as no more than `most` are under way.
    pub(super) fn pump(&mut self, most: usize) {
        while !self.done && self.fetching.len() < most.min(self.ahead) {
            let Some(number) = self.plan.next_to_fetch() else { break };
            let fetching = self.fetch(number, false);
            self.fetching.push_back(fetching);
        }
    }

    fn fetch(&self, number: u64, again: bool) -> Fetching {
        let mut request = self.request.clone();
        if let Some((paging, size)) = self.plan.page_parameters() {
            turn_to(&mut request, &paging, number, size, self.marker.as_deref());
        }
        let question = request.question();
        // A page that looked wrong is never taken from what is kept.
        let kept = self.store.as_ref().filter(|_| !again).and_then(|store| store.get(&question));
        let way = match kept {
            Some(page) => Fetch::Kept(Some(page)),
            None => {
                let (client, store) = (self.client.clone(), self.store.clone());
                Fetch::Asked(tokio::spawn(async move {
                    let (answer, content) = client.engine().run(&request).await?;
                    let page = rows_of(&answer, content);
                    // At once: if the reading is stopped before the page's turn comes, the call was not in vain.
                    if let (Some(store), Some(page)) = (store, &page) {
                        keep(&*store, &question, page).map_err(|e| e.with_operation(request.operation.id))?;
                    }
                    Ok(page)
                }))
            }
        };
        Fetching { number, again, way }
    }

    /// Remembers the size of a full first page, where it is not the one that clients are known to use.
    fn remember_size(&self, page: &api::Page) {
        let op = self.request.operation;
        let usual = op.paging.map(|p| u64::from(p.largest_seen));
        if let Some(size) = self.plan.proves_size(page)
            && (self.shrunk || Some(size) > usual)
        {
            let memory = &self.client.engine().memory;
            let name = size_name(op);
            if memory.get(&name).is_none_or(|known| known.parse() != Ok(size)) {
                memory.set(&name, &size.to_string());
            }
        }
    }

    /// The next page; nothing at the end.
    pub(super) fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Page, Error>>> {
        loop {
            if self.done {
                return Poll::Ready(None);
            }
            self.pump(self.ahead);
            let Some(front) = self.fetching.front_mut() else {
                return Poll::Ready(self.end());
            };
            let kept = matches!(front.way, Fetch::Kept(_));
            let outcome = match &mut front.way {
                Fetch::Kept(page) => Ok(page.take()),
                Fetch::Asked(task) => {
                    let joined = ready!(Pin::new(task).poll(cx));
                    let stopped = || Error::new(ErrorKind::Interrupted, "the call was stopped");
                    joined.unwrap_or_else(|_| Err(stopped().with_operation(self.request.operation.id)))
                }
            };
            let (number, again) = (front.number, front.again);
            self.fetching.pop_front();
            if outcome.as_ref().is_err_and(refuses_size) && self.plan.shrink() {
                self.shrunk = true;
                let fetching = self.fetch(number, again);
                self.fetching.push_front(fetching);
                continue;
            }
            if let Ok(Some(page)) = &outcome {
                self.remember_size(page);
                self.marker = page.marker.clone().or(self.marker.take());
                // Between what was kept and what comes now there may be days.
                if kept {
                    self.kept_total = page.total.or(self.kept_total);
                } else if self.kept_total.zip(page.total).is_some_and(|(was, is)| was != is) {
                    self.plan.moved();
                }
            }
            match self.plan.take(number, again, outcome) {
                Step::Deliver(page) => return Poll::Ready(Some(Ok(page))),
                Step::Skip => {}
                Step::Again => {
                    let fetching = self.fetch(number, true);
                    self.fetching.push_front(fetching);
                }
                Step::Stop => self.fetching.clear(),
                Step::Fail(error) => {
                    self.fetching.clear();
                    self.plan.failed(&error);
                    self.done = true;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }

    /// Nothing is left to fetch: all is well, or what is missing is told.
    fn end(&mut self) -> Option<Result<Page, Error>> {
        self.done = true;
        let error = self.plan.finish()?;
        Some(Err(error.with_operation(self.request.operation.id)))
    }
}

/// Puts into the request which page is asked for, in the style of the operation.
fn turn_to(request: &mut Request, paging: &Paging, number: u64, size: u64, marker: Option<&str>) {
    request.set(paging.size, size.into());
    match paging.style {
        PageStyle::Numbered => request.set(paging.page, number.into()),
        PageStyle::Offset => request.set(paging.page, paging.offset(number, size).into()),
        PageStyle::Marker => {
            let Some(marker) = marker else { return };
            // The operator means "greater", not "greater or equal".
            let after = json!({ "field": "id", "operator": "GREATER", "value": marker });
            let mut criteria = match request.value(paging.page) {
                Some(Value::Array(criteria)) => criteria.clone(),
                _ => Vec::new(),
            };
            criteria.push(after);
            request.set(paging.page, Value::Array(criteria));
        }
    }
}

fn keep(store: &dyn PageStore, question: &str, page: &api::Page) -> Result<(), Error> {
    store
        .put(question, page)
        .map_err(|e| Error::new(ErrorKind::Io, format!("the page that came cannot be kept: {e}")))
}

/// Under which name the page size of an operation is remembered.
fn size_name(op: &Operation) -> String {
    format!("page-size/{}", op.id)
}

/// Whether the service says that the page size is wrong, and not something else about the request.
fn refuses_size(e: &Error) -> bool {
    let message = e.message().to_lowercase();
    e.kind() == ErrorKind::Refused && (message.contains("pagesize") || message.contains("page size"))
}

fn count(pages: Pages) -> Option<u64> {
    match pages {
        Pages::All => None,
        Pages::Count(n) => Some(n),
    }
}

/// The page in an answer; `None` for a body without a byte. An object that is no listing is one row.
fn rows_of(answer: &Answer, content: Content) -> Option<api::Page> {
    match content {
        Content::Page(page) => Some(page),
        Content::Empty => None,
        Content::Other => {
            let mut page = api::Page::default();
            let body = answer.body.trim_ascii();
            if !body.is_empty() && !matches!(body, b"{}" | b"null") {
                page.rows.push(answer.body.slice_ref(body));
            }
            page.last = Some(true);
            page.total = Some(page.rows.len() as u64);
            Some(page)
        }
    }
}
