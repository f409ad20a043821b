//! Which calls a fault hits.

use rand::Rng;
use rand::rngs::StdRng;
use std::fmt;
use std::ops::RangeInclusive;

/// Which calls of its operations a fault hits. Calls are counted from 1, each fault for itself.
#[derive(Debug, Clone, PartialEq)]
pub enum When {
    /// Every call.
    Always,
    /// `nth=3`, `nth=3..5` (both included) or `nth=3..`.
    Nth(RangeInclusive<u64>),
    /// `every=10`: the 10th, 20th, …
    Every(u64),
    /// `p=0.1`: one in ten, by the seed of the world.
    Probability(f64),
    /// `burst=5/100`: five calls on end in each hundred; where they begin is decided by the seed.
    Burst {
        /// Calls on end.
        hits: u64,
        /// Among so many.
        of: u64,
    },
}

/// What a fault remembers of the calls that it has seen.
#[derive(Debug)]
pub(super) struct Count {
    seen: u64,
    hits: u64,
    burst_from: u64,
    rng: StdRng,
}

impl Count {
    pub(super) fn new(rng: StdRng) -> Count {
        Count { seen: 0, hits: 0, burst_from: 0, rng }
    }

    /// Counts a call and says whether it is hit; never more often than `times`.
    pub(super) fn hit(&mut self, when: &When, times: Option<u64>) -> bool {
        self.seen += 1;
        let nth = self.seen;
        let hit = match when {
            When::Always => true,
            When::Nth(range) => range.contains(&nth),
            When::Every(n) => nth.is_multiple_of(*n),
            When::Probability(p) => self.rng.random::<f64>() < *p,
            When::Burst { hits, of } => {
                let place = (nth - 1) % of;
                if place == 0 {
                    self.burst_from = self.rng.random_range(0..=of - hits);
                }
                (self.burst_from..self.burst_from + hits).contains(&place)
            }
        };
        if !hit || times.is_some_and(|most| self.hits >= most) {
            return false;
        }
        self.hits += 1;
        true
    }
}

impl When {
    pub(super) const KEYS: [&'static str; 4] = ["nth", "every", "p", "burst"];

    pub(super) fn read(key: &str, value: &str) -> Option<When> {
        match key {
            "p" => value.parse().ok().filter(|p| (0.0..=1.0).contains(p)).map(When::Probability),
            "every" => value.parse().ok().filter(|n| *n > 0).map(When::Every),
            "burst" => {
                let (hits, of) = value.split_once('/')?;
                let (hits, of) = (hits.parse().ok()?, of.parse().ok()?);
                (0 < hits && hits <= of).then_some(When::Burst { hits, of })
            }
            _ => match value.split_once("..") {
                None => value.parse().ok().filter(|n| *n > 0).map(|n| When::Nth(n..=n)),
                Some((from, "")) => Some(When::Nth(from.parse().ok()?..=u64::MAX)),
                Some((from, to)) => Some(When::Nth(from.parse().ok()?..=to.parse().ok()?)),
            },
        }
    }
}

/// With the comma before it.
impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            When::Always => Ok(()),
            When::Nth(range) if range.start() == range.end() => write!(f, ",nth={}", range.start()),
            When::Nth(range) if *range.end() == u64::MAX => write!(f, ",nth={}..", range.start()),
            When::Nth(range) => write!(f, ",nth={}..{}", range.start(), range.end()),
            When::Every(n) => write!(f, ",every={n}"),
            When::Probability(p) => write!(f, ",p={p}"),
            When::Burst { hits, of } => write!(f, ",burst={hits}/{of}"),
        }
    }
}
