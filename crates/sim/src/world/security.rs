//! Vulnerabilities and secrets of machines; counts and lists agree because both are made from the same draws.

use super::Fields;
use super::resources::Row;
use super::rng::{below, chance, draw, mix, named};
use super::text::{self, Object};

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

pub(super) fn write_vulnerabilities(row: &Row<'_>, out: &mut Vec<u8>) {
    const CATEGORIES: [&str; 6] =
        ["Ubuntu", "RedHat", "Windows", "Local", "Web server", "General remote services"];
    const SYSTEMS: [&str; 4] =
        ["Ubuntu Linux 22.04", "Red Hat Enterprise Linux 9", "Windows Server 2022", "Amazon Linux 2023"];
    const STATUSES: [&str; 8] = ["ACTIVE", "ACTIVE", "ACTIVE", "ACTIVE", "NEW", "NEW", "REOPENED", "FIXED"];
    let system = SYSTEMS[below(draw(row.key, 7), 4) as usize];
    out.push(b'[');
    for (at, hash) in each(row).enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let more = mix(hash);
        let severity = severity(hash) as i64;
        let (first, last) = (row.created(), row.updated());
        let status = STATUSES[below(more, 8) as usize];
        let found = if status == "NEW" {
            last
        } else {
            first + below(more << 8, (last - first).max(1) as u64) as i64
        };
        let mut object = Object::new(out);
        object.int("qid", 370_000 + below(more << 12, 30_000) as i64);
        object.bool("patchAvailable", chance(more << 3, 700));
        object.text("exploitability", if chance(more << 5, 200) { "Exploit-DB, Metasploit" } else { "---" });
        object.int("severity", severity).int("customerSeverity", severity);
        object.iso("firstFound", Some(found)).iso("lastFound", Some(last));
        object.int("port", [0, 22, 80, 443, 3389, 8080][below(more << 14, 6) as usize]);
        object.text("protocol", "tcp").text("category", CATEGORIES[below(more << 16, 6) as usize]);
        object.text("hostOS", system).text("typeDetected", DETECTED[detected(hash)]).text("status", status);
        object.bool("disabled", chance(more << 20, 20)).bool("ignored", chance(more << 22, 30)).end();
    }
    out.push(b']');
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
        ["/home/app/.aws/credentials", "/root/.ssh/id_rsa", "/etc/app/database.yml", "/opt/app/.env"];
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
