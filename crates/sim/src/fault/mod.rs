//! Faults as data: which calls they hit and what they do to them.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use totalcloud_api::endpoints;

/// One fault: `op=resources.list,nth=3,do=status:503`.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultSpec {
    /// The operations it hits; all of them where none is named.
    pub op: Option<String>,
    /// Which of their calls.
    pub when: When,
    /// What happens to those calls.
    pub act: FaultAction,
}

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
}

/// What a fault does to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultAction {
    /// `status:503`: this status, with the body that belongs to it.
    Status(u16),
    /// `reset`: the connection is reset before an answer.
    Reset,
    /// `stall`: no answer ever comes.
    Stall,
    /// `cut`: the connection ends in the middle of the body.
    Cut,
    /// `stall-body`: half of the body comes and then nothing.
    StallBody,
    /// `empty`: status 200 with a body of zero length.
    Empty,
    /// `html`: status 200 with an HTML page.
    Html,
    /// `error-in-200`: an error body with status 200.
    ErrorIn200,
    /// `delay:MS`: the answer comes later.
    Delay(Duration),
}

/// A fault that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "fault '{spec}': {reason}; faults look like op=resources.list,nth=3,do=status:503 with nth=N, nth=N..M, \
     every=N or p=0.1, and do=status:N, reset, stall, cut, stall-body, empty, html, error-in-200 or delay:MS"
)]
pub struct BadFault {
    /// What was given.
    pub spec: String,
    /// What is wrong with it.
    pub reason: String,
}

impl FromStr for FaultSpec {
    type Err = BadFault;

    fn from_str(spec: &str) -> Result<FaultSpec, BadFault> {
        let bad = |reason: String| BadFault { spec: spec.to_owned(), reason };
        let (mut op, mut when, mut act) = (None, None, None);
        for part in spec.split(',') {
            let (key, value) =
                part.trim().split_once('=').ok_or_else(|| bad(format!("'{part}' is not key=value")))?;
            match key {
                "op" if value == "*" => {}
                "op" => {
                    if endpoints::by_id(value).is_none() {
                        return Err(bad(format!("there is no operation '{value}'")));
                    }
                    op = Some(value.to_owned());
                }
                "nth" | "every" | "p" => {
                    let read = When::read(key, value)
                        .ok_or_else(|| bad(format!("{key}={value} is no number in range")))?;
                    if when.replace(read).is_some() {
                        return Err(bad("nth, every and p exclude each other".to_owned()));
                    }
                }
                "do" => {
                    act = Some(
                        FaultAction::read(value).ok_or_else(|| bad(format!("do={value} is not known")))?,
                    )
                }
                other => return Err(bad(format!("'{other}' is not known"))),
            }
        }
        let act = act.ok_or_else(|| bad("do=… is missing".to_owned()))?;
        Ok(FaultSpec { op, when: when.unwrap_or(When::Always), act })
    }
}

impl When {
    fn read(key: &str, value: &str) -> Option<When> {
        match key {
            "p" => value.parse().ok().filter(|p| (0.0..=1.0).contains(p)).map(When::Probability),
            "every" => value.parse().ok().filter(|n| *n > 0).map(When::Every),
            _ => match value.split_once("..") {
                None => value.parse().ok().filter(|n| *n > 0).map(|n| When::Nth(n..=n)),
                Some((from, "")) => Some(When::Nth(from.parse().ok()?..=u64::MAX)),
                Some((from, to)) => Some(When::Nth(from.parse().ok()?..=to.parse().ok()?)),
            },
        }
    }
}

impl FaultAction {
    fn read(text: &str) -> Option<FaultAction> {
        Some(match text.split_once(':') {
            Some(("status", code)) => {
                FaultAction::Status(code.parse().ok().filter(|c| (200..600).contains(c))?)
            }
            Some(("delay", ms)) => FaultAction::Delay(Duration::from_millis(ms.parse().ok()?)),
            Some(_) => return None,
            None => match text {
                "reset" => FaultAction::Reset,
                "stall" => FaultAction::Stall,
                "cut" => FaultAction::Cut,
                "stall-body" => FaultAction::StallBody,
                "empty" => FaultAction::Empty,
                "html" => FaultAction::Html,
                "error-in-200" => FaultAction::ErrorIn200,
                _ => return None,
            },
        })
    }
}

impl fmt::Display for FaultSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "op={}", self.op.as_deref().unwrap_or("*"))?;
        match &self.when {
            When::Always => {}
            When::Nth(range) if range.start() == range.end() => write!(f, ",nth={}", range.start())?,
            When::Nth(range) if *range.end() == u64::MAX => write!(f, ",nth={}..", range.start())?,
            When::Nth(range) => write!(f, ",nth={}..{}", range.start(), range.end())?,
            When::Every(n) => write!(f, ",every={n}")?,
            When::Probability(p) => write!(f, ",p={p}")?,
        }
        f.write_str(",do=")?;
        match &self.act {
            FaultAction::Status(code) => write!(f, "status:{code}"),
            FaultAction::Delay(by) => write!(f, "delay:{}", by.as_millis()),
            FaultAction::Reset => f.write_str("reset"),
            FaultAction::Stall => f.write_str("stall"),
            FaultAction::Cut => f.write_str("cut"),
            FaultAction::StallBody => f.write_str("stall-body"),
            FaultAction::Empty => f.write_str("empty"),
            FaultAction::Html => f.write_str("html"),
            FaultAction::ErrorIn200 => f.write_str("error-in-200"),
        }
    }
}

/// The faults of a running simulator, with their counters.
#[derive(Debug)]
pub(crate) struct Faults(Vec<Armed>);

#[derive(Debug)]
struct Armed {
    spec: FaultSpec,
    seen: AtomicU64,
    rng: Mutex<StdRng>,
}

impl Faults {
    pub(crate) fn new(specs: Vec<FaultSpec>, seed: u64) -> Faults {
        let arm = |(i, spec)| Armed {
            spec,
            seen: AtomicU64::new(0),
            // Each fault has its own stream, so that adding one does not move another.
            rng: Mutex::new(StdRng::seed_from_u64(seed ^ (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))),
        };
        Faults(specs.into_iter().enumerate().map(arm).collect())
    }

    /// Everything that hits this call. All faults count it, also where an earlier one hits.
    pub(crate) fn hit(&self, op: &str) -> Vec<&FaultAction> {
        let mut hits = Vec::new();
        for armed in &self.0 {
            if armed.spec.op.as_deref().is_some_and(|wanted| wanted != op) {
                continue;
            }
            let nth = armed.seen.fetch_add(1, Ordering::SeqCst) + 1;
            let hit = match &armed.spec.when {
                When::Always => true,
                When::Nth(range) => range.contains(&nth),
                When::Every(n) => nth.is_multiple_of(*n),
                When::Probability(p) => {
                    let mut rng = armed.rng.lock().unwrap_or_else(|e| e.into_inner());
                    rng.random::<f64>() < *p
                }
            };
            if hit {
                hits.push(&armed.spec.act);
            }
        }
        hits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_the_same_way() {
        for text in [
            "op=resources.list,nth=3,do=status:503",
            "op=*,p=0.1,do=reset",
            "op=*,nth=2..4,do=stall",
            "op=*,nth=2..,do=cut",
            "op=controls.list,every=5,do=stall-body",
            "op=*,do=delay:20",
        ] {
            assert_eq!(text.parse::<FaultSpec>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_reason() {
        for (text, word) in [
            ("nth=3", "do=… is missing"),
            ("op=nothing.list,do=reset", "no operation 'nothing.list'"),
            ("p=2,do=reset", "p=2"),
            ("nth=0,do=reset", "nth=0"),
            ("nth=1,p=0.5,do=reset", "exclude"),
            ("do=explode", "do=explode"),
            ("do=status:99", "do=status:99"),
            ("reset", "not key=value"),
        ] {
            let error = text.parse::<FaultSpec>().unwrap_err().to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn each_fault_counts_the_calls_of_its_own_operations() {
        let specs = ["op=resources.list,nth=2,do=reset", "every=3,do=stall"];
        let faults = Faults::new(specs.iter().map(|s| s.parse().unwrap()).collect(), 1);
        let calls = ["resources.list", "controls.list", "resources.list", "resources.list"];
        let hits: Vec<Vec<&FaultAction>> = calls.iter().map(|op| faults.hit(op)).collect();
        assert_eq!(hits, [vec![], vec![], vec![&FaultAction::Reset, &FaultAction::Stall], vec![]]);
    }

    #[test]
    fn the_seed_decides_which_calls_a_probability_hits() {
        let run = |seed| {
            let faults = Faults::new(vec!["p=0.3,do=reset".parse().unwrap()], seed);
            (0..200).map(|_| faults.hit("resources.list").len()).collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        assert!((30..90).contains(&run(7).iter().sum::<usize>()));
    }
}
