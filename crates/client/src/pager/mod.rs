//! The pages of a listing, in their order, to their end.

mod plan;
mod report;
mod store;
#[cfg(test)]
mod tests;

pub use report::{Completeness, Shortfall, ShortfallReason};
pub use store::PageStore;

use crate::answer::Answer;
use crate::client::Client;
use crate::engine::Content;
use crate::error::{Error, ErrorKind};
use crate::observe::PageEvent;
use bytes::Bytes;
use futures_util::Stream;
use plan::{Plan, Step};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::task::JoinHandle;
use totalcloud_api::operation::{Answer as Form, Request};
use totalcloud_api::page as api;

/// How many pages are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pages {
    /// All of them.
    #[default]
    All,
    /// This many.
    Count(u64),
}

/// What is read of a listing, and how.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct PageOptions {
    /// The number of the first page to read; by default the one the operation begins with.
    pub start_page: Option<u64>,
    /// Rows a page; by default the most that the service was seen to give, or `limit` if that is less.
    pub page_size: Option<u32>,
    /// How many pages are read.
    pub pages: Pages,
    /// How many rows are read. No page is fetched that is not needed for them.
    pub limit: Option<u64>,
    /// Pages fetched at the same time; by default what the client allows.
    pub concurrency: Option<usize>,
    /// Ends with the rows that came, instead of an error, where fewer came than promised. Ask
    /// [`PageStream::report`] then.
    pub tolerate_shortfall: bool,
    /// Makes a row that cannot be read, or has values that do not fit, an error. For typed rows only.
    pub strict: bool,
    /// Where pages are kept, so that a reading that was stopped goes on without asking again.
    pub store: Option<Arc<dyn PageStore>>,
}

impl std::fmt::Debug for PageOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PageOptions")
            .field("start_page", &self.start_page)
            .field("page_size", &self.page_size)
            .field("pages", &self.pages)
            .field("limit", &self.limit)
            .field("concurrency", &self.concurrency)
            .field("tolerate_shortfall", &self.tolerate_shortfall)
            .field("strict", &self.strict)
            .field("store", &self.store.is_some())
            .finish()
    }
}

impl PageOptions {
    /// Sets the number of the first page to read.
    #[must_use]
    pub fn start_page(mut self, number: u64) -> PageOptions {
        self.start_page = Some(number);
        self
    }

    /// Sets the rows a page.
    #[must_use]
    pub fn page_size(mut self, rows: u32) -> PageOptions {
        self.page_size = Some(rows);
        self
    }

    /// Sets how many pages are read.
    #[must_use]
    pub fn pages(mut self, pages: Pages) -> PageOptions {
        self.pages = pages;
        self
    }

    /// Sets how many rows are read.
    #[must_use]
    pub fn limit(mut self, rows: u64) -> PageOptions {
        self.limit = Some(rows);
        self
    }

    /// Sets how many pages are fetched at the same time.
    #[must_use]
    pub fn concurrency(mut self, pages: usize) -> PageOptions {
        self.concurrency = Some(pages);
        self
    }

    /// Ends with the rows that came where fewer came than promised.
    #[must_use]
    pub fn tolerate_shortfall(mut self, tolerate: bool) -> PageOptions {
        self.tolerate_shortfall = tolerate;
        self
    }

    /// Makes a row that cannot be read, or has values that do not fit, an error.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> PageOptions {
        self.strict = strict;
        self
    }

    /// Keeps pages, and takes from what is kept instead of asking.
    #[must_use]
    pub fn store(mut self, store: Arc<dyn PageStore>) -> PageOptions {
        self.store = Some(store);
        self
    }
}

/// One page as it is delivered.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Page {
    /// Its number, as the service counts.
    pub number: u64,
    /// Where its first row stands among the rows of this stream, from 0.
    pub first_row: u64,
    /// The rows, each one JSON value as it came.
    pub rows: Vec<Bytes>,
    /// Rows of the whole query, by the service's count.
    pub total: Option<u64>,
}

/// The pages of a listing, in their order.
///
/// The first page tells how many there are; the others are fetched several at a time and delivered in their
/// order. If fewer rows came than the service promised, the last item is an error that says how many are
/// missing and why. Dropping the stream stops what is being fetched.
pub struct PageStream {
    client: Client,
    request: Request,
    plan: Plan,
    ahead: usize,
    store: Option<Arc<dyn PageStore>>,
    fetching: VecDeque<Fetching>,
    done: bool,
}

struct Fetching {
    number: u64,
    again: bool,
    /// What it asks, path and query.
    question: String,
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

impl PageStream {
    pub(crate) fn new(
        client: Client,
        mut request: Request,
        options: PageOptions,
    ) -> Result<PageStream, Error> {
        let op = request.operation;
        if matches!(op.answer, Form::Text | Form::File | Form::Xml) {
            return Err(Error::new(ErrorKind::Usage, "it has no rows").with_operation(op.id));
        }
        for (name, value) in
            [("page size", options.page_size.map(u64::from)), ("number of pages", count(options.pages))]
        {
            if value == Some(0) {
                return Err(Error::new(ErrorKind::Usage, format!("the {name} must be at least 1"))
                    .with_operation(op.id));
            }
        }
        let plan = Plan::new(&mut request, &options);
        // The limiter bounds the calls in flight; a few more pages ahead keep it busy while one is slow.
        let ahead = options.concurrency.unwrap_or(client.engine().concurrency * 2).max(1);
        let store = options.store.clone();
        Ok(PageStream { client, request, plan, ahead, store, fetching: VecDeque::new(), done: false })
    }

    /// How many rows came, of how many. Final once the stream has ended.
    pub fn report(&self) -> &Completeness {
        self.plan.report()
    }

    /// The number of the page to begin with to go on from here: pages before it were delivered. For
    /// [`PageOptions::start_page`], with [`PageStream::page_size`] as the page size; rows may come twice where
    /// the listing moved meanwhile, and none is skipped.
    pub fn cursor(&self) -> u64 {
        self.plan.cursor()
    }

    /// The page size in use, which is the one the service echoes where it echoes one.
    pub fn page_size(&self) -> Option<u64> {
        self.plan.size()
    }

    /// The operation.
    pub fn operation(&self) -> &'static totalcloud_api::Operation {
        self.request.operation
    }

    /// The next page.
    pub async fn next_page(&mut self) -> Option<Result<Page, Error>> {
        std::future::poll_fn(|cx| self.poll_page(cx)).await
    }

    /// The rows of all pages.
    ///
    /// # Errors
    /// As soon as a page fails, or at the end if rows are missing.
    pub async fn collect_rows(mut self) -> Result<Vec<Bytes>, Error> {
        let mut all = Vec::new();
        while let Some(page) = self.next_page().await {
            all.extend(page?.rows);
        }
        Ok(all)
    }

    fn fetch(&self, number: u64, again: bool) -> Fetching {
        let mut request = self.request.clone();
        if let Some(size) = self.plan.page_parameters() {
            request.set_query("pageNo", number.to_string());
            request.set_query("pageSize", size.to_string());
        }
        let question = request.target();
        // A page that looked wrong is never taken from what is kept.
        let kept = self.store.as_ref().filter(|_| !again).and_then(|store| store.get(&question));
        let way = match kept {
            Some(page) => Fetch::Kept(Some(page)),
            None => {
                let client = self.client.clone();
                Fetch::Asked(tokio::spawn(async move {
                    client.engine().run(&request).await.map(|(answer, content)| rows_of(&answer, content))
                }))
            }
        };
        Fetching { number, again, question, way }
    }

    /// Keeps a page that came and was found good.
    fn keep(&self, question: &str, page: &api::Page) -> Result<(), Error> {
        let Some(store) = &self.store else { return Ok(()) };
        store.put(question, page).map_err(|e| {
            Error::new(ErrorKind::Io, format!("the page that came cannot be kept: {e}"))
                .with_operation(self.request.operation.id)
        })
    }

    fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Page, Error>>> {
        loop {
            if self.done {
                return Poll::Ready(None);
            }
            while self.fetching.len() < self.ahead {
                let Some(number) = self.plan.next_to_fetch() else { break };
                let fetching = self.fetch(number, false);
                self.fetching.push_back(fetching);
            }
            let Some(front) = self.fetching.front_mut() else {
                return Poll::Ready(self.end());
            };
            let (outcome, new) = match &mut front.way {
                Fetch::Kept(page) => (Ok(page.take()), false),
                Fetch::Asked(task) => {
                    let joined = ready!(Pin::new(task).poll(cx));
                    let stopped = || Error::new(ErrorKind::Interrupted, "the call was stopped");
                    let outcome =
                        joined.unwrap_or_else(|_| Err(stopped().with_operation(self.request.operation.id)));
                    (outcome, true)
                }
            };
            let (number, again) = (front.number, front.again);
            let question = std::mem::take(&mut front.question);
            self.fetching.pop_front();
            // Only what has to be kept is copied; rows are slices of the answer.
            let came = outcome.as_ref().ok().filter(|_| new && self.store.is_some()).cloned().flatten();
            let step = self.plan.take(number, again, outcome);
            if let Some(page) = came.filter(|_| !matches!(step, Step::Again | Step::Fail(_)))
                && let Err(error) = self.keep(&question, &page)
            {
                self.fetching.clear();
                self.plan.failed(&error);
                self.done = true;
                return Poll::Ready(Some(Err(error)));
            }
            match step {
                Step::Deliver(page) => {
                    self.tell(&page);
                    return Poll::Ready(Some(Ok(page)));
                }
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

    fn tell(&self, page: &Page) {
        self.client.engine().observer.on_page(&PageEvent {
            operation: self.request.operation.id,
            number: page.number,
            rows: page.rows.len() as u64,
            received: self.plan.report().received,
            total: page.total,
        });
    }
}

impl Stream for PageStream {
    type Item = Result<Page, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_page(cx)
    }
}

impl std::fmt::Debug for PageStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PageStream")
            .field("operation", &self.request.operation.id)
            .field("cursor", &self.cursor())
            .field("report", self.report())
            .finish_non_exhaustive()
    }
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
