//! Which accounts there are, which regions they use, and which rows of a collection lie in them.
//!
//! The rows of a block are dealt out to the cells of a cloud (a cell is one region of one account) in order,
//! in shares that are the same for every resource type. So the rows of an account lie together, and those of
//! a region inside them.

use super::rng::{below, draw, mix, named, uuid};
use super::{BadConfig, Fields, Size, WorldConfig};
use std::collections::HashMap;
use std::ops::Range;
use totalcloud_api::Provider;

/// Tags of the UUIDs that are no resources; resources have the index of their type.
pub(super) mod tag {
    pub(in super::super) const CONNECTOR: u16 = 0x1000;
    pub(in super::super) const PORTAL: u16 = 0x1100;
    pub(in super::super) const SUBSCRIPTION: u16 = 0x1200;
    pub(in super::super) const POLICY: u16 = 0x1300;
    pub(in super::super) const GROUP: u16 = 0x1400;
    pub(in super::super) const DIRECTORY: u16 = 0x1500;
    pub(in super::super) const APPLICATION: u16 = 0x1600;
    pub(in super::super) const CUSTOMER: u16 = 0x1700;
    pub(in super::super) const SCAN: u16 = 0x1800;
    pub(in super::super) const EXCEPTION: u16 = 0x1900;
    pub(in super::super) const OTHER: u16 = 0x1A00;
    pub(in super::super) const FINDING: u16 = 0x1B00;
}

/// One cloud account.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) provider: Provider,
    pub(super) index: u32,
    pub(super) id: String,
    pub(super) alias: String,
    pub(super) key: u64,
    pub(super) connector: String,
    /// The connector was deleted: its resources are still listed, but nothing evaluates them.
    pub(super) orphan: bool,
    /// The connector has never run: no resources, nothing evaluated.
    pub(super) pending: bool,
    /// The connector whose run evaluated it, where that is not the one above, or the one above never ran before.
    pub(super) seat: Option<String>,
    pub(super) cells: Range<u32>,
    /// End of the connector's last run.
    pub(super) run_end: i64,
}

/// One region of one account.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) account: u32,
    pub(super) region: &'static str,
}

/// The accounts of one provider.
#[derive(Debug)]
pub(super) struct Cloud {
    pub(super) accounts: Vec<Account>,
    pub(super) cells: Vec<Cell>,
    /// The share of all cells before this one, of 2^32.
    shares: Vec<u64>,
    by_id: HashMap<String, u32>,
}

const AWS_REGIONS: &[&str] = &[
    "us-east-1",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-southeast-2",
    "us-east-2",
    "ap-northeast-1",
    "ca-central-1",
    "eu-west-2",
    "sa-east-1",
];
const AZURE_REGIONS: &[&str] = &[
    "eastus",
    "westeurope",
    "northeurope",
    "westus2",
    "southeastasia",
    "uksouth",
    "germanywestcentral",
    "australiaeast",
];
const GCP_REGIONS: &[&str] =
    &["us-central1", "europe-west1", "europe-west4", "us-east1", "asia-southeast1", "australia-southeast1"];
const OCI_REGIONS: &[&str] = &["us-ashburn-1", "eu-frankfurt-1", "uk-london-1", "ap-sydney-1"];

const UNITS: &[&str] = &[
    "payments",
    "retail",
    "platform",
    "data",
    "identity",
    "logistics",
    "mobile",
    "claims",
    "billing",
    "search",
    "research",
    "media",
];
const STAGES: &[&str] = &["prod", "staging", "dev", "sandbox", "shared"];

pub(super) fn regions(provider: Provider) -> &'static [&'static str] {
    match provider {
        Provider::Aws => AWS_REGIONS,
        Provider::Azure => AZURE_REGIONS,
        Provider::Gcp => GCP_REGIONS,
        Provider::Oci => OCI_REGIONS,
    }
}

impl Cloud {
    pub(super) fn new(provider: Provider, config: &WorldConfig) -> Result<Cloud, BadConfig> {
        let given = config.accounts.iter().rev().find(|(p, _)| *p == provider).map(|(_, n)| *n);
        let count = match given {
            None => config.size.accounts(provider),
            Some(n @ 0..=10_000) => n as u32,
            Some(_) => return Err(BadConfig::Accounts(provider)),
        };
        let large = !matches!(config.size, Size::Tiny | Size::Small);
        let orphans = match config.orphans.iter().rev().find(|(p, _)| *p == provider) {
            None => u32::from(large && provider != Provider::Oci && count > 0),
            Some((_, n @ 0..=10_000)) if count > 0 => *n as u32,
            Some(_) if count == 0 => 0,
            Some(_) => return Err(BadConfig::Accounts(provider)),
        };
        let has_pending = provider != Provider::Oci && count >= 4;
        let seed = mix(config.seed ^ named(provider.as_str()));
        let mut cloud = Cloud {
            accounts: Vec::new(),
            cells: Vec::new(),
            shares: vec![0],
            by_id: HashMap::with_capacity(count as usize),
        };
        let mut weights: Vec<u64> = Vec::new();
        for index in 0..count + orphans {
            let key = draw(seed, u64::from(index));
            let orphan = index >= count;
            let pending = has_pending && index == count - 1;
            let places = if config.size == Size::Tiny { 2 } else { 2 + below(draw(key, 1), 4) };
            let first_cell = cloud.cells.len() as u32;
            let weight = match (orphan, pending, index) {
                (true, ..) => 2,
                (_, true, _) => 0,
                // The first account is big, so that one control has many resources in one account.
                (_, _, 0) => 260 + 12 * u64::from(count),
                _ => 20 + below(draw(key, 2), 100),
            };
            let all = regions(provider);
            let offset = below(draw(key, 3), all.len() as u64) * u64::from(index > 0);
            for place in 0..places.min(all.len() as u64) {
                let region = all[((offset + place) % all.len() as u64) as usize];
                cloud.cells.push(Cell { account: index, region });
                weights.push(weight * [8, 4, 2, 1, 1][place.min(4) as usize]);
            }
            let unit = UNITS[(index as usize) % UNITS.len()];
            let stage = STAGES[(index as usize / UNITS.len() + index as usize) % STAGES.len()];
            let id = account_id(provider, seed, index, unit, stage, config);
            cloud.by_id.insert(id.clone(), index);
            let serial = index as usize / (UNITS.len() * STAGES.len());
            let alias =
                if serial == 0 { format!("{unit}-{stage}") } else { format!("{unit}-{stage}-{serial}") };
            cloud.accounts.push(Account {
                provider,
                index,
                id,
                alias,
                key,
                connector: uuid_text(tag::CONNECTOR + provider as u16, u64::from(index), config.seed),
                orphan,
                pending,
                seat: None,
                cells: first_cell..cloud.cells.len() as u32,
                run_end: 0,
            });
        }
        let total: u64 = weights.iter().sum::<u64>().max(1);
        let mut before = 0u64;
        for weight in weights {
            before += weight;
            cloud.shares.push((before << 32) / total);
        }
        Ok(cloud)
    }

    pub(super) fn account(&self, id: &str) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    /// The accounts that have a connector; they come first.
    pub(super) fn connected(&self) -> &[Account] {
        let count = self.accounts.iter().take_while(|a| !a.orphan).count();
        &self.accounts[..count]
    }

    /// The first place after the given number of cells in a block of `n` rows.
    #[inline]
    fn bound(&self, n: u32, cells: usize) -> u32 {
        ((u64::from(n) * self.shares[cells]) >> 32) as u32
    }

    /// The cell of a place in a block of `n` rows.
    #[inline]
    pub(super) fn cell_at(&self, n: u32, place: u32) -> u32 {
        let (mut low, mut high) = (0, self.cells.len() - 1);
        while low < high {
            let middle = (low + high) / 2;
            if self.bound(n, middle + 1) > place {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low as u32
    }

    /// The places of a run of cells in a block of `n` rows.
    pub(super) fn places(&self, n: u32, cells: &Range<u32>) -> Range<u32> {
        self.bound(n, cells.start as usize)..self.bound(n, cells.end as usize)
    }
}

impl Account {
    /// Whether its resources are evaluated.
    pub(super) fn evaluated(&self) -> bool {
        self.seat.is_some() || !self.orphan && !self.pending
    }

    /// The connector that evaluates them.
    pub(super) fn evaluated_by(&self) -> &str {
        self.seat.as_deref().unwrap_or(&self.connector)
    }
}

pub(super) fn uuid_text(tag: u16, index: u64, seed: u64) -> String {
    uuid(tag, index, seed).iter().map(|b| char::from(*b)).collect()
}

fn account_id(
    provider: Provider,
    seed: u64,
    index: u32,
    unit: &str,
    stage: &str,
    config: &WorldConfig,
) -> String {
    match provider {
        Provider::Aws => {
            // A step that shares no factor with 10^11 visits every number before it repeats one.
            let number = (below(seed, 100_000_000_000) + u64::from(index) * 61_803_398_749) % 100_000_000_000;
            // Leading zeros count, but the reference SDK reads account ids as numbers.
            let zero = config.fields == Fields::Current && index == 1;
            let first = if zero { 0 } else { 1 + below(draw(seed, u64::from(index)), 9) };
            format!("{first}{number:011}")
        }
        Provider::Azure => uuid_text(tag::SUBSCRIPTION, u64::from(index), config.seed),
        Provider::Gcp => format!("acme-{unit}-{stage}-{:04}", 1000 + index),
        Provider::Oci => {
            let mut id = String::from("ocid1.tenancy.oc1..aaaaaaaa");
            let mut key = draw(seed, u64::from(index));
            for _ in 0..52 {
                key = mix(key.wrapping_add(1));
                id.push(char::from(b"abcdefghijklmnopqrstuvwxyz234567"[(key % 32) as usize]));
            }
            id
        }
    }
}
