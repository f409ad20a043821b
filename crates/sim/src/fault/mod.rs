//! Faults as data: which calls they hit and what they do to them.

mod action;
mod spoil;
mod told;
mod when;

pub use action::{FaultAction, RefuseAs};
pub use told::Told;
pub use when::When;

pub(crate) use spoil::spoil;
pub(crate) use told::http_date;

use rand::SeedableRng;
use rand::rngs::StdRng;
use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;
use totalcloud_api::endpoints;
use when::Count;

/// One fault: `op=resources.list,nth=3,do=status:503`.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultSpec {
    /// The operations it hits; all of them where none is named.
    pub op: Option<String>,
    /// Which of their calls.
    pub when: When,
    /// What happens to those calls.
    pub act: FaultAction,
    /// After so many hits it is over.
    pub times: Option<u64>,
}

/// A fault that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "fault '{spec}': {reason}; faults look like op=resources.list,nth=3,do=status:503 with nth=N, nth=N..M, \
     every=N, p=0.1 or burst=5/100, do=… and times=N; do takes {}",
    FaultAction::HELP.iter().map(|(form, _)| *form).collect::<Vec<_>>().join(", ")
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
        let (mut op, mut when, mut act, mut times) = (None, None, None, None);
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
                key if When::KEYS.contains(&key) => {
                    let read = When::read(key, value)
                        .ok_or_else(|| bad(format!("{key}={value} is no number in range")))?;
                    if when.replace(read).is_some() {
                        return Err(bad(format!("{} exclude each other", When::KEYS.join(", "))));
                    }
                }
                "times" => {
                    let read = value.parse().ok().filter(|n| *n > 0);
                    times = Some(read.ok_or_else(|| bad(format!("times={value} is no number in range")))?);
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
        Ok(FaultSpec { op, when: when.unwrap_or(When::Always), act, times })
    }
}

impl fmt::Display for FaultSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "op={}", self.op.as_deref().unwrap_or("*"))?;
        write!(f, "{},do={}", self.when, self.act)?;
        match self.times {
            Some(times) => write!(f, ",times={times}"),
            None => Ok(()),
        }
    }
}

/// The faults of a running simulator, with their counters.
#[derive(Debug)]
pub(crate) struct Faults(Vec<Armed>);

#[derive(Debug)]
struct Armed {
    spec: FaultSpec,
    count: Mutex<Count>,
}

impl Faults {
    pub(crate) fn new(specs: Vec<FaultSpec>, seed: u64) -> Faults {
        let arm = |(i, spec)| {
            // Each fault has its own stream, so that adding one does not move another.
            let rng = StdRng::seed_from_u64(seed ^ (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
            Armed { spec, count: Mutex::new(Count::new(rng)) }
        };
        Faults(specs.into_iter().enumerate().map(arm).collect())
    }

    /// Everything that hits this call. All faults count it, also where an earlier one hits.
    pub(crate) fn hit(&self, op: &str) -> Vec<&FaultAction> {
        let of_op = |armed: &&Armed| armed.spec.op.as_deref().is_none_or(|wanted| wanted == op);
        let hits = |armed: &&Armed| {
            let mut count = armed.count.lock().unwrap_or_else(|e| e.into_inner());
            count.hit(&armed.spec.when, armed.spec.times)
        };
        self.0.iter().filter(of_op).filter(hits).map(|armed| &armed.spec.act).collect()
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
            "op=*,burst=5/100,do=status:502+retry-after=3",
            "op=*,nth=1,do=refuse:409-rate+limits+to-wait=7,times=2",
            "op=*,do=refuse:429+other-limits+retry-date=30",
            "op=auth.gateway,do=skew:-18000,times=1",
            "op=*,do=total:+3",
            "op=*,do=total:-3",
            "op=*,nth=4,do=down:500",
            "op=*,nth=4,do=content-type:text/plain;charset=UTF-8",
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
            ("burst=5/4,do=reset", "burst=5/4"),
            ("times=0,do=reset", "times=0"),
            ("do=status:503+retry-after=x", "do=status:503+retry-after=x"),
            ("do=refuse:429+retry-after=1+retry-date=1", "retry-date"),
            ("do=refuse:410", "do=refuse:410"),
            ("do=drip:0", "do=drip:0"),
            ("do=total:0", "do=total:0"),
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

    #[test]
    fn every_form_of_the_help_can_be_read_and_every_word_is_in_it() {
        for (form, _) in FaultAction::HELP {
            let form = form.replace("…", "refuse:429").replace("[:MS]", ":5").replace(":MS", ":5");
            let form = form.replace("status:N", "status:500").replace("SECONDS", "9");
            let form = form.replace("TYPE", "text/plain").replace('N', "9");
            let spec: FaultSpec = format!("do={form}").parse().unwrap();
            assert_eq!(spec.to_string(), format!("op=*,do={form}"));
        }
        let guide = include_str!("../../../../docs/guide/simulator.md");
        for (form, _) in FaultAction::HELP {
            assert!(guide.contains(&format!("`{form}`")), "the guide does not name {form}");
        }
    }

    #[test]
    fn a_burst_comes_once_in_each_round_and_times_ends_it() {
        let run = |spec: &str, calls| {
            let faults = Faults::new(vec![spec.parse().unwrap()], 3);
            (0..calls).map(|_| !faults.hit("resources.list").is_empty()).collect::<Vec<bool>>()
        };
        let hits = run("burst=5/100,do=status:503", 400);
        for round in hits.chunks(100) {
            let first = round.iter().position(|h| *h).unwrap();
            assert!(round[first..first + 5].iter().all(|h| *h));
            assert_eq!(round.iter().filter(|h| **h).count(), 5);
        }
        assert_eq!(hits, run("burst=5/100,do=status:503", 400));
        assert_eq!(run("do=reset,times=2", 4), [true, true, false, false]);
        assert_eq!(run("every=2,do=reset,times=1", 4), [false, true, false, false]);
    }
}
