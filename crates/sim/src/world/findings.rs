//! Threat findings: what was detected in the accounts in the last weeks. Categories, classes and messages are
//! invented.

use super::layout::{Account, tag, uuid_text};
use super::rng::{below, draw, mix, named};
use super::{Size, World};
use crate::state::table::{Row, row};
use jiff::Timestamp;
use serde_json::{Value, json};
use totalcloud_api::Provider;

const KEY: u64 = named("findings");

/// The time before the world's beginning in which they were found.
const SPAN: i64 = 30 * 86_400;

/// A kind of threat.
struct Threat {
    category: &'static str,
    threat: &'static str,
    class: &'static str,
    severity: i64,
    message: &'static str,
    technique: (&'static str, &'static str),
    /// Types of resources it is found on, of any provider.
    types: &'static [&'static str],
    /// Whether it is seen in a container.
    contained: bool,
}

const MACHINES: &[&str] = &["EC2_INSTANCE", "VIRTUAL_MACHINE", "VM_INSTANCE"];
const STORES: &[&str] = &["BUCKET", "STORAGE_ACCOUNT", "BUCKETS"];

const THREATS: &[Threat] = &[
    Threat {
        category: "Malware",
        threat: "Cryptomining",
        class: "Network Activity",
        severity: 5,
        message: "Traffic to a known mining pool",
        technique: ("T1496", "Resource Hijacking"),
        types: MACHINES,
        contained: true,
    },
    Threat {
        category: "Command and Control",
        threat: "Beaconing",
        class: "Network Activity",
        severity: 4,
        message: "Regular connections to a suspicious address",
        technique: ("T1071", "Application Layer Protocol"),
        types: MACHINES,
        contained: false,
    },
    Threat {
        category: "Credential Access",
        threat: "Brute Force",
        class: "Network Activity",
        severity: 3,
        message: "Many failed logins over SSH",
        technique: ("T1110", "Brute Force"),
        types: MACHINES,
        contained: false,
    },
    Threat {
        category: "Data Protection",
        threat: "Exfiltration",
        class: "API Activity",
        severity: 4,
        message: "Unusual number of objects read from a new address",
        technique: ("T1530", "Data from Cloud Storage"),
        types: STORES,
        contained: false,
    },
    Threat {
        category: "Defense Evasion",
        threat: "Logging Disabled",
        class: "API Activity",
        severity: 3,
        message: "Logging was turned off",
        technique: ("T1562", "Impair Defenses"),
        types: STORES,
        contained: false,
    },
    Threat {
        category: "Discovery",
        threat: "Reconnaissance",
        class: "API Activity",
        severity: 2,
        message: "Enumeration of resources by an unusual caller",
        technique: ("T1580", "Cloud Infrastructure Discovery"),
        types: MACHINES,
        contained: false,
    },
];

const PLACES: [(&str, &str, &str); 5] = [
    ("Netherlands", "Amsterdam", "192.0.2.14"),
    ("Brazil", "Sao Paulo", "198.51.100.7"),
    ("Singapore", "Singapore", "203.0.113.42"),
    ("Canada", "Toronto", "192.0.2.81"),
    ("Poland", "Warsaw", "198.51.100.133"),
];

impl World {
    /// All findings, the latest first.
    pub(crate) fn findings(&self) -> Vec<Row> {
        let first = match self.config.size {
            Size::Tiny => 60,
            Size::Small => 420,
            Size::Medium => 1_500,
            Size::Large => 4_000,
            Size::Huge => 9_000,
        };
        let mut found: Vec<(i64, Row)> = Vec::new();
        let mut index = 0;
        for (number, epoch) in self.epochs.iter().enumerate() {
            let (span, count) = match number {
                0 => (SPAN, first),
                _ => (epoch.span, (first as i64 * epoch.span / SPAN).clamp(1, 10_000) as u64),
            };
            for _ in 0..count {
                let key = mix(self.config.seed ^ KEY.wrapping_add(index));
                let at = epoch.now * 1000 - 1 - below(draw(key, 1), span as u64 * 1000) as i64;
                found.extend(self.finding(key, index, at).map(|row| (at, row)));
                index += 1;
            }
        }
        found.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        found.into_iter().map(|(_, row)| row).collect()
    }

    fn finding(&self, key: u64, index: u64, at: i64) -> Option<Row> {
        // An account and a kind of threat that fit, found by trying.
        let (account, threat, target, hash) = (0..50).find_map(|attempt| {
            let hash = draw(key, 100 + attempt);
            let provider =
                [Provider::Aws, Provider::Aws, Provider::Azure, Provider::Gcp][below(hash, 4) as usize];
            let accounts = self.cloud(provider).connected();
            let account: &Account = accounts.get(below(hash << 8, accounts.len() as u64) as usize)?;
            let threat = &THREATS[below(hash << 16, THREATS.len() as u64) as usize];
            let fits = |name: &str| threat.types.contains(&name);
            let target = self.colls.iter().find(|c| c.ty.provider == provider && fits(c.ty.name))?;
            (!account.pending).then_some((account, threat, target, mix(hash)))
        })?;
        let resource = self.some_row(account, target.index, hash)?;
        let mut id = Vec::new();
        resource.write_id(&mut id);
        let id = String::from_utf8_lossy(&id).into_owned();
        let (country, city, address) = PLACES[below(draw(key, 2), PLACES.len() as u64) as usize];
        let contained = |text: &'static str| if threat.contained { Value::from(text) } else { Value::Null };
        let (technique, name) = threat.technique;
        Some(row(json!({
            "uuid": uuid_text(tag::FINDING, index, self.config.seed),
            "timestamp": Timestamp::from_millisecond(at).map(|t| t.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()).ok(),
            "severity": threat.severity,
            "threatCategory": threat.threat,
            "category": threat.category,
            "alertClass": threat.class,
            "eventMessage": threat.message,
            "cloudType": account.provider.upper(),
            "cloudAccount": account.id,
            "cloudIdentifier": account.id,
            "region": resource.region(),
            "resourceType": target.ty.name,
            "resourceId": id,
            "triggeredResource": id,
            "remoteResource": address,
            "remote.country": country,
            "remote.city": city,
            "containerName": contained("worker"),
            "pod": contained("worker-0"),
            "processName": contained("xmrig"),
            "imageName": contained("docker.io/library/worker:1.4"),
            "deploymentName": contained("worker"),
            "mitreRulesInfo": { "techniqueId": technique, "techniqueName": name },
            "hash": format!("{:016x}{:016x}", draw(key, 3), draw(key, 4)),
            "customerUuid": uuid_text(tag::CUSTOMER, 0, self.config.seed),
        })))
    }
}
