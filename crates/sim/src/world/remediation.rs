//! The log of what was remediated.

use super::layout::Account;
use super::resources::Row;
use super::rng::{below, draw, mix, named};
use super::text::Object;
use super::{Fields, Size, World};
use totalcloud_api::Provider;

const LOG: u64 = named("remediation");

impl World {
    /// How many entries the log had after an epoch.
    fn logged(&self, provider: Provider, epoch: u32) -> u64 {
        let all = match self.config.size {
            Size::Tiny => 20,
            Size::Small => 240,
            Size::Medium => 3_000,
            Size::Large => 12_000,
            Size::Huge => 60_000,
        };
        if self.cloud(provider).connected().is_empty() {
            return 0;
        }
        let first = all * [60u64, 30, 10, 0][provider as usize] / 100;
        let moved =
            self.epochs.iter().take(epoch as usize + 1).map(|e| (first as f64 * e.share).ceil() as u64);
        first + moved.sum::<u64>()
    }

    pub(super) fn remediations(&self, provider: Provider) -> u64 {
        self.logged(provider, self.epoch())
    }

    pub(super) fn write_remediation(&self, provider: Provider, index: u64, out: &mut Vec<u8>) {
        let key = mix(self.config.seed ^ LOG.wrapping_add(index).wrapping_add((provider as u64) << 40));
        let accounts = self.cloud(provider).connected();
        let controls = self.controls.of(provider);
        // A pair of account and control that has something to remediate, found by trying.
        let found = (0..200).find_map(|attempt| {
            let hash = draw(key, attempt);
            let account = &accounts[below(hash, accounts.len() as u64) as usize];
            let index = controls.start + below(hash << 20, controls.len() as u64) as u32;
            let control = &self.controls.all[index as usize];
            let row = self.some_row(account, control.target?, mix(hash))?;
            (control.remediation && account.evaluated()).then_some((account, control, row))
        });
        let Some((account, control, row)) = found else { return out.extend_from_slice(b"{}") };
        let epoch = (0..=self.epoch()).find(|e| index < self.logged(provider, *e)).unwrap_or(0);
        let when = match epoch {
            0 => self.epochs[0].now - 60 - below(draw(key, 300), 30 * 86_400) as i64,
            e => self.run_end(account, e) - below(draw(key, 300), self.epochs[e as usize].window()) as i64,
        };
        let (status, error) = match below(draw(key, 301), 10) {
            0 => ("FAILED", Some("The role may not change the resource")),
            1 => ("IN_PROGRESS", None),
            _ => ("SUCCESS", None),
        };
        let mut object = Object::new(out);
        let place = object.key("resourceId");
        place.push(b'"');
        row.write_id(place);
        place.push(b'"');
        object.int("controlId", control.cid.into()).text("cloudType", provider.upper());
        object.text("accountId", &account.id).text("region", row.region()).text("status", status);
        object.text("resourceType", control.resource_type).text("remediationAction", "One-Click Remediation");
        object.text("connectorName", &account.connector_name());
        if self.config.fields == Fields::Current {
            // The two sources of this row disagree about the field; both names are sent.
            object.maybe("policyName", control.policies.first().map(|p| self.policies.title(*p)));
        }
        control.write_policy_names(&self.policies, object.key("policyNames"));
        object.text("controlName", &control.name).iso("triggeredOn", Some(when)).maybe("Errors", error);
        object.text("triggeredBy", "acme_ab1").text("remediationReason", "Posture review").end();
    }

    /// Some resource of the type in the account.
    pub(super) fn some_row(&self, account: &Account, target: u16, hash: u64) -> Option<Row<'_>> {
        let coll = &self.colls[usize::from(target)];
        let slots = coll.slots_of(self.cloud(account.provider), &account.cells).into_iter().next()?;
        let slot = slots.start + below(hash, (slots.end - slots.start).into()) as u32;
        Some(Row::new(self, coll, slot))
    }
}
