//! The pages of a listing, in their order, to their end.

mod options;
mod plan;
mod query;
mod report;
mod store;
#[cfg(test)]
mod tests;
mod whole;

pub use options::{InventoryApi, PageOptions, Pages};
pub use report::{Completeness, PartReport, Shortfall, ShortfallReason};
pub use store::PageStore;
pub use whole::{ListingPlan, PlannedPart};

use crate::client::Client;
use crate::error::Error;
use crate::observe::PageEvent;
use bytes::Bytes;
use futures_util::Stream;
use futures_util::future::BoxFuture;
use query::Query;
use serde_json::Value;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use totalcloud_api::endpoints::resources::{ListResources, ListResourcesV2};
use totalcloud_api::operation::{Endpoint as _, Operation, Request};
use whole::Whole;

/// One page as it is delivered.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Page {
    /// Its number, as the service counts; where the listing was split, the number of pages before it.
    pub number: u64,
    /// Where its first row stands among the rows of this stream, from 0.
    pub first_row: u64,
    /// The rows, each one JSON value as it came.
    pub rows: Vec<Bytes>,
    /// Rows of the whole listing, by the service's count.
    pub total: Option<u64>,
}

/// The pages of a listing, in their order.
///
/// The first page tells how many there are; the others are fetched several at a time and delivered in their
/// order. Where one query does not reach all rows, the listing is split into several that do, unless only
/// some pages are asked for; rows then come in the order of the parts, each once. If fewer rows came than the
/// service promised, the last item is an error that says how many are missing and why. Dropping the stream
/// stops what is being fetched.
pub struct PageStream {
    client: Client,
    operation: &'static Operation,
    source: Source,
    report: Completeness,
    parts: Vec<PartReport>,
    cursor: u64,
    page_size: Option<u64>,
}

enum Source {
    One(Box<Query>),
    Whole(Box<Whole>),
    /// The next page is on its way.
    Next(BoxFuture<'static, (Box<Whole>, Came)>),
    Ended,
}

/// A page, the error at the end, or nothing any more.
type Came = Option<Result<Page, Error>>;

impl PageStream {
    pub(crate) fn new(client: Client, request: Request, options: PageOptions) -> Result<PageStream, Error> {
        let newer = newer(&client, &request, options.inventory_api)?;
        let (request, other) = match (newer, options.inventory_api) {
            (Some(newer), InventoryApi::V2) => (newer, None),
            (newer, _) => (request, newer),
        };
        let operation = request.operation;
        let source = match wall(&request, &options) {
            Some(wall) => {
                let mut whole = Whole::new(client.clone(), request, options, wall)?;
                whole.other = other;
                Source::Whole(Box::new(whole))
            }
            None => Source::One(Box::new(Query::new(client.clone(), request, options)?)),
        };
        let mut stream = PageStream {
            client,
            operation,
            source,
            report: Completeness::default(),
            parts: Vec::new(),
            cursor: 0,
            page_size: None,
        };
        stream.look();
        Ok(stream)
    }

    /// How many rows came, of how many. Final once the stream has ended.
    pub fn report(&self) -> &Completeness {
        &self.report
    }

    /// The parts that the listing was split into, once the stream has ended. Empty where it was not split.
    pub fn parts(&self) -> &[PartReport] {
        &self.parts
    }

    /// The number of the page to begin with to go on from here: pages before it were delivered. For
    /// [`PageOptions::start_page`], with [`PageStream::page_size`] as the page size; rows may come twice where
    /// the listing moved meanwhile, and none is skipped. Where the listing was split there is no such page,
    /// and this is the first one; see [`PageOptions::store`] instead.
    pub fn cursor(&self) -> u64 {
        self.cursor
    }

    /// The page size in use, which is the one the service echoes where it echoes one.
    pub fn page_size(&self) -> Option<u64> {
        self.page_size
    }

    /// The operation.
    pub fn operation(&self) -> &'static Operation {
        self.operation
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

    fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Page, Error>>> {
        let page = loop {
            match std::mem::replace(&mut self.source, Source::Ended) {
                Source::One(mut query) => {
                    let polled = query.poll_page(cx);
                    self.source = Source::One(query);
                    break ready!(polled);
                }
                Source::Whole(mut whole) => {
                    self.source = Source::Next(Box::pin(async move {
                        let page = whole.next().await;
                        (whole, page)
                    }));
                }
                Source::Next(mut next) => match next.as_mut().poll(cx) {
                    Poll::Pending => {
                        self.source = Source::Next(next);
                        return Poll::Pending;
                    }
                    Poll::Ready((whole, page)) => {
                        self.source = Source::Whole(whole);
                        break page;
                    }
                },
                Source::Ended => return Poll::Ready(None),
            }
        };
        self.look();
        match &page {
            Some(Ok(page)) => self.tell(page),
            _ => {
                if let Source::Whole(whole) = &self.source {
                    self.parts = if self.report.parts > 1 { whole.parts() } else { Vec::new() };
                }
                // What was read is let go of as soon as nothing more comes.
                if page.is_none() {
                    self.source = Source::Ended;
                }
            }
        }
        Poll::Ready(page)
    }

    /// Takes note of where the source stands.
    fn look(&mut self) {
        match &self.source {
            Source::One(query) => {
                (self.report, self.cursor, self.page_size) =
                    (*query.report(), query.cursor(), query.page_size());
                self.report.parts = 1;
            }
            Source::Whole(whole) => {
                (self.report, self.cursor, self.page_size) =
                    (whole.report(), whole.cursor(), whole.page_size());
            }
            Source::Next(_) | Source::Ended => {}
        }
    }

    fn tell(&self, page: &Page) {
        self.client.engine().observer.on_page(&PageEvent {
            operation: self.operation.id,
            number: page.number,
            rows: page.rows.len() as u64,
            received: self.report.received,
            total: page.total,
        });
    }
}

/// The same question to the newer inventory operation, where that may be asked.
fn newer(client: &Client, request: &Request, api: InventoryApi) -> Result<Option<Request>, Error> {
    if api == InventoryApi::V1 || *request.operation != *ListResources::OPERATION {
        return Ok(None);
    }
    let Some(path) = request.operation.match_path(&request.path) else { return Ok(None) };
    let path = path.into_iter().map(|(name, value)| (name.to_owned(), value.into_owned().into()));
    let query = request.query.iter().map(|(name, value)| {
        let number = value.parse::<u64>().ok().filter(|_| name.starts_with("page"));
        ((*name).to_owned(), number.map_or_else(|| value.as_str().into(), Value::from))
    });
    let args = path.chain(query).collect();
    Ok(Some(ListResourcesV2::OPERATION.request(&args, client.spellings())?))
}

/// The number of rows that one query reaches, where the listing may be more and all of it is asked for.
fn wall(request: &Request, options: &PageOptions) -> Option<u64> {
    let paging = request.operation.paging?;
    let wall = paging.wall?;
    let some_pages =
        options.start_page.is_some() || options.pages != Pages::All || request.query(paging.page).is_some();
    let few = options.limit.is_some_and(|limit| limit <= wall);
    (!some_pages && !few && !options.one_query).then_some(wall)
}

/// What reading a listing would take.
pub(crate) async fn plan(
    client: Client,
    request: Request,
    options: PageOptions,
) -> Result<ListingPlan, Error> {
    // Where there is no wall, a single query is the plan.
    let wall = wall(&request, &options).unwrap_or(u64::MAX);
    Whole::new(client, request, options, wall)?.outline().await
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
            .field("operation", &self.operation.id)
            .field("cursor", &self.cursor)
            .field("report", &self.report)
            .finish_non_exhaustive()
    }
}
