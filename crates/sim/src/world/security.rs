//! Vulnerabilities and secrets of machines; counts and lists agree because both are made from the same draws.

use super::Fields;
use super::resources::Row;
use super::rng::{below, chance, draw, mix, named};
use super::text::{self, Object};
use jiff::Timestamp;
use totalcloud_api::qql::{FieldValue, Values};

const COUNT: u64 = named("vulnerability count");
const EACH: u64 = named("vulnerability");
const SECRET_COUNT: u64 = named("secret count");
const SECRET: u64 = named("secret");

/// One machine in three has none.
fn count(row: &Row<'_>) -> u64 {
    let hash = draw(row.moving_key, COUNT);
    if hash & 0xFF < 85 { 0 } else { 1 + below(hash, 14) }
}

fn each(row: &Row<'_>) -> impl Iterator<Item = u64> {
    let key = row.moving_key;
    (0..count(row)).map(move |n| draw(key, EACH.wrapping_add(n)))
}

/// Severity 1 to 5, the middle more often.
fn severity(hash: u64) -> u64 {
    [1, 2, 2, 3, 3, 3, 4, 4, 5, 3][below(hash, 10) as usize]
}

/// 0 confirmed, 1 potential, 2 informational
fn detected(hash: u64) -> usize {
    [0, 0, 0, 1, 1, 2][below(hash << 16, 6) as usize]
}

const DETECTED: [&str; 3] = ["Confirmed", "Potential", "Informational"];

/// How many have severity 3 to 5.
pub(super) fn high(row: &Row<'_>) -> u32 {
    each(row).filter(|h| severity(*h) >= 3).count() as u32
}

pub(super) fn write_stats(row: &Row<'_>, out: &mut Vec<u8>) {
    let (mut by_severity, mut by_kind) = ([0u8; 5], [0u8; 3]);
    for hash in each(row) {
        by_severity[severity(hash) as usize - 1] += 1;
        by_kind[detected(hash)] += 1;
    }
    out.extend_from_slice(b"{\"severity\":{\"1\":");
    for (at, count) in by_severity.iter().enumerate() {
        const KEYS: [&[u8]; 5] = [b"", b",\"2\":", b",\"3\":", b",\"4\":", b",\"5\":"];
        out.extend_from_slice(KEYS[at]);
        text::int(out, (*count).into());
    }
    out.extend_from_slice(b"},\"typeDetected\":{\"Confirmed\":");
    text::int(out, by_kind[0].into());
    out.extend_from_slice(b",\"Potential\":");
    text::int(out, by_kind[1].into());
    out.extend_from_slice(b",\"Informational\":");
    text::int(out, by_kind[2].into());
    // The reference SDK reads these numbers of Azure machines as a vulnerability, which has no total.
    if row.is_azure() && row.world.config.fields == Fields::Classic {
        out.extend_from_slice(b"}}");
    } else {
        out.extend_from_slice(b"},\"totalVulnerability\":");
        text::int(out, by_kind.iter().map(|n| i64::from(*n)).sum());
        out.push(b'}');
    }
}

const CATEGORIES: [&str; 6] =
    ["Ubuntu", "RedHat", "Windows", "Local", "Web server", "General remote services"];
const SYSTEMS: [&str; 4] =
    ["Ubuntu Linux 22.04", "Red Hat Enterprise Linux 9", "Windows Server 2022", "Amazon Linux 2023"];
const STATUSES: [&str; 8] = ["ACTIVE", "ACTIVE", "ACTIVE", "ACTIVE", "NEW", "NEW", "REOPENED", "FIXED"];

/// One vulnerability of a machine.
struct Vulnerability {
    hash: u64,
    more: u64,
    first: i64,
    last: i64,
    system: &'static str,
}

fn vulnerabilities(row: &Row<'_>) -> impl Iterator<Item = Vulnerability> {
    let (first, seen, last) = (row.created(), row.first_seen(), row.updated());
    let system = SYSTEMS[below(draw(row.key, 7), 4) as usize];
    each(row).map(move |hash| {
        let mut found = Vulnerability { hash, more: mix(hash), first, last, system };
        found.first = match found.status() {
            "NEW" => seen,
            _ => first + below(found.more << 8, (seen - first).max(1) as u64) as i64,
        };
        found
    })
}

/// The fields of a vulnerability: the one list that writes rows and answers filters.
const FIELDS: [Field; 15] = [
    ("qid", |v| Fact::Int(370_000 + below(v.more << 12, 30_000) as i64)),
    ("patchAvailable", |v| Fact::Bool(chance(v.more << 3, 700))),
    ("exploitability", |v| {
        Fact::Text(if chance(v.more << 5, 200) { "Exploit-DB, Metasploit" } else { "---" })
    }),
    ("severity", |v| Fact::Int(severity(v.hash) as i64)),
    ("customerSeverity", |v| Fact::Int(severity(v.hash) as i64)),
    ("firstFound", |v| Fact::Time(v.first)),
    ("lastFound", |v| Fact::Time(v.last)),
    ("port", |v| Fact::Int([0, 22, 80, 443, 3389, 8080][below(v.more << 14, 6) as usize])),
    ("protocol", |_| Fact::Text("tcp")),
    ("category", |v| Fact::Text(CATEGORIES[below(v.more << 16, 6) as usize])),
    ("hostOS", |v| Fact::Text(v.system)),
    ("typeDetected", |v| Fact::Text(DETECTED[detected(v.hash)])),
    ("status", |v| Fact::Text(v.status())),
    ("disabled", |v| Fact::Bool(chance(v.more << 20, 20))),
    ("ignored", |v| Fact::Bool(chance(v.more << 22, 30))),
];

/// Name and value of a field.
type Field = (&'static str, fn(&Vulnerability) -> Fact);

enum Fact {
    Int(i64),
    Bool(bool),
    Text(&'static str),
    Time(i64),
}

impl Vulnerability {
    fn status(&self) -> &'static str {
        STATUSES[below(self.more, 8) as usize]
    }
}

pub(super) fn write_vulnerabilities(row: &Row<'_>, out: &mut Vec<u8>) {
    out.push(b'[');
    for (at, vulnerability) in vulnerabilities(row).enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let mut object = Object::new(out);
        for (name, fact) in &FIELDS {
            match fact(&vulnerability) {
                Fact::Int(value) => object.int(name, value),
                Fact::Bool(value) => object.bool(name, value),
                Fact::Text(text) => object.text(name, text),
                Fact::Time(instant) => object.iso(name, Some(instant)),
            };
        }
        object.end();
    }
    out.push(b']');
}

/// One field of all vulnerabilities of a machine, `None` if there is no such field.
pub(super) fn vulnerability_values(row: &Row<'_>, field: &str) -> Option<Values<'static>> {
    let (_, fact) = FIELDS.iter().find(|(name, _)| *name == field)?;
    let values = vulnerabilities(row).map(|v| match fact(&v) {
        Fact::Int(value) => FieldValue::Int(value),
        Fact::Bool(value) => FieldValue::Bool(value),
        Fact::Text(text) => FieldValue::text(text),
        Fact::Time(instant) => Timestamp::from_second(instant).map_or(FieldValue::Null, FieldValue::Time),
    });
    Some(values.collect())
}

/// How many secrets lie on the machine.
pub(super) fn secrets(row: &Row<'_>) -> u64 {
    let hash = draw(row.moving_key, SECRET_COUNT);
    if chance(hash, 120) { 1 + below(hash << 20, 3) } else { 0 }
}

const LEVELS: [&str; 4] = ["CRITICAL", "HIGH", "MEDIUM", "LOW"];

fn level(row: &Row<'_>, secret: u64) -> usize {
    below(draw(row.moving_key, SECRET.wrapping_add(secret)), 4) as usize
}

pub(super) fn write_secret_stats(row: &Row<'_>, out: &mut Vec<u8>) {
    let mut counts = [0i64; 4];
    for secret in 0..secrets(row) {
        counts[level(row, secret)] += 1;
    }
    out.extend_from_slice(b"{\"severity\":{\"CRITICAL\":");
    text::int(out, counts[0]);
    out.extend_from_slice(b",\"HIGH\":");
    text::int(out, counts[1]);
    out.extend_from_slice(b",\"MEDIUM\":");
    text::int(out, counts[2]);
    out.extend_from_slice(b",\"LOW\":");
    text::int(out, counts[3]);
    out.extend_from_slice(b"},\"totalSecrets\":");
    text::int(out, counts.iter().sum());
    out.push(b'}');
}

/// The secrets themselves are only described: the shape of their rows is not known.
pub(super) fn write_secrets(row: &Row<'_>, out: &mut Vec<u8>) {
    const KINDS: [&str; 4] = ["AWS access key", "Private SSH key", "Database password", "API token"];
    const FILES: [&str; 4] =
        ["/srv/app/.aws/credentials", "/opt/app/.ssh/id_rsa", "/etc/app/database.yml", "/opt/app/.env"];
    out.push(b'[');
    for secret in 0..secrets(row) {
        if secret > 0 {
            out.push(b',');
        }
        let kind = below(draw(row.moving_key, SECRET.wrapping_add(100 + secret)), 4) as usize;
        let mut object = Object::new(out);
        object.text("severity", LEVELS[level(row, secret)]).text("secretType", KINDS[kind]);
        object.text("filePath", FILES[kind]).iso("firstFound", Some(row.created())).end();
    }
    out.push(b']');
}
