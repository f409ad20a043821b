//! The pages of a pull, kept on disk while it runs, so that a pull that was stopped goes on without asking
//! again.
//!
//! One file, which is only ever appended to. A frame is length, checksum and body; the first frame names the
//! run, each further one holds a page with its question. A frame is written by one call, so that a process
//! killed at any byte leaves whole frames and at most one torn one at the end, which is found and cut. Of
//! several pages of one question the last one counts. In memory is where each page stands, and no page.

use bytes::Bytes;
use std::collections::HashMap;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use totalcloud::PageStore;
use totalcloud_api::page::Page;

/// The file.
pub const FILE: &str = "pages.journal";

const MAGIC: &[u8; 8] = b"tcpages1";
/// Length and checksum before each body.
const FRAME: usize = 8;
/// No body is longer; the largest answer that the client takes is far below.
const LONGEST: u32 = 1 << 30;
/// What is written is brought to the disk after so many bytes, or so long. A killed process loses nothing by
/// waiting, a machine that fails does.
const SYNC_BYTES: u64 = 8 << 20;
const SYNC_AFTER: Duration = Duration::from_secs(15);

/// The pages of one run.
#[derive(Debug)]
pub struct Journal {
    inner: Mutex<Inner>,
    hasher: RandomState,
}

#[derive(Debug)]
struct Inner {
    file: File,
    /// Where the next frame begins.
    end: u64,
    /// Where the page of a question stands, by the question's hash. A clash costs a call, not a wrong page.
    places: HashMap<u64, u64>,
    unsynced: u64,
    synced: Instant,
    taken: u64,
    trouble: Option<String>,
}

/// How the bytes of a journal end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With a whole frame.
    Whole,
    /// In the middle of a frame, as a killed process leaves it.
    Torn,
    /// With something that no process of ours has written so.
    Damaged,
}

/// The frames of a journal.
#[derive(Debug)]
pub struct Scan {
    /// Bytes of whole frames, from the beginning.
    pub good: u64,
    /// What follows them.
    pub end: End,
}

/// Reads the frames of a journal, up to the first that is not whole. Each body comes with its place.
///
/// # Errors
/// Those of reading.
pub fn scan(from: impl Read, mut each: impl FnMut(u64, &[u8])) -> io::Result<Scan> {
    let mut from = BufReader::with_capacity(256 * 1024, from);
    let mut body = Vec::new();
    let mut good = 0;
    let mut magic = [0; MAGIC.len()];
    let came = fill(&mut from, &mut magic)?;
    if magic[..came] != MAGIC[..came] {
        return Ok(Scan { good, end: End::Damaged });
    }
    if came < magic.len() {
        return Ok(Scan { good, end: End::Torn });
    }
    good += magic.len() as u64;
    loop {
        let mut head = [0; FRAME];
        match fill(&mut from, &mut head)? {
            0 => return Ok(Scan { good, end: End::Whole }),
            FRAME => {}
            _ => return Ok(Scan { good, end: End::Torn }),
        }
        let (length, sum) = frame(&head);
        if length > LONGEST {
            return Ok(Scan { good, end: End::Damaged });
        }
        body.clear();
        from.by_ref().take(u64::from(length)).read_to_end(&mut body)?;
        if body.len() < length as usize {
            return Ok(Scan { good, end: End::Torn });
        }
        if crc32fast::hash(&body) != sum {
            return Ok(Scan { good, end: End::Damaged });
        }
        each(good, &body);
        good += (FRAME + body.len()) as u64;
    }
}

/// Length and checksum of a frame.
fn frame(head: &[u8; FRAME]) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h] = *head;
    (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]))
}

/// Reads until the buffer is full or nothing more comes; how much came is returned.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut came = 0;
    while came < buffer.len() {
        match from.read(&mut buffer[came..]) {
            Ok(0) => break,
            Ok(n) => came += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(came)
}

/// The body of a page and its question.
fn encode(question: &str, page: &Page) -> io::Result<Vec<u8>> {
    let mut rows = Vec::with_capacity(page.rows.iter().map(|r| r.len() + 4).sum());
    for row in &page.rows {
        length(&mut rows, row.len())?;
        rows.extend_from_slice(row);
    }
    let envelope = serde_json::to_vec(page)?;
    let mut body = vec![0; FRAME];
    length(&mut body, question.len())?;
    body.extend_from_slice(question.as_bytes());
    length(&mut body, envelope.len())?;
    body.extend_from_slice(&envelope);
    length(&mut body, rows.len())?;
    body.append(&mut zstd::bulk::compress(&rows, 1)?);
    Ok(body)
}

fn length(out: &mut Vec<u8>, n: usize) -> io::Result<()> {
    let n = u32::try_from(n).ok().filter(|n| *n <= LONGEST).ok_or(io::ErrorKind::FileTooLarge)?;
    out.extend_from_slice(&n.to_le_bytes());
    Ok(())
}

/// Puts length and checksum in front of a body, for which room was left.
fn seal(mut body: Vec<u8>) -> Vec<u8> {
    let sum = crc32fast::hash(&body[FRAME..]);
    let length = (body.len() - FRAME) as u32;
    body[..4].copy_from_slice(&length.to_le_bytes());
    body[4..FRAME].copy_from_slice(&sum.to_le_bytes());
    body
}

/// A page and its question as they are appended to a journal.
///
/// # Errors
/// If the page is too large.
pub fn frame_of(question: &str, page: &Page) -> io::Result<Vec<u8>> {
    encode(question, page).map(seal)
}

/// Reads a body: the question and its page. `None` if it is no such body.
pub fn decode(body: &[u8]) -> Option<(&str, Page)> {
    let (question, rest) = piece(body)?;
    let (envelope, rest) = piece(rest)?;
    let (size, packed) = rest.split_first_chunk()?;
    let size = u32::from_le_bytes(*size);
    let mut rows = Vec::new();
    // A length that is not true must cost no memory.
    zstd::stream::read::Decoder::new(packed).ok()?.take(u64::from(size) + 1).read_to_end(&mut rows).ok()?;
    if rows.len() != size as usize {
        return None;
    }
    let mut page: Page = serde_json::from_slice(envelope).ok()?;
    let rows = Bytes::from(rows);
    let mut rest = &rows[..];
    while !rest.is_empty() {
        let (row, after) = piece(rest)?;
        page.rows.push(rows.slice_ref(row));
        rest = after;
    }
    Some((std::str::from_utf8(question).ok()?, page))
}

fn piece(from: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = from.split_first_chunk()?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize)
}

/// Only the question of a body.
fn question(body: &[u8]) -> Option<&[u8]> {
    piece(body).map(|(question, _)| question)
}

/// A journal of an earlier run.
#[derive(Debug)]
pub struct Found {
    /// The journal, to go on with.
    pub journal: Journal,
    /// Bytes at its end that could not be read although no killed process leaves them so.
    pub damaged: u64,
}

impl Journal {
    /// Begins a journal, in place of what was there.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn create(path: &Path, run: &str) -> io::Result<Journal> {
        // What is there is of no use any more, also if the next step fails.
        remove(path)?;
        let mut file = File::options().read(true).append(true).create_new(true).open(path)?;
        let mut head = vec![0; FRAME];
        head.extend_from_slice(run.as_bytes());
        let head = [&MAGIC[..], &seal(head)].concat();
        file.write_all(&head)?;
        Ok(Journal::of(file, head.len() as u64, HashMap::new(), RandomState::new()))
    }

    /// Goes on with the journal of a run; `None` if there is none of it.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn open(path: &Path, run: &str) -> io::Result<Option<Found>> {
        let file = match File::options().read(true).append(true).open(path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        let hasher = RandomState::new();
        let mut places = HashMap::new();
        let mut of_run = false;
        let scan = scan(&file, |at, body| {
            if at == MAGIC.len() as u64 {
                of_run = body == run.as_bytes();
            } else if let Some(question) = question(body) {
                places.insert(hasher.hash_one(question), at);
            }
        })?;
        if !of_run {
            return Ok(None);
        }
        let left = file.metadata()?.len().saturating_sub(scan.good);
        file.set_len(scan.good)?;
        let damaged = if scan.end == End::Damaged { left } else { 0 };
        Ok(Some(Found { journal: Journal::of(file, scan.good, places, hasher), damaged }))
    }

    fn of(file: File, end: u64, places: HashMap<u64, u64>, hasher: RandomState) -> Journal {
        let inner = Inner { file, end, places, unsynced: 0, synced: Instant::now(), taken: 0, trouble: None };
        Journal { inner: Mutex::new(inner), hasher }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hash(&self, question: &str) -> u64 {
        self.hasher.hash_one(question.as_bytes())
    }

    /// Pages that are kept.
    pub fn pages(&self) -> u64 {
        self.lock().places.len() as u64
    }

    /// Pages that were taken from here instead of being asked for.
    pub fn taken(&self) -> u64 {
        self.lock().taken
    }

    /// Why pages cannot be kept any more, if so.
    pub fn trouble(&self) -> Option<String> {
        self.lock().trouble.clone()
    }

    /// Brings everything to the disk.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn sync(&self) -> io::Result<()> {
        self.lock().sync()
    }
}

impl Inner {
    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        self.unsynced = 0;
        self.synced = Instant::now();
        Ok(())
    }

    fn append(&mut self, frame: &[u8]) -> io::Result<u64> {
        let at = self.end;
        if let Err(e) = self.file.write_all(frame) {
            // Half a frame must not stand in the way of what another run appends.
            let _ = self.file.set_len(at);
            return Err(e);
        }
        self.end += frame.len() as u64;
        self.unsynced += frame.len() as u64;
        if self.unsynced >= SYNC_BYTES || self.synced.elapsed() >= SYNC_AFTER {
            self.sync()?;
        }
        Ok(at)
    }

    fn body(&mut self, at: u64) -> io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(at))?;
        let mut head = [0; FRAME];
        self.file.read_exact(&mut head)?;
        let (length, sum) = frame(&head);
        let mut body = Vec::new();
        (&self.file).take(u64::from(length.min(LONGEST))).read_to_end(&mut body)?;
        if crc32fast::hash(&body) != sum {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(body)
    }
}

impl PageStore for Journal {
    fn get(&self, question: &str) -> Option<Page> {
        let hash = self.hash(question);
        let body = {
            let mut inner = self.lock();
            let at = *inner.places.get(&hash)?;
            inner.body(at).ok()?
        };
        // What cannot be read is asked for again.
        let (kept, page) = decode(&body)?;
        if kept != question {
            return None;
        }
        self.lock().taken += 1;
        Some(page)
    }

    /// A journal that cannot be written any more is given up, not the pull: the rows themselves are fine.
    fn put(&self, question: &str, page: &Page) -> io::Result<()> {
        if self.lock().trouble.is_some() {
            return Ok(());
        }
        let hash = self.hash(question);
        let frame = frame_of(question, page);
        let mut inner = self.lock();
        match frame.and_then(|frame| inner.append(&frame)) {
            Ok(at) => {
                inner.places.insert(hash, at);
            }
            Err(e) => inner.trouble = Some(e.to_string()),
        }
        Ok(())
    }
}

/// Removes a journal.
///
/// # Errors
/// If it is there and cannot be removed.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn page(rows: &[&[u8]]) -> Page {
        let mut page = Page::default();
        page.rows = rows.iter().map(|r| Bytes::copy_from_slice(r)).collect();
        page.total = Some(7);
        page.last = Some(false);
        page
    }

    #[test]
    fn pages_come_back_as_they_were_and_the_last_one_counts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let journal = Journal::create(&path, "run").unwrap();
        assert_eq!(journal.get("/a?pageNo=0"), None);
        journal.put("/a?pageNo=0", &page(&[b"{\"a\" : 1}", b"{}"])).unwrap();
        journal.put("/a?pageNo=1", &page(&[])).unwrap();
        journal.put("/a?pageNo=0", &page(&["{\"a\":\"ü\"}".as_bytes()])).unwrap();
        let check = |journal: &Journal| {
            assert_eq!(journal.get("/a?pageNo=0"), Some(page(&["{\"a\":\"ü\"}".as_bytes()])));
            assert_eq!(journal.get("/a?pageNo=1"), Some(page(&[])));
            assert_eq!((journal.pages(), journal.taken()), (2, 2));
        };
        check(&journal);
        drop(journal);
        let found = Journal::open(&path, "run").unwrap().unwrap();
        assert_eq!(found.damaged, 0);
        check(&found.journal);
        assert!(Journal::open(&path, "another run").unwrap().is_none());
        assert!(Journal::open(&dir.path().join("none"), "run").unwrap().is_none());
    }

    #[test]
    fn a_journal_cut_at_any_byte_gives_the_pages_before_and_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let journal = Journal::create(&path, "run").unwrap();
        let mut ends = vec![fs::metadata(&path).unwrap().len()];
        for n in 0..3 {
            journal.put(&format!("/{n}"), &page(&[format!("{{\"n\":{n}}}").as_bytes()])).unwrap();
            ends.push(fs::metadata(&path).unwrap().len());
        }
        drop(journal);
        let whole = fs::read(&path).unwrap();
        for cut in 0..=whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let found = Journal::open(&path, "run").unwrap();
            let Some(found) = found else {
                assert!((cut as u64) < ends[0], "{cut}");
                continue;
            };
            let pages = ends.iter().filter(|end| **end <= cut as u64).count() - 1;
            assert_eq!((found.journal.pages(), found.damaged), (pages as u64, 0), "{cut}");
            found.journal.put("/new", &page(&[b"[]"])).unwrap();
            drop(found);
            let again = Journal::open(&path, "run").unwrap().unwrap().journal;
            assert_eq!(again.get("/new"), Some(page(&[b"[]"])), "{cut}");
            for n in 0..pages {
                assert_eq!(again.get(&format!("/{n}")).unwrap().rows[0], format!("{{\"n\":{n}}}"));
            }
        }
    }

    #[test]
    fn what_is_damaged_is_never_taken_for_a_page() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let journal = Journal::create(&path, "run").unwrap();
        let first = fs::metadata(&path).unwrap().len() as usize;
        for n in 0..2 {
            journal.put(&format!("/{n}"), &page(&[b"{\"a\":1}"])).unwrap();
        }
        drop(journal);
        let whole = fs::read(&path).unwrap();
        for at in first..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x40;
            fs::write(&path, &bytes).unwrap();
            let found = Journal::open(&path, "run").unwrap().unwrap();
            for n in 0..2 {
                let kept = found.journal.get(&format!("/{n}"));
                assert!(kept.is_none_or(|kept| kept == page(&[b"{\"a\":1}"])), "{at}");
            }
            assert!(found.journal.pages() < 2, "{at}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
            let with_magic = [&MAGIC[..], &bytes].concat();
            scan(&with_magic[..], |_, body| { let _ = decode(body); }).unwrap();
        }

        #[test]
        fn any_page_comes_back(
            question in "\\PC{0,40}",
            rows in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..50), 0..6),
            total in proptest::option::of(any::<u64>()),
        ) {
            let mut page = Page::default();
            page.rows = rows.into_iter().map(Bytes::from).collect();
            page.total = total;
            let body = encode(&question, &page).unwrap();
            prop_assert_eq!(decode(&body[FRAME..]), Some((question.as_str(), page)));
        }
    }
}
