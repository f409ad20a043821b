//! A listing as a whole, past the number of rows that one query can reach.
//!
//! The first page tells how many rows there are. If one query cannot reach them all, the listing is split by
//! account, by region and by the time of the last update until every part fits. The counts of the parts must
//! add up to the count of what was split, which also shows whether the service takes the filter at all. Rows
//! are told apart by their `uuid`, so that none comes twice; a part that moved while it was read is read again;
//! at the end the rows are compared with the service's count.

mod accepted;
mod driver;
mod node;
mod outline;
mod part;
mod plan;
mod seen;
mod split;
#[cfg(test)]
mod tests;

pub(super) use driver::Whole;
pub use outline::{ListingPlan, PlannedPart};
