//! Scans of infrastructure as code: what is uploaded is unpacked, read and checked, and the result depends on it.

mod checks;
mod result;
mod template;
mod unpack;
mod yaml;

pub(crate) use unpack::Kind;

use crate::reply::iso;
use crate::state::table::{Row, row};
use jiff::Timestamp;
use rand::SeedableRng;
use rand::rngs::StdRng;
use result::Found;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use unpack::{Bad, Template, unpack};

/// The most bytes that are taken. The vendor's scanner sends what is smaller.
pub(crate) const LIMIT: usize = 10 * 1024 * 1024;

/// Scans that are kept; the oldest goes first.
const KEPT: usize = 1_000;

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
    /// What was found, or why nothing could be.
    found: Result<Found, Bad>,
}

impl Scan {
    /// Where the scan is in its life, which takes a second and a half of the running clock.
    pub(crate) fn status(&self, now: i64) -> &'static str {
        match (now - self.began, &self.found) {
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
        match (&self.found, self.status(now)) {
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
pub(crate) struct Scans(Mutex<(StdRng, Vec<Arc<Scan>>)>);

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
            found: Ok(Found::of(&templates)),
        };
        Scans(Mutex::new((ids, vec![Arc::new(scan)])))
    }

    fn locked<T>(&self, with: impl FnOnce(&mut StdRng, &mut Vec<Arc<Scan>>) -> T) -> T {
        let (ids, scans) = &mut *self.0.lock().unwrap_or_else(|e| e.into_inner());
        with(ids, scans)
    }

    /// Takes an upload; the id of its scan comes back.
    pub(crate) fn add(&self, order: Order, kind: Kind, file: (&str, &[u8]), now: i64) -> String {
        let found = look(kind, file.0, file.1);
        self.locked(|ids, scans| {
            if scans.len() >= KEPT {
                scans.remove(0);
            }
            let id = crate::state::uuid(ids);
            scans.push(Arc::new(Scan { id: id.clone(), order, began: now, found }));
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

/// Unpacks and checks an upload.
fn look(kind: Kind, name: &str, bytes: &[u8]) -> Result<Found, Bad> {
    let templates = unpack(kind, name, bytes)?;
    std::thread::scope(|scope| {
        let checked = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || Found::of(&templates))
            .map_err(|e| Bad::Broken(e.to_string()))?;
        checked.join().map_err(|_| Bad::Broken("a template cannot be read".to_owned()))
    })
}
