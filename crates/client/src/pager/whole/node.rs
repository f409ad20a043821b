//! The tree of parts that a listing was split into, and what became of each.

use super::super::{PartReport, Shortfall, ShortfallReason};
use super::part::{Form, Kind, Part};
use super::split::Seen;
use crate::error::{Error, ErrorKind};

/// Where a part stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    /// It was not looked at.
    Waiting,
    /// It is too big, and waits for its neighbours to show whether the split made sense.
    Held,
    /// It is read, or was.
    Read,
    /// It was split.
    Split,
    /// The split that it came of made no sense.
    Dropped,
}

/// A part and what is known of it.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) part: Part,
    pub(super) parent: Option<usize>,
    pub(super) children: Vec<usize>,
    pub(super) stand: Stand,
    /// Whether its first page came.
    pub(super) counted: bool,
    /// Rows by the service's last count.
    pub(super) total: Option<u64>,
    /// What its first page showed, while it is held.
    pub(super) seen: Option<Seen>,
    /// How its children came to be.
    pub(super) cut: Option<(Kind, Form)>,
    /// Cuts that were tried.
    pub(super) tried: Vec<(Kind, Form)>,
    /// Whether nothing makes it smaller.
    pub(super) solid: bool,
    /// Rows that its children do not account for.
    pub(super) gap: u64,
    /// Whether another cut was tried on account of them.
    pub(super) gap_tried: bool,
    /// What the last reading of it brought.
    pub(super) reading: Reading,
    /// Rows that the service has twice, and counts twice.
    pub(super) doubled: u64,
    pub(super) error: Option<Error>,
}

/// One reading of a part.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reading {
    /// Which it was, from 1.
    pub(super) number: u32,
    /// Whether it came to its end.
    pub(super) ended: bool,
    /// Rows, each once.
    pub(super) rows: u64,
    /// Rows that came again in the same reading.
    pub(super) again: u64,
    /// Rows that no reading had brought before.
    pub(super) new: u64,
    /// Whether the count fell meanwhile, so that rows may have slipped past.
    pub(super) shrank: bool,
    pub(super) short: Option<Shortfall>,
}

impl Node {
    pub(super) fn new(part: Part, parent: Option<usize>) -> Node {
        Node {
            part,
            parent,
            children: Vec::new(),
            stand: Stand::Waiting,
            counted: false,
            total: None,
            seen: None,
            cut: None,
            tried: Vec::new(),
            solid: false,
            gap: 0,
            gap_tried: false,
            reading: Reading::default(),
            doubled: 0,
            error: None,
        }
    }

    /// Whether it is known how many rows it has, or that this cannot be known.
    pub(super) fn is_counted(&self) -> bool {
        self.counted || self.error.is_some()
    }

    /// Whether the service refused to narrow the listing so.
    pub(super) fn is_refused(&self) -> bool {
        // A part whose first page came was understood.
        !self.counted && self.error.as_ref().is_some_and(|e| e.kind() == ErrorKind::Refused)
    }

    /// Rows of it that did not come.
    pub(super) fn missing(&self) -> u64 {
        if self.stand == Stand::Split {
            return 0;
        }
        self.total.unwrap_or(0).saturating_sub(self.reading.rows + self.doubled)
    }

    /// Whether another reading may bring rows that slipped past in this one.
    pub(super) fn moved(&self) -> bool {
        let r = &self.reading;
        let reason = r.short.map(|s| s.reason);
        self.stand == Stand::Read
            && self.error.is_none()
            && r.ended
            && reason != Some(ShortfallReason::Wall)
            && (r.shrank || self.missing() > 0 && (r.again > 0 || reason == Some(ShortfallReason::Repeated)))
    }

    pub(super) fn shortfall(&self) -> Option<Shortfall> {
        let missing = Some(self.missing()).filter(|m| *m > 0);
        let reason = match (&self.error, self.reading.short) {
            (Some(_), _) => ShortfallReason::Failed,
            (None, Some(short)) if missing.is_some() || self.total.is_none() => short.reason,
            (None, None) if missing.is_some() && self.reading.again > 0 => ShortfallReason::Moved,
            (None, None) if missing.is_some() => ShortfallReason::Fewer,
            _ if self.reading.shrank && self.reading.new > 0 => {
                return Some(Shortfall { missing: None, reason: ShortfallReason::Moved });
            }
            _ if self.gap > 0 => {
                return Some(Shortfall { missing: Some(self.gap), reason: ShortfallReason::Unaccounted });
            }
            _ => return None,
        };
        Some(Shortfall { missing, reason })
    }

    pub(super) fn report(&self) -> PartReport {
        PartReport {
            part: self.part.to_string(),
            total: self.total,
            received: match self.stand {
                Stand::Split => self.total.unwrap_or(0).saturating_sub(self.gap),
                _ => self.reading.rows,
            },
            shortfall: self.shortfall(),
            error: self.error.clone(),
        }
    }
}
