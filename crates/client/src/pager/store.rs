//! Pages kept outside the process, so that they are not asked for again.

use std::io;
use totalcloud_api::page::Page;

/// Keeps the pages of listings across runs.
///
/// A page is kept under its whole question: path and query, page number and size included. A listing that is
/// read again with the same store takes from it what is there and asks for the rest.
pub trait PageStore: Send + Sync + 'static {
    /// The page kept for a question.
    fn get(&self, question: &str) -> Option<Page>;

    /// Keeps a page, in place of what was kept for the question before.
    ///
    /// # Errors
    /// If it cannot be kept; the listing ends with the error then.
    fn put(&self, question: &str, page: &Page) -> io::Result<()>;
}
