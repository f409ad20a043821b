//! What is read of a listing, and how.

use super::PageStore;
use std::sync::Arc;

/// How many pages are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pages {
    /// All of them.
    #[default]
    All,
    /// This many.
    Count(u64),
}

/// Which of the two inventory operations lists resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum InventoryApi {
    /// `resources.list`, which is documented.
    #[default]
    V1,
    /// `resources.list-v2`, which one client was seen to call.
    V2,
    /// `resources.list-v2` where its total agrees with the one of `resources.list`, which costs a call or two;
    /// otherwise `resources.list`.
    Auto,
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
    /// Asks one query only, in the service's order. Where it does not reach all rows, what it does not reach is
    /// told as a shortfall.
    pub one_query: bool,
    /// Which operation lists resources. For `resources.list` alone.
    pub inventory_api: InventoryApi,
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
            .field("one_query", &self.one_query)
            .field("inventory_api", &self.inventory_api)
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

    /// Asks one query only, instead of splitting a listing that is too long for one.
    #[must_use]
    pub fn one_query(mut self, one: bool) -> PageOptions {
        self.one_query = one;
        self
    }

    /// Sets which operation lists resources.
    #[must_use]
    pub fn inventory_api(mut self, api: InventoryApi) -> PageOptions {
        self.inventory_api = api;
        self
    }

    /// Keeps pages, and takes from what is kept instead of asking.
    #[must_use]
    pub fn store(mut self, store: Arc<dyn PageStore>) -> PageOptions {
        self.store = Some(store);
        self
    }
}
