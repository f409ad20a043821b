//! Policies and mandates: groups of controls.

use super::layout::{tag, uuid_text};
use super::rng::{below, chance, draw, mix, named, uuid_of};
use super::text::{self, Object};
use super::{Size, WorldConfig};
use totalcloud_api::Provider;

/// One policy.
#[derive(Debug)]
struct Policy {
    provider: Provider,
    title: String,
    uuid: String,
    key: u64,
    custom: bool,
    controls: Vec<u32>,
}

/// All policies, those of one provider together.
#[derive(Debug)]
pub(super) struct Policies {
    all: Vec<Policy>,
    seed: u64,
}

const TITLES: [&str; 13] = [
    "CIS {} Foundations Benchmark",
    "{} Best Practices Policy",
    "{} Infrastructure Security",
    "NIST 800-53 for {}",
    "PCI DSS 4.0 for {}",
    "HIPAA Security Rule for {}",
    "ISO 27001:2022 for {}",
    "SOC 2 for {}",
    "GDPR for {}",
    "NIS2 for {}",
    "FedRAMP Moderate for {}",
    "{} Data Protection",
    "{} Identity Hygiene",
];

/// v1 lists no more than these.
const V1_MOST: u64 = 100;

impl Policies {
    pub(super) fn new(config: &WorldConfig) -> Policies {
        let mut all = Vec::new();
        for provider in Provider::ALL {
            let most = match config.size {
                Size::Tiny => 4,
                Size::Small => 15,
                Size::Medium => 44,
                Size::Large => 120,
                Size::Huge => 160,
            };
            let count = (most >> [0, 1, 2, 2][provider as usize]).max(2);
            for at in 0..count {
                let custom = at >= TITLES.len();
                let title = match TITLES.get(at) {
                    Some(title) => title.replace("{}", provider.upper()),
                    None => format!("{} baseline of team {}", provider.upper(), at - TITLES.len() + 1),
                };
                let index = all.len() as u64;
                let key = mix(config.seed ^ named("policy").wrapping_add(index));
                let uuid = uuid_text(tag::POLICY, index, config.seed);
                all.push(Policy { provider, title, uuid, key, custom, controls: Vec::new() });
            }
        }
        Policies { all, seed: config.seed }
    }

    /// Puts a control into its policies, one at least.
    pub(super) fn join(&mut self, provider: Provider, cid: u32, key: u64, custom: bool) -> Vec<u16> {
        let range = self.range(provider);
        let start = range.start as usize;
        let mut joined = Vec::new();
        for (at, policy) in self.all.iter_mut().enumerate().take(range.end as usize).skip(start) {
            let share = match (at - start, policy.custom) {
                (0, _) => 600,
                (_, false) => 200,
                (_, true) => 40,
            };
            if (!custom || policy.custom) && chance(draw(key, policy.key), share) {
                policy.controls.push(cid);
                joined.push(at as u16);
            }
        }
        if joined.is_empty() {
            let at = if custom { range.end as usize - 1 } else { start + 1 };
            self.all[at].controls.push(cid);
            joined.push(at as u16);
        }
        joined
    }

    pub(super) fn len(&self) -> u64 {
        self.all.len() as u64
    }

    /// The policies of one provider.
    pub(super) fn range(&self, provider: Provider) -> std::ops::Range<u32> {
        let start = self.all.iter().position(|p| p.provider == provider).unwrap_or(0);
        let end = self.all.iter().rposition(|p| p.provider == provider).map_or(start, |at| at + 1);
        start as u32..end as u32
    }

    /// Those of them that v1 lists.
    pub(super) fn range_v1(&self, provider: Provider) -> std::ops::Range<u32> {
        let range = self.range(provider);
        range.start..range.end.min(range.start + V1_MOST as u32)
    }

    pub(super) fn title(&self, index: u16) -> &str {
        &self.all[usize::from(index)].title
    }

    pub(super) fn known(&self, uuid: &str) -> bool {
        uuid_of(uuid, self.seed).is_some_and(|(tag, index)| tag == tag::POLICY && index < self.len())
    }

    pub(super) fn write_v1(&self, index: u64, out: &mut Vec<u8>) {
        let Some(policy) = self.all.get(index as usize) else { return };
        let group = uuid_text(tag::GROUP, below(policy.key, 4), self.seed);
        let mut row = Object::new(out);
        row.text("cloudType", policy.provider.upper()).list("groupIds", [group.as_str()]);
        row.text("id", &policy.uuid).text("title", &policy.title).end();
    }

    pub(super) fn write(&self, index: u64, now: i64, out: &mut Vec<u8>) {
        let Some(policy) = self.all.get(index as usize) else { return };
        let created = now - 86_400 * (300 + below(draw(policy.key, 1), 1_000) as i64);
        let modified = created + below(draw(policy.key, 2), (now - created) as u64) as i64;
        let author = if policy.custom { "acme_ab1" } else { "SYSTEM" };
        let mut row = Object::new(out);
        row.text("uuid", &policy.uuid)
            .text("title", &policy.title)
            .text("cloudType", policy.provider.upper());
        row.format("version", format_args!("{}.0", 1 + below(draw(policy.key, 3), 4)));
        row.text("createdBy", author).text("modifiedBy", author);
        row.iso("createdDate", Some(created)).iso("modifiedDate", Some(modified));
        row.format("header", format_args!("<p>{}</p>", policy.title)).list("steps", []);
        row.text("footer", "").bool("customerCreated", policy.custom);
        row.text("type", if policy.custom { "CUSTOM_POLICY" } else { "SYSTEM_DEFINED_POLICY" })
            .text("scope", "GLOBAL");
        let out = row.key("controlIds");
        out.push(b'[');
        for (at, cid) in policy.controls.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            text::int(out, (*cid).into());
        }
        out.push(b']');
        row.end();
    }
}

const MANDATES: [&str; 22] = [
    "ANSSI 40 Essential Measures",
    "CIS Controls Version 8",
    "Cloud Controls Matrix v4.0",
    "COBIT 2019",
    "Criminal Justice Information Services (CJIS) Security Policy",
    "Essential Eight",
    "FedRAMP Moderate Baseline",
    "FFIEC Cybersecurity Assessment Tool",
    "GDPR",
    "HIPAA Security Rule",
    "HITRUST CSF v11",
    "ISO/IEC 27001:2022",
    "ISO/IEC 27017:2015",
    "MAS TRM",
    "NERC CIP",
    "NIS2",
    "NIST CSF 2.0",
    "NIST SP 800-171",
    "NIST SP 800-53 Rev. 5",
    "PCI DSS v4.0",
    "SOX",
    "SWIFT CSCF",
];

pub(super) const fn mandates() -> u64 {
    MANDATES.len() as u64
}

pub(super) fn write_mandate(index: u64, out: &mut Vec<u8>) {
    let Some(name) = MANDATES.get(index as usize) else { return };
    let mut row = Object::new(out);
    row.int("id", 101 + index as i64).text("name", name).end();
}
