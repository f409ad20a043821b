//! The contents of a state file. No I/O, no clock: times are milliseconds since the epoch.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The largest file that is read. One that is written is far smaller.
pub const LARGEST: usize = 1 << 20;

const VERSION: u64 = 1;
const MOST_CLASSES: usize = 64;
const MOST_LIVE: usize = 32;
const MOST_FACTS: usize = 1_000;
const MOST_CALLS: usize = 1_024;
const LONGEST_TEXT: usize = 1_024;
/// More calls than this were never made at one time; sums of such numbers stay far from overflow.
const MOST_AT_ONCE: u64 = u32::MAX as u64;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// Clocks of one machine may be set back a little.
const SKEW: i64 = MINUTE;
/// A process that has not been heard of for so long has ended.
const DEAD_AFTER: i64 = 2 * MINUTE;
/// What is known of a quota is forgotten after this.
const QUOTA_GOOD_FOR: i64 = 7 * DAY;
/// What was only found out by refusals is forgotten after this.
const GUESS_GOOD_FOR: i64 = 2 * DAY;
/// What was found out about a subscription is found out anew after this.
const FACT_GOOD_FOR: i64 = 30 * DAY;

/// Calls at a time: when, and how many.
pub type Calls = Vec<(i64, u64)>;

/// What is shared about one subscription.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct State {
    /// What was found out, as words under words.
    pub facts: BTreeMap<String, Fact>,
    /// The quota of each limit class.
    pub classes: BTreeMap<String, Class>,
}

/// Something that was found out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fact {
    /// What.
    pub word: String,
    /// When.
    pub at: i64,
}

/// What is known of the quota of a limit class.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Class {
    /// Calls a window.
    pub limit: Option<u64>,
    /// Length of the window.
    pub window: Option<u64>,
    /// Calls at the same time.
    pub concurrency: Option<u64>,
    /// Whether the service said so itself.
    pub stated: bool,
    /// No call before then.
    pub closed_until: Option<i64>,
    /// When this was last known to be so.
    pub seen: i64,
    /// Calls of processes that have ended.
    pub past: Calls,
    /// Calls of running processes, each under a random name.
    pub live: BTreeMap<String, Live>,
}

/// The calls of a running process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Live {
    /// When it was last heard of.
    pub at: i64,
    /// Its calls in the window.
    pub calls: Calls,
}

/// Reads the contents of a state file. What cannot be read is nothing known.
pub fn decode(bytes: &[u8]) -> State {
    if bytes.len() > LARGEST {
        return State::default();
    }
    let Ok(Value::Object(map)) = serde_json::from_slice::<Value>(bytes) else { return State::default() };
    if map.get("version").and_then(Value::as_u64) != Some(VERSION) {
        return State::default();
    }
    let objects = |name: &str, most: usize| {
        let entries = map.get(name).and_then(Value::as_object).into_iter().flatten();
        let entries: Vec<_> = entries.filter(|(k, _)| k.len() <= LONGEST_TEXT).take(most).collect();
        entries
    };
    let mut state = State::default();
    for (name, value) in objects("facts", MOST_FACTS) {
        if let (Some(word), Some(at)) = (value[0].as_str(), value[1].as_i64())
            && word.len() <= LONGEST_TEXT
        {
            state.facts.insert(name.clone(), Fact { word: word.to_owned(), at });
        }
    }
    for (name, value) in objects("classes", MOST_CLASSES) {
        if let Some(class) = value.as_object() {
            state.classes.insert(name.clone(), read_class(class));
        }
    }
    state
}

fn read_class(map: &Map<String, Value>) -> Class {
    let number = |name: &str| map.get(name).and_then(Value::as_u64).filter(|n| *n > 0);
    let time = |name: &str| map.get(name).and_then(Value::as_i64);
    let live = map.get("live").and_then(Value::as_object).into_iter().flatten();
    let live = live.filter(|(k, _)| k.len() <= LONGEST_TEXT).take(MOST_LIVE).filter_map(|(name, value)| {
        let at = value.get("at")?.as_i64()?;
        Some((name.clone(), Live { at, calls: read_calls(value.get("calls")) }))
    });
    Class {
        limit: number("limit"),
        window: number("window").filter(|ms| *ms <= (30 * DAY) as u64),
        concurrency: number("concurrency"),
        stated: map.get("stated").and_then(Value::as_bool).unwrap_or(false),
        closed_until: time("closed_until"),
        seen: time("seen").unwrap_or(0),
        past: read_calls(map.get("past")),
        live: live.collect(),
    }
}

/// Times as differences to the one before, each followed by the number of calls.
fn read_calls(value: Option<&Value>) -> Calls {
    let numbers: Vec<i64> =
        value.and_then(Value::as_array).into_iter().flatten().map_while(Value::as_i64).collect();
    let mut at = 0i64;
    let mut calls = Calls::new();
    for pair in numbers.chunks_exact(2).take(4 * MOST_CALLS) {
        let (by, n) = (pair[0], pair[1]);
        if by < 0 || n <= 0 {
            break;
        }
        at = at.saturating_add(by);
        calls.push((at, n.unsigned_abs().min(MOST_AT_ONCE)));
    }
    calls
}

fn write_calls(calls: &Calls) -> Vec<i64> {
    let mut before = 0;
    let mut numbers = Vec::with_capacity(calls.len() * 2);
    for (at, n) in calls {
        numbers.push(at - before);
        numbers.push(i64::try_from(*n).unwrap_or(i64::MAX));
        before = *at;
    }
    numbers
}

/// The contents of a state file.
pub fn encode(state: &State) -> Vec<u8> {
    let facts: Map<String, Value> =
        state.facts.iter().map(|(name, f)| (name.clone(), json!([f.word, f.at]))).collect();
    let class = |c: &Class| {
        let live: Map<String, Value> = c
            .live
            .iter()
            .map(|(name, l)| (name.clone(), json!({ "at": l.at, "calls": write_calls(&l.calls) })))
            .collect();
        json!({
            "limit": c.limit,
            "window": c.window,
            "concurrency": c.concurrency,
            "stated": c.stated,
            "closed_until": c.closed_until,
            "seen": c.seen,
            "past": write_calls(&c.past),
            "live": live,
        })
    };
    let classes: Map<String, Value> =
        state.classes.iter().map(|(name, c)| (name.clone(), class(c))).collect();
    json!({ "version": VERSION, "facts": facts, "classes": classes }).to_string().into_bytes()
}

impl State {
    /// Forgets what is too old, what cannot be, and what is too much.
    pub fn tidy(&mut self, now: i64) {
        self.facts
            .retain(|_, f| f.at <= now.saturating_add(SKEW) && f.at.saturating_add(FACT_GOOD_FOR) > now);
        if self.facts.len() > MOST_FACTS {
            let mut times: Vec<i64> = self.facts.values().map(|f| f.at).collect();
            times.sort_unstable();
            let from = times[times.len() - MOST_FACTS];
            self.facts.retain(|_, f| f.at >= from);
        }
        for class in self.classes.values_mut() {
            class.tidy(now);
        }
        self.classes.retain(|_, c| *c != Class { seen: c.seen, ..Class::default() });
    }
}

impl Class {
    fn tidy(&mut self, now: i64) {
        let future = |at: i64| at > now.saturating_add(SKEW);
        let good_for = if self.stated { QUOTA_GOOD_FOR } else { GUESS_GOOD_FOR };
        if future(self.seen) || self.seen.saturating_add(good_for) <= now {
            (self.limit, self.window, self.concurrency, self.stated) = (None, None, None, false);
            self.closed_until = None;
        }
        let window = self.window.and_then(|ms| i64::try_from(ms).ok()).unwrap_or(DAY);
        // No window is longer, so no wait is.
        let furthest = now.saturating_add(window.max(DAY)).saturating_add(SKEW);
        self.closed_until = self.closed_until.filter(|at| *at > now && *at <= furthest);
        let ended: Vec<String> = self
            .live
            .iter()
            .filter(|(_, l)| future(l.at) || l.at.saturating_add(DEAD_AFTER) <= now)
            .map(|(name, _)| name.clone())
            .collect();
        for name in ended {
            self.bury(&name);
        }
        while self.live.len() > MOST_LIVE {
            let oldest = self.live.iter().min_by_key(|(_, l)| l.at).map(|(name, _)| name.clone());
            match oldest {
                Some(name) => self.bury(&name),
                None => break,
            }
        }
        let live = self.live.values_mut().map(|l| &mut l.calls);
        for calls in live.chain([&mut self.past]) {
            calls.retain(|(at, _)| !future(*at) && at.saturating_add(window) > now);
            calls.sort_unstable();
            shorten(calls, window);
        }
    }

    /// The calls of a process that has ended belong to the past.
    pub fn end(&mut self, name: &str) {
        self.bury(name);
        self.past.sort_unstable();
    }

    fn bury(&mut self, name: &str) {
        if let Some(live) = self.live.remove(name) {
            self.past.extend(live.calls);
        }
    }
}

/// Puts calls together that lie close to one another, at the later time, so that the list stays short.
fn shorten(calls: &mut Calls, window: i64) {
    let mut step = 1;
    while calls.len() > MOST_CALLS {
        step = if step == 1 { (window / MOST_CALLS as i64).max(2) } else { step * 2 };
        let mut short: Calls = Vec::with_capacity(MOST_CALLS);
        for (at, n) in calls.iter() {
            let until = (at / step).saturating_add(1).saturating_mul(step) - 1;
            match short.last_mut() {
                Some((last, count)) if *last == until => *count = count.saturating_add(*n),
                _ => short.push((until, *n)),
            }
        }
        *calls = short;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_767_225_600_000;

    fn known() -> State {
        let class = Class {
            limit: Some(300),
            window: Some(3_600_000),
            concurrency: Some(2),
            stated: true,
            closed_until: Some(NOW + 5_000),
            seen: NOW - 10,
            past: vec![(NOW - 3_000, 1), (NOW - 1_000, 4)],
            live: [("a1".to_owned(), Live { at: NOW - 50, calls: vec![(NOW - 60, 1)] })].into(),
        };
        State {
            facts: [("page".to_owned(), Fact { word: "200".to_owned(), at: NOW - 5 })].into(),
            classes: [("resource".to_owned(), class)].into(),
        }
    }

    #[test]
    fn what_is_written_is_read_the_same() {
        let state = known();
        assert_eq!(decode(&encode(&state)), state);
        let mut tidy = state.clone();
        tidy.tidy(NOW);
        assert_eq!(tidy, state);
    }

    #[test]
    fn what_is_damaged_is_nothing_known() {
        let good = encode(&known());
        for bad in [
            &b""[..],
            b"{",
            b"[]",
            b"null",
            br#"{"version":2,"facts":{"a":["b",1]}}"#,
            br#"{"version":1,"facts":7,"classes":[1]}"#,
            br#"{"version":1,"classes":{"x":5}}"#,
            &vec![b' '; LARGEST + 1],
            &good[..good.len() / 2],
        ] {
            assert_eq!(decode(bad), State::default());
        }
        // Odd values cost themselves only.
        let odd = br#"{"version":1,"facts":{"a":["b",1],"c":[1,2]},"classes":{"x":{"limit":-5,"window":0,
            "past":[5,1,-9,1,3,1],"live":{"p":{"at":"x"},"q":{"at":9,"calls":[1]}}}}}"#;
        let state = decode(odd);
        assert_eq!(state.facts.len(), 1);
        let class = &state.classes["x"];
        assert_eq!((class.limit, class.window, &class.past), (None, None, &vec![(5, 1)]));
        assert_eq!(class.live.keys().collect::<Vec<_>>(), ["q"]);
    }

    #[test]
    fn what_is_stale_or_from_the_future_is_dropped() {
        let mut state = known();
        state.tidy(NOW + 3_601_000);
        let class = &state.classes["resource"];
        assert_eq!((class.limit, class.closed_until), (Some(300), None));
        assert!(class.past.is_empty() && class.live.is_empty());
        state.tidy(NOW + 8 * DAY);
        assert!(state.classes.is_empty());
        state.tidy(NOW + 31 * DAY);
        assert_eq!(state, State::default());

        // The clock was set back by a day.
        let mut state = known();
        state.tidy(NOW - DAY);
        assert_eq!(state, State::default());
    }

    #[test]
    fn a_process_that_is_not_heard_of_belongs_to_the_past() {
        let mut state = known();
        state.tidy(NOW + DEAD_AFTER);
        let class = &state.classes["resource"];
        assert!(class.live.is_empty());
        assert_eq!(class.past, [(NOW - 3_000, 1), (NOW - 1_000, 4), (NOW - 60, 1)]);
    }

    #[test]
    fn the_file_stays_small_however_many_calls_there_are() {
        let mut state = known();
        let class = state.classes.get_mut("resource").unwrap();
        class.past = (0..200_000).map(|n| (NOW - 3_000_000 + n * 15, 1)).collect();
        for n in 0..500 {
            class.live.insert(format!("p{n}"), Live { at: NOW - n, calls: vec![(NOW - n, 1)] });
        }
        for n in 0..5_000 {
            state.facts.insert(format!("f{n}"), Fact { word: "x".to_owned(), at: NOW - n });
        }
        state.tidy(NOW);
        let class = &state.classes["resource"];
        let sum: u64 = class.past.iter().map(|(_, n)| n).sum();
        let live: u64 = class.live.values().flat_map(|l| &l.calls).map(|(_, n)| n).sum();
        assert_eq!(sum + live, 200_501, "no call is lost");
        assert!(class.past.len() <= MOST_CALLS + 500 && class.live.len() <= MOST_LIVE);
        assert_eq!(state.facts.len(), MOST_FACTS);
        assert!(encode(&state).len() < 100_000);
        assert!(class.past.iter().all(|(at, _)| *at <= NOW + 10_000), "a call leaves late, but not by much");
    }

    #[test]
    fn any_bytes_are_read_without_a_panic() {
        let good = encode(&known());
        for at in 0..good.len() {
            for byte in [0, b'9', b'"', b'}', 255] {
                let mut bad = good.clone();
                bad[at] = byte;
                let mut state = decode(&bad);
                state.tidy(NOW);
                decode(&encode(&state));
            }
        }
        let mut odd = decode(br#"{"version":1,"classes":{"x":{"seen":9223372036854775807,"closed_until":9223372036854775807,
            "past":[9223372036854775807,9223372036854775807,5,1],"window":2592000000,"limit":18446744073709551615}}}"#);
        let calls: u64 = odd.classes["x"].past.iter().map(|(_, n)| n).sum();
        assert!(calls < 1 << 40, "calls can be counted");
        odd.tidy(i64::MAX);
        odd.tidy(i64::MIN);
        encode(&odd);
    }
}
