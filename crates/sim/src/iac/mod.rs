//! Scans of infrastructure as code: what is uploaded is unpacked, read and checked, and the result depends on it.

mod checks;
mod result;
mod template;
mod unpack;
mod yaml;

pub(crate) use unpack::Kind;

use crate::multipart::Form;
use crate::reply::iso;
use crate::state::table::{Row, row};
use bytes::Bytes;
use http::HeaderMap;
use jiff::Timestamp;
use rand::SeedableRng;
use rand::rngs::StdRng;
use result::Found;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;
use unpack::{Bad, Template, unpack};

/// The most bytes that are taken. The vendor's scanner sends what is smaller.
pub(crate) const LIMIT: usize = 10 * 1024 * 1024;

/// Scans that are kept, and about how many bytes of them; the oldest goes first.
const KEPT: usize = 200;
const KEPT_BYTES: usize = 32 << 20;

/// Uploads that are looked at at the same time.
const AT_ONCE: usize = 2;

/// Readers of templates go down into themselves; what is deep still has room.
const STACK: usize = 256 << 20;

/// What came with an upload.
#[derive(Debug, Clone, Default)]
pub(crate) struct Order {
    pub(crate) name: String,
    pub(crate) only_failed: bool,
    /// Names and values.
    pub(crate) tags: Vec<(String, String)>,
}

/// A scan.
#[derive(Debug)]
pub(crate) struct Scan {
    id: String,
    order: Order,
    /// Milliseconds of the running clock.
    began: i64,
    looked: Arc<Looked>,
}

/// What was found in an upload, or why nothing could be.
#[derive(Debug)]
pub(crate) struct Looked(Result<Found, Bad>);

impl Looked {
    fn weight(&self) -> usize {
        self.0.as_ref().map_or(0, Found::weight)
    }
}

impl Scan {
    /// Where the scan is in its life, which takes a second and a half of the running clock.
    pub(crate) fn status(&self, now: i64) -> &'static str {
        match (now - self.began, &self.looked.0) {
            (..400, _) => "SUBMITTED",
            (400..1500, _) => "PROCESSING",
            (_, Ok(_)) => "FINISHED",
            (_, Err(_)) => "ERROR",
        }
    }

    /// Its row in the list. Tags go in as `{"name": "value"}`; of those that come out only is known that each
    /// has two texts. Their keys are invented.
    pub(crate) fn row(&self, now: i64) -> Row {
        let tag = |(name, value): &(String, String)| json!({ "key": name, "value": value });
        row(json!({
            "name": self.order.name,
            "scanUuid": self.id,
            "tags": self.order.tags.iter().map(tag).collect::<Vec<_>>(),
            "scanDate": Timestamp::from_millisecond(self.began).map(iso).ok(),
            "status": self.status(now),
        }))
    }

    /// What was found. A scan that is not finished has its status and no result; one that failed says why, in a
    /// field that is invented.
    pub(crate) fn result(&self, sarif: bool, now: i64) -> Value {
        let mut answer = self.row(now);
        match (&self.looked.0, self.status(now)) {
            (Ok(found), "FINISHED") if sarif => return found.sarif(),
            (Ok(found), "FINISHED") => {
                answer.insert("result".into(), found.json(self.order.only_failed));
            }
            (Err(bad), "ERROR") => {
                let message = match bad {
                    Bad::TooMuch => "The archive unpacks to more than is allowed".to_owned(),
                    Bad::Broken(why) => format!("The archive cannot be read: {why}"),
                };
                answer.insert("message".into(), message.into());
            }
            _ => {}
        }
        Value::Object(answer)
    }
}

/// The scans of a simulator, oldest first, and where their ids come from.
#[derive(Debug)]
pub(crate) struct Scans {
    kept: Mutex<(StdRng, Vec<Arc<Scan>>)>,
    room: Semaphore,
}

/// The templates of the scan that is there from the beginning.
const SEEDED: [(&str, &str); 2] = [
    (
        "storage/main.tf",
        "resource \"aws_s3_bucket\" \"assets\" {\n  acl = \"public-read\"\n}\n\n\
         resource \"aws_ebs_volume\" \"data\" {\n  encrypted = true\n}\n",
    ),
    ("network.yaml", "Resources:\n  Web:\n    Type: AWS::EC2::SecurityGroup\n    Properties: {}\n"),
];

impl Scans {
    /// The scans at the start: one that finished an hour ago.
    pub(crate) fn new(seed: u64, now: i64) -> Scans {
        let mut ids = StdRng::seed_from_u64(seed ^ 0x0069_6163);
        let templates =
            SEEDED.map(|(path, text)| Template { path: path.to_owned(), bytes: text.as_bytes().to_vec() });
        let order = Order {
            name: "Nightly templates".to_owned(),
            only_failed: false,
            tags: vec![("env".to_owned(), "prod".to_owned())],
        };
        let scan = Scan {
            id: crate::state::uuid(&mut ids),
            order,
            began: now - 3_600_000,
            looked: Arc::new(Looked(Found::of(&templates))),
        };
        Scans { kept: Mutex::new((ids, vec![Arc::new(scan)])), room: Semaphore::new(AT_ONCE) }
    }

    fn locked<T>(&self, with: impl FnOnce(&mut StdRng, &mut Vec<Arc<Scan>>) -> T) -> T {
        let (ids, scans) = &mut *self.kept.lock().unwrap_or_else(|e| e.into_inner());
        with(ids, scans)
    }

    /// Looks at what was uploaded, where there is something to look at, beside everything else that goes on.
    pub(crate) async fn look(&self, headers: &HeaderMap, body: &Bytes) -> Option<Arc<Looked>> {
        let _turn = self.room.acquire().await.ok()?;
        let (headers, body) = (headers.clone(), body.clone());
        tokio::task::spawn_blocking(move || looked(&headers, &body)).await.ok()?
    }

    /// Takes an upload that was looked at; the id of its scan comes back.
    pub(crate) fn add(&self, order: Order, looked: Arc<Looked>, now: i64) -> String {
        self.locked(|ids, scans| {
            let id = crate::state::uuid(ids);
            scans.push(Arc::new(Scan { id: id.clone(), order, began: now, looked }));
            let mut weight: usize = scans.iter().map(|scan| scan.looked.weight()).sum();
            let is_over = |count: usize, weight| count > KEPT || weight > KEPT_BYTES;
            let mut gone = 0;
            while gone + 1 < scans.len() && is_over(scans.len() - gone, weight) {
                weight -= scans[gone].looked.weight();
                gone += 1;
            }
            scans.drain(..gone);
            id
        })
    }

    /// All of them, the latest first (guess).
    pub(crate) fn all(&self) -> Vec<Arc<Scan>> {
        self.locked(|_, scans| scans.iter().rev().cloned().collect())
    }

    pub(crate) fn get(&self, id: &str) -> Option<Arc<Scan>> {
        self.locked(|_, scans| scans.iter().find(|s| s.id.eq_ignore_ascii_case(id)).cloned())
    }
}

/// What is in the file of a form; `None` where the form is refused before anybody looks.
fn looked(headers: &HeaderMap, body: &[u8]) -> Option<Arc<Looked>> {
    let form = Form::parse(headers, body).ok()?;
    let part = form.part("file").filter(|part| part.bytes.len() <= LIMIT)?;
    let name = part.file_name.as_deref()?;
    Some(Arc::new(Looked(look(Kind::of(name)?, name, &part.bytes))))
}

/// Unpacks and checks an upload.
fn look(kind: Kind, name: &str, bytes: &[u8]) -> Result<Found, Bad> {
    let templates = unpack(kind, name, bytes)?;
    std::thread::scope(|scope| {
        let checked = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || Found::of(&templates))
            .map_err(|e| Bad::Broken(e.to_string()))?;
        checked.join().map_err(|_| Bad::Broken("a template cannot be read".to_owned()))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked_at(files: &[Template]) -> Arc<Looked> {
        Arc::new(Looked(Found::of(files)))
    }

    #[test]
    fn no_more_scans_are_kept_than_there_is_room_for() {
        let scans = Scans::new(1, 0);
        let small = looked_at(&[]);
        let ids: Vec<String> =
            (0..KEPT + 3).map(|_| scans.add(Order::default(), Arc::clone(&small), 0)).collect();
        assert_eq!(scans.all().len(), KEPT);
        assert!(scans.get(&ids[2]).is_none() && scans.get(&ids[3]).is_some());
        // Long names of files count.
        let text = br#"{"resource": {"aws_s3_bucket": {"a": {}}}}"#.to_vec();
        let big = looked_at(&[Template { path: format!("{}.json", "x".repeat(KEPT_BYTES)), bytes: text }]);
        assert!(big.weight() > KEPT_BYTES);
        let last = scans.add(Order::default(), big, 0);
        assert_eq!(scans.all().len(), 1, "the last one stays");
        assert!(scans.get(&last).is_some());
    }

    #[test]
    fn a_scan_has_no_more_results_than_are_kept() {
        let names: Vec<String> = (0..60_000).map(|n| format!("\"r{n}\":{{}}")).collect();
        let bytes = format!("{{\"resource\":{{\"aws_s3_bucket\":{{{}}}}}}}", names.join(",")).into_bytes();
        let found = looked_at(&[Template { path: "many.tf.json".to_owned(), bytes }]);
        assert!(matches!(found.0, Err(Bad::TooMuch)));
    }
}
