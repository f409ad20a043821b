//! Which page comes next, and what an answer says about the end. No I/O, no time.

use super::{Completeness, Page, PageOptions, Pages, Shortfall, ShortfallReason};
use crate::error::{Error, ErrorKind};
use bytes::Bytes;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use totalcloud_api::operation::{Answer as Form, PageStyle, Paging, Request};
use totalcloud_api::page;

/// What to do with an answer.
pub(super) enum Step {
    /// Hand the page out.
    Deliver(Page),
    /// Go on without handing anything out.
    Skip,
    /// Fetch the page once more.
    Again,
    /// Fetch nothing further.
    Stop,
    /// End with the error.
    Fail(Error),
}

/// Empty pages in a row that are believed to have more behind them because the service says so.
const EMPTY_PAGES: u32 = 3;

/// Pages of a listing that are asked for once more because they look wrong. A service that leaves rows out of
/// every page on purpose must not cost twice the calls.
const SECOND_LOOKS: u32 = 10;

/// The page size that every known client of the service uses.
const SAFE_SIZE: u64 = 50;

pub(super) struct Plan {
    paging: Option<Paging>,
    /// Whether the page size is our own choice.
    chosen: bool,
    form: Form,
    start: u64,
    /// The page size in use.
    size: Option<u64>,
    pages: Option<u64>,
    limit: Option<u64>,
    tolerate: bool,
    /// The next page to fetch.
    next: u64,
    /// The next page to deliver.
    cursor: u64,
    /// The first page that is not read, where that is known.
    end: Option<u64>,
    /// Whether the answer that is awaited decides if another page is fetched.
    one_by_one: bool,
    first_taken: bool,
    /// The service's claim on the last page that there is more.
    more: bool,
    /// Whether pages come as bare lists.
    bare: bool,
    empty_in_a_row: u32,
    /// Rows that the service put on a page while it said that there are more.
    full: Option<u64>,
    seen: HashSet<u64>,
    /// Pages that may still be asked for once more because they look wrong.
    second_looks: u32,
    /// The page that is asked for again and what came at first, for the better of the two.
    first_try: Option<page::Page>,
    report: Completeness,
    reason: Option<ShortfallReason>,
    wall: Option<u64>,
}

impl Plan {
    /// `known` is the page size that the endpoint is known to take, if it was found out.
    pub(super) fn new(
        request: &Request,
        paging: Option<Paging>,
        options: &PageOptions,
        known: Option<u64>,
    ) -> Plan {
        let op = request.operation;
        let given = |name: &str| request.get(name).and_then(|v| v.parse::<u64>().ok());
        let given_size = options.page_size.map(u64::from).or_else(|| given(paging?.size));
        let numbered = paging.filter(|p| p.style == PageStyle::Numbered);
        let given_start = options.start_page.or_else(|| given(numbered?.page));
        let start = given_start.unwrap_or_else(|| paging.map_or(0, |p| u64::from(p.first)));
        let asked = paging.map(|p| {
            given_size.unwrap_or_else(|| {
                let most = known.unwrap_or_else(|| u64::from(p.largest_seen));
                // A small limit needs no large page, but then page numbers mean something else.
                match options.limit {
                    Some(limit) if given_start.is_none() && options.pages == Pages::All => {
                        limit.clamp(1, most)
                    }
                    _ => most,
                }
            })
        });
        let first = paging.map_or(0, |p| u64::from(p.first));
        let pages = match options.pages {
            Pages::All => None,
            Pages::Count(n) => Some(n),
        };
        let part = pages.is_some() || options.limit.is_some() || start > first;
        Plan {
            paging,
            chosen: given_size.is_none(),
            form: op.answer,
            start,
            size: asked,
            pages,
            limit: options.limit,
            tolerate: options.tolerate_shortfall,
            next: start,
            cursor: start,
            end: None,
            one_by_one: true,
            first_taken: false,
            more: false,
            bare: false,
            empty_in_a_row: 0,
            full: None,
            seen: HashSet::new(),
            second_looks: SECOND_LOOKS,
            first_try: None,
            report: Completeness { part, ..Completeness::default() },
            reason: None,
            wall: paging.and_then(|p| p.wall),
        }
    }

    pub(super) fn report(&self) -> &Completeness {
        &self.report
    }

    pub(super) fn cursor(&self) -> u64 {
        self.cursor
    }

    pub(super) fn size(&self) -> Option<u64> {
        self.size
    }

    /// Goes back to a smaller page size, if the first page was asked for with one of our own choice: to the
    /// service's default, and then to the one that every client uses.
    pub(super) fn shrink(&mut self) -> bool {
        let Some((paging, size)) = self.paging.zip(self.size).filter(|_| self.chosen && !self.first_taken)
        else {
            return false;
        };
        let smaller = [u64::from(paging.default_size), SAFE_SIZE].into_iter().find(|s| *s < size);
        self.size = smaller.or(self.size);
        smaller.is_some()
    }

    /// Whether this is the first page, and as full as it was asked to be.
    pub(super) fn proves_size(&self, page: &page::Page) -> Option<u64> {
        let rows = page.rows.len() as u64;
        (!self.first_taken && self.size == Some(rows) && page.size == self.size).then_some(rows)
    }

    /// The page rules and the size to ask for, if the operation has pages.
    pub(super) fn page_parameters(&self) -> Option<(Paging, u64)> {
        self.paging.zip(self.size)
    }

    fn first(&self) -> u64 {
        self.paging.map_or(0, |p| u64::from(p.first))
    }

    /// Rows of the query before a page.
    fn offset(&self, number: u64) -> u64 {
        self.paging.map_or(0, |p| p.offset(number, self.size.unwrap_or(0)))
    }

    /// The page to fetch next; `None` if none is to be fetched now.
    pub(super) fn next_to_fetch(&mut self) -> Option<u64> {
        if self.limit == Some(0) {
            return None;
        }
        if self.end.is_some_and(|end| self.next >= end) {
            return None;
        }
        if self.pages.is_some_and(|pages| self.next >= self.start.saturating_add(pages)) {
            return None;
        }
        // Without a known end only the page after a delivered one can be asked for.
        if self.one_by_one && self.next > self.cursor {
            return None;
        }
        if self.wall.is_some_and(|wall| self.offset(self.next) >= wall) {
            self.reason.get_or_insert(ShortfallReason::Wall);
            return None;
        }
        let number = self.next;
        self.next += 1;
        Some(number)
    }

    /// Takes note of the answer for the page that is next in order.
    pub(super) fn take(
        &mut self,
        number: u64,
        again: bool,
        outcome: Result<Option<page::Page>, Error>,
    ) -> Step {
        let page = match outcome {
            Ok(Some(page)) => page,
            Ok(None) => {
                if !again {
                    return Step::Again;
                }
                if !self.first_taken {
                    return Step::Fail(Error::new(
                        ErrorKind::Decode,
                        "the answer is empty, where a page should be",
                    ));
                }
                page::Page::default()
            }
            Err(e) => match self.past_the_end(number, &e) {
                Some(step) => return step,
                None => return Step::Fail(e),
            },
        };
        if !self.first_taken {
            self.take_size(&page);
        } else if let (Some(size), Some(echo)) = (self.size, page.size)
            && echo != size
            && echo > 0
            && !page.rows.is_empty()
        {
            return Step::Fail(Error::new(
                ErrorKind::Partial,
                format!("the service changed its page size from {size} to {echo} while the pages were read"),
            ));
        }
        if let Some(step) = self.doubt(number, again, &page) {
            return step;
        }
        let page = match self.first_try.take() {
            Some(before) if before.rows.len() > page.rows.len() => before,
            _ => page,
        };
        self.bare |= page.bare;
        let repeated = self.is_repeated(&page.rows);
        if repeated && self.knows_no_pages() {
            self.end = Some(number);
            return Step::Stop;
        }
        self.take_total(&page);
        self.first_taken = true;
        self.cursor = number + 1;
        if repeated {
            self.report.repeated_pages += 1;
            self.reason = Some(ShortfallReason::Repeated);
            if self.one_by_one {
                // The service does not move on; more of the same would never end.
                self.more = true;
                self.end = Some(self.cursor);
            }
            return Step::Skip;
        }
        self.decide(&page);
        self.hand_out(number, page)
    }

    /// The page size is the one that the service echoes: paging on by another would skip rows.
    fn take_size(&mut self, page: &page::Page) {
        if self.paging.is_some()
            && let Some(echo) = page.size.filter(|echo| *echo > 0)
        {
            self.size = Some(echo);
        }
    }

    /// The listing is known to have moved, so that rows may have slipped past.
    pub(super) fn moved(&mut self) {
        self.report.shrank = true;
    }

    fn take_total(&mut self, page: &page::Page) {
        // A page without rows that counts nothing does not unsay what a page with rows counted.
        let Some(total) = page.total.filter(|t| *t > 0 || self.report.total.is_none()) else { return };
        if self.form == Form::Controls {
            return;
        }
        match self.report.total {
            Some(before) if before != total => {
                self.report.total_was.get_or_insert(before);
                self.report.shrank |= total < before;
            }
            _ => {}
        }
        self.report.total = Some(total);
    }

    /// Rows that a page should have, where the total is known.
    fn promised(&self, number: u64, page: &page::Page) -> Option<u64> {
        let total = self.report.total.or(page.total)?;
        Some(total.saturating_sub(self.offset(number)).min(self.size?))
    }

    /// A page that is shorter than promised, or a copy of another one, is asked for once more.
    fn doubt(&mut self, number: u64, again: bool, page: &page::Page) -> Option<Step> {
        if again || self.paging.is_none() || self.form == Form::Controls {
            return None;
        }
        let short = self.promised(number, page).is_some_and(|rows| (page.rows.len() as u64) < rows);
        let copy = !page.rows.is_empty() && !self.knows_no_pages() && self.seen.contains(&mark(&page.rows));
        if !(short || copy) || self.second_looks == 0 {
            return None;
        }
        self.second_looks -= 1;
        if short {
            self.first_try = Some(page.clone());
        }
        Some(Step::Again)
    }

    /// Whether a copy of the first page would mean that there are no other pages: all rows fitted into it.
    fn knows_no_pages(&self) -> bool {
        let fitted = self.size.is_some_and(|size| self.report.received < size);
        self.bare && self.report.pages == 1 && fitted
    }

    fn is_repeated(&mut self, rows: &[Bytes]) -> bool {
        self.paging.is_some() && !rows.is_empty() && !self.seen.insert(mark(rows))
    }

    /// Says from a page where the end is.
    fn decide(&mut self, page: &page::Page) {
        if self.paging.is_none() {
            self.end = Some(self.cursor);
            return;
        }
        let rows = page.rows.len() as u64;
        if let (Some(total), Some(size)) = (self.report.total, self.size) {
            self.one_by_one = false;
            let mut end = self.first() + total.div_ceil(size);
            // A total may be too small: where the service says that more follows, that is looked at.
            if page.last == Some(false) && rows > 0 {
                end = end.max(self.cursor + 1);
            }
            if let Some(limit) = self.limit {
                end = end.min(self.start + limit.div_ceil(size));
            }
            // Fetched pages stay fetched where the listing shrank.
            self.end = Some(end.max(self.cursor));
            return;
        }
        self.empty_in_a_row = if rows == 0 { self.empty_in_a_row + 1 } else { 0 };
        let size = self.full.or(self.size);
        // Without an echoed size the service may have cut the size to its default.
        let looks_full = size.is_some_and(|size| rows >= size)
            || page.size.is_none() && self.paging.is_some_and(|p| rows == u64::from(p.default_size));
        let more = match (page.more, page.last) {
            (Some(true), _) | (_, Some(false)) => {
                if rows > 0 && page.size.is_none() {
                    self.full = Some(self.full.map_or(rows, |full| full.min(rows)));
                }
                true
            }
            (_, Some(true)) => false,
            // Nothing in a bare list says how many rows the service puts on a page.
            _ if page.bare => rows > 0,
            _ => rows > 0 && looks_full && page.empty != Some(true),
        };
        self.more = page.more == Some(true) || page.last == Some(false);
        // A control page that is empty is the end, whatever else it says.
        let empty_end = rows == 0 && (page.more.is_some() || self.empty_in_a_row >= EMPTY_PAGES);
        if !more || empty_end {
            self.end = Some(self.cursor);
            if self.form == Form::Controls {
                self.more = false;
            }
        }
    }

    fn hand_out(&mut self, number: u64, page: page::Page) -> Step {
        let mut rows = page.rows;
        if let Some(limit) = self.limit {
            let left = limit.saturating_sub(self.report.received);
            rows.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            if rows.len() as u64 == left {
                self.end = Some(self.cursor);
                self.more = false;
            }
        }
        let first_row = self.report.received;
        self.report.received += rows.len() as u64;
        self.report.pages += 1;
        Step::Deliver(Page { number, first_row, rows, total: self.report.total })
    }

    /// What an error means on a page that may lie past the end: some endpoints answer 400 or 404 there.
    fn past_the_end(&mut self, number: u64, e: &Error) -> Option<Step> {
        if e.kind() == ErrorKind::PastWall {
            self.reason.get_or_insert(ShortfallReason::Wall);
            self.end = Some(number);
            return Some(Step::Stop);
        }
        let maybe = matches!(e.kind(), ErrorKind::NotFound | ErrorKind::Refused);
        let by_total = |(total, size): (u64, u64)| number >= self.first() + total.div_ceil(size);
        let past = match self.report.total.zip(self.size) {
            Some(counted) => by_total(counted),
            None => self.one_by_one && !self.more,
        } && self.first_taken;
        if maybe && past {
            self.end = Some(number);
            return Some(Step::Stop);
        }
        None
    }

    pub(super) fn failed(&mut self, _error: &Error) {
        self.settle();
        let missing = self.report.expected.map(|e| e.saturating_sub(self.report.received));
        self.report.shortfall = Some(Shortfall { missing, reason: ShortfallReason::Failed });
    }

    fn settle(&mut self) {
        self.report.finished = true;
        self.report.expected = self.report.total.map(|total| {
            let mut expected = total.saturating_sub(self.offset(self.start));
            if let (Some(pages), Some(size)) = (self.pages, self.size) {
                expected = expected.min(pages.saturating_mul(size));
            }
            expected.min(self.limit.unwrap_or(u64::MAX))
        });
    }

    /// The end: compares what came with what was promised.
    pub(super) fn finish(&mut self) -> Option<Error> {
        self.settle();
        let received = self.report.received;
        let reached = self.limit.is_some_and(|limit| received >= limit)
            || self.pages.is_some_and(|pages| self.cursor >= self.start.saturating_add(pages));
        let missing = self.report.expected.map(|e| e.saturating_sub(received));
        let reason = match missing {
            Some(0) if self.report.shrank && !reached => Some(ShortfallReason::Moved),
            Some(0) if self.reason != Some(ShortfallReason::Repeated) => None,
            Some(_) => Some(self.reason.unwrap_or(ShortfallReason::Fewer)),
            // No count to compare with: only what the service said of the end counts.
            None if reached && self.reason.is_none() => None,
            None if self.more => Some(self.reason.unwrap_or(ShortfallReason::Unfinished)),
            None => self.reason,
        }?;
        self.report.shortfall = Some(Shortfall { missing: missing.filter(|m| *m > 0), reason });
        if self.tolerate {
            return None;
        }
        Some(self.shortfall_error(missing, reason))
    }

    fn shortfall_error(&self, missing: Option<u64>, reason: ShortfallReason) -> Error {
        let received = self.report.received;
        let what = match (missing, self.report.expected) {
            (Some(missing), Some(expected)) if missing > 0 => {
                format!("{received} of {expected} rows came, {missing} are missing")
            }
            _ => format!("{received} rows came, and some are missing"),
        };
        let (kind, hint) = match (reason, self.wall) {
            (ShortfallReason::Wall, Some(wall)) => (
                ErrorKind::PastWall,
                format!(
                    "one query reaches {wall} rows: narrow it by a filter, such as one account or time range"
                ),
            ),
            _ => {
                (ErrorKind::Partial, "the listing may have moved while it was read: read it again".to_owned())
            }
        };
        Error::new(kind, format!("{what}: {}", reason.as_str())).with_hint(hint)
    }
}

/// Tells pages apart cheaply: by the number of rows and the first and the last of them.
fn mark(rows: &[Bytes]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (rows.len(), rows.first(), rows.last()).hash(&mut hasher);
    hasher.finish()
}
