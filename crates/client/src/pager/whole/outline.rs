//! What reading a listing would take, without reading it.

use super::driver::Whole;
use super::node::Stand;
use crate::error::Error;

/// What reading a listing takes: the parts it is split into, and the calls each of them costs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListingPlan {
    /// Rows of the listing, by the service's count.
    pub rows: Option<u64>,
    /// The parts; one where a single query reaches all rows.
    pub parts: Vec<PlannedPart>,
    /// Calls that reading it takes, those for splitting it included.
    pub calls: u64,
    /// Calls that finding this out took.
    pub asked: u64,
}

/// One part of a listing that would be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedPart {
    /// What belongs to it, in words.
    pub part: String,
    /// Rows, where the service counts them.
    pub rows: Option<u64>,
    /// Calls that reading it takes.
    pub calls: u64,
    /// Rows of it that no query reaches.
    pub out_of_reach: u64,
}

impl Whole {
    /// Counts the parts without reading them.
    pub(in super::super) async fn outline(mut self) -> Result<ListingPlan, Error> {
        self.counts = true;
        while let Some(page) = self.next().await {
            page?;
        }
        let size = self.page_size.unwrap_or(1).max(1);
        let mut plan = ListingPlan { rows: self.nodes[0].total, ..ListingPlan::default() };
        let mut splits = 0;
        for node in &self.nodes {
            match node.stand {
                Stand::Split | Stand::Dropped => splits += 1,
                _ => {
                    let rows = node.total.unwrap_or(0);
                    let part = PlannedPart {
                        part: node.part.to_string(),
                        rows: node.total,
                        calls: rows.min(self.wall).div_ceil(size).max(1),
                        out_of_reach: if node.solid { rows.saturating_sub(self.wall) } else { 0 },
                    };
                    plan.parts.push(part);
                }
            }
        }
        plan.calls = plan.parts.iter().map(|p| p.calls).sum::<u64>() + splits + self.probes;
        plan.asked = self.probes + self.nodes.len() as u64;
        Ok(plan)
    }
}
