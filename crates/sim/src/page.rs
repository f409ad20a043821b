//! The page envelope, written straight into bytes, and what is remembered between pages.

use crate::call::{Call, PageAsk};
use crate::fault::FaultAction;
use crate::reply::{Answer, Reply};
use crate::state::table::Row;
use crate::world::{Ask, Collection, Selection, View};
use bytes::Bytes;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Mutex;

/// A bounded memory of values, the oldest forgotten first.
#[derive(Debug)]
pub(crate) struct Memory<K, V> {
    state: Mutex<Kept<K, V>>,
    most: usize,
}

#[derive(Debug)]
struct Kept<K, V> {
    values: HashMap<K, (V, usize)>,
    order: VecDeque<K>,
    weight: usize,
}

impl<K: Eq + Hash + Clone, V: Clone> Memory<K, V> {
    /// A memory for values of this weight in all.
    pub(crate) fn new(most: usize) -> Memory<K, V> {
        let kept = Kept { values: HashMap::new(), order: VecDeque::new(), weight: 0 };
        Memory { state: Mutex::new(kept), most }
    }

    pub(crate) fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let state = self.state.lock().unwrap_or_else(|e| e.into_inner());
        state.values.get(key).map(|(value, _)| value.clone())
    }

    pub(crate) fn put(&self, key: K, value: V, weight: usize) {
        if weight > self.most {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(|e| e.into_inner());
        if state.values.contains_key(&key) {
            return;
        }
        while state.weight + weight > self.most {
            let Some(oldest) = state.order.pop_front() else { break };
            if let Some((_, freed)) = state.values.remove(&oldest) {
                state.weight -= freed;
            }
        }
        state.weight += weight;
        state.order.push_back(key.clone());
        state.values.insert(key, (value, weight));
    }

    pub(crate) fn clear(&self) {
        let mut state = self.state.lock().unwrap_or_else(|e| e.into_inner());
        state.values.clear();
        state.order.clear();
        state.weight = 0;
    }
}

/// Which rows a page shows in place of its own, where rows move while they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Own,
    /// Those from one row before it on.
    RowBefore,
    /// Those from one row behind its first on; behind the last row of all comes the first one.
    RowBehind,
    /// Those of the page before.
    PageBefore,
}

impl Turn {
    pub(crate) fn of(hits: &[&FaultAction]) -> Turn {
        let turn = hits.iter().find_map(|hit| match hit {
            FaultAction::MovedUp => Some(Turn::RowBefore),
            FaultAction::MovedDown => Some(Turn::RowBehind),
            FaultAction::RepeatPage => Some(Turn::PageBefore),
            _ => None,
        });
        turn.unwrap_or(Turn::Own)
    }

    /// The places that a page of so many of `total` rows shows.
    pub(crate) fn places(self, total: u64, page: PageAsk, count: u64) -> Vec<u64> {
        let offset = page.offset();
        let from = match self {
            Turn::Own => offset,
            Turn::RowBefore => offset.saturating_sub(1),
            Turn::RowBehind => offset + 1,
            Turn::PageBefore => offset.saturating_sub(page.size),
        };
        let mut places: Vec<u64> = (from..from.saturating_add(count).min(total.max(from))).collect();
        if self == Turn::RowBehind && (places.len() as u64) < count && total > 0 {
            places.push(0);
        }
        places
    }
}

/// What a selection was made from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct SelectionKey {
    collection: Collection,
    filter: Option<String>,
    updated: Option<String>,
    sort: Option<String>,
    /// The second that `now` means, where the query is relative to it.
    now: Option<i64>,
}

impl Call<'_> {
    /// The rows that the query of this call selects.
    pub(crate) fn select(&self, collection: &Collection, ask: &Ask<'_>) -> Result<Selection, Reply> {
        let refuse = |e: crate::world::BadAsk| self.errors.bad_request(&e.to_string());
        if *ask == Ask::default() {
            return self.world.select(collection, ask, self.world_now).map_err(refuse);
        }
        let relative = |text: Option<&str>| text.is_some_and(|t| t.to_ascii_lowercase().contains("now"));
        let key = SelectionKey {
            collection: *collection,
            filter: ask.filter.map(str::to_owned),
            updated: ask.updated.map(str::to_owned),
            sort: ask.sort.map(str::to_owned),
            now: (relative(ask.filter) || relative(ask.updated)).then(|| self.world_now.as_second()),
        };
        if let Some(selection) = self.service.selections.get(&key) {
            return Ok(selection);
        }
        let selection = self.world.select(collection, ask, self.world_now).map_err(refuse)?;
        let weight = usize::try_from(selection.total()).unwrap_or(usize::MAX).saturating_add(64);
        self.service.selections.put(key, selection.clone(), weight);
        Ok(selection)
    }

    /// Answers a page of a collection in the envelope.
    pub(crate) fn paged(&self, collection: &Collection, ask: &Ask<'_>, page: PageAsk) -> Answer {
        self.page_ended(collection, ask, page, |out, written, total| {
            finish(out, page, written, total, ask.sort.is_some());
        })
    }

    /// Answers a page with nothing but its rows and `totalHits`, which `told` makes of the total.
    pub(crate) fn hits(
        &self,
        collection: &Collection,
        ask: &Ask<'_>,
        page: PageAsk,
        told: impl Fn(u64) -> u64,
    ) -> Answer {
        self.page_ended(collection, ask, page, |out, _, total| {
            out.extend_from_slice(b",\"totalHits\":");
            out.extend_from_slice(itoa::Buffer::new().format(told(total)).as_bytes());
            out.push(b'}');
        })
    }

    /// The page's bytes are remembered unless they depend on the moment.
    fn page_ended(
        &self,
        collection: &Collection,
        ask: &Ask<'_>,
        page: PageAsk,
        end: impl FnOnce(&mut Vec<u8>, u64, u64),
    ) -> Answer {
        let cacheable = ask.filter.is_none() && ask.updated.is_none() && self.turn == Turn::Own;
        if cacheable && let Some(body) = self.service.pages.get(self.target) {
            return Ok(Reply::json(body));
        }
        let selection = self.select(collection, ask)?;
        let wall = self.id.operation().paging.and_then(|p| p.wall);
        let offset = page.offset();
        let count = wall.map_or(page.size, |wall| page.size.min(wall.saturating_sub(offset)));
        // Rows of the inventory are about 1.7 kB, all others less.
        let rows = selection.total().saturating_sub(offset).min(count);
        let mut out = Vec::with_capacity(usize::try_from(rows).unwrap_or(0) * 2048 + 512);
        out.extend_from_slice(b"{\"content\":[");
        let mut written = 0u64;
        let places = self.turn.places(selection.total(), page, rows);
        for row in places.into_iter().filter_map(|place| selection.nth(place)) {
            if written > 0 {
                out.push(b',');
            }
            self.world.write(collection, row, View::List, &mut out);
            written += 1;
        }
        out.push(b']');
        end(&mut out, written, selection.total());
        // The spare room of the estimate would be kept as long as the page.
        out.shrink_to_fit();
        let body = Bytes::from(out);
        if cacheable {
            self.service.pages.put(self.target.to_owned(), body.clone(), body.len());
        }
        Ok(Reply::json(body))
    }

    /// Answers a whole collection as a bare array.
    pub(crate) fn array(&self, collection: &Collection) -> Answer {
        let selection = self.select(collection, &Ask::default())?;
        let mut out = vec![b'['];
        for (i, row) in selection.page(0, selection.total()).enumerate() {
            if i > 0 {
                out.push(b',');
            }
            self.world.write(collection, row, View::List, &mut out);
        }
        out.push(b']');
        Ok(Reply::json(out))
    }
}

/// Rows that are at hand in the envelope.
pub(crate) fn envelope(rows: &[&Row], page: PageAsk, total: u64, sorted: bool) -> Reply {
    let mut out = b"{\"content\":".to_vec();
    out.extend_from_slice(&serde_json::to_vec(rows).unwrap_or_else(|_| b"[]".to_vec()));
    finish(&mut out, page, rows.len() as u64, total, sorted);
    Reply::json(out)
}

/// Writes the rest of the envelope behind `content`.
///
/// `pageable` is written as the vendor's Swagger file has it, without an `empty` of its own. The remediation
/// call of the reference SDK reads rows only where `pageable.empty` is true: against this shape, which is the
/// documented one, it returns no rows.
fn finish(out: &mut Vec<u8>, page: PageAsk, written: u64, total: u64, sorted: bool) {
    let pages = total.div_ceil(page.size);
    let last = page.number + 1 >= pages;
    let sort: &[u8] = if sorted {
        br#"{"sorted":true,"unsorted":false,"empty":false}"#
    } else {
        br#"{"sorted":false,"unsorted":true,"empty":true}"#
    };
    let mut numbers = itoa::Buffer::new();
    let mut put = |out: &mut Vec<u8>, before: &[u8], n: u64| {
        out.extend_from_slice(before);
        out.extend_from_slice(numbers.format(n).as_bytes());
    };
    let word = |b: bool| if b { &b"true"[..] } else { &b"false"[..] };
    out.extend_from_slice(b",\"pageable\":{\"sort\":");
    out.extend_from_slice(sort);
    put(out, b",\"pageNumber\":", page.number);
    put(out, b",\"pageSize\":", page.size);
    put(out, b",\"offset\":", page.offset());
    out.extend_from_slice(b",\"paged\":true,\"unpaged\":false},\"last\":");
    out.extend_from_slice(word(last));
    put(out, b",\"totalPages\":", pages);
    put(out, b",\"totalElements\":", total);
    out.extend_from_slice(b",\"first\":");
    out.extend_from_slice(word(page.number == 0));
    out.extend_from_slice(b",\"sort\":");
    out.extend_from_slice(sort);
    put(out, b",\"numberOfElements\":", written);
    put(out, b",\"size\":", page.size);
    put(out, b",\"number\":", page.number);
    out.extend_from_slice(b",\"empty\":");
    out.extend_from_slice(word(written == 0));
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn envelope(number: u64, size: u64, written: u64, total: u64) -> Value {
        let mut out = b"{\"content\":[]".to_vec();
        finish(&mut out, PageAsk { number, size }, written, total, false);
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn the_envelope_is_springs() {
        let sort = json!({"sorted": false, "unsorted": true, "empty": true});
        assert_eq!(
            envelope(0, 50, 2, 2),
            json!({
                "content": [],
                "pageable": {"sort": sort, "pageNumber": 0, "pageSize": 50, "offset": 0, "paged": true, "unpaged": false},
                "last": true, "totalPages": 1, "totalElements": 2, "first": true, "sort": sort,
                "numberOfElements": 2, "size": 50, "number": 0, "empty": false,
            })
        );
    }

    #[test]
    fn last_and_empty_follow_the_total() {
        let ends = |number, written, total| {
            let e = envelope(number, 50, written, total);
            (e["last"].as_bool().unwrap(), e["empty"].as_bool().unwrap(), e["totalPages"].as_u64().unwrap())
        };
        assert_eq!(ends(0, 50, 100), (false, false, 2));
        assert_eq!(ends(1, 50, 100), (true, false, 2));
        assert_eq!(ends(2, 0, 100), (true, true, 2));
        assert_eq!(ends(0, 0, 0), (true, true, 0));
    }

    #[test]
    fn a_memory_forgets_the_oldest_and_never_holds_more_than_it_may() {
        let memory: Memory<String, u32> = Memory::new(10);
        memory.put("a".into(), 1, 6);
        memory.put("b".into(), 2, 4);
        memory.put("c".into(), 3, 5);
        memory.put("d".into(), 4, 11);
        assert_eq!(memory.get("a"), None);
        assert_eq!(memory.get("b"), Some(2));
        assert_eq!(memory.get("c"), Some(3));
        assert_eq!(memory.get("d"), None);
        memory.clear();
        assert_eq!(memory.get("b"), None);
    }
}
