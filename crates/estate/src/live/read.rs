//! Reads the parts of a live table: the first page of each, what it needs, and the rows.

use super::cost::{Calls, Mark, Meter, Need};
use super::parts::{self, Part, Wanted};
use super::proof::{self, Seen};
use super::push::Condition;
use super::rows::Decoder;
use crate::tables::TableSpec;
use crate::{Error, Result};
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::compute::filter_record_batch;
use arrow::datatypes::SchemaRef;
use datafusion::physical_plan::PhysicalExpr;
use futures_util::{StreamExt, stream};
use std::sync::Arc;
use tokio::sync::mpsc::Sender;
use totalcloud::{Client, ErrorKind, InventoryApi, Page, PageOptions, PageStream};
use totalcloud_api::operation::{Answer, Request};
use totalcloud_api::qql::Query;

/// Parts whose first page is fetched while another part is given out.
const AHEAD: usize = 4;
/// Rows of a batch without columns.
const UNDECODED: u64 = 8_192;

/// What is asked of the service, and what is made of the answer.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) table: &'static TableSpec,
    pub(super) client: Client,
    pub(super) meter: Arc<Meter>,
    /// Which operation lists resources.
    pub(super) inventory: InventoryApi,
    pub(super) wanted: Wanted,
    /// What is sent as a filter. Every row that comes is tested again.
    pub(super) conditions: Vec<Condition>,
    /// Whether the filter and the choice of parts leave no row that the predicates would not take.
    pub(super) exact: bool,
    /// All predicates that are not about the part alone, over `work`.
    pub(super) predicate: Option<Arc<dyn PhysicalExpr>>,
    /// The same in words.
    pub(super) tested: String,
    /// The columns that are decoded: those that are given out, and those that are tested.
    pub(super) work: Vec<usize>,
    /// The columns that are given out, by their places among those decoded.
    pub(super) output: Vec<usize>,
    /// All columns of the table.
    pub(super) columns: SchemaRef,
    /// The columns that are given out.
    pub(super) schema: SchemaRef,
}

impl Question {
    /// Whether the service's count answers it without a row.
    pub(super) fn counts(&self) -> bool {
        self.output.is_empty() && self.exact && parts::operation(self.table).answer == Answer::Page
    }

    fn request(&self, part: &Part, filter: &Query) -> Result<Request> {
        let mut request = parts::request(&self.client, self.table, part)?;
        if !filter.is_all() {
            request.set_query("filter", filter.to_string());
        }
        Ok(request)
    }

    /// How a part is read, of which so many rows are wanted. One query only: whether more are needed its first
    /// page says, and only then others are made.
    fn options(&self, limit: Option<u64>) -> PageOptions {
        let options = PageOptions::default().one_query(true).inventory_api(self.inventory);
        match limit {
            Some(limit) if self.predicate.is_none() => options.limit(limit),
            // Who knows how many pages it takes until enough rows are found: one after the other.
            Some(_) => options.concurrency(1),
            None => options,
        }
    }
}

/// What the conditions ask together.
pub(super) fn filter(conditions: &[Condition]) -> Query {
    conditions.iter().fold(Query::all(), |all, c| all.and(c.query.clone()))
}

/// A part of which the first page came.
pub(super) struct Opened {
    part: Part,
    content: Content,
}

enum Content {
    /// There are so many rows, and nothing of them is wanted.
    Counted(u64),
    /// Rows.
    Pages(Box<Pages>),
}

/// The first page of a listing, and the others.
struct Pages {
    filter: Query,
    first: Option<Page>,
    rest: PageStream,
}

/// A scan that was begun: its parts are known, and the first page of the first one.
pub(super) struct Begun {
    first: Option<Opened>,
    rest: Vec<Part>,
    need: Need,
    mark: Mark,
}

impl Begun {
    pub(super) fn need(&self) -> Need {
        self.need
    }
}

/// Finds the parts and asks for the first page of the first one.
///
/// # Errors
/// If the service cannot be asked.
pub(super) async fn begin(question: &Question, limit: Option<u64>) -> Result<Begun> {
    let mark = question.meter.begin();
    let class = parts::operation(question.table).limit_class;
    if limit == Some(0) {
        return Ok(Begun { first: None, rest: Vec::new(), need: (class, Calls::exactly(0)), mark });
    }
    let (mut all, asked) = question.wanted.parts(question.table, &question.client).await?;
    if all.is_empty() {
        return Ok(Begun { first: None, rest: Vec::new(), need: (class, Calls::exactly(asked)), mark });
    }
    let first = all.remove(0);
    let first = open(question, first, limit).await?;
    let need = (class, Calls::exactly(asked) + needed(question, &first, all.len() as u64, limit));
    mark.note(need);
    Ok(Begun { first: Some(first), rest: all, need, mark })
}

/// What reading takes, by the first part and the number of others.
fn needed(question: &Question, first: &Opened, others: u64, limit: Option<u64>) -> Calls {
    let one = match &first.content {
        Content::Counted(_) => Calls::exactly(1),
        Content::Pages(pages) => {
            let Pages { first, rest, .. } = pages.as_ref();
            let size = rest.page_size().unwrap_or(1).max(1);
            let total = first.as_ref().and_then(|page| page.total);
            let pages = |rows: u64| {
                let wall = parts::operation(question.table).paging.and_then(|p| p.wall).unwrap_or(u64::MAX);
                let pages = rows.div_ceil(size).max(1);
                // Parts do not come out full, and the last page of each is half empty.
                if rows < wall { (pages, false) } else { (pages + (rows * 2).div_ceil(wall), true) }
            };
            match (total, limit) {
                (None, _) if first.as_ref().is_none_or(|page| page.rows.is_empty()) => Calls::exactly(1),
                (None, None) => Calls { least: 1, most: None, about: false },
                (None, Some(limit)) => {
                    let most = question.predicate.is_none().then(|| limit.div_ceil(size).max(1));
                    Calls { least: 1, most, about: false }
                }
                (Some(total), Some(limit)) if question.predicate.is_none() => {
                    let (calls, about) = pages(total.min(limit));
                    Calls { least: calls, most: Some(calls), about }
                }
                (Some(total), limit) => {
                    let (calls, about) = pages(total);
                    let least = if limit.is_some() { 1 } else { calls };
                    Calls { least, most: Some(calls), about }
                }
            }
        }
    };
    if others == 0 {
        return one;
    }
    let counted = question.counts();
    let least = if limit.is_some() { 0 } else { others };
    let most = one.most.map(|most| most * others);
    one + Calls { least, most, about: !counted }
}

/// Asks for the first page of a part. A filter that is refused is left out; an empty answer is believed only of
/// tokens that are seen to find something.
pub(super) async fn open(question: &Question, part: Part, limit: Option<u64>) -> Result<Opened> {
    if question.counts()
        && let Some(rows) = count(question, &part).await?
    {
        return Ok(Opened { part, content: Content::Counted(rows) });
    }
    let mut refused: Vec<Condition> = Vec::new();
    let mut conditions = question.conditions.clone();
    let mut seen = Seen::default();
    loop {
        conditions.retain(|c| proof::is_usable(question, &part, c));
        let filter = filter(&conditions);
        let request = question.request(&part, &filter)?;
        let mut rest = question.client.pages(request, question.options(limit))?;
        let first = match rest.next_page().await {
            Some(Err(e)) if e.kind() == ErrorKind::Refused && !conditions.is_empty() => {
                refused = std::mem::take(&mut conditions);
                continue;
            }
            Some(Err(e)) if e.kind() == ErrorKind::NotFound && part.account.is_some() => {
                if parts::is_unheard_of(&question.client, &part).await? {
                    return Ok(Opened { part, content: Content::Counted(0) });
                }
                return Err(about(&part, e.into()));
            }
            Some(Err(e)) => return Err(about(&part, e.into())),
            Some(Ok(page)) => Some(page),
            None => None,
        };
        // It was the filter that was refused, and not something else.
        for condition in refused.drain(..) {
            proof::refused(question, &part, &condition);
        }
        let found = first.as_ref().is_some_and(|page| !page.rows.is_empty());
        if found {
            conditions.iter().for_each(|c| proof::found(question, &part, c));
        } else if !conditions.is_empty() {
            let before = conditions.len();
            let mut kept = Vec::new();
            for condition in conditions {
                if proof::finds(question, &part, &condition, &mut seen).await? {
                    kept.push(condition);
                }
            }
            conditions = kept;
            if conditions.len() < before {
                continue;
            }
        }
        return Ok(Opened { part, content: Content::Pages(Box::new(Pages { filter, first, rest })) });
    }
}

fn about(part: &Part, e: Error) -> Error {
    let words = part.words();
    if words.is_empty() { e } else { e.about(words) }
}

/// The rows of a part by the service's count; `None` where that cannot be believed.
async fn count(question: &Question, part: &Part) -> Result<Option<u64>> {
    let filter = filter(&question.conditions);
    let rows = match proof::total(question, part, &filter).await {
        Ok(rows) => rows,
        // What is wrong is told when the rows are read.
        Err(e) if matches!(e.kind(), ErrorKind::Refused | ErrorKind::NotFound) => return Ok(None),
        Err(e) => return Err(about(part, e.into())),
    };
    let mut seen = Seen::default();
    for condition in &question.conditions {
        if !proof::restricts(question, part, condition, &mut seen).await? {
            return Ok(None);
        }
    }
    Ok(rows)
}

/// Reads a scan to its end, or until so many rows are found or nobody wants more.
///
/// # Errors
/// If the service cannot be asked, some of the data did not come, or the guard does not agree.
pub(super) async fn run(
    question: &Question,
    begun: Option<Begun>,
    limit: Option<u64>,
    to: Sender<datafusion::error::Result<RecordBatch>>,
) -> Result<()> {
    let begun = match begun {
        Some(begun) => begun,
        None => begin(question, limit).await?,
    };
    begun.mark.check().await?;
    let decoder = Decoder::new(question.table, Arc::clone(&question.columns), &question.work)?;
    let mut reader = Reader { question, decoder, left: limit, to };
    if let Some(first) = begun.first
        && !reader.give(first).await?
    {
        return Ok(());
    }
    if limit.is_some() {
        for part in begun.rest {
            let opened = open(question, part, reader.left).await?;
            if !reader.give(opened).await? {
                return Ok(());
            }
        }
        return Ok(());
    }
    let opened = stream::iter(begun.rest).map(|part| open(question, part, None)).buffered(AHEAD);
    let mut opened = std::pin::pin!(opened);
    while let Some(part) = opened.next().await {
        if !reader.give(part?).await? {
            return Ok(());
        }
    }
    Ok(())
}

struct Reader<'q> {
    question: &'q Question,
    decoder: Decoder,
    left: Option<u64>,
    to: Sender<datafusion::error::Result<RecordBatch>>,
}

impl Reader<'_> {
    /// Gives out the rows of a part; false where no more are wanted.
    async fn give(&mut self, opened: Opened) -> Result<bool> {
        let Pages { filter, first, mut rest } = match opened.content {
            Content::Counted(rows) => return self.give_undecoded(rows).await,
            Content::Pages(pages) => *pages,
        };
        let wall = rest.operation().paging.and_then(|p| p.wall);
        // A count that is just what one query reaches may be the end of the service's counting.
        let too_many =
            first.as_ref().and_then(|p| p.total).zip(wall).is_some_and(|(total, wall)| total >= wall);
        let few = self.left.zip(wall).is_some_and(|(left, wall)| left <= wall);
        let limited = few && self.question.predicate.is_none();
        let mut next = first.map(Ok);
        if too_many && !limited {
            let request = self.question.request(&opened.part, &filter)?;
            let options = self.question.options(self.left).one_query(false);
            rest = self.question.client.pages(request, options)?;
            next = None;
        }
        loop {
            let page = match next.take() {
                Some(page) => Some(page),
                None => rest.next_page().await,
            };
            let Some(page) = page else { return Ok(true) };
            let page = page.map_err(|e| about(&opened.part, e.into()))?;
            if !self.give_page(&opened.part, page).await? {
                return Ok(false);
            }
        }
    }

    async fn give_page(&mut self, part: &Part, page: Page) -> Result<bool> {
        let mut batch = self.decoder.batch(part, &page.rows)?;
        if let Some(predicate) = &self.question.predicate {
            batch = filter_record_batch(&batch, &parts::held(predicate, &batch)?)?;
        }
        self.send(batch.project(&self.question.output)?).await
    }

    async fn give_undecoded(&mut self, rows: u64) -> Result<bool> {
        let mut left = rows;
        while left > 0 {
            let now = left.min(UNDECODED);
            left -= now;
            let options = RecordBatchOptions::new().with_row_count(usize::try_from(now).ok());
            let schema = Arc::clone(&self.question.schema);
            if !self.send(RecordBatch::try_new_with_options(schema, Vec::new(), &options)?).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn send(&mut self, mut batch: RecordBatch) -> Result<bool> {
        if let Some(left) = &mut self.left {
            let most = usize::try_from(*left).unwrap_or(usize::MAX);
            if batch.num_rows() > most {
                batch = batch.slice(0, most);
            }
            *left -= batch.num_rows() as u64;
        }
        if batch.num_rows() > 0 && self.to.send(Ok(batch)).await.is_err() {
            return Ok(false);
        }
        Ok(self.left != Some(0))
    }
}
